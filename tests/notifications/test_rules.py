"""The rules of notifying: plan, ends, pace, order. No clock, no database."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import MIN, SEC, T0
from watchbill.notifications.rules import (
    RETRY_AFTER,
    Candidate,
    LastPaged,
    Method,
    Outcome,
    PersonalRule,
    Room,
    after_attempt,
    after_lost_lease,
    arrange,
    is_further,
    plan,
    why_nobody,
)

MAIL, HOOK = Method(1, "email"), Method(2, "webhook")
CALL = Method(3, "voice", spoken=True)
GONE = Method(4, "sms", why_not="not verified yet")


def rule(after: int, *kinds: str) -> PersonalRule:
    return PersonalRule(dt.timedelta(seconds=after), kinds)


def candidate(id_: int, *, person: int = 1, page: int | None = None, **more: object) -> Candidate:
    values: dict[str, object] = {"contact": 1, "method": "webhook", "host": "h", "kind": "page", "due_at": T0, "firing": 1, **more}
    return Candidate(id=id_, person_id=person, page_id=page, **values)  # type: ignore[arg-type]


def shown(turns: tuple) -> list[tuple[str, float]]:
    return [(t.method.kind, t.after.total_seconds()) for t in turns]


def test_without_rules_everything_at_once():
    assert shown(plan([MAIL, HOOK, CALL], [], urgency="high")) == [("email", 0), ("webhook", 0), ("voice", 0)]


def test_low_urgency_never_calls():
    assert shown(plan([MAIL, CALL], [], urgency="low")) == [("email", 0)]
    assert shown(plan([MAIL, CALL], [rule(0, "voice"), rule(60, "email")], urgency="low")) == [("email", 0)]


@pytest.mark.req("P5")
def test_two_methods_at_once_and_one_more_after_30_minutes():
    turns = plan([MAIL, HOOK, CALL], [rule(1800, "voice"), rule(0, "email", "webhook")], urgency="high")
    assert shown(turns) == [("email", 0), ("webhook", 0), ("voice", 1800)]
    assert [t.rule for t in turns] == [0, 0, 1]


def test_the_last_resort_is_reached_by_all_methods_whatever_their_rules_say():
    assert shown(plan([MAIL, HOOK], [rule(600, "email")], urgency="high", everything=True)) == [("email", 0), ("webhook", 0)]


def test_an_unverified_method_is_skipped_and_hands_its_time_to_the_next_rule():
    assert shown(plan([GONE, MAIL, CALL], [rule(0, "sms"), rule(120, "voice"), rule(600, "email")], urgency="high")) == [
        ("voice", 0),
        ("email", 600),
    ]


def test_a_rule_of_which_something_is_left_keeps_the_next_one_waiting():
    assert shown(plan([GONE, MAIL, CALL], [rule(0, "sms", "email"), rule(120, "voice")], urgency="high")) == [("email", 0), ("voice", 120)]


def test_nobody_to_reach_says_why():
    assert plan([GONE], [], urgency="high") == ()
    assert why_nobody([GONE], urgency="high") == "No contact method can be used (sms: not verified yet)."
    assert why_nobody([], urgency="high") == "No contact method is set."
    assert "no calls for low urgency" in why_nobody([CALL], urgency="low")


KINDS = st.sampled_from(["email", "webhook", "sms", "voice"])
METHODS = st.lists(st.tuples(KINDS, st.booleans()), max_size=5)
RULES = st.lists(st.tuples(st.integers(0, 3600), st.lists(KINDS, min_size=1, max_size=3)), max_size=4)


@given(METHODS, RULES, st.sampled_from(["high", "low"]))
def test_a_plan_uses_only_what_can_be_used_and_never_starts_later_than_the_rules_say(methods, rules, urgency):
    built = [Method(i, kind, "" if usable else "off", spoken=kind == "voice") for i, (kind, usable) in enumerate(methods)]
    turns = plan(built, [rule(after, *kinds) for after, kinds in rules], urgency=urgency)
    assert all(not t.method.why_not and not (urgency == "low" and t.method.spoken) for t in turns)
    usable = [m for m in built if not m.why_not and not (urgency == "low" and m.spoken)]
    if not rules:
        assert [t.method for t in turns] == usable
        return
    named = {m.key for m in usable for _, kinds in rules if m.kind in kinds}
    assert {t.method.key for t in turns} == named
    if turns:  # whatever is skipped before, the first that is left starts when the first rule would have
        assert min(t.after for t in turns) == dt.timedelta(seconds=min(after for after, _ in rules))


@pytest.mark.req("P15")
def test_a_failure_starts_the_next_rule_and_is_retried_after_5_20_and_60_seconds():
    ends = [after_attempt(Outcome.TEMPORARY, tries=n, withdrawn=False, possible_duplicate=False) for n in (1, 2, 3, 4)]
    assert [e.again_in for e in ends] == [*RETRY_AFTER, None]
    assert [e.state for e in ends] == ["queued", "queued", "queued", "failed"]
    assert all(e.starts_next for e in ends)


def test_a_permanent_failure_is_not_repeated():
    end = after_attempt(Outcome.PERMANENT, tries=1, withdrawn=False, possible_duplicate=False)
    assert (end.state, end.again_in, end.starts_next) == ("failed", None, True)


def test_an_unknown_end_marks_the_next_try_as_possible_duplicate_and_the_mark_stays():
    assert after_attempt(Outcome.UNKNOWN, tries=1, withdrawn=False, possible_duplicate=False).possible_duplicate
    assert after_attempt(Outcome.TEMPORARY, tries=2, withdrawn=False, possible_duplicate=True).possible_duplicate


@pytest.mark.parametrize("outcome", [Outcome.TEMPORARY, Outcome.PERMANENT, Outcome.UNKNOWN])
def test_after_an_acknowledgement_nothing_is_tried_again(outcome):
    end = after_attempt(outcome, tries=1, withdrawn=True, possible_duplicate=False)
    assert (end.state, end.again_in, end.starts_next) == ("cancelled", None, False)


def test_a_lost_lease_is_sent_again_at_once_marked_until_it_has_ended_six_engines():
    end = after_lost_lease(tries=1, withdrawn=False)
    assert (end.state, end.again_in, end.possible_duplicate, end.starts_next) == ("queued", dt.timedelta(0), True, False)
    assert after_lost_lease(tries=6, withdrawn=False).state == "failed"
    assert after_lost_lease(tries=1, withdrawn=True).state == "cancelled"


@pytest.mark.req("P14")
def test_further_pages_are_those_about_something_else_within_a_minute():
    last = LastPaged(T0, 1)
    assert is_further(last, 2, now=T0 + 59 * SEC)
    assert not is_further(last, 2, now=T0 + MIN)
    assert not is_further(last, 1, now=T0 + SEC)  # the same page's next step is not held up by itself
    assert not is_further(None, 2, now=T0)


@pytest.mark.req("P14")
def test_of_five_pages_due_together_the_first_goes_alone_and_the_others_wait():
    arranged = arrange([candidate(n, page=n) for n in range(1, 6)], now=T0)
    assert [c.id for c in arranged.send] == [1]
    assert [c.id for c in arranged.hold] == [2, 3, 4, 5]


def test_the_first_page_goes_by_all_its_methods():
    arranged = arrange([candidate(1, page=1, contact=1), candidate(2, page=1, contact=2), candidate(3, page=2, contact=1)], now=T0)
    assert [c.id for c in arranged.send] == [1, 2]
    assert [c.id for c in arranged.hold] == [3]


def test_what_was_held_and_what_was_tried_before_goes():
    last = LastPaged(T0 - SEC, 9)
    arranged = arrange([candidate(1, page=1, held=True, last_paged=last), candidate(2, page=2, tries=1, last_paged=last)], now=T0)
    assert [c.id for c in arranged.send] == [1, 2]


@pytest.mark.req("P7")
def test_two_turns_of_one_page_for_one_method_are_one_message_the_newest():
    arranged = arrange(
        [candidate(1, page=1, firing=1, due_at=T0 - SEC), candidate(2, page=1, firing=2), candidate(3, page=1, firing=2, contact=2)], now=T0
    )
    assert [c.id for c in arranged.send] == [2, 3]
    assert arranged.merge == {1: 2}


@pytest.mark.req("P7")
def test_a_turn_that_is_due_just_after_its_page_went_out_by_that_method_is_merged():
    assert arrange([candidate(2, page=1, firing=2, just_sent=1)], now=T0).merge == {2: 1}


def test_first_pages_go_before_everything_and_then_who_waited_longest():
    due = [
        candidate(1, person=1, kind="status", due_at=T0 - 90 * SEC),
        candidate(2, person=2, kind="handoff", due_at=T0 - 60 * SEC),
        candidate(3, person=3, page=3, first_page=True, due_at=T0),
        candidate(4, person=4, page=4, due_at=T0 - 30 * SEC),
    ]
    assert [c.id for c in arrange(due, now=T0).send] == [3, 1, 2, 4]


def test_a_person_with_much_waiting_does_not_keep_others_waiting():
    much = [candidate(n, person=1, kind="handoff", due_at=T0 - 60 * SEC) for n in range(1, 50)]
    assert [c.id for c in arrange([*much, candidate(99, person=2, kind="handoff")], now=T0).send][:2] == [1, 99]


def test_of_two_who_waited_equally_the_service_served_least_recently_goes_first():
    due = [candidate(1, person=1, page=1, service_id=7), candidate(2, person=2, page=2, service_id=8)]
    assert [c.id for c in arrange(due, now=T0, served={7: 2.0, 8: 1.0}).send] == [2, 1]
    assert [c.id for c in arrange(due, now=T0, served={7: 1.0}).send] == [2, 1]


def test_a_full_method_or_host_leaves_the_rest_queued():
    due = [candidate(n, person=n, page=n, method="email" if n % 2 else "webhook", host="" if n % 2 else "slow") for n in range(1, 9)]
    assert [c.id for c in arrange(due, now=T0, room=Room({"email": 1}, {}, 2)).send] == [1, 2, 4]
    assert [c.id for c in arrange(due, now=T0, room=Room({}, {"slow": 2}, 2)).send] == [1, 3, 5, 7]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3),
            st.integers(1, 3),
            st.integers(1, 2),
            st.integers(1, 2),
            st.sampled_from([0, 0, 1]),
            st.booleans(),
            st.integers(0, 5),
        ),
        max_size=25,
    )
)
def test_nothing_that_is_due_gets_lost_and_every_method_hears_of_a_page_once(rows):
    due = [
        candidate(n, person=person, page=page * 10 + person, contact=contact, firing=firing, tries=tries, held=held, due_at=T0 - late * SEC)
        for n, (person, page, contact, firing, tries, held, late) in enumerate(rows, start=1)
    ]
    arranged = arrange(due, now=T0)
    gone = [c.id for c in arranged.send] + [c.id for c in arranged.hold] + list(arranged.merge)
    assert sorted(gone) == [c.id for c in due]
    left = [(c.page_id, c.contact) for c in (*arranged.send, *arranged.hold)]
    assert len(left) == len(set(left))
    assert set(arranged.merge.values()) <= {c.id for c in (*arranged.send, *arranged.hold)}
    fresh = [c for c in arranged.send if not c.held and not c.tries]
    for person in {c.person_id for c in fresh}:
        assert len({c.page_id for c in fresh if c.person_id == person}) == 1  # the first goes alone
    assert arrange([dataclasses.replace(c, held=True) for c in arranged.hold], now=T0 + 3 * SEC).hold == ()
