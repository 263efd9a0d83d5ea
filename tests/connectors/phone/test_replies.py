"""Text messages to us: who writes, what they want, what they hear."""

from __future__ import annotations

import pytest

from tests.connectors.phone.house import ADA, GRACE, House, page_of, sid_of
from tests.connectors.twilio.fake import said
from tests.factories import SEC, T0, actor, person
from watchbill.audit.models import Record
from watchbill.connectors.phone.replies import read
from watchbill.connectors.sms.texts import text_of
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.notifications.actions import send_test
from watchbill.notifications.models import Attempt, Contact, Drill, Notification, Receipt
from watchbill.paging.models import Firing


@pytest.mark.parametrize(
    ("text", "what", "numbers"),
    [
        ("A 418", "acknowledge", (418,)),
        ("a", "acknowledge", ()),
        (" ack  #418 ", "acknowledge", (418,)),
        ("A418", "acknowledge", (418,)),
        ("a 418, 419 420", "acknowledge", (418, 419, 420)),
        ("R 418", "resolve", (418,)),
        ("E 418", "escalate", (418,)),
        ("STOP", "stop", ()),
        ("Unsubscribe", "stop", ()),
        ("start", "start", ()),
        ("help", "help", ()),
        ("", "help", ()),
        ("acknowledge please", "help", ()),
        ("A friend of mine", "help", ()),
        ("A -1", "help", ()),
        ("A 418 now", "help", ()),
        ("A " + "9" * 30, "help", ()),
        ("Stop paging me", "help", ()),
        ("\u0661", "help", ()),
        ("A \u0661", "help", ()),
    ],
)
def test_what_an_answer_means(text, what, numbers):
    asked = read(text)
    assert (asked.what, asked.numbers) == (what, numbers)


@pytest.mark.req("G7")
def test_an_answer_acknowledges_and_says_who_has_it(house: House):
    incident = house.page()
    (text,) = house.sent()
    assert said(house.writes(f"A {incident.number}").content) == f"You own #{incident.number}. The others who were notified are told."
    incident.refresh_from_db()
    assert incident.owner == house.ada
    record = Record.objects.get(action="page.acknowledge")
    assert (record.actor, record.via) == ("ada", "sms")
    assert house.state(text) == "delivered"  # whoever answers was reached


@pytest.mark.req("P14")
def test_one_answer_takes_the_whole_of_the_last_message(house: House):
    incidents = [house.page(f"disk {n} full") for n in range(5)]
    house.sent()
    house.sent(3 * SEC)
    answer = said(house.writes("A").content)
    owned = Incident.objects.filter(owner=house.ada).values_list("number", flat=True)
    assert set(owned) == {each.number for each in incidents[1:]}
    assert all(f"You own #{number}." in answer for number in owned)
    assert said(house.writes("A " + " ".join(str(each.number) for each in incidents)).content) == "5 of 5 incidents: done."
    assert "Say which, as R" in said(house.writes("R").content)


def test_resolve_escalate_and_help(house: House):
    incident = house.page()
    house.sent()
    assert "is paged now" in said(house.writes(f"E {incident.number}").content)
    assert Firing.objects.filter(page=page_of(incident)).count() == 2
    assert "is resolved" in said(house.writes(f"R {incident.number}").content)
    assert "was resolved already" in said(house.writes(f"A {incident.number}").content)
    assert said(house.writes("what is this").content).startswith("A 418: acknowledge")
    assert said(house.writes("A 999999").content).startswith("There is no incident #999999")


@pytest.mark.req("P16")
def test_the_same_message_twice_is_done_once_and_answered_alike(house: House):
    incident = house.page()
    house.sent()
    first = house.writes(f"E {incident.number}", sid="SM7").content
    assert house.writes(f"E {incident.number}", sid="SM7").content == first
    assert Firing.objects.filter(page=page_of(incident)).count() == 2
    assert Receipt.objects.filter(event="reply").count() == 1


def test_an_unknown_number_learns_nothing_does_nothing_and_is_told_so_once(house: House):
    incident = house.page()
    house.sent()
    words = said(house.writes(f"A {incident.number}", sender="+15005550099").content)
    assert words.startswith("This number is no proven contact here: nothing was done.")
    assert said(house.writes("A", sender="+15005550099").content) == ""
    assert said(house.writes("STOP", sender="anonymous").content).startswith("This number is no proven contact")
    Contact.objects.filter(kind="sms").update(verified_at=None)
    assert said(house.writes(f"A {incident.number}").content).startswith("This number is no proven contact")
    assert page_of(incident).acknowledged_at is None
    assert "+1500555" not in str(list(Receipt.objects.values_list("detail", flat=True)))


def test_a_number_of_two_people_is_refused_in_a_sentence(house: House):
    incident = house.page()
    house.sent()
    Contact.objects.create(person=house.grace, kind="sms", address=ADA, verified_at=T0, verified_by="operator")
    assert said(house.writes(f"A {incident.number}").content).startswith("This number belongs to several people here")
    assert page_of(incident).acknowledged_at is None


def test_charlie_may_do_nothing_to_what_charlie_may_not_see(house: House):
    incident = house.page("customer data on pastebin", restricted=True)
    house.sent()
    charlie = person("charlie", contacts=())
    Contact.objects.create(person=charlie, kind="sms", address="+15005550013", verified_at=T0, verified_by="operator")
    for word in ("A", "R", "E"):
        words = said(house.writes(f"{word} {incident.number}", sender="+15005550013").content)
        assert words == said(house.writes(f"{word} 999999", sender="+15005550013").content).replace("999999", str(incident.number))
        assert incident.code_name not in words
    words = said(house.writes(f"A {incident.number}").content)
    assert words == f"#{incident.number} {incident.code_name} is yours."


def test_stop_silences_the_contact_tells_the_manager_and_start_brings_it_back(house: House):
    house.page()
    house.sent()
    assert "START brings them back" in said(house.writes("STOP").content)
    contact = Contact.objects.get(person=house.ada, kind="sms")
    assert contact.silent_at is not None
    told = Notification.objects.get(person=house.grace, kind="status")
    assert told.content["title"] == "Ada stopped text messages to the number ending 0011"
    house.page("another")
    assert [m.method for m in house.sent(200 * SEC) if m.handle == "ada" and m.method == "sms"] == []
    assert Contact.objects.get(person=house.ada, kind="voice").silent_at is None
    assert said(house.writes("START", OptOutType="START").content) == ""  # Twilio answers that by itself
    contact.refresh_from_db()
    assert contact.silent_at is None
    assert [r.action for r in Record.objects.filter(kind="contact").order_by("id")] == ["contact.stop", "contact.start"]


@pytest.mark.req("P15")
def test_a_text_that_does_not_arrive_starts_the_next_way_at_once_and_each_attempt_is_seen(house: House):
    incident = house.page()
    (text,) = house.sent()
    assert house.state(text) == "sent"
    house.twilio(f"message/{text.public_id}", MessageSid=sid_of(text), MessageStatus="sent")
    assert house.state(text) == "sent"  # the network has it, nobody else
    house.twilio(f"message/{text.public_id}", MessageSid=sid_of(text), MessageStatus="undelivered", ErrorCode="30005")
    assert house.state(text) == "failed"
    assert [m.method for m in house.sent(SEC)] == ["voice"]
    assert list(Attempt.objects.order_by("id").values_list("outcome", "detail")) == [("accepted", "main took it")] * 2
    assert TimelineEntry.objects.filter(incident=incident, text="SMS to Ada failed for good: main says undelivered (30005)").exists()


def test_a_gateway_tells_and_asks_in_signed_json(house: House):
    incident = house.page()
    (text,) = house.sent()
    body = {"ref": text.public_id, "id": sid_of(text), "status": "delivered"}
    assert house.gateway("status", body, key="whsec_b3RoZXI=").status_code == 403
    assert house.gateway("status", body, at=house.now - 301 * SEC).status_code == 403
    assert house.state(text) == "sent"
    assert house.gateway("status", body).status_code == 200
    assert house.state(text) == "delivered"
    assert house.gateway("status", {**body, "status": "failed"}).status_code == 200
    assert house.state(text) == "delivered"
    answer = house.gateway("sms", {"id": "in-1", "from": ADA, "text": f"A {incident.number}"})
    assert answer.json()["text"].startswith(f"You own #{incident.number}.")
    assert house.gateway("sms", {"id": "in-2", "from": GRACE}).status_code == 422
    assert house.gateway("other", {}).status_code == 404


def test_characters_that_no_column_takes_break_nothing(house: House):
    incident = house.page()
    (text,) = house.sent()
    assert house.writes(f"N {incident.number} a\0b", sid="SM\0").status_code == 200
    assert house.writes("A", sender="\0").status_code == 200
    assert house.gateway("sms", {"id": "\0", "from": ADA + "\0", "text": f"A \0{incident.number}"}).status_code == 200
    assert house.gateway("status", {"ref": text.public_id, "id": "\0", "status": "\0", "reason": "\0"}).status_code == 200
    assert house.gateway("status", {"ref": "\0", "id": "x", "status": "sent"}).status_code == 404
    assert house.twilio(f"message/{text.public_id}", MessageSid="\0", MessageStatus="\0", ErrorCode="\0").status_code == 200


@pytest.mark.req("G38")
def test_a_test_page_by_text_is_answered_with_a(house: House):
    send_test(house.ada, by=actor(house.ada), now=house.now)
    text = next(m for m in house.sent() if m.method == "sms")
    assert text_of(text) == "This is a test page. Nothing has happened. Answer A: you got it."
    assert said(house.writes("R").content).startswith("A 418: acknowledge")
    assert Drill.objects.get().answered_at is None
    assert said(house.writes("a").content) == "Thank you: this number reaches you."
    assert [via for _, via in Drill.objects.get().answers.values()] == ["sms"]
