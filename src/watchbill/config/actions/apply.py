"""Make the installation as a file says: all of it or nothing, in one transaction.

1. Read and check the file; every problem at once, with its line.
2. Take the one lock, so that two files are applied one after the other.
3. Compare the file, what is there and what the file last set.
4. Write what changed, lower parts first; deactivate what was to be pruned; tell whose watches changed; remember the file; leave evidence.
   To foresee what it does to the watches, all of that is done as well, and rolled back.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from watchbill.audit.actions import Actor, record_in
from watchbill.audit.actions import Entry as Evidence
from watchbill.config import reader, selectors
from watchbill.config.actions.evidence import evidence_of
from watchbill.config.actions.watched import Outcome, watched_by, write_watched_in
from watchbill.config.actions.writing import conflicts, deactivate_in, remember_in, write_in
from watchbill.config.rules import ORGANIZATION, Change, File, Full, Key, NotActive, Plan, Problem, Standing, Verb, check, compare
from watchbill.kernel import bus, kinds
from watchbill.kernel.errors import Invalid
from watchbill.schedules.actions import refuse_gaps

LOCK = 7_310_331  # advisory lock: one change of the configuration at a time
MOST_ERRORS = 100


@dataclass(frozen=True, slots=True)
class Diff:
    """What applying did, or would do. `changes` has every entry of the file and of the desk, in order."""

    changes: tuple[Change, ...]
    not_active: tuple[NotActive, ...]
    applied: bool
    outcome: Outcome = field(default_factory=Outcome)

    def having(self, *verbs: Verb) -> list[Change]:
        return [change for change in self.changes if change.verb in verbs]

    @property
    def is_empty(self) -> bool:
        """Nothing is added, changed or removed."""
        return not self.having(Verb.ADDED, Verb.CHANGED, Verb.REMOVED)

    def as_dict(self) -> dict[str, Any]:
        """For machines: the changes that are not "unchanged", a count of each verb, and what is not active."""
        shown = [change for change in self.changes if change.verb is not Verb.UNCHANGED]
        return {
            "applied": self.applied,
            "counts": {verb.name.lower(): len(self.having(verb)) for verb in Verb},
            "changes": [_change(change) for change in shown],
            "not_active": [{"kind": n.kind, "name": n.name, "why": n.why, "missing": list(n.missing)} for n in self.not_active],
        }


def apply(
    text: str | bytes,
    *,
    by: Actor,
    now: dt.datetime,
    filename: str = "configuration",
    dry_run: bool = False,
    overwrite: bool = False,
    prune: bool = False,
    look: bool = False,
    allow_gap: bool = True,
    environment: Mapping[str, str] | None = None,
) -> Diff:
    """Apply a file, or say what applying it would do.

    `overwrite` undoes what people changed here since; `prune` deactivates what the file does not name; `look` foresees what becomes of the
    watches. Raises Invalid with one line for each problem, `FILE:LINE: what, what was expected`, and the same in `details["errors"]`; NewGap
    when nobody would have a watch that somebody has and that is not allowed; then nothing has changed.
    """
    file = read(text, filename=filename)
    environment = os.environ if environment is None else environment
    with transaction.atomic(durable=True):
        lock_in()
        wanted = wanted_of(file)
        standing = selectors.standing()
        plan = compare(wanted, standing, overwrite=overwrite, prune=prune)
        _refuse(conflicts(file, plan), filename)
        silent = selectors.inactive(wanted, environment=environment)
        outcome = Outcome()
        if look or not dry_run:
            source = {"file": filename, "sha256": _digest(text), "overwrite": overwrite, "prune": prune}
            looks = look or not (allow_gap or dry_run)
            outcome = _write_in(file, plan, standing, by=by, now=now, source=source, look=looks)
        if dry_run:
            transaction.set_rollback(True)
        elif not allow_gap:
            for watch in outcome.lost:
                refuse_gaps(watch.name, watch.foreseen.gaps)
    kinds.forget()
    return Diff(plan.changes, tuple(silent), applied=not dry_run, outcome=outcome)


def lock_in() -> None:
    """Nobody else changes the configuration, by a file or on a page, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def read(text: str | bytes, *, filename: str = "configuration") -> File:
    """The file, checked by itself. Raises Invalid as `apply` does."""
    try:
        tree = reader.read(text)
    except reader.Unreadable as error:
        raise refusal([error.problem], filename) from error
    file, problems = check(tree, facts=selectors.facts())
    _refuse(problems, filename)
    assert file is not None
    return file


def refusal(problems: Sequence[Problem], filename: str) -> Invalid:
    """Every problem as `FILE:LINE: sentence`."""
    lines = [f"{filename}:{problem.line}: {problem.text}" for problem in problems[:MOST_ERRORS]]
    if len(problems) > MOST_ERRORS:
        lines.append(f"{filename}: {len(problems) - MOST_ERRORS} more problems; repair these first.")
    return Invalid("\n".join(lines), errors=[{"line": p.line, "message": p.text} for p in problems[:MOST_ERRORS]], file=filename)


def _refuse(problems: Sequence[Problem], filename: str) -> None:
    if problems:
        raise refusal(problems, filename)


def wanted_of(file: File) -> dict[Key, Full]:
    """What the file asks for, in its order."""
    head: dict[Key, Full] = {ORGANIZATION: {"organization": file.organization, "last_resort": file.last_resort}}
    return head | {(entry.kind, entry.name): entry.full for entry in file.entries}


def _write_in(file: File, plan: Plan, standing: Standing, *, by: Actor, now: dt.datetime, source: Mapping[str, Any], look: bool) -> Outcome:
    moved, removed = plan.having(Verb.ADDED, Verb.CHANGED), plan.having(Verb.REMOVED)

    def write() -> None:
        write_in(plan.final, {(change.kind, change.name): change for change in moved}, now=now)
        deactivate_in([(change.kind, change.name) for change in removed], by=by, now=now)

    outcome = write_watched_in(write, watched_by(plan), look=look, by=by, now=now)
    remembered = remember_in(file, [(change.kind, change.name) for change in removed], now=now)
    if not (moved or removed or remembered):
        return outcome
    counts = {verb.name.lower(): len(plan.having(verb)) for verb in Verb}
    evidence = [Evidence("config.apply", "configuration", source["file"][:80], detail={**source, "counts": counts})]
    evidence += [evidence_of(change, was=standing.current.get((change.kind, change.name))) for change in (*moved, *removed)]
    record_in(evidence, by=by, now=now)
    if any(change.kind == "services" for change in (*moved, *removed)):
        bus.signal(bus.KEYS)
    bus.wake_engine()
    bus.board_changed()
    return outcome


def _change(change: Change) -> dict[str, Any]:
    fields = [{"field": f.field, "here": f.here, "file": f.file, "kept": f.kept} for f in change.fields]
    return {"verb": change.verb.value, "kind": change.kind, "name": change.name, "note": change.note, "fields": fields}


def _digest(text: str | bytes) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass") if isinstance(text, str) else text).hexdigest()
