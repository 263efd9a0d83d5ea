"""The part of Opsgenie's Alert API that needs the database: what became of a request, one alert, and whatever is asked by an id.

A key sees the alerts of its own service, and what its routes sent to an open one; of a restricted service none: who sends is not who may
read.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from typing import Any
from uuid import uuid4

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from watchbill.connectors import bodies, opsgenie
from watchbill.frontdoor.opsgenie import LIMIT, UNPROCESSABLE, key_of, took
from watchbill.incidents.models import Incident
from watchbill.incidents.rules import plain
from watchbill.intake.actions import receive
from watchbill.intake.models import Alert, Event, IntegrationKey
from watchbill.intake.rules import digest_of
from watchbill.intake.selectors import usable
from watchbill.kernel.clock import database_now

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
LARGEST = 2**63 - 1
NUMBER = re.compile(r"#(\d{1,18})\b")  # of the incident, in what an event did
PRIORITY = {"critical": "P1", "high": "P2", "medium": "P3", "low": "P4"}


class _Answer(JsonResponse):
    """Opsgenie's envelope around an answer."""

    def __init__(self, started: float, status: int = 200, **fields: Any) -> None:
        request_id = fields.pop("request_id", "") or str(uuid4())
        super().__init__({**fields, "took": took(started), "requestId": request_id}, status=status, headers=PRIVATE)


@csrf_exempt  # who asks proves it by a key
def alerts(request: HttpRequest, rest: str = "") -> JsonResponse:
    """/v2/alerts/..."""
    started = time.perf_counter()
    try:
        return _answered(request, rest, started, database_now())
    except (OperationalError, InterfaceError):
        answer = _Answer(started, 503, message="The database does not answer now; send the request again.")
        answer.headers["Retry-After"] = "5"
        return answer


def _answered(request: HttpRequest, rest: str, started: float, now: dt.datetime) -> JsonResponse:
    secret = key_of(request.headers.get("authorization", ""))
    key = IntegrationKey.objects.select_related("service").filter(usable(now), digest=digest_of(secret)).first() if secret else None
    if key is None:
        return _Answer(
            started, 401, message="Could not authenticate: the key is unknown or revoked. Send it as Authorization: GenieKey KEY."
        )
    by = request.GET.get("identifierType", "id").lower()
    if request.method not in ("GET", "HEAD"):
        return _act(request, key, rest, by, started, now)
    first, _, last = rest.partition("/")
    if first == "requests" and last:
        return _status(key, last, started)
    if rest and (not last or by == "alias"):
        found = None if key.service.restricted else _alert(key, rest, by)
        return _Answer(started, data=_described(found)) if found else _Answer(started, 404, message="Alert could not be found.")
    return _Answer(started, 404, message="Lists and logs of alerts are not part of the Alert API here; Watchbill's own API has them.")


def _act(request: HttpRequest, key: IntegrationKey, rest: str, by: str, started: float, now: dt.datetime) -> JsonResponse:
    """What is asked of an alert by its id: resolved to its alias, then stored like everything else."""
    asked = opsgenie.which(request.method or "", f"/v2/alerts/{rest}", by)
    if asked is None or asked.refused:
        words = asked.refused if asked else "There is no such request in the Alert API that Watchbill understands."
        return _Answer(started, 422 if asked else 404, message=words)
    try:
        body = request.body
    except RequestDataTooBig:
        return _Answer(started, 413, message=f"Request body is too large (should be at most {LIMIT} bytes).")
    if len(body) > LIMIT:
        return _Answer(started, 413, message=f"Request body is too large (should be at most {LIMIT} bytes).")
    found = _alert(key, asked.identifier, asked.by)
    named = opsgenie.Asked(asked.act, found.dedup_key if found else asked.identifier, "alias" if found else asked.by)
    try:
        stored, said = opsgenie.envelope(named, body)
        errors = opsgenie.check(named, said)
    except bodies.Unreadable as unreadable:
        return _Answer(started, 400, message=f"Could not parse the request body: {unreadable}")
    if errors:
        return _Answer(started, 422, message=UNPROCESSABLE, errors=errors)
    request_id = str(uuid4())
    receive(key, "opsgenie", request_id, stored, now=now)
    return _Answer(started, 202, result="Request will be processed", request_id=request_id)


def _status(key: IntegrationKey, request_id: str, started: float) -> JsonResponse:
    """What became of a request. Opsgenie, too, answers 404 as long as it was not processed."""
    event = Event.objects.filter(dedup_key=plain(request_id), kind="opsgenie", key=key).exclude(state=Event.State.PENDING).first()
    if event is None:
        return _Answer(started, 404, message="Request not found. It might not be processed, yet.")
    asked = bodies.decode(bytes(event.body))
    body = asked["body"] if isinstance(asked["body"], dict) else {}
    done = event.state == Event.State.DONE and not event.outcome.startswith("No ")
    parsed = opsgenie.parse(bytes(event.body), event.dedup_key)
    alias = parsed.drafts[0].dedup_key if parsed.drafts else ""
    found = _alert(key, alias, "alias") if done else None
    data = {
        "success": done,
        "isSuccess": done,
        "action": asked["asked"]["act"],
        "processedAt": _time(event.received_at),
        "integrationId": str(key.id),
        "status": "Done." if key.service.restricted or _went_to_a_restricted_one(event.outcome) else event.outcome,
        "alertId": str(found.id) if found else "",
        "alias": alias if body.get("alias") or asked["asked"]["act"] != "Create" else (str(found.id) if found else alias),
    }
    return _Answer(started, data=data)


def _went_to_a_restricted_one(outcome: str) -> bool:
    """Did a route lead it to where the holder of an open key must not follow?"""
    found = NUMBER.search(outcome)
    return found is not None and Incident.objects.filter(number=int(found[1]), restricted=True).exists()


def _alert(key: IntegrationKey, identifier: str, by: str) -> Alert | None:
    """The alert of this service, or one that its routes sent to another open one, with that id, tiny id or alias: of an alias, the latest."""
    own = Alert.objects.filter(service_id=key.service_id)
    sent = Alert.objects.filter(~Q(sources=[]), sources__contains=[key.service_id], state="firing", service__restricted=False)
    if by in ("id", "tiny"):
        number = int(identifier) if identifier.isascii() and identifier.isdigit() and len(identifier) < 19 else 0
        found = (own.filter(pk=number).first() or sent.filter(pk=number).first()) if 0 < number <= LARGEST else None
        if found is not None or by == "tiny":
            return found
    alias = opsgenie.fitting(identifier)
    return sent.filter(dedup_key=alias).first() or own.filter(dedup_key=alias).order_by("-id").first()


def _described(alert: Alert) -> dict[str, Any]:
    """An alert in Opsgenie's words. Who has it is nobody's business here."""
    details = alert.details if isinstance(alert.details, dict) else {}
    return {
        "id": str(alert.id),
        "tinyId": str(alert.id),
        "alias": alert.dedup_key,
        "message": alert.summary,
        "status": "open" if alert.state == "firing" else "closed",
        "acknowledged": alert.acknowledged_at is not None,
        "isSeen": alert.acknowledged_at is not None,
        "snoozed": False,
        "count": alert.count,
        "createdAt": _time(alert.first_at),
        "updatedAt": _time(alert.last_at),
        "lastOccurredAt": _time(alert.last_at),
        "source": alert.source,
        "entity": alert.component,
        "owner": "",
        "priority": PRIORITY.get(alert.severity, "P3"),
        "tags": details.get("tags", []),
        "description": details.get("description", ""),
        "details": {name: str(value) for name, value in details.items() if name not in ("tags", "description")},
    }


def _time(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
