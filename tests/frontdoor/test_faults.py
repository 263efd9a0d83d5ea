"""The database goes away, freezes, loses answers: nothing that was answered 2xx is missing, nothing is there twice, nobody waits for ever."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.frontdoor.house import Answer, House, ask
from tests.frontdoor.proxy import Line, Proxy
from tests.intake.desk import Desk, body
from watchbill.frontdoor import database, keyring, rows, writer
from watchbill.frontdoor.queue import Refused
from watchbill.intake.models import Event, IntegrationKey

pytestmark = pytest.mark.database


@pytest.fixture
def line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[House, Proxy]]:
    """A front door whose every connection goes through a proxy."""
    settings = database.parameters()
    if not settings.get("port"):
        pytest.skip("the embedded server listens on no port")
    proxy = Proxy(int(settings["port"]))
    house = House()
    house.thread.start()
    port = house.run(proxy.start())
    monkeypatch.setattr(database, "parameters", lambda: {**settings, "host": "127.0.0.1", "port": port, "connect_timeout": 2})
    with house:
        yield house, proxy
        house.run(proxy.stop())


def event(desk: Desk, key: str) -> bytes:
    return json.dumps({**body(key), "routing_key": desk.key}).encode()


def stored() -> list[str]:
    return sorted(Event.objects.values_list("dedup_key", flat=True))


def stored_in_the_end(house: House, *, within: float = 20.0) -> list[str]:
    """What is stored when nothing waits in the journal any more: an answer 202 means the journal too."""
    assert house.app.writer is not None
    journal, deadline = house.app.writer.journal, time.monotonic() + within
    while journal.events and time.monotonic() < deadline:
        time.sleep(0.02)
    return stored()


async def many(house: House, desk: Desk, count: int, name: str) -> list[Answer]:
    return await asyncio.gather(*(ask(house.app, "/v2/enqueue", [event(desk, f"{name}{n:04}")]) for n in range(count)))


def test_an_answer_that_was_lost_with_its_connection_is_found_and_nothing_is_stored_twice(line: tuple[House, Proxy], desk: Desk):
    house, proxy = line
    assert house.post("/v2/enqueue", event(desk, "first")).status == 202

    async def lose() -> list[Answer]:
        await proxy.set(Line.MUTE)
        asking = asyncio.create_task(many(house, desk, 20, "k"))
        while not proxy.lost_answers:
            await asyncio.sleep(0.01)
        await proxy.set(Line.GOOD)
        return await asking

    assert {answer.status for answer in house.run(lose())} == {202}
    assert stored_in_the_end(house) == ["first", *(f"k{n:04}" for n in range(20))]


def test_connections_that_die_under_load_lose_and_double_nothing(line: tuple[House, Proxy], desk: Desk):
    house, proxy = line

    async def load() -> list[Answer]:
        asking = [asyncio.create_task(many(house, desk, 60, name)) for name in "abcde"]
        for state in (Line.DEAD, Line.GOOD, Line.MUTE, Line.GOOD, Line.DEAD, Line.GOOD):
            await asyncio.sleep(0.05)
            await proxy.set(state)
        return [answer for part in asking for answer in await part]

    answers = house.run(load())
    assert {answer.status for answer in answers} == {202}
    assert stored_in_the_end(house) == sorted(answer.json()["dedup_key"] for answer in answers)
    assert len(answers) == 300


def test_a_line_that_is_dead_from_the_start_is_no_loss(line: tuple[House, Proxy], desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """All of them are answered out of the journal, before any is stored."""
    house, proxy = line
    monkeypatch.setattr(writer, "QUIET", 0.05)
    assert house.post("/v2/enqueue", event(desk, "first")).status == 202  # the key is known
    house.run(proxy.set(Line.DEAD))
    answers = house.run(many(house, desk, 60, "k"))
    assert {answer.status for answer in answers} == {202}
    assert stored() == ["first"]
    house.run(proxy.set(Line.GOOD))
    assert stored_in_the_end(house) == ["first", *(f"k{n:04}" for n in range(60))]


@pytest.mark.timed
@pytest.mark.parametrize("state", [Line.DEAD, Line.FROZEN])
def test_a_database_that_stays_away_is_said_in_time_and_leaves_nothing_behind(
    line: tuple[House, Proxy], desk: Desk, state: Line, monkeypatch: pytest.MonkeyPatch
):
    """Where no journal is kept, or where it is full."""
    house, proxy = line
    assert house.app.writer is not None
    house.app.writer.journal.most = 0
    assert house.post("/v2/enqueue", event(desk, "first")).status == 202
    monkeypatch.setattr(writer, "BUDGET", 1.0)
    monkeypatch.setattr(keyring, "PATIENCE", 1.0)
    monkeypatch.setattr(keyring, "LIFETIME", 60.0)
    assert house.post("/v2/enqueue", event(desk, "second")).status == 202  # the key is known for longer now
    house.run(proxy.set(state))
    started = time.monotonic()
    answers = house.run(many(house, desk, 10, "lost"))
    assert time.monotonic() - started < 2.5
    assert {(answer.status, answer.headers["retry-after"]) for answer in answers} == {(503, "5")}
    assert answers[0].json()["errors"]
    assert house.post("/acceptz", b"", method="GET").status == 503
    unknown = house.post("/in/alertmanager/" + "f" * 32, b"{}")
    assert (unknown.status, unknown.json()["error"]) == (503, "not_ready")  # whether it is good cannot be known: never 401
    house.run(proxy.set(Line.GOOD))
    deadline = time.monotonic() + 8
    while house.post("/v2/enqueue", event(desk, "again")).status != 202:
        assert time.monotonic() < deadline
    assert house.post("/acceptz", b"", method="GET").status == 200
    there = stored()
    assert {"first", "second", "again"} == {key for key in there if not key.startswith("lost")}
    if state is Line.DEAD:  # what was refused may be sent again: it is not there. What a frozen line held may arrive later; never twice.
        assert not [key for key in there if key.startswith("lost")]
    assert len(there) == len(set(there)) + there.count("again") - 1


def test_a_server_that_only_reads_is_no_place_to_store(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    settings = database.parameters()
    options = f"{settings.get('options', '')} -c default_transaction_read_only=on".strip()
    monkeypatch.setattr(database, "parameters", lambda: {**settings, "options": options})
    monkeypatch.setattr(writer, "BUDGET", 0.5)
    with House() as house:
        assert house.app.writer is not None
        house.app.writer.journal.most = 0
        assert house.post("/v2/enqueue", event(desk, "k")).status == 503
        assert house.post("/acceptz", b"", method="GET").status == 503
    assert stored() == []


def test_an_event_that_the_database_refuses_harms_no_other(house: House, desk: Desk):
    """No such event is known; a constraint of this test plays one."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE intake_event ADD CONSTRAINT of_this_test CHECK (dedup_key <> 'bad0007')")
    try:
        answers = house.run(many(house, desk, 20, "bad"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE intake_event DROP CONSTRAINT of_this_test")
    assert [n for n, answer in enumerate(answers) if answer.status != 202] == [7]
    assert answers[7].status == 400  # 503 would bring it again for ever
    assert "sending it again will not help" in answers[7].json()["errors"][0]
    assert len(stored()) == 19


def test_odd_words_are_stored_plain_or_refused_for_good_and_never_stop_the_line(house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """Whatever a way in lets through: what comes next is stored."""
    running = house.app.writer
    assert running is not None
    key = IntegrationKey.objects.get()

    def put(dedup_key: str) -> bool:
        return house.run(running.store(key.id, key.service_id, "events", dedup_key, b"{}"))

    assert put("lone \ud800")
    for refused in ("a\0b", "x" * 256):
        with pytest.raises(Refused, match="will not help"):
            put(refused)
    with monkeypatch.context() as broken:
        broken.setattr(rows, "values", lambda *_: 1 / 0)
        assert not put("unforeseen")
    assert put("next")
    assert stored() == ["lone ?", "next"]


def test_what_was_taken_in_is_stored_before_the_door_closes(desk: Desk):
    house = House()
    with house:
        house.post("/v2/enqueue", event(desk, "first"))
        asking = asyncio.run_coroutine_threadsafe(many(house, desk, 200, "k"), house.loop)
        house.run(asyncio.sleep(0))
    assert {answer.status for answer in asking.result(20)} == {202}
    assert Event.objects.count() == 201


def test_a_flooding_key_does_not_keep_another_waiting(house: House, desk: Desk):
    from tests.intake.desk import add_key

    other = add_key(desk.service)
    flood, alone = [event(desk, f"f{n}") for n in range(3000)], json.dumps({**body("alone"), "routing_key": other}).encode()

    async def race() -> int:
        await ask(house.app, "/v2/enqueue", [alone])
        done = 0

        async def one(raw: bytes) -> None:
            nonlocal done
            await ask(house.app, "/v2/enqueue", [raw])
            done += 1

        running = [asyncio.create_task(one(raw)) for raw in flood]
        await asyncio.sleep(0)
        answer = await ask(house.app, "/v2/enqueue", [alone])
        before = done
        assert answer.status == 202
        await asyncio.gather(*running)
        return before

    assert house.run(race()) < 1500
    assert Event.objects.count() == 3002
