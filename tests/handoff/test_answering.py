"""Offered, read back, accepted: nothing moves before, and everybody whom it concerns is told."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories import HOUR, MIN, T0, actor
from tests.handoff.offers import WORDS, accept, answer, offer, state
from tests.response.desk import Desk
from watchbill.handoff import actions
from watchbill.handoff.models import Handoff
from watchbill.handoff.rules import Words
from watchbill.handoff.selectors import by_id, describe, offered_to
from watchbill.incidents.models import Incident
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Team
from watchbill.people.selectors import viewer_of
from watchbill.response.selectors import describe as describe_incident


def owned(desk: Desk, **more: Any) -> Incident:
    """Ada has it, and what waited to be sent is sent."""
    incident = desk.open(**more)
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.deliver()
    return incident


@pytest.mark.req("G26", "K41", "H1")
def test_an_offer_moves_nothing_and_asks_the_receiver(desk: Desk) -> None:
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=T0 + HOUR)
    assert desk.hold(incident) == ("ada", "ada")
    ((who, why),) = desk.waiting("handoff")
    assert who == "bruno"
    assert why.startswith("Ada hands it to you (end of the watch)")
    assert describe_incident(viewer_of(desk.chen), incident)["handoff"]["id"] == made.id
    assert [each.id for each in offered_to(viewer_of(desk.bruno))] == [made.id]
    assert "Nothing moves before Bruno accepts." in desk.story(incident, "handoff_offered")[0]
    assert [who for who, _ in desk.audited(incident, "handoff.offer")] == ["ada"]


@pytest.mark.req("G20", "G26", "K41", "H2")
@pytest.mark.parametrize(
    ("ownership", "kind", "after"),
    [("acker", "shift", ("ada", "bruno")), ("acker", "permanent", ("bruno", "bruno")), ("on_call", "shift", ("bruno", "bruno"))],
)
def test_what_the_kind_moves_moves_at_accept(desk: Desk, ownership: str, kind: str, after: tuple[str, str]) -> None:
    Team.objects.filter(pk=desk.team.pk).update(ownership=ownership)
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=T0 + HOUR, kind=kind)
    accept(made, desk.bruno, now=T0 + HOUR + MIN)
    assert desk.hold(incident) == after
    assert state(made) == "accepted"
    assert desk.waiting("handoff") == []  # nobody is asked any more
    assert ("ada", f"Bruno accepted the hand-off. {_who(after)}.") in desk.waiting("status")
    row = incident.tenures.get(role="acting", until=None)
    assert (row.person, row.since) == (desk.bruno, T0 + HOUR + MIN)
    assert "Read back: Disk full; I look for what writes." in desk.story(incident, "handed_over")[0]
    assert describe_incident(viewer_of(desk.chen), incident)["handoff"] is None


def _who(after: tuple[str, str]) -> str:
    owner, acting = (each.title() for each in after)
    return f"{owner} has #1" if owner == acting else f"{owner} owns #1, {acting} works on it"


@pytest.fixture(autouse=True)
def _numbers_from_one(request: pytest.FixtureRequest) -> None:
    if "desk" in request.fixturenames:
        request.getfixturevalue("desk")
        with connection.cursor() as cursor:
            cursor.execute("ALTER SEQUENCE incident_number RESTART")


@pytest.mark.req("G28", "H4")
def test_what_is_missing_is_refused_part_by_part_and_nothing_is_stored(desk: Desk) -> None:
    incident = owned(desk)
    with pytest.raises(Invalid) as refused:
        offer(incident, desk.ada, desk.bruno, words=Words(), now=T0 + HOUR)
    assert [each["field"] for each in refused.value.details["missing"]] == ["summary", "next_steps", "engaged"]
    assert not Handoff.objects.exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "loan"}, "kind"),
        ({"returns_at": T0 + 2 * HOUR}, "returns_at"),  # only a break returns
        ({"kind": "break", "returns_at": T0}, "returns_at"),
        ({"kind": "break", "returns_at": T0 + 9 * 24 * HOUR}, "returns_at"),
        ({"words": replace(WORDS, summary="x" * 20_001)}, "summary"),
        ({"words": replace(WORDS, related=("x",) * 51)}, "related"),
    ],
)
def test_what_cannot_be_meant_is_refused(desk: Desk, more: dict[str, Any], field: str) -> None:
    incident = owned(desk)
    with pytest.raises(Invalid) as refused:
        offer(incident, desk.ada, desk.bruno, now=T0 + HOUR, **more)
    assert refused.value.details["field"] == field


def test_only_whoever_has_it_offers_it_and_once(desk: Desk) -> None:
    incident = desk.open()
    with pytest.raises(NotAllowed, match="Nobody has"):
        offer(incident, desk.ada, desk.bruno, now=T0)
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    with pytest.raises(NotAllowed, match="Ada has"):
        offer(incident, desk.chen, desk.bruno, now=T0 + HOUR)
    offer(incident, desk.ada, desk.bruno, now=T0 + HOUR)
    with pytest.raises(Refused, match="offered to Bruno already"):
        offer(incident, desk.ada, desk.chen, now=T0 + HOUR)
    desk.act("resolve", incident, desk.ada, now=T0 + 2 * HOUR)
    with pytest.raises(Refused, match="resolved"):
        offer(incident, desk.ada, desk.chen, now=T0 + 2 * HOUR)


@pytest.mark.req("K41")
def test_only_the_receiver_answers_and_with_words_of_their_own(desk: Desk) -> None:
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=T0 + HOUR)
    for who in (desk.ada, desk.chen, desk.grace):
        with pytest.raises(NotAllowed, match="Only Bruno"):
            accept(made, who, now=T0 + HOUR)
    with pytest.raises(Invalid, match="Read it back"):
        accept(made, desk.bruno, now=T0 + HOUR, readback=" \n ")
    with pytest.raises(Invalid, match="Say why"):
        answer("decline", made, desk.bruno, " ", now=T0 + HOUR)
    with pytest.raises(NotAllowed, match="Only Ada"):
        answer("withdraw", made, desk.bruno, now=T0 + HOUR)
    assert desk.hold(incident) == ("ada", "ada")


@pytest.mark.req("K41", "H3")
@pytest.mark.parametrize(
    ("act", "who", "args", "told", "why"),
    [
        ("decline", "bruno", ("I am in a plane",), "ada", "Bruno declined the hand-off, it is still yours: I am in a plane"),
        ("withdraw", "ada", (), "bruno", "Ada withdrew the hand-off: nothing is asked of you."),
    ],
)
def test_declined_or_withdrawn_the_owner_stays_and_the_other_is_told(
    desk: Desk, act: str, who: str, args: tuple[str, ...], told: str, why: str
) -> None:
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=T0 + HOUR)
    answer(act, made, getattr(desk, who), *args, now=T0 + HOUR + MIN)
    assert desk.hold(incident) == ("ada", "ada")
    assert (told, why) in desk.waiting("status")
    assert desk.waiting("handoff") == []
    with pytest.raises(AlreadyDone, match=f"was {state(made)}"):
        accept(made, desk.bruno, now=T0 + HOUR + 2 * MIN)
    offer(incident, desk.ada, desk.chen, now=T0 + 2 * HOUR)  # to somebody else


def test_the_receiver_asks_and_the_giver_answers(desk: Desk) -> None:
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=T0 + HOUR)
    desk.deliver()
    question = answer("ask", made, desk.bruno, "Which rack?", now=T0 + HOUR + MIN)
    assert desk.waiting("handoff") == [("ada", "Bruno asks about the hand-off: Which rack?")]
    desk.deliver()
    with pytest.raises(NotAllowed):
        actions.reply(question.id, "B7", person=desk.bruno, actor=actor(desk.bruno), now=T0 + HOUR + 2 * MIN)
    actions.reply(question.id, "B7", person=desk.ada, actor=actor(desk.ada), now=T0 + HOUR + 2 * MIN)
    assert desk.waiting("handoff") == [("bruno", "Ada answers: B7")]
    said = describe(by_id(viewer_of(desk.bruno), made.id))["questions"]
    assert said == [{"by": {"handle": "bruno", "name": "Bruno"}, "text": "Which rack?", "answer": "B7"}]


def test_somebody_who_has_it_no_more_cannot_give_it(desk: Desk) -> None:
    """Ada was silent, Chen took over for good while her offer stood."""
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=T0 + HOUR)
    Incident.objects.filter(pk=incident.pk).update(owner=desk.chen, acting=desk.chen)
    with pytest.raises(Refused, match="Ada has #1 no more"):
        accept(made, desk.bruno, now=T0 + HOUR)


@pytest.mark.req("G27")
def test_a_break_returns_by_an_offer_of_its_own(desk: Desk) -> None:
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=T0 + HOUR, kind="break", returns_at=T0 + 2 * HOUR)
    accept(made, desk.bruno, now=T0 + HOUR)
    assert desk.hold(incident) == ("ada", "bruno")
    back = answer("come_back", made, desk.ada, now=T0 + HOUR + 30 * MIN)
    assert (back.giver, back.receiver, back.summary) == (desk.bruno, desk.ada, WORDS.summary)
    assert desk.hold(incident) == ("ada", "bruno")  # until she has read it
    accept(back, desk.ada, now=T0 + HOUR + 31 * MIN)
    assert desk.hold(incident) == ("ada", "ada")
    assert incident.tenures.get(role="acting", until=None).reason == "back from a break"
    with pytest.raises(Refused, match="nothing to give back"):
        answer("come_back", made, desk.bruno, now=T0 + 2 * HOUR)


@pytest.mark.req("R8")
def test_of_a_restricted_incident_nobody_else_learns_and_the_offer_lets_in(desk: Desk) -> None:
    incident = owned(desk, title="the salamander is out", service=desk.secret)
    made = offer(incident, desk.ada, desk.chen, now=T0 + HOUR)
    assert desk.sees(desk.chen, incident)  # naming gives access, audited
    assert {"person": desk.chen.id, "reason": "named"} in [detail for _, detail in desk.audited(incident, "access.grant")]
    ((who, why),) = desk.waiting("handoff")
    assert (who, why) == ("chen", "It is restricted; open it to read more.")
    for outsider in (desk.charlie, desk.bruno, desk.root):
        with pytest.raises(NotFound) as hidden:
            answer("decline", made, outsider, "no", now=T0 + HOUR)
        with pytest.raises(NotFound) as absent:
            actions.decline(made.id + 1000, "no", person=outsider, actor=actor(outsider), now=T0 + HOUR)
        assert hidden.value.message.replace(str(made.id), "N") == absent.value.message.replace(str(made.id + 1000), "N")
        with pytest.raises(NotFound):
            by_id(viewer_of(outsider), made.id)
    accept(made, desk.chen, now=T0 + HOUR)


def test_what_is_over_does_not_change_in_the_database(desk: Desk) -> None:
    made = offer(owned(desk), desk.ada, desk.bruno, now=T0 + HOUR)
    accept(made, desk.bruno, now=T0 + HOUR)
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        Handoff.objects.filter(pk=made.pk).update(readback="something else")


@pytest.mark.database
def test_two_accepts_at_once_make_one(committed: Desk) -> None:
    desk = committed
    incident = owned(desk)
    made = offer(incident, desk.ada, desk.bruno, now=T0 + HOUR)
    ends: list[str] = []
    gate = Barrier(3)

    def press(name: str) -> None:
        gate.wait()
        try:
            if name == "accept":
                accept(made, desk.bruno, now=T0 + HOUR)
            else:
                answer("withdraw", made, desk.ada, now=T0 + HOUR)
            ends.append(name)
        except (AlreadyDone, Refused):
            ends.append("late")
        finally:
            connection.close()

    threads = [Thread(target=press, args=(name,)) for name in ("accept", "accept", "withdraw")]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert len(ends) == 3
    assert ends.count("late") == 2
    assert desk.hold(incident) == ("ada", "bruno" if "accept" in ends else "ada")
    assert state(made) == ("accepted" if "accept" in ends else "withdrawn")
    assert incident.tenures.filter(role="acting", until=None).count() == 1
