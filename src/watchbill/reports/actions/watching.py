"""Somebody of the circle watches a report, and keeps views of the board under names of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from watchbill.audit.actions import Actor, record_in
from watchbill.incidents.rules import in_a_line, plain
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of
from watchbill.reports.actions.evidence import audit_of
from watchbill.reports.models import Report, SavedView, Watcher
from watchbill.reports.selectors.seeing import by_number

MOST_VIEWS, LONGEST_NAME = 50, 80
FILTERS = ("view", "state", "severity", "source", "program", "accountable", "text")


@transaction.atomic(durable=True)
def watch(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """They hear of each step from now on. Raises NotFound, Refused when they do already."""
    report = by_number(viewer_of(person), number)
    _, made = Watcher.objects.get_or_create(report=report, person=person, defaults={"at": now})
    if not made:
        raise Refused("You watch it already.")
    record_in([audit_of(report, "watch")], by=actor, now=now)
    return report


@transaction.atomic(durable=True)
def unwatch(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """They hear no more of it. Raises NotFound, Refused when they did not."""
    report = by_number(viewer_of(person), number)
    if not Watcher.objects.filter(report=report, person=person).delete()[0]:
        raise Refused("You do not watch it.")
    record_in([audit_of(report, "unwatch")], by=actor, now=now)
    return report


@transaction.atomic(durable=True)
def keep_view(name: str, filters: Mapping[str, str], *, person: Person, now: dt.datetime) -> SavedView:
    """Under a name of their own; the same name takes its place. Raises Invalid."""
    name = " ".join(in_a_line(plain(name)).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Name it in 1 to {LONGEST_NAME} characters.", field="name")
    kept = {each: plain(filters.get(each, ""))[:200] for each in FILTERS if filters.get(each)}
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    own = SavedView.objects.filter(person=person)
    if own.count() >= MOST_VIEWS and not own.filter(name=name).exists():
        raise Invalid(f"You keep {MOST_VIEWS} views already. Remove one first.", field="name")
    made, _ = SavedView.objects.update_or_create(person=person, name=name, defaults={"filters": kept, "at": now})
    return made


@transaction.atomic(durable=True)
def drop_view(view_id: int, *, person: Person) -> None:
    """It is gone. Raises NotFound alike for one that is not there and one of somebody else."""
    if not SavedView.objects.filter(pk=view_id, person=person).delete()[0]:
        raise NotFound("There is no such view of yours.")
