"""A request for cover that nobody takes and an offer that nobody answers do not rot: reminded a day before, taken further half a day before."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories as make
from tests.factories import DAY, HOUR, MIN, T0, actor
from watchbill.audit.models import Record
from watchbill.engine import parts
from watchbill.notifications.models import Notification
from watchbill.people.models import Membership, Person
from watchbill.response.actions.untaken import tell_of_untaken
from watchbill.schedules.actions import (
    Change,
    Offer,
    add_override,
    ask_for_cover,
    expire_covers,
    offer_swap,
    take_cover,
    withdraw_cover,
)
from watchbill.schedules.models import Cover, Schedule, Swap
from watchbill.schedules.rules import nudge_of, urgency_of
from watchbill.schedules.selectors import on_call

pytestmark = pytest.mark.req("S7", "S10", "K2")
BEGINS = T0.replace(hour=0) + 7 * DAY  # a Monday: Ada's week


@pytest.mark.parametrize(
    ("opened", "reminded", "escalated", "at", "due"),
    [
        (-72, False, False, -25, ""),
        (-72, False, False, -24, "remind"),
        (-72, True, False, -23, ""),
        (-72, True, False, -12, "escalate"),
        (-72, True, True, -11, ""),
        (-72, False, False, -11, "escalate"),  # the engine was away: a reminder before it would be the second word of the minute
        (-23, False, False, -20, ""),  # asked within the last day: those who were asked need no reminder yet
        (-23, False, False, -12, "escalate"),
        (-3, False, False, -3, "escalate"),
        (5, False, False, 5, "escalate"),  # of a watch that runs
    ],
)
def test_each_is_due_once(opened: int, reminded: bool, escalated: bool, at: int, due: str):
    now = BEGINS + at * HOUR
    assert nudge_of(BEGINS + opened * HOUR, BEGINS, reminded=reminded, escalated=escalated, now=now) == due


def test_what_begins_soon_is_urgent():
    assert urgency_of(BEGINS, now=BEGINS - 12 * HOUR) == "low"
    assert urgency_of(BEGINS, now=BEGINS - 5 * HOUR) == urgency_of(BEGINS, now=BEGINS + HOUR) == "high"


class Desk:
    """Ada has every watch; Bruno and Chen could take one; Grace manages."""

    def __init__(self) -> None:
        self.ada, self.bruno, self.chen, self.grace = (make.person(name) for name in ("ada", "bruno", "chen", "grace"))
        make.organization(self.grace)
        self.team = make.team("SecOps", self.ada, self.bruno, self.chen, managers=(self.grace,))
        Membership.objects.filter(person=self.grace).update(on_desk=False)
        self.watch = make.schedule("Watch", self.team, self.ada)

    def ask(self, now: dt.datetime = T0, at: dt.datetime = BEGINS + HOUR) -> Cover:
        return ask_for_cover(self.watch, at, "ill", person=self.ada, by=actor(self.ada), now=now)


@pytest.fixture
def desk(db) -> Desk:
    return Desk()


def told(who: Person) -> list[str]:
    return list(Notification.objects.filter(person=who).order_by("id").values_list("content__title", flat=True))


def test_those_who_could_are_reminded_and_the_managers_hear_once_each(desk: Desk):
    cover = desk.ask()
    assert tell_of_untaken(now=BEGINS - 25 * HOUR) == 0
    assert tell_of_untaken(now=BEGINS - 24 * HOUR) == 1
    assert told(desk.bruno)[1:] == told(desk.chen)[1:] == ["Nobody covers for Ada yet: can you take it?"]
    before = len(told(desk.grace))
    assert tell_of_untaken(now=BEGINS - 13 * HOUR) == 0
    assert tell_of_untaken(now=BEGINS - 12 * HOUR) == 1
    assert told(desk.grace)[before:] == ["Nobody covers for Ada on Watch: give the watch to somebody"]
    assert tell_of_untaken(now=BEGINS - 11 * HOUR) == tell_of_untaken(now=BEGINS + HOUR) == 0
    assert len(told(desk.bruno)) == 2
    written = Record.objects.filter(actor="engine").order_by("id").values_list("action", "object_id")
    assert list(written) == [("cover.remind", str(cover.id)), ("cover.escalate", str(cover.id))]
    cover.refresh_from_db()
    assert (cover.reminded_at, cover.escalated_at) == (BEGINS - 24 * HOUR, BEGINS - 12 * HOUR)
    take_cover(cover.id, person=desk.bruno, by=actor(desk.bruno), now=BEGINS + 2 * HOUR)


def test_one_that_is_asked_late_goes_to_the_managers_at_once_and_urgently(desk: Desk):
    desk.ask(now=BEGINS - 3 * HOUR)
    assert tell_of_untaken(now=BEGINS - 3 * HOUR + MIN) == 1
    assert told(desk.grace)[-1].startswith("Nobody covers for Ada on Watch")
    assert Notification.objects.filter(person=desk.grace).latest("id").urgency == "high"
    assert len(told(desk.bruno)) == 1


def test_where_nobody_could_any_more_the_managers_hear_a_day_before(desk: Desk):
    desk.ask()
    for person in (desk.bruno, desk.chen, desk.grace):
        make.schedule(f"Other of {person.name}", desk.team, person)
    assert tell_of_untaken(now=BEGINS - 24 * HOUR) == 1
    assert told(desk.grace)[-1].startswith("Nobody covers for Ada on Watch")
    assert tell_of_untaken(now=BEGINS - 12 * HOUR) == 0


def test_what_is_taken_withdrawn_or_changed_by_hand_bothers_nobody(desk: Desk):
    cover = desk.ask()
    withdraw_cover(cover.id, person=desk.ada, by=actor(desk.ada), now=T0)
    assert tell_of_untaken(now=BEGINS - 12 * HOUR) == 0
    desk.ask()
    add_override(desk.watch, Change("take", desk.chen, BEGINS, BEGINS + 7 * DAY), by=actor(desk.chen), now=T0)
    before = Notification.objects.count()
    assert tell_of_untaken(now=BEGINS - 12 * HOUR) == 0
    assert expire_covers(now=BEGINS + 8 * DAY) == 1
    assert Notification.objects.count() == before


def test_whoever_asked_hears_that_it_is_over(desk: Desk):
    cover = desk.ask()
    assert expire_covers(now=cover.end) == 1
    assert told(desk.ada) == ["Nobody took your watch: your request for cover is over"]


def test_an_offer_of_a_swap_is_reminded_of_and_whoever_offered_hears_that_nobody_answers(desk: Desk):
    both = make.schedule("Both", desk.team, desk.ada, desk.bruno)
    weeks = [BEGINS + n * 7 * DAY for n in range(4)]
    (give, take) = (next(at for at in weeks if on_call([both.id], at=at)[both.id][0].person_id == who.id) for who in (desk.ada, desk.bruno))
    Schedule.objects.filter(pk=desk.watch.id).update(is_active=False)
    swap = offer_swap(Offer(desk.bruno, both, give, both, take), person=desk.ada, by=actor(desk.ada), now=T0)
    ends = swap.expires_at
    assert tell_of_untaken(now=ends - 25 * HOUR) == 0
    assert tell_of_untaken(now=ends - 24 * HOUR) == 1
    assert told(desk.bruno)[-1] == "Ada waits for your answer to a swap"
    assert tell_of_untaken(now=ends - 12 * HOUR) == 1
    assert told(desk.ada)[-1] == "Bruno has not answered your swap: the watch is still yours"
    assert tell_of_untaken(now=ends - HOUR) == 0
    Swap.objects.update(reminded_at=None, escalated_at=None, offered_at=ends - HOUR)
    assert tell_of_untaken(now=ends - HOUR) == 0  # offered too late for anybody to hear of it twice


def test_the_engine_does_it(desk: Desk):
    desk.ask()
    assert parts.real().tell_of_absent(now=BEGINS - 24 * HOUR) == 1
