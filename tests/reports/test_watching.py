"""Watch a report, and keep one's own views of the board."""

from __future__ import annotations

import pytest

from tests.cli.conftest import cli, nobody_is_named  # noqa: F401  fixtures
from tests.factories import HOUR
from tests.reports.conftest import Desk
from tests.reports.test_pages import browser
from watchbill.audit.models import Record
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.notifications.models import Notification
from watchbill.reports.actions import circle, triage, watching
from watchbill.reports.models import Report, SavedView, Watcher

TITLE = "A report that you watch went on"


def told(desk: Desk) -> list[str]:
    rows = Notification.objects.filter(content__title=TITLE).select_related("person").order_by("id")
    found = [row.person.handle for row in rows if row.person is not None]
    rows.delete()
    return found


def test_whoever_watches_hears_of_each_step_and_of_nothing_in_it(desk: Desk):
    report = desk.report(title="salamander")
    for who in ("bob", "dora", "alice"):
        desk.do(watching.watch, report, by=who)
    desk.do(triage.take, report, by="alice")
    assert told(desk) == ["bob", "dora"]  # whoever acts, and is accountable, knows
    desk.do(triage.enough, report, by="alice", after=HOUR)
    assert told(desk) == []  # no step
    desk.do(watching.unwatch, report, by="dora")
    desk.do(triage.close_as, report, "spam", "No.", by="alice")
    note = Notification.objects.filter(content__title=TITLE).get()
    assert (note.person, report.code_name in str(note.content), "salamander" in str(note.content)) == (desk.bob, True, False)
    with pytest.raises(Refused):
        desk.do(watching.unwatch, report, by="dora")
    with pytest.raises(Refused):
        desk.do(watching.watch, report, by="bob")
    assert set(Record.objects.filter(action__in=["report.watch", "report.unwatch"]).values_list("restricted", flat=True)) == {True}


@pytest.mark.req("R8")
def test_whoever_leaves_the_circle_hears_no_more(desk: Desk):
    report = desk.report()
    with pytest.raises(NotFound):
        desk.do(watching.watch, report, by="charlie")
    desk.do(circle.name_person, report, desk.erin, "knows it")
    desk.do(watching.watch, report, by="erin")
    desk.do(triage.take, report, by="alice")
    assert told(desk) == ["erin"]
    desk.do(circle.end_naming, report, desk.erin)
    desk.do(triage.close_as, report, "spam", "No.", by="alice")
    assert told(desk) == []


def test_watching_by_the_page_and_in_a_terminal(cli, desk: Desk):  # noqa: F811
    report = desk.report()
    bob, here = browser(desk, "bob"), f"/reports/{report.number}"
    assert "Watch it" in bob.get(here).content.decode()
    assert bob.post(f"{here}/watch").status_code == 303
    assert "Stop watching it" in bob.get(here).content.decode()
    assert cli("report", "watch", report.number, "--stop", "--as", "bob").out == "You hear no more of it.\n"
    assert not Watcher.objects.exists()


def test_a_view_of_the_board_is_kept_by_name_for_oneself(desk: Desk):
    desk.report()
    alice, bob = browser(desk, "alice"), browser(desk, "bob")
    said = {"name": " High <b>ones</b> ", "view": "mine", "severity": "high", "nonsense": "x"}
    kept = alice.post("/reports/views", said)
    assert kept.headers["Location"] == "/reports?view=mine&severity=high"
    html = alice.get("/reports").content.decode()
    assert "High &lt;b&gt;ones&lt;/b&gt;" in html
    assert "?view=mine&amp;severity=high" in html
    assert "ones" not in bob.get("/reports").content.decode()
    view = SavedView.objects.get()
    SavedView.objects.update(filters={**view.filters, "gone_filter": "x"})
    assert "gone_filter" not in alice.get("/reports").content.decode()
    assert bob.post(f"/reports/views/{view.pk}/remove").status_code == 404
    alice.post("/reports/views", {**said, "severity": "low"})
    assert SavedView.objects.get().filters == {"view": "mine", "severity": "low"}
    assert alice.post(f"/reports/views/{view.pk}/remove").status_code == 303
    assert not SavedView.objects.exists()


def test_a_view_needs_a_name_and_there_are_not_too_many(desk: Desk):
    with pytest.raises(Invalid):
        watching.keep_view(" ", {}, person=desk.alice, now=desk.now)
    for number in range(watching.MOST_VIEWS):
        watching.keep_view(f"view {number}", {}, person=desk.alice, now=desk.now)
    with pytest.raises(Invalid, match="Remove one first"):
        watching.keep_view("one more", {}, person=desk.alice, now=desk.now)
    watching.keep_view("view 1", {"text": "x"}, person=desk.alice, now=desk.now)
    assert Report.objects.count() == 0
