"""A page by direct message says what is true, as the message in the channel does: through refusals, lost answers, and a Slack that dies."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.conf import settings

from tests.connectors.parts import message
from tests.connectors.slack.conftest import Whole
from tests.connectors.slack.fake import CUT, LOSE, button
from tests.connectors.slack.test_posting import buttons
from watchbill.connectors.failures import Failure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.slack import sending
from watchbill.incidents.models import Incident
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats import actions
from watchbill.notifications.chats.models import Posting
from watchbill.notifications.chats.selectors import postings_of
from watchbill.notifications.models import Notification

ADA = "D0ADA"


@pytest.fixture
def whole(whole: Whole) -> Whole:
    """No channel is told: what is edited is the direct message alone."""
    whole.tell()
    return whole


def send(whole: Whole, *incidents: Incident, **more: Any) -> Notification:
    """Ada's page about these, as the sender sends it."""
    first = incidents[0]
    row, *others = [Notification.objects.filter(incident_id=one.id, kind="page").order_by("id").first() for one in incidents]
    assert row
    Notification.objects.filter(pk__in=[other.pk for other in others if other]).update(state="bundled", bundle_id=row.pk)
    own = {"notification_id": row.id, "public_id": str(row.public_id), "incident_id": first.id, "page_id": row.page_id}
    sent = message("U0ADA", method="slack", numbers=tuple(one.number for one in incidents), **own, **more)

    now = database_now()

    async def go() -> None:
        client = Outgoing(settings.ALLOW_PRIVATE_TARGETS, whole=1.0)
        try:
            await sending.connector(outgoing=client, signing_key="").send(sent, now=now)
        finally:
            await client.close()

    asyncio.run(go())
    return row


def direct(whole: Whole) -> list[str]:
    return [json.dumps(shown) for (place, _), shown in sorted(whole.slack.messages.items()) if place == ADA]


@pytest.mark.req("G7", "G29")
def test_it_stays_as_it_was_sent_until_somebody_has_it_and_then_says_who_and_how_it_ended(whole: Whole):
    whole.run()
    incident = whole.open("disk <full>")
    send(whole, incident)
    whole.posting(incident, lambda row: row.due_at is None)
    assert whole.slack.made("chat.update") == []
    assert "You have the watch." in direct(whole)[0]
    whole.act("acknowledge", incident, whole.desk.bruno)
    taken = whole.until(incident, lambda m: "ACKNOWLEDGED" in json.dumps(m), channel=ADA)
    assert "Bruno has it." in json.dumps(taken)
    assert buttons(taken) == ["Resolve", "Escalate", "Note", "Hand over"]
    assert "disk &lt;full&gt;" in json.dumps(taken)
    whole.act("resolve", incident, whole.desk.bruno)
    over = whole.until(incident, lambda m: "RESOLVED" in json.dumps(m), channel=ADA)
    assert buttons(over) == []
    assert len(direct(whole)) == len(whole.slack.made("chat.postMessage")) == 1
    assert whole.story(incident) == []
    assert postings_of(incident.id) == []  # the page of the incident shows channels


def test_what_changed_while_it_was_sent_is_shown(whole: Whole):
    whole.run()
    incident = whole.open()
    whole.act("acknowledge", incident, whole.desk.bruno)
    send(whole, incident)
    whole.until(incident, lambda m: "Bruno has it." in json.dumps(m), channel=ADA)


@pytest.mark.req("P14")
def test_a_message_about_several_says_of_each_who_has_it(whole: Whole):
    whole.run()
    one, two = whole.open("one"), whole.open("two")
    send(whole, one, two)
    whole.act("acknowledge", two, whole.desk.bruno)  # not the one that the message is filed under
    whole.slack.wait(lambda: "1 of them nobody has yet" in direct(whole)[0])
    shown = whole.slack.made("chat.update")[-1]
    assert f"#{one.number}> one: Nobody has it." in direct(whole)[0]
    assert f"#{two.number}> two: Bruno has it." in direct(whole)[0]
    assert json.loads(button(shown, "acknowledge")["value"])["n"] == [one.number]
    assert json.loads(button(shown, "resolve")["value"])["n"] == [one.number, two.number]
    for incident in (one, two):
        whole.act("resolve", incident, whole.desk.bruno)
    whole.slack.wait(lambda: "each is taken care of" in direct(whole)[0])
    whole.slack.wait(lambda: not buttons(whole.slack.made("chat.update")[-1]))
    assert len(direct(whole)) == 1


def test_of_a_restricted_one_it_says_number_and_code_name_only(whole: Whole):
    whole.run()
    incident = whole.open("Payments leak", service=whole.desk.secret)
    send(whole, incident)
    whole.act("acknowledge", incident, whole.desk.ada)
    shown = whole.until(incident, lambda m: "Taken care of." in json.dumps(m), channel=ADA)
    assert "Payments" not in json.dumps(shown)
    assert incident.code_name in json.dumps(shown)
    assert "Ada" not in json.dumps(shown)


@pytest.mark.parametrize("how", [LOSE, CUT, (500, {}), (503, {}), (200, b"<html>"), {"ok": False, "error": "internal_error"},
    (429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"})], ids=str)  # fmt: skip
def test_an_edit_that_fails_for_a_while_is_made_again(whole: Whole, how: Any):
    whole.slack.next["chat.update"] = [how]
    whole.run()
    incident = whole.open()
    send(whole, incident)
    whole.act("acknowledge", incident, whole.desk.bruno)
    whole.until(incident, lambda m: "Bruno has it." in json.dumps(m), channel=ADA)
    assert len(direct(whole)) == 1


def test_a_slack_that_dies_gets_the_latest_state_when_it_is_back(whole: Whole):
    whole.run()
    incident = whole.open()
    send(whole, incident)
    whole.slack.die()
    whole.act("acknowledge", incident, whole.desk.bruno)
    whole.posting(incident, lambda row: row.error)
    whole.act("resolve", incident, whole.desk.bruno)
    whole.slack.start()
    whole.until(incident, lambda m: "RESOLVED" in json.dumps(m), channel=ADA)
    assert "Bruno has it" not in json.dumps(whole.slack.made("chat.update"))


def test_a_refusal_is_said_once_and_names_nobody(whole: Whole):
    whole.slack.always["chat.update"] = {"ok": False, "error": "edit_window_closed"}
    whole.run()
    incident = whole.open()
    send(whole, incident)
    whole.act("acknowledge", incident, whole.desk.bruno)
    row = whole.posting(incident, lambda row: row.given_up)
    assert "edit_window_closed" in row.error
    (line,) = whole.story(incident)
    assert line.startswith("A direct message in main could not be brought up to date: ")
    assert "U0ADA" not in line


def test_one_that_somebody_deleted_does_not_come_back(whole: Whole):
    whole.run()
    incident = whole.open()
    send(whole, incident)
    whole.slack.messages.clear()
    for name in ("acknowledge", "resolve"):
        whole.act(name, incident, whole.desk.bruno)
        whole.posting(incident, lambda row: row.due_at is None and row.shown == row.wanted and not row.message)
    assert (direct(whole), len(whole.slack.made("chat.postMessage"))) == ([], 1)


def test_of_two_that_arrived_one_stays(whole: Whole):
    """The answer to the first try was lost: it is sent again as a possible duplicate, and the next edit takes the first one away."""
    whole.run()
    incident = whole.open()
    whole.slack.next["chat.postMessage"] = [LOSE]
    with pytest.raises(Failure):
        send(whole, incident)
    send(whole, incident, possible_duplicate=True)
    whole.slack.wait(lambda: len(direct(whole)) == 1)
    whole.act("acknowledge", incident, whole.desk.bruno)
    whole.until(incident, lambda m: "Bruno has it." in json.dumps(m), channel=ADA)
    assert len(direct(whole)) == 1


def test_a_database_that_is_away_for_a_moment_fails_no_page(whole: Whole, monkeypatch: pytest.MonkeyPatch):
    def away(*_: Any, **__: Any) -> None:
        raise sending.DatabaseError("gone")

    monkeypatch.setattr(sending, "sent_directly", away)
    incident = whole.open()
    send(whole, incident)
    assert (len(direct(whole)), Posting.objects.count()) == (1, 0)
    assert actions.claim(1, [whole.chat.id], now=database_now(), limit=5) == []
