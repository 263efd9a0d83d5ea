"""Tasks with a date that has come: whoever has them is reminded once a day, in one message, until they are done."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q

from watchbill.audit.actions import ENGINE, Entry, record_in
from watchbill.incidents.models import Task
from watchbill.notifications.actions import Ask, plan_in

MOST = 200  # tasks of one look
LISTED = 8
AGAIN = dt.timedelta(hours=20)  # about a day, so that it does not move later from day to day
EARLIEST = dt.timedelta(hours=12)  # the day has come everywhere then; sooner it could be yesterday for somebody


def remind_of_tasks(*, now: dt.datetime) -> int:
    """Answers how many people were reminded."""
    day = (now - EARLIEST).date()
    due = Task.objects.filter(
        Q(reminded_at=None) | Q(reminded_at__lte=now - AGAIN), done_at=None, due_on__lte=day, assignee__is_active=True
    )
    people = sorted(set(due.order_by("due_on").values_list("assignee_id", flat=True)[:MOST]))
    return sum(_remind(person, list(due.filter(assignee_id=person).values_list("pk", flat=True)), now=now) for person in people if person)


@transaction.atomic(durable=True)
def _remind(person_id: int, pks: list[int], *, now: dt.datetime) -> int:
    rows = Task.objects.select_for_update(skip_locked=True, of=("self",)).select_related("incident")
    found = list(rows.filter(pk__in=pks).order_by("due_on", "id"))
    if not found:
        return 0  # another node reminds of them
    Task.objects.filter(pk__in=[row.pk for row in found]).update(reminded_at=now)
    lines = [f"#{row.incident.number} ({row.due_on:%d %B})" for row in found[:LISTED]]
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    content = {
        "number": None,
        "title": f"{len(found)} {'task' if len(found) == 1 else 'tasks'} of yours {'is' if len(found) == 1 else 'are'} due",
        "severity": "",
        "service": "",
        "reason": f"Of {', '.join(lines)}{more}. Say on the incident that it is done, or write down there what holds it up.",
        "restricted": False,
        "path": "/shift",
        "opened_at": None,
    }
    plan_in([Ask(person_id, "status", None, None, None, None, "low", content)], now=now)
    entries = [
        Entry(
            "task.remind",
            "incident",
            str(row.incident.number),
            row.incident_id,
            row.incident.team_id,
            row.incident.restricted,
            {"task": row.pk},
        )
        for row in found
    ]
    record_in(entries, by=ENGINE, now=now)
    return 1
