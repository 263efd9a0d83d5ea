"""Mail through a real SMTP server: what is sent, what its answers mean, encryption and login."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from django.conf import settings

from tests.connectors.parts import Box, message, restricted, smtp
from tests.factories import T0
from watchbill.connectors.email.sending import Mailer, Server, compose, server_of
from watchbill.connectors.failures import PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.notifications.messages import Message
from watchbill.notifications.signing import read_token

FROM = "Watchbill <desk@example.org>"


def send(server: Server, *messages: Message, **more) -> None:
    async def go() -> None:
        mailer = Mailer(server, FROM, **more)
        try:
            for one in messages:
                await mailer.send(one, now=T0)
        finally:
            await mailer.close()

    asyncio.run(go())


def mail_to(address: str = "ada@example.org", **more) -> Message:
    return message(address, method="email", **more)


def read(envelope) -> email.message.EmailMessage:
    return email.message_from_bytes(envelope.content, policy=email.policy.default)


def test_a_mail_arrives_and_says_what_it_must():
    box = Box()
    with smtp(box) as port:
        send(Server("127.0.0.1", port), mail_to())
    (envelope,) = box.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("desk@example.org", ["ada@example.org"])
    mail = read(envelope)
    assert mail["Subject"] == "#12 critical: disk <b>full</b>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<00000000-0000-0000-0000-000000000007@example.org>"
    assert mail["References"] == "<incident-12@example.org>"
    text, page = mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()
    for said in (text, page):
        assert "You have the watch." in said
        assert "Detections" in said
        assert f"{settings.PUBLIC_URL}/incidents/12" in said
    assert "disk <b>full</b>" in text
    assert "disk &lt;b&gt;full&lt;/b&gt;" in page  # what came in is data, never markup
    assert "<b>full" not in page


def test_its_links_name_person_incident_and_notification_and_nobody_can_make_another():
    text = compose(mail_to(), FROM, now=T0).get_body(("plain",)).get_content()
    acknowledge, resolve = re.findall(rf"{re.escape(settings.PUBLIC_URL)}/a/(\S+)", text)
    assert resolve == f"{acknowledge}?act=resolve"
    assert read_token(acknowledge) == (3, 5, 7)
    for forged in (acknowledge[:-1], acknowledge.replace("3.", "4.", 1), "3.5.7", "", "3.5.7~x"):
        with pytest.raises(NotFound):
            read_token(forged)


def test_the_message_id_is_the_same_for_every_attempt_and_a_possible_duplicate_says_so():
    first, second = compose(mail_to(), FROM, now=T0), compose(mail_to(attempt=2, possible_duplicate=True), FROM, now=T0)
    assert first["Message-ID"] == second["Message-ID"]
    assert second["Subject"].startswith("Possible duplicate: ")
    assert "not certain that the first try arrived" in second.get_body(("plain",)).get_content()
    assert "not certain" not in first.get_body(("plain",)).get_content()


@pytest.mark.req("P14")
def test_a_bundle_counts_and_lists():
    made = compose(mail_to(numbers=(12, 13, 14), count=60), FROM, now=T0)
    assert made["Subject"] == "60 incidents: #12 critical: disk <b>full</b> and 59 more"
    text = made.get_body(("plain",)).get_content()
    assert all(f"/incidents/{n}" in text for n in (12, 13, 14))
    assert "and 57 more" in text


def test_a_restricted_incident_says_number_and_code_name_only():
    made = compose(mail_to(contents=(restricted(),)), FROM, now=T0)
    assert made["Subject"] == "#734211 Blue Heron"
    whole = made.as_string()
    for hidden in ("pastebin", "Payments", "critical"):
        assert hidden not in whole


def test_a_status_notice_asks_for_nothing():
    made = compose(mail_to(kind="status"), FROM, now=T0)
    assert "/a/" not in made.as_string()
    assert made["Subject"] == "#12 critical: disk <b>full</b>: You have the watch."


def test_no_title_can_write_a_header():
    hostile = {"number": 1, "title": "x\r\nBcc: all@example.org\r\n\r\nbody", "restricted": False}
    made = compose(mail_to(contents=(hostile,)), FROM, now=T0)
    assert made["Bcc"] is None
    assert "\n" not in made["Subject"]


def test_several_mails_use_one_connection():
    box = Box()
    with smtp(box) as port:
        send(Server("127.0.0.1", port), *(mail_to(numbers=(n,)) for n in range(1, 6)))
    assert len(box.mails) == 5
    assert len({id(session) for session in box.sessions}) == 1


@pytest.mark.req("P15")
@pytest.mark.parametrize(
    ("refusal", "failure"),
    [
        ("452 mailbox full", TemporaryFailure),
        ("421 going down", TemporaryFailure),
        ("550 no such user", PermanentFailure),
        ("553 not here", PermanentFailure),
    ],
)
@pytest.mark.parametrize("where", ["refuse_rcpt", "refuse_data"])
def test_4xx_is_temporary_and_5xx_is_for_good(refusal, failure, where):
    box = Box()
    setattr(box, where, refusal)
    with smtp(box) as port, pytest.raises(failure, match=refusal[:3]):
        send(Server("127.0.0.1", port), mail_to())
    assert box.mails == []


def test_after_a_refusal_the_next_mail_goes_out():
    box = Box()

    async def go(port: int) -> None:
        mailer = Mailer(Server("127.0.0.1", port), FROM)
        box.refuse_rcpt = "550 no such user"
        with pytest.raises(PermanentFailure):
            await mailer.send(mail_to(), now=T0)
        box.refuse_rcpt = ""
        await mailer.send(mail_to(), now=T0)
        await mailer.close()

    with smtp(box) as port:
        asyncio.run(go(port))
    assert len(box.mails) == 1


def test_a_server_that_is_slow_with_the_text_leaves_the_end_unknown():
    box = Box()
    box.slow = 1.0
    with smtp(box) as port, pytest.raises(UnknownEnd):
        send(Server("127.0.0.1", port), mail_to(), step=0.2)


def test_a_server_that_says_nothing_is_certainly_not_delivered():
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(TemporaryFailure, match="No connection"):
        send(Server("127.0.0.1", server.getsockname()[1]), mail_to(), step=0.2)


def test_a_server_that_is_not_there_is_certainly_not_delivered():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(TemporaryFailure, match="No connection"):
        send(Server("127.0.0.1", port), mail_to())
    assert time.monotonic() - began < 2


def test_a_connection_that_the_server_closed_while_it_was_idle_is_opened_again():
    box = Box()

    async def go() -> None:
        with smtp(box) as port:
            mailer = Mailer(Server("127.0.0.1", port), FROM)
            await mailer.send(mail_to(), now=T0)
        for other in threading.enumerate():
            assert other is not None
        with pytest.raises(TemporaryFailure):
            await mailer.send(mail_to(), now=T0)
        await mailer.close()

    asyncio.run(go())
    assert len(box.mails) == 1


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return made


def login(server, session, envelope, mechanism, data) -> AuthResult:
    return AuthResult(success=isinstance(data, LoginPassword) and (data.login, data.password) == (b"desk", b"p@ss/word"), handled=False)


def test_starttls_and_login_with_a_verified_certificate(certificate):
    box = Box()
    with smtp(box, tls_context=context(certificate), require_starttls=True, auth_required=True, authenticator=login) as port:
        send(server_of(f"smtp://desk:p%40ss%2Fword@127.0.0.1:{port}?ca={certificate}"), mail_to())
    assert len(box.mails) == 1
    assert box.sessions[0].ssl is not None
    assert box.sessions[0].authenticated


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate):
    box = Box()
    with smtp(box, tls_context=context(certificate), require_starttls=True) as port, pytest.raises(TemporaryFailure, match="certificate"):
        send(server_of(f"smtp://127.0.0.1:{port}?starttls=required"), mail_to())
    assert box.mails == []


def test_a_wrong_password_is_said_and_never_shown(certificate):
    box = Box()
    with (
        smtp(box, tls_context=context(certificate), require_starttls=True, auth_required=True, authenticator=login) as port,
        pytest.raises(TemporaryFailure, match="refused the user name or password") as refused,
    ):
        send(server_of(f"smtp://desk:hunter2@127.0.0.1:{port}?ca={certificate}"), mail_to())
    assert "hunter2" not in str(refused.value)


def test_a_password_never_crosses_a_network_in_the_clear():
    assert server_of("smtp://u:p@mail.example.org").starttls is True
    assert server_of("smtp://u:p@mail.example.org?starttls=off").starttls is False
    assert server_of("smtp://localhost:1025").starttls is None
    assert server_of("smtps://u:p@mail.example.org") == Server("mail.example.org", 465, "u", "p", implicit_tls=True, starttls=False)


@pytest.mark.parametrize("url", ["mail.example.org", "http://x", "smtp://", "smtp://x:99999"])
def test_a_setting_that_is_no_mail_server_is_said_clearly(url):
    with pytest.raises(Invalid, match="WATCHBILL_SMTP_URL"):
        server_of(url)
