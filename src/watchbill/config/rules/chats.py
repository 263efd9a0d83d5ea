"""Which fields has a chat, what do they mean, and which chats work with these variables? Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from watchbill.config.rules.forms import ENVIRONMENT, NAME, URL, missing_of
from watchbill.config.rules.shapes import Field, Group, Many, Named, OneOf

Full = dict[str, Any]

DEFAULTS: Full = {"url": "", "signing_env": "", "app_token_env": "", "writes": []}

CHATS = Group(
    {
        "name": Field(NAME, required=True),
        "kind": Field(OneOf(("slack",)), required=True),
        "url": Field(URL, "Where its API answers.", default="https://slack.com/api/"),
        "token_env": Field(ENVIRONMENT, "Variable with the token of the app (xoxb-...).", required=True),
        "signing_env": Field(
            ENVIRONMENT, "Variable with the secret that signs what Slack sends to /in/slack/NAME/...", default="nothing is heard there"
        ),
        "app_token_env": Field(
            ENVIRONMENT,
            "Variable with an app-level token (xapp-...): Socket Mode, which needs no way in from outside.",
            default="no Socket Mode",
        ),
        "writes": Field(Many(OneOf(("post", "update")), once=True), "What Watchbill may write in channels.", default="nothing"),
    },
    "name",
)
CHANNEL = Group({"chat": Field(Named("chats"), required=True), "name": Field(NAME, required=True)})


def fill(words: Mapping[str, Any]) -> Full:
    """The full form of a chat."""
    return {
        "kind": words["kind"],
        "token_env": words["token_env"],
        **{name: words.get(name, default) for name, default in DEFAULTS.items()},
    }


def brief(full: Full) -> dict[str, Any]:
    """The shortest words for it."""
    return {name: value for name, value in full.items() if DEFAULTS.get(name, None) != value}


def idle_chats(entries: Iterable[tuple[tuple[str, str], Full]], variables: Collection[str]) -> dict[str, str]:
    """Of the chats of a configuration: why nothing is posted there, empty where it works."""
    return {name: _why_idle(name, full, variables) for (kind, name), full in entries if kind == "chats"}


def _why_idle(name: str, full: Full, variables: Collection[str]) -> str:
    if missing := missing_of(full, variables):
        return f"the chat {name} waits for {', '.join(missing)}"
    return "" if "post" in full["writes"] else f"the chat {name} has no `post` in `writes`"


def channels_of(kind: str, full: Full) -> Iterator[Any]:
    """The channels that an entry names: `team`, or chat and name."""
    if kind == "teams":
        if full.get("channel"):
            yield full["channel"]
        targets: Iterable[Full] = (full["high_impact"] or {}).get("notify", ())
    else:
        targets = (target for step in full["steps"] for target in step["notify"]) if kind == "policies" else ()
    yield from (target["channel"] for target in targets if "channel" in target)


def chats_named(kind: str, full: Full) -> set[str]:
    """The chats that an entry names by itself."""
    return {channel["chat"] for channel in channels_of(kind, full) if channel != "team"}
