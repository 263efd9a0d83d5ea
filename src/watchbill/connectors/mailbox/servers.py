"""Where is a mailbox read? `imaps://user:password@host:993` is encrypted from the start; `imap://` demands STARTTLS but on this machine.

The server is the operator's own setting, as the one for outgoing mail is: the guard of outgoing requests does not stand before it.
Options: `?starttls=required|off`, `?ca=FILE`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from watchbill.kernel.errors import Invalid

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
EXPECTED = "expected imaps://user:password@host"


@dataclass(frozen=True, slots=True)
class Server:
    """An IMAP server and whose mailbox it is."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: bool = True
    starttls: bool = False
    ca_file: str | None = None


def server_of(url: str, variable: str) -> Server:
    """Read the URL that the variable holds. Raises Invalid, without the URL: it holds a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid(f"{variable} is not a URL; {EXPECTED}.") from error
    if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
        raise Invalid(f"{variable} must begin with imaps:// or imap://, and name a user and a host; {EXPECTED}.")
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    tls = parts.scheme == "imaps"
    wish = {"required": True, "off": False}.get(options.get("starttls", ""), parts.hostname not in LOCAL)
    return Server(
        host=parts.hostname,
        port=port or (993 if tls else 143),
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        tls=tls,
        starttls=wish and not tls,
        ca_file=options.get("ca"),
    )
