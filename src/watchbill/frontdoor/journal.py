"""Where do events go while the database is away? Into a bounded journal on this node's disk, forced to it before the answer.

A frame holds the events of one commit that could not be made, with the number that the commit would have had: a commit whose end is unknown
is looked for by that number before its frame is stored, so nothing is there twice. Frames are stored in their order when the database is
back, and as long as one waits, what comes after it waits behind it. A file belongs to the process that locks it; one that starts takes over
what a dead one left.

    file = frame*        frame = length (4 bytes) checksum (4 bytes) content (MessagePack of Frame)

A frame that was torn by a crash was not answered: it is cut off. One whose checksum is wrong in the middle of a file is set aside with what
follows it, and that is said.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import struct
import time
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from watchbill.frontdoor.queue import Waiting
from watchbill.kernel.journals import ASIDE, ENDING

LARGEST_FRAME = 64 * 1024 * 1024
_head = struct.Struct(">II")

logger = logging.getLogger("watchbill.frontdoor")


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """One event in a frame."""

    key_id: int
    service_id: int
    kind: str
    dedup_key: str
    body: bytes


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """The events of one commit. `number`: the commit's; `suspects`: server processes that may still be at it; `after`: the id of an event
    that was there before, so that ours are larger; `at`: seconds of this node's clock, for their age alone."""

    number: int
    at: float
    after: int
    suspects: tuple[int, ...]
    events: tuple[Kept, ...]


@dataclass(slots=True)
class _Place:
    """Where a waiting frame lies."""

    file: _File
    start: int
    end: int
    events: int
    old: bool  # of a process that ended: it may be stored already


class _File:
    """One file that this process has locked."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path, self.handle = path, handle
        self.size = os.fstat(handle).st_size

    def read(self, start: int, end: int) -> bytes:
        return os.pread(self.handle, end - start, start)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        os.close(self.handle)


class Journal:
    """Frames that wait for the database. The methods that touch the disk may be called from any one thread at a time."""

    def __init__(self, folder: Path, most: int) -> None:
        self.folder, self.most = folder, most
        self.frames: deque[_Place] = deque()
        self.writing: _File | None = None
        self.bytes = self.events = 0
        self.full = False  # something did not fit
        self.broken = ""  # why nothing can be kept here

    def open(self) -> None:
        """Take over what lies there and nobody holds. A folder that cannot be used is said, and then nothing is kept."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in sorted(self.folder.glob(f"*{ENDING}")):
                self._take_over(path)
        except OSError as error:
            self.broken = f"{self.folder}: {error.strerror}"
            logger.error("the journal cannot be used: %s", self.broken)
        if self.events:
            logger.warning("%d events of the journal wait for the database", self.events)

    def close(self) -> None:
        """Let go of the files; they stay for the next start."""
        for file in {id(place.file): place.file for place in self.frames}.values():
            os.close(file.handle)
        if self.writing is not None and not any(place.file is self.writing for place in self.frames):
            self.writing.remove()
        self.frames.clear()
        self.writing = None

    def takes(self) -> bool:
        """Is there room for more?"""
        return not self.broken and not self.full and self.bytes < self.most

    def append(self, events: Sequence[Waiting], *, number: int, after: int, suspects: Sequence[int]) -> bool:
        """Keep these; True once they are forced to the disk. False when there is no room, and nothing was kept."""
        kept = tuple(Kept(item.key_id, item.service_id, item.kind, item.dedup_key, item.body) for item in events)
        content = msgspec.msgpack.encode(Frame(number, _clock(), after, tuple(suspects), kept))
        if self.broken or self.bytes + _head.size + len(content) > self.most:
            self.full = not self.broken
            return False
        try:
            file = self.writing or self._new_file()
            self._write(file, content)
        except OSError as error:
            logger.error("the journal could not keep %d events: %s", len(kept), error.strerror)
            return False
        return True

    def first(self) -> tuple[Frame, bool] | None:
        """The frame whose turn it is, and whether it may be stored already. What cannot be read is set aside."""
        while self.frames:
            place = self.frames[0]
            try:
                frame = msgspec.msgpack.decode(place.file.read(place.start + _head.size, place.end), type=Frame)
            except (OSError, msgspec.MsgspecError) as error:
                logger.error("a frame of the journal cannot be read and is set aside: %s", type(error).__name__)
                self.set_aside()
            else:
                return frame, place.old or bool(frame.suspects)
        return None

    def done(self) -> None:
        """The first frame is stored: forget it, and its file when it was the last one in it."""
        place = self.frames.popleft()
        self.events -= place.events
        self.bytes -= place.end - place.start
        self.full = False
        if not self.frames or self.frames[0].file is not place.file:
            if self.writing is place.file:
                self.writing = None
            place.file.remove()

    def set_aside(self) -> None:
        """Keep the first frame where it is never lost and never in the way."""
        place = self.frames[0]
        self._aside(place.file.read(place.start, place.end))
        self.done()

    def keep_aside(self, frame: Frame, event: Kept) -> None:
        """The same for one event of a frame."""
        content = msgspec.msgpack.encode(Frame(frame.number, frame.at, frame.after, (), (event,)))
        self._aside(_head.pack(len(content), zlib.crc32(content)) + content)

    def _aside(self, raw: bytes) -> None:
        path = self.folder / f"{secrets.token_hex(8)}{ASIDE}"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _all(handle, raw)
            os.fdatasync(handle)
        finally:
            os.close(handle)

    def _new_file(self) -> _File:
        path = self.folder / f"{int(_clock() * 1e6):017d}-{secrets.token_hex(4)}{ENDING}"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name must survive as well
        finally:
            os.close(folder)
        self.writing = _File(path, handle)
        return self.writing

    def _write(self, file: _File, content: bytes) -> None:
        start = file.size
        try:
            os.lseek(file.handle, start, os.SEEK_SET)
            _all(file.handle, _head.pack(len(content), zlib.crc32(content)) + content)
            os.fdatasync(file.handle)
        except OSError:
            os.ftruncate(file.handle, start)  # half a frame must not stand before the next one
            raise
        file.size = start + _head.size + len(content)
        self._know(file, start, file.size, content, old=False)

    def _know(self, file: _File, start: int, end: int, content: bytes, *, old: bool) -> None:
        events = len(msgspec.msgpack.decode(content)[4])
        self.frames.append(_Place(file, start, end, events, old))
        self.bytes += end - start
        self.events += events

    def _take_over(self, path: Path) -> None:
        handle = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # its process lives
            os.close(handle)
            return
        file, place = _File(path, handle), 0
        while (content := _content(file, place)) is not None:
            end = place + _head.size + len(content)
            self._know(file, place, end, content, old=True)
            place = end
        if place < file.size:
            self._cut(file, place)
        if not place:
            file.remove()

    def _cut(self, file: _File, place: int) -> None:
        """What follows the last whole frame: zeros or a part of a frame were torn by a crash; anything else is kept aside."""
        rest = file.read(place, file.size)
        length = _head.unpack_from(rest)[0] if len(rest) >= _head.size else 0
        if length and _head.size + length <= len(rest):
            logger.error("a frame of the journal is damaged; %d bytes are set aside in %s", len(rest), self.folder)
            self._aside(rest)
        os.ftruncate(file.handle, place)
        file.size = place


def age(frame: Frame) -> float:
    """Seconds since the frame was kept; never negative, whatever the clock did."""
    return max(0.0, _clock() - frame.at)


def _content(file: _File, place: int) -> bytes | None:
    """The content of the frame that begins there; None when none does, or not a whole one."""
    head = file.read(place, place + _head.size)
    if len(head) < _head.size:
        return None
    length, checksum = _head.unpack(head)
    if not 0 < length <= LARGEST_FRAME:
        return None
    content = file.read(place + _head.size, place + _head.size + length)
    return content if len(content) == length and zlib.crc32(content) == checksum else None


def _all(handle: int, raw: bytes) -> None:
    view = memoryview(raw)
    while view:
        view = view[os.write(handle, view) :]


def _clock() -> float:
    """The node's own clock: the database, whose clock counts, is away. Only differences of it are used."""
    return time.time()  # noqa: TID251
