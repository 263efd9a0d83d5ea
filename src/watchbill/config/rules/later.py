"""Which fields do the parts of the file have that are kept, checked and not active yet? Pure."""

from __future__ import annotations

from watchbill.config.rules.forms import (
    CURRENCY,
    ENVIRONMENT,
    NAME,
    SEVERITY,
    WORDS,
    Span,
)
from watchbill.config.rules.shapes import Field, Group, Keyed, Many, Named, OneOf, Whole

ANY_TIME = Span()
TEAM = Named("teams")

PLATFORMS = Group(
    {
        "name": Field(NAME, required=True),
        "kind": Field(OneOf(("hackerone",)), required=True),
        "program": Field(NAME, required=True),
        "token_env": Field(ENVIRONMENT, required=True),
        "webhook_env": Field(ENVIRONMENT),
        "triage_group": Field(NAME),
        "writes": Field(Many(OneOf(("comment", "state", "severity", "assign", "bounty", "disclose")), once=True), default="nothing"),
    },
    "name",
)
PROGRAMS = Group(
    {
        "name": Field(NAME, required=True),
        "team": Field(TEAM, required=True),
        "platform": Field(Named("platforms")),
        "tracker": Field(Named("trackers")),
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
        "disclosure": Field(Group({"default": Field(OneOf(("full", "limited", "none"))), "answer_within": Field(ANY_TIME)})),
        "targets": Field(Group({"first_response": Field(ANY_TIME), "triage": Field(ANY_TIME), "bounty": Field(ANY_TIME)})),
    },
    "name",
)
