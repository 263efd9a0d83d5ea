"""The hash chain over the audit: made in batches, and whatever is done to the records afterwards shows."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import T0
from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.audit.models import Record, Seal
from watchbill.audit.rules import BEGINNING, Evidence, digest
from watchbill.audit.selectors import verify_chain
from watchbill.engine.sealer import _seal_in_turn

BY = Actor(name="ada", via="web", person_id=7)
MIN = dt.timedelta(minutes=1)


def act(count: int = 1, **detail: object) -> None:
    record_in([Entry("page.acknowledge", "page", str(n), detail=dict(detail)) for n in range(count)], by=BY, now=T0)


def sealed() -> int:
    """As the engine's sealer does once no earlier record can come in any more."""
    last = Record.objects.order_by("-id").values_list("id", flat=True).first()
    return _seal_in_turn(last, now=T0 + MIN) if last else 0


def tamper(sql: str) -> None:
    """As somebody would who owns the database and gets round the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET session_replication_role = origin")


@pytest.mark.django_db
def test_everything_is_sealed_in_batches_that_follow_each_other():
    act(5, reason="é \u2028 \\u0000", number=1.5)
    assert sealed() == 5
    act(2)
    assert sealed() == 2
    assert sealed() == 0
    first, second = Seal.objects.order_by("id")
    assert (first.previous, second.previous) == (BEGINNING, first.digest)
    assert second.first_id == first.last_id + 1
    verdict = verify_chain()
    assert (verdict.whole, verdict.seals, verdict.records, verdict.why) == (True, 2, 7, "")


@pytest.mark.django_db
def test_an_empty_audit_is_whole():
    assert verify_chain().whole


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("UPDATE audit_record SET actor = 'bruno' WHERE object_id = '2'", "changed"),
        ("UPDATE audit_record SET at = at + interval '1 microsecond' WHERE object_id = '2'", "changed"),
        ("""UPDATE audit_record SET detail = '{"a": 1}' WHERE object_id = '2'""", "changed"),
        ("UPDATE audit_record SET restricted = true WHERE object_id = '0'", "changed"),
        ("DELETE FROM audit_record WHERE object_id = '2'", "made over"),
        ("DELETE FROM audit_seal WHERE id = (SELECT min(id) FROM audit_seal)", "missing"),
        ("UPDATE audit_seal SET digest = repeat('a', 64) WHERE id = (SELECT min(id) FROM audit_seal)", "changed"),
        ("UPDATE audit_seal SET previous = repeat('a', 64) WHERE id = (SELECT max(id) FROM audit_seal)", "does not follow"),
        ("UPDATE audit_seal SET last_id = last_id - 1, count = count - 1 WHERE id = (SELECT min(id) FROM audit_seal)", "changed"),
    ],
)
def test_whatever_is_done_to_it_afterwards_shows(sql, word):
    act(3)
    sealed()
    act(3)
    sealed()
    assert verify_chain().whole
    tamper(sql)
    verdict = verify_chain()
    assert not verdict.whole
    assert word in verdict.why


@pytest.mark.django_db
def test_a_record_slipped_in_shows():
    act(2)
    tamper("DELETE FROM audit_record WHERE object_id = '0'")  # a number that was never used
    sealed()
    first = Seal.objects.get()
    Record(id=first.first_id, at=T0, actor="x", via="web", action="a.b", kind="a", object_id="9").save(force_insert=True)
    assert "made over 1 records; 2" in verify_chain().why


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
EVIDENCE = st.builds(
    Evidence,
    id=st.integers(1, 9),
    at=st.datetimes(min_value=dt.datetime(2000, 1, 1), max_value=dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)),
    actor_id=st.none() | st.integers(1, 9),
    actor=TEXT,
    via=TEXT,
    action=TEXT,
    kind=TEXT,
    object_id=TEXT,
    incident_id=st.none() | st.integers(1, 9),
    team_id=st.none() | st.integers(1, 9),
    restricted=st.booleans(),
    detail=st.dictionaries(TEXT, TEXT | st.integers() | st.none(), max_size=3),
)


@given(st.lists(EVIDENCE, max_size=4), st.lists(EVIDENCE, max_size=4))
def test_two_batches_have_one_digest_only_when_they_say_the_same(one, other):
    assert (digest(BEGINNING, one) == digest(BEGINNING, other)) == (one == other)


@given(st.lists(EVIDENCE, max_size=3), st.lists(EVIDENCE, min_size=1, max_size=3))
def test_where_a_batch_ends_is_part_of_the_chain(one, other):
    assert digest(digest(BEGINNING, one), other) != digest(BEGINNING, [*one, *other])
