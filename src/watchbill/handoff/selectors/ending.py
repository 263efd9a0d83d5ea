"""Which incidents still need a word before somebody's watch ends: keep it, or hand it over?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from watchbill.handoff.models import Handoff, Kept
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import visible_to
from watchbill.people.models import Team
from watchbill.people.permissions import Viewer
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import final_shifts
from watchbill.schedules.rules.turning import spells
from watchbill.schedules.selectors import load

AHEAD = dt.timedelta(hours=1)  # so long before its end a watch is settled
LATE = dt.timedelta(hours=12)  # so long afterwards it is still asked for


@dataclass(frozen=True, slots=True)
class Ending:
    """A watch of somebody that ends, or has ended."""

    person_id: int
    team_id: int
    ends_at: dt.datetime


def in_hand() -> QuerySet[Incident]:
    """Open incidents that somebody has: whoever acts, else the owner, must see to them."""
    return Incident.objects.filter(status=Incident.Status.ACKNOWLEDGED).filter(Q(owner__isnull=False) | Q(acting__isnull=False))


def holder_of(incident: Incident) -> int | None:
    """Who works on it."""
    return incident.acting_id if incident.acting_id is not None else incident.owner_id


def endings(teams: Sequence[int], *, now: dt.datetime) -> list[Ending]:
    """Watches on the schedules of these teams that end within the hour, or ended lately. A few queries, whatever the count."""
    schedules = dict(Schedule.objects.filter(team_id__in=teams, is_active=True).values_list("id", "team_id")) if teams else {}
    start, end = now - LATE, now + AHEAD + dt.timedelta(seconds=1)
    rules = load(list(schedules), start=start, end=end) if schedules else {}
    latest: dict[tuple[int, int], dt.datetime] = {}
    for id_, rule in rules.items():
        for spell in spells(final_shifts(rule, start, end)):
            if spell.start <= now:
                key = spell.person_id, schedules[id_]
                latest[key] = max(latest.get(key, spell.end), spell.end)
    return [Ending(person, team, at) for (person, team), at in latest.items() if start < at <= now + AHEAD]


def unsettled(found: Sequence[Ending], *, now: dt.datetime) -> dict[Ending, list[Incident]]:
    """What each of them has in hand that is neither kept beyond that end nor offered to somebody."""
    teams, people = {each.team_id for each in found}, {each.person_id for each in found}
    rows = list(
        in_hand().filter(team_id__in=teams).filter(Q(acting_id__in=people) | Q(acting=None, owner_id__in=people)).select_related("team")
    )
    offered = set(Handoff.objects.filter(incident__in=rows, state=Handoff.State.OFFERED).values_list("incident_id", "giver_id"))
    kept: dict[tuple[int, int], Kept] = {}
    for keep in Kept.objects.filter(incident__in=rows).order_by("at", "id"):
        kept[keep.incident_id, keep.person_id] = keep
    answer: dict[Ending, list[Incident]] = {}
    for ending in found:
        mine = [row for row in rows if row.team_id == ending.team_id and holder_of(row) == ending.person_id]
        open_ = [
            row
            for row in mine
            if (row.id, ending.person_id) not in offered and not _is_kept(kept.get((row.id, ending.person_id)), row, ending, now)
        ]
        if open_:
            answer[ending] = sorted(open_, key=lambda row: row.number)
    return answer


def to_settle(viewer: Viewer, *, now: dt.datetime) -> list[tuple[Incident, dt.datetime]]:
    """What the viewer must keep or hand over now, with the end of the watch that asks."""
    mine = visible_to(viewer).filter(
        pk__in=in_hand().filter(Q(acting_id=viewer.person_id) | Q(acting=None, owner_id=viewer.person_id)).values("pk")
    )
    teams = sorted(set(mine.values_list("team_id", flat=True)))
    found = [each for each in endings(teams, now=now) if each.person_id == viewer.person_id]
    return [(row, ending.ends_at) for ending, rows in unsettled(found, now=now).items() for row in rows]


def mine_in_hand(viewer: Viewer) -> list[Incident]:
    """Open incidents that the viewer works on, or owns while nobody else does."""
    rows = visible_to(viewer).filter(
        pk__in=in_hand().filter(Q(acting_id=viewer.person_id) | Q(acting=None, owner_id=viewer.person_id)).values("pk")
    )
    return list(rows.select_related("team", "owner", "acting", "service").order_by("number"))


def keeps(incident: Incident) -> Kept | None:
    """The latest word that somebody keeps it, of whoever works on it now."""
    return Kept.objects.filter(incident=incident, person=holder_of(incident) or 0).order_by("-at", "-id").first()


def run_out(now: dt.datetime) -> QuerySet[Kept]:
    """Kept until a time that has come, by whoever still works on it: they are asked again."""
    still = Q(incident__acting=F("person")) | Q(incident__acting=None, incident__owner=F("person"))
    return Kept.objects.filter(still, until__lte=now, asked_at=None, incident__status=Incident.Status.ACKNOWLEDGED)


def _is_kept(keep: Kept | None, incident: Incident, ending: Ending, now: dt.datetime) -> bool:
    """On a paged desk until a time beyond that end; on a queue desk said about this watch."""
    if keep is None:
        return False
    if incident.team.desk == Team.Desk.PAGED or keep.until is not None:
        return keep.until is not None and keep.until > max(now, ending.ends_at)
    return keep.at > ending.ends_at - LATE
