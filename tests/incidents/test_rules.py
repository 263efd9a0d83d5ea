"""Numbers and names of restricted incidents say nothing."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.incidents.rules import COLOURS, FIRST, LAST, THINGS, draw_code_name, draw_number, plain, words_of


@given(st.integers())
def test_a_number_is_of_another_length_than_the_others(seed: int) -> None:
    assert FIRST <= draw_number(Random(seed)) <= LAST


@given(st.integers())
def test_a_code_name_is_two_words_of_the_list(seed: int) -> None:
    colour, thing = draw_code_name(Random(seed), set()).split()
    assert colour in COLOURS
    assert thing in THINGS


def test_a_code_name_in_use_is_not_given_twice() -> None:
    taken = {f"{colour} {thing}" for colour in COLOURS for thing in THINGS}
    assert draw_code_name(Random(1), taken - {"amber anchor"}) not in taken - {"amber anchor"}
    assert draw_code_name(Random(1), taken) not in taken


@pytest.mark.parametrize(
    ("text", "kept"),
    [("disk full", "disk full"), ("a\x00b", "ab"), ("a\ud800b", "a\ufffdb"), ("\U0001f525", "\U0001f525"), ("", "")],
)
def test_what_postgresql_cannot_keep_is_replaced(text: str, kept: str) -> None:
    assert plain(text) == kept


@given(st.text(st.characters(exclude_categories=[])))
def test_every_text_can_be_encoded_afterwards(text: str) -> None:
    assert "\x00" not in plain(text)
    plain(text).encode()


@pytest.mark.parametrize(
    ("text", "query"),
    [("disk full", "'disk':* & 'full':*"), ("o'clock", "'o''clock':*"), ("a\\b & !c", "'a\\\\b':* & '&':* & '!c':*"), ("", "")],
)
def test_a_search_is_words_that_may_go_on(text: str, query: str) -> None:
    assert words_of(text) == query
