"""What a generic gateway tells: /in/phone/NAME/status and /in/phone/NAME/sms, JSON, signed as our webhooks are (Standard Webhooks)."""

from __future__ import annotations

import datetime as dt
import hmac

import msgspec

from watchbill.connectors.callbacks import Answer, Call
from watchbill.connectors.phone import providers, replies
from watchbill.connectors.phone.receiving import keep, notification_of
from watchbill.connectors.webhook.sending import signer
from watchbill.intake.rules import clean
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, NotReady
from watchbill.notifications.actions import Told
from watchbill.notifications.rules import text_verdict

REPLAY = dt.timedelta(seconds=300)


class Status(msgspec.Struct):
    """How a message stands: `ref` as we sent it, `id` as the gateway answered it."""

    ref: str
    id: str
    status: str
    reason: str = ""


class Reply(msgspec.Struct, rename={"sender": "from"}):
    """Somebody answered."""

    id: str
    sender: str
    text: str


def answer(call: Call, now: dt.datetime) -> Answer:
    """Believe nothing before the signature fits."""
    provider = providers.named(providers.HTTP, call.name)
    if provider is None:
        raise NotReady("This provider is not active here: it stands in no configuration, or its variable is not set.")
    if call.method != "POST" or not _is_genuine(call, provider.secret, now=now):
        raise NotAllowed("The signature does not fit, or its time is not of the last five minutes.")
    try:
        if call.rest == "status":
            return _status(provider.name, msgspec.json.decode(call.body, type=Status), now=now)
        if call.rest == "sms":
            got = msgspec.json.decode(call.body, type=Reply)
            said = replies.answer(provider.name, clean(got.id), clean(got.sender), clean(got.text), now=now)
            return Answer(200, msgspec.json.encode({"text": said}))
    except msgspec.DecodeError as error:
        raise Invalid(f"The body is not what was expected: {error}.") from error
    raise NotFound("Gateways are heard at status and sms.")


def _status(provider: str, got: Status, *, now: dt.datetime) -> Answer:
    reason = " ".join(clean(got.reason).split())[:200]
    detail = f"{provider} says {clean(got.status)[:40]}{f': {reason}' if reason else ''}"
    keep(Told(provider, clean(got.id), clean(got.status), text_verdict(got.status), detail), notification_of(got.ref), now=now)
    return Answer(200, b"{}")


def _is_genuine(call: Call, secret: str, *, now: dt.datetime) -> bool:
    """Any of the signatures in the header, in constant time, within the window."""
    identity, stamp = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "")
    if not identity or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return False
    at = dt.datetime.fromtimestamp(int(stamp), dt.UTC)
    try:
        expected = signer(secret).sign(identity, at, call.body.decode())
    except UnicodeDecodeError:
        return False
    fits = [hmac.compare_digest(expected.encode(), each.encode()) for each in call.headers.get("webhook-signature", "").split()]
    return any(fits) and abs(now - at) <= REPLAY
