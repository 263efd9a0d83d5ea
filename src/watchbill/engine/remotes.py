"""A thread for each remote that the desk speaks with all the time: started and ended as the remotes come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar


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
