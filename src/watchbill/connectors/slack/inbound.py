"""What people do in Slack becomes what the desk does: a command, a press, a filled-in form. The sender is proved before anything is read here."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from watchbill.connectors.chat import background, desk
from watchbill.connectors.chat.callers import STRANGER, Caller, caller
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.slack import handing
from watchbill.connectors.slack.api import Api, respond
from watchbill.connectors.slack.blocks import ACTION, NOTE_FORM, answer_text, done_form, note_form
from watchbill.kernel.errors import WatchbillError
from watchbill.notifications.chats.actions import make_link
from watchbill.notifications.chats.selectors import Settings, person_of

log = logging.getLogger(__name__)

Answer = dict[str, Any]


def command(chat: Settings, form: Mapping[str, str], *, now: dt.datetime) -> Answer:
    """A slash command. The answer is for the one who typed it alone."""
    user, text = form.get("user_id", ""), form.get("text", "")
    verb = text.split(maxsplit=1)[0].lower() if text.split() else ""
    if verb == "link":
        return _private(_link(chat, user, form.get("user_name", ""), now))
    person = person_of(chat, user) if user else None
    if person is None:
        return _private(STRANGER)
    return _private(desk.command(text, caller(chat, person, user, now=now)))


def interactive(chat: Settings, payload: Mapping[str, Any], *, now: dt.datetime) -> Answer:
    """A press of a button, or a form that was sent."""
    kind = payload.get("type")
    if kind == "block_actions":
        return _pressed(chat, payload, now)
    form = str(_dict(payload.get("view")).get("callback_id")) if kind == "view_submission" else ""
    if form == NOTE_FORM:
        return _noted(chat, payload, now)
    if form in (handing.OFFER_FORM, handing.ACCEPT_FORM, handing.DECLINE_FORM):
        return _handed(chat, payload, now)
    return {}


def event(_chat: Settings, payload: Mapping[str, Any], *, now: dt.datetime) -> Answer:  # noqa: ARG001  as the others are called
    """Slack asks whether we are there; other events carry nothing that the desk waits for."""
    if payload.get("type") == "url_verification" and isinstance(payload.get("challenge"), str):
        return {"challenge": payload["challenge"]}
    return {}


def _link(chat: Settings, user: str, name: str, now: dt.datetime) -> str:
    if not user:
        return STRANGER
    link = make_link(chat, user, name, now=now)
    return f"Open this while you are signed in to Watchbill, within 10 minutes; it works once and is yours alone: {link}"


def _pressed(chat: Settings, payload: Mapping[str, Any], now: dt.datetime) -> Answer:
    actions = payload.get("actions")
    pressed = _dict(actions[0]) if isinstance(actions, list) and actions else {}
    act = str(pressed.get("action_id", ""))
    value = _value(pressed.get("value"))
    if not act.startswith(ACTION) or value is None:
        return {}
    act, user, answer_url = act.removeprefix(ACTION), str(_dict(payload.get("user")).get("id", "")), str(payload.get("response_url", ""))
    person = person_of(chat, user) if user else None
    if person is None:
        _tell(answer_url, STRANGER)
        return {}
    who = caller(chat, person, user, now=now)
    numbers, page_id, seen = value
    if act not in FORMS:
        _tell(answer_url, desk.press(act, numbers, who, seen=seen, page_id=page_id))
    else:
        _open_form(chat, str(payload.get("trigger_id", "")), act, numbers[0], answer_url, who)
    return {}


def _note(number: int, who: Caller, answer_url: str) -> dict[str, Any]:
    desk.may_note(number, who)
    return note_form(number, answer_url)


FORMS: dict[str, Callable[[int, Caller, str], dict[str, Any]]] = {  # buttons that open a form; each refuses before it opens
    "note": _note,
    "handoff": lambda number, who, _: handing.form_of("handoff", number, who),
    "accept": lambda number, who, _: handing.form_of("accept", number, who),
    "decline": lambda number, who, _: handing.form_of("decline", number, who),
}


def _open_form(chat: Settings, trigger: str, act: str, number: int, answer_url: str, who: Caller) -> None:
    try:
        view = FORMS[act](number, who, answer_url)
    except WatchbillError as error:
        _tell(answer_url, error.message)
        return

    async def work(outgoing: Outgoing) -> None:
        await Api(outgoing, chat.url, chat.token).call("views.open", trigger_id=trigger, view=view)

    background.send("a form", work)


def _handed(chat: Settings, payload: Mapping[str, Any], now: dt.datetime) -> Answer:
    """A form of a hand-off. A stranger hears that beside its first field."""
    view, user = _dict(payload.get("view")), str(_dict(payload.get("user")).get("id", ""))
    person = person_of(chat, user) if user else None
    if person is None:
        first = {handing.OFFER_FORM: "to", handing.ACCEPT_FORM: "readback"}.get(str(view.get("callback_id")), "why")
        return {"response_action": "errors", "errors": {first: STRANGER}}
    return handing.sent(view, caller(chat, person, user, now=now))


def _noted(chat: Settings, payload: Mapping[str, Any], now: dt.datetime) -> Answer:
    view, user = _dict(payload.get("view")), str(_dict(payload.get("user")).get("id", ""))
    number, text = _form_of(view)
    person = person_of(chat, user) if user else None
    if person is None:
        return _refused(STRANGER)
    if number is None or not text.strip():
        return _refused("The note is empty. Write what you saw, decided or tried.")
    said = desk.press("note", [number], caller(chat, person, user, now=now), text=text)
    return {"response_action": "update", "view": done_form(number, said)}


def _form_of(view: Mapping[str, Any]) -> tuple[int | None, str]:
    values = _dict(_dict(_dict(view.get("state")).get("values")).get("note"))
    text = _dict(values.get("text")).get("value")
    try:
        number = json.loads(str(view.get("private_metadata")))["n"]
    except (ValueError, KeyError, TypeError):
        return None, ""
    return (number if _is_number(number) else None), text if isinstance(text, str) else ""


def _refused(text: str) -> Answer:
    return {"response_action": "errors", "errors": {"note": text}}


def _value(raw: Any) -> tuple[list[int], int | None, int | None] | None:
    """(numbers, page, fired) of a button of ours."""
    try:
        value = json.loads(raw)
        numbers, page_id, seen = value["n"], value.get("p"), value.get("f")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not isinstance(numbers, list) or not numbers or not all(_is_number(each) for each in numbers):
        return None
    return numbers, page_id if _is_number(page_id) else None, seen if isinstance(seen, int) and not isinstance(seen, bool) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _tell(url: str, text: str) -> None:
    if url:
        background.send("an answer to a press", lambda outgoing: respond(outgoing, url, answer_text(text)))


def _private(text: str) -> Answer:
    return {"response_type": "ephemeral", "text": answer_text(text)}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
