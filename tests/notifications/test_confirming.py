"""A provider took it: whether it reached anybody is told later, or never."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests.factories import MIN, SEC, T0, person
from tests.notifications.outbox import ask, plan, states, take
from watchbill.notifications.actions import Message, Report, Result, Told, cancel_in, give_up_waiting, receive, record
from watchbill.notifications.models import Notification, Receipt
from watchbill.notifications.rules import Outcome, Verdict, after_receipt, after_silence, call_verdict, text_verdict

REACHED, FAILED, NOTHING = Verdict.REACHED, Verdict.FAILED, Verdict.NOTHING


def accepted(message: Message, *, now=T0, sid: str = "SM1", within=2 * MIN) -> Report:
    return record(
        [Result(message.notification_id, 1, message.attempt, Outcome.ACCEPTED, now, now, "main took it", sid, now + within)], now=now
    )


def tell(message: Message, verdict: Verdict, *, event: str = "", sid: str = "SM1", now=T0 + SEC) -> Report | None:
    notification = Notification.objects.get(pk=message.notification_id)
    return receive(Told("main", sid, event or verdict.value, verdict, "main says so"), notification, now=now)


@pytest.mark.parametrize(
    ("status", "answered_by", "verdict"),
    [
        ("queued", "", NOTHING),
        ("ringing", "", NOTHING),
        ("in-progress", "", NOTHING),
        ("in-progress", "unknown", NOTHING),
        ("in-progress", "human", REACHED),
        ("in-progress", "machine_start", FAILED),
        ("completed", "machine_end_beep", FAILED),
        ("completed", "fax", FAILED),
        ("completed", "human", REACHED),
        ("completed", "unknown", FAILED),
        ("completed", "", FAILED),
        ("busy", "", FAILED),
        ("no-answer", "", FAILED),
        ("failed", "", FAILED),
        ("canceled", "", FAILED),
        ("a word of tomorrow", "", NOTHING),
    ],
)
@pytest.mark.req("P17")
def test_what_the_state_of_a_call_proves(status, answered_by, verdict):
    assert call_verdict(status, answered_by) is verdict


def test_what_the_state_of_a_text_proves():
    assert [text_verdict(word) for word in ("queued", "sending", "sent", "delivered", "undelivered", "failed", "?")] == [
        NOTHING,
        NOTHING,
        NOTHING,
        REACHED,
        FAILED,
        FAILED,
        NOTHING,
    ]


@pytest.mark.req("P16")
@pytest.mark.parametrize(
    ("verdict", "state", "becomes", "starts_next"),
    [
        (REACHED, "sent", "delivered", False),
        (REACHED, "failed", "delivered", False),
        (REACHED, "queued", "delivered", False),
        (REACHED, "leased", "delivered", False),
        (REACHED, "delivered", None, False),
        (REACHED, "cancelled", None, False),
        (FAILED, "sent", "failed", True),
        (FAILED, "delivered", None, False),
        (FAILED, "queued", None, False),
        (FAILED, "failed", None, False),
        (NOTHING, "sent", None, False),
    ],
)
def test_a_receipt_moves_forward_only(verdict, state, becomes, starts_next):
    after = after_receipt(verdict, state=state, withdrawn=False, possible_duplicate=False)
    assert (after and after.state, bool(after and after.starts_next)) == (becomes, starts_next)
    late = after_receipt(verdict, state=state, withdrawn=True, possible_duplicate=False)
    assert not (late and late.starts_next)  # acknowledged meanwhile: nobody else is asked


def test_silence_is_a_call_that_nobody_answered_and_a_text_that_may_be_there():
    assert after_silence(spoken=True, withdrawn=False, possible_duplicate=False).state == "failed"
    assert after_silence(spoken=False, withdrawn=False, possible_duplicate=False).state == "sent"
    assert after_silence(spoken=False, withdrawn=False, possible_duplicate=False).starts_next


@pytest.fixture
def ada(db):
    return person("ada", contacts=("sms", "email"), rules={"high": [(0, ["sms"]), (600, ["email"])]})


def test_what_a_provider_took_has_reached_nobody_yet(ada):
    plan(ask(ada))
    (message,) = take()
    assert accepted(message) == Report()
    assert states() == ["sent", "queued"]
    report = tell(message, REACHED)
    assert report is not None
    assert report.reached == (1,)
    assert states() == ["delivered", "queued"]


@pytest.mark.req("P15")
def test_a_failure_told_later_starts_the_next_rule_at_once(ada):
    plan(ask(ada))
    (message,) = take()
    accepted(message)
    report = tell(message, FAILED)
    assert report is not None
    assert [(f.method, f.detail, f.last) for f in report.failures] == [("sms", "main says so", True)]
    assert [m.method for m in take(T0 + SEC)] == ["email"]


@pytest.mark.req("P16")
def test_a_failure_told_before_we_wrote_down_that_it_was_taken_counts(ada):
    plan(ask(ada))
    (message,) = take()
    assert tell(message, FAILED) == Report()
    assert states() == ["leased", "queued"]
    report = accepted(message)
    assert states() == ["failed", "queued"]
    assert [f.detail for f in report.failures] == ["main says so"]
    assert [m.method for m in take(T0)] == ["email"]


def test_the_failure_of_an_earlier_try_says_nothing_about_the_next(ada):
    plan(ask(ada))
    (message,) = take()
    record([Result(message.notification_id, 1, 1, Outcome.UNKNOWN, T0, T0, "no answer")], now=T0)
    (again,) = [m for m in take(T0 + 5 * SEC) if m.method == "sms"]
    tell(message, FAILED, sid="SM0")
    accepted(again, sid="SM1", now=T0 + 5 * SEC)
    assert Notification.objects.get(pk=message.notification_id).state == "sent"


@pytest.mark.req("P16")
def test_the_same_told_twice_is_one_receipt(ada):
    plan(ask(ada))
    (message,) = take()
    accepted(message)
    assert tell(message, FAILED) is not None
    assert tell(message, FAILED) is None
    assert Receipt.objects.count() == 1


def test_all_methods_failed_is_told_when_the_last_receipt_is_bad(db):
    plan(ask(person("bruno", contacts=("voice",))))
    (message,) = take()
    assert accepted(message).all_failed == ()
    report = tell(message, FAILED)
    assert report is not None
    assert report.all_failed == ((1, 1),)


@pytest.mark.req("P17")
def test_a_call_that_is_not_told_of_in_time_failed_and_a_text_is_not_confirmed(db):
    plan(ask(person("bruno", contacts=("voice",))), ask(person("chen", contacts=("sms",)), 2))
    for message in take():
        accepted(message, sid=message.method)
    assert give_up_waiting(now=T0 + 2 * MIN) == Report()
    report = give_up_waiting(now=T0 + 2 * MIN + SEC)
    assert states() == ["failed", "sent"]
    assert report.all_failed == ((1, 1),)  # the text may have arrived: that is no certain failure
    assert report.reached == ()
    assert [(f.method, f.last, f.unconfirmed) for f in report.failures] == [("voice", True, False), ("sms", False, True)]
    assert give_up_waiting(now=T0 + 60 * MIN) == Report()


def test_what_was_acknowledged_meanwhile_asks_nobody_else(ada):
    plan(ask(ada))
    (message,) = take()
    accepted(message)
    with transaction.atomic():
        cancel_in(page_ids=[1], now=T0)
    report = tell(message, FAILED)
    assert report == Report()
    assert states() == ["failed", "cancelled"]
    assert take(T0 + 60 * MIN) == []
