"""Notes, severity, bulk."""

from __future__ import annotations

import pytest

from tests.factories import HOUR, MIN, T0, actor
from tests.response.desk import Desk
from watchbill.incidents.models import Incident
from watchbill.kernel.errors import Invalid, NotAllowed
from watchbill.notifications.models import Notification
from watchbill.paging.models import Page
from watchbill.response import actions


@pytest.mark.req("G17")
@pytest.mark.parametrize("kind", ["finding", "decision", "question", "improvement"])
def test_a_note_is_a_human_word_of_its_kind(desk: Desk, kind: str) -> None:
    incident = desk.open()
    desk.act("note", incident, desk.bruno, " logs are\x00 full ", kind, now=T0 + MIN)
    line = incident.timeline.get(kind="note")
    assert (line.text, line.data["kind"], line.actor_id) == ("logs are full", kind, desk.bruno.id)
    assert Incident.objects.get(pk=incident.pk).word_at == T0 + MIN
    assert desk.hold(incident) == (None, None)


@pytest.mark.parametrize(
    ("text", "kind", "says"), [(" \x00", "finding", "empty"), ("x" * 20_001, "finding", "20000"), ("x", "rant", "it can be")]
)
def test_a_note_that_cannot_be_kept_says_why(desk: Desk, text: str, kind: str, says: str) -> None:
    incident = desk.open()
    with pytest.raises(Invalid, match=says):
        desk.act("note", incident, desk.ada, text, kind, now=T0 + MIN)
    assert not incident.timeline.filter(kind="note").exists()


def test_a_resolved_incident_still_takes_notes(desk: Desk) -> None:
    incident = desk.open()
    desk.act("resolve", incident, desk.ada, now=T0 + MIN)
    assert desk.act("note", incident, desk.ada, "cause: logs", "improvement", now=T0 + HOUR).won


@pytest.mark.req("G42")
def test_raising_needs_no_reason_tells_the_owner_and_pages_the_manager_when_it_means_high_impact(desk: Desk) -> None:
    incident = desk.open(severity="medium")
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.deliver()
    desk.act("set_severity", incident, desk.bruno, "high", now=T0 + 2 * MIN)
    assert desk.waiting("status") == [("ada", "Bruno raised the severity from medium to high.")]
    assert Page.objects.filter(incident=incident, purpose="coordinate").count() == 0
    desk.act("set_severity", incident, desk.ada, "critical", now=T0 + 3 * MIN)
    assert desk.tick(T0 + 3 * MIN) == ["hugo"]
    desk.act("set_severity", incident, desk.ada, "high", "smaller than feared", now=T0 + 4 * MIN)
    desk.act("set_severity", incident, desk.ada, "critical", now=T0 + 5 * MIN)
    assert Page.objects.filter(incident=incident, purpose="coordinate").count() == 1  # once


@pytest.mark.req("P23")
def test_a_page_that_waits_quietly_is_heard_when_the_severity_is_raised(desk: Desk) -> None:
    desk.service.urgency = {"low": "low"}
    desk.service.save()
    incident = desk.open(severity="low")
    assert desk.page(incident).urgency == "low"
    desk.act("set_severity", incident, desk.bruno, "high", now=T0 + 2 * MIN)
    assert desk.page(incident).urgency == "high"
    assert desk.deliver() == ["ada"]
    desk.acknowledge(incident, desk.ada, T0 + 3 * MIN)
    desk.act("set_severity", incident, desk.bruno, "critical", now=T0 + 4 * MIN)
    assert "ada" not in desk.deliver()  # she has it


def test_lowering_needs_a_reason(desk: Desk) -> None:
    incident = desk.open(severity="high")
    with pytest.raises(Invalid, match="reason"):
        desk.act("set_severity", incident, desk.ada, "low", now=T0 + MIN)
    assert Incident.objects.get(pk=incident.pk).severity == "high"
    desk.act("set_severity", incident, desk.ada, "low", "a test host", now=T0 + MIN)
    assert Incident.objects.get(pk=incident.pk).severity == "low"
    assert desk.story(incident, "severity") == ["Ada set it from high to low: a test host"]
    assert not desk.act("set_severity", incident, desk.ada, "low", now=T0 + MIN).won
    with pytest.raises(Invalid, match="it can be"):
        desk.act("set_severity", incident, desk.ada, "S1", now=T0 + MIN)


def test_a_person_of_another_team_may_not_write_on_it(desk: Desk) -> None:
    incident = desk.open()
    with pytest.raises(NotAllowed):
        desk.act("note", incident, desk.charlie, "hello", now=T0 + MIN)


@pytest.mark.req("P14")
def test_one_gesture_acknowledges_many_and_says_which_it_could_not(desk: Desk) -> None:
    mine, late, hidden = desk.open("one"), desk.open("two"), desk.open("three", service=desk.secret)
    desk.acknowledge(late, desk.ada, T0)
    numbers = [mine.number, late.number, hidden.number, mine.number, 999_999]
    outcomes = actions.bulk(numbers, "acknowledge", person=desk.bruno, actor=actor(desk.bruno), now=T0 + MIN)
    assert [(o.number, o.won) for o in outcomes] == [(mine.number, True), (late.number, False), (hidden.number, False), (999_999, False)]
    assert outcomes[2].message.replace(str(hidden.number), "N") == outcomes[3].message.replace("999999", "N")
    assert desk.hold(mine) == ("bruno", "bruno")
    assert desk.hold(hidden) == (None, None)
    resolved = actions.bulk([mine.number, late.number], "resolve", person=desk.bruno, actor=actor(desk.bruno), now=T0 + 2 * MIN)
    assert all(o.won for o in resolved)


def test_a_gesture_has_a_limit(desk: Desk) -> None:
    with pytest.raises(Invalid, match="200"):
        actions.bulk(range(1, 202), "resolve", person=desk.ada, actor=actor(desk.ada), now=T0)
    with pytest.raises(Invalid, match="acknowledge"):
        actions.bulk([1], "delete", person=desk.ada, actor=actor(desk.ada), now=T0)


@pytest.mark.req("P18")
def test_what_somebody_has_quietly_is_loud_from_the_raise_on(desk: Desk) -> None:
    desk.service.urgency = {"low": "low"}
    desk.service.save()
    incident = desk.open(severity="low")
    desk.acknowledge(incident, desk.ada, T0)
    desk.act("set_severity", incident, desk.ada, "high", now=T0 + MIN)
    assert desk.page(incident).urgency == "high"
    assert desk.tick(T0 + MIN + 4 * HOUR) == ["ada"]  # so its owner may not be silent for ever
    desk.act("escalate", incident, desk.bruno, now=T0 + 5 * HOUR)
    assert set(Notification.objects.filter(state="queued", kind="page").values_list("urgency", flat=True)) == {"high"}


def test_a_raise_while_the_manager_calls_leaves_the_pause_and_is_loud_afterwards(desk: Desk) -> None:
    desk.service.urgency = {"low": "low"}
    desk.service.save()
    incident = desk.open(severity="low")
    desk.act("manager_step", incident, desk.grace, "calling", now=T0 + MIN)
    desk.act("set_severity", incident, desk.grace, "high", now=T0 + 2 * MIN)
    assert (desk.page(incident).status, desk.page(incident).urgency) == ("paused", "high")
