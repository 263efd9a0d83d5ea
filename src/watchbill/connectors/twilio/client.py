"""Sends by Twilio's own client, whose requests leave by our guarded one."""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from watchbill.connectors.failures import PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.outgoing import Outgoing, Reply
from watchbill.connectors.phone.providers import Provider

HOME = "https://api.twilio.com"
PATIENCE = 6.0  # seconds: what takes longer must leave time for the next method
RINGS = 25  # seconds: mailboxes commonly take a call after 30
EVENTS = ["initiated", "ringing", "answered", "completed"]
STOPPED = 21610


async def send_text(outgoing: Outgoing, provider: Provider, *, to: str, text: str, ref: str) -> str:
    """Hand a text message over; its sid. Raises one of `failures`."""
    back = f"{settings.PUBLIC_URL}/in/twilio/{provider.name}/message/{ref}"
    return await _create(
        outgoing, provider, lambda client: client.messages.create_async(to=to, from_=provider.sender, body=text, status_callback=back)
    )


async def call(outgoing: Outgoing, provider: Provider, *, to: str, ref: str) -> str:
    """Place a call; its sid. What is said is asked for when somebody, or something, answers."""
    base = f"{settings.PUBLIC_URL}/in/twilio/{provider.name}"
    asked = {
        "to": to,
        "from_": provider.sender,
        "url": f"{base}/voice/{ref}",
        "method": "POST",
        "timeout": RINGS,
        "machine_detection": "Enable",
    }
    told = {"status_callback": f"{base}/status/{ref}", "status_callback_event": EVENTS, "status_callback_method": "POST"}
    return await _create(outgoing, provider, lambda client: client.calls.create_async(**asked, **told))


async def _create(outgoing: Outgoing, provider: Provider, create: Callable[[Any], Awaitable[Any]]) -> str:
    rest: Any = await asyncio.to_thread(importlib.import_module, "twilio.rest")
    client = rest.Client(provider.account, provider.token, http_client=_Guarded(outgoing, provider.url))
    try:
        made = await create(client)
        sid, status, code = str(made.sid or ""), str(made.status or ""), getattr(made, "error_code", None)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnknownEnd("Twilio answered something that is not what it documents.") from error
    if code or status in ("failed", "undelivered", "canceled"):
        raise PermanentFailure(f"Twilio took it and answered {status}{f', error {code}' if code else ''}.")
    if not sid:
        raise UnknownEnd("Twilio took it without giving it a sid.")
    return sid


class _Guarded:
    """What Twilio's client calls to send. Its own would resolve names where no guard stands, and follow proxies of the environment."""

    is_async = True
    timeout = None

    def __init__(self, outgoing: Outgoing, url: str) -> None:
        self._outgoing, self._url = outgoing, url.rstrip("/")

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002  the client's signature
        allow_redirects: bool = False,  # noqa: ARG002
    ) -> Any:
        address = url.replace(HOME, self._url, 1) + (f"?{urlencode(params, doseq=True)}" if params else "")
        lines = {name: value for name, value in (headers or {}).items() if name.lower() != "user-agent"}
        if auth:
            lines["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        body = urlencode(data or {}, doseq=True).encode()
        sent = [(name.encode(), str(value).encode()) for name, value in lines.items()]
        reply = await self._outgoing.ask(method.upper(), address, headers=sent, body=body, whole=PATIENCE)
        _judge(reply)
        response: Any = importlib.import_module("twilio.http.response")
        return response.Response(reply.status, reply.body.decode(errors="replace"))


def _judge(reply: Reply) -> None:
    """Raises what a status other than 2xx means."""
    if 200 <= reply.status < 300:
        return
    try:
        told = json.loads(reply.body)
        code, words = told.get("code"), str(told.get("message") or "")
    except (ValueError, AttributeError):
        code, words = None, ""
    said = " ".join("".join(c if c.isprintable() else " " for c in words).split())[:160].rstrip(".")
    because = f" ({code}{f': {said}' if said else ''})" if code else ""
    if reply.status >= 500 or reply.status in (401, 403, 408, 429):
        raise TemporaryFailure(f"Twilio answered {reply.status}{because}.")
    if code == STOPPED:
        raise PermanentFailure("Twilio sends nothing there: the number answered STOP (21610); START brings it back.")
    raise PermanentFailure(f"Twilio refused it{because or f', {reply.status}'}.")
