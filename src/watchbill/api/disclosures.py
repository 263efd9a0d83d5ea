"""Awards and disclosure of reports over HTTP: what leaves is looked at first, and publishing needs a right of its own.

Who need not know of a report hears that it is not there.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field, StrictBool, StrictInt

from watchbill.api.access import Caller, caller, needs
from watchbill.api.errors import answer
from watchbill.api.lists import LARGEST
from watchbill.api.reports import ReportOut
from watchbill.api.shapes import Body, ListOut, Text
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import Invalid
from watchbill.reports.actions import disclosing, money, secrecy, watching
from watchbill.reports.actions.disclosing import Wanted
from watchbill.reports.models import Report
from watchbill.reports.rules.disclosure import fingerprint
from watchbill.reports.selectors import bounties
from watchbill.reports.selectors import disclosing as reading
from watchbill.reports.selectors.describing import describe
from watchbill.reports.selectors.seeing import by_number

router = Router(tags=["reports"])
read, write, publishing = needs("reports:read"), needs("reports:write"), needs("reports:publish")
Sent = Field(False, description="You did it where the report came from; needed where Watchbill has no way there.")


class AwardIn(Body):
    act: Literal["send", "awarded", "look-again", "send-again", "looked-there"]
    amount: StrictInt | None = Field(None, ge=1, description="With `send` and `awarded`: the approved amount, and nothing else.")
    text: Text = Field("", description="With `send`: what the reporter reads with it.")
    found: StrictBool | None = Field(None, description="With `looked-there`: it was awarded there.")
    sure: StrictBool = Field(False, description="With `send-again`: you looked there, and it was not awarded.")


class WantedIn(Body):
    kind: Literal["", "full", "limited"] = Field("", description="As the programme says where it is left out.")
    summary: str = Field("", max_length=20_000)
    leave_out: list[str] = Field(default_factory=list, max_length=200, description="Passages that nobody outside reads.")


class DisclosureIn(WantedIn):
    act: Literal["ask", "reporter-asks", "agreed", "cancel"]
    reason: Text = Field("", description="With `cancel`.")
    asked_on: dt.date | None = Field(None, description="With `reporter-asks`: the day.")
    sent: StrictBool = Sent


class PublishIn(WantedIn):
    number: int = Field(description="The number of the report once more: it cannot be taken back.")
    fingerprint: str = Field(min_length=64, max_length=64, description="Of what was looked at, by `preview`.")
    sent: StrictBool = Sent


class SecrecyIn(Body):
    act: Literal["keep", "end"]
    reason: Text
    review_on: dt.date | None = Field(None, description="With `keep`: when somebody looks at it again.")
    until: dt.date | None = Field(None, description="With `keep`: the mark ends by itself; left out, when somebody takes it away.")


class LeavesOut(Schema):
    kind: Literal["full", "limited"]
    text: str = Field(description="What would leave, to its last byte.")
    fingerprint: str = Field(description="SHA-256 of it.")
    obstacles: list[str] = Field(description="What stands in the way now.")


class ProgramSum(Schema):
    program: str
    amount: int


class MonthOut(Schema):
    month: str = Field(description="As 2026-04, in UTC.")
    currency: str
    amount: int
    awards: int
    programs: list[ProgramSum]


@router.get("/reports/bounties", response=ListOut[MonthOut], **read)
def list_bounties(request: HttpRequest) -> HttpResponse:
    """What was awarded, by currency and month, of the reports that you may know of. Currencies are never added up."""
    found = bounties.sums(bounties.awards(caller(request).viewer))
    return answer({"items": [bounties.describe_sum(one) for one in found], "next": None})


@router.post("/reports/{int:id}/award", response=ReportOut, **write)
def award_report(request: HttpRequest, id: int, body: AwardIn) -> HttpResponse:  # noqa: A002  the address names it so
    """Send the approved amount to the platform, once; say that it was awarded by hand; or decide about one whose end nobody knows."""
    who, number = caller(request), min(id, LARGEST)
    by_number(who.viewer, number)
    by = _by(who)
    if body.act in ("send", "awarded"):
        if body.amount is None:
            raise Invalid("Name the amount that was approved.", field="amount")
        made = money.award(number, body.amount, body.text, **by) if body.act == "send" else money.awarded(number, body.amount, **by)
    elif body.act == "looked-there":
        if body.found is None:
            raise Invalid("Say what you found there: true or false.", field="found")
        made = money.looked_there(number, body.found, **by)
    else:
        if body.act == "send-again" and not body.sure:
            raise Invalid("Say that you looked there and it was not awarded: it would be paid twice.", field="sure")
        made = money.look_again(number, send=body.act == "send-again", **by)
    return _answered(who, made)


class WatchIn(Body):
    watch: StrictBool


@router.post("/reports/{int:id}/watch", response=ReportOut, **read)
def watch_report(request: HttpRequest, id: int, body: WatchIn) -> HttpResponse:  # noqa: A002
    """Hear of each step of it from now on, or no more: by your own ways, its number and code name alone."""
    who, number = caller(request), min(id, LARGEST)
    by_number(who.viewer, number)
    does = watching.watch if body.watch else watching.unwatch
    return _answered(who, does(number, **_by(who)))


@router.post("/reports/{int:id}/preview", response=LeavesOut, **read)
def preview_disclosure(request: HttpRequest, id: int, body: WantedIn) -> HttpResponse:  # noqa: A002
    """Exactly what would leave, and what stands in the way. Nothing is changed."""
    found = by_number(caller(request).viewer, min(id, LARGEST))
    kind, text = disclosing.checked_text(found, _wanted(body))
    obstacles = reading.obstacles(found, today=database_now().date())
    return answer({"kind": kind, "text": text, "fingerprint": fingerprint(text), "obstacles": obstacles})


@router.post("/reports/{int:id}/disclosure", response=ReportOut, **write)
def act_on_disclosure(request: HttpRequest, id: int, body: DisclosureIn) -> HttpResponse:  # noqa: A002
    """Ask the reporter to agree, note that they asked or agreed, or cancel the request."""
    who, number = caller(request), min(id, LARGEST)
    by_number(who.viewer, number)
    by = _by(who)
    match body.act:
        case "ask":
            made = disclosing.ask(number, _wanted(body), sent=body.sent, **by)
        case "reporter-asks":
            made = disclosing.asked_by_reporter(number, body.asked_on, **by)
        case "agreed":
            made = disclosing.agreed(number, **by)
        case _:
            made = disclosing.cancel(number, body.reason, sent=body.sent, **by)
    return _answered(who, made)


@router.post("/reports/{int:id}/publish", response=ReportOut, **publishing)
def publish_report(request: HttpRequest, id: int, body: PublishIn) -> HttpResponse:  # noqa: A002
    """Exactly what was looked at becomes public, once. Refused when anything changed since."""
    who, number = caller(request), min(id, LARGEST)
    if body.number != number:
        raise Invalid("The number in the body is another one than in the address.", field="number")
    return _answered(who, disclosing.publish(number, _wanted(body), body.fingerprint, sent=body.sent, **_by(who)))


@router.post("/reports/{int:id}/secrecy", response=ReportOut, **write)
def keep_secret(request: HttpRequest, id: int, body: SecrecyIn) -> HttpResponse:  # noqa: A002
    """Mark it do not disclose, with a reason and a day on which somebody looks again; or take the mark away."""
    who, number = caller(request), min(id, LARGEST)
    by_number(who.viewer, number)
    if body.act == "keep":
        made = secrecy.keep_secret(number, body.reason, body.review_on, until=body.until, **_by(who))
    else:
        made = secrecy.end_secrecy(number, body.reason, **_by(who))
    return _answered(who, made)


def _by(who: Caller) -> dict[str, Any]:
    return {"person": who.person, "actor": who.actor, "now": database_now()}


def _wanted(body: WantedIn) -> Wanted:
    return Wanted(body.kind, body.summary, "\n".join(body.leave_out))


def _answered(who: Caller, made: Report) -> HttpResponse:
    (data,) = describe(who.viewer, [made], whole=True)
    return answer(data)
