"""What may be done with a thread, what a new mail does to it, and when somebody must have followed it up. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, urlsplit

FOLLOW_UP = dt.timedelta(days=1)  # from a mail until somebody of ours has followed it up
UNDO = dt.timedelta(days=14)  # as long as spam can be taken back
_bracketed = re.compile(r"<([^<>\s]+)>")
_list = re.compile(r"<([A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64})*?)\.([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+)>")
GOOGLE = "groups.google.com"


class Act(StrEnum):
    """What somebody does with a thread."""

    TAKE = "take"
    ASSIGN = "assign"
    NO_ACTION = "no-action"
    COMPLETE = "complete"
    DUPLICATE = "duplicate"
    REOPEN = "reopen"
    SPAM = "spam"
    NOT_SPAM = "not-spam"
    TRACKED = "tracked"
    LINK = "link"
    REPORT = "report"
    ANSWER = "answer"


STATE_WORDS: Mapping[str, str] = {
    "open": "Open",
    "no_action": "No action needed",
    "completed": "Completed",
    "duplicate": "Duplicate",
    "spam": "Spam",
}
OPEN_ONLY = frozenset({Act.TAKE, Act.ASSIGN, Act.NO_ACTION, Act.COMPLETE, Act.DUPLICATE, Act.REPORT, Act.ANSWER})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a thread. `spam_since`: when it became spam."""

    state: str
    has_report: bool = False
    spam_since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail, read by the connector. `reporter`: whoever wrote it, as far as a list tells; an identity, and no proof of one."""

    digest: bytes
    message_id: str
    refers: tuple[str, ...]
    sender: str
    reporter: str
    subject: str
    text: str
    files: tuple[str, ...]
    remark: str
    machine: str
    robot: str  # the same and stricter: why nothing answers it by itself
    doubt: str
    link: str
    raw: bytes
    size: int


def why_not(facts: Facts, act: Act, *, now: dt.datetime) -> str:
    """Why this cannot be done now, in a sentence; empty when it can."""
    word = STATE_WORDS[facts.state].lower()
    if act is Act.NOT_SPAM:
        if facts.state != "spam":
            return "It is not marked as spam."
        if facts.spam_since is not None and now - facts.spam_since > UNDO:
            return f"It became spam more than {UNDO.days} days ago, and stays so."
        return ""
    if facts.state == "spam":
        return "It is marked as spam. Take that back first."
    if act is Act.SPAM:
        return "A report was made of it. Close the report as spam." if facts.has_report else ""
    if act is Act.REOPEN:
        return "It is open." if facts.state == "open" else ""
    if act in OPEN_ONLY and facts.state != "open":
        return f"It is closed ({word}). Open it again first."
    if act is Act.REPORT and facts.has_report:
        return "It has become a report already."
    return ""


def reopens(state: str, machine: str) -> bool:
    """A human who writes again opens what was done with; a machine never does, and spam stays spam."""
    return not machine and state in ("no_action", "completed")


def due_after(at: dt.datetime, machine: str) -> dt.datetime | None:
    """When a new mail must have been followed up; None: a machine is owed nothing."""
    return None if machine else at + FOLLOW_UP


def accountable(on_call: Sequence[int], *, team_last_resort: int | None, last_resort: int | None) -> int | None:
    """Whoever has the watch of the team, else its last resort, else the installation's."""
    return next(iter(on_call), team_last_resort if team_last_resort is not None else last_resort)


def next_step(facts: Facts, *, mine: bool, taken: bool) -> str:
    """The one obvious thing to do: take it, decide what it is, or nothing."""
    if facts.state != "open":
        return "closed"
    if not taken:
        return "take"
    return "carry-on" if facts.has_report else "decide" if mine else "other"


def link_of(archived_at: str, list_id: str, list_archive: str, message_id: str) -> str:
    """Where the list shows this mail: what it says itself, or as Google Groups builds it. Empty when nobody knows."""
    if (said := _bracketed.search(archived_at)) and _is_web(said[1]):
        return said[1][:2000]
    named, archive = _list.search(list_id[:300]), _bracketed.search(list_archive)
    if named and archive and message_id and urlsplit_host(archive[1]) == GOOGLE:
        return f"https://{GOOGLE}/a/{named[2]}/d/msgid/{named[1]}/{quote(message_id.strip('<>'), safe='')}"[:2000]
    return ""


def urlsplit_host(address: str) -> str:
    """The host of an address; empty for what is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_web(address: str) -> bool:
    return address.startswith(("https://", "http://")) and bool(urlsplit_host(address)) and address.isprintable()
