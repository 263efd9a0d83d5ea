"""What does a device get to show? Plain data for the service worker (web/static/sw.js), small enough for every push service. Pure.

Of a restricted incident: the number and the code name, nothing else.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from typing import Any

import msgspec

from watchbill.notifications.messages import Message
from watchbill.notifications.signing import answer_link, button, link
from watchbill.notifications.texts import DUPLICATE, incident_url, is_drill

LARGEST = 2800  # bytes of JSON; push services take 4096 encrypted, and one in the wild takes 3000
LONGEST_TITLE, LONGEST_BODY = 180, 400  # characters
FALLS_SILENT = dt.timedelta(hours=1)  # a page that waits for nobody's turn any more is still worth that
SHORTEST = dt.timedelta(seconds=60)
NEWS = dt.timedelta(hours=4)  # news replaces what a device may have shown hours ago


def payload(message: Message) -> bytes:
    """JSON: `acknowledge` is where the button posts to, missing where there is nothing to acknowledge."""
    content = message.contents[0] if message.contents else {}
    given: dict[str, Any] = {
        "v": 1,
        "kind": message.kind,
        "id": message.public_id,
        "tag": tag_of(message),
        "title": _title(message, content),
        "body": _body(message, content),
        "url": incident_url(content if message.count < 2 else {}),
        "number": content.get("number"),
        "at": int(message.created_at.timestamp() * 1000),
    }
    if message.incident_id is not None and message.kind in ("page", "drill"):
        given |= {"acknowledge": button(message), "ask": link(message)}
    elif is_drill(message):
        given |= {"acknowledge": button(message), "ask": answer_link(message)}
    encoded = msgspec.json.encode(given)
    while len(encoded) > LARGEST and given["body"]:  # what is long in UTF-8 gives way, never an address
        given["body"] = given["body"][: len(given["body"]) // 2]
        encoded = msgspec.json.encode(given)
    return encoded


def tag_of(message: Message) -> str:
    """One notification on a device for each incident: what is newer replaces what is older."""
    content = message.contents[0] if message.contents else {}
    return f"incident-{content['number']}" if content.get("number") else f"{message.kind}-{message.public_id}"


def topic_of(message: Message, public_key: str) -> str:
    """The same for the push service while the device is away. It learns nothing from it: 32 characters of a hash."""
    if message.incident_id is None:
        return ""
    hashed = hashlib.sha256(f"{public_key} {message.incident_id}".encode()).digest()
    return base64.urlsafe_b64encode(hashed).decode()[:32]


def keep_for(message: Message, *, due_at: dt.datetime | None, now: dt.datetime) -> int:
    """Seconds for which the push service keeps it for a device that is away: a page until the next step asks somebody else."""
    if message.kind == "status":
        return int(NEWS.total_seconds())
    left = due_at - now if due_at is not None else FALLS_SILENT
    return int(max(SHORTEST, min(left, FALLS_SILENT)).total_seconds())


def _title(message: Message, content: dict[str, Any]) -> str:
    number = f"#{content['number']}" if content.get("number") else ""
    if message.count > 1:
        return f"{message.count} incidents: {number} and {message.count - 1} more"
    severity = "" if content.get("restricted") else str(content.get("severity") or "")
    head = " ".join(part for part in (number, severity.upper()) if part)
    named = _line(str(content.get("title") or ("restricted" if content.get("restricted") else "")))
    return (f"{head}: {named}" if head and named else head or named or "Watchbill")[:LONGEST_TITLE]


def _body(message: Message, content: dict[str, Any]) -> str:
    lines = [DUPLICATE] if message.possible_duplicate else []
    if message.count > 1:
        lines += [_title_of(each) for each in message.contents[:4]]
        lines.append("Acknowledging takes all of them." if message.kind == "page" else "")
    elif content.get("restricted"):
        lines.append("Restricted. Open it to read more.")
    else:
        lines += [str(content.get("service") or ""), str(content.get("reason") or "")]
    return "\n".join(line for line in map(_line, lines) if line)[:LONGEST_BODY]


def _title_of(content: dict[str, Any]) -> str:
    return f"#{content.get('number')} {content.get('title') or ''}"[:70]


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
