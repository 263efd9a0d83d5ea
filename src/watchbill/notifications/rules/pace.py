"""Does a page go alone and at once, or does it wait a moment for others to go as one? (semantics, bundling)"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

BUNDLE_WITHIN = dt.timedelta(seconds=60)  # further pages within this time after one
BUNDLE_WAIT = dt.timedelta(seconds=3)  # wait so long at most, to go as one
STATUS_WAIT = dt.timedelta(seconds=2)  # a status notice wakes nobody: it waits for the latest state
MERGE_WITHIN = dt.timedelta(seconds=1)  # two turns of one page for one method, due within this time, are one message


@dataclass(frozen=True, slots=True)
class LastPaged:
    """The page that a person was last notified of."""

    at: dt.datetime
    page_id: int


def is_further(last: LastPaged | None, page_id: int | None, *, now: dt.datetime) -> bool:
    """Was the person paged about something else within the last minute? The same page's next step is never held up by itself."""
    return last is not None and page_id is not None and last.page_id != page_id and now - last.at < BUNDLE_WITHIN
