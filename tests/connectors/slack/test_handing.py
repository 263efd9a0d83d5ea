"""An incident is handed over without leaving the chat: the rules, the records and the people of the pages."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client

from tests.connectors.parts import message
from tests.connectors.slack.fake import Slack, button, press, submit
from tests.connectors.slack.test_inbound import desk, pressed, send, there, typed
from tests.response.desk import Desk
from watchbill.audit.models import Record
from watchbill.connectors.chat.cards import cards_of
from watchbill.connectors.slack.blocks import card_blocks, message_blocks
from watchbill.handoff.models import Handoff
from watchbill.incidents.models import Incident
from watchbill.notifications.messages import Message
from watchbill.notifications.models import Notification

__all__ = ["desk", "there"]
WORDS = {
    "to": {"chosen": "bruno"},
    "kind": {"chosen": "shift"},
    "summary": {"value": "disk full <!channel>"},
    "next_steps": {"value": "bruno: find what writes"},
    "engaged": {"value": "ada"},
    "bridge": {},
}


def form(client: Client, there: Slack, incident: Incident, act: str, user: str) -> dict[str, Any]:
    """The form that the button opens."""
    one = button({"blocks": card_blocks(cards_of([incident.id])[incident.id])}, act)
    before = len(there.made("views.open"))
    send(client, "interactive", press(one, user=user, response_url=there.response_url, trigger=f"{time.monotonic_ns()}.5"))
    view: dict[str, Any] = there.wait(lambda: there.made("views.open")[before:])[0]["view"]
    return view


def fill(client: Client, view: dict[str, Any], values: dict[str, Any], user: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        send(client, "interactive", submit(view, values, user=user, trigger=f"{time.monotonic_ns()}.6")).content
    )
    return answer


def owned(client: Client, desk: Desk) -> Incident:
    incident = desk.open()
    typed(client, f"ack {incident.number}")
    return incident


@pytest.mark.req("G26", "K41")
def test_it_is_offered_in_a_form_and_accepted_in_another(client: Client, there: Slack, desk: Desk) -> None:
    incident = owned(client, desk)
    view = form(client, there, incident, "handoff", "U0ADA")
    options = [each["value"] for each in view["blocks"][0]["element"]["options"]]
    assert "bruno" in options
    assert "ada" not in options
    missing = fill(client, view, {**WORDS, "summary": {"value": " "}, "engaged": {"value": ""}}, "U0ADA")
    assert missing["response_action"] == "errors"
    assert set(missing["errors"]) == {"summary", "engaged"}
    assert "is yours until they accept" in json.dumps(fill(client, view, WORDS, "U0ADA"))
    assert desk.hold(incident) == ("ada", "ada")
    shown = json.dumps(card_blocks(cards_of([incident.id])[incident.id]))
    assert "Offered to Bruno: nothing moves before they have read it back and accepted." in shown
    assert "only they can answer" in pressed(client, there, incident, "accept", user="U0ADA")
    view = form(client, there, incident, "accept", "U0BRUNO")
    assert "disk full &lt;!channel&gt;" in json.dumps(view)
    assert fill(client, view, {"readback": {"value": "  "}}, "U0BRUNO")["errors"].keys() == {"readback"}
    stranger = fill(client, view, {"readback": {"value": "mine"}}, "U0X")
    assert "link" in stranger["errors"]["readback"]
    assert "Only Bruno" in json.dumps(fill(client, view, {"readback": {"value": "mine"}}, "U0GRACE"))
    assert "You have" in json.dumps(fill(client, view, {"readback": {"value": "I look at the disk"}}, "U0BRUNO"))
    assert desk.hold(incident) == ("ada", "bruno")
    assert Handoff.objects.get().readback == "I look at the disk"
    assert list(Record.objects.filter(action__startswith="handoff.").order_by("id").values_list("action", "actor", "via")) == [
        ("handoff.offer", "ada", "slack"),
        ("handoff.accept", "bruno", "slack"),
    ]


@pytest.mark.req("K41")
def test_the_receiver_is_asked_with_buttons_and_declines_with_a_reason(client: Client, there: Slack, desk: Desk) -> None:
    incident = owned(client, desk)
    fill(client, form(client, there, incident, "handoff", "U0ADA"), WORDS, "U0ADA")
    asked = Notification.objects.get(person=desk.bruno, kind="handoff", contact__kind="slack")
    sent: Message = message("U0BRUNO", method="slack", kind="handoff", contents=(asked.content,))
    acts = [each["action_id"] for block in message_blocks(sent, answers=True) if block["type"] == "actions" for each in block["elements"]]
    assert acts == ["watchbill_accept", "watchbill_decline"]
    view = form(client, there, incident, "decline", "U0BRUNO")
    assert fill(client, view, {"why": {"value": ""}}, "U0BRUNO")["errors"].keys() == {"why"}
    assert "keeps it" not in json.dumps(fill(client, view, {"why": {"value": "in a train"}}, "U0BRUNO"))
    assert (Handoff.objects.get().state, desk.hold(incident)) == ("declined", ("ada", "ada"))


def test_words_do_it_too_and_only_who_has_it_may(client: Client, there: Slack, desk: Desk) -> None:
    incident = owned(client, desk)
    assert "Only whoever has" in pressed(client, there, incident, "handoff", user="U0BRUNO")
    assert "No hand-off" in typed(client, f"accept {incident.number} mine", user="U0BRUNO")
    fill(client, form(client, there, incident, "handoff", "U0ADA"), WORDS, "U0ADA")
    assert "Read it back" in typed(client, f"accept {incident.number}", user="U0BRUNO")
    assert "You have" in typed(client, f"accept {incident.number} I look at the disk", user="U0BRUNO")
    assert desk.hold(incident) == ("ada", "bruno")


@pytest.mark.req("R8")
def test_what_is_restricted_is_handed_over_elsewhere(client: Client, there: Slack, desk: Desk) -> None:
    hidden = desk.open("the salamander is out", service=desk.secret)
    typed(client, f"ack {hidden.number}")
    assert not {"handoff", "accept", "decline", "note"} & set(cards_of([hidden.id])[hidden.id].acts)
    assert "stays out of chats" in typed(client, f"accept {hidden.number} x")
    assert "stays out of chats" not in typed(client, f"accept {hidden.number} x", user="U0CHARLIE")  # who learns nothing of it
