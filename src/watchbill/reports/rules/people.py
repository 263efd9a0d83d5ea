"""Who answers for a report, and may this person know of it? Pure."""

from __future__ import annotations

from collections.abc import Sequence


def accountable(on_call: Sequence[int], *, team_last_resort: int | None, last_resort: int | None) -> int | None:
    """Somebody always answers for it: whoever has the watch of the team, else its last resort, else the installation's."""
    return next(iter(on_call), team_last_resort if team_last_resort is not None else last_resort)
