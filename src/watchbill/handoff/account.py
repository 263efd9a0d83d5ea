"""The account of a watch as plain text that can be pasted anywhere: what was done, what is left, what was learned. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

MARKUP = re.compile(r"([\\`*_\[\]<>#|])")
NIGHT_FROM, NIGHT_TO = 22, 6  # clock of whoever had the watch


@dataclass(frozen=True, slots=True)
class Numbers:
    """The pages of a watch: how many, how many at night, and how long until they were acknowledged."""

    pages: int = 0
    at_night: int = 0
    answered: int = 0
    typical: dt.timedelta | None = None
    worst: dt.timedelta | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and its lines."""

    title: str
    lines: Sequence[str]


def numbers(asked: Sequence[tuple[dt.datetime, dt.datetime | None]], zone: dt.tzinfo) -> Numbers:
    """`asked`: when each page first asked somebody, and when they acknowledged it, if they did."""
    waits = [answered - at for at, answered in asked if answered is not None and answered >= at]
    nights = sum(is_night(at, zone) for at, _ in asked)
    if not waits:
        return Numbers(len(asked), nights)
    return Numbers(len(asked), nights, len(waits), dt.timedelta(seconds=median(each.total_seconds() for each in waits)), max(waits))


def is_night(at: dt.datetime, zone: dt.tzinfo) -> bool:
    """Do people sleep then, where this one lives?"""
    hour = at.astimezone(zone).hour
    return hour >= NIGHT_FROM or hour < NIGHT_TO


def plain(text: str) -> str:
    """Text of others within a line of Markdown: it is no heading, link or command there."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))


def written(title: str, when: str, parts: Sequence[Part]) -> str:
    """All of it as Markdown. A part without lines is left out."""
    said = [f"# {plain(title)}", "", when]
    for part in parts:
        if part.lines:
            said += ["", f"## {part.title}", "", *(f"- {line}" for line in part.lines)]
    return "\n".join(said) + "\n"


def length(span: dt.timedelta) -> str:
    """How long, in two words."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min" + (f" {seconds % 60} s" if seconds % 60 else "")
    return f"{seconds // 3600} h" + (f" {seconds % 3600 // 60} min" if seconds % 3600 // 60 else "")
