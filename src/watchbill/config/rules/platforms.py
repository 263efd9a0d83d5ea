"""Which fields has a bounty platform, and what do they mean? Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from watchbill.config.rules.forms import ENVIRONMENT, NAME, URL, missing_of
from watchbill.config.rules.shapes import Field, Group, Many, OneOf
from watchbill.platforms.rules.switches import SWITCHES

Full = dict[str, Any]

HACKERONE = "https://api.hackerone.com/v1"
URLS = {"hackerone": HACKERONE, "github": "https://api.github.com"}  # by kind
REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
DEFAULTS: Full = {"url": HACKERONE, "webhook_env": "", "triage_group": "", "tier_field": "Tier", "writes": [], "variants": {}}

PLATFORMS = Group(
    {
        "name": Field(NAME, required=True),
        "kind": Field(OneOf(tuple(URLS)), required=True),
        "url": Field(URL, f"Its API; of GitHub {URLS['github']} where it is left out.", default=HACKERONE),
        "program": Field(NAME, "The handle of the programme there; of GitHub the repository, as OWNER/NAME.", required=True),
        "token_env": Field(ENVIRONMENT, "Variable with the token; of HackerOne as IDENTIFIER:VALUE.", required=True),
        "webhook_env": Field(
            ENVIRONMENT, "Variable with the secret that proves what is sent to /in/KIND/NAME.", default="no webhook is believed"
        ),
        "triage_group": Field(NAME, "The group of the platform's own people there.", default="none"),
        "tier_field": Field(NAME, "The custom field there that holds the tier.", default="Tier"),
        "writes": Field(Many(OneOf(SWITCHES), once=True), "What Watchbill may write.", default="nothing"),
        "variants": Field(
            Group(
                {
                    "bounty": Field(OneOf(("wrapped", "plain")), "The body of an award.", default="wrapped"),
                    "disclosure": Field(
                        OneOf(("substate", "state", "type")), "The word that says how much is disclosed.", default="substate"
                    ),
                    "severity": Field(OneOf(("rating", "metrics")), "By its word, or by CVSS 3 metrics.", default="rating"),
                }
            ),
            "Another form of writes that are not documented surely.",
        ),
    },
    "name",
)


def fill(words: Mapping[str, Any]) -> Full:
    """The full form of a platform."""
    full = {name: words[name] for name in ("kind", "program", "token_env")}
    return {**full, **{name: words.get(name, default) for name, default in _defaults(words["kind"]).items()}}


def brief(full: Full) -> dict[str, Any]:
    """The shortest words for it."""
    usual = _defaults(full["kind"])
    return {name: value for name, value in full.items() if not (name in usual and usual[name] == value)}


def why_not(words: Mapping[str, Any]) -> tuple[str, str]:
    """(the field, what is wrong with it) of a platform; empty for one that makes sense."""
    if words["kind"] != "github":
        return "", ""
    if not REPOSITORY.fullmatch(words["program"]):
        return "program", "this is no repository; expected one as OWNER/NAME."
    for name in ("writes", "triage_group", "tier_field", "variants"):
        if words.get(name):
            return name, f"`{name}` goes with HackerOne; reports of GitHub are only read."
    return "", ""


def _defaults(kind: str) -> Full:
    return {**DEFAULTS, "url": URLS[kind]}


def inactive_platform(full: Full, variables: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """What of a platform does nothing, and the variables that are missing; empty when all of it works."""
    missing = missing_of(full, variables)
    if full["token_env"] in missing:
        return "not connected: it is not read, and nothing is written there.", missing
    return ("its webhooks are not believed; it is read all the same.", missing) if missing else ("", ())
