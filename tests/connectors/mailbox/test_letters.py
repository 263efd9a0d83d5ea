"""What a mail says, who wrote it, and what that means for an alert: tables, no server, no database."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.connectors.mailbox.mails import mail
from watchbill.connectors.mailbox.alerts import dedup_key, parse, subject_of
from watchbill.connectors.mailbox.judging import forged, not_listed, why_no_alert, why_no_human
from watchbill.connectors.mailbox.letters import digest, read
from watchbill.connectors.mailbox.markup import text_of
from watchbill.intake.rules import Verb


@pytest.mark.parametrize(
    ("subject", "core", "over", "severity"),
    [
        ("Disk full on db1", "Disk full on db1", False, ""),
        ("[FIRING:2] DiskFull (db1 critical)", "DiskFull (db1 critical)", False, ""),
        ("[RESOLVED] DiskFull (db1 critical)", "DiskFull (db1 critical)", True, ""),
        ("** PROBLEM Service Alert: db1/Disk is CRITICAL **", "Service Alert: db1/Disk", False, "critical"),
        ("** PROBLEM Service Alert: db1/Disk is WARNING **", "Service Alert: db1/Disk", False, "warning"),
        ("** RECOVERY Service Alert: db1/Disk is OK **", "Service Alert: db1/Disk", True, ""),
        ("** PROBLEM Host Alert: db1 is DOWN **", "Host Alert: db1", False, "critical"),
        ("Problem: High load on db1", "High load on db1", False, ""),
        ("Resolved in 5m 3s: High load on db1", "High load on db1", True, ""),
        ('ALARM: "queue depth" in EU (Ireland)', '"queue depth" in EU (Ireland)', False, ""),
        ('OK: "queue depth" in EU (Ireland)', '"queue depth" in EU (Ireland)', True, ""),
        ("CRITICAL: Disk full", "Disk full", False, "critical"),
        ("WARNING: Disk full", "Disk full", False, "warning"),
        # whatever is not clearly an end fires
        ("OK, we were hacked", "OK, we were hacked", False, ""),
        ("ok: the disk is full", "ok: the disk is full", False, ""),
        ("RESOLVED:", "RESOLVED:", False, ""),
        ("Not RESOLVED: x", "Not RESOLVED: x", False, ""),
        ("UP: ", "UP:", False, ""),
        ("", "", False, ""),
    ],
)
def test_the_state_stands_where_machines_write_it_and_nowhere_else(subject, core, over, severity):
    found = subject_of(subject)
    assert (found.core, found.over, found.severity) == (core, over, severity)


def test_problem_and_recovery_are_one_alert_and_the_recovery_ends_it():
    problem = read(mail("** PROBLEM Service Alert: db1/Disk is CRITICAL **"))
    recovery = mail("** RECOVERY Service Alert: db1/Disk is OK **")
    (draft,) = parse(recovery).drafts
    assert (draft.verb, draft.dedup_key) == (Verb.RESOLVE, dedup_key(problem))


@pytest.mark.parametrize("subject", ["Re: [RESOLVED] DiskFull", "AW: OK: Disk full", "Fwd: RESOLVED: Disk full"])
def test_an_answer_never_ends_an_alert(subject):
    assert parse(mail(subject)).drafts[0].verb is Verb.TRIGGER


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (mail("A"), mail("A"), True),
        (mail("A"), mail("Re: A"), True),
        (mail("A"), mail("a"), True),
        (mail("A"), mail("B"), False),
        (mail("A"), mail("A", From="other@example.org"), False),
        (mail("A [key: db1-disk]"), mail("B [key=db1-disk]", From="other@example.org"), True),
        (mail("A", X_Watchbill_Key="k"), mail("B", X_Watchbill_Key="k"), True),
        (mail(""), mail(""), False),
    ],
)
def test_what_names_an_alert(one, other, same):
    assert (dedup_key(read(one)) == dedup_key(read(other))) is same


def test_headers_say_severity_and_end():
    (draft,) = parse(mail("x", X_Watchbill_Severity="low")).drafts
    assert (draft.verb, draft.severity) == (Verb.TRIGGER, "low")
    assert parse(mail("x", X_Watchbill_Action="resolve")).drafts[0].verb is Verb.RESOLVE
    assert parse(mail("OK: x", X_Watchbill_Action="trigger")).drafts[0].verb is Verb.TRIGGER


def test_what_an_alert_keeps_of_a_mail():
    (draft,) = parse(mail("CRITICAL: Disk full", "Line one.\nLine two.\n")).drafts
    assert (draft.summary, draft.severity, draft.source) == ("Disk full", "critical", "monitor@example.org")
    assert draft.details["text"] == "Line one.\nLine two."
    assert draft.details["subject"] == "CRITICAL: Disk full"


def test_the_alert_that_was_found_when_it_was_stored_counts():
    assert parse(mail("B"), "mail:earlier").drafts[0].dedup_key == "mail:earlier"


@pytest.mark.parametrize(
    ("headers", "alert", "human"),
    [
        ({}, True, True),
        ({"Auto_Submitted": "auto-generated"}, True, False),  # a monitor
        ({"Auto_Submitted": "no"}, True, True),
        ({"Auto_Submitted": "auto-replied"}, False, False),
        ({"Auto_Submitted": "auto-replied (vacation)"}, False, False),
        ({"Precedence": "bulk"}, True, False),  # many monitors say so
        ({"Precedence": "auto_reply"}, False, False),
        ({"X_Autoreply": "yes"}, False, False),
        ({"List_Id": "<team.example.org>"}, True, False),
        ({"From": "MAILER-DAEMON@mx.example.org"}, False, False),
        ({"Return_Path": "<>", "In_Reply_To": "<1@example.org>"}, False, False),
        ({"Return_Path": "<>"}, True, True),  # a monitor that wants no bounces
        ({"X_Watchbill_Notification": "1"}, False, False),
        ({"Subject": "Automatic reply: page", "In_Reply_To": "<1@example.org>"}, False, False),
        ({"Subject": "Out of office until Monday"}, True, False),
        ({"Content_Type": 'multipart/report; report-type=delivery-status; boundary="x"'}, False, False),
    ],
)
def test_robots_bounces_and_our_own_mails_make_no_alert_and_are_no_human(headers, alert, human):
    raw = mail(**{name: value for name, value in headers.items() if name != "Content_Type"})
    if kind := headers.get("Content_Type"):
        raw = raw.replace(b'Content-Type: text/plain; charset="utf-8"', f"Content-Type: {kind}".encode())
    letter = read(raw)
    assert (not why_no_alert(letter), not why_no_human(letter)) == (alert, human)


def test_a_mail_that_runs_in_a_circle_makes_no_alert():
    assert "circle" in why_no_alert(read(b"Received: by mx.example.org\r\n" * 51 + mail()))
    assert not why_no_alert(read(b"Received: by mx.example.org\r\n" * 12 + mail()))


@pytest.mark.parametrize(
    ("sender", "listed", "allowed"),
    [
        ("monitor@example.org", [], True),
        ("monitor@example.org", ["monitor@example.org"], True),
        ("Monitor <MONITOR@EXAMPLE.ORG>", ["monitor@example.org"], True),
        ("monitor@example.org", ["@example.org"], True),
        ("monitor@example.org.evil.example", ["@example.org"], False),
        ("monitor@sub.example.org", ["@example.org"], False),
        ("x@evil.example", ["@example.org"], False),
        ('"monitor@example.org" <x@evil.example>', ["monitor@example.org"], False),
        ("monitor@example.org, x@evil.example", ["monitor@example.org"], False),
        ("", ["@example.org"], False),
    ],
)
def test_who_may_send(sender, listed, allowed):
    assert (not not_listed(read(mail(From=sender)), listed)) is allowed


@pytest.mark.parametrize(
    ("stamps", "trusted", "says"),
    [
        ([], "mx.example.org", ""),
        (["mx.example.org; dmarc=fail header.from=example.org"], "mx.example.org", "dmarc=fail"),
        (["mx.example.org; dmarc=pass; spf=fail"], "mx.example.org", ""),  # forwarded, and still signed
        (["mx.example.org; spf=fail smtp.mailfrom=x"], "mx.example.org", "spf=fail"),
        (["mx.example.org; spf=fail; dkim=pass"], "mx.example.org", ""),
        (["mx.example.org 1; DKIM=FAIL"], "MX.example.org", "dkim=fail"),
        (["evil.example; dmarc=fail"], "mx.example.org", ""),
        (["mx.example.org; dmarc=fail"], "", ""),
        (["mx.example.org; dmarc=fail", "mx.example.org; dmarc=pass"], "mx.example.org", "dmarc=fail"),  # the topmost is the server's
        (["mx.example.org.evil.example; dmarc=pass", "mx.example.org; dmarc=fail"], "mx.example.org", "dmarc=fail"),
    ],
)
def test_the_trusted_server_is_believed_when_it_doubts_a_sender(stamps, trusted, says):
    raw = b"".join(f"Authentication-Results: {one}\r\n".encode() for one in stamps) + mail()
    why = forged(read(raw), trusted)
    assert (says in why) if says else not why


BOMBS = {
    "nothing": b"",
    "no mail": b"\x00\xff\xfe" * 1000,
    "NUL": mail("Disk \x00full".replace("\x00", "?")).replace(b"?", b"\x00"),
    "broken charset": mail().replace(b'charset="utf-8"', b'charset="no-such-thing"').replace(b"nightly", b"n\xe4chtlich"),
    "broken encoded word": mail().replace(b"Disk full on db1", b"=?utf-8?b?!!!?= =?x?q?=FF?="),
    "lies about base64": mail().replace(b"Content-Transfer-Encoding: 7bit", b"Content-Transfer-Encoding: base64"),
    "many headers": b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\nx",
    "one long header": b"Subject: " + b"a" * 500_000 + b"\r\n\r\nx",
    "a list of addresses": b"To: " + b"a@b.example, " * 20_000 + b"\r\n\r\nx",
    "brackets": b"From: " + b"<" * 50_000 + b"\r\nTo: " + b"(" * 50_000 + b"\r\n\r\nx",
    "parts in parts": b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3_000)),
    "deep but few": b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(99))
    + b"x\r\n" * 50_000,
    "many parts": b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n' + b"--x\r\n\r\ny\r\n" * 30_000,
    "messages in messages": b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
    "HTML bomb": mail().replace(b"text/plain", b"text/html").replace(b"Said", b"<div>" * 20_000 + b"<!" * 20_000 + b"&" * 20_000),
    **{
        f"HTML of {unit!r}": mail().replace(b"text/plain", b"text/html").replace(b"Said", unit * (200_000 // len(unit)))
        for unit in (
            b"<a ",
            b"<a/",
            b"<a x=",
            b"<a '",
            b'<a x="',
            b"<!--",
            b"</",
            b"</a",
            b"<?",
            b"<![",
            b"<script>",
            b"<script></script",
            b"<template>",
            b"<title",
            b"&#",
            b"<",
        )
    },
    "a type with many parameters": mail().replace(b"text/plain", b"text/plain; " + b"a*0=x; " * 30_000),
    "a charset that costs": mail()
    .replace(b'charset="utf-8"', b'charset="punycode"')
    .replace(b"Said", b"a" * 100_000 + b"-" + b"b" * 20_000),
    "colons": b":::\r\n" * 10_000,
    "torn": mail(text="word " * 5_000)[:900],
}


@pytest.mark.timed
@pytest.mark.parametrize("name", BOMBS)
def test_no_mail_is_too_broken_to_be_read_in_time(name):
    began = time.process_time()
    letter = read(BOMBS[name])
    parsed = parse(BOMBS[name])
    why_no_human(letter)
    assert time.process_time() - began < 3  # seconds of work; an idle machine needs 0.9 for the worst
    (draft,) = parsed.drafts
    assert draft.summary
    assert len(draft.dedup_key) <= 255
    said = f"{draft.summary}{draft.dedup_key}{draft.source}{draft.details}{letter.to}{letter.message_id}"
    said.encode()
    assert "\x00" not in said


def test_what_a_broken_mail_says_is_read_as_far_as_it_goes():
    assert read(BOMBS["broken charset"]).text == "Said by the nächtlich check."
    assert read(BOMBS["NUL"]).subject == "Disk \ufffdfull"
    assert "parts" in read(BOMBS["parts in parts"]).remark


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=3000), st.binary(max_size=200))
def test_any_bytes_are_read(body, header):
    raw = b"Subject: " + header + b"\r\nContent-Type: " + header[:80] + b"\r\n\r\n" + body
    parse(raw)
    why_no_alert(read(raw))


def test_html_becomes_text_and_attachments_are_named_only():
    raw = (
        b'From: m@example.org\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/html\r\n\r\n<style>p{}</style><p>Disk <b>full</b></p><script>alert(1)</script>on &lt;db1&gt;\r\n"
        b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="../report.pdf"\r\n\r\n%PDF\r\n--b--\r\n'
    )
    letter = read(raw)
    assert letter.text == "Disk full\non <db1>"
    assert letter.files == ("../report.pdf",)
    assert "encrypted" in read(b'Content-Type: multipart/encrypted; boundary="b"\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n').remark


def test_the_same_mail_is_named_alike_and_another_with_its_message_id_is_not():
    raw = mail(Message_ID="<fixed@example.org>")
    again = b"Received: by mx2.example.org\r\n" + raw
    other = mail("Another thing", Message_ID="<fixed@example.org>")
    named = [digest(one, read(one)) for one in (raw, again, other)]
    assert named[0] == named[1] != named[2]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Disk <b>full</b></p><p>on&nbsp;db1 &lt;now&gt;</p>", "Disk full\non db1 <now>"),
        ("<html><head><title>T</title><style>p{}</style></head><body>Hi</body></html>", "Hi"),
        ("<head><title>never closed</title><body>seen", "seen"),
        ("a<script>if (a<b) alert('</p>')</script>b", "ab"),
        ("a<script>never closed", "a"),
        ("a<!-- <p>hidden</p> -->b<!-- never closed", "ab"),
        ("1 < 2 and 3 > 2 <3", "1 < 2 and 3 > 2 <3"),
        ("x<br>y<BR/>z", "x\ny\nz"),
        ("<!DOCTYPE html><?xml?>x<![CDATA[y]]>z", "xz"),
        ("a<unknown attr=1>b</unknown>c<a never closed", "abc"),
        ("<template>no</template>yes<TITLE><p></TITLE\n>!", "yes!"),
        ("&lt;script&gt;x", "<script>x"),
    ],
)
def test_markup_becomes_the_text_that_somebody_would_read(markup, text):
    assert text_of(markup) == text
