"""Which remotes call back here, and who answers them? One line for each kind.

A callback is a signed request of a configured remote (`POST /in/KIND/NAME/...`): a button in a chat, a key on a phone, the end of a call. Its
handler verifies the signature over the raw body first, and only then believes a word of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came. `url` is rebuilt from the public address, never from the Host header; header names are in lower case."""

    name: str  # of the configured remote
    rest: str  # what follows the name in the path
    method: str
    url: str
    headers: Mapping[str, str]
    query: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the remote hears."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call, dt.datetime], Answer]  # now: the database's

CALLBACKS: dict[str, str] = {  # kind -> dotted name of its Handler
    "github": "watchbill.connectors.github.callbacks.handle",
    "gitlab": "watchbill.connectors.gitlab.callbacks.handle",
    "hackerone": "watchbill.connectors.hackerone.callbacks.handle",
    "phone": "watchbill.connectors.phone.callbacks.answer",
    "slack": "watchbill.connectors.slack.callbacks.handle",
    "twilio": "watchbill.connectors.twilio.callbacks.answer",
}
