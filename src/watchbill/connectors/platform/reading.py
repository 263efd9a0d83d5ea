"""How are a programme's reports read to their end? From the last activity that is known, oldest first, a page at a time.

The next page is asked for by the time of the last activity on this one, never by its number: what changes under the reader comes once more at
the end, and nothing slips between two pages. Only when a whole page happened in one moment, its number counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from watchbill.connectors.platform import Client, Page
from watchbill.connectors.wire import TooBig
from watchbill.platforms.messages import Shown

SIZES = (100, 20, 4, 1)  # reports of a page; less when they are too big
MOST_PAGES = 500  # in one go; the rest follows
STRICT = dt.timedelta(seconds=1)  # whether "after" means "at" too is documented nowhere

Keep = Callable[[tuple[Shown, ...], dict[str, str], dt.datetime | None], None]  # (what was found, what was odd, so far it was read)


def read_reports(client: Client, *, since: dt.datetime | None, keep: Keep, open_only: bool = False) -> None:
    """Give every page to `keep`. Raises what the client raises; what was kept stays."""
    start, number, latest = since, 1, None
    for _ in range(MOST_PAGES):
        page = _fitting(client, since=start, number=number, open_only=open_only)
        latest = max((at for at in (latest, page.newest) if at is not None), default=None)
        keep(page.items, dict(page.odd), latest)
        if not page.full:
            return
        following = page.newest - STRICT if page.newest is not None else None
        if following is not None and (start is None or following > start):
            start, number = following, 1
        else:
            number += 1


def _fitting(client: Client, **asked: Any) -> Page:
    """The page as big as it may be. What was asked for by number is asked for by the same size again."""
    for size in SIZES[:-1]:
        try:
            return client.page(size=size, **asked)
        except TooBig:
            if asked["number"] > 1:
                raise
    return client.page(size=SIZES[-1], **asked)
