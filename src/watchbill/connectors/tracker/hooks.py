"""A webhook of a tracker: proved, stored, answered. It is a hint: nothing in it is believed but that something happened."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from watchbill.connectors.callbacks import Answer, Call
from watchbill.connectors.hooks import object_in
from watchbill.intake.rules import clean_deeply
from watchbill.kernel.bus import wake_engine
from watchbill.kernel.errors import NotFound
from watchbill.trackers.actions.mirroring import keep_delivery
from watchbill.trackers.selectors import find

EXPECTED = (
    "the signature or the token does not fit, or is older than 5 minutes. Expected the secret of `webhook_env`, and a clock that is right."
)

About = tuple[str, int | None, bool]  # project, number, is it a change request


class Proves(Protocol):
    """Did the tracker send this?"""

    def __call__(self, secret: str, headers: Mapping[str, str], body: bytes, *, now: dt.datetime) -> bool: ...


def take(
    call: Call, kind: str, proves: Proves, about: Callable[[dict[str, Any]], About], *, event: str, known_by: str = "", now: dt.datetime
) -> Answer:
    """Store it once. `known_by`: what the sender calls it, where the signature covers that; without, the same body is the same."""
    if call.rest:
        raise NotFound(f"There is no such way in. Expected /in/{kind}/NAME.")
    tracker = find(kind, call.name)
    proved = proves(tracker.secret, call.headers, call.body, now=now)
    said = object_in(call, proved=proved, expected=EXPECTED)
    delivery = known_by or hashlib.sha256(call.body).hexdigest()
    if keep_delivery(tracker.id, clean_deeply(delivery), clean_deeply(event), call.body, about(said), now=now):
        wake_engine()
    return Answer(status=202)
