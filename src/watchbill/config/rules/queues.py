"""Which fields has a queue, and what says that silence is too long, and what do they mean? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchbill.config.rules.forms import BUSINESS, CALENDAR, ELAPSED, NAME, SEVERITY, Span
from watchbill.config.rules.shapes import Either, Field, Flag, Group, Many, Named, OneOf, Text
from watchbill.config.rules.trackers import PROJECT
from watchbill.duties.requests.rules import SETS

Full = dict[str, Any]

TEAM = Named("teams")
SOURCES = ("reports", "incidents", "mailbox")  # of queues of something else than a tracker
DEFAULTS: Full = {
    "tracker": None,
    "projects": [],
    "labels": [],
    "authors": [],
    "state": "open",
    "kind": "issues",
    "criteria": None,
    "alarm": "",
    "other": None,
}

QUEUES = Group(
    {
        "name": Field(NAME, required=True),
        "team": Field(TEAM, required=True),
        "tracker": Field(Named("trackers")),
        "projects": Field(Many(PROJECT, 1, once=True)),
        "labels": Field(Many(NAME, once=True), "It must have all of them.", default="any"),
        "authors": Field(Many(NAME, once=True), "User names there: somebody of them made it.", default="anybody"),
        "state": Field(OneOf(("open", "closed", "all")), default="open"),
        "kind": Field(OneOf(("issues", "changes")), default="issues"),
        "criteria": Field(
            Either(OneOf(tuple(SETS)), Many(Text(longest=300), 1, once=True)),
            "By which each of its items is decided: your own sentences, or `distributors`, the nine of the Kubernetes distributors list.",
        ),
        "alarm": Field(Span((BUSINESS, ELAPSED, CALENDAR)), "Nobody has decided, or asked, for so long."),
        "reports": Field(
            Group(
                {
                    "assigned": Field(OneOf(("team", "nobody", "anybody"))),
                    "bounty": Field(OneOf(("none", "proposed", "awarded", "any"))),
                    "ineligible": Field(Flag()),
                    "state": Field(NAME),
                }
            )
        ),
        "incidents": Field(
            Group({"owner": Field(OneOf(("on_call", "team", "anybody"))), "state": Field(OneOf(("open", "triggered", "acknowledged")))})
        ),
        "mailbox": Field(Named("mailboxes")),
    },
    "name",
)
STALE = Group(
    {
        "team": Field(TEAM, required=True),
        "severity": Field(SEVERITY, required=True),
        "after": Field(Span((ELAPSED, CALENDAR, BUSINESS)), "No human word for so long.", required=True),
    },
    "team",
)


def fill(words: Mapping[str, Any]) -> Full:
    """The full form of a queue."""
    other = next(({name: words[name]} for name in SOURCES if name in words), None)
    full = {name: words.get(name, default) for name, default in DEFAULTS.items() if name != "other"}
    return {"team": words["team"], **full, "other": other}


def brief(full: Full) -> dict[str, Any]:
    """The shortest words for it."""
    short = {name: value for name, value in full.items() if name != "other" and not (name in DEFAULTS and DEFAULTS[name] == value)}
    return {**short, **(full["other"] or {})}
