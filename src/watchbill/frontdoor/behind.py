"""The other end of the relay, in the process of the pages: who asks is what the front door says, on its own socket and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from watchbill.frontdoor.requests import Application, Receive, Scope, Send
from watchbill.frontdoor.wire import CLIENT, client_of


class Behind:
    """The pages, and what else lives as long as their server does."""

    def __init__(self, pages: Application, alongside: Sequence[Callable[[], AbstractAsyncContextManager[Any]]] = ()) -> None:
        self.pages = pages
        self.alongside = alongside
        self.others = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] == "http":
            scope = known(scope)
        await self.pages(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                for other in self.alongside:
                    await self.others.enter_async_context(other())
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.others.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return


def known(scope: Scope) -> Scope:
    """The request with its client as the front door saw it, whose word is the last header. Over a network nobody is believed."""
    client = scope.get("client")
    headers = scope["headers"]
    if client and client[0]:  # only a Unix socket has no address
        return scope
    if not headers or headers[-1][0] != CLIENT:
        return scope
    return {**scope, "client": client_of(headers[-1][1]), "headers": headers[:-1]}
