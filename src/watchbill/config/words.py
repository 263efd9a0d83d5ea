"""How is a value of the configuration said in words, and what of a long one changes?

A URL is said by its host: the rest of it may be a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from watchbill.kernel.discreet import by_host
from watchbill.kernel.lengths import span

LABELS = {
    "group_by": "Grouped by",
    "group_for": "Grouped for",
    "source_ack": "When the source acknowledges",
    "urgency": "How loud",
    "severity": "Words of the source",
    "storm": "Storm guard",
    "senders": "Whose mails make alerts",
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
SECONDS = ("group_for", "within", "after", "every", "grace")
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a difference; empty on the side where there is nothing to say."""

    label: str
    before: str
    after: str


def label(field: str, kind: str = "") -> str:
    return OF_KIND.get((kind, field)) or LABELS.get(field, field.replace("_", " ").capitalize())


def parts(field: str, before: Any, after: Any) -> list[Row]:
    """What changes of one field, by its parts where it has some: layers, steps, routes, people of a team. Labels are those of the file."""
    rows: list[Row] = []
    if field == "layers" and isinstance(before, list) and isinstance(after, list):
        rows = _layers(before, after)
    elif field in ("steps", "routes") and isinstance(before, list) and isinstance(after, list):
        rows = _several(_numbered(field, before), _numbered(field, after))
    elif field == "members" and isinstance(before, Mapping) and isinstance(after, Mapping):
        rows = _several(*({f"members, {who}": role for who, role in _roles(side).items()} for side in (before, after)))
        rows = rows or [Row("order of the members", _listed(before["on_desk"]), _listed(after["on_desk"]))]
    if rows:
        return rows
    was, becomes = value(field, before), value(field, after)
    return [Row(field, was, becomes if becomes != was else "the same, with another address")]


def _layers(before: list[Any], after: list[Any]) -> list[Row]:
    old, new = ({layer["name"]: layer for layer in side} for side in (before, after))
    rows: list[Row] = []
    for name in dict.fromkeys((*old, *new)):
        if name not in old or name not in new:
            rows.append(Row(f"layer {name}", in_layer(old[name]) if name in old else "", in_layer(new[name]) if name in new else ""))
            continue
        for one in dict.fromkeys((*old[name], *new[name])):
            was, becomes = old[name].get(one), new[name].get(one)
            if was != becomes:
                rows.append(Row(f"layer {name}, {one}", _of_layer(one, was), _of_layer(one, becomes)))
    stay = [[name for name in side if name in old and name in new] for side in (old, new)]
    return [*rows, Row("order of the layers", _listed(old), _listed(new))] if stay[0] != stay[1] else rows


def _of_layer(field: str, said: Any) -> str:
    if field == "timezone" and said is None:
        return "that of the schedule"
    return _order(said) if field == "order" else value("", said)


def _several(before: Mapping[str, str], after: Mapping[str, str]) -> list[Row]:
    """Whatever is said otherwise on one side; empty where it is not there."""
    names = dict.fromkeys((*before, *after))
    return [Row(name, before.get(name, ""), after.get(name, "")) for name in names if before.get(name) != after.get(name)]


def _numbered(field: str, each: Iterable[Any]) -> dict[str, str]:
    say = _step if field == "steps" else _route
    return {f"{field[:-1]} {place}": say(one) for place, one in enumerate(each, 1)}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def value(field: str, said: Any) -> str:
    """A value of the configuration in words. A URL is said by its host: the rest may be a secret."""
    if field == "steps" and isinstance(said, list):
        return "\n".join(f"{place}. {_step(step)}" for place, step in enumerate(said, 1)) or NOTHING
    if field == "layers" and isinstance(said, list):
        return "\n".join(f"{place}. {layer['name']}: {in_layer(layer)}" for place, layer in enumerate(said, 1)) or NOTHING
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
    return span(said) if field in SECONDS and isinstance(said, int) else by_host(str(said))


def _step(said: Mapping[str, Any]) -> str:
    return f"{value('', said['notify'])}; wait {said['wait']}"


def _order(said: Iterable[Iterable[str]]) -> str:
    return "; ".join(" and ".join(together) for together in said)


def in_layer(said: Mapping[str, Any]) -> str:
    ends = f" until {said['ending']}" if said.get("ending") else ""
    days = "every day" if len(said["days"]) == 7 else ", ".join(said["days"])
    shadow = ", as a shadow" if said["shadow"] else ""
    clock = f" of {said['timezone']}" if "timezone" in said else ""
    return f"{days} at {said['start']}{clock} for {said['length']}; {_order(said['order'])}, each {said['turn']}, from {said['starting']}{ends}{shadow}"


def _route(said: Mapping[str, Any]) -> str:
    when = " and ".join(f"{field} = {text}" for field, text in said["when"].items())
    to = said["to"]
    goes = [f"{word} {to[field]}" for field, word in (("service", "to"), ("policy", "by"), ("severity", "as")) if to.get(field)]
    return f"{when}: {'dropped' if to.get('drop') else ', '.join(goes) or 'stays'}"


def _members(said: Mapping[str, Any]) -> str:
    return "\n".join(f"{handle}: {role}" for handle, role in _roles(said).items()) or "nobody"


def _roles(said: Mapping[str, Any]) -> dict[str, str]:
    on_desk = said.get("on_desk", [])
    return {handle: f"{role}{'' if handle in on_desk else ', not on the desk'}" for handle, role in said.get("roles", {}).items()}


def _mapping(said: Mapping[str, Any]) -> str:
    if "webhook" in said:
        return f"webhook {by_host(str(said['webhook']))}"
    if "team" in said and set(said) <= {"team", "order", "each"}:
        return f"team {said['team']}" + (f", one after the other every {said.get('each')}" if said.get("order") == "daylight" else "")
    if set(said) in ({"person"}, {"schedule"}):
        return " ".join(f"{kind} {name}" for kind, name in said.items())
    return ", ".join(f"{key.replace('_', ' ')}: {value(key, inner)}" for key, inner in said.items() if inner not in (None, "", []))
