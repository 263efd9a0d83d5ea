"""What would applying a file change? Three things are compared field by field: the file, the desk, and what the file last set. Pure.

| the file says | the desk has | the file last set | then |
|---|---|---|---|
| A | A | anything | unchanged |
| A | B | B, or nothing | changed to A |
| A | B | something else | a person changed it here: kept, unless everything is overwritten |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from watchbill.config.rules.chats import chats_named
from watchbill.config.rules.meaning import Full

Key = tuple[str, str]  # kind and name
ORGANIZATION: Key = ("organization", "")  # what stands at the top of the file: one entry without a name


class Verb(StrEnum):
    """What happens to one entry."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"  # deactivated: evidence stays
    KEPT = "changed here"  # a person changed it since; the file does not undo that
    UNNAMED = "not in the file"  # stays, since nothing was to be pruned
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: what the desk has, what the file says, and whether the desk's stays."""

    field: str
    here: Any
    file: Any
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one entry. `note` says why, where that is not plain from the fields."""

    verb: Verb
    kind: str
    name: str
    fields: tuple[FieldChange, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is there: live entries, entries that were deactivated, and what the file last set."""

    current: Mapping[Key, Full]
    gone: frozenset[Key] = frozenset()
    last: Mapping[Key, Full] | None = None
    protected: Mapping[Key, str] | None = None  # never pruned, and why


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes in the order of the file, and the full form that each entry shall have afterwards."""

    changes: tuple[Change, ...]
    final: Mapping[Key, Full]

    def having(self, *verbs: Verb) -> list[Change]:
        return [change for change in self.changes if change.verb in verbs]


def compare(wanted: Mapping[Key, Full], standing: Standing, *, overwrite: bool, prune: bool) -> Plan:
    """Decide for each entry of the file and of the desk."""
    last = standing.last or {}
    changes: list[Change] = []
    final: dict[Key, Full] = {}
    for key, full in wanted.items():
        change, result = _entry(key, full, standing, last.get(key), overwrite=overwrite)
        changes.append(change)
        if result is not None:
            final[key] = result
    unnamed = [key for key in standing.current if key not in wanted]
    changes += _unnamed(unnamed, final, standing, prune=prune)
    return Plan(tuple(changes), final)


def _entry(key: Key, full: Full, standing: Standing, last: Full | None, *, overwrite: bool) -> tuple[Change, Full | None]:
    kind, name = key
    here = standing.current.get(key)
    if here is None:
        if key in standing.gone and last is not None and not overwrite:
            return Change(Verb.KEPT, kind, name, note="deactivated here"), None
        return Change(Verb.ADDED, kind, name, note="active again" if key in standing.gone else ""), full
    fields = []
    result = dict(here)
    for field in full:
        if here.get(field) == full[field]:
            continue
        touched = (
            last is not None and field in last and here.get(field) != last[field]
        )  # a field that is new to this release was set by nobody
        kept = touched and not overwrite
        fields.append(FieldChange(field, here.get(field), full[field], kept))
        if not kept:
            result[field] = full[field]
    if not fields:
        return Change(Verb.UNCHANGED, kind, name), result
    verb = Verb.KEPT if all(field.kept for field in fields) else Verb.CHANGED
    return Change(verb, kind, name, tuple(fields)), result


def _unnamed(keys: list[Key], final: dict[Key, Full], standing: Standing, *, prune: bool) -> list[Change]:
    """What the file does not name: stays, or is deactivated, but never while something that stays still names it."""
    if not prune:
        return [Change(Verb.UNNAMED, kind, name) for kind, name in keys]
    stays: dict[Key, str] = {key: why for key, why in (standing.protected or {}).items() if key in keys}
    queue = [*final, *stays]
    while queue:
        user = queue.pop()
        for used in mentions(user[0], final.get(user) or standing.current[user]):
            if used in keys and used not in stays:
                stays[used] = f"{user[0]} {user[1]} still names it"
                queue.append(used)
    return [Change(Verb.UNNAMED, *key, note=stays[key]) if key in stays else Change(Verb.REMOVED, *key) for key in keys]


def mentions(kind: str, full: Full) -> set[Key]:
    """Everything that an entry names."""
    found: set[Key | None] = set()
    if kind == "teams":
        found |= {("people", handle) for handle in full["members"]["roles"]} | {
            _key("schedules", full["manager"]),
            _key("people", full["last_resort"]),
        }
        found |= _targets((full["high_impact"] or {}).get("notify", ())) | {_key("trackers", (full["issue"] or {}).get("tracker"))}
    elif kind == "schedules":
        found |= {("teams", full["team"])} | {("people", h) for layer in full["layers"] for people in layer["order"] for h in people}
    elif kind == "policies":
        found |= {("teams", full["team"]), _key("people", full["last_resort"])}
        found |= _targets(target for step in full["steps"] for target in step["notify"])
    elif kind == "services":
        found |= {("teams", full["team"]), ("policies", full["policy"])}
        found |= {_key("services", one["to"].get("service")) for one in full.get("routes", ())}
        found |= {_key("policies", one["to"].get("policy")) for one in full.get("routes", ())}
    elif kind == "mailboxes":
        found |= {("teams", full["team"]), _key("services", full["service"])}
    elif kind in ("queues", "programs"):
        found |= {("teams", full["team"]), _key("trackers", full["tracker"]), _key("platforms", full.get("platform"))}
    elif kind == "duties":
        found |= {("teams", full["team"]), ("schedules", full["schedule"]), _key("queues", full["queue"])}
    elif kind == "stale":
        found |= {("teams", full["team"])}
    elif kind == "trackers":
        found |= {("people", handle) for handle in full["people"]}
    elif kind == "heartbeats":
        found |= {("services", full["service"])}
    elif kind == ORGANIZATION[0]:
        found.add(_key("people", full["last_resort"]))
    found |= {("chats", name) for name in chats_named(kind, full)}
    return {key for key in found if key is not None}


def _key(kind: str, name: str | None) -> Key | None:
    return (kind, name) if name else None


def _targets(targets: Iterable[Mapping[str, Any]]) -> set[Key | None]:
    kinds = {"schedule": "schedules", "person": "people", "team": "teams"}
    return {(kinds[kind], target[kind]) for target in targets for kind in kinds if kind in target}
