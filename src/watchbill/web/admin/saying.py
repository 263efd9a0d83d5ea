"""How is a difference of the configuration said to a person?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.config.foresight import Compared, Firing
from watchbill.config.rules import Change, Verb
from watchbill.config.words import Row, in_layer, label, value
from watchbill.web import times

KINDS = {
    "people": "person",
    "teams": "team",
    "schedules": "schedule",
    "policies": "policy",
    "services": "service",
    "heartbeats": "heartbeat",
    "phones": "provider of telephones",
    "organization": "organization",
}
DONE = {Verb.ADDED: "Made", Verb.CHANGED: "Changed", Verb.REMOVED: "Deactivated"}


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of a difference."""

    verb: str
    what: str
    name: str
    note: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One firing on both sides: who stays, who goes, who comes."""

    label: str
    stays: tuple[tuple[str, str], ...]
    goes: tuple[tuple[str, str], ...]
    comes: tuple[tuple[str, str], ...]


def changes(found: Sequence[Change]) -> list[Said]:
    """A difference, entry by entry."""
    return [
        Said(
            DONE.get(change.verb, change.verb.value),
            KINDS.get(change.kind, change.kind),
            change.name,
            change.note,
            tuple(row for field in change.fields for row in _rows(change.kind, field.field, field.here, field.file)),
        )
        for change in found
    ]


def recorded(kind: str, detail: Mapping[str, Any]) -> Said:
    """The same from a record of the audit."""
    fields = detail.get("fields") or {}
    rows = [
        row
        for name, change in fields.items()
        for row in (_rows(kind, name, *change) if isinstance(change, list) else [Row(label(name, kind), "", "changed")])
    ]
    verb = str(detail.get("verb", ""))
    done = {one.value: word for one, word in DONE.items()}.get(verb, verb.capitalize())
    return Said(done, KINDS.get(kind, kind), str(detail.get("name", "")), "", tuple(rows))


def _rows(kind: str, field: str, before: Any, after: Any) -> list[Row]:
    """One row; of layers one for each that is another one now, and one for their order."""
    if field != "layers" or not (isinstance(before, list) and isinstance(after, list)):
        return [Row(label(field, kind), value(field, before), value(field, after))]
    old, new = ({layer["name"]: layer for layer in side} for side in (before, after))
    rows = [
        Row(f"Layer {name}", in_layer(old[name]) if name in old else "", in_layer(new[name]) if name in new else "removed")
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]
    stay = [[name for name in side if name in old and name in new] for side in (old, new)]
    return [*rows, Row("Order of the layers", ", ".join(old), ", ".join(new))] if stay[0] != stay[1] else rows


def steps(one: Compared) -> list[Step]:
    """Both sides of a page beside each other, step by step."""
    before, after = {firing.step: firing for firing in one.before}, {firing.step: firing for firing in one.after}
    order = sorted({*before, *after}, key=lambda step: (step == 0, step))
    return [_step(before.get(step), after.get(step)) for step in order]


def _step(before: Firing | None, after: Firing | None) -> Step:
    stands = after or before
    assert stands is not None
    when = f"after {times.span(stands.after.total_seconds())}" if stands.after else "at once"
    if before and after and before.after != after.after:
        was = f"after {times.span(before.after.total_seconds())}" if before.after else "at once"
        when = f"{when} (was {was})"
    old, new = before.people if before else (), after.people if after else ()
    return Step(
        f"{f'Step {stands.step}' if stands.step else 'Last resort'}, {when}",
        tuple(each for each in new if each in old),
        tuple(each for each in old if each not in new),
        tuple(each for each in new if each not in old),
    )
