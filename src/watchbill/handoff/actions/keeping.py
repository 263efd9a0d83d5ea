"""The end of a watch: each open incident is kept or handed over. Who says nothing is reminded, and then their manager hears of it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import ENGINE, Actor
from watchbill.handoff.models import Kept, ToldEnd
from watchbill.handoff.selectors.ending import Ending, endings, holder_of, in_hand, run_out, unsettled
from watchbill.incidents.models import Incident
from watchbill.kernel.errors import Invalid, NotAllowed
from watchbill.notifications.actions import Ask, plan_in
from watchbill.people.models import Person, Team
from watchbill.people.permissions import Verb
from watchbill.people.rules import zone_of
from watchbill.response.actions.acknowledging import who_has
from watchbill.response.actions.case import (
    Outcome,
    clock,
    finish_in,
    finish_with_word_in,
    is_resolved,
    lock_in,
    open_case_in,
    outcome,
    tell_person_in,
)
from watchbill.response.callsheet import managers_of
from watchbill.schedules.models import ToldWatch

LONGEST = dt.timedelta(days=7)
HALF, MANAGER = dt.timedelta(minutes=29), dt.timedelta(minutes=5)  # half an hour before its end the watch itself says so
MOST = 50
NAMED = 5


@transaction.atomic(durable=True)
def keep(number: int, until: dt.datetime | None, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """I keep it beyond my watch. On a desk that is paged until when; then I am asked again.

    Raises Invalid without that time or for one that is no such time, NotAllowed for whoever does not work on it.
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    if case.resolved:
        return is_resolved(case)
    if holder_of(case.incident) != person.id:
        raise NotAllowed(f"Only whoever works on #{number} can keep it: {who_has(case)}.")
    if until is None and case.incident.team.desk == Team.Desk.PAGED:
        raise Invalid("Say until when you keep it; then you are asked again.", field="until")
    if until is not None and not now < until <= now + LONGEST:
        raise Invalid("Keep it until a time within the next 7 days. For longer, hand it over.", field="until")
    Kept.objects.create(incident=case.incident, person=person, at=now, until=until)
    said = f" until {clock(until)}, {until:%d %B}" if until else ""
    case.tell("kept", f"{person.name} keeps it beyond the watch{said}.", until=until.isoformat() if until else None)
    case.record("incident.keep", until=until.isoformat() if until else None)
    finish_with_word_in(case)
    return outcome(case, f"You keep #{number}{said}." + (" Then you are asked again." if until else ""))


def look_at_endings(*, now: dt.datetime) -> int:
    """Remind an hour and half an hour before the end of a watch of what is neither kept nor handed over; 5 minutes after it tell the managers.

    What was kept until a time that has come is asked about again. Answers for how many; each once, also on several nodes.
    """
    teams = sorted(set(in_hand().values_list("team_id", flat=True)))
    waiting = unsettled(endings(teams, now=now), now=now) if teams else {}
    done = [_tell(ending, rows, now=now) for ending, rows in waiting.items()]
    done += [_ask_again(*ids, now=now) for ids in run_out(now).order_by("until", "id").values_list("id", "incident_id")[:MOST]]
    return sum(done)


def _due(ending: Ending, now: dt.datetime) -> str:
    """What is due about this end now; the latest of it only."""
    if now >= ending.ends_at + MANAGER:
        return "manager"
    if now >= ending.ends_at:
        return ""
    return "half" if now >= ending.ends_at - HALF else "hour"


@transaction.atomic(durable=True)
def _tell(ending: Ending, rows: list[Incident], *, now: dt.datetime) -> bool:
    what = _due(ending, now)
    if not what or (what == "half" and _said_by_the_watch(ending)):
        return False
    key = {"person_id": ending.person_id, "ends_at": ending.ends_at, "what": what}
    if not ToldEnd.objects.get_or_create(**key, defaults={"told_at": now})[1]:
        return False
    person = Person.objects.get(pk=ending.person_id)
    if what == "manager":
        _tell_managers(person, ending, rows, now=now)
    else:
        zone = zone_of(person.timezone)
        title = f"Your watch ends at {ending.ends_at.astimezone(zone):%H:%M %Z}: keep or hand over"
        reason = f"Still without a word of yours: {_listed(rows)}. Keep each, or hand it over."
        plan_in([Ask(person.id, "handoff", None, None, None, None, "low", _content(title, reason))], now=now)
    return True


def _said_by_the_watch(ending: Ending) -> bool:
    """Was the person told that this watch ends, with what is open? Twice the same would be once too often."""
    return ToldWatch.objects.filter(person_id=ending.person_id, what="ending", at=ending.ends_at).exists()


def _tell_managers(person: Person, ending: Ending, rows: list[Incident], *, now: dt.datetime) -> None:
    """Nobody said anything: on each story, and to the managers. What is restricted stands in no message to whoever may not see it."""
    team = Team.objects.get(pk=ending.team_id)
    told = [each for each in managers_of(team, now=now) if each != person.id]
    for row in sorted(rows, key=lambda each: each.id):
        case = lock_in(row.id, actor=ENGINE, now=now)
        if case is not None and not case.resolved:
            case.tell("unsettled", f"The watch of {person.name} ended, and they neither kept it nor handed it over.", person=person.id)
            case.record("incident.unsettled", person=person.handle, ends_at=ending.ends_at.isoformat())
            finish_in(case)
    shown = [row for row in rows if not row.restricted]
    if shown:
        title = f"{person.name} went off watch and left open: {_listed(shown)}"
        content = _content(title[:300], "Neither kept nor handed over. Ask them, or have somebody take it.")
        plan_in([Ask(each, "handoff", None, None, None, None, "high", content) for each in told], now=now)
    names = [row for row in rows if row.restricted]
    if names:  # the one who has it is let in; they hear again
        content = _content("Your watch is over", f"Neither kept nor handed over: {_listed(names)}.")
        plan_in([Ask(person.id, "handoff", None, None, None, None, "high", content)], now=now)


@transaction.atomic(durable=True)
def _ask_again(kept_id: int, incident_id: int, *, now: dt.datetime) -> bool:
    case = lock_in(incident_id, actor=ENGINE, now=now)
    row = Kept.objects.select_for_update(no_key=True).filter(pk=kept_id, asked_at=None).first()
    if case is None or row is None:
        return False
    row.asked_at = now
    row.save(update_fields=["asked_at"])
    newer = Kept.objects.filter(incident_id=incident_id, person_id=row.person_id, at__gt=row.at).exists()
    if case.resolved or newer or holder_of(case.incident) != row.person_id:
        return False
    case.tell("kept_until", "The time until which it was kept has come: keep it on, or hand it over.", person=row.person_id)
    case.record("incident.keep_over", person=row.person_id)
    tell_person_in(case, [row.person_id], "You kept it until now. Keep it on, or hand it over.")
    finish_in(case)
    return True


def _listed(rows: list[Incident]) -> str:
    said = ", ".join(f"#{row.number} {row.code_name if row.restricted else row.title}" for row in rows[:NAMED])
    return said + (f" and {len(rows) - NAMED} more" if len(rows) > NAMED else "")


def _content(title: str, reason: str) -> dict[str, object]:
    told = {"number": None, "title": title, "severity": "", "service": "", "reason": reason, "restricted": False, "opened_at": None}
    return {**told, "path": "/handoffs"}
