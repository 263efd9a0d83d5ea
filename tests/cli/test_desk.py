"""The desk in a terminal: what is printed, who is named, how it ends."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories
from watchbill.audit.models import Record
from watchbill.incidents.models import Incident
from watchbill.kernel.clock import database_now
from watchbill.people.actions import create_token
from watchbill.people.models import ApiToken
from watchbill.response import actions

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db):
    return factories.person("ada")


@pytest.fixture
def bruno(db):
    return factories.person("bruno")


@pytest.fixture
def desk(ada, bruno):
    grace, team = factories.person("grace"), factories.team("SecOps", ada, bruno)
    factories.organization(grace)
    schedule = factories.schedule("First", team, ada)
    policy = factories.policy("P", team, ([factories.to(schedule)], "15m"), last_resort=grace)
    factories.service("S", team, policy)
    factories.service("Secret", team, policy, restricted=True)
    return team


def opened(ada, title: str = "disk full", service: str = "S", **fields) -> Incident:
    return actions.page_by_hand(title, service, by=factories.actor(ada), now=database_now(), **fields)


def test_page_prints_the_number_alone(cli, desk, ada):
    ran = cli("page", "the mail is down", "--service", "S", "--severity", "critical", "--as", "ada")
    incident = Incident.objects.get()
    assert (ran.code, ran.out, ran.err) == (0, f"{incident.number}\n", "")
    assert (incident.title, incident.severity) == ("the mail is down", "critical")


def test_open_incidents_are_listed_newest_first_and_all_on_request(cli, desk, ada):
    first, second, third = (opened(ada, title) for title in ("one", "two", "three"))
    cli("resolve", second.number, "--as", "ada")
    assert [row["number"] for row in cli("incidents", "--json").json()] == [third.number, first.number]
    assert [row["number"] for row in cli("incidents", "--all", "--json").json()] == [third.number, second.number, first.number]
    assert [row["number"] for row in cli("incidents", "--all", "--limit", 1, "--json").json()] == [third.number]
    lines = cli("incidents").out.splitlines()
    assert lines[0].split() == ["#", "severity", "status", "title", "service", "owner", "opened"]
    assert [line.split()[0] for line in lines[1:]] == [str(third.number), str(first.number)]


def test_a_list_longer_than_one_page_is_whole(cli, desk, ada, monkeypatch):
    monkeypatch.setattr("watchbill.cli.desk.MOST", 2)
    numbers = [opened(ada).number for _ in range(5)]
    assert [row["number"] for row in cli("incidents", "--json").json()] == numbers[::-1]


def test_an_empty_list_says_so_to_people_and_is_empty_to_machines(cli, desk):
    assert cli("incidents").out == "No incident is open.\n"
    assert cli("incidents", "--json").json() == []


def test_show_prints_the_incident_and_its_story(cli, desk, ada):
    incident = opened(ada, "disk full on host1")
    cli("note", incident.number, "the disk, not the fan", "--as", "ada")
    said = cli("show", incident.number).out
    for word in ("disk full on host1", "nobody yet", "triggered at step 1", "the disk, not the fan", "Ada"):
        assert word in said
    assert cli("show", incident.number, "--json").json()["number"] == incident.number


def test_text_from_outside_cannot_steer_the_terminal(cli, desk, ada):
    opened(ada, "\x1b[31mred\x1b[0m \x07 [bold]x[/bold] :smile:")
    for said in (cli("incidents").out, cli("show", Incident.objects.get().number).out):
        assert "\x1b" not in said
        assert "\x07" not in said
        assert "[bold]x[/bold] :smile:" in said


@pytest.mark.req("P3", "G7")
def test_ack_makes_an_owner_and_says_so(cli, desk, ada):
    incident = opened(ada)
    ran = cli("ack", incident.number, "--as", "ada")
    assert (ran.code, ran.out) == (0, f"You own #{incident.number}. The others who were notified are told.\n")
    assert cli("ack", incident.number, "--as", "ada", "--json").json()["owner"] == {"handle": "ada", "name": "Ada"}


@pytest.mark.req("P4")
def test_whoever_comes_second_is_told_who_has_it(cli, desk, ada):
    incident = opened(ada)
    cli("ack", incident.number, "--as", "ada")
    ran = cli("ack", incident.number, "--as", "bruno")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"Ada has #{incident.number}")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("words", [("ack", 1), ("resolve", 1), ("note", 1, "x"), ("page", "x", "--service", "S")])
def test_an_act_by_nobody_is_wrong_usage_and_does_nothing(cli, desk, ada, words):
    opened(ada)
    before = Record.objects.count()
    ran = cli(*words)
    assert (ran.code, ran.out) == (2, "")
    assert "--as HANDLE" in ran.err
    assert Record.objects.count() == before


def test_somebody_can_be_named_three_ways(cli, desk, ada, monkeypatch):
    incident = opened(ada)
    monkeypatch.setenv("WATCHBILL_AS", "ada")
    assert cli("ack", incident.number).code == 0
    monkeypatch.delenv("WATCHBILL_AS")
    _, secret = create_token(ada, ["incidents:write"], by=factories.actor(ada), now=database_now())
    monkeypatch.setenv("WATCHBILL_TOKEN", secret)
    assert cli("note", incident.number, "by token").code == 0
    assert cli("note", incident.number, "by name", "--as", "bruno").code == 0
    notes = [(each.actor.handle, each.text) for each in incident.timeline.filter(kind="note").order_by("id")]
    assert notes == [("ada", "by token"), ("bruno", "by name")]


def test_the_audit_names_the_person_and_the_console(cli, desk, ada, monkeypatch):
    monkeypatch.setenv("SUDO_USER", "hugo")
    incident = opened(ada)
    cli("ack", incident.number, "--as", "ada")
    record = Record.objects.get(action="page.acknowledge")
    assert (record.actor, record.actor_id, record.via, record.detail["console"]) == ("ada", ada.id, "cli", "hugo")


def test_the_audit_names_the_token_too(cli, desk, ada, monkeypatch):
    incident = opened(ada)
    token, secret = create_token(ada, ["incidents:write"], by=factories.actor(ada), now=database_now())
    monkeypatch.setenv("WATCHBILL_TOKEN", secret)
    cli("ack", incident.number)
    detail = Record.objects.get(action="page.acknowledge").detail
    assert detail["token"] == token.id
    assert "console" in detail


def test_a_token_does_what_its_scopes_name_and_a_dead_one_nothing(cli, desk, ada, monkeypatch):
    incident = opened(ada)
    _, secret = create_token(ada, ["incidents:read"], by=factories.actor(ada), now=database_now())
    monkeypatch.setenv("WATCHBILL_TOKEN", secret)
    assert cli("show", incident.number).code == 0
    ran = cli("ack", incident.number)
    assert (ran.code, "incidents:write" in ran.err) == (1, True)
    ApiToken.objects.update(revoked_at=database_now())
    assert cli("show", incident.number).code == 1
    ApiToken.objects.update(revoked_at=None, expires_at=database_now() - dt.timedelta(seconds=1))
    assert cli("show", incident.number).code == 1


def test_an_unknown_or_departed_person_cannot_be_named(cli, desk, ada):
    incident = opened(ada)
    ran = cli("ack", incident.number, "--as", "nobody")
    assert (ran.code, ran.err) == (1, "There is nobody with the handle nobody.\n")
    type(ada).objects.filter(pk=ada.pk).update(is_active=False)
    assert cli("ack", incident.number, "--as", "ada").code == 1


@pytest.mark.req("R8")
def test_the_console_shows_restricted_incidents_to_those_who_may_see_them_alone(cli, desk, ada):
    incident = opened(ada, "the cat is out", service="Secret")
    assert cli("incidents", "--all", "--json").json() == []
    assert cli("show", incident.number).code == 1
    assert cli("show", incident.number, "--as", "bruno").err == cli("show", incident.number).err
    assert cli("show", incident.number, "--as", "ada", "--json").json()["title"] == "the cat is out"
    assert [row["number"] for row in cli("incidents", "--as", "ada", "--json").json()] == [incident.number]


@pytest.mark.parametrize("number", [0, 12345, 10**30])
def test_a_number_that_is_none_is_refused_with_a_sentence(cli, desk, number):
    for words in (("show", number), ("ack", number, "--as", "ada"), ("note", number, "x", "--as", "ada")):
        ran = cli(*words)
        assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    "words", [("show",), ("show", "one"), ("ack", "1", "2"), ("incidents", "--colour"), ("page",), ("explode",), ("show", "--help-me")]
)
def test_a_line_that_cannot_be_meant_is_wrong_usage(cli, desk, words):
    ran = cli(*words)
    assert ran.code == 2
    assert ran.out == ""
    assert "Traceback" not in ran.err


def test_a_note_can_come_from_standard_input(cli, desk, ada, monkeypatch):
    import io

    incident = opened(ada)
    monkeypatch.setattr("sys.stdin", io.StringIO("first line\nsecond line\n"))
    assert cli("note", incident.number, "-", "--as", "ada").code == 0
    assert incident.timeline.get(kind="note").text == "first line\nsecond line"


@pytest.mark.parametrize(("words", "word"), [(("--severity", "red"), "Severity"), (("--service", "none"), "service")])
def test_a_page_that_cannot_be_is_refused(cli, desk, words, word):
    ran = cli("page", "x", "--service", "S", *words, "--as", "ada")
    assert (ran.code, ran.out) == (1, "")
    assert word in ran.err


@pytest.mark.req("K41")
def test_an_incident_is_handed_over_in_the_terminal(cli, desk, ada, bruno):
    number = opened(ada).number
    cli("ack", number, "--as", "ada")
    half = cli("handoff", number, "--to", "bruno", "--next", "reimage the laptop", "--as", "ada")
    assert (half.code, half.out) == (1, "")
    assert "The summary is empty" in half.err
    assert "Next step 1 has no person" in half.err
    words = ("--summary", "disk full", "--next", "bruno: find what writes", "--engaged", "Priya N.")
    made = cli("handoff", number, "--to", "bruno", *words, "--as", "ada", "--json").json()
    assert (made["state"], made["next_steps"]) == ("offered", [{"who": "bruno", "what": "find what writes"}])
    assert "Bruno" in cli("show", number).out.partition("offered to")[2]
    assert cli("accept", number, "--as", "ada").code == 1
    accepted = cli("accept", number, "--as", "bruno")
    assert accepted.code == 0
    assert "Next: bruno: find what writes" in accepted.out
    assert cli("show", number, "--json").json()["acting"]["handle"] == "bruno"
    again = cli("handoff", number, "--to", "ada", *words, "--as", "bruno")
    assert again.code == 0
    assert cli("decline", number, "--why", "I sleep", "--as", "ada").code == 0
    assert "No hand-off of" in cli("decline", number, "--why", "twice", "--as", "ada").err
    cli("handoff", number, "--to", "ada", *words, "--kind", "break", "--returns", "2199-01-01", "--as", "bruno")
    cli("handoff", number, "--to", "ada", *words, "--as", "bruno")
    assert cli("withdraw", number, "--as", "bruno").code == 0
    assert "Say until when" in cli("keep", number, "--as", "bruno").err
    assert cli("keep", number, "--until", f"{database_now() + dt.timedelta(hours=3):%Y-%m-%dT%H:%M}", "--as", "bruno").code == 0
