"""Which events of somebody's calendar mean that they are away, what changed since it was last read, and when is it read again? Pure."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

EVERY = dt.timedelta(hours=1)
AFTER_FAILURE = dt.timedelta(minutes=5)
LONGEST_PAUSE = dt.timedelta(hours=6)
AHEAD = dt.timedelta(days=365)  # how far a calendar is read
LONGEST = dt.timedelta(days=366)  # a longer event is left out
LONGEST_ADDRESS = 2000
OOF = "oof"  # "out of facility": what Exchange calls somebody who is away

WORDS = (
    "vacation", "vacations", "holiday", "holidays", "annual leave", "on leave", "parental leave", "sick leave", "leave of absence",
    "day off", "days off", "time off", "off work", "out of office", "out of the office", "ooo", "pto", "away", "sick", "sick day",
    "urlaub", "ferien", "krank", "elternzeit", "abwesend", "abwesenheit", "nicht im büro",
    "congé", "congés", "vacances", "absent", "absente", "vacaciones", "ausente", "ferie", "vakantie", "verlof", "urlop",
)  # fmt: skip
_NOT_A_WORD = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Away:
    """One stretch that a calendar names. `event` tells it from the others of the same calendar, whenever it is moved to."""

    event: str
    start: dt.datetime
    end: dt.datetime
    series: str = ""  # tells all of one series from others; empty: it is alone


@dataclass(frozen=True, slots=True)
class Kept:
    """One stretch as it is stored."""

    id: int
    event: str
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """What makes the stored stretches those of the calendar."""

    add: tuple[Away, ...]
    move: tuple[tuple[Kept, Away], ...]
    end: tuple[Kept, ...]  # what has not begun is deleted, what runs ends now; what is over stays, and is its event's no more

    def __bool__(self) -> bool:
        return bool(self.add or self.move or self.end)


@dataclass(frozen=True, slots=True)
class Claim:
    """One calendar that this process reads now. `lease` is how its row knows that."""

    id: int
    lease: dt.datetime
    address: str
    zone: str
    everything: bool
    etag: str
    last_modified: str
    digest: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How a reading ended: `why` not, `unchanged`, or what the calendar says."""

    why: str = ""
    unchanged: bool = False
    away: tuple[Away, ...] = ()
    left: int = 0
    etag: str = ""
    last_modified: str = ""
    digest: str = ""


def says_away(summary: str, busy_status: str = "") -> bool:
    """Does an event of that title mean that its person does not work?"""
    if busy_status.strip().casefold() == OOF:
        return True
    written = unicodedata.normalize("NFKC", summary).casefold()  # an accent may be a letter of its own
    words = f" {' '.join(_NOT_A_WORD.split(written)).strip()} "
    return any(f" {word} " in words for word in WORDS)


def changes(kept: Sequence[Kept], found: Collection[Away], *, now: dt.datetime, dismissed: Collection[str] = ()) -> Changes:
    """From what is stored to what the calendar says. What is over stays as it was. `dismissed`: events and series that are no time off."""
    said = {each.event: each for each in found if each.end > now and each.event not in dismissed and each.series not in dismissed}
    add, move, end = [], [], []
    for row in kept:
        new = said.pop(row.event, None)
        if new is None:
            end.extend([row] if row.end > now else [])
        elif row.start < now <= new.start:  # the part that is over stays, the rest is another time off
            end.append(row)
            add.append(new)
        elif (row.start, row.end) != (new.start, new.end):
            move.append((row, new))
    return Changes((*add, *said.values()), tuple(move), tuple(end))


def next_look(*, now: dt.datetime, failures: int = 0, spread: float) -> dt.datetime:
    """When the calendar is read again. `spread`, from 0 to 1, keeps those of many people apart: a fifth earlier to a fifth later."""
    pause = min(AFTER_FAILURE * 2 ** min(failures - 1, 10), LONGEST_PAUSE) if failures else EVERY
    return now + pause * (0.8 + 0.4 * spread)


def clean_address(typed: str, *, plain_too: bool) -> tuple[str, str]:
    """The address as it is asked for, and its host. ValueError with a sentence. `plain_too`: http may lead to an allowed private address."""
    address = typed.strip()
    if address.lower().startswith("webcal://"):
        address = f"https://{address[len('webcal://') :]}"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or len(address) > LONGEST_ADDRESS or not address.isascii() or not address.isprintable() or " " in address:
        raise ValueError("That is no address of a calendar; expected one such as https://calendar.example.org/me.ics. Copy it anew.")
    if parts.scheme.lower() != "https" and not (plain_too and parts.scheme.lower() == "http"):
        raise ValueError("The address of a calendar begins with https:// (or webcal://), so that nobody on the way reads it.")
    if parts.username or parts.password:
        raise ValueError("A calendar behind a name and a password cannot be read. Give its secret address, which needs neither.")
    return address, host.lower()
