"""How does an incident open, and who is paged for it? By the service's policy, and the manager besides when its impact is high."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.actions import Line, NewIncident, grant_in, open_incidents_in, tell_in
from watchbill.incidents.models import Incident, Service
from watchbill.incidents.rules import in_a_line, plain
from watchbill.kernel import bus
from watchbill.kernel.errors import Invalid
from watchbill.notifications.chats.actions import post_in
from watchbill.notifications.chats.messages import PostAsk
from watchbill.notifications.chats.selectors import posting_now
from watchbill.paging.actions import NewPage, open_pages_in
from watchbill.paging.actions import louder_in as paging_louder_in
from watchbill.paging.models import Page, ServicePolicy, TeamPaging
from watchbill.people.models import Person, Team
from watchbill.response.actions.case import Case
from watchbill.response.rules import SEVERITIES, at_least, urgency
from watchbill.trackers.actions.wanting import IssueAsk, follow_in, make_issues_in
from watchbill.trackers.models import Issue
from watchbill.trackers.selectors import writing_now

# By hand, as every event waits for it: putting these questions together takes the model layer longer than the database to answer them.
SERVICES = """
SELECT s.*, p.policy_id AS uses_id FROM incidents_service s LEFT JOIN paging_servicepolicy p ON p.service_id = s.id WHERE s.id = ANY(%s)
"""
TEAMS = "SELECT * FROM people_team WHERE id = ANY(%s)"
HIGH_IMPACT = """
SELECT p.*, s.name AS manager_name FROM paging_teampaging p LEFT JOIN schedules_schedule s ON s.id = p.manager_schedule_id WHERE p.team_id = ANY(%s)
"""


def open_in(new: Sequence[NewIncident], *, by: Actor, now: dt.datetime) -> list[Incident]:
    """Open incidents with their pages, and answer them, in the order given. A set of statements, whatever the count.

    A service that is restricted makes its incidents so. The page walks the service's policy; a service without one goes to the last resort.
    The channel of the team has its message from now on, and its tracker is asked for the tracking issue.
    """
    if not new:
        return []
    services = {row.id: row for row in Service.objects.raw(SERVICES, [[one.service_id for one in new if one.service_id is not None]])}
    teams = {row.id: row for row in Team.objects.raw(TEAMS, [[one.team_id for one in new]])}
    new = [replace(one, restricted=one.restricted or _is_restricted(services, one.service_id)) for one in new]
    incidents = open_incidents_in(new, by=by, now=now)
    pages = []
    for incident, one in zip(incidents, new, strict=True):
        service = services.get(one.service_id or 0)
        policy_id = one.policy_id or (getattr(service, "uses_id", None) if service else None)
        loud = one.urgency or _urgency(teams[one.team_id], service, one.severity)
        pages.append(NewPage(incident.id, one.team_id, "respond", loud, policy_id, restricted=one.restricted))
    pages += coordinate_pages(incidents)
    open_pages_in(pages, now=now)
    _link_in(incidents, now=now)
    _post_in(incidents, teams, now=now)
    _track_in(incidents, new, teams, now=now)
    bus.board_changed(incidents[0].id if len(incidents) == 1 else None)
    return incidents


@transaction.atomic(durable=True)
def page_by_hand(
    summary: str, service: str, severity: str = "high", *, by: Actor, now: dt.datetime, urgency: str = "high", restricted: bool = False
) -> Incident:
    """Somebody pages the team of a service. High unless said otherwise. Whoever pages for a restricted service is named on it.

    Raises Invalid for an empty or too long summary, an unknown service, severity or urgency.
    """
    summary = " ".join(in_a_line(plain(summary)).split())
    if not summary or len(summary) > 1024:
        raise Invalid("Say in 1 to 1024 characters what happened.", field="summary")
    if severity not in SEVERITIES:
        raise Invalid(f"Severity is {severity!r}; it can be critical, high, medium or low.", field="severity")
    if urgency not in ("high", "low"):
        raise Invalid(f"Urgency is {urgency!r}; it can be high or low.", field="urgency")
    found = Service.objects.filter(name=plain(service), is_active=True).first()
    if found is None:
        raise Invalid(f"There is no service called {service!r}. Look at the list of services for its name.", field="service")
    new = NewIncident(
        title=summary,
        severity=severity,
        team_id=found.team_id,
        service_id=found.id,
        restricted=restricted,
        text=f"Paged by hand by {_called(by)}.",
        urgency=urgency,
    )
    (opened,) = open_in([new], by=by, now=now)
    if by.person_id is not None:
        grant_in(opened.id, [by.person_id], "named", now=now, by=by)
    return Incident.objects.select_related("service", "team", "owner", "acting").get(pk=opened.id)


def _called(by: Actor) -> str:
    """A person by their name, as everywhere in a story."""
    known = Person.objects.filter(pk=by.person_id).values_list("name", flat=True).first() if by.person_id else ""
    return known or by.name


def coordinate_pages(incidents: Sequence[Incident]) -> list[NewPage]:
    """Pages to the manager for those whose severity meets the team's `high_impact`, whatever their own page does (GitLab guide)."""
    wanted = {paging.team_id: paging for paging in TeamPaging.objects.raw(HIGH_IMPACT, [[i.team_id for i in incidents]])}
    pages = []
    for incident in incidents:
        paging = wanted.get(incident.team_id)
        if paging is None or not at_least(incident.severity, paging.high_impact_severity):
            continue
        targets = paging.high_impact_notify or _manager(paging)
        if targets:
            pages.append(NewPage(incident.id, incident.team_id, "coordinate", "high", targets=targets, restricted=incident.restricted))
    return pages


def coordinate_in(incident: Incident, *, now: dt.datetime) -> bool:
    """Page the manager when the severity now meets high impact and no such page was opened before. Says whether one was."""
    if Page.objects.filter(incident=incident, purpose=Page.Purpose.COORDINATE).exists():
        return False
    pages = coordinate_pages([incident])
    if pages:
        open_pages_in(pages, now=now)
    return bool(pages)


def louder_in(case: Case) -> bool:
    """Its page is quiet, and the severity now asks for a loud one. One that waits starts again from step 1, at once; one that somebody has,
    or that stands still, is loud when it goes on. Says whether it was paged again."""
    page, incident = case.respond, case.incident
    if page is None or page.urgency != "low" or _urgency(incident.team, incident.service, incident.severity) == "low":
        return False
    return paging_louder_in(page.id, now=case.now)


def respond_page(incident: Incident) -> NewPage:
    """A respond page for an incident that has none open any more: its service's policy, from step 1."""
    policy_id = None
    if incident.service_id is not None:
        policy_id = ServicePolicy.objects.filter(service_id=incident.service_id).values_list("policy_id", flat=True).first()
    loud = _urgency(incident.team, incident.service, incident.severity)
    return NewPage(incident.id, incident.team_id, "respond", loud, policy_id, restricted=incident.restricted)


def _link_in(incidents: Sequence[Incident], *, now: dt.datetime) -> None:
    """Say on the earlier one that it came again; never on an open one about a restricted one."""
    earlier = Incident.objects.only("id", "restricted").in_bulk({i.previous_id for i in incidents if i.previous_id is not None})
    tell_in(
        [
            Line(i.previous_id, "linked", f"Came again as #{i.number}.", data={"number": i.number})
            for i in incidents
            if i.previous_id is not None and earlier[i.previous_id].restricted >= i.restricted
        ],
        now=now,
    )


def _post_in(incidents: Sequence[Incident], teams: dict[int, Team], *, now: dt.datetime) -> None:
    """Each has its message in the channel of its own team, where that chat is posted to: nothing may wait for one that is not."""
    asks = [PostAsk(i.id, channel["chat"], channel["name"]) for i in incidents if (channel := teams[i.team_id].channel)]
    if asks:
        works = posting_now(now=now)
        post_in([ask for ask in asks if ask.chat in works], now=now)


def _track_in(incidents: Sequence[Incident], new: Sequence[NewIncident], teams: dict[int, Team], *, now: dt.datetime) -> None:
    """Each has its tracking issue in the project of its own team, where that tracker takes any. It is made outside, later.

    A restricted one has none, or a confidential one that bears its code name alone: its team says which.
    """
    for incident, one in zip(incidents, new, strict=True):
        if one.issue_id is not None:
            follow_in(incident.id, Issue.objects.get(pk=one.issue_id), now=now)
    incidents = [incident for incident, one in zip(incidents, new, strict=True) if one.issue_id is None]
    wanted = [
        (i, issue)
        for i in incidents
        if (issue := teams[i.team_id].issue) and not (i.restricted and issue.get("restricted", "none") == "none")
    ]
    trackers = writing_now({issue["tracker"] for _, issue in wanted}, now=now)
    asks = [
        IssueAsk(i.id, trackers[issue["tracker"]].id, issue["project"], tuple(issue["labels"]), bool(issue["confidential"] or i.restricted))
        for i, issue in wanted
        if issue["tracker"] in trackers
    ]
    make_issues_in(asks, now=now)


def _urgency(team: Team, service: Service | None, severity: str) -> str:
    return urgency(team.desk, severity, service.urgency if service else None, critical_anyway=team.critical_anyway)


def _is_restricted(services: dict[int, Service], service_id: int | None) -> bool:
    return service_id is not None and services[service_id].restricted


def _manager(paging: TeamPaging) -> list[dict[str, object]]:
    if paging.manager_schedule_id is None:
        return []
    return [{"kind": "schedule", "id": paging.manager_schedule_id, "name": getattr(paging, "manager_name", "")}]
