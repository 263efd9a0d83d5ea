"""What is attached to a mail: found by number behind any text, decoded alone, and never by opening it."""

from __future__ import annotations

import base64
import email
import time
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.conftest import cli, nobody_is_named  # noqa: F401  fixtures
from tests.mailbox.conftest import Came
from tests.mailbox.test_pages import browser
from tests.reports.conftest import Desk
from watchbill.audit.models import Record
from watchbill.mailbox.models import Letter, Thread
from watchbill.mailbox.rules.attached import MOST, NAMES, attached, content_of
from watchbill.reports.models import Report

FILES = st.lists(st.tuples(st.text("abcé 日本.-_", min_size=1, max_size=12).filter(str.strip), st.binary(max_size=400)), max_size=5)


def written(files: list[tuple[str, bytes]], *, text: str = "See what is attached.", html: str = "") -> bytes:
    """As a usual program for mails writes it."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "m4rlow@example.net", "security@example.org", "XSS"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


@given(FILES, st.booleans())
def test_every_file_comes_out_as_it_went_in(files: list[tuple[str, bytes]], html: bool):
    raw = written(files, html="<p>See</p>" if html else "")
    assert [content_of(raw, number) for number in range(len(files))] == [(" ".join(name.split()), content) for name, content in files]
    assert content_of(raw, len(files)) is None
    assert content_of(raw, -1) is None


def test_what_stands_behind_megabytes_has_its_name_and_its_number():
    raw = written([("film.mp4", b"\x00\x01" * 1_000_000), ("poc.py", b"print(1)\n")])
    assert [each.name for each in attached(raw)] == ["film.mp4", "poc.py"]
    assert content_of(raw, 1) == ("poc.py", b"print(1)\n")


def test_a_mail_in_a_mail_is_one_file():
    inner = written([("inner.txt", b"x")])
    outer = EmailMessage(policy=SMTP)
    outer.set_content("Forwarded")
    outer.add_attachment(email.message_from_bytes(inner, policy=SMTP))
    name, content = content_of(outer.as_bytes(), 0) or ("", b"")
    assert name == "message/rfc822"
    assert b'filename="inner.txt"' in content


@pytest.mark.parametrize(
    ("coding", "body", "content"),
    [
        ("base64", b"cHJp\r\nbnQ=", b"print"),
        ("BASE64 ", b"cHJpbnQ", b"print"),
        ("base64", b"a", b"a"),
        ("quoted-printable", b"a=3Db=\r\nc", b"a=bc"),
        ("8bit", b"\xff\xfe", b"\xff\xfe"),
        ("x-uue", b"begin 644 x\r\n", b"begin 644 x\r\n"),
    ],
)
def test_a_part_is_decoded_as_it_says_and_else_left_as_it_stands(coding: str, body: bytes, content: bytes):
    head = f"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: {coding}\r\n\r\n"
    assert content_of(head.encode() + body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b"--b--\r\n", 0) == (
        "application/x",
        content.removesuffix(b"\r\n"),
    )


def test_a_mail_that_is_one_file_and_one_that_was_cut():
    alone = b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert content_of(alone + base64.b64encode(b"%PDF"), 0) == ("a.pdf", b"%PDF")
    whole = written([("a.bin", b"0123456789" * 30)])
    cut = whole[: whole.index(b"MDEy") + 40]
    assert content_of(cut, 0) == ("a.bin", (b"0123456789" * 30)[:30])


@pytest.mark.req("R10")
@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 1_000_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + b"\n" * 20_000_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b  " * 4_000_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 200_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(5_000)),
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment; " + b"filename*0*=x; " * 1_000_000,
        b"x" * 30_000_000,
    ],
    ids=["parts", "lines", "no-lines", "same-boundary", "depth", "parameters", "no-head"],
)
def test_bombs_take_no_time(raw: bytes):
    begun = time.process_time()
    found = attached(raw)
    assert len(found) <= min(MOST, NAMES)
    assert time.process_time() - begun < 3


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2000), st.sampled_from([b"", b"b", b'"b"', b"b;" * 20]))
def test_any_bytes_have_attachments_or_none(body: bytes, boundary: bytes):
    raw = b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n--b\r\nContent-Type: x/y\r\n" + body
    for number, part in enumerate(attached(raw)):
        assert 0 <= part.start <= part.end <= len(raw)
        assert content_of(raw, number) is not None


def with_files(came: Came) -> tuple[Thread, Letter]:
    thread = came(written([("../poc.html", b"<script>alert(1)</script>"), ("film.mp4", b"\x00" * 400_000), ("log.txt", b"one\n")]))
    return thread, Letter.objects.get()


@pytest.mark.req("R10")
def test_a_file_is_fetched_by_itself_as_bytes_and_the_audit_says_by_whom(desk: Desk, came: Came):
    thread, letter = with_files(came)
    alice, here = browser(desk, "alice"), f"/mail/{thread.number}/letters/{letter.pk}"
    page = alice.get(f"/mail/{thread.number}").content.decode()
    for which, name in enumerate(("../poc.html", "film.mp4", "log.txt"), 1):
        assert f'href="{here}/files/{which}"><bdi>{name}<' in page
    answer = alice.get(f"{here}/files/1")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="_poc.html"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert [alice.get(f"{here}/files/{which}").status_code for which in (0, 3, 4, 10**18)] == [404, 200, 404, 404]
    records = Record.objects.filter(action="mail.fetch_attached").order_by("id")
    assert [(r.actor_id, r.restricted, r.detail) for r in records] == [
        (desk.alice.pk, True, {"letter": letter.pk, "attached": which}) for which in (1, 3)
    ]
    alice.get(here)
    assert Record.objects.filter(action="mail.fetch", object_id=str(thread.pk)).count() == 1


@pytest.mark.req("R8", "R10")
@pytest.mark.parametrize("name", ["charlie", "vera", "root", "erin"])
def test_an_outsider_fetches_nothing_and_leaves_no_trace(desk: Desk, came: Came, name: str):
    thread, letter = with_files(came)
    client = browser(desk, name)
    for which in (1, 9):
        assert client.get(f"/mail/{thread.number}/letters/{letter.pk}/files/{which}").status_code == 404
    assert not Record.objects.filter(action__startswith="mail.fetch").exists()


def test_a_mail_of_another_thread_is_not_fetched_by_this_one(desk: Desk, came: Came):
    _, letter = with_files(came)
    other = came()
    assert browser(desk, "alice").get(f"/mail/{other.number}/letters/{letter.pk}/files/1").status_code == 404


def test_the_report_of_a_mail_leads_to_what_is_attached(desk: Desk, came: Came):
    thread, _ = with_files(came)
    alice = browser(desk, "alice")
    alice.post(f"/mail/{thread.number}/report")
    page = alice.get(f"/reports/{Report.objects.get().number}").content.decode()
    assert f'<a href="/mail/{thread.number}">{thread}</a>, 3 attachments' in page


def test_a_terminal_writes_it_to_a_new_file_that_nobody_else_reads(cli, desk: Desk, came: Came, tmp_path: Path):  # noqa: F811
    thread, letter = with_files(came)
    assert "attached 3: log.txt" in cli("mail", "show", thread.number, "--as", "alice").out
    path = tmp_path / "log"
    done = cli("mail", "fetch", thread.number, letter.pk, "--file", 3, "--to", path, "--as", "alice", "--json").json()
    assert done == {"path": str(path), "name": "log.txt", "bytes": 4}
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one\n", 0o600)
    again = cli("mail", "fetch", thread.number, letter.pk, "--to", path, "--as", "alice")
    assert (again.code != 0, "Name another file with --to" in again.err) == (True, True)
    assert "no attachment 9" in cli("mail", "fetch", thread.number, letter.pk, "--file", 9, "--as", "alice").err
