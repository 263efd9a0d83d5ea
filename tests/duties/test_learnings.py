"""What people on watch learn: one line each, for whoever may know of it, corrected while the watch lasts, until something became of it."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.duties.conftest import Queues
from tests.factories import DAY, HOUR, MIN, T0
from watchbill.audit.models import Record
from watchbill.duties.learnings import actions
from watchbill.duties.learnings.rules import edit_until, is_address, why_not_edit
from watchbill.duties.learnings.selectors import about, learnings, places
from watchbill.duties.selectors.queues import list_queue
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, NotFound, Refused
from watchbill.trackers.models import Issue, Link, Write


def texts(queues: Queues, who, **asked) -> list[str]:
    return [row.text for row in learnings(queues.viewer(who), **asked)]


@pytest.mark.req("G17")
def test_one_line_is_kept_for_the_team_and_stands_in_the_story_of_its_incident(queues: Queues) -> None:
    desk = queues.desk
    incident = desk.open("disk full")
    made = actions.learn("  end all\nsessions\x00 ", "automatable", incident.number, **queues.by(desk.ada))
    assert (made.text, made.team, made.incident) == ("end all sessions", desk.team, incident)
    assert [row.text for row in about(queues.viewer(desk.bruno), incident)] == ["end all sessions"]
    line = TimelineEntry.objects.get(incident=incident, kind="learning")
    assert line.text == "Ada learned (could be automatic): end all sessions"
    assert Record.objects.filter(action="learning.write", object_id=str(made.id)).count() == 1
    other = actions.learn("why voicemail?", "question", **queues.by(desk.bruno, T0 + MIN))
    assert other.team == desk.team
    assert texts(queues, desk.ada) == ["why voicemail?", "end all sessions"]
    assert texts(queues, desk.ada, kind="question") == ["why voicemail?"]
    assert texts(queues, desk.ada, person_id=desk.ada.id) == ["end all sessions"]


@pytest.mark.parametrize(
    ("text", "kind", "more", "refused"),
    [
        (" \n", "question", {}, "It is empty"),
        ("x" * 1001, "question", {}, "keep it under"),
        ("x", "idea", {}, "The kind is"),
        ("x", "question", {"team": "nobody's"}, "There is no team"),
    ],
)
def test_what_cannot_be_kept_says_what_was_expected(queues: Queues, text: str, kind: str, more: dict, refused: str) -> None:
    with pytest.raises(Invalid, match=refused):
        actions.learn(text, kind, **more, **queues.by(queues.desk.ada))


def test_of_a_restricted_incident_only_whoever_may_see_it_learns(queues: Queues) -> None:
    desk = queues.desk
    secret = desk.open("salamander", service=desk.secret, restricted=True)
    made = actions.learn("salamander tooling is slow", "improvement", secret.number, **queues.by(desk.ada))
    assert texts(queues, desk.ada, state="all") == ["salamander tooling is slow"]
    assert texts(queues, desk.charlie, state="all") == []
    with pytest.raises(NotFound):
        actions.close(made.id, "done", **queues.by(desk.charlie))
    with pytest.raises(NotFound):
        actions.learn("x", "question", secret.number, **queues.by(desk.charlie))
    with pytest.raises(Refused, match="restricted incident"):
        actions.make_issue(made.id, "x", **queues.by(desk.ada))
    for record in Record.objects.filter(kind="learning"):
        assert record.restricted
        assert "salamander" not in str(record.detail)


def test_only_its_writer_corrects_it_and_only_while_the_watch_lasts(queues: Queues) -> None:
    desk = queues.desk
    made = actions.learn("tpyo", "question", **queues.by(desk.ada))
    assert actions.correct(made.id, "typo", "improvement", **queues.by(desk.ada, made.edit_until - MIN)).text == "typo"
    with pytest.raises(NotAllowed):
        actions.correct(made.id, "mine now", "question", **queues.by(desk.bruno))
    with pytest.raises(Refused, match="until the watch"):
        actions.correct(made.id, "late", "question", **queues.by(desk.ada, made.edit_until))
    end = T0 + 8 * HOUR
    assert edit_until(end, now=T0) == end
    assert edit_until(None, now=T0) == edit_until(T0, now=T0) == T0 + dt.timedelta(hours=12)
    facts = {"mine": True, "closed": False, "asked": False, "until": end, "now": T0}
    assert why_not_edit(**facts) == ""
    assert "closed" in why_not_edit(**{**facts, "closed": True})
    assert "issue" in why_not_edit(**{**facts, "asked": True})


@pytest.mark.req("G16")
def test_it_is_closed_with_the_document_that_was_changed(queues: Queues) -> None:
    desk, document = queues.desk, "https://handbook.example.org/sessions"
    made = actions.learn("end all sessions", "automatable", **queues.by(desk.ada))
    with pytest.raises(Invalid, match="Say what became of it"):
        actions.close(made.id, " ", "", **queues.by(desk.bruno))
    for wrong in ("javascript:alert(1)", "handbook", "https://", "https://x y", "http://[", "https://e.org/\n"):
        assert not is_address(wrong)
    with pytest.raises(Invalid, match="is no web address"):
        actions.close(made.id, "", "javascript:alert(1)", **queues.by(desk.bruno))
    with pytest.raises(NotAllowed):
        actions.close(made.id, "no", **queues.by(desk.charlie))
    closed = actions.close(made.id, "", document, **queues.by(desk.bruno, T0 + DAY))
    assert (closed.closed_by, closed.closed_at) == (desk.bruno, T0 + DAY)
    assert texts(queues, desk.ada) == []
    assert texts(queues, desk.ada, state="closed") == ["end all sessions"]
    assert Record.objects.get(action="learning.close").detail["document"] == document
    with pytest.raises(AlreadyDone):
        actions.close(made.id, "again", **queues.by(desk.bruno))


@pytest.mark.req("G17")
def test_an_issue_is_made_of_it_when_a_human_asks_and_follows_no_incident(queues: Queues) -> None:
    desk = queues.desk
    queues.tracker.writes, queues.tracker.looked_at = ["create_issue"], T0
    queues.tracker.save()
    desk.team.issue = {"tracker": "main", "project": "sec/desk", "labels": ["learned"], "confidential": True}
    desk.team.save()
    made = actions.learn("end all sessions", "automatable", **queues.by(desk.ada))
    assert not Link.objects.exists()  # never by itself
    found = places(desk.team, now=T0)
    assert [(each.project, each.labels) for each in found] == [
        ("sec/desk", ("learned",)),
        ("sec/desk", ("oncall",)),
        ("sec/eng", ("oncall",)),
    ]
    with pytest.raises(Invalid, match="no such project"):
        actions.make_issue(made.id, "1:other:", **queues.by(desk.ada))
    row = actions.make_issue(made.id, found[1].key, **queues.by(desk.bruno))
    assert row.link is not None
    assert (row.link.incident_id, row.link.labels, row.link.confidential) == (None, ["oncall"], True)
    assert row.link.draft == {
        "text": "end all sessions",
        "kind": "Could be automatic",
        "by": "Ada",
        "about": "",
        "path": f"/learnings/{made.id}",
        "title": "",
    }
    assert Write.objects.filter(link=row.link, kind="create", due_at=T0).exists()
    with pytest.raises(AlreadyDone):
        actions.make_issue(made.id, found[0].key, **queues.by(desk.ada))
    row.link.issue = queues.item(9)  # it came to be in the queue
    row.link.save()
    (item,) = list_queue(queues.viewer(desk.ada), queues.queue).items
    assert (item.issue.number, item.incident) == (9, None)
    assert Issue.objects.filter(links__learning=made).count() == 1
    assert not Incident.objects.exists()
