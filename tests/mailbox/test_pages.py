"""A shared mailbox on the pages: one person answers for each thread, a report is made in one act, outsiders learn nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import DAY
from tests.mailbox.conftest import Came
from tests.reports.conftest import Desk
from tests.reports.test_outward_api import token_of
from watchbill.audit.models import Record
from watchbill.intake.models import Mailbox
from watchbill.mailbox.actions import working
from watchbill.mailbox.models import Letter, Thread
from watchbill.reports.actions import circle
from watchbill.reports.models import Message, Report

BACKEND = "django.contrib.auth.backends.ModelBackend"


def browser(desk: Desk, name: str) -> Client:
    client = Client()
    client.force_login(desk.people[name], backend=BACKEND)
    return client


@pytest.mark.req("K30", "K34")
def test_a_mail_is_somebodys_at_once_is_taken_and_becomes_a_report_in_one_act(desk: Desk, came: Came):
    thread = came(Message_ID="<first@example.net>", Archived_At="<https://lists.example.org/1>")
    assert thread.accountable == desk.alice
    bob, here = browser(desk, "bob"), f"/mail/{thread.number}"
    assert f"{thread}" in bob.get("/mail").content.decode()
    html = bob.get(here).content.decode()
    assert "I take it" in html
    assert "XSS in &lt;b&gt;the" in html
    assert "<b>the</b>" not in html
    assert bob.post(f"{here}/take").status_code == 303
    assert "Make a report of it" in bob.get(here).content.decode()
    assert bob.post(f"{here}/report").status_code == 303
    report = Report.objects.get()
    assert (report.source, report.reporter.name, report.external_url) == ("mail", "m4rlow@example.net", "https://lists.example.org/1")
    assert report.body == "Open /wiki and see."
    assert f"Go on with R-{report.number}" in bob.get(here).content.decode()
    assert bob.post(f"{here}/report").status_code == 422
    came(In_Reply_To="<first@example.net>", text="And the blog, too.")
    assert Message.objects.get().text == "And the blog, too."
    came(In_Reply_To="<first@example.net>", text="I am the reporter.", From="eve@example.net")
    assert Message.objects.count() == 1, "whoever else writes stays in the thread"
    assert Letter.objects.filter(thread=thread).count() == 3


@pytest.mark.req("K32", "K33")
@pytest.mark.parametrize(("act", "state"), [("no-action", "no_action"), ("complete", "completed")])
def test_what_is_done_with_leaves_the_list_until_a_human_writes_again(desk: Desk, came: Came, act: str, state: str):
    thread = came(Message_ID="<first@example.net>")
    alice, here = browser(desk, "alice"), f"/mail/{thread.number}"
    alice.post(f"{here}/{act}")
    thread.refresh_from_db()
    assert (thread.state, thread.due_at) == (state, None)
    assert str(thread) not in alice.get("/mail").content.decode()
    assert str(thread) in alice.get("/mail?view=done").content.decode()
    came(In_Reply_To="<first@example.net>", Auto_Submitted="auto-replied")
    thread.refresh_from_db()
    assert thread.state == state, "a machine opens nothing"
    came(In_Reply_To="<first@example.net>")
    thread.refresh_from_db()
    assert (thread.state, thread.due_at is not None) == ("open", True)


@pytest.mark.req("K35", "R9")
def test_spam_is_gone_for_everybody_by_one_act_and_comes_back_for_a_while(desk: Desk, came: Came):
    thread = came(Message_ID="<first@example.net>")
    alice, bob, here = browser(desk, "alice"), browser(desk, "bob"), f"/mail/{thread.number}"
    assert alice.post(f"{here}/spam").status_code == 303
    for view in ("open", "mine", "late", "done", "all"):
        assert str(thread) not in bob.get(f"/mail?view={view}").content.decode()
    assert str(thread) in bob.get("/mail?view=spam").content.decode()
    came(In_Reply_To="<first@example.net>")
    assert Letter.objects.filter(thread=thread, raw__isnull=False).count() == 2, "what comes is evidence"
    assert bob.post(f"{here}/take").status_code == 422
    assert bob.post(f"{here}/not-spam").status_code == 303
    assert str(thread) in alice.get("/mail").content.decode()
    assert set(Record.objects.filter(kind="mail").values_list("action", flat=True)) >= {"mail.spam", "mail.not-spam"}
    alice.post(f"{here}/spam")
    Thread.objects.update(closed_at=desk.now - 15 * DAY)
    refused = bob.post(f"{here}/not-spam")
    assert (refused.status_code, "more than 14 days ago" in refused.content.decode()) == (422, True)


@pytest.mark.req("R8")
@pytest.mark.parametrize("name", ["charlie", "vera", "root", "erin"])
def test_outsiders_learn_nothing(desk: Desk, came: Came, name: str):
    thread = came()
    letter = Letter.objects.get()
    client = browser(desk, name)
    absent = client.get("/mail/1")
    for path in (f"/mail/{thread.number}", f"/mail/{thread.number}/letters/{letter.pk}"):
        assert client.get(path).status_code == absent.status_code == 404
    assert client.post(f"/mail/{thread.number}/spam").status_code == 404
    html = client.get(f"/mail?view=all&text={thread.number}").content.decode()
    assert (str(thread) in html, "XSS" in html) == (False, False)


@pytest.mark.req("R8")
def test_a_report_that_is_narrowed_takes_its_thread_with_it(desk: Desk, came: Came):
    thread = came()
    alice, bob = browser(desk, "alice"), browser(desk, "bob")
    alice.post(f"/mail/{thread.number}/report")
    assert bob.get(f"/mail/{thread.number}").status_code == 200
    circle.set_circle(Report.objects.get().number, "named", **desk.by("alice"))
    assert (alice.get(f"/mail/{thread.number}").status_code, bob.get(f"/mail/{thread.number}").status_code) == (200, 404)
    assert str(thread) not in bob.get("/mail?view=all").content.decode()


def test_a_duplicate_goes_on_where_it_is_worked_on(desk: Desk, came: Came):
    first, second = came(Message_ID="<1@example.net>"), came(Message_ID="<2@example.net>")
    alice = browser(desk, "alice")
    assert alice.post(f"/mail/{second.number}/duplicate", {"duplicate_of": str(second)}).status_code == 422
    assert alice.post(f"/mail/{second.number}/duplicate", {"duplicate_of": str(first)}).status_code == 303
    assert alice.post(f"/mail/{first.number}/duplicate", {"duplicate_of": str(second)}).status_code == 422
    assert came(In_Reply_To="<2@example.net>") == first


def test_what_is_attached_leaves_as_bytes_alone(desk: Desk, came: Came):
    thread = came()
    letter = Letter.objects.get()
    answer = browser(desk, "alice").get(f"/mail/{thread.number}/letters/{letter.pk}")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.content == bytes(letter.raw)


def test_a_thread_goes_to_nobody_who_may_not_know_of_it(desk: Desk, came: Came):
    thread = came()
    alice = browser(desk, "alice")
    assert alice.post(f"/mail/{thread.number}/assign", {"to": "charlie"}).status_code == 422
    assert alice.post(f"/mail/{thread.number}/assign", {"to": "bob"}).status_code == 303
    thread.refresh_from_db()
    assert thread.accountable == desk.bob


@pytest.mark.req("K34")
def test_a_thread_is_labelled_tracked_with_its_issue(desk: Desk, came: Came):
    thread = came()
    alice = browser(desk, "alice")
    assert alice.post(f"/mail/{thread.number}/tracked", {"address": "javascript:alert(1)"}).status_code == 422
    assert alice.post(f"/mail/{thread.number}/tracked", {"address": "https://git.example.org/7"}).status_code == 303
    assert "Tracked" in alice.get("/mail").content.decode()
    working.set_link(thread.number, "https://lists.example.org/7", **desk.by("alice"))
    assert "https://lists.example.org/7" in alice.get(f"/mail/{thread.number}").content.decode()


@pytest.mark.req("K30", "K32", "K34", "K35")
def test_a_program_does_with_a_thread_what_the_page_does(desk: Desk, came: Came):
    first, second = came(), came()
    Mailbox.objects.update(writes=["answer"])
    here = f"/api/v1/mail/{first.number}"
    client = Client(headers={"Authorization": f"Bearer {token_of(desk, 'alice', ('reports:read', 'reports:write'))}"})

    def act(act: str, number: int = first.number, **more: Any) -> tuple[int, Any]:
        got = client.post(f"/api/v1/mail/{number}", {"act": act, **more}, content_type="application/json")
        return got.status_code, got.json()

    assert act("assign", to="bob")[1]["accountable"]["handle"] == "bob"
    assert act("assign", to="charlie")[0] == 422
    assert act("assign", to="nobody")[1]["details"]["field"] == "to"
    status, said = act("answer", text="Thank you.")
    assert (status, said["letters"][-1]["text"], said["letters"][-1]["outgoing"]) == (200, "Thank you.", "waiting")
    assert act("answer", text=" ")[0] == 422
    assert act("duplicate", second.number)[1]["details"]["field"] == "of"
    assert act("duplicate", second.number, of=first.number)[1]["state"] == "duplicate"
    assert act("reopen", second.number)[1]["state"] == "open"
    assert act("tracked", address="https://git.example.org/7")[1]["issue"] == "https://git.example.org/7"
    assert act("link", address="https://lists.example.org/7")[1]["link"] == "https://lists.example.org/7"
    assert act("link", address="javascript:x")[0] == 422
    made = act("report")[1]["report"]
    assert made == Report.objects.get().number
    letter = client.get(here).json()["letters"][0]
    assert client.get(f"{here}/letters/{letter['id']}").content == bytes(Letter.objects.get(pk=letter["id"]).raw)
    assert client.get(f"{here}/letters/{letter['id']}/files/1").status_code == 404
    other = Client(headers={"Authorization": f"Bearer {token_of(desk, 'alice', ('incidents:read',))}"})
    assert other.get(f"{here}/letters/{letter['id']}").status_code == 403
