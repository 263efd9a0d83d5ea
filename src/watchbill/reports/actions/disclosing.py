"""A report becomes public: asked for, agreed to or cancelled, and published once. Every act asks first what stands in the way.

What is published is made again under the lock and compared with what was looked at: nothing else than that leaves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.rules import plain
from watchbill.kernel.errors import AlreadyDone, Invalid, Refused
from watchbill.people.models import Person
from watchbill.reports.actions.case import LONGEST, Case, because, finish_in, open_case_in
from watchbill.reports.actions.promises import alarm_in
from watchbill.reports.actions.ways import publishing_way_of, unless_by_hand, way_of
from watchbill.reports.models import Disclosure, Report
from watchbill.reports.rules.disclosure import fingerprint, passages, why_not_publish
from watchbill.reports.selectors import disclosing

Asker, End = Disclosure.Asker, Disclosure.End


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall become public. `kind` empty: as the programme says; `leave_out`: passages, one a line."""

    kind: str = ""
    summary: str = ""
    leave_out: str = ""


@transaction.atomic(durable=True)
def ask(number: int, wanted: Wanted, *, person: Person, actor: Actor, now: dt.datetime, sent: bool = False) -> Report:
    """The reporter is asked to agree, and has their time. Raises Refused with all that stands in the way, Invalid."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    _nothing_in_the_way(case)
    if disclosing.open_one(case.report) is not None:
        raise AlreadyDone("Its disclosure was asked for already, and waits for an answer.")
    kind, summary, leave_out = _checked(case.report, wanted)
    way = unless_by_hand(way_of(case.report), done=sent, what="Ask them there")
    row = _row_in(case, Asker.TEAM, now, kind=kind, summary=summary, redactions=list(leave_out))
    way.ask_in(row, now=now)
    case.tell("disclosure", f"{person.name} asked for its {kind} disclosure. The reporter has until {_day(row.due_at)}.")
    finish_in(case, "disclosure_ask", kind=kind)
    return case.report


@transaction.atomic(durable=True)
def asked_by_reporter(number: int, asked_on: dt.date | None, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """Its reporter asks that it becomes public. On one that must not be disclosed that is an alarm, with the day by which it is answered."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    if asked_on is None or asked_on > now.date():
        raise Invalid("Name the day on which they asked; it cannot be in the future.", field="asked_on")
    at = min(now, max(case.report.received_at, dt.datetime.combine(asked_on, dt.time(), dt.UTC)))
    take_request_in(case, at)
    finish_in(case, "disclosure_asked")
    return case.report


def take_request_in(case: Case, asked_at: dt.datetime, *, until: dt.datetime | None = None) -> Disclosure:
    """In the open transaction, whoever heard of it; the caller ends the case. `until`: the platform's own date. Raises AlreadyDone, Refused."""
    report = case.report
    if report.disclosed_at is not None:
        raise AlreadyDone("It is public already.")
    if disclosing.open_one(report) is not None:
        raise AlreadyDone("Its disclosure was asked for already, and waits for an answer.")
    row = _row_in(case, Asker.REPORTER, asked_at, kind=disclosing.default_kind(report), until=until)
    case.tell("disclosure", f"The reporter asked on {asked_at:%d %B %Y} that it becomes public. To be answered by {_day(row.due_at)}.")
    if report.secret_because:
        said = (
            f"Asked on {asked_at:%d %B %Y}; without an answer it may become public on {_day(row.due_at)}. Cancel the request on its page."
        )
        alarm_in(report, "Disclosure was asked for, and it must not be disclosed", said, now=case.now)
    return row


@transaction.atomic(durable=True)
def agreed(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """Whoever was asked said yes: their time need not run out."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    row = _open_in(case)
    if row.asker == Asker.REPORTER or row.agreed_at is not None:
        raise AlreadyDone("They agreed already.")
    _nothing_in_the_way(case)
    row.agreed_at = now
    row.save(update_fields=["agreed_at"])
    case.tell("disclosure", f"{person.name}: the reporter agreed to its {row.kind} disclosure.")
    finish_in(case, "disclosure_agreed")
    return case.report


@transaction.atomic(durable=True)
def cancel(number: int, reason: str, *, person: Person, actor: Actor, now: dt.datetime, sent: bool = False) -> Report:
    """It does not become public by this request, whoever asked. On one that must not be disclosed that mark is the reason."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    row = _open_in(case)
    reason = because(reason) or case.report.secret_because
    if not reason:
        raise Invalid("Say why it does not become public.", field="reason")
    way = unless_by_hand(way_of(case.report), done=sent, what="Cancel the request there")
    way.cancel_in(row, now=now)
    row.end, row.ended_at, row.ended_by = End.CANCELLED, now, person
    row.save(update_fields=["end", "ended_at", "ended_by"])
    case.report.disclosure_asked_at = None
    case.tell("disclosure", f"{person.name} cancelled the request for disclosure: {reason}")
    finish_in(case, "disclosure_cancel")
    return case.report


@transaction.atomic(durable=True)
def publish(number: int, wanted: Wanted, looked_at: str, *, person: Person, actor: Actor, now: dt.datetime, sent: bool = False) -> Report:
    """Exactly what was looked at becomes public, once. `looked_at`: the fingerprint of that text. Raises Refused, AlreadyDone, Invalid."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    report = case.report
    if report.disclosed_at is not None:
        raise AlreadyDone("It is public already.")
    _nothing_in_the_way(case)
    row = disclosing.open_one(report)
    if why := why_not_publish(disclosing.as_request(row), now=now):
        raise Refused(why)
    assert row is not None
    kind, summary, leave_out = _checked(report, wanted)
    text = disclosing.what_leaves(report, kind, summary, leave_out)
    if fingerprint(text) != looked_at:
        raise Refused("What would leave is not what you looked at: something changed since. Look at it again.")
    way = unless_by_hand(publishing_way_of(report, row, leave_out), done=sent, what="Publish it there")
    row.kind, row.summary, row.redactions, row.text = kind, summary, list(leave_out), text
    row.end, row.ended_at, row.ended_by = End.PUBLISHED, now, person
    row.save()
    way.publish_in(row, now=now)
    report.disclosed_at = now
    case.tell("disclosure", f"{person.name} published it: {kind} disclosure.", fingerprint=looked_at)
    finish_in(case, "disclosure_publish", kind=kind, fingerprint=looked_at)
    return report


def checked_text(report: Report, wanted: Wanted) -> tuple[str, str]:
    """(the kind, the text that would leave) for whoever looks at it first. Raises Invalid. Only reads."""
    kind, summary, leave_out = _checked(report, wanted)
    return kind, disclosing.what_leaves(report, kind, summary, leave_out)


def _nothing_in_the_way(case: Case) -> None:
    if found := disclosing.obstacles(case.report, today=case.now.date()):
        raise Refused(" ".join(found))


def _open_in(case: Case) -> Disclosure:
    row = disclosing.open_one(case.report)
    if row is None:
        raise Refused("Nobody asked for its disclosure, or it was answered already.")
    return row


def _row_in(
    case: Case,
    asker: str,
    asked_at: dt.datetime,
    *,
    kind: str,
    summary: str = "",
    redactions: Sequence[str] = (),
    until: dt.datetime | None = None,
) -> Disclosure:
    report = case.report
    report.disclosure_asked_at = asked_at
    return Disclosure.objects.create(
        report=report,
        asker=asker,
        person=case.person,
        kind=kind,
        summary=summary,
        redactions=list(redactions),
        asked_at=asked_at,
        due_at=until or disclosing.answered_by(report, asked_at),
    )


def _checked(report: Report, wanted: Wanted) -> tuple[str, str, tuple[str, ...]]:
    kind = wanted.kind or disclosing.default_kind(report)
    if kind not in Disclosure.Kind.values:
        raise Invalid(f"The kind is {kind[:40]!r}; it can be {' or '.join(Disclosure.Kind.values)}.", field="kind")
    summary = plain(wanted.summary).replace("\r\n", "\n").strip()  # forms send line ends their own way
    if len(summary) > LONGEST:
        raise Invalid(f"The summary has {len(summary):,} characters; keep it under {LONGEST:,}.", field="summary")
    if kind == Disclosure.Kind.LIMITED and not summary:
        raise Invalid("A limited disclosure is its summary: write one.", field="summary")
    try:
        leave_out = passages(plain(wanted.leave_out))
    except ValueError as error:
        raise Invalid(str(error), field="leave_out") from error
    if missing := disclosing.not_found(report, kind, summary, leave_out):
        raise Invalid(
            f"{missing[0][:80]!r} does not stand in what would leave. Write it as it stands there, or take it out.", field="leave_out"
        )
    return kind, summary, tuple(leave_out)


def _day(at: dt.datetime) -> str:
    return f"{at:%d %B %Y}"
