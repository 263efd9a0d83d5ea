"""Whose turn is it?"""

from __future__ import annotations

import asyncio

import pytest

from watchbill.frontdoor import queue
from watchbill.frontdoor.queue import Queue, Waiting


def waiting(key: int, n: int = 0, size: int = 10, deadline: float = 100.0) -> Waiting:
    return Waiting(key, 1, "events", str(n), b"x" * size, deadline, asyncio.get_running_loop().create_future())


def test_one_of_each_key_in_turn():
    async def work() -> list[tuple[int, str]]:
        line = Queue()
        for n in range(5):
            line.put(waiting(1, n))
        line.put(waiting(2, 0))
        line.put(waiting(3, 0))
        line.put(waiting(3, 1))
        return [(item.key_id, item.dedup_key) for item in line.take()]

    assert asyncio.run(work()) == [(1, "0"), (2, "0"), (3, "0"), (1, "1"), (3, "1"), (1, "2"), (1, "3"), (1, "4")]


def test_a_commit_is_bounded_in_rows_and_bytes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queue, "ROWS", 10)
    monkeypatch.setattr(queue, "BYTES", 1000)

    async def work() -> list[int]:
        line = Queue()
        for n in range(25):
            line.put(waiting(1, n))
        line.put(waiting(2, size=5000))
        line.put(waiting(2))
        sizes = []
        while line:
            sizes.append(len(line.take()))
        return sizes

    sizes = asyncio.run(work())
    assert sum(sizes) == 27
    assert max(sizes) <= 10
    assert sizes[0] == 2  # the big one ends its commit


def test_a_full_lane_waits_for_itself_and_is_let_in_when_there_is_room(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queue, "LANE_ROWS", 2)

    async def work() -> None:
        line = Queue()
        line.put(waiting(1))
        line.put(waiting(1))
        await asyncio.wait_for(line.room(2), 1)
        gates = [asyncio.create_task(line.room(1)) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(gate.done() for gate in gates)
        line.take()
        await asyncio.wait_for(asyncio.gather(*gates), 1)

    asyncio.run(work())


def test_whose_time_is_up_is_answered_and_leaves_nothing():
    async def work() -> tuple[list[Waiting], Waiting]:
        line = Queue()
        late, in_time = waiting(1, deadline=5.0), waiting(1, 1, deadline=50.0)
        line.put(late)
        line.put(in_time)
        line.put(waiting(2, deadline=5.0))
        line.give_up(10.0)
        assert late.done.result() is False
        return line.take(), in_time

    left, in_time = asyncio.run(work())
    assert left == [in_time]


def test_who_went_away_is_not_stored():
    async def work() -> list[Waiting]:
        line = Queue()
        gone = waiting(1)
        gone.done.cancel()
        line.put(gone)
        return line.take()

    assert asyncio.run(work()) == []
