"""Fills in the forms of pages as a browser would, and presses their buttons."""

from __future__ import annotations

import html
import re
from typing import Any

from tests.web.conftest import Desk
from watchbill.audit.models import Record


def inputs(page: str) -> dict[str, Any]:
    """What a browser would send for the (first) form that has a button of the name `do`."""
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if 'name="do"' in one)
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found.setdefault(html.unescape(name[1]), []).append(html.unescape(value[1] if value else ""))
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[html.unescape(name)] = [html.unescape(inner)]
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        options = re.findall(r'<option(?: value="([^"]*)")?( selected)?>([^<]*)', inner)
        chosen = next((option for option in options if option[1]), options[0])
        found.setdefault(html.unescape(name), []).append(html.unescape(chosen[0] or ("" if 'value="' in inner else chosen[2])))
    found.pop("csrfmiddlewaretoken", None)
    return found


def words(answer: Any) -> str:
    """What a reader sees in the main part."""
    main = answer.content.decode().split("<main")[1].split("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def send(desk: Desk, who: str, path: str, /, do: str = "review", start: str = "", **changes: Any) -> Any:
    """Fill in the form of a page as it stands, with some inputs changed, and press a button."""
    client = desk.as_(who)
    values = inputs(client.get(start or path).content.decode()) | {key.replace("__", "."): value for key, value in changes.items()}
    return client.post(path, {**{key: value for key, value in values.items() if value is not None}, "do": do})


def press(desk: Desk, who: str, path: str, answer: Any, do: str = "apply") -> Any:
    """Go on from a review."""
    return desk.as_(who).post(path, {**inputs(answer.content.decode()), "do": do})


def applied(desk: Desk, who: str, path: str, /, start: str = "", **changes: Any) -> Record:
    seen = send(desk, who, path, start=start, **changes)
    assert seen.status_code == 200, words(seen)
    done = press(desk, who, path, seen)
    assert done.status_code == 303, words(done)
    return Record.objects.get(pk=int(re.search(r"/admin/changes/(\d+)", done["Location"])[1]))
