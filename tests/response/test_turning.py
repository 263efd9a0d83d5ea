"""Whoever comes on call is told what is open, and paged for nothing of the past; once, whichever node looks."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from tests import factories as make
from tests.factories import DAY, HOUR, actor
from tests.response.desk import Desk
from watchbill.incidents.actions import grant_in
from watchbill.incidents.models import Incident
from watchbill.notifications.models import Notification
from watchbill.people.models import Person
from watchbill.response import actions
from watchbill.response.actions.closing import cleared_in
from watchbill.response.actions.turning import tell_of_watches
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import on_call

HANDOVER = dt.datetime(2026, 3, 9, 0, 0, tzinfo=dt.UTC)  # a Monday: the watch of a week goes to the other one
MIN = dt.timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.watch = make.schedule("Weekly", desk.team, desk.ada, desk.chen)
    return desk


def pair(watch: Schedule) -> tuple[Person, Person]:
    """Whoever goes, and whoever comes."""
    (old,), (new,) = (on_call([watch.id], at=at)[watch.id] for at in (HANDOVER - HOUR, HANDOVER + HOUR))
    return Person.objects.get(pk=old.person_id), Person.objects.get(pk=new.person_id)


def told(kind: str = "status") -> list[tuple[str, str, str]]:
    rows = Notification.objects.filter(kind=kind).order_by("id").select_related("person")
    return [(row.person.handle, row.content["title"], row.content["reason"]) for row in rows]


def test_an_hour_before_and_half_an_hour_before_the_end(desk: Desk):
    old, new = pair(desk.watch)
    assert tell_of_watches(now=HANDOVER - 2 * HOUR) == 0
    assert tell_of_watches(now=HANDOVER - HOUR) == 1
    assert tell_of_watches(now=HANDOVER - HOUR + MIN) == 0
    assert tell_of_watches(now=HANDOVER - 30 * MIN) == 1
    assert told() == [
        (
            new.handle,
            "Your watch Weekly begins at 00:00 UTC on Monday 09 March",
            f"It lasts until 00:00 UTC on Monday 16 March. You take over from {old.name}. Nothing is open.",
        ),
        (
            old.handle,
            "Your watch Weekly ends at 00:00 UTC on Monday 09 March",
            f"{new.name} takes over. Nothing that is open is yours.",
        ),
    ]
    assert tell_of_watches(now=HANDOVER) == 0, "nothing is open: they know already that it begins"


def test_at_the_start_they_are_told_what_is_open_and_paged_for_nothing(desk: Desk):
    """Semantics, the walk of a page: told at the shift start what is open, not paged for the past."""
    old, new = pair(desk.watch)
    tell_of_watches(now=HANDOVER - HOUR)
    mine = desk.open("db down", now=HANDOVER - 40 * MIN)
    waits = desk.open("disk full", now=HANDOVER - 20 * MIN)
    actions.acknowledge(mine.number, person=old, actor=actor(old), now=HANDOVER - 35 * MIN)
    pages = len(told("page"))
    Notification.objects.filter(kind="status").delete()
    assert tell_of_watches(now=HANDOVER) == 1
    assert told() == [
        (
            new.handle,
            "You have the watch Weekly until 00:00 UTC on Monday 16 March",
            f"You take over from {old.name}. Open: #{waits.number} disk full (high, nobody has it); #{mine.number} db down (high, {old.name} has it).",
        )
    ]
    assert len(told("page")) == pages
    assert tell_of_watches(now=HANDOVER + MIN) == 0


def test_before_the_end_they_hear_what_is_theirs(desk: Desk):
    old, _ = pair(desk.watch)
    mine = desk.open("db down", now=HANDOVER - 2 * HOUR)
    actions.acknowledge(mine.number, person=old, actor=actor(old), now=HANDOVER - HOUR - 30 * MIN)
    Notification.objects.all().delete()
    tell_of_watches(now=HANDOVER - 30 * MIN)
    (ending,) = [reason for handle, title, reason in told() if "ends at" in title]
    assert f"Open and yours: #{mine.number} db down (high, yours)." in ending


def test_what_was_handed_over_is_of_whoever_acts_on_it(desk: Desk):
    """Semantics, ownership: the end of a watch moves the acting responder; the owner stays accountable."""
    old, new = pair(desk.watch)
    tell_of_watches(now=HANDOVER - HOUR)
    mine = desk.open("db down", now=HANDOVER - 40 * MIN)
    actions.acknowledge(mine.number, person=old, actor=actor(old), now=HANDOVER - 35 * MIN)
    Incident.objects.filter(pk=mine.pk).update(acting=new)
    Notification.objects.all().delete()
    tell_of_watches(now=HANDOVER - 30 * MIN)
    tell_of_watches(now=HANDOVER)
    assert [reason for _, _, reason in told()] == [
        f"{new.name} takes over. Nothing that is open is yours.",
        f"You take over from {old.name}. Open: #{mine.number} db down (high, yours).",
    ]


def test_what_cleared_and_nobody_looked_at_counts_at_the_end(desk: Desk):
    """Semantics: cleared, nobody looked, counts at the end of the shift."""
    cleared = desk.open("flapping", now=HANDOVER - 3 * HOUR)
    with transaction.atomic():
        cleared_in([cleared.id], source="The monitor", now=HANDOVER - 2 * HOUR)
    Notification.objects.all().delete()
    tell_of_watches(now=HANDOVER - 30 * MIN)
    (ending,) = [reason for *_, title, reason in told() if "ends at" in title]
    assert ending.endswith(f"Cleared by their source: #{cleared.number} flapping (high, cleared, nobody looked).")


def test_a_restricted_incident_exists_for_nobody_else(desk: Desk):
    _, new = pair(desk.watch)
    secret = desk.open("insider copies the customer list", now=HANDOVER - 40 * MIN, service=desk.secret)
    Notification.objects.all().delete()
    assert tell_of_watches(now=HANDOVER - 10 * MIN) == 2
    texts = " ".join(f"{title} {reason}" for _, title, reason in told())
    assert "insider" not in texts
    (soon,) = [reason for handle, _, reason in told() if handle == new.handle]
    assert str(secret.number) not in soon
    assert secret.code_name not in soon
    assert "Nothing is open." in soon


def test_whoever_may_know_of_it_reads_its_code_name(desk: Desk):
    _, new = pair(desk.watch)
    secret = desk.open("insider copies the customer list", now=HANDOVER - 40 * MIN, service=desk.secret)
    with transaction.atomic():
        grant_in(secret.id, [new.id], "named", now=HANDOVER - 30 * MIN)
    Notification.objects.all().delete()
    tell_of_watches(now=HANDOVER - 10 * MIN)
    (soon,) = [reason for handle, _, reason in told() if handle == new.handle]
    assert f"Open: #{secret.number} {secret.code_name} (restricted)." in soon
    assert "insider" not in soon


def test_five_are_named_and_the_rest_is_counted(desk: Desk):
    for n in range(7):
        desk.open(f"alarm {n}", now=HANDOVER - 40 * MIN)
    Notification.objects.all().delete()
    tell_of_watches(now=HANDOVER - 35 * MIN)
    (reason,) = [reason for *_, reason in told()]
    assert reason.count("#") == 5
    assert reason.endswith("and 2 more.")


def test_nobody_after_them_is_said(desk: Desk):
    make.schedule("Short", desk.team, desk.bruno)
    short = Schedule.objects.get(name="Short")
    short.layers.update(valid_until=HANDOVER)
    tell_of_watches(now=HANDOVER - 10 * MIN)
    assert [reason for handle, title, reason in told() if "Short ends" in title] == [
        "Nobody has it after you: say so to your manager. Nothing that is open is yours."
    ]


def test_a_watch_that_is_taken_now_begins_now(desk: Desk):
    tell_of_watches(now=HANDOVER - HOUR)
    taken = desk.open("db down", now=HANDOVER + DAY)
    now = HANDOVER + DAY + MIN
    Notification.objects.all().delete()
    add_override(desk.watch, Change("take", desk.bruno, now, now + 3 * HOUR), by=actor(desk.bruno), now=now)
    Notification.objects.all().delete()
    assert tell_of_watches(now=now) == 1
    ((handle, title, reason),) = told()
    assert (handle, title) == ("bruno", "You have the watch Weekly until 03:01 UTC")
    assert f"#{taken.number}" in reason


def test_what_began_before_the_desk_knew_the_schedule_is_no_news(desk: Desk):
    assert tell_of_watches(now=HANDOVER + HOUR) == 0
    assert told() == []
    assert tell_of_watches(now=HANDOVER + 7 * DAY - 10 * MIN) == 2


def test_somebody_who_left_is_told_nothing(desk: Desk):
    _, new = pair(desk.watch)
    Person.objects.filter(pk=new.pk).update(is_active=False)
    tell_of_watches(now=HANDOVER - 10 * MIN)
    assert new.handle not in {handle for handle, *_ in told()}


def test_it_costs_no_query_for_each_schedule(desk: Desk, django_assert_max_num_queries):
    for n in range(20):
        make.schedule(f"S{n}", desk.team, desk.ada, desk.chen)
    with django_assert_max_num_queries(4):
        assert tell_of_watches(now=HANDOVER - 3 * HOUR) == 0
