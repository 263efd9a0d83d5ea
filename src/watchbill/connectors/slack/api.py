"""One call of Slack's Web API: a POST with JSON, guarded like every request that leaves this house. 200 with `ok: false` inside is a failure."""

from __future__ import annotations

import json
import time
from typing import Any

from watchbill.connectors.chat import Lost, RateLimited
from watchbill.connectors.failures import Failure, PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.outgoing import Outgoing

BASE = "https://slack.com/api/"
MAYBE = frozenset({"internal_error", "fatal_error", "request_timeout"})  # Slack: some of it may have happened
LATER = frozenset({"service_unavailable", "team_added_to_org", "external_channel_migrating"})
GONE = frozenset({"message_not_found"})
SAYS = {
    "channel_not_found": "there is no such channel, or the app is not in it. Invite it there: /invite @Watchbill",
    "not_in_channel": "the app is not in the channel. Invite it there: /invite @Watchbill",
    "is_archived": "the channel is archived.",
    "invalid_auth": "the token is not valid.",
    "account_inactive": "the token's account is gone.",
    "token_revoked": "the token was revoked.",
    "missing_scope": "the app has not the right; give it the scopes of the manifest and install it again.",
    "restricted_action": "the workspace does not let the app write there.",
    "user_not_found": "there is no such user.",
    "users_not_found": "there is no such user.",
}


class Api:
    """Calls one workspace. `Retry-After` holds back that method alone, for as long as Slack asked."""

    def __init__(self, outgoing: Outgoing, url: str, token: str) -> None:
        self._outgoing, self._token = outgoing, token
        self._base = (url or BASE).rstrip("/") + "/"
        self._until: dict[str, float] = {}

    async def call(self, method: str, /, **fields: Any) -> dict[str, Any]:
        """The answer. Raises RateLimited, Lost or another of `failures`, each with a sentence that holds no contents."""
        wait = self._until.get(method, 0.0) - time.monotonic()
        if wait > 0:
            raise RateLimited("Slack asked to wait.", wait)
        headers = [(b"Authorization", f"Bearer {self._token}".encode()), (b"Content-Type", b"application/json; charset=utf-8")]
        body = json.dumps({name: value for name, value in fields.items() if value is not None}).encode()
        reply = await self._outgoing.ask("POST", self._base + method, headers=headers, body=body)
        if reply.status == 429:
            raise self._limited(method, reply.headers.get("retry-after", ""))
        if reply.status == 503:
            raise TemporaryFailure("Slack answered 503.")
        if reply.status >= 500:
            raise UnknownEnd(f"Slack answered {reply.status}.")
        if reply.status != 200:
            raise PermanentFailure(f"Slack answered {reply.status}.")
        answer = _decoded(reply.body)
        if answer.get("ok") is True:
            return answer
        error = answer.get("error")
        if error in ("ratelimited", "rate_limited"):
            raise self._limited(method, reply.headers.get("retry-after", ""))
        raise _failure(str(error or "no reason"))

    def _limited(self, method: str, after: str) -> RateLimited:
        seconds = float(after) if after.isascii() and after.isdigit() and len(after) < 6 else 30.0
        self._until[method] = time.monotonic() + seconds
        return RateLimited(f"Slack asked to wait {seconds:g} s.", seconds)


async def respond(outgoing: Outgoing, url: str, text: str) -> None:
    """Answer a press or a command where it was made, for the one who made it."""
    body = json.dumps({"response_type": "ephemeral", "replace_original": False, "text": text}).encode()
    status = await outgoing.send("POST", url, headers=[(b"Content-Type", b"application/json; charset=utf-8")], body=body)
    if status != 200:
        raise PermanentFailure(f"The address of the answer said {status}.")


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise UnknownEnd("Slack answered 200 with something that is no JSON.") from error
    if not isinstance(answer, dict):
        raise UnknownEnd("Slack answered 200 with something that is no object.")
    return answer


def _failure(error: str) -> Failure:
    word = "".join(c for c in error if c.isalnum() or c in "_-")[:60]
    if error in GONE:
        return Lost("The message is not there any more.")
    if error in MAYBE:
        return UnknownEnd(f"Slack said {word}.")
    return (
        TemporaryFailure(f"Slack said {word}.")
        if error in LATER
        else PermanentFailure(f"Slack said {word}: {SAYS.get(error, 'see its documentation.')}")
    )
