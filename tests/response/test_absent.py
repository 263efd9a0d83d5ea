"""A week before a watch of somebody who is away, the managers hear of it once."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories as make
from tests.factories import DAY, HOUR, actor
from watchbill.audit.models import Record
from watchbill.notifications.models import Notification
from watchbill.paging.rules.daylight import light_of
from watchbill.people.absences import add_time_off
from watchbill.people.models import Membership, Person
from watchbill.people.working import working_times
from watchbill.response.actions.absent import tell_of_absent
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import on_call

HANDOVER = dt.datetime(2026, 3, 9, 0, 0, tzinfo=dt.UTC)  # a Monday: from here on one of the two has the watch for a week
EARLY = HANDOVER - 20 * DAY
pytestmark = [pytest.mark.req("S10", "K2"), pytest.mark.django_db]


@pytest.fixture
def watch() -> Schedule:
    people = [make.person(handle, contacts=("email",)) for handle in ("ada", "bruno", "grace")]
    make.organization(people[2])
    return make.schedule("Watch", make.team("SecOps", *people[:2], managers=(people[2],)), *people[:2])


def away(watch: Schedule) -> tuple[Person, Person]:
    """Whoever has the watch from the hand-over on takes the week off; and the other one."""
    (one,) = on_call([watch.id], at=HANDOVER + HOUR)[watch.id]
    person = Person.objects.get(pk=one.person_id)
    other = Person.objects.exclude(pk=person.pk).get(handle__in=("ada", "bruno"))
    add_time_off(person, HANDOVER, HANDOVER + 7 * DAY, by=actor(person), now=EARLY)
    return person, other


def told() -> list[tuple[str, str]]:
    return [(each.person.handle, each.content["title"]) for each in Notification.objects.order_by("id").select_related("person")]


def test_managers_hear_a_week_before_and_once(watch: Schedule):
    person, _ = away(watch)
    assert tell_of_absent(now=HANDOVER - 7 * DAY - HOUR) == 0
    assert tell_of_absent(now=HANDOVER - 7 * DAY + HOUR) == 1
    assert told() == [("grace", f"{person.name} is away and has the watch Watch")]
    assert Notification.objects.get().urgency == "low"
    assert tell_of_absent(now=HANDOVER - 6 * DAY) == 0
    assert Record.objects.get(action="time_off.uncovered").detail["person"] == person.handle


def test_nobody_hears_of_what_is_covered(watch: Schedule):
    person, other = away(watch)
    change = Change("replace", other, HANDOVER, HANDOVER + 7 * DAY, replaced=person)
    add_override(watch, change, by=actor(other), now=EARLY)
    assert tell_of_absent(now=HANDOVER - DAY) == 0
    assert told() == []


def test_a_part_that_nobody_covers_is_told(watch: Schedule):
    person, other = away(watch)
    change = Change("replace", other, HANDOVER, HANDOVER + DAY, replaced=person)
    add_override(watch, change, by=actor(other), now=EARLY)
    assert tell_of_absent(now=HANDOVER - 5 * DAY) == 1
    reason = Notification.objects.get().content["reason"]
    assert "From Tuesday 10 March at 00:00 UTC to Monday 16 March at 00:00 UTC nobody covers it" in reason


def test_without_a_manager_the_last_resort_hears(watch: Schedule):
    away(watch)
    Membership.objects.filter(role="manager").delete()
    assert tell_of_absent(now=HANDOVER - DAY) == 1
    assert [handle for handle, _ in told()] == ["grace"]


@pytest.mark.req("P23")
def test_paging_reads_the_same_time_off(watch: Schedule):
    person, _ = away(watch)
    working = working_times([person.pk], around=HANDOVER)[person.pk]
    monday_noon = HANDOVER + 12 * HOUR
    assert light_of(working, monday_noon) == "away"
    assert light_of(working, monday_noon + 7 * DAY) == "working"
    assert working.next_opening(monday_noon) == HANDOVER + 7 * DAY + 9 * HOUR
