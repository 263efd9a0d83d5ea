"""Write a change of the configuration with an eye on the watches: what it makes worse, which swaps it ends, and who is told.

One way for a file and for a page. Schedules that change are looked at, and those of somebody who comes or goes: a watch that only people
have who are deactivated is nobody's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from watchbill.audit.actions import Actor
from watchbill.config.rules import Change, Plan, Verb
from watchbill.config.watching import Watch, both_sides, looked_at
from watchbill.schedules.actions import Agreed, Settled, Watched
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import people_objects, schedules_with

SOON = dt.timedelta(weeks=4)  # a watch that is so near is told to whoever gets or loses it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of the watches, if somebody asked for that, and of swaps and covers."""

    watches: tuple[Watch, ...] = ()
    settled: tuple[Settled, ...] = ()
    names: Mapping[int, Mapping[str, str]] = field(default_factory=dict)  # of whoever is in it: a look forgets people whom it made

    @property
    def lost(self) -> list[Watch]:
        """The schedules that nobody would have at a time at which somebody has them. What a first version leaves open is lost by nobody."""
        return [each for each in self.watches if each.foreseen.gaps and not each.is_new]


def watched_by(plan: Plan) -> list[str]:
    """The schedules on which others, or nobody, may have the watch after it."""
    moved = plan.having(Verb.ADDED, Verb.CHANGED, Verb.REMOVED)
    people = [change.name for change in moved if change.kind == "people" and _comes_or_goes(change)]
    names = [change.name for change in moved if change.kind == "schedules"]
    return list(dict.fromkeys([*names, *schedules_with(people)]))


def write_watched_in(write: Callable[[], None], names: Collection[str], *, look: bool, by: Actor, now: dt.datetime) -> Outcome:
    """Write in the open transaction. Whoever gets or loses a watch soon is told, and whoever loses a swap. `look`: at the year ahead too."""
    if not names:
        write()
        return Outcome()
    agreed = Agreed(_locked_in(Q(name__in=names)), now=now)
    _locked_in(Q(id__in=agreed.ids))  # a swap may have its other half elsewhere
    telling = Watched(agreed.ids, now, now + SOON)
    there = {*names, *Schedule.objects.filter(id__in=agreed.ids).values_list("name", flat=True)} if look else set()
    before = looked_at(there, now=now)
    write()
    settled = agreed.settle_in(by=by, now=now)
    watches = both_sides(before, looked_at(there, now=now), now=now)
    telling.tell_in(f"The rotation was changed by {by.name}.", now=now)
    people = people_objects(found.person_id for watch in watches for found, _ in watch.foreseen.findings)
    return Outcome(watches, settled, people)


def _locked_in(which: Q) -> list[int]:
    """No override comes in between. In the order in which everybody takes them."""
    rows = Schedule.objects.select_for_update().filter(which, is_active=True).order_by("id")
    return [row.id for row in rows]


def _comes_or_goes(change: Change) -> bool:
    return change.verb is not Verb.CHANGED or any(field.field == "active" and not field.kept for field in change.fields)
