"""How were duties kept? As it is stored; and once more from the audit and the proofs alone, which must say the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from watchbill.audit.models import Record
from watchbill.duties.models import Asked, Duty, Proof
from watchbill.duties.rules.ledger import Line
from watchbill.duties.rules.standing import OPEN, Done, Slot, standings
from watchbill.people.models import Person

MOST = 50_000  # lines in one answer
LONGEST = dt.timedelta(days=32)  # a group that matters to a line began so long before at most


def lines(start: dt.datetime, end: dt.datetime) -> list[Line]:
    """What was due in [start, end) and is over, by when it was due. Two queries."""
    rows = Asked.objects.filter(due__gte=start, due__lt=end, settled_at__isnull=False).select_related("duty", "done_by")
    found = list(rows.order_by("due", "duty__name", "start")[:MOST])
    handles = dict(Person.objects.filter(pk__in={id_ for row in found for id_ in row.people}).values_list("id", "handle"))
    return [
        Line(
            row.duty.name,
            row.part,
            row.parts,
            row.start,
            row.due,
            tuple(handles[id_] for id_ in row.people),
            row.state,
            row.done_at,
            row.done_by.handle if row.done_by else "",
        )
        for row in found
    ]


def remade(start: dt.datetime, end: dt.datetime) -> list[Line]:
    """The same from the evidence: what was asked for and settled, as the audit says it, and the proofs. Nothing that can be changed is read."""
    asked = _records("duty.ask", start - 2 * LONGEST)
    settled = _records("duty.settle", start - LONGEST)
    names = dict(Duty.objects.values_list("id", "name"))
    handles = dict(Person.objects.values_list("id", "handle"))
    groups: dict[tuple[int, str, dt.datetime], list[dict[str, Any]]] = {}
    for id_, one in settled.items():
        if id_ in asked:
            began = asked[id_]
            groups.setdefault((began["duty"], began["group_start"], one["at"]), []).append({**began, **one, "id": id_})
    found: list[Line] = []
    for (duty_id, _, at), members in groups.items():
        found += _group(members, names[duty_id], handles, _proofs(duty_id, members[0]["queue"], members), at)
    inside = [line for line in found if start <= line.due < end]
    return sorted(inside, key=lambda line: (line.due, line.duty, line.start))


def _group(members: list[dict[str, Any]], name: str, handles: Mapping[int, str], proofs: list[Done], at: dt.datetime) -> list[Line]:
    slots = [Slot(one["id"], _time(one["start"]), _time(one["due"])) for one in members]
    stood = standings(slots, proofs, _time(members[0]["group_end"]), now=at)
    answer = []
    for one, slot in zip(members, slots, strict=True):
        state, proof = stood[slot.key].state, stood[slot.key].proof
        done_by = handles.get(proof.person_id, "") if proof else ""
        had = one.get("people", [one["person"]] if one["person"] else [])  # what was settled before shifts were shared names one
        people = tuple(handles[id_] for id_ in had)
        said = "void" if state == OPEN else state
        done_at = proof.at if proof else None
        answer.append(Line(name, one["part"], one["parts"], slot.start, slot.due, people, said, done_at, done_by))
    return answer


def _records(action: str, since: dt.datetime) -> dict[int, dict[str, Any]]:
    """By the id of what was asked for."""
    rows = Record.objects.filter(action=action, at__gte=since).order_by("id").values_list("object_id", "at", "detail")
    return {detail["asked"]: {**detail, "duty": int(duty), "at": at} for duty, at, detail in rows}


def _proofs(duty_id: int, queue_id: int | None, members: list[dict[str, Any]]) -> list[Done]:
    begins = min(_time(one["group_start"]) for one in members)
    ends = max(_time(one["group_end"]) for one in members)
    own = Proof.objects.filter(duty_id=duty_id, at__gte=begins, at__lt=ends)
    by_queue = Proof.objects.filter(queue_id=queue_id, at__gte=begins, at__lt=ends) if queue_id else Proof.objects.none()
    rows = [*own.values_list("id", "at", "person_id"), *by_queue.values_list("id", "at", "person_id")]
    return [Done(*row) for row in sorted(rows, key=lambda row: (row[1], row[0]))]


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
