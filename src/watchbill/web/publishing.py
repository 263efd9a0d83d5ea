"""The forms by which a report becomes public: what leaves is shown to the last byte first, and only a second press does it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from watchbill.kernel.errors import Invalid, Refused
from watchbill.reports.actions import disclosing
from watchbill.reports.actions.disclosing import Wanted
from watchbill.reports.actions.ways import publishing_way_of, way_of
from watchbill.reports.models import Report
from watchbill.reports.rules.disclosure import KIND_WORDS, Kind, fingerprint, why_not_publish
from watchbill.reports.selectors import disclosing as reading
from watchbill.web.proving import asks_password
from watchbill.web.visit import DeskRequest

By = Mapping[str, Any]
LOOKED_AT = ("ask-disclosure", "publish")  # these are shown first
PROVED = frozenset({"publish", "award"})  # by whoever shows once more who they are


def wanted_of(said: QueryDict) -> Wanted:
    """What the form says."""
    return Wanted(said.get("kind", ""), said.get("summary", ""), said.get("leave_out", ""))


def look(request: DeskRequest, found: Report, act: str) -> HttpResponse:
    """The text that would leave, for whoever looks at it before. Raises Refused with what stands in the way, Invalid."""
    now, said = request.visit.now, request.POST
    if obstacles := reading.obstacles(found, today=now.date()):
        raise Refused(" ".join(obstacles))
    if act == "publish" and (why := why_not_publish(reading.as_request(reading.open_one(found)), now=now)):
        raise Refused(why)
    kind, text = disclosing.checked_text(found, wanted_of(said))
    context = {
        "section": "reports",
        "r": found,
        "act": act,
        "kind": kind,
        "kind_word": KIND_WORDS[Kind(kind)],
        "text": text,
        "fingerprint": fingerprint(text),
        "by_hand": _by_hand(found, act, said.get("leave_out", "")),
        "asks_password": asks_password(request.visit.person),
        "hidden": [("kind", kind), ("summary", said.get("summary", "")), ("leave_out", said.get("leave_out", ""))],
        "left_out": text.count("[redacted]"),
    }
    return render(request, "report_publish.html", context)


def _by_hand(found: Report, act: str, leave_out: str) -> bool:
    way = publishing_way_of(found, reading.open_one(found), leave_out.split()) if act == "publish" else way_of(found)
    return way.by_hand


def panel(found: Report, *, now: dt.datetime) -> dict[str, Any]:
    """What the page of a report shows of its disclosure."""
    rows = reading.all_of(found)
    row = next((each for each in rows if each.ended_at is None), None)
    return {
        "row": row,
        "over": [each for each in rows if each.ended_at is not None],
        "obstacles": reading.obstacles(found, today=now.date()),
        "why_not": why_not_publish(reading.as_request(row), now=now),
        "kinds": [(str(kind), word) for kind, word in KIND_WORDS.items()],
        "kind": row.kind if row is not None else reading.default_kind(found),
        "leave_out": "\n".join(row.redactions) if row is not None else "",
        "by_hand": way_of(found).by_hand,
        "shown": bool(rows or found.secret_because or found.state == Report.State.RESOLVED),
    }


def _ask(number: int, said: QueryDict, by: By) -> str:
    disclosing.ask(number, wanted_of(said), sent="sent" in said, **by)
    return "The reporter is asked, and has their time to answer."


def _publish(number: int, said: QueryDict, by: By) -> str:
    typed = said.get("number", "").strip().upper()
    if typed not in (f"R-{number}", str(number)):
        raise Invalid(f"To publish it, type its number: R-{number}. It cannot be taken back.", field="number")
    disclosing.publish(number, wanted_of(said), said.get("fingerprint", ""), sent="sent" in said, **by)
    return "It is public."


def _reporter_asks(number: int, said: QueryDict, by: By) -> str:
    report = disclosing.asked_by_reporter(number, _day(said.get("asked_on", "")), **by)
    return "It is written down; whoever answers for it is told." if report.secret_because else "It is written down."


def _agreed(number: int, _said: QueryDict, by: By) -> str:
    disclosing.agreed(number, **by)
    return "They agreed; it can be published."


def _cancel(number: int, said: QueryDict, by: By) -> str:
    disclosing.cancel(number, said.get("reason", ""), sent="sent" in said, **by)
    return "The request is cancelled."


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Invalid(f"{text[:40]!r} is no day. Expected one such as 2026-04-14.", field="asked_on") from error


ACTS: Mapping[str, Callable[[int, QueryDict, By], str]] = {
    "ask-disclosure": _ask,
    "publish": _publish,
    "reporter-asks": _reporter_asks,
    "agreed": _agreed,
    "cancel-disclosure": _cancel,
}
