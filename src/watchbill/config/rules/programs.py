"""Which fields has a programme under which vulnerability reports are taken, and what do they mean? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchbill.config.rules.forms import CURRENCY, NAME, SEVERITY, WORDS, Span
from watchbill.config.rules.shapes import Field, Group, Keyed, Many, Named, OneOf, Whole

Full = dict[str, Any]

ANY_TIME = Span()
TEAM = Named("teams")
PROGRAMS = Group(
    {
        "name": Field(NAME, required=True),
        "team": Field(TEAM, required=True),
        "platform": Field(Named("platforms"), "Where its reports arrive and its bounties are paid."),
        "tracker": Field(Named("trackers"), "Where the tracking issues of its reports are made."),
        "project": Field(NAME),
        "tiers": Field(Many(Group({"name": Field(NAME, required=True), "means": Field(WORDS)}, "name"))),
        "bounty": Field(
            Group(
                {
                    "currency": Field(CURRENCY, required=True),
                    "amounts": Field(Keyed(NAME, Keyed(SEVERITY, Whole(0, 1_000_000_000))), "By tier and severity; empty: the desk asks."),
                    "approvals": Field(Keyed(SEVERITY, Whole(0, 10)), "How many people must agree."),
                }
            )
        ),
        "disclosure": Field(
            Group(
                {
                    "default": Field(OneOf(("full", "limited", "none")), default="full"),
                    "answer_within": Field(ANY_TIME, "A request for disclosure is answered so soon.", default="1 month"),
                }
            )
        ),
        "targets": Field(
            Group(
                {
                    "first_response": Field(ANY_TIME, "The reporter hears so soon.", default="1 business day"),
                    "triage": Field(ANY_TIME, default="10 business days"),
                    "bounty": Field(ANY_TIME, "After triage.", default="10 business days"),
                }
            )
        ),
    },
    "name",
)

DISCLOSURE: Full = {"default": "full", "answer_within": "1 month"}
TARGETS: Full = {"first_response": "1 business day", "triage": "10 business days", "bounty": "10 business days"}


def fill(words: Mapping[str, Any]) -> Full:
    """The full form of a programme."""
    bounty = words.get("bounty")
    return {
        "team": words["team"],
        "platform": words.get("platform", ""),
        "tracker": words.get("tracker"),
        "project": words.get("project", ""),
        "tiers": [{"name": tier["name"], "means": tier.get("means", "")} for tier in words.get("tiers", [])],
        "bounty": None
        if bounty is None
        else {
            "currency": bounty["currency"],
            "amounts": {tier: dict(row) for tier, row in bounty.get("amounts", {}).items()},
            "approvals": dict(bounty.get("approvals", {})),
        },
        "disclosure": {**DISCLOSURE, **words.get("disclosure", {})},
        "targets": {**TARGETS, **words.get("targets", {})},
    }


def brief(full: Full) -> dict[str, Any]:
    """The shortest words for it."""
    short: Full = {"team": full["team"]}
    short |= {name: full[name] for name in ("platform", "tracker", "project") if full[name]}
    if full["tiers"]:
        short["tiers"] = [{name: text for name, text in tier.items() if text} for tier in full["tiers"]]
    if full["bounty"] is not None:
        short["bounty"] = {name: value for name, value in full["bounty"].items() if value}
    for name, defaults in (("disclosure", DISCLOSURE), ("targets", TARGETS)):
        if own := {key: value for key, value in full[name].items() if defaults.get(key) != value}:
            short[name] = own
    return short
