"""Which reports may this viewer know of? Every read of reports goes through `visible_to`; what is not in it does not exist for them."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from watchbill.kernel.errors import NotAllowed, NotFound
from watchbill.people.models import Membership, Person
from watchbill.people.permissions import NEEDS, RANK, SCOPE_OF, Verb, Viewer, decide, holds
from watchbill.reports.models import Member, Program, Report

LARGEST = 2**63 - 1
KNOWING = tuple(role for role, rank in RANK.items() if rank >= RANK[NEEDS[Verb.SEE_REPORTS]])


def visible_to(viewer: Viewer) -> QuerySet[Report]:
    """The reports of teams in which they respond, unless a report is for those alone who were named; and those on which they were named."""
    if not viewer.is_active or not holds(viewer.scopes, SCOPE_OF[Verb.SEE_REPORTS]):
        return Report.objects.none()
    teams = teams_of(viewer)
    named = Exists(Member.objects.filter(report=OuterRef("pk"), person_id=viewer.person_id, ended_at__isnull=True))
    return Report.objects.filter(Q(team_id__in=teams, circle=Report.Circle.TEAM) | named)


def teams_of(viewer: Viewer) -> list[int]:
    """The teams whose reports they know of."""
    return [team_id for team_id in viewer.roles if decide(viewer, Verb.SEE_REPORTS, team_id=team_id).allowed]


def by_number(viewer: Viewer, number: int) -> Report:
    """The report of that number. Raises NotFound alike for one that does not exist and one that they must not learn of."""
    found = with_names(visible_to(viewer)).filter(number=number).first() if 0 < number <= LARGEST else None
    if found is None:
        raise NotFound(f"There is no report R-{number} here. Look at the list of reports for the number.")
    return found


def with_names(rows: QuerySet[Report]) -> QuerySet[Report]:
    """With all that a line about a report names, in the same query."""
    return rows.select_related("program", "team", "accountable", "reporter", "incident", "link__issue", "link__tracker", "duplicate_of")


def may_work(viewer: Viewer, report: Report) -> None:
    """Raises NotAllowed with the reason where they may only look. Who sees a report may work on it; a token needs the scope."""
    named = Member.objects.filter(report=report, person_id=viewer.person_id, ended_at__isnull=True).exists()
    decision = decide(viewer, Verb.WORK_REPORTS, team_id=report.team_id, has_access=named)
    if not decision.allowed:
        raise NotAllowed(decision.why)


def has_desk(viewer: Viewer) -> bool:
    """Is there anything of reports for them to see? Asked for the navigation: one query for whoever responds in no team with a programme."""
    teams = teams_of(viewer)
    return bool(teams and Program.objects.filter(team_id__in=teams, is_active=True).exists()) or visible_to(viewer).exists()


def programs_of(viewer: Viewer) -> list[Program]:
    """The programmes in which they may make a report, in the file's order."""
    teams = [team_id for team_id in viewer.roles if decide(viewer, Verb.WORK_REPORTS, team_id=team_id).allowed]
    return list(Program.objects.filter(team_id__in=teams, is_active=True).select_related("team").order_by("position", "name"))


def circle_of(report: Report) -> list[Person]:
    """Everybody who may know of it, by name."""
    named = Q(pk__in=Member.objects.filter(report=report, ended_at__isnull=True).values("person_id"))
    team = Q(pk__in=Membership.objects.filter(team_id=report.team_id, role__in=KNOWING).values("person_id"))
    who = named | team if report.circle == Report.Circle.TEAM else named
    return list(Person.objects.filter(who, is_active=True).order_by("name"))
