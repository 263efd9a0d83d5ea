"""What else is done with an incident in a terminal, and with what waits in a queue: each by its own command, with one sentence."""

from __future__ import annotations

import pytest

from tests.cli.test_desk import ada, bruno, desk, opened
from watchbill.duties.actions.asking import look_after_duties
from watchbill.duties.models import Duty, Queue
from watchbill.incidents.models import Incident
from watchbill.kernel.clock import database_now
from watchbill.schedules.models import Schedule
from watchbill.trackers.models import Issue, Tracker

pytestmark = pytest.mark.django_db
__all__ = ["ada", "bruno", "desk"]


def test_an_incident_goes_through_its_verbs(cli, desk, ada):
    one, other = opened(ada).number, opened(ada, "no space left").number
    as_ada = ("--as", "ada")
    cli("ack", one, *as_ada)
    assert cli("severity", one, "critical", *as_ada).out == f"#{one} is critical now.\n"
    assert "needs a reason" in cli("severity", one, "low", *as_ada).err
    assert cli("severity", one, "low", "--why", "a test", "--json", *as_ada).json()["severity"] == "low"
    assert cli("snooze", one, "--until", "2001-01-01", "--why", "x", *as_ada).code == 1
    assert "is paged now" in cli("escalate", one, *as_ada).out
    assert cli("merge", other, "--into", one, *as_ada).out.startswith(f"#{other} is merged into #{one}.")
    assert f"was merged into #{one}" in cli("reopen", other, "--why", "no", *as_ada).err
    cli("resolve", one, *as_ada)
    assert "is open again" in cli("reopen", one, "--why", "it is back", *as_ada).out
    assert "Nothing that is written" in cli("write-again", one, *as_ada).err
    assert "offer a hand-off" in cli("assign", one, "--to", "bruno", *as_ada).err


def test_steps_are_listed_and_answered(cli, desk, ada):
    number = opened(ada).number
    assert "Say why" in cli("step", number, "supported", "yes", "--as", "ada").err
    cli("step", number, "supported", "yes", "--why", "it is ours", "--as", "ada")
    row = next(each for each in cli("steps", number, "--json").json() if each["step"] == "supported")
    assert (row["answer"], row["why"], row["by"]["handle"]) == ("yes", "it is ours", "ada")
    assert "experts" in cli("steps", number).out


def test_tasks_and_stakeholders(cli, desk, ada, bruno):
    number = opened(ada).number
    assert cli("task", "add", number, "call them", "--to", "bruno", "--as", "ada").out.startswith("Written down for Bruno.")
    (task,) = cli("task", "list", number, "--json").json()
    assert (task["what"], task["assignee"]["handle"], task["done_at"]) == ("call them", "bruno", None)
    assert cli("task", "done", number, task["id"], "--as", "bruno").out == "Done.\n"
    cli("stakeholder", "add", number, "Legal", "--every", 30, "--as", "ada")
    (named,) = cli("stakeholder", "list", number, "--json").json()
    cli("stakeholder", "told", number, "contained", "--as", "ada")
    assert cli("stakeholder", "list", number, "--json").json()[0]["updated_at"]
    cli("stakeholder", "remove", number, named["id"], "--as", "ada")
    assert cli("stakeholder", "list", number).out == "Nobody is named who must hear.\n"
    assert {each["person"]["handle"] for each in cli("participants", number, "--json").json()} == {"ada", "bruno"}


def test_an_item_of_a_queue_is_taken_given_back_and_promoted(cli, desk, ada):
    now = database_now()
    tracker = Tracker.objects.create(name="main", kind="gitlab", url="https://gitlab.example.org", token_env="NO_SUCH_TOKEN")
    Queue.objects.create(name="oncall", team=desk, tracker=tracker, projects=["sec/desk"])
    times = {"created_at": now, "updated_at": now, "seen_at": now, "words_to": now}
    item = Issue.objects.create(tracker=tracker, project="sec/desk", number=7, title="odd login", url="https://x.example.org", **times).id
    assert [(each["name"], each["new"]) for each in cli("queue", "list", "--json").json()] == [("oncall", 1)]
    assert "odd login" in cli("queue", "show", "oncall").out
    cli("queue", "pass", "oncall", "--note", "one odd login", "--as", "ada")
    cli("queue", "take", "oncall", item, "--as", "ada")
    (row,) = cli("queue", "show", "oncall", "--json").json()
    assert (row["taken_by"]["handle"], row["new"]) == ("ada", False)
    assert "Ada has it" in cli("queue", "take", "oncall", item, "--as", "bruno").err
    assert cli("queue", "give-back", "oncall", item, "--why", "I am away", "--as", "ada").code == 0
    assert "Nobody has it" in cli("queue", "done", "oncall", item, "--as", "ada").err
    number = int(cli("queue", "promote", "oncall", item, "--service", "S", "--as", "ada").out)
    assert Incident.objects.get(number=number).title == "odd login"


def test_duties_are_listed_and_proved(cli, desk, ada):
    now = database_now()
    Duty.objects.create(name="Note what should be better", team=desk, schedule=Schedule.objects.get(), since=now, every="day")
    look_after_duties(now=now)
    assert "Note what should be better" in cli("duty", "list").out
    assert "Write what you did" in cli("duty", "prove", "Note what should be better", "--as", "ada").err
    assert (
        cli("duty", "prove", "Note what should be better", "the pager was mute", "--as", "ada").out
        == "Recorded. It counts for your watch.\n"
    )
    (row,) = cli("duty", "list", "--json").json()
    assert [(each["state"], each["done_by"]["handle"]) for each in row["asked"]] == [("done", "ada")]
    assert "no such duty" in cli("duty", "prove", "nope", "x", "--as", "ada").err
