"""Change who has the watch: by hand for a while, or by another rotation from a moment on. The past never changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound, Refused
from watchbill.people.models import Person
from watchbill.schedules.actions.telling import Watched
from watchbill.schedules.models import Layer, Override, Schedule, Swap
from watchbill.schedules.rules import LayerSpec, OverrideRule, Version, plan_edit
from watchbill.schedules.selectors import gaps_of_change, gaps_of_end, swap_broken_by_end, versions_of

LONGEST = dt.timedelta(days=366)  # of an override: a longer change is an edit of the rotation
REASON_LENGTH = 500
SHOWN = 5  # gaps in a sentence


class NewGap(Refused):
    """The change would leave nobody on watch, and nobody said that it may."""

    code = "new_gap"


@dataclass(frozen=True, slots=True)
class Change:
    """An override to be: `person` takes, replaces `replaced`, is added or removed, shadows or is shadowed. `layer` empty: all of it."""

    kind: str
    person: Person
    start: dt.datetime
    end: dt.datetime
    replaced: Person | None = None
    layer: str = ""
    reason: str = ""
    source: str = "override"

    def rule(self, now: dt.datetime) -> OverrideRule:
        """As the rules take it. What began before now begins now."""
        replaced = self.replaced.id if self.replaced else None
        return OverrideRule(self.kind, self.person.id, max(self.start, now), self.end, replaced, self.layer or None, self.source)


@transaction.atomic(durable=True)
def add_override(schedule: Schedule, change: Change, *, by: Actor, now: dt.datetime, allow_gap: bool = True) -> Override:
    """Change who has the watch for a while, and tell whoever is affected; see `add_override_in`."""
    Schedule.objects.select_for_update().get(pk=schedule.pk)  # before it is looked at: what is told is what this change did
    watched = Watched([schedule.id], *_window(change.start, change.end, now))
    made = add_override_in(schedule, change, by=by, now=now, allow_gap=allow_gap)
    watched.tell_in(said_by(by, change.reason), now=now)
    return made


def add_override_in(schedule: Schedule, change: Change, *, by: Actor, now: dt.datetime, allow_gap: bool = True) -> Override:
    """Store the override in the open transaction. What began before now begins now: the past stays as it was.

    Invalid when it makes no sense, Refused when the person has an override on this schedule that overlaps, NewGap when nobody would have
    the watch for a while and that is not allowed.
    """
    check_change(schedule, change, now=now)
    Schedule.objects.select_for_update().get(pk=schedule.pk)  # two at once would wait for each other inside the constraint: a deadlock
    if not allow_gap:
        refuse_gaps(schedule.name, gaps_of_change(schedule, [change.rule(now)]))
    made = store_in(schedule, change, by=by, now=now)
    record_in([Entry("override.add", "override", str(made.id), team_id=schedule.team_id, detail=evidence(made))], by=by, now=now)
    bus.board_changed()
    return made


def store_in(schedule: Schedule, change: Change, *, by: Actor, now: dt.datetime) -> Override:
    """The row alone: whoever calls has locked the schedule and writes the record. Refused when it overlaps another of that person."""
    start = max(change.start, now)
    made = Override(
        schedule=schedule,
        layer_name=change.layer,
        kind=change.kind,
        person=change.person,
        replaced=change.replaced,
        start=start,
        end=change.end,
        reason=change.reason,
        source=change.source,
        created_by_id=by.person_id,
        created_at=now,
    )
    try:
        with transaction.atomic():  # the constraint decides, also between two that are saved in the same moment
            made.save(force_insert=True)
    except IntegrityError as error:
        if "override_once_per_person" not in str(error):
            raise
        raise _overlapping(schedule, change.person, start, change.end) from error
    return made


@transaction.atomic(durable=True)
def withdraw_override(override_id: int, *, by: Actor, now: dt.datetime, allow_gap: bool = True) -> Override:
    """Take an override back, and tell whoever is affected. One that runs ends now, and what it did until now stays; one that is over stays
    as it was (Refused).

    NewGap when that leaves nobody, and that is not allowed.
    """
    Schedule.objects.select_for_update().filter(overrides__id=override_id).first()  # first, as whoever adds does
    found = Override.objects.select_for_update(of=("self",)).select_related("schedule", "person", "replaced").filter(id=override_id).first()
    if found is None:
        raise NotFound(f"There is no override {override_id}. `watchbill override list` shows them.", override=override_id)
    if found.withdrawn_at is not None:
        raise AlreadyDone(f"Override {override_id} was withdrawn already.", override=override_id)
    if found.end <= now:
        raise Refused(f"Override {override_id} is over. The past stays as it was.", override=override_id)
    keep_swaps_whole(found, now)
    if not allow_gap:
        refuse_gaps(found.schedule.name, gaps_of_end([found], now=now))
    watched = Watched([found.schedule_id], max(found.start, now), found.end)
    found.withdrawn_at = now
    found.save(update_fields=["withdrawn_at"])
    watched.tell_in(said_by(by, ""), now=now)
    entry = Entry("override.withdraw", "override", str(found.id), team_id=found.schedule.team_id, detail=evidence(found))
    record_in([entry], by=by, now=now)
    bus.board_changed()
    return found


def edit_layers_in(schedule: Schedule, layers: Sequence[LayerSpec], *, now: dt.datetime, by: Actor | None = None) -> list[str]:
    """Make the layers of the schedule what the file says, from now on. Answers the names of the layers that changed.

    Call it after the schedule's own zone and way to combine are saved. Whoever calls writes the audit, unless `by` is given.
    ValueError from a length or turn that makes no sense: the configuration refuses those before.
    """
    Schedule.objects.select_for_update().filter(id=schedule.id).first()  # two edits at once would both date the same version
    edit = plan_edit(versions_of(schedule), layers, zone=schedule.timezone, hides=schedule.combine == "stack", now=now)
    Layer.objects.filter(id__in=edit.forgotten).delete()
    for version_id, until in edit.ended.items():
        Layer.objects.filter(id=version_id).update(valid_until=until)
    for version_id, position in edit.moved.items():
        Layer.objects.filter(id=version_id).update(position=position)
    Layer.objects.bulk_create([_row(schedule, version) for version in edit.added])
    if edit.changed:
        Schedule.objects.filter(pk=schedule.pk).update(revision=F("revision") + 1, edited_at=now)
        if by is not None:
            entry = Entry("schedule.edit", "schedule", str(schedule.id), team_id=schedule.team_id, detail={"layers": edit.changed})
            record_in([entry], by=by, now=now)
        bus.board_changed()
    return edit.changed


def _row(schedule: Schedule, version: Version) -> Layer:
    spec = version.spec
    return Layer(
        schedule=schedule,
        name=spec.name,
        position=version.position,
        days=list(spec.days),
        start=spec.start,
        length=spec.length,
        turn=spec.turn,
        starting=spec.starting,
        ending=spec.ending,
        order=[list(entry) for entry in spec.order],
        anchor=version.anchor,
        anchor_index=version.anchor_index,
        valid_from=version.valid_from,
        valid_until=version.valid_until,
        shadow=spec.shadow,
        timezone=version.zone,
        combine="stack" if version.hides else "union",
    )


def check_change(schedule: Schedule, change: Change, *, now: dt.datetime) -> None:
    """Invalid, in a sentence, when it makes no sense."""
    if change.kind not in Override.Kind.values:
        raise Invalid(f"There is no override {change.kind!r}; expected take, replace, add, remove, shadow or reverse_shadow.")
    if change.end <= change.start:
        raise Invalid("An override must end after it begins.")
    if change.end <= now:
        raise Invalid("That time is over, and the past stays as it was. Give a time that is still to come.")
    if change.end - change.start > LONGEST:
        raise Invalid("An override lasts a year at most. For longer, edit the rotation.")
    if (change.kind == "replace") != (change.replaced is not None):
        raise Invalid("A replacement names two people: who is replaced, and by whom. The other overrides name one.")
    if change.replaced is not None and change.replaced.id == change.person.id:
        raise Invalid(f"{change.person.name} cannot replace themselves. Name somebody else.")
    if change.kind != "remove" and not change.person.is_active:
        raise Invalid(f"{change.person.name} is deactivated and cannot have the watch. Name somebody else.")
    if len(change.reason) > REASON_LENGTH or "\0" in change.reason:
        raise Invalid(f"A reason has at most {REASON_LENGTH} characters of text.")
    if change.layer:
        names = list(Layer.objects.filter(schedule=schedule, valid_until=None).order_by("position").values_list("name", flat=True))
        if change.layer not in names:
            raise Invalid(f"{schedule.name} has no layer {change.layer!r}. It has: {', '.join(names) or 'none'}.", layer=change.layer)


def _overlapping(schedule: Schedule, person: Person, start: dt.datetime, end: dt.datetime) -> Refused:
    """The clear sentence: which override is in the way, and what to do."""
    other = (
        Override.objects.filter(schedule=schedule, person=person, withdrawn_at=None, start__lt=end, end__gt=start).order_by("start").first()
    )
    which = f" ({other.id}: {other.kind}, {_when(other.start)} to {_when(other.end)})" if other else ""
    return Refused(
        f"{person.name} has an override on {schedule.name} already that overlaps this one{which}. Withdraw that one first, or choose another time.",
        override=other.id if other else None,
    )


def keep_swaps_whole(found: Override, now: dt.datetime) -> None:
    """Neither half of a swap ends alone, and nothing on which a swap stands is taken from under it."""
    if (own := Swap.objects.filter(Q(given_override=found) | Q(taken_override=found)).first()) is not None:
        raise Refused(f"This is one half of swap {own.id}, which is taken back as a whole: undo the swap.", swap=own.id)
    if (stands_on_it := swap_broken_by_end(found, now=now)) is not None:
        raise Refused(f"Swap {stands_on_it.id} stands on it. Undo the swap first.", swap=stands_on_it.id)


def refuse_gaps(schedule: str, found: Sequence[tuple[dt.datetime, dt.datetime]]) -> None:
    """NewGap, when there are any: when nobody would have the watch of this schedule."""
    if found:
        spans = ", ".join(f"{_when(start)} to {_when(end)}" for start, end in found[:SHOWN])
        more = f" and {len(found) - SHOWN} times more" if len(found) > SHOWN else ""
        told = [{"start": start.isoformat(), "end": end.isoformat()} for start, end in found]
        raise NewGap(f"Nobody would have {schedule} from {spans}{more}. Name somebody for that time, or say that it may be so.", gaps=told)


def _window(start: dt.datetime, end: dt.datetime, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """From now on; a window that makes no sense is refused a moment later."""
    begins = max(start, now)
    return begins, max(begins, end)


def said_by(by: Actor, reason: str) -> str:
    return f"Changed by {by.name}{f': {reason}' if reason else ''}."


def evidence(override: Override) -> dict[str, Any]:
    """What a record says about it."""
    return {
        "schedule": override.schedule.name,
        "layer": override.layer_name or None,
        "kind": override.kind,
        "person": override.person.handle,
        "replaced": override.replaced.handle if override.replaced else None,
        "start": override.start.isoformat(),
        "end": override.end.isoformat(),
        "reason": override.reason,
        "source": override.source,
    }


def _when(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%MZ}"
