"""Webhooks of GitHub: POST /in/github/NAME. Proved over the raw body, stored, answered at once; what is true is asked of GitHub later.

GitHub signs the body alone: the same body is the same message, whatever its delivery is called.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from watchbill.connectors.callbacks import Answer, Call
from watchbill.connectors.github.verifying import is_proved
from watchbill.connectors.hooks import object_in
from watchbill.connectors.reading import at, text_at
from watchbill.connectors.tracker.hooks import About, take
from watchbill.intake.rules import clean_deeply
from watchbill.kernel.bus import wake_engine
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.platforms.actions.mirroring import keep_delivery
from watchbill.platforms.selectors import find, is_platform

ADVISORY = "repository_advisory"
EXPECTED = "the signature does not fit. Expected X-Hub-Signature-256 by the secret of `webhook_env`."


def handle(call: Call, now: dt.datetime) -> Answer:
    """Raises NotFound, NotReady, NotSignedIn or Invalid; answers 202."""
    event = call.headers.get("x-github-event", "")
    if event == ADVISORY or is_platform("github", call.name):
        return _report(call, event, now)
    return take(call, "github", is_proved, about, event=event, now=now)


def _report(call: Call, event: str, now: dt.datetime) -> Answer:
    """Of a repository whose private vulnerability reports are read: a hint that there is something new."""
    if call.rest:
        raise NotFound("There is no such way in. Expected /in/github/NAME.")
    platform = find("github", call.name)
    body = object_in(call, proved=is_proved(platform.secret, call.headers, call.body, now=now), expected=EXPECTED)
    project = text_at(body, "repository", "full_name")
    if project and project.casefold() != platform.program.casefold():
        raise Invalid(f"This is of the repository {project[:200]}. Expected {platform.program}, whose reports come in here.")
    ghsa = text_at(body, "repository_advisory", "ghsa_id")
    if keep_delivery(platform.id, hashlib.sha256(call.body).hexdigest(), str(clean_deeply(event)), call.body, ghsa, now=now):
        wake_engine()
    return Answer(status=202)


def about(body: dict[str, Any]) -> About:
    """Which issue or pull request it speaks of."""
    project = text_at(body, "repository", "full_name")
    if isinstance(body.get("pull_request"), dict):
        return project, _number(at(body, "pull_request", "number")), True
    changes = isinstance(at(body, "issue", "pull_request"), dict)
    return project, _number(at(body, "issue", "number")), changes


def _number(value: Any) -> int | None:
    return value if type(value) is int and 0 < value < 2**63 else None
