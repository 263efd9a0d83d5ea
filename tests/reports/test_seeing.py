"""Whoever need not know learns nothing: by number, in lists, searches, counts, as an alike one, in the audit. And lists stand in their order."""

from __future__ import annotations

import dataclasses

import pytest

from tests.factories import DAY, HOUR
from tests.reports.conftest import Desk
from tests.reports.test_rules import MAIL
from watchbill.audit.models import Record
from watchbill.audit.selectors import readable
from watchbill.incidents.models import Incident
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.reports.actions import circle, talking, triage
from watchbill.reports.models import Look, Report
from watchbill.reports.selectors.listing import VIEWS, Filters, alike, counts, search
from watchbill.reports.selectors.seeing import by_number, has_desk, visible_to

OUTSIDE = ["charlie", "erin", "vera", "root"]


def found(desk: Desk, name: str, filters: Filters = Filters(), **more: object) -> list[Report]:  # noqa: B008  it is frozen
    return search(desk.viewer(name), filters, now=desk.now, **more).items


@pytest.mark.req("R8", "K9")
@pytest.mark.parametrize("name", OUTSIDE)
def test_whoever_need_not_know_learns_nothing(desk: Desk, name: str):
    report, other = desk.report(body=MAIL, title="Archive import"), desk.report(body=MAIL, title="Archive import")
    viewer = desk.viewer(name)
    said = []
    for number in (report.number, 7, -1, 2**70):
        with pytest.raises(NotFound) as refused:
            by_number(viewer, number)
        said.append(str(refused.value).replace(str(number), "N"))
    assert len(set(said)) == 1  # word for word as for what never was
    assert found(desk, name, Filters("all")) == []
    assert found(desk, name, Filters("all", text=report.title)) == []
    assert set(counts(viewer, now=desk.now).values()) == {0}
    assert alike(viewer, report) == []
    assert not has_desk(viewer)
    records = readable(teams=None, incidents=Incident.objects.none(), person_id=viewer.person_id, reports=visible_to(viewer))
    assert Record.objects.filter(kind="report").count() == 2
    assert not records.filter(kind="report").exists()
    assert [row for row, _ in alike(desk.viewer("alice"), report)] == [other]
    seen = readable(teams=[desk.team.id], incidents=Incident.objects.none(), person_id=0, reports=visible_to(desk.viewer("grace")))
    assert seen.filter(kind="report").count() == 2


@pytest.mark.req("R8")
def test_it_can_be_for_those_alone_who_were_named(desk: Desk):
    report = desk.report()
    assert all(by_number(desk.viewer(name), report.number) for name in ("alice", "bob", "grace"))
    report = desk.do(circle.set_circle, report, "named", by="bob")
    assert [name for name in desk.people if found(desk, name)] == ["alice", "bob"]  # accountable, and whoever narrowed it
    desk.do(circle.name_person, report, desk.erin, "wrote that part")
    assert found(desk, "erin") == [report]
    token = dataclasses.replace(desk.viewer("alice"), scopes=frozenset({"incidents:read"}))
    assert not visible_to(token).exists()
    with pytest.raises(Invalid):
        desk.do(circle.set_circle, report, "everybody")


def test_who_looked_is_kept(desk: Desk):
    report = desk.report()
    for after in (0, 1):
        circle.looked_at(report, desk.bob, now=desk.now + after * HOUR)
    look = Look.objects.get()
    assert (look.times, look.first_at, look.last_at) == (2, desk.now, desk.now + HOUR)


@pytest.mark.req("K10")
def test_what_breaks_its_promise_first_stands_first(desk: Desk):
    late = desk.report(received_at=desk.now - 7 * DAY)
    fresh = desk.report()
    waits = desk.report(received_at=desk.now - 8 * DAY)
    desk.do(triage.take, waits)
    desk.do(triage.ask_reporter, waits, "Which version?", sent=True)
    answered = desk.report(received_at=desk.now - DAY)
    desk.do(talking.say, answered, "we have it", "all", sent=True)
    rows = found(desk, "alice")
    assert rows == [late, fresh, answered, waits]  # answered: triage; waits: a word to the reporter within a month
    pages, cursor = [], ""
    while True:
        page = search(desk.viewer("alice"), Filters(), now=desk.now, cursor=cursor, limit=1)
        pages += page.items
        if page.next is None:
            break
        cursor = page.next
    assert pages == rows
    assert found(desk, "alice", Filters("broken")) == [late]
    assert found(desk, "alice", Filters("waiting")) == [waits]
    assert counts(desk.viewer("alice"), now=desk.now)["broken"] == 1
    for wrong in (Filters("x"), Filters(state="x"), Filters(severity="x"), Filters(source="x")):
        with pytest.raises(Invalid, match="it can be"):
            found(desk, "alice", wrong)
    for cursor in ("x", "eHx4fHh8eA=="):
        with pytest.raises(Invalid, match="cursor"):
            found(desk, "alice", cursor=cursor)


def test_every_view_and_filter_answers(desk: Desk):
    report = desk.report(reporter="m4rlow@example.net", weakness="CWE-22", asset="runner")
    for view in VIEWS:
        found(desk, "alice", Filters(view))
    for text in ("salamander", "M4RLOW", f"R-{report.number}", str(report.number), "cwe-22", "runn", report.code_name):
        assert found(desk, "bob", Filters(text=text)) == [report]
    assert found(desk, "bob", Filters(program="Other")) == []
    assert found(desk, "bob", Filters(accountable="alice", severity="none", source="hand", state="new")) == [report]
