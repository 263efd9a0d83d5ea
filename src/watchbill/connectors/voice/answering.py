"""A call was answered, a key was pressed: what is said, what is done. Knows no provider."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from watchbill.connectors.phone.acts import ACKNOWLEDGE, ESCALATE, act
from watchbill.connectors.voice import speech
from watchbill.notifications.actions import answer_drill
from watchbill.notifications.actions.codes import PURPOSE
from watchbill.notifications.models import Notification

VIA = "voice"
MOST_TURNS = 12  # a key that is held down ends the call
CLOSED = "This account is closed here. Nothing was done. Good-bye."


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said; `keys` empty: then the call ends."""

    said: list[str]
    keys: str = ""


def greet(notification: Notification) -> Spoken:
    """The first words."""
    about = speech.incidents_in(notification)
    if not notification.person.is_active:
        return Spoken([CLOSED])
    if notification.content.get("purpose") == PURPOSE:
        return Spoken(speech.code(notification))
    if notification.content.get("drill"):
        return Spoken([speech.DRILL], speech.DRILL_KEYS)
    if notification.kind == "handoff":
        return Spoken(speech.handing(notification, about), speech.HEARD)
    if not about and notification.kind in ("page", "status"):
        return Spoken([speech.nothing_waits(about)])
    if about and notification.kind == "page" and not speech.still_waits(about):
        return Spoken([speech.nothing_waits(about), "Good-bye."])
    return Spoken(speech.opening(about), speech.keys(about))


def press(notification: Notification, key: str, turn: int, *, now: dt.datetime) -> Spoken:
    """1 acknowledges, 2 escalates, 3 says more; any other key says the menu again."""
    about = speech.incidents_in(notification)
    person = notification.person
    if not person.is_active:
        return Spoken([CLOSED])
    if notification.content.get("drill") and turn < MOST_TURNS:
        if key != "1":
            return Spoken(["That key does nothing."], speech.DRILL_KEYS)
        answer_drill(notification, via=VIA, now=now)
        return Spoken(["Thank you. This number reaches you.", "Good-bye."])
    if notification.kind == "handoff" and key == "1":
        return Spoken(["Thank you. Open it to read it back.", "Good-bye."])
    if turn >= MOST_TURNS or not about or notification.kind == "handoff":
        return Spoken(["Good-bye."])
    if key in ("1", "2"):
        on = [(incident.number, page) for incident, page in about]
        said = act(ACKNOWLEDGE if key == "1" else ESCALATE, on, person=person, via=VIA, now=now)
        return Spoken([*(speech.spoken(each) for each in said), "Good-bye."])
    if key == "3":
        return Spoken(speech.more(about, zone=person.timezone, now=now), speech.keys(about))
    return Spoken(["That key does nothing.", speech.headline(about[0][0])], speech.keys(about))
