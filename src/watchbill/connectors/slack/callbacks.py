"""Signed requests of Slack: POST /in/slack/NAME/command, /interactive and /events. Verified over the raw body before a word is read."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from watchbill.connectors import bodies
from watchbill.connectors.callbacks import Answer, Call
from watchbill.connectors.slack import inbound
from watchbill.connectors.slack.verifying import is_signed
from watchbill.intake.rules import clean_deeply
from watchbill.kernel.errors import Invalid, NotFound, NotReady, NotSignedIn
from watchbill.notifications.chats.actions import hear, heard
from watchbill.notifications.chats.selectors import Settings, find

LARGEST = 256 * 1024

Read = Callable[[bytes], dict[str, Any]]
Handled = Callable[..., dict[str, Any]]  # (chat, what was read, *, now)


def handle(call: Call, now: dt.datetime) -> Answer:
    """Answer one request. The same one again, within a day, gets the same answer and does nothing.

    Raises NotFound for another path, NotReady while the chat is not active, NotSignedIn for a signature that does not fit.
    """
    if call.rest not in WAYS:
        raise NotFound(f"There is no such way in. Expected /in/slack/NAME/ and one of {', '.join(WAYS)}.")
    chat = find("slack", call.name)
    if not chat.signing:
        raise NotReady(f"The chat {chat.name} hears nothing by HTTP: `signing_env` is not set in the configuration file.")
    if not is_signed(chat.signing, call.headers, call.body, now=now):
        raise NotSignedIn(
            "The signature does not fit, or is older than 5 minutes. Expected the app's signing secret, and a clock that is right."
        )
    if call.method != "POST" or len(call.body) > LARGEST:
        raise Invalid("Expected a POST of at most 256 KB.")
    read, does = WAYS[call.rest]
    said = read(call.body)
    return once(chat, identity(said) or call.body, lambda: does(chat, said, now=now), now=now)


def identity(said: Mapping[str, Any]) -> bytes:
    """What is the same when Slack says the same thing again, whichever way it comes: what it calls the trigger. Empty for what has none."""
    trigger = said.get("trigger_id")
    return f"trigger {trigger}".encode() if isinstance(trigger, str) and trigger else b""


def once(chat: Settings, known_by: bytes, does: Callable[[], dict[str, Any]], *, now: dt.datetime) -> Answer:
    """Do it, unless the very same was done: then the answer of that time."""
    new, before = hear(chat, known_by, now=now)
    if not new:
        return Answer(body=before.encode())
    try:
        answer = does()
    except BaseException:
        heard(chat, known_by, None)
        raise
    body = json.dumps(answer) if answer else ""
    heard(chat, known_by, body)
    return Answer(body=body.encode())


def _payload(body: bytes) -> dict[str, Any]:
    return _object(_form(body).get("payload", ""))


def _form(body: bytes) -> dict[str, Any]:
    try:
        return dict(clean_deeply(dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))))
    except ValueError as error:
        raise Invalid("The body is no form.") from error


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        found = bodies.decode(text.encode() if isinstance(text, str) else text)
    except bodies.Unreadable as error:
        raise Invalid(str(error)) from error
    if not isinstance(found, dict):
        raise Invalid("The body is no JSON object.")
    return dict(clean_deeply(found))


WAYS: dict[str, tuple[Read, Handled]] = {
    "command": (_form, inbound.command),
    "interactive": (_payload, inbound.interactive),
    "events": (_object, inbound.event),
}
