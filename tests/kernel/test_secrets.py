"""Secrets at rest: unreadable without the installation's key."""

from __future__ import annotations

import base64

import pytest

from watchbill.kernel.errors import Refused
from watchbill.kernel.secrets import decrypt, encrypt
from watchbill.notifications.actions import webhook_secret
from watchbill.people.models import Organization


def test_what_is_encrypted_comes_back_and_is_never_stored_as_it_is():
    stored = encrypt("s3cret")
    assert decrypt(stored) == "s3cret"
    assert "s3cret" not in stored
    assert encrypt("s3cret") != stored  # equal secrets do not look equal
    assert (encrypt(""), decrypt("")) == ("", "")


def test_another_key_reads_nothing_and_says_why(settings):
    stored = encrypt("s3cret")
    settings.SECRET_KEY = "another key"
    with pytest.raises(Refused, match="WATCHBILL_SECRET_KEY"):
        decrypt(stored)


def test_a_changed_byte_is_noticed():
    stored = encrypt("s3cret")
    with pytest.raises(Refused):
        decrypt(stored[:-4] + ("AAAA" if not stored.endswith("AAAA") else "BBBB"))


@pytest.mark.django_db
def test_the_key_of_outgoing_webhooks_is_made_once_and_kept_encrypted():
    made = webhook_secret()
    assert made.startswith("whsec_")
    assert len(base64.b64decode(made.removeprefix("whsec_"))) == 32
    assert webhook_secret() == made
    assert made not in Organization.objects.get().webhook_secret
