"""What is true now for a set of walks: people, who is on call, teams, working hours. A few queries for all of them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection

from watchbill.notifications.chats import selectors as chats
from watchbill.paging.rules import Copy, Human, Roster, Squad, Walk, World, parse_copy
from watchbill.people.rules import Duration, parse_duration
from watchbill.people.working import working_times
from watchbill.schedules.selectors import on_call

MOST_COPIES = 2000  # kept in memory; a copy never changes, so it never goes stale

_copies: dict[int, Copy] = {}


def copies_of(ids: Collection[int]) -> dict[int, Copy]:
    """The parsed copies of these ids. Each is read and parsed once in the life of a process."""
    missing = [copy_id for copy_id in ids if copy_id not in _copies]
    if missing:
        if len(_copies) + len(missing) > MOST_COPIES:
            _copies.clear()
            missing = list(ids)
        for copy_id, content in _rows("SELECT id, content FROM paging_policycopy WHERE id = ANY(%s)", [missing]):
            _copies[copy_id] = parse_copy(json.loads(content))  # a raw cursor of Django leaves jsonb as text
    return {copy_id: _copies[copy_id] for copy_id in ids}


def world_of(walks: Sequence[Walk], *, now: dt.datetime) -> World:
    """The world for these walks. Working hours are loaded only where a decision needs them."""
    copies = list({id(walk.copy): walk.copy for walk in walks}.values())
    teams = _teams({walk.team_id for walk in walks}.union(*[copy.teams for copy in copies]), set().union(*[copy.teams for copy in copies]))
    schedules = _schedules(set().union(*[copy.schedules for copy in copies]), now)
    last_resort = _last_resort()
    wanted = {person_id for roster in schedules.values() for person_id in roster.on_call}
    wanted.update(*[team.members for team in teams.values()], *[copy.people for copy in copies], last_resort)
    wanted.update(team.last_resort for team in teams.values() if team.last_resort is not None)
    wanted.update(_own_people(walks))
    needs_hours = any(_needs_hours(walk) for walk in walks)
    return World(
        people=_people(wanted),
        schedules=schedules,
        teams=teams,
        last_resort=last_resort,
        working=working_times(sorted(wanted), around=now) if needs_hours else {},
        chats=chats.idle() if any(copy.channels for copy in copies) else {},
    )


def _needs_hours(walk: Walk) -> bool:
    return walk.urgency == "low" or walk.copy.daylight or walk.copy.calendar


def _own_people(walks: Iterable[Walk]) -> Iterable[int]:
    for walk in walks:
        if walk.owner_id is not None:
            yield walk.owner_id
        if walk.aimed_at is not None:
            yield walk.aimed_at
        yield from walk.rest
        for person_id, _ in walk.held:
            yield person_id


def _schedules(ids: set[int], now: dt.datetime) -> dict[int, Roster]:
    if not ids:
        return {}
    found = _rows("SELECT id, name, hours = 'business' FROM schedules_schedule WHERE id = ANY(%s) AND is_active", [list(ids)])
    watch = on_call([row[0] for row in found], at=now)
    return {id_: Roster(name, tuple(dict.fromkeys(one.person_id for one in watch.get(id_, ()))), business) for id_, name, business in found}


def _teams(ids: set[int], targeted: set[int]) -> dict[int, Squad]:
    if not ids:
        return {}
    members: dict[int, list[int]] = {}
    if targeted:
        sql = "SELECT team_id, person_id FROM people_membership WHERE team_id = ANY(%s) AND on_desk ORDER BY team_id, position, id"
        for team_id, person_id in _rows(sql, [list(targeted)]):
            members.setdefault(team_id, []).append(person_id)
    sql = "SELECT id, name, desk, ack_timeout, last_resort_id FROM people_team WHERE id = ANY(%s) AND is_active"
    return {
        id_: Squad(name, desk, tuple(members.get(id_, ())), _timeout(ack_timeout), last_resort)
        for id_, name, desk, ack_timeout, last_resort in _rows(sql, [list(ids)])
    }


def _timeout(text: str) -> Duration | None:
    return parse_duration(text) if text else None


def _last_resort() -> tuple[int, ...]:
    """The owner of last resort of the installation, and behind them its administrators: somebody must hear of it."""
    sql = """
    SELECT last_resort_id FROM people_organization WHERE last_resort_id IS NOT NULL
    UNION ALL (SELECT id FROM people_person WHERE is_admin AND is_active ORDER BY id)"""
    return tuple(row[0] for row in _rows(sql, []))


def last_resort_of_installation() -> list[int]:
    """The first of them who is still there, asked without any walk."""
    sql = "SELECT id FROM people_person WHERE id = ANY(%s) AND is_active"
    order = _last_resort()
    present = {row[0] for row in _rows(sql, [list(order)])}
    return [person_id for person_id in order if person_id in present][:1]


def _people(ids: set[int]) -> dict[int, Human]:
    sql = "SELECT id, name, is_active, region FROM people_person WHERE id = ANY(%s)"
    return {id_: Human(name, active, region) for id_, name, active, region in _rows(sql, [list(ids)])}


def _rows(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[Any] = cursor.fetchall()
        return found
