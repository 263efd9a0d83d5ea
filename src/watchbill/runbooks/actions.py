"""Write a runbook, write it anew, retire it. Every wording is kept, with who, when and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Person, Team
from watchbill.people.permissions import Verb, decide
from watchbill.people.selectors import viewer_of
from watchbill.runbooks.models import Place, Runbook, Version

LONGEST = 100_000
LONGEST_TITLE = 200
LONGEST_WHY = 500
MOST_PLACES = 50


@dataclass(frozen=True, slots=True)
class At:
    """Where it is shown: at alerts of this service, at those that fit, or both."""

    service_id: int | None = None
    when: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wording:
    """What somebody wants it to say, and why."""

    title: str
    text: str
    why: str = ""
    places: tuple[At, ...] = ()


@transaction.atomic(durable=True)
def write(team: Team, wanted: Wording, *, person: Person, actor: Actor, now: dt.datetime) -> Runbook:
    """A new one, its first version. Raises Invalid, NotAllowed."""
    _must(person, team.pk)
    wanted = _checked(wanted)
    try:
        with transaction.atomic():
            row = Runbook.objects.create(team=team, title=wanted.title, text=wanted.text, changed_at=now)
    except IntegrityError as error:
        raise Invalid(
            f"There is a runbook called {wanted.title!r} already. Edit that one, or choose another title.", field="title"
        ) from error
    _keep_in(row, wanted, person, now=now)
    _place_in(row, wanted.places)
    _record_in("runbook.write", row, by=actor, now=now, places=_words(wanted.places))
    return row


@transaction.atomic(durable=True)
def edit(runbook_id: int, seen: int, wanted: Wording, *, person: Person, actor: Actor, now: dt.datetime) -> Runbook:
    """A new version, when the words differ. `seen`: the version that the writer had before them. Raises Refused when it is not the latest."""
    row = _lock_in(runbook_id, person)
    wanted = _checked(wanted)
    if row.version != seen:
        raise Refused(f"Somebody wrote version {row.version} since you began with {seen}. Compare, then save yours upon it.")
    reworded = (row.title, row.text) != (wanted.title, wanted.text)
    before = tuple(At(each.service_id, each.when) for each in row.places.order_by("id"))
    if not reworded and before == wanted.places:
        raise Refused("Nothing differs from what it says now.")
    if reworded:
        row.version, row.title, row.text, row.changed_at = row.version + 1, wanted.title, wanted.text, now
        try:
            with transaction.atomic():
                row.save(update_fields=["version", "title", "text", "changed_at"])
        except IntegrityError as error:
            raise Invalid(f"There is another runbook called {wanted.title!r}. Choose another title.", field="title") from error
        _keep_in(row, wanted, person, now=now)
    if before != wanted.places:
        row.places.all().delete()
        _place_in(row, wanted.places)
    _record_in("runbook.edit", row, by=actor, now=now, version=row.version, why=wanted.why, places=_words(wanted.places))
    return row


@transaction.atomic(durable=True)
def retire(runbook_id: int, *, person: Person, actor: Actor, now: dt.datetime) -> Runbook:
    """It is shown nowhere any more, and kept."""
    row = _lock_in(runbook_id, person)
    if row.retired_at is not None:
        raise AlreadyDone("It is retired already.")
    row.retired_at = now
    row.save(update_fields=["retired_at"])
    _record_in("runbook.retire", row, by=actor, now=now)
    return row


@transaction.atomic(durable=True)
def bring_back(runbook_id: int, *, person: Person, actor: Actor, now: dt.datetime) -> Runbook:
    """It is shown again where it was."""
    row = _lock_in(runbook_id, person)
    if row.retired_at is None:
        raise AlreadyDone("It is in use.")
    row.retired_at = None
    row.save(update_fields=["retired_at"])
    _record_in("runbook.bring_back", row, by=actor, now=now)
    return row


def _lock_in(runbook_id: int, person: Person) -> Runbook:
    row = Runbook.objects.select_for_update(no_key=True, of=("self",)).select_related("team").filter(pk=runbook_id).first()
    if row is None:
        raise NotFound(f"There is no runbook {runbook_id} here. Look at the list.")
    _must(person, row.team_id)
    return row


def _must(person: Person, team_id: int) -> None:
    decision = decide(viewer_of(person), Verb.RESPOND, team_id=team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _checked(wanted: Wording) -> Wording:
    title = " ".join(_storable(wanted.title).split())
    text = _storable(wanted.text).replace("\r\n", "\n").strip()
    why = " ".join(_storable(wanted.why).split())
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid(f"Give it a title of 1 to {LONGEST_TITLE} characters: what happened, in the words of the alert.", field="title")
    if not text or len(text) > LONGEST:
        raise Invalid(f"Write what to do, in 1 to {LONGEST} characters; it has {len(text)}.", field="text")
    if len(why) > LONGEST_WHY:
        raise Invalid(f"The reason has {len(why)} characters; keep it under {LONGEST_WHY}.", field="why")
    if len(wanted.places) > MOST_PLACES:
        raise Invalid(f"It is shown in {len(wanted.places)} places; keep it under {MOST_PLACES}.", field="places")
    return Wording(title, text, why, wanted.places)


def _storable(text: str) -> str:
    """As PostgreSQL can keep it."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _keep_in(row: Runbook, wanted: Wording, person: Person, *, now: dt.datetime) -> None:
    Version.objects.create(runbook=row, number=row.version, title=row.title, text=row.text, why=wanted.why, by=person, at=now)


def _place_in(row: Runbook, places: Sequence[At]) -> None:
    Place.objects.bulk_create([Place(runbook=row, service_id=each.service_id, when=each.when) for each in places])


def _words(places: Sequence[At]) -> list[dict[str, object]]:
    return [{"service": each.service_id, "when": each.when} for each in places]


def _record_in(action: str, row: Runbook, /, *, by: Actor, now: dt.datetime, **detail: object) -> None:
    record_in([Entry(action, "runbook", str(row.id), team_id=row.team_id, detail={"title": row.title, **detail})], by=by, now=now)
    bus.board_changed()
