"""The walk of a page as a picture: what fired and how it ended, where it stands, what comes when. A few queries for all pages asked about."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from watchbill.paging.models import Page
from watchbill.paging.rules import Skipped, Walk, World, preview
from watchbill.paging.selectors.rows import Row, rows_of, with_tried
from watchbill.paging.selectors.world import world_of

# Ends of a notification, best first: what is said of a person who was asked is the best that became of any of their ways.
ENDS = ("delivered", "sent", "leased", "queued", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Way:
    """One contact method that was used for a firing. `state` as the outbox has it; `at` when it ended."""

    method: str
    state: str
    due_at: dt.datetime
    at: dt.datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A person whom a firing asked. `outcome`: delivered | sent | leased | queued | failed | cancelled | nothing (no way was there)."""

    person_id: int
    handle: str
    name: str
    outcome: str
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Fired:
    """A firing that happened. `step` counts from 1, as people do."""

    n: int
    kind: str
    step: int
    round: int
    due_at: dt.datetime
    at: dt.datetime
    people: tuple[Asked, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Coming:
    """A firing to come, if nobody does anything, with the people of now."""

    kind: str
    step: int
    round: int
    at: dt.datetime
    people: tuple[Asked, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is drawn of one page. `since` and `next_at` frame the wait that runs now; `next_at` None: it is still."""

    page_id: int
    purpose: str
    status: str
    urgency: str
    policy: str
    step: int  # the one we are on, counted from 1; 0: none has fired
    steps: int
    round: int
    rounds: int
    opened_at: dt.datetime
    since: dt.datetime | None
    next_at: dt.datetime | None
    quiet: bool
    pause_reason: str
    acknowledged_at: dt.datetime | None
    done: tuple[Fired, ...]
    to_come: tuple[Coming, ...]
    last_resort: tuple[Asked, ...]

    @property
    def here(self) -> Fired | None:
        """The firing whose wait runs now."""
        return next((f for f in reversed(self.done) if f.kind != "manual"), None) if self.next_at else None

    def progress(self, now: dt.datetime) -> float:
        """How much of the wait is over, 0 to 1."""
        if self.since is None or self.next_at is None or self.next_at <= self.since:
            return 0.0
        return max(0.0, min(1.0, (now - self.since) / (self.next_at - self.since)))


def walk_of(page: Page | int, *, now: dt.datetime) -> Picture:
    """The picture of one page."""
    page_id = page if isinstance(page, int) else page.pk
    return walks_of([page_id], now=now)[page_id]


def walks_of(page_ids: Collection[int], *, now: dt.datetime) -> dict[int, Picture]:
    """The pictures of these pages, by id."""
    rows = with_tried(rows_of(page_ids))
    if not rows:
        return {}
    world = world_of([row.walk for row in rows], now=now)
    ahead = {row.page_id: preview(row.walk, now=now, world=world) for row in rows}
    fired = _fired([row.page_id for row in rows])
    shown = {p for fs in fired.values() for f in fs for p in f["people"]}
    shown.update(p for looks in ahead.values() for look in looks for p in look.people)
    shown.update(p for row in rows for p in row.walk.copy.last_resort)
    shown.update(world.last_resort)
    people = _people(shown)
    ways = _ways([row.page_id for row in rows])

    def to_come(row: Row) -> tuple[Coming, ...]:
        return tuple(
            Coming(
                look.kind,
                look.step + 1,
                look.round + 1,
                look.at,
                tuple(people[p] for p in look.people if p in people),
                _counted(look.skipped),
            )
            for look in ahead[row.page_id]
        )

    def done(row: Row) -> tuple[Fired, ...]:
        return tuple(_done(f, people, ways.get((row.page_id, f["n"]), {})) for f in fired.get(row.page_id, []))

    return {row.page_id: _picture(row, done(row), to_come(row), _last(row.walk, world, people)) for row in rows}


def _picture(row: Row, done: tuple[Fired, ...], to_come: tuple[Coming, ...], last: tuple[Asked, ...]) -> Picture:
    walk = row.walk
    return Picture(
        page_id=row.page_id,
        purpose=walk.purpose,
        status=walk.status,
        urgency=walk.urgency,
        policy=walk.copy.name,
        step=min(walk.step, len(walk.copy.steps)),
        steps=len(walk.copy.steps),
        round=walk.round + 1,
        rounds=walk.copy.repeat + 1,
        opened_at=walk.opened_at,
        since=walk.step_fired_at or walk.opened_at,
        next_at=walk.due_at if walk.status != "acknowledged" else None,
        quiet=walk.quiet_at is not None,
        pause_reason=walk.pause_reason,
        acknowledged_at=walk.acknowledged_at,
        done=done,
        to_come=to_come,
        last_resort=last,
    )


def _done(fired: dict[str, Any], people: dict[int, Asked], ways: dict[int, list[Way]]) -> Fired:
    asked = []
    for person_id in fired["people"]:
        who, used = people[person_id], tuple(ways.get(person_id, ()))
        asked.append(Asked(who.person_id, who.handle, who.name, _outcome(used), used))
    skipped = _counted(tuple(Skipped(s["step"], s["name"], s["why"]) for s in fired["skipped"]))
    return Fired(fired["n"], fired["kind"], fired["step"] + 1, fired["round"] + 1, fired["due_at"], fired["at"], tuple(asked), skipped)


def _counted(skipped: tuple[Skipped, ...]) -> tuple[Skipped, ...]:
    """Steps counted from 1, as people do."""
    return tuple(replace(one, step=one.step + 1) for one in skipped)


def _outcome(ways: tuple[Way, ...]) -> str:
    states = {way.state for way in ways}
    return next((end for end in ENDS if end in states), "nothing")


def _last(walk: Walk, world: World, people: dict[int, Asked]) -> tuple[Asked, ...]:
    """Whom the walk would end with, as of now."""
    order = (*walk.copy.last_resort, *world.last_resort)
    return tuple(people[p] for p in order if p in people and world.can_be_asked(p))[:1]


def _people(ids: Collection[int]) -> dict[int, Asked]:
    return {
        id_: Asked(id_, handle, name, "")
        for id_, handle, name in _rows("SELECT id, handle, name FROM people_person WHERE id = ANY(%s)", [list(ids)])
    }


def _fired(page_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    sql = """
    SELECT page_id, n, kind, step, round, due_at, fired_at, people, skipped FROM paging_firing WHERE page_id = ANY(%s) ORDER BY page_id, n"""
    fired: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for page_id, n, kind, step, round_, due_at, at, people, skipped in _rows(sql, [page_ids]):
        words = {"people": json.loads(people), "skipped": json.loads(skipped)}
        fired[page_id].append({"n": n, "kind": kind, "step": step, "round": round_, "due_at": due_at, "at": at, **words})
    return fired


def _ways(page_ids: list[int]) -> dict[tuple[int, int], dict[int, list[Way]]]:
    """What became of the messages of each firing. One that went out inside another shares its end; one that merged asks nobody twice."""
    sql = """
    SELECT n.page_id, n.firing, n.person_id, COALESCE(c.kind, CASE WHEN n.error = '' THEN 'email' ELSE '' END),
        CASE WHEN n.state IN ('bundled', 'merged') THEN b.state ELSE n.state END, n.due_at, COALESCE(n.finished_at, b.finished_at), n.error
    FROM notifications_notification n LEFT JOIN notifications_contact c ON c.id = n.contact_id
        LEFT JOIN notifications_notification b ON b.id = n.bundle_id
    WHERE n.page_id = ANY(%s) AND n.firing IS NOT NULL ORDER BY n.due_at, n.id"""
    ways: dict[tuple[int, int], dict[int, list[Way]]] = defaultdict(lambda: defaultdict(list))
    for page_id, firing, person_id, method, state, due_at, at, error in _rows(sql, [page_ids]):
        ways[page_id, firing][person_id].append(Way(method, state or "queued", due_at, at, error))
    return ways


def _rows(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[Any] = cursor.fetchall()
        return found
