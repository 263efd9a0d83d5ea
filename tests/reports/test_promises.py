"""Promises are counted anew without an act on the report; before one breaks and when it broke somebody is told, once, by code name alone."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import DAY, HOUR
from tests.reports.conftest import Desk
from watchbill.audit.models import Record
from watchbill.notifications.models import Notification
from watchbill.people.models import TimeOff
from watchbill.reports.actions import circle, talking, triage
from watchbill.reports.actions.promises import keep_promises
from watchbill.reports.models import Entry, PromiseTold, Report

MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


def quiet(desk: Desk) -> Report:
    """A report that nobody answered, and nothing told of yet."""
    report = desk.report()
    Notification.objects.all().delete()
    return report


def told() -> list[tuple[str, str]]:
    return list(PromiseTold.objects.order_by("id").values_list("promise", "stage"))


@pytest.mark.req("R8")
def test_a_promise_is_told_before_it_breaks_and_when_it_broke_once_each(desk: Desk):
    report = quiet(desk)
    assert report.due_at == desk.now + DAY
    assert keep_promises(now=desk.now + HOUR) == 1
    assert not Notification.objects.exists()
    almost, broken = desk.now + DAY - dt.timedelta(minutes=1), desk.now + DAY + HOUR
    Report.objects.update(look_at=desk.now)
    assert keep_promises(now=almost) == 1
    assert told() == []  # it is 08:59: nobody works, and it is told when they do
    assert Report.objects.get().look_at == desk.now + DAY
    for _ in range(3):
        Report.objects.update(look_at=desk.now)
        keep_promises(now=broken)
    assert told() == [("first_response", "broken")]
    notice = Notification.objects.get()
    assert (notice.person, notice.urgency) == (desk.alice, "high")
    assert report.code_name in str(notice.content)
    assert "first answer" in str(notice.content)
    assert "salamander" not in str(notice.content)
    line = Entry.objects.get(kind="promise")
    assert "Told: Alice." in line.text
    assert Record.objects.filter(action="report.promise_told", restricted=True).count() == 1


def test_it_is_told_soon_while_somebody_works(desk: Desk):
    desk.now = MONDAY + 3 * HOUR  # due on Tuesday at noon: from 07:12 on it is soon
    report = quiet(desk)
    assert report.due_at == desk.now + DAY
    assert keep_promises(now=MONDAY + DAY + HOUR) == 1
    assert told() == [("first_response", "soon")]
    assert Notification.objects.get().urgency == "low"
    Report.objects.update(look_at=desk.now)
    keep_promises(now=desk.now + DAY + HOUR)
    assert told() == [("first_response", "soon"), ("first_response", "broken")]
    desk.do(talking.say, report, "we have it", "all", sent=True, after=DAY + 2 * HOUR)
    assert Report.objects.get().promise == "triage"


def test_it_is_counted_anew_when_time_off_targets_or_a_wait_change_and_nobody_touches_the_report(desk: Desk):
    report = quiet(desk)
    TimeOff.objects.create(person=desk.alice, start=desk.now, end=desk.now + 3 * DAY)
    assert keep_promises(now=desk.now + 2 * HOUR) == 1
    assert Report.objects.get().due_at > report.due_at + DAY
    desk.program.targets = {"first_response": "1h"}
    desk.program.save()
    Report.objects.update(look_at=desk.now)
    keep_promises(now=desk.now + 2 * HOUR)
    assert Report.objects.get().due_at == desk.now + HOUR


def test_whoever_hears_may_know_of_it_whatever_happens_to_who_is_accountable(desk: Desk):
    report = quiet(desk)
    Report.objects.update(accountable=desk.charlie)  # as one that was moved between teams since
    keep_promises(now=desk.now + 2 * DAY)
    assert [n.person for n in Notification.objects.all()] == [desk.alice]  # the watch
    Notification.objects.all().delete()
    Report.objects.update(accountable=None)
    desk.do(circle.set_circle, report, "named", by="bob")
    Report.objects.update(accountable=desk.charlie, look_at=desk.now)
    keep_promises(now=desk.now + 21 * DAY)
    assert desk.charlie not in [n.person for n in Notification.objects.all()]
    assert [n.person for n in Notification.objects.all()] == [desk.bob]


def test_a_set_is_bounded_and_costs_the_same_for_many_as_for_few(desk: Desk):
    reports = [desk.report() for _ in range(3)]
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert keep_promises(now=desk.now + HOUR) == 3
    reports += [desk.report() for _ in range(9)]
    Report.objects.update(look_at=desk.now)
    with CaptureQueriesContext(connection) as many:
        assert keep_promises(now=desk.now + HOUR) == len(reports)
    assert len(many) == len(few)
    for report in reports:
        desk.do(triage.close_as, report, "spam", "no")
    assert not Report.objects.filter(look_at__isnull=False).exists()
    assert keep_promises(now=desk.now + DAY) == 0
