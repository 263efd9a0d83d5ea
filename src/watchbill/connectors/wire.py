"""One request to a tracker or a platform and what its answer means: JSON over the guarded client, from a thread that may wait.

A write whose end is not certain raises UnknownEnd, so that it is looked for before it is repeated; reading has no such end. A remote that
asks to wait is not asked again before that, by whatever header it said so.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from watchbill.connectors import bodies
from watchbill.connectors.failures import PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.outgoing import Outgoing, Reply

PATIENCE = 20.0  # seconds of one request: half an hour's list of a big project may take some
LARGEST = 8 * 1024 * 1024
FILE_PATIENCE = 35.0  # seconds of one file; with the look before it, less than the front door waits
WAIT = 60.0  # seconds, when a remote asks to wait and does not say how long
LONGEST_SAID = 160
DENIED = "the token is not valid, or lacks a right. It is tried again."


class RateLimited(TemporaryFailure):
    """The remote asks to wait. Nothing was done."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.retry_after = dt.timedelta(seconds=min(max(seconds, 1.0), 24 * 3600))


class Gone(PermanentFailure):
    """What was asked for is not there, or not shown to us."""


class Denied(TemporaryFailure):
    """This token may not do that now."""


class TooBig(TemporaryFailure):
    """The answer is longer than what is read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a remote answered. `data`: its JSON; `last`: the number of the last page, where it says so."""

    data: Any
    headers: Mapping[str, str]
    unchanged: bool = False


class Wire:
    """Requests to one remote, one after the other. `close()` at the end, in the thread that made it."""

    def __init__(
        self,
        outgoing: Outgoing,
        base: str,
        headers: Mapping[str, str],
        *,
        called: str,
        pace: float = 0.0,
        denied: Mapping[int, str] | None = None,
    ) -> None:
        """`denied`: what a 401 and a 403 mean there."""
        self._outgoing, self._base, self._called, self._denied = outgoing, base.rstrip("/"), called, dict(denied or {})
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._loop = asyncio.new_event_loop()
        self._pace = pace  # seconds between two writes
        self._written_at = self._closed_until = float("-inf")

    def get(self, path: str, query: Mapping[str, Any] | None = None, *, etag: str = "") -> Answer:
        """Read. Raises Gone, RateLimited, TooBig, TemporaryFailure or PermanentFailure."""
        return self._call("GET", path, query, None, etag)

    def write(self, method: str, path: str, body: Mapping[str, Any]) -> Answer:
        """Write. Raises the same, and UnknownEnd when it may have been done."""
        wait = self._written_at + self._pace - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        try:
            return self._call(method, path, None, body, "")
        finally:
            self._written_at = time.monotonic()

    def file(self, url: str, largest: int) -> bytes:
        """What lies at an address that proves itself: without our token. Raises as `get` does."""
        try:
            reply = self._loop.run_until_complete(self._outgoing.ask("GET", url, whole=FILE_PATIENCE, largest=largest))
        except UnknownEnd as error:
            raise TemporaryFailure(str(error)) from error
        if reply.status != 200:
            raise TemporaryFailure(f"{self._called} answered {reply.status} where the file lies.")
        if reply.cut:
            raise TooBig(f"It is longer than {largest // 2**20} MB. Open it at {self._called}.")
        return reply.body

    def close(self) -> None:
        self._loop.run_until_complete(self._outgoing.close())
        self._loop.close()

    def _call(self, method: str, path: str, query: Mapping[str, Any] | None, body: Mapping[str, Any] | None, etag: str) -> Answer:
        if (wait := self._closed_until - time.monotonic()) > 0:
            raise RateLimited(f"{self._called} asked to wait.", wait)
        asked = {name: _word(value) for name, value in (query or {}).items() if value is not None}
        url = f"{self._base}{path}{'?' + urlencode(asked, doseq=True) if asked else ''}"
        headers = [*self._headers]
        if etag:
            headers.append((b"If-None-Match", etag.encode("latin-1", "replace")))
        raw = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            headers.append((b"Content-Type", b"application/json"))
        try:
            reply = self._loop.run_until_complete(
                self._outgoing.ask(method, url, headers=headers, body=raw, whole=PATIENCE, largest=LARGEST)
            )
        except UnknownEnd as error:
            if method == "GET":
                raise TemporaryFailure(str(error)) from error
            raise
        self._heed(reply)
        return self._judged(method, reply)

    def _heed(self, reply: Reply) -> None:
        """Nothing is left of what we may ask: wait until there is again."""
        if reply.status < 400 and _left(reply.headers) == "0" and (seconds := _seconds_to_reset(reply.headers)) is not None:
            self._closed_until = time.monotonic() + seconds

    def _judged(self, method: str, reply: Reply) -> Answer:
        status, reads = reply.status, method == "GET"
        if status == 304:
            return Answer(None, reply.headers, unchanged=True)
        if status == 429 or (status == 403 and _is_limit(reply)):
            seconds = _asked_to_wait(reply.headers)
            self._closed_until = time.monotonic() + seconds
            raise RateLimited(f"{self._called} asked to wait {seconds:g} s.", seconds)
        if 200 <= status < 300:
            return Answer(self._decoded(reply, reads=reads), reply.headers)
        said = _said(reply)
        if 300 <= status < 400:
            raise PermanentFailure(
                f"{self._called} answered {status}, a redirect: nothing follows one. Enter the address, or the project, as it is called now."
            )
        if status in (404, 410):
            raise Gone(f"{self._called} answered {status}: it is not there, or is not shown to this token.")
        if status in (401, 403):
            raise Denied(f"{self._called} answered {status}{said}: {self._denied.get(status, DENIED)}")
        if status >= 500 or status == 408:
            text = f"{self._called} answered {status}."
            raise TemporaryFailure(text) if reads else UnknownEnd(text)
        raise PermanentFailure(f"{self._called} refused it, {status}{said}.")

    def _decoded(self, reply: Reply, *, reads: bool) -> Any:
        if reply.cut:
            text = f"{self._called} answered with more than {LARGEST // 2**20} MB."
            raise TooBig(text) if reads else UnknownEnd(text)
        if reply.status == 204 or not reply.body:
            return None
        try:
            return bodies.decode(reply.body)
        except bodies.Unreadable as error:
            text = f"{self._called} answered {reply.status} with something that is no JSON."
            raise TemporaryFailure(text) if reads else UnknownEnd(text) from error


def next_page(headers: Mapping[str, str], rel: str = "next") -> int:
    """The number of the page that the Link header calls so; 0: none."""
    for part in headers.get("link", "").split(","):
        address, _, params = part.partition(";")
        if f'rel="{rel}"' in params and (
            found := [each for each in address.strip(" <>").split("?")[-1].split("&") if each.startswith("page=")]
        ):
            number = found[0].removeprefix("page=")
            return int(number) if number.isdigit() and len(number) < 9 else 0
    return 0


def _word(value: Any) -> str | list[str]:
    if isinstance(value, (list, tuple)):
        return [str(each) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, dt.datetime) else str(value)


def _left(headers: Mapping[str, str]) -> str:
    return headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", ""))


def _is_limit(reply: Reply) -> bool:
    """A 403 that asks to wait: GitHub says so by a header, or of its secondary limits in words alone."""
    return bool(reply.headers.get("retry-after")) or _left(reply.headers) == "0" or b"secondary rate limit" in reply.body[:2000].lower()


def _asked_to_wait(headers: Mapping[str, str]) -> float:
    after = headers.get("retry-after", "")
    if after.isascii() and after.isdigit() and len(after) < 7:
        return float(after)
    reset = _seconds_to_reset(headers) if _left(headers) == "0" or not after else None
    return WAIT if reset is None else reset


def _seconds_to_reset(headers: Mapping[str, str]) -> float | None:
    """By the tracker's own clock, which stands in the answer."""
    reset = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", ""))
    if not (reset.isascii() and reset.isdigit() and len(reset) < 12):
        return None
    try:
        now = email.utils.parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return WAIT
    return min(max(float(reset) - now.timestamp(), 1.0), 3600.0 * 2)


def _first(error: Any) -> str:
    """The first of several errors: words, or an object as JSON:API has them."""
    if not isinstance(error, dict):
        return str(error)
    return ": ".join(str(error[name]) for name in ("title", "detail") if error.get(name)) or str(error)


def _said(reply: Reply) -> str:
    """What it says for people, one short line of it."""
    try:
        told = json.loads(reply.body[:20_000])
        words = told.get("message") or told.get("error") or ""
        if isinstance(told.get("errors"), list) and told["errors"]:
            words = ": ".join(word for word in (words, _first(told["errors"][0])) if word)
    except (ValueError, AttributeError):
        return ""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(words)).split())[:LONGEST_SAID].rstrip(".")
    return f" ({line})" if line else ""
