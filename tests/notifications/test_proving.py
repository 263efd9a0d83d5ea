"""Every provider is tested on a timer by a real message: once for all nodes, over a restart, heard to its end, and told when it fails."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests import factories as make
from tests.factories import DAY, HOUR, MIN, SEC, T0
from tests.notifications.outbox import end, take
from watchbill.audit.models import Record
from watchbill.kernel import kinds
from watchbill.kernel.errors import NotFound
from watchbill.notifications.actions import Told, ask_for_test, give_up_waiting, keep_providers_tested, receive, record
from watchbill.notifications.messages import PINNED, Result
from watchbill.notifications.models import Contact, Notification
from watchbill.notifications.rules import Outcome, Verdict
from watchbill.notifications.rules.proving import LATE, Health, ended, health, next_due
from watchbill.notifications.selectors import providers_tested
from watchbill.people.models import Person
from watchbill.people.rules import parse_hours
from watchbill.people.rules.working import default_hours

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kinds() -> Any:
    before = kinds.declared()
    kinds.fill([kinds.Kind(name, True) for name in ("email", "sms", "voice", "webhook")])
    yield
    kinds.fill(before)


@pytest.fixture
def root(db: None) -> Person:
    return make.person("root", contacts=("email", "sms", "voice"), is_admin=True)


def look(now: dt.datetime, *providers: str, every: dt.timedelta = DAY, to: str = "") -> int:
    return keep_providers_tested(providers or ("email",), every=every, to=to, now=now)


def states(now: dt.datetime) -> dict[str, str]:
    return {each.provider: each.health.value for each in providers_tested(now=now)}


def test_a_new_provider_is_first_tested_an_hour_later_and_then_every_day(root: Person):
    assert look(T0) == 0
    assert states(T0) == {"email": "untested"}
    assert look(T0 + HOUR - SEC) == 0
    assert look(T0 + HOUR) == 1
    assert look(T0 + HOUR + SEC) == 0
    (message,) = take(T0 + HOUR)
    assert (message.handle, message.method, message.kind, message.incident_id) == ("root", "email", "drill", None)
    assert "Test of email" in message.contents[0]["title"]
    end(message, now=T0 + HOUR)
    look(T0 + HOUR + SEC)
    assert states(T0 + HOUR + SEC) == {"email": "works"}
    assert look(T0 + DAY + HOUR - SEC) == 0
    assert look(T0 + DAY + HOUR) == 1


def test_what_is_asked_for_survives_a_restart_and_is_not_asked_for_again(root: Person):
    look(T0)
    look(T0 + HOUR)
    later = T0 + HOUR + 10 * MIN  # nobody sent it: every engine was down
    assert look(later) == 0
    assert len(take(later)) == 1
    assert Notification.objects.count() == 1


def test_after_a_long_outage_there_is_one_test_and_not_one_for_each_day(root: Person):
    look(T0)
    assert look(T0 + 30 * DAY) == 1
    assert look(T0 + 30 * DAY + SEC) == 0


def test_a_provider_that_fails_is_red_after_its_last_retry_and_administrators_are_told_once(root: Person):
    other = make.person("vera", contacts=("email",), is_admin=True)
    make.person("bob", contacts=("email",))
    look(T0, "sms/main")
    look(T0 + HOUR, "sms/main")
    now = T0 + HOUR
    for wait in (0, 5, 20, 60):
        now += wait * SEC
        (message,) = [each for each in take(now) if each.kind == "drill"]
        assert message.contents[0][PINNED] == "main"
        end(message, now=now, how="temporary", detail="main: answered 500.")
        look(now, "sms/main")
    assert states(now) == {"sms/main": "failed"}
    look(now + MIN, "sms/main")
    told = [each for each in take(now + MIN) if each.kind == "status"]
    assert {(each.person_id, each.method) for each in told} == {(root.id, "email"), (other.id, "email")}
    assert "sms/main does not work" in told[0].contents[0]["title"]
    assert "answered 500" in told[0].contents[0]["reason"]
    assert Record.objects.filter(action="provider.failed", object_id="sms/main").count() == 1


def test_one_that_fails_again_after_it_was_mended_is_told_again(root: Person):
    look(T0, every=MIN)
    for n, how in enumerate(("permanent", "permanent", "delivered", "permanent")):
        now = T0 + (1 + n) * MIN
        assert look(now, every=MIN) == 1
        for message in take(now + SEC):
            end(message, now=now + SEC, how="delivered" if message.kind == "status" else how)
        look(now + 2 * SEC, every=MIN)
        for message in take(now + 3 * SEC):
            end(message, now=now + 3 * SEC)
    assert Notification.objects.filter(kind="drill").count() == 4
    told = Notification.objects.filter(kind="status")
    assert {each.contact.kind for each in told if each.contact} == {"sms"}  # mail does not work: by what else is quiet
    assert told.count() == 2


def test_when_nobody_can_take_a_test_that_is_said_and_not_called_a_failure(db: None):
    make.organization(make.person("root", contacts=("email",), is_admin=True))
    look(T0, "voice/main")
    look(T0 + HOUR, "voice/main")
    assert states(T0 + HOUR) == {"voice/main": "untested"}
    (row,) = providers_tested(now=T0 + HOUR)
    assert "has a proven contact of kind voice" in row.detail
    assert not Notification.objects.exists()


def test_a_contact_that_is_silent_removed_or_not_proven_takes_no_test(root: Person):
    Contact.objects.filter(person=root, kind="sms").update(silent_at=T0)
    bob = make.person("bob", contacts=("sms",), is_admin=True)
    look(T0, "sms/main")
    look(T0 + HOUR, "sms/main")
    assert [each.person_id for each in take(T0 + HOUR)] == [bob.id]


def test_whoever_is_named_takes_the_tests(root: Person):
    ops = make.person("ops", contacts=("email",))
    look(T0, to="ops")
    look(T0 + HOUR, to="ops")
    assert [each.person_id for each in take(T0 + HOUR)] == [ops.id]


def test_without_an_administrator_the_owner_of_last_resort_takes_them(db: None):
    grace = make.person("grace", contacts=("email",))
    make.organization(grace)
    look(T0)
    look(T0 + HOUR)
    assert [each.person_id for each in take(T0 + HOUR)] == [grace.id]


def test_an_account_without_a_contact_takes_the_test_of_mail_at_its_own_address(db: None):
    make.person("root", contacts=(), is_admin=True)
    look(T0)
    look(T0 + HOUR)
    assert [each.address for each in take(T0 + HOUR)] == ["root@example.org"]


def test_a_text_that_was_taken_and_never_confirmed_is_amber(root: Person):
    look(T0, "sms/main")
    look(T0 + HOUR, "sms/main")
    now = T0 + HOUR
    (message,) = take(now)
    fields = (message.notification_id, message.instance, 1, Outcome.ACCEPTED, now, now, "", "SM1", now + 2 * MIN)
    record([Result(*fields)], now=now)
    look(now + MIN, "sms/main")
    assert states(now + MIN) == {"sms/main": "untested"}
    give_up_waiting(now=now + 3 * MIN)
    look(now + 3 * MIN, "sms/main")
    assert states(now + 3 * MIN) == {"sms/main": "taken"}


def test_a_call_that_rang_proves_its_provider_whoever_did_not_pick_up(root: Person):
    look(T0, "voice/main")
    look(T0 + HOUR, "voice/main")
    now = T0 + HOUR
    (message,) = take(now)
    record([Result(message.notification_id, message.instance, 1, Outcome.ACCEPTED, now, now, "", "CA1", now + 2 * MIN)], now=now)
    receive(Told("main", "CA1", "no-answer", Verdict.FAILED, "nobody answered"), Notification.objects.get(), now=now + MIN)
    look(now + MIN, "voice/main")
    assert states(now + MIN) == {"voice/main": "works"}
    assert not Notification.objects.filter(kind="status").exists()


def test_a_test_that_has_no_end_is_late_and_red_and_told(root: Person):
    look(T0)
    look(T0 + HOUR)
    at = T0 + HOUR + LATE + SEC
    look(at)
    assert states(at) == {"email": "late"}
    assert Notification.objects.filter(kind="status").count() == 1


def test_a_provider_that_is_gone_is_forgotten(root: Person):
    look(T0, "email", "sms/main")
    look(T0 + SEC, "email")
    assert states(T0 + SEC) == {"email": "untested"}


def test_a_test_now_is_evidence_and_moves_the_next_one(root: Person):
    look(T0)
    ask_for_test("email", by=make.actor(root), now=T0 + MIN)
    assert look(T0 + MIN) == 1
    assert Record.objects.get(action="provider.test").actor == "root"
    with pytest.raises(NotFound):
        ask_for_test("pigeon", by=make.actor(root), now=T0)


def test_rare_tests_wait_for_working_hours_and_frequent_ones_do_not():
    friday = dt.datetime(2026, 3, 6, 20, 0, tzinfo=dt.UTC)
    assert parse_hours(None)
    assert next_due(friday, DAY, default_hours("UTC")) == dt.datetime(2026, 3, 9, 9, 0, tzinfo=dt.UTC)
    assert next_due(friday, MIN, default_hours("UTC")) == friday + MIN
    assert next_due(friday, DAY, None) == friday + DAY


@pytest.mark.parametrize(
    ("works", "confirmed", "due", "since", "expected"),
    [
        (True, True, 1, None, Health.WORKS),
        (True, False, 1, None, Health.TAKEN),
        (None, False, 1, None, Health.UNTESTED),
        (False, False, 1, None, Health.FAILED),
        (True, True, -29, None, Health.WORKS),
        (True, True, -31, None, Health.LATE),
        (True, True, 600, -31, Health.LATE),
        (False, False, -31, None, Health.FAILED),
        (None, False, -31, None, Health.LATE),
    ],
)
def test_what_a_provider_is_worth(works, confirmed, due, since, expected):
    found = health(
        works=works, confirmed=confirmed, due_at=T0 + due * MIN, under_way_since=None if since is None else T0 + since * MIN, now=T0
    )
    assert found is expected
    assert found.is_red == (expected in (Health.FAILED, Health.LATE))


@pytest.mark.parametrize(
    ("state", "method", "waits", "told", "works", "confirmed"),
    [
        ("queued", "email", False, (), None, None),
        ("leased", "email", False, (), None, None),
        ("delivered", "email", False, (), True, True),
        ("sent", "sms", True, (), None, None),
        ("sent", "sms", False, (), True, False),
        ("failed", "sms", False, ("no-answer",), False, False),
        ("failed", "voice", False, ("failed",), False, False),
        ("failed", "voice", False, (), False, False),
        ("failed", "voice", False, ("initiated", "busy"), True, True),
        ("failed", "voice", False, ("completed machine_start",), True, True),
        ("cancelled", "email", False, (), False, False),
    ],
)
def test_what_the_end_of_a_test_proves(state, method, waits, told, works, confirmed):
    found = ended(state, method=method, waits=waits, error="", told=told)
    assert (works, confirmed) == (None, None) if found is None else (found.works, found.confirmed) == (works, confirmed)
