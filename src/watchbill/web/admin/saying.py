"""How is a difference of the configuration said to a person?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.config.foresight import Compared, Firing
from watchbill.config.rules import Change, Verb
from watchbill.kernel.discreet import by_host
from watchbill.web import times

LABELS = {
    "group_by": "Grouped by",
    "group_for": "Grouped for",
    "source_ack": "When the source acknowledges",
    "urgency": "How loud",
    "severity": "Words of the source",
    "storm": "Storm guard",
    "members": "Members and roles",
    "manager": "Schedule of the managers",
    "email": "E-mail",
    "timezone": "Time zone",
    "notify": "Rules",
    "steps": "Steps",
    "organization": "Name",
    "repeat": "More rounds",
    "issue": "Tracking issues",
    "channel": "Channel of the team",
    "combine": "How layers combine",
    "hours": "Working hours",
    "ack_timeout": "Owner is asked after",
    "critical_anyway": "Critical is loud on a queue desk",
}
OF_KIND = {
    ("schedules", "hours"): "When it wakes people",
    ("heartbeats", "every"): "A sign is expected every",
    ("heartbeats", "grace"): "Late so long after that",
    ("heartbeats", "severity"): "How severe its silence is",
}
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
SECONDS = ("group_for", "within", "after", "every", "grace")
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a difference; empty on the side where there is nothing to say."""

    label: str
    before: str
    after: str


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


def label(field: str, kind: str = "") -> str:
    return OF_KIND.get((kind, field)) or LABELS.get(field, field.replace("_", " ").capitalize())


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
        Row(f"Layer {name}", _layer(old[name]) if name in old else "", _layer(new[name]) if name in new else "removed")
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]
    stay = [[name for name in side if name in old and name in new] for side in (old, new)]
    return [*rows, Row("Order of the layers", ", ".join(old), ", ".join(new))] if stay[0] != stay[1] else rows


def value(field: str, said: Any) -> str:
    """A value of the configuration in words. A URL is said by its host: the rest may be a secret."""
    if field == "steps" and isinstance(said, list):
        return "\n".join(f"{place}. {value('', step['notify'])}; wait {step['wait']}" for place, step in enumerate(said, 1)) or NOTHING
    if field == "layers" and isinstance(said, list):
        return "\n".join(f"{place}. {layer['name']}: {_layer(layer)}" for place, layer in enumerate(said, 1)) or NOTHING
    if field == "routes" and isinstance(said, list):
        return "\n".join(f"{place}. {_route(route)}" for place, route in enumerate(said, 1)) or NOTHING
    if field == "members" and isinstance(said, Mapping):
        return _members(said)
    if isinstance(said, bool):
        return "yes" if said else "no"
    if said is None or said in ("", [], {}):
        return "off" if field == "storm" else NOTHING
    if isinstance(said, Mapping):
        return _mapping(said)
    if isinstance(said, list):
        return ", ".join(value("", each) for each in said)
    return times.span(said) if field in SECONDS and isinstance(said, int) else by_host(str(said))


def _layer(said: Mapping[str, Any]) -> str:
    order = "; ".join(" and ".join(together) for together in said["order"])
    ends = f" until {said['ending']}" if said.get("ending") else ""
    days = "every day" if len(said["days"]) == 7 else ", ".join(said["days"])
    shadow = ", as a shadow" if said["shadow"] else ""
    clock = f" of {said['timezone']}" if "timezone" in said else ""
    return f"{days} at {said['start']}{clock} for {said['length']}; {order}, each {said['turn']}, from {said['starting']}{ends}{shadow}"


def _route(said: Mapping[str, Any]) -> str:
    when = " and ".join(f"{field} = {text}" for field, text in said["when"].items())
    to = said["to"]
    goes = [f"{word} {to[field]}" for field, word in (("service", "to"), ("policy", "by"), ("severity", "as")) if to.get(field)]
    return f"{when}: {'dropped' if to.get('drop') else ', '.join(goes) or 'stays'}"


def _members(said: Mapping[str, Any]) -> str:
    on_desk = said.get("on_desk", [])
    rows = [f"{handle}: {role}{'' if handle in on_desk else ', not on the desk'}" for handle, role in said.get("roles", {}).items()]
    return "\n".join(rows) or "nobody"


def _mapping(said: Mapping[str, Any]) -> str:
    if "webhook" in said:
        return f"webhook {by_host(str(said['webhook']))}"
    if "team" in said and set(said) <= {"team", "order", "each"}:
        return f"team {said['team']}" + (f", one after the other every {said.get('each')}" if said.get("order") == "daylight" else "")
    if set(said) in ({"person"}, {"schedule"}):
        return " ".join(f"{kind} {name}" for kind, name in said.items())
    return ", ".join(f"{key.replace('_', ' ')}: {value(key, inner)}" for key, inner in said.items() if inner not in (None, "", []))


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
