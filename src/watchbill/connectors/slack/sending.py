"""A notification as a direct message, with buttons where somebody hears them."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import DatabaseError, connection

from watchbill.connectors.failures import PermanentFailure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.slack.api import Api
from watchbill.connectors.slack.blocks import escape, message_blocks
from watchbill.connectors.slack.client import metadata
from watchbill.notifications.chats import selectors
from watchbill.notifications.chats.actions import name_means, sent_directly
from watchbill.notifications.chats.messages import Direct
from watchbill.notifications.chats.models import ChatName
from watchbill.notifications.chats.selectors import Settings
from watchbill.notifications.messages import Message
from watchbill.notifications.selectors import incidents_of
from watchbill.notifications.texts import subject

log = logging.getLogger(__name__)

FRESH = 3.0  # seconds for which what is stored about chats is remembered
MOST_LOOKED = 200  # pages of the list of users, 30 each, that are looked through for a @name

Result = TypeVar("Result")


class Sender:
    """Sends by the chat in which a contact lives. What is stored is read beside the event loop."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._apis: dict[Settings, Api] = {}
        self._chats: tuple[float, list[Settings]] = (float("-inf"), [])

    async def send(self, message: Message, *, now: dt.datetime) -> None:
        chat = await self._chat(message.address)
        api = self._apis.get(chat) or self._apis.setdefault(chat, Api(self._outgoing, chat.url, chat.token))
        user = await self._user(chat, api, message.address, now)
        answer = await api.call(
            "chat.postMessage",
            channel=user,
            text=escape(subject(message)),
            blocks=message_blocks(message, answers=chat.answers),
            metadata=metadata(message.public_id),
            unfurl_links=False,
            unfurl_media=False,
        )
        if message.kind == "page" and message.incident_id is not None and answer.get("ts"):
            await _kept(message, chat, user, str(answer.get("channel") or ""), str(answer["ts"]), now)

    async def close(self) -> None:
        """Nothing of its own is open: the client is shared."""

    async def _chat(self, address: str) -> Settings:
        if time.monotonic() - self._chats[0] > FRESH:
            self._chats = (time.monotonic(), await _stored(selectors.chats))
        name, _ = selectors.split_address(address)
        found = [chat for chat in self._chats[1] if chat.kind == "slack" and (not name or chat.name == name)]
        if not found:
            raise PermanentFailure(f"There is no Slack chat {name or ''} in the configuration file.".replace("  ", " "))
        if not found[0].works:
            raise PermanentFailure(selectors.not_set_up(found[0]))
        return found[0]

    async def _user(self, chat: Settings, api: Api, address: str, now: dt.datetime) -> str:
        """The id of the user; a @name is asked once and kept."""
        _, who = selectors.split_address(address)
        if not who.startswith("@"):
            return who
        known = await _stored(lambda: ChatName.objects.filter(chat_id=chat.id, name=who).values_list("user", flat=True).first())
        if known:
            return known
        user = await _looked_up(api, who[1:])
        await _stored(lambda: name_means(chat.id, who, user, now=now))
        return user


async def _kept(message: Message, chat: Settings, user: str, place: str, ts: str, now: dt.datetime) -> None:
    """From now on it is edited to what is true. It has arrived, whatever fails here: then it stays as it is."""

    def keep() -> None:
        ids = tuple(incidents_of(message.notification_id)) if message.count > 1 else ()
        own = message.incident_id
        assert own is not None
        incidents = (own, *(each for each in ids if each != own))
        direct = Direct(message.notification_id, message.public_id, chat.id, user, place, ts, incidents, message.possible_duplicate)
        sent_directly(direct, now=now)

    try:
        await _stored(keep)
    except (DatabaseError, psycopg.Error) as error:
        log.warning("a direct message will not be brought up to date: %s", type(error).__name__, extra={"chat": chat.name})


async def _looked_up(api: Api, name: str) -> str:
    """Ids of users with exactly that name, which the workspace keeps unique. Display names are not: they prove nobody."""
    cursor = ""
    for _ in range(MOST_LOOKED):
        answer = await api.call("users.list", limit=30, cursor=cursor or None)
        for member in answer.get("members") or ():
            if member.get("name") == name and not member.get("deleted") and not member.get("is_bot"):
                return str(member["id"])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    raise PermanentFailure(f"Slack knows no user @{name[:40]}. Write the member id instead: profile, three dots, *Copy member ID*.")


async def _stored(read: Callable[[], Result]) -> Result:
    def go() -> Result:
        try:
            return read()
        finally:
            connection.close()

    return await asyncio.to_thread(go)


def connector(*, outgoing: Outgoing, signing_key: str) -> Sender:  # noqa: ARG001  every connector is made alike
    """What the registry asks for."""
    return Sender(outgoing)
