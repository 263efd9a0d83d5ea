"""What does a calendar file say? Runs as a process of its own, with a bound on time and memory: what it reads is hostile.

In: one line of JSON with the questions, then the file. Out: one line of JSON, `{"away": [[event, start, end, series], ..], "left": n}`, or
`{"why": a sentence}` when it is no calendar that can be read. It sees no settings, no database and no secret.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from watchbill.people.rules.away import LONGEST, says_away
from watchbill.people.rules.clock import clock_time, zone_of

SECONDS = 10  # of the processor
MEMORY = 1024 * 1024 * 1024
MOST_EVENTS = 10_000  # in the file
MOST_AWAY = 200  # that count
OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
DATES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")


class Unreadable(Exception):
    """Nothing can be taken from it; the text says why, in a sentence."""


def main() -> None:
    _bound()
    questions = json.loads(sys.stdin.buffer.readline())
    try:
        answer = away(sys.stdin.buffer.read(), **questions)
    except Unreadable as error:
        answer = {"why": str(error)}
    except MemoryError:
        answer = {"why": "Reading it takes more memory than a calendar is given."}
    except Exception:  # noqa: BLE001  whatever the file brings about is its own fault, and no text of it may come out
        answer = {"why": "It is no calendar that can be read. Is it the address of an iCalendar file (.ics)?"}
    sys.stdout.write(json.dumps(answer))


def away(raw: bytes, *, start: str, end: str, zone: str, everything: bool) -> dict[str, Any]:
    """The stretches of [start, end) in which its person is away, without what they are called."""
    calendar = _parsed(raw)
    events = _counting(calendar, everything=everything)
    low, high = dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end)
    series = {_uid(each) for each in events if any(key in each for key in ("RRULE", "RDATE", "RECURRENCE-ID"))}
    found: dict[tuple[dt.datetime, dt.datetime], tuple[str, str]] = {}
    readable = [each for each in events if _has_dates(each)]
    for each in readable:
        _refuse_often(each)
    left, names = len(events) - len(readable), set()
    for occurrence in _occurrences(calendar, readable, low, high):
        if not (everything or _says_away(occurrence)) or _is_off(occurrence):
            continue
        begins, ends = _instant(occurrence.start, zone), _instant(occurrence.end, zone)
        if ends - begins > LONGEST:
            left += 1
        elif begins < ends and ends > low and begins < high:
            if (begins, ends) in found:
                continue
            name = _name(occurrence, series)
            name = _digest(f"{name} {begins}") if name in names else name  # whatever made two of one name
            names.add(name)
            found[begins, ends] = name, _digest(_uid(occurrence)) if _uid(occurrence) in series else ""
            if len(found) > MOST_AWAY:
                raise Unreadable(_too_many(everything=everything))
    rows = [[name, begins.isoformat(), ends.isoformat(), of] for (begins, ends), (name, of) in found.items()]
    return {"away": rows, "left": left}


def _parsed(raw: bytes) -> Any:
    if b"BEGIN:VCALENDAR" not in raw[:4096].upper():
        raise Unreadable("What it answers is no calendar. Copy the address of its iCalendar file (.ics), not that of a page.")
    if not raw.rstrip().upper().endswith(b"END:VCALENDAR"):  # what is missing would count as removed
        raise Unreadable("It ends in the midst. It is read again soon.")
    if raw.upper().count(b"BEGIN:VEVENT") > MOST_EVENTS:
        raise Unreadable(f"It has more than {MOST_EVENTS} events. Subscribe to one with your time off alone.")
    import icalendar  # noqa: PLC0415  after the bounds are set

    return icalendar.Calendar.from_ical(raw)


def _counting(calendar: Any, *, everything: bool) -> list[Any]:
    """The events that can count, with every other of their series: one that is moved or renamed speaks for itself."""
    events = list(calendar.walk("VEVENT"))
    for number, each in enumerate(events):
        if not _uid(each):  # those without a name are no series
            each["UID"] = f"{number} {each.get('SUMMARY', '')}"
    names = {_uid(each) for each in events if everything or _says_away(each)}
    return [each for each in events if _uid(each) in names]


def _refuse_often(event: Any) -> None:
    """What repeats within a day is no time off, and would be a bomb."""
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        often = any(word.upper() in OFTEN for word in rule.get("FREQ", []))
        if often or any(len(rule.get(key, [])) > 1 for key in WITHIN_A_DAY):
            raise Unreadable("An event in it repeats more than once a day, which is no time off. Change that event, or choose by words.")


def _occurrences(calendar: Any, events: list[Any], low: dt.datetime, high: dt.datetime) -> Iterator[Any]:
    import icalendar  # noqa: PLC0415
    import recurring_ical_events  # noqa: PLC0415

    small = icalendar.Calendar()
    for key in ("VERSION", "PRODID", "X-WR-TIMEZONE"):
        if key in calendar:
            small[key] = calendar[key]
    for part in [*calendar.walk("VTIMEZONE"), *events]:
        small.add_component(part)
    return iter(recurring_ical_events.of(small, skip_bad_series=True).between(low, high))


def _has_dates(event: Any) -> bool:
    return "DTSTART" in event and not any(name in DATES for name, _ in event.errors)


def _says_away(event: Any) -> bool:
    return says_away(str(event.get("SUMMARY", "")), str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")))


def _is_off(event: Any) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _instant(at: dt.date | dt.datetime, zone: str) -> dt.datetime:
    """A day begins at midnight of its person's zone; so does a clock time without a zone belong to it."""
    moment = at if isinstance(at, dt.datetime) else dt.datetime.combine(at, dt.time())
    moment = moment if moment.tzinfo else clock_time(moment, zone_of(zone))
    return moment.astimezone(dt.UTC).replace(microsecond=0)


def _uid(event: Any) -> str:
    return str(event.get("UID", ""))


def _name(event: Any, series: set[str]) -> str:
    """Tells it from the others, and says nothing of it: of a series the time for which it was planned, of a single one not even that."""
    planned = event.get("RECURRENCE-ID") if _uid(event) in series else None
    return _digest(f"{_uid(event)}\n{planned.dt.isoformat() if planned is not None else ''}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _too_many(*, everything: bool) -> str:
    advice = "Let only those count whose title says so." if everything else "Remove what is no time off, or subscribe to another."
    return f"It has more than {MOST_AWAY} events that count in the coming year. {advice}"


def _bound() -> None:
    """Where the system knows such limits; the parent ends what takes too long everywhere."""
    try:
        import resource  # noqa: PLC0415  not on Windows
    except ImportError:
        return
    os.nice(10)  # pages go first
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
