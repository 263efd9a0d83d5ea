"""Which way does a report go through triage, what is the one next step, and what is not possible now, and why? Pure.

new -> assessing -> {with_platform_triage | awaiting_reporter} -> assessing; assessing -> consulting_experts -> rated -> tracked ->
reporter_updated -> (awarded) -> triaged -> resolved. Ends besides: invalid, duplicate, out_of_scope, spam.
The tracking issue comes before the bounty, the reporter is told before either is over, and a bounty never waits for the fix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a report stands."""

    NEW = "new"
    ASSESSING = "assessing"
    WITH_PLATFORM = "with_platform_triage"
    AWAITING_REPORTER = "awaiting_reporter"
    CONSULTING = "consulting_experts"
    RATED = "rated"
    TRACKED = "tracked"
    TOLD = "reporter_updated"
    AWARDED = "awarded"
    TRIAGED = "triaged"
    RESOLVED = "resolved"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    OUT_OF_SCOPE = "out_of_scope"
    SPAM = "spam"


EXITS = frozenset({State.INVALID, State.DUPLICATE, State.OUT_OF_SCOPE, State.SPAM})
CLOSED = EXITS | {State.RESOLVED}
WAITING = frozenset({State.WITH_PLATFORM, State.AWAITING_REPORTER})
BEING_READ = frozenset({State.ASSESSING, State.CONSULTING})
ON_THE_WAY = (State.RATED, State.TRACKED, State.TOLD, State.AWARDED, State.TRIAGED)
ACTED_ON = frozenset(ON_THE_WAY)  # it was found valid and rated: from here on it must have a tracking issue

WORDS: Mapping[State, str] = {
    State.NEW: "New",
    State.ASSESSING: "Being read",
    State.WITH_PLATFORM: "With the platform's triage",
    State.AWAITING_REPORTER: "Waits for the reporter",
    State.CONSULTING: "Experts are asked",
    State.RATED: "Rated",
    State.TRACKED: "Tracked",
    State.TOLD: "Reporter told",
    State.AWARDED: "Awarded",
    State.TRIAGED: "Triaged",
    State.RESOLVED: "Resolved",
    State.INVALID: "Not valid",
    State.DUPLICATE: "Duplicate",
    State.OUT_OF_SCOPE: "Out of scope",
    State.SPAM: "Spam",
}


class Act(StrEnum):
    """What somebody does with a report."""

    TAKE = "take"
    ENOUGH = "enough"  # valid, with enough information
    ASK_REPORTER = "ask_reporter"
    RELAY = "relay"  # the platform's triage asks the reporter
    HEARD = "heard"  # what was waited for is there
    ASK_EXPERTS = "ask_experts"
    UNDERSTOOD = "understood"
    RATE = "rate"
    TRACK = "track"
    TELL = "tell"  # the reporter: we work on a fix, and about when the embargo ends
    AWARD = "award"
    BEGIN_INCIDENT = "begin_incident"
    RESOLVE = "resolve"
    CLOSE = "close"  # as invalid, duplicate, out of scope, spam
    REOPEN = "reopen"


class Step(StrEnum):
    """The one thing to do next."""

    TAKE = "take"
    ENOUGH = "enough"
    WAIT = "wait"
    UNDERSTOOD = "understood"
    RATE = "rate"
    TRACK = "track"
    TELL = "tell"
    BOUNTY = "bounty"
    INCIDENT = "incident"
    RESOLVE = "resolve"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a report, as far as its way depends on it. `platform`: it came by a bounty platform; `bounty_settled`: awarded, or
    said to be not eligible."""

    state: State
    valid: bool = False
    understood: bool = False
    tracked: bool = False
    platform: bool = False
    bounty_settled: bool = False


def next_step(facts: Facts) -> Step:
    """What is to be done now."""
    if facts.state in CLOSED:
        return Step.DONE
    if facts.state in WAITING:
        return Step.WAIT
    if facts.state in BEING_READ:
        return Step.RATE if facts.understood else Step.UNDERSTOOD if facts.valid else Step.ENOUGH
    if facts.state is State.TOLD:
        return Step.BOUNTY if facts.platform and not facts.bounty_settled else Step.INCIDENT
    plain = {
        State.NEW: Step.TAKE,
        State.RATED: Step.TRACK,
        State.TRACKED: Step.TELL,
        State.AWARDED: Step.INCIDENT,
        State.TRIAGED: Step.RESOLVE,
    }
    return plain[facts.state]


def why_not(facts: Facts, act: Act) -> str:
    """Why this cannot be done now, in a sentence that says what comes first; empty when it can."""
    word = WORDS[facts.state].lower()
    if act is Act.REOPEN:
        return "" if facts.state in CLOSED else f"It is open already ({word})."
    if facts.state in CLOSED:
        return f"It is closed ({word}). Reopen it first."
    if act is Act.HEARD:
        return "" if facts.state in WAITING else f"It waits for nobody now ({word})."
    if act is Act.CLOSE:
        return ""
    return _why_not_yet(facts, act, word)


def _why_not_yet(facts: Facts, act: Act, word: str) -> str:
    if act is Act.TAKE:
        return "" if facts.state is State.NEW else f"It was taken already ({word})."
    if facts.state is State.NEW:
        return "Nobody has taken it yet. Take it first."
    if facts.state in WAITING and act is not Act.TRACK:
        return f"It waits ({word}). Say first that the answer is there."
    if act in _WHILE_READ:
        return _why_not_reading(facts, act, word)
    return _why_not_later(facts, act, word)


_WHILE_READ = frozenset({Act.ENOUGH, Act.ASK_REPORTER, Act.RELAY, Act.ASK_EXPERTS, Act.UNDERSTOOD})


def _why_not_reading(facts: Facts, act: Act, word: str) -> str:
    if facts.state not in BEING_READ:
        return f"It was read and rated already ({word}). Write a comment instead."
    if act is Act.RELAY and not facts.platform:
        return "It did not come by a platform, so nobody can relay. Ask the reporter."
    if act is Act.ENOUGH and facts.valid:
        return "It was found valid already."
    if act in (Act.ASK_EXPERTS, Act.UNDERSTOOD) and not facts.valid:
        return "Say first that it seems valid and says enough."
    if act in (Act.ASK_EXPERTS, Act.UNDERSTOOD) and facts.understood:
        return "Its impact is understood already."
    return ""


def _why_not_later(facts: Facts, act: Act, word: str) -> str:
    if act is Act.RATE:
        return "" if facts.understood or facts.state in ACTED_ON else "Say first that its impact is understood."
    if act is Act.TRACK:
        return ""
    order = {Act.TELL: State.TRACKED, Act.AWARD: State.TOLD, Act.BEGIN_INCIDENT: State.TOLD, Act.RESOLVE: State.TRIAGED}
    needed = order[act]
    if facts.state not in ACTED_ON:
        return f"It is not rated yet ({word})."
    if ON_THE_WAY.index(facts.state) < ON_THE_WAY.index(needed):
        return f"It is not so far yet ({word}): {_FIRST[act]}"
    if act is Act.AWARD and not facts.platform:
        return "It did not come by a bounty platform, so there is nothing to award."
    if act is Act.BEGIN_INCIDENT and facts.state is State.TRIAGED:
        return "Its incident has begun already."
    return ""


_FIRST = {
    Act.TELL: "link its tracking issue first.",
    Act.AWARD: "tell the reporter first that a fix is on its way.",
    Act.BEGIN_INCIDENT: "tell the reporter first that a fix is on its way.",
    Act.RESOLVE: "begin its incident first.",
}


def after(facts: Facts, act: Act) -> State:
    """Where it stands once that is done. `why_not` was asked before. Of CLOSE the caller says as what."""
    moved = {
        Act.TAKE: State.ASSESSING,
        Act.HEARD: State.ASSESSING,
        Act.REOPEN: State.ASSESSING,
        Act.ASK_REPORTER: State.AWAITING_REPORTER,
        Act.RELAY: State.WITH_PLATFORM,
        Act.ASK_EXPERTS: State.CONSULTING,
        Act.BEGIN_INCIDENT: State.TRIAGED,
        Act.RESOLVE: State.RESOLVED,
    }
    if act in moved:
        return moved[act]
    if act is Act.RATE and facts.state in BEING_READ:
        return State.TRACKED if facts.tracked else State.RATED
    forward = {Act.TRACK: (State.RATED, State.TRACKED), Act.TELL: (State.TRACKED, State.TOLD), Act.AWARD: (State.TOLD, State.AWARDED)}
    if act in forward and facts.state is forward[act][0]:
        return forward[act][1]
    return facts.state


def needs_tracking(facts: Facts) -> bool:
    """Is it acted on without a tracking issue? Such reports stand in the list of violations."""
    return facts.state in ACTED_ON and not facts.tracked
