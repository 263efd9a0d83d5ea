"""The ownership policies, the urgency scale and the order of the board, as tables."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import HOUR, MIN, T0
from watchbill.response.rules import (
    SEVERITIES,
    Hold,
    Place,
    Standing,
    Taken,
    acknowledged_by,
    at_least,
    board_key,
    is_raise,
    place,
    urgency,
)

ADA, BRUNO, CHEN = 1, 2, 3
NOBODY = Hold()


@pytest.mark.req("G20", "G21")
@pytest.mark.parametrize(
    ("ownership", "on_call", "expected"),
    [
        ("acker", [], Hold(ADA, ADA)),  # whoever acknowledged
        ("acker", [BRUNO], Hold(ADA, ADA)),
        ("on_call", [ADA], Hold(ADA, ADA)),
        ("on_call", [BRUNO], Hold(BRUNO, ADA)),  # the on-call owns, another acknowledger acts
        ("on_call", [BRUNO, ADA], Hold(ADA, ADA)),  # one of several on call
        ("on_call", [BRUNO, CHEN], Hold(BRUNO, ADA)),
        ("on_call", [], Hold(ADA, ADA)),  # a gap: somebody must own it
        ("assigned", [BRUNO], Hold(None, ADA)),  # nobody until assigned after triage
    ],
)
def test_the_first_acknowledgement_makes_the_owner_that_the_policy_names(ownership: str, on_call: list[int], expected: Hold) -> None:
    assert acknowledged_by(ADA, NOBODY, ownership, on_call=on_call) == Taken(expected)


@pytest.mark.req("G20", "P18")
@pytest.mark.parametrize("ownership", ["acker", "on_call", "assigned"])
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Taken(Hold(ADA, BRUNO))),  # escalated by hand: the owner stays, the acknowledger acts
        ({"take_over": True}, Taken(Hold(ADA, BRUNO))),  # nobody is taken over who has said something
        ({"owner_silent": True}, Taken(Hold(ADA, BRUNO), ask_take_over=True)),
        ({"owner_silent": True, "take_over": True}, Taken(Hold(BRUNO, BRUNO))),
        ({"given_back": True}, Taken(Hold(BRUNO, BRUNO))),
    ],
)
def test_an_owner_stays_until_another_accepts(ownership: str, facts: dict[str, bool], expected: Taken) -> None:
    assert acknowledged_by(BRUNO, Hold(ADA, ADA), ownership, on_call=[CHEN], **facts) == expected


@pytest.mark.parametrize("ownership", ["acker", "on_call", "assigned"])
def test_the_owner_who_acknowledges_again_works_on_it_again(ownership: str) -> None:
    assert acknowledged_by(ADA, Hold(ADA, BRUNO), ownership, owner_silent=True) == Taken(Hold(ADA, ADA))


@given(
    person=st.sampled_from([ADA, BRUNO, CHEN]),
    owner=st.sampled_from([None, ADA, BRUNO]),
    acting=st.sampled_from([None, ADA, CHEN]),
    ownership=st.sampled_from(["acker", "on_call", "assigned"]),
    on_call=st.lists(st.sampled_from([ADA, BRUNO, CHEN]), unique=True),
    facts=st.fixed_dictionaries({key: st.booleans() for key in ("owner_silent", "given_back", "take_over")}),
)
def test_an_owner_never_disappears_and_the_acknowledger_always_acts(person, owner, acting, ownership, on_call, facts) -> None:  # type: ignore[no-untyped-def]
    taken = acknowledged_by(person, Hold(owner, acting), ownership, on_call=on_call, **facts)
    assert taken.hold.acting == person
    if owner is not None:
        assert taken.hold.owner in (owner, person)
    if owner is None and ownership != "assigned":
        assert taken.hold.owner is not None
    if not (facts["owner_silent"] and facts["take_over"]) and not facts["given_back"] and owner is not None:
        assert taken.hold.owner == owner


@pytest.mark.req("P23")
@pytest.mark.parametrize(
    ("desk", "severity", "service", "critical_anyway", "expected"),
    [
        ("paged", "low", None, False, "high"),
        ("paged", "critical", None, False, "high"),
        ("paged", "low", {"low": "low"}, False, "low"),
        ("paged", "high", {"low": "low"}, False, "high"),
        ("paged", "low", {"low": "high"}, False, "high"),
        ("queue", "critical", None, False, "low"),
        ("queue", "critical", None, True, "high"),
        ("queue", "high", None, True, "low"),
    ],
)
def test_how_loud_a_page_is(desk: str, severity: str, service: dict[str, str] | None, critical_anyway: bool, expected: str) -> None:
    assert urgency(desk, severity, service, critical_anyway=critical_anyway) == expected


def test_severities_are_compared_by_their_scale() -> None:
    assert SEVERITIES == ("critical", "high", "medium", "low")
    for left, right in itertools.combinations(SEVERITIES, 2):
        assert is_raise(right, left)
        assert not is_raise(left, right)
        assert at_least(left, right)
        assert not at_least(right, left)
    assert at_least("high", "high")
    assert not at_least("critical", "")


def standing(
    page: str, *, hold: bool = False, cleared: bool = False, mine: bool = False, severity: str = "high", next_in: int | None = None
) -> Standing:
    return Standing(
        page=page,
        has_hold=hold,
        cleared_unseen=cleared,
        my_watch=mine,
        severity=severity,
        next_at=None if next_in is None else T0 + next_in * MIN,
        opened_at=T0 - HOUR,
        word_at=None,
    )


IN_ORDER = [
    (standing("triggered", cleared=True, mine=True, next_in=30), Place.MINE_CLEARED),
    (standing("exhausted", next_in=14), Place.EXHAUSTED),
    (standing("triggered", next_in=2, severity="low"), Place.TRIGGERED),
    (standing("triggered", next_in=3, severity="critical"), Place.TRIGGERED),
    (standing("triggered", next_in=4, hold=True), Place.TRIGGERED),  # escalated again: it counts down like any other
    (standing("paused", next_in=9), Place.TRIGGERED),  # a manager is calling: nobody has it
    (standing(""), Place.NOBODY),
    (standing("triggered", cleared=True, next_in=30), Place.CLEARED),
    (standing("acknowledged", hold=True, severity="critical"), Place.ACKNOWLEDGED),
    (standing("", hold=True, severity="high"), Place.ACKNOWLEDGED),
    (standing("paused", hold=True, next_in=1), Place.SNOOZED),
]


@pytest.mark.req("P25", "P8")
def test_what_breaks_its_promise_first_stands_first() -> None:
    assert [place(of) for of, _ in IN_ORDER] == [expected for _, expected in IN_ORDER]
    assert sorted(IN_ORDER, key=lambda row: board_key(row[0])) == IN_ORDER


def test_among_those_that_somebody_has_the_longest_silence_comes_first() -> None:
    quiet = Standing("acknowledged", True, False, False, "high", None, T0 - HOUR, T0 - HOUR)
    fresh = Standing("acknowledged", True, False, False, "high", None, T0 - 2 * HOUR, T0)
    assert sorted([fresh, quiet], key=board_key) == [quiet, fresh]
