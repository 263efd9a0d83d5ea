"""Who asks in a chat, proved, and what may be talked about there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from watchbill.audit.actions import Actor
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import by_number
from watchbill.kernel.errors import Refused
from watchbill.notifications.chats.selectors import Settings
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of
from watchbill.response.selectors import url_of

STRANGER = "Watchbill does not know who you are here. Prove it once: `/watchbill link`"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, proved, in which chat."""

    person: Person
    actor: Actor
    chat: Settings
    now: dt.datetime


def caller(chat: Settings, person: Person, user: str, *, now: dt.datetime) -> Caller:
    """Somebody whose account in the chat is proved."""
    return Caller(person, Actor(person.handle, chat.kind, person.id, {"chat": chat.name, "chat_user": user}), chat, now)


def open_talk(number: int, who: Caller, instead: str) -> Incident:
    """The incident, when what is known of it may be said in a chat. Raises NotFound, and Refused for a restricted one."""
    found = by_number(viewer_of(who.person), number)
    if found.restricted:
        raise Refused(f"#{number} is restricted: what is known of it stays out of chats. {instead}: {url_of(number)}")
    return found
