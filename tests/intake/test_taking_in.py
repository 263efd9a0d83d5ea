"""Events through the database: alerts, incidents, pages, and what never gets lost."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import HOUR, MIN, SEC, T0, actor
from tests.intake.desk import Desk, body, put
from watchbill.audit.models import Record
from watchbill.incidents.models import Incident, Service, TimelineEntry
from watchbill.intake import selectors
from watchbill.intake.actions import take_in, taking
from watchbill.intake.models import Alert, Event, IntegrationKey
from watchbill.intake.rules import Parsed
from watchbill.notifications.models import Notification
from watchbill.paging.actions import fire_due
from watchbill.paging.models import Page
from watchbill.people.models import Person
from watchbill.response.actions import acknowledge, resolve

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def outcomes() -> list[str]:
    return list(Event.objects.order_by("id").values_list("outcome", flat=True))


def ack(incident: Incident, person: Person, now: Any = T0) -> None:
    acknowledge(incident.number, person=person, actor=actor(person), now=now)


def test_a_trigger_opens_an_incident_with_an_alert_and_a_page(desk: Desk):
    put(desk.service, body(component="db", links=[]))
    assert take_in(now=T0 + SEC) == 1
    alert = Alert.objects.get()
    incident = Incident.objects.get()
    assert (alert.incident_id, alert.state, alert.severity, alert.summary, alert.component) == (
        incident.id,
        "firing",
        "high",
        "disk full",
        "db",
    )
    assert (incident.title, incident.severity, incident.status, incident.service_id) == ("disk full", "high", "triggered", desk.service.id)
    assert Page.objects.get().incident_id == incident.id
    event = Event.objects.get()
    assert (event.state, event.outcome) == ("done", f"Opened #{incident.number}.")
    assert IntegrationKey.objects.get().last_event_at == T0
    assert take_in(now=T0 + SEC) == 0


@pytest.mark.req("P12")
def test_one_alert_with_a_count_another_service_another_alert_and_a_new_incident_after_resolved(desk: Desk):
    other, _ = desk.add_service("Other")
    put(desk.service, body(), body(), body())
    put(other, body())
    take_in(now=T0)
    assert sorted(Alert.objects.values_list("service__name", "count")) == [("Detections", 3), ("Other", 1)]
    first = Incident.objects.get(service=desk.service)
    put(desk.service, body(action="resolve"), at=T0 + MIN)
    take_in(now=T0 + MIN)
    put(desk.service, body(), at=T0 + 2 * MIN)
    take_in(now=T0 + 2 * MIN)
    second = Incident.objects.exclude(pk=first.pk).get(service=desk.service)
    assert second.previous_id == first.id
    assert list(Alert.objects.filter(service=desk.service).order_by("id").values_list("state", "count")) == [("resolved", 4), ("firing", 1)]
    assert TimelineEntry.objects.filter(incident=second, kind="linked", text__contains=f"#{first.number}").exists()


@pytest.mark.req("P12")
def test_trigger_resolve_trigger_in_one_round_is_two_incidents_in_order(desk: Desk):
    put(desk.service, body(), body(action="resolve"), body(), body(action="resolve"), body())
    take_in(now=T0)
    assert list(Alert.objects.order_by("id").values_list("state", "count")) == [("resolved", 2), ("resolved", 2), ("firing", 1)]
    a, b, c = Incident.objects.order_by("id")
    assert (a.previous_id, b.previous_id, c.previous_id) == (None, a.id, b.id)
    assert [i.cleared_at is not None for i in (a, b, c)] == [True, True, False]


@pytest.mark.req("P25")
def test_cleared_before_anybody_looked_still_reaches_one_person(desk: Desk):
    put(desk.service, body(), body(action="resolve"))
    take_in(now=T0)
    incident, page = Incident.objects.get(), Page.objects.get()
    assert incident.cleared_at == T0
    assert incident.status == "triggered"
    assert (page.status, page.source_cleared) == ("triggered", True)


@pytest.mark.req("P25")
def test_cleared_after_an_acknowledgement_ends_the_page_and_keeps_the_incident(desk: Desk):
    put(desk.service, body())
    take_in(now=T0)
    ack(Incident.objects.get(), desk.ada)
    put(desk.service, body(action="resolve"))
    take_in(now=T0 + MIN)
    assert Page.objects.get().status == "resolved"
    assert Incident.objects.get().status == "acknowledged"


@pytest.mark.req("P26")
def test_the_source_acknowledges_and_nobody_becomes_owner(desk: Desk):
    put(desk.service, body(), body(action="acknowledge"))
    take_in(now=T0)
    incident, page, alert = Incident.objects.get(), Page.objects.get(), Alert.objects.get()
    assert alert.acknowledged_at == T0
    assert incident.owner_id is None
    assert (incident.status, page.status) == ("triggered", "triggered")
    assert page.due_at is not None
    assert TimelineEntry.objects.filter(incident=incident, kind="source_acknowledged").count() == 1


def test_acknowledge_and_resolve_never_create(desk: Desk):
    put(desk.service, body(action="acknowledge"), body(action="resolve"))
    take_in(now=T0)
    assert not Alert.objects.exists()
    assert not Incident.objects.exists()
    assert Event.objects.filter(state="done").count() == 2


def test_a_further_alert_joins_silently_unless_it_is_worse():
    desk = Desk(group_by=["class"])
    put(desk.service, body("a", **{"class": "disk"}))
    take_in(now=T0)
    incident = Incident.objects.get()
    ack(incident, desk.ada)
    before = Notification.objects.count()
    put(desk.service, body("b", **{"class": "disk"}), at=T0 + MIN)
    take_in(now=T0 + MIN)
    assert Incident.objects.count() == 1
    assert Notification.objects.count() == before
    put(desk.service, body("c", severity="critical", **{"class": "disk"}), at=T0 + 2 * MIN)
    take_in(now=T0 + 2 * MIN)
    incident.refresh_from_db()
    assert incident.severity == "critical"
    told = Notification.objects.order_by("-id").first()
    assert told is not None
    assert (told.person_id, told.kind, told.incident_id) == (desk.ada.id, "status", incident.id)
    assert Record.objects.filter(action="incident.severity", incident_id=incident.id).count() == 1
    assert incident.last_alert_at == T0 + 2 * MIN


def test_a_group_that_a_person_resolved_takes_nothing_more():
    desk = Desk(group_by=["class"])
    put(desk.service, body("a", **{"class": "disk"}))
    take_in(now=T0)
    first = Incident.objects.get()
    resolve(first.number, person=desk.ada, actor=actor(desk.ada), now=T0)
    put(desk.service, body("b", **{"class": "disk"}), body("a", **{"class": "disk"}))
    take_in(now=T0 + MIN)
    assert Incident.objects.count() == 2
    second = Incident.objects.exclude(pk=first.pk).get()
    assert Alert.objects.filter(incident=second, state="firing").count() == 2


def test_restricted_services_group_only_among_themselves():
    desk = Desk(group_by=["class"])
    put(desk.service, body("a", **{"class": "x"}))
    take_in(now=T0)
    Service.objects.filter(pk=desk.service.pk).update(restricted=True)
    put(desk.service, body("b", **{"class": "x"}), body("c", **{"class": "x"}))
    take_in(now=T0 + SEC)
    assert sorted(Incident.objects.values_list("restricted", flat=True)) == [False, True]
    assert Alert.objects.filter(incident__restricted=True).count() == 2


@pytest.mark.timed
@pytest.mark.req("P22")
def test_ten_thousand_events_of_one_key_and_one_of_another(desk: Desk):
    Service.objects.filter(pk=desk.service.pk).update(storm={"incidents": 20, "within_seconds": 300}, group_by=["class"])
    other, _ = desk.add_service("Other")
    put(desk.service, *(body(f"k{n}", **{"class": f"c{n % 100}"}) for n in range(10_000)))
    (late,) = put(other, body("alone"))
    started = time.perf_counter()
    take_in(now=T0 + SEC)
    late.refresh_from_db()
    assert late.state == "done"  # the first round serves everybody
    rounds = 1
    while take_in(now=T0 + SEC):
        rounds += 1
    assert time.perf_counter() - started < 30
    assert rounds < 15
    assert Incident.objects.filter(service=desk.service).count() == 21
    storm = Incident.objects.get(storm=True)
    assert Alert.objects.filter(incident=storm).count() == 8_000
    assert Alert.objects.filter(service=desk.service).count() == 10_000
    assert "this one takes the rest" in TimelineEntry.objects.get(incident=storm, kind="opened").text
    assert not Event.objects.filter(state="pending").exists()


@pytest.mark.req("P22")
def test_the_storm_guard_looks_back_and_a_storm_ends():
    desk = Desk(storm={"incidents": 3, "within_seconds": 300})
    for n in range(10):
        at = T0 + n * 30 * SEC
        put(desk.service, body(f"k{n}"), at=at)
        take_in(now=at)
    assert Incident.objects.count() == 4
    put(desk.service, body("calm"), at=T0 + HOUR)
    take_in(now=T0 + HOUR)
    assert Incident.objects.count() == 5


def test_a_repeated_storm_of_one_alert_is_one_row_and_few_statements(desk: Desk):
    put(desk.service, *(body() for _ in range(1000)))
    with CaptureQueriesContext(connection) as seen:
        assert take_in(now=T0, limit=1000) == 1000
    assert len(seen) < 60
    assert Alert.objects.get().count == 1000


def test_the_number_of_statements_does_not_grow_with_the_events(desk: Desk):
    def statements(count: int, start: int) -> int:
        put(desk.service, *(body(f"k{start + n}") for n in range(count)))
        with CaptureQueriesContext(connection) as seen:
            take_in(now=T0)
        return len(seen)

    few = statements(2, 0)
    assert statements(100, 10) <= few


def test_what_cannot_be_understood_is_tried_five_times_then_set_aside_and_stops_nobody(desk: Desk):
    (bad,) = put(desk.service, {"event_action": "explode"})
    put(desk.service, body())
    now = T0
    for tries in range(1, 6):
        assert take_in(now=now) >= 1
        bad.refresh_from_db()
        assert bad.tries == tries
        assert Incident.objects.count() == 1  # the good one did not wait
        now += HOUR
    assert bad.state == "aside"
    assert "explode" in bad.outcome
    assert take_in(now=now) == 0
    assert list(selectors.set_aside()) == [bad]
    assert selectors.waiting() == 0


def test_a_failed_try_waits_before_the_next(desk: Desk):
    put(desk.service, {"event_action": "explode"})
    assert take_in(now=T0) == 1
    assert take_in(now=T0) == 0
    assert take_in(now=T0 + SEC) == 1


def test_an_event_that_the_database_refuses_is_found_among_many_and_put_off(desk: Desk):
    """The reader of this test says what no column holds: the round fails as a whole, and only one event is to blame."""
    poison = "p" * 300
    put(desk.service, *(body(f"k{n}") for n in range(40)), body("poison"), *(body(f"l{n}") for n in range(40)))

    def parse(raw: bytes, key: str) -> Parsed:
        from dataclasses import replace

        from watchbill.connectors.inbound import PARSERS

        parsed = PARSERS["events"](raw, key)
        return Parsed(tuple(replace(draft, dedup_key=poison) for draft in parsed.drafts)) if key == "poison" else parsed

    taken = 0
    for _ in range(20):
        taken += take_in(now=T0, parsers={"events": parse})
    assert taken == 81
    assert Incident.objects.count() == 80
    (bad,) = Event.objects.filter(state="pending")
    assert (bad.dedup_key, bad.tries) == ("poison", 1)
    assert "DataError" in bad.outcome


def test_an_event_of_an_unknown_kind_is_set_aside_not_lost(desk: Desk):
    put(desk.service, body(), kind="grafana")
    for hours in range(6):
        take_in(now=T0 + hours * HOUR)
    assert Event.objects.get().state == "aside"


def test_hostile_content_is_stored_clean(desk: Desk):
    put(desk.service, body("k\x00\ud800", summary="a\x00b\udfff", custom_details={"x\x00": ["\ud800", {"y": "\x00"}]}))
    take_in(now=T0)
    alert = Alert.objects.get()
    assert alert.summary == "a\ufffdb\ufffd"
    assert alert.details == {"x\ufffd": ["\ufffd", {"y": "\ufffd"}]}


def test_what_a_source_writes_on_a_line_cannot_move_what_stands_beside_it(desk: Desk):
    put(desk.service, body("k", summary="a\u202eb\u2066\x1b[31m\r\n#9 resolved\tשלום\u009b", source="x\u202e"))
    take_in(now=T0)
    assert Incident.objects.get().title == "a\ufffdb\ufffd\ufffd[31m  #9 resolved שלום\ufffd"
    assert Alert.objects.get().source == "x\ufffd"


def test_rounds_are_fair_between_services(desk: Desk):
    services = [desk.service, *(desk.add_service(f"s{n}")[0] for n in range(4))]
    for n, one in enumerate(services):
        put(one, *(body(f"k{m}") for m in range(50 if n == 0 else 3)))
    take_in(now=T0, limit=20)
    done = [Event.objects.filter(service=one, state="done").count() for one in services]
    assert done[1:] == [3, 3, 3, 3]
    assert done[0] == 8


@pytest.mark.req("P23")
def test_a_quiet_page_whose_alert_grows_worse_is_loud_at_once():
    desk = Desk(urgency={"medium": "low"})
    put(desk.service, body("a", severity="warning"))
    take_in(now=T0)
    fire_due(now=T0)
    assert Page.objects.get().urgency == "low"
    put(desk.service, body("a", severity="critical"), at=T0 + MIN)
    take_in(now=T0 + MIN)
    assert Page.objects.get().urgency == "high"
    assert list(Notification.objects.filter(kind="page", urgency="high").values_list("person__handle", flat=True)) == ["ada"]


@pytest.mark.req("P22")
def test_messages_of_thousands_of_alerts_keep_nobody_else_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """A round is about so many alerts, not only about so many messages; each service has its turn in it."""
    monkeypatch.setattr(taking, "DRAFTS", 6)
    other, _ = desk.add_service("Other")
    huge = [
        {"groupKey": f"g{n}", "alerts": [{"status": "firing", "labels": {"n": str(i)}, "fingerprint": str(i)} for i in range(4)]}
        for n in range(5)
    ]
    put(desk.service, *huge, kind="alertmanager")
    put(other, body("lone"))
    assert take_in(now=T0) == 3
    assert Alert.objects.filter(service=other).count() == 1
    assert Event.objects.filter(state="pending").count() == 3
    while take_in(now=T0):
        pass
    assert Alert.objects.filter(service=desk.service).count() == 20
