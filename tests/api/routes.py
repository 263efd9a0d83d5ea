"""Every operation of the API, read from its own map, and one valid request for each. A new route without one fails the tests."""

from __future__ import annotations

import re
from typing import Any

from watchbill.api.app import api

RANGE = "from=2026-11-02T00:00:00Z&to=2026-11-16T00:00:00Z"
UNTIL = "2199-01-01T00:00:00Z"

# (method, address): (query, body). {number} is the incident in question.
VALID: dict[tuple[str, str], tuple[str, Any]] = {
    ("GET", "/oncall"): ("", None),
    ("GET", "/readiness"): ("", None),
    ("GET", "/schedules"): ("", None),
    ("GET", "/schedules/{name}/shifts"): (RANGE, None),
    ("GET", "/schedules/{name}/why"): ("at=2026-11-02T00:00:00Z", None),
    ("GET", "/schedules/{name}/overrides"): ("", None),
    ("POST", "/schedules/{name}/overrides"): ("", {"kind": "add", "person": "bob", "start": "2198-12-31T00:00:00Z", "end": UNTIL}),
    ("DELETE", "/schedules/{name}/overrides/{id}"): ("", None),
    ("POST", "/stand-ins"): ("", {"person": "bob", "replaced": "alice", "start": "2198-12-31T00:00:00Z", "end": UNTIL}),
    ("GET", "/swaps"): ("", None),
    ("POST", "/swaps"): ("", {"to": "bob", "give": {"schedule": "First", "at": UNTIL}, "take": {"schedule": "First", "at": UNTIL}}),
    ("GET", "/swaps/{id}"): ("", None),
    ("POST", "/swaps/{id}/accept"): ("", {}),
    ("POST", "/swaps/{id}/decline"): ("", {"why": "no nights"}),
    ("POST", "/swaps/{id}/withdraw"): ("", {}),
    ("POST", "/swaps/{id}/undo"): ("", {}),
    ("GET", "/covers"): ("", None),
    ("POST", "/covers"): ("", {"schedule": "First", "at": UNTIL}),
    ("GET", "/covers/{id}"): ("", None),
    ("POST", "/covers/{id}/take"): ("", {}),
    ("POST", "/covers/{id}/withdraw"): ("", {}),
    ("GET", "/schedules/{name}/history"): ("from=2026-10", None),
    ("GET", "/mail"): ("view=all", None),
    ("GET", "/mail/{id}"): ("", None),
    ("POST", "/mail/{id}"): ("", {"act": "take"}),
    ("GET", "/mail/{id}/letters/{letter_id}"): ("", None),
    ("GET", "/reports/{id}/files/{file_id}"): ("", None),
    ("GET", "/mail/{id}/letters/{letter_id}/files/{which}"): ("", None),
    ("GET", "/reports"): ("view=all", None),
    ("POST", "/reports"): ("", {"title": "by hand", "body": "steps", "program": "Example bounty"}),
    ("GET", "/reports/{id}"): ("", None),
    ("GET", "/reports/bounties"): ("", None),
    ("POST", "/reports/{id}/award"): ("", {"act": "awarded", "amount": 100}),
    ("POST", "/reports/{id}/watch"): ("", {"watch": True}),
    ("POST", "/reports/{id}/preview"): ("", {}),
    ("POST", "/reports/{id}/disclosure"): ("", {"act": "ask", "sent": True}),
    ("POST", "/reports/{id}/publish"): ("", {"number": 1, "fingerprint": "0" * 64, "sent": True}),
    ("POST", "/reports/{id}/secrecy"): ("", {"act": "keep", "reason": "upstream", "review_on": "2199-01-01"}),
    ("GET", "/incidents"): ("status=all", None),
    ("POST", "/incidents"): ("", {"title": "by hand", "service": "S"}),
    ("GET", "/incidents/{number}"): ("", None),
    ("GET", "/incidents/{number}/timeline"): ("", None),
    ("POST", "/incidents/{number}/acknowledge"): ("", {}),
    ("POST", "/incidents/{number}/resolve"): ("", {}),
    ("POST", "/incidents/{number}/resolve-page"): ("", {}),
    ("POST", "/incidents/{number}/reopen"): ("", {"reason": "it is back"}),
    ("POST", "/incidents/{number}/escalate"): ("", {}),
    ("POST", "/incidents/{number}/snooze"): ("", {"reason": "waits for a part", "until": UNTIL}),
    ("POST", "/incidents/{number}/note"): ("", {"text": "looked at it"}),
    ("POST", "/incidents/{number}/assign"): ("", {"to": "bob"}),
    ("POST", "/incidents/{number}/reassign"): ("", {"to": "bob"}),
    ("POST", "/incidents/{number}/page"): ("", {"to": ["bob"], "reason": "you know the disk"}),
    ("POST", "/incidents/{number}/give-back"): ("", {"reason": "I am ill"}),
    ("POST", "/incidents/{number}/severity"): ("", {"severity": "critical"}),
    ("POST", "/incidents/{number}/split"): ("", {"keys": ["k1"], "keep": True}),
    ("POST", "/incidents/{number}/write-again"): ("", {}),
    ("POST", "/incidents/{number}/merge"): ("", {"into": "{number}"}),
    ("GET", "/incidents/{number}/steps"): ("", None),
    ("POST", "/incidents/{number}/steps"): ("", {"step": "cve", "answer": "done"}),
    ("GET", "/incidents/{number}/tasks"): ("", None),
    ("POST", "/incidents/{number}/tasks"): ("", {"what": "reimage the laptop", "assignee": "bob"}),
    ("POST", "/incidents/{number}/tasks/{task_id}/done"): ("", {}),
    ("GET", "/incidents/{number}/participants"): ("", None),
    ("GET", "/incidents/{number}/stakeholders"): ("", None),
    ("POST", "/incidents/{number}/stakeholders"): ("", {"name": "Legal", "every_minutes": 30}),
    ("POST", "/incidents/{number}/stakeholders/told"): ("", {"text": "contained"}),
    ("POST", "/incidents/{number}/stakeholders/{stakeholder_id}/remove"): ("", {}),
    ("GET", "/duties"): ("", None),
    ("POST", "/duties/{duty_id}/prove"): ("", {"text": "looked through it"}),
    ("GET", "/queues"): ("", None),
    ("GET", "/queues/{queue_id}"): ("", None),
    ("POST", "/queues/{queue_id}/pass"): ("", {"note": "nothing new"}),
    ("GET", "/queues/{queue_id}/items/{issue_id}"): ("", None),
    ("POST", "/queues/{queue_id}/items/{issue_id}/answer"): ("", {"answers": [{"number": 1, "word": "met"}]}),
    ("POST", "/queues/{queue_id}/items/{issue_id}/decide"): ("", {"verdict": "ask", "reason": "Who?"}),
    ("POST", "/queues/{queue_id}/items/{issue_id}/take"): ("", {}),
    ("POST", "/queues/{queue_id}/items/{issue_id}/give-back"): ("", {"reason": "I am away"}),
    ("POST", "/queues/{queue_id}/items/{issue_id}/done"): ("", {}),
    ("POST", "/queues/{queue_id}/items/{issue_id}/promote"): ("", {"service": "S", "severity": "high"}),
    ("POST", "/incidents/{number}/manager"): ("", {"act": "calling"}),
    ("POST", "/incidents/{number}/handoff"): (
        "",
        {"to": "bob", "summary": "disk full", "engaged": ["alice"], "next_steps": [{"who": "bob", "what": "find what writes"}]},
    ),
    ("POST", "/incidents/{number}/keep"): ("", {"until": UNTIL}),
    ("GET", "/learnings"): ("state=all", None),
    ("POST", "/learnings"): ("", {"text": "end sessions by one command", "kind": "automatable"}),
    ("POST", "/learnings/{id}/close"): ("", {"outcome": "in the runbook"}),
    ("GET", "/runbooks"): ("q=disk", None),
    ("GET", "/runbooks/{id}"): ("", None),
    ("GET", "/shift"): ("team=SecOps", None),
    ("GET", "/handoffs/{id}"): ("", None),
    ("POST", "/handoffs/{id}/accept"): ("", {"readback": "disk full; I look for what writes"}),
    ("POST", "/handoffs/{id}/decline"): ("", {"why": "I am in a plane"}),
    ("POST", "/handoffs/{id}/withdraw"): ("", {}),
    ("POST", "/handoffs/{id}/write-again"): ("", {}),
    ("GET", "/maintenances"): ("", None),
    ("POST", "/maintenances"): ("", {"service": "S", "reason": "new disks", "ends_at": UNTIL}),
    ("GET", "/maintenances/{id}"): ("", None),
    ("POST", "/maintenances/{id}/end"): ("", {}),
    ("POST", "/maintenances/{id}/extend"): ("", {"ends_at": UNTIL}),
    ("GET", "/time-off"): ("", None),
    ("POST", "/time-off"): ("", {"start": UNTIL, "end": "2199-01-02T00:00:00Z"}),
    ("POST", "/time-off/{id}/end"): ("", {}),
    ("POST", "/time-off/{id}/dismiss"): ("", {"series": True}),
    ("GET", "/time-off/dismissed"): ("", None),
    ("POST", "/time-off/dismissed/{id}/end"): ("", {}),
    ("GET", "/time-off/calendars"): ("", None),
    ("POST", "/time-off/calendars"): ("", {"address": "https://calendar.example.org/bob.ics"}),
    ("POST", "/time-off/calendars/{id}/end"): ("", {}),
    ("GET", "/heartbeats"): ("", None),
    ("GET", "/notifications"): ("incident={number}", None),
    ("GET", "/audit"): ("", None),
    ("GET", "/people"): ("", None),
    ("GET", "/teams"): ("", None),
    ("GET", "/services"): ("", None),
    ("GET", "/policies"): ("", None),
    ("GET", "/policies/{name}/preview"): ("", None),
}


def operations() -> dict[tuple[str, str], str]:
    """{(method, address): scope} of everything that the API answers."""
    schema = api.get_openapi_schema(path_prefix="")
    return {
        (method.upper(), path): operation["x-scope"] for path, methods in schema["paths"].items() for method, operation in methods.items()
    }


def request_for(route: tuple[str, str], number: int) -> tuple[str, str, Any]:
    """The method, the address with its query, and the body."""
    method, path = route
    query, body = VALID[route]
    if isinstance(body, dict):
        body = {name: number if value == "{number}" else value for name, value in body.items()}
    address = re.sub(r"\{(?:(?:\w+_)?id|which)\}", "1", path.replace("{number}", str(number))).replace(
        "{name}", "P" if path.startswith("/policies") else "First"
    )
    return method, f"/api/v1{address}" + (f"?{query.replace('{number}', str(number))}" if query else ""), body


def about_an_incident(route: tuple[str, str]) -> bool:
    return "{number}" in route[1] or "{number}" in VALID[route][0]
