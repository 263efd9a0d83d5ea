"""Whom and what the other answers name: people, teams, services, policies and whom they reach."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from watchbill.api.access import needs
from watchbill.api.errors import answer
from watchbill.api.foreseen import PreviewOut
from watchbill.api.lists import cursor_field, entry_id, limit_field, moment, time_field
from watchbill.api.shapes import HumanOut, ListOut, PolicyOut, ServiceOut, TeamOut, Word
from watchbill.incidents.models import Service
from watchbill.kernel.clock import database_now
from watchbill.paging.models import Policy
from watchbill.paging.selectors import described, policy_named
from watchbill.people.models import Membership, Person, Team

router = Router(tags=["directory"])


@router.get("/people", response=ListOut[HumanOut], **needs("schedules:read"))
def list_people(request: HttpRequest, cursor: Word = cursor_field(), limit: int = limit_field(200)) -> HttpResponse:
    """People with an open account."""
    rows = list(Person.objects.filter(is_active=True, id__gt=entry_id(cursor)).order_by("id")[: limit + 1])
    items = [{"handle": p.handle, "name": p.name, "timezone": p.timezone, "region": p.region} for p in rows[:limit]]
    return answer({"items": items, "next": str(rows[limit - 1].id) if len(rows) > limit else None})


@router.get("/teams", response=ListOut[TeamOut], **needs("schedules:read"))
def list_teams(request: HttpRequest, cursor: Word = cursor_field(), limit: int = limit_field(50)) -> HttpResponse:
    """Teams, and who is in them."""
    rows = list(Team.objects.filter(is_active=True, id__gt=entry_id(cursor)).order_by("id")[: limit + 1])
    members: dict[int, list[Membership]] = {}
    for row in Membership.objects.filter(team__in=rows, person__is_active=True).select_related("person").order_by("position", "id"):
        members.setdefault(row.team_id, []).append(row)
    items = [
        {
            "name": team.name,
            "desk": team.desk,
            "ownership": team.ownership,
            "members": [
                {"handle": m.person.handle, "name": m.person.name, "role": m.role, "on_desk": m.on_desk} for m in members.get(team.id, [])
            ],
        }
        for team in rows[:limit]
    ]
    return answer({"items": items, "next": str(rows[limit - 1].id) if len(rows) > limit else None})


@router.get("/services", response=ListOut[ServiceOut], **needs("incidents:read"))
def list_services(request: HttpRequest, cursor: Word = cursor_field(), limit: int = limit_field(200)) -> HttpResponse:
    """Monitored things that can page."""
    active = Service.objects.filter(is_active=True, id__gt=entry_id(cursor))
    rows = list(active.select_related("team", "uses__policy").order_by("id")[: limit + 1])
    items = [{"name": s.name, "team": s.team.name, "policy": _policy(s), "restricted": s.restricted} for s in rows[:limit]]
    return answer({"items": items, "next": str(rows[limit - 1].id) if len(rows) > limit else None})


@router.get("/policies", response=ListOut[PolicyOut], **needs("schedules:read"))
def list_policies(request: HttpRequest, cursor: Word = cursor_field(), limit: int = limit_field(200)) -> HttpResponse:
    """Escalation policies."""
    rows = list(Policy.objects.filter(is_active=True, id__gt=entry_id(cursor)).select_related("team").order_by("id")[: limit + 1])
    items = [{"name": p.name, "team": p.team.name, "steps": len(p.steps), "repeat": p.repeat} for p in rows[:limit]]
    return answer({"items": items, "next": str(rows[limit - 1].id) if len(rows) > limit else None})


@router.get("/policies/{path:name}/preview", response=PreviewOut, **needs("schedules:read"))
def preview_policy(
    request: HttpRequest,
    name: Word,
    at: Word = time_field("When the page would begin; now unless said."),
    urgency: Literal["high", "low"] = Query("high"),
) -> HttpResponse:
    """Whom a page would reach that begins at that moment and that nobody answers, and why."""
    when = moment(at, field="at") if at else database_now()
    return answer(described(policy_named(name), at=when, urgency=urgency))


def _policy(service: Service) -> str | None:
    uses = getattr(service, "uses", None)
    return uses.policy.name if uses else None
