"""How do a platform's words and ours belong together? Pure. States as HackerOne's customer API and GitHub's advisories name them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from watchbill.reports.rules.flow import CLOSED, State

NAMES: Mapping[str, str] = {"hackerone": "HackerOne", "github": "GitHub"}
ENDS: Mapping[str, State] = {  # its closed states -> ours
    "resolved": State.RESOLVED,
    "informative": State.INVALID,
    "not-applicable": State.INVALID,
    "duplicate": State.DUPLICATE,
    "spam": State.SPAM,
    "published": State.RESOLVED,  # of GitHub's advisories
    "closed": State.INVALID,
    "withdrawn": State.INVALID,
}
CLOSES_AS: Mapping[State, str] = {  # ours -> its own. Not `not-applicable`: that takes reputation from the reporter
    State.RESOLVED: "resolved",
    State.INVALID: "informative",
    State.OUT_OF_SCOPE: "informative",
    State.DUPLICATE: "duplicate",
    State.SPAM: "spam",
}
NEEDS_WORD = frozenset({"resolved", "informative", "duplicate"})  # a word to the reporter
WAITS_FOR_REPORTER = "needs-more-info"
NOT_TRIAGED = frozenset({"new", "pending-program-review", "needs-more-info"})
CLOSES_BY_ITSELF = dt.timedelta(days=30)  # after so long in needs-more-info HackerOne closes it as informative
WORDS: Mapping[str, str] = {
    "new": "new",
    "pending-program-review": "pending the programme's review",
    "triaged": "triaged",
    "needs-more-info": "needs more information",
    "retesting": "being tested again",
    "resolved": "resolved",
    "informative": "informative",
    "duplicate": "a duplicate",
    "not-applicable": "not applicable",
    "spam": "spam",
    "triage": "reported privately",
    "draft": "a draft",
    "published": "published",
    "closed": "closed",
    "withdrawn": "withdrawn",
}


def state_word(state: str) -> str:
    """The platform's state for people."""
    return WORDS.get(state, state.replace("-", " "))


def first_state(remote_state: str, *, is_open: bool, with_triage: bool) -> State:
    """Where a report begins here that was there before. What the platform's triage holds, or what waits for its reporter, waits."""
    if not is_open:
        return ENDS.get(remote_state, State.INVALID)
    if remote_state == WAITS_FOR_REPORTER:
        return State.AWAITING_REPORTER
    return State.WITH_PLATFORM if with_triage else State.NEW


@dataclass(frozen=True, slots=True)
class Moved:
    """What a change there makes of a report here. `to` None: nothing."""

    to: State | None
    waits: bool = False  # from now on
    answered: bool = False  # what was waited for is there


def after_change(here: State, *, before: str, now: str, is_open: bool, was_triage: bool, is_triage: bool) -> Moved:
    """What follows from the state and the assignee there; `before` and `now` are its states. What did not change there moves nothing here."""
    if not is_open:
        moved = ENDS.get(now, State.INVALID)
        return Moved(None if here in CLOSED or before == now else moved)
    if here in CLOSED:
        reopened = before != now and before in ENDS
        return Moved(State.ASSESSING if reopened else None)
    if now == WAITS_FOR_REPORTER and before != now and here is not State.AWAITING_REPORTER:
        return Moved(State.AWAITING_REPORTER, waits=True)
    if is_triage and not was_triage and here is not State.WITH_PLATFORM:
        return Moved(State.WITH_PLATFORM, waits=True)
    if here is State.WITH_PLATFORM and was_triage and not is_triage:
        return Moved(State.ASSESSING, answered=True)
    if here is State.AWAITING_REPORTER and before == WAITS_FOR_REPORTER and now != before:
        return Moved(State.ASSESSING, answered=True)
    return Moved(None)


@dataclass(frozen=True, slots=True)
class Bounty:
    """One that stands there. `amount`: whole units, rounded down, as our ledger counts; `text`: as the platform says it."""

    id: str
    amount: int
    currency: str
    text: str


def bounties(said: Sequence[Mapping[str, object]]) -> list[Bounty]:
    """What stands there, in order. One without an amount that can be read counts as none: it is shown as the platform's words alone."""
    found = []
    for each in said:
        try:
            amount = int(Decimal(str(each.get("amount") or "0")))
        except (InvalidOperation, ValueError, OverflowError):
            continue
        if amount > 0:
            found.append(Bounty(str(each.get("id") or ""), amount, str(each.get("currency") or "")[:3], str(each.get("amount"))))
    return found


def new_bounties(before: Sequence[Mapping[str, object]], now: Sequence[Mapping[str, object]]) -> list[Bounty]:
    """Those that were not there before, by what the platform calls them."""
    known: Collection[str] = {str(each.get("id") or "") for each in before}
    return [each for each in bounties(now) if each.id not in known]


def closes_at(since: dt.datetime) -> dt.datetime:
    """When the platform closes one by itself that waits for its reporter since then."""
    return since + CLOSES_BY_ITSELF
