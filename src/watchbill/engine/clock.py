"""What time is it between two looks at the database? The last answer plus what has passed since.

What passes is measured by a clock that goes on while the machine sleeps, so that a freeze shows.
"""

from __future__ import annotations

import datetime as dt
import time

_BOOT = getattr(time, "CLOCK_BOOTTIME", None)


def elapsed() -> float:
    """Seconds on a clock that never goes back, counted through a suspended machine where the system can tell."""
    return time.clock_gettime(_BOOT) if _BOOT is not None else time.monotonic()


class Clock:
    """The database's time, carried on. Set by the loop, read by the sending thread."""

    def __init__(self, now: dt.datetime) -> None:
        self._set = (now, elapsed())

    def set(self, now: dt.datetime) -> None:
        self._set = (now, elapsed())

    def now(self) -> dt.datetime:
        then, at = self._set
        return then + dt.timedelta(seconds=elapsed() - at)
