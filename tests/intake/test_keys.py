"""Keys: shown once, kept as a hash, audited without their characters."""

from __future__ import annotations

import pytest

from tests.factories import MIN, T0, actor
from tests.intake.desk import Desk
from watchbill.audit.models import Record
from watchbill.intake import selectors
from watchbill.intake.actions import create_key, revoke_key
from watchbill.intake.models import IntegrationKey
from watchbill.intake.rules import digest_of
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_key_has_32_characters_and_only_its_hash_is_kept(desk: Desk):
    key, secret = create_key(desk.service, "alertmanager", "prometheus in Oslo", by=actor(desk.grace, "cli"), now=T0)
    assert len(secret) == 32
    assert secret.isalnum()
    kept = IntegrationKey.objects.get(pk=key.id)
    assert bytes(kept.digest) == digest_of(secret)
    assert (kept.hint, kept.kind, kept.created_at) == (secret[-4:], "alertmanager", T0)
    record = Record.objects.get(action="key.create")
    assert (record.actor, record.object_id, record.team_id) == ("grace", str(key.id), desk.team.id)
    assert secret not in str(record.detail)
    assert create_key("Detections", by=actor(desk.grace), now=T0)[1] != secret


def test_a_revoked_key_is_listed_only_when_asked_for(desk: Desk):
    key, _ = create_key(desk.service, by=actor(desk.grace), now=T0)
    assert selectors.keys().contains(key)
    revoke_key(key.id, by=actor(desk.grace), now=T0 + MIN)
    assert not selectors.keys().contains(key)
    assert selectors.keys(all_of_them=True).contains(key)
    assert Record.objects.filter(action="key.revoke", object_id=str(key.id)).count() == 1
    described = selectors.describe(selectors.keys(all_of_them=True).get(pk=key.id))
    assert described["revoked_at"] == T0 + MIN
    assert "digest" not in described
    with pytest.raises(AlreadyDone, match="revoked already"):
        revoke_key(key.id, by=actor(desk.grace), now=T0)


def test_refusals_say_what_exists(desk: Desk):
    by = actor(desk.grace)
    with pytest.raises(NotFound, match="no service named"):
        create_key("Nothing", by=by, now=T0)
    with pytest.raises(Invalid, match="expected one of"):
        create_key(desk.service, "smoke signal", by=by, now=T0)
    with pytest.raises(Invalid, match="not active yet"):
        create_key(desk.service, "email", by=by, now=T0)
    with pytest.raises(NotFound, match="key list"):
        revoke_key(424242, by=by, now=T0)
