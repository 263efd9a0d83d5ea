"""An incident's message in a channel: posted once, edited to what is true, through refusals, lost answers, and a Slack that dies."""

from __future__ import annotations

import json
import threading
import time
from functools import partial
from typing import Any

import pytest

from tests.connectors.slack.conftest import OTHERS, SECURITY, Whole, known
from tests.connectors.slack.fake import CUT, LOSE
from watchbill.connectors.chat.callers import caller
from watchbill.connectors.chat.desk import command
from watchbill.connectors.outgoing import Outgoing
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats.models import Posting
from watchbill.notifications.chats.selectors import settings_of, states


def buttons(message: dict[str, Any]) -> list[str]:
    return [b["text"]["text"] for block in message["blocks"] if block["type"] == "actions" for b in block["elements"]]


def posted(whole: Whole) -> int:
    return len(whole.slack.made("chat.postMessage"))


@pytest.mark.req("G7", "G29")
def test_it_is_posted_once_and_edits_itself(whole: Whole):
    whole.run()
    incident = whole.open("disk <full> & @here", severity="critical")
    first = whole.until(incident, lambda m: "TRIGGERED" in json.dumps(m))
    assert buttons(first) == ["Acknowledge", "Resolve", "Escalate", "I am calling", "Note"]
    assert "disk &lt;full&gt; &amp; @here" in json.dumps(first)
    assert "Paging, step 1 of 4: Ada." in json.dumps(first)
    whole.act("assign", incident, whole.desk.ada, whole.desk.bruno)
    whole.desk.tick(database_now())
    whole.until(incident, lambda m: "Paging, step 1 of 4: Bruno" in json.dumps(m))
    whole.act("acknowledge", incident, whole.desk.bruno)
    taken = whole.until(incident, lambda m: "ACKNOWLEDGED" in json.dumps(m))
    assert "Bruno has it." in json.dumps(taken)
    assert buttons(taken) == ["Resolve", "Escalate", "Note", "Hand over"]
    whole.act("resolve", incident, whole.desk.ada)
    over = whole.until(incident, lambda m: "RESOLVED" in json.dumps(m))
    assert buttons(over) == []
    assert posted(whole) == 1
    assert len(whole.slack.made("chat.update")) <= 4
    whole.posting(incident, lambda row: row.due_at is None)
    assert whole.story(incident) == ["Posted to #sec (main)."]


def test_a_channel_alone_is_told_and_the_walk_goes_on(whole: Whole):
    whole.desk.policy.steps.insert(0, {"notify": [OTHERS], "wait": "15m"})
    whole.desk.policy.save()
    whole.run()
    incident = whole.open()
    whole.until(incident, lambda m: m, channel="C0OTHER")
    whole.until(incident, lambda m: m)
    assert whole.desk.hold(incident) == (None, None)
    assert any("a channel alone is nobody" in line for line in whole.desk.story(incident, "skipped"))


@pytest.mark.parametrize("how", [LOSE, CUT, (500, {}), (200, b"<html>"), {"ok": False, "error": "internal_error"}], ids=str)
def test_when_the_answer_is_lost_it_is_looked_for_and_never_stands_there_twice(whole: Whole, how: Any):
    whole.slack.next["chat.postMessage"] = [how]
    whole.run()
    incident = whole.open()
    whole.posting(incident, lambda row: row.message and row.posted_at)
    assert whole.slack.made("conversations.history")[0]["channel"] == "C0SEC"
    assert len(whole.slack.text()) == 1
    assert posted(whole) == (1 if how == LOSE else 2)
    whole.act("acknowledge", incident, whole.desk.ada)
    whole.until(incident, lambda m: "ACKNOWLEDGED" in json.dumps(m))


def test_a_post_that_arrives_after_the_second_one_is_taken_away(whole: Whole, monkeypatch: pytest.MonkeyPatch):
    """The worst case: no answer, nothing to be found, posted again, and then the first one arrives. The next edit clears it up."""
    monkeypatch.setattr("watchbill.engine.chats.Outgoing", partial(Outgoing, whole=1.0))  # how long an answer may take in all
    late = threading.Event()
    whole.slack.next["chat.postMessage"] = [late]
    whole.run()
    incident = whole.open()
    row = whole.posting(incident, lambda row: row.message, seconds=25)
    assert len(whole.slack.text()) == 1
    late.set()
    whole.slack.wait(lambda: len(whole.slack.text()) == 2)
    Posting.objects.filter(pk=row.pk).update(due_at=database_now())  # half a minute later
    whole.wake()
    whole.slack.wait(lambda: len(whole.slack.text()) == 1)
    whole.posting(incident, lambda row: row.due_at is None)
    assert (("C0SEC", row.message)) in whole.slack.messages


def test_it_waits_as_long_as_slack_asks_and_that_is_no_failure(whole: Whole):
    whole.slack.next["chat.postMessage"] = [(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"})] * 2
    whole.run()
    incident = whole.open()
    row = whole.posting(incident, lambda row: row.message)
    assert (row.error, posted(whole)) == ("", 3)
    assert whole.story(incident) == ["Posted to #sec (main)."]


@pytest.mark.parametrize(
    ("error", "says"), [("channel_not_found", "/invite @Watchbill"), ("not_in_channel", "/invite"), ("is_archived", "archived"),
                        ("invalid_auth", "not valid"), ("account_inactive", "gone"), ("token_revoked", "revoked"), ("missing_scope", "scopes"),
                        ("restricted_action", "does not let"), ("msg_too_long", "documentation")],
)  # fmt: skip
def test_a_refusal_inside_a_200_is_said_once_with_what_to_do_and_tried_again_when_something_changes(whole: Whole, error: str, says: str):
    whole.slack.next["chat.postMessage"] = [{"ok": False, "error": error}] * 2
    whole.run()
    incident = whole.open()
    row = whole.posting(incident, lambda row: row.given_up)
    assert (row.due_at, says in row.error) == (None, True)
    assert [state.unwritten for state in states()] == [1]
    whole.act("note", incident, whole.desk.ada, "looking")
    whole.slack.wait(lambda: posted(whole) == 2)
    whole.posting(incident, lambda row: row.given_up and row.due_at is None)
    whole.act("acknowledge", incident, whole.desk.ada)
    whole.until(incident, lambda m: "ACKNOWLEDGED" in json.dumps(m))
    whole.posting(incident, lambda row: row.posted_at and not row.error)
    story = whole.story(incident)
    assert [says in line for line in story] == [True, False], story


def test_a_message_that_somebody_deleted_is_posted_again(whole: Whole):
    whole.run()
    incident = whole.open()
    row = whole.posting(incident, lambda row: row.message)
    del whole.slack.messages["C0SEC", row.message]
    whole.act("acknowledge", incident, whole.desk.ada)
    whole.until(incident, lambda m: "ACKNOWLEDGED" in json.dumps(m))
    assert posted(whole) == 2


def test_a_slack_that_is_dead_gets_the_latest_state_when_it_is_back(whole: Whole):
    whole.slack.die()
    whole.run()
    incident = whole.open()
    whole.posting(incident, lambda row: row.error)
    whole.act("acknowledge", incident, whole.desk.ada)
    whole.slack.start()
    whole.until(incident, lambda m: "ACKNOWLEDGED" in json.dumps(m))
    assert (posted(whole), len(whole.slack.text())) == (1, 1)


def test_two_engines_post_once_and_one_takes_over_from_the_other(whole: Whole):
    first, second = whole.run(1), whole.run(2)
    incidents = [whole.open(f"disk {n} full") for n in range(5)]
    for incident in incidents:
        whole.until(incident, lambda m: m)
        whole.posting(incident, lambda row: row.due_at is None)
    assert posted(whole) == 5
    first.close()
    whole.running = [second]
    whole.act("acknowledge", incidents[0], whole.desk.ada)
    whole.until(incidents[0], lambda m: "ACKNOWLEDGED" in json.dumps(m))


def test_a_slow_edit_delays_no_other_message(whole: Whole):
    whole.run()
    slow = whole.open("slow")
    whole.posting(slow, lambda row: row.due_at is None)
    whole.slack.next["chat.update"] = [3.0]
    whole.act("acknowledge", slow, whole.desk.ada)
    whole.slack.wait(lambda: not whole.slack.next["chat.update"])
    other = whole.open("other")
    whole.until(other, lambda m: m, seconds=2)
    whole.until(slow, lambda m: "ACKNOWLEDGED" in json.dumps(m))


@pytest.mark.req("G7")
def test_of_a_restricted_one_number_and_code_name_in_its_team_s_channel_and_nowhere_else(whole: Whole):
    whole.desk.team.channel = {"chat": "main", "name": "#sec"}
    whole.desk.team.save()
    whole.tell(SECURITY, OTHERS)
    whole.run()
    incident = whole.open("payroll leaked by mallory", service=whole.desk.secret, severity="critical")
    told = json.dumps(whole.until(incident, lambda m: m))
    assert incident.code_name in told
    whole.act("acknowledge", incident, whole.desk.ada)
    whole.until(incident, lambda m: "ACKNOWLEDGED" in json.dumps(m))
    everything = json.dumps([whole.slack.calls, whole.slack.answers])
    for word in ("payroll", "mallory", "critical", "Insider", "Ada", "C0OTHER", "#other"):
        assert word not in everything, word
    assert any("#other (the incident is restricted" in line for line in whole.desk.story(incident, "step")), whole.desk.story(incident)


def test_of_a_restricted_one_no_channel_is_told_when_its_team_has_none(whole: Whole):
    whole.run()
    hidden = whole.open("payroll leaked", service=whole.desk.secret)
    seen = whole.open("disk full")
    whole.until(seen, lambda m: m)
    assert not Posting.objects.filter(incident_id=hidden.id).exists()
    assert str(hidden.number) not in json.dumps(whole.slack.calls)


def test_without_a_way_back_no_button_is_shown_and_without_update_nothing_is_edited(whole: Whole):
    whole.chat.signing_env, whole.chat.writes = "", ["post"]
    whole.chat.save()
    whole.run()
    incident = whole.open()
    assert buttons(whole.until(incident, lambda m: m)) == []
    whole.act("acknowledge", incident, whole.desk.ada)
    whole.posting(incident, lambda row: row.due_at is None and row.shown == row.wanted)
    assert whole.slack.made("chat.update") == []


@pytest.mark.parametrize("restricted", [False, True])
def test_a_channel_for_one_incident_on_demand(whole: Whole, restricted: bool):
    known(whole.desk.ada, "U0ADA")
    known(whole.desk.bruno, "U0BRUNO")
    whole.run()
    incident = whole.open(service=whole.desk.secret if restricted else None)
    whole.act("acknowledge", incident, whole.desk.ada)
    whole.slack.channels[f"#inc-{incident.number}"] = "C0TAKEN"
    ada = caller(settings_of(whole.chat), whole.desk.ada, "U0ADA", now=database_now())
    assert "is being made" in command(f"channel {incident.number}", ada)
    whole.wake()
    whole.slack.wait(lambda: whole.slack.invited)
    room = Posting.objects.filter(incident_id=incident.id, room=True)
    whole.slack.wait(lambda: room.get().posted_at)
    name = f"inc-{incident.number}-2"
    made = whole.slack.made("conversations.create")[-1]
    assert (made["name"], made["is_private"]) == (name, restricted)
    place = whole.slack.channels[f"#{name}"]
    assert whole.slack.invited == [(place, "U0ADA")]
    assert len(whole.slack.text(place)) == 1
    assert f"The channel #{name} (main) was made for it." in whole.story(incident)
    assert place in command(f"channel {incident.number}", ada) or name in command(f"channel {incident.number}", ada)
    assert len([m for m in whole.slack.made("conversations.create") if m["name"] == name]) == 1


def test_the_state_of_the_chat_is_known(whole: Whole):
    whole.run()
    whole.slack.wait(lambda: states()[0].looked_at)
    (state,) = states()
    assert (state.said, state.error, state.unwritten) == ("watchbill in Example", "", 0)


def test_a_token_that_was_revoked_is_known(whole: Whole):
    whole.slack.always["auth.test"] = {"ok": False, "error": "token_revoked"}
    whole.run()
    whole.slack.wait(lambda: states()[0].looked_at)
    assert "revoked" in states()[0].error


@pytest.mark.timed
def test_a_chat_that_changed_is_followed_by_a_new_thread_and_nobody_waits_for_the_old_one(whole: Whole):
    chats = whole.run()
    slow = whole.open("slow")
    whole.posting(slow, lambda row: row.due_at is None)
    whole.slack.next["chat.update"] = [2.0]
    whole.act("acknowledge", slow, whole.desk.ada)
    whole.slack.wait(lambda: not whole.slack.next["chat.update"])
    whole.chat.writes = ["update", "post"]
    whole.chat.app_token_env, whole.chat.signing_env = "", ""
    whole.chat.save()
    began = time.monotonic()
    chats.look(1)
    assert time.monotonic() - began < 1
    other = whole.open("other")

    def kept() -> bool:
        chats.look(1)
        return bool(whole.slack.text() and any("other" in text for text in whole.slack.text()))

    whole.slack.wait(kept)
    assert buttons(whole.until(other, lambda m: m)) == [], "by the chat as it is now"
    assert posted(whole) == 2
