"""Who was tried, how, and how did each attempt end? One row an attempt, the word that counts last."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from watchbill.notifications.selectors import Tried
from watchbill.web.words import HOW

NO_WAY = "No way"
ORDINALS = {2: "2nd", 3: "3rd"}


@dataclass(frozen=True, slots=True)
class Row:
    """One attempt: when, who, how, how it ended. `at` of the ending is said where there is one."""

    at: dt.datetime
    name: str
    how: str
    word: str
    shape: str
    colour: str
    ended_at: dt.datetime | None = None


def attempts_of(messages: Sequence[Tried], purposes: Mapping[int, str], *, now: dt.datetime) -> list[Row]:
    """The attempts to reach somebody about a page, in order; notices that somebody has it are no attempts. `purposes` by page id."""
    rows = [row for each in messages if each.kind != "status" for row in _rows(each, now, purposes.get(each.page_id or 0, ""))]
    return _once(sorted(rows, key=lambda row: row.at))


def _once(rows: Sequence[Row]) -> list[Row]:
    """Where every round of a walk found no way to somebody, one line says so: how often, and when last."""
    first: dict[tuple[str, str], int] = {}
    counts: Counter[int] = Counter()
    kept: list[Row] = []
    for row in rows:
        place = first.get((row.name, row.word)) if row.how == NO_WAY else None
        if place is None:
            first[row.name, row.word] = len(kept)
            kept.append(row)
            continue
        counts[place] += 1
        said = f"{row.word}, {counts[place] + 1} times, last"
        kept[place] = replace(kept[place], word=said, ended_at=row.at)
    return kept


def _rows(message: Tried, now: dt.datetime, purpose: str) -> list[Row]:
    how = HOW.get(message.method, message.method) or NO_WAY
    if purpose == "coordinate":
        how = f"{how}, to coordinate"
    rows = []
    for attempt in message.attempts:
        said = how if attempt.n == 1 else f"{how}, {ORDINALS.get(attempt.n, f'{attempt.n}th')} try"
        word, shape, colour, ended = _ended(attempt.outcome, attempt.detail, attempt.ended_at, duplicate=message.possible_duplicate)
        rows.append(Row(attempt.started_at, message.name, said, word, shape, colour, ended))
    if open_row := _open(message, how, now, tried=bool(rows)):
        rows.append(open_row)
    return rows


def _ended(outcome: str, detail: str, at: dt.datetime, *, duplicate: bool) -> tuple[str, str, str, dt.datetime | None]:
    because = f": {detail[:140].rstrip('.')}" if detail else ""
    if outcome == "delivered":
        return ("Delivered, perhaps twice", "due", "amber", at) if duplicate else ("Delivered", "yes", "dim", at)
    if outcome == "accepted":
        return f"Sent{because}", "ring", "dim", at
    if outcome == "unknown":
        return (f"Perhaps delivered{because}", "due", "amber", None)
    last = "for good" if outcome == "permanent" else ""
    return (f"Failed {last}".strip() + f"{because}. Next way at once", "no", "amber", None)


def _open(message: Tried, how: str, now: dt.datetime, *, tried: bool) -> Row | None:
    """How a message stands that has no attempt yet, or one more to come."""
    if message.state == "leased":
        return Row(message.due_at, message.name, how, "Being sent", "ring", "blue")
    if message.state == "queued":
        word = "Tried again" if tried else "Waits its turn" if message.due_at > now else "Next to be sent"
        return Row(message.due_at, message.name, how, word, "due", "dim", message.due_at if message.due_at > now else None)
    if message.attempts and message.attempts[-1].outcome == "accepted" and message.finished_at is not None:
        return _confirmed(message, how, message.finished_at)
    if tried:
        return None
    if message.state == "failed":
        return Row(message.asked_at, message.name, how, f"Not reached: {message.error or 'nothing to reach them by'}", "no", "amber")
    if message.state == "cancelled":
        return Row(message.due_at, message.name, how, "Not needed any more", "dash", "dim")
    return None


def _confirmed(message: Tried, how: str, at: dt.datetime) -> Row | None:
    """What was told after a provider took it."""
    if message.state == "delivered":
        return Row(at, message.name, how, "Reached", "yes", "dim")
    if message.state == "failed":
        return Row(at, message.name, how, f"Not reached: {message.error or 'no reason was given'}", "no", "amber")
    return Row(at, message.name, how, "Not confirmed yet", "due", "dim") if message.state == "sent" else None
