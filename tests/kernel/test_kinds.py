"""Which kinds of contact work here: told once, or asked again and again where it depends on what is stored."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from watchbill.kernel import kinds


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = kinds.declared()
    yield
    kinds.fill(before)


def test_a_kind_that_asks_is_asked_again_when_its_answer_was_forgotten() -> None:
    answers = ["No telephone is configured.", ""]
    kinds.fill([kinds.Kind("sms", active=True, asks=lambda: answers[0])])
    assert not kinds.is_active("sms")
    assert kinds.find("sms").why_not == "No telephone is configured."
    answers.pop(0)
    assert not kinds.is_active("sms"), "an answer is kept for a moment"
    kinds.forget()
    assert kinds.is_active("sms")
    assert kinds.find("sms").why_not == ""


def test_filling_with_what_was_read_keeps_the_question() -> None:
    answers = ["no"]
    kinds.fill([kinds.Kind("sms", active=True, asks=lambda: answers[0])])
    kinds.fill(kinds.declared())
    answers[0] = ""
    kinds.forget()
    assert kinds.is_active("sms")
