"""The page of a watch: mine now, one of the past, and a manager's look at the team's; and what goes along with a hand-over."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from tests.web.conftest import Desk
from watchbill.handoff.models import Handoff, WatchAccount
from watchbill.incidents.models import Task
from watchbill.response import actions

FORM = {"summary": "db is down", "engaged": "alice", "next_steps": "bob: look"}


@pytest.mark.req("G5")
def test_it_says_what_must_be_done_what_was_done_and_what_is_left(desk: Desk):
    incident = desk.page()
    desk.act("alice", actions.acknowledge, incident)
    desk.act("alice", actions.note, incident, "it is <b>the disk</b>")
    html = desk.as_("alice").get("/shift").content.decode()
    for part in (
        "You have the watch",
        "What you must do",
        "What you leave",
        "What you did",
        "it is &lt;b&gt;the disk",
        f"#{incident.number}",
    ):
        assert part in html
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    text = desk.as_("alice").get("/shift/text")
    assert text["Content-Type"] == "text/plain; charset=utf-8"
    assert "db down (high)" in text.content.decode()
    assert "Watch of Alice" in desk.as_("grace").get("/shift?person=alice").content.decode()
    for path, status in {
        "/shift?person=nobody": 404,
        "/shift?at=1999-01-01T00:00:00Z": 404,
        "/shift?at=nonsense&schedule=x": 200,
    }.items():
        assert desk.as_("alice").get(path).status_code == status, path
    assert desk.as_("charlie").get("/shift?person=alice").status_code == 403
    assert "No watch now" in desk.as_("charlie").get("/shift").content.decode()


def test_a_task_past_its_day_stands_on_now_and_on_the_page_of_the_watch(desk: Desk):
    incident = desk.page()
    today = f"{desk.now:%Y-%m-%d}"
    said = {"what": "rotate <b>keys</b>", "to": "alice", "due_on": today}
    assert "rotate &lt;b&gt;" in desk.as_("bob").post(f"/incidents/{incident.number}/task", said, follow=True).content.decode()
    assert "Was due" not in desk.as_("alice").get("/").content.decode()
    assert "By " in desk.as_("alice").get("/shift").content.decode()
    Task.objects.update(due_on=desk.now.date() - dt.timedelta(days=2))
    for path in ("/", "/shift", f"/incidents/{incident.number}"):
        html = desk.as_("alice").get(path).content.decode()
        assert "Was due" in html
        assert "rotate &lt;b&gt;" in html
    refused = desk.as_("bob").post(f"/incidents/{incident.number}/task", {**said, "due_on": "soon"}, follow=True).content.decode()
    assert "is no day" in refused


@pytest.mark.req("G29")
def test_the_account_of_the_whole_watch_goes_along_with_what_is_offered(desk: Desk):
    incident = desk.page()
    desk.act("alice", actions.acknowledge, incident)
    fields = {f"{incident.number}.{name}": value for name, value in FORM.items()}
    said = {"number": str(incident.number), "to": "bob", "account": "yes", **fields}
    assert desk.as_("alice").post("/handoffs", said).status_code == 303
    row = Handoff.objects.get(state="offered")
    assert WatchAccount.objects.get().batch == row.batch
    html = desk.as_("bob").get(f"/handoffs/{row.id}").content.decode()
    assert "The whole watch" in html
    assert "Left open" in html
