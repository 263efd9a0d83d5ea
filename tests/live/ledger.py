"""Counts what the database and the receivers know after the faults: nothing lost, nothing skipped, nothing doubled unmarked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg

from tests.live.server import Received

STEPS = """
SELECT p.id, i.number, f.n, f.kind, f.round, f.step, f.due_at, f.fired_at, f.people, f.next_at
FROM paging_page p JOIN incidents_incident i ON i.id = p.incident_id LEFT JOIN paging_firing f ON f.page_id = p.id
WHERE p.purpose = 'respond' ORDER BY p.id, f.n
"""
ALERTS = "SELECT a.dedup_key, a.incident_id, p.id FROM intake_alert a LEFT JOIN paging_page p ON p.incident_id = a.incident_id AND p.purpose = 'respond'"
UNSENT = """
SELECT count(*) FROM notifications_notification
WHERE kind = 'page' AND state IN ('queued', 'leased') AND due_at < clock_timestamp() - interval '1 second'
"""


@dataclass
class Findings:
    """What was wrong, in words; and the counts behind it."""

    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def examine(connection: psycopg.Connection, answered: Iterable[str], received: list[Received], handles: dict[int, str]) -> Findings:
    """Compare: keys answered 2xx, alerts and pages stored, steps fired, messages that arrived."""
    found = Findings()
    _alerts(connection, set(answered), found)
    reached = _arrivals(received, found)
    _steps(connection, reached, handles, found)
    return found


def _alerts(connection: psycopg.Connection, answered: set[str], found: Findings) -> None:
    stored = {key: (incident, page) for key, incident, page in connection.execute(ALERTS)}
    found.counts["events answered 2xx"] = len(answered)
    found.counts["alerts stored"] = len(stored)
    for key in answered - set(stored):
        found.wrong.append(f"answered and lost: {key}")
    for key, (incident, page) in stored.items():
        if incident is None or page is None:
            found.wrong.append(f"alert without a page: {key}")


def _arrivals(received: list[Received], found: Findings) -> Counter[tuple[str, int]]:
    """(handle, incident number) -> messages that arrived; a second arrival of one notification must say so."""
    reached: Counter[tuple[str, int]] = Counter()
    seen: Counter[str] = Counter()
    for _, who, body, headers in received:
        if body.get("kind") != "page":
            continue
        key = {name.lower(): value for name, value in headers.items()}["idempotency-key"]
        seen[key] += 1
        if seen[key] > 1 and not body["possible_duplicate"]:
            found.wrong.append(f"sent twice unmarked: {key} to {who}")
        for incident in body.get("incidents") or [body["incident"]]:
            reached[who, incident["number"]] += 1
    found.counts["messages that arrived"] = sum(seen.values())
    found.counts["of them marked possible duplicate"] = sum(1 for row in received if row[2].get("possible_duplicate"))
    return reached


def _steps(connection: psycopg.Connection, reached: Counter[tuple[str, int]], handles: dict[int, str], found: Findings) -> None:
    last: tuple[int, int, int] | None = None
    for page, number, n, kind, turn, step, due, fired, people, _next in connection.execute(STEPS):
        if n is None:
            found.wrong.append(f"page of #{number} never fired")
            continue
        found.counts["steps fired"] += 1
        expected = 1 if last is None or last[0] != page else last[1] + 1
        if n != expected:
            found.wrong.append(f"page of #{number}: firing {n} where {expected} was expected")
        if kind == "step" and last is not None and last[0] == page and turn == 0 and step != last[2] + 1:
            found.wrong.append(f"page of #{number}: step {step} after step {last[2]}")
        if fired < due:
            found.wrong.append(f"page of #{number}: step {step} fired {due - fired} early")
        late = (fired - due).total_seconds()
        found.counts["steps more than 5 s late"] += late > 5
        last = (page, n, step)
        for person in people:
            if not reached[handles[person], number]:
                found.wrong.append(f"#{number}: {handles[person]} was asked by step {step} and nothing arrived")
