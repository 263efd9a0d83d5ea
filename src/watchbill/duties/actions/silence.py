"""Ask for a word where nobody said one for too long: a digest for each person, in their hours, by the rungs of `rules.silence`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from watchbill.audit.actions import ENGINE, Actor, Entry, record_in
from watchbill.duties.models import Digest, Quiet, Stale
from watchbill.duties.rules.silence import LONGEST_SNOOZE, may_get_digest
from watchbill.duties.selectors.silence import Subject, silent, subjects
from watchbill.incidents.actions import Line, tell_in
from watchbill.kernel import bus
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound
from watchbill.notifications.actions import Ask, plan_in
from watchbill.people.models import Person
from watchbill.people.permissions import Verb, decide
from watchbill.people.selectors import viewer_of
from watchbill.people.working import working_times
from watchbill.response.actions.closing import reason_of

LISTED = 8  # in one digest; the page has all
WHO = {1: "its owner", 2: "whoever is on call", 3: "the team"}


@dataclass(frozen=True, slots=True)
class About:
    """What is to be left alone: an incident by its number, or an issue by its id."""

    number: int | None = None
    issue_id: int | None = None


def ask_the_silent(*, now: dt.datetime) -> int:
    """Digests for whoever must be asked now. Answers for how many. One team at a time, on one node."""
    teams = Stale.objects.filter(is_active=True, team__is_active=True).values_list("team_id", flat=True).distinct()
    return sum(_ask_in_team(team_id, now=now) for team_id in sorted(set(teams)))


@transaction.atomic(durable=True)
def _ask_in_team(team_id: int, *, now: dt.datetime) -> int:
    if not list(Stale.objects.select_for_update(skip_locked=True).filter(team_id=team_id, is_active=True).values_list("pk", flat=True)):
        return 0  # another node asks for them
    due = [(each, rung) for each in subjects(now=now, team_ids=[team_id]) if (rung := each.rung(now=now))]
    people = {person for each, rung in due for person in each.people(rung)}
    if not people:
        return 0
    working = working_times(people, around=now)
    last = dict(Digest.objects.filter(person_id__in=people).values_list("person_id", "at"))
    digests: dict[int, list[Subject]] = {}
    for each, rung in due:
        critical = each.severity == "critical"
        asked = [
            one for one in each.people(rung) if one in working and may_get_digest(working[one], last.get(one), critical=critical, now=now)
        ]
        for person in asked:
            digests.setdefault(person, []).append(each)
        if asked:
            _asked_in(each, rung, asked, now=now)
    _send_in(digests, now=now)
    return len(digests)


def _asked_in(each: Subject, rung: int, people: Sequence[int], *, now: dt.datetime) -> None:
    """It was asked about: kept, told in the story, audited."""
    values = {"silent_since": each.since, "pinged_at": now, "rung": rung}
    Quiet.objects.update_or_create(**_key(each), defaults=values)
    if each.incident is not None:
        text = f"Nobody has said anything since {each.since:%d %B %H:%M} UTC: {WHO[rung]} is asked for a word."
        tell_in([Line(each.incident.pk, "stale", text, None, "engine", {"people": list(people)})], now=now)
    record_in([_entry("stale.ask", each, rung=rung, people=list(people))], by=ENGINE, now=now)


def _send_in(digests: dict[int, list[Subject]], *, now: dt.datetime) -> None:
    asks = []
    for person_id, found in digests.items():
        found.sort(key=lambda each: each.too_long)
        lines = [f"{each.name} ({each.severity}, silent for {max((now - each.since).days, 0)} days)" for each in found[:LISTED]]
        more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
        title = f"Say a word: {len(found)} {'item is' if len(found) == 1 else 'items are'} silent for too long"
        reason = f"{'; '.join(lines)}{more}. A comment there or a note here is enough; or leave it alone for a while, with a reason."
        content = {
            "number": None,
            "title": title,
            "severity": "",
            "service": "",
            "reason": reason,
            "restricted": False,
            "path": "/stale",
            "opened_at": None,
        }
        asks.append(Ask(person_id, "status", None, None, None, None, "low", content))
        Digest.objects.update_or_create(person_id=person_id, defaults={"at": now})
    if asks:
        plan_in(asks, now=now)
        bus.wake_engine()


@transaction.atomic(durable=True)
def snooze(about: About, until: dt.datetime, reason: str, *, person: Person, actor: Actor, now: dt.datetime) -> Subject:
    """Nobody is asked about it before that time. Raises Invalid without a reason or for a time that is none, NotAllowed, NotFound."""
    viewer = viewer_of(person)
    found = next((each for each in silent(viewer, now=now) if _is(each, about)), None)
    if found is None:
        raise NotFound("Nothing of that is silent for too long here. Look at the list: somebody may have said a word.")
    decision = decide(viewer, Verb.RESPOND, team_id=found.team.id)
    if not decision.allowed:
        raise NotAllowed(decision.why)
    reason = reason_of(reason, "Say why it may stay silent: others read it.")
    if not now < until <= now + LONGEST_SNOOZE:
        raise Invalid(f"{until:%Y-%m-%d %H:%M} UTC is not a time within the next {LONGEST_SNOOZE.days} days.", field="until")
    Quiet.objects.update_or_create(**_key(found), defaults={"snoozed_until": until, "snoozed_by": person, "reason": reason})
    if found.incident is not None:
        text = f"{person.name} leaves its silence alone until {until:%d %B %H:%M} UTC: {reason}"
        tell_in([Line(found.incident.pk, "stale", text, person.id, actor.via)], now=now)
    record_in([_entry("stale.snooze", found, until=until.isoformat(), reason=reason)], by=actor, now=now)
    bus.board_changed()
    return found


def _is(each: Subject, about: About) -> bool:
    if about.number is not None:
        return each.incident is not None and each.incident.number == about.number
    return each.incident is None and each.issue is not None and each.issue.pk == about.issue_id


def _key(each: Subject) -> dict[str, Any]:
    return {"incident_id": each.incident.pk} if each.incident is not None else {"issue": each.issue}


def _entry(action: str, each: Subject, /, **detail: object) -> Entry:
    incident = each.incident
    if incident is not None:
        kind, id_ = "incident", str(incident.number)
    else:
        kind, id_ = "issue", str(each.issue.pk if each.issue else 0)
    return Entry(
        action,
        kind,
        id_,
        incident_id=incident.pk if incident else None,
        team_id=each.team.id,
        restricted=bool(incident and incident.restricted),
        detail={**detail, "severity": each.severity},
    )
