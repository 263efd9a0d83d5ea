"""Who is on call now, asked thousands of times a second: answered before the request reaches Django.

One look at the database answers every request that waits at that moment: is the token good, and has anything about the schedule changed
since the answer was made? So an answer is never older than its request, though the schedule is computed only when it changed or when a
shift begins or ends. Whatever is not the plain question with a good token goes on to the application behind, which also makes the refusals.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import psycopg
from asgiref.sync import sync_to_async
from django.db import connection

from watchbill.kernel.patience import cut
from watchbill.people.actions import USED_EVERY, token_person
from watchbill.people.permissions import holds
from watchbill.people.rules import digest_of
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import final_shifts
from watchbill.schedules.selectors import load, who

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/api/v1/oncall"
SCOPE = "schedules:read"
MOST = 1000  # answers that are remembered
AHEAD = dt.timedelta(hours=12)  # how far a computed answer is looked at for its next change
WORKING = dt.timedelta(seconds=1)  # how long an answer that depends on working hours is good
PATIENCE = 2.0  # seconds for the database to answer; then those behind are asked, who have a patience of their own
PAUSE = 1.0  # seconds for which the database is left alone after it failed
HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store, private"), (b"x-content-type-options", b"nosniff"))

# `xmin` is the transaction that wrote a row: whatever was inserted, changed or withdrawn shows in it, and what was deleted is missing.
LOOK = """
SELECT clock_timestamp(),
  (SELECT json_object_agg(encode(t.digest, 'hex'), json_build_array(t.scopes, coalesce(t.last_used_at < clock_timestamp() - %(used)s, true)))
    FROM people_apitoken t JOIN people_person p ON p.id = t.person_id
    WHERE t.digest = ANY(%(digests)s) AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp() AND p.is_active),
  (SELECT json_object_agg(s.name, s.print) FROM (
    SELECT s.name, md5(concat_ws('|', s.id, s.xmin,
      (SELECT string_agg(concat(l.id, ':', l.xmin), ',' ORDER BY l.id) FROM schedules_layer l WHERE l.schedule_id = s.id),
      (SELECT string_agg(concat(o.id, ':', o.xmin), ',' ORDER BY o.id) FROM schedules_override o
        WHERE o.schedule_id = s.id AND o."end" > clock_timestamp()))) AS print
    FROM schedules_schedule s WHERE s.is_active AND (%(all)s OR s.name = ANY(%(names)s))) s),
  (SELECT bit_xor(hashtext(concat(p.id, ':', p.xmin))) FROM people_person p)
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, by which token. No name: all schedules."""

    digest: str
    name: str
    secret: str


@dataclass(frozen=True, slots=True)
class Known:
    """An answer, what it was made of, and until when it holds while that stays as it is."""

    items: list[dict[str, Any]]
    made_of: str
    made_at: dt.datetime
    until: dt.datetime


@dataclass(slots=True)
class Seen:
    """One look at the database."""

    now: dt.datetime
    tokens: dict[str, Any]
    schedules: dict[str, str]
    people: int


@dataclass(slots=True)
class Express:
    """Answers the plain question itself, passes everything else on."""

    behind: Application
    waiting: list[tuple[Question, asyncio.Future[bytes | None]]] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    link: psycopg.AsyncConnection[Any] | None = None
    busy: bool = False
    not_before: float = 0.0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = question(scope) if scope["type"] == "http" and scope["path"] == PATH else None
        body = await self._answer(asked) if asked else None
        if body is None:
            await self.behind(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, (b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, asked: Question) -> bytes | None:
        loop = asyncio.get_running_loop()
        if loop.time() < self.not_before:
            return None
        answer: asyncio.Future[bytes | None] = loop.create_future()
        self.waiting.append((asked, answer))
        if not self.busy:
            self.busy = True
            task = loop.create_task(self._work())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return await answer

    async def _work(self) -> None:
        """Take everybody who waits, look once, answer; as long as somebody waits."""
        try:
            while self.waiting:
                batch, self.waiting = self.waiting, []
                try:
                    await self._serve(batch)
                except Exception:
                    log.exception("who is on call could not be answered at the door")
                    self.not_before = asyncio.get_running_loop().time() + PAUSE
                    await self._unlink()
                    batch, self.waiting = [*batch, *self.waiting], []  # nobody waits for a second failure
                finally:
                    for _, answer in batch:
                        if not answer.done():
                            answer.set_result(None)
        finally:
            self.busy = False

    async def _serve(self, batch: list[tuple[Question, asyncio.Future[bytes | None]]]) -> None:
        seen = await self._look({asked for asked, _ in batch})
        bodies: dict[str, bytes | None] = {}
        for asked, answer in batch:
            if answer.done():  # whoever asked is gone
                continue
            scopes, unused = seen.tokens.get(asked.digest, ((), False))
            if not holds(frozenset(scopes), SCOPE):
                answer.set_result(None)
                continue
            if unused:
                await sync_to_async(token_person)(asked.secret, seen.now)
                seen.tokens[asked.digest][1] = False
            if asked.name not in bodies:
                bodies[asked.name] = await self._body(asked.name, seen)
            answer.set_result(bodies[asked.name])

    async def _body(self, name: str, seen: Seen) -> bytes | None:
        if name and name not in seen.schedules:
            return None
        made_of = f"{seen.people}/{seen.schedules[name] if name else seen.schedules}"
        known = self.known.get(name)
        if known is None or known.made_of != made_of or not known.made_at <= seen.now < known.until:
            known = await sync_to_async(make)(name, made_of, seen.now)
            if len(self.known) >= MOST:
                self.known.clear()
            self.known[name] = known
        return msgspec.json.encode({"items": [_as_of(item, known.made_at, seen.now) for item in known.items], "next": None})

    async def _look(self, asked: set[Question]) -> Seen:
        names = {each.name for each in asked}
        values = {
            "digests": [bytes.fromhex(digest) for digest in {each.digest for each in asked}],
            "names": list(names),
            "all": "" in names,
            "used": USED_EVERY,
        }
        if self.link is None or self.link.closed:
            async with asyncio.timeout(PATIENCE):
                self.link = await _connect()
        alarm = asyncio.get_running_loop().call_later(PATIENCE, cut, self.link)
        try:
            row = await (await self.link.execute(LOOK, values)).fetchone()
        finally:
            alarm.cancel()
        assert row is not None
        return Seen(now=row[0], tokens=row[1] or {}, schedules=row[2] or {}, people=row[3] or 0)

    async def _unlink(self) -> None:
        if self.link is not None:
            await self.link.close()
            self.link = None


def question(scope: Scope) -> Question | None:
    """The plain question: GET, a bearer token, at most the name of a schedule. None for anything else."""
    if scope["method"] != "GET":
        return None
    secret = ""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:10] == b"Bearer wb_":
            secret = value[7:].decode("latin-1")
    if not secret:
        return None
    try:
        fields = parse_qsl(
            scope["query_string"].decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=1
        )
    except ValueError:
        fields = [] if not scope["query_string"] else [("?", "")]
    if not fields:
        return Question(digest_of(secret).hex(), "", secret)
    ((field_name, name),) = fields
    if field_name != "schedule" or not 0 < len(name) <= 200 or "\x00" in name:
        return None
    return Question(digest_of(secret).hex(), name, secret)


def make(name: str, made_of: str, now: dt.datetime) -> Known:
    """Compute an answer, and how long it holds: until a shift begins or ends, or a moment where working hours have a say."""
    rows = Schedule.objects.filter(is_active=True).order_by("position", "id")
    schedules = list(rows.filter(name=name) if name else rows)
    ids = [schedule.id for schedule in schedules]
    rules = load(ids, start=now, end=now)
    until = now + (WORKING if any(schedule.hours == "business" for schedule in schedules) else AHEAD)
    for rule in rules.values():
        for shift in final_shifts(rule, now, until):
            until = min([until, *(moment for moment in (shift.start, shift.end) if moment > now)])
    return Known(who(ids, at=now), made_of, now, until)


def _as_of(item: dict[str, Any], made_at: dt.datetime, now: dt.datetime) -> dict[str, Any]:
    """Whoever could be reached when the answer was made can be reached now."""
    on_call = [{**one, "reachable_from": now} if one["reachable_from"] <= made_at else one for one in item["on_call"]]
    return {**item, "on_call": on_call}


async def _connect() -> psycopg.AsyncConnection[Any]:
    """A connection of its own, outside Django's, so that waiting for it holds no thread."""
    django = connection.get_connection_params()
    chosen = {name: value for name, value in django.items() if name not in ("cursor_factory", "context", "server_side_binding")}
    chosen.update(autocommit=True, application_name="watchbill on call", prepare_threshold=1)
    link = await psycopg.AsyncConnection.connect(**chosen)
    await link.execute("SET timezone = 'UTC'")
    return link
