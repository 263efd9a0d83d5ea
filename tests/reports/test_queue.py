"""Reports and mail as queues of duties: the triage queue is gone through every business day, and nobody else learns what waits in it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import DAY, HOUR
from tests.reports.conftest import Desk
from tests.reports.test_pages import browser
from watchbill.audit.models import Record
from watchbill.duties.actions.asking import look_after_duties
from watchbill.duties.actions.proving import begin_pass, see
from watchbill.duties.models import Asked, Duty, Queue
from watchbill.duties.selectors.passing import lines_of
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import NotFound
from watchbill.reports.actions import money, rating, tracking, triage
from watchbill.reports.models import Report
from watchbill.schedules.models import Schedule

TRIAGE = {"assigned": "team", "bounty": "none", "ineligible": False}


def queue_of(desk: Desk, **says: object) -> Queue:
    return Queue.objects.create(name=f"queue {Queue.objects.count()}", team=desk.team, other={"reports": says})


def names(desk: Desk, queue: Queue, who: str = "alice") -> list[str]:
    return [line.name for line in lines_of(desk.viewer(who), queue, now=desk.now)]


@pytest.mark.req("K10")
def test_what_needs_attention_is_what_is_ours_and_was_not_paid(desk: Desk):
    queue = queue_of(desk, **TRIAGE)
    fresh, relayed, unfit, paid, shut = (desk.report(source="hackerone") for _ in range(5))
    desk.do(triage.take, relayed)
    desk.do(triage.relay, relayed, "Ask them.", sent=True)
    desk.do(money.not_eligible, unfit, "It is ours.")
    Report.objects.filter(pk=paid.pk).update(bounty="awarded", settled_at=desk.now)
    desk.do(triage.close_as, shut, "spam", "No.")
    assert names(desk, queue) == [str(fresh)]
    for act in (triage.take, triage.enough, triage.understood):
        desk.do(act, fresh)
    desk.do(rating.rate, fresh, rating.NewRating(severity="high", reason="it is", tier="tier 1"))
    desk.do(tracking.link_issue, fresh, "https://example.org/1")
    desk.do(money.propose, fresh, 10, "a little")
    assert names(desk, queue) == [str(fresh)]  # proposed is not awarded: somebody must still agree
    assert lines_of(desk.viewer("alice"), queue, now=desk.now)[0].has == "Alice"


@pytest.mark.req("K10")
@pytest.mark.parametrize(
    ("says", "found"),
    [
        ({}, "new relayed unfit paid"),
        ({"assigned": "anybody"}, "new relayed unfit paid"),
        ({"assigned": "team"}, "new unfit paid"),
        ({"assigned": "nobody"}, "new unfit paid"),
        ({"bounty": "awarded"}, "paid"),
        ({"bounty": "proposed"}, ""),
        ({"bounty": "any", "ineligible": True}, "unfit"),
        ({"ineligible": False}, "new relayed paid"),
        ({"state": "spam"}, "shut"),
        ({"state": "with_platform_triage"}, "relayed"),
    ],
)
def test_the_rule_is_the_files(desk: Desk, says: dict[str, object], found: str):
    rows = {name: desk.report(source="hackerone") for name in ("new", "relayed", "unfit", "paid", "shut")}
    desk.do(triage.take, rows["relayed"])
    desk.do(triage.relay, rows["relayed"], "Ask them.", sent=True)
    Report.objects.filter(pk=rows["unfit"].pk).update(bounty="ineligible")
    Report.objects.filter(pk=rows["paid"].pk).update(bounty="awarded")
    desk.do(triage.close_as, rows["shut"], "spam", "No.")
    assert set(names(desk, queue_of(desk, **says))) == {str(rows[name]) for name in found.split()}


@pytest.mark.req("K11")
def test_the_triage_queue_is_gone_through_every_business_day(desk: Desk):
    watch = Schedule.objects.get(name="Watch")
    queue = queue_of(desk, **TRIAGE)
    Duty.objects.create(name="Triage reports", team=desk.team, schedule=watch, every="business day", queue=queue, since=desk.now)
    first, second = desk.report(), desk.report()
    look_after_duties(now=desk.now)
    asked = Asked.objects.get()
    assert (asked.person, asked.state) == (desk.alice, "open")
    begin_pass(queue, **desk.by("alice"))
    for report in (first, second):
        see(queue, report.pk, **desk.by("alice", after=HOUR))
    look_after_duties(now=desk.now + HOUR)
    asked.refresh_from_db()
    assert asked.state == "met"
    assert not any(line.new for line in lines_of(desk.viewer("alice"), queue, now=desk.now + HOUR))
    look_after_duties(now=desk.now + DAY)  # Tuesday
    assert Asked.objects.count() == 2
    look_after_duties(now=desk.now + 5 * DAY)  # Saturday
    assert not Asked.objects.filter(start__gte=desk.now + 5 * DAY - 9 * HOUR, start__lt=desk.now + 6 * DAY).exists()


@pytest.mark.req("R8")
def test_nobody_else_learns_what_waits_there_nor_how_much(desk: Desk):
    queue = queue_of(desk)
    report = desk.report(title="salamander")
    assert names(desk, queue, "charlie") == names(desk, queue, "root") == names(desk, queue, "vera") == []
    with pytest.raises(NotFound):
        see(queue, report.pk, **desk.by("alice"))  # no pass runs
    begin_pass(queue, **desk.by("alice"))
    detail = Record.objects.get(action="queue.pass_begin").detail
    assert "items" not in detail
    desk.now = database_now()
    watch = Schedule.objects.get(name="Watch")
    duty = Duty.objects.create(name="Triage reports", team=desk.team, schedule=watch, every="day", queue=queue, since=desk.now)
    for name, sees in (("alice", True), ("vera", False), ("charlie", False)):
        html = browser(desk, name).get(f"/duties/{duty.pk}").content.decode()
        assert ("salamander" in html, str(report) in html) == (sees, sees)


def test_many_reports_cost_no_more_queries(desk: Desk):
    queue = queue_of(desk, **TRIAGE)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            lines_of(desk.viewer("alice"), queue, now=desk.now)
        return len(queries)

    desk.report()
    few = count()
    for _ in range(8):
        desk.report()
    assert count() == few
