"""A thread for each remote that the desk speaks with all the time: started and ended as the remotes come and go."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

import psycopg
from django.db import DatabaseError, connection

from watchbill.engine.clock import elapsed

log = logging.getLogger(__name__)

LONGEST_SLEEP = 1.0
BREATH = 0.3  # between two rounds: in a flood the engine wakes us with each of its own
CHECK_EVERY = 60.0


class Known(Protocol):
    """What is set up for a remote. Equal ones need no other thread."""

    @property
    def id(self) -> int: ...

    def __hash__(self) -> int: ...


class Beside(Protocol):
    """A thread that speaks with one remote, for one engine."""

    instance_id: int

    def start(self) -> None: ...

    def alive(self) -> bool: ...

    def wake(self) -> None: ...

    def stop(self) -> None: ...

    def join(self, seconds: float) -> None: ...


class InRounds(ABC):
    """A thread that speaks with one remote in rounds, looks every minute whether it answers, and waits for the database."""

    def __init__(self, sort: str, name: str, instance_id: int) -> None:
        """`sort`: of remote, as the log names it: tracker, platform."""
        self.instance_id = instance_id
        self._sort, self._name = sort, name
        self._stopping, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"{sort} {name}", daemon=True)

    @abstractmethod
    def work(self) -> bool:
        """One round. True when there is more to do at once."""

    @abstractmethod
    def check(self) -> None:
        """Does it answer?"""

    @abstractmethod
    def give_back(self) -> None:
        """What this engine holds of it is free for another one."""

    @abstractmethod
    def close(self) -> None:
        """Close what is open to it, in the thread that used it."""

    def start(self) -> None:
        self._thread.start()

    def alive(self) -> bool:
        return self._thread.is_alive()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _live(self) -> None:
        try:
            self._rounds()
            self.give_back()
        except (DatabaseError, psycopg.Error) as error:
            log.warning("a %s stops without the database: %s", self._sort, type(error).__name__, extra={self._sort: self._name})
        except Exception:
            log.exception("the thread of a %s ended", self._sort, extra={self._sort: self._name})
        finally:
            self.close()
            connection.close()

    def _rounds(self) -> None:
        pause, checked = LONGEST_SLEEP, float("-inf")
        while not self._stopping.is_set():
            try:
                if (at := elapsed()) - checked >= CHECK_EVERY:
                    checked = at
                    self.check()
                pause = 0.0 if self.work() else LONGEST_SLEEP
            except (DatabaseError, psycopg.Error) as error:
                log.warning("a %s waits for the database: %s", self._sort, type(error).__name__, extra={self._sort: self._name})
                connection.close()
                pause = LONGEST_SLEEP
            self._wake.wait(pause)
            self._wake.clear()
            self._stopping.wait(BREATH)


S = TypeVar("S", bound=Known)


class Threads(Generic[S]):
    """Those of one sort of remote. Waits for no thread: one that ends is followed by the next one of its remote at a later call."""

    def __init__(self, make: Callable[[S, int], Beside], *, patience: float) -> None:
        """`patience`: seconds for each thread to end by itself when the engine stops."""
        self._make, self._patience = make, patience
        self._running: dict[S, Beside] = {}
        self._ending: list[tuple[int, Beside]] = []

    def keep(self, wanted: Iterable[S], instance_id: int) -> None:
        """One for each of these; the others end."""
        wanted = list(wanted)
        self._ending = [(id_, thread) for id_, thread in self._ending if thread.alive()]
        for remote, thread in list(self._running.items()):
            if remote not in wanted or not thread.alive() or thread.instance_id != instance_id:
                self._ending.append((remote.id, self._running.pop(remote)))
                thread.stop()
        busy = {id_ for id_, thread in self._ending if thread.alive()}
        for remote in wanted:
            if remote not in self._running and remote.id not in busy:
                self._running[remote] = self._make(remote, instance_id)
                self._running[remote].start()

    def wake(self) -> None:
        """Something may be due."""
        for thread in self._running.values():
            thread.wake()

    def close(self) -> None:
        threads = [*self._running.values(), *(thread for _, thread in self._ending)]
        self._running, self._ending = {}, []
        for thread in threads:
            thread.stop()
        for thread in threads:
            thread.join(self._patience)
