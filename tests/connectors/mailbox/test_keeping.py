"""A mail is stored once, by the key of its address, or it is said why not; then it opens an incident, joins one, ends one."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

import pytest

from tests.connectors.mailbox.mails import mail
from tests.factories import MIN, T0, actor
from watchbill.connectors.inbound import PARSERS
from watchbill.connectors.mailbox.keeping import remember, take
from watchbill.connectors.mailbox.letters import read
from watchbill.connectors.mailbox.purposes import Arrived
from watchbill.connectors.rehearsal import rehearse
from watchbill.incidents.models import Incident
from watchbill.intake.actions import create_key, revoke_key, rotate_key, take_again, take_in
from watchbill.intake.models import Alert, Event, IntegrationKey, Mail
from watchbill.intake.selectors import log
from watchbill.intake.selectors.mailboxes import mail_address, mailboxes

pytestmark = pytest.mark.django_db


@pytest.fixture
def came(mailbox, mailkey):
    """Let a mail come in to the address of the key, or to another one; True when somebody took it."""

    def do(raw: bytes = b"", *, to: str = "", at: dt.datetime = T0, size: int = 0, **fields: str) -> bool:
        raw = raw or mail(to=to or f"alerts+{mailkey[1]}@example.org", **fields)
        return take(Arrived(mailbox, read(raw), raw, size or len(raw)), at)

    return do


@pytest.mark.req("G7")
def test_a_mail_opens_an_incident_and_a_page_and_the_recovery_clears_it(came):
    assert came(subject="CRITICAL: Disk full on db1")
    assert take_in(now=T0, parsers=PARSERS) == 1
    incident = Incident.objects.get()
    assert (incident.title, incident.severity) == ("Disk full on db1", "critical")
    assert Alert.objects.get().source == "monitor@example.org"
    came(subject="OK: Disk full on db1", at=T0 + MIN)
    take_in(now=T0 + MIN, parsers=PARSERS)
    assert Alert.objects.get().state == "resolved"
    incident.refresh_from_db()
    assert incident.cleared_at is not None


def test_the_same_mail_delivered_twice_is_one_event(came, mailkey):
    raw = mail(to=f"alerts+{mailkey[1]}@example.org")
    came(raw)
    came(b"Received: by mx2.example.org\r\n" + raw)
    assert Event.objects.count() == Mail.objects.count() == 1


def test_two_mails_of_one_problem_are_one_alert_and_an_answer_belongs_to_it(came):
    came(Message_ID="<first@example.org>")
    came()
    came(subject="What is this about?", From="ada@example.org", In_Reply_To="<first@example.org>")
    came(subject="Another thing", From="ada@example.org", References="<unknown@example.org>")
    take_in(now=T0, parsers=PARSERS)
    assert [alert.count for alert in Alert.objects.order_by("id")] == [3, 1]
    assert Incident.objects.count() == 2


def test_a_mail_to_two_keys_pages_for_both(came, desk, mailkey):
    other, _ = desk.add_service("Other")
    from watchbill.intake.actions import create_key

    second = create_key(other, "email", by=actor(desk.grace), now=T0)[1]
    came(to=f"alerts+{mailkey[1]}@example.org, ALERTS+{second.upper()}@example.org")
    assert set(Event.objects.values_list("service__name", flat=True)) == {"Detections", "Other"}


@pytest.mark.parametrize("header", ["Delivered_To", "X_Original_To", "Cc"])
def test_the_address_may_stand_in_any_header_that_names_who_gets_it(came, mailkey, header):
    assert came(to="somebody@example.org", **{header: f"alerts+{mailkey[1]}@example.org"})


def test_a_revoked_key_takes_nothing_and_a_replaced_one_until_its_overlap_ends(came, desk, mailkey):
    key, _ = mailkey
    rotate_key(key.pk, dt.timedelta(hours=1), by=actor(desk.grace), now=T0)
    assert came(at=T0 + 59 * MIN)
    assert not came(at=T0 + 61 * MIN)
    revoke_key(key.pk, by=actor(desk.grace), now=T0)
    assert not came()
    assert Event.objects.count() == 1


def test_mail_to_the_plain_address_is_for_the_service_of_the_mailbox(came, desk, mailbox, mailkey):
    assert not came(to="alerts@example.org")
    mailbox.service = desk.service
    mailbox.save()
    assert came(to="alerts@example.org")
    assert came(to="undisclosed@example.org", Delivered_To="alerts@example.org")
    key = Event.objects.first().key
    assert (key.name, key.kind, Event.objects.count()) == ("mailbox alerts", "email", 2)
    assert not came(to=f"alerts+{'0' * 32}@example.org"), "an unknown key is no plain address"
    revoke_key(key.pk, by=actor(desk.grace), now=T0)
    assert not came(to="alerts@example.org"), "whoever revoked it meant it"
    assert IntegrationKey.objects.filter(name="mailbox alerts").count() == 1


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"Auto_Submitted": "auto-replied"}, "automatic answer"),
        ({"From": "MAILER-DAEMON@mx.example.org"}, "could not be delivered"),
        ({"X_Watchbill_Notification": "7"}, "notification of a Watchbill"),
        ({"From": "x@evil.example"}, "x@evil.example is not on the list"),
    ],
)
def test_what_a_rule_leaves_out_is_kept_counted_shown_and_can_be_taken_in_all_the_same(came, desk, mailbox, mailkey, fields, why):
    mailbox.senders = ["@example.org", "@mx.example.org"]
    mailbox.save()
    came(**fields)
    assert take_in(now=T0, parsers=PARSERS) == 0
    event = Event.objects.get()
    assert event.state == "left"
    assert why in event.outcome
    assert why in Mail.objects.get(verdict="left").reason
    counted = log.counts([mailkey[0].pk])[mailkey[0].pk]
    assert (counted.events, counted.aside, counted.left) == (1, 0, 1)
    (shown,) = log.events_of(mailkey[0], only="left").events
    assert "Said by the nightly check." in shown.text
    assert mailboxes()[0].mails == {"left": 1}
    take_again(event.id, by=actor(desk.ada), now=T0)
    assert take_in(now=T0, parsers=PARSERS) == 1
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("of_mailbox", "of_service", "sender", "why"),
    [
        ([], [], "anybody@x.example", ""),
        (["@example.org"], [], "x@evil.example", "of this mailbox"),
        (["@example.org"], ["@vendor.example"], "alerts@vendor.example", ""),  # the service's own list counts in place of the mailbox's
        (["@example.org"], ["@vendor.example"], "mon@example.org", "of this service"),
        ([], ["MON@Vendor.example"], "mon@vendor.example", ""),
        ([], ["mon@vendor.example"], "eve@vendor.example", "of this service"),
        ([], ["@vendor.example"], "x@sub.vendor.example", "of this service"),
    ],
)
def test_a_service_says_by_itself_whose_mails_page_by_its_keys(came, desk, mailbox, of_mailbox, of_service, sender, why):
    mailbox.senders, desk.service.senders = of_mailbox, of_service
    mailbox.save()
    desk.service.save()
    came(From=sender)
    event = Event.objects.get()
    assert event.state == ("left" if why else "pending")
    assert event.outcome == (f"Left out: {sender} is not on the list of senders {why}." if why else "")
    assert take_in(now=T0, parsers=PARSERS) == (0 if why else 1)


def test_of_two_services_each_has_its_own_list(came, desk, mailbox, mailkey):
    service, _ = desk.add_service("Other")
    other, secret = create_key(service, "email", by=actor(desk.grace), now=T0)
    desk.service.senders = ["@vendor.example"]
    desk.service.save()
    came(From="mon@example.org", to=f"alerts+{mailkey[1]}@example.org, alerts+{secret}@example.org")
    assert dict(Event.objects.values_list("key_id", "state")) == {mailkey[0].pk: "left", other.pk: "pending"}


def test_a_long_mail_is_cut_and_pages_all_the_same(came):
    assert came(size=30_000_000)
    assert "30000000" in Mail.objects.get().reason
    take_in(now=T0, parsers=PARSERS)
    assert Incident.objects.count() == 1


def test_what_was_sent_to_nobody_is_said_once(mailbox):
    raw = mail(to="alerts+nobody@example.org")
    arrived = Arrived(mailbox, read(raw), raw, len(raw))
    assert not take(arrived, T0)
    for _ in range(2):
        remember(arrived, Mail.Verdict.UNKNOWN, "To nobody.", T0)
    assert list(Mail.objects.values_list("verdict", "event")) == [("unknown", None)]


def test_keys_have_their_address_at_the_first_mailbox_for_alerts(mailbox, desk):
    assert mail_address("email") == "alerts@example.org"
    assert mail_address("events") == ""
    mailbox.is_active = False
    mailbox.save()
    assert mail_address("email") == ""


def test_a_sample_is_tried_as_it_would_be_taken():
    pasted = mail("** RECOVERY Host Alert: db1 is UP **").decode().replace("\n", "\r\n")
    result = rehearse("email", pasted.encode())
    assert not result.problem
    assert [alert["action"] for alert in result.alerts] == ["resolve"]
    assert result.alerts[0]["dedup_key"].startswith("mail:monitor@example.org:host alert: db1")


def test_without_a_mailbox_its_client_is_not_even_loaded():
    look = "import sys, watchbill.engine.mail, watchbill.connectors.inbound; print('imap_tools' in sys.modules, 'imaplib' in sys.modules)"
    code = f"import django; django.setup(); {look}"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "watchbill.main.settings"}
    assert subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout == "False False\n"
