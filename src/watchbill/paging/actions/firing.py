"""What is due now? The engine's look at pages: claimed in sets, decided in Python, written back in sets, all in one transaction.

1. lock up to `limit` due pages, first pages before everything, what somebody else holds left out
2. load what is true now, once for all of them
3. decide for each page; one whose decision raises is tried again later, and set aside after five tries
4. write places, firings, story, audit and the outbox
Whatever breaks step 4 breaks the whole set: then each page has a transaction of its own, so that one cannot hold up the rest.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from watchbill.audit.actions import ENGINE, Entry, record_in
from watchbill.incidents.actions import Line, grant_in, tell_in
from watchbill.kernel import bus
from watchbill.notifications.actions import Ask, plan_in
from watchbill.paging.actions.writing import Look, write_in
from watchbill.paging.rules import World, advance
from watchbill.paging.selectors.rows import Row, claim_due, claim_one, due_ids, with_tried
from watchbill.paging.selectors.world import last_resort_of_installation, world_of

log = logging.getLogger("watchbill.paging")

MOST_TRIES = 5
LATER = dt.timedelta(seconds=2)  # after the first failed look; doubled each time
FEW = 20  # so many changed incidents are named to open boards one by one


def fire_due(*, now: dt.datetime, limit: int = 500) -> int:
    """Look at the pages that are due, at most `limit`. How many were looked at: call again while it is not 0."""
    try:
        return _look(lambda: claim_due(now=now, limit=limit), now=now)
    except (OperationalError, InterfaceError):
        raise  # the database is away, or chose us against a deadlock: nothing is wrong with the pages
    except Exception:
        log.exception("a set of due pages could not be written; each one is tried alone")
    return sum(_look_alone(page_id, now=now) for page_id in due_ids(now=now, limit=limit))


@transaction.atomic(durable=True)
def _look(claim: Callable[[], Sequence[Row]], *, now: dt.datetime) -> int:
    rows = claim()
    if not rows:
        return 0
    rows = with_tried(rows)
    world = world_of([row.walk for row in rows], now=now)
    looks, failed = decide(rows, world, now=now)
    if looks:
        write_in(looks, now=now)
    for row, error in failed:
        _note_failure_in(row.page_id, error, now=now)
    _tell_boards(rows)
    return len(rows)


def decide(rows: Sequence[Row], world: World, *, now: dt.datetime) -> tuple[list[Look], list[tuple[Row, str]]]:
    """What the look at each page comes to, and the pages about which no decision was possible."""
    looks: list[Look] = []
    failed: list[tuple[Row, str]] = []
    for row in rows:
        try:
            looks.append(Look(row, advance(row.walk, now=now, world=world)))
        except Exception as error:
            log.exception("page %s could not be decided", row.page_id)
            failed.append((row, f"{type(error).__name__}: {error}"))
    return looks, failed


def _look_alone(page_id: int, *, now: dt.datetime) -> int:
    try:
        return _look(lambda: claim_one(page_id, now=now), now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("page %s could not be written", page_id)
        _note_failure(page_id, f"{type(error).__name__}: {error}", now=now)
        return 1


@transaction.atomic(durable=True)
def _note_failure(page_id: int, error: str, *, now: dt.datetime) -> None:
    _note_failure_in(page_id, error, now=now)


# Nothing here reads the walk or its policy: they may be what is broken.
NOTE = """
UPDATE paging_page SET tries = tries + 1, error = %(error)s, due_at = %(now)s + %(later)s * power(2, least(tries, 10)),
    set_aside_at = CASE WHEN tries + 1 >= %(most)s THEN %(now)s::timestamptz END
WHERE id = %(id)s AND status <> 'resolved' RETURNING set_aside_at IS NOT NULL
"""
ASIDE = """
SELECT i.id, i.number, CASE WHEN i.restricted THEN i.code_name ELSE i.title END, CASE WHEN i.restricted THEN '' ELSE i.severity END, i.restricted,
    i.service_id, i.team_id, p.firings, i.opened_at
FROM paging_page p JOIN incidents_incident i ON i.id = p.incident_id WHERE p.id = %s
"""
BY_HAND = "A page cannot go on by itself: page somebody by hand."


def _note_failure_in(page_id: int, error: str, *, now: dt.datetime) -> None:
    """Try again later; after the last try put it aside, say so, and wake the installation's last resort: nobody else would."""
    values: dict[str, Any] = {"error": error[:2000].replace("\x00", ""), "now": now, "later": LATER, "most": MOST_TRIES, "id": page_id}
    with connection.cursor() as cursor:
        cursor.execute(NOTE, values)
        if cursor.fetchone() != (True,):
            return
        cursor.execute(ASIDE, [page_id])
        incident_id, number, title, severity, restricted, service_id, team_id, firings, opened_at = cursor.fetchone()
    people = last_resort_of_installation()
    text = "This page cannot go on by itself: the engine failed on it five times. Page somebody by hand."
    tell_in([Line(incident_id, "exhausted", text, None, "engine", {"set_aside": True, "people": people}, page_id)], now=now)
    record_in([Entry("page.set_aside", "page", str(page_id), incident_id, team_id, restricted, {"number": number})], by=ENGINE, now=now)
    if restricted:
        grant_in(incident_id, people, "paged", now=now)
    content = {"number": number, "title": title, "severity": severity, "service": "", "reason": "" if restricted else BY_HAND}
    content |= {"restricted": restricted, "opened_at": opened_at.isoformat()}
    asks = [Ask(person, "page", page_id, firings + 1, incident_id, service_id, "high", content, "all") for person in people]
    plan_in(asks, now=now)


def _tell_boards(rows: Sequence[Row]) -> None:
    """Open boards look again; of many changes they are told once."""
    incidents = {row.incident_id for row in rows}
    if len(incidents) > FEW:
        bus.board_changed()
    else:
        bus.boards_changed(incidents)
