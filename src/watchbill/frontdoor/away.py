"""What is said while the process of the pages is not there: in the shape of whoever asks, with the truth about what still works."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from watchbill.frontdoor.requests import AGAIN, HEADERS, Scope, Send, answer, encode, error

PATIENCE = 60.0  # seconds until an answer begins, from the end of the request: longer than a file of HackerOne may take
MACHINES = ("/api/", "/in/", "/v2/", "/push/")
PLAIN = ("/healthz", "/metrics")
PAGE = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark">{again}<title>{title} · Watchbill</title>'
    "<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem}}"
    "a{{display:inline-block;padding:.7rem 1.2rem;border:2px solid;border-radius:5px;color:inherit}}</style></head>"
    "<body><main><h1>{title}</h1><p>{words}</p>"
    "<p>People are paged as ever. An acknowledgement that the desk did not confirm may not have counted.</p><p>{button}</p></main></body></html>\n"
)
AGAIN_BUTTON, NOW_BUTTON = '<a href="">Try again</a>', '<a href="/">Now</a>'
POLICY = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")


@dataclass(frozen=True, slots=True)
class Why:
    """What happened, for people and for machines."""

    status: int
    code: str
    title: str
    words: str


NOT_THERE = Why(
    503,
    "not_ready",
    "The desk starts",
    "The part that makes pages is not there yet. Events are still taken in. Try again in a few seconds.",
)
LATE = Why(
    503,
    "not_ready",
    "No answer in time",
    f"The part that makes pages did not answer within {PATIENCE:.0f} seconds. Events are still taken in. Look whether it was done before you send it again.",
)
UNKNOWN = Why(
    502,
    "broke_off",
    "The answer broke off",
    "The part that makes pages ended while it worked on this, so it is not known whether it was done. Look before you send it again.",
)


async def say(scope: Scope, send: Send, why: Why) -> None:
    """503 with Retry-After, or 502 where doing it again may do it twice."""
    again = (AGAIN,) if why.status == 503 else ()
    path = scope["path"]
    if path == "/readyz":
        await answer(send, why.status, encode({"ready": False, "reason": why.words}), *again)
        return
    if path.startswith(MACHINES):
        await answer(send, why.status, error(why.code, why.words), *again)
        return
    if path in PLAIN:
        kind, body = b"text/plain; charset=utf-8", why.words + "\n"
    else:
        kind, body = b"text/html; charset=utf-8", _page(scope, why)
    raw = b"" if scope["method"] == "HEAD" else body.encode()
    headers = [(b"content-type", kind), *HEADERS[1:], POLICY, (b"content-length", b"%d" % len(body.encode())), *again]
    await send({"type": "http.response.start", "status": why.status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})


def _page(scope: Scope, why: Why) -> str:
    asked_by_get = scope["method"] == "GET"
    again = '<meta http-equiv="refresh" content="5">' if asked_by_get else ""
    return PAGE.format(again=again, title=why.title, words=escape(why.words), button=AGAIN_BUTTON if asked_by_get else NOW_BUTTON)
