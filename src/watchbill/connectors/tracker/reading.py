"""How is a project read to its end? From the last change that is known, oldest first, a page at a time.

The next page is asked for by the time of the last change on this one, never by its number: what changes under the reader comes once more at
the end, and nothing slips between two pages. Only when a whole page changed in one second, its number counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from watchbill.connectors.failures import TemporaryFailure, UnknownEnd
from watchbill.connectors.tracker import Client, Page
from watchbill.connectors.wire import TooBig
from watchbill.trackers.messages import Found
from watchbill.trackers.rules.ends import since as overlapping

SIZES = (100, 20, 4, 1)  # items of a page; less when they are too big
MOST_PAGES = 500  # in one go; the rest follows

Keep = Callable[[tuple[Found, ...], dt.datetime | None], None]  # (what was found, so far it was read)


def read_project(client: Client, project: str, *, changes: bool, cursor: dt.datetime | None, etag: str, keep: Keep) -> str:
    """Give every page to `keep`; answers the etag to come back with. Raises what the client raises; what was kept stays."""
    start, number, latest = overlapping(cursor), 1, cursor
    for _ in range(MOST_PAGES):
        page = _fitting(client, project, changes=changes, since=start, number=number, etag=etag, open_only=cursor is None)
        if page.unchanged:
            return etag
        latest = max((at for at in (latest, page.newest) if at is not None), default=None)
        keep(page.items, latest)
        if not page.full:
            return page.etag if latest == cursor and number == 1 else ""
        if page.newest is not None and (start is None or page.newest > start):
            start, number = page.newest, 1
        else:
            number += 1
        etag = ""
    return ""


def _fitting(client: Client, project: str, **asked: Any) -> Page:
    """The page as big as it may be. What was asked for by number is asked for by the same size again."""
    for size in SIZES[:-1]:
        try:
            return client.page(project, size=size, **asked)
        except TooBig:
            if asked["number"] > 1:
                raise
    return client.page(project, size=SIZES[-1], **asked)


def moment(value: Any) -> dt.datetime:
    """A time of an answer. Raises TemporaryFailure when it is none."""
    try:
        at = dt.datetime.fromisoformat(str(value))
    except ValueError as error:
        raise TemporaryFailure("The tracker answered with something that is not what it documents.") from error
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def objects(data: Any) -> list[dict[str, Any]]:
    """A list of objects. Raises TemporaryFailure for anything else: an answer that lies says nothing."""
    if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
        raise TemporaryFailure("The tracker answered with something that is not the list that it documents.")
    return data


def shown(data: Any, read: Callable[[Any], Found]) -> Found:
    """An issue of an answer. Raises TemporaryFailure for what is none."""
    try:
        return read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TemporaryFailure("The tracker answered with something that is not the issue that it documents.") from error


def made(data: Any, read: Callable[[dict[str, Any]], Found]) -> Found:
    """The issue that a write answers with. Raises UnknownEnd when it is none: it may have been made."""
    try:
        if not isinstance(data, dict):
            raise TypeError(type(data).__name__)
        return read(data)
    except (KeyError, TypeError, ValueError, AttributeError, TemporaryFailure) as error:
        raise UnknownEnd("The tracker took it, and answered with something that is not the issue.") from error
