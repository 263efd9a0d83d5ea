"""Sends a notification by SMTP. 4xx is temporary, 5xx is for good; a connection that breaks after the text was sent is an unknown end.

The server is the operator's own setting (WATCHBILL_SMTP_URL), commonly on this machine or this network: the guard of outgoing requests is
for addresses that others can set, and does not stand before it. `smtp://` uses STARTTLS when the server offers it, and demands it before
a password crosses a network; `smtps://` is encrypted from the start. Options: `?starttls=required|off`, `?ca=FILE`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from django.conf import settings
from django.db import DatabaseError, connection

from watchbill.connectors.failures import Failure, PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.outgoing import Outgoing
from watchbill.intake.selectors.mailboxes import read_for
from watchbill.kernel.errors import Invalid
from watchbill.notifications.invitations import invitations
from watchbill.notifications.messages import Message
from watchbill.notifications.signing import reply_part
from watchbill.notifications.texts import html, plain, subject

STEP = 10.0  # seconds for one answer of the server
WHOLE = 30.0  # seconds for one mail
FRESH = 5.0  # seconds for which the mailbox of answers is believed
ANSWERED = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>")
IDLE = 20.0  # seconds for which a connection is kept
SEVEN_BIT = WIRE.clone(cte_type="7bit")
OURS = "X-Watchbill-Notification"  # no Watchbill takes such a mail for an alert
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes out."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    implicit_tls: bool = False
    starttls: bool | None = None  # None: when offered
    ca_file: str | None = None


def server_of(url: str) -> Server:
    """Read WATCHBILL_SMTP_URL. Raises Invalid with what was expected."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid("WATCHBILL_SMTP_URL is not a URL; expected smtp://user:password@host:port.") from error
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise Invalid("WATCHBILL_SMTP_URL must begin with smtp:// or smtps:// and name a host, as in smtp://user:password@host:587.")
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    wish = {"required": True, "off": False}.get(options.get("starttls", ""))
    implicit = parts.scheme == "smtps"
    if wish is None and parts.username and parts.hostname not in LOCAL:
        wish = True  # a password never crosses a network in the clear unless the operator says so
    return Server(
        host=parts.hostname,
        port=port or (465 if implicit else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        implicit_tls=implicit,
        starttls=False if implicit else wish,
        ca_file=options.get("ca"),
    )


class Mailer:
    """Keeps a few connections open and sends one mail at a time on each."""

    def __init__(
        self, server: Server, sender: str, *, step: float = STEP, whole: float = WHOLE, answers_to: Callable[[], str] = lambda: ""
    ) -> None:
        """`answers_to`: the address of the mailbox in which answers are read, asked now and then; empty: they are not."""
        self._server = server
        self._sender = sender
        self._step, self._whole = step, whole
        self._answers_to = answers_to
        self._known: tuple[float, str] | None = None
        self._idle: list[tuple[float, aiosmtplib.SMTP]] = []
        self._tls = ssl.create_default_context(cafile=server.ca_file)

    async def send(self, message: Message, *, now: datetime) -> None:
        data = compose(message, self._sender, now=now, mailbox=await self._mailbox()).as_bytes(policy=SEVEN_BIT)
        await self.send_mail(message.address, data)

    async def send_mail(self, address: str, data: bytes) -> None:
        """A mail that is written already."""
        try:
            async with asyncio.timeout(self._whole):
                client = await self._connected()
                await self._deliver(client, address, data)
        except Failure:
            raise
        except TimeoutError as error:
            raise UnknownEnd(f"The mail server did not finish within {self._whole:g} s.") from error
        self._idle.append((time.monotonic(), client))

    async def close(self) -> None:
        """Say good-bye to the server."""
        while self._idle:
            _, client = self._idle.pop()
            await _drop(client)

    async def _mailbox(self) -> str:
        """Where answers are read. That it cannot be found out holds no mail back."""
        if self._known is None or time.monotonic() - self._known[0] > FRESH:
            address = self._known[1] if self._known is not None else ""
            with contextlib.suppress(DatabaseError):
                address = await asyncio.to_thread(self._answers_to)
            self._known = (time.monotonic(), address)
        return self._known[1]

    async def _connected(self) -> aiosmtplib.SMTP:
        """A connection that is known to answer, or a new one."""
        while self._idle:
            since, client = self._idle.pop()
            if time.monotonic() - since < IDLE and client.is_connected:
                with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                    await client.rset()
                    return client
            await _drop(client)
        s = self._server
        client = aiosmtplib.SMTP(
            hostname=s.host,
            port=s.port,
            username=s.user or None,
            password=s.password or None,
            use_tls=s.implicit_tls,
            start_tls=s.starttls,
            tls_context=self._tls,
            timeout=self._step,
            local_hostname=domain(self._sender),
        )
        try:
            await client.connect()
        except aiosmtplib.SMTPAuthenticationError as error:
            await _drop(client)
            raise TemporaryFailure("The mail server refused the user name or password of WATCHBILL_SMTP_URL.") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            await _drop(client)
            raise TemporaryFailure(f"No connection to the mail server: {_said(error)}") from error
        return client

    async def _deliver(self, client: aiosmtplib.SMTP, address: str, data: bytes) -> None:
        """MAIL, RCPT, DATA one by one: only what breaks during DATA leaves the end unknown."""
        text_sent = False
        try:
            await client.mail(parseaddr(self._sender)[1] or self._sender)
            await client.rcpt(address)
            text_sent = True
            await client.data(data)
        except aiosmtplib.SMTPResponseException as error:
            await _drop(client)
            said = f"The mail server answered {error.code}: {_said(error)}"
            raise (PermanentFailure if 500 <= error.code < 600 else TemporaryFailure)(said) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            await _drop(client)
            raise (UnknownEnd if text_sent else TemporaryFailure)(f"The mail server did not answer: {_said(error)}") from error
        except UnicodeError as error:
            await _drop(client)
            raise PermanentFailure("The mail address has letters that this mail server does not take.") from error


def connector(*, outgoing: Outgoing, signing_key: str) -> Mailer:  # noqa: ARG001  every connector is made alike
    """What the registry asks for."""
    return Mailer(server_of(settings.SMTP_URL), settings.MAIL_FROM, answers_to=_answers_to)


def _answers_to() -> str:
    try:
        return read_for("replies")
    finally:
        connection.close()


def compose(message: Message, sender: str, *, now: datetime, mailbox: str = "") -> EmailMessage:
    """The mail. Its Message-ID is the notification's, the same for every attempt, so that mail programs show one.

    `mailbox`: the address in which answers are read; each mail about an incident gets one of its own there.
    """
    answered = bool(mailbox) and message.incident_id is not None
    answers = next((str(content["answers"]) for content in message.contents if content.get("answers")), "")
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.address
    mail["Subject"] = subject(message)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message.public_id}@{domain(sender)}>"
    numbers = [content["number"] for content in message.contents if content.get("number")]
    if numbers:  # one thread for each incident
        mail["References"] = " ".join(f"<incident-{number}@{domain(sender)}>" for number in numbers[:20])
    if answered:
        local, _, host = mailbox.rpartition("@")
        mail["Reply-To"] = f"{local}+{reply_part(message.notification_id)}@{host}"
    if ANSWERED.fullmatch(answers):
        mail["In-Reply-To"] = answers
    mail["Auto-Submitted"] = "auto-replied" if answers else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail[OURS] = message.public_id
    mail["X-Priority"] = "1" if message.kind == "page" else "3"
    mail.set_content(plain(message, answered=answered))
    mail.add_alternative(html(message, answered=answered), subtype="html")
    for method, text in invitations(message, sender=sender, base=settings.PUBLIC_URL.rstrip("/")):
        mail.add_attachment(text, maintype="text", subtype="calendar", filename="watch.ics", params={"method": method, "charset": "utf-8"})
    return mail


def domain(sender: str) -> str:
    """The part behind the @ of the address we send as."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


async def _drop(client: aiosmtplib.SMTP) -> None:
    client.close()


def _said(error: BaseException) -> str:
    text = error.message if isinstance(error, aiosmtplib.SMTPException) else str(error)
    return " ".join(str(text).split())[:200] or type(error).__name__
