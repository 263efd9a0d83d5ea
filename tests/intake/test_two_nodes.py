"""Two engines take in from one database: nothing twice, nothing out of order, no group opened by both."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from tests.factories import SEC, T0
from tests.intake.desk import Desk, body, put
from watchbill.incidents.models import Incident, Service
from watchbill.intake.actions import take_in
from watchbill.intake.actions.choosing import choose_in
from watchbill.intake.models import Alert, Event

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.database]


def together(*works: Callable[[], None]) -> None:
    """Run each in a thread with a connection of its own; an error in one is an error of the test."""
    errors: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)


def test_two_engines_group_every_alert_once_and_keep_the_order():
    desk = Desk(group_by=["class"])
    other, _ = desk.add_service("Other", group_by=["class"])
    for service in (desk.service, other):
        put(service, *(body(f"k{n}", **{"class": f"c{n % 5}"}) for n in range(200)))
        put(service, *(one for n in range(50) for one in (body(f"o{n}"), body(f"o{n}", "resolve"), body(f"o{n}"))))

    def engine() -> None:
        idle = 0
        while idle < 20:
            idle = 0 if take_in(now=T0 + SEC, limit=40) else idle + 1

    together(engine, engine)
    assert Event.objects.filter(state="done").count() == 700
    for service in (desk.service, other):
        assert Incident.objects.filter(service=service, group_key__gt="").count() == 5
        assert Alert.objects.filter(service=service, state="firing").count() == 250
        assert Alert.objects.filter(service=service, state="resolved").count() == 50
        assert Alert.objects.filter(service=service, dedup_key__startswith="o").count() == 100


def test_a_service_that_another_engine_is_at_is_left_to_it_and_the_others_go_on():
    desk = Desk()
    other, _ = desk.add_service("Other")
    put(desk.service, body())
    put(other, body())
    with transaction.atomic():
        assert len(choose_in([desk.service.id], 10, now=T0)) == 1

        def engine() -> None:
            take_in(now=T0)

        together(engine)
        assert list(Event.objects.filter(state="done").values_list("service_id", flat=True)) == [other.id]
    assert take_in(now=T0) == 1


def test_an_alert_never_joins_an_incident_that_is_just_being_resolved():
    desk = Desk(group_by=["class"])
    put(desk.service, body("a", **{"class": "x"}))
    take_in(now=T0)
    first = Incident.objects.get()
    put(desk.service, body("b", **{"class": "x"}))
    with transaction.atomic():
        Incident.objects.select_for_update().get(pk=first.pk)
        thread = threading.Thread(target=_take_and_close)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()  # it waits for whoever resolves
        Incident.objects.filter(pk=first.pk).update(status="resolved", resolved_at=T0)
    thread.join(20)
    assert not thread.is_alive()
    assert Alert.objects.get(dedup_key="b").incident_id != first.id


def test_the_next_events_are_found_by_the_index_whatever_is_stored():
    desk = Desk()
    for n in range(20):
        service: Service = desk.add_service(f"s{n}")[0]
        Event.objects.bulk_create(
            Event(key_id=1, service=service, kind="events", received_at=T0, body=b"", state="done") for _ in range(300)
        )
    put(desk.service, body())
    from watchbill.intake.actions.choosing import WAITING

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE intake_event")
        cursor.execute("EXPLAIN " + WAITING, {"now": T0})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert plan.count("event_pending") == 2, plan


def _take_and_close() -> None:
    try:
        take_in(now=T0 + SEC)
    finally:
        connection.close()
