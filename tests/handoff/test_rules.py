"""What a hand-off moves, what is missing in it, and when whom it concerns hears of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import HOUR, MIN, SEC, T0
from tests.handoff.offers import WORDS
from watchbill.handoff.rules import KINDS, LASTS, Look, Offer, Step, Words, look, missing, moves, nudges, part_by_part, why_not
from watchbill.response.rules import Hold

ADA, BRUNO, CHEN = 1, 2, 3
BOTH = Hold(ADA, ADA)


@pytest.mark.req("G26", "G27")
@pytest.mark.parametrize(
    ("ownership", "kind", "before", "after"),
    [
        ("acker", "shift", BOTH, Hold(ADA, BRUNO)),  # whoever acknowledged stays accountable
        ("acker", "break", BOTH, Hold(ADA, BRUNO)),
        ("acker", "permanent", BOTH, Hold(BRUNO, BRUNO)),
        ("on_call", "shift", BOTH, Hold(BRUNO, BRUNO)),  # the incident commander changes with the watch
        ("on_call", "break", BOTH, Hold(ADA, BRUNO)),
        ("on_call", "permanent", BOTH, Hold(BRUNO, BRUNO)),
        ("assigned", "shift", BOTH, Hold(ADA, BRUNO)),
        ("assigned", "break", BOTH, Hold(ADA, BRUNO)),
        ("assigned", "permanent", BOTH, Hold(BRUNO, BRUNO)),
        ("assigned", "shift", Hold(None, ADA), Hold(None, BRUNO)),  # before it is assigned nobody owns it
        ("on_call", "shift", Hold(ADA, CHEN), Hold(BRUNO, CHEN)),  # whoever works on it goes on
        ("acker", "permanent", Hold(ADA, CHEN), Hold(BRUNO, CHEN)),
        ("acker", "shift", Hold(CHEN, ADA), Hold(CHEN, BRUNO)),  # nobody gives more than they have
        ("on_call", "shift", Hold(CHEN, ADA), Hold(CHEN, BRUNO)),
        ("acker", "break", Hold(ADA, None), Hold(ADA, BRUNO)),
    ],
)
def test_what_each_kind_moves(ownership: str, kind: str, before: Hold, after: Hold) -> None:
    assert moves(kind, ownership, before, ADA, BRUNO) == after


@settings(max_examples=50)
@given(
    kind=st.sampled_from(KINDS),
    ownership=st.sampled_from(["acker", "on_call", "assigned"]),
    owner=st.sampled_from([None, ADA, BRUNO, CHEN]),
    acting=st.sampled_from([None, ADA, BRUNO, CHEN]),
)
def test_an_owner_never_disappears_and_somebody_acts(kind: str, ownership: str, owner: int | None, acting: int | None) -> None:
    after = moves(kind, ownership, Hold(owner, acting), ADA, BRUNO)
    assert (after.owner is None) == (owner is None)
    assert after.owner in (owner, BRUNO)
    assert after.acting is not None


def test_only_the_owner_gives_it_away_for_good_and_nobody_to_themselves() -> None:
    assert "Only the owner" in why_not("permanent", "acker", Hold(CHEN, ADA), ADA, BRUNO)
    assert "yourself" in why_not("shift", "acker", BOTH, ADA, ADA)
    assert "already" in why_not("shift", "acker", Hold(ADA, BRUNO), ADA, BRUNO)
    assert why_not("shift", "acker", BOTH, ADA, BRUNO) == ""


@pytest.mark.req("G28", "G30", "G32", "G35")
@pytest.mark.parametrize(
    ("words", "fields"),
    [
        (Words(), ["summary", "next_steps", "engaged"]),
        (replace(WORDS, summary="  "), ["summary"]),
        (replace(WORDS, engaged=("", " ")), ["engaged"]),
        (replace(WORDS, next_steps=(Step("", "reimage"), Step("ada", ""))), ["next_steps", "next_steps"]),
        (WORDS, []),
    ],
)
def test_what_is_missing_is_said_part_by_part(words: Words, fields: list[str]) -> None:
    assert [each.field for each in missing(words)] == fields


def test_a_read_back_part_by_part_names_what_was_there() -> None:
    assert part_by_part(WORDS) == (
        "Read part by part: how it stands, next steps, open questions, who is engaged; first: bruno: find what writes."
    )


END = T0 + 4 * HOUR


@pytest.mark.parametrize(
    ("offer", "times"),
    [
        (Offer("shift", T0, T0 + LASTS, END), (END - 10 * MIN, END - 5 * MIN, END + 5 * MIN)),
        (Offer("shift", T0, T0 + LASTS), (T0 + 15 * MIN, T0 + 20 * MIN, T0 + 30 * MIN)),  # no watch
        (Offer("break", T0, T0 + LASTS, END), (T0 + 15 * MIN, T0 + 20 * MIN, T0 + 30 * MIN)),
        (Offer("permanent", T0, T0 + LASTS), (T0 + 15 * MIN, T0 + 20 * MIN, T0 + 30 * MIN)),
        (Offer("shift", END - 9 * MIN, END + LASTS, END), (END + 6 * MIN, END + 11 * MIN, END + 21 * MIN)),  # made too late for that
    ],
)
def test_when_the_receiver_is_reminded_and_paged_and_the_manager_hears_of_it(offer: Offer, times: tuple[object, ...]) -> None:
    assert nudges(offer) == times


@pytest.mark.req("K41")
def test_an_unanswered_offer_reminds_then_pages_then_reaches_the_manager_then_ends() -> None:
    offer = Offer("break", T0, T0 + LASTS)
    assert look(offer, now=T0) == Look(again_at=T0 + 15 * MIN)
    assert look(offer, now=T0 + 15 * MIN) == Look(remind=True, again_at=T0 + 20 * MIN)
    offer = replace(offer, reminded=True)
    assert look(offer, now=T0 + 20 * MIN - SEC) == Look(again_at=T0 + 20 * MIN)
    assert look(offer, now=T0 + 20 * MIN) == Look(page=True, again_at=T0 + 30 * MIN)
    offer = replace(offer, paged=True)
    assert look(offer, now=T0 + 30 * MIN) == Look(escalate=True, again_at=T0 + LASTS)
    assert look(replace(offer, escalated=True), now=T0 + LASTS) == Look(expire=True)


def test_after_an_outage_nobody_is_reminded_of_what_is_paged_at_the_same_time() -> None:
    assert look(Offer("break", T0, T0 + LASTS), now=T0 + HOUR) == Look(page=True, escalate=True, again_at=T0 + LASTS)
