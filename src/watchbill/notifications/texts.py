"""What does a notification say? Number, severity, title, service, why you, what to press, where.

Of a restricted incident: the number and the code name, nothing else.
"""

from __future__ import annotations

import datetime as dt
import html as markup
from typing import Any

from django.conf import settings

from watchbill.notifications.messages import Message
from watchbill.notifications.signing import answer_link, link

DUPLICATE = "You may have this message already: it is not certain that the first try arrived."
ANSWER_IT = "Or answer this mail:"
ANSWERS = "ack, resolve or escalate on the first line; anything else becomes a note."

NEWS = ("status", "handoff", "duty")  # no call to answer: the reason is what there is to say
PLAINLY = ("code", "test")  # say themselves what they are
LISTED = 50  # incidents in one text: more is not read at night, so the rest is counted


def subject(message: Message) -> str:
    """One line, without line breaks whatever a title holds."""
    first = _headline(message.contents[0]) if message.contents else "Watchbill"
    text = first if message.count < 2 else f"{message.count} incidents: {first} and {message.count - 1} more"
    if message.kind in NEWS and message.contents:
        news = f"{first}: {message.contents[0].get('reason') or 'news'}"
        text = news if message.count < 2 else f"News of {message.count} incidents: {news}"
    marked = f"Possible duplicate: {text}" if message.possible_duplicate else text
    return _one_line(marked)[:250]


def plain(message: Message, *, answered: bool = False) -> str:
    """The mail as plain text. `answered`: an answer to it is read."""
    parts = [DUPLICATE] if message.possible_duplicate else []
    if message.count > 1:
        parts.append(_many(message))
    parts += ["\n".join(_lines(content, message.kind)) for content in message.contents[:LISTED]]
    if hidden := message.count - len(message.contents[:LISTED]):
        parts.append(f"... and {hidden} more on the board: {settings.PUBLIC_URL}/")
    if _asks(message):
        parts.append(f"Acknowledge, and it is yours: {link(message)}\nResolve: {link(message, 'resolve')}")
    if is_drill(message):
        parts.append(f"I got it: {answer_link(message)}")
    if answered:
        parts.append(f"{ANSWER_IT} {ANSWERS}")
    return "\n\n".join(part for part in parts if part) + "\n"


def html(message: Message, *, answered: bool = False) -> str:
    """The same for readers of HTML: no picture, no script, nothing loaded from anywhere."""
    parts = [f"<p><strong>{_safe(DUPLICATE)}</strong></p>"] if message.possible_duplicate else []
    if message.count > 1:
        parts.append(f"<p>{_safe(_many(message))}</p>")
    for content in message.contents[:LISTED]:
        head, *rest = _lines(content, message.kind)
        address = _safe(incident_url(content))
        parts.append(f'<h2><a href="{address}">{_safe(head)}</a></h2>' + "".join(f"<p>{_safe(line)}</p>" for line in rest[:-1]))
    if hidden := message.count - len(message.contents[:LISTED]):
        parts.append(f'<p>... and {hidden} more on <a href="{_safe(settings.PUBLIC_URL)}/">the board</a>.</p>')
    if _asks(message):
        parts.append(f'<p><a href="{_safe(link(message))}">Acknowledge, and it is yours</a></p>')
        parts.append(f'<p><a href="{_safe(link(message, "resolve"))}">Resolve</a></p>')
    if is_drill(message):
        parts.append(f'<p><a href="{_safe(answer_link(message))}">I got it</a></p>')
    if answered:
        parts.append(f"<p>{_safe(ANSWER_IT)} {_safe(ANSWERS)}</p>")
    return f'<!doctype html><html lang="en"><body>{"".join(parts)}</body></html>\n'


def incident_url(content: dict[str, Any]) -> str:
    """Where it is read: the page that the content names, else its incident."""
    path = content.get("path") or (f"/incidents/{content['number']}" if content.get("number") else "/")
    return f"{settings.PUBLIC_URL}{path}"


def is_drill(message: Message) -> bool:
    """Is it a test page, which its person answers?"""
    return bool(message.contents and message.contents[0].get("drill"))


def _many(message: Message) -> str:
    if message.kind == "status":
        return f"News of {message.count} incidents. Nothing is asked of you."
    return f"{message.count} incidents wait for you." + (" Acknowledging takes all of them." if _asks(message) else "")


def _asks(message: Message) -> bool:
    return message.incident_id is not None and message.kind in {"page", "drill"}


def _headline(content: dict[str, Any]) -> str:
    number = f"#{content['number']}" if content.get("number") else ""
    if content.get("restricted"):
        return f"{number} {content.get('title') or 'restricted'}".strip()
    severity = f" {content['severity']}:" if content.get("severity") else ""
    return f"{number}{severity} {content.get('title') or ''}".strip()


def _lines(content: dict[str, Any], kind: str) -> list[str]:
    """Headline first, address last."""
    lines = [_one_line(_headline(content))]
    if not content.get("restricted"):
        if content.get("service"):
            lines.append(_one_line(f"Service: {content['service']}"))
        if opened := _time(content.get("opened_at")):
            lines.append(f"Opened: {opened}")
        if content.get("reason"):
            plainly = kind in NEWS or content.get("purpose") in PLAINLY
            lines.append(_one_line(content["reason"] if plainly else f"Why you: {content['reason']}"))
    return [*lines, f"Open it: {incident_url(content)}"]


def _time(value: Any) -> str:
    try:
        at = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
        return at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC") if at else ""
    except (ValueError, AttributeError):
        return ""


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _safe(text: str) -> str:
    return markup.escape(text, quote=True)
