"""The drill before a watch: a test page that its person answers, and what their managers hear when they do not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests import factories as make
from tests.factories import DAY, HOUR, MIN, T0
from tests.notifications.outbox import claimed
from watchbill.audit.models import Record
from watchbill.engine.parts import real
from watchbill.kernel import kinds
from watchbill.notifications import texts
from watchbill.notifications.actions import add_contact, answer_in_person, send_code
from watchbill.notifications.models import Contact, Drill, Notification
from watchbill.paging.models import TeamPaging
from watchbill.people.models import Person
from watchbill.response.actions.drilling import drill
from watchbill.response.readiness import readiness
from watchbill.schedules.models import Schedule

HANDOVER = dt.datetime(2026, 3, 9, 9, 0, tzinfo=dt.UTC)  # a Monday
pytestmark = pytest.mark.req("G38")


@pytest.fixture
def people(db: None, settings: Any) -> dict[str, Person]:
    settings.DRILL_BEFORE = 12 * HOUR
    kinds.fill([kinds.Kind(name, True) for name in ("email", "webhook", "sms", "voice")])
    rules = {"high": [(0, ["sms"]), (120, ["voice"])]}
    people = {handle: make.person(handle, contacts=("sms", "voice"), rules=rules) for handle in ("ada", "bruno")}
    people["grace"] = make.person("grace", contacts=("email",))
    make.organization(people["grace"])
    team = make.team("SecOps", people["ada"], people["bruno"], managers=(people["grace"],))
    schedule = make.schedule("Responder", team, people["ada"], people["bruno"])
    schedule.layers.update(start=dt.time(9, 0))
    return people


def sent() -> list[tuple[str, str, dt.datetime]]:
    rows = Notification.objects.filter(kind="drill").select_related("person", "contact").order_by("due_at")
    return [(n.person.handle, n.contact.kind if n.contact else "", n.due_at) for n in rows]


def told() -> list[str]:
    return [str(row["title"]) for row in Notification.objects.filter(kind="status").order_by("id").values_list("content", flat=True)]


def state_of(handle: str, at: dt.datetime) -> str:
    return next(one.state.value for one in readiness(at=at) if one.person.handle == handle)


def test_it_goes_out_once_as_a_page_would_and_says_which_watch_begins_when(people: dict[str, Person]):
    at = HANDOVER - 12 * HOUR
    assert drill(now=at - MIN) == 0
    assert drill(now=at) == 1
    assert sent() == [("bruno", "sms", at), ("bruno", "voice", at + 2 * MIN)]
    for later in (0, 1, 20):
        drill(now=at + later * MIN)
    assert len(sent()) == 2
    (message,) = claimed(at).messages
    text = texts.plain(message)
    assert "Your watch Responder begins on Monday 09 March at 09:00 (UTC)." in text
    assert "/answer/" in text
    assert state_of("bruno", at) == "asked"
    assert Record.objects.filter(action="drill.open", actor="engine").count() == 1


def test_whoever_answers_is_asked_no_further_and_nobody_is_told(people: dict[str, Person]):
    at = HANDOVER - 12 * HOUR
    drill(now=at)
    row = Drill.objects.get()
    answer_in_person(row.pk, people["bruno"].pk, row.notifications[0], via="sms", now=at + MIN)
    assert list(Notification.objects.filter(kind="drill").order_by("due_at").values_list("state", flat=True)) == ["cancelled", "cancelled"]
    drill(now=at + 3 * HOUR)
    assert told() == []
    assert state_of("bruno", at + 3 * HOUR) == "ready"


def test_unanswered_is_told_to_the_managers_once_and_a_late_answer_still_counts(people: dict[str, Person]):
    at = HANDOVER - 12 * HOUR
    drill(now=at)
    drill(now=at + 2 * HOUR - MIN)
    assert told() == []
    drill(now=at + 2 * HOUR)
    drill(now=at + 3 * HOUR)
    assert told() == ["Bruno did not answer the test page before Responder"]
    assert list(Notification.objects.filter(kind="status").values_list("person__handle", flat=True)) == ["grace"]
    assert Record.objects.get(action="drill.unanswered").detail["told"] == [people["grace"].pk]
    assert state_of("bruno", at + 3 * HOUR) == "unanswered"
    row = Drill.objects.get()
    answer_in_person(row.pk, people["bruno"].pk, row.notifications[0], via="mail link", now=at + 4 * HOUR)
    assert state_of("bruno", at + 4 * HOUR) == "ready"


def test_somebody_whom_nothing_reaches_is_told_to_the_managers_at_once(people: dict[str, Person]):
    Contact.objects.filter(person=people["bruno"]).update(verified_at=None)
    drill(now=HANDOVER - 12 * HOUR)
    assert told() == [
        "Bruno has contacts that were never proven: SMS, call",
        "Bruno cannot be reached by anything before Responder",
    ]
    assert sent() == []


def test_an_unproven_contact_is_told_to_the_managers_with_the_drill(people: dict[str, Person]):
    Contact.objects.create(person=people["bruno"], kind="email", address="b@example.org", own=True, position=5)
    drill(now=HANDOVER - 12 * HOUR)
    assert told() == ["Bruno has contacts that were never proven: mail"]
    assert "b@example.org" not in str(list(Notification.objects.values("content")))


def test_it_comes_in_the_waking_hours_of_its_person(people: dict[str, Person]):
    Person.objects.filter(pk=people["bruno"].pk).update(timezone="Asia/Tokyo")  # 21:00 UTC is 06:00 there
    for minutes in range(0, 60, 10):
        drill(now=HANDOVER - 12 * HOUR + minutes * MIN)
    assert sent() == []
    drill(now=HANDOVER - 11 * HOUR)
    assert [handle for handle, *_ in sent()] == ["bruno", "bruno"]


def test_a_test_page_that_was_answered_the_day_before_is_proof_enough(people: dict[str, Person]):
    at = HANDOVER - 15 * HOUR
    Drill.objects.create(person=people["bruno"], created_at=at, answer_by=at + HOUR, answered_at=at + MIN)
    assert drill(now=HANDOVER - 12 * HOUR) == 0
    assert state_of("bruno", HANDOVER - 12 * HOUR) == "ready"


def test_who_goes_on_with_the_watch_and_who_is_deactivated_is_not_asked(people: dict[str, Person]):
    Schedule.objects.get().layers.update(order=[[people["bruno"].pk]])
    assert drill(now=HANDOVER - 12 * HOUR) == 0
    Schedule.objects.get().layers.update(order=[[people["ada"].pk], [people["bruno"].pk]])
    Person.objects.filter(pk=people["bruno"].pk).update(is_active=False)
    assert drill(now=HANDOVER - 12 * HOUR) == 0


def test_zero_turns_it_off(people: dict[str, Person], settings: Any):
    settings.DRILL_BEFORE = dt.timedelta(0)
    for hours in range(24):
        drill(now=HANDOVER - hours * HOUR)
    assert not Drill.objects.exists()


def test_a_longer_time_before_is_kept(people: dict[str, Person], settings: Any):
    settings.DRILL_BEFORE = 3 * DAY
    assert drill(now=HANDOVER - 3 * DAY) == 1


def test_the_engine_does_it(people: dict[str, Person]):
    assert real().drill(now=HANDOVER - 12 * HOUR) == 1


def test_a_contact_that_was_not_proven_within_an_hour_is_told_to_the_managers_once(people: dict[str, Person], settings: Any):
    settings.DRILL_BEFORE = dt.timedelta(0)  # also where no drill goes out
    made = add_contact(people["ada"], "email", "ada.home@example.org", by=make.actor(people["ada"]), now=T0)
    send_code(made.pk, person=people["ada"], by=make.actor(people["ada"]), now=T0)
    send_code(made.pk, person=people["ada"], by=make.actor(people["ada"]), now=T0 + MIN)
    drill(now=T0 + HOUR)
    assert told() == []
    for minutes in (1, 2, 120):
        drill(now=T0 + HOUR + minutes * MIN)
    assert told() == ["Ada added a contact and did not prove it: mail"]
    assert list(Notification.objects.filter(kind="status").values_list("person__handle", flat=True)) == ["grace"]
    assert Record.objects.filter(action="contact.unproven").count() == 1
    assert "ada.home" not in str(list(Notification.objects.filter(kind="status").values("content")))


def test_a_round_of_the_engine_sends_few_and_the_next_ones_go_on(people: dict[str, Person]):
    team = Schedule.objects.get().team
    for number in range(7):
        extra = make.person(f"extra{number}", contacts=("sms",))
        make.schedule(f"Extra {number}", team, people["ada"], extra).layers.update(start=dt.time(9, 0))
    at = HANDOVER - 12 * HOUR
    assert [drill(now=at + round_ * MIN) for round_ in range(3)] == [5, 3, 0]


def test_watches_that_begin_together_are_one_drill_and_the_managers_of_each_team_hear(people: dict[str, Person]):
    hugo = make.person("hugo", contacts=("email",))
    others = make.team("Others", people["bruno"], managers=(hugo,))
    make.schedule("Backup", others, people["ada"], people["bruno"]).layers.update(start=dt.time(11, 0))
    at = HANDOVER - 12 * HOUR
    assert [drill(now=at), drill(now=at + HOUR), drill(now=at + 90 * MIN)] == [1, 0, 0]
    assert {one.state.value for one in readiness(at=at + HOUR) if one.person.handle == "bruno"} == {"asked"}
    drill(now=at + 2 * HOUR)
    assert sorted(Notification.objects.filter(kind="status").values_list("person__handle", flat=True)) == ["grace", "hugo"]
    assert {one.state.value for one in readiness(at=at + 3 * HOUR) if one.person.handle == "bruno"} == {"unanswered"}


def test_a_manager_without_a_proven_number_is_told_before_the_watch(people: dict[str, Person]):
    team = Schedule.objects.get().team
    hugo = make.person("hugo", contacts=("email",))
    managers = make.schedule("Managers", team, people["ada"], hugo)
    managers.layers.update(start=dt.time(9, 0))
    TeamPaging.objects.create(team=team, manager_schedule=managers)
    drill(now=HANDOVER - 12 * HOUR)
    rows = Notification.objects.filter(kind="status", content__title="Hugo has no proven telephone number for Managers")
    assert sorted(rows.values_list("person__handle", flat=True)) == ["ada", "grace", "hugo"]
    assert not Notification.objects.filter(kind="status").exclude(pk__in=rows.values("pk")).exists()  # bruno has one
