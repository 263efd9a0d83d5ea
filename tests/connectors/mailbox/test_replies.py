"""Ada answers the mail that woke her: what is done, what she hears, and who else is not heard."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Iterator

import pytest

from tests import factories
from tests.connectors.mailbox.mails import mail
from tests.factories import MIN, SEC, T0, person, to
from watchbill.audit.models import Record
from watchbill.connectors.email.sending import compose
from watchbill.connectors.mailbox.letters import read
from watchbill.connectors.mailbox.purposes import Arrived
from watchbill.connectors.mailbox.replies import MOST, take
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.intake.models import Mail, Mailbox
from watchbill.kernel import kinds
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import NotFound
from watchbill.notifications.actions import claim, record
from watchbill.notifications.messages import Message, Result
from watchbill.notifications.models import Contact, Receipt
from watchbill.notifications.rules import Outcome
from watchbill.notifications.signing import read_reply, reply_part
from watchbill.paging.actions import fire_due
from watchbill.paging.models import Firing
from watchbill.response.actions import page_by_hand
from watchbill.response.actions.hearing import hear

pytestmark = pytest.mark.django_db
FROM, BOX = "Watchbill <desk@example.org>", "alerts@example.org"
ADA = "ada@example.org"


class House:
    """Ada is asked first, by mail; then Grace."""

    def __init__(self) -> None:
        self.now = database_now()
        self.ada, self.grace = person("ada", contacts=("email",)), person("grace", contacts=("email",))
        self.mallory = person("mallory", contacts=("email",))
        factories.organization(self.grace)
        self.team = factories.team("SecOps", self.ada, managers=(self.grace,))
        policy = factories.policy("P", self.team, ([to(self.ada)], "15m"), ([to(self.grace)], "15m"), last_resort=self.grace)
        factories.service("Detections", self.team, policy)
        self.box = Mailbox.objects.create(
            name="m", team=self.team, imap_env="X", address=BOX, purposes=["replies"], authserv="mx.example.org"
        )

    def page(self, title: str = "disk full", **more: bool) -> Incident:
        made = page_by_hand(title, "Detections", "critical", by=factories.actor(self.grace), now=self.now, **more)
        fire_due(now=self.now, limit=50)
        return made

    def sent(self, after: dt.timedelta = dt.timedelta(0)) -> list[Message]:
        at = self.now + after
        messages = list(claim(1, now=at).messages)
        hear(record([Result(m.notification_id, 1, m.attempt, Outcome.DELIVERED, at, at) for m in messages], now=at), now=at)
        return messages

    def answers(self, message: Message, text: str, *, sender: str = ADA, at: dt.timedelta = SEC, **headers: str) -> Mail:
        """An answer as a mail program writes it. What became of it."""
        out = wire(message)
        headers = {"In_Reply_To": out["Message-ID"], "Subject": f"Re: {out['Subject']}", **headers}
        raw = mail(text=text, to=out["Reply-To"], From=sender, **headers)
        return self.comes(raw, at)

    def comes(self, raw: bytes, at: dt.timedelta = SEC) -> Mail:
        assert take(Arrived(self.box, read(raw), raw, len(raw)), self.now + at)
        return Mail.objects.latest("id")


def wire(message: Message) -> email.message.EmailMessage:
    """The mail as it goes out."""
    made = compose(message, FROM, now=T0, mailbox=BOX).as_bytes()
    return email.message_from_bytes(made, policy=email.policy.default)


@pytest.fixture
def house() -> Iterator[House]:
    before = kinds.declared()
    kinds.fill([kinds.Kind("email", active=True)])
    yield House()
    kinds.fill(before)


@pytest.mark.req("G7")
def test_an_answer_acknowledges_by_the_route_mail_and_is_confirmed_by_one_mail(house):
    incident = house.page()
    (message,) = house.sent()
    assert "Or answer this mail: ack, resolve or escalate" in wire(message).get_body(("plain",)).get_content()
    assert house.answers(message, "ack, looking\n\n> quoted", Message_ID="<answer@ada.example.org>").verdict == "reply"
    incident.refresh_from_db()
    assert incident.owner == house.ada
    row = Record.objects.get(action="page.acknowledge")
    assert (row.actor, row.via) == ("ada", "mail")
    assert TimelineEntry.objects.get(kind="note").text == "looking"
    back = [m for m in house.sent(MIN) if m.handle == "ada"]
    assert len(back) == 1
    out = wire(back[0])
    assert (out["In-Reply-To"], out["Auto-Submitted"], out["To"]) == ("<answer@ada.example.org>", "auto-replied", ADA)
    assert f"You own #{incident.number}." in out.get_body(("plain",)).get_content()
    assert f"<incident-{incident.number}@example.org>" in out["References"]


def test_resolve_escalate_note_and_what_is_nothing(house):
    incident = house.page()
    (message,) = house.sent()
    house.answers(message, "escalate")
    assert Firing.objects.count() == 2
    house.answers(message, "I think it is the backup.")
    assert TimelineEntry.objects.get(kind="note").text == "I think it is the backup."
    house.answers(message, "> only a quote")
    house.answers(message, "ack #999")
    incident.refresh_from_db()
    assert incident.status == "triggered"
    house.answers(message, "resolve\nIt was the backup.")
    incident.refresh_from_db()
    assert incident.status == "resolved"
    said = [str(m.contents[0]["reason"]) for m in house.sent(MIN) if m.handle == "ada" and m.kind == "status"]
    whole = " ".join(said)
    for words in ("is paged", "Your note to", "Nothing was done: write ack", "does not name #999", "is resolved"):
        assert words in whole


def test_the_same_answer_read_twice_acts_once(house):
    house.page()
    (message,) = house.sent()
    for _ in range(2):
        house.answers(message, "escalate", Message_ID="<same@ada.example.org>")
    assert Firing.objects.count() == 2
    assert Mail.objects.count() == Receipt.objects.count() == 1


@pytest.mark.req("P14")
def test_one_answer_takes_everything_that_its_mail_named(house):
    incidents = [house.page(f"disk {n} full") for n in range(4)]
    house.sent()
    (bundle,) = [m for m in house.sent(4 * SEC) if m.handle == "ada"]
    assert house.answers(bundle, "resolve").verdict == "reply"
    assert not Incident.objects.filter(status="resolved").exists(), "say which"
    house.answers(bundle, f"resolve #{incidents[3].number}")
    assert list(Incident.objects.filter(status="resolved")) == [incidents[3]]
    house.answers(bundle, "ack")
    assert {each.number for each in Incident.objects.filter(owner=house.ada)} >= {each.number for each in incidents[1:3]}


@pytest.mark.parametrize(
    ("sender", "headers", "told"),
    [
        ("mallory@example.org", {}, True),
        ("ada@example.org.evil.example", {}, True),
        ('"ada@example.org" <mallory@example.org>', {}, True),
        ("ada@example.org, mallory@example.org", {}, True),
        (ADA, {"Authentication_Results": "mx.example.org; dmarc=fail header.from=example.org"}, True),
        (ADA, {"Auto_Submitted": "auto-replied"}, False),
        (ADA, {"Auto_Submitted": "auto-generated"}, False),
        (ADA, {"Precedence": "bulk"}, False),
        (ADA, {"Subject": "Out of office: Re: page"}, False),
        (ADA, {"X_Autoreply": "yes"}, False),
        (ADA, {"List_Id": "<team.example.org>"}, False),
        ("MAILER-DAEMON@mx.example.org", {}, False),
    ],
)
def test_who_is_not_heard(house, sender, headers, told):
    incident = house.page()
    (message,) = house.sent()
    kept = house.answers(message, "ack", sender=sender, **headers)
    assert kept.verdict == "refused"
    incident.refresh_from_db()
    assert incident.owner is None
    assert not Record.objects.filter(via="mail").exists()
    back = [m for m in house.sent(MIN) if m.kind == "status"]
    assert [m.address for m in back] == ([ADA] if told else []), "a robot and a stranger get nothing"
    if told:
        assert "nothing was done" in back[0].contents[0]["reason"]
        house.answers(message, "ack", sender=sender, **headers)
        assert not [m for m in house.sent(2 * MIN) if m.kind == "status"], "told once"


@pytest.mark.parametrize("stamp", ["mx.example.org; dmarc=pass", "other.example; dmarc=fail", "mx.example.org; dmarc=none"])
def test_what_does_not_say_forged_is_heard(house, stamp):
    house.page()
    (message,) = house.sent()
    assert house.answers(message, "ack", Authentication_Results=stamp).verdict == "reply"


def test_her_other_proven_address_is_heard_and_an_unproven_one_is_not(house):
    house.page()
    (message,) = house.sent()
    second = Contact.objects.create(person=house.ada, kind="email", address="Ada@home.example", position=2)
    assert house.answers(message, "a note", sender="ada@home.example").verdict == "refused"
    Contact.objects.filter(pk=second.pk).update(verified_at=T0)
    assert house.answers(message, "ack", sender="ada@home.example").verdict == "reply"
    assert "Ada@home.example" in [m.address for m in house.sent(MIN)]
    Contact.objects.filter(pk=second.pk).update(removed_at=T0)
    assert house.answers(message, "a second note", sender="ada@home.example").verdict == "refused"


def test_nobody_makes_an_address_of_their_own(house):
    house.page()
    (message,) = house.sent()
    part = reply_part(message.notification_id)
    assert read_reply(part.upper()) == message.notification_id
    assert len(part) + len("a-rather-long-name-of-a-mailbox+") < 64
    for forged in (part.replace("r", "r1", 1), part[:-1] + ("a" if part[-1] != "a" else "b"), part[:-1], "", "r7"):
        with pytest.raises(NotFound):
            read_reply(forged)
    raw = mail(text="ack", to=f"alerts+{part[:-1]}{'a' if part[-1] != 'a' else 'b'}@example.org", From=ADA)
    assert house.comes(raw).verdict == "refused"
    assert not Receipt.objects.exists()


def test_a_person_who_is_gone_is_not_heard(house):
    house.page()
    (message,) = house.sent()
    house.ada.is_active = False
    house.ada.save()
    assert house.answers(message, "ack").verdict == "refused"


@pytest.mark.req("G7")
def test_of_a_restricted_incident_mails_say_number_and_code_name_only(house):
    incident = house.page("customer data on pastebin", restricted=True)
    (message,) = house.sent()
    house.answers(message, "ack")
    house.answers(message, "It is the customer database.")
    incident.refresh_from_db()
    assert incident.owner == house.ada
    house.answers(message, "ack", sender="mallory@example.org")
    back = [wire(m).as_string() for m in house.sent(MIN) if m.handle == "ada"]
    assert len(back) == 3
    for text in back:
        assert incident.code_name in text
        assert "pastebin" not in text
        assert "customer" not in text
        assert "critical" not in text.lower().replace("x-priority", "")
    assert "Detections" not in "".join(back)


def test_the_confirmation_says_no_more_than_the_mail_that_was_answered(house):
    incident = house.page()
    (message,) = house.sent()
    Incident.objects.filter(pk=incident.pk).update(title="customer data on pastebin")
    house.answers(message, "a note")
    Incident.objects.filter(pk=incident.pk).update(restricted=True, code_name="Blue Heron")
    house.answers(message, "a later note")
    first, second = (wire(m).as_string() for m in house.sent(MIN) if m.handle == "ada")
    assert "disk full" in first
    assert "Blue Heron" in second
    assert "disk full" not in second
    assert "pastebin" not in first + second


def test_two_robots_that_nobody_recognizes_come_to_an_end(house):
    house.page()
    (message,) = house.sent()
    for n in range(MOST + 3):
        house.answers(message, f"note {n}")
    assert TimelineEntry.objects.filter(kind="note").count() == MOST
    assert Mail.objects.filter(verdict="refused").count() == 3


def test_other_mail_is_left_to_others(house):
    raw = mail(to="alerts@example.org")
    assert not take(Arrived(house.box, read(raw), raw, len(raw)), house.now)


def test_without_a_mailbox_for_answers_a_mail_offers_none(house):
    house.page()
    (message,) = house.sent()
    out = compose(message, FROM, now=T0)
    assert out["Reply-To"] is None
    assert "answer this mail" not in out.as_string()
