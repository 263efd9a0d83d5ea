"""A commit that stood still for longer than we waited happens after all, when its events were stored a second time: one effect, in any order."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connection

from tests.factories import T0
from tests.frontdoor.house import House
from tests.intake.desk import Desk, body
from watchbill.frontdoor import commits, database, replay, writer
from watchbill.incidents.models import Incident
from watchbill.intake.actions import take_in
from watchbill.intake.models import Alert, Event

pytestmark = pytest.mark.database

ONE = "pg_try_advisory_xact_lock(7702)"
TWO = f"({ONE} OR pg_try_advisory_xact_lock(7703))"
# The first commit with such a key stands still inside its server process; whoever comes second goes on.
STANDS_STILL = f"""
CREATE FUNCTION of_this_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.dedup_key = 'frozen' AND {ONE} THEN PERFORM pg_advisory_xact_lock_shared(7701); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER of_this_test BEFORE INSERT ON intake_event FOR EACH ROW EXECUTE FUNCTION of_this_test();
"""
GOES_ON = "DROP TRIGGER of_this_test ON intake_event; DROP FUNCTION of_this_test();"


class Frozen:
    """A server process of the database that somebody froze in the middle of a commit."""

    def __init__(self) -> None:
        self.holding = psycopg.connect(**database.parameters(), autocommit=True)
        self.holding.execute("SELECT pg_advisory_lock(7701)")

    def thaw(self) -> None:
        self.holding.close()


@pytest.fixture
def frozen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Frozen]:
    monkeypatch.setattr(writer, "QUIET", 0.3)
    monkeypatch.setattr(commits, "GONE", 0.2)
    with connection.cursor() as cursor:
        cursor.execute(STANDS_STILL)
    there = Frozen()
    try:
        yield there
    finally:
        there.thaw()
        with connection.cursor() as cursor:
            cursor.execute(GOES_ON)


def wait_until(what: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def send(house: House, desk: Desk, action: str = "trigger") -> None:
    said = json.dumps({**body("frozen", action), "routing_key": desk.key}).encode()
    assert house.post("/v2/enqueue", said).status == 202


def stored() -> int:
    return Event.objects.filter(dedup_key="frozen").count()


def test_what_comes_late_pages_nobody_again_after_its_end(house: House, desk: Desk, frozen: Frozen):
    send(house, desk)
    wait_until(lambda: stored() == 1)
    take_in(now=T0)
    send(house, desk, "resolve")
    wait_until(lambda: stored() == 2)
    take_in(now=T0)
    frozen.thaw()
    wait_until(lambda: stored() == 3)
    take_in(now=T0)
    assert Incident.objects.count() == 1
    alert = Alert.objects.get()
    assert (alert.state, alert.count) == ("resolved", 2)
    late = Event.objects.get(state="left")
    assert "twice" in late.outcome
    assert not Event.objects.filter(state="pending").exists()


def test_of_two_that_wait_together_one_is_taken_in(house: House, desk: Desk, frozen: Frozen):
    send(house, desk)
    wait_until(lambda: stored() == 1)
    frozen.thaw()
    wait_until(lambda: stored() == 2)
    while take_in(now=T0):
        pass
    assert Alert.objects.get().count == 1
    assert sorted(Event.objects.values_list("state", flat=True)) == ["done", "left"]


def test_a_second_that_stands_still_as_well_makes_no_third_effect(
    house: House, desk: Desk, frozen: Frozen, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(replay, "BUDGET", 0.8)
    with connection.cursor() as cursor:
        cursor.execute(STANDS_STILL.split("CREATE TRIGGER", maxsplit=1)[0].replace("CREATE", "CREATE OR REPLACE").replace(ONE, TWO))
    send(house, desk)
    wait_until(lambda: stored() == 1)
    take_in(now=T0)
    frozen.thaw()
    wait_until(lambda: stored() == 3)
    while take_in(now=T0):
        pass
    assert Alert.objects.get().count == 1
    assert sorted(Event.objects.values_list("state", flat=True)) == ["done", "left", "left"]


def test_the_same_event_sent_twice_is_two_as_before(house: House, desk: Desk):
    """What a sender says twice counts twice: only our own second try does not."""
    for _ in range(2):
        send(house, desk)
    while take_in(now=T0):
        pass
    assert Alert.objects.get().count == 2
