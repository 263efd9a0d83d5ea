"""In a stack, what is left of a lower layer? The parts that no later layer covers. Pure."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from watchbill.schedules.rules.model import WHOLE_SCHEDULE, Shift

Span = tuple[dt.datetime, dt.datetime]


def hide(rows: Sequence[Shift]) -> list[Shift]:
    """The rows that are seen. What an override gave to somebody for the whole schedule is never hidden; a shadow neither hides nor is hidden."""
    if not any(row.hides for row in rows):
        return [row for row in rows if row.person_id is not None]
    seen: list[Shift] = []
    above: list[Span] = []  # covered by the layers above this one, merged
    for rank in sorted({row.rank for row in rows}, reverse=True):
        here = [row for row in rows if row.rank == rank]
        ends = [end for _, end in above]
        for row in here:
            if row.person_id is None:
                continue
            if row.shadow or rank == WHOLE_SCHEDULE:
                seen.append(row)
            else:
                seen += [
                    row._replace(start=start, end=end)
                    for start, end in subtract((row.start, row.end), above[bisect_right(ends, row.start) :])
                ]
        above = merge([*above, *((row.start, row.end) for row in here if row.hides and not row.shadow)])
    return seen


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order; spans that touch become one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def subtract(span: Span, covered: Iterable[Span]) -> list[Span]:
    """The parts of the span outside merged, ordered spans."""
    left: list[Span] = []
    start, end = span
    for begins, ends in covered:
        if begins >= end:
            break
        if ends <= start:
            continue
        if begins > start:
            left.append((start, begins))
        start = ends
    return [*left, (start, end)] if start < end else left
