"""Two incidents become one while one of them is offered, or was handed over: nobody is left with an offer of what is over, and nothing moves."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import HOUR, MIN, T0, actor
from tests.handoff.offers import accept, offer, state
from tests.response.desk import Desk
from watchbill.handoff.actions.looking import look_at_handoffs
from watchbill.handoff.models import Handoff
from watchbill.incidents.models import Incident, Tenure
from watchbill.intake.actions import merge
from watchbill.kernel.errors import Refused
from watchbill.people.models import Person

NOON = T0 + 2 * HOUR


def two(desk: Desk) -> tuple[Incident, Incident]:
    """Ada has one, Chen the other."""
    one, other = desk.open("disk full"), desk.open("no space left")
    desk.acknowledge(one, desk.ada, T0 + MIN)
    desk.acknowledge(other, desk.chen, T0 + MIN)
    desk.deliver()
    return one, other


def merged(gone: Incident, stays: Incident, who: Person, now: dt.datetime = NOON) -> None:
    merge(gone.number, stays.number, person=who, actor=actor(who), now=now)


def owners(incident: Incident) -> list[str]:
    return list(Tenure.objects.filter(incident=incident, role="owner", until=None).values_list("person__handle", flat=True))


@pytest.mark.req("G20", "G26")
def test_what_is_offered_and_merged_away_is_offered_no_more_and_both_hear_why(desk: Desk) -> None:
    gone, stays = two(desk)
    made = offer(gone, desk.ada, desk.bruno, now=T0 + HOUR)
    desk.deliver()
    merged(gone, stays, desk.chen)
    with pytest.raises(Refused):
        accept(made, desk.bruno, now=NOON + MIN)
    look_at_handoffs(now=NOON + MIN)
    assert state(made) == "expired"
    told = [(who, why) for who, why in desk.waiting("status") if f"merged into #{stays.number}" in why]
    assert sorted(who for who, _ in told) == ["ada", "bruno"]
    assert (desk.hold(stays), owners(stays), owners(gone)) == (("chen", "chen"), ["chen"], [])
    assert {each.person.handle for each in stays.participants.all()} == {"ada"}


@pytest.mark.req("G20", "G26")
def test_an_offer_of_the_one_that_stays_is_accepted_as_before(desk: Desk) -> None:
    gone, stays = two(desk)
    made = offer(stays, desk.chen, desk.bruno, now=T0 + HOUR, kind="permanent")
    merged(gone, stays, desk.ada)
    look_at_handoffs(now=NOON)
    assert (state(made), desk.hold(stays)) == ("offered", ("chen", "chen"))
    accept(made, desk.bruno, now=NOON + MIN)
    assert (desk.hold(stays), owners(stays)) == (("bruno", "bruno"), ["bruno"])


@pytest.mark.req("G20", "G27")
def test_a_break_that_was_accepted_returns_only_where_it_goes_on(desk: Desk) -> None:
    gone, stays = two(desk)
    for incident, giver in ((gone, desk.ada), (stays, desk.chen)):
        made = offer(incident, giver, desk.bruno, now=T0 + HOUR, kind="break", returns_at=NOON + HOUR)
        accept(made, desk.bruno, now=T0 + HOUR + MIN)
    merged(gone, stays, desk.ada)
    assert (desk.hold(stays), owners(stays)) == (("chen", "bruno"), ["chen"])
    look_at_handoffs(now=NOON + HOUR)
    (back,) = Handoff.objects.filter(state="offered")
    assert (back.incident, back.receiver) == (stays, desk.chen)
    accept(back, desk.chen, now=NOON + HOUR + MIN)
    assert (desk.hold(stays), owners(stays), owners(gone)) == (("chen", "chen"), ["chen"], [])


def test_a_page_about_an_offer_ends_with_the_merge(desk: Desk) -> None:
    gone, stays = two(desk)
    made = offer(gone, desk.ada, desk.bruno, now=T0 + HOUR, kind="permanent")
    for minutes in range(26):
        look_at_handoffs(now=T0 + HOUR + minutes * MIN)
    assert desk.page(gone, "handoff").status == "triggered"
    merged(gone, stays, desk.chen)
    assert desk.page(gone, "handoff").status == "resolved"
    assert desk.tick(NOON + HOUR) == []
    look_at_handoffs(now=NOON + HOUR)
    assert state(made) == "expired"
