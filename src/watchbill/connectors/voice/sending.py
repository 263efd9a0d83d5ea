"""Places a call by the first provider that takes it. Whether a human answered is told later; what is said is asked for then."""

from __future__ import annotations

import datetime as dt

from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.phone.failover import Failover, Store
from watchbill.connectors.phone.providers import VOICE, Provider
from watchbill.connectors.twilio import client as twilio
from watchbill.notifications.messages import Accepted, Message
from watchbill.notifications.rules import CONFIRM_CALL


class Caller:
    """Calls."""

    def __init__(self, outgoing: Outgoing, store: Store | None = None) -> None:
        self._outgoing = outgoing
        self._failover = Failover(VOICE, store)

    async def send(self, message: Message, *, now: dt.datetime) -> Accepted:
        async def by(provider: Provider) -> str:
            return await twilio.call(self._outgoing, provider, to=message.address, ref=message.public_id)

        return await self._failover.send(message, by, confirm_within=CONFIRM_CALL, now=now)

    async def close(self) -> None:
        """Nothing of its own is open: the client is shared."""


def connector(*, outgoing: Outgoing, signing_key: str) -> Caller:  # noqa: ARG001  every connector is made alike
    """What the registry asks for."""
    return Caller(outgoing)
