"""What did the operator set? Reads the environment once and says clearly what is wrong with it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from watchbill.kernel import postgres
from watchbill.kernel.errors import Invalid, Refused

WAITS = 4  # seconds for a connection of the pool, which then gives up, and tries again when the next request asks
CONNECTING = 3  # seconds in which a server takes a connection of a web process
DATABASE_EXPECTED = "expected one as postgresql://user:password@host:5432/watchbill"
UNITS = {
    "s": dt.timedelta(seconds=1),
    "m": dt.timedelta(minutes=1),
    "h": dt.timedelta(hours=1),
    "d": dt.timedelta(days=1),
    "w": dt.timedelta(weeks=1),
}
MINUTES = {"": 0, "m": 1, "h": 60, "d": 1440}
LONGEST_BEFORE = dt.timedelta(days=7)
APP_ROLE = "watchbill_app"  # the plain role that the running application takes on


@dataclass(frozen=True, slots=True)
class Environment:
    """The settings of this process, checked."""

    data_dir: Path
    database: dict[str, Any]
    embedded: bool
    bind: tuple[str, int]
    url: str
    secret_key: str
    smtp_url: str
    mail_from: str
    allow_private_targets: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    deadman_url: str
    security_contact: str
    security_policy: str
    provider_tests: dt.timedelta | None  # how often each provider is tested; none: never
    provider_tests_to: str
    journal_bytes: int
    drill_before: dt.timedelta
    demo: bool


def read(env: Mapping[str, str]) -> Environment:
    """Read the variables. Raises Invalid with the variable's name when one cannot be used."""
    data_dir = Path(env.get("WATCHBILL_DATA") or "watchbill-data").absolute()
    host, port = _bind(env.get("WATCHBILL_BIND") or "127.0.0.1:8470")
    url = env.get("DATABASE_URL", "")
    return Environment(
        data_dir=data_dir,
        database=database(url, data_dir, as_owner=bool(env.get("WATCHBILL_AS_OWNER")), pooled=env.get("WATCHBILL_PROCESS") == "web"),
        embedded=not url,
        bind=(host, port),
        url=_address(env.get("WATCHBILL_URL") or f"http://{f'[{host}]' if ':' in host else host}:{port}"),
        secret_key=_secret_key(env, data_dir),
        smtp_url=env.get("WATCHBILL_SMTP_URL", ""),
        mail_from=env.get("WATCHBILL_MAIL_FROM") or "watchbill@localhost",
        allow_private_targets=_networks(env.get("WATCHBILL_ALLOW_PRIVATE_TARGETS", "")),
        deadman_url=env.get("WATCHBILL_DEADMAN_URL", ""),
        security_contact=env.get("WATCHBILL_SECURITY_CONTACT", ""),
        security_policy=env.get("WATCHBILL_SECURITY_POLICY", ""),
        provider_tests=_every("WATCHBILL_PROVIDER_TESTS", env.get("WATCHBILL_PROVIDER_TESTS") or "1d"),
        provider_tests_to=env.get("WATCHBILL_PROVIDER_TESTS_TO", "").strip(),
        journal_bytes=_megabytes("WATCHBILL_JOURNAL_MB", env.get("WATCHBILL_JOURNAL_MB") or "256"),
        drill_before=_length("WATCHBILL_DRILL_BEFORE", env.get("WATCHBILL_DRILL_BEFORE") or ("0" if env.get("WATCHBILL_DEMO") else "12h")),
        demo=bool(env.get("WATCHBILL_DEMO")),
    )


def database(url: str, data_dir: Path, *, as_owner: bool, pooled: bool = False) -> dict[str, Any]:
    """Django's database settings for a URL, or for the embedded server of the data folder.

    The owner of the tables migrates; everything else takes on a plain role, which the append-only tables refuse. A web process takes its
    connections from a pool: each request runs in a thread of its own there, so a connection kept by a thread would never be used again.
    """
    options: dict[str, Any] = {} if as_owner else {"options": f"-c role={APP_ROLE}"}
    settings: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0 if pooled else None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
    if pooled:
        options.update(pool={"min_size": 1, "max_size": 12, "timeout": WAITS, "reconnect_timeout": WAITS}, connect_timeout=CONNECTING)
    if not url:
        embedded = postgres.connection_parameters(data_dir)
        settings.update(NAME="watchbill", USER=embedded.user, HOST=str(embedded.host), PORT="")
        options["passfile"] = str(embedded.passfile)
        return settings
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid(f"DATABASE_URL cannot be read; {DATABASE_EXPECTED}.") from error  # without the text: it may hold a password
    if parts.scheme not in ("postgres", "postgresql"):
        raise Invalid(f"DATABASE_URL must begin with postgresql://; {DATABASE_EXPECTED}.")
    query = dict(parse_qsl(parts.query))
    settings.update(
        NAME=unquote(parts.path.lstrip("/")) or "watchbill",
        USER=unquote(parts.username or ""),
        PASSWORD=unquote(parts.password or ""),
        HOST=query.pop("host", None) or parts.hostname or "",
        PORT=str(port or ""),
    )
    if "options" in query and options:
        query["options"] = f"{query['options']} {options['options']}"
    options.update(query)
    return settings


def bind_of(text: str) -> tuple[str, int]:
    """Host and port. ValueError with a sentence unless the text is HOST:PORT."""
    host, _, port = text.rpartition(":")
    if not host or not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is no address to listen on; expected HOST:PORT, as in 127.0.0.1:8470.")
    return host.strip("[]"), int(port)


def _bind(text: str) -> tuple[str, int]:
    try:
        return bind_of(text)
    except ValueError as error:
        raise Invalid(f"WATCHBILL_BIND: {error}") from error


def _address(text: str) -> str:
    """The public address: links in mails begin with it, so one that opens nothing must not be taken."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable or any(letter.isspace() for letter in text):
        raise Invalid(f"WATCHBILL_URL is {text!r}; expected the address at which people open it, as in https://watchbill.example.org.")
    return text.rstrip("/")


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise Invalid(f"WATCHBILL_ALLOW_PRIVATE_TARGETS: {error}; expected addresses or nets, as in 127.0.0.0/8,10.1.2.3.") from error


def _megabytes(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 1_000_000:
        raise Invalid(f"{name} is {text!r}; expected a whole number of megabytes, as in 256; 0 turns it off.")
    return int(text) * 1024 * 1024


def _every(name: str, text: str) -> dt.timedelta | None:
    """An interval of at least a second, or "off"."""
    found = re.fullmatch(r"([0-9]{1,5})([smhdw])", text.strip())
    if text.strip() == "off":
        return None
    if not found or not int(found[1]):
        raise Invalid(f"{name} is {text!r}; expected how often, as in 1d or 12h, or off.")
    return int(found[1]) * UNITS[found[2]]


def _length(name: str, text: str) -> dt.timedelta:
    found = re.fullmatch("([0-9]{1,4})([mhd]?)", text)
    length = dt.timedelta(minutes=int(found[1]) * MINUTES[found[2]]) if found and (found[2] or found[1] == "0") else None
    if length is None or length > LONGEST_BEFORE:
        raise Invalid(f"{name} is {text!r}; expected how long before a watch, up to 7d, as in 12h or 90m; 0 turns it off.")
    return length


def _secret_key(env: Mapping[str, str], data_dir: Path) -> str:
    if key := env.get("WATCHBILL_SECRET_KEY"):
        return key
    path = data_dir / "secret_key"
    try:
        return _kept_key(path)
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "it is no text"
        raise Refused(
            f"The data folder {data_dir} cannot be used: {path}: {reason}. Choose another folder with --data or WATCHBILL_DATA."
        ) from error


def _kept_key(path: Path) -> str:
    if path.exists():
        return path.read_text().strip()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_urlsafe(50)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was faster; its key counts
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(key)
    return key
