"""Who is on call now, at the door: the same answer as behind it, never older than the question, and nobody let in who should not be."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections

from tests import factories
from tests.committed import committed
from watchbill.api import express
from watchbill.api.express import Express, question
from watchbill.audit.actions import Actor
from watchbill.kernel.clock import database_now
from watchbill.people.actions import create_token, revoke_token
from watchbill.people.models import ApiToken, Person
from watchbill.schedules.actions import Change, add_override, withdraw_override
from watchbill.schedules.models import Layer, Override, Schedule
from watchbill.schedules.selectors import who

BY = Actor(name="operator", via="cli")
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def transactional_db(django_db_setup, django_db_blocker):
    """In the place of pytest-django's, whose clean-up the tables of evidence refuse."""
    with committed(django_db_blocker):
        yield


@pytest.fixture
def first(transactional_db):
    ada, bruno = factories.person("ada"), factories.person("bruno")
    return factories.schedule("First", factories.team("SecOps", ada, bruno), ada)


def secret_of(handle: str, *scopes: str) -> str:
    return create_token(Person.objects.get(handle=handle), scopes or ["schedules:read"], by=BY, now=database_now())[1]


class Door:
    """Asks the door as a server would, and counts what it passed on."""

    def __init__(self) -> None:
        self.passed = 0
        self.app = Express(self.behind)

    async def behind(self, scope: Any, receive: Any, send: Any) -> None:
        self.passed += 1
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def ask(self, secret: str, query: str = "schedule=First", *, method: str = "GET") -> tuple[int, Any]:
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        headers = [(b"authorization", f"Bearer {secret}".encode())] if secret else []
        scope = {"type": "http", "method": method, "path": "/api/v1/oncall", "query_string": query.encode(), "headers": headers}
        await self.app(scope, None, send)  # type: ignore[arg-type]
        return sent[0]["status"], json.loads(sent[1]["body"])

    async def handles(self, secret: str) -> list[str]:
        status, body = await self.ask(secret)
        assert status == 200
        return [one["person"]["handle"] for one in body["items"][0]["on_call"]]


def run(story: Callable[[Door], Awaitable[None]]) -> None:
    async def told() -> None:
        door = Door()
        try:
            await story(door)
        finally:
            await door.app._unlink()
            await sync_to_async(connections.close_all)()

    asyncio.run(told())


async def do(act: Callable[..., Any], *values: Any, **named: Any) -> Any:
    return await sync_to_async(act)(*values, **named)


def plain(items: list[dict[str, Any]]) -> Any:
    """As JSON, without the moment of the question."""
    words = json.loads(json.dumps(items, default=lambda at: at.isoformat().replace("+00:00", "Z")))
    for item in words:
        for one in item["on_call"]:
            one.pop("reachable_from")
    return words


def test_it_answers_as_the_selector_does(first):
    secret = secret_of("ada")
    wanted = plain(who([first.id], at=database_now()))

    async def story(door: Door) -> None:
        for query in ("schedule=First", ""):
            for _ in range(2):  # computed, then remembered
                before = await do(database_now)
                status, body = await door.ask(secret, query)
                after = await do(database_now)
                assert status == 200
                assert before <= dt.datetime.fromisoformat(body["items"][0]["on_call"][0]["reachable_from"]) <= after
                assert plain(body["items"]) == wanted
                assert body["next"] is None
        assert door.passed == 0

    run(story)


def test_a_change_is_seen_by_the_next_question(first):
    secret = secret_of("ada")
    bruno, now = Person.objects.get(handle="bruno"), database_now()

    async def story(door: Door) -> None:
        assert await door.handles(secret) == ["ada"]
        change = Change(kind="take", person=bruno, start=now - HOUR, end=now + HOUR)
        made = await do(add_override, first, change, by=BY, now=now)
        assert await door.handles(secret) == ["bruno"]
        await do(withdraw_override, made.id, by=BY, now=await do(database_now))
        assert await door.handles(secret) == ["ada"]
        await do(Layer.objects.update, order=[[bruno.id]])
        assert await door.handles(secret) == ["bruno"]
        await do(Person.objects.filter(handle="bruno").update, handle="bruno2")
        assert await door.handles(secret) == ["bruno2"]
        await do(Layer.objects.all().delete)
        assert await door.handles(secret) == []
        await do(Schedule.objects.update, is_active=False)
        assert (await door.ask(secret))[0] == 299

    run(story)


def test_a_shift_that_ends_is_over_at_its_end(first):
    secret = secret_of("ada")
    now, bruno = database_now(), Person.objects.get(handle="bruno")
    end = now + dt.timedelta(seconds=1.5)
    Override.objects.create(schedule=first, kind="take", person=bruno, start=now - HOUR, end=end, created_at=now)

    async def story(door: Door) -> None:
        assert await door.handles(secret) == ["bruno"]
        while await do(database_now) < end:
            await asyncio.sleep(0.05)
        assert await door.handles(secret) == ["ada"]

    run(story)


def test_a_token_opens_no_longer_than_it_should(first):
    secret = secret_of("ada")

    async def story(door: Door) -> None:
        assert await door.handles(secret) == ["ada"]
        await do(Person.objects.filter(handle="ada").update, is_active=False)
        assert (await door.ask(secret))[0] == 299
        await do(Person.objects.filter(handle="ada").update, is_active=True)
        assert (await door.ask(secret))[0] == 200
        token = await do(ApiToken.objects.get)
        await do(revoke_token, token.id, by=BY, now=await do(database_now))
        assert (await door.ask(secret))[0] == 299

    run(story)


def test_what_is_not_the_plain_question_goes_behind(first):
    fine, narrow = secret_of("ada"), secret_of("ada", "incidents:write")
    wide = secret_of("ada", "schedules:write")

    async def story(door: Door) -> None:
        assert (await door.ask(wide))[0] == 200
        for secret, query, method in [
            ("", "schedule=First", "GET"),
            ("wb_" + "x" * 40, "schedule=First", "GET"),
            (narrow, "schedule=First", "GET"),
            (fine, "schedule=Second", "GET"),
            (fine, "schedule=", "GET"),
            (fine, "schedule=%00", "GET"),
            (fine, "schedule=%ff", "GET"),
            (fine, "schedule=First&at=2026-01-01T00:00:00Z", "GET"),
            (fine, "at=2026-01-01T00:00:00Z", "GET"),
            (fine, "x", "GET"),
            (fine, "schedule=First", "POST"),
            (fine, "schedule=First", "HEAD"),
        ]:
            before = door.passed
            assert (await door.ask(secret, query, method=method))[0] == 299, (query, method)
            assert door.passed == before + 1

    run(story)


def test_use_of_the_token_is_remembered(first):
    secret = secret_of("ada")

    async def story(door: Door) -> None:
        await door.ask(secret)
        used = (await do(ApiToken.objects.get)).last_used_at
        assert used is not None
        await door.ask(secret)
        assert (await do(ApiToken.objects.get)).last_used_at == used

    run(story)


def test_many_questions_share_a_look(first, monkeypatch):
    secret, looks = secret_of("ada"), []
    look = Express._look

    async def counted(self, asked):
        looks.append(len(asked))
        return await look(self, asked)

    monkeypatch.setattr(Express, "_look", counted)

    async def story(door: Door) -> None:
        answers = await asyncio.gather(*(door.ask(secret) for _ in range(200)))
        assert {status for status, _ in answers} == {200}
        assert len(looks) <= 3

    run(story)


def test_working_hours_say_from_when_on_somebody_can_be_reached(first):
    """Hours that never come today: the answer says when they do."""
    Schedule.objects.update(hours="business")
    tomorrow = (database_now() + dt.timedelta(days=1)).strftime("%a").lower()
    Person.objects.update(hours={"days": [tomorrow], "from": "09:00", "to": "10:00"})
    secret = secret_of("ada")

    async def story(door: Door) -> None:
        for _ in range(2):
            _, body = await door.ask(secret)
            reachable = dt.datetime.fromisoformat(body["items"][0]["on_call"][0]["reachable_from"])
            assert reachable > await do(database_now)
            assert reachable.hour == 9

    run(story)


def test_a_database_that_is_away_leaves_the_answer_to_those_behind(first, monkeypatch):
    secret = secret_of("ada")

    async def away() -> None:
        raise OSError("no way there")

    async def story(door: Door) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(express, "_connect", away)
            assert (await door.ask(secret))[0] == 299
        assert (await door.ask(secret))[0] == 299, "left alone for a moment"
        await asyncio.sleep(express.PAUSE)
        assert (await door.ask(secret))[0] == 200
        assert door.app.link is not None
        await do(end_connections)
        assert (await door.ask(secret))[0] == 299
        await asyncio.sleep(express.PAUSE)
        assert (await door.ask(secret))[0] == 200

    run(story)


def end_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'watchbill on call'"
        )


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_other_kinds_of_connection_go_behind(kind):
    async def story() -> None:
        door = Door()
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await door.app({"type": kind, "path": "/api/v1/oncall"}, None, send)  # type: ignore[arg-type]
        assert door.passed == 1

    asyncio.run(story())


def test_a_name_longer_than_any_is_not_looked_for():
    scope = {"method": "GET", "headers": [(b"authorization", b"Bearer wb_" + b"x" * 40)]}
    assert question({**scope, "query_string": b"schedule=" + b"x" * 200}) is not None
    assert question({**scope, "query_string": b"schedule=" + b"x" * 201}) is None
    assert question({**scope, "query_string": b"schedule=a+b"}).name == "a b"
