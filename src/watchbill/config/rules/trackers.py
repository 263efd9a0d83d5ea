"""Which fields has a tracker, and the tracking issue of a team, and what do they mean? Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from watchbill.config.rules.forms import ENVIRONMENT, NAME, URL, missing_of
from watchbill.config.rules.shapes import Field, Flag, Group, Keyed, Many, Named, OneOf, Text

Full = dict[str, Any]

TELLS = ["comment", "state", "assignee"]
DEFAULTS: Full = {"webhook_env": "", "writes": [], "tells": TELLS, "people": {}}
ISSUE_DEFAULTS: Full = {"labels": [], "confidential": True, "severity_label": "", "restricted": "none"}

PROJECT = Text("a project as its address names it: group/project, owner/repository", r"[^\s/?#%][^\s?#%]*/[^\s/?#%]+", longest=300)

TRACKERS = Group(
    {
        "name": Field(NAME, required=True),
        "kind": Field(OneOf(("gitlab", "github")), required=True),
        "url": Field(URL, "GitLab itself, or GitHub's API: https://api.github.com.", required=True),
        "token_env": Field(ENVIRONMENT, "Variable with the token that reads and writes.", required=True),
        "webhook_env": Field(
            ENVIRONMENT, "Variable with the secret that proves what is sent to /in/KIND/NAME.", default="no webhook is believed"
        ),
        "writes": Field(
            Many(OneOf(("create_issue", "comment", "assign", "label", "close")), once=True), "What Watchbill may write.", default="nothing"
        ),
        "tells": Field(
            Many(OneOf(tuple(TELLS)), once=True), "What of a tracking issue the story of its incident tells.", default="all of it"
        ),
        "people": Field(Keyed(Named("people"), NAME), "Who is who there: handle and user name.", default="nobody is assigned"),
    },
    "name",
)
ISSUE = Group(
    {
        "tracker": Field(Named("trackers"), required=True),
        "project": Field(PROJECT, "Where: group/project of GitLab, owner/repository of GitHub.", required=True),
        "labels": Field(Many(NAME, once=True), default="none"),
        "confidential": Field(Flag(), "On GitHub: the repository must be private.", default="true"),
        "severity_label": Field(
            Text("the beginning of a label, such as severity/", longest=60),
            "A label of this and the severity, kept as the incident's is.",
            default="none",
        ),
        "restricted": Field(
            OneOf(("none", "code name")),
            "What a restricted incident gets: no issue, or a confidential one with its code name alone.",
            default="none",
        ),
    }
)


def fill(words: Mapping[str, Any]) -> Full:
    """The full form of a tracker."""
    full = {name: words[name] for name in ("kind", "url", "token_env")}
    return {**full, **{name: words.get(name, default) for name, default in DEFAULTS.items()}}


def brief(full: Full) -> dict[str, Any]:
    """The shortest words for it."""
    return {name: value for name, value in full.items() if not (name in DEFAULTS and DEFAULTS[name] == value)}


def fill_issue(words: Mapping[str, Any] | None) -> Full | None:
    """The full form of the tracking issue of a team."""
    return None if words is None else {**ISSUE_DEFAULTS, **words}


def brief_issue(full: Full) -> dict[str, Any]:
    return {name: value for name, value in full.items() if not (name in ISSUE_DEFAULTS and ISSUE_DEFAULTS[name] == value)}


def idle_trackers(entries: Iterable[tuple[tuple[str, str], Full]], variables: Collection[str]) -> dict[str, str]:
    """Of the trackers of a configuration: why no issue is made there, empty where one is."""
    return {name: _why_idle(name, full, variables) for (kind, name), full in entries if kind == "trackers"}


def _why_idle(name: str, full: Full, variables: Collection[str]) -> str:
    if full["token_env"] not in variables:
        return f"the tracker {name} waits for {full['token_env']}"
    return "" if "create_issue" in full["writes"] else f"the tracker {name} has no `create_issue` in `writes`"


def inactive_tracker(full: Full, variables: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """What of a tracker does nothing, and the variables that are missing; empty when all of it works."""
    missing = missing_of(full, variables)
    if full["token_env"] in missing:
        return "it is not read, and nothing is written there.", missing
    return ("its webhooks are not believed; it is read all the same.", missing) if missing else ("", ())
