"""Whoever acknowledges owns; the second is told so; an owner changes only when another accepts."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from tests.factories import HOUR, MIN, SEC, T0
from tests.response.desk import Desk
from watchbill.incidents.models import Access, Participant
from watchbill.kernel.errors import Invalid, NotAllowed
from watchbill.notifications.models import Notification
from watchbill.paging.models import Page
from watchbill.response import actions
from watchbill.response.actions import Outcome

SILENT = 4 * HOUR  # the ack timeout of a paged desk
PATIENCE = 30 * MIN


@pytest.mark.req("P3", "G7", "G20")
def test_acknowledged_in_time_nobody_else_is_paged_and_the_others_learn_who_has_it(desk: Desk) -> None:
    incident = desk.open()
    assert desk.tick(T0 + 15 * MIN) == ["grace", "ada"]
    outcome = desk.acknowledge(incident, desk.grace, T0 + 16 * MIN)
    assert outcome.won
    assert outcome.owner == desk.grace
    assert desk.hold(incident) == ("grace", "grace")
    assert desk.status(incident) == "acknowledged"
    assert [handle for handle, _ in desk.waiting("status")] == ["ada"]
    assert "grace" in desk.waiting("status")[0][1].lower()
    assert desk.tick(T0 + 3 * HOUR) == []


@pytest.mark.req("P3")
def test_what_still_waits_to_be_sent_is_cancelled_by_the_acknowledgement(desk: Desk) -> None:
    incident = desk.open()
    page = desk.page(incident)
    Notification.objects.filter(page_id=page.id).update(state="queued", due_at=T0 + 2 * MIN)
    desk.acknowledge(incident, desk.bruno, T0 + MIN)
    assert set(Notification.objects.filter(page_id=page.id, kind="page").values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.req("G7", "P3")
@pytest.mark.parametrize("via", ["web", "api", "cli", "mail link", "webhook link"])
def test_the_record_says_who_when_and_by_which_way(desk: Desk, via: str) -> None:
    incident = desk.open()
    desk.act("acknowledge", incident, desk.ada, now=T0 + MIN, via=via)
    line = incident.timeline.get(kind="acknowledged")
    assert (line.actor_id, line.via, line.at, line.text) == (desk.ada.id, via, T0 + MIN, "Ada acknowledged and owns it.")
    assert [who for who, detail in desk.audited(incident, "page.acknowledge") if detail["won"]] == ["ada"]


@pytest.mark.req("G7")
def test_acknowledging_again_changes_nothing(desk: Desk) -> None:
    incident = desk.open()
    first = desk.acknowledge(incident, desk.ada, T0 + MIN)
    again = desk.acknowledge(incident, desk.ada, T0 + 2 * MIN)
    assert first.won
    assert again.won
    assert "already" in again.message
    assert len(desk.audited(incident, "page.acknowledge")) == 1
    incident.refresh_from_db()
    assert incident.acknowledged_at == T0 + MIN


@pytest.mark.req("P4", "G20")
def test_the_second_is_told_who_has_it_and_leaves_one_record(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    for n in (2, 3):
        late = desk.acknowledge(incident, desk.bruno, T0 + n * MIN)
        assert not late.won
        assert late.owner == desk.ada
        assert late.message == f"Ada has #{incident.number} since 09:01 UTC."
    assert desk.hold(incident) == ("ada", "ada")
    assert [(who, detail["won"]) for who, detail in desk.audited(incident, "page.acknowledge")] == [("ada", True), ("bruno", False)]
    assert len(desk.story(incident, "tried_to_acknowledge")) == 1


@pytest.mark.req("P4", "G20")
@pytest.mark.parametrize("_round", range(3))
def test_two_acknowledgements_in_the_same_instant_make_one_owner(committed: Desk, _round: int) -> None:
    incident = committed.open()
    everybody = [committed.ada, committed.bruno, committed.chen, committed.grace]
    barrier = threading.Barrier(len(everybody))
    outcomes: dict[str, Outcome] = {}

    def press(who: object) -> None:
        try:
            barrier.wait(timeout=10)
            outcomes[who.handle] = committed.acknowledge(incident, who, T0 + MIN)  # type: ignore[attr-defined, arg-type]
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[who]) for who in everybody]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    winners = [handle for handle, outcome in outcomes.items() if outcome.won]
    assert len(outcomes) == len(everybody)
    assert len(winners) == 1
    assert committed.hold(incident) == (winners[0], winners[0])
    assert {outcome.owner.handle for outcome in outcomes.values() if outcome.owner} == {winners[0]}
    records = committed.audited(incident, "page.acknowledge")
    assert sorted(who for who, _ in records) == sorted(outcomes)
    assert [who for who, detail in records if detail["won"]] == winners


@pytest.mark.req("P4")
def test_an_engine_that_looks_and_a_person_who_acknowledges_do_not_lock_each_other_out(committed: Desk) -> None:
    incidents = [committed.open(f"n{n}") for n in range(8)]
    barrier = threading.Barrier(2)
    failed: list[BaseException] = []

    def run(work: object) -> None:
        try:
            barrier.wait(timeout=10)
            work()  # type: ignore[operator]
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    def acknowledge_all() -> None:
        for incident in incidents:
            committed.acknowledge(incident, committed.chen, T0 + 15 * MIN)

    threads = [threading.Thread(target=run, args=[work]) for work in (acknowledge_all, lambda: committed.tick(T0 + 15 * MIN))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert failed == []
    committed.tick(T0 + HOUR)
    assert {committed.page(incident).status for incident in incidents} == {"acknowledged"}
    assert {committed.hold(incident) for incident in incidents} == {("chen", "chen")}


# --- who may ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("G7")
@pytest.mark.parametrize("who", ["ada", "bruno", "chen", "grace", "hugo", "root"])
def test_responders_managers_and_who_stands_on_the_managers_schedule_may_acknowledge(desk: Desk, who: str) -> None:
    assert desk.acknowledge(desk.open(), getattr(desk, who), T0 + MIN).won


def test_somebody_of_another_team_may_not_until_they_are_paged(desk: Desk) -> None:
    incident = desk.open()
    with pytest.raises(NotAllowed, match="was not notified"):
        desk.acknowledge(incident, desk.charlie, T0 + MIN)
    assert desk.hold(incident) == (None, None)
    desk.act("page_people", incident, desk.ada, [desk.charlie], "you know this host", now=T0 + 2 * MIN)
    assert desk.acknowledge(incident, desk.charlie, T0 + 3 * MIN).won


# --- the three policies --------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("G20", "G21")
@pytest.mark.parametrize(
    ("ownership", "who", "expected"),
    [
        ("acker", "bruno", ("bruno", "bruno")),
        ("on_call", "ada", ("ada", "ada")),
        ("on_call", "bruno", ("ada", "bruno")),
        ("assigned", "bruno", (None, "bruno")),
    ],
)
def test_the_ownership_policy_decides(db: None, ownership: str, who: str, expected: tuple[str | None, str]) -> None:
    desk = Desk(ownership=ownership)
    incident = desk.open()
    assert desk.acknowledge(incident, getattr(desk, who), T0 + MIN).won
    assert desk.hold(incident) == expected
    assert desk.status(incident) == "acknowledged"
    second = desk.acknowledge(incident, desk.chen, T0 + 2 * MIN)
    assert not second.won
    assert desk.hold(incident) == expected


def test_the_on_call_who_did_not_acknowledge_is_told_that_they_own_it(db: None) -> None:
    desk = Desk(ownership="on_call")
    incident = desk.open()
    desk.acknowledge(incident, desk.bruno, T0 + MIN)
    assert [(who, why) for who, why in desk.waiting("status") if "own" in why] == [
        ("ada", f"You have the watch, so you own #{incident.number}. Bruno acknowledged and works on it.")
    ]
    assert [p.person for p in Participant.objects.filter(incident=incident)] == [desk.bruno]


def test_after_triage_an_assigned_incident_gets_its_one_owner(db: None) -> None:
    desk = Desk(ownership="assigned")
    incident = desk.open()
    desk.acknowledge(incident, desk.bruno, T0 + MIN)
    outcome = desk.act("assign", incident, desk.bruno, desk.chen, now=T0 + HOUR)
    assert outcome.won
    assert desk.hold(incident) == ("chen", "bruno")
    assert "assigned" in desk.waiting("status")[-1][1]
    with pytest.raises(Exception, match="hand-off"):
        desk.act("assign", incident, desk.bruno, desk.ada, now=T0 + 2 * HOUR)
    assert desk.hold(incident) == ("chen", "bruno")


# --- triggered again ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("P6")
def test_escalating_an_acknowledged_page_triggers_it_and_pages_the_next_step_at_once(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.act("escalate", incident, desk.ada, now=T0 + 2 * MIN)
    assert desk.page(incident).status == "triggered"
    assert desk.deliver() == ["grace", "ada"]
    assert desk.hold(incident) == ("ada", "ada")  # the owner stays
    outcome = desk.acknowledge(incident, desk.grace, T0 + 3 * MIN)
    assert outcome.won
    assert not outcome.ask_take_over
    assert desk.hold(incident) == ("ada", "grace")
    assert outcome.message == f"You work on #{incident.number}. Ada owns it."


@pytest.mark.req("P6")
def test_nobody_takes_over_from_an_owner_who_escalated(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.act("escalate", incident, desk.ada, now=T0 + 2 * MIN)
    desk.acknowledge(incident, desk.grace, T0 + 3 * MIN, take_over=True)
    assert desk.hold(incident) == ("ada", "grace")


def forgotten(desk: Desk) -> object:
    """Acknowledged by Ada, no word since: pinged, and 30 minutes later paged again."""
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0)
    assert desk.tick(T0 + SILENT - SEC) == []
    assert desk.tick(T0 + SILENT) == ["ada"]
    assert desk.page(incident).status == "acknowledged"
    assert desk.tick(T0 + SILENT + PATIENCE) == ["ada"]
    assert desk.page(incident).status == "triggered"
    assert desk.hold(incident) == ("ada", "ada")
    return incident


@pytest.mark.req("P18")
def test_acknowledged_and_forgotten_is_pinged_then_paged_again_and_never_resolved(desk: Desk) -> None:
    incident = forgotten(desk)
    desk.tick(T0 + 30 * 24 * HOUR)
    assert desk.status(incident) == "acknowledged"  # type: ignore[arg-type]
    assert desk.page(incident).status in ("triggered", "exhausted")  # type: ignore[arg-type]


@pytest.mark.req("P18", "G20")
def test_whoever_answers_for_a_silent_owner_acts_at_once_and_is_asked_to_take_it_over(desk: Desk) -> None:
    incident = forgotten(desk)
    at = T0 + 5 * HOUR
    outcome = desk.acknowledge(incident, desk.bruno, at)  # type: ignore[arg-type]
    assert outcome.won
    assert outcome.ask_take_over
    assert "take it over?" in outcome.message
    assert desk.hold(incident) == ("ada", "bruno")  # type: ignore[arg-type]
    yes = desk.acknowledge(incident, desk.bruno, at + MIN, take_over=True)  # type: ignore[arg-type]
    assert yes.won
    assert desk.hold(incident) == ("bruno", "bruno")  # type: ignore[arg-type]
    assert [(who, d["reason"]) for who, d in desk.audited(incident, "incident.owner")] == [("ada", ""), ("bruno", "owner silent")]  # type: ignore[arg-type]
    assert ("ada", "Bruno took it over.") in desk.waiting("status")


@pytest.mark.req("P18")
def test_taking_over_in_one_gesture(desk: Desk) -> None:
    incident = forgotten(desk)
    desk.acknowledge(incident, desk.bruno, T0 + 5 * HOUR, take_over=True)  # type: ignore[arg-type]
    assert desk.hold(incident) == ("bruno", "bruno")  # type: ignore[arg-type]


@pytest.mark.req("P18")
def test_an_owner_who_speaks_again_is_not_taken_over(desk: Desk) -> None:
    incident = forgotten(desk)
    desk.acknowledge(incident, desk.bruno, T0 + 5 * HOUR)  # type: ignore[arg-type]
    desk.act("note", incident, desk.ada, "I am here", now=T0 + 5 * HOUR + MIN)  # type: ignore[arg-type]
    no = desk.acknowledge(incident, desk.bruno, T0 + 5 * HOUR + 2 * MIN, take_over=True)  # type: ignore[arg-type]
    assert desk.hold(incident) == ("ada", "bruno")  # type: ignore[arg-type]
    assert no.owner == desk.ada


@pytest.mark.req("P18")
def test_a_word_restarts_the_ack_timeout(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0)
    desk.act("note", incident, desk.ada, "still looking", now=T0 + 3 * HOUR)
    assert desk.tick(T0 + SILENT) == []
    assert desk.tick(T0 + 3 * HOUR + SILENT) == ["ada"]


def test_trying_to_acknowledge_is_no_word_of_the_owner(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0)
    desk.acknowledge(incident, desk.bruno, T0 + 3 * HOUR)
    assert desk.tick(T0 + SILENT) == ["ada"]


def test_giving_back_pages_again_and_the_next_to_acknowledge_owns(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    with pytest.raises(Invalid):
        desk.act("give_back", incident, desk.ada, " ", now=T0 + 2 * MIN)
    with pytest.raises(NotAllowed):
        desk.act("give_back", incident, desk.bruno, "not mine", now=T0 + 2 * MIN)
    desk.act("give_back", incident, desk.ada, "fever", now=T0 + 2 * MIN)
    assert desk.hold(incident) == ("ada", None)  # still exactly one owner
    assert desk.deliver() == ["grace", "ada"]
    desk.acknowledge(incident, desk.bruno, T0 + 3 * MIN)
    assert desk.hold(incident) == ("bruno", "bruno")
    assert desk.audited(incident, "incident.owner")[-1][1]["reason"] == "given back"


def test_an_acting_responder_who_gives_back_leaves_it_with_the_owner(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.act("escalate", incident, desk.ada, now=T0 + 2 * MIN)
    desk.acknowledge(incident, desk.grace, T0 + 3 * MIN)
    desk.act("give_back", incident, desk.grace, "in the air", now=T0 + 4 * MIN)
    assert desk.hold(incident) == ("ada", "ada")
    assert desk.page(incident).status == "triggered"
    desk.acknowledge(incident, desk.bruno, T0 + 5 * MIN)
    assert desk.hold(incident) == ("ada", "bruno")


# --- other pages and the source -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("G42")
def test_acknowledging_to_coordinate_makes_no_owner_and_leaves_the_walk_alone(desk: Desk) -> None:
    incident = desk.open(severity="critical")
    coordinate = desk.page(incident, "coordinate")
    outcome = desk.act("acknowledge", incident, desk.hugo, now=T0 + MIN, page_id=coordinate.id)
    assert outcome.won
    assert desk.hold(incident) == (None, None)
    assert desk.page(incident, "coordinate").status == "acknowledged"
    assert desk.page(incident).status == "triggered"
    assert desk.tick(T0 + 15 * MIN) == ["grace", "ada"]
    desk.acknowledge(incident, desk.ada, T0 + 16 * MIN)
    assert desk.hold(incident) == ("ada", "ada")


@pytest.mark.req("G42")
def test_a_late_answer_to_a_page_that_is_over_makes_no_owner(desk: Desk) -> None:
    incident = desk.open(severity="critical")
    coordinate = desk.page(incident, "coordinate")
    desk.act("resolve", incident, desk.ada, now=T0 + MIN)
    desk.act("reopen", incident, desk.ada, "no", now=T0 + 2 * MIN)
    late = desk.act("acknowledge", incident, desk.hugo, now=T0 + 3 * MIN, page_id=coordinate.id)
    assert not late.won
    assert desk.hold(incident) == (None, None)


def source_ack(desk: Desk, incident: object, now: object) -> None:
    actions.source_ack_in([incident.id], source="Alertmanager", now=now)  # type: ignore[attr-defined, arg-type]


@pytest.mark.req("P26")
def test_the_source_makes_no_owner_and_stops_nothing(desk: Desk) -> None:
    incident = desk.open()
    source_ack(desk, incident, T0 + MIN)
    assert desk.hold(incident) == (None, None)
    assert desk.status(incident) == "triggered"
    assert len(desk.story(incident, "source_acknowledged")) == 1
    assert desk.tick(T0 + 15 * MIN) == ["grace", "ada"]


@pytest.mark.req("P26")
def test_where_the_service_says_so_the_source_makes_the_on_call_of_the_step_the_owner(desk: Desk) -> None:
    desk.service.source_ack = "stops"
    desk.service.save()
    incident = desk.open()
    source_ack(desk, incident, T0 + MIN)
    assert desk.hold(incident) == ("ada", "ada")
    assert desk.page(incident).status == "acknowledged"
    assert any(who == "ada" and "is yours" in why for who, why in desk.waiting("status"))
    assert desk.tick(T0 + 15 * MIN) == []
    source_ack(desk, incident, T0 + 20 * MIN)  # again: nothing moves
    assert desk.hold(incident) == ("ada", "ada")


@pytest.mark.req("P26")
def test_whoever_was_paged_by_hand_besides_is_not_the_on_call_of_the_step(desk: Desk) -> None:
    desk.service.source_ack = "stops"
    desk.service.save()
    incident = desk.open()
    desk.act("page_people", incident, desk.grace, [desk.bruno], "help", now=T0 + MIN)
    source_ack(desk, incident, T0 + 2 * MIN)
    assert desk.hold(incident) == ("ada", "ada")


def test_a_resolved_incident_is_not_acknowledged(desk: Desk) -> None:
    incident = desk.open()
    desk.act("resolve", incident, desk.ada, now=T0 + MIN)
    late = desk.acknowledge(incident, desk.bruno, T0 + 2 * MIN)
    assert not late.won
    assert "resolved already at 09:01 UTC" in late.message
    assert desk.status(incident) == "resolved"


def test_a_snoozed_incident_has_its_owner(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.act("snooze", incident, desk.ada, T0 + HOUR, "waits for the vendor", now=T0 + 2 * MIN)
    assert not desk.acknowledge(incident, desk.bruno, T0 + 3 * MIN).won
    assert desk.hold(incident) == ("ada", "ada")
    assert desk.page(incident).status == Page.Status.PAUSED


def test_an_acknowledged_restricted_case_stays_visible_to_whoever_has_it(desk: Desk) -> None:
    incident = desk.open("insider copies keys", service=desk.secret)
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    assert Access.objects.get(incident=incident, person=desk.ada).reason == "acknowledged"
    desk.act("resolve", incident, desk.ada, now=T0 + HOUR)
    assert desk.sees(desk.ada, incident)


def later_by_mail(desk: Desk) -> None:
    """What her own rules still hold for Ada: a second message of each page, an hour later."""
    first = Notification.objects.filter(person=desk.ada, kind="page").latest("id")
    Notification.objects.create(
        person=desk.ada, kind="page", page_id=first.page_id, firing=first.firing, incident_id=first.incident_id, content=first.content,
        due_at=T0 + 9 * HOUR, created_at=T0, rule=1,
    )  # fmt: skip


@pytest.mark.req("P5", "P18")
@pytest.mark.parametrize("answer", ["note", "acknowledge"])
def test_a_reminder_that_its_owner_answered_rings_no_more(desk: Desk, answer: str) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0)
    assert desk.tick(T0 + SILENT) == ["ada"]
    later_by_mail(desk)
    at = T0 + SILENT + MIN
    assert desk.act(answer, incident, desk.ada, *(["still at it"] if answer == "note" else []), now=at).won
    assert desk.waiting() == []
    assert desk.tick(T0 + SILENT + PATIENCE) == []  # and it is not paged again
    assert desk.tick(at + SILENT) == ["ada"]


@pytest.mark.req("P5")
def test_whoever_was_called_to_help_and_answers_is_not_called_further(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.bruno, T0)
    desk.act("page_people", incident, desk.bruno, [desk.ada], "need a hand", now=T0 + MIN)
    desk.deliver()
    later_by_mail(desk)
    desk.acknowledge(incident, desk.ada, T0 + 2 * MIN)
    assert desk.waiting() == []


def test_after_a_short_snooze_the_owner_is_reminded_and_the_ack_timeout_goes_on(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0)
    desk.act("snooze", incident, desk.ada, T0 + 10 * MIN, "lunch", now=T0 + MIN)
    assert desk.tick(T0 + 10 * MIN) == ["ada"]
    assert desk.tick(T0 + 10 * MIN + PATIENCE) == []
    assert desk.tick(T0 + MIN + SILENT) == ["ada"]
    assert desk.page(incident).status == "acknowledged"


def test_given_back_by_the_on_call_after_the_manager_was_asked_the_manager_is_asked_again(desk: Desk) -> None:
    incident = desk.open()
    desk.tick(T0 + 15 * MIN)
    desk.acknowledge(incident, desk.ada, T0 + 16 * MIN)
    desk.deliver()
    desk.act("give_back", incident, desk.ada, "fever", now=T0 + 17 * MIN)
    assert "grace" in desk.deliver()


def test_what_nobody_owns_after_it_was_given_back_is_triggered_and_can_be_given_to_somebody(db: None) -> None:
    desk = Desk(ownership="assigned")
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0)
    desk.act("give_back", incident, desk.ada, "fever", now=T0 + MIN)
    assert (desk.status(incident), desk.hold(incident)) == ("triggered", (None, None))
    desk.deliver()
    desk.act("assign", incident, desk.grace, desk.chen, now=T0 + 2 * MIN)
    assert (desk.deliver(), desk.hold(incident)) == (["chen"], (None, None))


@pytest.mark.req("P26")
def test_the_story_does_not_say_that_somebody_pressed_what_the_source_did(desk: Desk) -> None:
    desk.service.source_ack = "stops"
    desk.service.save()
    incident = desk.open()
    source_ack(desk, incident, T0 + MIN)
    story = " ".join(desk.story(incident, "source_acknowledged", "acknowledged"))
    assert "Ada acknowledged" not in story
    assert "makes no owner" not in story


def test_the_story_tells_the_cause_before_what_it_did(desk: Desk) -> None:
    incident = desk.open()
    desk.act("escalate", incident, desk.ada, now=T0 + MIN)
    told = desk.story(incident, "escalated", "step")
    assert [line.split(" ")[0] for line in told] == ["Step", "Ada", "Step"]
