"""Keys that are replaced with an overlap, keys that say where fields stand, and events that are taken in again."""

from __future__ import annotations

import json

import pytest

from tests.factories import DAY, HOUR, MIN, T0, actor
from tests.intake.desk import Desk, put
from watchbill.audit.models import Record
from watchbill.intake import selectors
from watchbill.intake.actions import create_key, revoke_key, rotate_key, set_mapping, take_again, take_in
from watchbill.intake.models import Event, IntegrationKey
from watchbill.intake.rules import digest_of
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def works(secret: str, now: object) -> bool:
    return IntegrationKey.objects.filter(selectors.usable(now), digest=digest_of(secret)).exists()  # type: ignore[arg-type]


def test_both_keys_work_until_the_overlap_ends(desk: Desk):
    by = actor(desk.grace)
    old, first = create_key(desk.service, "generic", "prod", by=by, now=T0)
    set_mapping(old.id, {"summary": "a"}, by=by, now=T0)
    new, second = rotate_key(old.id, DAY, by=by, now=T0 + HOUR)
    assert (new.service_id, new.kind, new.name, new.mapping, new.follows_id) == (
        desk.service.id,
        "generic",
        "prod",
        {"summary": "a"},
        old.id,
    )
    assert first != second
    for now, expected in ((T0 + HOUR, [True, True]), (T0 + HOUR + DAY - MIN, [True, True]), (T0 + HOUR + DAY, [False, True])):
        assert [works(first, now), works(second, now)] == expected
    record = Record.objects.get(action="key.rotate")
    assert (record.object_id, record.detail["to"]) == (str(old.id), new.id)
    assert second not in json.dumps(record.detail)


def test_a_rotated_key_is_rotated_no_more(desk: Desk):
    by = actor(desk.grace)
    old, _ = create_key(desk.service, by=by, now=T0)
    new, _ = rotate_key(old.id, DAY, by=by, now=T0)
    with pytest.raises(AlreadyDone, match=f"replaced by key {new.id} already"):
        rotate_key(old.id, DAY, by=by, now=T0)
    third, _ = rotate_key(new.id, 0 * DAY, by=by, now=T0)
    new.refresh_from_db()
    assert new.ends_at == T0
    revoke_key(third.id, by=by, now=T0)
    with pytest.raises(AlreadyDone, match="takes no events any more"):
        rotate_key(third.id, DAY, by=by, now=T0)
    for overlap in (91 * DAY, -MIN):
        with pytest.raises(Invalid, match="up to 90 days"):
            rotate_key(old.id, overlap, by=by, now=T0)
    with pytest.raises(NotFound):
        rotate_key(424242, DAY, by=by, now=T0)


def test_a_mapping_is_for_keys_whose_format_nobody_knows(desk: Desk):
    by = actor(desk.grace)
    grafana, generic = (create_key(desk.service, kind, by=by, now=T0)[0] for kind in ("grafana", "generic"))
    with pytest.raises(Invalid, match="whose format is known"):
        set_mapping(grafana.id, {"summary": "a"}, by=by, now=T0)
    with pytest.raises(Invalid, match="is no JMESPath expression"):
        set_mapping(generic.id, {"summary": "a["}, by=by, now=T0)
    set_mapping(generic.id, {"summary": "a"}, by=by, now=T0)
    set_mapping(generic.id, {}, by=by, now=T0)
    generic.refresh_from_db()
    assert generic.mapping is None
    before, after = (row.detail for row in Record.objects.filter(action="key.mapping").order_by("id"))
    assert (before["before"], before["after"], after["after"]) == ({}, {"summary": "a"}, {})


def test_what_was_set_aside_waits_again_and_has_its_effect(desk: Desk):
    (event,) = put(
        desk.service, {"event_action": "trigger", "dedup_key": "k", "payload": {"summary": "s", "source": "h", "severity": "error"}}
    )
    Event.objects.update(state="aside", tries=5, outcome="KeyError: 'x'", retry_at=T0 + DAY)
    assert take_in(now=T0) == 0
    take_again(event.id, by=actor(desk.ada), now=T0)
    assert take_in(now=T0) == 1
    event.refresh_from_db()
    assert (event.state, event.tries, event.retry_at) == ("done", 0, None)
    with pytest.raises(AlreadyDone, match="had its effect"):
        take_again(event.id, by=actor(desk.ada), now=T0)
    with pytest.raises(NotFound):
        take_again(424242, by=actor(desk.ada), now=T0)
    assert Record.objects.filter(action="event.again").count() == 1


def test_a_service_that_is_gone_takes_nothing_again(desk: Desk):
    (event,) = put(desk.service, {"event_action": "trigger"})
    Event.objects.update(state="aside")
    desk.service.is_active = False
    desk.service.save()
    with pytest.raises(Refused, match="takes no events any more"):
        take_again(event.id, by=actor(desk.ada), now=T0)
    event.refresh_from_db()
    assert event.state == "aside"


def test_one_that_fails_again_is_set_aside_again(desk: Desk):
    (event,) = put(desk.service, {"event_action": "nonsense"})
    for n in range(5):
        take_in(now=T0 + n * HOUR)
    event.refresh_from_db()
    assert event.state == "aside"
    take_again(event.id, by=actor(desk.ada), now=T0 + DAY)
    for n in range(5):
        take_in(now=T0 + DAY + n * HOUR)
    event.refresh_from_db()
    assert (event.state, event.tries) == ("aside", 5)
