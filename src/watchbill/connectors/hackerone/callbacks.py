"""Webhooks of HackerOne: POST /in/hackerone/NAME. Proved over the raw body, stored, answered at once; what is true is asked of HackerOne later.

HackerOne signs the body alone, not what it calls the delivery: the same body is the same message, whatever it is called.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from watchbill.connectors.callbacks import Answer, Call
from watchbill.connectors.hackerone.verifying import is_proved
from watchbill.connectors.hooks import object_in
from watchbill.connectors.reading import at, text_at
from watchbill.intake.rules import clean_deeply
from watchbill.kernel.bus import wake_engine
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.platforms.actions.mirroring import keep_delivery
from watchbill.platforms.selectors import find

EXPECTED = "the signature does not fit. Expected X-H1-Signature by the secret of `webhook_env`."


def handle(call: Call, now: dt.datetime) -> Answer:
    """Raises NotFound, NotReady, NotSignedIn or Invalid; answers 202."""
    if call.rest:
        raise NotFound("There is no such way in. Expected /in/hackerone/NAME.")
    platform = find("hackerone", call.name)
    body = object_in(call, proved=is_proved(platform.secret, call.headers, call.body), expected=EXPECTED)
    report = report_in(body)
    handle = text_at(report, "relationships", "program", "data", "attributes", "handle")
    if handle and handle.casefold() != platform.program.casefold():
        raise Invalid(f"This is of the programme {handle[:100]}. Expected {platform.program}, whose reports come in here.")
    delivery, event = hashlib.sha256(call.body).hexdigest(), str(clean_deeply(call.headers.get("x-h1-event", "")))
    if keep_delivery(platform.id, delivery, event, call.body, text_at(report, "id"), now=now):
        wake_engine()
    return Answer(status=202)


def report_in(body: dict[str, Any]) -> dict[str, Any]:
    """The report that it speaks of, in both shapes that were seen; empty when it speaks of none."""
    report = at(body, "data", "report")
    inner = at(report, "data")
    found = inner if isinstance(inner, dict) else report
    return found if isinstance(found, dict) else {}
