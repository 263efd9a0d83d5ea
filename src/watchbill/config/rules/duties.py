"""Which fields has a duty, and what do they mean? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchbill.config.rules.forms import BUSINESS, CALENDAR, ELAPSED, NAME, Span
from watchbill.config.rules.shapes import Field, Group, Named, OneOf, Whole

Full = dict[str, Any]

DEFAULTS: Full = {"times": 1, "due": "", "queue": None}
DUTIES = Group(
    {
        "team": Field(Named("teams"), required=True),
        "schedule": Field(Named("schedules"), "Whoever has its watch has the duty.", required=True),
        "name": Field(NAME, required=True),
        "every": Field(OneOf(("shift", "day", "business day", "week", "month")), required=True),
        "times": Field(Whole(1, 24), "How often in each shift: one window in each part of it.", default="1"),
        "due": Field(Span((ELAPSED, CALENDAR, BUSINESS)), "Time to do it once it is asked for.", default="until its end"),
        "queue": Field(Named("queues"), "The queue that is gone through; none: a note proves it."),
    },
    "name",
)


def fill(words: Mapping[str, Any]) -> Full:
    """The full form of a duty."""
    return {**{name: words[name] for name in ("team", "schedule", "every")}, **{n: words.get(n, d) for n, d in DEFAULTS.items()}}


def brief(full: Full) -> dict[str, Any]:
    """The shortest words for it."""
    return {name: value for name, value in full.items() if not (name in DEFAULTS and DEFAULTS[name] == value)}
