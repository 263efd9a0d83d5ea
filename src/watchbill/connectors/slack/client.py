"""Slack as the desk's chat: post, edit, find again, a channel of one's own."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from watchbill.connectors.chat import Place, Room
from watchbill.connectors.chat.cards import Card
from watchbill.connectors.failures import PermanentFailure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.slack.api import Api
from watchbill.connectors.slack.blocks import card_blocks, card_text, list_blocks, list_text
from watchbill.notifications.chats.selectors import Settings

EVENT = "watchbill_incident"  # the type of the metadata by which a message is found again
PAGES = 20  # of the list of channels, a thousand each
NAMES = 5  # so many names are tried for a channel when the first is taken


class Client:
    """One workspace."""

    def __init__(self, chat: Settings, outgoing: Outgoing) -> None:
        self._chat = chat
        self.api = Api(outgoing, chat.url, chat.token)

    async def check(self) -> str:
        answer = await self.api.call("auth.test")
        return f"{answer.get('user', '')} in {answer.get('team', '')}"

    async def post(self, channel: str, card: Card, ref: str) -> Place:
        answer = await self.api.call("chat.postMessage", channel=channel, unfurl_links=False, unfurl_media=False, **self._body(card, ref))
        return Place(str(answer.get("channel") or ""), str(answer.get("ts") or ""))

    async def edit(self, place: Place, card: Card, ref: str) -> None:
        await self.api.call("chat.update", channel=place.channel, ts=place.message, **self._body(card, ref))

    async def edit_list(self, place: Place, cards: Sequence[Card], ref: str) -> None:
        blocks = list_blocks(cards, answers=self._chat.answers)
        await self.api.call(
            "chat.update", channel=place.channel, ts=place.message, text=list_text(cards), blocks=blocks, metadata=metadata(ref)
        )

    async def find(self, channel: str, ref: str, since: dt.datetime) -> list[Place]:
        """The messages with that reference. None also where the app may not read the channel: then it is posted again."""
        try:
            channel = await self._located(channel)
            answer = await self.api.call(
                "conversations.history", channel=channel, oldest=f"{since.timestamp() - 5:.6f}", limit=100, include_all_metadata=True
            )
        except PermanentFailure:
            return []
        ours = [str(message["ts"]) for message in answer.get("messages") or () if _mark(message) == ref]
        return [Place(channel, at) for at in sorted(ours, key=float)]

    async def remove(self, place: Place) -> None:
        await self.api.call("chat.delete", channel=place.channel, ts=place.message)

    async def open_room(self, name: str, card: Card, users: Sequence[str], *, private: bool) -> Room:
        made = await self._created(name, private=private)
        channel, got = str(made["id"]), str(made.get("name") or name)
        topic = f"#{card.number} {card.title}"[:250]
        await self._try("conversations.setTopic", channel=channel, topic=topic)
        await self.invite(channel, users)
        return Room(channel, got, f"https://slack.com/app_redirect?channel={channel}")

    async def invite(self, channel: str, users: Sequence[str]) -> None:
        if users:
            await self._try("conversations.invite", channel=channel, users=",".join(users[:100]), force=True)

    async def _located(self, channel: str) -> str:
        """The id of a channel that the file names: only ids can be read. Raises PermanentFailure when the app sees none of that name."""
        if re.fullmatch(r"[CGD][A-Z0-9]{4,}", channel):
            return channel
        name, cursor = channel.removeprefix("#"), ""
        for _ in range(PAGES):
            answer = await self.api.call(
                "conversations.list", types="public_channel,private_channel", exclude_archived=True, limit=1000, cursor=cursor or None
            )
            for one in answer.get("channels") or ():
                if one.get("name") == name:
                    return str(one["id"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        raise PermanentFailure(f"The app sees no channel {channel}.")

    async def _created(self, name: str, *, private: bool) -> dict[str, Any]:
        for n in range(1, NAMES + 1):
            try:
                answer = await self.api.call("conversations.create", name=name if n == 1 else f"{name}-{n}", is_private=private)
                made: dict[str, Any] = answer["channel"]
                return made
            except PermanentFailure as error:
                if "name_taken" not in str(error) or n == NAMES:
                    raise
        raise PermanentFailure("No name for the channel was free.")

    async def _try(self, method: str, **fields: Any) -> None:
        """What a channel can be without: a topic, somebody who is in it already."""
        try:
            await self.api.call(method, **fields)
        except PermanentFailure:
            return

    def _body(self, card: Card, ref: str) -> dict[str, Any]:
        shown = card if self._chat.answers else replace(card, acts=())
        return {"text": card_text(card), "blocks": card_blocks(shown), "metadata": metadata(ref)}


def metadata(ref: str) -> dict[str, Any]:
    """By which a message of ours is found again."""
    return {"event_type": EVENT, "event_payload": {"posting": ref}}


def _mark(message: dict[str, Any]) -> str:
    """The reference that a message of ours carries."""
    mark = message.get("metadata") or {}
    return str((mark.get("event_payload") or {}).get("posting", "")) if mark.get("event_type") == EVENT else ""
