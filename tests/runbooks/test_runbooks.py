"""Runbooks: every version is kept, hostile Markdown does nothing, and each is shown on the incidents that it is for."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from tests.factories import MIN, T0, actor
from tests.response.desk import Desk
from watchbill.audit.models import Record
from watchbill.intake.models import Alert
from watchbill.intake.selectors.runbooks import runbooks_of
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, NotFound, Refused
from watchbill.people.selectors import viewer_of
from watchbill.runbooks import actions
from watchbill.runbooks.actions import At, Wording
from watchbill.runbooks.models import Runbook, Version
from watchbill.runbooks.rendering import render
from watchbill.runbooks.rules import difference
from watchbill.runbooks.selectors import listed, version_of


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def by(who: Any, now: Any = T0) -> dict[str, Any]:
    return {"person": who, "actor": actor(who), "now": now}


@pytest.mark.req("G16")
def test_every_version_is_kept_with_who_when_and_why(desk: Desk) -> None:
    made = actions.write(desk.team, Wording("Disk full ", "# Look\r\nwhat writes", "wanted on Sunday"), **by(desk.ada))
    assert (made.title, made.text, made.version) == ("Disk full", "# Look\nwhat writes", 1)
    edited = actions.edit(made.id, 1, Wording("Disk full", "# Look\nwhat writes\nmove it", "learned at night"), **by(desk.bruno, T0 + MIN))
    assert edited.version == 2
    rows = list(Version.objects.order_by("number").values_list("number", "by__handle", "at", "why"))
    assert rows == [(1, "ada", T0, "wanted on Sunday"), (2, "bruno", T0 + MIN, "learned at night")]
    assert version_of(made, 1).text == "# Look\nwhat writes"
    with pytest.raises(NotFound):
        version_of(made, 3)
    with pytest.raises(DatabaseError, match=r"append|Cannot"), transaction.atomic():
        Version.objects.filter(number=1).update(text="never so")
    assert list(Record.objects.order_by("id").values_list("action", "actor")) == [("runbook.write", "ada"), ("runbook.edit", "bruno")]


def test_two_who_write_at_once_do_not_overwrite_each_other(desk: Desk) -> None:
    made = actions.write(desk.team, Wording("Disk full", "a"), **by(desk.ada))
    actions.edit(made.id, 1, Wording("Disk full", "b"), **by(desk.bruno))
    with pytest.raises(Refused, match="Somebody wrote version 2 since you began with 1"):
        actions.edit(made.id, 1, Wording("Disk full", "c"), **by(desk.ada))
    with pytest.raises(Refused, match="Nothing differs"):
        actions.edit(made.id, 2, Wording("Disk full", "b"), **by(desk.ada))
    moved = actions.edit(made.id, 2, Wording("Disk full", "b", places=(At(desk.service.id),)), **by(desk.ada))
    assert moved.version == 2  # where it is shown is no new wording


@pytest.mark.parametrize(
    ("wording", "refused"),
    [
        (Wording(" ", "x"), "Give it a title"),
        (Wording("x" * 201, "x"), "Give it a title"),
        (Wording("x", " \n"), "Write what to do"),
        (Wording("x", "x" * 100_001), "Write what to do"),
        (Wording("x", "x", "y" * 501), "The reason has"),
        (Wording("There", "x"), "There is a runbook called"),
    ],
)
def test_what_cannot_be_kept_says_why(desk: Desk, wording: Wording, refused: str) -> None:
    actions.write(desk.team, Wording("There", "x"), **by(desk.ada))
    with pytest.raises(Invalid, match=refused):
        actions.write(desk.team, wording, **by(desk.ada))
    assert Runbook.objects.count() == 1


def test_only_responders_of_its_team_write_it_and_a_retired_one_is_kept(desk: Desk) -> None:
    made = actions.write(desk.team, Wording("Disk full", "a", places=(At(desk.service.id),)), **by(desk.ada))
    for refused in (
        lambda: actions.edit(made.id, 1, Wording("x", "x"), **by(desk.charlie)),
        lambda: actions.retire(made.id, **by(desk.charlie)),
    ):
        with pytest.raises(NotAllowed):
            refused()
    actions.retire(made.id, **by(desk.ada))
    with pytest.raises(AlreadyDone):
        actions.retire(made.id, **by(desk.ada))
    viewer = viewer_of(desk.charlie)
    assert (list(listed(viewer)), list(listed(viewer, retired=True))) == ([], [made])
    assert runbooks_of(desk.open(), [])[0] == []
    actions.bring_back(made.id, **by(desk.ada))
    assert [row.title for row in listed(viewer, text="DISK")] == ["Disk full"]


@pytest.mark.req("G16")
def test_it_is_shown_on_the_incidents_that_it_is_for(desk: Desk) -> None:
    incident = desk.open()
    for title, places in {
        "whole service": (At(desk.service.id),),
        "this class": (At(desk.service.id, {"class": "disk", "details.host": "/^db/"}),),
        "any service": (At(None, {"summary": "/full/"}),),
        "another class": (At(desk.service.id, {"class": "cpu"}),),
        "another service": (At(desk.secret.id),),
        "nowhere": (),
    }.items():
        actions.write(desk.team, Wording(title, "x", places=places), **by(desk.ada))
    actions.write(desk.other, Wording("of another team", "x", places=(At(None, {"summary": "/full/"}),)), **by(desk.charlie))
    links = [{"href": "https://w.example.org/1", "text": "Runbook"}, {"href": "https://g.example.org", "text": "Graph"}]
    alert = Alert(service=desk.service, severity="high", summary="disk full", event_class="disk", details={"host": "db7"}, links=links)
    ours, named = runbooks_of(incident, [alert, alert])
    assert [(each.runbook.title, each.why) for each in ours] == [
        ("any service", "for alerts with summary /full/"),
        ("this class", "for alerts with class disk and details.host /^db/"),
        ("whole service", "for this service"),
    ]
    assert named == links[:1]


@pytest.mark.parametrize(
    ("hostile", "never"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<img src=x onerror=alert(1)>", "<img"),
        ("[x](javascript:alert(1))", "href"),
        ("[x](data:text/html;base64,PHNjcmlwdD4=)", "href"),
        ("[x](https://e.org 'a\" onmouseover=\"alert(1)')", 'onmouseover="'),
        ("![x](https://e.org/pixel.png)", "<img"),
        ('<https://e.org/"onclick=alert(1)>', 'href="https://e.org/"onclick'),
        ("# <svg/onload=alert(1)>", "<svg"),
        ("```html\n<script>x</script>\n```", "<script"),
        ("[x]: javascript:alert(1)\n[x]", "href"),
        ('<a href="https://e.org" style="position:fixed">x</a>', "<a "),
    ],
)
def test_hostile_markdown_does_nothing(hostile: str, never: str) -> None:
    assert never not in render(hostile)


def test_markdown_is_shown_below_the_headings_of_its_page() -> None:
    html = render("# One\n\n1. first\n2. `ls`\n\n| a | b |\n|---|---|\n| 1 | ~~2~~ |\n\n[more](https://e.org)")
    for part in (
        "<h3>One</h3>",
        "<ol>",
        "<code>ls</code>",
        "<td>1</td>",
        "<s>2</s>",
        '<a href="https://e.org" rel="noopener noreferrer">more</a>',
    ):
        assert part in html


def test_what_differs_is_shown_line_by_line() -> None:
    before = "\n".join(f"line {n}" for n in range(20))
    after = before.replace("line 2\n", "line two\n").replace("line 17", "line 17\n--- not a header\n+++ nor this")
    found = [(line.kind, line.text) for line in difference(before, after)]
    assert ("gone", "line 2") in found
    assert ("new", "line two") in found
    assert ("new", "--- not a header") in found
    assert ("new", "+++ nor this") in found
    assert [kind for kind, _ in found].count("skipped") == 1
    assert difference(before, before) == []
