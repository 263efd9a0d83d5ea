"""A started server, a real mail server, and what is pasted from the documentation: a mail pages, and a kill -9 loses nothing."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from tests.connectors.mailbox.dovecot import Dovecot, dovecot
from tests.connectors.mailbox.mails import mail
from tests.live.server import Desk, Sink, free_port, two_steps, wait_for

pytestmark = [pytest.mark.live, pytest.mark.timed]
HERS = "ann@example.org"
MAILBOX = "mailboxes:\n  - {name: alerts, team: Ops, imap_env: ALERTS_IMAP, address: alerts@example.org, for: [alerts], senders: ['@example.org']}\n"


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot() as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path, server: Dovecot) -> Iterator[Desk]:
    made = Desk(tmp_path, ALERTS_IMAP=server.url("alerts"))
    yield made
    made.stop()


def sendmail(folder: Path, server: Dovecot) -> str:
    """A folder with a `sendmail -t` that delivers to the mail server, for what is pasted into a shell."""
    program = folder / "sendmail"
    program.write_text(
        f"#!{sys.executable}\nimport smtplib, sys, email\nraw = sys.stdin.buffer.read()\nto = email.message_from_bytes(raw)['To']\n"
        f"smtplib.LMTP('127.0.0.1', {server.lmtp}).sendmail('root@example.org', [to], b'From: root@example.org\\n' + raw)\n"
    )
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.req("G7")
def test_what_is_pasted_sends_a_mail_that_pages_within_seconds(desk, sink, server, tmp_path):
    desk.start()
    desk.apply(two_steps(sink) + MAILBOX)
    pasted = desk.cli("key", "create", "--service", "S", "--kind", "email").stdout.split("\n\n", 1)[1]
    assert re.search(r"alerts\+[0-9a-f]{32}@example.org", pasted)
    wait_for(lambda: desk.json("mailbox", "list")[0]["read_at"], why="the mailbox is read")
    subprocess.run(["sh", "-c", pasted], env={**os.environ, "PATH": sendmail(tmp_path, server)}, check=True, timeout=20)
    (_, _, page, _), *_ = wait_for(lambda: sink.pages("ann"), seconds=10, why="Ann is paged")
    assert (page["incident"]["title"], page["incident"]["severity"]) == ("Disk full on db1", "critical")
    (listed,) = desk.json("mailbox", "list")
    assert (listed["mails"]["alert"], listed["last_error"]) == (1, "")
    found = {row["what"]: row for row in json.loads(desk.cli("doctor", "--json", check=False).stdout)}
    assert found["mailbox alerts"]["state"] == "green"
    assert b"watchbill_mailboxes_failing 0.0" in desk.get("/metrics")[1]


def test_kill_9_at_any_time_loses_no_mail_and_takes_none_twice(desk, sink, server):
    desk.start()
    desk.apply(two_steps(sink, storm="storm: off, group_by: [summary]") + MAILBOX)
    key = desk.key("S", "email")
    wait_for(lambda: desk.json("mailbox", "list")[0]["read_at"], why="the mailbox is read")
    sent = 0
    for _ in range(3):
        for _ in range(12):
            sent += 1
            server.deliver(mail(f"Thing {sent}", to=f"alerts+{key}@example.org"), "alerts")
        os.kill(desk.children()["engine"], signal.SIGKILL)
        desk.kill()
        desk.start()
    wait_for(lambda: desk.json("mailbox", "list")[0]["mails"]["alert"] == sent, seconds=40, why="every mail is stored")
    wait_for(lambda: sum("Seen" in row for row in server.flags("alerts")) == sent, seconds=30, why="and marked as read")
    wait_for(lambda: len(desk.json("incidents")) == sent, seconds=30, why="and had its effect once")


class Post:
    """An SMTP server to which the desk gives its mails, and people's mailboxes behind it."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.controller.start()

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append((envelope.rcpt_tos[0], email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for rcpt, mail in list(self.mails) if rcpt == address]


def answer(page: EmailMessage, text: str, *, sender: str = HERS, **headers: str) -> bytes:
    """As a mail program answers: to Reply-To, with what was written above what is quoted."""
    quoted = "\n".join(f"> {line}" for line in page.get_body(("plain",)).get_content().splitlines())
    return mail(
        f"Re: {page['Subject']}", f"{text}\n\nOn Monday, {page['From']} wrote:\n{quoted}\n", to=page["Reply-To"], From=sender,
        In_Reply_To=page["Message-ID"], References=f"{page['References']} {page['Message-ID']}", **headers,
    )  # fmt: skip


@pytest.mark.req("G7")
def test_ann_answers_the_mail_that_woke_her_and_it_is_hers(tmp_path, sink, server):
    post = Post()
    desk = Desk(
        tmp_path,
        ALERTS_IMAP=server.url("alerts"),
        WATCHBILL_SMTP_URL=f"smtp://127.0.0.1:{post.controller.port}",
        WATCHBILL_MAIL_FROM="desk@example.org",
    )
    try:
        desk.start()
        text = two_steps(sink, waits=("10m", "10m")).replace(
            f'contact: [{{kind: webhook, address: "http://127.0.0.1:{sink.port}/ann"}}]',
            "contact: [{kind: email, address: ann@example.org}]",
        )
        desk.apply(text + MAILBOX.replace("[alerts]", "[alerts, replies]"))
        wait_for(lambda: desk.json("mailbox", "list")[0]["read_at"], why="the mailbox is read")
        key = desk.key("S", "email")
        server.deliver(mail("CRITICAL: Disk full on db1", to=f"alerts+{key}@example.org"), "alerts")
        page = wait_for(lambda: post.to(HERS), why="a mail to Ann")[0]
        assert re.fullmatch(r"alerts\+r\d+-[a-z2-7]{16}@example.org", page["Reply-To"])
        (incident,) = desk.json("incidents")
        for wrong in (answer(page, "ack", sender="ben@example.org"), answer(page, "I am away", Auto_Submitted="auto-replied")):
            server.deliver(wrong, "alerts")
        told = wait_for(lambda: post.to(HERS)[1:], why="Ann is told that Ben answers for her")[0]
        assert "ben@example.org" in told.get_body(("plain",)).get_content()
        assert desk.json("show", str(incident["number"]))["owner"] is None
        began = time.monotonic()
        server.deliver(answer(page, "ack, on it", Message_ID="<hers@example.org>"), "alerts")
        wait_for(lambda: (desk.json("show", str(incident["number"]))["owner"] or {}).get("handle") == "ann", why="it is hers")
        back = wait_for(lambda: post.to(HERS)[2:], why="a confirmation")[0]
        assert time.monotonic() - began < 15
        assert back["In-Reply-To"] == "<hers@example.org>"
        assert f"You own #{incident['number']}." in back.get_body(("plain",)).get_content()
        server.deliver(bytes(back), "alerts")  # a loop: our own mail comes back to us
        wait_for(lambda: desk.json("mailbox", "list")[0]["mails"]["unknown"], why="it is for nobody")
        assert sorted("Seen" in row for row in server.flags("alerts")) == [False, True, True, True, True]
        counted = desk.json("mailbox", "list")[0]["mails"]
        assert (counted["alert"], counted["reply"], counted["refused"], counted["unknown"]) == (1, 1, 2, 1)
        assert (len(post.to(HERS)), len(desk.json("incidents"))) == (3, 1)
    finally:
        desk.stop()
        post.controller.stop()
