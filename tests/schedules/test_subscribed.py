"""Time off by a subscribed calendar: added, moved, removed; what it meets is told at once; what fails keeps what was there."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests import factories as make
from tests.factories import DAY, HOUR, MIN, T0, actor
from watchbill.audit.models import Record
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound, Refused
from watchbill.notifications.models import Notification
from watchbill.people.absences import add_time_off, end_time_off
from watchbill.people.calendars import LEASE, claim_calendars, subscribe, unsubscribe
from watchbill.people.dismissing import count_again, dismiss, dismissed_of
from watchbill.people.models import AwayCalendar, Person, TimeOff
from watchbill.people.rules.away import Away, Claim, Reading
from watchbill.people.selectors import is_calendar_due
from watchbill.schedules.actions import record_reading

pytestmark = [pytest.mark.req("S10"), pytest.mark.django_db]
ADDRESS = "https://calendar.example.org/salamander/basic.ics"


@pytest.fixture
def ada() -> Person:
    return make.person("ada")


def subscribed(person: Person, address: str = ADDRESS, now: dt.datetime = T0) -> AwayCalendar:
    return subscribe(person, address, by=actor(person), now=now)


def claimed(now: dt.datetime = T0) -> Claim:
    (claim,) = claim_calendars(now=now, limit=9)
    return claim


def reads(*away: Away, now: dt.datetime = T0, **more: Any) -> bool:
    AwayCalendar.objects.update(due_at=now)
    return record_reading(claimed(now), Reading(away=away, **more), now=now)


def stored() -> list[tuple[dt.datetime, dt.datetime]]:
    return list(TimeOff.objects.order_by("start").values_list("start", "end"))


def told() -> list[str]:
    return list(Notification.objects.order_by("id").values_list("content__title", flat=True))


def test_its_address_is_a_secret(ada: Person):
    row = subscribed(ada)
    assert (row.host, "salamander" in row.address) == ("calendar.example.org", False)
    assert claimed().address == ADDRESS
    record = Record.objects.get(action="calendar.subscribe")
    assert record.detail == {"person": "ada", "host": "calendar.example.org", "everything": False}
    assert "salamander" not in f"{row} {row!r}"


def test_what_is_no_calendar_of_theirs_is_refused(ada: Person):
    with pytest.raises(Invalid, match="begins with https"):
        subscribed(ada, "http://calendar.example.org/a.ics")
    subscribed(ada)
    with pytest.raises(AlreadyDone, match=r"calendar.example.org is read already"):
        subscribed(ada, ADDRESS.replace("https", "webcal"))
    for n in range(4):
        subscribed(ada, f"{ADDRESS}{n}")
    with pytest.raises(Invalid, match="5 calendars already"):
        subscribed(ada, f"{ADDRESS}9")
    bruno = make.person("bruno")
    Person.objects.filter(pk=bruno.pk).update(is_active=False)
    bruno.refresh_from_db()
    with pytest.raises(Invalid, match="is closed"):
        subscribed(bruno)


def test_one_node_reads_it_and_another_one_when_that_died(ada: Person):
    subscribed(ada)
    assert is_calendar_due(now=T0)
    lost = claimed()
    assert not is_calendar_due(now=T0 + MIN)
    assert claim_calendars(now=T0 + LEASE - MIN, limit=9) == []
    second = claimed(T0 + LEASE)
    assert record_reading(lost, Reading(why="late"), now=T0 + LEASE) is False
    assert record_reading(second, Reading(), now=T0 + LEASE) is True
    Person.objects.update(is_active=False)
    assert not is_calendar_due(now=T0 + DAY)


def test_added_moved_removed_and_by_hand_left_alone(ada: Person):
    mine = add_time_off(ada, T0 + 40 * DAY, T0 + 41 * DAY, by=actor(ada), now=T0)
    row = subscribed(ada)
    reads(Away("a", T0 + DAY, T0 + 2 * DAY), Away("b", T0 + 5 * DAY, T0 + 6 * DAY))
    assert len(stored()) == 3
    first = TimeOff.objects.get(event="a")
    assert (first.calendar, first.reason, first.created_by) == (row, "", None)
    reads(Away("a", T0 + 3 * DAY, T0 + 4 * DAY), now=T0 + HOUR)
    assert stored() == [(T0 + 3 * DAY, T0 + 4 * DAY), (mine.start, mine.end)]
    assert TimeOff.objects.get(event="a").id == first.id
    reads(now=T0 + 2 * HOUR)
    assert stored() == [(mine.start, mine.end)]
    written = Record.objects.filter(action__startswith="time_off.", actor="engine").order_by("id").values_list("action", flat=True)
    assert list(written) == ["time_off.add", "time_off.add", "time_off.end", "time_off.move", "time_off.end"]
    reads(now=T0 + 3 * HOUR)
    assert Record.objects.filter(actor="engine").count() == 5


def test_what_runs_ends_now_and_the_past_stays(ada: Person):
    subscribed(ada)
    reads(Away("a", T0 + DAY, T0 + 5 * DAY))
    reads(Away("a", T0 + 10 * DAY, T0 + 11 * DAY), now=T0 + 2 * DAY)
    assert stored() == [(T0 + DAY, T0 + 2 * DAY), (T0 + 10 * DAY, T0 + 11 * DAY)]
    reads(Away("a", T0 + 20 * DAY, T0 + 21 * DAY), now=T0 + 12 * DAY)  # the event was dragged on after it was over
    assert stored()[1:] == [(T0 + 10 * DAY, T0 + 11 * DAY), (T0 + 20 * DAY, T0 + 21 * DAY)]
    reads(now=T0 + 13 * DAY)
    assert len(stored()) == 2


def test_a_clash_is_told_at_once_and_once(ada: Person):
    make.schedule("Night watch", make.team("SecOps", ada), ada)
    subscribed(ada)
    reads(Away("a", T0 + DAY, T0 + 2 * DAY))
    assert told() == ["You are away and have a watch"]
    assert "Night watch" in Notification.objects.get().content["reason"]
    reads(Away("a", T0 + DAY, T0 + 2 * DAY), now=T0 + HOUR)
    assert len(told()) == 1
    reads(Away("a", T0 + DAY, T0 + 3 * DAY), now=T0 + 2 * HOUR)
    assert len(told()) == 2


def test_it_is_not_ended_by_hand(ada: Person):
    subscribed(ada)
    reads(Away("a", T0 + DAY, T0 + 2 * DAY))
    with pytest.raises(Refused, match=r"comes from a calendar at calendar\.example\.org: change it there"):
        end_time_off(TimeOff.objects.get().id, by=actor(ada), now=T0)


def test_without_the_calendar_its_time_off_ends(ada: Person):
    row = subscribed(ada)
    reads(Away("a", T0 + DAY, T0 + 3 * DAY), Away("b", T0 + 5 * DAY, T0 + 6 * DAY))
    unsubscribe(row.id, by=actor(ada), now=T0 + 2 * DAY)
    assert stored() == [(T0 + DAY, T0 + 2 * DAY)]
    assert Record.objects.filter(action="calendar.unsubscribe").count() == 1
    with pytest.raises(NotFound, match="There is no calendar"):
        unsubscribe(row.id, by=actor(ada), now=T0)


def test_a_failure_keeps_what_was_there_is_counted_and_told_after_a_day(ada: Person):
    row = subscribed(ada)
    reads(Away("a", T0 + 5 * DAY, T0 + 6 * DAY))
    why = Reading(why="It answered 500, and 200 was expected.")
    pauses = []
    at = T0 + HOUR
    for _ in range(3):
        AwayCalendar.objects.update(due_at=at)
        record_reading(claimed(at), why, now=at)
        row.refresh_from_db()
        pauses.append(row.due_at - at)
        at = row.due_at
    assert pauses[0] < 7 * MIN < pauses[2] < HOUR
    assert (row.failures, row.failing_since, told(), len(stored())) == (3, T0 + HOUR, [], 1)
    for later in (25 * HOUR, 26 * HOUR):
        AwayCalendar.objects.update(due_at=T0 + later)
        record_reading(claimed(T0 + later), why, now=T0 + later)
    (title,) = told()
    assert title == "Your calendar at calendar.example.org cannot be read since Mon 02 Mar 2026 10:00 UTC"
    assert Record.objects.get(action="calendar.failing").detail["failures"] == 4
    reads(now=T0 + 27 * HOUR, unchanged=True)
    row.refresh_from_db()
    assert (row.failures, row.failing_since, row.last_error, row.told_at, len(stored())) == (0, None, "", None, 1)


def test_the_same_file_is_understood_once_a_day_and_in_another_zone(ada: Person):
    subscribed(ada)
    reads(etag='"v1"', digest="d")
    assert claimed(T0 + 2 * HOUR).etag == '"v1"'
    AwayCalendar.objects.update(due_at=T0)
    assert claimed(T0 + 21 * HOUR).etag == ""
    AwayCalendar.objects.update(due_at=T0)
    Person.objects.update(timezone="Asia/Tokyo")
    assert claimed(T0 + 2 * HOUR).etag == ""


def series(number: int) -> Away:
    return Away(f"day{number}", T0 + number * DAY, T0 + number * DAY + HOUR, "weekly")


def test_a_wrong_hit_is_dismissed_stays_so_when_it_moves_and_may_count_again(ada: Person):
    subscribed(ada)
    wrong, right = Away("wrong", T0 + DAY, T0 + 2 * DAY), Away("right", T0 + 3 * DAY, T0 + 4 * DAY)
    reads(wrong, right)
    made = dismiss(TimeOff.objects.get(event="wrong").id, by=actor(ada), now=T0)
    assert stored() == [(right.start, right.end)]
    assert Record.objects.get(action="time_off.dismiss").detail["person"] == "ada"
    later = Away("wrong", T0 + 5 * DAY, T0 + 6 * DAY)
    reads(later, right, now=T0 + HOUR)
    assert stored() == [(right.start, right.end)]
    assert [row.id for row in dismissed_of(ada)] == [made.id]
    count_again(made.id, by=actor(ada), now=T0 + 2 * HOUR)
    assert claimed(T0 + 2 * HOUR).digest == ""  # read anew, although its file is the same
    reads(later, right, now=T0 + 2 * HOUR)
    assert stored() == [(right.start, right.end), (later.start, later.end)]
    with pytest.raises(NotFound, match="timeoff dismissed"):
        count_again(made.id, by=actor(ada), now=T0)


def test_a_series_is_dismissed_as_a_whole_with_what_is_still_to_come(ada: Person):
    subscribed(ada)
    alone = Away("alone", T0 + HOUR, T0 + 2 * HOUR)
    running = Away("day0", T0 - HOUR, T0 + HOUR, "weekly")
    reads(running, series(1), series(2), alone, now=T0 - HOUR)
    dismiss(TimeOff.objects.get(event="day1").id, whole=True, by=actor(ada), now=T0)
    assert stored() == [(T0 - HOUR, T0), (alone.start, alone.end)]  # what is over stays
    reads(running, series(1), series(2), series(3), alone, now=T0 + HOUR / 2)
    assert stored() == [(T0 - HOUR, T0), (alone.start, alone.end)]
    with pytest.raises(Refused, match="no part of a series"):
        dismiss(TimeOff.objects.get(event="alone").id, whole=True, by=actor(ada), now=T0)


def test_what_was_stored_before_series_were_known_learns_its_own(ada: Person):
    subscribed(ada)
    reads(series(1))
    TimeOff.objects.update(series="")
    reads(series(1))
    assert TimeOff.objects.get().series == "weekly"


def test_only_what_a_calendar_says_is_dismissed(ada: Person):
    by_hand = add_time_off(ada, T0 + DAY, T0 + 2 * DAY, by=actor(ada), now=T0)
    with pytest.raises(Refused, match="added by hand: take it back"):
        dismiss(by_hand.id, by=actor(ada), now=T0)
    with pytest.raises(NotFound):
        dismiss(0, by=actor(ada), now=T0)
    subscribed(ada)
    reads(Away("past", T0, T0 + HOUR))
    with pytest.raises(Refused, match="is over"):
        dismiss(TimeOff.objects.get(event="past").id, by=actor(ada), now=T0 + DAY)
