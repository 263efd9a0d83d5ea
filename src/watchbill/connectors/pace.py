"""How fast may a remote be asked? A bucket of tokens: never more than so many in any span of so many seconds."""

from __future__ import annotations

import time
from collections.abc import Callable


class Bucket:
    """Whoever takes a token from it waits until there is one. Of one thread."""

    def __init__(
        self, most: int, seconds: float, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """A fifth may come at once, and the rest evenly: together never more than `most` within `seconds`."""
        self._burst = max(1.0, most // 5)
        self._rate = max(most - self._burst, 1.0) / seconds
        self._clock, self._sleep = clock, sleep
        self._left, self._at = self._burst, clock()

    def take(self) -> None:
        """Wait, when there is none."""
        self._fill()
        if self._left < 1:
            self._sleep((1 - self._left) / self._rate)
            self._fill()
        self._left = max(self._left - 1, 0.0)

    def _fill(self) -> None:
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
