"""Which chats work here, who is somebody there, and what is due to be posted? Only reads."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q

from watchbill.kernel.errors import NotFound, NotReady
from watchbill.notifications.chats.models import Chat, ChatName, Posting
from watchbill.notifications.models import Contact
from watchbill.people.models import Person

NAMES = {"slack": "Slack"}
OLDEST_LOOK = dt.timedelta(minutes=3)  # an engine that has a chat in hand looks at it every minute


@dataclass(frozen=True, slots=True)
class Settings:
    """A chat with its secrets as the environment has them now. `missing`: variables that it names and that are not set."""

    id: int
    name: str
    kind: str
    url: str
    writes: frozenset[str]
    missing: tuple[str, ...]
    token: str = field(default="", repr=False)
    signing: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)

    @property
    def works(self) -> bool:
        return not self.missing

    @property
    def answers(self) -> bool:
        """Can somebody who presses a button there be heard?"""
        return self.works and bool(self.signing or self.app_token)

    @property
    def why_not(self) -> str:
        """Why nothing is posted there, as a sentence for everybody; empty when it is."""
        if self.missing:
            return not_set_up(self)
        return "" if "post" in self.writes else f"The chat {self.name} may not post: `writes` has no `post`."


def chats() -> list[Settings]:
    """Every chat of this installation, the first of each kind before the others."""
    return [settings_of(row) for row in Chat.objects.filter(is_active=True).order_by("position", "id")]


def find(kind: str, name: str) -> Settings:
    """The chat of that name. Raises NotFound, or NotReady while one of its variables is missing."""
    row = Chat.objects.filter(kind=kind, name=name, is_active=True).first() if "\0" not in name else None
    if row is None:
        raise NotFound(f"There is no chat of that name here. Expected the name of a chat of kind {kind} of the configuration file.")
    found = settings_of(row)
    if not found.works:
        raise NotReady(not_set_up(found))
    return found


def settings_of(row: Chat) -> Settings:
    """The row with what the environment has for it."""
    variables = [row.token_env, row.signing_env, row.app_token_env]
    token, signing, app_token = (os.environ.get(name, "") if name else "" for name in variables)
    missing = tuple(sorted({name for name in variables if name and not os.environ.get(name)}))
    return Settings(row.id, row.name, row.kind, row.url, frozenset(row.writes), missing, token, signing, app_token)


def idle() -> dict[str, str]:
    """Of every chat: why nothing is posted there; empty where it is."""
    return {chat.name: chat.why_not for chat in chats()}


def posting_now(*, now: dt.datetime) -> set[str]:
    """Names of the chats that messages go to. The secrets of one need not be here, as on a command line: an engine that has them looks at
    its chat every minute."""
    found = set()
    for row in Chat.objects.filter(is_active=True):
        chat = settings_of(row)
        if "post" in chat.writes and (chat.works or (row.looked_at is not None and now - row.looked_at <= OLDEST_LOOK)):
            found.add(chat.name)
    return found


def why_not(kind: str) -> str:
    """Why nobody can be reached by this kind of chat, for everybody; empty when somebody can."""
    found = [chat for chat in chats() if chat.kind == kind]
    if not found:
        return f"No chat of kind {kind} is in the configuration file."
    return "" if any(chat.works for chat in found) else " ".join(not_set_up(chat) for chat in found)


def not_set_up(chat: Settings) -> str:
    """What is missing is for the operator alone: whoever sees an incident reads this."""
    return f"{NAMES.get(chat.kind, chat.kind)} is not set up: the chat {chat.name} is not active here. `watchbill doctor` names what is missing."


def split_address(address: str) -> tuple[str, str]:
    """(chat, who): a contact names its chat as `CHAT:who`; without, it is of the first chat of its kind."""
    chat, _, who = address.rpartition(":")
    return chat, who


def chat_of(address: str, kind: str) -> Settings | None:
    """The chat in which that contact lives."""
    name, _ = split_address(address)
    found = [chat for chat in chats() if chat.kind == kind and (not name or chat.name == name)]
    return found[0] if found else None


def person_of(chat: Settings, user: str) -> Person | None:
    """Whose account the user of that chat is, by a contact that is proved. None when nobody's, or when two people claim it."""
    names = set(ChatName.objects.filter(chat_id=chat.id, user=user).values_list("name", flat=True))
    addresses = {f"{chat.name}:{who}" for who in (user, *names)}
    if _is_first(chat):
        addresses |= {user, *names}
    verified = Contact.objects.filter(kind=chat.kind, address__in=addresses, verified_at__isnull=False, removed_at=None)
    people = list(Person.objects.filter(id__in=verified.values("person_id"), is_active=True)[:2])
    return people[0] if len(people) == 1 else None


def users_of(chat: Settings, person_ids: Sequence[int]) -> list[str]:
    """The users of that chat who are these people, as far as they are proved, in the order given."""
    names = dict(ChatName.objects.filter(chat_id=chat.id).values_list("name", "user"))
    first = _is_first(chat)
    found: dict[int, str] = {}
    rows = Contact.objects.filter(kind=chat.kind, person_id__in=person_ids, verified_at__isnull=False, removed_at=None).order_by(
        "position", "id"
    )
    for person_id, address in rows.values_list("person_id", "address"):
        where, who = split_address(address)
        if where == chat.name or (first and not where):
            user = names.get(who, "" if who.startswith("@") else who)
            if user:
                found.setdefault(person_id, user)
    return [found[person_id] for person_id in dict.fromkeys(person_ids) if person_id in found]


def _is_first(chat: Settings) -> bool:
    return Chat.objects.filter(kind=chat.kind, is_active=True).order_by("position", "id").values_list("id", flat=True).first() == chat.id


def postings_of(incident_id: int) -> list[Posting]:
    """The messages about an incident in channels, in the order in which they were asked for."""
    return list(Posting.objects.filter(incident_id=incident_id, notification_id=None).select_related("chat").order_by("id"))


@dataclass(frozen=True, slots=True)
class State:
    """Does a chat answer, and is it listened to? Times are of the last look; `unwritten`: messages that could not be written."""

    chat: Settings
    looked_at: dt.datetime | None
    said: str
    error: str
    heard_at: dt.datetime | None
    unwritten: int


def states() -> list[State]:
    """How the engine last found every chat."""
    unwritten = dict(Posting.objects.filter(~Q(error="")).values_list("chat_id").annotate(many=Count("id")))
    rows = Chat.objects.filter(is_active=True).order_by("position", "id")
    return [State(settings_of(row), row.looked_at, row.said, row.error, row.heard_at, unwritten.get(row.id, 0)) for row in rows]


def next_due(*, after: dt.datetime) -> dt.datetime | None:
    """When the next message must be looked at, if one must after that moment."""
    return Posting.objects.filter(due_at__gt=after).order_by("due_at").values_list("due_at", flat=True).first()
