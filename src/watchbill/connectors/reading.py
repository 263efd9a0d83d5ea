"""How is a field of somebody else's JSON read, when any of it may be missing or of another shape?"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from watchbill.connectors import bodies
from watchbill.intake.rules import KEY_LENGTH, Parsed, clean_deeply, short

NAME = 120  # characters of a word that stands in a sentence of ours
PAIRS = 2000  # fields of a form


def at(value: Any, *path: str) -> Any:
    """What stands at the end of a path of names; None when any of it is missing or no object."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_at(value: Any, *path: str) -> str:
    """The same as text; empty for what is no text or number."""
    return short(at(value, *path))


def word_at(value: Any, *path: str) -> str:
    """The same, short enough for a sentence."""
    return text_at(value, *path)[:NAME]


def first_text(value: Any, names: Iterable[str]) -> str:
    """The first of these fields that has something."""
    return next((said for name in names if (said := text_at(value, name))), "")


def object_of(value: Any) -> dict[str, Any]:
    """An object as it can be stored; an empty one for anything else."""
    return dict(clean_deeply(value)) if isinstance(value, dict) else {}


def kept(**fields: Any) -> dict[str, Any]:
    """Details without what is empty."""
    return {name.replace("_", " "): clean_deeply(value) for name, value in fields.items() if value not in (None, "", [], {})}


def links(*pairs: tuple[Any, str]) -> tuple[dict[str, str], ...]:
    """Web addresses only; whatever is none is left out."""
    known = [(short(href, 2000), text) for href, text in pairs]
    return tuple({"href": href, "text": text} for href, text in known if href.startswith(("https://", "http://")))


def key(*parts: str) -> str:
    """A dedup key of these parts, as long as one may be: what is longer ends in a digest, so that two never become one."""
    return fitting(":".join(parts))


def fitting(words: str) -> str:
    """The same for a key that the sender chose."""
    if len(words) <= KEY_LENGTH:
        return words
    return f"{words[: KEY_LENGTH - 41]}~{hashlib.sha256(words.encode('utf-8', 'replace')).hexdigest()[:40]}"


def nothing(why: str) -> Parsed:
    """The event says nothing about any alert, and here is why."""
    return Parsed((), why)


def form_of(body: bytes) -> dict[str, Any]:
    """The fields of a form. One that carries JSON in the field `payload` (GitHub, Slack's kind of webhook) is that JSON. Raises Unreadable."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=PAIRS)
    except ValueError as error:
        raise bodies.Unreadable(f"The body is neither JSON nor a form of at most {PAIRS} fields in UTF-8.") from error
    fields = dict(pairs)
    if set(fields) == {"payload"}:
        inner = bodies.decode(fields["payload"].encode())
        if isinstance(inner, dict):
            return inner
    return dict(fields)


def json_or_form(body: bytes) -> Any:
    """JSON, whatever the content type says (curl says form by itself); else a form. Raises Unreadable."""
    try:
        return bodies.decode(body)
    except bodies.Unreadable as error:
        if body[:1] in (b"{", b"[", b'"') or b"=" not in body:
            raise
        try:
            return form_of(body)
        except bodies.Unreadable as neither:
            raise (neither if body[:1].isalnum() else error) from None


def same(one: str, other: str) -> bool:
    """Are two secrets equal? In constant time."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
