"""From "notify these people" to what an engine has in hand, and what follows when a try ends."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from tests.factories import MIN, SEC, T0, person
from tests.notifications.outbox import ask, claimed, content, end, plan, states, take, told
from watchbill.kernel import kinds
from watchbill.notifications.actions import Ask, cancel_in, plan_in, tell_status_in
from watchbill.notifications.models import Attempt, Contact, Notification
from watchbill.notifications.selectors import incidents_of, next_due, tried
from watchbill.notifications.texts import plain, subject

pytestmark = pytest.mark.django_db


def cancel(now=T0, **chosen) -> None:
    with transaction.atomic():
        cancel_in(now=now, **chosen)


@pytest.mark.req("P1")
def test_one_person_with_one_method_gets_exactly_one_notification():
    plan(ask(person("ada")))
    (message,) = take()
    assert (message.handle, message.method, message.attempt, message.possible_duplicate) == ("ada", "webhook", 1, False)
    assert message.contents == (content(1),)
    end(message)
    assert take(T0 + 60 * MIN) == []
    assert states() == ["delivered"]


@pytest.mark.req("P5")
def test_two_methods_now_one_at_30_minutes_and_none_after_the_acknowledgement():
    ada = person("ada", contacts=("webhook", "email", "sms"), rules={"high": [(0, ["webhook", "email"]), (1800, ["sms"])]})
    plan(ask(ada, 1), ask(person("bruno"), 2))
    first = take()
    assert told(first) == [("ada", "webhook"), ("bruno", "webhook"), ("ada", "email")]
    end(*first)
    assert take(T0 + 30 * MIN - SEC) == []
    assert told(take(T0 + 30 * MIN)) == [("ada", "sms")]
    plan(ask(ada, 3, firing=1), now=T0 + 40 * MIN)
    end(*take(T0 + 40 * MIN), now=T0 + 40 * MIN)
    cancel(page_ids=[3], now=T0 + 41 * MIN)
    assert take(T0 + 90 * MIN) == []


@pytest.mark.req("P7")
def test_two_turns_of_one_person_due_together_are_one_notification_for_each_method():
    ada = person("ada", contacts=("webhook", "email"), rules={"high": [(0, ["webhook"]), (900, ["webhook", "email"])]})
    plan(ask(ada, 1, firing=1))
    end(*take())
    plan(ask(ada, 1, firing=2), now=T0 + 15 * MIN)  # the second step fires when the second rule of the first is due
    messages = take(T0 + 15 * MIN)
    assert sorted(told(messages)) == [("ada", "email"), ("ada", "webhook")]
    end(*messages, now=T0 + 15 * MIN)
    assert take(T0 + 16 * MIN) == []
    assert sorted(states()) == ["delivered", "delivered", "delivered", "merged", "queued", "queued"]


@pytest.mark.req("P7")
def test_a_turn_due_in_the_same_moment_is_merged_even_when_the_other_is_on_its_way():
    ada = person("ada", rules={"high": [(0, ["webhook"]), (900, ["webhook"])]})
    plan(ask(ada, 1, firing=1))
    end(*take())
    assert len(take(T0 + 15 * MIN)) == 1
    plan(ask(ada, 1, firing=2), now=T0 + 15 * MIN + SEC / 2)
    assert take(T0 + 15 * MIN + SEC / 2) == []
    plan(ask(ada, 1, firing=3), now=T0 + 15 * MIN + 2 * SEC)  # a second later it is a message of its own
    assert len(take(T0 + 15 * MIN + 2 * SEC)) == 1


def test_the_same_person_asked_twice_in_one_firing_is_notified_once():
    ada = person("ada")
    plan(ask(ada), ask(ada))
    assert len(take()) == 1


@pytest.mark.req("P14")
def test_of_five_incidents_the_first_goes_at_once_and_the_rest_within_3_seconds_as_one():
    ada = person("ada")
    plan(*(ask(ada, n) for n in range(1, 6)))
    (first,) = take()
    assert (first.count, [c["number"] for c in first.contents]) == (1, [1])
    end(first)
    assert take(T0 + 3 * SEC - SEC / 10) == []
    (rest,) = take(T0 + 3 * SEC)
    assert (rest.count, [c["number"] for c in rest.contents]) == (4, [2, 3, 4, 5])
    report = end(rest, now=T0 + 3 * SEC)
    assert report.reached == (2, 3, 4, 5)
    assert incidents_of(rest.notification_id) == [2, 3, 4, 5]
    assert take(T0 + 9 * MIN) == []


@pytest.mark.req("P14")
def test_pages_planned_one_by_one_before_anybody_claims_are_bundled_all_the_same():
    ada = person("ada", contacts=("webhook", "email"))
    for n in range(1, 6):
        plan(ask(ada, n))
    assert told(take()) == [("ada", "webhook"), ("ada", "email")]
    messages = take(T0 + 3 * SEC)
    assert [(m.method, m.count) for m in messages] == [("webhook", 4), ("email", 4)]


@pytest.mark.req("P14")
def test_a_page_in_the_same_minute_joins_those_that_wait_and_does_not_wait_for_itself():
    ada = person("ada")
    plan(ask(ada, 1))
    end(*take())
    plan(ask(ada, 2), now=T0 + 10 * SEC)
    plan(ask(ada, 3), now=T0 + 12 * SEC)
    assert take(T0 + 12 * SEC) == []
    (both,) = take(T0 + 13 * SEC)
    assert [c["number"] for c in both.contents] == [2, 3]
    plan(ask(ada, 2, firing=2), now=T0 + 14 * SEC)
    assert len(take(T0 + 14 * SEC)) == 1  # its own next step waits for nothing
    plan(ask(ada, 4), now=T0 + 2 * MIN)
    assert len(take(T0 + 2 * MIN)) == 1  # a minute later the next one is a first one again


def test_a_storm_on_one_person_is_one_message_that_counts_and_delays_nobody():
    ada, bruno = person("ada"), person("bruno")
    plan(*(ask(ada, n) for n in range(1, 201)))
    plan(ask(bruno, 999))
    assert told(take(limit=10)) == [("ada", "webhook"), ("bruno", "webhook")]
    (rest,) = take(T0 + 3 * SEC)
    assert (rest.count, len(rest.contents)) == (199, 199)
    assert "149 more on the board" in plain(rest)


@pytest.mark.req("P14")
def test_what_is_new_in_a_long_bundle_is_named_before_what_is_said_again():
    ada = person("ada")
    plan(*(ask(ada, n) for n in range(1, 1202)))
    end(*take(), *take(T0 + 3 * SEC), now=T0 + 3 * SEC)
    later = T0 + 15 * MIN
    plan(*(ask(ada, n, firing=2) for n in range(1, 1202)), now=later)
    plan(ask(ada, 5000), ask(ada, 5001), now=later)
    end(*take(later), now=later)
    (rest,) = take(later + 3 * SEC)
    assert (rest.count, len(rest.contents)) == (1202, 1000)
    assert [c["number"] for c in rest.contents][1:3] == [5000, 5001]
    assert "#5000" in plain(rest)


def test_a_first_page_that_goes_along_with_a_reminder_is_still_a_first_page():
    ada = person("ada")
    plan(ask(ada, 1), ask(ada, 2))
    end(*take(), *take(T0 + 3 * SEC), now=T0 + 3 * SEC)
    later = T0 + 15 * MIN
    plan(ask(ada, 1, firing=2), ask(ada, 2, firing=2), now=later)
    end(*take(later), now=later)
    plan(ask(ada, 3), now=later + SEC)
    (both,) = take(later + 4 * SEC)
    assert ([c["number"] for c in both.contents], both.first_page) == ([2, 3], True)


def test_an_acknowledged_one_leaves_the_bundle_and_another_carries_it():
    ada = person("ada")
    plan(*(ask(ada, n) for n in range(1, 6)))
    take()
    cancel(page_ids=[2])  # the one that carries the others
    cancel(page_ids=[4])
    (rest,) = take(T0 + 3 * SEC)
    assert [c["number"] for c in rest.contents] == [3, 5]
    assert states(page_id__in=[2, 4]) == ["cancelled", "cancelled"]


def test_what_is_being_sent_when_it_is_acknowledged_is_not_tried_again():
    plan(ask(person("ada")))
    (message,) = take()
    cancel(page_ids=[1])
    assert end(message, how="temporary").all_failed == ()
    assert states() == ["cancelled"]
    assert take(T0 + 10 * MIN) == []
    assert Attempt.objects.count() == 1


def test_delivered_after_the_acknowledgement_is_told_as_delivered():
    plan(ask(person("ada")))
    (message,) = take()
    cancel(incident_ids=[1])
    end(message)
    assert states() == ["delivered"]


def test_others_that_go_with_a_message_are_sent_when_it_is_given_up():
    ada = person("ada")
    plan(*(ask(ada, n) for n in range(1, 5)))
    take()
    (rest,) = take(T0 + 3 * SEC)
    cancel(page_ids=[2], now=T0 + 4 * SEC)
    end(rest, now=T0 + 5 * SEC, how="temporary")
    (again,) = take(T0 + 5 * SEC)
    assert [c["number"] for c in again.contents] == [3, 4]


@pytest.mark.req("P15")
@pytest.mark.parametrize("how", ["permanent", "temporary", "unknown"])
def test_the_first_failure_of_whatever_kind_starts_the_next_method_at_once(how):
    ada = person("ada", contacts=("webhook", "sms", "voice"), rules={"high": [(0, ["webhook"]), (120, ["sms"]), (600, ["voice"])]})
    plan(ask(ada))
    report = end(*take(), how=how, detail="no route")
    assert [(f.method, f.detail, f.last) for f in report.failures] == [("webhook", "no route", how == "permanent")]
    assert told(take()) == [("ada", "sms")]
    assert take(T0 + 2 * SEC) == []  # the rule after it keeps its time


@pytest.mark.req("P15")
def test_retries_go_on_beside_the_next_method_until_somebody_acknowledged():
    ada = person("ada", contacts=("webhook", "sms"), rules={"high": [(0, ["webhook"]), (120, ["sms"])]})
    plan(ask(ada))
    end(*take(), how="temporary", detail="answered 500")
    end(*take())
    (again,) = take(T0 + 5 * SEC)
    assert (again.method, again.attempt, again.possible_duplicate) == ("webhook", 2, False)
    end(again, now=T0 + 5 * SEC, how="temporary", detail="answered 500")
    assert take(T0 + 24 * SEC) == []
    (third,) = take(T0 + 25 * SEC)
    end(third, now=T0 + 25 * SEC)
    hook, _ = tried(1)
    assert [(t.n, t.outcome, t.detail) for t in hook.attempts] == [
        (1, "temporary", "answered 500"),
        (2, "temporary", "answered 500"),
        (3, "delivered", ""),
    ]
    assert (hook.state, hook.method, hook.handle) == ("delivered", "webhook", "ada")


def test_an_acknowledgement_ends_the_retries():
    plan(ask(person("ada")))
    end(*take(), how="temporary")
    cancel(page_ids=[1], now=T0 + SEC)
    assert take(T0 + 10 * MIN) == []


def test_a_try_that_may_have_arrived_is_repeated_as_a_possible_duplicate():
    plan(ask(person("ada")))
    end(*take(), how="unknown", detail="no answer within 10 s")
    (again,) = take(T0 + 5 * SEC)
    assert again.possible_duplicate


def test_when_every_method_of_every_target_failed_for_good_paging_is_told_once():
    plan(ask(person("ada")), ask(person("bruno", contacts=("email",))))
    one, two = take()
    assert end(one, how="permanent").all_failed == ()
    for n, after in enumerate((0, 5, 25)):
        assert end(two, now=T0 + after * SEC, how="temporary").all_failed == (), n
        (two,) = take(T0 + 85 * SEC)
    assert end(two, now=T0 + 85 * SEC, how="temporary").all_failed == ((1, 1),)


def test_a_person_whom_nothing_can_reach_fails_at_once_and_says_why():
    ada = person("ada", contacts=("email",))
    Contact.objects.update(verified_at=None)
    plan(ask(ada))
    given = claimed()
    assert given.messages == ()
    assert given.report.all_failed == ((1, 1),)
    assert "not verified yet" in given.report.failures[0].detail
    (shown,) = tried(1)
    assert (shown.state, shown.method, shown.attempts) == ("failed", "", ())


def test_a_person_without_any_contact_is_written_to_at_their_account():
    plan(ask(person("ada", contacts=())))
    (message,) = take()
    assert (message.method, message.address) == ("email", "ada@example.org")


def test_the_mail_of_the_account_is_retried_like_any_other():
    plan(ask(person("ada", contacts=())))
    report = end(*take(), how="temporary", detail="mailbox full")
    assert report.failures[0].method == "email"
    (again,) = take(T0 + 5 * SEC)
    assert (again.method, again.attempt) == ("email", 2)


def test_an_account_that_is_not_active_is_not_written_to():
    plan(ask(person("ada", is_active=False)))
    assert claimed().report.all_failed == ((1, 1),)


def test_a_contact_removed_after_the_plan_is_not_used_and_the_next_one_starts():
    ada = person("ada", contacts=("webhook", "sms"), rules={"high": [(0, ["webhook"]), (120, ["sms"])]})
    plan(ask(ada))
    Contact.objects.filter(kind="webhook").update(removed_at=T0)
    assert take() == []
    assert told(take()) == [("ada", "sms")]
    assert not Attempt.objects.exists()


def test_a_kind_that_is_not_active_here_is_skipped():
    ada = person("ada", contacts=("push", "webhook"), rules={"high": [(0, ["push"]), (120, ["webhook"])]})
    plan(ask(ada))
    assert told(take()) == [("ada", "webhook")]
    assert not kinds.is_active("push")


def test_a_webhook_whose_secret_is_missing_is_not_used(monkeypatch):
    ada = person("ada")
    Contact.objects.update(secret_env="HOOK_SECRET")
    plan(ask(ada))
    said = claimed().report.failures[0].detail
    assert ("secret is not set" in said, "HOOK_SECRET" in said) == (True, False)
    monkeypatch.setenv("HOOK_SECRET", "x")
    plan(ask(ada, 2))
    assert len(take()) == 1


def test_the_last_resort_is_asked_by_all_methods_at_once():
    grace = person("grace", contacts=("email", "voice"), rules={"high": [(0, ["email"]), (600, ["voice"])]})
    plan(ask(grace, methods="all"))
    assert told(take()) == [("grace", "email"), ("grace", "voice")]


def test_nobody_is_notified_before_they_may_be():
    ada = person("ada", contacts=("webhook", "sms"), rules={"high": [(0, ["webhook"]), (60, ["sms"])]})
    plan(Ask(ada.id, "page", 1, 1, 1, 1, "high", content(1), not_before=T0 + 8 * 60 * MIN))
    assert take(T0 + 7 * 60 * MIN) == []
    assert told(take(T0 + 8 * 60 * MIN)) == [("ada", "webhook")]
    assert next_due(after=T0 + 8 * 60 * MIN) == T0 + 8 * 60 * MIN + MIN


class Incident:
    """What a status notice needs of one."""

    def __init__(self, number: int, *, restricted: bool = False) -> None:
        self.id = self.number = number
        self.title, self.code_name, self.severity = "customer data leaks", "Blue Heron", "critical"
        self.restricted, self.opened_at, self.service_id, self.service = restricted, T0, None, None


def tell(incident: Incident, text: str, *, but: int | None = None, now=T0) -> None:
    with transaction.atomic():
        tell_status_in(incident, text, except_person=but, now=now)


@pytest.mark.req("P3")
def test_only_those_who_were_notified_learn_how_it_goes_and_the_doer_does_not():
    ada, bruno, chen = person("ada", contacts=("webhook", "voice")), person("bruno"), person("chen")
    plan(ask(ada, 1), ask(bruno, 1))
    end(*take())
    plan(ask(chen, 1, firing=2))  # not sent yet
    cancel(page_ids=[1])
    tell(Incident(1), "Bruno Keller has it.", but=bruno.id)
    messages = take(T0 + 2 * SEC)
    assert [(m.handle, m.method, m.kind, m.contents[0]["reason"]) for m in messages] == [
        ("ada", "webhook", "status", "Bruno Keller has it.")
    ]


@pytest.mark.req("P3")
def test_of_two_notices_in_a_moment_only_the_latest_state_is_told():
    ada = person("ada")
    plan(ask(ada, 1), ask(ada, 2))
    end(*take())
    end(*take(T0 + 3 * SEC), now=T0 + 3 * SEC)
    now = T0 + 10 * SEC
    tell(Incident(1), "Bruno has it.", now=now)
    tell(Incident(2), "Bruno has it.", now=now)
    tell(Incident(1), "Resolved by Bruno.", now=now + SEC)
    (both,) = take(now + 3 * SEC)
    assert {c["number"]: c["reason"] for c in both.contents} == {1: "Resolved by Bruno.", 2: "Bruno has it."}
    assert subject(both).startswith("News of 2 incidents: ")
    assert "Nothing is asked of you." in plain(both)
    assert "Acknowledg" not in plain(both)


@pytest.mark.req("P3")
def test_news_that_went_with_a_notice_that_is_out_of_date_still_waits_for_the_latest_state():
    ada = person("ada")
    plan(ask(ada, 1), ask(ada, 2))
    end(*take())
    end(*take(T0 + 3 * SEC), now=T0 + 3 * SEC)
    now = T0 + 10 * SEC
    tell(Incident(1), "Bruno has it.", now=now)
    tell(Incident(2), "Bruno has it.", now=now + SEC)
    tell(Incident(1), "Resolved by Bruno.", now=now + SEC)
    assert take(now + SEC) == []
    tell(Incident(2), "Resolved by Bruno.", now=now + 2 * SEC)
    sent = [c["reason"] for at in range(2, 8) for m in take(now + at * SEC) for c in m.contents]
    assert sent == ["Resolved by Bruno."] * 2


def test_a_status_notice_of_a_restricted_incident_says_number_and_code_name_only():
    ada = person("ada")
    plan(ask(ada, 7))
    end(*take())
    tell(Incident(7, restricted=True), "Bruno found customer data on pastebin.")
    (message,) = take(T0 + 2 * SEC)
    said = message.contents[0]
    assert (said["number"], said["title"], said["severity"], said["service"]) == (7, "Blue Heron", "", "")
    assert "pastebin" not in str(said)


def test_planning_thousands_takes_a_fixed_number_of_queries(django_assert_max_num_queries):
    people = [person(f"p{n}") for n in range(20)]
    asks = [ask(people[n % 20], n) for n in range(2000)]
    with django_assert_max_num_queries(8), transaction.atomic():
        plan_in(asks, now=T0)
    assert Notification.objects.count() == 2000


def test_a_claim_of_many_takes_a_fixed_number_of_queries(django_assert_max_num_queries):
    plan(*(ask(person(f"p{n}"), n) for n in range(60)))
    with django_assert_max_num_queries(10):
        messages = take()
    assert len(messages) == 60
    with django_assert_max_num_queries(10):
        end(*messages)


def test_the_due_rows_are_found_by_an_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")  # of a table that is all but empty any index would do
        cursor.execute(
            "EXPLAIN SELECT id FROM notifications_notification WHERE state = 'queued' AND first_page = true AND due_at <= now() ORDER BY due_at LIMIT 5"
        )
        assert "notification_due" in "\n".join(row[0] for row in cursor.fetchall())
