"""Take a change of the configuration back, from its record in the audit, if nothing of it changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchbill.audit.models import Record
from watchbill.config.actions.evidence import CHANGED
from watchbill.config.rules import BY_KIND, ORGANIZATION, Full, Key, Standing, Verb, brief

TOGETHER = "together"  # what the records of one change of several entries have in common
ACTIONS = ("config.edit", "config.undo", "config.apply")


@dataclass(frozen=True, slots=True)
class Reverse:
    """The way back: the words that the entry shall have (None: it is deactivated), or why there is no way."""

    key: Key
    words: Mapping[str, Any] | None = None
    why_not: str = ""


def together_with(record: Record) -> list[Record]:
    """All records of the change that this one belongs to, itself included, in their order."""
    token = record.detail.get(TOGETHER)
    if not isinstance(token, str):
        return [record]
    return list(Record.objects.filter(at=record.at, action__in=ACTIONS, **{f"detail__{TOGETHER}": token}).order_by("id"))


def key_of(record: Record) -> Key | None:
    """The entry that a record is about; None for what is no change of one."""
    name = record.detail.get("name")
    if record.action not in ACTIONS or not isinstance(name, str):
        return None
    key = record.kind, name
    return key if key == ORGANIZATION or record.kind in BY_KIND else None


def reverse(record: Record, standing: Standing) -> Reverse:
    """How is this change taken back? Only from where it led: what was changed since is never overwritten."""
    key = key_of(record)
    if key is None or not (key == ORGANIZATION or BY_KIND[key[0]].live):
        return Reverse(("", ""), why_not="This is no change of the configuration that can be taken back.")
    here = standing.current.get(key)
    verb, fields = record.detail.get("verb"), record.detail.get("fields") or {}
    if verb == Verb.ADDED:
        return _unmade(record, key, here)
    if verb == Verb.REMOVED:
        return _brought_back(record, key, here)
    if here is None:
        return Reverse(key, why_not="It was deactivated since.")
    private = [name for name, value in fields.items() if value == CHANGED]
    if private:
        return Reverse(key, why_not=f"The audit keeps no addresses, so {' and '.join(private)} cannot be brought back; set it by hand.")
    moved = [name for name, (_, after) in fields.items() if here.get(name) != after]
    if moved:
        return Reverse(key, why_not=f"Changed again since: {', '.join(moved)}. Take the later change back first, or change it by hand.")
    return Reverse(key, words=brief(key[0], {**here, **{name: before for name, (before, _) in fields.items()}}))


def _unmade(record: Record, key: Key, here: Full | None) -> Reverse:
    if here is None:
        return Reverse(key, why_not="It was deactivated since.")
    later = Record.objects.filter(action__in=ACTIONS, kind=record.kind, object_id=record.object_id, id__gt=record.id)
    if any(key_of(one) == key for one in later):
        return Reverse(key, why_not="It was changed since it was made. Take the later changes back first, or deactivate it by hand.")
    if key == ORGANIZATION:
        return Reverse(key, why_not="There is always an owner of last resort: name another one.")
    if key[0] != "people":
        return Reverse(key)
    if not here["active"]:
        return Reverse(key, why_not="It was deactivated since.")
    return Reverse(key, words=brief("people", {**here, "active": False}))


def _brought_back(record: Record, key: Key, here: Full | None) -> Reverse:
    if here is not None:
        return Reverse(key, why_not="It is active again already.")
    was = record.detail.get("was")
    if not was:
        return Reverse(key, why_not="The record does not say what it was.")
    return Reverse(key, words=brief(key[0], was))
