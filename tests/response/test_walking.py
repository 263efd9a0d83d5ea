"""People steer a walk: sooner, later, to somebody else; the manager engages without owning."""

from __future__ import annotations

import pytest

from tests.factories import HOUR, MIN, T0, person
from tests.response.desk import Desk
from watchbill.incidents.models import Participant
from watchbill.kernel.errors import Invalid, NotAllowed, Refused
from watchbill.people.models import Membership
from watchbill.schedules.models import Override

# --- sooner -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("P6")
def test_escalating_pages_the_next_step_at_once(desk: Desk) -> None:
    incident = desk.open()
    desk.act("escalate", incident, desk.ada, now=T0 + MIN)
    assert desk.deliver() == ["grace", "ada"]
    assert desk.tick(T0 + 15 * MIN) == []  # the wait counts from the step that fired
    assert desk.tick(T0 + 16 * MIN) == ["bruno"]
    assert desk.story(incident, "escalated") == ["Ada escalated."]
    assert [who for who, _ in desk.audited(incident, "page.escalate")] == ["ada"]


@pytest.mark.req("P6", "P8")
def test_escalating_on_the_last_step_pages_the_last_resort(desk: Desk) -> None:
    incident = desk.open()
    for n in range(4):
        desk.act("escalate", incident, desk.ada, now=T0 + (n + 1) * MIN)
    assert desk.deliver()[-1] == "root"
    assert desk.page(incident).status == "exhausted"


def test_escalating_when_the_page_is_over_begins_a_new_one(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.bruno, T0 + MIN)
    desk.act("resolve_page", incident, desk.bruno, now=T0 + 2 * MIN)
    desk.act("escalate", incident, desk.bruno, now=T0 + HOUR)
    assert desk.tick(T0 + HOUR) == ["ada"]
    desk.acknowledge(incident, desk.ada, T0 + HOUR + MIN)
    assert desk.hold(incident) == ("bruno", "ada")


# --- later ------------------------------------------------------------------------------------------------------------------------------


def test_only_the_owner_snoozes_with_a_reason_and_at_most_a_day(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0)
    for until in (T0, T0 + 24 * HOUR + MIN):
        with pytest.raises(Invalid, match="24 hours"):
            desk.act("snooze", incident, desk.ada, until, "vendor", now=T0)
    with pytest.raises(Invalid, match="why"):
        desk.act("snooze", incident, desk.ada, T0 + HOUR, " ", now=T0)
    with pytest.raises(NotAllowed, match="Ada"):
        desk.act("snooze", incident, desk.bruno, T0 + HOUR, "vendor", now=T0)
    assert desk.act("snooze", incident, desk.ada, T0 + 24 * HOUR, "vendor", now=T0).won
    assert desk.page(incident).status == "paused"
    assert desk.tick(T0 + 24 * HOUR - MIN) == []
    assert desk.tick(T0 + 24 * HOUR) == ["ada"]  # reminded
    assert desk.page(incident).status == "acknowledged"
    assert desk.audited(incident, "page.snooze")[0][1]["reason"] == "vendor"


def test_what_nobody_has_cannot_be_snoozed(desk: Desk) -> None:
    incident = desk.open()
    with pytest.raises(NotAllowed, match="acknowledge it first"):
        desk.act("snooze", incident, desk.ada, T0 + HOUR, "later", now=T0)


# --- to somebody else --------------------------------------------------------------------------------------------------------------------


def test_reassigned_before_any_acknowledgement_the_person_is_paged_instead(desk: Desk) -> None:
    incident = desk.open()
    assert desk.act("assign", incident, desk.ada, desk.chen, now=T0 + MIN).won
    assert desk.deliver() == ["chen"]
    assert desk.hold(incident) == (None, None)
    assert desk.tick(T0 + 15 * MIN) == []
    assert desk.tick(T0 + 16 * MIN) == ["grace", "ada"]  # silent: the policy goes on


def test_after_the_acknowledgement_it_is_a_hand_off(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    with pytest.raises(Refused, match="hand-off"):
        desk.act("reassign", incident, desk.ada, desk.chen, now=T0 + 2 * MIN)
    assert not desk.act("reassign", incident, desk.bruno, desk.ada, now=T0 + 2 * MIN).won
    assert desk.hold(incident) == ("ada", "ada")


def test_a_closed_account_is_given_nothing(desk: Desk) -> None:
    gone = person("gone", is_active=False)
    incident = desk.open()
    with pytest.raises(Invalid, match="closed"):
        desk.act("assign", incident, desk.ada, gone, now=T0 + MIN)
    with pytest.raises(Invalid):
        desk.act("page_people", incident, desk.ada, [gone], "help", now=T0 + MIN)


def test_paging_somebody_besides_leaves_walk_and_owner_alone(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.deliver()
    desk.act("page_people", incident, desk.ada, [desk.charlie], "you know this host", now=T0 + 2 * MIN)
    assert desk.waiting() == [("charlie", "Ada asks: you know this host")]
    assert desk.page(incident).status == "acknowledged"
    assert desk.hold(incident) == ("ada", "ada")


@pytest.mark.req("G21", "G25")
def test_whoever_engages_is_a_participant_and_the_owner_stays(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.act("note", incident, desk.bruno, "I look at the logs", now=T0 + 2 * MIN)
    desk.act("set_severity", incident, desk.chen, "critical", now=T0 + 3 * MIN)
    assert set(Participant.objects.filter(incident=incident).values_list("person__handle", flat=True)) == {"bruno", "chen"}
    assert desk.hold(incident) == ("ada", "ada")


# --- the manager's step --------------------------------------------------------------------------------------------------------------------


def manager(desk: Desk, act: str, incident: object, now: object, who: object = None) -> object:
    return desk.act("manager_step", incident, who or desk.grace, act, now=now)  # type: ignore[arg-type]


@pytest.mark.req("P24", "G39")
def test_i_am_calling_holds_the_walk_for_15_minutes_and_makes_no_owner(desk: Desk) -> None:
    incident = desk.open()
    desk.tick(T0 + 15 * MIN)
    manager(desk, "calling", incident, T0 + 20 * MIN)
    assert desk.page(incident).status == "paused"
    assert desk.hold(incident) == (None, None)
    assert desk.status(incident) == "triggered"
    assert desk.tick(T0 + 34 * MIN) == []
    assert desk.tick(T0 + 35 * MIN) == []  # goes on where it stood: 10 minutes were left
    assert desk.tick(T0 + 45 * MIN) == ["bruno"]
    assert desk.story(incident, "calling") == ["Grace is calling. The page waits for 15 minutes; nobody owns it yet."]
    assert [who for who, _ in desk.audited(incident, "page.pause")] == ["grace"]


@pytest.mark.req("P24", "G40")
def test_the_backup_is_paged_at_once_while_the_walk_waits(desk: Desk) -> None:
    incident = desk.open()
    desk.tick(T0 + 15 * MIN)
    manager(desk, "calling", incident, T0 + 16 * MIN)
    manager(desk, "page_backup", incident, T0 + 17 * MIN)
    assert desk.waiting() == [("bruno", "You are the backup, and nobody has answered.")]
    assert desk.page(incident).status == "paused"
    assert desk.hold(incident) == (None, None)
    assert [(who, d["whom"], d["people"]) for who, d in desk.audited(incident, "page.people")] == [("grace", "the backup", [desk.bruno.id])]
    assert "Grace pages the backup: Bruno." in desk.story(incident, "called")


@pytest.mark.req("G40")
def test_without_a_backup_in_the_policy_the_teams_second_schedule_is_the_backup(desk: Desk) -> None:
    desk.policy.steps = desk.policy.steps[:1]
    desk.policy.save()
    incident = desk.open()
    manager(desk, "page_backup", incident, T0 + MIN)
    assert desk.deliver() == ["bruno"]
    desk.backup.is_active = False
    desk.backup.save()
    with pytest.raises(Refused, match="nobody to page as the backup"):
        manager(desk, "page_backup", incident, T0 + 2 * MIN)


@pytest.mark.req("G39")
def test_the_on_call_is_paged_again_as_of_now(desk: Desk) -> None:
    incident = desk.open()
    Override.objects.create(
        schedule=desk.watch, kind="take", person=desk.chen, start=T0 + MIN, end=T0 + HOUR, created_at=T0, source="override"
    )
    manager(desk, "page_again", incident, T0 + 2 * MIN)
    assert desk.deliver() == ["chen"]


@pytest.mark.req("G41")
def test_the_others_are_those_not_asked_yet_who_is_at_work_first(desk: Desk) -> None:
    asleep = person("asleep", timezone="America/Los_Angeles")
    working = person("working", timezone="Europe/Berlin")
    for position, who in enumerate([asleep, working], start=10):
        Membership.objects.create(team=desk.team, person=who, role="responder", position=position)
    incident = desk.open()
    manager(desk, "page_others", incident, T0 + MIN)
    assert desk.deliver() == ["bruno", "chen", "working", "asleep"]
    assert "Grace pages the others: Bruno, Chen, Working, Asleep." in desk.story(incident, "called")
    with pytest.raises(Refused):
        manager(desk, "page_others", incident, T0 + 2 * MIN)


@pytest.mark.req("P24", "G20")
def test_taking_it_is_acknowledging(desk: Desk) -> None:
    incident = desk.open()
    manager(desk, "calling", incident, T0 + MIN)
    outcome = manager(desk, "take", incident, T0 + 2 * MIN)
    assert outcome.won  # type: ignore[attr-defined]
    assert desk.hold(incident) == ("grace", "grace")
    assert desk.page(incident).status == "acknowledged"


@pytest.mark.req("G37")
def test_a_manager_who_does_nothing_changes_nothing(desk: Desk) -> None:
    desk.open()
    assert desk.tick(T0 + 15 * MIN) == ["grace", "ada"]
    assert desk.tick(T0 + 30 * MIN) == ["bruno"]


@pytest.mark.parametrize(("who", "may"), [("grace", True), ("hugo", True), ("root", True), ("ada", False), ("charlie", False)])
def test_the_managers_step_is_for_managers(desk: Desk, who: str, may: bool) -> None:
    incident = desk.open()
    if may:
        assert manager(desk, "calling", incident, T0 + MIN, getattr(desk, who)).won  # type: ignore[attr-defined]
    else:
        with pytest.raises(NotAllowed, match="manager"):
            manager(desk, "calling", incident, T0 + MIN, getattr(desk, who))


def test_when_somebody_has_it_the_manager_is_told_so(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    for act in ("calling", "page_again", "page_backup", "page_others", "take"):
        outcome = manager(desk, act, incident, T0 + 2 * MIN)
        assert not outcome.won  # type: ignore[attr-defined]
        assert "Ada has" in outcome.message  # type: ignore[attr-defined]
    assert desk.page(incident).status == "acknowledged"
    with pytest.raises(Invalid, match="calling"):
        manager(desk, "shout", incident, T0 + 3 * MIN)
