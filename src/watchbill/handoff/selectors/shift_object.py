"""The account of a watch as data, as the API and the command line give it. Restricted incidents stand by their code names, as on the page."""

from __future__ import annotations

import datetime as dt
from typing import Any

from watchbill.duties.learnings.selectors import describe as learnings
from watchbill.duties.models import Taking
from watchbill.handoff.models import Handoff
from watchbill.handoff.selectors.shift import Account
from watchbill.incidents.models import Incident, Task
from watchbill.people.models import Person


def described(account: Account, *, now: dt.datetime) -> dict[str, Any]:
    """What must be done, what was done, what is left."""
    watch, numbers = account.watch, account.numbers
    state = "none" if watch is None else "over" if watch.end <= now else "running" if watch.start <= now else "to come"
    return {
        "person": _person(account.person),
        "schedule": watch.schedule.name if watch else None,
        "team": watch.schedule.team.name if watch else None,
        "start": watch.start if watch else None,
        "end": watch.end if watch else None,
        "state": state,
        "duties": [{"name": each.name, "state": each.word, "detail": each.detail} for each in account.duties],
        "offered": [_handed(row) for row in account.offered],
        "tasks": [_task(row) for row in account.tasks],
        "items": [_item(row) for row in account.items],
        "left": [{"incident": _incident(each.incident), "decided": each.word, "detail": each.detail} for each in account.left],
        "owned": [{"incident": _incident(row.incident), "since": row.since, "until": row.until} for row in account.owned],
        "answered": [{"incident": _incident(row.incident), "at": row.acknowledged_at} for row in account.answered],
        "passes": [{"queue": row.queue.name, "at": row.at, "note": row.note} for row in account.passes],
        "notes": [{"incident": row.incident.number, "at": row.at, "text": row.text} for row in account.notes if row.incident],
        "learnings": learnings(account.learnings),
        "handed": [_handed(row) for row in account.handed],
        "items_done": [_item(row) for row in account.items_done],
        "tasks_done": [_task(row) for row in account.tasks_done],
        "numbers": {
            "pages": numbers.pages,
            "at_night": numbers.at_night,
            "acknowledged": numbers.answered,
            "median_seconds": int(numbers.typical.total_seconds()) if numbers.typical is not None else None,
            "worst_seconds": int(numbers.worst.total_seconds()) if numbers.worst is not None else None,
        },
    }


def _incident(row: Incident) -> dict[str, Any]:
    return {
        "number": row.number,
        "title": row.code_name if row.restricted else row.title,
        "severity": row.severity,
        "restricted": row.restricted,
    }


def _handed(row: Handoff) -> dict[str, Any]:
    return {"id": row.pk, "incident": row.incident.number, "from": _person(row.giver), "to": _person(row.receiver), "state": row.state}


def _task(row: Task) -> dict[str, Any]:
    return {"id": row.pk, "incident": row.incident.number, "what": row.what, "due_on": row.due_on}


def _item(row: Taking) -> dict[str, Any]:
    return {"item": str(row.issue), "title": row.issue.title, "queue": row.queue.name, "taken_at": row.taken_at}


def _person(person: Person | None) -> dict[str, str] | None:
    return {"handle": person.handle, "name": person.name} if person else None
