"""How is a length of time said in words?"""

from __future__ import annotations

MINUTE, HOUR, DAY = 60, 3600, 86400


def span(seconds: float) -> str:
    """A length in words, two units at most: 38 s; 9 min 15 s; 29 h 13 min; 3 days 4 h; 41 days."""
    left = max(0, int(seconds))
    if left < MINUTE:
        return f"{left} s"
    if left < HOUR:
        return _two(left // MINUTE, "min", left % MINUTE, "s")
    if left < 2 * DAY:
        return _two(left // HOUR, "h", left % HOUR // MINUTE, "min")
    days = left // DAY
    return _two(days, "days", left % DAY // HOUR, "h") if days < 10 else f"{days} days"


def _two(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big} {big_unit}" + (f" {small} {small_unit}" if small else "")
