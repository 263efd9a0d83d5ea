"""What a human word is, what a label says, when a write is tried again."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import DAY, HOUR, SEC, T0
from watchbill.notifications.rules import Outcome
from watchbill.trackers.rules.ends import LONGEST_PAUSE, MOST_TRIES, after_write, read_again_in, since
from watchbill.trackers.rules.fields import gaps, is_described
from watchbill.trackers.rules.words import Word, is_human, is_marked, last_human, mark, severity_of

OURS = mark("0d3bd1d6-7f1c-4f5c-8c35-0f4d7c8b2c11")


@pytest.mark.req("K5", "K6")
@pytest.mark.parametrize(
    ("word", "human"),
    [
        (Word(T0, "ada", "comment", text="looking"), True),
        (Word(T0, "ada", "closed"), True),
        (Word(T0, "ada", "reopened"), True),
        (Word(T0, "ada", "labeled"), False),
        (Word(T0, "ada", "assigned"), False),
        (Word(T0, "ada", "other", text="changed the description"), False),
        (Word(T0, "dependabot[bot]", "comment", text="bump"), False),
        (Word(T0, "project_12_bot_4f3a", "comment", text="scan"), False),
        (Word(T0, "group_7_bot", "comment", text="scan"), False),
        (Word(T0, "robot.wilson", "comment", text="I am a person"), True),
        (Word(T0, "scanner", "comment", is_bot=True, text="found"), False),
        (Word(T0, "desk", "comment", text=f"{OURS}\nping"), False),
        (Word(T0, "desk", "comment", text="a person with the desk's token"), True),
        (Word(T0, "desk", "closed"), False),
        (Word(T0, "", "comment", text="nobody"), False),
    ],
)
def test_who_counts_as_a_human(word: Word, human: bool) -> None:
    assert is_human(word, account="desk") is human


@pytest.mark.req("K5")
def test_neither_bots_nor_labels_nor_our_own_ping_reset_the_clock() -> None:
    words = [
        Word(T0, "ada", "comment", text="looking"),
        Word(T0 + DAY, "desk", "comment", text=f"{OURS} ping"),
        Word(T0 + 2 * DAY, "ci[bot]", "comment"),
        Word(T0 + 3 * DAY, "bruno", "labeled"),
    ]
    assert last_human(words, account="desk") == words[0]
    assert last_human([*words, Word(T0 + 4 * DAY, "bruno", "comment", text="done")], account="desk").at == T0 + 4 * DAY
    assert last_human(words[1:], account="desk") is None


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        ([], ""),
        (["oncall", "severity/high"], "high"),
        (["severity::2"], "high"),
        (["S1"], "critical"),
        (["Severity/Medium", "severity/critical"], "critical"),
        (["severity"], ""),
        (["no severity/high"], ""),
        (["S5", "S12"], ""),
    ],
)
def test_what_labels_say(labels: list[str], severity: str) -> None:
    assert severity_of(labels) == severity


def test_a_mark_is_found_whatever_stands_around_it() -> None:
    assert is_marked(f"x {OURS}\ny", "0d3bd1d6-7f1c-4f5c-8c35-0f4d7c8b2c11")
    assert not is_marked(OURS, "1d3bd1d6-7f1c-4f5c-8c35-0f4d7c8b2c11")


@pytest.mark.parametrize(
    ("outcome", "more", "end"),
    [
        (Outcome.DELIVERED, {}, (None, True, False, False, False)),
        (Outcome.DELIVERED, {"changed_since": True}, (0, True, False, False, False)),
        (Outcome.TEMPORARY, {}, (5, False, False, False, False)),
        (Outcome.TEMPORARY, {"tries": 2, "failed_before": True}, (15, False, False, False, True)),
        (Outcome.TEMPORARY, {"tries": 3, "failed_before": True}, (60, False, False, False, False)),
        (Outcome.TEMPORARY, {"tries": MOST_TRIES, "failed_before": True}, (None, False, False, True, True)),
        (Outcome.UNKNOWN, {}, (5, False, True, False, False)),
        (Outcome.TEMPORARY, {"doubt": True}, (5, False, True, False, False)),  # once in doubt, always looked for
        (Outcome.PERMANENT, {}, (None, False, False, True, True)),
        (Outcome.PERMANENT, {"failed_before": True}, (None, False, False, True, False)),
        (Outcome.TEMPORARY, {"retry_after": 30 * SEC}, (30, False, False, False, False)),
        (Outcome.TEMPORARY, {"retry_after": DAY}, (LONGEST_PAUSE.total_seconds(), False, False, False, False)),
    ],
)
def test_what_follows_a_try(outcome: Outcome, more: dict, end: tuple) -> None:
    found = after_write(outcome, **{"tries": 1, "doubt": False, "changed_since": False, "failed_before": False, **more})
    again = None if found.again_in is None else found.again_in.total_seconds()
    assert (again, found.done, found.doubt, found.given_up, found.say) == end


def test_how_often_a_project_is_read() -> None:
    assert [read_again_in(n).total_seconds() for n in (0, 1, 2, 9)] == [60, 30, 60, 900]
    assert since(None) is None
    assert since(T0) < T0
    assert T0 - since(T0) < HOUR
    assert isinstance(since(T0), dt.datetime)


@pytest.mark.req("K38")
@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("", False),
        (" \n<!-- a template: write here -->\n", False),
        ("<!-- never closed", False),
        ("the disk of host1", True),
        (
            f"{mark('a' * 36)}\nIncident [#7](https://x/incidents/7) of SecOps: severity high\n\nWho has it, what happens next and its story: https://x\n",
            False,
        ),
        (f"{mark('a' * 36)}\nIncident [#7](https://x/incidents/7) of SecOps: severity high\n\nThe disk of host1.\n", True),
        ("Incident [#7] is what people call it", True),
    ],
)
def test_a_description_says_what_it_is_when_somebody_wrote_it(text: str, is_so: bool) -> None:
    assert is_described(text) is is_so


def test_what_is_missing_in_an_issue() -> None:
    fine = {"described": True, "labels": ["incident"], "wanted": ["incident"], "assignees": ["ada"], "name": "x#7"}
    assert gaps(**fine) == []
    assert gaps(**{**fine, "described": None}) == []  # nobody knows
    assert [gap.field for gap in gaps(**{**fine, "described": False, "labels": [], "assignees": []})] == [
        "description",
        "labels",
        "assignee",
    ]
    assert "lacks the labels a, b" in gaps(**{**fine, "wanted": ["incident", "a", "b"]})[0].why
    assert "has no label" in gaps(**{**fine, "labels": [], "wanted": []})[0].why
