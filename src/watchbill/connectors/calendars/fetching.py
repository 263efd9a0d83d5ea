"""What does a subscribed calendar say now? Fetched through the guard, read in a process of its own, neither without bounds."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

from watchbill.connectors.calendars.child import SECONDS
from watchbill.connectors.failures import Failure
from watchbill.connectors.guard import Network
from watchbill.connectors.outgoing import Headers, Outgoing, Reply
from watchbill.people.rules.away import AHEAD, Away, Claim, Reading

log = logging.getLogger(__name__)

LARGEST = 4 * 1024 * 1024
WHOLE = 20.0  # seconds for one answer
MOST_REDIRECTS = 3
PATIENCE = SECONDS + 10.0  # seconds for the process, on a machine that has much to do
REDIRECTS = (301, 302, 303, 307, 308)
GONE = (401, 403, 404, 410)
KEPT_ENVIRONMENT = ("PATH", "SYSTEMROOT", "TZ", "LANG", "LC_ALL")


def read_calendars(claims: Iterable[Claim], allowed: Iterable[Network], *, now: dt.datetime) -> list[Reading]:
    """What each of them says, or why it says nothing. Blocks; belongs in a thread of its own."""
    listed = list(claims)
    answers = asyncio.run(_ask_all(listed, tuple(allowed)))
    return [_one(claim, answer, now=now) for claim, answer in zip(listed, answers, strict=True)]


def _one(claim: Claim, answer: Reply | str | BaseException, *, now: dt.datetime) -> Reading:
    """What one of them brings about that nobody thought of is its own, and keeps nobody else's from being read."""
    try:
        if isinstance(answer, BaseException):
            raise answer
        return _reading(claim, answer, now=now)
    except Exception:
        log.exception("a calendar could not be read", extra={"calendar": claim.id})
        return Reading(why="It could not be read, and the reason is in the log of the engine.")


async def _ask_all(claims: list[Claim], allowed: tuple[Network, ...]) -> list[Reply | str | BaseException]:
    outgoing = Outgoing(allowed)
    try:
        return list(await asyncio.gather(*(_ask(outgoing, claim) for claim in claims), return_exceptions=True))
    finally:
        await outgoing.close()


async def _ask(outgoing: Outgoing, claim: Claim) -> Reply | str:
    """The answer, or why there is none. A redirect is another request, and passes the guard like the first one."""
    address, headers = claim.address, _headers(claim)
    if not address:
        return "Its address was kept under another WATCHBILL_SECRET_KEY. Subscribe to it again."
    try:
        for _ in range(MOST_REDIRECTS + 1):
            reply = await outgoing.ask("GET", address, headers=headers, whole=WHOLE, largest=LARGEST)
            if reply.status not in REDIRECTS or not reply.headers.get("location"):
                return reply
            follows = urljoin(address, reply.headers["location"])
            if address.lower().startswith("https:") and not follows.lower().startswith("https:"):
                return "It redirects to an address without encryption, which is not followed."
            address = follows
    except Failure as error:
        return str(error)
    except ValueError:  # urljoin, of what the other side named
        return "It redirects to something that is no address."
    return f"It redirects more than {MOST_REDIRECTS} times."


def _headers(claim: Claim) -> Headers:
    asked = [(b"Accept", b"text/calendar, */*;q=0.1"), (b"Accept-Encoding", b"identity")]
    for name, said in ((b"If-None-Match", claim.etag), (b"If-Modified-Since", claim.last_modified)):
        if said:
            asked.append((name, said.encode("latin-1", "ignore")))
    return asked


def _reading(claim: Claim, answer: Reply | str, *, now: dt.datetime) -> Reading:
    if isinstance(answer, str):
        return Reading(why=answer)
    if answer.status == 304 and (claim.etag or claim.last_modified):
        return Reading(unchanged=True)
    if why := _why_not(answer):
        return Reading(why=why)
    digest = hashlib.sha256(answer.body).hexdigest()
    seen: dict[str, Any] = {"etag": _header(answer, "etag"), "last_modified": _header(answer, "last-modified"), "digest": digest}
    if digest == claim.digest:
        return Reading(unchanged=True, **seen)
    said = _understood(claim, answer.body, now=now)
    if "why" in said:
        return Reading(why=said["why"])
    return Reading(away=_stretches(said["away"]), left=said["left"], **seen)


def _why_not(answer: Reply) -> str:
    if answer.status in GONE:
        return f"It answered {answer.status}: the address is not valid any more. Copy it anew from your calendar, and subscribe again."
    if answer.status != 200:
        return f"It answered {answer.status}, and 200 was expected."
    if answer.cut:
        return f"It is larger than {LARGEST // 1024 // 1024} MB. Subscribe to a smaller one, with your time off alone."
    return ""


def _header(answer: Reply, name: str) -> str:
    said = answer.headers.get(name, "")
    return said if len(said) <= 200 and said.isprintable() else ""


def _stretches(rows: list[list[str]]) -> tuple[Away, ...]:
    return tuple(
        Away(event, dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end), series) for event, start, end, series in rows
    )


def _understood(claim: Claim, body: bytes, *, now: dt.datetime) -> dict[str, Any]:
    """What the other process made of it. One that takes too long is ended."""
    questions = {"start": now.isoformat(), "end": (now + AHEAD).isoformat(), "zone": claim.zone, "everything": claim.everything}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "watchbill.connectors.calendars.child"],
            input=json.dumps(questions).encode() + b"\n" + body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # its libraries warn of every line that they do not like
            timeout=PATIENCE,
            env={name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ},
            check=False,
        )
        said: dict[str, Any] = json.loads(done.stdout)
        return said
    except subprocess.TimeoutExpired:
        pass
    except ValueError:  # ended by a limit, in the midst of its work
        if done.returncode == 0:
            raise
    return {"why": f"Reading it takes more than {SECONDS} seconds or too much memory: it is no calendar of a person. Subscribe to another."}
