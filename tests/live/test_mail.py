"""A started server, a real mail server, and what is pasted from the documentation: a mail pages, and a kill -9 loses nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.mailbox.dovecot import Dovecot, dovecot
from tests.connectors.mailbox.mails import mail
from tests.live.server import Desk, Sink, two_steps, wait_for

pytestmark = [pytest.mark.live, pytest.mark.timed, pytest.mark.xdist_group("live")]
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
