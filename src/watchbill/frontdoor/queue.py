"""In which order are waiting events stored? One of each key in turn, so that a key that floods waits for itself alone."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

ROWS = 500  # of one commit
BYTES = 8 * 1024 * 1024  # of one commit
LANE_ROWS = 2_000  # of one key, waiting
LANE_BYTES = 32 * 1024 * 1024


class Refused(Exception):
    """The database refuses what the event says, whenever it is asked."""

    def __init__(self) -> None:
        super().__init__(
            "The event cannot be stored, and sending it again will not help: the database refuses what it says. Send it shorter or plainer."
        )


@dataclass(slots=True, eq=False)
class Waiting:
    """An event that is not stored yet, and whoever waits for its answer. `done` becomes True when it is on disk, False when time is up; it
    raises Refused when it never can be stored."""

    key_id: int
    service_id: int
    kind: str
    dedup_key: str
    body: bytes
    deadline: float  # of the event loop's clock
    done: asyncio.Future[bool]


@dataclass(slots=True)
class Lane:
    """What waits of one key."""

    waiting: deque[Waiting] = field(default_factory=deque)
    size: int = 0  # bytes
    at_the_gate: deque[asyncio.Future[None]] = field(default_factory=deque)

    def is_full(self) -> bool:
        return len(self.waiting) >= LANE_ROWS or self.size >= LANE_BYTES


class Queue:
    """Lanes by key, served in turn. Not for several threads."""

    def __init__(self) -> None:
        self.lanes: dict[int, Lane] = {}  # those in which something waits; the order is whose turn it is

    def __bool__(self) -> bool:
        return bool(self.lanes)

    async def room(self, key_id: int) -> None:
        """Wait until this key may put one more. Others do not wait for it."""
        while (lane := self.lanes.get(key_id)) is not None and lane.is_full():
            gate = asyncio.get_running_loop().create_future()
            lane.at_the_gate.append(gate)
            await gate

    def put(self, item: Waiting) -> None:
        lane = self.lanes.get(item.key_id)
        if lane is None:
            lane = self.lanes[item.key_id] = Lane()
        lane.waiting.append(item)
        lane.size += len(item.body)

    def take(self) -> list[Waiting]:
        """The next commit's events; empty when nothing waits."""
        batch: list[Waiting] = []
        room = BYTES
        while self.lanes and len(batch) < ROWS and room > 0:
            key_id = next(iter(self.lanes))
            lane = self.lanes.pop(key_id)
            count = 1 if self.lanes else ROWS - len(batch)  # all at once when nobody else waits
            room = self._move(lane, batch, count, room)
            if lane.waiting:
                self.lanes[key_id] = lane  # at the end: its next turn
            if lane.at_the_gate and not lane.is_full():
                self._open_gate(lane)
        return batch

    def give_up(self, now: float) -> None:
        """Answer those whose time is up, without an event left behind."""
        for key_id in list(self.lanes):
            lane = self.lanes[key_id]
            while lane.waiting and lane.waiting[0].deadline <= now:
                item = lane.waiting.popleft()
                lane.size -= len(item.body)
                if not item.done.done():
                    item.done.set_result(False)
            if not lane.waiting:
                del self.lanes[key_id]
                self._open_gate(lane)

    @staticmethod
    def _open_gate(lane: Lane) -> None:
        """Whoever waits at it looks again whether there is room."""
        while lane.at_the_gate:
            gate = lane.at_the_gate.popleft()
            if not gate.done():
                gate.set_result(None)

    @staticmethod
    def _move(lane: Lane, batch: list[Waiting], count: int, room: int) -> int:
        while lane.waiting and count > 0 and room > 0:
            item = lane.waiting.popleft()
            lane.size -= len(item.body)
            if item.done.done():  # its client went away before it was our turn: nothing was answered, so nothing is kept
                continue
            batch.append(item)
            count -= 1
            room -= len(item.body)
        return room
