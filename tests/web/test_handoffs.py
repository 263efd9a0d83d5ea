"""Hand-offs on the pages: drafted, offered, read back, accepted; at the end of a watch all that I have in one document."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.utils.html import strip_tags

from tests.web.conftest import Desk
from watchbill.handoff.models import Handoff, Kept
from watchbill.incidents.models import Incident
from watchbill.response import actions
from watchbill.trackers.models import Issue, Link, Tracker

WORDS = {"summary": "Disk full, cause unknown.", "next_steps": "bob: find what writes", "engaged": "Priya N. (IT)"}


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


@pytest.fixture
def mine(desk: Desk) -> Incident:
    incident = desk.page()
    desk.act("alice", actions.acknowledge, incident)
    desk.act("alice", actions.note, incident, "the log grows by 1 GB a minute", "finding")
    return incident


def offered(desk: Desk, incident: Incident, **more: str) -> Handoff:
    sent = {**WORDS, "to": "bob", "kind": "shift", "do": "offer", **more}
    answer = desk.as_("alice").post(f"/incidents/{incident.number}/handoff", sent)
    made = Handoff.objects.latest("id")
    assert (answer.status_code, answer["Location"]) == (303, f"/handoffs/{made.id}"), text_of(answer)
    return made


@pytest.mark.req("G28", "G30", "G31", "G32", "G33", "G34", "G35", "K39")
def test_it_is_drafted_and_what_is_missing_stands_beside_its_field(desk: Desk, mine: Incident) -> None:
    page = desk.as_("alice").get(f"/incidents/{mine.number}/handoff")
    said = text_of(page)
    assert "the log grows by 1 GB a minute" in said
    for label in (
        "Next steps",
        "Who is engaged",
        "Open questions",
        "Decisions",
        "Related issues",
        "Bridge",
        "Channels and threads",
        "Pending",
    ):
        assert label in said
    assert "There is no next step." in said
    refused = desk.as_("alice").post(
        f"/incidents/{mine.number}/handoff", {**WORDS, "to": "bob", "kind": "shift", "next_steps": "reimage it"}
    )
    assert refused.status_code == 422
    assert "Next step 1 has no person." in text_of(refused)
    assert "Disk full, cause unknown." in text_of(refused)  # what was typed stays
    assert not Handoff.objects.exists()


def test_a_draft_is_kept_and_nobody_else_sees_it(desk: Desk, mine: Incident) -> None:
    path = f"/incidents/{mine.number}/handoff"
    assert desk.as_("alice").post(path, {"summary": "half of it", "do": "save"}).status_code == 303
    assert "half of it" in text_of(desk.as_("alice").get(path))
    draft = Handoff.objects.get()
    assert desk.as_("bob").get(f"/handoffs/{draft.id}").status_code == 404


@pytest.mark.req("K41")
def test_the_receiver_reads_back_and_has_it(desk: Desk, mine: Incident) -> None:
    made = offered(desk, mine)
    path = f"/handoffs/{made.id}"
    assert "Alice hands it to you" in text_of(desk.as_("bob").get("/"))
    assert "Offered to you" in text_of(desk.as_("bob").get(f"/incidents/{mine.number}"))
    page = text_of(desk.as_("bob").get(path))
    assert "Nothing moves until you accept" in page
    assert "Accept #" not in text_of(desk.as_("grace").get(path))
    refused = desk.as_("bob").post(f"{path}/accept", {"part": ["how it stands"]})
    assert refused.status_code == 422
    assert "not ticked: next steps, who is engaged" in text_of(refused)
    done = desk.as_("bob").post(f"{path}/accept", {"part": ["how it stands", "next steps", "who is engaged"]})
    assert (done.status_code, done["Location"]) == (303, f"/incidents/{mine.number}")
    mine.refresh_from_db()
    assert (mine.owner, mine.acting) == (desk.alice, desk.bob)
    said = text_of(desk.as_("alice").get(path))
    assert "Read part by part: how it stands, next steps, who is engaged; first: bob: find what writes." in said


def test_declined_with_a_reason_asked_and_answered_withdrawn(desk: Desk, mine: Incident) -> None:
    made = offered(desk, mine)
    path = f"/handoffs/{made.id}"
    assert desk.as_("bob").post(f"{path}/ask", {"text": "Which rack?"}).status_code == 303
    question = made.questions.get()
    assert desk.as_("alice").post(f"{path}/answer", {"question": question.id, "text": "B7"}).status_code == 303
    assert "B7" in text_of(desk.as_("bob").get(path))
    assert desk.as_("bob").post(f"{path}/decline", {"why": " "}).status_code == 422
    assert desk.as_("bob").post(f"{path}/decline", {"why": "I board a plane"}).status_code == 303
    assert "I board a plane" in text_of(desk.as_("alice").get(path))
    second = offered(desk, mine)
    assert desk.as_("alice").post(f"/handoffs/{second.id}/withdraw").status_code == 303
    assert desk.as_("bob").post(f"/handoffs/{second.id}/accept", {"readback": "x"}).status_code == 422


@pytest.mark.req("G27")
def test_a_break_says_until_when_and_is_offered_back(desk: Desk, mine: Incident) -> None:
    back = (desk.now + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    made = offered(desk, mine, kind="break", returns_at=back)
    desk.as_("bob").post(f"/handoffs/{made.id}/accept", {"readback": "I watch the log"})
    assert "A break" in text_of(desk.as_("grace").get(f"/incidents/{mine.number}"))
    answer = desk.as_("alice").post(f"/handoffs/{made.id}/come-back")
    again = Handoff.objects.get(returns=made)
    assert answer["Location"] == f"/handoffs/{again.id}"
    assert (again.giver, again.receiver) == (desk.bob, desk.alice)


@pytest.mark.req("K37")
def test_all_that_i_have_in_one_document_or_kept(desk: Desk, mine: Incident) -> None:
    second = desk.page("cpu hot")
    desk.act("alice", actions.acknowledge, second)
    assert f"#{second.number} cpu hot" in text_of(desk.as_("alice").get("/handoffs"))
    sent = {f"{each.number}.{name}": text for each in (mine, second) for name, text in WORDS.items()}
    half = desk.as_("alice").post(
        "/handoffs", {**sent, f"{second.number}.engaged": "", "to": "bob", "number": [mine.number, second.number]}
    )
    assert half.status_code == 422
    assert f"#{second.number} cannot be offered yet, so nothing was." in text_of(half)
    done = desk.as_("alice").post("/handoffs", {**sent, "to": "bob", "number": [mine.number, second.number]})
    assert done.status_code == 303, text_of(done)
    first = Handoff.objects.filter(state="offered").order_by("id").first()
    assert first is not None
    said = text_of(desk.as_("bob").get(f"/handoffs/{first.id}"))
    assert f"#{second.number} offered" in said.partition("Handed over together")[2]
    third = desk.page("fan dead")
    desk.act("alice", actions.acknowledge, third)
    assert desk.as_("alice").post(f"/incidents/{third.number}/keep", {"until": ""}, follow=True).status_code == 200
    assert not Kept.objects.exists()
    until = (desk.now + dt.timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    desk.as_("alice").post(f"/incidents/{third.number}/keep", {"until": until})
    assert Kept.objects.get().person == desk.alice


@pytest.mark.req("G24", "G25")
def test_tasks_and_stakeholders_stand_on_the_incident_and_go_into_the_draft(desk: Desk, mine: Incident) -> None:
    path = f"/incidents/{mine.number}"
    desk.as_("alice").post(f"{path}/task", {"what": "reimage the laptop", "to": "bob"})
    desk.as_("alice").post(f"{path}/stakeholder", {"name": "Legal", "every": "30"})
    said = text_of(desk.as_("bob").get(path))
    assert "reimage the laptop" in said
    assert "has heard nothing for" in said
    assert "bob: reimage the laptop" in text_of(desk.as_("alice").get(f"{path}/handoff"))
    desk.as_("bob").post(f"{path}/stakeholders-told", {"text": "contained"})
    assert "heard 0 s ago" in text_of(desk.as_("bob").get(path)) or "heard 1 s ago" in text_of(desk.as_("bob").get(path))


@pytest.mark.req("K38")
def test_the_form_names_what_is_missing_in_the_tracking_issue(desk: Desk, mine: Incident) -> None:
    row = Tracker.objects.create(name="main", kind="gitlab", url="https://gitlab.example.org", token_env="NO_SUCH_TOKEN")
    times = {"created_at": desk.now, "updated_at": desk.now, "seen_at": desk.now}
    issue = Issue.objects.create(tracker=row, project="sec/desk", number=7, title="disk full", described=False, **times)
    Link.objects.create(incident_id=mine.id, tracker=row, project="sec/desk", labels=["incident"], issue=issue, created_at=desk.now)
    said = text_of(desk.as_("alice").get(f"/incidents/{mine.number}/handoff"))
    for words in ("does not say what it is", "sec/desk#7 lacks the label incident.", "is assigned to nobody"):
        assert words in said
    made = offered(desk, mine)  # none of it holds the offer back
    assert made.state == "offered"
    Issue.objects.filter(pk=issue.pk).update(described=True, labels=["incident"], assignees=["alice-there"])
    assert "The tracking issue It can" not in text_of(desk.as_("alice").get(f"/incidents/{mine.number}/handoff"))


@pytest.mark.req("G29")
def test_what_could_not_be_written_is_shown_and_tried_again_by_a_press(desk: Desk, mine: Incident) -> None:
    desk.team.channel = {"chat": "nowhere", "name": "#sec"}
    desk.team.save()
    made = offered(desk, mine)
    desk.as_("bob").post(f"/handoffs/{made.id}/accept", {"readback": "I look"})
    page = text_of(desk.as_("bob").get(f"/handoffs/{made.id}"))
    assert "Nothing can be said in the chat nowhere: it is not active." in page
    assert "Try again" in page
    assert "It is tried again now." in text_of(desk.as_("bob").post(f"/handoffs/{made.id}/write-again", follow=True))
