"""The channel of a team reads who has the watch now, once, and nothing of what is restricted."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.connectors.slack.conftest import Whole
from tests.factories import actor
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats.models import Posting
from watchbill.people.models import Person
from watchbill.response.actions.turning import tell_of_watches
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.models import ToldWatch

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def alone(whole: Whole) -> Whole:
    """The team has a channel, and its schedule is known for a while."""
    whole.tell()
    whole.desk.team.channel = {"chat": "main", "name": "#sec"}
    whole.desk.team.save()
    now = database_now()
    ToldWatch.objects.create(schedule=whole.desk.watch, person=whole.desk.ada, what="soon", at=now - 9 * HOUR, told_at=now)
    return whole


def take(whole: Whole, person: Person, hours: int = 3) -> dt.datetime:
    """This person has the watch from now on. Answers the moment."""
    now = database_now()
    add_override(whole.desk.watch, Change("take", person, now, now + hours * HOUR), by=actor(person), now=now)
    return now


def test_who_has_the_watch_now_is_said_once_with_what_is_open(alone: Whole):
    alone.run()
    incident = alone.open("disk <full> & @here", severity="critical")
    alone.until(incident, lambda m: m)
    at = take(alone, alone.desk.bruno)
    assert tell_of_watches(now=at) == 1
    assert tell_of_watches(now=at + dt.timedelta(seconds=20)) == 0
    alone.wake()
    alone.slack.wait(lambda: len(alone.slack.made("chat.postMessage")) == 2)
    said = json.dumps(alone.slack.made("chat.postMessage")[1])
    assert "Watch: Bruno has the watch until" in said
    assert f"Ada had it. Open: #{incident.number} disk &lt;full&gt; &amp; @here (critical, nobody has it)." in said
    alone.slack.wait(lambda: Posting.objects.get(incident_id=None).posted_at)
    row = Posting.objects.get(incident_id=None)
    assert (row.due_at, row.place) == (None, "C0SEC")


def test_nothing_restricted_is_said_there(alone: Whole):
    alone.run()
    secret = alone.open("mallory copies the payroll", service=alone.desk.secret)
    tell_of_watches(now=take(alone, alone.desk.bruno))
    notice = json.dumps(Posting.objects.get(incident_id=None).notice)
    for word in ("payroll", "mallory", str(secret.number), secret.code_name):
        assert word not in notice
    assert "Nothing is open." in notice


def test_a_chat_that_was_away_does_not_say_what_is_past(alone: Whole):
    tell_of_watches(now=take(alone, alone.desk.bruno))
    row = Posting.objects.get(incident_id=None)
    row.notice = {**row.notice, "until": (database_now() - HOUR).isoformat()}
    row.save(update_fields=["notice"])
    alone.run()
    alone.slack.wait(lambda: Posting.objects.get(pk=row.pk).given_up)
    assert alone.slack.made("chat.postMessage") == []
    assert Posting.objects.get(pk=row.pk).error == "What it says is past."


def test_a_slack_that_refuses_for_a_while_gets_it_then(alone: Whole):
    alone.slack.next["chat.postMessage"] = [(500, {}), {"ok": False, "error": "internal_error"}]
    alone.run()
    tell_of_watches(now=take(alone, alone.desk.bruno))
    alone.wake()
    alone.slack.wait(lambda: Posting.objects.get(incident_id=None).posted_at, 20)
    assert len(alone.slack.text()) == 1


def test_a_team_without_a_channel_says_nothing_anywhere(alone: Whole):
    alone.desk.team.channel = None
    alone.desk.team.save()
    tell_of_watches(now=take(alone, alone.desk.bruno))
    assert not Posting.objects.exists()
