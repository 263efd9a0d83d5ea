"""Which fields do the parts of the file have that are kept, checked and not active yet? Pure."""

from __future__ import annotations

from watchbill.config.rules.forms import ENVIRONMENT, NAME
from watchbill.config.rules.shapes import Field, Group, Many, OneOf

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
