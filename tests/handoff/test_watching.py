"""Nobody looks, or nothing moves: whoever can change it hears of it, once."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import DAY, HOUR, MIN, SEC, T0, actor
from tests.handoff.offers import accept, offer
from tests.handoff.test_answering import owned
from tests.handoff.test_keeping import END, daily, keep
from tests.response.desk import Desk
from watchbill.handoff.actions.watching import watch_over
from watchbill.handoff.rules import GRACE, STALE, STALLED, Standing, is_stalled, nobody_looks
from watchbill.incidents.models import Incident
from watchbill.people.absences import add_time_off

__all__ = ["daily"]
ADA, BRUNO = 1, 2


def standing(desk: str = "paged", severity: str = "high", **more: frozenset[int]) -> Standing:
    return Standing(desk, severity, ADA, BRUNO, T0, **more)


@pytest.mark.req("G23")
def test_a_paged_desk_needs_somebody_on_duty() -> None:
    late = T0 + GRACE
    assert nobody_looks(standing(), now=late - SEC) == ""
    assert nobody_looks(standing(), now=late) == "off duty"
    assert nobody_looks(standing(on_duty=frozenset({BRUNO})), now=late) == ""
    assert nobody_looks(standing(kept=frozenset({ADA})), now=late) == ""


@pytest.mark.req("G22", "K5", "K6")
def test_a_queue_desk_needs_an_owner_who_is_there_and_speaks() -> None:
    away = standing("queue", away=frozenset({ADA, BRUNO}))
    assert nobody_looks(away, now=T0 + MIN) == "away"
    assert nobody_looks(standing("queue", away=frozenset({ADA})), now=T0 + MIN) == ""  # Bruno acts
    for severity, after in STALE.items():
        assert nobody_looks(standing("queue", severity), now=T0 + after - SEC) == ""
        assert nobody_looks(standing("queue", severity), now=T0 + after) == "silent"
    assert nobody_looks(standing("queue", "low"), now=T0 + 400 * DAY) == ""


@pytest.mark.req("G22")
def test_nothing_moves_while_its_owner_is_on_duty() -> None:
    both = {"on_duty": frozenset({ADA}), "on_duty_since": frozenset({ADA})}
    for severity, after in STALLED.items():
        assert not is_stalled(standing(severity=severity, **both), now=T0 + after - SEC)
        assert is_stalled(standing(severity=severity, **both), now=T0 + after)
        assert not is_stalled(standing(severity=severity, on_duty=frozenset({ADA})), now=T0 + after)  # the watch began since


def told(desk: Desk, at: dt.datetime) -> list[str]:
    watch_over(now=at)
    who = [each for each, _ in desk.waiting("status")]
    desk.deliver()
    return sorted(who)


@pytest.mark.req("G23", "H7")
def test_the_owner_went_off_duty_and_nobody_acts(daily: Desk) -> None:
    desk, incident = daily, owned(daily)
    desk.act("note", incident, desk.ada, "still at it", now=END - 5 * MIN)
    desk.deliver()
    assert told(desk, END + 9 * MIN) == []  # a word a quarter of an hour ago
    assert told(desk, END + 10 * MIN) == ["ada", "chen", "grace", "hugo"]
    assert told(desk, END + 11 * MIN) == []  # once
    assert desk.story(incident, "unwatched") == [f"Nobody is looking at it: Ada has #{incident.number}, and nobody of them is on duty."]
    assert [who for who, _ in desk.audited(incident, "incident.unwatched")] == ["engine"]


def test_who_keeps_it_or_took_it_over_looks(daily: Desk) -> None:
    desk = daily
    one, two = owned(desk), owned(desk)
    keep(desk, one.number, END + 3 * HOUR, END - 10 * MIN)
    accept(offer(two, desk.ada, desk.chen, now=END - 10 * MIN), desk.chen, now=END - 9 * MIN)
    desk.deliver()
    assert told(desk, END + HOUR) == []
    assert told(desk, END + 4 * HOUR) != []  # what was kept, and in both nothing moves


@pytest.mark.req("G22")
def test_the_owner_is_asked_what_is_next_once_in_a_silence(desk: Desk) -> None:
    incident = owned(desk, severity="critical")
    desk.deliver()
    assert told(desk, T0 + HOUR) == []
    assert told(desk, T0 + HOUR + MIN) == ["ada"]
    assert told(desk, T0 + 2 * HOUR) == []
    desk.act("note", incident, desk.ada, "looking at logs", now=T0 + 2 * HOUR)
    desk.deliver()
    assert told(desk, T0 + 3 * HOUR) == ["ada"]
    desk.act("snooze", incident, desk.ada, T0 + 20 * HOUR, "waits for a part", now=T0 + 3 * HOUR)
    desk.deliver()
    assert told(desk, T0 + 5 * HOUR) == []  # it sleeps by its owner's wish


@pytest.mark.req("H7")
def test_of_a_queue_whoever_is_away(desk: Desk) -> None:
    desk.team.desk = "queue"
    desk.team.save()
    incident = owned(desk)
    add_time_off(desk.ada, T0 + HOUR, T0 + 3 * DAY, by=actor(desk.ada), now=T0)
    desk.deliver()
    assert "grace" in told(desk, T0 + HOUR + MIN)
    assert "and away" in desk.story(incident, "unwatched")[0]


@pytest.mark.req("R8")
def test_of_a_restricted_one_only_who_may_know_hears(daily: Desk) -> None:
    desk = daily
    owned(desk, service=desk.secret)
    assert told(desk, END + HOUR) == ["ada"]


def test_the_look_costs_the_same_however_many_are_open(daily: Desk, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    desk = daily
    for _ in range(5):
        owned(desk)
    with django_assert_max_num_queries(20):
        watch_over(now=T0 + HOUR)
    assert Incident.objects.filter(status="acknowledged").count() == 5
