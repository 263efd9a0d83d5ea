"""How are times, names, addresses and the other small things of the file written? Shapes for single values. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from watchbill.config.rules.nodes import Leaf, Node
from watchbill.config.rules.shapes import OneOf, Place, Schema, Text
from watchbill.people.rules import Duration, format_duration, parse_duration

ELAPSED, CALENDAR, BUSINESS, SHIFT = "elapsed", "calendar", "business", "shift"
MOST_LETTERS = 32  # what is stored of a duration
EXAMPLES = {ELAPSED: "30s, 15m, 12h or 1w", CALENDAR: "3 days or 1 month", BUSINESS: "1 business day", SHIFT: "1 shift"}

NAME = Text("a name on one line")
WORDS = Text("text on one line", longest=1000)
HANDLE = Text("a handle of small letters, digits, dots and dashes, as ada or ada.osei", r"[a-z0-9][a-z0-9._-]*", 64)
EMAIL = Text("a mail address, as ada@example.org", r"[^@\s<>(),;:\\\"\[\]]+@[\w-]+(\.[\w-]+)*", 254)
ENVIRONMENT = Text("the name of an environment variable, as WATCHBILL_TOKEN", r"[A-Z_][A-Z0-9_]*", 120)
CLOCK = Text("a time of day, as 09:00", r"([01][0-9]|2[0-3]):[0-5][0-9]")
CURRENCY = Text("a currency by its three letters, as USD", r"[A-Z]{3}")
NUMBER = Text("a telephone number in full, as +15005550011", r"\+[0-9 ().\-]{6,30}", 40)
DAYS = OneOf(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
SEVERITY = OneOf(("critical", "high", "medium", "low"))
URGENCY = OneOf(("high", "low"))


@dataclass(frozen=True, slots=True)
class Url:
    """Where another system answers."""

    expected: str = "an address that begins with https:// or http://"

    def read(self, node: Node, at: Place) -> str | None:
        text = Text(self.expected, longest=2000).read(node, at)
        if text is None or is_url(text):
            return text
        at.refuse(node, self.expected)
        return None

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^https?://", "maxLength": 2000}


URL = Url()


def is_url(text: str) -> bool:
    """Has it a scheme that we speak, a host, and a port that can be?"""
    if not re.fullmatch(r"https?://\S+", text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of the time zone database."""

    def read(self, node: Node, at: Place) -> str | None:
        if isinstance(node, Leaf) and isinstance(node.value, str):
            if node.value in at.reading.facts.zones:
                return node.value
            near = at.near(node.value, at.reading.facts.zones)
            at.say(node, f"there is no time zone {node.value[:60]!r}; expected a name such as Europe/London or UTC{near}")
            return None
        at.refuse(node, "a time zone such as Europe/London or UTC")
        return None

    def schema(self) -> Schema:
        return {"type": "string", "description": "A name of the time zone database, as Europe/London."}


@dataclass(frozen=True, slots=True)
class Holidays:
    """A country, or a part of one, whose public holidays count."""

    def read(self, node: Node, at: Place) -> str | None:
        if isinstance(node, Leaf) and isinstance(node.value, str):
            if node.value in at.reading.facts.holidays:
                return node.value
            country = node.value.split("-")[0]
            parts = sorted(code for code in at.reading.facts.holidays if code.startswith(f"{country}-"))
            known = (
                f"; known in {country}: {', '.join(parts[:20])}."
                if parts and "-" in node.value
                else at.near(node.value, at.reading.facts.holidays)
            )
            at.say(node, f"the holidays of {node.value[:60]!r} are not known; expected a country or a part of it, as GB or DE-BY{known}")
            return None
        at.refuse(node, "a country or a part of it, as GB or DE-BY")
        return None

    def schema(self) -> Schema:
        return {"type": "string", "description": "A country (ISO 3166) or a part of it whose public holidays count, as GB or DE-BY."}


@dataclass(frozen=True, slots=True)
class Day:
    """A date."""

    def read(self, node: Node, at: Place) -> str | None:
        if isinstance(node, Leaf) and isinstance(node.value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", node.value):
            try:
                day = dt.date.fromisoformat(node.value)
            except ValueError:
                at.say(node, f"there is no day {node.value}; expected a date of the calendar, as 2026-01-05.")
                return None
            if 1970 <= day.year <= 2200:
                return node.value
            at.say(node, f"{node.value} is out of reach; expected a date from 1970 to 2200.")
            return None
        at.refuse(node, "a date, as 2026-01-05")
        return None

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "A date, as 2026-01-05."}


@dataclass(frozen=True, slots=True)
class Span:
    """A duration longer than nothing (or not shorter, with `zero`), of the sorts that make sense in this place."""

    sorts: tuple[str, ...] = (ELAPSED, CALENDAR, BUSINESS)
    zero: bool = False
    longest: int = 10 * 366 * 86400  # seconds

    @property
    def expected(self) -> str:
        return "a duration such as " + ", ".join(EXAMPLES[sort] for sort in self.sorts)

    def read(self, node: Node, at: Place) -> str | None:
        if not isinstance(node, Leaf) or not isinstance(node.value, str):
            at.refuse(node, self.expected)
            return None
        try:
            duration = parse_duration(node.value)
        except ValueError:
            at.refuse(node, self.expected)
            return None
        if sort_of(duration) not in self.sorts or len(node.value) > MOST_LETTERS:
            at.refuse(node, self.expected)
        elif duration.is_zero and not self.zero:
            at.say(node, f"{node.value} is no time at all; expected {self.expected}.")
        elif _least_seconds(duration) > self.longest:
            at.say(node, f"{node.value} is too long; expected at most {elapsed(self.longest)}.")
        else:
            return node.value
        return None

    def schema(self) -> Schema:
        return {"type": "string", "description": f"{self.expected[0].upper()}{self.expected[1:]}."}


def _least_seconds(duration: Duration) -> int:
    """At least so many seconds: a month is 28 days."""
    days = (duration.days or 0) + 28 * (duration.months or 0) + (duration.business_days or 0) + (duration.shifts or 0)
    return int((duration.elapsed or dt.timedelta(0)).total_seconds()) + days * 86400


def sort_of(duration: Duration) -> str:
    """Which sort of duration it is."""
    if duration.elapsed is not None:
        return ELAPSED
    if duration.business_days is not None:
        return BUSINESS
    return SHIFT if duration.shifts is not None else CALENDAR


def seconds(text: str) -> int:
    """An elapsed duration in seconds."""
    return int((parse_duration(text).elapsed or dt.timedelta(0)).total_seconds())


def elapsed(total: int) -> str:
    """Seconds as the file writes them."""
    return format_duration(Duration(elapsed=dt.timedelta(seconds=total)))


def missing_of(full: Mapping[str, Any], variables: Collection[str]) -> tuple[str, ...]:
    """Environment variables that an entry names and that are not set."""
    return tuple(sorted({value for field, value in full.items() if field.endswith("_env") and value and value not in variables}))


def without(full: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that say something else than their default."""
    return {name: value for name, value in full.items() if not (name in defaults and defaults[name] == value)}
