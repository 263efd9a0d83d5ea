"""Evidence over HTTP: who was notified and how it ended, and who did what."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from watchbill.api.access import caller, needs
from watchbill.api.errors import answer
from watchbill.api.lists import LARGEST, cursor_field, entry_id, limit_field, moment, time_field
from watchbill.api.shapes import ListOut, NotificationOut, RecordOut, Word
from watchbill.audit.models import Record
from watchbill.audit.selectors import Filters, listed, readable
from watchbill.incidents.selectors import by_number, visible_to
from watchbill.intake.selectors.quiet import without_hidden
from watchbill.kernel.discreet import discreet
from watchbill.kernel.errors import NotAllowed
from watchbill.notifications.selectors import Tried, tried
from watchbill.people.models import Team
from watchbill.people.permissions import Verb, Viewer, decide
from watchbill.people.selectors import with_handles

router = Router(tags=["evidence"])


@router.get("/notifications", response=ListOut[NotificationOut], **needs("incidents:read"))
def list_notifications(
    request: HttpRequest,
    incident: int = Query(..., ge=1, le=LARGEST, description="Its number."),
    cursor: Word = cursor_field(),
    limit: int = limit_field(200),
) -> HttpResponse:
    """Everybody who was notified of an incident, by which method, and every attempt to deliver, the oldest first."""
    found = by_number(caller(request).viewer, incident)
    after = entry_id(cursor)
    rows = [row for row in tried(found.id) if row.id > after]
    items = [_notification(found.number, row) for row in rows[:limit]]
    return answer({"items": items, "next": str(rows[limit - 1].id) if len(rows) > limit else None})


@router.get("/audit", response=ListOut[RecordOut], **needs("audit:read"))
def list_audit(
    request: HttpRequest,
    action: Word = Query("", description="As `page.acknowledge`, or `page` for all of pages."),
    actor: Word = Query("", description="A handle, `engine`, or `operator`."),
    kind: Word = "",
    incident: int | None = Query(None, ge=1, le=LARGEST, description="Number of an incident."),
    since: Word = time_field("The first moment."),
    until: Word = time_field("The moment after the last."),
    cursor: Word = cursor_field(),
    limit: int = limit_field(),
) -> HttpResponse:
    """What was done, by whom, by which way, the newest first. For managers of their teams, and administrators."""
    viewer = caller(request).viewer
    seen = visible_to(replace(viewer, scopes=None))  # the scope of the audit is enough to read the audit
    about = by_number(replace(viewer, scopes=None), incident).id if incident is not None else None
    filters = Filters(
        action=action,
        actor=actor,
        kind=kind,
        incident_id=about,
        since=moment(since, field="since") if since else None,
        until=moment(until, field="until") if until else None,
    )
    rows = readable(
        teams=_audited_teams(viewer), incidents=seen, person_id=viewer.person_id, reports=visible_to(replace(viewer, scopes=None))
    )
    found = listed(rows, filters, cursor=cursor, limit=limit)
    numbers = dict(seen.filter(pk__in={r.incident_id for r in found.items if r.incident_id}).values_list("pk", "number"))
    teams = dict(Team.objects.filter(pk__in={r.team_id for r in found.items if r.team_id}).values_list("pk", "name"))
    details = without_hidden(replace(viewer, scopes=None), with_handles([row.detail for row in found.items]))
    items = [_record(row, detail, numbers, teams) for row, detail in zip(found.items, details, strict=True)]
    return answer({"items": items, "next": found.next})


def _audited_teams(viewer: Viewer) -> list[int] | None:
    """The teams whose records the viewer may read; None: all. Raises NotAllowed when there are none."""
    decision = decide(viewer, Verb.AUDIT)
    if not decision.allowed:
        raise NotAllowed(decision.why)
    return None if viewer.is_admin else [team for team in viewer.roles if decide(viewer, Verb.AUDIT, team_id=team).allowed]


def _notification(number: int, row: Tried) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "incident": number,
        "person": {"handle": row.handle, "name": row.name} if row.person_id else None,
        "host": "" if row.person_id else row.name,
        "kind": row.kind,
        "method": row.method,
        "state": row.state,
        "possible_duplicate": row.possible_duplicate,
        "asked_at": row.asked_at,
        "due_at": row.due_at,
        "finished_at": row.finished_at,
        "error": row.error,
        "attempts": [asdict(each) for each in row.attempts],
    }


def _record(row: Record, detail: dict[str, Any], numbers: dict[int, int], teams: dict[int, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at,
        "actor": row.actor,
        "via": row.via,
        "action": row.action,
        "kind": row.kind,
        "object": row.object_id,
        "incident": numbers.get(row.incident_id) if row.incident_id else None,
        "team": teams.get(row.team_id) if row.team_id else None,
        "detail": discreet(detail),
    }
