"""Reports on the pages and at the public form: the next step is obvious, nothing leaves unseen, outsiders learn nothing."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.factories import HOUR, MIN
from tests.reports.conftest import Desk
from watchbill.kernel.clock import database_now
from watchbill.reports.actions import triage
from watchbill.reports.models import CannedText, Knock, Message, Program, Report
from watchbill.web.views.intake import begun

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def now_desk(desk: Desk) -> Desk:
    """On the database's own clock, which pages read."""
    desk.now = database_now()
    return desk


def browser(desk: Desk, name: str) -> Client:
    client = Client()
    client.force_login(desk.people[name], backend=BACKEND)
    return client


@pytest.mark.req("K9", "K14", "R2")
def test_a_report_is_carried_on_by_its_one_next_step_and_nothing_leaves_unseen(now_desk: Desk):
    desk = now_desk
    report = desk.report(source="hackerone", reporter="m4rlow")
    alice, here = browser(desk, "alice"), f"/reports/{report.number}"
    html = alice.get(here).content.decode()
    assert "I take it" in html
    assert "&lt;img src=x" in html
    assert "<img src=x" not in html
    assert not re.search(r'name="audience"[^>]*checked', html)
    for act, said in (
        ("take", {}),
        ("enough", {}),
        ("understood", {}),
        ("rate", {"vector": "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:N/A:N", "tier": "tier 1"}),
    ):
        assert alice.post(f"{here}/{act}", said).status_code == 303
    assert "Link it" in alice.get(here).content.decode()
    alice.post(f"{here}/link-issue", {"address": "https://example.org/sec/issues/7"})
    said = {"text": "We work on a fix <b>now</b>.", "embargo_on": "2199-04-14"}
    seen = alice.post(f"{here}/tell", said)
    assert "Exactly this" in seen.content.decode()
    assert "&lt;b&gt;now" in seen.content.decode()
    assert not Message.objects.exists()
    refused = alice.post(f"{here}/tell", {**said, "confirm": "1"})
    assert (refused.status_code, Message.objects.count()) == (422, 0)
    assert alice.post(f"{here}/tell", {**said, "confirm": "1", "sent": "1"}).status_code == 303
    assert Report.objects.get().state == "reporter_updated"
    assert alice.post(f"{here}/say", {"text": "for whom?"}).status_code == 422
    for act, more in (("propose", {"amount": "5,000"}), ("begin-incident", {"service": "Intake"})):
        assert alice.post(f"{here}/{act}", more).status_code == 303
    assert "Approve USD 5000" in browser(desk, "bob").get(here).content.decode()
    assert "Approve USD 5000" not in alice.get(here).content.decode()
    assert alice.post(f"{here}/nonsense").status_code == 404


@pytest.mark.req("R8")
@pytest.mark.parametrize("name", ["charlie", "vera", "root"])
def test_an_outsider_of_the_team_sees_nothing_on_any_page(now_desk: Desk, name: str):
    report = now_desk.report()
    client = browser(now_desk, name)
    hidden, never = client.get(f"/reports/{report.number}"), client.get("/reports/7")
    assert (hidden.status_code, never.status_code) == (404, 404)
    timeless = [re.sub(r"\d\d:\d\d:\d\d\.\d+Z|value=\"\w{64}\"", "", each.content.decode()) for each in (hidden, never)]
    assert timeless[0].replace(str(report.number), "7") == timeless[1]
    assert client.post(f"/reports/{report.number}/take").status_code == 404
    for page in ("/reports?view=all", "/reports?view=all&format=csv", f"/reports?view=all&text={report.number}", "/"):
        text = client.get(page).content.decode()
        assert "salamander" not in text
        assert report.code_name not in text
    assert client.get("/reports/new").status_code == 403
    assert "Reports</a>" not in client.get("/").content.decode()
    assert "Reports</a>" in browser(now_desk, "alice").get("/").content.decode()


def test_the_board_is_narrowed_counted_and_a_table(now_desk: Desk):
    desk = now_desk
    made = browser(desk, "bob").post("/reports/new", {"title": "=cmd()", "body": "steps", "program": "Example bounty", "source": "mail"})
    assert made.status_code == 303
    report = desk.report(received_at=desk.now - 400 * HOUR)
    alice = browser(desk, "alice")
    html = alice.get("/reports").content.decode()
    assert html.index("salamander") < html.index("=cmd()")
    assert "with a broken promise" in html
    assert "=cmd()" not in alice.get("/reports?source=hand").content.decode()
    assert alice.get("/reports?view=nonsense").status_code == 303
    table = alice.get("/reports?view=all&format=csv").content.decode()
    assert "'=cmd()" in table
    assert str(report.number) in table
    assert (
        browser(desk, "bob").post("/reports/new", {"title": "", "body": "x", "program": "Example bounty", "source": "hand"}).status_code
        == 422
    )


def sent(desk: Desk, client: Client, **said: str):
    form = {"title": "XSS in the wibble", "body": "steps", "reporter": "finder@example.net", "begun": begun(database_now() - MIN)}
    return client.post("/report", form | said)


def receipt_of(answer) -> str:
    return re.search(r"<code>([0-9a-f-]{39})</code>", answer.content.decode())[1]


def test_somebody_outside_reports_reads_the_answer_and_adds_to_it(now_desk: Desk):
    desk, client = now_desk, Client(enforce_csrf_checks=False)
    assert client.get("/report").status_code == 200
    done = sent(desk, client)
    assert done.status_code == 201
    report = Report.objects.get()
    assert (report.source, report.reporter.name, report.accountable) == ("form", "finder@example.net", desk.alice)
    receipt = receipt_of(done)
    assert receipt.replace("-", "").encode() not in bytes(report.receipt)
    page = client.post("/report/status", {"receipt": receipt.upper()}).content.decode()
    assert "It is here" in page
    for word in ("wibble", report.code_name, str(report.number), "Alice", "Example bounty", "finder"):
        assert word not in page
    desk.do(triage.take, report)
    alice = browser(desk, "alice")
    asked = {"text": "Which version?"}
    assert "on the page of their receipt" in alice.post(f"/reports/{report.number}/ask-reporter", asked).content.decode()
    assert alice.post(f"/reports/{report.number}/ask-reporter", {**asked, "confirm": "1"}).status_code == 303
    alice.post(f"/reports/{report.number}/say", {"text": "only for us", "audience": "team"})
    page = client.post("/report/status", {"receipt": receipt}).content.decode()
    assert "Which version?" in page
    assert "We need an answer" in page
    assert "only for us" not in page
    assert "Alice" not in page
    page = client.post("/report/status", {"receipt": receipt, "text": "<i>2.1</i>"}).content.decode()
    assert "&lt;i&gt;2.1" in page
    assert Report.objects.get().state == "assessing"
    wrong = client.post("/report/status", {"receipt": "0" * 32})
    assert (wrong.status_code, wrong.content.decode().count("Between us")) == (422, 0)


@pytest.mark.parametrize(
    ("said", "why"),
    [({"website": "x"}, "nobody sees"), ({"begun": ""}, "too old"), ({"begun": "forged"}, "too old"), ({"title": " "}, "what it is about")],
)
def test_what_a_program_sends_is_refused_and_its_text_kept(now_desk: Desk, said: dict[str, str], why: str):
    refused = sent(now_desk, Client(), **said)
    assert refused.status_code == 422
    assert why in refused.content.decode()
    assert "steps</textarea>" in refused.content.decode()
    assert not Report.objects.exists()


def test_nobody_is_faster_than_three_seconds_and_nobody_floods(now_desk: Desk):
    assert "faster than anybody" in sent(now_desk, Client(), begun=begun(database_now())).content.decode()
    answers = [sent(now_desk, Client()).status_code for _ in range(7)]
    assert answers == [201] * 6 + [429]
    assert sent(now_desk, Client(REMOTE_ADDR="198.51.100.7")).status_code == 201
    assert b"198.51.100.7" not in b"".join(bytes(row.digest) for row in Knock.objects.all())


def test_security_txt_says_whom_to_write_to_and_until_when(now_desk: Desk, settings):
    text = Client().get("/.well-known/security.txt")
    assert text["Content-Type"] == "text/plain; charset=utf-8"
    lines = text.content.decode().splitlines()
    assert lines[0].endswith("/report")
    expires = next(line for line in lines if line.startswith("Expires: "))
    assert expires > f"Expires: {now_desk.now:%Y-%m-%d}"
    settings.SECURITY_CONTACT = "mailto:security@example.org, https://example.org/report"
    assert (
        "Contact: mailto:security@example.org\nContact: https://example.org/report\n"
        in Client().get("/.well-known/security.txt").content.decode()
    )
    settings.SECURITY_CONTACT = ""
    Program.objects.update(is_active=False)
    assert [Client().get(path).status_code for path in ("/.well-known/security.txt", "/report")] == [404, 404]


def test_a_canned_text_is_filled_and_read_before_it_leaves(now_desk: Desk):
    report = now_desk.report(reporter="m4rlow")
    alice, here = browser(now_desk, "alice"), f"/reports/{report.number}"
    assert "Nothing fills {colour}" in alice.post(f"{here}/keep-text", {"name": "Thanks", "text": "{colour}"}).content.decode()
    for text in ("Old", "Thank you, {reporter}. The embargo ends {embargo}."):
        assert alice.post(f"{here}/keep-text", {"name": "Thanks", "text": text}).status_code == 303
    kept = CannedText.objects.get(removed_at=None)
    html = alice.get(f"{here}?canned={kept.pk}").content.decode()
    assert "Thank you, m4rlow. The embargo ends {embargo}.</textarea>" in html
    assert alice.get(f"{here}?canned=nonsense").status_code == 200
