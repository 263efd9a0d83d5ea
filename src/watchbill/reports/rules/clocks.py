"""What was promised to whom, by when, and does it hold? Pure.

First response and triage run from the arrival, the bounty from the end of triage, in the business time of whoever is accountable; the
reporter hears at least once a month while the report is open; a request for disclosure is answered within its time. Triage stands still
while somebody else has the word: the reporter, or the platform's triage.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from watchbill.people.rules import Duration, WorkingTime, add, parse_duration

Wait = tuple[dt.datetime, dt.datetime | None]  # from when until when somebody else had the word; None: still
ONE_DAY, TEN_DAYS, MONTH = (parse_duration(text) for text in ("1 business day", "10 business days", "1 month"))


class Promise(StrEnum):
    """What is promised."""

    FIRST_RESPONSE = "first_response"
    TRIAGE = "triage"
    BOUNTY = "bounty"
    UPDATE = "update"  # a word to the reporter
    DISCLOSURE = "disclosure"


@dataclass(frozen=True, slots=True)
class Targets:
    """How long each may take; the defaults are those of the Kubernetes committee."""

    first_response: Duration = ONE_DAY
    triage: Duration = TEN_DAYS
    bounty: Duration = TEN_DAYS
    update: Duration = MONTH
    disclosure: Duration = MONTH


@dataclass(frozen=True, slots=True)
class Moments:
    """When what happened to a report. None: not yet. `told_at`: the last word to the reporter; `closed_at`: resolved, or one of the exits."""

    received_at: dt.datetime
    answered_at: dt.datetime | None = None  # the first word to the reporter
    triaged_at: dt.datetime | None = None
    settled_at: dt.datetime | None = None  # awarded, or said to be not eligible
    told_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    disclosure_asked_at: dt.datetime | None = None
    disclosed_at: dt.datetime | None = None
    pays: bool = False  # its programme has a bounty, and it came by a platform
    waits: Sequence[Wait] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise. `due_at` None: it stands still, or nothing is promised any more. `ended_at`: when it was met, or fell away."""

    promise: Promise
    started_at: dt.datetime
    due_at: dt.datetime | None
    ended_at: dt.datetime | None = None

    @property
    def runs(self) -> bool:
        return self.ended_at is None and self.due_at is not None

    @property
    def stands_still(self) -> bool:
        return self.ended_at is None and self.due_at is None

    @property
    def kept(self) -> bool | None:
        """Once it ended: in time? None while it is open."""
        return None if self.ended_at is None or self.due_at is None else self.ended_at <= self.due_at

    def is_broken(self, now: dt.datetime) -> bool:
        return self.runs and self.due_at is not None and now > self.due_at

    def share(self, now: dt.datetime) -> float:
        """How much of its time is gone, 0 to 1."""
        if self.due_at is None or self.due_at <= self.started_at:
            return 1.0
        gone = (min(self.ended_at or now, self.due_at) - self.started_at) / (self.due_at - self.started_at)
        return max(0.0, min(1.0, gone))


def clocks_of(moments: Moments, targets: Targets, working: WorkingTime) -> list[Clock]:
    """Every promise of a report, those that are over included."""
    found = [
        _clock(
            Promise.FIRST_RESPONSE, moments.received_at, targets.first_response, working, _first(moments.answered_at, moments.closed_at)
        ),
        _clock(
            Promise.TRIAGE,
            moments.received_at,
            targets.triage,
            working,
            _first(moments.triaged_at, moments.closed_at),
            moments.waits,
        ),
    ]
    if moments.pays and moments.triaged_at is not None:
        found.append(_clock(Promise.BOUNTY, moments.triaged_at, targets.bounty, working, moments.settled_at))
    if moments.answered_at is not None:
        last = moments.told_at or moments.answered_at
        found.append(_clock(Promise.UPDATE, last, targets.update, working, moments.closed_at))
    if moments.disclosure_asked_at is not None:
        found.append(_clock(Promise.DISCLOSURE, moments.disclosure_asked_at, targets.disclosure, working, moments.disclosed_at))
    return found


def next_promise(clocks: Sequence[Clock]) -> Clock | None:
    """The running promise that breaks first."""
    return min((clock for clock in clocks if clock.runs), key=lambda clock: (clock.due_at, clock.promise), default=None)


def due_after(start: dt.datetime, length: Duration, working: WorkingTime, waits: Sequence[Wait] = ()) -> dt.datetime | None:
    """When a promise that began at `start` is due; None while it stands still. What was waited is added, in the kind of time promised."""
    due = add(start, length, zone=working.zone, working=working)
    for left, ended in sorted(waits, key=lambda wait: wait[0]):
        began = max(left, start)
        if began >= due:
            break
        if ended is None:
            return None
        if ended <= began:
            continue
        if length.business_days is not None:
            waited = sum((closes - opens for opens, closes in working.stretches(began, ended)), dt.timedelta())
            due = working.add_working(due, waited)
        else:
            due += ended - began
    return due


def _clock(
    promise: Promise, start: dt.datetime, length: Duration, working: WorkingTime, ended: dt.datetime | None, waits: Sequence[Wait] = ()
) -> Clock:
    closed = [(began, ended if until is None and ended is not None else until) for began, until in waits]
    return Clock(promise, start, due_after(start, length, working, closed), ended)


def _first(*moments: dt.datetime | None) -> dt.datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
