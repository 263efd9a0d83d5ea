"""The installation's keys for outgoing webhooks and for web push: made when they are first needed, kept encrypted."""

from __future__ import annotations

import base64
import datetime as dt
import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import transaction

from watchbill.kernel.secrets import decrypt, encrypt
from watchbill.notifications.models import PushKey
from watchbill.people.models import Organization


def webhook_secret() -> str:
    """The key in the form of Standard Webhooks: "whsec_" and base64."""
    stored = Organization.objects.filter(id=1).values_list("webhook_secret", flat=True).first()
    return decrypt(stored) if stored else _make()


def _make() -> str:
    made = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    with transaction.atomic():
        Organization.objects.get_or_create(id=1)
        if Organization.objects.filter(id=1, webhook_secret="").update(webhook_secret=encrypt(made)):
            return made
    return decrypt(Organization.objects.values_list("webhook_secret", flat=True).get(id=1))  # another process was faster


def push_keys(*, now: dt.datetime) -> tuple[str, str]:
    """(public, private) for web push, in base64url: an uncompressed point, and a number of 32 bytes."""
    stored = PushKey.objects.filter(id=1).first() or _make_push(now)
    return stored.public, decrypt(stored.private)


def _make_push(now: dt.datetime) -> PushKey:
    """Of two processes that make one at the same time, the first wins for both."""
    made = ec.generate_private_key(ec.SECP256R1())
    public = _web64(made.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    private = encrypt(_web64(made.private_numbers().private_value.to_bytes(32, "big")))
    PushKey.objects.bulk_create([PushKey(id=1, public=public, private=private, created_at=now)], ignore_conflicts=True)
    return PushKey.objects.get(id=1)


def _web64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
