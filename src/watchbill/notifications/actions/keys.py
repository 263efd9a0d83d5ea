"""The installation's key for outgoing webhooks: made when it is first needed, kept encrypted, shown in Admin."""

from __future__ import annotations

import base64
import secrets

from django.db import transaction

from watchbill.kernel.secrets import decrypt, encrypt
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
