"""What does an override change? Its own window, and nothing else. Pure.

`take`: B has the schedule or layer for the window, whoever it was, a gap included. `replace`: B only where A would have been. `add`, `remove`.
`shadow`: B is notified along with whoever has it. `reverse_shadow`: B has it, and whoever had it is notified along.
Later ones win inside their window. What an override leaves of a shift is a row of its own (semantics, Schedules).
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from watchbill.schedules.rules.model import LayerRule, OverrideRule, Shift

REMOVED = "removed"  # source of a row of nobody, which goes on hiding lower layers: who was removed from a stack leaves a gap


BRINGING = frozenset({"take", "add", "shadow", "reverse_shadow"})
BEFORE = dt.datetime.min.replace(tzinfo=dt.UTC)  # the first version holds from always


class _Window:
    """Finds the overrides that overlap a span without looking at all of them: a year of shifts asks hundreds of times."""

    def __init__(self, overrides: Sequence[OverrideRule]) -> None:
        self.numbered = sorted(enumerate(overrides), key=lambda pair: pair[1].start)
        self.starts = [override.start for _, override in self.numbered]
        self.latest = list(accumulate((override.end for _, override in self.numbered), max))

    def overlapping(self, start: dt.datetime, end: dt.datetime, made_after: int = -1) -> list[OverrideRule]:
        """In the order in which they were made."""
        found = []
        at = bisect_left(self.starts, end) - 1
        while at >= 0 and self.latest[at] > start:
            number, override = self.numbered[at]
            if override.end > start and number > made_after:
                found.append((number, override))
            at -= 1
        if len(found) > 1:
            found.sort(key=lambda pair: pair[0])
        return [override for _, override in found]


def amend(
    rows: Sequence[Shift], overrides: Sequence[OverrideRule], layers: Sequence[LayerRule], start: dt.datetime, end: dt.datetime
) -> list[Shift]:
    """The rows after the overrides, and the rows that overrides of [start, end) bring."""
    bringing = [override for override in overrides if override.kind in BRINGING and override.end > start and override.start < end]
    low = min([start, *(row.start for row in rows), *(override.start for override in bringing)])
    high = max([end, *(row.end for row in rows), *(override.end for override in bringing)])
    near = [override for override in overrides if override.end > low and override.start < high]
    window = _Window(near)
    final: list[Shift] = []
    for row in rows:
        changes = window.overlapping(row.start, row.end)
        if changes:
            final += _apply(row, changes)
        else:
            final.append(row)
    for number, override in enumerate(near):
        if override.kind in BRINGING and override.end > start and override.start < end:
            final += _apply(_row_of(override, layers), window.overlapping(override.start, override.end, made_after=number))
    return final


def _apply(row: Shift, overrides: Iterable[OverrideRule]) -> list[Shift]:
    parts = [row]
    for override in overrides:
        parts = [piece for part in parts for piece in _change(part, override)]
    return parts


def _change(part: Shift, override: OverrideRule) -> list[Shift]:
    if override.end <= part.start or part.end <= override.start or not _concerns(override, part):
        return [part]
    pieces = []
    if part.start < override.start:
        pieces.append(part._replace(end=override.start))
    inside = part._replace(start=max(part.start, override.start), end=min(part.end, override.end))
    if override.kind == "replace":
        pieces.append(inside._replace(person_id=override.person_id, source=override.source))
    elif override.kind == "reverse_shadow" and part.person_id != override.person_id:
        pieces.append(inside._replace(follows=True))
    elif override.kind in ("remove", "reverse_shadow") and override.layer is None and part.hides:
        pieces.append(inside._replace(person_id=None, source=REMOVED))
    if override.end < part.end:
        pieces.append(part._replace(start=override.end))
    return pieces


def _concerns(override: OverrideRule, part: Shift) -> bool:
    if override.layer is not None and part.layer != override.layer:
        return False
    if override.kind == "take":
        return override.layer is not None or not is_shadow(part)  # whoever takes the watch does not send the shadow away
    if override.kind == "reverse_shadow":
        return not is_shadow(part)
    if override.kind == "replace":
        return part.person_id == override.replaced_id
    return override.kind == "remove" and part.person_id == override.person_id


def is_shadow(row: Shift) -> bool:
    return row.shadow or row.follows


def _row_of(override: OverrideRule, layers: Iterable[LayerRule]) -> Shift:
    """The row that an override brings; on a layer it stands where the newest version of that layer stands."""
    row = Shift(override.start, override.end, override.person_id, override.source, override.layer, override.kind == "shadow")
    named = [layer for layer in layers if layer.name == override.layer]
    if override.layer is None or not named:
        return row
    newest = max(named, key=lambda layer: layer.valid_from or BEFORE)
    return row._replace(rank=newest.position, hides=newest.hides, shadow=newest.shadow or row.shadow)
