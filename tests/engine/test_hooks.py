"""A webhook that a policy names: called over real HTTP, signed, tried again, shown, and never taken for somebody."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests import factories
from tests.connectors.parts import Got, sink
from tests.engine.desk import Channel
from tests.engine.desk import Desk as Engine
from tests.factories import MIN, SEC, T0, person, to
from watchbill.connectors.failures import PermanentFailure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.webhook.sending import Sender
from watchbill.engine import parts
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.notifications.actions import webhook_secret
from watchbill.notifications.messages import Message
from watchbill.notifications.models import Contact, Notification
from watchbill.notifications.selectors import tried
from watchbill.paging.models import Page
from watchbill.paging.selectors import foresee
from watchbill.response.actions import acknowledge, page_by_hand

pytestmark = pytest.mark.django_db
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class Real(Channel):
    """Sends as the product does: through the guard, signed with the installation's key."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key

    async def send(self, message: Message, *, now: dt.datetime) -> None:
        client = Outgoing(LOOPBACK)
        try:
            await Sender(client, self.key).send(message, now=dt.datetime.now(dt.UTC))
        finally:
            await client.close()
            await super().send(message, now=now)


class Desk:
    """Ada is asked first, with the system beside her; then the system alone; then Grace; Cleo is the last resort."""

    def __init__(self, open_desk: Any, url: str, **channels: Channel) -> None:
        self.ada, self.bruno, self.grace, self.cleo = (person(handle, contacts=("email",)) for handle in ("ada", "bruno", "grace", "cleo"))
        factories.organization(self.cleo)
        self.key = webhook_secret()
        self.team = factories.team("SecOps", self.ada, self.bruno, managers=(self.grace,))
        hook = {"kind": "webhook", "id": None, "name": "127.0.0.1", "url": url}
        steps = ([to(self.ada), hook], "15m"), ([hook], "15m"), ([to(self.grace)], "15m")
        self.policy = factories.policy("P", self.team, *steps, last_resort=self.cleo)
        factories.service("Detections", self.team, self.policy)
        self.engine: Engine = open_desk(does=parts.real(), webhook=Real(self.key), **channels)

    def page(self, **more: Any) -> Incident:
        return page_by_hand("disk full", "Detections", "critical", by=factories.actor(self.bruno), now=T0, **more)

    def tick(self, now: dt.datetime) -> list[str]:
        before = len(self.engine.channels["email"].sent)
        self.engine.tick(now)
        return [message.handle for message in self.engine.channels["email"].sent[before:]]


def of_hook(incident: Incident) -> list[tuple[str, list[str]]]:
    return [(one.state, [each.outcome for each in one.attempts]) for one in tried(incident.id) if not one.person_id]


def lines(incident: Incident, kind: str) -> list[str]:
    return list(TimelineEntry.objects.filter(incident=incident, kind=kind).order_by("id").values_list("text", flat=True))


@pytest.mark.req("P9")
def test_it_is_called_signed_beside_the_person_and_once_for_each_step_that_names_it(open_desk):
    with sink() as there:
        desk = Desk(open_desk, there.url("/hook?key=secret"))
        incident = desk.page()
        assert desk.tick(T0) == ["ada"]
        (got,) = there.got
        body = Webhook(desk.key).verify(got.body, got.headers)
        assert (body["kind"], body["person"], body["attempt"]) == ("page", None, 1)
        assert (body["incident"]["number"], body["incident"]["title"]) == (incident.number, "disk full")
        assert body["reason"] == "The escalation policy names this webhook."
        assert got.headers["idempotency-key"] == body["id"]
        assert desk.tick(T0 + 15 * MIN) == ["grace"]  # the step of the webhook alone is passed over, and it is called
        assert len(there.got) == 2
        assert desk.tick(T0 + 16 * MIN) == []
        assert len(there.got) == 2
    assert of_hook(incident) == [("delivered", ["delivered"])] * 2
    assert {one.name for one in tried(incident.id) if not one.person_id} == {"127.0.0.1:" + there.url().split(":")[2].split("/")[0]}
    assert "Step 1: Ada. Told: 127.0.0.1." in lines(incident, "step")
    assert lines(incident, "skipped") == ["Step 2 has nobody and is skipped (127.0.0.1: told, and a webhook alone is nobody)."]
    assert Contact.objects.filter(person=None).count() == 1
    assert "secret" not in str([*lines(incident, "step"), *lines(incident, "skipped"), *tried(incident.id)])


@pytest.mark.req("P15")
def test_a_refusal_for_good_is_said_and_moves_nothing(open_desk):
    with sink(answer=410) as there:
        desk = Desk(open_desk, there.url())
        incident = desk.page()
        assert desk.tick(T0) == ["ada"]
        assert desk.tick(T0 + SEC) == []  # no step fires for it
    assert of_hook(incident) == [("failed", ["permanent"])]
    assert [text.partition("127.0.0.1:")[0] for text in lines(incident, "notified_failed")] == ["Webhook to "]
    assert "failed for good: The receiver answered 410." in lines(incident, "notified_failed")[0]


@pytest.mark.req("P15")
def test_it_is_tried_again_under_the_same_key(open_desk):
    ends = [500, 200]

    def answers(got: Got) -> tuple[int, dict[str, str]]:
        return ends.pop(0), {}

    with sink(answer=answers) as there:
        desk = Desk(open_desk, there.url())
        incident = desk.page()
        desk.tick(T0)
        desk.tick(T0 + 10 * SEC)
        assert len({got.headers["idempotency-key"] for got in there.got}) == 1
    assert of_hook(incident) == [("delivered", ["temporary", "delivered"])]


@pytest.mark.req("P9", "P15")
def test_one_that_answers_is_not_somebody_who_was_reached(open_desk):
    """Nobody could be reached by mail: the next step fires at once, although the webhook took its call."""
    dead = Channel(lambda message: PermanentFailure("No such mailbox.") if message.handle == "ada" else None)
    with sink() as there:
        desk = Desk(open_desk, there.url(), email=dead)
        incident = desk.page()
        asked = [handle for _ in range(4) for handle in desk.tick(T0)]
        assert asked == ["ada", "grace"]
    assert of_hook(incident)[0] == ("delivered", ["delivered"])
    assert Page.objects.get(incident_id=incident.id).step == 3


def test_an_acknowledgement_before_it_went_cancels_it(open_desk):
    with sink(answer=503) as there:
        desk = Desk(open_desk, there.url())
        incident = desk.page()
        desk.tick(T0)
        acknowledge(incident.number, person=desk.bruno, actor=factories.actor(desk.bruno), now=T0 + SEC)
        desk.tick(T0 + MIN)
        assert len(there.got) == 1
    assert of_hook(incident) == [("cancelled", ["temporary"])]


@pytest.mark.req("R6")
def test_of_a_restricted_incident_no_system_hears(open_desk):
    with sink() as there:
        desk = Desk(open_desk, there.url())
        incident = desk.page(restricted=True)
        assert desk.tick(T0) == ["ada"]
        assert desk.tick(T0 + 15 * MIN) == ["grace"]
        assert there.got == []
    assert not Notification.objects.filter(person=None).exists()
    assert "other systems are not told of it" in lines(incident, "step")[0]


def test_one_that_became_restricted_since_is_not_told_either(open_desk):
    with sink() as there:
        desk = Desk(open_desk, there.url())
        incident = desk.page()
        Incident.objects.filter(pk=incident.pk).update(restricted=True, code_name="quiet heron")
        desk.tick(T0)
        assert there.got == []


def test_the_preview_names_it_and_it_is_no_person(open_desk):
    desk = Desk(open_desk, "https://hooks.example.org/key")
    first, second, *_ = foresee(desk.policy, at=T0)
    assert (first.told, [each.person.handle for each in first.people]) == (("127.0.0.1",), ["ada"])
    assert (second.step, second.told) == (3, ("127.0.0.1",))
