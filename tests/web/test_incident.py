"""One incident: owner and acting apart, the walk, the attempts, the story; every act leads back with one sentence."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests import factories as make
from tests.web.conftest import Desk
from watchbill.incidents.models import Incident
from watchbill.intake.models import Alert
from watchbill.kernel.clock import database_now
from watchbill.notifications.chats.models import Chat, Posting
from watchbill.notifications.selectors import Tried
from watchbill.paging.models import Page
from watchbill.response import actions
from watchbill.trackers.models import Issue, Link, Tracker, Write
from watchbill.web.attempts import attempts_of


def shown(desk: Desk, name: str, incident: Incident, path: str = "") -> str:
    answer = desk.as_(name).get(f"/incidents/{incident.number}{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def do(desk: Desk, name: str, incident: Incident, act: str, /, **data: object) -> str:
    """Post the form, follow it back, answer the page."""
    answer = desk.as_(name).post(f"/incidents/{incident.number}/{act}", data, follow=True)
    assert answer.status_code == 200, answer.content.decode()[-400:]
    incident.refresh_from_db()
    return answer.content.decode()


def test_a_triggered_one_says_nobody_owns_it_who_is_being_paged_and_who_is_next(desk: Desk):
    incident = desk.page("db down", "critical")
    html = shown(desk, "alice", incident)
    assert "Nobody yet" in html
    assert "Alice is being paged" in re.sub(r"\s+", " ", html)
    assert re.search(r"data-until>1[45]:\d\d</time></b> until Grace is woken", html)
    assert f"Acknowledge and own #{incident.number}" in html
    assert "The page walks: Walk" in html
    assert "Last resort; shown as exhausted" in html


@pytest.mark.req("G7", "G20", "P4")
def test_acknowledging_makes_an_owner_and_the_second_is_told_who_has_it(desk: Desk):
    incident = desk.page()
    html = do(desk, "alice", incident, "acknowledge")
    assert incident.owner == desk.alice
    assert f"You own #{incident.number}" in html
    assert "Give it back" in html
    late = do(desk, "bob", incident, "acknowledge")
    assert incident.owner == desk.alice
    assert f"Alice has #{incident.number}" in late
    assert "Acknowledge and own" not in late


def test_the_walk_shows_who_won_and_by_which_way(desk: Desk):
    incident = desk.page()
    who = {"person": desk.bob, "actor": make.actor(desk.bob, "mail link"), "now": database_now()}
    actions.acknowledge(incident.number, **who)
    html = shown(desk, "alice", incident)
    assert 'class="won"' in html
    assert "By the link in the mail, during step 1" in html


def test_a_viewer_reads_all_of_it_and_the_button_says_why_not(desk: Desk):
    incident = desk.page()
    html = shown(desk, "vera", incident)
    assert 'aria-disabled="true" aria-describedby="why-not"' in html
    assert "vera is a viewer of this team" in html
    assert f'href="/permissions?number={incident.number}"' in html
    assert f'action="/incidents/{incident.number}/acknowledge"' not in html
    refused = desk.as_("vera").post(f"/incidents/{incident.number}/acknowledge")
    assert refused.status_code == 403
    assert "it takes a responder" in refused.content.decode()
    incident.refresh_from_db()
    assert incident.owner is None


@pytest.mark.req("R8")
@pytest.mark.parametrize(
    "act", ["acknowledge", "resolve", "note", "escalate", "severity", "manager", "assign", "snooze", "give-back", "reopen"]
)
def test_charlie_finds_neither_a_restricted_incident_nor_a_way_to_act_on_it(desk: Desk, act: str):
    secret = desk.page("insider", restricted=True)
    answer = desk.as_("charlie").post(f"/incidents/{secret.number}/{act}", {"to": "alice", "act": "take", "reason": "x", "text": "x"})
    assert answer.status_code == 404
    secret.refresh_from_db()
    assert secret.status == "triggered"
    assert secret.timeline.filter(actor=desk.charlie).count() == 0


@pytest.mark.req("R8")
@pytest.mark.parametrize("name", ["charlie", "bob", "grace", "root"])
def test_no_role_opens_a_restricted_incident(desk: Desk, name: str):
    secret = desk.page("insider", restricted=True)
    assert desk.as_(name).get(f"/incidents/{secret.number}").status_code == 404


def test_whoever_is_paged_for_a_restricted_one_sees_it_with_its_lock_and_who_else_may(desk: Desk):
    secret = desk.page("insider copied the list", restricted=True)
    html = shown(desk, "alice", secret)
    assert f"Restricted: {secret.code_name}" in html
    assert "Who may see it" in html
    assert "while its page is open" in html


@pytest.mark.req("G17", "G21")
def test_a_note_keeps_its_kind_and_its_lines_and_cannot_bring_markup(desk: Desk):
    incident = desk.page()
    html = do(desk, "bob", incident, "note", text="saw <b>it</b>\nagain", kind="decision")
    assert "saw &lt;b&gt;it&lt;/b&gt;<br>again" in html
    assert '<span class="tag">decision</span>' in html
    assert "The note is empty" in do(desk, "bob", incident, "note", text=" ", kind="finding")
    assert "The kind is" in do(desk, "bob", incident, "note", text="x", kind="rant")


@pytest.mark.req("G9", "G10", "P21")
def test_resolving_the_page_only_leaves_the_incident_with_its_owner(desk: Desk):
    incident = desk.page()
    do(desk, "alice", incident, "acknowledge")
    html = do(desk, "alice", incident, "resolve-page")
    assert incident.status == "acknowledged"
    assert "The page is over" in html
    assert not Page.objects.filter(incident=incident).exclude(status="resolved").exists()


def test_resolve_and_reopen_with_a_reason(desk: Desk):
    incident = desk.page()
    do(desk, "alice", incident, "acknowledge")
    assert "is resolved" in do(desk, "alice", incident, "resolve")
    assert incident.status == "resolved"
    assert "was resolved already" in do(desk, "bob", incident, "resolve")
    assert "Say why it is open again" in do(desk, "bob", incident, "reopen", reason="")
    assert incident.status == "resolved"
    assert "is open again" in do(desk, "bob", incident, "reopen", reason="it came back")
    assert incident.owner == desk.alice


@pytest.mark.req("P6")
def test_escalate_page_someone_reassign_snooze_and_severity(desk: Desk):
    incident = desk.page(severity="medium")
    assert "Bob is paged" in do(desk, "alice", incident, "assign", to="bob")
    do(desk, "bob", incident, "acknowledge")
    assert "Say why it can wait" in do(desk, "bob", incident, "snooze", hours="2", reason="")
    assert "Snooze for 1 to 24 hours" in do(desk, "bob", incident, "snooze", hours="900", reason="x")
    assert "sleeps until" in do(desk, "bob", incident, "snooze", hours="2", reason="patch tonight")
    assert "is being paged" in do(desk, "bob", incident, "page-people", to="grace", reason="needs a decision")
    assert "Choose a person" in do(desk, "bob", incident, "page-people", to="nobody-here", reason="x")
    assert "needs a reason" in do(desk, "bob", incident, "severity", severity="low", reason="")
    do(desk, "bob", incident, "severity", severity="high")
    assert incident.severity == "high"
    assert "is paged now" in do(desk, "bob", incident, "escalate")


def test_giving_it_back_pages_again_and_the_owner_stays_until_somebody_takes_it(desk: Desk):
    incident = desk.page()
    do(desk, "alice", incident, "acknowledge")
    html = do(desk, "alice", incident, "give-back")
    assert "paged again" in html
    assert incident.owner == desk.alice
    do(desk, "bob", incident, "acknowledge")
    assert incident.owner == desk.bob


@pytest.mark.req("P24", "G39", "G40")
def test_the_manager_has_the_steps_of_a_manager_and_nobody_else_does(desk: Desk):
    incident = desk.page()
    assert "I am calling" not in shown(desk, "alice", incident)
    html = shown(desk, "grace", incident)
    for button in ("I am calling", "Page the on-call again", "Page the backup now", "Page the others now"):
        assert button in html
    held = do(desk, "grace", incident, "manager", act="calling")
    assert incident.owner is None
    assert "Grace is calling" in held
    assert "Paging paused" in held
    assert desk.as_("bob").post(f"/incidents/{incident.number}/manager", {"act": "calling"}).status_code == 403


def test_an_unknown_act_and_an_unknown_incident_are_not_found(desk: Desk):
    incident = desk.page()
    assert desk.as_("alice").post(f"/incidents/{incident.number}/explode").status_code == 404
    assert desk.as_("alice").post("/incidents/999999/acknowledge").status_code == 404
    assert desk.as_("alice").get("/incidents/99999999999999999999999").status_code == 404


def test_who_was_tried_shows_each_attempt_with_its_end(desk: Desk):
    from watchbill.kernel.models import EngineInstance
    from watchbill.notifications.actions import claim, record
    from watchbill.notifications.messages import Result
    from watchbill.notifications.rules import Outcome

    incident = desk.page()
    engine = EngineInstance.objects.create(host="h", pid=1, started_at=desk.now).id
    (message,) = claim(engine, now=desk.now).messages
    record([Result(message.notification_id, engine, 1, Outcome("permanent"), desk.now, desk.now, "550 no such user")], now=desk.now)
    html = shown(desk, "bob", incident)
    assert "Failed for good: 550 no such user" in html
    assert "Not reached" in html


def test_the_ledger_says_how_long_nobody_had_it(desk: Desk):
    incident = desk.page(at=desk.now - 26 * make.MIN)
    assert "Nobody has had it yet" in shown(desk, "bob", incident)
    desk.act("alice", actions.acknowledge, incident)
    html = shown(desk, "bob", incident)
    assert "Nobody had it for 26 min" in html
    assert "Accountable: nobody" in html


def test_the_story_is_cut_to_the_latest_lines_and_all_of_it_is_one_click_away(desk: Desk):
    incident = desk.page()
    for n in range(45):
        desk.act("alice", actions.note, incident, f"note number {n}.")
    html = shown(desk, "alice", incident)
    assert "note number 44." in html
    assert "note number 0." not in html
    assert "note number 0." in shown(desk, "alice", incident, "?all")


def test_an_earlier_restricted_incident_is_not_named_on_an_open_one(desk: Desk):
    secret = desk.page("insider", restricted=True)
    incident = desk.page("again")
    Incident.objects.filter(pk=incident.pk).update(previous=secret)
    assert str(secret.number) not in shown(desk, "bob", incident)


def test_after_an_act_the_reader_is_back_on_the_page_the_form_named(desk: Desk):
    incident = desk.page()
    answer = desk.as_("alice").post(f"/incidents/{incident.number}/acknowledge", {"next": "/incidents?mine=owner"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/incidents?mine=owner")


def test_what_the_source_said_besides_is_shown_and_cannot_act(desk: Desk):
    incident = desk.page()
    Alert.objects.create(
        service=desk.service,
        incident=incident,
        dedup_key="k",
        severity="high",
        summary="db down",
        details={"items": "<script>x</script>", "deep": {"a": [1, "<b>"]}, "long": "y" * 2000},
        links=[{"href": "https://runbook.example/db", "text": "<i>Runbook</i>"}],
        first_at=desk.now,
        last_at=desk.now,
    )
    html = desk.as_("bob").get(f"/incidents/{incident.number}").content.decode()
    assert '<a href="https://runbook.example/db" rel="noopener noreferrer">&lt;i&gt;Runbook&lt;/i&gt;</a>' in html
    assert "<bdi>items</bdi></dt><dd><bdi>&lt;script&gt;x&lt;/script&gt;</bdi>" in html
    assert "{&quot;a&quot;: [1, &quot;&lt;b&gt;&quot;]}" in html
    assert "y" * 499 + "…" in html


def test_whoever_presses_after_their_session_ended_comes_back_to_the_incident(desk: Desk):
    incident = desk.page()
    answer = Client().post(f"/incidents/{incident.number}/acknowledge")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/accounts/login/?next=/incidents/{incident.number}")


def test_hours_that_no_calendar_has_are_refused_on_the_page(desk: Desk):
    incident = desk.page()
    desk.act("bob", actions.acknowledge, incident)
    for hours in ("00240000000000000", "0", "25", "x", ""):
        answer = desk.as_("bob").post(f"/incidents/{incident.number}/snooze", {"hours": hours, "reason": "r"}, follow=True)
        assert "Snooze for 1 to 24 hours." in answer.content.decode(), hours


def test_where_it_was_told_is_shown(desk: Desk):
    incident = desk.page()
    html = desk.as_("alice").get(f"/incidents/{incident.number}").content.decode()
    assert "<dt>Chat</dt>" not in html
    chat = Chat.objects.create(name="main", kind="slack", token_env="X")
    told = {"incident_id": incident.id, "chat": chat, "created_at": desk.now}
    Posting.objects.create(**told, channel="#sec", posted_at=desk.now)
    Posting.objects.create(**told, channel="#other", error="Slack said not_in_channel.")
    html = desk.as_("alice").get(f"/incidents/{incident.number}").content.decode()
    for words in ("#sec (main)", "#other (main)", "could not be written"):
        assert words in html


def test_when_the_channel_of_its_team_was_not_told_the_reason_is_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    chat = Chat.objects.create(name="main", kind="slack", token_env="CHAT_TOKEN", writes=["post"])
    desk.team.channel = {"chat": "main", "name": "#sec"}
    desk.team.save()
    incident = desk.page()
    html = shown(desk, "alice", incident)
    assert "not told" in html
    assert "#sec (main)" in html
    assert "Slack is not set up" in html
    assert "CHAT_TOKEN" not in html
    monkeypatch.setenv("CHAT_TOKEN", "x")
    assert "When it opened, this was not yet its channel" in shown(desk, "alice", incident)
    Posting.objects.create(incident_id=incident.id, chat=chat, channel="#sec", created_at=desk.now)
    html = shown(desk, "alice", incident)
    assert "not told" not in html
    assert "on its way" in html


@pytest.mark.req("G8")
def test_the_tracking_issue_is_shown_with_what_waits_and_what_failed(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    tracker = Tracker.objects.create(name="main", kind="gitlab", url="https://gl.example.org", token_env="TRACKER_TOKEN")
    desk.team.issue = {"tracker": "main", "project": "sec/desk", "labels": [], "confidential": True}
    desk.team.save()
    incident = desk.page()
    assert "<code>writes</code> has no <code>create_issue</code>" in shown(desk, "alice", incident).replace("&#x27;", "'")
    Tracker.objects.update(writes=["create_issue", "comment"])
    html = shown(desk, "alice", incident)
    assert "is not active here" in html
    assert "TRACKER_TOKEN" not in html
    monkeypatch.setenv("TRACKER_TOKEN", "x")
    incident = desk.page("another")
    assert "on its way" in shown(desk, "alice", incident)
    link = Link.objects.get(incident_id=incident.id)
    Write.objects.filter(link=link).update(error="GitLab answered 503.")
    assert "GitLab answered 503." in shown(desk, "alice", incident)
    Write.objects.filter(link=link).update(error="", due_at=None)
    at = {"created_at": desk.now, "updated_at": desk.now, "seen_at": desk.now}
    link.issue = Issue.objects.create(
        tracker=tracker, project="sec/desk", number=7, title="x", url="https://gl.example.org/sec/desk/-/issues/7", **at
    )
    link.save()
    desk.act("alice", actions.note, incident, "seen")
    html = shown(desk, "alice", incident)
    assert 'href="https://gl.example.org/sec/desk/-/issues/7"' in html
    assert "To be written: a note." in html


def test_what_could_not_be_written_is_tried_again_by_a_press(desk: Desk):
    incident = desk.page()
    assert "Try again to write it" not in shown(desk, "alice", incident)
    assert "Nothing that is written" in do(desk, "alice", incident, "write-again")
    chat = Chat.objects.create(name="main", kind="slack", token_env="X")
    failed = {"chat": chat, "channel": "#sec", "error": "not_in_channel", "given_up": True, "created_at": desk.now}
    made = Posting.objects.create(incident_id=incident.id, **failed)
    assert "Try again to write it" in shown(desk, "alice", incident)
    assert "is tried again now" in do(desk, "alice", incident, "write-again")
    made.refresh_from_db()
    assert made.due_at is not None
    assert not made.given_up


@pytest.mark.req("K36")
def test_the_steps_of_a_vulnerability_are_answered_on_the_page(desk: Desk):
    incident = desk.page()
    assert "It is a vulnerability: go through its steps" in shown(desk, "alice", incident)
    assert "Say why" in do(desk, "alice", incident, "flow", step="supported", answer="yes")
    html = do(desk, "alice", incident, "flow", step="supported", answer="yes", why="it is ours <b>")
    for words in ("The steps of a vulnerability", "it is ours &lt;b&gt;", "assemble the fix team"):
        assert words in html
    assert "Tell the security contacts" not in html


def test_one_is_merged_into_another_and_says_where_it_goes_on(desk: Desk):
    stays, gone = desk.page("disk full"), desk.page("no space left")
    assert "Say the number" in do(desk, "alice", gone, "merge", into="x")
    assert f"#{gone.number} is merged into #{stays.number}." in do(desk, "alice", gone, "merge", into=f"#{stays.number}")
    assert "its work goes on there" in shown(desk, "alice", gone)
    assert f"merged #{gone.number} into it" in shown(desk, "alice", stays)


def test_whoever_has_no_way_stands_once_under_who_was_tried():
    nobody = {"person_id": 1, "handle": "ada", "name": "Ada", "method": "", "page_id": None, "state": "failed", "went_with": None}
    rest = {"possible_duplicate": False, "finished_at": None, "error": "", "attempts": (), "kind": "page", "firing": None}
    rounds = [
        Tried(id=n, public_id=str(n), asked_at=make.T0 + n * make.MIN, due_at=make.T0 + n * make.MIN, **nobody, **rest) for n in range(3)
    ]
    (row,) = attempts_of(rounds, {}, now=make.T0 + make.HOUR)
    assert (row.at, row.word, row.ended_at) == (make.T0, "Not reached: nothing to reach them by, 3 times, last", make.T0 + 2 * make.MIN)
    (row,) = attempts_of(rounds[:1], {}, now=make.T0)
    assert (row.word, row.ended_at) == ("Not reached: nothing to reach them by", None)
