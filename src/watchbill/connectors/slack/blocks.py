"""How does a card look in Slack? Block Kit as plain data. Whatever came from outside is escaped: it mentions nobody and links nowhere."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from watchbill.connectors.chat.cards import Card
from watchbill.notifications.messages import Message
from watchbill.notifications.signing import answer_link, link
from watchbill.notifications.texts import DUPLICATE, incident_url, is_drill, subject

Block = dict[str, Any]

SIGNS = {
    "triggered": ":red_circle: TRIGGERED",
    "acknowledged": ":large_blue_circle: ACKNOWLEDGED",
    "resolved": ":white_check_mark: RESOLVED",
}
LABELS = {
    "acknowledge": "Acknowledge",
    "resolve": "Resolve",
    "escalate": "Escalate",
    "calling": "I am calling",
    "note": "Note",
    "handoff": "Hand over",
    "accept": "Read back and accept",
    "decline": "Decline",
}
ACTION = "watchbill_"
NOTE_FORM = "watchbill_note"
SHOWN = 20  # incidents that one message lists
MOST_NUMBERS = 100  # in the value of a button: Slack takes 2,000 characters


def escape(text: str) -> str:
    """Text of others, so that Slack reads no link, no mention and no channel in it."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def answer_text(text: str) -> str:
    """An answer of the desk, line by line."""
    return "\n".join(escape(line) for line in text.split("\n"))[:3500]


def card_text(card: Card) -> str:
    """The line of a notification, and of readers that show no blocks."""
    if card.state == "notice":
        return escape(f"{card.title}. {card.status}")[:3000]
    severity = f" {card.severity}:" if card.severity else ""
    return escape(f"#{card.number}{severity} {card.title} - {card.status}")[:3000]


def card_blocks(card: Card) -> list[Block]:
    """The message about an incident, or a notice."""
    if card.state == "notice":
        return [section(f"*<{card.url}|{escape(card.title)[:1500]}>*\n{escape(card.status)[:1400]}")]
    severity = f" *{card.severity}*" if card.severity else ""
    head = f"{SIGNS[card.state]}  <{card.url}|#{card.number}>{severity}\n*{escape(card.title)[:1500]}*"
    body = "\n".join([escape(card.status)[:1000], *(escape(fact)[:500] for fact in card.facts)])
    context = [
        part for part in (card.service and f"Service: {escape(card.service)}", card.opened_at and f"Opened {_time(card.opened_at)}") if part
    ]
    made = [section(head), section(body)]
    if context:
        made.append({"type": "context", "elements": [{"type": "mrkdwn", "text": " · ".join(context)}]})
    if card.acts:
        value = button_value([card.number], page_id=card.page_id, seen=card.seen)
        made.append({"type": "actions", "block_id": f"watchbill_{card.number}", "elements": [_button(act, value) for act in card.acts]})
    return made


def list_text(cards: Sequence[Card]) -> str:
    """The line of a message about several incidents."""
    waiting = sum(card.state == "triggered" for card in cards)
    return f"{len(cards)} incidents, {waiting} of them nobody has yet" if waiting else f"{len(cards)} incidents: each is taken care of"


def list_blocks(cards: Sequence[Card], *, answers: bool) -> list[Block]:
    """A message about several incidents, as they are now. Its buttons act on those that still need it."""
    lines = [
        f"{SIGNS[card.state]}  <{card.url}|#{card.number}> {escape(card.title)[:80]}: {escape(card.status)[:60]}" for card in cards[:SHOWN]
    ]
    if len(cards) > SHOWN:
        lines.append(f"... and {len(cards) - SHOWN} more on the board.")
    made = [section(f"*{list_text(cards)}*"), *(section("\n".join(lines[at : at + 8])) for at in range(0, len(lines), 8))]
    able = {act: [card.number for card in cards if act in card.acts][:MOST_NUMBERS] for act in ("acknowledge", "resolve")}
    buttons = [_button(act, button_value(numbers)) for act, numbers in able.items() if numbers]
    return [*made, {"type": "actions", "elements": buttons}] if answers and buttons else made


def message_blocks(message: Message, *, answers: bool) -> list[Block]:
    """A notification to one person. `answers`: somebody hears what is pressed there."""
    lines = [DUPLICATE] if message.possible_duplicate else []
    made = [section(f"*{escape(subject(message))}*")]
    lines.extend(_content_line(content) for content in message.contents[:SHOWN])
    if message.count > len(message.contents[:SHOWN]):
        lines.append(f"... and {message.count - len(message.contents[:SHOWN])} more on the board.")
    asks = message.kind in ("page", "drill")
    if asks and not answers and message.incident_id is not None:
        lines.append(f"<{link(message)}|Acknowledge, and it is yours>")
    if is_drill(message):
        lines.append(f"<{answer_link(message)}|I got it>")
    made.append(section("\n".join(lines)[:2900] or " "))
    numbers = [content["number"] for content in message.contents if content.get("number")][:MOST_NUMBERS]
    if answers and numbers and asks:
        acts = ["acknowledge", "resolve"] + (["escalate", "note"] if len(numbers) == 1 else [])
        if message.contents[0].get("restricted") and "note" in acts:
            acts.remove("note")
        value = button_value(numbers, page_id=message.page_id)
        made.append({"type": "actions", "elements": [_button(act, value) for act in acts]})
    if answers and message.kind == "handoff" and len(numbers) == 1 and message.contents[0].get("answers"):
        made.append({"type": "actions", "elements": [_button(act, button_value(numbers)) for act in ("accept", "decline")]})
    return made


def note_form(number: int, answer_url: str) -> dict[str, Any]:
    """The form in which a note is written."""
    field = {"type": "plain_text_input", "action_id": "text", "multiline": True, "max_length": 3000}
    return {
        "type": "modal",
        "callback_id": NOTE_FORM,
        "private_metadata": json.dumps({"n": number, "u": answer_url}),
        "title": plain_text(f"Note on #{number}"[:24]),
        "submit": plain_text("Write it down"),
        "close": plain_text("Cancel"),
        "blocks": [{"type": "input", "block_id": "note", "label": plain_text("What was seen, decided or tried"), "element": field}],
    }


def done_form(number: int, text: str, title: str = "Note on") -> dict[str, Any]:
    """What the form shows when it was written."""
    return {
        "type": "modal",
        "title": plain_text(f"{title} #{number}"[:24]),
        "close": plain_text("Close"),
        "blocks": [section(answer_text(text))],
    }


def button_value(numbers: Sequence[int], *, page_id: int | None = None, seen: int | None = None) -> str:
    """What a button carries: numbers, the page that it is about, how often that had fired."""
    value: dict[str, Any] = {"n": list(numbers)}
    if page_id is not None:
        value["p"] = page_id
    if seen is not None:
        value["f"] = seen
    return json.dumps(value, separators=(",", ":"))


def _content_line(content: dict[str, Any]) -> str:
    if not content.get("number"):
        return escape(str(content.get("reason") or ""))
    shown = f"<{incident_url(content)}|#{content['number']}> {escape(str(content.get('title') or ''))[:200]}"
    if content.get("restricted"):
        return f"{shown}\nIt is restricted; open it to read more."
    parts = [content.get("service") and f"Service: {escape(content['service'])}", escape(str(content.get("reason") or ""))]
    return "\n".join([shown, *(part for part in parts if part)])


def _time(at: dt.datetime) -> str:
    """In the zone of whoever reads; UTC where Slack cannot."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC>"


def section(text: str) -> Block:
    """Words of a message."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}}


def _button(act: str, value: str) -> Block:
    made: Block = {"type": "button", "action_id": ACTION + act, "text": plain_text(LABELS[act]), "value": value}
    return {**made, "style": "primary"} if act in ("acknowledge", "accept") else made


def plain_text(text: str) -> Block:
    """Words of a button or a form, without any signs."""
    return {"type": "plain_text", "text": text}
