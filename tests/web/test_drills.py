"""*Send me a test page*, and the link that answers it. From outside, by HTTP."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import MIN, SEC
from tests.notifications.outbox import claimed, end
from tests.web.conftest import Desk
from watchbill.audit.models import Record
from watchbill.connectors.push.payload import payload
from watchbill.connectors.webhook.sending import payload as webhook_payload
from watchbill.kernel import kinds
from watchbill.kernel.clock import database_now
from watchbill.notifications import texts
from watchbill.notifications.messages import Message
from watchbill.notifications.models import Contact, Drill, Notification

SEVERAL = (("sms", "+15005550006"), ("webhook", "http://127.0.0.1:1/x"), ("push", "device/1"))


@pytest.fixture(autouse=True)
def _ways(desk: Desk) -> None:
    kinds.fill([kinds.Kind(name, True) for name in ("email", "webhook", "sms", "push")])
    for position, (kind, address) in enumerate(SEVERAL, 1):
        by = "device" if kind == "push" else "code"
        Contact.objects.create(person=desk.alice, kind=kind, address=address, position=position, verified_at=desk.now, verified_by=by)
    Contact.objects.create(person=desk.alice, kind="voice", address="+15005550006", position=9, own=True)


def send(desk: Desk, name: str = "alice") -> Any:
    return desk.as_(name).post("/you/test", follow=True)


def sent(_desk: Desk) -> dict[str, Message]:
    """What goes out, by method, in order."""
    return {message.method: message for message in claimed(database_now() + 10 * SEC).messages}


def page_of(desk: Desk, name: str = "alice") -> str:
    return str(desk.as_(name).get("/you/test").content.decode())


def link_in(message: Message) -> str:
    found = re.search(r"(/answer/\S+)", texts.plain(message))
    assert found
    return found[1]


@pytest.mark.req("G38")
def test_a_test_page_goes_by_every_contact_in_order_and_each_result_is_seen(desk: Desk):
    send(desk)
    queued = Notification.objects.filter(kind="drill").order_by("due_at")
    assert [n.contact.kind for n in queued if n.contact] == ["email", "sms", "webhook", "push"]
    html = page_of(desk)
    assert html.count("Waits") == 4
    assert "data-until" in html
    assert "Not verified yet" in html
    messages = sent(desk)
    end(messages["email"], messages["push"], now=database_now())
    end(messages["sms"], now=database_now(), how="permanent", detail="main: 21610 the number is on the list of those who said STOP")
    end(messages["webhook"], now=database_now(), how="permanent", detail="The receiver answered 404.")
    html = page_of(desk)
    assert html.count("Delivered") == 2
    assert html.count("Refused") == 2
    assert "21610 the number is on the list" in html
    assert "The receiver answered 404." in html
    record = Record.objects.get(action="drill.test")
    assert (record.actor, record.detail["handle"]) == ("alice", "alice")


@pytest.mark.req("G38")
def test_the_link_answers_after_one_press_and_never_by_being_opened(desk: Desk):
    send(desk)
    message = sent(desk)["email"]
    client, path = Client(enforce_csrf_checks=True), link_in(message)
    for _ in range(2):
        assert "I got it" in client.get(path).content.decode()
    assert Drill.objects.get().answered_at is None
    assert client.post(path).status_code == 303
    assert "this way reaches you" in client.get(path).content.decode()
    client.post(path)
    drill = Drill.objects.get()
    assert list(drill.answers) == [str(message.notification_id)]
    assert Record.objects.filter(action="drill.answer", actor="alice", via="mail link").count() == 1
    html = page_of(desk)
    assert html.count("Answered") == 1
    assert html.count("Being sent") == 3  # a test goes on by the others


def test_the_button_on_a_device_answers(desk: Desk):
    send(desk)
    told = json.loads(payload(sent(desk)["push"]))
    assert "/answer/" in told["ask"]
    path = told["acknowledge"].partition("//")[2].partition("/")[2]
    answer = Client(enforce_csrf_checks=True).post(f"/{path}")
    assert answer.json() == {"state": "yours", "text": "Thank you: this device reaches you."}
    assert [via for _, via in Drill.objects.get().answers.values()] == ["push"]


def test_a_webhook_is_told_where_to_answer(desk: Desk):
    send(desk)
    body = webhook_payload(sent(desk)["webhook"])
    assert (body["kind"], body["incident"]) == ("drill", None)
    assert "/answer/" in body["answer_url"]


def test_a_link_of_another_or_a_changed_one_leads_nowhere(desk: Desk):
    send(desk)
    path = link_in(sent(desk)["email"])
    for wrong in (path[:-1], f"{path}x", "/answer/1.1.1", path.replace("/answer/", "/a/")):
        assert Client().post(wrong).status_code == 404
    desk.alice.is_active = False
    desk.alice.save()
    assert Client().post(path).status_code == 404
    assert Drill.objects.get().answered_at is None


def test_six_an_hour_are_the_most(desk: Desk):
    for _ in range(6):
        send(desk)
    assert "that is the most" in send(desk).content.decode()
    assert Drill.objects.count() == 6


def test_without_a_contact_that_works_it_says_so(desk: Desk):
    kinds.fill([])
    assert "There is nothing to try" in send(desk).content.decode()
    assert not Drill.objects.exists()


def test_charlie_sees_only_charlie_s(desk: Desk, client: Client):
    send(desk)
    html = page_of(desk, "charlie")
    assert "You have not sent one yet" in html
    send(desk, "charlie")
    assert Drill.objects.filter(person=desk.alice).count() == 1
    assert client.get("/you/test").status_code == 302
    assert client.post("/you/test").status_code == 302


def test_the_page_goes_on_looking_for_an_answer_for_a_few_minutes_and_no_longer(desk: Desk):
    send(desk)
    end(*sent(desk).values(), now=database_now())
    assert "data-until" in page_of(desk).partition('id="result"')[2]
    Drill.objects.update(created_at=desk.now - 6 * MIN)
    assert "data-until" not in page_of(desk).partition('id="result"')[2].partition("</section>")[0]
