"""On which browsers is somebody signed in, and how does that end? Over Django's own sessions, which know nobody by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.contrib.sessions.models import Session
from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel.errors import NotFound
from watchbill.people.models import Person, SignIn

LONGEST_BROWSER = 80


def remember_session(person: Person, session_key: str, *, browser: str, address: str, now: dt.datetime) -> SignIn:
    """Know this session as theirs. Known already, nothing changes but the password that it stands on."""
    values = {"person": person, "fingerprint": _fingerprint(person)}
    made = {**values, "browser": browser[:LONGEST_BROWSER], "address": address[:45], "at": now}
    row, _ = SignIn.objects.update_or_create(session_key=session_key, defaults=values, create_defaults=made)
    return row


def sessions_of(person: Person, *, now: dt.datetime) -> list[SignIn]:
    """The sessions that still open something, the newest first."""
    rows = SignIn.objects.filter(person=person, fingerprint=_fingerprint(person)).order_by("-at", "-id")
    alive = set(
        Session.objects.filter(session_key__in=rows.values("session_key"), expire_date__gt=now).values_list("session_key", flat=True)
    )
    return [row for row in rows if row.session_key in alive]


@transaction.atomic(durable=True)
def end_session(person: Person, sign_in_id: int, *, by: Actor, now: dt.datetime) -> SignIn:
    """End one. Raises NotFound when it is not theirs, or over."""
    row = SignIn.objects.select_for_update().filter(pk=sign_in_id, person=person).first()
    if row is None:
        raise NotFound("You have no such session; it may be over already.")
    _end_in(person, [row.session_key], by=by, now=now)
    return row


@transaction.atomic(durable=True)
def end_other_sessions(person: Person, keep: str, *, by: Actor, now: dt.datetime) -> int:
    """End all but the one of this key; how many."""
    keys = [row.session_key for row in SignIn.objects.select_for_update().filter(person=person).exclude(session_key=keep)]
    return _end_in(person, keys, by=by, now=now) if keys else 0


def _end_in(person: Person, keys: Collection[str], *, by: Actor, now: dt.datetime) -> int:
    ended, _ = Session.objects.filter(session_key__in=keys, expire_date__gt=now).delete()
    Session.objects.filter(session_key__in=keys).delete()
    SignIn.objects.filter(session_key__in=keys).delete()
    record_in([Entry("person.sessions_end", "person", str(person.pk), detail={"handle": person.handle, "ended": ended})], by=by, now=now)
    return ended


def _fingerprint(person: Person) -> str:
    return str(person.get_session_auth_hash())[:16]
