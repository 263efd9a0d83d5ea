"""A hand-off in the tracking issue: written once when it is accepted, its assignee moved, shown while it waits. On a fake GitLab and a fake GitHub."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.gitlab.fake import GitLab
from tests.connectors.tracker.conftest import PROJECT, Tracked
from tests.connectors.tracker.fake import LOSE
from tests.factories import actor
from tests.handoff.offers import WORDS, accept, offer
from watchbill.handoff import actions
from watchbill.handoff.actions.recording import write_again
from watchbill.handoff.models import Handoff
from watchbill.handoff.rules import Step
from watchbill.handoff.selectors import describe
from watchbill.incidents.models import Incident
from watchbill.kernel.clock import database_now
from watchbill.trackers.models import Issue, Link


def owned(tracked: Tracked, **more: Any) -> Incident:
    incident = tracked.open(**more)
    tracked.act("acknowledge", incident, tracked.desk.ada)
    tracked.round(2)
    return incident


def offered(tracked: Tracked, incident: Incident, **more: Any) -> Handoff:
    return offer(incident, tracked.desk.ada, tracked.desk.bruno, now=database_now(), words=replace(WORDS, **more))


def accepted(tracked: Tracked, made: Handoff, readback: str = "I look at the disk") -> Handoff:
    return accept(made, tracked.desk.bruno, readback=readback, now=database_now())


def comments(tracked: Tracked) -> list[str]:
    return [note["body"] for note in tracked.fake.notes[PROJECT, 1] if note.get("body")]


def assigned(tracked: Tracked) -> list[str]:
    return [one.get("username") or one.get("login") for one in tracked.there()["assignees"]]


def record(made: Handoff) -> tuple[str, str]:
    (found,) = [(each["state"], each["error"]) for each in describe(made)["records"] if each["place"] == "issue"]
    return found


@pytest.mark.req("G29", "K39", "K40")
def test_an_accepted_hand_off_is_a_comment_and_moves_the_assignee(tracked: Tracked) -> None:
    incident = owned(tracked)
    more = {
        "summary": "disk full\n/close\n@everybody # see ![x](http://evil.example)",
        "next_steps": (Step("bruno", "find <b>what</b> writes"),),
        "open_questions": ("who *owns* it?",),
        "pending": ("the log of https://logs.example.org/a_b?x=1",),
        "bridge": "https://meet.example.org/x_y",
    }
    made = offered(tracked, incident, **more)
    tracked.round(2)
    assert (comments(tracked), assigned(tracked)) == ([], ["ada-there"])  # nothing moves before it is accepted
    tracked.fake.next += [("POST", LOSE)]  # written, and the answer lost
    accepted(tracked, made, "I find\nwhat writes")
    assert record(made) == ("waiting", "")
    tracked.round(4)
    (said,) = comments(tracked)
    assert "was handed over: **Ada** to **Bruno** (end of the watch)" in said
    assert "> disk full\n>\n> /close\n>\n> @\u200beverybody \\# see \\!\\[x\\](http://evil.example)" in said
    assert "- bruno: find \\<b\\>what\\</b\\> writes" in said
    assert "- who \\*owns\\* it?" in said
    assert "- the log of <https://logs.example.org/a_b?x=1>" in said
    assert "**Bridge**\n\n<https://meet.example.org/x_y>" in said
    assert "**Read back by Bruno**\n\n> I find\n>\n> what writes" in said
    assert assigned(tracked) == ["bruno-there"]
    assert record(made) == ("written", "")


@pytest.mark.req("K41")
def test_where_the_team_says_so_the_assignee_follows_the_offer_and_its_end(tracked: Tracked) -> None:
    tracked.desk.team.assignee_moves = "offer"
    tracked.desk.team.save()
    incident = owned(tracked)
    made = offered(tracked, incident)
    tracked.round()
    assert assigned(tracked) == ["bruno-there"]
    incident.refresh_from_db()
    assert incident.owner == tracked.desk.ada  # who has it here moves when it is accepted
    actions.decline(made.id, "in a train", person=tracked.desk.bruno, actor=actor(tracked.desk.bruno), now=database_now())
    tracked.round()
    assert assigned(tracked) == ["ada-there"]


@pytest.mark.req("G29")
def test_what_failed_is_shown_with_its_reason_and_written_when_somebody_says_again(tracked: Tracked) -> None:
    incident = owned(tracked)
    made = accepted(tracked, offered(tracked, incident))
    tracked.fake.next += [("POST", (410, {"message": "Issues are disabled"}, {}))]
    tracked.round()
    state, error = record(made)
    assert state == "failed"
    assert "answered 410" in error
    write_again(made.id, person=tracked.desk.bruno, actor=actor(tracked.desk.bruno), now=database_now())
    tracked.round(2)
    assert (len(comments(tracked)), record(made)) == (1, ("written", ""))


@pytest.mark.req("G29", "R8")
def test_where_others_read_it_the_issue_says_only_that_there_was_one_and_of_a_restricted_one_nothing(tracked: Tracked) -> None:
    tracked.issue_setting(restricted="code name")
    open_one = owned(tracked)
    if isinstance(tracked.fake, GitLab):
        tracked.fake.change(1, confidential=False)
    else:
        tracked.fake.private.clear()
        tracked.fake.change(1)
    tracked.round()
    assert not tracked.mirrored().confidential
    accepted(tracked, offered(tracked, open_one))
    tracked.round(2)
    (said,) = comments(tracked)
    assert f"#{open_one.number} was handed over. Whoever may see it reads the hand-off there" in said
    assert "Bruno" not in said
    hidden = tracked.open("the salamander is out", service=tracked.desk.secret)
    tracked.act("acknowledge", hidden, tracked.desk.ada)
    Link.objects.filter(incident_id=hidden.id).update(issue=Issue.objects.get())  # an issue that everybody reads
    made = accepted(tracked, offered(tracked, hidden))
    tracked.round(2)
    assert len(comments(tracked)) == 1
    assert record(made) == ("failed", "It was not written there: the issue is not confidential, and was not made for this.")


def test_a_tracker_that_may_write_no_comments_says_so_on_the_hand_off(tracked: Tracked) -> None:
    incident = owned(tracked)
    tracked.settings(writes=["create_issue"])
    made = accepted(tracked, offered(tracked, incident))
    assert "its `writes` has no `comment`" in record(made)[1]
