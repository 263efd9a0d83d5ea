"""Does an alert fit `{field: value or /pattern/}`? Pure, and safe against hostile text: patterns run in time linear to the text.

Fields are summary, source, severity (ours), component, group, class, dedup_key, and whatever the source's details have: `details.disk.path`,
or `disk.path` for short. A plain value must be equal; a pattern may be found anywhere. Of a list one item is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import re2

from watchbill.intake.rules.drafts import Draft

OWN_FIELDS = {
    "summary": "summary",
    "source": "source",
    "component": "component",
    "group": "group",
    "class": "event_class",
    "dedup_key": "dedup_key",
}
LONGEST_PATTERN = 1000
MOST_ITEMS = 1000  # of a list that are looked at
OPTIONS = re2.Options()
OPTIONS.log_errors = False
OPTIONS.max_mem = 8 << 20


class Pattern(Protocol):
    """A compiled pattern, as far as it is used here."""

    def search(self, text: str) -> Any:
        """Something that is true when the text has it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One condition: equal to `value`, or where `pattern` is there, found by it."""

    field: str
    value: str
    pattern: Pattern | None = None


Matcher = tuple[Wanted, ...]


def is_pattern(text: str) -> bool:
    """Is it written between slashes?"""
    return len(text) > 1 and text.startswith("/") and text.endswith("/")


def problem(text: str) -> str:
    """Why the pattern between these slashes cannot be used, in a few words; empty when it can."""
    try:
        _compiled(text[1:-1])
    except (re2.error, UnicodeEncodeError) as error:
        cause = error.args[0] if error.args else "unreadable"
        return cause.decode("utf-8", "replace") if isinstance(cause, bytes) else str(error)
    return ""


def matcher(when: Mapping[str, str]) -> Matcher:
    """The conditions, ready to be asked. A pattern that cannot be compiled (the file is checked before) fits nothing."""
    return tuple(_wanted(field, text) for field, text in when.items())


def fits(conditions: Matcher, draft: Draft, severity: str) -> bool:
    """Do all conditions hold? No condition at all: yes."""
    return all(any(_holds(one, text) for text in _texts(_value(one.field, draft, severity))) for one in conditions)


def conditions_of(lines: Iterable[str]) -> dict[str, str]:
    """`component=db1`, `summary=/^disk/`, one each, as people write them. ValueError with a sentence."""
    found: dict[str, str] = {}
    for line in lines:
        field, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not field or not value or field in found:
            raise ValueError(f"{line.strip()[:80]!r}: expected each field once with its value, as component=db1 or summary=/^disk/.")
        found[field] = value
    return found


def why_not(conditions: Matcher, draft: Draft, severity: str) -> str:
    """The first condition that does not hold, in words; empty when all do."""
    for one in conditions:
        texts = list(_texts(_value(one.field, draft, severity)))
        if not any(_holds(one, text) for text in texts):
            has = f"is {', '.join(_short(text) for text in texts[:3])}" if any(texts) else "is not there"
            return f"{one.field} {has}, not {_short(one.value)}"
    return ""


def _short(text: str) -> str:
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"


def _wanted(field: str, text: str) -> Wanted:
    if not is_pattern(text):
        return Wanted(field, text)
    try:
        return Wanted(field, text, _compiled(text[1:-1]))
    except (re2.error, UnicodeEncodeError):
        return Wanted(field, text, _Never())


class _Never:
    def search(self, text: str) -> None:  # noqa: ARG002  the shape of a pattern
        return None


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> Pattern:
    compiled: Pattern = re2.compile(pattern, OPTIONS)
    return compiled


def _holds(one: Wanted, text: str) -> bool:
    return text == one.value if one.pattern is None else bool(one.pattern.search(text))


def _value(name: str, draft: Draft, severity: str) -> Any:
    if name == "severity":
        return severity
    if name in OWN_FIELDS:
        return getattr(draft, OWN_FIELDS[name])
    if name in draft.details:
        return draft.details[name]
    found: Any = draft.details
    for part in name.removeprefix("custom_details.").removeprefix("details.").split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(value: Any) -> Iterator[str]:
    """What can be compared of a value: texts, numbers and truth as JSON writes them; nothing of what is not there."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, (int, float)):
        yield str(value)
    elif isinstance(value, (list, tuple)):
        for item in value[:MOST_ITEMS]:
            if not isinstance(item, (list, tuple)):
                yield from _texts(item)
