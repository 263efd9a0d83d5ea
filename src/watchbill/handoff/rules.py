"""What does a hand-off move, what is missing in it, and who hears of one that nobody answers? Pure: no clock, no database.

Sources: the GitLab guide, incident hand-off (the parts, and that a break is one too); the Kubernetes guide, hand-off (until the next on-call
has said so, the one before is still in charge).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.response.rules import Hold

KINDS = ("shift", "break", "permanent")
LASTS = dt.timedelta(hours=12)  # an offer that nobody answers
LONGEST_BREAK = dt.timedelta(days=7)
BEFORE_END = (
    dt.timedelta(minutes=-10),
    dt.timedelta(minutes=-5),
    dt.timedelta(minutes=5),
)  # reminded, paged, the manager: round the shift's end
AFTER_OFFER = (dt.timedelta(minutes=15), dt.timedelta(minutes=20), dt.timedelta(minutes=30))  # the same without a shift's end

LONGEST_SUMMARY = 20_000
LONGEST_LINE = 1000
MOST_LINES = 50

SUMMARY, STEPS, ENGAGED = "summary", "next_steps", "engaged"


@dataclass(frozen=True, slots=True)
class Step:
    """One of the next steps: whose it is (a handle, or a name of another team), and what."""

    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Words:
    """What the next one must know."""

    summary: str = ""
    related: tuple[str, ...] = ()
    engaged: tuple[str, ...] = ()
    bridge: str = ""
    channels: tuple[str, ...] = ()
    next_steps: tuple[Step, ...] = ()
    open_questions: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A part without which it cannot be offered, and what to do about it."""

    field: str
    why: str


def missing(words: Words) -> list[Missing]:
    """What the next one could not do without: how it stands, the next steps with whose they are, who is engaged."""
    found = []
    if not words.summary.strip():
        found.append(Missing(SUMMARY, "The summary is empty. Say what it is and how it stands, so that somebody who slept understands it."))
    if not words.next_steps:
        found.append(
            Missing(STEPS, "There is no next step. Say what comes next and whose it is; if only watching is left, say who watches what.")
        )
    for n, step in enumerate(words.next_steps, 1):
        if not step.what.strip():
            found.append(Missing(STEPS, f"Next step {n} does not say what to do."))
        if not step.who.strip():
            found.append(Missing(STEPS, f"Next step {n} has no person. A step without a person is nobody's step."))
    if not any(each.strip() for each in words.engaged):
        found.append(
            Missing(
                ENGAGED, "Nobody is named as engaged. Name who works on it besides, in other teams too; if you were alone, name yourself."
            )
        )
    return found


def too_long(words: Words) -> Missing | None:
    """The first part that is longer than what is kept."""
    if len(words.summary) > LONGEST_SUMMARY:
        return Missing(SUMMARY, f"The summary has {len(words.summary)} characters; it can have {LONGEST_SUMMARY}. Link to what is longer.")
    steps = [f"{step.who}{step.what}" for step in words.next_steps]
    parts: list[tuple[str, Sequence[str]]] = [
        ("related", words.related),
        (ENGAGED, words.engaged),
        ("bridge", (words.bridge,)),
        ("channels", words.channels),
        (STEPS, steps),
        ("open_questions", words.open_questions),
        ("decisions", words.decisions),
        ("pending", words.pending),
    ]
    for field, lines in parts:
        name = field.replace("_", " ")
        if len(lines) > MOST_LINES:
            return Missing(field, f"{name} has {len(lines)} lines; it can have {MOST_LINES}.")
        if any(len(line) > LONGEST_LINE for line in lines):
            return Missing(field, f"A line of {name} is longer than {LONGEST_LINE} characters. Link to what is longer.")
    return None


def moves(kind: str, ownership: str, hold: Hold, giver: int, receiver: int) -> Hold:
    """Who has it after `receiver` accepts. Nobody gives more than they have.

    For good: the owner. At a shift's end the owner where the on-call owns, else whoever acts. A break: whoever acts. Somebody else who
    works on it goes on when only the owner changes.
    """
    owns = hold.owner == giver
    owner_moves = owns and (kind == "permanent" or (kind == "shift" and ownership == "on_call"))
    owner = receiver if owner_moves else hold.owner
    stays = owner_moves and hold.acting not in (None, giver)
    return Hold(owner=owner, acting=hold.acting if stays else receiver)


def why_not(kind: str, ownership: str, hold: Hold, giver: int, receiver: int) -> str:
    """Why this cannot be offered; empty when it can."""
    if giver == receiver:
        return "You cannot hand it to yourself. Choose who has it next."
    if kind == "permanent" and hold.owner != giver:
        return "Only the owner can hand it over for good. You can hand over that you work on it: a shift or a break."
    if moves(kind, ownership, hold, giver, receiver) == hold:
        return "They have already what this would give them."
    return ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What of an offer says when somebody hears of it. `shift_ends_at`: the end of the giver's watch, where that is why it is offered."""

    kind: str
    offered_at: dt.datetime
    expires_at: dt.datetime
    shift_ends_at: dt.datetime | None = None
    reminded: bool = False
    paged: bool = False
    escalated: bool = False


def nudges(offer: Offer) -> tuple[dt.datetime, dt.datetime, dt.datetime]:
    """When the receiver is reminded, when they are paged, when the manager hears of it.

    Round the end of the giver's watch; without one, for a break, for good, or when it was offered too late for that, by the age of the offer.
    """
    end = offer.shift_ends_at
    if offer.kind == "shift" and end is not None and offer.offered_at < end + BEFORE_END[0]:
        reminded, paged, manager = (end + each for each in BEFORE_END)
    else:
        reminded, paged, manager = (offer.offered_at + each for each in AFTER_OFFER)
    return reminded, paged, manager


@dataclass(frozen=True, slots=True)
class Look:
    """What is due about an offer, and when to look again (None: it is over). What a later step makes needless is left out."""

    remind: bool = False
    page: bool = False
    escalate: bool = False
    expire: bool = False
    again_at: dt.datetime | None = None


def look(offer: Offer, *, now: dt.datetime) -> Look:
    """After an outage nobody is reminded of what is paged at the same time."""
    if now >= offer.expires_at:
        return Look(expire=True)
    remind_at, page_at, manager_at = nudges(offer)
    page = not offer.paged and now >= page_at
    to_come = [at for at in (remind_at, page_at, manager_at, offer.expires_at) if at > now]
    return Look(
        remind=not offer.reminded and now >= remind_at and not page and not offer.paged,
        page=page,
        escalate=not offer.escalated and now >= manager_at,
        again_at=min(to_come),
    )


def parts(words: Words) -> list[str]:
    """The parts that are filled, as the receiver ticks them."""
    named = [
        ("how it stands", bool(words.summary)),
        ("next steps", bool(words.next_steps)),
        ("open questions", bool(words.open_questions)),
        ("decisions", bool(words.decisions)),
        ("who is engaged", bool(words.engaged)),
        ("related issues", bool(words.related)),
        ("bridge", bool(words.bridge)),
        ("channels", bool(words.channels)),
        ("pending", bool(words.pending)),
    ]
    return [name for name, there in named if there]


def part_by_part(words: Words) -> str:
    """The read-back of somebody who went through it item by item."""
    first = f"; first: {words.next_steps[0].who}: {words.next_steps[0].what}" if words.next_steps else ""
    return f"Read part by part: {', '.join(parts(words))}{first}."


STALLED: dict[str, dt.timedelta] = {"critical": dt.timedelta(hours=1), "high": dt.timedelta(hours=4), "medium": dt.timedelta(days=1)}
STALE: dict[str, dt.timedelta] = {"critical": dt.timedelta(days=2), "high": dt.timedelta(days=7), "medium": dt.timedelta(days=31)}
GRACE = dt.timedelta(minutes=15)  # whoever wrote a word a moment ago is looking, on duty or not
AGAIN = dt.timedelta(hours=12)  # that nobody looks is said once in a watch, not once a note


@dataclass(frozen=True, slots=True)
class Standing:
    """What of an open incident that somebody has says whether anybody looks at it. `on_duty`: on call on its desk, or working on a queue;
    `on_duty_since`: also when the silence began that counts as a stall; `kept`: who said that they keep it on; `away`: has time off."""

    desk: str
    severity: str
    owner: int | None
    acting: int | None
    word_at: dt.datetime
    on_duty: frozenset[int] = frozenset()
    on_duty_since: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    away: frozenset[int] = frozenset()


def nobody_looks(of: Standing, *, now: dt.datetime) -> str:
    """Why nobody looks at it; empty when somebody does. A paged desk needs somebody on duty at every hour; a queue desk an owner who is not
    away and not silent for longer than its severity bears."""
    silent = now - of.word_at
    people = {each for each in (of.owner, of.acting) if each is not None}
    if of.desk == "paged":
        looking = people & (of.on_duty | of.kept)
        return "" if looking or silent < GRACE else "off duty"
    if people and people <= of.away:
        return "away"
    return "silent" if of.severity in STALE and silent >= STALE[of.severity] else ""


def is_stalled(of: Standing, *, now: dt.datetime) -> bool:
    """Is the owner on duty, and has nobody said a word for too long?"""
    owner = of.owner if of.owner is not None else of.acting
    if of.severity not in STALLED or owner not in of.on_duty or owner not in of.on_duty_since:
        return False
    return now - of.word_at >= STALLED[of.severity]
