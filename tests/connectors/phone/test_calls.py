"""A call: what is said, what the keys do, and when it has reached somebody."""

from __future__ import annotations

import re

import pytest
from django.db import InternalError, ProgrammingError, transaction

from tests import factories
from tests.connectors.phone.house import House, page_of, sid_of
from tests.connectors.twilio.fake import action, said
from tests.factories import MIN, SEC, actor
from watchbill.audit.models import Record
from watchbill.connectors.sms.texts import text_of
from watchbill.handoff.actions import Wanted, offer
from watchbill.handoff.rules import Step, Words
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.kernel.clock import database_now
from watchbill.notifications.actions import give_up_waiting, send_code, send_test, type_code
from watchbill.notifications.models import Contact, Drill, Notification, Receipt
from watchbill.paging.actions import fire_due
from watchbill.paging.models import Firing
from watchbill.response.actions import acknowledge, cleared_in, give_back
from watchbill.response.actions.hearing import hear

pytestmark = pytest.mark.django_db


def steps(incident: Incident) -> list[int]:
    return list(Firing.objects.filter(page=page_of(incident)).order_by("n").values_list("step", flat=True))


def voice(house: House, call, answered_by: str = "human"):
    return house.twilio(f"voice/{call.public_id}", CallSid=sid_of(call), CallStatus="in-progress", AnsweredBy=answered_by)


def status(house: House, call, word: str, answered_by: str = ""):
    more = {"AnsweredBy": answered_by} if answered_by else {}
    return house.twilio(f"status/{call.public_id}", CallSid=sid_of(call), CallStatus=word, **more)


def key(house: House, call, digit: str, turn: int = 1):
    return house.twilio(f"gather/{call.public_id}/{turn}", CallSid=sid_of(call), Digits=digit)


@pytest.mark.req("G7")
def test_a_human_hears_number_severity_title_and_keys_and_acknowledges_with_1(house):
    incident = house.page()
    call = house.call()
    assert house.state(call) == "sent"
    answer = voice(house, call)
    assert answer["content-type"].startswith("text/xml")
    spoken = " ".join(str(incident.number))
    words = said(answer.content)
    assert words.startswith(f"This is Watchbill. Incident {spoken}. Severity critical. disk full. Press 1 to acknowledge.")
    assert words.count("Press 1 to acknowledge") == 3  # once, and repeated twice
    assert action(answer.content).endswith(f"/in/twilio/main/gather/{call.public_id}/1")
    assert house.state(call) == "delivered"
    assert said(key(house, call, "1").content).startswith(f"You own {spoken}.")
    incident.refresh_from_db()
    assert incident.owner == house.ada
    record = Record.objects.get(action="page.acknowledge")
    assert (record.actor, record.via) == ("ada", "voice")


@pytest.mark.req("P17")
@pytest.mark.parametrize("machine", ["machine_start", "machine_end_beep", "fax"])
def test_a_machine_that_picks_up_is_nobody_nothing_is_left_on_it_and_the_next_step_is_paged_at_once(house, machine):
    incident = house.page()
    (text,) = house.sent()
    house.twilio(f"message/{text.public_id}", MessageSid=sid_of(text), MessageStatus="undelivered", ErrorCode="30003")
    (call,) = house.sent(SEC)  # the failed text started the next rule at once
    assert call.method == "voice"
    answer = voice(house, call, machine)
    assert said(answer.content) == ""
    assert "Hangup" in answer.content.decode()
    assert house.state(call) == "failed"
    fire_due(now=house.now + 10 * SEC, limit=50)
    assert steps(incident) == [0, 1]
    lines = list(TimelineEntry.objects.filter(incident=incident, kind="notified_failed").order_by("id").values_list("text", flat=True))
    assert lines[0] == "SMS to Ada failed for good: main says undelivered (30003)"
    assert lines[1] == "Call to Ada failed for good: a machine picked up, which is nobody"


@pytest.mark.req("P17")
@pytest.mark.parametrize("end", ["no-answer", "busy", "failed", "canceled", "completed"])
def test_a_call_that_ends_without_a_human_or_a_key_has_reached_nobody(house, end):
    house.page()
    call = house.call()
    status(house, call, "ringing")
    assert house.state(call) == "sent"
    status(house, call, end)
    assert house.state(call) == "failed"


def test_a_key_proves_a_human_whatever_the_detection_said(house):
    house.page()
    call = house.call()
    voice(house, call, "unknown")
    assert house.state(call) == "sent"
    key(house, call, "3")
    assert house.state(call) == "delivered"
    status(house, call, "completed", "unknown")
    assert house.state(call) == "delivered"


@pytest.mark.req("P17")
def test_a_voicemail_does_not_stop_the_page_of_an_alert_whose_source_says_it_is_over_and_a_human_does(house):
    incident = house.page()
    call = house.call()
    cleared_in([incident.id], source="monitor", now=house.now + 121 * SEC)
    voice(house, call, "machine_start")
    assert page_of(incident).quiet_at is None
    text = Notification.objects.get(contact__kind="sms")
    house.twilio(f"message/{text.public_id}", MessageSid=f"SM-{str(text.public_id)[:8]}", MessageStatus="delivered")
    assert page_of(incident).quiet_at is not None


@pytest.mark.req("P16")
def test_what_is_told_twice_or_out_of_order_counts_once_and_never_backwards(house):
    incident = house.page()
    call = house.call()
    status(house, call, "completed", "human")
    for word in ("ringing", "initiated", "in-progress", "no-answer", "completed"):
        assert status(house, call, word).status_code == 200
        assert status(house, call, word).status_code == 200
    assert house.state(call) == "delivered"
    assert Receipt.objects.filter(notification_id=call.notification_id).count() == 6
    assert not TimelineEntry.objects.filter(incident=incident, kind="notified_failed").exists()


@pytest.mark.req("P16")
def test_a_failure_told_before_a_human_who_answered_is_corrected(house):
    house.page()
    call = house.call()
    status(house, call, "no-answer")
    voice(house, call, "human")
    assert house.state(call) == "delivered"


@pytest.mark.req("P16")
def test_a_replayed_key_acts_once_and_hears_the_same(house):
    incident = house.page()
    call = house.call()
    voice(house, call)
    before = steps(incident)
    first = key(house, call, "2")
    assert "is paged now" in said(first.content)
    for _ in range(3):
        assert key(house, call, "2").content == first.content
    assert len(steps(incident)) == len(before) + 1
    key(house, call, "1", 2)
    acknowledge(incident.number, person=house.ada, actor=factories.actor(house.ada), now=house.now + 3 * MIN)
    give_back(incident.number, "too tired", person=house.ada, actor=factories.actor(house.ada), now=database_now())
    key(house, call, "1", 2)  # the same bytes again, with a right signature
    assert page_of(incident).status in ("triggered", "exhausted")


@pytest.mark.req("P16")
def test_a_wrong_signature_is_refused_and_changes_nothing(house):
    incident = house.page()
    call = house.call()
    for path, form in (
        (f"gather/{call.public_id}/1", {"CallSid": "CA1", "Digits": "1"}),
        (f"status/{call.public_id}", {"CallSid": "CA1", "CallStatus": "completed", "AnsweredBy": "human"}),
        (f"voice/{call.public_id}", {"CallSid": "CA1", "AnsweredBy": "human"}),
        ("sms", {"MessageSid": "SM1", "From": "+15005550011", "Body": f"A {incident.number}"}),
    ):
        answer = house.twilio(path, forged=True, **form)
        assert (answer.status_code, answer.json()["error"]) == (403, "not_allowed")
        assert "disk" not in answer.content.decode()
    assert (
        house.client.post(
            f"/in/twilio/main/gather/{call.public_id}/1", "Digits=1", content_type="application/x-www-form-urlencoded"
        ).status_code
        == 403
    )
    assert house.client.get(f"/in/twilio/main/voice/{call.public_id}").status_code == 403
    assert house.state(call) == "sent"
    assert not Receipt.objects.exists()
    assert page_of(incident).acknowledged_at is None


def test_a_provider_that_is_not_configured_or_has_no_token_answers_503(house, monkeypatch):
    assert house.client.post("/in/twilio/other/sms", "", content_type="application/x-www-form-urlencoded").status_code == 503
    monkeypatch.delenv("T")
    assert house.writes("A").status_code == 503
    assert house.client.post("/in/twilio/spare/sms", "", content_type="application/x-www-form-urlencoded").status_code == 503


def test_a_call_about_nothing_we_sent_is_told_nothing(house):
    for path in ("voice/00000000-0000-0000-0000-000000000009", "status/x", "voice", "elsewhere", "gather/1/2/3", ""):
        assert house.twilio(path, CallSid="CA1", CallStatus="completed").status_code == 404


@pytest.mark.req("P14")
def test_one_key_takes_everything_that_went_in_the_call(house):
    first = house.page()
    others = [house.page(f"disk {n} full") for n in range(3)]
    house.sent()
    house.sent(3 * SEC)
    calls = [m for m in (*house.sent(120 * SEC), *house.sent(124 * SEC)) if m.method == "voice"]
    bundle = next(m for m in calls if m.count > 1)
    words = said(voice(house, bundle).content)
    assert "incidents wait for you" in words
    assert "acknowledge all of them" in words
    key(house, bundle, "1")
    taken = Incident.objects.filter(owner=house.ada).values_list("number", flat=True)
    assert set(taken) >= {each.number for each in others} - {first.number}


def test_to_hear_more_is_service_time_and_who_was_tried_and_a_wrong_key_says_the_menu_again(house):
    house.page()
    call = house.call()
    more = key(house, call, "3")
    assert "Service Detections. Opened at" in said(more.content)
    assert "Asked so far: Ada." in said(more.content)
    assert action(more.content).endswith("/2")
    wrong = key(house, call, "9", 2)
    assert said(wrong.content).startswith("That key does nothing.")
    assert action(wrong.content).endswith("/3")
    assert action(key(house, call, "9", 12).content) == ""  # a key that is held down ends it


def test_of_a_restricted_incident_a_call_says_number_and_code_name_only(house):
    incident = house.page("customer data on pastebin", restricted=True)
    call = house.call()
    heard = [voice(house, call), key(house, call, "3"), key(house, call, "1", 2), voice(house, call, "unknown")]
    words = " ".join(said(each.content) for each in heard)
    assert f"Incident {' '.join(str(incident.number))}. {incident.code_name}." in words
    assert "is yours" in words
    for secret in ("pastebin", "critical", "Detections", "Ada", "Severity"):
        assert secret not in words


def test_a_hostile_title_stays_text(house):
    house.page('</Say><Dial>+15005550099</Dial> & "quotes" \u202e')
    call = house.call()
    answer = voice(house, call).content.decode()
    assert "<Dial>" not in answer
    assert '</Say><Dial>+15005550099</Dial> & "quotes"' in said(answer)


def test_what_somebody_has_by_then_is_not_asked_again(house):
    incident = house.page()
    call = house.call()
    acknowledge(incident.number, person=house.grace, actor=factories.actor(house.grace), now=house.now + 121 * SEC)
    answer = voice(house, call)
    assert "Grace owns it. There is nothing to do." in said(answer.content)
    assert action(answer.content) == ""


def test_somebody_whose_account_is_closed_is_told_so_and_does_nothing(house):
    incident = house.page()
    call = house.call()
    type(house.ada).objects.filter(pk=house.ada.pk).update(is_active=False)
    assert "closed" in said(voice(house, call).content)
    assert "closed" in said(key(house, call, "1").content)
    assert page_of(incident).acknowledged_at is None


@pytest.mark.req("P17")
def test_a_call_of_which_nothing_is_told_in_time_has_reached_nobody(house):
    incident = house.page()
    call = house.call()
    hear(give_up_waiting(now=house.now + 200 * SEC), now=house.now + 200 * SEC)
    assert house.state(call) == "sent"
    hear(give_up_waiting(now=house.now + 230 * SEC), now=house.now + 230 * SEC)
    assert house.state(call) == "failed"
    assert TimelineEntry.objects.filter(incident=incident, text__contains="it counts as not answered").exists()
    voice(house, call, "human")  # told late, and true all the same
    assert house.state(call) == "delivered"


def test_receipts_cannot_be_changed_or_deleted(house):
    house.page()
    call = house.call()
    status(house, call, "ringing")
    for change in (lambda: Receipt.objects.update(verdict="reached"), lambda: Receipt.objects.all().delete()):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            change()


@pytest.mark.req("G38")
def test_a_code_that_proves_a_number_is_spoken_digit_by_digit_and_kept_nowhere(house):
    number = Contact.objects.create(person=house.ada, kind="voice", address="+15005550077", own=True)
    send_code(number.pk, person=house.ada, by=actor(house.ada), now=house.now)
    (call,) = house.sent()
    words = said(voice(house, call).content)
    spelled = re.search(r"Your code is: ((?:\d, ){5}\d)\. Again: \1\. Good-bye\.", words)
    assert spelled, words
    assert "Press 1" not in words
    code = spelled[1].replace(", ", "")
    assert spelled[1] not in str(list(Receipt.objects.values("answer", "detail")))
    type_code(number.pk, code, person=house.ada, by=actor(house.ada), now=house.now)
    number.refresh_from_db()
    assert number.verified_by == "code"


def test_a_code_comes_in_a_text_of_its_own(house):
    number = Contact.objects.create(person=house.ada, kind="sms", address="+15005550077", own=True)
    send_code(number.pk, person=house.ada, by=actor(house.ada), now=house.now)
    (message,) = house.sent()
    assert re.fullmatch(r"Your Watchbill code is \d{6}", text_of(message))
    assert message.address == "+15005550077"


@pytest.mark.req("G38")
def test_a_test_page_by_call_is_answered_with_1(house):
    send_test(house.ada, by=actor(house.ada), now=house.now)
    call = next(m for m in house.sent(2 * SEC) if m.method == "voice")
    assert "This is a test page. Nothing has happened. Press 1 to say that you hear it." in said(voice(house, call).content)
    assert "That key does nothing" in said(key(house, call, "2").content)
    assert Drill.objects.get().answered_at is None
    assert "This number reaches you" in said(key(house, call, "1", turn=2).content)
    assert [via for _, via in Drill.objects.get().answers.values()] == ["voice"]


@pytest.mark.req("H1")
def test_a_call_about_a_hand_off_says_so_and_no_key_accepts_it(house):
    incident = house.page()
    by = {"person": house.grace, "actor": factories.actor(house.grace), "now": house.now}
    acknowledge(incident.number, **by)
    words = Words(summary="disk full", engaged=("grace",), next_steps=(Step("ada", "find what writes"),))
    offer(incident.number, Wanted(house.ada, words), **by)
    texts = [m for m in house.sent() if m.kind == "handoff"]
    assert [m.method for m in texts] == ["sms"]
    assert "Grace hands it to you" in text_of(texts[0])
    (ringing,) = [m for m in house.sent(120 * SEC) if m.method == "voice"]
    heard = said(voice(house, ringing).content)
    assert "about a hand-off" in heard
    assert "acknowledge" not in heard
    assert "Thank you." in said(key(house, ringing, "1").content)
    incident.refresh_from_db()
    assert incident.owner == house.grace
