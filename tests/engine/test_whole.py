"""The engine with its real parts: from a page to whoever it reaches, with the walk, the outbox and the timeline as they are."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories
from tests.engine.desk import Channel
from tests.engine.desk import Desk as Engine
from tests.factories import MIN, SEC, T0, person, to
from watchbill.connectors.failures import PermanentFailure
from watchbill.engine import parts
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.notifications.selectors import tried
from watchbill.response.actions import acknowledge, page_by_hand

pytestmark = pytest.mark.django_db


class Desk:
    """Ada has the watch, Grace manages, Cleo is the last resort; 15 minutes a step."""

    def __init__(self, open_desk, **channels: Channel) -> None:
        self.ada = person("ada", contacts=("webhook", "email"), rules={"high": [(0, ["webhook"]), (300, ["email"])]})
        self.bruno, self.grace, self.cleo = person("bruno"), person("grace"), person("cleo")
        factories.organization(self.cleo)
        self.team = factories.team("SecOps", self.ada, self.bruno, managers=(self.grace,))
        watch, lead = factories.schedule("Watch", self.team, self.ada), factories.schedule("Lead", self.team, self.grace)
        rules = factories.policy("P", self.team, ([to(watch)], "15m"), ([to(lead)], "15m"), last_resort=self.cleo)
        factories.service("Detections", self.team, rules)
        self.engine: Engine = open_desk(does=parts.real(), **channels)

    def page(self, now: dt.datetime = T0) -> Incident:
        return page_by_hand("disk full", "Detections", "critical", by=factories.actor(self.bruno), now=now)

    def tick(self, now: dt.datetime) -> list[tuple[str, str]]:
        before = len(self.engine.sent)
        self.engine.tick(now)
        return [(m.handle, m.kind) for m in self.engine.sent[before:]]


@pytest.mark.req("P2", "G11", "G37")
def test_the_manager_is_paged_when_nobody_acknowledges_for_15_minutes_and_everybody_sees_who_was_tried(open_desk):
    desk = Desk(open_desk)
    incident = desk.page()
    assert desk.tick(T0) == [("ada", "page")]
    assert desk.tick(T0 + 5 * MIN) == [("ada", "page")]  # her second rule
    assert desk.tick(T0 + 15 * MIN - SEC) == []
    assert desk.tick(T0 + 15 * MIN) == [("grace", "page")]
    shown = [(one.handle, one.method, one.state, [t.outcome for t in one.attempts]) for one in tried(incident.id)]
    assert shown == [
        ("ada", "webhook", "delivered", ["delivered"]),
        ("ada", "email", "delivered", ["delivered"]),
        ("grace", "webhook", "delivered", ["delivered"]),
    ]


@pytest.mark.req("P3")
def test_after_the_acknowledgement_nobody_else_is_paged_and_who_was_notified_learns_who_has_it(open_desk):
    desk = Desk(open_desk)
    incident = desk.page()
    desk.tick(T0)
    acknowledge(incident.number, person=desk.bruno, actor=factories.actor(desk.bruno), now=T0 + MIN)
    told = [one for at in range(1, 61) for one in desk.tick(T0 + at * MIN + 3 * SEC)]
    assert told == [("ada", "status")]


@pytest.mark.req("P15")
def test_when_nobody_of_a_step_can_be_reached_the_next_step_fires_at_once_and_the_timeline_says_so(open_desk):
    def dead(message):
        return PermanentFailure("The receiver answered 410.") if message.handle == "ada" else None

    desk = Desk(open_desk, webhook=Channel(dead), email=Channel(dead))
    incident = desk.page()
    paged = [one for _ in range(4) for one in desk.tick(T0)]
    assert paged == [("ada", "page"), ("ada", "page"), ("grace", "page")]
    said = [line.text for line in TimelineEntry.objects.filter(incident=incident, kind="notified_failed").order_by("id")]
    assert said[0] == "Webhook to Ada failed for good: The receiver answered 410."
    assert said[1].startswith("Mail to Ada failed for good")
    assert len(said) == 3


def test_a_title_of_a_restricted_incident_reaches_no_message(open_desk):
    desk = Desk(open_desk)
    page_by_hand("customer data on pastebin", "Detections", "critical", by=factories.actor(desk.bruno), now=T0, restricted=True)
    desk.tick(T0)
    desk.tick(T0 + 15 * MIN)  # her mail too
    said = [content for message in desk.engine.sent for content in message.contents]
    assert len(said) == 3
    assert all(content["restricted"] for content in said)
    assert "pastebin" not in str(said)
    assert "Detections" not in str(said)


@pytest.mark.req("P11")
def test_an_engine_that_was_away_for_20_minutes_pages_from_now_on_and_repeats_no_backlog(open_desk):
    desk = Desk(open_desk)
    desk.page()
    desk.tick(T0)
    back = T0 + 40 * MIN  # both steps were due
    first = desk.tick(back)
    assert sorted(first) == [("ada", "page"), ("grace", "page")]  # her second rule, and one step of the walk
    assert desk.tick(back + 15 * MIN - SEC) == []
