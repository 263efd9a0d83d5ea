"""Is a request of a queue ready to be decided, and for how long does its applicant wait? Pure.

Kubernetes guide, private distributors list: nine criteria for whoever wants to hear of vulnerabilities in advance. Every one of them has an
answer before somebody decides; a new wording in the file asks anew and keeps what was answered before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from watchbill.people.rules import Duration, WorkingTime, add

DISTRIBUTORS = (
    "They have a security alias that somebody actively monitors.",
    "Their distribution is certified, and maintained.",
    "They have users outside of their own organization.",
    "They have a public record, up to now, of fixing security issues.",
    "They are no downstream or rebuild of another distribution.",
    "They are active contributors to the community.",
    "They accept the embargo policy.",
    "They are willing to contribute back.",
    "Somebody who is on the list vouches for them.",
)
SETS: Mapping[str, tuple[str, ...]] = {"distributors": DISTRIBUTORS}  # what a file may name in the place of its own criteria
LAST_PART, AT_MOST = 0.2, dt.timedelta(days=2)  # told before it breaks: in the last fifth, two days before at the earliest; of business
# days the last one, so that a weekend hides no warning
TEAM_AFTER = 0.5  # of the time once more, until the whole team is told


class Word(StrEnum):
    """What was found about a criterion."""

    MET = "met"
    NOT_MET = "not_met"
    UNCLEAR = "unclear"


class Verdict(StrEnum):
    """What was decided."""

    ACCEPT = "accept"
    DECLINE = "decline"
    ASK = "ask"  # the applicant is asked for more, and has the word


class Stage(StrEnum):
    """Of what somebody is told. Each includes the one before it."""

    SOON = "soon"
    BROKEN = "broken"
    TEAM = "team"


ORDER = (Stage.SOON, Stage.BROKEN, Stage.TEAM)


@dataclass(frozen=True, slots=True)
class Count:
    """How far it is: of so many criteria."""

    of: int
    met: int = 0
    not_met: int = 0
    unclear: int = 0

    @property
    def open(self) -> int:
        return self.of - self.met - self.not_met - self.unclear

    @property
    def sentence(self) -> str:
        rest = [f"{n} {word}" for n, word in ((self.not_met, "not met"), (self.unclear, "unclear"), (self.open, "not looked at")) if n]
        return f"{self.met} of {self.of} met{''.join(f', {each}' for each in rest)}"


def criteria_of(said: object) -> tuple[str, ...]:
    """What the file says, as sentences: the name of a set, or its own."""
    return SETS.get(said, ()) if isinstance(said, str) else tuple(str(each) for each in said) if isinstance(said, (list, tuple)) else ()


def count(criteria: Sequence[str], answers: Mapping[str, str]) -> Count:
    """`answers`: the latest word on each criterion, by its wording."""
    words = [answers.get(each, "") for each in criteria]
    return Count(len(criteria), words.count(Word.MET), words.count(Word.NOT_MET), words.count(Word.UNCLEAR))


def why_not_decide(criteria: Sequence[str], answers: Mapping[str, str], verdict: str, reason: str, vouched: str) -> str:
    """Why this cannot be decided so, in a sentence that says what comes first; empty when it can."""
    if verdict not in list(Verdict):
        return f"It can be decided as {', '.join(Verdict)}; {verdict[:40]!r} is none of them."
    if verdict == Verdict.ASK:
        return "" if reason.strip() else "Say what the applicant is asked for."
    found = count(criteria, answers)
    if found.open:
        return f"{found.open} of {found.of} criteria {'has' if found.open == 1 else 'have'} no answer yet. Look at each of them first."
    if verdict == Verdict.DECLINE:
        return "" if reason.strip() else "Say why it is declined: the applicant will ask."
    if (found.not_met or found.unclear) and not reason.strip():
        return f"{found.sentence}. Say why it is accepted all the same."
    return "" if vouched.strip() else "Name who vouches for them."


@dataclass(frozen=True, slots=True)
class Moments:
    """When what happened. `asked_at`: the applicant was last asked for more; `word_at`: their last word."""

    arrived_at: dt.datetime
    asked_at: dt.datetime | None = None
    word_at: dt.datetime | None = None
    decided_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Age:
    """How long the applicant waits for us. `due_at` None: nobody waits, since it is decided, or they have the word themselves."""

    since: dt.datetime
    due_at: dt.datetime | None
    soon_at: dt.datetime | None = None

    def is_broken(self, now: dt.datetime) -> bool:
        return self.due_at is not None and now >= self.due_at


def age_of(moments: Moments, alarm: Duration, working: WorkingTime) -> Age:
    """Counted from the arrival, or from the answer to what they were asked; in business time where the file says so."""
    since = moments.arrived_at
    if moments.asked_at is not None:
        if moments.word_at is None or moments.word_at <= moments.asked_at:
            return Age(moments.asked_at, None)
        since = moments.word_at
    if moments.decided_at is not None:
        return Age(since, None)
    due = add(since, alarm, zone=working.zone, working=working)
    if alarm.business_days is not None and alarm.business_days > 1:
        return Age(since, due, add(since, Duration(business_days=alarm.business_days - 1), zone=working.zone, working=working))
    return Age(since, due, due - min(AT_MOST, (due - since) * LAST_PART))


def to_tell(age: Age, told: Collection[str], *, now: dt.datetime) -> Stage | None:
    """Of what somebody is to be told now: the worst that is true and was not told of; what is less than that is not told any more."""
    if age.due_at is None:
        return None
    length = age.due_at - age.since
    begins = {
        Stage.SOON: age.soon_at or age.due_at,
        Stage.BROKEN: age.due_at,
        Stage.TEAM: age.due_at + length * TEAM_AFTER,
    }
    reached = [stage for stage in ORDER if now >= begins[stage]]
    if not reached or any(ORDER.index(Stage(each)) >= ORDER.index(reached[-1]) for each in told):
        return None
    return reached[-1]
