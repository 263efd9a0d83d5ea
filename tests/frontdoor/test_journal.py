"""The database is away: events are answered 202 all the same, lie on this node's disk, and are there once, in order, when it is back."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection

from tests.frontdoor.house import Answer, House, ask
from tests.intake.desk import Desk, body
from watchbill.frontdoor import database, keyring, writer
from watchbill.frontdoor.journal import Frame, Journal
from watchbill.frontdoor.queue import Waiting
from watchbill.intake.models import Event
from watchbill.kernel.journals import look
from watchbill.kernel.patience import cut

pytestmark = pytest.mark.database


def event(desk: Desk, key: str, action: str = "trigger") -> bytes:
    return json.dumps({**body(key), "event_action": action, "routing_key": desk.key}).encode()


def stored() -> list[str]:
    return list(Event.objects.order_by("id").values_list("dedup_key", flat=True))


@dataclass
class Switch:
    """The front door's way to the database, which a test can take away: what is open breaks, and nothing opens."""

    house: House
    away: bool = False

    def off(self) -> None:
        self.away = True
        self.house.run(self._break())

    def on(self) -> None:
        self.away = False

    async def _break(self) -> None:
        assert self.house.app.writer
        assert self.house.app.keys
        for line in (self.house.app.writer.line, self.house.app.writer.replay):
            if line.connection is not None:
                cut(line.connection)
        for task in self.house.app.keys.tasks:
            task.cancel()


@pytest.fixture
def switch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Switch]:
    house = House()
    switch = Switch(house)
    real = database.parameters
    monkeypatch.setattr(database, "parameters", lambda: {**real(), "host": "127.0.0.1", "port": 9} if switch.away else real())
    monkeypatch.setattr(keyring, "LIFETIME", 0.0)
    monkeypatch.setattr(keyring, "QUIET", 0.05)
    with house:
        assert house.post("/v2/enqueue", event(desk, "before")).status == 202
        wait_until(lambda: bool(house.app.keys and house.app.keys.good.keys))
        yield switch


def wait_until(what, seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def empty(house: House) -> bool:
    return house.app.writer is not None and not house.app.writer.journal.frames


def test_what_is_answered_while_the_database_is_away_is_there_once_and_in_order_when_it_is_back(switch: Switch, desk: Desk) -> None:
    house = switch.house
    switch.off()
    for n in range(30):
        started = time.monotonic()
        assert house.post("/v2/enqueue", event(desk, f"k{n:02}")).status == 202
        assert time.monotonic() - started < 2
    health = house.post("/acceptz", b"", method="GET")
    assert (health.status, health.json()["stored_in"], health.json()["journal"]["events"]) == (200, "journal", 30)
    assert stored() == ["before"]
    switch.on()
    assert house.post("/v2/enqueue", event(desk, "after")).status == 202  # behind what waits, or after it
    wait_until(lambda: empty(house))
    assert house.post("/v2/enqueue", event(desk, "last")).status == 202
    assert stored() == ["before", *(f"k{n:02}" for n in range(30)), "after", "last"]
    assert house.post("/acceptz", b"", method="GET").json()["stored_in"] == "database"


def test_an_event_that_waited_is_received_now_and_keeps_when_it_was_heard(switch: Switch, desk: Desk) -> None:
    switch.off()
    assert switch.house.post("/v2/enqueue", event(desk, "k")).status == 202
    time.sleep(0.4)
    switch.on()
    wait_until(lambda: empty(switch.house))
    row = Event.objects.get(dedup_key="k")
    assert row.arrived_at is not None
    assert dt.timedelta(seconds=0.3) < row.received_at - row.arrived_at < dt.timedelta(seconds=15)
    assert Event.objects.get(dedup_key="before").arrived_at is None


def test_a_door_that_dies_with_a_full_journal_is_followed_by_one_that_stores_it(switch: Switch, desk: Desk, settings) -> None:
    switch.off()
    for n in range(3):
        assert switch.house.post("/v2/enqueue", event(desk, f"k{n}")).status == 202
    assert look(settings.DATA_DIR).bytes > 0
    left = Journal(settings.DATA_DIR / "journal", 10**9)
    left.open()
    assert left.events == 0, "the living door holds its file"
    assert switch.house.app.writer is not None
    switch.house.run(switch.house.app.stop())  # with the database still away
    switch.on()
    with House() as next_house:
        wait_until(lambda: empty(next_house))
    assert stored() == ["before", "k0", "k1", "k2"]
    assert look(settings.DATA_DIR).bytes == 0


def test_a_commit_of_unknown_end_is_looked_for_before_its_frame_is_stored(switch: Switch, desk: Desk) -> None:
    """Its answer was lost, and the frame is in the journal as well."""
    house = switch.house
    assert house.app.writer is not None
    row = Event.objects.get(dedup_key="before")
    switch.off()
    done: list[bool] = []

    async def keep_again() -> None:
        assert house.app.writer is not None
        waiting = Waiting(row.key_id, row.service_id, "events", "before", bytes(row.body), 1e18, asyncio.get_running_loop().create_future())
        kept = await house.app.writer.on_disk(
            house.app.writer.journal.append, [waiting], number=row.batch, after=row.id - 1, suspects=[2**31 - 1]
        )
        done.append(kept)
        house.app.writer.waits.set()

    house.run(keep_again())
    assert done == [True]
    switch.on()
    wait_until(lambda: empty(house))
    assert stored() == ["before"]


def test_an_unknown_key_is_not_refused_and_not_taken_while_nobody_can_know(
    switch: Switch, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "PATIENCE", 0.2)
    switch.off()
    stranger = {**body("k"), "routing_key": "f" * 32}
    assert switch.house.post("/v2/enqueue", stranger).status == 503
    assert switch.house.post("/v2/enqueue", event(desk, "good")).status == 202


def test_a_full_journal_is_said_and_what_it_holds_stays(switch: Switch, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "BUDGET", 0.6)
    house = switch.house
    switch.off()
    assert house.app.writer is not None
    house.app.writer.journal.most = 2000
    statuses = [house.post("/v2/enqueue", event(desk, f"k{n:02}")).status for n in range(12)]
    assert statuses[0] == 202
    assert statuses[-1] == 503
    assert statuses == sorted(statuses)
    refused = house.post("/acceptz", b"", method="GET")
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    switch.on()
    wait_until(lambda: empty(house))
    assert stored() == ["before", *(f"k{n:02}" for n in range(statuses.count(202)))]


def test_an_event_that_the_database_refuses_is_set_aside_and_the_others_are_stored(switch: Switch, desk: Desk, settings) -> None:
    async def together() -> list[Answer]:
        return await asyncio.gather(*(ask(switch.house.app, "/v2/enqueue", [event(desk, f"bad{n}")]) for n in range(5)))

    switch.off()
    assert {answer.status for answer in switch.house.run(together())} == {202}
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE intake_event ADD CONSTRAINT of_this_test CHECK (dedup_key <> 'bad3')")
    try:
        switch.on()
        wait_until(lambda: empty(switch.house))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE intake_event DROP CONSTRAINT of_this_test")
    assert sorted(stored()) == ["bad0", "bad1", "bad2", "bad4", "before"]
    assert look(settings.DATA_DIR).aside == 1
    (aside,) = (settings.DATA_DIR / "journal").glob("*.aside")
    assert b"bad3" in aside.read_bytes()


def test_what_the_database_refuses_for_a_while_waits_and_is_not_set_aside(switch: Switch, desk: Desk, settings) -> None:
    """A table that is being restored, a right that is missing: nothing of it is said by the event."""
    switch.off()
    assert switch.house.post("/v2/enqueue", event(desk, "k")).status == 202
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE intake_event RENAME TO of_this_test")
    try:
        switch.on()
        assert switch.house.post("/v2/enqueue", event(desk, "meanwhile")).status == 202
        time.sleep(0.6)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE of_this_test RENAME TO intake_event")
    wait_until(lambda: empty(switch.house))
    assert stored() == ["before", "k", "meanwhile"]
    assert look(settings.DATA_DIR).aside == 0


def test_a_disk_that_fails_for_a_while_does_not_end_the_replay(switch: Switch, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = switch.house.app.writer.journal if switch.house.app.writer else None
    assert journal is not None
    switch.off()
    assert switch.house.post("/v2/enqueue", event(desk, "k")).status == 202
    with monkeypatch.context() as during:
        during.setattr(journal, "first", lambda: 1 / 0)
        switch.on()
        time.sleep(0.3)
    wait_until(lambda: empty(switch.house))
    assert stored() == ["before", "k"]


def test_good_keys_are_known_to_a_door_that_starts_without_the_database(switch: Switch, desk: Desk) -> None:
    switch.off()
    with House() as next_house:
        assert next_house.post("/v2/enqueue", event(desk, "k")).status == 202
        switch.on()
        wait_until(lambda: empty(next_house))
    assert stored() == ["before", "k"]
    kept = next_house.app.keys or switch.house.app.keys
    assert kept is not None
    assert desk.key not in kept.good.path.read_text()  # hashes only
    assert os.stat(kept.good.path).st_mode & 0o077 == 0


# The file itself


def waiting(name: str, size: int = 10) -> Waiting:
    return Waiting(1, 2, "events", name, b"x" * size, 0.0, None)  # type: ignore[arg-type]


def put(journal: Journal, *names: str) -> None:
    for n, name in enumerate(names):
        assert journal.append([waiting(name)], number=n, after=0, suspects=[])


def names(journal: Journal) -> list[str]:
    found = []
    while (first := journal.first()) is not None:
        found += [kept.dedup_key for kept in first[0].events]
        journal.done()
    return found


def opened(folder: Path, most: int = 10**9) -> Journal:
    journal = Journal(folder, most)
    journal.open()
    return journal


@pytest.mark.parametrize("cut", [1, 4, 7, 12])
def test_a_frame_torn_by_a_crash_is_cut_off_and_the_others_are_read(tmp_path: Path, cut: int) -> None:
    journal = opened(tmp_path)
    put(journal, "a", "b", "c")
    journal.close()
    (file,) = tmp_path.glob("*.events")
    with file.open("r+b") as raw:
        raw.truncate(file.stat().st_size - cut)
    again = opened(tmp_path)
    assert names(again) == ["a", "b"]
    assert not list(tmp_path.iterdir())


def test_a_damaged_frame_is_set_aside_with_what_follows(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    put(journal, "a", "b", "c")
    journal.close()
    (file,) = tmp_path.glob("*.events")
    raw = bytearray(file.read_bytes())
    raw[raw.index(b"b\xc4") if b"b\xc4" in raw else len(raw) // 2] ^= 0xFF
    file.write_bytes(raw)
    again = opened(tmp_path)
    assert names(again) == ["a"]
    (aside,) = tmp_path.glob("*.aside")
    assert b"c" in aside.read_bytes()


def test_what_was_put_is_read_after_every_reopening(tmp_path: Path) -> None:
    first = opened(tmp_path)
    put(first, "a", "b")
    first.close()
    second = opened(tmp_path)
    put(second, "c")
    assert (second.events, second.bytes) == (3, sum(path.stat().st_size for path in tmp_path.glob("*.events")))
    second.close()
    third = opened(tmp_path)
    frame, doubtful = third.first() or (None, None)
    assert isinstance(frame, Frame)
    assert doubtful is True, "it may be stored already: the door that wrote it is gone"
    assert names(third) == ["a", "b", "c"]
    assert (third.events, third.bytes) == (0, 0)
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_keeps_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(tmp_path)
    put(journal, "a")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as during:
        during.setattr("watchbill.frontdoor.journal.os.fdatasync", full)
        assert not journal.append([waiting("b")], number=2, after=0, suspects=[])
    put(journal, "c")
    assert names(journal) == ["a", "c"]


def test_a_folder_that_cannot_be_used_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file")
    journal = opened(tmp_path / "journal")
    assert not journal.takes()
    assert not journal.append([waiting("a")], number=1, after=0, suspects=[])
