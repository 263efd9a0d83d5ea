"""Webhooks of GitHub: POST /in/github/NAME. Proved over the raw body, stored, answered at once; what is true is asked of GitHub later.

GitHub signs the body alone: the same body is the same message, whatever its delivery is called.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from watchbill.connectors.callbacks import Answer, Call
from watchbill.connectors.github.verifying import is_proved
from watchbill.connectors.reading import at, text_at
from watchbill.connectors.tracker.hooks import About, take


def handle(call: Call, now: dt.datetime) -> Answer:
    """Raises NotFound, NotReady, NotSignedIn or Invalid; answers 202."""
    return take(call, "github", is_proved, about, event=call.headers.get("x-github-event", ""), now=now)


def about(body: dict[str, Any]) -> About:
    """Which issue or pull request it speaks of."""
    project = text_at(body, "repository", "full_name")
    if isinstance(body.get("pull_request"), dict):
        return project, _number(at(body, "pull_request", "number")), True
    changes = isinstance(at(body, "issue", "pull_request"), dict)
    return project, _number(at(body, "issue", "number")), changes


def _number(value: Any) -> int | None:
    return value if type(value) is int and 0 < value < 2**63 else None
