"""The front door, as a process of its own: no page can delay an event. Everything else goes to the process of the pages, where one is."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from watchbill.main import children

children.die_with_parent()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.main.settings")

from watchbill.frontdoor.app import FrontDoor  # noqa: E402  the death signal must be set first
from watchbill.frontdoor.relay import Relay  # noqa: E402
from watchbill.kernel import logs  # noqa: E402

logs.configure("frontdoor")  # after the server's own: addresses hold keys, and are masked here

BODY = b'{"error":"not_found","message":"This process takes events only.","details":{}}'


async def nothing_else(
    scope: MutableMapping[str, Any],
    _receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """Answers what a page would answer elsewhere, on a node that has none."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": BODY})


application = FrontDoor(Relay(pages) if (pages := os.environ.get("WATCHBILL_PAGES")) else nothing_else)
