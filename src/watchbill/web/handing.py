"""The parts of a hand-off as a form: what is written in it, what is missing, and back to words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watchbill.handoff.lines import text_of
from watchbill.handoff.rules import Words, missing, part_by_part, parts
from watchbill.kernel.errors import Invalid
from watchbill.people.rules import clock_time

LABELS = {
    "summary": ("What it is, and how it stands", "Two to five sentences; somebody who slept must understand it.", 4),
    "next_steps": ("Next steps", "One a line: who: what. A step without a person is nobody's step.", 3),
    "engaged": ("Who is engaged", "One a line; other teams too.", 2),
    "open_questions": ("Open questions", "One a line.", 2),
    "decisions": ("Decisions", "One a line.", 2),
    "pending": ("Pending", "What runs, and when it is done. One a line.", 2),
    "related": ("Related issues", "One a line, with the team that works on it.", 2),
    "channels": ("Channels and threads", "One a line.", 1),
    "bridge": ("Bridge", "The address of the call.", 1),
}
NEEDED = ("summary", "next_steps", "engaged")


@dataclass(frozen=True, slots=True)
class Part:
    """One field of the form: its words, and what is missing in it."""

    name: str
    label: str
    hint: str
    rows: int
    text: str
    problems: tuple[str, ...]
    needed: bool


def form_of(words: Words, prefix: str = "") -> list[Part]:
    """Every part, in the order in which the next one reads it."""
    gaps: dict[str, list[str]] = {}
    for gap in missing(words):
        gaps.setdefault(gap.field, []).append(gap.why)
    return [
        Part(f"{prefix}{name}", label, hint, rows, text_of(words, name), tuple(gaps.get(name, ())), name in NEEDED)
        for name, (label, hint, rows) in LABELS.items()
    ]


def time_in(text: str, zone: dt.tzinfo) -> dt.datetime | None:
    """What a native input sends, by the reader's clock; nothing for nothing."""
    if not text:
        return None
    try:
        naive = dt.datetime.fromisoformat(text)
        if naive.tzinfo is not None or not 1971 <= naive.year < 2199:
            raise ValueError(text)
        return clock_time(naive, zone)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"“{text[:40]}” is no time; expected one such as 2026-03-24T22:10. Nothing was changed.") from error


def readback_in(sent: Mapping[str, str], ticked: Sequence[str], words: Words) -> str:
    """In one's own words; or part by part, when every part was ticked."""
    own = sent.get("readback", "").strip()
    if own:
        return own
    left = [name for name in parts(words) if name not in ticked]
    if left:
        raise Invalid(
            f"Say in your own words what is going on and what you do first, or tick every part; not ticked: {', '.join(left)}.",
            field="readback",
        )
    return part_by_part(words)
