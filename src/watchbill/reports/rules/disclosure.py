"""May it be disclosed, what stands in the way, and what exactly would leave? Pure.

Whatever is published was chosen by a human. *Do not disclose* has a reason and a day on which it is looked at again, and blocks everything.
Comments of the team and to the platform's triage never leave, whatever the kind of the disclosure.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from watchbill.reports.rules.flow import State

MARKER = re.compile(r"^\W*do[\s_-]*not[\s_-]*disclose\b\W*", re.IGNORECASE)
REDACTED = "[redacted]"
SHORTEST, LONGEST, MOST = 3, 2_000, 200  # of a passage that is left out, in characters; and how many


class Kind(StrEnum):
    """How much becomes public."""

    FULL = "full"
    LIMITED = "limited"


KIND_WORDS = {
    Kind.FULL: "In full: what was reported and what was written to the reporter",
    Kind.LIMITED: "Limited: title, severity and the summary alone",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a report, as far as disclosure depends on it."""

    state: State
    kept_secret: str = ""  # why
    incident_open: bool = False
    embargo_on: dt.date | None = None
    disclosed: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One that is open: by whom, and until when it is to be answered."""

    by_reporter: bool
    due_at: dt.datetime
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A message that the reporter may read already: those of other audiences are not even given here."""

    by_reporter: bool
    at: dt.datetime
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """What could become public of a report."""

    title: str
    body: str
    reporter: str = ""
    severity: str = ""
    vector: str = ""
    weakness: str = ""
    announcement: str = ""
    said: Sequence[Said] = ()


def why_not_disclose(facts: Facts, *, today: dt.date) -> list[str]:
    """Everything that stands in the way, a sentence each; empty: it may be disclosed."""
    if facts.disclosed:
        return ["It is public already."]
    found = []
    if facts.kept_secret:
        found.append(f"It is marked do not disclose: {facts.kept_secret.rstrip('.')}.")
    if facts.state is not State.RESOLVED:
        found.append("It is not resolved.")
    if facts.incident_open:
        found.append("Its incident is open.")
    if facts.embargo_on is not None and today < facts.embargo_on:
        found.append(f"Its embargo ends on {facts.embargo_on:%d %B %Y}.")
    return found


def why_not_publish(request: Request | None, *, now: dt.datetime) -> str:
    """Why it cannot be published yet, where nothing else stands in the way; empty when it can. Whoever was asked has their time."""
    if request is None:
        return "Nobody asked for its disclosure. Ask the reporter first."
    if request.by_reporter or request.agreed or now >= request.due_at:
        return ""
    return f"The reporter has until {request.due_at:%d %B %Y %H:%M} UTC to answer. Say that they agreed, if they did."


def why_not_secret(reason: str, review_on: dt.date | None, *, today: dt.date, until: dt.date | None = None) -> str:
    """Why it cannot be marked so; empty when it can."""
    if not reason.strip():
        return "Say why it must not be disclosed: it stands in the team's comment, and whoever comes next needs it."
    if review_on is None or review_on <= today:
        return "Name a day after today on which somebody looks at it again."
    if until is not None and until < review_on:
        return "The mark would end before anybody looks at it again. Name a later end, or an earlier look."
    return ""


def marked(comment: str) -> str | None:
    """The justification of a team comment that marks a report so; None for any other comment."""
    found = MARKER.match(comment)
    return comment[found.end() :].strip() if found else None


def passages(typed: str) -> list[str]:
    """What is to be left out, one passage a line, each once. ValueError with a sentence for one that is too short or too many."""
    found = list(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))
    if len(found) > MOST:
        raise ValueError(f"These are {len(found)} passages; at most {MOST} can be left out.")
    for each in found:
        if not SHORTEST <= len(each) <= LONGEST:
            raise ValueError(f"{each[:40]!r} has {len(each)} characters; a passage has {SHORTEST} to {LONGEST:,}.")
    return found


def what_leaves(case: Case, kind: Kind, summary: str, leave_out: Sequence[str]) -> str:
    """The text that becomes public, to its last byte, with each passage left out wherever it stands, in capitals or not."""
    head = [case.title]
    facts = (
        ("Reported by", case.reporter),
        ("Severity", " ".join(part for part in (case.severity, case.vector) if part)),
        ("Weakness", case.weakness),
        ("Announcement", case.announcement),
    )
    head += [f"{name}: {value}" for name, value in facts if value]
    parts = ["\n".join(head)]
    if summary.strip():
        parts.append(f"Summary\n\n{summary.strip()}")
    if kind is Kind.FULL:
        parts.append(f"What was reported\n\n{case.body.strip()}")
        parts += [f"{'The reporter' if m.by_reporter else 'The team'}, {m.at:%Y-%m-%d %H:%M} UTC\n\n{m.text.strip()}" for m in case.said]
    return redacted("\n\n".join(parts) + "\n", leave_out)


def redacted(text: str, leave_out: Sequence[str]) -> str:
    """Without these passages, wherever they stand, and without anything that belongs to one of two that overlap."""
    spans = sorted((found.start(1), found.end(1)) for each in leave_out for found in _pattern(each).finditer(text))
    parts, at = [], 0
    for start, end in _joined(spans):
        parts += [text[at:start], REDACTED]
        at = end
    return "".join([*parts, text[at:]])


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def not_found(text: str, leave_out: Sequence[str]) -> list[str]:
    """The passages that do not stand in the text: somebody mistyped, and would publish what they meant to leave out."""
    return [each for each in leave_out if not _pattern(each).search(text)]


def fingerprint(text: str) -> str:
    """By which it is known that what leaves is what was looked at."""
    return hashlib.sha256(text.encode()).hexdigest()


def final_word(text: str, announcement: str) -> str:
    """The last word to the reporter, with where the public reads of it."""
    return f"{text.strip()}\n\nAnnouncement: {announcement}" if announcement and text.strip() else text.strip()


def _pattern(passage: str) -> re.Pattern[str]:
    """Spaces, line ends and capitals are alike; a match may begin inside of another one."""
    words = r"\s+".join(re.escape(word) for word in passage.split())
    return re.compile(f"(?=({words}))", re.IGNORECASE)
