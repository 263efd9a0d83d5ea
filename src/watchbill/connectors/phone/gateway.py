"""Any gateway that takes a signed JSON message: the second kind of provider. Signed as our webhooks are (Standard Webhooks)."""

from __future__ import annotations

import datetime as dt

import msgspec
from django.conf import settings

from watchbill.connectors.failures import PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.phone.providers import Provider
from watchbill.connectors.webhook.sending import signer
from watchbill.notifications.rules import Verdict, text_verdict

PATIENCE = 6.0  # seconds: what takes longer must leave time for the next method
TRY_LATER = frozenset({401, 403, 408, 425, 429})  # something that an operator or time repairs


class Taken(msgspec.Struct):
    """What a gateway answers."""

    id: str | int = ""
    status: str = ""
    error: str | None = None


async def send_text(outgoing: Outgoing, provider: Provider, *, to: str, text: str, ref: str, now: dt.datetime) -> str:
    """Give the text to the gateway; how it calls the message. Raises one of `failures`."""
    callback = f"{settings.PUBLIC_URL}/in/phone/{provider.name}/status"
    body = msgspec.json.encode({"ref": ref, "to": to, "from": provider.sender, "text": text, "callback": callback})
    headers = [
        (b"Content-Type", b"application/json"),
        (b"Idempotency-Key", ref.encode()),
        (b"webhook-id", ref.encode()),
        (b"webhook-timestamp", str(int(now.timestamp())).encode()),
        (b"webhook-signature", signer(provider.secret).sign(ref, now, body.decode()).encode()),
    ]
    reply = await outgoing.ask("POST", provider.url, headers=headers, body=body, whole=PATIENCE)
    if reply.status >= 500 or reply.status in TRY_LATER:
        raise TemporaryFailure(f"it answered {reply.status}.")
    if not 200 <= reply.status < 300:
        raise PermanentFailure(f"it answered {reply.status}.")
    try:
        taken = msgspec.json.decode(reply.body, type=Taken)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnknownEnd("it answered something that is not the JSON of a message.") from error
    if taken.error or text_verdict(taken.status) is Verdict.FAILED:
        raise PermanentFailure(f"it refused: {_one_line(taken.error or taken.status)}.")
    if not taken.id:
        raise UnknownEnd("it took the message without giving it an id.")
    return _one_line(str(taken.id))


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:120]
