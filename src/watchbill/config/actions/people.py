"""Write people, their contacts and their personal rules as a file says."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.hashers import make_password

from watchbill.config.actions.ids import Ids
from watchbill.config.rules import Full
from watchbill.notifications.addresses import clear, stored
from watchbill.notifications.models import Contact, Rule
from watchbill.people.models import Person

PLAIN = ("name", "email", "timezone", "region", "holidays", "hours")


def write_people_in(people: Mapping[str, Full], ids: Ids, *, now: dt.datetime, reached: Collection[str]) -> None:
    """Make and change people. New ones have no password: the operator invites them. `reached`: whose contacts and rules are written too."""
    rows = {person.handle: person for person in Person.objects.filter(handle__in=people)}
    new = [
        _fill(Person(handle=handle, password=make_password(None), created_at=now), full)
        for handle, full in people.items()
        if handle not in rows
    ]
    _free_mails_in([row for handle, row in rows.items() if row.email != people[handle]["email"]])
    Person.objects.bulk_update([_fill(row, people[handle]) for handle, row in rows.items()], [*PLAIN, "is_active"])
    Person.objects.bulk_create(new)
    ids.people.update({person.handle: person.id for person in new})
    by_id = {ids.people[handle]: people[handle] for handle in people if handle in reached}
    _write_contacts_in(by_id, now=now)
    _write_rules_in(by_id)


def _fill(row: Person, full: Full) -> Person:
    for field in PLAIN:
        setattr(row, field, full[field])
    row.is_active = full["active"]
    return row


def _free_mails_in(rows: list[Person]) -> None:
    """Two people may exchange their addresses: nobody holds one that changes while the new ones are written."""
    for row in rows:
        row.email = f"moving-{row.pk}@invalid"
    Person.objects.bulk_update(rows, ["email"])


def _write_contacts_in(people: Mapping[int, Full], *, now: dt.datetime) -> None:
    """The contacts of the file, in its order, verified by the operator. What it does not list is removed, not deleted: attempts name it.

    What a person added is not the file's (nor is a device that its owner made ring) and stays as it is, unless the file names the same
    address: then it becomes the file's.
    """
    there: dict[Any, list[Contact]] = defaultdict(list)
    for contact in (
        Contact.objects.filter(person_id__in=people, removed_at=None).exclude(verified_by="device").order_by("-verified_at", "-id")
    ):
        there[contact.person_id, contact.kind, clear(contact.kind, contact.address), contact.secret_env].append(contact)
    new, kept = [], []
    for person_id, full in people.items():
        for position, wanted in enumerate(full["contact"]):
            rows = there[person_id, wanted["kind"], wanted["address"], wanted["secret_env"]]
            if not rows:
                kept_as = {**wanted, "address": stored(wanted["kind"], wanted["address"])}
                new.append(Contact(person_id=person_id, position=position, verified_at=now, verified_by="operator", **kept_as))
                continue
            row = rows.pop()
            row.position, row.own = position, False
            if row.verified_at is None:
                row.verified_at, row.verified_by = now, "operator"
            kept.append(row)
    dropped = [row.pk for rows in there.values() for row in rows if row.verified_at is not None and not row.own]
    Contact.objects.filter(pk__in=dropped).update(removed_at=now)
    Contact.objects.bulk_update(kept, ["position", "verified_at", "verified_by", "own"])
    Contact.objects.bulk_create(new)


def _write_rules_in(people: Mapping[int, Full]) -> None:
    """Personal rules, replaced where they say something else. A rule is read when a page reaches its person; no evidence names it."""
    there: dict[int, dict[str, list[Any]]] = defaultdict(lambda: {"high": [], "low": []})
    for rule in Rule.objects.filter(person_id__in=people).order_by("position", "id"):
        there[rule.person_id][rule.urgency].append({"after": rule.after_seconds, "by": rule.kinds})
    changed = {person_id: full["notify"] for person_id, full in people.items() if there[person_id] != full["notify"]}
    Rule.objects.filter(person_id__in=changed).delete()
    Rule.objects.bulk_create(
        Rule(person_id=person_id, urgency=urgency, after_seconds=rule["after"], kinds=rule["by"], position=position)
        for person_id, notify in changed.items()
        for urgency, rules in notify.items()
        for position, rule in enumerate(rules)
    )
