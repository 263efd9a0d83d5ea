"""Pages through the database: due, claimed, decided, written, asked."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import IntegrityError, connection, transaction

from tests.factories import HOUR, MIN, SEC, T0, actor, organization, person, policy, schedule, team, to
from tests.paging.desk import Desk, fired, told
from watchbill.audit.models import Record
from watchbill.incidents.models import Access
from watchbill.kernel import kinds
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.notifications.models import Notification
from watchbill.paging import actions, selectors
from watchbill.paging.actions import NewPage, fire_due, open_pages_in
from watchbill.paging.models import Firing, Page, Policy, PolicyCopy
from watchbill.people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db) -> dict[str, Person]:
    made = {handle: person(handle) for handle in ("ada", "bruno", "chen", "grace")}
    organization(made["grace"])
    return made


@pytest.fixture
def desk(cast) -> Desk:
    return Desk(team("SecOps", cast["ada"], cast["bruno"], cast["chen"], managers=(cast["grace"],)))


@pytest.fixture
def three(desk, cast) -> Policy:
    return policy("P", desk.team, *(([to(cast[who])], "15m") for who in ("ada", "bruno", "chen")), repeat=1)


@pytest.mark.req("P1")
def test_one_person_with_one_method_gets_exactly_one_notification(desk, cast) -> None:
    page = desk.page(policy("One", desk.team, ([to(cast["ada"])], "15m")))
    assert desk.tick(T0) == ["ada"]
    assert desk.tick(T0 + 14 * MIN) == []
    (row,) = Notification.objects.all()
    assert (row.page_id, row.firing, row.incident_id, row.kind, row.urgency) == (page.id, 1, page.incident_id, "page", "high")
    assert row.content["number"] == page.incident.number
    assert row.content["reason"] == "The escalation policy names you."


@pytest.mark.req("P2", "P3", "G11")
def test_escalation_reaches_bruno_after_15_minutes_and_stops_on_acknowledge(desk, cast, three) -> None:
    page = desk.page(three)
    assert desk.tick(T0) == ["ada"]
    assert desk.tick(T0 + 15 * MIN - SEC) == []
    assert desk.tick(T0 + 15 * MIN) == ["bruno"]
    assert actions.acknowledge_in(page.id, cast["bruno"].id, now=T0 + 16 * MIN)
    assert desk.tick(T0 + 60 * MIN) == []
    page.refresh_from_db()
    assert (page.status, page.acknowledged_by, page.due_at) == ("acknowledged", cast["bruno"], T0 + 16 * MIN + 4 * HOUR)


@pytest.mark.req("P3")
def test_the_second_acknowledgement_is_refused_without_an_error(desk, cast, three) -> None:
    page = desk.page(three)
    assert actions.acknowledge_in(page.id, cast["ada"].id, now=T0)
    assert not actions.acknowledge_in(page.id, cast["bruno"].id, now=T0)
    page.refresh_from_db()
    assert page.acknowledged_by == cast["ada"]


@pytest.fixture
def mail_works():
    """As if a mail server were configured."""
    before = kinds.declared()
    kinds.fill([kinds.Kind("email", active=True), kinds.Kind("webhook", active=True)])
    yield
    kinds.fill(before)


@pytest.mark.req("P5")
def test_personal_rules_are_planned_in_the_same_transaction(desk, mail_works) -> None:
    dana = person("dana", contacts=("email", "webhook"), rules={"high": [(0, ["email", "webhook"]), (1800, ["webhook"])]})
    page = desk.page(policy("D", desk.team, ([to(dana)], "1h")))
    desk.tick(T0)
    rows = Notification.objects.filter(page_id=page.id).order_by("id")
    assert [(row.due_at - T0) // MIN for row in rows] == [0, 0, 30]
    assert {row.firing for row in rows} == {1}


@pytest.mark.req("P8", "G11")
def test_every_firing_leaves_evidence_once_and_the_last_resort_is_audited(desk, cast, three) -> None:
    page = desk.page(three)
    asked = [desk.tick(T0 + n * 15 * MIN) for n in range(8)]
    assert asked == [["ada"], ["bruno"], ["chen"], ["ada"], ["bruno"], ["chen"], ["grace"], ["grace"]]
    assert fired(page) == [(n + 1, "step", n % 3, n // 3) for n in range(6)] + [(7, "last_resort", 2, 1), (8, "again", 2, 1)]
    page.refresh_from_db()
    assert (page.status, page.exhausted_at) == ("exhausted", T0 + 90 * MIN)
    assert list(Record.objects.values_list("action", "object_id")) == [("page.exhausted", str(page.id))]
    assert told(page, "exhausted") == ["Nobody has acknowledged, and the policy P has run out."]


@pytest.mark.req("P9")
def test_a_schedule_with_a_gap_is_skipped_at_once_and_said(desk, cast) -> None:
    empty = schedule("Night", desk.team)
    page = desk.page(policy("G", desk.team, ([to(empty)], "15m"), ([to(cast["bruno"])], "15m")))
    assert desk.tick(T0) == ["bruno"]
    assert told(page, "skipped") == ["Step 1 has nobody and is skipped (Night: nobody is on call)."]
    assert Firing.objects.get(page=page).skipped == [{"step": 0, "name": "Night", "why": "nobody is on call"}]


@pytest.mark.req("P9")
def test_nobody_at_all_goes_to_the_last_resort_of_policy_team_installation(desk, cast) -> None:
    empty = schedule("Night", desk.team)
    own = policy("Own", desk.team, ([to(empty)], "15m"), last_resort=cast["chen"])
    desk.page(own)
    assert desk.tick(T0) == ["chen"]
    desk.page(policy("None", desk.team, ([to(empty)], "15m")))
    assert desk.tick(T0) == ["grace"]
    desk.team.last_resort = cast["bruno"]
    desk.team.save()
    desk.page(Policy.objects.get(name="None"))
    assert desk.tick(T0) == ["bruno"]
    desk.page(None)
    assert desk.tick(T0) == ["bruno"]


@pytest.mark.req("P10")
def test_an_edited_policy_does_not_touch_the_page_that_walks(desk, cast, three) -> None:
    page = desk.page(three)
    desk.tick(T0)
    three.steps = [{"notify": [to(cast["grace"])], "wait": "1s"}]
    three.save()
    assert desk.tick(T0 + 15 * MIN) == ["bruno"]
    later = desk.page(three, now=T0 + 15 * MIN)
    assert desk.tick(T0 + 15 * MIN) == ["grace"]
    assert page.copy_id != later.copy_id


@pytest.mark.req("P10")
def test_who_is_gone_is_skipped_and_named_and_a_dropped_schedule_stalls_nothing(desk, cast) -> None:
    watch = schedule("Watch", desk.team, cast["bruno"])
    page = desk.page(policy("Gone", desk.team, ([to(cast["ada"])], "5m"), ([to(watch)], "5m"), ([to(cast["chen"])], "5m")))
    Person.objects.filter(handle="ada").update(is_active=False)
    watch.delete()
    assert desk.tick(T0) == ["chen"]
    assert told(page, "skipped") == [
        "Step 1 has nobody and is skipped (ada: has left).",
        "Step 2 has nobody and is skipped (Watch: this schedule is gone).",
    ]


@pytest.mark.req("P11")
def test_an_engine_that_stood_still_takes_one_step_from_the_actual_time(desk, cast, three) -> None:
    page = desk.page(three)
    desk.tick(T0)
    assert desk.tick(T0 + 35 * MIN) == ["bruno"]
    assert desk.tick(T0 + 50 * MIN - SEC) == []
    assert desk.tick(T0 + 50 * MIN) == ["chen"]
    second = Firing.objects.get(page=page, n=2)
    assert (second.due_at, second.fired_at, second.next_at) == (T0 + 15 * MIN, T0 + 35 * MIN, T0 + 50 * MIN)


@pytest.mark.req("P11")
def test_after_an_outage_what_was_acknowledged_meanwhile_asks_nobody(desk, cast, three) -> None:
    pages = [desk.page(three) for _ in range(3)]
    desk.tick(T0)
    actions.acknowledge_in(pages[0].id, cast["ada"].id, now=T0 + 20 * MIN)
    actions.resolve_in([pages[1].id], now=T0 + 20 * MIN)
    assert desk.tick(T0 + 21 * MIN) == ["bruno"]


@pytest.mark.req("G36", "G40")
def test_who_comes_on_call_later_is_asked_by_the_step_that_fires_then(desk, cast) -> None:
    managers = schedule("Managers", desk.team, cast["grace"], cast["bruno"])  # a week each; Bruno's begins on Monday the 9th
    desk.page(policy("M", desk.team, ([to(cast["ada"])], "1w"), ([to(managers)], "15m")))
    desk.tick(T0)
    assert desk.tick(T0 + 7 * 24 * HOUR) == ["bruno"]


@pytest.mark.req("P6")
def test_escalating_an_acknowledged_page_asks_the_next_step_in_the_same_transaction(desk, cast, three) -> None:
    page = desk.page(three)
    desk.tick(T0)
    actions.acknowledge_in(page.id, cast["ada"].id, now=T0 + MIN)
    assert actions.escalate_in(page.id, now=T0 + 2 * MIN, by=actor(cast["ada"]))
    assert desk.asked() == ["bruno"]
    page.refresh_from_db()
    assert (page.status, page.acknowledged_by, page.due_at) == ("triggered", None, T0 + 17 * MIN)
    assert Firing.objects.get(page=page, n=2).due_at == T0 + 2 * MIN


@pytest.mark.req("P18")
def test_the_forgotten_owner_is_pinged_and_then_the_page_begins_again_with_the_owner_unchanged(desk, cast, three) -> None:
    page = desk.page(three, owner=cast["bruno"])
    desk.tick(T0)
    actions.acknowledge_in(page.id, cast["bruno"].id, now=T0)
    assert desk.tick(T0 + 4 * HOUR) == ["bruno"]
    assert desk.tick(T0 + 4 * HOUR + 30 * MIN) == ["ada"]
    page.refresh_from_db()
    assert (page.status, page.incident.owner) == ("triggered", cast["bruno"])
    assert set(Record.objects.values_list("action", flat=True)) == {"page.ping", "page.trigger_again"}
    again = told(page, "escalated")
    assert again == ["The owner has not said a word: the page starts again from step 1. The owner stays the same."]


@pytest.mark.req("P18")
def test_a_word_moves_the_ack_timeout(desk, cast, three) -> None:
    page = desk.page(three)
    actions.acknowledge_in(page.id, cast["ada"].id, now=T0)
    actions.word_in(page.incident_id, now=T0 + 3 * HOUR)
    assert desk.tick(T0 + 7 * HOUR - SEC) == []
    assert desk.tick(T0 + 7 * HOUR) == ["ada"]


@pytest.mark.req("P24")
def test_calling_pauses_the_walk_and_the_backup_is_paged_beside_it(desk, cast, three) -> None:
    page = desk.page(three)
    desk.tick(T0)
    assert actions.pause_in(page.id, 15 * MIN, "grace is calling", now=T0 + 10 * MIN)
    actions.page_people_in(page.id, [cast["chen"].id], "You are the backup.", now=T0 + 11 * MIN)
    assert desk.asked() == ["chen"]
    assert desk.tick(T0 + 20 * MIN) == []
    assert desk.tick(T0 + 25 * MIN) == []  # goes on; five minutes were left
    assert desk.tick(T0 + 30 * MIN) == ["bruno"]
    assert fired(page) == [(1, "step", 0, 0), (2, "manual", 0, 0), (3, "step", 1, 0)]
    page.refresh_from_db()
    assert page.acknowledged_by is None
    assert told(page, "resumed") == ["The pause is over: the page goes on."]


def test_a_page_that_is_put_off_reminds_its_owner(desk, cast, three) -> None:
    page = desk.page(three)
    actions.acknowledge_in(page.id, cast["ada"].id, now=T0)
    assert actions.snooze_in(page.id, T0 + 6 * HOUR, "waits for the vendor", now=T0)
    assert desk.tick(T0 + 5 * HOUR) == []
    assert desk.tick(T0 + 6 * HOUR) == ["ada"]
    assert told(page, "resumed") == ["The snooze is over."]


@pytest.mark.parametrize("until", [T0, T0 - SEC, T0 + 24 * HOUR + SEC])
def test_a_snooze_is_at_most_24_hours(desk, three, until) -> None:
    page = desk.page(three)
    with pytest.raises(Invalid, match="24 hours"):
        actions.snooze_in(page.id, until, "later", now=T0)


@pytest.mark.req("P21")
def test_a_resolved_page_is_silent_and_its_incident_stays_open(desk, cast, three) -> None:
    page = desk.page(three)
    desk.tick(T0)
    assert actions.resolve_in([page.id], now=T0 + MIN) == [page.id]
    assert actions.resolve_in([page.id], now=T0 + MIN) == []
    assert desk.tick(T0 + 24 * HOUR) == []
    page.refresh_from_db()
    assert (page.status, page.due_at, page.incident.status) == ("resolved", None, "triggered")


@pytest.mark.req("P25")
def test_cleared_by_its_source_it_is_quiet_once_somebody_was_reached(desk, cast, three) -> None:
    page = desk.page(three)
    desk.tick(T0)
    actions.source_cleared_in([page.id], now=T0 + MIN)
    assert desk.tick(T0 + 15 * MIN) == ["bruno"]
    actions.reached_in([page.id], now=T0 + 16 * MIN)
    assert set(Notification.objects.values_list("state", flat=True)) == {"cancelled"}
    assert desk.tick(T0 + 75 * MIN) == []
    assert desk.tick(T0 + 76 * MIN) == ["ada"]
    assert Notification.objects.latest("id").urgency == "low"
    page.refresh_from_db()
    assert page.due_at is not None


@pytest.mark.req("P25")
def test_cleared_after_somebody_was_reached_it_is_quiet_at_once(desk, three) -> None:
    page = desk.page(three)
    desk.tick(T0)
    Notification.objects.filter(page_id=page.id).update(state="delivered")
    actions.source_cleared_in([page.id], now=T0 + MIN)
    assert desk.tick(T0 + 60 * MIN) == []
    page.refresh_from_db()
    assert page.quiet_at == T0 + MIN


def test_when_every_method_failed_the_next_step_comes_now(desk, three) -> None:
    page = desk.page(three)
    desk.tick(T0)
    Notification.objects.filter(page_id=page.id).update(state="failed")
    actions.all_failed_in([(page.id, 1)], now=T0 + 5 * SEC)
    assert desk.tick(T0 + 5 * SEC) == ["bruno"]
    actions.all_failed_in([(page.id, 1)], now=T0 + 6 * SEC)  # late news
    assert desk.tick(T0 + 6 * SEC) == []


def test_somebody_paged_by_hand_who_cannot_be_reached_hurries_nobody_while_the_step_was_reached(desk, cast, three) -> None:
    page = desk.page(three)
    desk.tick(T0)
    Notification.objects.filter(page_id=page.id).update(state="delivered")
    actions.page_people_in(page.id, [cast["chen"].id], "the manager asks", now=T0 + MIN)
    desk.asked()
    Notification.objects.filter(page_id=page.id, firing=2).update(state="failed")
    actions.all_failed_in([(page.id, 2)], now=T0 + MIN)
    assert desk.tick(T0 + MIN) == []
    Notification.objects.filter(page_id=page.id, firing=1).update(state="failed")
    actions.all_failed_in([(page.id, 1)], now=T0 + 2 * MIN)
    assert desk.tick(T0 + 2 * MIN) == ["bruno"]


def test_reassigned_before_an_acknowledgement_the_other_is_asked_instead(desk, cast, three) -> None:
    page = desk.page(three)
    desk.tick(T0)
    assert actions.aim_in(page.id, cast["grace"].id, now=T0 + MIN)
    assert desk.asked() == ["grace"]
    assert desk.tick(T0 + 16 * MIN) == ["bruno"]
    actions.acknowledge_in(page.id, cast["grace"].id, now=T0 + 17 * MIN)
    assert not actions.aim_in(page.id, cast["chen"].id, now=T0 + 18 * MIN)


@pytest.mark.req("P23")
def test_a_queue_desk_waits_for_working_hours_with_its_holidays(cast) -> None:
    ada, friday = cast["ada"], T0 + 32 * 24 * HOUR + 9 * HOUR  # Friday 3 April 2026 18:00: Good Friday; Monday the 6th is Easter Monday
    Person.objects.filter(pk=ada.pk).update(timezone="Europe/London", holidays="GB-ENG")
    desk = Desk(team("SRC", ada, desk="queue", ownership="on_call"))
    watch = schedule("SRC on-call", desk.team, ada, hours="business")
    page = desk.page(policy("Queue", desk.team, ([to(watch)], "1 business day")), now=friday, urgency="low")
    assert desk.tick(friday) == []
    page.refresh_from_db()
    assert page.due_at == dt.datetime(2026, 4, 7, 8, 0, tzinfo=dt.UTC)  # Tuesday, 09:00 in London
    assert desk.tick(page.due_at) == ["ada"]
    loud = desk.page(policy("Loud", desk.team, ([to(watch)], "15m")), now=friday, urgency="high")  # critical anyway
    assert desk.tick(friday) == ["ada"]
    assert Page.objects.get(pk=loud.pk).due_at == friday + 15 * MIN


@pytest.mark.req("G41")
def test_the_others_are_asked_in_daylight_order_without_those_who_were_asked(cast) -> None:
    dana = person("dana", timezone="America/New_York", region="AMER")  # 04:00 there
    fumi = person("fumi", timezone="Asia/Tokyo", region="APAC")  # 18:00 there
    emeka = person("emeka", timezone="Africa/Lagos", region="EMEA")  # 10:00 there: works
    desk = Desk(team("Planet", dana, fumi, emeka, cast["ada"]))
    page = desk.page(policy("Day", desk.team, ([to(cast["ada"])], "5m"), ([to(desk.team, order="daylight", each="2m")], "5m")))
    asked = [desk.tick(T0 + n * MIN) for n in (0, 5, 7, 9, 14)]
    assert asked == [["ada"], ["emeka"], ["fumi"], ["dana"], ["grace"]]
    assert [kind for _, kind, _, _ in fired(page)] == ["step", "step", "daylight", "daylight", "last_resort"]


def test_a_restricted_incident_tells_nothing_and_being_paged_opens_it_while_the_page_is_open(desk, cast, three) -> None:
    page = desk.page(three, restricted=True)
    desk.tick(T0)
    content = Notification.objects.get(page_id=page.id).content
    assert content["title"] == "quiet harbour"
    assert "db down" not in json.dumps(content)
    assert (content["severity"], content["service"], content["reason"]) == ("", "", "")
    access = Access.objects.get(incident_id=page.incident_id)
    assert (access.person, access.reason, access.ended_at) == (cast["ada"], "paged", None)
    actions.resolve_in([page.id], now=T0 + MIN)
    access.refresh_from_db()
    assert access.ended_at == T0 + MIN
    assert list(Record.objects.values_list("action", "restricted").order_by("id")) == [("access.grant", True), ("access.end", True)]


# --- opening ----------------------------------------------------------------------------------------------------------------------------


def test_pages_that_begin_with_the_same_words_share_a_copy(desk, three) -> None:
    pages = [desk.page(three) for _ in range(3)]
    assert len({page.copy_id for page in pages}) == 1
    assert PolicyCopy.objects.count() == 1


def test_ids_come_in_the_order_given_and_an_open_respond_page_is_kept(desk, three) -> None:
    standing = desk.page(three)
    others = [desk.incident() for _ in range(3)]
    new = [NewPage(i.id, desk.team.id, policy_id=three.id) for i in (others[0], standing.incident, *others[1:])]
    ids = open_pages_in(new, now=T0)
    assert ids[1] == standing.id
    assert [Page.objects.get(pk=id_).incident_id for id_ in ids] == [page.incident_id for page in new]


def test_the_database_refuses_a_second_open_respond_page_and_an_open_page_without_a_due_time(desk, three) -> None:
    page = desk.page(three)
    with pytest.raises(IntegrityError, match="page_one_open_respond"), transaction.atomic():
        Page.objects.create(incident=page.incident, copy=page.copy, opened_at=T0, due_at=T0)
    with pytest.raises(IntegrityError, match="page_never_forgotten"), transaction.atomic():
        Page.objects.filter(pk=page.pk).update(due_at=None)


def test_a_coordinate_page_walks_beside_the_respond_page(desk, cast, three) -> None:
    page = desk.page(three)
    new = NewPage(page.incident_id, desk.team.id, purpose="coordinate", targets=[to(cast["grace"])])
    (other,) = open_pages_in([new], now=T0)
    assert sorted(desk.tick(T0)) == ["ada", "grace"]
    actions.acknowledge_in(other, cast["grace"].id, now=T0)
    assert desk.tick(T0 + 15 * MIN) == ["bruno"]
    assert Page.objects.get(pk=other).due_at is None  # only the respond page knows an ack timeout


def test_a_page_of_another_purpose_is_called_by_it(desk, cast) -> None:
    desk.page(None, purpose="drill", targets=[to(cast["ada"])])
    desk.tick(T0)
    assert Notification.objects.get().kind == "drill"


def test_nobody_is_asked_by_hand_through_a_page_that_is_over(desk, cast, three) -> None:
    page = desk.page(three)
    actions.resolve_in([page.id], now=T0)
    with pytest.raises(Refused, match="over"):
        actions.page_people_in(page.id, [cast["ada"].id], "help", now=T0)


def test_an_unknown_page_is_said_so(db) -> None:
    with pytest.raises(NotFound):
        actions.acknowledge_in(99, 1, now=T0)


# --- what goes wrong ----------------------------------------------------------------------------------------------------------------------


def poison(page: Page) -> None:
    """A place that no policy can have: the decision raises."""
    Page.objects.filter(pk=page.pk).update(rest=[1], step=7)


def test_a_poisoned_page_is_set_aside_after_five_tries_and_the_rest_goes_on(desk, cast, three) -> None:
    bad, good = desk.page(three), desk.page(three)
    poison(bad)
    now = T0
    assert desk.tick(now) == ["ada"]
    for tries in range(1, 5):
        bad.refresh_from_db()
        assert (bad.tries, bad.set_aside_at) == (tries, None)
        assert bad.due_at > now
        now = bad.due_at
        asked = desk.tick(now)
    assert asked == ["grace"]  # somebody must hear of it
    bad.refresh_from_db()
    assert bad.set_aside_at == now
    assert bad.error.startswith("IndexError")
    assert told(bad, "exhausted")[0].startswith("This page cannot go on by itself")
    assert [one.page_id for one in selectors.set_aside()] == [bad.id]
    assert desk.tick(T0 + 15 * MIN) == ["bruno"]
    assert fired(good) == [(1, "step", 0, 0), (2, "step", 1, 0)]


@pytest.mark.parametrize("content", ["[]", '{"steps": 5}', '{"steps": [7]}', '{"last_resort": 7}'])
def test_a_copy_that_cannot_be_read_at_all_blocks_nobody(desk, cast, three, content) -> None:
    bad, good = desk.page(three), desk.page(three)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO paging_policycopy (digest, name, content) VALUES ('x', 'broken', %s) RETURNING id", [content])
        Page.objects.filter(pk=bad.pk).update(copy_id=cursor.fetchone()[0])
    assert desk.tick(T0) == ["ada"]
    asked = [desk.tick(T0 + 2**n * 10 * SEC) for n in range(4)]
    assert [who for who in asked if who] == [["grace"]]
    assert told(good) == ["Step 1: Ada."]
    bad.refresh_from_db()
    assert (bad.tries, bad.set_aside_at is not None) == (5, True)


def test_a_page_that_breaks_the_writing_of_its_set_is_tried_alone(desk, cast, three) -> None:
    bad, good = desk.page(three), desk.page(three)
    Firing.objects.create(page=bad, n=1, kind="step", step=0, round=0, due_at=T0, fired_at=T0)  # its first firing is there already
    assert desk.tick(T0) == ["ada"]
    assert fired(good) == [(1, "step", 0, 0)]
    bad.refresh_from_db()
    assert (bad.tries, "firing_once" in bad.error) == (1, True)


def test_a_human_mends_a_page_that_was_set_aside(desk, cast, three) -> None:
    page = desk.page(three)
    Page.objects.filter(pk=page.pk).update(set_aside_at=T0, tries=5)
    assert desk.tick(T0) == []
    assert actions.start_again_in(page.id, now=T0 + MIN)
    assert desk.asked() == ["ada"]
    assert desk.tick(T0 + 16 * MIN) == ["bruno"]


# --- the auditor and the index --------------------------------------------------------------------------------------------------------------


def test_the_auditor_names_pages_whose_step_has_not_fired(desk, three) -> None:
    page = desk.page(three)
    grace = 10 * SEC
    assert selectors.unproven(now=T0 + 9 * SEC, grace=grace) == []
    assert [one.page_id for one in selectors.unproven(now=T0 + 10 * SEC, grace=grace)] == [page.id]
    fire_due(now=T0 + 11 * SEC)
    assert selectors.unproven(now=T0 + 14 * MIN, grace=grace) == []


def test_pages_that_asked_nobody_yet_come_before_everything_else(desk, three) -> None:
    old = desk.page(three)
    desk.tick(T0)
    new = desk.page(three, now=T0 + 20 * MIN)  # due later than the old one's second step
    assert fire_due(now=T0 + 20 * MIN, limit=1) == 1
    assert (len(fired(old)), len(fired(new))) == (1, 1)
    assert fire_due(now=T0 + 20 * MIN, limit=1) == 1
    assert len(fired(old)) == 2


def test_the_query_for_due_pages_uses_its_indexes(desk, three) -> None:
    from watchbill.paging.selectors.proof import NAMED, UNPROVEN
    from watchbill.paging.selectors.rows import DUE

    about = [desk.incident() for _ in range(400)]
    open_pages_in([NewPage(i.id, desk.team.id, policy_id=three.id) for i in about], now=T0 + HOUR)
    for n in range(400):  # history: it must not be read
        Page.objects.create(incident=about[n], purpose="drill", status="resolved", copy_id=Page.objects.latest("id").copy_id, opened_at=T0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE paging_page")
        cursor.execute("EXPLAIN " + DUE, {"now": T0, "limit": 500})
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("EXPLAIN " + UNPROVEN, [T0, NAMED])
        proof = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using page_due_first" in plan
    assert "Index Scan using page_due on" in plan
    assert "Seq Scan on paging_page" not in plan
    assert "page_due" in proof
    assert "Seq Scan" not in proof
