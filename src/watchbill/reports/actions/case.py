"""How does every act on a report begin and end? Seen, allowed, locked; told, recorded, and its next promise counted anew.

What the person must not know of is not found, before anything else is said. The audit has the act and no contents.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from watchbill.audit.actions import Actor, record_in
from watchbill.incidents.rules import plain
from watchbill.kernel.errors import Invalid, Refused
from watchbill.notifications.actions.planning import tell_in
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of
from watchbill.reports.actions.evidence import audit_of
from watchbill.reports.actions.issues import keep_issue_true_in
from watchbill.reports.models import Entry, Report, Wait, Watcher
from watchbill.reports.rules import clocks, flow
from watchbill.reports.rules.telling import look_again
from watchbill.reports.selectors.reading import clocks_of, facts_of
from watchbill.reports.selectors.seeing import by_number, circle_of, may_work

LONGEST = 20_000  # of a message
LONGEST_REASON = 2_000


@dataclass(slots=True)
class Case:
    """A report that is locked, with whoever acts on it. `person` None: its reporter, or the desk itself."""

    report: Report
    person: Person | None
    actor: Actor
    now: dt.datetime
    entries: list[Entry] = field(default_factory=list)
    was: str = ""  # its state before

    def __post_init__(self) -> None:
        self.was = self.report.state

    @property
    def who(self) -> str:
        return self.person.name if self.person is not None else "The reporter"

    @property
    def facts(self) -> flow.Facts:
        return facts_of(self.report)

    def tell(self, kind: str, text: str, **data: Any) -> None:
        """A line of its story, written when the act ends."""
        self.entries.append(
            Entry(report=self.report, at=self.now, kind=kind, person=self.person, via=self.actor.via, text=plain(text), data=data)
        )

    def refuse_unless(self, act: flow.Act) -> None:
        """Raises Refused where the flow does not allow it now."""
        if why := flow.why_not(self.facts, act):
            raise Refused(why)

    def move(self, act: flow.Act) -> None:
        """On its way, as the flow says."""
        self.report.state = str(flow.after(self.facts, act))


def open_case_in(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Case:
    """Seen first, then locked and read again. Raises NotFound, NotAllowed."""
    viewer = viewer_of(person)
    seen = by_number(viewer, number)
    may_work(viewer, seen)
    return Case(lock_in(seen.pk), person, actor, now)


def lock_in(report_id: int) -> Report:
    """The row, locked."""
    rows = Report.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related(
        "program", "team", "accountable", "reporter", "incident", "link", "remote__platform", "duplicate_of__remote"
    ).get(pk=report_id)


def finish_in(case: Case, act: str, /, **detail: Any) -> None:
    """Its next promise, the row, its story, the audit."""
    report = case.report
    if report.state in flow.CLOSED:
        report.closed_at = report.closed_at or case.now
        end_waits_in(case)
    else:
        report.closed_at = None
    found = clocks_of(report, now=case.now)
    promise = clocks.next_promise(found)
    report.look_at = look_again(found, now=case.now)
    report.due_at, report.promise = (promise.due_at, str(promise.promise)) if promise is not None else (None, "")
    report.save()
    keep_issue_true_in(report, now=case.now)
    Entry.objects.bulk_create(case.entries)
    record_in([audit_of(report, act, **detail)], by=case.actor, now=case.now)
    if report.state != case.was or any(entry.kind == "heard" for entry in case.entries):
        _tell_watchers_in(case)


def _tell_watchers_in(case: Case) -> None:
    """Of a step, or a word from outside. Whoever left the circle hears nothing; whoever is accountable is told otherwise."""
    report = case.report
    watching = set(Watcher.objects.filter(report=report).values_list("person_id", flat=True)) - {report.accountable_id}
    for person in circle_of(report) if watching else ():
        if person.id in watching:
            tell_person_in(report, person, "A report that you watch went on", now=case.now, but=case.person)


def end_waits_in(case: Case) -> None:
    """Whoever was waited for has spoken, or is waited for no longer."""
    Wait.objects.filter(report=case.report, ended_at__isnull=True).update(ended_at=case.now)


def tell_person_in(report: Report, person: Person | None, title: str, *, now: dt.datetime, but: Person | None = None) -> None:
    """By their own ways, low: number and code name, and nothing of what it says."""
    if person is not None and person.is_active and (but is None or person.id != but.id):
        news = {"number": None, "title": title, "severity": "", "service": "", "reason": f"{report} ({report.code_name})."}
        tell_in({person.id: {**news, "restricted": False, "path": f"/reports/{report.number}", "opened_at": None}}, now=now)


def said(text: str, *, field_: str = "text", longest: int = LONGEST) -> str:
    """What somebody wrote, whole. Raises Invalid when it is empty or too long."""
    text = plain(text).strip()
    if not text:
        raise Invalid("It is empty. Write what there is to say.", field=field_)
    if len(text) > longest:
        raise Invalid(f"It has {len(text):,} characters; keep it under {longest:,}.", field=field_)
    return text


def because(text: str, *, field_: str = "reason") -> str:
    """A reason, which may be empty. Raises Invalid when it is too long."""
    text = " ".join(plain(text).split())
    if len(text) > LONGEST_REASON:
        raise Invalid(f"It has {len(text):,} characters; keep it under {LONGEST_REASON:,}.", field=field_)
    return text
