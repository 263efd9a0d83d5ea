"""The engine reads calendars beside its rounds: from the address that somebody gave to the watch that is told of."""

from __future__ import annotations

import ipaddress
import time

import pytest

from tests import factories as make
from tests.connectors.calendars.files import calendar, days
from tests.connectors.parts import sink
from tests.factories import DAY, actor
from watchbill.engine import calendars
from watchbill.engine.calendars import Calendars
from watchbill.kernel.clock import database_now
from watchbill.notifications.models import Notification
from watchbill.people.calendars import subscribe
from watchbill.people.models import AwayCalendar, TimeOff
from watchbill.people.rules.away import Reading

pytestmark = [pytest.mark.req("S10"), pytest.mark.django_db]


def test_from_an_address_to_a_watch_that_is_told_of(settings):
    settings.ALLOW_PRIVATE_TARGETS = (ipaddress.ip_network("127.0.0.0/8"),)
    now = database_now()
    ada = make.person("ada", contacts=("email",))
    make.schedule("Watch", make.team("SecOps", ada), ada)
    first, back = (f"{now + n * DAY:%Y%m%d}" for n in (3, 5))
    with sink(text=calendar(days("a", "Vacation in Rome", first, back))) as far:
        subscribe(ada, far.url("/salamander.ics"), by=actor(ada), now=now)
        assert Calendars().work() == 1
    (row,) = TimeOff.objects.all()
    assert (row.person, row.end - row.start, row.reason) == (ada, 2 * DAY, "")
    assert Notification.objects.get().content["title"] == "You are away and have a watch"
    assert Calendars().work() == 0


def test_one_that_cannot_be_kept_does_not_stop_the_next_one(monkeypatch):
    ada, now = make.person("ada"), database_now()
    for n in range(2):
        subscribe(ada, f"https://calendar.example.org/{n}", by=actor(ada), now=now)
    kept = []

    def record(claim, reading, *, now):
        kept.append(claim.id)
        raise ValueError("poisoned")

    monkeypatch.setattr(calendars, "record_reading", record)
    assert Calendars(lambda claims: [Reading(why="x") for _ in claims]).work() == 2
    assert kept == list(AwayCalendar.objects.order_by("id").values_list("id", flat=True))


def test_nothing_is_started_as_long_as_nothing_is_due():
    threads = Calendars(lambda claims: [])
    threads.look()
    assert threads._thread is None
    threads.stop()


@pytest.mark.timed
@pytest.mark.req("P1")
def test_a_round_waits_for_no_calendar(open_desk, monkeypatch):
    began = []
    monkeypatch.setattr(Calendars, "_live", lambda self: began.append(1) or time.sleep(0.5))
    ada = make.person("ada")
    desk = open_desk()
    subscribe(ada, "https://calendar.example.org/a", by=actor(ada), now=database_now())
    at = time.monotonic()
    desk.tick(database_now())
    assert began == [1]
    assert time.monotonic() - at < 0.5
