"""`watchbill shift` and `watchbill runbook`, as somebody types them; the watch also over HTTP. Both tell each viewer what the page tells them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from tests.factories import DAY, actor
from tests.response.desk import Desk
from watchbill.kernel.clock import database_now
from watchbill.people.actions import create_token
from watchbill.runbooks.actions import Wording, retire, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> dt.datetime:
    return database_now()


@pytest.fixture
def desk(db: None, now: dt.datetime) -> Desk:
    """Ada has the watch, one incident that everybody may know of and one that only she may."""
    made = Desk()
    made.plain, made.hidden = made.open("disk full", now=now), made.open("salamander", service=made.secret, restricted=True, now=now)
    for each in (made.plain, made.hidden):
        made.acknowledge(each, made.ada, now)
        made.act("note", each, made.ada, f"note of {each.title}", now=now)
    return made


def over_http(who, query: str = "") -> tuple[int, object]:
    _, secret = create_token(who, ["incidents:read"], by=actor(who), now=database_now())
    answer = Client().get(f"/api/v1/shift{query}", headers={"Authorization": f"Bearer {secret}"})
    return answer.status_code, answer.json()


@pytest.mark.req("G5")
def test_your_watch_as_on_its_page_and_the_same_over_http(cli, desk: Desk) -> None:
    said = cli("shift", "--as", "ada").out
    for part in ("# Watch of Ada: Watch", "## Notes", "## Left open", "disk full (high)", desk.hidden.code_name, "note of salamander"):
        assert part in said
    assert "salamander (" not in said  # by its code name
    (data,) = cli("shift", "--as", "ada", "--json").json()
    assert (data["person"]["handle"], data["schedule"], data["state"], data["numbers"]["pages"]) == ("ada", "Watch", "running", 2)
    assert {each["incident"]["number"] for each in data["left"]} == {desk.plain.number, desk.hidden.number}
    status, body = over_http(desk.ada)
    assert (status, body["items"]) == (200, [data])
    shared = cli("shift", "--as", "ada", "--share").out
    assert "disk full" in shared
    assert not any(word in shared for word in ("salamander", desk.hidden.code_name, str(desk.hidden.number)))


@pytest.mark.req("G5")
@pytest.mark.parametrize("words", [["ada"], ["--team", "SecOps"], ["ada", "--team", "SecOps"]])
def test_who_manages_the_team_and_the_operator_see_what_they_may_know(cli, desk: Desk, words: list[str]) -> None:
    for as_ in (["--as", "grace"], []):
        said = cli("shift", *words, *as_)
        assert "disk full" in said.out, said.err
        assert not any(word in said.out for word in ("salamander", desk.hidden.code_name, str(desk.hidden.number)))
        data = cli("shift", *words, *as_, "--json")
        assert [each["incident"]["number"] for each in data.json()[0]["left"]] == [desk.plain.number]
        assert "salamander" not in data.out
    status, body = over_http(desk.grace, "?person=ada")
    assert (status, [each["incident"]["number"] for each in body["items"][0]["left"]]) == (200, [desk.plain.number])


def test_whoever_may_not_look_is_told_nothing_of_it(cli, desk: Desk) -> None:
    for words in (["ada"], ["--team", "SecOps"], ["ada", "--team", "SecOps"]):
        refused = cli("shift", *words, "--as", "charlie")
        assert (refused.code, refused.out) == (1, "")
        assert "are seen by themselves and by managers" in refused.err
    for query in ("?person=ada", "?team=SecOps"):
        status, body = over_http(desk.charlie, query)
        assert (status, body["error"]) == (403, "not_allowed")
    (own,) = cli("shift", "--as", "charlie", "--json").json()
    assert (own["state"], own["left"], own["schedule"]) == ("none", [], None)
    assert "# Watch of Charlie: none now" in cli("shift", "--as", "charlie").out


def test_another_moment_and_what_cannot_be_meant(cli, desk: Desk, now: dt.datetime) -> None:
    before = now - 2 * DAY
    (data,) = cli("shift", "--as", "ada", "--at", before.isoformat(), "--json").json()
    assert dt.datetime.fromisoformat(data["start"]) <= before < dt.datetime.fromisoformat(data["end"])
    long_ago = cli("shift", "--as", "ada", "--at", (now - 400 * DAY).isoformat())
    assert (long_ago.code, "no watch then" in long_ago.err) == (1, True)
    for words, code, says in (
        (["--as", "ada", "--at", "soon"], 2, "is no time"),
        ([], 2, "Whose watch?"),
        (["nobody"], 1, "nobody with that handle"),
        (["--team", "Nobodies"], 1, "no team called"),
    ):
        ended = cli("shift", *words)
        assert (ended.code, ended.out) == (code, "")
        assert says in ended.err
    assert over_http(desk.ada, "?at=soon")[0] == 422


def test_runbooks_are_listed_and_read(cli, desk: Desk, now: dt.datetime) -> None:
    assert "There is no runbook yet" in cli("runbook", "list").out
    by = {"person": desk.ada, "actor": actor(desk.ada), "now": now}
    made = write(desk.team, Wording("Disk full", "# Look\n\n`df -h`\x1b[2J", "first", ()), **by)
    old = write(desk.team, Wording("Old pager", "call", "first", ()), **by)
    retire(old.id, **by)
    assert "Disk full" in cli("runbook", "list").out
    assert [row["id"] for row in cli("runbook", "list", "df -h", "--json", "--as", "charlie").json()] == [made.id]
    assert cli("runbook", "list", "--team", "Managers", "--json").json() == []
    assert [row["title"] for row in cli("runbook", "list", "--retired", "--json").json()] == ["Old pager"]
    shown = cli("runbook", "show", made.id)
    assert f"Disk full ({desk.team.name}), version 1" in shown.out
    assert "\x1b" not in shown.out
    assert "# Look\n\n`df -h`" in shown.out
    assert cli("runbook", "show", made.id, "--json").json()["text"].startswith("# Look")
    missing = cli("runbook", "show", 999_999)
    assert (missing.code, "no runbook 999999" in missing.err) == (1, True)
