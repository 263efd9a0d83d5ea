"""Change a few entries of the configuration on a page: by the file's own rules, compared and written as a file would be.

1. Put the wanted words in the place of the standing ones and check the whole as if it were a file.
2. Compare; say what changes, and whom a page would reach afterwards: the change is made, looked at and rolled back.
3. When the person agrees: the same once more, only if nobody changed these entries since they looked, and with evidence.

What the file last set is not touched, so that the next file says of it *changed here*.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from watchbill.audit.actions import Actor, record_in
from watchbill.config import selectors
from watchbill.config.actions.apply import lock_in
from watchbill.config.actions.evidence import evidence_of
from watchbill.config.actions.undo import TOGETHER
from watchbill.config.actions.watched import Outcome, watched_by, write_watched_in
from watchbill.config.actions.writing import deactivate_in, last_administrators, mail_owners, write_in
from watchbill.config.drafting import Draft, Path
from watchbill.config.foresight import Compared, compared, pages_touched, walks
from watchbill.config.rules import BY_KIND, HEAD, ORGANIZATION, Change, Full, Key, Map, Plan, Problem, Standing, Verb, check, compare, fill
from watchbill.config.rules.nodes import shown_value
from watchbill.kernel import bus, kinds
from watchbill.kernel.errors import AlreadyDone, Invalid, Refused
from watchbill.people.models import Team
from watchbill.schedules.actions import refuse_gaps

NOBODY = Actor("somebody", "preview")  # what is only looked at is done by nobody
Edits = Mapping[Key, Mapping[str, Any] | None]  # the words that an entry shall have; None: it is deactivated


@dataclass(frozen=True, slots=True)
class Found:
    """One reason why an edit is refused: the entry, where in it, and the sentence."""

    key: Key
    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an edit would do. Empty `changes`: nothing; with `problems` it cannot be made."""

    problems: tuple[Found, ...]
    changes: tuple[Change, ...]
    seen: str  # stands for what the entries are now
    reach: tuple[Compared, ...] = ()
    more: int = 0  # policies that it touches and that were not walked
    outcome: Outcome = field(default_factory=Outcome)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An edit against what is there."""

    standing: Standing
    plan: Plan
    problems: tuple[Found, ...]

    @property
    def moved(self) -> list[Change]:
        return self.plan.having(Verb.ADDED, Verb.CHANGED, Verb.REMOVED)


class ChangedMeanwhile(AlreadyDone):
    """Somebody changed one of these entries after this person looked."""


def propose(edits: Edits, *, new: Collection[Key] = (), moments: Sequence[dt.datetime] = (), now: dt.datetime) -> Proposal:
    """What would it do, and whom would pages reach at these moments before and after? Nothing is changed."""
    with transaction.atomic(durable=True):
        lock_in()
        ready = _prepare(edits, new)
        seen = _digest(edits, ready.standing)
        if ready.problems or not ready.moved:
            return Proposal(ready.problems, tuple(ready.moved), seen)
        touched, more = pages_touched(ready.standing.current, _after(ready))
        before = walks(touched, moments, after=False)
        outcome = write_watched_in(lambda: _write_in(ready, by=NOBODY, now=now), watched_by(ready.plan), look=True, by=NOBODY, now=now)
        after = walks(touched, moments, after=True)
        transaction.set_rollback(True)
    kinds.forget()
    return Proposal((), tuple(ready.moved), seen, compared(touched, moments, before, after), more, outcome)


def edit(
    edits: Edits,
    *,
    seen: str,
    by: Actor,
    now: dt.datetime,
    new: Collection[Key] = (),
    allow_gap: bool = True,
    action: str = "config.edit",
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Make the change and answer the number of its record in the audit, the first of several, which are taken back as one.

    Raises ChangedMeanwhile when an entry is not what it was when `seen` was told, Invalid when the rules refuse it, Refused when it changes
    nothing, NewGap when nobody would have a watch that somebody has and that is not allowed; then nothing has changed.
    """
    with transaction.atomic(durable=True):
        lock_in()
        ready = _prepare(edits, new)
        if _digest(edits, ready.standing) != seen:
            raise ChangedMeanwhile("Somebody changed it while you looked. Nothing of yours was applied; look at the difference again.")
        if ready.problems:
            raise Invalid("\n".join(found.text for found in ready.problems))
        if not ready.moved:
            raise Refused("It stands like that already; nothing was changed.")
        outcome = write_watched_in(lambda: _write_in(ready, by=by, now=now), watched_by(ready.plan), look=not allow_gap, by=by, now=now)
        for watch in outcome.watches:
            refuse_gaps(watch.name, watch.foreseen.gaps)
        together = {TOGETHER: secrets.token_hex(8)} if len(ready.moved) > 1 else {}
        teams = dict(Team.objects.values_list("name", "id"))
        records = record_in(
            [
                evidence_of(
                    change,
                    was=ready.standing.current.get((change.kind, change.name)),
                    action=action,
                    team_id=teams.get(team_of(change.kind, change.name, _full(change, ready), _after(ready)) or ""),
                    **(detail or {}),
                    **together,
                )
                for change in ready.moved
            ],
            by=by,
            now=now,
        )
        if any(change.kind == "services" for change in ready.moved):
            bus.signal(bus.KEYS)
        bus.wake_engine()
        bus.board_changed()
    kinds.forget()
    return records[0]


def team_of(kind: str, name: str, said: Mapping[str, Any] | None, there: Mapping[Key, Full]) -> str | None:
    """The name of the team that an entry belongs to which says this; None for people and for what belongs to the installation.

    A heartbeat belongs to the team of its service, as it is in `there`. What is said need not be valid.
    """
    if kind == "teams":
        return name
    said = said or {}
    if kind == "heartbeats":
        service = said.get("service")
        said = there.get(("services", service), {}) if isinstance(service, str) else {}
    team = said.get("team")
    return team if isinstance(team, str) else None


def _full(change: Change, ready: Prepared) -> Full | None:
    key = (change.kind, change.name)
    return ready.plan.final.get(key) or ready.standing.current.get(key)


def _prepare(edits: Edits, new: Collection[Key]) -> Prepared:
    standing = selectors.standing(also=edits)
    there = selectors.sections(standing)
    wanted, draft = _with(there, edits), Draft()
    tree = draft.tree(wanted)
    assert isinstance(tree, Map)
    _, problems = check(tree, facts=selectors.facts())
    told = [(problem.text, _found(problem, draft, wanted)) for problem in [*draft.problems, *problems]]
    before = _told(there) if told else set()
    found = [one for text, one in told if one.key in edits or text not in before]
    found += _taken(new, standing)
    if found:
        return Prepared(standing, Plan((), {}), tuple(dict.fromkeys(found)))
    fulls = {key: fill(key[0], words) for key, words in edits.items() if words is not None}
    plan = compare(fulls, standing, overwrite=True, prune=False)
    removed = [Change(Verb.REMOVED, *key) for key, words in edits.items() if words is None and key in standing.current]
    plan = Plan((*(change for change in plan.changes if (change.kind, change.name) in fulls), *removed), plan.final)
    refused = [Found(("people", handle), ("email",), text) for handle, text in mail_owners(plan)]
    refused += [Found(("people", handle), ("active",), text) for handle, text in last_administrators(plan)]
    return Prepared(standing, plan, tuple(refused))


def _with(there: Mapping[str, Any], edits: Edits) -> dict[str, Any]:
    """The sections with the edits in them."""
    wanted = dict(there)
    for (kind, name), words in edits.items():
        if (kind, name) == ORGANIZATION:
            wanted |= {field: (words or {}).get(field) or "" for field in HEAD}
            continue
        key = BY_KIND[kind].key
        rows = list(wanted.get(kind, []))
        place = next((place for place, row in enumerate(rows) if row.get(key) == name), len(rows))
        wanted[kind] = [*rows[:place], *([{key: name, **words}] if words is not None else []), *rows[place + 1 :]]
    return wanted


def _found(problem: Problem, draft: Draft, wanted: Mapping[str, Any]) -> Found:
    """Which entry is it about, and which field? The sentence without the name of the entry, since it stands beside it."""
    path = draft.paths[problem.line] if problem.line < len(draft.paths) else ()
    if path and path[0] in HEAD:
        return Found(ORGANIZATION, path, _bare(problem.text, str(path[0])))
    if len(path) < 2 or path[0] not in BY_KIND:
        return Found(("", ""), path, problem.text)
    kind, place, *rest = path
    name = str(wanted[str(kind)][place].get(BY_KIND[str(kind)].key, ""))
    return Found((str(kind), name), tuple(rest), _bare(problem.text, f"{kind} {shown_value(name)}"))


def _bare(text: str, entry: str) -> str:
    """A sentence without its place in the file: it stands beside the field."""
    rest = text.removeprefix(entry)
    if rest != text and rest.startswith((":", ",")):
        rest = rest.partition(": ")[2]
    return rest


def _told(there: Mapping[str, Any]) -> set[str]:
    """What was wrong before: an edit is not refused for it."""
    _, problems = check(Draft().tree(there), facts=selectors.facts())
    return {problem.text for problem in problems}


def _taken(new: Collection[Key], standing: Standing) -> list[Found]:
    found = []
    for kind, name in new:
        part = BY_KIND[kind]
        if (kind, name) in standing.current or (kind == "people" and (kind, name) in standing.gone):
            found.append(
                Found((kind, name), (part.key,), f"{name} is there already; expected another {part.key}, or a change of that one.")
            )
    return found


def _write_in(ready: Prepared, *, by: Actor, now: dt.datetime) -> None:
    write_in(ready.plan.final, {(c.kind, c.name): c for c in ready.plan.having(Verb.ADDED, Verb.CHANGED)}, now=now)
    deactivate_in([(change.kind, change.name) for change in ready.plan.having(Verb.REMOVED)], by=by, now=now)


def _after(ready: Prepared) -> dict[Key, Full]:
    removed = {(change.kind, change.name) for change in ready.plan.having(Verb.REMOVED)}
    return {key: full for key, full in {**ready.standing.current, **ready.plan.final}.items() if key not in removed}


def _digest(edits: Edits, standing: Standing) -> str:
    there = [[*key, standing.current.get(key)] for key in sorted(edits)]
    return hashlib.sha256(json.dumps(there, sort_keys=True).encode()).hexdigest()[:32]


def seen_now(keys: Collection[Key], standing: Standing) -> str:
    """What `edit` wants to be told: stands for what these entries are now."""
    return _digest(dict.fromkeys(keys), standing)
