"""Write teams, schedules, policies and services as a file says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from watchbill.config.actions.ids import Ids
from watchbill.config.rules import Full
from watchbill.incidents.models import Service
from watchbill.intake.actions.heartbeats import watch_in
from watchbill.paging.models import Policy, ServicePolicy, TeamPaging
from watchbill.people.models import Membership, Team

TEAM = ("desk", "ownership", "calendar", "critical_anyway", "ack_timeout", "assignee_moves", "issue", "channel")


def write_teams_in(teams: Mapping[str, Full], ids: Ids) -> None:
    """Teams and who stands on their desks. What names a schedule is written by `write_team_paging_in`, after the schedules."""
    for name, full in teams.items():
        values = {field: full[field] for field in TEAM}
        team, _ = Team.objects.update_or_create(
            name=name, defaults={**values, "last_resort_id": ids.person(full["last_resort"]), "is_active": True}
        )
        ids.teams[name] = team.id
        _write_members_in(team.id, full["members"], ids)


def _write_members_in(team_id: int, full: Full, ids: Ids) -> None:
    on_desk, roles = full["on_desk"], full["roles"]
    handles = [*on_desk, *(handle for handle in roles if handle not in on_desk)]
    rows = [
        Membership(team_id=team_id, person_id=ids.people[handle], role=roles[handle], on_desk=handle in on_desk, position=position)
        for position, handle in enumerate(handles)
    ]
    Membership.objects.filter(team_id=team_id).exclude(person_id__in=[row.person_id for row in rows]).delete()
    Membership.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["team", "person"], update_fields=["role", "on_desk", "position"]
    )


def write_team_paging_in(teams: Mapping[str, Full], ids: Ids) -> None:
    """On which schedule the managers of a team stand, and what counts as high impact."""
    for name, full in teams.items():
        impact = full["high_impact"] or {"severity": "", "notify": []}
        values = {
            "manager_schedule_id": ids.schedules[full["manager"]] if full["manager"] else None,
            "high_impact_severity": impact["severity"],
            "high_impact_notify": [ids.target(target) for target in impact["notify"]],
        }
        TeamPaging.objects.update_or_create(team_id=ids.teams[name], defaults=values)


def write_policies_in(policies: Mapping[str, Full], ids: Ids) -> None:
    """Policies. A page that runs keeps the copy it began with."""
    for name, full in policies.items():
        steps = [{"notify": [ids.target(target) for target in step["notify"]], "wait": step["wait"]} for step in full["steps"]]
        values = {"team_id": ids.teams[full["team"]], "repeat": full["repeat"], "last_resort_id": ids.person(full["last_resort"])}
        policy, _ = Policy.objects.update_or_create(name=name, defaults={**values, "steps": steps, "is_active": True})
        ids.policies[name] = policy.id


def write_services_in(services: Mapping[str, Full], ids: Ids) -> None:
    """Services and the policy that each uses."""
    for name, full in services.items():
        storm = full["storm"]
        values: dict[str, Any] = {
            "team_id": ids.teams[full["team"]],
            "group_by": full["group_by"],
            "group_for_seconds": full["group_for"],
            "when_cleared": full["when_cleared"],
            "source_ack": full["source_ack"],
            "urgency": full["urgency"] or None,
            "severity_map": full["severity"],
            "restricted": full["restricted"],
            "storm": {"incidents": storm["incidents"], "within_seconds": storm["within"]} if storm else None,
            "senders": full["senders"],
            "routes": full["routes"],
            "is_active": True,
        }
        service, _ = Service.objects.update_or_create(name=name, defaults=values)
        ServicePolicy.objects.update_or_create(service=service, defaults={"policy_id": ids.policies[full["policy"]]})


def write_heartbeats_in(heartbeats: Mapping[str, Full], *, now: dt.datetime) -> None:
    """Who must give signs of life. The first interval begins now."""
    services = dict(Service.objects.filter(name__in=[full["service"] for full in heartbeats.values()]).values_list("name", "id"))
    for name, full in heartbeats.items():
        values = {"every_seconds": full["every"], "grace_seconds": full["grace"], "severity": full["severity"]}
        watch_in(name, {**values, "service_id": services[full["service"]]}, now=now)
