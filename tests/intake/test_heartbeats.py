"""Heartbeats: late or never come opens an incident, a sign resolves its alert, and what Watchbill could not hear makes nobody late."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.factories import HOUR, MIN, SEC, T0, actor
from tests.intake.desk import Desk
from watchbill.audit.models import Record
from watchbill.connectors.inbound import PARSERS
from watchbill.incidents.models import Incident
from watchbill.intake.actions import (
    NewMaintenance,
    add_maintenance,
    create_heartbeat_key,
    end_maintenance,
    keep_time,
    look_at_heartbeats,
    take_in,
)
from watchbill.intake.actions.heartbeats import retire_in, watch_in
from watchbill.intake.models import Alert, Heartbeat, IntegrationKey, Listening
from watchbill.intake.rules import Beat, Verdict, look
from watchbill.intake.rules import Listening as Heard

pytestmark = pytest.mark.django_db
FIVE = 5 * MIN


class Pulse(Desk):
    """A heartbeat every five minutes."""

    def __init__(self, **values: Any) -> None:
        super().__init__()
        self.watch(**values)
        Listening.objects.create(last_at=T0, since=T0 - HOUR)

    def watch(self, now: dt.datetime = T0, **values: Any) -> None:
        watch_in("backup", {"service_id": self.service.id, "every_seconds": 300, "grace_seconds": 0, "severity": "high", **values}, now=now)

    def sign(self, at: dt.datetime) -> None:
        Heartbeat.objects.update(last_at=at)

    def tick(self, now: dt.datetime, *, listens: bool = True) -> list[str]:
        """The states of its alerts after this round."""
        if listens:
            Listening.objects.update(last_at=now)
        keep_time(now=now)
        look_at_heartbeats(now=now)
        while take_in(now=now, parsers=PARSERS):
            pass
        return list(Alert.objects.order_by("id").values_list("state", flat=True))


@pytest.fixture
def pulse() -> Pulse:
    return Pulse()


@pytest.mark.req("P20")
def test_one_that_stops_opens_an_incident_and_one_that_comes_back_resolves_its_alert(pulse):
    pulse.sign(T0 + MIN)
    assert pulse.tick(T0 + FIVE) == []
    assert pulse.tick(T0 + 6 * MIN - SEC) == []
    assert pulse.tick(T0 + 6 * MIN) == ["firing"]
    incident = Incident.objects.get()
    assert incident.title == "No sign of life from backup: expected every 5m, the last one came on 2026-03-02 at 09:01 UTC"
    assert (incident.severity, Alert.objects.get().dedup_key) == ("high", "heartbeat:backup")
    assert pulse.tick(T0 + 20 * MIN) == ["firing"]
    pulse.sign(T0 + 20 * MIN + SEC)
    assert pulse.tick(T0 + 20 * MIN + SEC) == ["resolved"]
    incident.refresh_from_db()
    assert (incident.status, incident.cleared_unseen) == ("triggered", True)  # when_cleared: stop_paging
    assert pulse.tick(T0 + 26 * MIN) == ["resolved", "firing"]
    actions = list(Record.objects.filter(action__startswith="heartbeat").order_by("id").values_list("action", flat=True))
    assert actions == ["heartbeat.late", "heartbeat.back", "heartbeat.late"]


@pytest.mark.req("P20")
def test_one_that_never_came_at_all_opens_an_incident_after_its_first_interval(pulse):
    assert pulse.tick(T0 + FIVE - SEC) == []
    assert pulse.tick(T0 + FIVE) == ["firing"]
    assert Incident.objects.get().title.endswith("none has ever come")


def test_grace_and_severity_are_its_own():
    pulse = Pulse(grace_seconds=60, severity="low")
    assert pulse.tick(T0 + FIVE) == []
    assert pulse.tick(T0 + 6 * MIN) == ["firing"]
    assert Incident.objects.get().severity == "low"


def test_what_nobody_could_hear_makes_nobody_late(pulse):
    pulse.sign(T0 + MIN)
    pulse.tick(T0 + 2 * MIN)
    assert pulse.tick(T0 + HOUR, listens=False) == []  # the front door is away
    since = T0 + HOUR + MIN
    Listening.objects.update(gap_from=T0 + 2 * MIN, since=since, last_at=since)
    assert pulse.tick(since) == []
    assert pulse.tick(since + FIVE - SEC) == []
    assert Record.objects.get(action="heartbeat.fresh_interval").detail["to"] == since.isoformat()
    assert pulse.tick(since + FIVE) == ["firing"]
    assert Record.objects.filter(action="heartbeat.fresh_interval").count() == 1


def test_an_engine_that_was_away_sees_what_is_true_now(pulse):
    pulse.sign(T0 + HOUR - SEC)
    assert pulse.tick(T0 + HOUR) == []


def test_in_maintenance_it_is_not_late_and_has_a_fresh_interval_at_the_end(pulse):
    row = add_maintenance(NewMaintenance(pulse.service, T0, T0 + HOUR, "new disks"), by=actor(pulse.ada), now=T0)
    assert pulse.tick(T0 + 10 * MIN) == []
    end_maintenance(row.id, by=actor(pulse.ada), now=T0 + 20 * MIN)
    assert pulse.tick(T0 + 20 * MIN) == []
    assert pulse.tick(T0 + 25 * MIN - SEC) == []
    assert pulse.tick(T0 + 25 * MIN) == ["firing"]


def test_a_key_is_shown_once_and_restarts_the_first_interval(pulse):
    key, secret = create_heartbeat_key("backup", by=actor(pulse.ada), now=T0 + 4 * MIN)
    assert len(secret) == 32
    assert (key.kind, key.heartbeat.name) == ("heartbeat", "backup")
    assert pulse.tick(T0 + FIVE) == []
    assert pulse.tick(T0 + 9 * MIN) == ["firing"]


def test_one_that_is_watched_no_more_takes_its_alert_back(pulse):
    pulse.tick(T0 + FIVE)
    retire_in(["backup"], now=T0 + 6 * MIN)
    assert pulse.tick(T0 + 6 * MIN) == ["resolved"]
    assert pulse.tick(T0 + HOUR) == ["resolved"]
    pulse.watch(T0 + 2 * HOUR)
    assert pulse.tick(T0 + 2 * HOUR + FIVE) == ["resolved", "firing"]


def test_one_that_moves_to_another_service_takes_its_alert_back_there(pulse):
    other, _ = pulse.add_service("Storage")
    create_heartbeat_key("backup", by=actor(pulse.ada), now=T0)
    pulse.tick(T0 + FIVE)
    pulse.watch(T0 + 6 * MIN, service_id=other.id)
    assert pulse.tick(T0 + 6 * MIN) == ["resolved"]
    assert IntegrationKey.objects.get(kind="heartbeat").service_id == other.id


@pytest.mark.parametrize(
    ("last", "late", "since", "heard", "expected"),
    [
        (None, None, None, True, (Verdict.LATE, T0 + 10 * MIN)),
        (T0, None, None, True, (Verdict.LATE, T0 + 10 * MIN)),
        (T0 + SEC, None, None, True, (Verdict.FINE, T0 + FIVE + SEC)),
        (None, None, T0 + MIN, True, (Verdict.FINE, T0 + 6 * MIN)),
        (None, None, None, False, (Verdict.FINE, T0 + FIVE + 2 * SEC)),
        (T0 + 2 * MIN, T0 + MIN, None, True, (Verdict.BACK, T0 + 7 * MIN)),
        (T0, T0 + MIN, None, True, (Verdict.FINE, T0 + 10 * MIN)),
    ],
)
def test_a_look(last, late, since, heard, expected):
    now = T0 + FIVE
    listening = Heard(now if heard else now - MIN, since)
    assert look(Beat(FIVE, 0 * MIN, T0, last, late), listening, now=now) == expected
