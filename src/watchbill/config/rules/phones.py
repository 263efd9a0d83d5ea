"""Which fields has a provider of text messages and calls, and what do they mean? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchbill.config.rules.forms import ENVIRONMENT, HANDLE, NUMBER, URL, without
from watchbill.config.rules.shapes import Field, Group, Many, OneOf, Whole
from watchbill.notifications.rules import e164

Full = dict[str, Any]

TWILIO_URL = "https://api.twilio.com"
SENDS = {"twilio": ["sms", "voice"], "http": ["sms"]}
LIMITS = {"person": 30, "all": 1000}  # an hour

PHONES = Group(
    {
        "name": Field(HANDLE, "Stands in the addresses that the provider calls.", required=True),
        "kind": Field(OneOf(("twilio", "http")), "Twilio, or any gateway that takes a signed JSON message.", required=True),
        "url": Field(URL, "Where it answers.", default="https://api.twilio.com; needed for http"),
        "from": Field(NUMBER, "The number that messages and calls come from. Needed for twilio."),
        "account_env": Field(ENVIRONMENT, "Variable with Twilio's account SID."),
        "token_env": Field(ENVIRONMENT, "Variable with Twilio's auth token."),
        "secret_env": Field(ENVIRONMENT, "Variable with the secret that signs both ways, for http."),
        "sends": Field(Many(OneOf(("sms", "voice")), 1, once=True), "What it sends. http: text messages only.", default="all it can"),
        "limits": Field(
            Group(
                {
                    "person": Field(Whole(1, 100_000), "Text messages and calls to one person in an hour.", default="30"),
                    "all": Field(Whole(1, 10_000_000), "To everybody in an hour.", default="1000"),
                }
            ),
            "Never hold back a first page.",
        ),
    },
    "name",
)


def fill(words: Mapping[str, Any]) -> Full:
    """The full form of a provider."""
    limits = words.get("limits", {})
    return {
        "kind": words["kind"],
        "url": words.get("url", TWILIO_URL if words["kind"] == "twilio" else ""),
        "from": e164(words["from"]) or words["from"] if "from" in words else "",
        "account_env": words.get("account_env", ""),
        "token_env": words.get("token_env", ""),
        "secret_env": words.get("secret_env", ""),
        "sends": [way for way in SENDS[words["kind"]] if way in words.get("sends", SENDS[words["kind"]])],
        "limits": {**LIMITS, **limits},
    }


def brief(full: Full) -> dict[str, Any]:
    """The shortest words for it."""
    defaults = {"url": TWILIO_URL if full["kind"] == "twilio" else "", "from": "", "account_env": "", "token_env": "", "secret_env": ""}
    short = without(full, {**defaults, "sends": SENDS[full["kind"]], "limits": LIMITS})
    if "limits" in short:
        short["limits"] = without(short["limits"], LIMITS)
    return short
