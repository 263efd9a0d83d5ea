"""Who owns it, how loud is its page, and what stands first on the board? Pure: no clock, no database.

Sources: the GitLab guide, incident ownership (whoever acknowledges owns); the Kubernetes guide, incident commander is the on-call.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

SEVERITIES = ("critical", "high", "medium", "low")
LONGEST_SNOOZE = dt.timedelta(hours=24)
CALLING = dt.timedelta(minutes=15)  # how long "I am calling" holds the walk


@dataclass(frozen=True, slots=True)
class Hold:
    """Who has an incident: the accountable owner and whoever works on it right now."""

    owner: int | None = None
    acting: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What an acknowledgement makes of it. `ask_take_over`: the acknowledger is asked whether they take it over for good."""

    hold: Hold
    ask_take_over: bool = False


def acknowledged_by(
    person: int,
    hold: Hold,
    ownership: str,
    *,
    on_call: Sequence[int] = (),
    owner_silent: bool = False,
    given_back: bool = False,
    take_over: bool = False,
) -> Taken:
    """Who has it after `person` acknowledged.

    `acker`: whoever acknowledges owns. `on_call`: the on-call of the team's first schedule owns, another acknowledger acts; with nobody on
    call the acknowledger owns, so that somebody does. `assigned`: nobody owns until it is assigned after triage; the acknowledger acts.
    An owner that exists stays: another acknowledger acts at once, and owns only by an accepted hand-off. Taking over from a silent owner
    is one; so is acknowledging what its owner gave back (the owner offered it to whoever comes, and the acknowledgement accepts).
    """
    if hold.owner is None:
        return Taken(Hold(owner=_first_owner(person, ownership, on_call), acting=person))
    if hold.owner == person:
        return Taken(Hold(owner=person, acting=person))
    if given_back or (owner_silent and take_over):
        return Taken(Hold(owner=person, acting=person))
    return Taken(Hold(owner=hold.owner, acting=person), ask_take_over=owner_silent)


def _first_owner(person: int, ownership: str, on_call: Sequence[int]) -> int | None:
    if ownership == "assigned":
        return None
    if ownership == "acker" or not on_call or person in on_call:
        return person
    return on_call[0]


def urgency(desk: str, severity: str, service: Mapping[str, str] | None, *, critical_anyway: bool) -> str:
    """How loud a page is. Paged desk: high unless the service says otherwise for the severity. Queue desk: low unless `critical_anyway`."""
    if desk == "queue":
        return "high" if critical_anyway and severity == "critical" else "low"
    return "low" if (service or {}).get(severity) == "low" else "high"


def at_least(severity: str, threshold: str) -> bool:
    """Is it as severe as the threshold? An empty threshold is never met."""
    return bool(threshold) and SEVERITIES.index(severity) <= SEVERITIES.index(threshold)


def is_raise(old: str, new: str) -> bool:
    """Does the severity go up?"""
    return SEVERITIES.index(new) < SEVERITIES.index(old)


class Place(IntEnum):
    """Where an open incident stands on the board, the most urgent first."""

    MINE_CLEARED = 0  # cleared, nobody looked, and I have the watch: tops my list until a person closes it
    EXHAUSTED = 1
    TRIGGERED = 2
    NOBODY = 3  # no page and nobody who has it
    CLEARED = 4
    ACKNOWLEDGED = 5
    SNOOZED = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """What of an open incident decides its place. `page` is the status of its respond page, empty when there is none open."""

    page: str
    has_hold: bool
    cleared_unseen: bool
    my_watch: bool
    severity: str
    next_at: dt.datetime | None
    opened_at: dt.datetime
    word_at: dt.datetime | None = None


def place(of: Standing) -> Place:
    """What breaks its promise first: an exhausted page, then what counts down, then what waits, then what somebody has.

    Above all of it, for whoever has the watch, stands what was cleared before anybody looked (a page on the viewer has its own place).
    """
    if of.cleared_unseen and of.my_watch:
        return Place.MINE_CLEARED
    if of.page == "exhausted":
        return Place.EXHAUSTED
    if of.cleared_unseen:
        return Place.CLEARED
    if of.page == "triggered" or (of.page == "paused" and not of.has_hold):
        return Place.TRIGGERED
    if of.page == "paused":
        return Place.SNOOZED
    return Place.ACKNOWLEDGED if of.has_hold else Place.NOBODY


def board_key(of: Standing) -> tuple[int, float, int, float]:
    """Sort key of the board. What counts down: by its next time; what somebody has: by severity, then by the longest silence."""
    where = place(of)
    silent_since = (of.word_at or of.opened_at).timestamp()
    if where in (Place.TRIGGERED, Place.EXHAUSTED, Place.SNOOZED) and of.next_at is not None:
        return (where, of.next_at.timestamp(), SEVERITIES.index(of.severity), silent_since)
    return (where, 0.0, SEVERITIES.index(of.severity), silent_since)


Time = dt.datetime


def lives(opened: Time, marks: Sequence[tuple[Time, bool]]) -> list[tuple[Time, Time | None]]:
    """From when until when it was open. `marks`, in order: when it was reopened (True) or resolved (False)."""
    found: list[tuple[Time, Time | None]] = [(opened, None)]
    for at, opens in marks:
        start, end = found[-1]
        if opens and end is not None:
            found.append((at, None))
        elif not opens and end is None:
            found[-1] = (start, max(start, at))
    return found


def stretches(
    life: Sequence[tuple[Time, Time | None]], held: Sequence[tuple[int, Time, Time | None]]
) -> list[tuple[int | None, Time, Time | None]]:
    """Who had it in each second of its life, in order, without a gap: None while nobody did. `held`: (person, since, until) of one role."""
    rows: list[tuple[int | None, Time, Time | None]] = []
    for start, end in life:
        at: Time | None = start
        for person, since, until in held:
            if at is None or (until is not None and until <= at) or (end is not None and since >= end):
                continue
            if since > at:
                rows.append((None, at, since))
            stop = until if end is None or (until is not None and until < end) else end
            rows.append((person, max(since, at), stop))
            at = stop
        if at is not None and (end is None or at < end):
            rows.append((None, at, end))
    return rows
