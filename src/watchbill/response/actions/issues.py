"""What people say and do on the tracking issue of an incident: told in its story. A human word there is one here; closing it resolves nothing.

And what could not be written outside is tried again because somebody says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.actions import Line, tell_in
from watchbill.incidents.models import Incident
from watchbill.incidents.rules import plain
from watchbill.kernel import bus
from watchbill.kernel.errors import Refused
from watchbill.notifications.chats import actions as chats
from watchbill.paging.actions import word_in
from watchbill.people.models import Person
from watchbill.people.permissions import Verb
from watchbill.response.actions.case import Outcome, finish_in, lock_in, open_case_in, outcome
from watchbill.trackers.actions.wanting import again_in
from watchbill.trackers.messages import News, Told

LONGEST = 5000  # of a comment in the story; all of it is in the tracker


def tell_of_issue_in(news: News, *, tracker: str, now: dt.datetime) -> None:
    """Lines of the story, and when somebody last said something, which holds back what asks for a word. In the open transaction."""
    if not news.lines or news.incident_id is None:
        return
    case = lock_in(news.incident_id, actor=Actor(name=tracker, via=tracker), now=now)
    if case is None:
        return
    for kind, text, _ in news.lines:
        case.tell(kind, _short(text))
    case.record("issue.news", lines=len(news.lines))
    word = max((at for _, _, at in news.lines if at is not None), default=None)
    incident = case.incident
    if word is None or (incident.word_at is not None and incident.word_at >= word):
        finish_in(case)
        return
    incident.word_at = min(word, now)
    finish_in(case, "word_at")
    if incident.status != Incident.Status.RESOLVED:
        word_in(incident.id, now=now)


def tell_of_writes_in(told: Sequence[Told], *, now: dt.datetime) -> None:
    """How writes on tracking issues ended, in the open transaction that recorded it. No incident is locked: whoever acts on it waits for that row."""
    known = [(one.incident_id, one) for one in told if one.incident_id is not None]
    tell_in([Line(id_, one.kind, one.text, None, "engine", dict(one.data)) for id_, one in known], now=now)
    bus.boards_changed({id_ for id_, _ in known})


@transaction.atomic(durable=True)
def write_again(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """What could not be written about it, on its issue or in chats, is due at once: somebody mended what was in the way.

    Raises Refused when nothing has failed.
    """
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    count = again_in(case.incident.id, now=now) + chats.again_in(case.incident.id, now=now)
    if not count:
        raise Refused(f"Nothing that is written about #{number} has failed: what is not there yet is on its way.")
    case.record("incident.write_again", places=count)
    finish_in(case)
    return outcome(case, f"What could not be written about #{number} is tried again now.")


def _short(text: str) -> str:
    text = plain(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
