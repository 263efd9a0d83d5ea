"""Swaps over HTTP and on the command line: the same acts, the same answers."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories as make
from tests.cli.conftest import cli, nobody_is_named
from watchbill.kernel.clock import database_now
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import on_call

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls")]
WEEK = dt.timedelta(weeks=1)

__all__ = ["cli", "nobody_is_named"]


@pytest.fixture
def turns(desk) -> Schedule:
    return make.schedule("Turns", desk.team, desk.alice, desk.bob)


def moments(desk, turns: Schedule) -> tuple[str, str]:
    """A moment in Alice's next watch, and one in Bob's."""
    weeks = [database_now() + WEEK, database_now() + 2 * WEEK]
    alice = [at for at in weeks if on_call([turns.id], at=at)[turns.id][0].person_id == desk.alice.id]
    (bob,) = set(weeks) - set(alice)
    return alice[0].isoformat(timespec="seconds"), bob.isoformat(timespec="seconds")


@pytest.mark.req("S7", "K43", "K45")
def test_a_swap_is_offered_accepted_and_undone(desk, turns):
    give, take = moments(desk, turns)
    body = {"to": "bob", "give": {"schedule": "Turns", "at": give}, "take": {"schedule": "Turns", "at": take}, "reason": "wedding"}
    made = desk.post("/swaps", desk.alice, body)
    assert (made.status, made.body["state"], made.body["from"]["handle"], made.body["to"]["handle"]) == (201, "offered", "alice", "bob")
    path = f"/swaps/{made.body['id']}"
    assert desk.get("/swaps?mine=true", desk.bob).body == {"items": [made.body], "next": None}
    assert desk.get("/swaps?mine=true", desk.grace).body["items"] == []
    assert desk.post(f"{path}/accept", desk.alice).status == 403
    done = desk.post(f"{path}/accept", desk.bob)
    assert (done.status, done.body["state"], done.body["ended_by"]) == (200, "accepted", "bob")
    shifts = (
        desk.get(f"/schedules/Turns/shifts?from={give.replace('+', '%2B')}&to={take.replace('+', '%2B')}", desk.bob)
        if give < take
        else None
    )
    if shifts is not None:
        assert [row["source"] for row in shifts.body["items"]] == ["swap", "swap"]
    assert desk.post(f"{path}/accept", desk.bob).body["error"] == "already_done"
    half = desk.get("/schedules/Turns/overrides", desk.bob).body["items"][0]
    refused = desk.ask("DELETE", f"/api/v1/schedules/Turns/overrides/{half['id']}", desk.bob)
    assert (refused.status, refused.body["details"]["swap"]) == (409, made.body["id"])
    assert desk.post(f"{path}/undo", desk.alice).body["state"] == "undone"
    assert desk.get(path, desk.charlie).body["undone_at"] is not None


def test_declined_withdrawn_and_not_known(desk, turns):
    give, take = moments(desk, turns)
    body = {"to": "bob", "give": {"schedule": "Turns", "at": give}, "take": {"schedule": "Turns", "at": take}}
    first, second = (desk.post("/swaps", desk.alice, body).body["id"] for _ in range(2))
    assert desk.post(f"/swaps/{first}/decline", desk.bob, {"why": "no"}).body["answer"] == "no"
    assert desk.post(f"/swaps/{second}/withdraw", desk.alice).body["state"] == "withdrawn"
    assert desk.get("/swaps/999999", desk.bob).status == 404
    assert desk.post("/swaps", desk.alice, body | {"give": {"schedule": "none", "at": give}}).status == 422
    assert desk.post("/swaps", desk.alice, body | {"to": "nobody"}).status == 422


@pytest.mark.req("S7", "K43", "K45")
def test_the_same_on_the_command_line(desk, turns, cli):
    give, take = moments(desk, turns)
    made = cli("swap", "offer", "Turns", "--to", "bob", "--give", give, "--take", take, "--as", "alice", "--json").json()
    assert made["state"] == "offered"
    assert "Nobody" not in cli("swap", "list").out
    refused = cli("swap", "accept", made["id"], "--as", "alice")
    assert (refused.code, "waits for Bob" in refused.err) == (1, True)
    assert cli("swap", "accept", made["id"], "--as", "bob", "--json").json()["state"] == "accepted"
    start, end = (
        sorted([made["give"]["start"], made["take"]["end"]]) if give < take else sorted([made["take"]["start"], made["give"]["end"]])
    )
    rows = cli("shifts", "Turns", "--from", start, "--to", end, "--json").json()
    assert [row["source"] for row in rows] == ["swap", "swap"]
    assert cli("swap", "undo", made["id"], "--as", "bob", "--json").json()["state"] == "undone"
    second = cli("swap", "offer", "Turns", "--to", "bob", "--give", give, "--take", take, "--as", "alice", "--json").json()["id"]
    assert cli("swap", "decline", second, "--why", "no", "--as", "bob", "--json").json()["answer"] == "no"
    third = cli("swap", "offer", "Turns", "--to", "bob", "--give", give, "--take", take, "--as", "alice", "--json").json()["id"]
    assert cli("swap", "withdraw", third, "--as", "alice", "--json").json()["state"] == "withdrawn"
    assert cli("swap", "accept", third).code == 2
    assert cli("swap", "list", "--as", "bob", "--all", "--json").json()[0]["id"] == third


@pytest.mark.req("K2")
def test_cover_is_asked_for_and_taken(desk, cli):
    at = (database_now() + WEEK).isoformat(timespec="seconds")
    made = desk.post("/covers", desk.alice, {"schedule": "First", "at": at, "reason": "ill"})
    assert (made.status, made.body["state"], made.body["from"]["handle"], made.body["asked"]) == (201, "open", "alice", 2)
    path = f"/covers/{made.body['id']}"
    assert desk.get("/covers", desk.charlie).body["items"] == [made.body]
    assert desk.post(f"{path}/take", desk.alice).status == 403
    assert desk.post(f"{path}/take", desk.charlie).status == 403
    assert desk.post(f"{path}/take", desk.bob).body["taker"]["handle"] == "bob"
    assert desk.post(f"{path}/take", desk.grace).body["error"] == "already_done"
    later = (database_now() + 3 * WEEK).isoformat(timespec="seconds")
    second = cli("cover", "ask", "First", "--at", later, "--as", "alice", "--json").json()["id"]
    assert [row["id"] for row in cli("cover", "list", "--json").json()] == [second]
    assert cli("cover", "withdraw", second, "--as", "bob").code == 1
    assert cli("cover", "withdraw", second, "--as", "alice", "--json").json()["state"] == "withdrawn"
    third = desk.post("/covers", desk.alice, {"schedule": "First", "at": later}).body["id"]
    assert desk.post(f"/covers/{third}/withdraw", desk.alice).body["state"] == "withdrawn"
    assert cli("cover", "take", third, "--as", "bob").code == 1
    assert desk.post("/covers", desk.alice, {"schedule": "none", "at": at}).status == 422
