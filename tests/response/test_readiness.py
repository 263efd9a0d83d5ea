"""Can whoever has a watch be woken, and is that proven?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests import factories as make
from tests.factories import DAY, HOUR, MIN, T0
from watchbill.kernel import kinds
from watchbill.notifications.models import Contact, Drill
from watchbill.notifications.rules import Ready, Standing, drill_at, judge
from watchbill.paging.models import TeamPaging
from watchbill.people.models import Person
from watchbill.response.readiness import managers_without_a_number, readiness

SMS = [("sms", dt.timedelta(0)), ("voice", 2 * MIN)]
MAIL = [("email", dt.timedelta(0))]


@pytest.mark.req("G38")
@pytest.mark.parametrize(
    ("given", "state", "says"),
    [
        ({"ways": SMS}, Ready.READY, "SMS at once, call after 2 min."),
        ({"ways": SMS, "answered": True}, Ready.READY, "Answered a test page; SMS at once"),
        ({"ways": SMS, "active": False}, Ready.UNREACHABLE, "deactivated"),
        ({"ways": (), "why_not": "No contact method is set."}, Ready.UNREACHABLE, "No contact method is set."),
        ({"ways": SMS, "unproven": ["voice", "voice"]}, Ready.UNPROVEN, "Not proven yet: call. "),
        ({"ways": SMS, "missed": True}, Ready.UNANSWERED, "was not answered"),
        ({"ways": SMS, "asked_until": T0}, Ready.ASKED, "waits for an answer"),
        ({"ways": MAIL}, Ready.QUIET, "This wakes nobody"),
        ({"ways": MAIL, "by_night": False}, Ready.READY, "Mail at once."),
        ({"ways": SMS, "manages": True}, Ready.NO_PHONE, "no proven telephone number"),
        ({"ways": SMS, "manages": True, "has_phone": True}, Ready.READY, "SMS at once"),
        ({"ways": MAIL, "manages": True, "unproven": ["sms"]}, Ready.NO_PHONE, "no proven telephone number"),
        ({"ways": SMS, "unproven": ["email"], "missed": True}, Ready.UNPROVEN, "Not proven yet: mail"),
    ],
)
def test_the_state_and_its_reason(given: dict[str, Any], state: Ready, says: str):
    found, why = judge(Standing(**given))
    assert found is state
    assert says in why


def waking(at: dt.datetime) -> bool:
    return 7 <= at.hour < 23


@pytest.mark.parametrize(
    ("start", "before", "at"),
    [
        (T0, 12 * HOUR, T0 - 12 * HOUR),  # 21:00 the evening before
        (T0 + 9 * HOUR, 12 * HOUR, T0 - 2 * HOUR),  # 06:00 is too early: 07:00
        (T0 - 4 * HOUR, 3 * HOUR, T0 - 10 * HOUR - 30 * MIN),  # a watch from 05:00: the evening before
        (T0, 30 * MIN, T0 - 30 * MIN),
    ],
)
def test_a_drill_goes_out_while_its_person_may_be_awake(start: dt.datetime, before: dt.timedelta, at: dt.datetime):
    assert drill_at(start, before, waking) == at


def test_who_is_never_awake_is_not_searched_for_ever():
    assert drill_at(T0, 12 * HOUR, lambda _: False) == T0 - 12 * HOUR


@pytest.fixture
def people(db: None) -> dict[str, Person]:
    kinds.fill([kinds.Kind(name, True) for name in ("email", "webhook", "sms", "voice")])
    people = {handle: make.person(handle, contacts=("sms", "email")) for handle in ("ada", "bruno", "grace")}
    make.organization(people["grace"])
    team = make.team("SecOps", people["ada"], people["bruno"], managers=(people["grace"],))
    make.schedule("Responder", team, people["ada"], people["bruno"], turn="1w")
    managers = make.schedule("Managers", team, people["grace"])
    TeamPaging.objects.create(team=team, manager_schedule=managers)
    return people


def states(at: dt.datetime = T0) -> list[tuple[str, str, bool, str]]:
    return [(one.schedule.name, one.person.handle, one.runs, one.state.value) for one in readiness(at=at)]


@pytest.mark.req("G38")
def test_who_has_each_watch_and_who_comes_next(people: dict[str, Person]):
    assert states() == [
        ("Responder", "ada", True, "ready"),
        ("Responder", "bruno", False, "ready"),
        ("Managers", "grace", True, "ready"),
        ("Managers", "grace", False, "ready"),
    ]
    Contact.objects.filter(person=people["bruno"], kind="sms").update(verified_at=None)
    Contact.objects.filter(person=people["grace"], kind="sms").update(removed_at=T0)
    assert [state for *_, state in states()] == ["ready", "unproven", "no_phone", "no_phone"]


@pytest.mark.req("G38")
def test_a_drill_that_nobody_answered_is_red_until_somebody_does(people: dict[str, Person]):
    coming = next(one for one in readiness(at=T0) if not one.runs and one.person == people["bruno"])
    at = coming.start - 12 * HOUR
    drill = Drill.objects.create(
        person=people["bruno"], schedule_id=coming.schedule.id, shift_start=coming.start, created_at=at, answer_by=at + HOUR
    )
    assert ("Responder", "bruno", False, "asked") in states(at + 30 * MIN)
    assert ("Responder", "bruno", False, "unanswered") in states(at + 2 * HOUR)
    assert ("Responder", "bruno", True, "unanswered") in states(coming.start + HOUR)
    drill.answered_at = coming.start + HOUR
    drill.save()
    assert ("Responder", "bruno", True, "ready") in states(coming.start + 2 * HOUR)


def test_an_old_answer_does_not_count(people: dict[str, Person]):
    coming = next(one for one in readiness(at=T0) if not one.runs and one.person == people["bruno"])
    Drill.objects.create(
        person=people["bruno"], schedule_id=coming.schedule.id, shift_start=coming.start, created_at=T0, answer_by=T0 + HOUR
    )
    test = Drill.objects.create(person=people["bruno"], created_at=T0, answer_by=T0 + HOUR, answered_at=T0)
    late = coming.start - HOUR
    Drill.objects.filter(shift_start__isnull=False).update(created_at=late - HOUR, answer_by=late)
    assert ("Responder", "bruno", False, "unanswered") in states(late)
    Drill.objects.filter(pk=test.pk).update(created_at=late - DAY / 2, answered_at=late - DAY / 2)
    assert ("Responder", "bruno", False, "ready") in states(late)


def test_a_team_whose_managers_have_no_number_is_told(people: dict[str, Person]):
    assert managers_without_a_number() == []
    TeamPaging.objects.all().delete()
    assert managers_without_a_number() == []
    Contact.objects.filter(person=people["grace"], kind="sms").delete()
    assert managers_without_a_number() == ["SecOps"]
