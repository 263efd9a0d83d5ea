"""`doctor` says what is red: whoever could not be woken."""

from __future__ import annotations

import datetime as dt

import pytest
from typer.testing import CliRunner

from tests import factories
from watchbill.cli import operate
from watchbill.cli.platforms import platforms
from watchbill.cli.trackers import trackers
from watchbill.intake.actions import NewMaintenance, add_maintenance, create_heartbeat_key
from watchbill.intake.actions.heartbeats import watch_in
from watchbill.intake.models import Heartbeat, Listening, Mail, Mailbox
from watchbill.kernel.clock import database_now
from watchbill.kernel.models import EngineInstance
from watchbill.notifications.chats.models import Chat, Posting
from watchbill.people.models import Organization, Person
from watchbill.platforms.models import Platform, Remote, Write
from watchbill.schedules.models import Schedule
from watchbill.trackers.models import Source, Tracker

pytestmark = pytest.mark.django_db


def states() -> dict[str, str]:
    moment = database_now()
    return {finding.what: finding.state for look in operate.LOOKS for finding in look(moment)}


@pytest.fixture
def watch() -> Schedule:
    ann, max_ = factories.person("ann"), factories.person("max")
    factories.organization(max_)
    return factories.schedule("Watch", factories.team("Ops", ann), ann)


def engine(*, seconds_ago: int, proved_ago: int = 1) -> None:
    now = database_now()
    ago = dt.timedelta(seconds=seconds_ago)
    EngineInstance.objects.create(
        host="here", pid=1, started_at=now, last_tick_at=now - ago, proved_at=now - dt.timedelta(seconds=proved_ago)
    )


def test_everything_that_wakes_somebody_is_green_when_it_works(watch):
    engine(seconds_ago=1)
    found = states()
    wanted = ("database", "engine", "auditor", "last resort", "Watch", "events", "pages", "evidence")
    assert {name: found[name] for name in wanted} == dict.fromkeys(wanted, "green")


@pytest.mark.parametrize(("seconds_ago", "proved_ago", "what"), [(90, 1, "engine"), (1, 120, "auditor")])
def test_an_engine_that_stands_or_proves_nothing_is_red(watch, seconds_ago, proved_ago, what):
    engine(seconds_ago=seconds_ago, proved_ago=proved_ago)
    assert states()[what] == "red"


def test_a_person_on_watch_without_a_proven_contact_is_red(watch):
    engine(seconds_ago=1)
    watch.team.memberships.get().person.contacts.update(verified_at=None)
    assert states()["Watch"] == "red"


def test_a_person_on_watch_who_is_deactivated_is_red(watch):
    engine(seconds_ago=1)
    person = watch.team.memberships.get().person
    person.is_active = False
    person.save()
    assert states()["Watch"] == "red"


def test_a_part_without_its_variable_or_connector_is_red_and_names_the_variable(watch):
    Platform.objects.create(name="x", kind="hackerone", url="https://h1.example", program="acme", token_env="NO_SUCH_TOKEN")
    found = {finding.what: finding for finding in operate._not_active(database_now())}
    assert found["platforms x"].state == "red"
    assert "Not set: NO_SUCH_TOKEN." in found["platforms x"].says


def test_a_gap_now_and_no_last_resort_are_red(watch):
    engine(seconds_ago=1)
    watch.layers.all().delete()
    Organization.objects.update(last_resort=None)
    found = states()
    assert (found["Watch"], found["last resort"]) == ("red", "red")


def test_the_command_exits_1_when_something_is_red_and_prints_the_findings(watch):
    done = CliRunner().invoke(operate.app, ["doctor"])
    assert done.exit_code == 1
    assert "No paging engine runs" in done.output


def chat(**more) -> dict[str, str]:
    row = {
        "name": "main",
        "kind": "slack",
        "token_env": "SLACK_TOKEN",
        "signing_env": "SLACK_SIGNING",
        "looked_at": database_now(),
        "said": "watchbill in Example",
    }
    Chat.objects.create(**row | more)
    return {finding.state: finding.says for finding in operate._chats(database_now())}


def test_a_chat_is_green_when_it_answers_and_is_heard(monkeypatch):
    monkeypatch.setenv("SLACK_TOKEN", "x")
    monkeypatch.setenv("SLACK_SIGNING", "x")
    assert chat() == {"green": "It answers as watchbill in Example; what is pressed there is heard by signed requests."}


@pytest.mark.parametrize(
    ("row", "state", "says"),
    [
        ({"error": "Slack said token_revoked: the token was revoked."}, "red", "It does not answer: Slack said token_revoked"),
        ({"looked_at": None}, "red", "Nobody has asked lately"),
        ({"app_token_env": "SLACK_APP", "signing_env": ""}, "red", "Socket Mode is not connected"),
        ({"signing_env": ""}, "amber", "one-way"),
    ],
)
def test_a_chat_that_does_not_answer_or_is_not_heard_is_said(monkeypatch, row, state, says):
    for name in ("SLACK_TOKEN", "SLACK_SIGNING", "SLACK_APP"):
        monkeypatch.setenv(name, "x")
    found = chat(**row)
    assert list(found) == [state]
    assert says in found[state]


def test_a_chat_that_was_last_asked_long_ago_and_messages_that_wait_are_said(monkeypatch):
    monkeypatch.setenv("SLACK_TOKEN", "x")
    found = chat(signing_env="", looked_at=database_now() - dt.timedelta(minutes=4))
    assert "Nobody has asked lately" in found["red"]
    row = Chat.objects.get()
    Posting.objects.create(incident_id=1, chat=row, channel="#sec", error="Slack said not_in_channel", created_at=database_now())
    assert "1 messages there could not be written" in {f.state: f.says for f in operate._chats(database_now())}["amber"]


def test_a_chat_whose_variable_is_missing_is_named_once(watch):
    assert chat() == {}
    assert "Not set: SLACK_SIGNING, SLACK_TOKEN." in {f.what: f.says for f in operate._not_active(database_now())}["chats main"]


@pytest.mark.req("P19", "P20")
def test_what_is_quiet_and_who_cannot_be_heard_is_said(watch):
    now, ann = database_now(), factories.actor(Person.objects.get(handle="ann"))
    service = factories.service("S", watch.team, factories.policy("P", watch.team, ([factories.to(watch)], "15m")))
    add_maintenance(NewMaintenance(service, now, now + factories.HOUR, "new disks"), by=ann, now=now)
    for name in ("backup", "restore"):
        watch_in(name, {"service_id": service.id, "every_seconds": 300, "grace_seconds": 0, "severity": "high"}, now=now)
    found = states()
    assert (found["S"], found["heartbeats"], found["heartbeat backup"]) == ("amber", "red", "amber")
    Listening.objects.create(last_at=now, since=now)
    create_heartbeat_key("backup", by=ann, now=now)
    found = states()
    assert "heartbeats" not in found
    assert "heartbeat backup" not in found
    Heartbeat.objects.filter(name="backup").update(late_at=now)
    assert states()["heartbeat backup"] == "amber"


@pytest.mark.parametrize(("read_ago", "failed", "state"), [(5, 0, "green"), (300, 0, "red"), (None, 0, "red"), (5, 1, "red")])
def test_a_mailbox_that_is_not_read_is_red_and_says_why(watch, monkeypatch, read_ago, failed, state):
    monkeypatch.setenv("X_IMAP", "imaps://u:verysecret@mx.example.org")
    now = database_now()
    box = Mailbox.objects.create(
        name="m",
        team=watch.team,
        imap_env="X_IMAP",
        address="a@example.org",
        purposes=["alerts"],
        last_error="the server said no" if state == "red" else "",
    )
    Mailbox.objects.update(read_at=None if read_ago is None else now - dt.timedelta(seconds=read_ago))
    if failed:
        Mail.objects.create(mailbox=box, digest=b"1", message_id=b"1", verdict="failed", read_at=now)
    (found,) = operate._mailboxes(now)
    assert (found.what, found.state) == ("mailbox m", state)
    assert "verysecret" not in found.says
    assert ("the server said no" in found.says) is (state == "red")
    Mailbox.objects.update(purposes=["reports"])
    assert list(operate._mailboxes(now)) == [found], "it is read for reports, too"
    monkeypatch.delenv("X_IMAP")
    assert not list(operate._mailboxes(now)), "named by what is not active"


@pytest.mark.parametrize(
    ("row", "state", "says"),
    [
        ({}, "green", "It answers as desk, no webhook came yet."),
        ({"error": "GitLab answered 401: the token is not valid, or lacks a right."}, "amber", "It does not answer: GitLab answered 401"),
        ({"looked_at": None}, "amber", "Nobody has asked lately"),
        ({"wait_until": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)}, "amber", "It asked to wait until 00:00 UTC"),
    ],
)
def test_a_tracker_says_how_it_is(monkeypatch, row, state, says):
    monkeypatch.setenv("GL_TOKEN", "x")
    monkeypatch.setenv("GL_SECRET", "x")
    now = database_now()
    known = {"kind": "gitlab", "url": "https://gl.example.org", "token_env": "GL_TOKEN", "webhook_env": "GL_SECRET"}
    made = Tracker.objects.create(**{"name": "main", **known, "looked_at": now, "account": "desk", **row})
    Source.objects.create(tracker=made, project="a/b", due_at=now, error="GitLab answered 404.")
    first, second = trackers(now)
    assert (first.state, first.says.startswith(says)) == (state, True)
    assert (second.state, second.says) == ("amber", "a/b is not read: GitLab answered 404.")


@pytest.mark.parametrize(
    ("row", "state", "says"),
    [
        ({}, "green", "It answers as desk, 1 reports are mirrored, no webhook came yet."),
        ({"error": "HackerOne answered 503."}, "amber", "It does not answer, or was not read to its end: HackerOne answered 503."),
        ({"looked_at": None}, "amber", "Nobody has asked lately whether it answers"),
        ({"wait_until": dt.datetime(2200, 1, 1, tzinfo=dt.UTC)}, "amber", "It asked to wait until 00:00 UTC"),
        (
            {"read_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
            "amber",
            "It does not answer, or was not read to its end: not read since 2026-01-01",
        ),
    ],
)
def test_a_platform_says_how_it_is(monkeypatch, row, state, says):
    monkeypatch.setenv("H1_TOKEN", "desk:x")
    monkeypatch.setenv("H1_SECRET", "x")
    now = database_now()
    names = {"kind": "hackerone", "url": "https://h1.example.org", "program": "acme", "token_env": "H1_TOKEN", "webhook_env": "H1_SECRET"}
    known = {"groups": {"Security": "1"}, "users": {}, "fields": {"Rank": "2"}}
    told = {
        "known": known,
        "triage_group": "H1 Triage",
        "tier_field": "Tier",
        "writes": ["tier", "bounty"],
        "aside": {"77": "It has no time."},
    }
    made = Platform.objects.create(**{"name": "main", **names, "looked_at": now, "account": "desk", **told, **row})
    times = {"created_at": now, "submitted_at": now, "active_at": now, "seen_at": now}
    remote = Remote.objects.create(platform=made, external_id="1", title="x", state="new", **times)
    Write.objects.create(remote=remote, kind="comment", due_at=now, error="HackerOne answered 503.", created_at=now)
    Write.objects.create(remote=remote, kind="bounty", end="unknown", created_at=now)
    first, *others = platforms(now)
    assert (first.state, first.says.startswith(says)) == (state, True), first
    assert [(one.state, one.says) for one in others] == [
        ("amber", "The programme has no group called H1 Triage, which `triage_group` names. It has: Security."),
        ("amber", "The programme has no custom field called Tier, which `tier_field` names. It has: Rank."),
        ("amber", "1 reports are set aside, since nobody understood how they were shown: 77 (It has no time.)."),
        ("amber", "1 writes failed and are tried again; each report's page says why."),
        ("red", "1 writes may have been done, and are not found there; each report's page says what to do."),
    ]
