"""Write the changed entries of a file, in the order in which they name each other."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from django.db.models.functions import Lower

from watchbill.audit.actions import Actor
from watchbill.config.actions import ids as naming
from watchbill.config.actions.chats import order_chats_in, write_chats_in
from watchbill.config.actions.desks import write_heartbeats_in, write_policies_in, write_services_in, write_team_paging_in, write_teams_in
from watchbill.config.actions.mailboxes import order_mailboxes_in, write_mailboxes_in
from watchbill.config.actions.people import write_people_in
from watchbill.config.actions.phones import order_phones_in, write_phones_in
from watchbill.config.actions.platforms import order_platforms_in, write_platforms_in
from watchbill.config.actions.programs import order_programs_in, write_programs_in
from watchbill.config.actions.queues import order_queues_in, retire_stale_in, write_duties_in, write_queues_in, write_stale_in
from watchbill.config.actions.trackers import order_trackers_in, write_trackers_in
from watchbill.config.actions.watches import write_schedules_in
from watchbill.config.models import Applied
from watchbill.config.rules import Change, File, Full, Key, Plan, Problem, Verb
from watchbill.config.sealing import content_of, sealed, sealed_words, words_of
from watchbill.config.selectors import FILE, SECTIONS
from watchbill.duties.models import Duty, Queue
from watchbill.handoff.actions.leaving import leave_in
from watchbill.incidents.models import Service
from watchbill.intake.actions.heartbeats import retire_in
from watchbill.intake.models import Heartbeat, Mailbox
from watchbill.notifications.chats.models import Chat
from watchbill.notifications.models import Phone
from watchbill.paging.models import Policy
from watchbill.people.models import Organization, Person, Team
from watchbill.platforms.models import Platform
from watchbill.reports.models import Program
from watchbill.schedules.models import Schedule
from watchbill.trackers.models import Tracker

MODELS: dict[str, type[Model]] = {
    "teams": Team,
    "schedules": Schedule,
    "policies": Policy,
    "services": Service,
    "phones": Phone,
    "chats": Chat,
    "trackers": Tracker,
    "platforms": Platform,
    "queues": Queue,
    "duties": Duty,
    "heartbeats": Heartbeat,
    "mailboxes": Mailbox,
    "programs": Program,
}


def conflicts(file: File, plan: Plan) -> list[Problem]:
    """What the database would refuse: an address that belongs to an account which the file does not name, or names with another one."""
    lines = {entry.name: entry.line for entry in file.of("people")}
    return sorted(Problem(lines[handle], f"people {handle}, email: {text}") for handle, text in mail_owners(plan))


def mail_owners(plan: Plan) -> list[tuple[str, str]]:
    """Whose address belongs to somebody else, by handle, and the sentence that says so."""
    mails: dict[str, str] = {}
    found = []
    final = {name: full["email"].lower() for (kind, name), full in plan.final.items() if kind == "people"}
    others = Person.objects.exclude(handle__in=final).annotate(mail=Lower("email")).filter(mail__in=final.values())
    mails.update(others.values_list("mail", "handle"))
    for handle, mail in final.items():
        owner = mails.setdefault(mail, handle)
        if owner != handle:
            found.append((handle, f"{mail} belongs to the account {owner} here; expected that handle, or another address."))
    return found


def last_administrators(plan: Plan) -> list[tuple[str, str]]:
    """Whoever would be deactivated though nobody else administers the installation, and the sentence that says so.

    Those who do stay as they are until the transaction ends: the rights of another one may be taken at this moment.
    """
    leave = {
        change.name
        for change in plan.having(Verb.CHANGED)
        if change.kind == "people" and any(field.field == "active" and not field.file for field in change.fields)
    }
    if not leave:
        return []
    stand = {row.handle: row.name for row in Person.objects.select_for_update().filter(is_admin=True, is_active=True).order_by("id")}
    if not stand or stand.keys() - leave:
        return []
    return [(handle, f"Nobody but {name} administers the installation, and somebody must.") for handle, name in stand.items()]


def write_in(final: Mapping[Key, Full], moved: Mapping[Key, Change], *, now: dt.datetime) -> None:
    """Write the entries of `moved` as `final` has them. People first, then what names them."""
    ids = naming.load_in()
    changed = {
        part: {name: final[kind, name] for kind, name in moved if kind == part} for part in (*MODELS, "people", "stale", "organization")
    }
    write_people_in(changed["people"], ids, now=now, reached=_reached(moved))
    write_chats_in(changed["chats"])
    write_trackers_in(changed["trackers"])
    write_platforms_in(changed["platforms"])
    write_teams_in(changed["teams"], ids)
    write_schedules_in(changed["schedules"], ids, now=now)
    write_policies_in(changed["policies"], ids)
    write_services_in(changed["services"], ids)
    write_heartbeats_in(changed["heartbeats"], now=now)
    write_team_paging_in(changed["teams"], ids)
    write_queues_in(changed["queues"], ids)
    write_duties_in(changed["duties"], ids, now=now)
    write_stale_in(changed["stale"], ids)
    write_phones_in(changed["phones"])
    write_mailboxes_in(changed["mailboxes"], ids)
    write_programs_in(changed["programs"], ids, now=now)
    for full in changed["organization"].values():
        values = {"name": full["organization"], "last_resort_id": ids.person(full["last_resort"])}
        Organization.objects.update_or_create(id=1, defaults=values)


def _reached(moved: Mapping[Key, Change]) -> set[str]:
    """Whose contacts or rules change. Those of others are not touched: their owner may be changing them at this moment."""
    asked = {"contact", "notify"}
    return {
        name
        for (kind, name), change in moved.items()
        if kind == "people" and (change.verb is Verb.ADDED or any(field.field in asked and not field.kept for field in change.fields))
    }


def deactivate_in(keys: Iterable[Key], *, by: Actor, now: dt.datetime) -> None:
    """What a file no longer names stops being used. Nothing is deleted: pages, incidents and the audit name it.

    What people had in hand who leave by that goes to whoever is on call.
    """
    names: dict[str, list[str]] = {}
    for kind, name in keys:
        names.setdefault(kind, []).append(name)
    leaving = list(Person.objects.filter(handle__in=names.get("people", ()), is_active=True).values_list("id", flat=True))
    Person.objects.filter(id__in=leaving).update(is_active=False)
    retire_in(names.get("heartbeats", ()), now=now)
    retire_stale_in(names.get("stale", []))
    for kind, model in MODELS.items():
        model._default_manager.filter(name__in=names.get(kind, ())).update(is_active=False)
    if leaving:
        leave_in(leaving, by=by, now=now)


def remember_in(file: File, forgotten: Iterable[Key], *, now: dt.datetime) -> bool:
    """Keep what the file says for the next comparison, and the parts that are not active yet. True when that is anything new."""
    rows: dict[Key, tuple[Any, str]] = {("organization", ""): ({"organization": file.organization, "last_resort": file.last_resort}, "")}
    rows |= {(entry.kind, entry.name): (entry.full, json.dumps(entry.words, ensure_ascii=False)) for entry in file.entries}
    rows[FILE, SECTIONS] = (list(file.sections), "")
    there = {(row.kind, row.name): row for row in Applied.objects.all()}
    fresh = [
        Applied(kind=kind, name=name, content=sealed(kind, content), words=sealed_words(kind, words), position=position, applied_at=now)
        for position, ((kind, name), (content, words)) in enumerate(rows.items())
        if not _says(there.get((kind, name)), content, words, position)
    ]
    gone = [there[key].pk for key in forgotten if key in there]
    Applied.objects.bulk_create(
        fresh, update_conflicts=True, unique_fields=["kind", "name"], update_fields=["content", "words", "position", "applied_at"]
    )
    Applied.objects.filter(pk__in=gone).delete()
    _order_schedules_in(file)
    order_phones_in(file)
    order_mailboxes_in(file)
    order_chats_in(file)
    order_trackers_in(file)
    order_platforms_in(file)
    order_queues_in(file)
    order_programs_in(file)
    return bool(fresh or gone)


def _says(row: Applied | None, content: Any, words: str, position: int) -> bool:
    if row is None or (content_of(row), row.position) != (content, position):
        return False
    said = words_of(row)
    return (json.dumps(said, ensure_ascii=False) if said is not None else "") == words  # the order of its keys counts: export keeps it


def _order_schedules_in(file: File) -> None:
    """Schedules are shown in the file's order."""
    order = {entry.name: position for position, entry in enumerate(file.of("schedules"))}
    rows = [row for row in Schedule.objects.filter(name__in=order) if row.position != order[row.name]]
    for row in rows:
        row.position = order[row.name]
    Schedule.objects.bulk_update(rows, ["position"])
