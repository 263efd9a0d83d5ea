"""What Twilio asks and tells: /in/twilio/NAME/WHAT, signed over the public address and the form.

voice/REF: a call was answered, what is said? · gather/REF/TURN: a key · status/REF: how a call stands · message/REF: how a text message
stands · sms: somebody answered. REF names our notification.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from watchbill.connectors.callbacks import Answer, Call
from watchbill.connectors.phone import providers, replies
from watchbill.connectors.phone.receiving import keep, notification_of, once
from watchbill.connectors.twilio import twiml
from watchbill.connectors.twilio.signature import form_of, is_genuine
from watchbill.connectors.voice.answering import Spoken, greet, press
from watchbill.intake.rules import clean
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, NotReady
from watchbill.notifications.actions import Told
from watchbill.notifications.rules import Verdict, call_verdict, is_machine, text_verdict

ENDED = {
    "busy": "the line was busy",
    "no-answer": "nobody answered",
    "failed": "the call could not be placed",
    "canceled": "the call was cancelled",
    "completed": "it was picked up, and neither a human nor a key was noticed",
}
MACHINE = "a machine picked up, which is nobody"


@dataclass(frozen=True, slots=True)
class Heard:
    """A genuine callback."""

    provider: str
    form: dict[str, str]
    path: tuple[str, ...]
    now: dt.datetime

    def field(self, name: str) -> str:
        """A field that Twilio always sends."""
        if not (value := self.form.get(name, "")):
            raise Invalid(f"{name} is missing; Twilio always sends it.", field=name)
        return value


def answer(call: Call, now: dt.datetime) -> Answer:
    """Believe nothing before the signature fits."""
    provider = providers.named(providers.TWILIO, call.name)
    if provider is None:
        raise NotReady("This provider is not active here: it stands in no configuration, or its variables are not set.")
    try:
        form = form_of(call.body)
    except ValueError as error:
        raise NotAllowed("The signature does not fit.") from error
    if call.method != "POST" or not is_genuine(call.headers.get("x-twilio-signature", ""), provider.token, call.url, form):
        raise NotAllowed("The signature does not fit.")
    what, *path = call.rest.strip("/").split("/")
    if what not in WAYS or len(path) != WAYS[what][0]:
        raise NotFound("Twilio is not answered here.")
    return twiml.answer(WAYS[what][1](Heard(provider.name, {name: clean(value) for name, value in form}, tuple(path), now)))


def _voice(heard: Heard) -> str:
    """A call was picked up. By a machine: nothing is left on it."""
    notification = notification_of(heard.path[0])
    answered_by = heard.form.get("AnsweredBy", "")
    verdict = call_verdict("in-progress", answered_by)
    detail = MACHINE if is_machine(answered_by) else "a human answered" if verdict is Verdict.REACHED else "picked up"
    keep(Told(heard.provider, heard.field("CallSid"), f"answered {answered_by}".strip(), verdict, detail), notification, now=heard.now)
    if is_machine(answered_by):
        return twiml.hang_up()
    return _speak(heard, greet(notification), 1)


def _gather(heard: Heard) -> str:
    """A key proves a human. The same key of the same turn acts once."""
    notification = notification_of(heard.path[0])
    turn = int(heard.path[1]) if heard.path[1].isascii() and heard.path[1].isdigit() and len(heard.path[1]) < 4 else 0
    key = heard.form.get("Digits", "")
    told = Told(
        heard.provider,
        heard.field("CallSid"),
        f"key {turn}",
        Verdict.REACHED,
        f"key {key[:5]} was pressed",
        person_id=notification.person_id,
    )
    return once(told, lambda: notification, lambda: _speak(heard, press(notification, key, turn, now=heard.now), turn + 1), now=heard.now)


def _status(heard: Heard) -> str:
    status, answered_by = heard.field("CallStatus"), heard.form.get("AnsweredBy", "")
    verdict = call_verdict(status, answered_by)
    detail = MACHINE if is_machine(answered_by) else "a human answered" if verdict is Verdict.REACHED else ENDED.get(status, status)
    if code := heard.form.get("SipResponseCode", "") if status == "failed" else "":
        detail = f"{detail} ({code})"
    told = Told(heard.provider, heard.field("CallSid"), f"{status} {answered_by}".strip(), verdict, detail)
    keep(told, notification_of(heard.path[0]), now=heard.now)
    return twiml.nothing()


def _message(heard: Heard) -> str:
    status, code = heard.field("MessageStatus"), heard.form.get("ErrorCode", "")
    detail = f"{heard.provider} says {status}{f' ({code})' if code else ''}"
    told = Told(heard.provider, heard.field("MessageSid"), status, text_verdict(status), detail)
    keep(told, notification_of(heard.path[0]), now=heard.now)
    return twiml.nothing()


def _sms(heard: Heard) -> str:
    """Somebody wrote. What Twilio answers by itself (STOP, START, HELP) is not answered twice."""
    said = replies.answer(heard.provider, heard.field("MessageSid"), heard.field("From"), heard.form.get("Body", ""), now=heard.now)
    return twiml.message("" if heard.form.get("OptOutType") else said)


def _speak(heard: Heard, spoken: Spoken, turn: int) -> str:
    if not spoken.keys:
        return twiml.hang_up(*spoken.said)
    action = f"{settings.PUBLIC_URL}/in/twilio/{heard.provider}/gather/{heard.path[0]}/{turn}"
    return twiml.menu(spoken.said, spoken.keys, action=action)


WAYS: dict[str, tuple[int, Callable[[Heard], str]]] = {
    "voice": (1, _voice),
    "gather": (2, _gather),
    "status": (1, _status),
    "message": (1, _message),
    "sms": (0, _sms),
}
