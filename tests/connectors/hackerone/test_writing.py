"""Each kind of write goes there by its switch, in the form that HackerOne takes; what may have been done is looked for before anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction

from tests.connectors.hackerone.conftest import House
from tests.connectors.tracker.fake import BROKEN, CUT, GARBLED, LIE, LOSE, SLOW
from watchbill.connectors import wire
from watchbill.connectors.pace import Bucket
from watchbill.engine import platforms as engine_platforms
from watchbill.engine.session import Session
from watchbill.kernel.clock import database_now
from watchbill.platforms.actions import wanting, writing
from watchbill.platforms.models import Platform, Write
from watchbill.platforms.rules.switches import SWITCH_OF, SWITCHES
from watchbill.platforms.selectors import states

DOUBTFUL = (LOSE, BROKEN, SLOW, GARBLED)  # done, and nobody heard so
NOT_DONE = (CUT, LIE)  # not done, and nobody heard so either

WRITES: tuple[tuple[str, dict[str, Any], str, str, Any], ...] = (
    (
        "comment",
        {"text": "thanks, we look at it", "internal": False},
        "POST",
        "activities",
        {"type": "activity-comment", "attributes": {"message": "thanks, we look at it", "internal": False}},
    ),
    (
        "comment",
        {"text": "for us", "internal": True},
        "POST",
        "activities",
        {"type": "activity-comment", "attributes": {"message": "for us", "internal": True}},
    ),
    (
        "state",
        {"state": "triaged", "text": ""},
        "POST",
        "state_changes",
        {"type": "state-change", "attributes": {"state": "triaged", "message": ""}},
    ),
    (
        "state",
        {"state": "duplicate", "text": "known", "original": "12"},
        "POST",
        "state_changes",
        {"type": "state-change", "attributes": {"state": "duplicate", "message": "known", "original_report_id": 12}},
    ),
    ("severity", {"severity": "low", "vector": ""}, "POST", "severities", {"type": "severity", "attributes": {"rating": "low"}}),
    (
        "tier",
        {"tier": "gold"},
        "POST",
        "custom_field_values",
        {"attributes": {"custom_field_attribute_id": "51", "value": "gold"}},
    ),
    ("assign", {"to": "triage"}, "PUT", "assignee", {"type": "group", "id": "31"}),
    ("assign", {"to": "us", "name": "Ada-There"}, "PUT", "assignee", {"type": "user", "id": "41"}),
    ("assign", {"to": "us", "name": "security"}, "PUT", "assignee", {"type": "group", "id": "32"}),
    ("assign", {"to": "nobody"}, "PUT", "assignee", {"type": "nobody"}),
    (
        "reference",
        {"reference": "desk#12"},
        "POST",
        "issue_tracker_reference_id",
        {"type": "issue-tracker-reference-id", "attributes": {"reference": "desk#12"}},
    ),
    (
        "bounty",
        {"amount": "500.50", "currency": "USD", "text": "thanks", "known": []},
        "POST",
        "bounties",
        {"type": "bounty", "attributes": {"message": "thanks", "amount": 500.5}},
    ),
    ("ineligible", {}, "PUT", "ineligible_for_bounty", {"type": "not-eligible-for-bounty", "attributes": {"message": ""}}),
    (
        "ask_disclosure",
        {"kind": "full", "text": "may we?"},
        "POST",
        "disclosure_requests",
        {"type": "disclosure-request", "attributes": {"substate": "full", "message": "may we?"}},
    ),
    ("cancel_disclosure", {"text": "not now"}, "DELETE", "disclosure_requests", {"attributes": {"message": "not now"}}),
)
ONE_OF_EACH = tuple({kind: (kind, body) for kind, body, *_ in reversed(WRITES)}.values())


@pytest.fixture
def report(house: House) -> str:
    id_ = house.fake.add()
    house.thread.check()
    house.round()
    return id_


@pytest.mark.req("K26", "R6")
@pytest.mark.parametrize(("kind", "body", "method", "path", "data"), WRITES)
def test_each_write_goes_there_in_its_form_and_once(
    house: House, report: str, kind: str, body: dict, method: str, path: str, data: Any
) -> None:
    row = house.want(report, kind, **body)
    assert house.fake.sent == []  # nobody waited for it
    house.round(3)
    assert house.fake.sent == [(method, f"/reports/{report}/{path}", {"data": data})]
    row.refresh_from_db()
    assert (row.end, row.due_at, row.error) == ("done", None, "")
    assert [(one.kind, one.end, one.person_id, one.write_id) for one in house.told] == [(kind, "done", 7, row.id)]


@pytest.mark.parametrize(("setting", "form"), [({"bounty": "plain"}, {"data": {"message": "thanks", "amount": 500}}), ({}, None)])
def test_the_other_form_of_an_award(house: House, report: str, setting: dict, form: Any) -> None:
    house.fake.takes["bounty"] = {"plain"}
    house.settings(variants=setting)
    row = house.award(report)
    house.round()
    row.refresh_from_db()
    if form is None:
        assert (row.end, "amount is not a number" in row.error, house.fake.bounties(report)) == ("refused", True, [])
    else:
        assert (row.end, house.fake.sent[-1][2]) == ("done", form)


@pytest.mark.parametrize("form", ["type", "substate", "state"])
def test_the_forms_of_a_request_for_disclosure(house: House, report: str, form: str) -> None:
    house.fake.takes["disclosure"] = {form}
    house.settings(variants={"disclosure": form})
    house.want(report, "ask_disclosure", kind="full", text="")
    house.round()
    assert house.ends() == [("ask_disclosure", "done")]
    assert house.fake.sent[-1][2]["data"]["attributes"] == {form: "full"}


def test_a_severity_by_its_metrics(house: House, report: str) -> None:
    house.settings(variants={"severity": "metrics"})
    vector = "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"
    house.want(report, "severity", severity="medium", vector=vector)
    house.round(2)
    assert house.fake.sent[-1][2]["data"]["attributes"]["attack_vector"] == "network"
    assert house.mirrored(report).vector == vector


def test_what_was_written_is_mirrored(house: House, report: str) -> None:
    for kind, body in (
        ("severity", {"severity": "low"}),
        ("tier", {"tier": "gold"}),
        ("assign", {"to": "triage"}),
        ("reference", {"reference": "d#1"}),
    ):
        house.want(report, kind, **body)
    house.want(report, "comment", text="hello", internal=False)
    house.round(7)
    row = house.mirrored(report)
    assert (row.severity, row.tier, row.assignee_kind, row.assignee, row.reference) == ("low", "gold", "group", "H1 Triage", "d#1")
    assert row.activities.get(kind="activity-comment").by_us


@pytest.mark.req("R6")
@pytest.mark.parametrize(("kind", "body"), ONE_OF_EACH)
def test_without_its_switch_nothing_is_written(house: House, report: str, kind: str, body: dict) -> None:
    house.want(report, kind, **body)
    house.settings(writes=[word for word in SWITCHES if word != SWITCH_OF[kind]])
    house.round(2)
    assert house.fake.sent == []
    (ended,) = house.told
    assert (ended.end, f"does not hold `{SWITCH_OF[kind]}`" in ended.detail) == ("refused", True)


@pytest.mark.req("R6")
@pytest.mark.parametrize(("kind", "body"), ONE_OF_EACH)
@pytest.mark.parametrize("end", DOUBTFUL)
def test_what_was_done_without_an_answer_is_found_and_not_done_again(
    house: House, report: str, kind: str, body: dict, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "PATIENCE", 0.2)
    row = house.want(report, kind, **body)
    house.fake.next = [(f"^({'POST|PUT|DELETE'}) ", end)]
    house.round(3)
    assert len(house.fake.sent) == 1
    row.refresh_from_db()
    assert (row.end, row.error) == ("done", "")
    assert house.ends()[-1] == (kind, "done")


@pytest.mark.parametrize(("kind", "body"), [each for each in ONE_OF_EACH if each[0] != "bounty"])
@pytest.mark.parametrize("end", NOT_DONE)
def test_what_was_not_done_and_not_answered_is_done_then(house: House, report: str, kind: str, body: dict, end: str) -> None:
    house.want(report, kind, **body)
    house.fake.next = [("^(POST|PUT|DELETE) ", end)]
    house.round(3)
    assert len(house.fake.sent) == 1  # the other one never arrived
    assert house.ends()[-1] == (kind, "done")


def test_the_same_words_of_before_are_not_taken_for_those_of_now(house: House, report: str) -> None:
    house.want(report, "comment", text="any news?", internal=False)
    house.round()
    house.want(report, "comment", text="any news?", internal=False)
    house.fake.next = [("^POST ", CUT)]
    house.round(3)
    assert house.fake.comments(report) == ["any news?", "any news?"]


def test_the_reporters_own_words_are_not_taken_for_ours(house: House, report: str) -> None:
    house.want(report, "comment", text="any news?", internal=False)
    house.fake.say(report, "any news?", by="mallory")
    house.fake.next = [("^POST ", CUT)]
    house.round(3)
    assert house.fake.comments(report) == ["any news?", "any news?"]


def test_what_is_asked_for_goes_out_in_order_and_one_that_fails_holds_up_no_other_report(house: House, report: str) -> None:
    other = house.fake.add()
    house.round()
    for text in ("1", "2", "3"):
        house.want(report, "comment", text=text, internal=False)
    house.want(other, "comment", text="x", internal=False)
    house.fake.next = [(f"POST /reports/{report}", (503, {}, {}))]
    house.round()
    assert (house.fake.comments(report), house.fake.comments(other)) == ([], ["x"])
    house.round(4)
    assert house.fake.comments(report) == ["1", "2", "3"]


REFUSALS = (
    ("comment", {"text": ""}, None, "refused it, 422 (Invalid Parameter: message can't be blank)"),
    ("state", {"state": "retesting"}, None, "state is not included in the list"),
    (
        "assign",
        {"to": "us", "name": "nobody-there"},
        None,
        "has no group or user called nobody-there. Expected one of: H1 Triage, Security",
    ),
    ("assign", {"to": "us", "name": ""}, None, "called nothing"),
    ("tier", {"tier": "gold"}, {"tier_field": "rank"}, "no custom field called rank. Expected one of: Other, Tier; see `tier_field`"),
    ("bounty", {"amount": "-5", "known": []}, None, "expected a number above 0"),
    ("bounty", {"amount": "5.005", "known": []}, None, "two decimals at most"),
)


@pytest.mark.parametrize(("kind", "body", "setting", "says"), REFUSALS)
def test_a_refusal_says_what_happened_and_what_was_expected(
    house: House, report: str, kind: str, body: dict, setting: dict | None, says: str
) -> None:
    if setting:
        house.settings(**setting)
    row = house.want(report, kind, **body)
    house.round(2)
    row.refresh_from_db()
    assert (row.end, says in row.error) == ("refused", True), row.error
    assert (house.told[-1].end, says in house.told[-1].detail) == ("refused", True)


def test_a_right_that_is_missing_is_said_and_the_rest_is_written_once_it_is_there(house: House, report: str) -> None:
    house.fake.rights.remove("report_management")
    house.want(report, "comment", text="x", internal=False)
    house.round(2)
    assert [(one.end, "lacks a right" in one.detail) for one in house.told] == [("", True)]
    assert states(now=database_now())[0].failed == 1
    house.fake.rights.add("report_management")
    house.round()
    assert house.fake.comments(report) == ["x"]


def test_a_report_that_is_gone_refuses_what_was_wanted(house: House, report: str) -> None:
    house.want(report, "comment", text="x", internal=False)
    del house.fake.reports[report]
    house.round()
    assert house.ends() == [("comment", "refused")]


def test_a_platform_that_asks_to_wait_gets_nothing_and_the_try_does_not_count(house: House, report: str) -> None:
    row = house.want(report, "comment", text="x", internal=False)
    house.fake.next = [("^POST ", (429, {}, {}))]
    house.round()
    house.thread.work()
    row.refresh_from_db()
    assert (row.tries, row.doubt, row.error, row.lease_instance) == (0, False, "", None)
    assert Platform.objects.get().wait_until is not None
    house.settings()
    house.round()
    assert house.fake.comments(report) == ["x"]


def test_no_faster_than_hackerone_lets_anybody() -> None:
    now, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    bucket, taken = Bucket(25, 20.0, clock=lambda: now[0], sleep=sleep), list[float]()
    for _ in range(80):
        bucket.take()
        taken.append(now[0])
    assert slept
    assert max(sum(1 for other in taken if at <= other < at + 20) for at in taken) <= 25
    assert taken[-1] < 80  # and not slower than it must


def test_a_write_that_nobody_foresaw_is_set_aside_truthfully_and_the_others_go_on(
    house: House, report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = house.fake.add()
    house.round()
    house.want(report, "comment", text="x", internal=False)
    house.want(other, "comment", text="y", internal=False)
    plain = engine_platforms.perform

    def odd(client: Any, claim: Any, *more: Any) -> Any:
        if claim.external_id == report:
            raise ZeroDivisionError("x")
        return plain(client, claim, *more)

    monkeypatch.setattr(engine_platforms, "perform", odd)
    house.round(2)
    assert ("comment", "refused") in house.ends()
    assert house.fake.comments(other) == ["y"]


# Money


@pytest.mark.req("R6")
def test_an_award_that_the_platform_shows_late_is_found_by_its_id(house: House, report: str) -> None:
    house.fake.hide = 2
    row = house.award(report)
    house.fake.next = [("^POST ", LOSE)]
    house.round(2)
    row.refresh_from_db()
    assert (row.end, row.doubt) == ("", True)
    house.round(2)
    row.refresh_from_db()
    assert (row.end, row.remote_ref) == ("done", house.fake.bounties(report)[0]["id"])
    assert len(house.fake.bounties(report)) == 1


@pytest.mark.req("R6")
@pytest.mark.parametrize("end", [*NOT_DONE, (500, {}, {}), (200, {}, {}), (201, {"data": {}}, {})])
def test_an_award_that_may_have_left_is_never_sent_again_by_itself(house: House, report: str, end: Any) -> None:
    row = house.award(report)
    house.fake.next = [("^POST ", end)]
    house.round(8)
    row.refresh_from_db()
    assert (row.end, row.looks) == ("unknown", 3)
    assert house.fake.made("POST") == [f"/reports/{report}/bounties"]
    assert house.ends() == [("bounty", ""), ("bounty", "unknown")]
    assert "does not show it" in row.error
    assert states(now=database_now())[0].unknown == 1


@pytest.mark.req("R6")
def test_a_person_may_have_it_looked_for_and_sent_again_and_it_is_sent_once(house: House, report: str) -> None:
    row = house.award(report)
    house.fake.next = [("^POST ", CUT)]
    house.round(6)
    for send, sends in ((False, 1), (True, 2)):
        row.refresh_from_db()
        with transaction.atomic():
            wanting.look_again_in(row, send=send, now=database_now())
        house.fake.next = [("^POST ", CUT)] if send else []
        house.round(8)
        row.refresh_from_db()
        assert row.end == "unknown"
        assert len(house.fake.made("POST")) == sends
    with transaction.atomic():
        wanting.look_again_in(row, send=True, now=database_now())
    house.fake.next = []
    house.round(3)
    row.refresh_from_db()
    assert (row.end, len(house.fake.bounties(report))) == ("done", 1)


def test_what_is_there_after_all_is_not_sent_again_though_a_person_said_so(house: House, report: str) -> None:
    house.fake.hide = 9
    row = house.award(report)
    house.fake.next = [("^POST ", BROKEN)]
    house.round(6)
    row.refresh_from_db()
    assert row.end == "unknown"
    house.fake.hidden.clear()
    with transaction.atomic():
        wanting.look_again_in(row, send=True, now=database_now())
    house.round(2)
    row.refresh_from_db()
    assert (row.end, len(house.fake.bounties(report))) == ("done", 1)


@pytest.mark.req("R6")
def test_a_bounty_that_nobody_knew_of_stops_an_award_before_it_leaves(house: House, report: str) -> None:
    row = house.award(report)
    house.fake.pay(report, "500.00", by="ada-there")
    house.round(2)
    row.refresh_from_db()
    assert row.end == "refused"
    assert "A bounty of 500.00 USD stands on the report that was not there when this was decided. Nothing was sent." in row.error
    assert house.fake.made("POST") == []
    house.round()
    second = house.award(report, "250")  # decided with the other one in sight
    house.round(2)
    second.refresh_from_db()
    assert second.end == "done"


def test_a_bounty_of_another_amount_is_not_taken_for_ours(house: House, report: str) -> None:
    row = house.award(report)
    house.fake.next = [("^POST ", CUT)]
    house.round()
    house.fake.pay(report, "100.00", by="ada-there")
    house.round(6)
    row.refresh_from_db()
    assert (row.end, "A bounty of 100.00 USD stands there" in row.error) == ("unknown", True)


def test_a_platform_that_is_down_before_an_award_gets_it_later_and_once(house: House, report: str) -> None:
    row = house.award(report)
    house.fake.die()
    house.round(3)
    row.refresh_from_db()
    assert (row.end, row.doubt) == ("", False)
    house.fake.start()
    house.round(2)
    row.refresh_from_db()
    assert (row.end, len(house.fake.bounties(report))) == ("done", 1)


def test_no_award_leaves_while_hackerone_hides_which_bounties_there_are(house: House, report: str) -> None:
    row = house.award(report)
    house.fake.change(report, bounty_awarded_at=house.fake.tick())
    house.round(2)
    row.refresh_from_db()
    assert (row.end, "does not show which bounties" in row.error) == ("", True)
    assert house.fake.made("POST") == []


def test_a_right_that_is_missing_for_money_is_a_refusal(house: House, report: str) -> None:
    house.fake.rights.remove("reward_management")
    row = house.award(report)
    house.round(2)
    row.refresh_from_db()
    assert (row.end, "reward_management" in row.error, house.fake.bounties(report)) == ("refused", True, [])


@pytest.mark.req("R6")
def test_an_award_that_was_lost_with_its_engine_is_only_looked_for(house: House, report: str) -> None:
    row = house.award(report)
    alive = Session(9)
    try:
        (claim,) = writing.claim_writes(9, house.row.id, now=database_now(), limit=5)
        house.round()
        assert house.fake.made("POST") == []  # another one has it
    finally:
        alive.close()
    house.round(8)
    row.refresh_from_db()
    assert (row.end, house.fake.made("POST")) == ("unknown", [])
    assert not writing.begin(claim, 9)


def test_an_award_whose_end_could_not_be_put_down_is_only_looked_for(house: House, report: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = house.award(report)
    monkeypatch.setattr(engine_platforms, "tell_of_platform_writes_in", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        house.round()
    monkeypatch.setattr(engine_platforms, "tell_of_platform_writes_in", house.tell)
    writing.give_back_writes(1, house.row.id)  # as an engine does that ends
    house.round(2)
    row.refresh_from_db()
    assert (row.end, len(house.fake.bounties(report))) == ("done", 1)
    assert Write.objects.filter(end="").count() == 0


def test_nothing_of_the_token_stands_in_what_is_said(house: House, report: str) -> None:
    house.fake.token = "another"
    house.want(report, "comment", text="x", internal=False)
    house.round(2)
    assert "right" not in json.dumps([one.detail for one in house.told]).replace("a right (", "")
