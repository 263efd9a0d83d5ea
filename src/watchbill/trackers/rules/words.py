"""Who said something on an issue last, and was that a human? Pure.

A comment, closing and reopening by a person are human words. Labels, assignments, whatever a bot does, and what this desk wrote are not, so
that a ping never resets the clock that it was sent for.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

MARK = "watchbill:"
MARKED = re.compile(r"<!--\s*watchbill:[0-9a-f-]{36}\s*-->")
BOTS = re.compile(
    r"(?:\[bot\]|^(?:project|group)_\d+_bot(?:_[0-9a-z]+)?|^(?:ghost|alert-bot|support-bot|gitlab-bot|GitLab-Security-Bot))$", re.IGNORECASE
)
HUMAN = frozenset({"comment", "closed", "reopened"})
SEVERITY = re.compile(r"^(?:severity|sev)\s*[/:]{1,2}\s*(critical|high|medium|low|[1-4])$|^(S[1-4])$", re.IGNORECASE)
NUMBERED = {"1": "critical", "2": "high", "3": "medium", "4": "low"}
RANK = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Word:
    """Something that happened on an issue. `kind`: comment, closed, reopened, or what the tracker calls it."""

    at: dt.datetime
    by: str
    kind: str
    is_bot: bool = False
    text: str = ""


def is_human(word: Word, *, account: str) -> bool:
    """Did a person say this, there? `account`: as whom this desk writes. A person whose token it is may comment as well: the mark decides."""
    if word.kind not in HUMAN or word.is_bot or is_bot_name(word.by):
        return False
    if word.kind == "comment":
        return not MARKED.search(word.text)
    return not account or word.by != account


def is_bot_name(name: str) -> bool:
    """Names that trackers give to robots alone."""
    return not name or bool(BOTS.search(name))


def last_human(words: Iterable[Word], *, account: str) -> Word | None:
    """The latest of them that a person said."""
    said = [word for word in words if is_human(word, account=account)]
    return max(said, key=lambda word: word.at, default=None)


def severity_of(labels: Iterable[str]) -> str:
    """What the labels say, the worst when they say several: `severity/high`, `severity::2`, `S2`. Empty: nothing."""
    found = [
        NUMBERED.get(word[-1], word)
        for label in labels
        if (known := SEVERITY.match(label.strip())) and (word := (known[1] or known[2]).lower())
    ]
    return min(found, key=RANK.index, default="")


def mark(public_id: str) -> str:
    """What stands in every text of ours, so that it is known again. Readers do not see it."""
    return f"<!-- {MARK}{public_id} -->"


def is_marked(text: str, public_id: str) -> bool:
    """Is it that very text of ours?"""
    return mark(public_id) in text
