"""How does every act on a thread begin and end? Seen, allowed, locked; told and recorded. The audit has the act and no contents."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from watchbill.audit.actions import Actor, record_in
from watchbill.audit.actions import Entry as Record
from watchbill.incidents.rules import plain
from watchbill.kernel.errors import Refused
from watchbill.mailbox.models import Entry, Thread
from watchbill.mailbox.rules import Act, why_not
from watchbill.mailbox.selectors import by_number, facts_of, may_work
from watchbill.notifications.actions.planning import tell_in
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of


@dataclass(slots=True)
class Case:
    """A thread that is locked, with whoever acts on it. `person` None: a mail that arrived."""

    thread: Thread
    person: Person | None
    actor: Actor
    now: dt.datetime

    def tell(self, kind: str, text: str) -> None:
        """A line of its story."""
        Entry.objects.create(thread=self.thread, at=self.now, kind=kind, person=self.person, via=self.actor.via, text=plain(text)[:2000])

    def refuse_unless(self, act: Act) -> None:
        """Raises Refused where it cannot be done now."""
        if why := why_not(facts_of(self.thread), act, now=self.now):
            raise Refused(why)

    def close(self, state: Thread.State) -> None:
        """Done with: nothing is promised any more."""
        self.thread.state, self.thread.closed_at, self.thread.due_at = state, self.now, None

    def finish(self, act: str, /, **detail: Any) -> None:
        """The row and the audit."""
        self.thread.save()
        team = self.thread.mailbox.team_id
        record = Record(f"mail.{act}", "mail", str(self.thread.pk), team_id=team, restricted=True, detail=detail)
        record_in([record], by=self.actor, now=self.now)


def open_case_in(number: int, act: Act, *, person: Person, actor: Actor, now: dt.datetime) -> Case:
    """Seen first, then locked and read again. Raises NotFound, NotAllowed, Refused."""
    viewer = viewer_of(person)
    seen = by_number(viewer, number)
    may_work(viewer, seen)
    case = Case(lock_in(seen.pk), person, actor, now)
    by_number(viewer, number)  # a report may have been made of it and narrowed in between
    case.refuse_unless(act)
    return case


def lock_in(thread_id: int) -> Thread:
    """The row, locked."""
    rows = Thread.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("mailbox__team", "accountable", "duplicate_of").get(pk=thread_id)


def tell_person_in(thread: Thread, person: Person | None, title: str, *, now: dt.datetime, but: Person | None = None) -> None:
    """By their own ways, low: the number, and nothing of what it says."""
    if person is not None and person.is_active and (but is None or person.id != but.id):
        news = {"number": None, "title": title, "severity": "", "service": "", "reason": f"{thread}."}
        tell_in({person.id: {**news, "restricted": False, "path": f"/mail/{thread.number}", "opened_at": None}}, now=now)
