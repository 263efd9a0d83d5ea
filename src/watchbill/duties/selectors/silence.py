"""About what has nobody said a word for too long? Open incidents of a team, and open issues with a severity where it has its tracking issues.

The last word is the later one of here and the tracker. What a tracker was not asked about yet is left out: nobody is pinged on a guess.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F

from watchbill.duties.models import Quiet, Stale
from watchbill.duties.rules.silence import Silence, asks_now, too_long_at
from watchbill.incidents.models import Access, Incident
from watchbill.incidents.selectors import visible_to
from watchbill.people.models import Membership, Person, Team
from watchbill.people.permissions import Verb, Viewer, decide
from watchbill.people.rules import WorkingTime, parse_duration
from watchbill.people.working import team_calendar, working_times
from watchbill.response.selectors import on_call_of
from watchbill.trackers.models import Issue
from watchbill.trackers.selectors import links_of, named_users, settings_of

ABSENT = dt.timedelta(days=4)  # who does not work before that is asked nothing: the next one is


@dataclass(frozen=True, slots=True)
class Subject:
    """An incident, or an issue, that may be silent. `owners`, `on_call`, `team`: whom each rung asks, those alone who may know of it."""

    team: Team
    severity: str
    since: dt.datetime
    too_long: dt.datetime
    silence: Silence
    owners: tuple[int, ...]
    on_call: tuple[int, ...]
    members: tuple[int, ...]
    incident: Incident | None = None
    issue: Issue | None = None
    quiet: Quiet | None = None

    @property
    def name(self) -> str:
        """Its number: in a notification stands no content."""
        return f"#{self.incident.number}" if self.incident is not None else f"{self.issue}"

    def rung(self, *, now: dt.datetime) -> int:
        return asks_now(self.silence, self.too_long, now=now)

    def people(self, rung: int) -> tuple[int, ...]:
        return {1: self.owners, 2: self.on_call, 3: self.members}.get(rung, ())


@dataclass(frozen=True, slots=True)
class _Desk:
    """What of a team is the same for all that may be silent."""

    team: Team
    rules: Mapping[str, str]
    calendar: WorkingTime | None
    on_call: tuple[int, ...]
    members: tuple[int, ...]
    working: Mapping[int, WorkingTime]
    now: dt.datetime

    def is_absent(self, person_id: int) -> bool:
        working = self.working.get(person_id)
        return working is None or working.next_opening(self.now) - self.now > ABSENT


def silent(viewer: Viewer, *, now: dt.datetime) -> list[Subject]:
    """What this viewer may see of what is silent for too long, the longest over first."""
    if not decide(viewer, Verb.SEE).allowed:
        return []
    found = [subject for subject in subjects(now=now) if subject.too_long <= now]
    seen = set(visible_to(viewer).filter(pk__in=[each.incident.pk for each in found if each.incident]).values_list("pk", flat=True))
    kept = [
        each
        for each in found
        if (each.incident is not None and each.incident.pk in seen)
        or (each.issue is not None and each.incident is None and (not each.issue.confidential or each.team.id in viewer.roles))
    ]
    return sorted(kept, key=lambda each: each.too_long)


def subjects(*, now: dt.datetime, team_ids: Collection[int] | None = None) -> list[Subject]:
    """Everything that a word is expected about, silent or not. Some ten queries for each team that says what is too long."""
    rows = Stale.objects.filter(is_active=True, team__is_active=True).select_related("team").order_by("team_id", "id")
    rules: dict[Team, dict[str, str]] = {}
    for row in rows if team_ids is None else rows.filter(team__in=team_ids):
        rules.setdefault(row.team, {})[row.severity] = row.after
    return [subject for team, says in rules.items() for subject in _of_team(team, says, now=now)]


def _of_team(team: Team, rules: Mapping[str, str], *, now: dt.datetime) -> list[Subject]:
    incidents = list(
        Incident.objects.filter(team=team, severity__in=rules).exclude(status=Incident.Status.RESOLVED).select_related("owner", "acting")
    )
    issues = _issues(team, rules)
    on_call = tuple(on_call_of(team.id, now=now))
    members = Membership.objects.filter(team=team, on_desk=True, person__is_active=True).order_by("position", "id")
    desk_people = tuple(members.values_list("person_id", flat=True))
    assigned = {issue.pk: _assigned(issue) for issue in issues}
    everybody = {*on_call, *desk_people, *(each for people in assigned.values() for each in people)}
    everybody |= {each for incident in incidents for each in (incident.owner_id, incident.acting_id) if each is not None}
    desk = _Desk(team, rules, team_calendar(team, around=now), on_call, desk_people, working_times(everybody, around=now), now)
    links = links_of([incident.pk for incident in incidents])
    allowed = _allowed([incident.pk for incident in incidents if incident.restricted])
    found = [_incident(desk, incident, links[incident.pk].issue if incident.pk in links else None, allowed) for incident in incidents]
    quiet = {row.issue_id: row for row in Quiet.objects.filter(issue__in=issues)}
    found += [
        _made(desk, issue.severity, issue.word_at or issue.created_at, assigned[issue.pk], None, issue, quiet.get(issue.pk))
        for issue in issues
    ]
    return [each for each in found if each is not None]


def _issues(team: Team, rules: Mapping[str, str]) -> list[Issue]:
    """Open issues with a severity in the team's project, which are no incident here, and whose comments were read since they changed."""
    setting = team.issue or {}
    rows = Issue.objects.filter(tracker__name=setting.get("tracker", ""), project=setting.get("project", ""), changes=False, state="open")
    rows = rows.filter(severity__in=rules, words_to__gte=F("updated_at"), tracker__is_active=True).exclude(links__incident_id__isnull=False)
    return list(rows.select_related("tracker"))


def _incident(desk: _Desk, incident: Incident, issue: Issue | None, allowed: Mapping[int, Collection[int]]) -> Subject | None:
    if issue is not None and (issue.words_to is None or issue.words_to < issue.updated_at):
        return None
    words = [incident.word_at, issue.word_at if issue else None]
    since = max((at for at in words if at is not None), default=incident.opened_at)
    owners = [each for each in (incident.acting_id, incident.owner_id) if each is not None][:1]
    quiet = Quiet.objects.filter(incident_id=incident.pk).first()
    return _made(desk, incident.severity, since, owners, incident, issue, quiet, allowed.get(incident.pk) if incident.restricted else None)


def _made(
    desk: _Desk,
    severity: str,
    since: dt.datetime,
    owners: Sequence[int],
    incident: Incident | None,
    issue: Issue | None,
    quiet: Quiet | None,
    only: Collection[int] | None = None,
) -> Subject:
    """`only`: who may know of it; None: everybody."""

    def there(people: Sequence[int]) -> tuple[int, ...]:
        return tuple(each for each in people if only is None or each in only)

    here = there([each for each in owners if not desk.is_absent(each)])
    on_call = there([each for each in desk.on_call if each not in here])
    same = quiet is not None and quiet.silent_since == since
    silence = Silence(
        since,
        bool(here),
        bool(on_call),
        quiet.rung if quiet and same else 0,
        quiet.pinged_at if quiet and same else None,
        quiet.snoozed_until if quiet else None,
    )
    zone = desk.calendar.zone if desk.calendar else "UTC"
    too_long = too_long_at(since, parse_duration(desk.rules[severity]), zone=zone, working=desk.calendar)
    return Subject(desk.team, severity, since, too_long, silence, here, on_call, there(desk.members), incident, issue, quiet)


def _assigned(issue: Issue) -> list[int]:
    handles = named_users(issue.assignees, settings_of(issue.tracker))
    return list(Person.objects.filter(handle__in=handles, is_active=True).order_by("id").values_list("id", flat=True)) if handles else []


def _allowed(incident_ids: Collection[int]) -> dict[int, set[int]]:
    """Who may know of restricted incidents. One query."""
    found: dict[int, set[int]] = {each: set() for each in incident_ids}
    for incident_id, person_id in Access.objects.filter(incident__in=incident_ids, ended_at=None).values_list("incident_id", "person_id"):
        found[incident_id].add(person_id)
    return found
