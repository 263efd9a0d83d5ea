"""What does an event say, once its format is understood? Pure: no clock, no database.

Every connector's `parse` turns a stored body into drafts; what follows does not know any format.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from watchbill.incidents.rules import REPLACEMENT, in_a_line

KEY_LENGTH = 255
SUMMARY_LENGTH = 1024
FIELD_LENGTH = 1024
DEEPEST = 100  # levels of nesting; deeper ones are refused at the door

SEVERITIES = ("critical", "high", "medium", "low")  # the loudest first
DEFAULT_SEVERITY = "high"
WORDS = {
    **{ours: ours for ours in SEVERITIES},
    "error": "high",
    "warning": "medium",
    "info": "low",
    "page": "critical",
    "emergency": "critical",
    "alert": "critical",
    "fatal": "critical",
    "major": "high",
    "minor": "medium",
    "notice": "low",
    "debug": "low",
    "none": "low",
}


class Verb(StrEnum):
    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    TAKE_BACK = "unacknowledge"  # the source's own mark
    CHANGE = "change"  # what the draft says replaces what the alert said; what it does not say stays
    NOTE = "note"  # a line in the story


@dataclass(frozen=True, slots=True)
class Draft:
    """One thing that an event says about one alert. `severity` is the source's word.

    `all_with_prefix`: the act is on every firing alert whose key begins with `dedup_key` (a source that told only a part of its group).
    """

    verb: Verb
    dedup_key: str
    summary: str = ""
    severity: str = ""
    source: str = ""
    component: str = ""
    group: str = ""
    event_class: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    links: Sequence[Mapping[str, str]] = ()
    all_with_prefix: bool = False
    note: str = ""  # of TAKE_BACK, CHANGE and NOTE: the line that the story gets


@dataclass(frozen=True, slots=True)
class Parsed:
    """The drafts of one event, in order, and what its reader had to leave out, in words."""

    drafts: tuple[Draft, ...] = ()
    remark: str = ""


# The stored body, the dedup key that the front door answered, and for kinds that take one the mapping of the key.
Parser = Callable[..., Parsed]


def severity_of(word: str, mapping: Mapping[str, str]) -> str:
    """Our severity for the source's word: the service's own mapping first, then the usual words; unknown words are high."""
    word = word.strip().lower()
    ours = {str(theirs).lower(): value for theirs, value in mapping.items()}.get(word) or WORDS.get(word, DEFAULT_SEVERITY)
    return ours if ours in SEVERITIES else DEFAULT_SEVERITY


def louder(one: str, other: str) -> bool:
    """Is `one` a higher severity than `other`?"""
    return SEVERITIES.index(one) < SEVERITIES.index(other)


def clean(text: str) -> str:
    """The text as it can be stored: NUL and lone surrogates become U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", REPLACEMENT)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(REPLACEMENT if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    return text


def clean_deeply(value: Any, depth: int = 0) -> Any:
    """The same for every text inside; what JSON in the database has no form for becomes text."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): clean_deeply(inner, depth + 1) for key, inner in value.items()} if depth < DEEPEST else REPLACEMENT
    if isinstance(value, (list, tuple)):
        return [clean_deeply(inner, depth + 1) for inner in value] if depth < DEEPEST else REPLACEMENT
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return clean(str(value))


def short(value: Any, length: int = FIELD_LENGTH) -> str:
    """A field as one line of at most so many characters; what is not a text or a number is left out."""
    if isinstance(value, str):
        return in_a_line(clean(value))[:length]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)[:length]
    return ""
