"""What does a text message say? Number, severity, title, and how to answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchbill.notifications.messages import Message

LONGEST = 306  # letters: two messages of the network
SHORTEST_TITLE = 12
HELP = "A 418: acknowledge, R 418: resolve, E 418: escalate. A alone: everything of the last message. STOP: no more messages, START: again."


def text_of(message: Message) -> str:
    """The text. Of a restricted incident: number and code name."""
    again = "Possibly again: " if message.possible_duplicate else ""
    first = message.contents[0] if message.contents else {}
    if message.kind in ("status", "handoff", "duty"):
        reason = "" if first.get("restricted") else str(first.get("reason") or "")
        return _fit(again, _head(first), _one_line(reason), f" and {message.count - 1} more" if message.count > 1 else "")
    answers = _answers(message, first)
    if message.count < 2:
        return _fit(again, _head(first), "", answers)
    numbers = ", ".join(f"#{content['number']}" for content in message.contents[1:9] if content.get("number"))
    more = message.count - 1 - min(8, len(message.contents) - 1)
    return _fit(f"{again}{message.count} incidents: ", _head(first), "", f"; {numbers}{f' and {more} more' if more else ''}.{answers}")


def _answers(message: Message, first: Mapping[str, Any]) -> str:
    number = first.get("number")
    if first.get("drill"):
        return " Answer A: you got it."
    if not number or message.kind not in ("page", "drill"):
        return ""
    if message.count > 1:
        return f" Answer A for all, or A {number} for one."
    return f". Answer A {number}: it is yours, E {number}: escalate, R {number}: resolve."


def _head(content: Mapping[str, Any]) -> str:
    number = f"#{content['number']} " if content.get("number") else ""
    severity = f"{content['severity']}: " if content.get("severity") and not content.get("restricted") else ""
    return f"{number}{severity}{_one_line(str(content.get('title') or ''))}".strip()


def _fit(before: str, head: str, reason: str, after: str) -> str:
    """The title gives way first: number, severity and how to answer are always there."""
    middle = f"{head}: {reason}" if reason else head
    room = max(LONGEST - len(before) - len(after), SHORTEST_TITLE)
    return f"{before}{middle if len(middle) <= room else middle[: room - 3].rstrip() + '...'}{after}"


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
