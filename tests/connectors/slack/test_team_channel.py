"""The channel of a team has the message of each of its incidents, from the opening on, without a step that says so."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.connectors.slack.conftest import OTHERS, SECURITY, Whole
from tests.connectors.slack.fake import TOKEN
from tests.factories import actor
from tests.intake.desk import add_key, body, put
from tests.response.desk import MONITOR
from watchbill.engine.chats import AT_ONCE
from watchbill.incidents.actions import NewIncident
from watchbill.incidents.models import Incident
from watchbill.intake.actions import Which, split, take_in
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats.models import Chat, Posting
from watchbill.paging.models import Page
from watchbill.response.actions import open_in, page_by_hand


@pytest.fixture
def alone(whole: Whole) -> Whole:
    """The team has a channel, and no step of its policy tells one."""
    whole.tell()
    whole.desk.team.channel = {"chat": "main", "name": "#sec"}
    whole.desk.team.save()
    return whole


def of_restricted(whole: Whole, incident: Incident) -> None:
    everything = json.dumps([whole.slack.calls, whole.slack.answers])
    for word in ("payroll", "mallory", "critical", "Insider", "Ada", "C0OTHER", "#other"):
        assert word not in everything, word
    assert incident.code_name in everything


@pytest.mark.req("G7", "G29")
def test_an_incident_stands_in_the_channel_of_its_team_and_edits_itself(alone: Whole):
    alone.run()
    incident = alone.open("disk full", severity="critical")
    assert "disk full" in json.dumps(alone.until(incident, lambda m: "Paging, step 1 of 4: Ada." in json.dumps(m)))
    alone.act("acknowledge", incident, alone.desk.ada)
    assert "Ada has it." in json.dumps(alone.until(incident, lambda m: "ACKNOWLEDGED" in json.dumps(m)))
    alone.act("resolve", incident, alone.desk.ada)
    alone.until(incident, lambda m: "RESOLVED" in json.dumps(m))
    alone.posting(incident, lambda row: row.due_at is None)
    assert len(alone.slack.made("chat.postMessage")) == 1
    assert alone.story(incident) == ["Posted to #sec (main)."]


def test_it_stands_there_before_anybody_is_paged(alone: Whole):
    alone.run()
    with transaction.atomic():
        new = NewIncident("disk full", "high", alone.desk.team.id, alone.desk.service.id)
        (opened,) = open_in([new], by=MONITOR, now=database_now())
    incident = Incident.objects.get(pk=opened.id)
    alone.wake()
    alone.until(incident, lambda m: "TRIGGERED" in json.dumps(m))
    assert Page.objects.get(incident=incident).firings == 0


def by_hand(whole: Whole) -> Incident:
    who = actor(whole.desk.charlie)
    return page_by_hand("somebody at the door", whole.desk.service.name, by=who, now=database_now())


def split_off(whole: Whole) -> Incident:
    now, desk = database_now(), whole.desk
    desk.service.storm = {"incidents": 1, "within_seconds": 300}
    desk.service.save()
    add_key(desk.service)
    put(desk.service, body("first"), body("a"), body("b"), body("c"), at=now)
    take_in(now=now)
    storm = Incident.objects.get(storm=True)
    made = split(storm.number, Which(keys=("b", "c")), keep=True, person=desk.ada, actor=actor(desk.ada), now=database_now())
    assert Posting.objects.filter(room=False).count() == 3, "the first one, the storm, and what was split off"
    return Incident.objects.get(number=made.number)


@pytest.mark.parametrize("opens", [by_hand, split_off])
def test_in_whichever_way_it_opens(alone: Whole, opens: Callable[[Whole], Incident]):
    alone.run()
    incident = opens(alone)
    alone.wake()
    alone.until(incident, lambda m: m)


def test_a_step_with_the_same_channel_makes_no_second_message_and_another_one_has_its_own(alone: Whole):
    alone.tell(SECURITY, OTHERS)
    alone.run()
    incident = alone.open()
    alone.until(incident, lambda m: "Paging, step 1" in json.dumps(m))
    alone.until(incident, lambda m: m, channel="C0OTHER")
    alone.act("acknowledge", incident, alone.desk.ada)
    alone.until(incident, lambda m: "ACKNOWLEDGED" in json.dumps(m))
    assert sorted(call["channel"] for call in alone.slack.made("chat.postMessage")) == ["#other", "#sec"]
    assert Posting.objects.filter(incident_id=incident.id).count() == 2


@pytest.mark.req("G7")
def test_of_a_restricted_one_number_code_name_and_state_and_only_in_its_own_team_s_channel(alone: Whole):
    alone.desk.other.channel = {"chat": "main", "name": "#other"}
    alone.desk.other.save()
    alone.run()
    incident = alone.open("payroll leaked by mallory", service=alone.desk.secret, severity="critical")
    alone.until(incident, lambda m: m)
    alone.act("acknowledge", incident, alone.desk.ada)
    alone.until(incident, lambda m: "ACKNOWLEDGED" in json.dumps(m))
    of_restricted(alone, incident)
    assert list(Posting.objects.values_list("channel", flat=True)) == ["#sec"]


def no_channel(whole: Whole) -> None:
    whole.desk.team.channel = None


def no_post(whole: Whole) -> None:
    Chat.objects.update(writes=["update"])


def retired(whole: Whole) -> None:
    Chat.objects.update(is_active=False)


@pytest.mark.parametrize("lacks", [no_channel, no_post, retired])
def test_without_a_channel_or_with_a_chat_that_may_not_post_nothing_waits(alone: Whole, lacks: Callable[[Whole], None]):
    lacks(alone)
    alone.desk.team.save()
    incident = alone.open()
    assert not Posting.objects.filter(incident_id=incident.id).exists()


def test_with_a_chat_whose_token_is_missing_nothing_waits_to_flood_it_later(alone: Whole, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SLACK_TOKEN")
    silent = alone.open()
    Chat.objects.update(looked_at=database_now() - dt.timedelta(minutes=4))  # it had one
    also = alone.open("another")
    assert not Posting.objects.filter(incident_id__in=[silent.id, also.id]).exists()


def test_who_pages_from_where_the_secrets_are_not_is_heard_in_the_channel_all_the_same(alone: Whole, monkeypatch: pytest.MonkeyPatch):
    """A command line knows no token; an engine that has it looked lately."""
    monkeypatch.delenv("SLACK_TOKEN")
    Chat.objects.update(looked_at=database_now())
    incident = by_hand(alone)
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    alone.run()
    alone.until(incident, lambda m: m)


def statements(whole: Whole, many: int) -> Sequence[dict[str, Any]]:
    desk = whole.desk
    new = [NewIncident(f"disk {n} full", "high", desk.team.id, desk.service.id) for n in range(many)]
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        open_in(new, by=MONITOR, now=database_now())
    return asked.captured_queries


def test_two_hundred_at_once_cost_the_statements_of_one(alone: Whole):
    one, many = statements(alone, 1), statements(alone, 200)
    assert Posting.objects.filter(channel="#sec").count() == 201
    about = [query["sql"] for query in many if "notifications_posting" in query["sql"] or "notifications_chat" in query["sql"]]
    assert len(about) <= 3, about
    assert len(many) <= len(one) + 1, "the board is told of many in other words"


def test_a_flood_goes_out_at_the_pace_that_slack_allows(alone: Whole):
    """A refusal holds all of them back: beside those in hand, no call is made before Slack's time is over."""
    alone.slack.next["chat.postMessage"] = [(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "3"})] * AT_ONCE
    statements(alone, 30)
    alone.run()
    alone.slack.wait(lambda: Posting.objects.filter(due_at__gt=database_now(), lease_instance=None).count() == 30)
    assert 1 <= len(alone.slack.made("chat.postMessage")) <= AT_ONCE
    alone.slack.next.clear()
    alone.slack.wait(lambda: len(alone.slack.text()) == 30, 20)
    assert not Posting.objects.filter(given_up=True).exists()
