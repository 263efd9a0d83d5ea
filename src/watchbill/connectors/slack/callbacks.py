"""Signed requests of Slack: POST /in/slack/NAME/command, /interactive and /events. Verified over the raw body before a word is read."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from watchbill.connectors.callbacks import Answer, Call
from watchbill.connectors.slack import inbound
from watchbill.connectors.slack.verifying import is_signed
from watchbill.kernel.errors import Invalid, NotFound, NotReady, NotSignedIn
from watchbill.notifications.chats.actions import hear, heard
from watchbill.notifications.chats.selectors import Settings, find

LARGEST = 256 * 1024

Handled = Callable[[Settings, bytes, dt.datetime], dict[str, Any]]


def handle(call: Call, now: dt.datetime) -> Answer:
    """Answer one request. The same one again, within a day, gets the same answer and does nothing.

    Raises NotFound for another path, NotReady while the chat is not active, NotSignedIn for a signature that does not fit.
    """
    does = WAYS.get(call.rest)
    if does is None:
        raise NotFound(f"There is no such way in. Expected /in/slack/NAME/ and one of {', '.join(WAYS)}.")
    chat = find("slack", call.name)
    if not chat.signing:
        raise NotReady(f"The chat {chat.name} hears nothing by HTTP: `signing_env` is not set in the configuration file.")
    if call.method != "POST" or len(call.body) > LARGEST:
        raise Invalid("Expected a POST of at most 256 KB.")
    if not is_signed(chat.signing, call.headers, call.body, now=now):
        raise NotSignedIn(
            "The signature does not fit, or is older than 5 minutes. Expected the app's signing secret, and a clock that is right."
        )
    return once(chat, call.rest.encode() + b"\n" + call.body, lambda: does(chat, call.body, now), now=now)


def once(chat: Settings, identity: bytes, does: Callable[[], dict[str, Any]], *, now: dt.datetime) -> Answer:
    """Do it, unless the very same was done: then the answer of that time."""
    new, before = hear(chat, identity, now=now)
    if not new:
        return Answer(body=before.encode())
    try:
        answer = does()
    except BaseException:
        heard(chat, identity, None)
        raise
    body = json.dumps(answer) if answer else ""
    heard(chat, identity, body)
    return Answer(body=body.encode())


def _command(chat: Settings, body: bytes, now: dt.datetime) -> dict[str, Any]:
    return inbound.command(chat, _form(body), now=now)


def _interactive(chat: Settings, body: bytes, now: dt.datetime) -> dict[str, Any]:
    return inbound.interactive(chat, _object(_form(body).get("payload", "")), now=now)


def _events(_chat: Settings, body: bytes, _now: dt.datetime) -> dict[str, Any]:
    return inbound.event(_object(body))


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))
    except ValueError as error:
        raise Invalid("The body is no form.") from error


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Invalid("The body is no JSON.") from error
    if not isinstance(found, dict):
        raise Invalid("The body is no JSON object.")
    return found


WAYS: dict[str, Handled] = {"command": _command, "interactive": _interactive, "events": _events}
