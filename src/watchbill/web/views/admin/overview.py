"""What there is to administer: teams, what belongs to each, and what a person changed here against the file."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.config import selectors
from watchbill.incidents.models import Service
from watchbill.intake.models import Heartbeat
from watchbill.kernel.errors import NotFound
from watchbill.paging.models import Policy, ServicePolicy
from watchbill.people.models import Membership, Team
from watchbill.schedules.models import Schedule
from watchbill.web.admin.rights import Rights, may_administer, rights_of
from watchbill.web.visit import DeskRequest, signed_in


@dataclass(frozen=True, slots=True)
class Desk:
    """One team with what belongs to it; each with whether it was changed here."""

    team: Team
    changed: bool
    members: tuple[Membership, ...]
    policies: tuple[tuple[Policy, bool], ...]
    services: tuple[tuple[Service, str, bool], ...]  # with its policy
    heartbeats: tuple[tuple[Heartbeat, bool], ...]
    schedules: tuple[tuple[Schedule, bool], ...]


@require_safe
@signed_in
def overview(request: DeskRequest) -> HttpResponse:
    """The teams that the viewer may change; administrators see all."""
    if not may_administer(request.visit.viewer):
        raise NotFound("There is nothing here.")
    rights = rights_of(request.visit.viewer)
    context = {"section": "admin", "desks": _desks(rights), "rights": rights}
    return render(request, "admin/overview.html", context)


def _desks(rights: Rights) -> list[Desk]:
    changed = set(selectors.changed_here(selectors.standing()))
    teams = Team.objects.filter(is_active=True, name__in=rights.own).order_by("name")
    members, policies, services = _members(teams), _policies(teams, changed), _services(teams, changed)
    heartbeats, schedules = _heartbeats(teams, changed), _schedules(teams, changed)
    return [
        Desk(
            team,
            ("teams", team.name) in changed,
            tuple(members.get(team.id, ())),
            tuple(policies.get(team.id, ())),
            tuple(services.get(team.id, ())),
            tuple(heartbeats.get(team.id, ())),
            tuple(schedules.get(team.id, ())),
        )
        for team in teams
    ]


def _members(teams: QuerySet[Team]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = {}
    rows = Membership.objects.filter(team__in=teams, person__is_active=True)
    for row in rows.select_related("person").order_by("position", "id"):
        found.setdefault(row.team_id, []).append(row)
    return found


def _policies(teams: QuerySet[Team], changed: set[tuple[str, str]]) -> dict[int, list[tuple[Policy, bool]]]:
    found: dict[int, list[tuple[Policy, bool]]] = {}
    for row in Policy.objects.filter(team__in=teams, is_active=True).order_by("name"):
        found.setdefault(row.team_id, []).append((row, ("policies", row.name) in changed))
    return found


def _services(teams: QuerySet[Team], changed: set[tuple[str, str]]) -> dict[int, list[tuple[Service, str, bool]]]:
    found: dict[int, list[tuple[Service, str, bool]]] = {}
    uses = dict(ServicePolicy.objects.values_list("service_id", "policy__name"))
    for row in Service.objects.filter(team__in=teams, is_active=True).order_by("name"):
        found.setdefault(row.team_id, []).append((row, uses.get(row.id, ""), ("services", row.name) in changed))
    return found


def _schedules(teams: QuerySet[Team], changed: set[tuple[str, str]]) -> dict[int, list[tuple[Schedule, bool]]]:
    found: dict[int, list[tuple[Schedule, bool]]] = {}
    for row in Schedule.objects.filter(team__in=teams, is_active=True).order_by("position", "name"):
        found.setdefault(row.team_id, []).append((row, ("schedules", row.name) in changed))
    return found


def _heartbeats(teams: QuerySet[Team], changed: set[tuple[str, str]]) -> dict[int, list[tuple[Heartbeat, bool]]]:
    found: dict[int, list[tuple[Heartbeat, bool]]] = {}
    rows = Heartbeat.objects.filter(service__team__in=teams, service__is_active=True, is_active=True)
    for row in rows.select_related("service").order_by("name"):
        found.setdefault(row.service.team_id, []).append((row, ("heartbeats", row.name) in changed))
    return found
