"""At least once: who holds what, who may take it over, and what a second try says of itself. Two instances, one of them dead or frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import MIN, SEC, T0, person
from tests.notifications.outbox import ask, end, plan, states, take
from watchbill.kernel.leases import LOCK_CLASS, alive
from watchbill.notifications.actions import cancel_in, confirm, give_back, release_dead_leases
from watchbill.notifications.models import Attempt, Notification
from watchbill.notifications.selectors import tried
from watchbill.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.database]

Session = Callable[[int], psycopg.Connection]


@pytest.fixture
def session() -> Iterator[Session]:
    """Opens the session of an engine instance, which holds its lock until it is closed."""
    opened: list[psycopg.Connection] = []

    def hold(instance: int) -> psycopg.Connection:
        values = {
            k: v for k, v in connection.get_connection_params().items() if k in {"dbname", "user", "password", "host", "port", "passfile"}
        }
        one = psycopg.connect(**values, autocommit=True)
        one.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, instance])
        opened.append(one)
        return one

    yield hold
    for one in opened:
        one.close()


def test_an_instance_lives_as_long_as_its_session(session):
    held = session(41)
    assert alive([41, 42]) == {41}
    held.close()
    for _ in range(200):
        if not alive([41]):
            break
        connection.cursor().execute("SELECT pg_sleep(0.01)")
    assert alive([41]) == set()


def test_two_engines_never_take_the_same_notification(session):
    session(1)
    session(2)
    plan(*(ask(person(f"p{n}"), n) for n in range(10)))
    assert len(take(instance=1, limit=5)) == 5
    assert len(take(instance=2, limit=50)) == 5
    assert take(instance=1) == []


@pytest.mark.req("P15")
def test_what_a_killed_engine_had_in_hand_is_sent_again_at_the_next_look_marked(session):
    session(2)
    plan(ask(person("ada")))
    (lost,) = take(instance=1)  # nobody holds the lock of 1: killed
    release_dead_leases(now=T0 + SEC)
    (again,) = take(T0 + SEC, instance=2)
    assert (again.public_id, again.attempt, again.possible_duplicate) == (lost.public_id, 2, True)
    end(again, now=T0 + 2 * SEC)
    (shown,) = tried(1)
    assert [(t.n, t.outcome) for t in shown.attempts] == [(1, "unknown"), (2, "delivered")]
    assert shown.possible_duplicate


def test_a_living_engine_keeps_what_it_has_until_its_60_seconds_are_over(session):
    session(1)
    plan(ask(person("ada")))
    take(instance=1)
    release_dead_leases(now=T0 + 59 * SEC)
    assert states() == ["leased"]
    release_dead_leases(now=T0 + 61 * SEC)  # frozen
    assert states() == ["queued"]


def test_a_frozen_engine_that_wakes_sends_nothing_that_another_took(session):
    session(1)
    session(2)
    plan(ask(person("ada")))
    (mine,) = take(instance=1)
    release_dead_leases(now=T0 + 61 * SEC)
    (theirs,) = take(T0 + 61 * SEC, instance=2)
    assert confirm([mine.notification_id], 1, now=T0 + 62 * SEC) == set()
    assert confirm([theirs.notification_id], 2, now=T0 + 62 * SEC) == {theirs.notification_id}


def test_a_late_delivered_of_a_frozen_engine_spares_the_second_try(session):
    session(1)
    plan(ask(person("ada")))
    (mine,) = take(instance=1)
    release_dead_leases(now=T0 + 61 * SEC)
    end(mine, now=T0 + 62 * SEC)
    assert states() == ["delivered"]
    assert take(T0 + 62 * SEC, instance=2) == []


def test_a_late_failure_of_a_frozen_engine_changes_nothing_and_stays_visible(session):
    session(1)
    session(2)
    plan(ask(person("ada")))
    (mine,) = take(instance=1)
    release_dead_leases(now=T0 + 61 * SEC)
    (theirs,) = take(T0 + 61 * SEC, instance=2)
    end(mine, now=T0 + 62 * SEC, how="permanent", detail="answered 410")
    assert states() == ["leased"]
    end(theirs, now=T0 + 63 * SEC)
    assert states() == ["delivered"]
    assert Attempt.objects.filter(detail="answered 410").count() == 1


@pytest.mark.req("P16")
def test_the_same_result_twice_counts_once(session):
    session(1)
    plan(ask(person("ada")))
    (mine,) = take(instance=1)
    assert end(mine).reached == (1,)
    assert end(mine).reached == ()
    assert end(mine, how="permanent").all_failed == ()
    assert states() == ["delivered"]


def test_after_a_stall_what_was_acknowledged_meanwhile_is_not_sent(session):
    session(1)
    plan(ask(person("ada"), 1), ask(person("bruno"), 2))
    mine = take(instance=1)
    with transaction.atomic():
        cancel_in(page_ids=[1], now=T0 + 2 * SEC)
    kept = confirm([m.notification_id for m in mine], 1, now=T0 + 6 * SEC)
    assert kept == {m.notification_id for m in mine if m.handle == "bruno"}
    assert states() == ["cancelled", "leased"]


def test_what_a_stopping_engine_gives_back_is_no_attempt_and_no_duplicate(session):
    session(1)
    plan(ask(person("ada")))
    (mine,) = take(instance=1)
    give_back([mine.notification_id], 1, now=T0 + SEC)
    (again,) = take(T0 + SEC, instance=2)
    assert (again.attempt, again.possible_duplicate) == (1, False)


def test_a_message_that_ends_six_engines_is_set_aside_and_the_next_method_starts():
    ada = person("ada", contacts=("webhook", "email"), rules={"high": [(0, ["webhook"]), (600, ["email"])]})
    plan(ask(ada))
    for n in range(6):
        now = T0 + n * SEC
        assert [m.method for m in take(now, instance=10 + n)] == ["webhook"]
        release_dead_leases(now=now)
    assert states() == ["failed", "queued"]
    assert [m.method for m in take(T0 + 6 * SEC)] == ["email"]


STEPS = st.lists(
    st.sampled_from(["delivered", "temporary", "permanent", "unknown", "killed", "acknowledge", "freeze"]), min_size=1, max_size=14
)


@pytest.mark.req("P15")
@given(STEPS, st.integers(1, 3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_it_is_sent_at_least_once_or_said_why_not(db, steps, methods):
    """Random ends, killed and frozen engines, acknowledgements. Invariants 2 and 4."""
    run = Person.objects.count() + 1
    kinds = ("webhook", "email", "sms")[:methods]
    who = person(f"p{run}", contacts=kinds, rules={"high": [(60 * n, [kind]) for n, kind in enumerate(kinds)]})
    page = 10_000 + run
    plan(ask(who, page))
    now, acknowledged, arrived, failed = T0, None, 0, ()
    sent: set[tuple[str, int]] = set()
    for step in [*steps, *["delivered"] * 12]:
        now += 30 * SEC
        if step == "acknowledge":
            with transaction.atomic():
                cancel_in(page_ids=[page], now=now)
            acknowledged = now
            continue
        messages = take(now, instance=77)
        if acknowledged:
            assert messages == [], "sent after the acknowledgement"
        for message in messages:
            again = (message.public_id, message.attempt) in sent or message.attempt > 1
            unknown = Attempt.objects.filter(notification_id=message.notification_id, outcome="unknown").exists()
            assert message.possible_duplicate == unknown, (again, unknown)
            sent.add((message.public_id, message.attempt))
        if step in {"killed", "freeze"}:
            now += 2 * MIN
            failed += release_dead_leases(now=now).all_failed
            continue
        failed += end(*messages, now=now, how=step).all_failed
        arrived += len(messages) if step == "delivered" else 0
    ended = Notification.objects.filter(page_id=page)
    assert not ended.filter(state__in=["leased"]).exists()
    assert Attempt.objects.filter(notification__page_id=page).count() == len(sent)  # every try is visible
    if not acknowledged:
        assert arrived or failed == ((page, 1),), "neither sent nor reported"
    assert len(failed) <= 1
