"""Answers leave as mails of the team, each under one Message-ID however often it is tried; nothing answers a machine."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message as Mail
from typing import Any

import pytest

from tests.connectors.parts import Box, smtp
from tests.factories import DAY, HOUR
from tests.mailbox.conftest import Came
from tests.mailbox.test_pages import browser
from tests.reports.conftest import Desk
from watchbill.connectors.mailbox import threads
from watchbill.connectors.mailbox.letters import read
from watchbill.connectors.mailbox.outgoing import compose, send_due
from watchbill.connectors.mailbox.purposes import Arrived
from watchbill.intake.models import Mailbox
from watchbill.mailbox.models import Letter, Thread
from watchbill.reports.actions import talking
from watchbill.reports.models import Message, Report


@pytest.fixture
def answers(shared: Mailbox) -> Mailbox:
    shared.writes = ["answer"]
    shared.save()
    return shared


def mails(box: Box) -> list[Mail]:
    return [message_from_bytes(bytes(envelope.content)) for envelope in box.mails]


@pytest.fixture
def out(settings, transactional_db):
    box = Box()
    with smtp(box) as port:
        settings.SMTP_URL = f"smtp://127.0.0.1:{port}"
        yield box


@pytest.mark.database
@pytest.mark.req("K9", "K14")
def test_an_answer_leaves_as_a_mail_of_the_team_and_its_answer_comes_back_into_thread_and_report(
    out: Box, desk: Desk, answers: Mailbox, came: Came
):
    thread = came(Message_ID="<first@example.net>")
    alice, here = browser(desk, "alice"), f"/mail/{thread.number}"
    seen = alice.post(f"{here}/answer", {"text": "Thank you <b>much</b>."})
    assert "Exactly this" in seen.content.decode()
    assert "&lt;b&gt;much" in seen.content.decode()
    assert send_due(answers.pk) == 0
    assert alice.post(f"{here}/answer", {"text": "Thank you.", "confirm": "1"}).status_code == 303
    stored = Letter.objects.get(outgoing="waiting")
    assert send_due(answers.pk) == 1
    assert send_due(answers.pk) == 0
    (mail,) = mails(out)
    assert (mail["From"], mail["To"]) == ("Response <security@example.org>", "m4rlow@example.net")
    assert (mail["In-Reply-To"], mail["References"]) == ("<first@example.net>", "<first@example.net>")
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == (stored.sent_id, None)
    assert mail["Subject"] == "Re: XSS in <b>the</b> wiki"
    alice.post(f"{here}/report")
    report = Report.objects.get()
    talking.say(report.number, "We read it.", "all", **desk.by("alice"))
    assert Message.objects.get().way == "mail"
    send_due(answers.pk)
    second = mails(out)[1]
    assert second.get_payload().strip() == "We read it."
    assert came(In_Reply_To=second["Message-ID"], text="Good.") == thread
    assert Message.objects.latest("id").text == "Good."
    assert alice.post(f"{here}/answer", {"text": "x", "confirm": "1"}).status_code == 422, "its reporter is written to on the report"


@pytest.mark.database
def test_a_server_that_breaks_is_tried_again_under_the_same_message_id_and_one_that_refuses_is_not(
    out: Box, desk: Desk, answers: Mailbox, came: Came
):
    thread = came()
    browser(desk, "alice").post(f"/mail/{thread.number}/answer", {"text": "Thank you.", "confirm": "1"})
    sent_id = Letter.objects.get(outgoing="waiting").sent_id
    out.refuse_data = "451 4.3.0 later"
    send_due(answers.pk)
    letter = Letter.objects.get(sent_id=sent_id)
    assert (letter.outgoing, letter.attempts, "451" in letter.remark) == ("waiting", 1, True)
    Letter.objects.filter(pk=letter.pk).update(try_at=desk.now)
    out.refuse_data = ""
    send_due(answers.pk)
    letter.refresh_from_db()
    assert (letter.outgoing, letter.attempts) == ("sent", 2)
    assert {mail["Message-ID"] for mail in mails(out)} == {sent_id}
    browser(desk, "alice").post(f"/mail/{thread.number}/answer", {"text": "Again.", "confirm": "1"})
    out.refuse_rcpt = "550 5.1.1 nobody"
    send_due(answers.pk)
    assert Letter.objects.latest("id").outgoing == "failed"
    assert "Not delivered" in browser(desk, "alice").get(f"/mail/{thread.number}").content.decode()


def test_nothing_leaves_before_the_file_says_so(desk: Desk, came: Came):
    thread = came()
    refused = browser(desk, "alice").post(f"/mail/{thread.number}/answer", {"text": "x", "confirm": "1"})
    assert (refused.status_code, "writes: [answer]" in refused.content.decode()) == (422, True)
    assert not Letter.objects.exclude(outgoing="").exists()


@pytest.fixture
def by_itself(shared: Mailbox) -> Mailbox:
    shared.automatic_answer = "Please use the form at https://example.org/report."
    shared.save()
    return shared


def automatic() -> int:
    return Letter.objects.exclude(outgoing="").count()


@pytest.mark.req("K31")
def test_a_sender_is_pointed_to_the_right_intake_once_a_day(desk: Desk, by_itself: Mailbox, came: Came):
    came()
    came()
    assert automatic() == 1
    assert Thread.objects.exclude(due_at=None).count() == 2, "it still must be followed up"
    came(From="else@example.net")
    assert automatic() == 2
    desk.now += DAY + HOUR
    came()
    assert automatic() == 3


@pytest.mark.req("R10")
@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-generated"},
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<x.example.net>"},
        {"List_Unsubscribe": "<mailto:x@example.net>"},
        {"Return_Path": "<>"},
        {"From": "MAILER-DAEMON@example.net"},
        {"From": "security@example.org"},
        {"From": "a@example.net, b@example.net"},
        {"From": ""},
        {"X_Watchbill_Notification": "1"},
        {"X_Autoreply": "yes"},
        {"subject": "Out of office: x"},
        {"raw": b"From: m@example.net\nSubject: Accepted\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n"},
    ],
)
def test_a_robot_is_never_answered(by_itself: Mailbox, came: Came, headers: dict[str, Any]):
    came(**headers)
    assert automatic() == 0


@pytest.mark.req("R10")
def test_no_flood_makes_a_flood_of_answers_and_our_own_mails_make_no_thread(desk: Desk, by_itself: Mailbox, came: Came):
    for number in range(23):
        came(From=f"a{number}@example.net")
    assert automatic() == 20
    own = Letter.objects.exclude(outgoing="").earliest("id")
    before = Letter.objects.count()

    raw = compose(own).as_bytes()
    assert b"Auto-Submitted: auto-replied" in raw
    assert threads.take(Arrived(by_itself, read(raw), raw, len(raw)), desk.now)
    assert Letter.objects.count() == before
