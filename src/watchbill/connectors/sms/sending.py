"""Sends a text message by the first provider that takes it. Whether it arrived is told later."""

from __future__ import annotations

import datetime as dt

from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.phone import gateway
from watchbill.connectors.phone.failover import Failover, Store
from watchbill.connectors.phone.providers import SMS, TWILIO, Provider
from watchbill.connectors.sms.texts import text_of
from watchbill.connectors.twilio import client as twilio
from watchbill.notifications.messages import Accepted, Message
from watchbill.notifications.rules import CONFIRM_TEXT


class Texter:
    """Text messages."""

    def __init__(self, outgoing: Outgoing, store: Store | None = None) -> None:
        self._outgoing = outgoing
        self._failover = Failover(SMS, store)

    async def send(self, message: Message, *, now: dt.datetime) -> Accepted:
        text = text_of(message)

        async def by(provider: Provider) -> str:
            if provider.kind == TWILIO:
                return await twilio.send_text(self._outgoing, provider, to=message.address, text=text, ref=message.public_id)
            return await gateway.send_text(self._outgoing, provider, to=message.address, text=text, ref=message.public_id, now=now)

        return await self._failover.send(message, by, confirm_within=CONFIRM_TEXT, now=now)

    async def close(self) -> None:
        """Nothing of its own is open: the client is shared."""


def connector(*, outgoing: Outgoing, signing_key: str) -> Texter:  # noqa: ARG001  every connector is made alike
    """What the registry asks for."""
    return Texter(outgoing)
