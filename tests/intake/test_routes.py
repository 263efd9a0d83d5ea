"""Routes: the first that fits decides where an alert goes, and what is dropped is counted."""

from __future__ import annotations

import time

import pytest

from tests import factories
from tests.factories import MIN, SEC, T0
from tests.intake.desk import Desk, body, put
from watchbill.incidents.models import Incident
from watchbill.intake.actions import take_in
from watchbill.intake.models import Alert, Event, RouteUse
from watchbill.intake.rules import Draft, Verb, fits, matcher, problem
from watchbill.paging.models import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def routes(desk: Desk, *rows: tuple[dict, dict]) -> None:
    desk.service.routes = [{"when": when, "to": to} for when, to in rows]
    desk.service.save()


def outcomes() -> list[str]:
    return list(Event.objects.order_by("id").values_list("outcome", flat=True))


def test_the_first_route_that_fits_changes_service_severity_and_policy(desk):
    other, _ = desk.add_service("Storage")
    quick = factories.policy("Quick", desk.team, ([factories.to(desk.bruno)], "1m"), last_resort=desk.grace)
    routes(
        desk,
        ({"class": "net"}, {"severity": "low"}),
        ({"component": "/^db[0-9]+$/", "details.rack.row": "7"}, {"service": "Storage", "severity": "critical", "policy": "Quick"}),
        ({"component": "db1"}, {"severity": "low"}),
    )
    put(desk.service, body(component="db1", custom_details={"rack": {"row": 7}}))
    take_in(now=T0)
    incident, alert = Incident.objects.get(), Alert.objects.get()
    assert (incident.service_id, incident.severity, alert.service_id) == (other.id, "critical", other.id)
    assert Page.objects.get().copy.content["policy"] == quick.id
    assert outcomes() == [f"Opened #{incident.number}. By route 2 of Detections."]
    quick.steps = []
    quick.save()
    assert Page.objects.get().copy.content["steps"] != []


def test_a_resolve_finds_its_alert_again_even_when_the_routes_have_changed(desk):
    desk.add_service("Storage")
    routes(desk, ({"source": "host1"}, {"service": "Storage"}))
    put(desk.service, body(), body())
    take_in(now=T0)
    assert Alert.objects.get().count == 2
    routes(desk)
    put(desk.service, body(), body(action="resolve"))
    take_in(now=T0 + SEC)
    alert = Alert.objects.get()
    assert (alert.state, alert.count) == ("resolved", 4)
    assert Incident.objects.get().cleared_at


def test_two_services_that_say_the_same_are_one_alert_until_both_take_it_back(desk):
    other, _ = desk.add_service("Storage")
    routes(desk, ({"source": "host1"}, {"service": "Storage"}))
    put(other, body())
    put(desk.service, body())
    take_in(now=T0)
    assert Alert.objects.get().service_id == other.id
    put(other, body(action="resolve"))
    take_in(now=T0 + SEC)
    assert Alert.objects.get().state == "firing"
    put(desk.service, body(action="resolve"))
    take_in(now=T0 + 2 * SEC)
    assert Alert.objects.get().state == "resolved"


def test_a_resolve_of_another_service_with_the_same_key_touches_nothing(desk):
    other, _ = desk.add_service("Storage")
    routes(desk, ({"source": "host9"}, {"service": "Storage"}))
    put(other, body())
    take_in(now=T0)
    put(desk.service, body(action="resolve"))
    take_in(now=T0 + SEC)
    assert Alert.objects.get().state == "firing"
    assert outcomes()[-1] == "No alert with this key fires: nothing to do."


def test_what_is_dropped_opens_nothing_and_is_counted(desk):
    routes(desk, ({"summary": "/disk/"}, {"drop": True}))
    put(desk.service, body("a"), body("b"), body("c", summary="cpu"))
    take_in(now=T0)
    assert outcomes()[:2] == ["Dropped. By route 1 of Detections."] * 2
    assert Incident.objects.get().title == "cpu"
    use = RouteUse.objects.get()
    assert (use.count, use.dropped, use.last_at, use.service_id) == (2, True, T0, desk.service.id)


def test_a_place_that_is_gone_loses_nothing(desk):
    other, _ = desk.add_service("Storage")
    other.is_active = False
    other.save()
    routes(desk, ({"source": "host1"}, {"service": "Storage"}))
    put(desk.service, body())
    take_in(now=T0)
    assert Incident.objects.get().service_id == desk.service.id
    assert outcomes() == [f"Opened #{Incident.objects.get().number}. By route 1 of Detections, but its service is not active any more."]


def test_what_is_restricted_never_goes_where_everybody_may_look(desk):
    desk.add_service("Storage")
    desk.service.restricted = True
    routes(desk, ({"source": "host1"}, {"service": "Storage"}))
    put(desk.service, body())
    take_in(now=T0)
    assert Incident.objects.get().restricted
    assert Incident.objects.get().service_id == desk.service.id


def test_an_alert_with_a_policy_of_its_own_joins_no_page_of_another(desk):
    factories.policy("Quick", desk.team, ([factories.to(desk.bruno)], "1m"), last_resort=desk.grace)
    desk.service.group_by = ["component"]
    routes(desk, ({"summary": "fire"}, {"policy": "Quick"}))
    put(desk.service, body("a", component="db"), body("b", component="db", summary="fire"), body("c", component="db", summary="fire"))
    take_in(now=T0)
    assert sorted(Incident.objects.values_list("alerts__dedup_key", flat=True)) == ["a", "b", "c"]
    assert Incident.objects.count() == 2


def draft(**fields) -> Draft:
    return Draft(Verb.TRIGGER, "k", **{"summary": "disk full", "source": "host1", **fields})


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"summary": "disk full"}, True),
        ({"summary": "disk"}, False),
        ({"summary": "/disk/"}, True),
        ({"summary": "/DISK/"}, False),
        ({"summary": "/(?i)DISK/"}, True),
        ({"severity": "high"}, True),
        ({"dedup_key": "k"}, True),
        ({"details.tags": "b"}, True),
        ({"details.n": "7"}, True),
        ({"details.on": "true"}, True),
        ({"details.gone": "/.*/"}, False),
        ({"summary": "/disk/", "source": "host2"}, False),
        ({"summary": "/(/"}, False),
        ({}, True),
    ],
)
def test_what_fits(when, expected):
    about = draft(details={"tags": ["a", "b"], "n": 7, "on": True})
    assert fits(matcher(when), about, "high") is expected


def test_a_hostile_text_takes_no_time():
    evil = matcher({"summary": "/^(a+)+$/"})
    began = time.perf_counter()
    assert not fits(evil, draft(summary="a" * 100_000 + "!"), "high")
    assert time.perf_counter() - began < 1
    assert problem("/(a)\\1/") != ""


def journaled(desk: Desk, at, *events: dict) -> None:
    """Events that waited in a journal since then."""
    before = set(Event.objects.values_list("id", flat=True))
    put(desk.service, *events)
    Event.objects.exclude(id__in=before).update(arrived_at=at)


def test_a_sent_alert_is_not_reopened_by_an_older_event_from_a_journal(desk):
    desk.add_service("Storage")
    routes(desk, ({"source": "host1"}, {"service": "Storage"}))
    put(desk.service, body(), body(action="resolve"))
    take_in(now=T0)
    closed = Alert.objects.get().resolved_at
    journaled(desk, closed - MIN, body())
    take_in(now=T0 + MIN)
    assert "journal" in outcomes()[-1]
    journaled(desk, closed + MIN, body())
    take_in(now=T0 + 2 * MIN)
    assert Alert.objects.filter(state="firing").count() == 1


def test_what_another_service_took_back_holds_up_no_older_event_of_this_one(desk):
    other, _ = desk.add_service("Storage")
    routes(desk, ({"source": "host1"}, {"service": "Storage"}))
    put(other, body(), body(action="resolve"))
    take_in(now=T0)
    journaled(desk, Alert.objects.get().resolved_at - MIN, body())
    take_in(now=T0 + MIN)
    assert Alert.objects.filter(state="firing").count() == 1
