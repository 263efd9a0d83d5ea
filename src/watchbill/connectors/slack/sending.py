"""A notification as a direct message, with buttons where somebody hears them."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

from watchbill.connectors.failures import PermanentFailure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.slack.api import Api
from watchbill.connectors.slack.blocks import escape, message_blocks
from watchbill.notifications.chats import selectors
from watchbill.notifications.chats.actions import name_means
from watchbill.notifications.chats.models import ChatName
from watchbill.notifications.chats.selectors import Settings
from watchbill.notifications.messages import Message
from watchbill.notifications.texts import subject

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
        await api.call(
            "chat.postMessage",
            channel=user,
            text=escape(subject(message)),
            blocks=message_blocks(message, answers=chat.answers),
            unfurl_links=False,
            unfurl_media=False,
        )

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
            raise PermanentFailure(f"The chat {found[0].name} waits for {', '.join(found[0].missing)}.")
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
