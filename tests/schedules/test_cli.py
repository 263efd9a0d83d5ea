"""`watchbill who | shifts | verify | override`: what is printed, and when the exit code is not 0."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import organization, person, schedule, team
from watchbill.audit.models import Record
from watchbill.kernel.clock import database_now
from watchbill.people.models import Person
from watchbill.schedules.models import Layer, Override

DAY = dt.timedelta(days=1)


@pytest.fixture
def watch(db):
    ada, bruno, grace = (person(handle) for handle in ("ada", "bruno", "grace"))
    organization(grace)
    person("charlie")
    return schedule("Watch", team("SecOps", ada, bruno, managers=(grace,)), ada, bruno)


def soon(hours: int) -> str:
    return (database_now() + dt.timedelta(hours=hours)).isoformat(timespec="seconds")


@pytest.mark.req("S12")
def test_who_has_the_watch_until_when_and_who_follows(cli, watch):
    (answer,) = cli("who", "Watch", "--at", "2026-11-04T09:00", "--json").json()
    assert answer == {
        "schedule": "Watch",
        "on_call": [
            {
                "person": {"handle": "bruno", "name": "Bruno"},
                "until": "2026-11-09T00:00:00Z",
                "reachable_from": "2026-11-04T09:00:00Z",
                "source": "layer",
            }
        ],
        "next": [{"person": {"handle": "ada", "name": "Ada"}, "from": "2026-11-09T00:00:00Z"}],
    }


def test_a_time_without_a_zone_belongs_to_the_schedule(cli, watch):
    watch.timezone = "Asia/Tokyo"
    watch.save()
    (answer,) = cli("who", "--at", "2026-11-09T00:30", "--json").json()
    assert answer["on_call"][0]["person"]["handle"] == "ada"
    assert answer["on_call"][0]["reachable_from"] == "2026-11-08T15:30:00Z"


def test_who_without_a_name_shows_every_schedule_now(cli, watch):
    ran = cli("who", "--next")
    assert ran.code == 0
    assert "Watch" in ran.out
    assert "then " in ran.out
    Layer.objects.all().delete()
    assert "NOBODY" in cli("who").out


def test_shifts_are_whole_rows_with_their_source(cli, watch):
    rows = cli("shifts", "Watch", "--from", "2026-11-04", "--to", "2026-11-10", "--json").json()
    assert [(row["start"], row["person"]["handle"], row["source"], row["layer"]) for row in rows] == [
        ("2026-11-02T00:00:00Z", "bruno", "layer", "all"),
        ("2026-11-09T00:00:00Z", "ada", "layer", "all"),
    ]
    assert set(rows[0]) == {"schedule", "person", "start", "end", "source", "layer"}
    assert "Bruno" in cli("shifts", "Watch", "--from", "2026-11-04", "--to", "2026-11-10").out


@pytest.mark.req("G1")
def test_a_gap_is_a_row_of_nobody_and_verify_exits_1(cli, watch):
    assert cli("verify", "Watch").code == 0
    Layer.objects.update(valid_until=database_now() + 21 * DAY)
    (row,) = cli("shifts", "Watch", "--from", soon(24 * 60), "--to", soon(24 * 61), "--json").json()
    assert row["person"] is None
    assert row["source"] == "gap"
    ran = cli("verify", "Watch", "--months", 3)
    assert ran.code == 1
    assert "one gap" in ran.out
    assert "nobody from" in ran.out
    assert cli("verify", "--json").code == 1


@pytest.mark.req("G1")
def test_a_watch_that_only_a_deactivated_person_has_is_a_gap_to_verify(cli, watch):
    Person.objects.filter(handle="bruno").update(is_active=False)
    ran = cli("verify", "Watch", "--months", 2)
    assert ran.code == 1
    assert "nobody from" in ran.out
    assert "Bruno is deactivated and will be skipped" in ran.out


def test_verify_names_public_holidays_in_the_zone_of_the_person_and_the_hours_of_each(cli, watch):
    Person.objects.filter(handle="ada").update(holidays="JP", timezone="Asia/Tokyo")
    (report,) = cli("verify", "Watch", "--months", 14, "--json").json()
    holidays = [one for one in report["warnings"] if one["kind"] == "holiday"]
    assert holidays
    assert {one["person"]["handle"] for one in holidays} == {"ada"}
    assert all(one["start"].endswith(("T15:00:00Z", "T00:00:00Z")) for one in holidays)  # midnight of Tokyo, or the hand-over
    out = cli("verify", "Watch", "--months", 14).out
    assert "Ada has a public holiday, " in out
    assert "hours on watch: " in out


@pytest.mark.req("G1")
def test_an_override_that_leaves_nobody_says_so_at_once(cli, watch):
    alone = cli("override", "add", "Watch", "--remove", "ada", "--from", "2027-01-04", "--to", "2027-01-18", "--as", "ada", "--json")
    assert alone.json()["kind"] == "remove"
    assert "Nobody has Watch now from 2027-01-" in alone.err
    taken = cli("override", "add", "Watch", "--take", "bruno", "--from", "2027-01-04", "--to", "2027-01-18", "--as", "ada").err
    assert "Nobody" not in taken
    assert "New: Bruno is on watch for 504 h without a break" in taken


@pytest.mark.req("S9")
def test_why_is_told_layer_by_layer(cli, watch):
    cli(
        "override",
        "add",
        "Watch",
        "--take",
        person("chen").handle,
        "--from",
        "2027-01-04",
        "--to",
        "2027-01-05",
        "--as",
        "ada",
        "--reason",
        "ill",
    )
    told = cli("who", "Watch", "--at", "2027-01-04T12:00", "--why").out
    assert "  layer all, on the clock of " in told
    assert ", take Chen, by ada " in told
    assert ": ill; " in told
    assert "  so: Chen" in told
    (row,) = cli("who", "Watch", "--at", "2027-01-04T12:00", "--why", "--json").json()
    assert [one["handle"] for one in row["why"]["on_call"]] == ["chen"]
    assert row["why"]["changes"][0]["reason"] == "ill"


def test_at_a_terminal_a_new_gap_is_asked_about(cli, watch, monkeypatch):
    window = ("--from", "2027-01-04", "--to", "2027-01-18", "--as", "ada")
    answers = iter([False, True])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", lambda _question: next(answers))
    no = cli("override", "add", "Watch", "--remove", "ada", *window)
    assert (no.code, "Nobody would have Watch from 2027-01-" in no.err, "Nothing was changed." in no.err) == (1, True, True)
    assert cli("override", "list", "Watch", "--json").json() == []
    assert cli("override", "add", "Watch", "--remove", "ada", *window).code == 0
    assert cli("override", "add", "Watch", "--remove", "bruno", *window, "--accept-gaps").code == 0


def test_a_shadow_and_a_reverse_shadow_are_added_by_hand(cli, watch):
    window = ("--from", "2027-01-04", "--to", "2027-01-05", "--as", "ada")
    assert "Chen shadows whoever has it, on Watch" in cli("override", "add", "Watch", "--shadow", person("chen").handle, *window).out
    reverse = cli("override", "add", "Watch", "--reverse-shadow", person("dana").handle, *window)
    assert "Dana has it, shadowed by whoever had it, on Watch" in reverse.out
    assert "Nobody" not in reverse.err
    assert [one["kind"] for one in cli("override", "list", "Watch", "--json").json()] == ["shadow", "reverse_shadow"]
    rows = cli("shifts", "Watch", *window[:4], "--json").json()
    assert ("chen", True) in [(row["person"]["handle"], row.get("shadow")) for row in rows]
    assert any("shadow" not in row for row in rows)
    assert "Chen (shadow)" in cli("shifts", "Watch", *window[:4]).out


def test_the_same_of_every_week_is_added_and_withdrawn_together(cli, watch):
    window = ("--from", "2027-01-04T10:00", "--to", "2027-01-04T14:00", "--as", "ada")
    made = cli("override", "add", "Watch", "--take", "bruno", *window, "--weekly-until", "2027-01-25", "--json").json()
    assert [one["start"][:10] for one in made] == ["2027-01-04", "2027-01-11", "2027-01-18", "2027-01-25"]
    assert {one["series"] for one in made} == {made[0]["id"]}
    assert "4 overrides are withdrawn" in cli("override", "remove", made[2]["id"], "--series", "--as", "ada").out
    assert cli("override", "list", "Watch", "--json").json() == []
    wrong = cli("override", "add", "Watch", "--take", "bruno", *window, "--weekly-until", "soon")
    assert (wrong.code, "is no day" in wrong.err) == (2, True)


def test_somebody_stands_in_on_every_schedule_and_all_is_withdrawn_together(cli, watch):
    window = ("--from", soon(24), "--to", soon(30), "--as", "ada")
    taken = cli("who", "Watch", "--at", soon(25), "--json").json()[0]["on_call"][0]["person"]["handle"]
    other = "bruno" if taken == "ada" else "ada"
    made = cli("override", "stand-in", "--of", taken, "--by", other, *window, "--json").json()
    assert [(row["schedule"], row["kind"], row["replaced"]["handle"]) for row in made] == [("Watch", "replace", taken)]
    assert cli("who", "Watch", "--at", soon(25), "--json").json()[0]["on_call"][0]["person"]["handle"] == other
    again = cli("override", "stand-in", "--of", taken, "--by", other, *window)
    assert (again.code, "there is nothing to take" in again.err) == (1, True)
    refused = cli("override", "stand-in", "--of", other, "--by", taken, *window[:4], "--as", "charlie")
    assert (refused.code, Override.objects.count()) == (1, 1)
    assert len(cli("override", "remove", made[0]["id"], "--series", "--as", "ada", "--json").json()) == 1


def test_verify_prints_the_warnings_as_sentences(cli, watch):
    backup = schedule("Backup", watch.team, *(person(handle) for handle in ("chen", "dana")))
    Layer.objects.filter(schedule=backup).update(order=Layer.objects.get(schedule=watch).order)
    reports = cli("verify", "--months", 2, "--json").json()
    assert {report["schedule"] for report in reports} == {"Watch", "Backup"}
    assert "has Backup at the same time" in reports[0]["warnings"][0]["text"]
    assert {one["person"]["handle"] for one in reports[0]["hours"]} == {"ada", "bruno"}
    out = cli("verify", "Watch", "--months", 6).out
    doubles = [line for line in out.splitlines() if "has Backup at the same time" in line]
    assert len(doubles) == 2  # one line for each of the two, however often
    listed = cli("verify", "Watch", "--months", 6, "--json").json()[0]["warnings"]
    hers = [one for one in listed if one["kind"] == "double" and one["person"]["handle"] == "ada"]
    (line,) = [line for line in doubles if "Ada has" in line]
    assert f"Ada has Backup at the same time, {len(hers)} times: first " in line
    first, last = (dt.datetime.fromisoformat(each["start"]) for each in (hers[0], hers[-1]))
    assert f"first {first:%Y-%m-%d %H:%MZ} to" in line
    assert f", last {last:%Y-%m-%d %H:%MZ} to" in line


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("who", "Wash"), 1, "There is no schedule 'Wash'. There are: Watch."),
        (("who", "Watch", "--at", "tomorrow"), 2, "is no time; expected one such as"),
        (("who", "Watch", "--at", "2300-01-01"), 1, "out of reach"),
        (("shifts", "Watch", "--from", "2026-11-04", "--to", "2026-11-03"), 1, "must end after it begins"),
        (("shifts", "Watch"), 2, ""),
        (("verify", "Watch", "--months", "0"), 2, ""),
        (("override", "add", "Watch", "--take", "ada", "--from", "2030-01-01", "--to", "2030-01-02"), 2, "--as"),
        (("override", "add", "Watch", "--from", "2030-01-01", "--to", "2030-01-02", "--as", "ada"), 2, "Say one of"),
        (
            ("override", "add", "Watch", "--replace", "ada", "--from", "2030-01-01", "--to", "2030-01-02", "--as", "ada"),
            2,
            "belong together",
        ),
        (
            ("override", "add", "Watch", "--take", "zoe", "--from", "2030-01-01", "--to", "2030-01-02", "--as", "ada"),
            1,
            "nobody with the handle zoe",
        ),
        (
            ("override", "add", "Watch", "--take", "ada", "--from", "2030-01-01", "--to", "2030-01-02", "--as", "charlie"),
            1,
            "no role in this team",
        ),
        (("override", "add", "Watch", "--take", "ada", "--from", "2020-01-01", "--to", "2020-01-02", "--as", "ada"), 1, "the past stays"),
        (("override", "remove", "99", "--as", "ada"), 1, "There is no override 99"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(cli, watch, words, code, sentence):
    ran = cli(*words)
    assert ran.code == code
    assert sentence in ran.err
    assert "Traceback" not in ran.err
    assert not Override.objects.exists()


@pytest.mark.req("S4", "S14")
def test_coverage_by_hand_is_added_shown_and_taken_back(cli, watch):
    words = ("override", "add", "Watch", "--replace", "ada", "--by", "bruno", "--from", soon(-1), "--to", soon(500), "--reason", "holiday")
    made = cli(*words, "--as", "grace", "--json").json()
    assert (made["kind"], made["person"]["handle"], made["replaced"]["handle"]) == ("replace", "bruno", "ada")
    assert dt.datetime.fromisoformat(made["start"]) >= database_now() - dt.timedelta(minutes=1)  # not in the past
    assert [row["id"] for row in cli("override", "list", "--json").json()] == [made["id"]]
    assert "Bruno for Ada" in cli("override", "list", "Watch").out
    assert {row["person"]["handle"] for row in cli("shifts", "Watch", "--from", soon(1), "--to", soon(400), "--json").json()} == {"bruno"}
    refused = cli(*words, "--as", "grace")
    assert refused.code == 1
    assert "Bruno has an override on Watch already" in refused.err
    assert cli("override", "remove", made["id"], "--as", "charlie").code == 1
    assert cli("override", "remove", made["id"], "--as", "ada").code == 0
    assert cli("override", "list", "--json").json() == []
    assert cli("override", "list", "--all", "--json").json()[0]["withdrawn_at"]
    assert list(Record.objects.filter(kind="override").order_by("id").values_list("action", "actor", "via")) == [
        ("override.add", "grace", "cli"),
        ("override.withdraw", "ada", "cli"),
    ]


@pytest.mark.parametrize(("kind", "said"), [("take", "Ada takes it"), ("add", "Ada too"), ("remove", "without Ada")])
def test_each_kind_is_said_in_plain_words(cli, watch, kind, said):
    ran = cli(
        "override", "add", "Watch", f"--{kind}", "ada@example.org", "--from", soon(1), "--to", soon(5), "--layer", "all", "--as", "ada"
    )
    assert ran.code == 0, ran.err
    assert said in ran.out
    assert "Watch, all" in ran.out
