"""The forms by which an incident is handed over in Slack, and what they were filled in with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from watchbill.connectors.chat import handing
from watchbill.connectors.chat.callers import Caller
from watchbill.connectors.chat.handing import Draft
from watchbill.connectors.slack.blocks import done_form, escape, plain_text, section
from watchbill.handoff.lines import text_of
from watchbill.handoff.models import Handoff
from watchbill.handoff.selectors import words_of
from watchbill.kernel.errors import Invalid, WatchbillError

OFFER_FORM, ACCEPT_FORM, DECLINE_FORM = "watchbill_handoff", "watchbill_accept", "watchbill_decline"
LONGEST = 3000  # characters that Slack takes in a field
PARTS = {
    "summary": "What it is, and how it stands",
    "next_steps": "Next steps, one a line: who: what",
    "engaged": "Who is engaged, one a line",
    "open_questions": "Open questions, one a line",
    "decisions": "Decisions, one a line",
    "pending": "Pending, one a line",
    "related": "Related issues, one a line",
    "channels": "Channels and threads, one a line",
    "bridge": "Bridge",
}
NEEDED = ("summary", "next_steps", "engaged")
Block = dict[str, Any]


def form_of(act: str, number: int, who: Caller) -> Block:
    """The form that a button opens. Raises what the act itself would refuse: before it was filled in, not after."""
    if act == "handoff":
        return offer_form(handing.draft(number, who))
    row = handing.asked(number, who)
    return accept_form(row) if act == "accept" else decline_form(row)


def offer_form(draft: Draft) -> Block:
    """To whom, and all that the next one must know, drafted."""
    blocks = [_choice("to", "Who has it next", draft.people), _choice("kind", "Kind", draft.kinds, first=True)]
    blocks += [_field(name, label, text_of(draft.words, name), optional=name not in NEEDED) for name, label in PARTS.items()]
    return _modal(OFFER_FORM, {"n": draft.number}, f"Hand #{draft.number} over", "Offer it", blocks)


def accept_form(row: Handoff) -> Block:
    """All that is handed over, and the read-back."""
    words, number = words_of(row), row.incident.number
    shown = [section(f"*{escape(label)}*\n{_lines(text)}") for name, label in PARTS.items() if (text := text_of(words, name))]
    readback = _field("readback", "In your own words: what is going on, what do you do first?", "", optional=False)
    return _modal(ACCEPT_FORM, {"n": number, "h": row.id}, f"Accept #{number}", "Accept: I have it", [*shown, readback])


def decline_form(row: Handoff) -> Block:
    """The reason."""
    number = row.incident.number
    why = _field("why", f"Why? {row.giver.name} reads it and keeps it"[:150], "", optional=False)
    return _modal(DECLINE_FORM, {"n": number, "h": row.id}, f"Decline #{number}", "Decline", [why])


def sent(view: Mapping[str, Any], who: Caller) -> Block:
    """What a form does when it is sent: the answer that Slack shows in its place."""
    said, known = _said(view), _metadata(view)
    number, handoff = known.get("n", 0), known.get("h", 0)
    does: dict[str, Callable[[], str]] = {
        OFFER_FORM: lambda: handing.offer(number, said, who),
        ACCEPT_FORM: lambda: handing.accept(handoff, said.get("readback", ""), who),
        DECLINE_FORM: lambda: handing.decline(handoff, said.get("why", ""), who),
    }
    try:
        text = does[str(view.get("callback_id"))]()
    except Invalid as error:
        return {"response_action": "errors", "errors": _errors(error, view)}
    except WatchbillError as error:
        text = error.message
    return {"response_action": "update", "view": done_form(number, text, "Hand-off of")}


def _errors(error: Invalid, view: Mapping[str, Any]) -> dict[str, str]:
    """Each beside its field, as far as the form has it."""
    there = [str(block.get("block_id")) for block in view.get("blocks") or () if isinstance(block, dict) and block.get("type") == "input"]
    found: dict[str, str] = {}
    for each in error.details.get("missing") or [{"field": error.details.get("field"), "why": error.message}]:
        field = str(each["field"])
        name = field if field in there else there[0] if there else "readback"
        found[name] = f"{found[name]} {each['why']}" if name in found else str(each["why"])
    return found


def _said(view: Mapping[str, Any]) -> dict[str, str]:
    """What stands in each field."""
    state = view.get("state")
    values = state.get("values") if isinstance(state, dict) else None
    found: dict[str, str] = {}
    for block, fields in (values if isinstance(values, dict) else {}).items():
        filled = fields.get("value") if isinstance(fields, dict) else None
        if not isinstance(filled, dict):
            continue
        option = filled.get("selected_option")
        value = option.get("value") if isinstance(option, dict) else filled.get("value")
        if isinstance(value, str):
            found[str(block)] = value
    return found


def _metadata(view: Mapping[str, Any]) -> dict[str, int]:
    """Which incident and hand-off it is about; what is no number of ours is none."""
    try:
        known = json.loads(str(view.get("private_metadata")))
        items = known.items()
    except (ValueError, AttributeError):
        return {}
    return {name: value for name, value in items if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63}


def _modal(callback: str, known: Mapping[str, int], title: str, submit: str, blocks: list[Block]) -> Block:
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": json.dumps(known),
        "title": plain_text(title[:24]),
        "submit": plain_text(submit[:24]),
        "close": plain_text("Cancel"),
        "blocks": blocks,
    }


def _field(name: str, label: str, text: str, *, optional: bool) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": "value", "multiline": name != "bridge", "max_length": LONGEST}
    if text:
        element["initial_value"] = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return {"type": "input", "block_id": name, "optional": optional, "label": plain_text(label), "element": element}


def _choice(name: str, label: str, options: tuple[tuple[str, str], ...], *, first: bool = False) -> Block:
    shown = [{"text": plain_text(text[:75]), "value": value[:150]} for value, text in options] or [
        {"text": plain_text("Nobody"), "value": "-"}
    ]
    element: Block = {"type": "static_select", "action_id": "value", "options": shown}
    if first:
        element["initial_option"] = shown[0]
    return {"type": "input", "block_id": name, "label": plain_text(label), "element": element}


def _lines(text: str) -> str:
    shown = "\n".join(escape(line) for line in text.splitlines())
    return shown if len(shown) <= 2800 else f"{shown[:2800]} …"
