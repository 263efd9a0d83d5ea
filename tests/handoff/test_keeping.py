"""The end of a watch: each open incident is kept or handed over, and silence reaches the manager."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.factories import HOUR, MIN, actor
from tests.handoff.offers import WORDS, offer
from tests.handoff.test_answering import owned
from tests.response.desk import Desk
from watchbill.handoff import actions
from watchbill.handoff.actions.keeping import look_at_endings
from watchbill.handoff.models import Handoff
from watchbill.handoff.selectors.ending import to_settle
from watchbill.kernel.errors import Invalid, NotAllowed
from watchbill.people.models import Team
from watchbill.people.selectors import viewer_of
from watchbill.schedules.models import Layer, Schedule

END = dt.datetime(2026, 3, 3, 9, 0, tzinfo=dt.UTC)  # of Ada's watch, which Chen has from then on


@pytest.fixture
def daily(desk: Desk) -> Desk:
    """Ada's watch ends tomorrow at 09:00."""
    Layer.objects.filter(schedule=desk.watch).update(
        order=[[desk.ada.id], [desk.chen.id]],
        days=["mon", "tue"],
        start=dt.time(9, 0),
        length="1d",
        turn="1 shift",
        starting=dt.date(2026, 3, 2),
    )
    return desk


def asked(desk: Desk, at: dt.datetime) -> list[str]:
    look_at_endings(now=at)
    who = [each for each, _ in desk.waiting("handoff")]
    desk.deliver()
    return sorted(who)


def left(desk: Desk, at: dt.datetime) -> list[int]:
    return [incident.number for incident, _ in to_settle(viewer_of(desk.ada), now=at)]


def keep(desk: Desk, number: int, until: dt.datetime | None, at: dt.datetime, who: Any = None) -> Any:
    person = who or desk.ada
    return actions.keep(number, until, person=person, actor=actor(person), now=at)


@pytest.mark.req("K37", "G26", "H6")
def test_an_hour_and_half_an_hour_before_it_is_asked_and_then_the_managers_hear(daily: Desk) -> None:
    desk, incident = daily, owned(daily)
    assert asked(desk, END - 61 * MIN) == []
    assert asked(desk, END - HOUR) == ["ada"]
    assert asked(desk, END - 50 * MIN) == []
    assert asked(desk, END - 29 * MIN) == ["ada"]
    assert asked(desk, END + MIN) == []
    assert asked(desk, END + 5 * MIN) == ["grace", "hugo"]
    assert asked(desk, END + 6 * MIN) == []
    assert desk.story(incident, "unsettled") == ["The watch of Ada ended, and they neither kept it nor handed it over."]
    assert desk.hold(incident) == ("ada", "ada")


@pytest.mark.req("K37")
def test_what_is_kept_or_offered_is_settled(daily: Desk) -> None:
    desk = daily
    one, two = owned(desk), owned(desk)
    assert left(desk, END - HOUR) == [one.number, two.number]
    keep(desk, one.number, END + 3 * HOUR, END - 50 * MIN)
    offer(two, desk.ada, desk.chen, now=END - 50 * MIN)
    desk.deliver()
    assert left(desk, END - 49 * MIN) == []
    assert asked(desk, END - 29 * MIN) == []
    assert desk.story(one, "kept") == ["Ada keeps it beyond the watch until 12:00 UTC, 03 March."]


@pytest.mark.req("K37")
def test_on_a_paged_desk_until_when_and_then_it_is_asked_again(daily: Desk) -> None:
    desk, incident = daily, owned(daily)
    for until in (None, END - 2 * HOUR, END + 9 * 24 * HOUR):
        with pytest.raises(Invalid):
            keep(desk, incident.number, until, END - HOUR)
    with pytest.raises(NotAllowed, match="Ada has"):
        keep(desk, incident.number, END + HOUR, END - HOUR, desk.chen)
    keep(desk, incident.number, END + HOUR, END - HOUR)
    desk.deliver()
    look_at_endings(now=END + HOUR)
    assert [who for who, why in desk.waiting("status") if "Keep it on" in why] == ["ada"]
    desk.deliver()
    look_at_endings(now=END + HOUR + MIN)
    assert not [who for who, why in desk.waiting("status") if "Keep it on" in why]


def test_on_a_queue_desk_keeping_needs_no_end(daily: Desk) -> None:
    desk, incident = daily, owned(daily)
    Team.objects.filter(pk=desk.team.pk).update(desk="queue")
    keep(desk, incident.number, None, END - 30 * MIN)
    assert left(desk, END - 20 * MIN) == []


@pytest.mark.req("G26", "K37")
def test_one_document_for_the_whole_watch_or_none_of_it(daily: Desk) -> None:
    desk = daily
    one, two = owned(desk), owned(desk)
    by: dict[str, Any] = {"person": desk.ada, "actor": actor(desk.ada), "now": END - HOUR}
    wanted = {each.number: actions.Wanted(desk.chen, WORDS) for each in (two, one)}
    with pytest.raises(Invalid):
        actions.offer_all({**wanted, two.number: actions.Wanted(desk.chen, WORDS, kind="loan")}, **by)
    assert not Handoff.objects.exists()
    made = actions.offer_all(wanted, **by)
    assert [each.incident_id for each in made] == [one.id, two.id]
    assert len({each.batch for each in made}) == 1


def test_the_questions_cost_the_same_however_many_are_open(daily: Desk, django_assert_max_num_queries: Any) -> None:
    desk = daily
    for _ in range(4):
        owned(desk)
    Schedule.objects.filter(pk=desk.managers.pk).update(is_active=True)
    with django_assert_max_num_queries(12):
        to_settle(viewer_of(desk.ada), now=END - HOUR)
