"""On the page: what leaves is shown to the last byte, confirmed and done once; a mark blocks, and a request on it is cancelled by one press."""

from __future__ import annotations

import html as entities
import re

import pytest

from tests.factories import DAY
from tests.reports.conftest import Desk
from tests.reports.test_disclosing import ANNOUNCED, resolved
from tests.reports.test_pages import BACKEND, browser
from tests.reports.test_triage import told
from watchbill.kernel.clock import database_now
from watchbill.reports.actions import disclosing, secrecy, tracking
from watchbill.reports.actions.disclosing import Wanted
from watchbill.reports.models import Disclosure, Message, Report


@pytest.fixture
def now_desk(desk: Desk) -> Desk:
    """On the database's own clock, which pages read."""
    desk.now = database_now()
    return desk


def shown(answer) -> str:
    return entities.unescape(re.search(r"<pre[^>]*><bdi>(.*?)</bdi></pre>", answer.content.decode(), re.DOTALL)[1])


def fields(answer) -> dict[str, str]:
    """What the form on the page sends, with line ends as a browser sends them."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.content.decode())
    return {
        name: entities.unescape(value).replace("\r\n", "\n").replace("\n", "\r\n") for name, value in found if name != "csrfmiddlewaretoken"
    }


@pytest.mark.req("K26")
def test_the_last_word_is_seen_with_its_announcement_before_it_leaves(now_desk: Desk):
    report = now_desk.do(tracking.begin_incident, told(now_desk), "Intake")
    alice, here = browser(now_desk, "alice"), f"/reports/{report.number}"
    said = {"text": "Fixed.", "announcement": ANNOUNCED}
    seen = alice.post(f"{here}/resolve", said).content.decode()
    assert f"Announcement: {ANNOUNCED}" in seen
    assert Report.objects.get().state == "triaged"
    assert alice.post(f"{here}/resolve", {**said, "confirm": "1", "sent": "1"}).status_code == 303
    assert Message.objects.order_by("id").last().text == f"Fixed.\n\nAnnouncement: {ANNOUNCED}"
    assert ANNOUNCED in alice.get(here).content.decode()


@pytest.mark.req("K27", "K29")
def test_exactly_what_was_seen_is_published_once_and_what_changed_is_not(now_desk: Desk):
    report = resolved(now_desk)
    alice, here = browser(now_desk, "alice"), f"/reports/{report.number}"
    asked = alice.post(f"{here}/ask-disclosure", {"kind": "full", "summary": "Two\r\nlines", "leave_out": "salamander"})
    text = shown(asked)
    assert "Two\nlines" in text
    assert "salamander" not in text
    assert "INTERNAL" not in asked.content.decode()
    assert not Disclosure.objects.exists()
    assert alice.post(f"{here}/ask-disclosure", {**fields(asked), "confirm": "1"}).status_code == 422
    assert alice.post(f"{here}/ask-disclosure", {**fields(asked), "sent": "1"}).status_code == 303
    assert "They agreed" in alice.get(here).content.decode()
    early = alice.post(f"{here}/publish", {"kind": "full"})
    assert (early.status_code, "has until" in early.content.decode()) == (422, True)
    Disclosure.objects.update(due_at=now_desk.now)  # a month later
    page = alice.get(here).content.decode()
    assert "it can be published" in page
    looked = alice.post(f"{here}/publish", {"kind": "full", "summary": "Two\r\nlines", "leave_out": "salamander"})
    sends = {**fields(looked), "sent": "1"}
    assert "type its number" in alice.post(f"{here}/publish", sends).content.decode()
    sends["number"] = f"R-{report.number}"
    changed = alice.post(f"{here}/publish", {**sends, "leave_out": ""})
    assert (changed.status_code, "not what you looked at" in changed.content.decode()) == (422, True)
    desk_password = "correct horse battery"
    person = now_desk.alice
    person.set_password(desk_password)
    person.save()
    alice.force_login(person, backend=BACKEND)
    assert 'type="password"' in alice.post(f"{here}/publish", {"kind": "full"}).content.decode()
    for wrong in ("", "guess"):
        refused = alice.post(f"{here}/publish", {**sends, "password": wrong})
        assert (refused.status_code, "not your password" in refused.content.decode()) == (422, True)
    sends["password"] = desk_password
    assert alice.post(f"{here}/publish", sends).status_code == 303
    row = Disclosure.objects.get()
    assert (row.text, row.end) == (shown(looked), "published")
    again = alice.post(f"{here}/publish", sends)
    assert (again.status_code, "public already" in again.content.decode()) == (422, True)
    assert shown(alice.get(here)) == row.text


@pytest.mark.req("R6")
def test_a_mark_blocks_the_page_and_a_request_is_cancelled_by_one_press(now_desk: Desk):
    desk = now_desk
    report = desk.do(secrecy.keep_secret, resolved(desk), "upstream asked", (desk.now + 9 * DAY).date())
    alice, here = browser(desk, "alice"), f"/reports/{report.number}"
    assert "Look at it, then ask for it" not in alice.get(here).content.decode()
    for act in ("ask-disclosure", "publish"):
        refused = alice.post(f"{here}/{act}", {"kind": "full"})
        assert (refused.status_code, "marked do not disclose: upstream asked" in refused.content.decode()) == (422, True)
        assert "<pre" not in refused.content.decode()
    assert alice.post(f"{here}/reporter-asks", {"asked_on": "never"}).status_code == 422
    assert alice.post(f"{here}/reporter-asks", {"asked_on": f"{desk.now:%Y-%m-%d}"}).status_code == 303
    page = alice.get(here).content.decode()
    due = Disclosure.objects.get().due_at
    assert f"may become public on {due.day} {due:%B %Y}" in page
    form = re.search(r'action="([^"]*/cancel-disclosure)">.*?</form>', page, re.DOTALL)
    assert form is not None
    assert "required" not in form[0]
    assert alice.post(form[1], {"sent": "1"}).status_code == 303
    assert Disclosure.objects.get().end == "cancelled"
    for view, there in (("secret", True), ("disclosure", False), ("pending_disclosure", False)):
        assert (str(report.number) in alice.get(f"/reports?view={view}").content.decode()) is there


@pytest.mark.req("R8")
@pytest.mark.parametrize("name", ["charlie", "root"])
def test_an_outsider_learns_of_no_disclosure(now_desk: Desk, name: str):
    report = now_desk.do(disclosing.ask, resolved(now_desk), Wanted(), sent=True)
    client = browser(now_desk, name)
    for act in ("ask-disclosure", "publish", "reporter-asks", "agreed", "cancel-disclosure"):
        assert client.post(f"/reports/{report.number}/{act}", {"kind": "full"}).status_code == 404
        assert client.post(f"/reports/7/{act}", {"kind": "full"}).status_code == 404
    for view in ("resolution", "disclosure", "pending_disclosure", "secret"):
        assert str(report.number) not in client.get(f"/reports?view={view}").content.decode()
