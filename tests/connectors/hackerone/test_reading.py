"""A programme is read to its end, whatever changes under the reader, whatever fails; one report that nobody understands stops no other."""

from __future__ import annotations

import copy
import datetime as dt

import pytest

from tests.connectors.hackerone.conftest import House
from tests.connectors.tracker.fake import BROKEN, CUT, GARBLED, HUGE, LIE, SLOW
from watchbill.connectors import wire
from watchbill.connectors.platform import reading
from watchbill.engine import platforms as engine_platforms
from watchbill.kernel.clock import database_now
from watchbill.platforms.actions import mirroring
from watchbill.platforms.messages import Kept
from watchbill.platforms.models import Activity, Platform, Remote
from watchbill.platforms.selectors import states


def known() -> set[str]:
    return set(Remote.objects.filter(gone_at=None).values_list("external_id", flat=True))


def error() -> str:
    return Platform.objects.get().error


@pytest.mark.req("K26")
def test_a_report_is_here_with_all_that_is_said_of_it_and_the_same_again_is_no_news(house: House) -> None:
    id_ = house.fake.add(title="XSS <script>\x00", by="mallory", cve_ids=["CVE-2026-1"])
    said = house.fake.say(id_, "any news?", by="mallory")
    house.fake.say(id_, "for us", by="ada-there", internal=True)
    house.fake.pay(id_, "500.00")
    house.round()
    row = house.mirrored(id_)
    assert (row.title, row.reporter, row.weakness) == ("XSS <script>\ufffd", "mallory", "Cross-site Scripting (XSS) - Stored")
    assert (row.state, row.is_open, row.asset, row.url) == ("new", True, "login.example", f"https://hackerone.com/reports/{id_}")
    assert [(each["amount"], each["currency"]) for each in row.bounties] == [("500.00", "USD")]
    assert row.timers == {"report_triage": {"miss_at": "2027-01-01T00:00:00+00:00"}}
    assert row.first_answer_at is not None
    told = {one.external_id: (one.author, one.by_reporter, one.by_us, one.internal) for one in Activity.objects.all()}
    assert told[said] == ("mallory", True, False, False)
    assert ("ada-there", False, False, True) in told.values()
    assert [(one.made, len(one.said)) for one in house.heard] == [(True, 0), (False, 3)]
    assert Activity.objects.get(kind="activity-bounty-awarded").data["bounty_amount"] == "500.00"
    house.heard.clear()
    house.round(2)
    assert house.heard == []


@pytest.mark.req("K26")
def test_what_changes_there_is_told_once_as_it_was(house: House) -> None:
    id_ = house.fake.add()
    house.round()
    house.heard.clear()
    house.fake.change(id_, state="triaged", triaged_at=house.fake.tick())
    house.round()
    (told,) = [one for one in house.heard if "state" in one.before]
    assert told.before["state"] == "new"
    house.fake.say(id_, "more", by="mallory")
    house.heard.clear()
    house.round()
    assert [len(one.said) for one in house.heard if one.said] == [1]


def test_disclosure_that_is_asked_for_has_the_date_that_hackerone_tells(house: House) -> None:
    id_ = house.fake.add(state="resolved")
    house.round()
    house.fake.say(id_, kind="activity-agreed-on-going-public", allow_singular_disclosure_at="2027-02-01T00:00:00.000Z", disclosed_at=None)
    house.round()
    assert house.mirrored(id_).going_public_at == dt.datetime(2027, 2, 1, tzinfo=dt.UTC)
    house.fake.say(id_, kind="activity-cancelled-disclosure-request", by="watchbill")
    house.round()
    assert house.mirrored(id_).going_public_at is None


def test_nothing_slips_between_two_pages_when_reports_change_under_the_reader(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SIZES", (2, 2, 2, 1))
    ids = [house.fake.add() for _ in range(7)]
    house.fake.during = [lambda: house.fake.change(ids[0]), lambda: house.fake.change(ids[1])]
    house.round()
    assert known() == set(ids)
    late = house.fake.add()
    house.fake.change(ids[3], state="resolved", main_state="closed")
    house.round()
    assert known() == {*ids, late}
    assert not house.mirrored(ids[3]).is_open


def test_many_reports_of_one_second_are_read_by_the_number_of_the_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SIZES", (2, 2, 2, 1))
    ids = [house.fake.add() for _ in range(5)]
    for id_ in ids:
        house.fake.reports[id_]["attributes"]["last_activity_at"] = "2026-11-01T00:00:00Z"
    house.round()
    assert known() == set(ids)


def test_closed_reports_of_the_last_months_are_read_at_first_and_older_ones_are_not(house: House) -> None:
    new = house.fake.add(state="resolved")
    old = house.fake.add(state="resolved")
    house.fake.reports[old]["attributes"]["last_activity_at"] = "2020-01-01T00:00:00Z"
    open_and_old = house.fake.add()
    house.fake.reports[open_and_old]["attributes"]["last_activity_at"] = "2020-01-01T00:00:00Z"
    house.round()
    assert known() == {new, open_and_old}


def test_one_report_that_nobody_understands_is_set_aside_and_shown_and_the_others_go_on(house: House) -> None:
    good, odd = house.fake.add(), house.fake.add()
    whole = copy.deepcopy(house.fake.reports[odd])
    house.fake.reports[odd]["attributes"] |= {"created_at": 7, "submitted_at": ["x"]}
    house.round()
    assert known() == {good}
    (state,) = states(now=database_now())
    assert state.aside == {odd: "It has no time at which it was made."}
    house.fake.reports[odd] = whole
    house.round()
    assert known() == {good, odd}
    assert states(now=database_now())[0].aside == {}


def test_one_report_that_cannot_be_told_is_set_aside_and_the_others_go_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = house.fake.add(), house.fake.add()

    def hear(kept: list[Kept], *, now: dt.datetime) -> None:
        if Remote.objects.get(pk=kept[0].remote_id).external_id == bad:
            raise ZeroDivisionError("x")

    monkeypatch.setattr(engine_platforms, "hear_platform_in", hear)
    house.round()
    assert known() == {good}  # what cannot be told is not kept either: the next reading tells it
    assert "ZeroDivisionError" in states(now=database_now())[0].aside[bad]
    before = len(house.fake.requests)
    house.thread.work()
    assert len(house.fake.requests) == before
    monkeypatch.setattr(engine_platforms, "hear_platform_in", house.hear)
    house.fake.stale = []  # nothing happens on it any more
    house.round()
    assert known() == {good, bad}
    assert states(now=database_now())[0].aside == {}


@pytest.mark.parametrize(
    "odd",
    [
        {
            "title": 7,
            "state": None,
            "main_state": [],
            "cve_ids": "x",
            "vulnerability_information": {},
            "last_activity_at": "2026-11-26T23:59:59Z",
        },
        {
            "title": "\ud800",
            "issue_tracker_reference_id": {"a": 1},
            "timer_report_triage_miss_at": "soon",
            "new_field_of_theirs": [1, {"x": None}],
        },
    ],
)
def test_fields_of_an_unknown_kind_stop_nothing(house: House, odd: dict) -> None:
    id_ = house.fake.add(**odd)
    related = house.fake.reports[id_]["relationships"]
    related |= {"severity": [], "assignee": "x", "weakness": {"data": [1]}, "custom_field_values": {"data": {"x": 1}}, "reporter": None}
    related["bounties"] = {"data": [7, {"id": 9, "attributes": {"amount": "many"}}]}
    related["activities"] = {"data": [None, {"type": 7}, {"id": "1", "attributes": {"created_at": "yesterday"}}]}
    house.round()
    row = house.mirrored(id_)
    assert (row.reporter, row.assignee, row.severity, row.title != "") == ("", "", "", True)
    assert [each["amount"] for each in row.bounties] == [""]


def test_a_report_with_almost_nothing_is_one(house: House) -> None:
    house.fake.reports["5"] = {
        "id": "5",
        "attributes": {"created_at": "2026-11-20T00:00:00Z", "last_activity_at": "2026-11-20T00:00:00Z", "state": "new"},
    }
    house.fake.reports["5"]["relationships"] = {"activities": {"data": []}, "bounties": {"data": []}}
    house.round()
    assert house.mirrored("5").title == "Report 5"


def test_each_way_to_fail_is_said_and_nothing_is_lost(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PATIENCE", 0.3)
    id_ = house.fake.add()
    redirect = (301, {}, {"Location": f"{house.fake.url}/elsewhere"})
    for end in (
        CUT,
        LIE,
        GARBLED,
        BROKEN,
        SLOW,
        redirect,
        (200, {"data": {"id": 1}}, {}),
        (200, [], {}),
        (200, {"data": [], "errors": [1]}, {}),
    ):
        house.fake.next = [("GET", end)]
        house.round()
        assert error(), end
    house.fake.die()
    house.round()
    assert "onnection" in error()
    house.fake.start()
    house.fake.token = "another"
    house.round()
    assert "the token is not valid. Expected IDENTIFIER:VALUE" in error()
    house.fake.token = "right"
    house.fake.next = [("GET", (403, house.fake.error(403, "Forbidden"), {}))]
    house.round()
    assert "does not hold the address of this machine" in error()
    house.fake.next = [("GET", HUGE)]  # once, then smaller pages
    house.round()
    assert error() == ""
    assert known() == {id_}


def test_an_old_list_and_another_report_change_nothing(house: House) -> None:
    id_, other = house.fake.add(), house.fake.add(title="other")
    house.round()
    house.fake.stale = copy.deepcopy(list(house.fake.reports.values()))
    house.fake.change(id_, state="triaged")
    house.fake.stale[0]["attributes"]["title"] = "as it was"
    house.fake.next = [(f"GET /reports/{other}", (200, {"data": house.fake._shown(id_)}, {}))]
    Remote.objects.filter(external_id=other).update(read_to=None)
    house.round()
    assert house.mirrored(other).title == "other"
    house.fake.stale = None
    house.round()
    house.fake.stale = copy.deepcopy(list(house.fake.reports.values()))
    house.fake.stale[0]["attributes"] |= {"state": "new", "last_activity_at": "2026-11-20T00:00:00Z"}
    house.round()
    assert house.mirrored(id_).state == "triaged"


def test_what_is_not_shown_any_more_is_found_once_a_day_and_told(house: House) -> None:
    kept, hidden = house.fake.add(), house.fake.add()
    house.round()
    there = house.fake.reports.pop(hidden)
    house.round()
    assert known() == {kept, hidden}
    Platform.objects.update(swept_at=database_now() - dt.timedelta(days=1))
    house.heard.clear()
    house.round()
    assert known() == {kept}
    assert [one.before for one in house.heard] == [{"gone_at": None}]
    house.fake.reports[hidden] = there
    house.round()
    assert known() == {kept, hidden}


def test_an_activity_that_no_list_shows_is_found_by_the_feed(house: House) -> None:
    id_ = house.fake.add()
    house.round()
    before = house.fake.reports[id_]["attributes"]["last_activity_at"]
    house.fake.say(id_, "for us alone", by="ada-there", internal=True)
    house.fake.reports[id_]["attributes"]["last_activity_at"] = before
    house.round()
    assert Activity.objects.get().message == "for us alone"
    before_ = len(house.fake.made("GET"))
    Platform.objects.update(feed="2000-01-01T00:00:00Z")  # whether "after" means "at" too is documented nowhere
    house.round()
    assert not any("/reports/" in path for path in house.fake.made("GET")[before_:])
    house.fake.next = [("GET /incremental", (404, {}, {}))]
    house.round()
    assert error() == ""


def test_a_quiet_programme_costs_two_requests_a_minute(house: House) -> None:
    house.fake.add()
    house.fake.reports["1337"]["attributes"]["last_activity_at"] = "2026-11-20T00:00:00Z"
    house.round(2)
    before = len(house.fake.requests)
    house.round()
    assert len(house.fake.requests) == before + 2
    house.thread.work()
    assert len(house.fake.requests) == before + 2  # not due


LIMITS = ((429, {}, {"Retry-After": "77"}), (429, {}, {}), (429, {}, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}))


def test_a_platform_that_asks_to_wait_is_left_alone(house: House) -> None:
    house.fake.add()
    for number, limit in enumerate(LIMITS, start=1):
        house.settings()  # a thread that remembers nothing
        house.fake.next.append(("*", limit))
        house.round()
        house.thread.work()
        assert len(house.fake.requests) == number
        row = Platform.objects.get()
        assert row.wait_until is not None
        assert row.wait_until > database_now() + dt.timedelta(seconds=50)
        assert (row.error, row.tries) == ("", 0)


def test_whether_it_answers_as_whom_and_what_its_groups_are(house: House) -> None:
    house.thread.check()
    row = Platform.objects.get()
    assert (row.account, row.error) == ("watchbill", "")
    assert row.known == {"groups": house.fake.groups, "users": house.fake.users, "fields": house.fake.fields}
    house.settings(program="another")
    house.thread.check()
    assert "does not see the programme another. It sees: acme." in states(now=database_now())[0].error
    assert Platform.objects.get().known["groups"] == house.fake.groups  # what was known stays


def test_a_webhook_makes_one_report_be_read_at_once(house: House) -> None:
    id_ = house.fake.add()
    house.round()
    house.fake.change(id_, state="triaged")
    Platform.objects.update(due_at=database_now() + dt.timedelta(hours=1))
    mirroring.keep_delivery(house.row.id, "d-1", "report_triaged", b"{}", id_, now=database_now())
    house.thread.work()
    assert house.mirrored(id_).state == "triaged"
    mirroring.keep_delivery(house.row.id, "d-2", "odd", b"{}", "", now=database_now())
    house.thread.work()
    due = Platform.objects.get().due_at
    assert due is not None
    assert due <= database_now() + dt.timedelta(seconds=60)
