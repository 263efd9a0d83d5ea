"""STOP and START: the owner of a number says whether it may be written to. Their managers are told, since one way to them is gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.notifications.actions.planning import plan_in
from watchbill.notifications.messages import Ask
from watchbill.notifications.models import Contact
from watchbill.people.models import Membership


@transaction.atomic(durable=True)
def silence(contacts: Sequence[Contact], *, by: Actor, now: dt.datetime) -> bool:
    """Nothing is sent there until START. False: it was silent already."""
    return _set(contacts, now, by=by, now=now)


@transaction.atomic(durable=True)
def speak_again(contacts: Sequence[Contact], *, by: Actor, now: dt.datetime) -> bool:
    """It may be written to again. False: it was not silent."""
    return _set(contacts, None, by=by, now=now)


def _set(contacts: Sequence[Contact], silent_at: dt.datetime | None, *, by: Actor, now: dt.datetime) -> bool:
    ids = [contact.pk for contact in contacts]
    locked = Contact.objects.select_for_update(of=("self",)).filter(pk__in=ids, silent_at__isnull=silent_at is not None).order_by("pk")
    changed = list(locked.select_related("person"))
    if not changed:
        return False
    Contact.objects.filter(pk__in=[contact.pk for contact in changed]).update(silent_at=silent_at)
    action = "contact.stop" if silent_at else "contact.start"
    record_in([Entry(action, "contact", str(contact.pk), detail={"kind": contact.kind}) for contact in changed], by=by, now=now)
    _tell_managers_in(changed[0], stopped=silent_at is not None, now=now)
    return True


def _tell_managers_in(contact: Contact, *, stopped: bool, now: dt.datetime) -> None:
    person = contact.person
    teams = Membership.objects.filter(person=person, team__is_active=True).values("team_id")
    managers = Membership.objects.filter(team__in=teams, role="manager", person__is_active=True).exclude(person=person)
    what = "stopped text messages" if stopped else "takes text messages again"
    more = "Until START they are reached by their other ways only." if stopped else ""
    content = {"title": f"{person.name} {what} to the number ending {contact.address[-4:]}", "reason": more, "restricted": False}
    plan_in(
        [Ask(each, "status", None, None, None, None, "low", content) for each in sorted(set(managers.values_list("person_id", flat=True)))],
        now=now,
    )
