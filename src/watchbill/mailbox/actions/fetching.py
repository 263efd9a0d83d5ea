"""A mail, or one thing that is attached to it, leaves as bytes: whoever fetched it is asked after a leak."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor, Entry, record_in
from watchbill.kernel.errors import NotFound
from watchbill.mailbox.models import Letter
from watchbill.mailbox.rules.attached import content_of
from watchbill.mailbox.selectors import letter_of
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of


@transaction.atomic(durable=True)
def fetch(number: int, letter_id: int, *, person: Person, actor: Actor, now: dt.datetime) -> bytes:
    """The mail as it came. Raises NotFound."""
    letter = letter_of(viewer_of(person), number, letter_id)
    _record_in(letter, "fetch", actor, now)
    return bytes(letter.raw or b"")


@transaction.atomic(durable=True)
def fetch_attached(number: int, letter_id: int, which: int, *, person: Person, actor: Actor, now: dt.datetime) -> tuple[str, bytes]:
    """Name and bytes of one attachment; `which` counts from 1. Raises NotFound."""
    letter = letter_of(viewer_of(person), number, letter_id)
    found = content_of(bytes(letter.raw or b""), which - 1)
    if found is None:
        raise NotFound(f"This mail has no attachment {which}. The thread says what is attached.")
    _record_in(letter, "fetch_attached", actor, now, attached=which)
    return found


def _record_in(letter: Letter, act: str, actor: Actor, now: dt.datetime, **detail: int) -> None:
    team = letter.thread.mailbox.team_id
    detail = {"letter": letter.pk, **detail}
    record_in([Entry(f"mail.{act}", "mail", str(letter.thread_id), team_id=team, restricted=True, detail=detail)], by=actor, now=now)
