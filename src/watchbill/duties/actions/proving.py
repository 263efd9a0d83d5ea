"""Somebody did their duty: went through its queue item by item or at once, wrote a note, or says that there was nothing to do.

What is stamped stays: nothing here is changed or deleted afterwards.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.duties.actions.meeting import met_now_in
from watchbill.duties.models import Duty, Pass, Proof, Queue, Stamp
from watchbill.duties.selectors.others import SECRET, kind_of
from watchbill.duties.selectors.passing import can_be_listed, current_ids, running_of
from watchbill.incidents.rules import plain
from watchbill.kernel import bus
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Person
from watchbill.people.permissions import Verb, decide
from watchbill.people.selectors import viewer_of

MOST_TEXT = 2000
NOT_IN_IT = "That is not in this pass. Look at the queue: it may be closed by now, or have come later."


@transaction.atomic(durable=True)
def record_pass(queue: Queue, note: str = "", *, person: Person, actor: Actor, now: dt.datetime) -> Pass:
    """Somebody went through the queue: what is there now is seen, what comes later is new. Raises NotAllowed, Invalid."""
    _must_respond(person, queue.team_id)
    note = _text(note)
    made = _begin_in(queue, person, actor=actor, now=now, note=note)
    _stamp_in(made, made.issues, person, now=now)
    _prove_pass_in(made, person, note, actor=actor, now=now)
    return made


@transaction.atomic(durable=True)
def begin_pass(queue: Queue, *, person: Person, actor: Actor, now: dt.datetime) -> Pass:
    """Somebody begins to go through it: it counts when everything that is there now was seen. One that runs goes on."""
    _must_respond(person, queue.team_id)
    Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    running = running_of(queue, now=now)
    if running is not None:
        return running
    made = _begin_in(queue, person, actor=actor, now=now)
    if not made.issues:
        _prove_pass_in(made, person, "", actor=actor, now=now)
    return made


@transaction.atomic(durable=True)
def see(queue: Queue, item: int, *, person: Person, actor: Actor, now: dt.datetime) -> Pass:
    """Somebody looked at one item of the pass that runs. The last one ends it. Raises NotFound."""
    if item not in current_ids(viewer_of(person), queue, now=now):
        raise NotFound(NOT_IN_IT)
    running = _running_in(queue, person, now=now)
    if item not in running.issues:
        raise NotFound(NOT_IN_IT)
    try:
        with transaction.atomic():
            Stamp.objects.create(of=running, item=item, person=person, at=now)
    except IntegrityError:
        return running  # seen before: once is enough
    seen = Entry("queue.see", "queue", str(queue.id), team_id=queue.team_id, detail={"pass": running.pk, "item": item})
    record_in([seen], by=actor, now=now)
    if not _left(running, person, now=now):
        _prove_pass_in(running, person, "", actor=actor, now=now)
    bus.board_changed()
    return running


@transaction.atomic(durable=True)
def finish_pass(queue: Queue, note: str = "", *, person: Person, actor: Actor, now: dt.datetime) -> Pass:
    """The rest of the pass that runs was looked at, too."""
    note = _text(note)
    running = _running_in(queue, person, now=now)
    _stamp_in(running, _left(running, person, now=now), person, now=now)
    _prove_pass_in(running, person, note, actor=actor, now=now)
    return running


@transaction.atomic(durable=True)
def prove(duty: Duty, text: str = "", *, nothing: bool = False, person: Person, actor: Actor, now: dt.datetime) -> Proof:
    """A note proves it, or the word that there was nothing to do. Raises Invalid without either, Refused where a queue is gone through."""
    _must_respond(person, duty.team_id)
    if duty.queue is not None and can_be_listed(duty.queue):
        raise Refused(f"{duty.name} is done by going through the queue {duty.queue.name}. Go through it; an empty one counts, too.")
    text = _text(text)
    if not text and not nothing:
        raise Invalid("Write what you did, or say that there was nothing to do.", field="text")
    kind = Proof.Kind.NOTE if text else Proof.Kind.NOTHING
    made = Proof.objects.create(kind=kind, duty=duty, person=person, at=now, text=text)
    record_in([Entry("duty.prove", "duty", str(duty.id), team_id=duty.team_id, detail={"kind": kind, "proof": made.pk})], by=actor, now=now)
    met_now_in(None, duty.id, now=now)
    bus.board_changed()
    return made


def _begin_in(queue: Queue, person: Person, *, actor: Actor, now: dt.datetime, note: str = "") -> Pass:
    ids = current_ids(viewer_of(person), queue, now=now)
    made = Pass.objects.create(queue=queue, person=person, at=now, issues=ids, note=note)
    detail = {**_count(queue, len(ids)), "pass": made.pk}
    record_in([Entry("queue.pass_begin", "queue", str(queue.id), team_id=queue.team_id, detail=detail)], by=actor, now=now)
    return made


def _prove_pass_in(made: Pass, person: Person, note: str, *, actor: Actor, now: dt.datetime) -> None:
    queue = made.queue
    proof = Proof.objects.create(kind=Proof.Kind.PASS, queue=queue, of=made, person=person, at=now, text=note)
    detail = {**_count(queue, len(made.issues)), "pass": made.pk, "proof": proof.pk}
    record_in([Entry("queue.pass", "queue", str(queue.id), team_id=queue.team_id, detail=detail)], by=actor, now=now)
    met_now_in(queue.id, None, now=now)
    bus.board_changed()


def _count(queue: Queue, items: int) -> dict[str, int]:
    """How many reports or mails wait is for those who may know of them."""
    return {} if kind_of(queue) in SECRET else {"items": items}


def _stamp_in(of: Pass, items: Sequence[int], person: Person, *, now: dt.datetime) -> None:
    Stamp.objects.bulk_create([Stamp(of=of, item=item, person=person, at=now) for item in items], ignore_conflicts=True)


def _left(running: Pass, person: Person, *, now: dt.datetime) -> list[int]:
    """Of what was there when it began: what still waits and nobody has looked at."""
    seen = set(running.stamps.values_list("item", flat=True))
    waits = set(current_ids(viewer_of(person), running.queue, now=now))
    return [item for item in running.issues if item in waits and item not in seen]


def _running_in(queue: Queue, person: Person, *, now: dt.datetime) -> Pass:
    _must_respond(person, queue.team_id)
    Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    running = running_of(queue, now=now)
    if running is None:
        raise NotFound("Nobody is going through this queue now. Begin a pass first.")
    return running


def _must_respond(person: Person, team_id: int) -> None:
    decision = decide(viewer_of(person), Verb.RESPOND, team_id=team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _text(text: str) -> str:
    text = plain(text).strip()
    if len(text) > MOST_TEXT:
        raise Invalid(f"The note has {len(text)} characters; it can have {MOST_TEXT}.", field="note")
    return text
