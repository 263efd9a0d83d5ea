"""What would somebody write who hands this incident over now? Drafted from what the desk knows; a human corrects it."""

from __future__ import annotations

import datetime as dt

from watchbill.duties.models import Asked
from watchbill.duties.selectors.due import not_done
from watchbill.handoff.rules import LONGEST_LINE, MOST_LINES, Step, Words
from watchbill.incidents.models import Incident, Task, TimelineEntry
from watchbill.notifications.chats.selectors import postings_of
from watchbill.people.models import Person
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import next_on_call, on_call

NOTES = 3  # the latest findings stand in the summary


def draft_words(incident: Incident, giver: Person) -> Words:
    """From its notes, tasks, people and channels."""
    notes = TimelineEntry.objects.filter(incident=incident, kind="note").order_by("-id")[:50]
    by_kind: dict[str, list[str]] = {}
    for note in reversed(notes):
        by_kind.setdefault(str(note.data.get("kind", "finding")), []).append(_line(note.text))
    findings = by_kind.get("finding", [])[-NOTES:]
    how = "cleared by its source" if incident.cleared_at else "open"
    summary = f"{incident.title} ({incident.severity}, {how})." + (f" {' '.join(findings)}" if findings else "")
    tasks = Task.objects.filter(incident=incident, done_at=None).select_related("assignee").order_by("id")[:MOST_LINES]
    people = incident.participants.select_related("person").order_by("joined_at")
    engaged = [each.person.name for each in people] + [each.name for each in (incident.owner, incident.acting) if each is not None]
    return Words(
        summary=summary,
        engaged=tuple(dict.fromkeys(name for name in engaged if name != giver.name)),
        channels=tuple(dict.fromkeys(f"{row.channel} ({row.chat.name})" for row in postings_of(incident.id)))[:MOST_LINES],
        next_steps=tuple(Step(task.assignee.handle if task.assignee else "", task.what) for task in tasks),
        open_questions=tuple(by_kind.get("question", [])),
        decisions=tuple(by_kind.get("decision", [])),
        pending=tuple(_left(row) for row in not_done(giver.id, incident.team_id)),
    )


def who_could(incident: Incident, giver: Person, *, now: dt.datetime) -> list[tuple[Person, str]]:
    """Who may have it next, and why they: whoever has the team's watches now, whoever has them next."""
    schedules = {each.id: each for each in Schedule.objects.filter(team_id=incident.team_id, is_active=True).order_by("position", "id")}
    now_, then = on_call(list(schedules), at=now), next_on_call(list(schedules), at=now)
    found: dict[int, str] = {}
    for id_, schedule in schedules.items():
        for one in then.get(id_, []):
            found.setdefault(one.person_id, f"next watch of {schedule.name}")
        for other in now_.get(id_, []):
            found.setdefault(other.person_id, f"has {schedule.name} now")
    people = Person.objects.filter(is_active=True).in_bulk([each for each in found if each != giver.id])
    return [(people[each], why) for each, why in found.items() if each in people]


def _left(row: Asked) -> str:
    """A duty of the giver's watch that is not done."""
    part = f", {row.part} of {row.parts}" if row.parts > 1 else ""
    return _line(f"Duty not done: {row.duty.name}{part}, due {row.due.astimezone(dt.UTC):%d %b %H:%M} UTC")


def _line(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= LONGEST_LINE else one[: LONGEST_LINE - 1] + "…"
