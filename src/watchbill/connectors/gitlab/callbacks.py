"""Webhooks of GitLab: POST /in/gitlab/NAME. Proved over the raw body, stored, answered at once; what is true is asked of GitLab later."""

from __future__ import annotations

import datetime as dt
from typing import Any

from watchbill.connectors.callbacks import Answer, Call
from watchbill.connectors.gitlab.verifying import is_proved
from watchbill.connectors.reading import at, text_at
from watchbill.connectors.tracker.hooks import About, take


def handle(call: Call, now: dt.datetime) -> Answer:
    """Raises NotFound, NotReady, NotSignedIn or Invalid; answers 202."""
    signed = call.headers.get("webhook-id", "") if "webhook-signature" in call.headers else ""
    return take(call, "gitlab", is_proved, about, event=call.headers.get("x-gitlab-event", ""), known_by=signed, now=now)


def about(body: dict[str, Any]) -> About:
    """Which issue or merge request it speaks of."""
    kind = text_at(body, "object_kind")
    project = text_at(body, "project", "path_with_namespace")
    if kind in ("issue", "work_item"):
        return project, _number(at(body, "object_attributes", "iid")), False
    if kind == "merge_request":
        return project, _number(at(body, "object_attributes", "iid")), True
    if kind == "note":
        changes = isinstance(body.get("merge_request"), dict)
        return project, _number(at(body, "merge_request" if changes else "issue", "iid")), changes
    return project, None, False


def _number(value: Any) -> int | None:
    return value if type(value) is int and 0 < value < 2**63 else None
