"""What failed to be written outside is tried again because somebody says so: they mended the token, the channel, the name of a person there."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.handoff.actions.telling import WORTH_SAYING, say_it_in, write_it_in
from watchbill.handoff.models import Handoff
from watchbill.handoff.selectors import by_id
from watchbill.kernel.errors import Refused
from watchbill.notifications.chats.actions import notices_again_in
from watchbill.people.models import Person
from watchbill.people.permissions import Verb
from watchbill.people.selectors import viewer_of
from watchbill.response.actions.case import finish_in, open_case_in
from watchbill.trackers.actions.wanting import again_in


@transaction.atomic(durable=True)
def write_again(handoff_id: int, *, person: Person, actor: Actor, now: dt.datetime) -> Handoff:
    """What of this hand-off could not be written is due at once. What stands there is written once, however often somebody asks.

    Raises Refused when nothing has failed.
    """
    row = by_id(viewer_of(person), handoff_id)
    case = open_case_in(row.incident.number, Verb.RESPOND, person=person, actor=actor, now=now)
    never = list(row.records.select_for_update(no_key=True).filter(state="failed").order_by("id"))
    for record in never:
        (say_it_in if record.place == "chat" else write_it_in)(case, record)
    postings = [each.posting_id for each in row.records.all() if each.posting_id is not None]
    again = notices_again_in(postings, until=now + WORTH_SAYING, now=now) + again_in(case.incident.id, now=now)
    if not never and not again:
        raise Refused("Nothing of this hand-off has failed: what is not written yet is on its way.")
    case.record("handoff.write_again", handoff=row.id, places=len(never) + again)
    finish_in(case)
    return row
