"""One watch: what must be done, what was done, what is left; as its viewer may know, and as a text that everybody may read."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import HOUR, MIN, T0, actor
from tests.response.desk import Desk
from watchbill.duties.learnings.actions import learn
from watchbill.handoff.account import Part, is_night, numbers, plain, written
from watchbill.handoff.selectors.shift import account_of, choose, watches_of
from watchbill.handoff.selectors.shift_text import text_of
from watchbill.people.selectors import viewer_of
from watchbill.response import actions

LATER = T0 + 2 * HOUR


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def of(desk: Desk, who, viewer=None, **more):
    seen = viewer_of(viewer or who)
    watch = choose(watches_of(seen, who, now=LATER), schedule_id=None, at=LATER, exact=True)
    return account_of(seen, who, watch, now=LATER, zone=dt.UTC, **more)


@pytest.mark.req("G5")
def test_a_watch_tells_what_was_done_and_what_is_left(desk: Desk) -> None:
    incident = desk.open("disk full")
    desk.acknowledge(incident, desk.ada, T0 + 2 * MIN)
    desk.act("note", incident, desk.ada, "the archive job writes", now=T0 + 5 * MIN)
    by = {"person": desk.ada, "actor": actor(desk.ada), "now": T0 + 6 * MIN}
    learn("one command", "automatable", **by)
    done = desk.open("scanner", now=T0 + 7 * MIN)
    desk.acknowledge(done, desk.ada, T0 + 11 * MIN)
    desk.act("resolve", done, desk.ada, now=T0 + 20 * MIN)
    actions.add_task(incident.number, "order a disk", desk.ada, **by)
    account = of(desk, desk.ada)
    assert account.watch is not None
    assert account.watch.schedule == desk.watch
    assert [row.incident for row in account.left] == [incident]
    assert [page.incident for page in account.answered] == [incident, done]
    assert [row.incident for row in account.owned] == [incident, done]
    assert [line.text for line in account.notes] == ["the archive job writes"]
    assert [row.text for row in account.learnings] == ["one command"]
    assert [task.what for task in account.tasks] == ["order a disk"]
    assert (account.numbers.pages, account.numbers.answered, account.numbers.typical, account.numbers.worst) == (2, 2, 3 * MIN, 4 * MIN)
    assert of(desk, desk.bruno).answered == []


def test_its_text_names_nothing_that_not_everybody_may_know(desk: Desk) -> None:
    incident = desk.open("disk [full](https://evil.example.org) <b>")
    secret = desk.open("salamander", service=desk.secret, restricted=True)
    for each in (incident, secret):
        desk.acknowledge(each, desk.ada, T0 + 2 * MIN)
        desk.act("note", each, desk.ada, f"note of {each.title}", now=T0 + 3 * MIN)
    learn("salamander tooling", "question", secret.number, person=desk.ada, actor=actor(desk.ada), now=T0 + 4 * MIN)
    viewer = viewer_of(desk.ada)
    account = of(desk, desk.ada)
    assert {row.incident for row in account.left} == {incident, secret}
    assert account.watch is not None
    text = text_of(viewer, desk.ada, account.watch, now=LATER, zone=dt.UTC)
    assert "salamander" not in text.lower()
    assert str(secret.number) not in text
    assert r"disk \[full\](https://evil.example.org) \<b\>" in text
    for part in ("# Watch of Ada: Watch", "## Done", "## Notes", "## Left open", "Paged 1 time"):
        assert part in text


def test_others_watches_are_for_managers_of_the_team_and_only_what_they_may_see(desk: Desk) -> None:
    secret = desk.open("salamander", service=desk.secret, restricted=True)
    desk.acknowledge(secret, desk.ada, T0 + MIN)
    assert watches_of(viewer_of(desk.grace), desk.ada, now=LATER) != []
    assert of(desk, desk.ada, desk.hugo).watch is not None  # on the managers' schedule
    for nobody in (desk.bruno, desk.charlie):
        assert watches_of(viewer_of(nobody), desk.ada, now=LATER) == []
    account = of(desk, desk.ada, desk.root)
    assert (account.left, account.answered, account.owned) == ([], [], [])
    assert account.numbers.pages == 0


def test_numbers_and_words_are_pure() -> None:
    asked = [(T0, T0 + MIN), (T0 + HOUR, T0 + HOUR + 3 * MIN), (T0 + 2 * HOUR, None)]
    said = numbers(asked, dt.UTC)
    assert (said.pages, said.answered, said.typical, said.worst) == (3, 2, 2 * MIN, 3 * MIN)
    assert numbers([], dt.UTC).typical is None
    at = dt.datetime(2026, 3, 29, 4, 30, tzinfo=dt.UTC)
    assert is_night(at, dt.UTC)
    assert not is_night(at, dt.timezone(2 * HOUR))
    assert plain("# [x](y)\n*b*") == r"\# \[x\](y) \*b\*"
    assert written("t", "when", [Part("None", []), Part("Some", ["a"])]) == "# t\n\nwhen\n\n## Some\n\n- a\n"


def test_with_many_incidents_what_somebody_did_is_found_by_indexes(desk: Desk) -> None:
    incident = desk.open("disk full")
    desk.acknowledge(incident, desk.ada, T0 + 2 * MIN)
    desk.act("note", incident, desk.ada, "the archive job writes", now=T0 + 5 * MIN)
    others = "INSERT INTO incidents_timelineentry (incident_id, at, kind, via, text, data) SELECT %s, %s, 'raised', '', '', '{}' FROM generate_series(1, 20000)"
    with connection.cursor() as cursor:
        cursor.execute(others, [incident.pk, T0])
        cursor.execute("ANALYZE incidents_timelineentry")
        with CaptureQueriesContext(connection) as asked:
            of(desk, desk.ada)
        (notes,) = [row["sql"] for row in asked if "'note'" in row["sql"]]
        cursor.execute(f"EXPLAIN {notes}")
        assert "timeline_notes_of" in "\n".join(line for (line,) in cursor.fetchall())
