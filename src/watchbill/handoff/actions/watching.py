"""Does anybody look at what is open? Nobody on duty, an owner who is away, a silence that lasts: whoever can change it hears of it, once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef

from watchbill.audit.actions import ENGINE
from watchbill.handoff import rules
from watchbill.handoff.models import Kept
from watchbill.handoff.rules import AGAIN, GRACE, STALLED, Standing
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.paging.models import Page, TeamPaging
from watchbill.people.models import Team, TimeOff
from watchbill.people.working import working_times
from watchbill.response.actions.acknowledging import who_has
from watchbill.response.actions.case import Case, finish_in, lock_in, tell_person_in
from watchbill.response.callsheet import managers_of
from watchbill.response.selectors import on_call_of
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import on_call

MOST = 2000  # open incidents in one look
SAID = 50  # alarms in one look
UNWATCHED, STALL = "unwatched", "stalled"
WHY = {
    "off duty": "Nobody is looking at it: {has}, and nobody of them is on duty.",
    "away": "Nobody is looking at it: {has}, and away.",
    "silent": "Nobody is looking at it: {has}, and has been silent for too long.",
}


@dataclass(frozen=True, slots=True)
class _Duty:
    """Who is on duty at a moment: by team on call, and who works."""

    watch: dict[int, frozenset[int]]
    working: frozenset[int]

    def of(self, team: Team) -> frozenset[int]:
        return self.watch.get(team.id, frozenset()) if team.desk == Team.Desk.PAGED else self.working


def watch_over(*, now: dt.datetime) -> int:
    """Alarm for incidents at which nobody looks, ask the owner of those in which nothing moves. Answers for how many.

    Some queries for all of them, whatever their count; only what is to be said is looked at one by one.
    """
    rows = _silent(now)
    if not rows:
        return 0
    teams = {row.team_id: row.team for row in rows}
    people = {each for row in rows for each in (row.owner_id, row.acting_id) if each is not None}
    before = {severity: _duty(teams.values(), people, at=now - after) for severity, after in STALLED.items()}
    duty = _duty(teams.values(), people, at=now)
    away = frozenset(TimeOff.objects.filter(person__in=people, start__lte=now, end__gt=now).values_list("person_id", flat=True))
    kept: dict[int, set[int]] = {}
    for incident_id, person_id in Kept.objects.filter(incident__in=rows, until__gt=now).values_list("incident_id", "person_id"):
        kept.setdefault(incident_id, set()).add(person_id)
    due: list[tuple[int, str, str]] = []
    for row in rows:
        since = before[row.severity].of(row.team) if row.severity in before else frozenset()
        on_duty, keeps = duty.of(row.team), frozenset(kept.get(row.id, ()))
        of = Standing(row.team.desk, row.severity, row.owner_id, row.acting_id, row.word_at or row.opened_at, on_duty, since, keeps, away)
        if not row.told_unwatched and (why := rules.nobody_looks(of, now=now)):  # type: ignore[attr-defined]
            due.append((row.id, UNWATCHED, why))
        elif not row.told_stall and rules.is_stalled(of, now=now):  # type: ignore[attr-defined]
            due.append((row.id, STALL, ""))
    return sum(_say(*each, now=now) for each in due[:SAID])


def _silent(now: dt.datetime) -> list[Incident]:
    """What somebody has and nobody has said a word about for a while; what sleeps by its owner's wish is left alone."""
    story = TimelineEntry.objects.filter(incident=OuterRef("pk"))
    asleep = Page.objects.filter(incident=OuterRef("pk"), purpose=Page.Purpose.RESPOND, status=Page.Status.PAUSED)
    rows = Incident.objects.filter(status=Incident.Status.ACKNOWLEDGED, word_at__lte=now - GRACE).exclude(Exists(asleep))
    told = Exists(story.filter(kind=UNWATCHED, at__gt=now - AGAIN))
    return list(
        rows.annotate(told_unwatched=told, told_stall=Exists(story.filter(kind=STALL, at__gte=OuterRef("word_at"))))
        .select_related("team")
        .order_by("word_at", "id")[:MOST]
    )


def _duty(teams: Collection[Team], people: Collection[int], *, at: dt.datetime) -> _Duty:
    paged = [team.id for team in teams if team.desk == Team.Desk.PAGED]
    of: dict[int, list[int]] = {}
    for schedule_id, team_id in Schedule.objects.filter(team__in=paged, is_active=True).values_list("id", "team_id"):
        of.setdefault(schedule_id, []).append(team_id)
    managers = TeamPaging.objects.filter(team__in=paged, manager_schedule__isnull=False)
    for schedule_id, team_id in managers.values_list("manager_schedule_id", "team_id"):
        of.setdefault(schedule_id, []).append(team_id)
    watch: dict[int, set[int]] = {}
    for schedule_id, those in on_call(list(of), at=at).items():
        for team_id in of[schedule_id]:
            watch.setdefault(team_id, set()).update(one.person_id for one in those if not one.shadow)
    queues = any(team.desk == Team.Desk.QUEUE for team in teams)
    working = working_times(list(people), around=at) if queues else {}
    return _Duty(
        {id_: frozenset(each) for id_, each in watch.items()}, frozenset(p for p, hours in working.items() if hours.is_working(at))
    )


@transaction.atomic(durable=True)
def _say(incident_id: int, kind: str, why: str, *, now: dt.datetime) -> bool:
    case = lock_in(incident_id, actor=ENGINE, now=now)
    if case is None or case.incident.status != Incident.Status.ACKNOWLEDGED or _said_already(case, kind):
        return False
    text = WHY[why].format(has=who_has(case)) if kind == UNWATCHED else "Nobody has said a word for too long: what is next?"
    told = _alarmed(case) if kind == UNWATCHED else [case.incident.owner_id or case.incident.acting_id]
    people = [each for each in dict.fromkeys(told) if each is not None]
    case.tell(kind, text, people=people, why=why)
    case.record(f"incident.{kind}", people=people, why=why)
    finish_in(case)
    tell_person_in(case, people, text if kind == UNWATCHED else f"{text} Write it down, or hand it over.")
    return True


def _said_already(case: Case, kind: str) -> bool:
    """Another node was faster, or a word came in between."""
    word_at = case.incident.word_at or case.incident.opened_at
    if word_at > case.now - GRACE:
        return True
    since = case.now - AGAIN if kind == UNWATCHED else word_at
    return TimelineEntry.objects.filter(incident=case.incident, kind=kind, at__gte=since).exists()


def _alarmed(case: Case) -> Sequence[int | None]:
    """Whoever has it, whoever has the watch, and the managers; of a restricted one only who may know of it."""
    incident = case.incident
    people = [incident.owner_id, incident.acting_id]
    if not incident.restricted:
        return [*people, *on_call_of(incident.team_id, now=case.now), *managers_of(incident.team, now=case.now)]
    let_in = set(incident.access.filter(ended_at=None).values_list("person_id", flat=True))
    return [*people, *(each for each in managers_of(incident.team, now=case.now) if each in let_in)]
