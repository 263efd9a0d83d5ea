"""A request for cover reaches everybody who could, the first taker has it, and the others are told."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from tests.committed import committed
from tests.factories import DAY, HOUR, T0, actor, person, schedule, team
from tests.schedules.cast import ADA, BRUNO, CHEN, at, layer
from watchbill.audit.models import Record
from watchbill.kernel.errors import AlreadyDone, NotAllowed, Refused
from watchbill.notifications.models import Notification
from watchbill.people.models import Membership, Person, TimeOff
from watchbill.schedules.actions import Change, add_override, ask_for_cover, expire_covers, take_cover, withdraw_cover
from watchbill.schedules.models import Cover, Layer, Override
from watchbill.schedules.rules import ScheduleRule, could_cover, watches_around
from watchbill.schedules.selectors import cover_object, covers_for, on_call
from watchbill.schedules.selectors.covering import who_could

MONDAY = T0.replace(hour=0) + 7 * DAY


class Desk:
    """Ada has every watch; Bruno, Chen and Dana are on the desk, Vera only looks."""

    def __init__(self) -> None:
        self.ada, self.bruno, self.chen, self.dana, self.vera = (person(name) for name in ("ada", "bruno", "chen", "dana", "vera"))
        self.team = team("SecOps", self.ada, self.bruno, self.chen, self.dana)
        Membership.objects.create(team=self.team, person=self.vera, role="viewer", on_desk=False)
        self.watch = schedule("Watch", self.team, self.ada)

    def ask(self, **more: object) -> Cover:
        return ask_for_cover(self.watch, MONDAY + HOUR, "ill", **{"person": self.ada, "by": actor(self.ada), "now": T0, **more})  # type: ignore[arg-type]

    def take(self, cover: Cover, who: Person, now=T0 + HOUR) -> Cover:
        return take_cover(cover.id, person=who, by=actor(who), now=now)

    def on(self, moment) -> list[int]:
        return [one.person_id for one in on_call([self.watch.id], at=moment)[self.watch.id]]


@pytest.fixture
def desk(db) -> Desk:
    return Desk()


def told(who: Person) -> list[str]:
    return list(Notification.objects.filter(person=who).order_by("id").values_list("content__title", flat=True))


@pytest.mark.req("K1", "K2")
def test_a_week_in_business_hours_leaves_the_weekend_free(desk):
    """Bruno has the queue of the week, in his working hours: from Saturday 08:00 to Monday 08:00 he is free, on Monday at noon he is not."""
    schedule("Queue", desk.team, desk.bruno, hours="business")
    saturday = MONDAY + 5 * DAY + 8 * HOUR
    assert desk.bruno.id in who_could(desk.watch, saturday, saturday + 2 * DAY, but=desk.ada.id)
    assert desk.bruno.id not in who_could(desk.watch, saturday, saturday + 2 * DAY + 2 * HOUR, but=desk.ada.id)
    assert desk.bruno.id not in who_could(desk.watch, MONDAY + 12 * HOUR, MONDAY + 13 * HOUR, but=desk.ada.id)


@pytest.mark.req("K2")
def test_who_could_is_free_rested_and_not_away():
    day = ScheduleRule((layer([BRUNO], days="mon", start="08:00", length="12h"),))
    start, end = at("2026-03-03T06:00"), at("2026-03-03T18:00")
    watches = watches_around([day], start, end)
    assert could_cover(start, end, [ADA, BRUNO, CHEN], watches=watches, away={CHEN: [(start, start + HOUR)]}) == [ADA]
    later = start + HOUR  # exactly 11 hours after Bruno's watch ended at 20:00
    assert BRUNO in could_cover(later, end, [BRUNO], watches=watches_around([day], later, end), away={})
    assert BRUNO not in could_cover(start, end, [BRUNO], watches=watches, away={})
    by_day = ScheduleRule(day.layers, hours="business")
    assert BRUNO in could_cover(start, end, [BRUNO], watches=watches_around([by_day], start, end), away={})


@pytest.mark.req("K2")
def test_everybody_who_could_is_asked_and_nothing_changes(desk):
    busy = schedule("Backup", desk.team, desk.chen)
    TimeOff.objects.create(person=desk.dana, start=MONDAY + DAY, end=MONDAY + 2 * DAY)
    cover = desk.ask()
    assert cover.asked == [desk.bruno.id]
    assert (cover.start, cover.end) == (MONDAY, MONDAY + 7 * DAY)
    assert told(desk.bruno) == ["Ada asks for cover: the first who takes it has it"]
    for nobody in (desk.ada, desk.chen, desk.dana, desk.vera):
        assert told(nobody) == []
    assert list(covers_for(desk.bruno, now=T0)) == [cover]
    assert desk.on(MONDAY) == [desk.ada.id]
    assert Record.objects.get().action == "cover.ask"
    with pytest.raises(AlreadyDone, match="asked for already"):
        desk.ask()
    Layer.objects.filter(schedule=busy).update(order=[[desk.bruno.id]])
    with pytest.raises(Refused, match="is not free then"):
        desk.take(cover, desk.bruno)


@pytest.mark.req("K2")
def test_the_first_taker_has_it_and_the_others_are_told(desk):
    cover = desk.ask()
    desk.take(cover, desk.chen)
    assert desk.on(MONDAY) == [desk.chen.id]
    assert told(desk.chen)[-1] == told(desk.ada)[-1] == "Your watches changed"
    for other in (desk.bruno, desk.dana):
        assert told(other)[-1] == "Chen covers for Ada: nothing is asked of you"
    with pytest.raises(AlreadyDone, match="Chen was first and has that watch"):
        desk.take(cover, desk.bruno)
    record = Record.objects.get(action="cover.take")
    assert (record.actor, record.detail["taker"], record.detail["override"]) == ("chen", "chen", Override.objects.get().id)
    assert Record.objects.count() == 2


def test_one_that_runs_is_taken_from_now_on(desk):
    cover = desk.ask()
    desk.take(cover, desk.bruno, now=MONDAY + DAY)
    assert desk.on(MONDAY + HOUR) == [desk.ada.id]
    assert desk.on(MONDAY + DAY) == [desk.bruno.id]


def test_what_is_refused_is_said_in_a_sentence(desk):
    with pytest.raises(NotAllowed, match="Bruno has no watch on Watch then"):
        desk.ask(person=desk.bruno)
    cover = desk.ask()
    with pytest.raises(NotAllowed, match="your own request"):
        desk.take(cover, desk.ada)
    for who in (desk.vera, person("charlie")):
        with pytest.raises(NotAllowed, match="is not in SecOps"):
            desk.take(cover, who)
    with pytest.raises(NotAllowed, match="Ada asked for it"):
        withdraw_cover(cover.id, person=desk.bruno, by=actor(desk.bruno), now=T0)
    add_override(desk.watch, Change("take", desk.dana, MONDAY, MONDAY + HOUR), by=actor(desk.dana), now=T0)
    with pytest.raises(Refused, match="was changed meanwhile"):
        desk.take(cover, desk.bruno)
    withdraw_cover(cover.id, person=desk.ada, by=actor(desk.ada), now=T0)
    assert told(desk.bruno)[-1] == "Ada asks for cover no more"
    with pytest.raises(AlreadyDone, match="withdrawn already"):
        desk.take(cover, desk.bruno)


def test_nobody_who_could_is_said_at_once(desk):
    Membership.objects.exclude(person=desk.ada).delete()
    with pytest.raises(Refused, match="Nobody of SecOps is free then"):
        desk.ask()
    assert not Cover.objects.exists()


def test_it_is_over_with_the_watch(desk):
    cover = desk.ask()
    assert expire_covers(now=cover.end - HOUR) == 0
    assert cover_object(cover, now=cover.end)["state"] == "expired"
    with pytest.raises(Refused, match="That watch is over"):
        desk.take(cover, desk.bruno, now=cover.end)
    assert expire_covers(now=cover.end) == 1
    assert Record.objects.get(action="cover.expire").actor == "engine"


def test_the_database_refuses_a_taken_one_without_its_override(desk):
    cover = desk.ask()
    with pytest.raises(IntegrityError, match="cover_state"), transaction.atomic():
        Cover.objects.filter(id=cover.id).update(state="taken")


@pytest.mark.database
@pytest.mark.req("K2")
def test_two_who_take_it_in_the_same_moment_one_has_it(django_db_setup, django_db_blocker):
    together = threading.Barrier(2)

    def take(desk: Desk, cover: Cover, who: Person) -> str:
        with django_db_blocker.unblock():
            try:
                together.wait(10)
                desk.take(cover, who)
            except Refused as error:
                return error.message
            finally:
                connection.close()
        return "taken"

    with committed(django_db_blocker), ThreadPoolExecutor(2) as pool:
        desk = Desk()
        cover = desk.ask()
        jobs = [pool.submit(take, desk, cover, who) for who in (desk.bruno, desk.chen)]
        refused, taken = sorted(job.result(timeout=60) for job in jobs)
        assert taken == "taken"
        assert "was first and has that watch" in refused
        assert Override.objects.count() == Record.objects.filter(action="cover.take").count() == 1
