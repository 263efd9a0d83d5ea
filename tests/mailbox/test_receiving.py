"""A mail is kept once, in the thread that it answers in its own mailbox: never by its subject, never over the wall of another one."""

from __future__ import annotations

import pytest

from tests.factories import HOUR
from tests.mailbox.conftest import Came
from tests.reports.conftest import Desk
from watchbill.connectors.mailbox.letters import read
from watchbill.connectors.mailbox.threads import machine_of, reporter_of
from watchbill.intake.models import Mail, Mailbox
from watchbill.mailbox.models import Letter, Thread

pytestmark = pytest.mark.django_db


def test_the_same_mail_read_again_is_kept_once(came: Came):
    came(Message_ID="<1@example.net>")
    came(Message_ID="<1@example.net>")
    assert (Letter.objects.count(), Thread.objects.count(), Mail.objects.get().verdict) == (1, 1, "report")


def test_an_answer_joins_by_its_references_and_never_by_its_subject(came: Came):
    first = came(Message_ID="<1@example.net>")
    assert came(References="<0@example.net> <1@example.net>", subject="else") == first
    assert came(subject="Re: XSS in <b>the</b> wiki") != first


def test_no_mail_gets_over_the_wall_of_another_mailbox(came: Came, elsewhere: Mailbox):
    first = came(Message_ID="<1@example.net>")
    other = came(box=elsewhere, In_Reply_To="<1@example.net>")
    assert (other != first, other.mailbox) == (True, elsewhere)


def test_a_machine_is_owed_nothing_and_tells_nobody(desk: Desk, came: Came):
    thread = came(Auto_Submitted="auto-generated")
    assert (thread.due_at, thread.automatic) == (None, True)
    assert came().due_at == desk.now + 24 * HOUR


def test_a_long_mail_says_what_is_kept(came: Came):
    came(size=30_000_000)
    assert "30000000 bytes" in Letter.objects.get().remark


GROUP = (
    b"From: 'M' via Security <security@example.org>\nTo: security@example.org\nX-Original-Sender: m4rlow@example.net\n"
    b"List-ID: <security.example.org>\nPrecedence: list\nMessage-ID: <a/b@mail.example.net>\nSubject: x\n"
    b"List-Archive: <https://groups.google.com/a/example.org/group/security/>\n\ntext\n"
)


def test_what_comes_by_a_group_is_its_writers_and_has_its_link(came: Came):
    thread = came(GROUP)
    assert thread.sender == "m4rlow@example.net"
    assert thread.link == "https://groups.google.com/a/example.org/d/msgid/security/a%2Fb%40mail.example.net"
    assert not thread.automatic


@pytest.mark.parametrize(
    ("raw", "who"),
    [
        (GROUP, "m4rlow@example.net"),
        (GROUP.replace(b"To: security@", b"To: somebody@"), "security@example.org"),
        (GROUP.replace(b"List-ID", b"X-Nothing"), "security@example.org"),
        (b"Subject: x\n\nnobody\n", ""),
    ],
)
def test_only_a_list_that_wrote_itself_into_from_says_who_wrote(raw: bytes, who: str):
    assert reporter_of(read(raw)) == who


@pytest.mark.parametrize(
    ("header", "machine"),
    [
        (b"Auto-Submitted: auto-replied", True),
        (b"X-Autoreply: yes", True),
        (b"X-Nothing: x", False),
        (b"Content-Type: text/calendar", True),
    ],
)
def test_a_machine_is_one_by_a_group_too(header: bytes, machine: bool):
    assert bool(machine_of(read(header + b"\n" + GROUP))) is machine
