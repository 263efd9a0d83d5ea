"""Mails that break parsers: kept whole with a reason, never a crash, never an answer to a robot, whatever stands in them."""

from __future__ import annotations

import base64
import datetime as dt
import time
from collections import Counter

import pytest
from django.utils.html import escape
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.live.report import write
from tests.mailbox.conftest import Came
from tests.mailbox.test_pages import browser
from tests.reports.conftest import Desk
from watchbill.connectors.mailbox.letters import read
from watchbill.connectors.mailbox.purposes import Arrived
from watchbill.connectors.mailbox.threads import incoming_of
from watchbill.intake.models import Mailbox
from watchbill.mailbox.models import Letter
from watchbill.mailbox.rules import Incoming

BOX = Mailbox(name="security", address="security@example.org", purposes=["reports"], authserv="mx.example.org")
BOUNDARIES = ["b", "", "b" * 200, 'b"', "\x00", "é"]
ROBOTS = [
    b"Auto-Submitted: auto-replied",
    b"auto-submitted: AUTO-GENERATED",
    b"Precedence: bulk",
    b"List-Id: <x.example.net>",
    b"List-Unsubscribe: <https://x.example.net>",
    b"Return-Path: <>",
    b"X-Autoreply: yes",
    b"X-Watchbill-Notification: 1",
]


def parts(count: int) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * count + b"--b--\r\n"


def nested(depth: int) -> bytes:
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))


PGP = b"Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b--\r\n"
CALENDAR = b"Content-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n"
BODIES = st.one_of(
    st.integers(0, 500).map(parts),
    st.integers(0, 200).map(nested),
    st.integers(1, 20_000).map(lambda n: b"Content-Type: text/html\r\n\r\n" + b"<div>" * n),
    st.integers(1, 20_000).map(lambda n: b"Content-Type: text/html\r\n\r\n<!--" + b"<script" * n),
    st.sampled_from([PGP, CALENDAR, b"", b"\r\n\r\n", b"\x00" * 100]),
    st.tuples(st.sampled_from(["base64", "quoted-printable", "8bit", "x-uue", "nonsense"]), st.binary(max_size=300)).map(
        lambda pair: f"Content-Transfer-Encoding: {pair[0]}\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n".encode() + pair[1]
    ),
    st.tuples(st.sampled_from(BOUNDARIES), st.binary(max_size=300)).map(
        lambda pair: f"Content-Type: multipart/mixed; boundary={pair[0]}\r\n\r\n--{pair[0]}\r\n".encode() + pair[1]
    ),
    st.binary(max_size=300).map(lambda raw: b"\r\n" + base64.b64encode(raw)),
)
NAMES = st.sampled_from(
    [b"From", b"To", b"Subject", b"References", b"In-Reply-To", b"Message-ID", b"List-ID", b"Archived-At", b"Received", b"X"]
)
VALUES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"<a@b>", b"=?utf-8?B?////?=", b"=?x?Q?=00?=", b"a@b, c@d", b'"', b"<" * 50, b"(" * 50, b"<javascript:alert(1)>"]),
)
HEADERS = st.lists(st.tuples(NAMES, VALUES).map(lambda pair: pair[0] + b": " + pair[1]), max_size=8)
MAILS = st.tuples(HEADERS, BODIES).map(lambda pair: b"\r\n".join([*pair[0], pair[1]]))


def taken(raw: bytes) -> Incoming:
    return incoming_of(Arrived(BOX, read(raw), raw, len(raw)))


def holds(raw: bytes, robot: bytes | None) -> None:
    """Whatever comes: the bytes are whole, the text can be stored and shown, a link is none but of the web, a robot is known as one."""
    began = time.process_time()
    found = taken(raw)
    assert time.process_time() - began < 2
    assert found.raw == raw
    said = (
        found.subject,
        found.text,
        found.sender,
        found.reporter,
        found.remark,
        *found.files,
        *found.refers,
        found.message_id,
        found.link,
    )
    assert all("\0" not in one and one.encode() is not None for one in said)
    assert len(found.text) <= 20_000
    assert found.link.startswith(("https://", "http://")) or not found.link
    if robot is not None:
        assert taken(robot + b"\r\n" + raw).robot


@pytest.mark.req("R10")
@settings(max_examples=1_000)
@given(MAILS, st.sampled_from(ROBOTS))
def test_nothing_that_comes_breaks_the_reading(raw: bytes, robot: bytes):
    holds(raw, robot)


@pytest.mark.long
@pytest.mark.req("R10")
def test_nothing_of_a_hundred_thousand_breaks_the_reading():
    read_ = Counter[str]()

    @settings(max_examples=100_000, database=None)
    @given(MAILS, st.sampled_from(ROBOTS))
    def each(raw: bytes, robot: bytes) -> None:
        holds(raw, robot)
        read_["mails"] += 1
        read_["bytes"] += len(raw)

    each()
    assert read_["mails"] >= 100_000
    what = "Mails made to break parsers, and one of each as a robot sends it: kept to the byte, shown as plain text, never taken for a person's, none a crash."
    write("a hundred thousand mails", what, [("mails", read_["mails"]), ("bytes", read_["bytes"])])


HEAD = b"From: m4rlow@example.net\r\nTo: security@example.org\r\nSubject: x\r\nMessage-ID: <%d@example.net>\r\n"


@pytest.mark.req("R10")
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (parts(500), ""),
        (nested(200), "parts within parts"),
        (PGP, "It is encrypted, and was not opened."),
        (b"\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n", "It is encrypted, and was not opened."),
        (b"Content-Type: text/html\r\n\r\n" + b"<table>" * 100_000, ""),
        (CALENDAR, ""),
        (b"Content-Type: text/plain; charset=utf-8\r\n\r\n\x00\xff\xfe<script>alert(1)</script>", ""),
        (b"\r\n" + b"x" * 2_000_000, ""),
    ],
)
def test_each_trap_is_kept_as_it_came_and_shown(desk: Desk, came: Came, body: bytes, says: str):
    raw = HEAD % len(body) + body
    thread = came(raw)
    letter = Letter.objects.get()
    assert bytes(letter.raw) == raw
    assert says in letter.remark
    answer = browser(desk, "alice").get(f"/mail/{thread.number}")
    html = answer.content.decode()
    assert (answer.status_code, "<script>alert" in html) == (200, False)
    assert escape(says) in html


@pytest.mark.req("R10")
def test_two_robots_that_answer_each_other_end_at_once(desk: Desk, shared: Mailbox, came: Came):
    shared.automatic_answer = "Use the form."
    shared.save()
    first = came(Message_ID="<0@example.net>")
    for number in range(1, 30):
        desk.now += dt.timedelta(days=2)
        own = Letter.objects.exclude(outgoing="").latest("id")
        assert came(In_Reply_To=own.sent_id, Message_ID=f"<{number}@example.net>") == first
    assert Letter.objects.exclude(outgoing="").count() == 1
