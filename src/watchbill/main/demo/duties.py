"""A week of duties in the demo: kept, late and missed, by whoever had the watch; asked for and proved by the real parts over simulated time."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

from watchbill.audit.actions import Actor
from watchbill.duties.actions.asking import look_after_duties
from watchbill.duties.actions.proving import prove, record_pass
from watchbill.duties.models import Asked
from watchbill.duties.selectors.passing import can_be_listed

DAYS = 9
LOOKS = (2, 8, 14, 20)  # o'clock, UTC: shifts begin at two of them, and half a shift ends at the others
KEPT, LATE = 0.76, 0.9  # of one; what is above was missed
NOTES = (
    "The mail of a page should name the region.",
    "Rotating a deploy token by hand takes 20 minutes; it should take one.",
    "The runbook for lost laptops names somebody who has left.",
    "",  # nothing this time
    "Two alerts with one cause came as two incidents.",
)
SEEN = ("", "", "one is a duplicate", "", "asked the author for a log")

At = Callable[[dt.datetime, Callable[[dt.datetime], None]], None]


def week(at: At, now: dt.datetime) -> None:
    """Put onto the heap when the engine looks at duties, and with each look what people do about what it asked for."""
    rng, known = random.Random(77), set[int]()  # noqa: S311  a story, not a secret
    first = (now - dt.timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)

    def look(moment: dt.datetime) -> None:
        look_after_duties(now=moment)
        for row in Asked.objects.filter(settled_at=None, state="open").exclude(pk__in=known).order_by("id"):
            known.add(row.pk)
            if (when := _when(row, moment, rng)) is not None:
                at(when, lambda then, row=row: _do(row.pk, rng, then))  # type: ignore[misc]

    for hour in range(DAYS * 24):
        moment = first + dt.timedelta(hours=hour)
        if moment.hour in LOOKS:
            at(moment, look)
    at(now - dt.timedelta(minutes=1), look)


def _when(row: Asked, opened: dt.datetime, rng: random.Random) -> dt.datetime | None:
    """When somebody does it. None: nobody does."""
    roll, part = rng.random(), 0.1 + 0.8 * rng.random()
    if roll < KEPT and opened < row.due:
        return opened + part * (row.due - opened)
    late = row.due + dt.timedelta(minutes=15 + 60 * part)
    return late if roll < LATE and opened < late < row.group_end else None


def _do(asked_id: int, rng: random.Random, now: dt.datetime) -> None:
    """By whoever has the watch then."""
    row = Asked.objects.select_related("duty__queue__tracker", "person").get(pk=asked_id)
    if row.state != "open" or row.person is None or row.settled_at is not None:
        return
    by: dict[str, Any] = {"person": row.person, "actor": Actor(row.person.handle, "web", row.person.id), "now": now}
    if row.duty.queue is not None and can_be_listed(row.duty.queue):
        record_pass(row.duty.queue, rng.choice(SEEN), **by)
    else:
        text = "" if row.duty.queue is not None else rng.choice(NOTES)
        prove(row.duty, text, nothing=not text, **by)
