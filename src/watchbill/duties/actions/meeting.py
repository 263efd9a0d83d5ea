"""What was done meets what was asked for: at once when it is done, and for good when the shift, the day or the week is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q

from watchbill.audit.actions import ENGINE, Entry, record_in
from watchbill.duties.models import Asked, Duty, Proof
from watchbill.duties.rules.standing import Done, Slot, Standing, standings

Group = tuple[int, dt.datetime]  # a duty, and when its group begins


def meet_in(rows: Iterable[Asked], *, now: dt.datetime) -> list[Asked]:
    """Write down how these stand now, with the rest of their groups. `rows`: locked, with their duty. Answers those that changed."""
    groups: dict[Group, list[Asked]] = {}
    for row in rows:
        groups.setdefault((row.duty_id, row.group_start), []).append(row)
    proofs = proofs_of({of[0].duty_id: of[0].duty for of in groups.values()}.values(), min((k[1] for k in groups), default=now))
    changed = []
    for (duty_id, _), of in groups.items():
        stood = stand(of, proofs.get(duty_id, ()), now=now)
        for row in of:
            one = stood[row.pk]
            done_at, done_by = (one.proof.at, one.proof.person_id) if one.proof else (None, None)
            if (row.state, row.done_at, row.done_by_id) != (one.state, done_at, done_by):
                row.state, row.done_at, row.done_by_id = one.state, done_at, done_by
                changed.append(row)
    Asked.objects.bulk_update(changed, ["state", "done_at", "done_by"])
    return changed


def stand(rows: Sequence[Asked], proofs: Sequence[Done], *, now: dt.datetime) -> dict[int, Standing]:
    """How the windows of one group stand, by row."""
    return standings([Slot(row.pk, row.start, row.due) for row in rows], proofs, rows[0].group_end, now=now)


def met_now_in(queue_id: int | None, duty_id: int | None, *, now: dt.datetime) -> None:
    """Something was done about this queue, or this duty."""
    of = Q(duty_id=duty_id) if duty_id is not None else Q(duty__queue_id=queue_id)
    rows = Asked.objects.select_for_update(of=("self",)).select_related("duty").filter(of, settled_at=None, group_end__gt=now)
    meet_in(rows.order_by("id"), now=now)


def proofs_of(duties: Iterable[Duty], since: dt.datetime) -> Mapping[int, list[Done]]:
    """What was done about each duty since then: passes through its queue, notes. One query."""
    wanted = list(duties)
    by_queue: dict[int | None, list[int]] = {}
    for duty in wanted:
        by_queue.setdefault(duty.queue_id, []).append(duty.id)
    queues = [queue_id for queue_id in by_queue if queue_id is not None]
    rows = Proof.objects.filter(Q(queue__in=queues) | Q(duty__in=wanted), at__gte=since).order_by("at", "id")
    found: dict[int, list[Done]] = {}
    for id_, queue_id, duty_id, person_id, at in rows.values_list("id", "queue_id", "duty_id", "person_id", "at"):
        for each in [duty_id] if duty_id is not None else by_queue.get(queue_id, ()):
            found.setdefault(each, []).append(Done(id_, at, person_id))
    return found


def settled_in(rows: Sequence[Asked], people: Mapping[int, Sequence[int]], *, now: dt.datetime) -> None:
    """These are over: nothing about them changes any more. `people`: who answer for each, by row. `rows` stand as they ended."""
    for row in rows:
        row.settled_at = now
        row.people = list(people.get(row.pk, row.people))
        row.person_id = next(iter(row.people), None)
    Asked.objects.bulk_update(rows, ["settled_at", "person", "people", "state"])
    record_in([_settled(row) for row in rows], by=ENGINE, now=now)


def _settled(row: Asked) -> Entry:
    detail = {"asked": row.pk, "person": row.person_id, "people": row.people, "state": row.state, "queue": row.duty.queue_id}
    return Entry("duty.settle", "duty", str(row.duty_id), team_id=row.duty.team_id, detail=detail)
