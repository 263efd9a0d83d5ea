"""An accepted hand-off as a comment of the tracking issue: all that the next one was told, and what they read back."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from watchbill.connectors.tracker.words import LONGEST_NOTE, line, said
from watchbill.handoff.actions.telling import KIND_WORDS
from watchbill.handoff.models import Handoff

LISTS = (
    ("engaged", "Who is engaged"),
    ("open_questions", "Open questions"),
    ("decisions", "Decisions"),
    ("pending", "Pending"),
    ("related", "Related issues"),
    ("channels", "Channels and threads"),
)


def handoff_comment(row: Handoff, *, in_short: bool) -> str:
    """`in_short`: others than the team read it there, or it is restricted; then it says that there is one, and where."""
    incident, receiver = row.incident, row.receiver
    address = f"{settings.PUBLIC_URL}/handoffs/{row.id}"
    name = incident.code_name if incident.restricted else f"#{incident.number}"
    if in_short:
        return f"{said(name)} was handed over. Whoever may see it reads the hand-off there: {address}\n"
    to, when = (receiver.name if receiver else ""), f"{row.ended_at or row.offered_at:%Y-%m-%d %H:%M} UTC"
    first = (
        f"[#{incident.number}]({address}) was handed over: **{said(row.giver.name)}** to **{said(to)}** ({KIND_WORDS[row.kind]}), {when}."
    )
    parts = [first, _part("How it stands", _quoted(row.summary))]
    parts.append(_part("Next steps", _items(f"{step['who']}: {step['what']}" for step in row.next_steps)))
    parts += [_part(title, _items(getattr(row, field))) for field, title in LISTS if getattr(row, field)]
    if row.bridge:
        parts.append(_part("Bridge", line(row.bridge)))
    parts.append(_part(f"Read back by {said(to)}", _quoted(row.readback)))
    text = "\n\n".join(parts)
    if len(text) > LONGEST_NOTE:
        text = f"{text[:LONGEST_NOTE].rpartition(chr(10))[0]}\n\n… All of it: {address}"
    return f"{text}\n"


def _part(title: str, text: str) -> str:
    return f"**{title}**\n\n{text}"


def _items(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line(each)}" for each in lines)


def _quoted(text: str) -> str:
    return "\n>\n".join(f"> {line(each)}" for each in text.splitlines() if each.strip())
