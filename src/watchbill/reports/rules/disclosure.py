"""May it be disclosed, and what stands in the way? Pure.

Whatever is published was chosen by a human. *Do not disclose* has a reason and a day on which it is looked at again, and blocks everything.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from watchbill.reports.rules.flow import State

MARKER = re.compile(r"^\W*do[\s_-]*not[\s_-]*disclose\b\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a report, as far as disclosure depends on it."""

    state: State
    kept_secret: bool = False
    incident_open: bool = False
    embargo_on: dt.date | None = None


def why_not_disclose(facts: Facts, *, today: dt.date) -> list[str]:
    """Everything that stands in the way, a sentence each; empty: it may be disclosed."""
    found = []
    if facts.kept_secret:
        found.append("It is marked do not disclose.")
    if facts.state is not State.RESOLVED:
        found.append("It is not resolved.")
    if facts.incident_open:
        found.append("Its incident is open.")
    if facts.embargo_on is not None and today < facts.embargo_on:
        found.append(f"Its embargo ends on {facts.embargo_on:%d %B %Y}.")
    return found


def why_not_secret(reason: str, review_on: dt.date | None, *, today: dt.date) -> str:
    """Why it cannot be marked so; empty when it can."""
    if not reason.strip():
        return "Say why it must not be disclosed: it stands in the team's comment, and whoever comes next needs it."
    if review_on is None or review_on <= today:
        return "Name a day after today on which somebody looks at it again."
    return ""


def marked(comment: str) -> str | None:
    """The justification of a team comment that marks a report so; None for any other comment."""
    found = MARKER.match(comment)
    return comment[found.end() :].strip() if found else None
