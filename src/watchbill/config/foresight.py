"""Whom would pages reach before and after a change of the configuration? The engine's own rules, on both sides of the change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watchbill.config.rules import ORGANIZATION, Full, Key, mentions
from watchbill.paging.models import Policy
from watchbill.paging.selectors import foresee

MOST = 4  # policies that are walked, each four times; the rest is counted


@dataclass(frozen=True, slots=True)
class Touched:
    """A page whose way may change: of a policy, or of a service that may change its policy."""

    kind: str  # policies | services
    name: str
    before: str  # the policy; empty where there is none
    after: str


@dataclass(frozen=True, slots=True)
class Firing:
    """Whom one step asks: its number (0 for the last resort), when, and each name with what is wrong with reaching them."""

    step: int
    after: dt.timedelta
    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One page at one moment, on both sides of the change."""

    touched: Touched
    at: dt.datetime
    before: tuple[Firing, ...]
    after: tuple[Firing, ...]

    @property
    def is_same(self) -> bool:
        return self.before == self.after

    @property
    def wakes_nobody(self) -> bool:
        """Is there nobody left who would hear this page?"""
        return bool(self.touched.after) and all(why for firing in self.after for _, why in firing.people)


Walks = Mapping[tuple[str, dt.datetime], tuple[Firing, ...]]


def pages_touched(before: Mapping[Key, Full], after: Mapping[Key, Full]) -> tuple[list[Touched], int]:
    """The pages whose way may change, and how many more there are than are looked at."""
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    found = [
        Touched("services", name, (before.get((kind, name)) or {}).get("policy") or "", (after.get((kind, name)) or {}).get("policy") or "")
        for kind, name in sorted(changed)
        if kind == "services"
    ]
    reached = _users(changed - {key for key in changed if key[0] == "services"}, before, after)
    for kind, name in sorted(reached):
        if kind == "policies":
            found.append(Touched(kind, name, name if (kind, name) in before else "", name if (kind, name) in after else ""))
    return found[:MOST], max(0, len(found) - MOST)


def _users(changed: set[Key], before: Mapping[Key, Full], after: Mapping[Key, Full]) -> set[Key]:
    """Everything that leads to what changed, itself included."""
    users: dict[Key, set[Key]] = {}
    for side in (before, after):
        for key, full in side.items():
            for used in mentions(key[0], full) | _inherited(key, full, side):
                users.setdefault(used, set()).add(key)
    reached, queue = set(changed), list(changed)
    while queue:
        for user in users.get(queue.pop(), set()) - reached:
            reached.add(user)
            queue.append(user)
    return reached


def _inherited(key: Key, full: Full, side: Mapping[Key, Full]) -> set[Key]:
    """What a policy takes from the installation: its owner of last resort, where neither the policy nor its team names one."""
    if key[0] != "policies" or full["last_resort"] or (side.get(("teams", full["team"])) or {}).get("last_resort"):
        return set()
    return {ORGANIZATION}


def walks(touched: Sequence[Touched], moments: Sequence[dt.datetime], *, after: bool) -> Walks:
    """Each policy of these pages, walked from each moment, as the database says at this point of the transaction."""
    names = {page.after if after else page.before for page in touched} - {""}
    rows = Policy.objects.filter(name__in=names, is_active=True).select_related("team", "last_resort")
    return {(policy.name, at): _walk(policy, at) for policy in rows for at in moments}


def _walk(policy: Policy, at: dt.datetime) -> tuple[Firing, ...]:
    """The first round and the last resort; those whom one step asks one after the other stand together."""
    steps: dict[int, Firing] = {}
    for one in foresee(policy, at=at):
        step = 0 if one.kind in ("last_resort", "again") else one.step
        if (one.round and step) or not one.people:
            continue
        people = tuple((reached.person.name, reached.unreachable) for reached in one.people)
        there = steps.get(step, Firing(step, one.after, ()))
        steps[step] = Firing(step, there.after, (*there.people, *(each for each in people if each not in there.people)))
    return tuple(steps.values())


def compared(touched: Sequence[Touched], moments: Sequence[dt.datetime], before: Walks, after: Walks) -> tuple[Compared, ...]:
    """Both sides beside each other."""
    return tuple(
        Compared(page, at, before.get((page.before, at), ()), after.get((page.after, at), ())) for page in touched for at in moments
    )
