"""The tracking issue of an incident: made outside, kept true by switch, told back in the story. On a fake GitLab and a fake GitHub."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.connectors.gitlab.fake import GitLab
from tests.connectors.tracker.conftest import ALL, PROJECT, Tracked
from tests.connectors.tracker.fake import BROKEN, CUT, GARBLED, LIE, LOSE, SLOW
from tests.connectors.tracker.test_reading import hook
from tests.factories import SEC
from watchbill.connectors import wire
from watchbill.engine import trackers as engine_trackers
from watchbill.engine.session import Session
from watchbill.kernel.clock import database_now
from watchbill.trackers.actions import writing
from watchbill.trackers.actions.wanting import NoteAsk, make_issue_in
from watchbill.trackers.models import Link, Write
from watchbill.trackers.selectors import states, unwritten

INCIDENT_STORY = ("issue_comment", "issue_state", "issue_assigned")


def labels(row: dict) -> list[str]:
    return [label if isinstance(label, str) else label["name"] for label in row["labels"]]


@pytest.mark.req("G8")
def test_an_incident_gets_its_issue_outside_the_transaction_that_opened_it(tracked: Tracked) -> None:
    tracked.issue_setting(severity_label="severity/")
    incident = tracked.open("disk full @everybody")
    assert tracked.fake.requests == []  # nobody waited for it
    tracked.round()
    row = tracked.there()
    body = row.get("description") or row.get("body")
    assert row["title"] == "disk full @everybody"
    assert f"/incidents/{incident.number}" in body
    assert labels(row) == ["incident", "severity/high"]
    if tracked.kind == "gitlab":
        assert row["confidential"] is True
    link = tracked.link(incident)
    assert (link.issue.number, link.issue.project, link.issue.state, link.issue.severity) == (1, PROJECT, "open", "high")
    assert tracked.story(incident, "issue_made") == [f"The tracking issue is {PROJECT}#1 (main)."]
    tracked.round(2)
    assert len(tracked.fake.issues) == 1
    assert not any(tracked.story(incident, kind) for kind in INCIDENT_STORY)  # what we did ourselves is no news


def test_notes_state_assignee_and_severity_go_there_when_their_switches_are_on(tracked: Tracked) -> None:
    tracked.issue_setting(severity_label="severity/")
    incident = tracked.open()
    tracked.act("acknowledge", incident, tracked.desk.ada)
    tracked.act("note", incident, tracked.desk.ada, "/close\nask @bruno <!-- x")
    tracked.act("set_severity", incident, tracked.desk.ada, "critical")
    tracked.round(2)
    row = tracked.there()
    (said,) = [note for note in tracked.fake.notes[PROJECT, 1] if note.get("body")]
    assert "> /close\n> ask @\u200bbruno &lt;!-- x" in said["body"]  # no command, no call, nothing hidden
    assert f"Ada on [#{incident.number}]" in said["body"]
    assert [one.get("username") or one.get("login") for one in row["assignees"]] == ["ada-there"]
    assert sorted(labels(row)) == ["incident", "severity/critical"]
    tracked.act("resolve", incident, tracked.desk.ada)
    tracked.round()
    assert tracked.there()["state"] == "closed"
    tracked.act("reopen", incident, tracked.desk.ada, "not solved")
    tracked.round(2)
    assert tracked.there()["state"] in ("opened", "open")
    assert not any(tracked.story(incident, kind) for kind in INCIDENT_STORY)
    assert not Write.objects.filter(due_at__isnull=False).exists()


@pytest.mark.req("G17")
def test_an_issue_of_its_own_is_made_once_and_is_left_to_whoever_works_with_it(tracked: Tracked) -> None:
    ask = NoteAsk("end all sessions @all\n/close", "Could be automatic", "Ada [x](y)", "#4", "/learnings/7")
    with transaction.atomic():
        link = make_issue_in(ask, tracked.row.id, PROJECT, ["learned"], confidential=True, now=database_now())
    tracked.fake.next.append(("POST", LOSE))  # it is there, and nobody heard so
    tracked.round(3)
    assert len(tracked.fake.issues) == 1
    row = tracked.there()
    body = row.get("description") or row.get("body")
    assert row["title"] == "end all sessions @all /close"
    assert "> end all sessions @\u200ball\n> /close" in body
    assert r"Ada \[x\](y), on \#4" in body
    assert "/learnings/7" in body
    assert labels(row) == ["learned"]
    link.refresh_from_db()
    assert (link.issue.number, link.incident_id) == (1, None)
    assert not Write.objects.filter(due_at__isnull=False).exists()


def test_without_switches_nothing_is_written(tracked: Tracked) -> None:
    incident = tracked.open()
    tracked.settings(writes=["create_issue"])
    tracked.act("acknowledge", incident, tracked.desk.ada)
    tracked.act("note", incident, tracked.desk.ada, "seen")
    tracked.act("resolve", incident, tracked.desk.ada)
    tracked.round(2)
    assert (tracked.there()["state"], tracked.there()["assignees"], tracked.fake.notes[PROJECT, 1]) in (
        ("opened", [], []),
        ("open", [], []),
    )
    tracked.settings(writes=[])
    other = tracked.open("another")
    tracked.round()
    assert len(tracked.fake.issues) == 1
    assert not Link.objects.filter(incident_id=other.id).exists()


def test_what_people_do_there_is_told_here_and_is_a_human_word(tracked: Tracked) -> None:
    incident = tracked.open()
    tracked.act("acknowledge", incident, tracked.desk.ada)
    tracked.round(2)
    tracked.fake.now = max(tracked.fake.now, database_now())
    tracked.fake.say(1, "I see it too", by="bruno-there")
    tracked.fake.say(1, "build failed", by="ci[bot]")
    tracked.round()
    assert tracked.story(incident, "issue_comment") == ["bruno-there on the issue: I see it too"]
    incident.refresh_from_db()
    before = incident.word_at
    assert before > incident.acknowledged_at
    close(tracked)
    tracked.round()
    assert tracked.story(incident, "issue_state") == ["The issue was closed by bruno-there in the tracker. The incident stays as it is."]
    incident.refresh_from_db()
    assert incident.status == "acknowledged"
    tracked.fake.change(1, assignees=[tracked.fake.user("bruno-there")])
    tracked.round()
    assert tracked.story(incident, "issue_assigned") == ["The issue is assigned to bruno-there in the tracker."]
    tracked.round()
    assert [len(tracked.story(incident, kind)) for kind in INCIDENT_STORY] == [1, 1, 1]


def close(tracked: Tracked) -> None:
    if tracked.kind == "gitlab":
        tracked.fake.say(1, "closed", by="bruno-there", system=True)
        tracked.fake.change(1, state="closed")
    else:
        tracked.fake.say(1, "", by="bruno-there", event="closed")
        tracked.fake.change(1, state="closed")


def test_a_restricted_incident_gets_no_issue_unless_its_team_says_so(tracked: Tracked) -> None:
    hidden = tracked.open("the salamander is out", service=tracked.desk.secret)
    tracked.round()
    assert not Link.objects.filter(incident_id=hidden.id).exists()
    tracked.issue_setting(restricted="code name", confidential=False, severity_label="severity/")
    shown = tracked.open("the salamander is out", service=tracked.desk.secret)
    tracked.act("acknowledge", shown, tracked.desk.ada)
    tracked.act("note", shown, tracked.desk.ada, "the salamander is here")
    tracked.round(2)
    row = tracked.there()
    assert row["title"] == shown.code_name
    assert "salamander" not in str(tracked.fake.issues) + str(tracked.fake.notes)
    assert labels(row) == ["incident"]
    if tracked.kind == "gitlab":
        assert row["confidential"] is True


def test_a_confidential_issue_is_not_made_where_everybody_reads_it(tracked: Tracked) -> None:
    if tracked.kind == "gitlab":
        pytest.skip("GitLab has confidential issues")
    tracked.fake.private.clear()
    incident = tracked.open()
    tracked.round()
    assert tracked.fake.issues == {}
    (failed,) = unwritten(tracked.link(incident))
    assert "is public: GitHub has no confidential issues. Nothing was made." in failed.error
    assert failed.given_up
    assert "could not be made" in tracked.story(incident, "issue_failed")[0]


def test_whatever_the_end_of_a_try_the_issue_and_each_comment_stand_once(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PATIENCE", 0.2)
    for number, end in enumerate([LOSE, BROKEN, GARBLED, SLOW, CUT, LIE], start=1):
        incident = tracked.open(end)
        tracked.act("note", incident, tracked.desk.ada, "first")
        tracked.act("note", incident, tracked.desk.ada, "second")
        tracked.fake.next += [("POST", end), ("POST", end)]  # the issue, and once more what comes then
        tracked.round(6)
        assert len(tracked.fake.issues) == number, end
        said = [note["body"].rpartition("> ")[2].strip() for note in tracked.fake.notes[PROJECT, number]]
        assert said == ["first", "second"], end
        assert unwritten(tracked.link(incident)) == []


def test_while_the_tracker_is_down_everything_waits_and_is_said(tracked: Tracked) -> None:
    tracked.fake.die()
    incident = tracked.open()
    tracked.act("note", incident, tracked.desk.ada, "seen")
    tracked.round(2)
    assert tracked.story(incident, "issue_failed") != []
    (state,) = states(now=database_now())
    assert state.unwritten == 1
    assert PROJECT in state.unread
    tracked.fake.start()
    tracked.round(3)
    assert len(tracked.fake.notes[PROJECT, 1]) == 1
    (state,) = states(now=database_now())
    assert (state.unwritten, state.unread) == (0, {})


LIMITS = (
    (429, {"message": "slow down"}, {"Retry-After": "77"}),
    (403, {"message": "You have exceeded a secondary rate limit."}, {}),
    (403, {"message": "API rate limit exceeded"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}),
    (429, {}, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
)


def test_a_tracker_that_asks_to_wait_is_left_alone(tracked: Tracked) -> None:
    incident = tracked.open()
    for number, limit in enumerate(LIMITS, start=1):
        tracked.settings()  # a thread that remembers nothing
        tracked.fake.next.append(("*", limit))
        tracked.round()
        tracked.thread.work()
        assert len(tracked.fake.requests) == number
        tracked.row.refresh_from_db()
        assert tracked.row.wait_until is not None
        write = Write.objects.get(kind="create")
        assert (write.tries, write.error, write.lease_instance) == (0, "", None)
    assert tracked.story(incident, "issue_failed") == []


REFUSALS = (
    ((401, {"message": "401 Unauthorized"}, {}), "the token is not valid, or lacks a right"),
    ((302, {}, {"Location": "http://169.254.169.254/"}), "a redirect: nothing follows one"),
    ((422, {"message": "Validation Failed"}, {}), "refused it, 422 (Validation Failed)"),
    ((404, {"message": "Not Found"}, {}), "is not shown to this token"),
    ((503, {}, {}), "answered 503"),
)


def test_a_refusal_says_what_happened(tracked: Tracked) -> None:
    for answer, says in REFUSALS:
        incident = tracked.open()
        tracked.fake.next = [("POST", answer)] * 2
        tracked.round(2)
        assert says in " ".join(tracked.story(incident, "issue_failed"))
    assert "169.254" not in str(tracked.fake.requests)


def test_a_comment_of_an_engine_that_died_on_it_is_looked_for_first(tracked: Tracked) -> None:
    incident = tracked.open()
    tracked.round()
    tracked.act("note", incident, tracked.desk.ada, "seen")
    alive = Session(1)  # its leases hold as long as that lives
    try:
        (claim,) = writing.claim_writes(1, tracked.row.id, now=database_now(), limit=5)
        public_id = str(Write.objects.get(pk=claim.id).public_id)
        tracked.fake.say(1, f"<!-- watchbill:{public_id} -->\nAda", by="watchbill")  # done, and not recorded
        assert writing.claim_writes(2, tracked.row.id, now=database_now(), limit=5) == []
        Write.objects.update(lease_until=database_now() - SEC)  # it is frozen
        tracked.engine(2).work()
    finally:
        alive.close()
    assert len(tracked.fake.notes[PROJECT, 1]) == 1
    assert unwritten(tracked.link(incident)) == []


def test_a_switch_that_was_turned_off_meanwhile_writes_nothing(tracked: Tracked) -> None:
    incident = tracked.open()
    tracked.round()
    tracked.act("note", incident, tracked.desk.ada, "seen")
    tracked.settings(writes=[word for word in ALL if word != "comment"])
    tracked.round()
    assert tracked.fake.notes[PROJECT, 1] == []
    assert unwritten(tracked.link(incident)) == []


def test_an_issue_that_is_gone_is_said_in_the_story_of_its_incident(tracked: Tracked, client: Client) -> None:
    incident = tracked.open()
    tracked.round(2)
    del tracked.fake.issues[PROJECT, 1]
    body, headers = hook(tracked, 1)
    client.post(f"/in/{tracked.kind}/main", body, content_type="application/json", headers=headers)
    tracked.round()
    assert "is not there any more" in tracked.story(incident, "issue_state")[0]


def test_a_note_does_not_go_where_everybody_reads_it(tracked: Tracked) -> None:
    incident = tracked.open()
    tracked.round()
    if isinstance(tracked.fake, GitLab):
        tracked.fake.change(1, confidential=False)  # somebody made it public
    else:
        tracked.fake.private.clear()
        tracked.fake.change(1)
    tracked.round()
    tracked.act("note", incident, tracked.desk.ada, "for the team alone")
    tracked.round(2)
    assert tracked.fake.notes[PROJECT, 1] == []
    assert "is not confidential" in unwritten(tracked.link(incident))[0].error


def test_a_write_that_nobody_foresaw_is_set_aside_and_the_others_go_on(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tracked.open("first"), tracked.open("second")
    plain_perform = engine_trackers.perform

    def odd(client: Any, claim: Any, target: Any) -> Any:
        if claim.link_id == tracked.link(first).id:
            raise ZeroDivisionError("x")
        return plain_perform(client, claim, target)

    monkeypatch.setattr(engine_trackers, "perform", odd)
    tracked.round(2)
    assert "failed unexpectedly (ZeroDivisionError)" in unwritten(tracked.link(first))[0].error
    assert tracked.link(second).issue is not None
