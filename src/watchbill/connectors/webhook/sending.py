"""Sends a notification as a signed POST, exactly as the contract says (Standard Webhooks). 2xx is delivered, all else is a failed attempt."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import os
from functools import lru_cache
from typing import Any

import msgspec
from standardwebhooks import Webhook

from watchbill.connectors.failures import PermanentFailure, TemporaryFailure
from watchbill.connectors.outgoing import Outgoing
from watchbill.notifications.messages import Message
from watchbill.notifications.signing import answer_link
from watchbill.notifications.texts import incident_url, is_drill

TRY_LATER = frozenset({408, 425, 429})


class Sender:
    """Posts notifications, signed with the contact's own secret, else with the installation's key."""

    def __init__(self, outgoing: Outgoing, signing_key: str) -> None:
        self._outgoing = outgoing
        self._signing_key = signing_key

    async def send(self, message: Message, *, now: dt.datetime) -> None:
        body = msgspec.json.encode(payload(message))
        headers = _headers(message, body, self._key(message), now=now)
        status = await self._outgoing.send("POST", message.address, headers=headers, body=body)
        judge(status)

    async def close(self) -> None:
        """Nothing of its own is open: the client is shared."""

    def _key(self, message: Message) -> str:
        if not message.secret_env:
            return self._signing_key
        secret = os.environ.get(message.secret_env, "")
        if not secret:
            raise PermanentFailure("Its secret is not set here, so nothing can be signed. `watchbill doctor` names the variable.")
        return secret


def connector(*, outgoing: Outgoing, signing_key: str) -> Sender:
    """What the registry asks for."""
    return Sender(outgoing, signing_key)


def payload(message: Message) -> dict[str, Any]:
    """The body. Of a restricted incident the title is its code name, and neither severity nor reason is told."""
    incidents = [_incident(content) for content in message.contents if content.get("number")]
    body: dict[str, Any] = {
        "id": message.public_id,
        "kind": message.kind,
        "person": {"handle": message.handle, "name": message.name} if message.handle else None,
        "incident": incidents[0] if incidents else None,
        "reason": _reason(message.contents[0]) if message.contents else "",
        "attempt": message.attempt,
        "possible_duplicate": message.possible_duplicate,
        "at": message.created_at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
    }
    if is_drill(message):
        body["answer_url"] = answer_link(message)
    if message.count > 1:
        body["incidents"] = incidents
        body["count"] = message.count
    return body


def judge(status: int) -> None:
    """What a status means. A redirect is a failure: following it would send the message where nobody meant it to go."""
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise PermanentFailure(f"The receiver answered {status}, a redirect; redirects are not followed. Set the final address.")
    if status >= 500 or status in TRY_LATER:
        raise TemporaryFailure(f"The receiver answered {status}.")
    raise PermanentFailure(f"The receiver answered {status}.")


def _incident(content: dict[str, Any]) -> dict[str, Any]:
    severity = None if content.get("restricted") else content.get("severity") or None
    return {
        "number": content["number"],
        "title": content.get("title") or "",
        "severity": severity,
        "url": incident_url({"number": content["number"]}),
    }


def _reason(content: dict[str, Any]) -> str:
    """Without an incident there is no title beside it, so it begins with what it is about."""
    if content.get("restricted"):
        return ""
    title = "" if content.get("number") else str(content.get("title") or "").rstrip(".")
    return ". ".join(part for part in (title, str(content.get("reason") or "")) if part)


def _headers(message: Message, body: bytes, key: str, *, now: dt.datetime) -> list[tuple[bytes, bytes]]:
    identity = message.public_id
    signature = signer(key).sign(identity, now, body.decode())
    return [
        (b"Content-Type", b"application/json"),
        (b"Idempotency-Key", identity.encode()),
        (b"webhook-id", identity.encode()),
        (b"webhook-timestamp", str(int(now.timestamp())).encode()),
        (b"webhook-signature", signature.encode()),
    ]


@lru_cache(maxsize=256)
def signer(key: str) -> Webhook:
    """Signs with this secret. A secret in the form of Standard Webhooks is base64, with or without `whsec_`; any other text is used as it is."""
    bare = key.removeprefix("whsec_")
    try:
        return Webhook(base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True))
    except (binascii.Error, ValueError):
        return Webhook(key.encode())
