"""The way through triage, promises in business time, severity by the standard, money, likeness: pure."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import DAY, HOUR, T0
from watchbill.people.rules import WorkingTime
from watchbill.reports.rules import bounty, disclosure, flow, likeness, severity, texts
from watchbill.reports.rules.clocks import Moments, Promise, Targets, clocks_of, due_after, next_promise
from watchbill.reports.rules.flow import Act, Facts, State, Step
from watchbill.reports.rules.people import accountable

LONDON = WorkingTime("Europe/London")
MONDAY = T0  # 9:00 in London
ONE = Targets().first_response

HAPPY = [  # step, act, then
    (Step.TAKE, Act.TAKE, State.ASSESSING),
    (Step.ENOUGH, Act.ENOUGH, State.ASSESSING),
    (Step.UNDERSTOOD, Act.UNDERSTOOD, State.ASSESSING),
    (Step.RATE, Act.RATE, State.RATED),
    (Step.TRACK, Act.TRACK, State.TRACKED),
    (Step.TELL, Act.TELL, State.TOLD),
    (Step.BOUNTY, Act.AWARD, State.AWARDED),
    (Step.INCIDENT, Act.BEGIN_INCIDENT, State.TRIAGED),
    (Step.RESOLVE, Act.RESOLVE, State.RESOLVED),
]


def done(facts: Facts, act: Act) -> Facts:
    """The facts after an act, as the actions keep them."""
    return Facts(
        flow.after(facts, act),
        valid=act is Act.ENOUGH or (facts.valid and act not in (Act.HEARD, Act.REOPEN)),
        understood=act is Act.UNDERSTOOD or (facts.understood and act not in (Act.HEARD, Act.REOPEN)),
        tracked=facts.tracked or act is Act.TRACK,
        platform=facts.platform,
        bounty_settled=facts.bounty_settled or act is Act.AWARD,
    )


@pytest.mark.req("K9")
@pytest.mark.parametrize("platform", [True, False])
def test_the_one_next_step_leads_through_the_whole_flow(platform: bool):
    facts = Facts(State.NEW, platform=platform)
    for step, act, state in HAPPY:
        if not platform and act is Act.AWARD:
            assert "nothing to award" in flow.why_not(facts, act)
            continue
        assert flow.next_step(facts) is step
        assert flow.why_not(facts, act) == ""
        facts = done(facts, act)
        assert facts.state is state
    assert flow.next_step(facts) is Step.DONE


@pytest.mark.req("K12", "K13")
@pytest.mark.parametrize(("act", "state"), [(Act.ASK_REPORTER, State.AWAITING_REPORTER), (Act.RELAY, State.WITH_PLATFORM)])
def test_what_says_too_little_waits_and_is_read_again_from_the_start(act: Act, state: State):
    facts = Facts(State.ASSESSING, platform=True)
    waiting = done(facts, act)
    assert (waiting.state, flow.next_step(waiting)) == (state, Step.WAIT)
    assert "Say first that the answer is there" in flow.why_not(waiting, Act.ENOUGH)
    assert done(waiting, Act.HEARD) == facts
    assert "nobody can relay" in flow.why_not(Facts(State.ASSESSING), Act.RELAY)


@pytest.mark.parametrize(
    ("facts", "act", "why"),
    [
        (Facts(State.NEW), Act.RATE, "Take it first"),
        (Facts(State.ASSESSING), Act.UNDERSTOOD, "seems valid"),
        (Facts(State.ASSESSING, valid=True), Act.RATE, "impact is understood"),
        (Facts(State.RATED), Act.TELL, "tracking issue first"),
        (Facts(State.TRACKED, tracked=True), Act.BEGIN_INCIDENT, "tell the reporter"),
        (Facts(State.TRIAGED, tracked=True), Act.BEGIN_INCIDENT, "begun already"),
        (Facts(State.SPAM), Act.TAKE, "Reopen it first"),
        (Facts(State.RATED), Act.ASK_REPORTER, "Write a comment instead"),
        (Facts(State.NEW), Act.REOPEN, "open already"),
    ],
)
def test_what_is_not_possible_says_what_comes_first(facts: Facts, act: Act, why: str):
    assert why in flow.why_not(facts, act)


@pytest.mark.req("K18", "R7")
def test_what_is_acted_on_without_a_tracking_issue_is_a_violation():
    assert not flow.needs_tracking(Facts(State.ASSESSING, valid=True))
    assert flow.needs_tracking(Facts(State.RATED))
    assert not flow.needs_tracking(Facts(State.RATED, tracked=True))
    assert not flow.needs_tracking(Facts(State.INVALID))
    early = Facts(State.ASSESSING, valid=True, understood=True, tracked=True)  # it was linked before it was rated
    assert flow.after(early, Act.RATE) is State.TRACKED


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(list(Act)), max_size=25), st.booleans())
def test_no_order_of_acts_leads_out_of_the_flow(acts: list[Act], platform: bool):
    facts = Facts(State.NEW, platform=platform)
    for act in acts:
        if flow.why_not(facts, act):
            continue
        facts = Facts(State.INVALID, platform=platform) if act is Act.CLOSE else done(facts, act)
        assert flow.next_step(facts) in Step
        if facts.state in (State.TRACKED, State.TOLD, State.AWARDED, State.TRIAGED, State.RESOLVED):
            assert facts.tracked  # never past the tracking issue without one
        assert platform or facts.state not in (State.WITH_PLATFORM, State.AWARDED)


@pytest.mark.req("K1")
@pytest.mark.parametrize(
    ("arrived", "due"),
    [
        (MONDAY + HOUR, MONDAY + DAY + HOUR),
        (MONDAY + 4 * DAY + HOUR, MONDAY + 7 * DAY + HOUR),  # Friday 10:00, due on Monday
        (MONDAY + 5 * DAY, MONDAY + 8 * DAY),  # Saturday counts from Monday's opening
    ],
)
def test_the_first_response_is_due_in_business_time(arrived: dt.datetime, due: dt.datetime):
    first, triage = clocks_of(Moments(arrived), Targets(), LONDON)
    assert (first.promise, first.due_at) == (Promise.FIRST_RESPONSE, due)
    assert next_promise([triage, first]) == first
    assert not first.is_broken(due)
    assert first.is_broken(due + HOUR)
    assert 0 < first.share(arrived + HOUR) < 1


def test_promises_follow_what_happened():
    answered, triaged, told = T0 + HOUR, T0 + 2 * DAY, T0 + 3 * DAY
    moments = Moments(T0, answered_at=answered, triaged_at=triaged, told_at=told, disclosure_asked_at=told, pays=True)
    clocks = {clock.promise: clock for clock in clocks_of(moments, Targets(), LONDON)}
    assert clocks[Promise.FIRST_RESPONSE].kept is True
    assert clocks[Promise.TRIAGE].kept is True
    assert clocks[Promise.BOUNTY].due_at == T0 + 16 * DAY  # ten business days after the end of triage
    assert clocks[Promise.UPDATE].due_at == dt.datetime(2026, 4, 5, 8, tzinfo=dt.UTC)  # the same clock time in London, in summer
    assert clocks[Promise.DISCLOSURE].due_at == dt.datetime(2026, 4, 5, 8, tzinfo=dt.UTC)
    late = clocks_of(Moments(T0, answered_at=T0 + 3 * DAY), Targets(), LONDON)[0]
    assert late.kept is False


def test_triage_stands_still_while_somebody_else_has_the_word():
    waits = [(T0 + 2 * HOUR, None)]
    triage = clocks_of(Moments(T0, waits=waits), Targets(), LONDON)[1]
    assert triage.stands_still
    over = clocks_of(Moments(T0, waits=[(T0 + 2 * HOUR, T0 + DAY + 2 * HOUR)]), Targets(), LONDON)[1]
    assert over.due_at == T0 + 14 * DAY + 8 * HOUR  # one working day more: that Monday to its closing
    closed = clocks_of(Moments(T0, waits=waits, closed_at=T0 + 5 * DAY), Targets(), LONDON)[1]
    assert closed.kept is True


SPANS = st.tuples(st.integers(0, 400), st.integers(0, 200)).map(lambda n: (T0 + n[0] * HOUR, T0 + (n[0] + n[1]) * HOUR))


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SPANS, max_size=4), SPANS)
def test_a_wait_never_brings_a_promise_nearer_and_none_at_night_moves_it(waits: list, more: tuple):
    spans = [(a, b) for n, (a, b) in enumerate(sorted(waits)) if all(b2 <= a for _, b2 in sorted(waits)[:n])]  # waits never overlap
    due = due_after(T0, ONE, LONDON, spans)
    assert due is not None
    assert due >= due_after(T0, ONE, LONDON)
    night = [(T0 + 9 * HOUR, T0 + 12 * HOUR)]
    assert due_after(T0, ONE, LONDON, night) == due_after(T0, ONE, LONDON)


def test_somebody_always_answers_for_it():
    assert accountable([3, 4], team_last_resort=1, last_resort=2) == 3
    assert accountable([], team_last_resort=1, last_resort=2) == 1
    assert accountable([], team_last_resort=None, last_resort=2) == 2


@pytest.mark.req("K15", "R3")
@pytest.mark.parametrize(
    ("vector", "score", "band"),
    [  # most are examples that FIRST published with the standards
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, "medium"),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4, "medium"),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1, "low"),
        ("CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L", 4.2, "medium"),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9, "critical"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5, "high"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, ""),
        ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.3, "high"),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N", 6.9, "medium"),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N", 8.8, "high"),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3, "critical"),
    ],
)
def test_vectors_are_scored_by_the_standard(vector: str, score: float, band: str):
    found = severity.scored(f" {vector} ")
    assert (found.score, found.band, found.vector) == (score, band, vector)


@pytest.mark.parametrize(
    "vector", ["", "high", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "CVSS:3.1/AV:N", "CVSS:4.0/AV:Z", "CVSS:3.1/" + "A" * 400]
)
def test_what_is_no_vector_says_what_one_looks_like(vector: str):
    with pytest.raises(ValueError, match=r"Expected one such as CVSS:3\.1/"):
        severity.scored(vector)


@pytest.mark.req("R3")
def test_another_severity_needs_a_reason():
    found = severity.scored("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N")
    assert severity.why_not_rated(found, "high", "") == ""
    assert "Say why it is medium" in severity.why_not_rated(found, "medium", " ")
    assert severity.why_not_rated(found, "medium", "only with debug settings") == ""
    assert "Give a vector, or a reason" in severity.why_not_rated(None, "high", "")
    assert "it can be critical" in severity.why_not_rated(found, "urgent", "because")
    assert severity.proposed("critical", {"adjacent": True, "mitigation": True}) == "medium"
    assert severity.proposed("low", {"adjacent": True}) == "low"


TABLE = bounty.Table("USD", {"tier 1": {"high": 5000}}, {"low": 1, "high": 2})


@pytest.mark.req("K22", "K24", "R4")
def test_an_amount_comes_from_the_table_or_with_a_reason_and_others_agree():
    assert bounty.amount_of(TABLE, "tier 1", "high") == 5000
    assert bounty.amount_of(TABLE, "tier 2", "high") is None
    fine = {"tier": "tier 1", "severity": "high", "amount": 5000, "reason": ""}
    assert bounty.why_not_proposed(TABLE, **fine) == ""
    assert "The table says USD 5,000" in bounty.why_not_proposed(TABLE, **fine | {"amount": 100})
    assert "No table is set" in bounty.why_not_proposed(TABLE, **fine | {"tier": "tier 2"})
    assert "more than nothing" in bounty.why_not_proposed(TABLE, **fine | {"amount": 0})
    assert "Rate it first" in bounty.why_not_proposed(TABLE, **fine | {"severity": ""})
    assert "no bounty" in bounty.why_not_proposed(bounty.Table(), **fine)
    assert "cannot approve" in bounty.why_not_approve(approver=1, proposer=1, already=[], needed=2)
    assert "Somebody else" in bounty.why_not_approve(approver=2, proposer=1, already=[2], needed=2)
    assert bounty.why_not_approve(approver=3, proposer=1, already=[2], needed=2) == ""
    assert [bounty.is_approved(who, 2) for who in ([2], [2, 2], [2, 3])] == [False, False, True]
    assert [bounty.approvals_needed(TABLE, each) for each in ("low", "high", "critical")] == [1, 2, 2]


@pytest.mark.req("K14", "R2")
def test_nobody_reads_anything_that_was_not_addressed_to_them():
    assert "Nothing is chosen for you" in texts.why_no_audience("", platform=True)
    assert "it can be team, platform, all" in texts.why_no_audience("public", platform=True)
    assert "no triage of one" in texts.why_no_audience("platform", platform=False)
    assert texts.why_no_audience("all", platform=False) == ""
    assert texts.filled("Hello {reporter}, {title} by {embargo}", {"reporter": "m4rlow", "embargo": ""}) == (
        "Hello m4rlow, {title} by {embargo}"
    )
    assert texts.unknown_variables("{reporter} {secret} {secret}") == ["secret"]


@pytest.mark.req("K28")
def test_do_not_disclose_is_read_and_stands_in_the_way():
    assert disclosure.marked("DO NOT DISCLOSE: upstream asked for it") == "upstream asked for it"
    assert disclosure.marked("please do not disclose this") is None
    today = T0.date()
    fine = disclosure.Facts(State.RESOLVED)
    assert disclosure.why_not_disclose(fine, today=today) == []
    wrong = disclosure.Facts(State.TRIAGED, kept_secret="upstream", incident_open=True, embargo_on=today + DAY)
    assert len(disclosure.why_not_disclose(wrong, today=today)) == 4
    assert "Say why" in disclosure.why_not_secret("", today + DAY, today=today)
    assert "Name a day" in disclosure.why_not_secret("upstream", today, today=today)
    assert disclosure.why_not_secret("upstream", today + DAY, today=today) == ""


MAIL = """Path traversal in archive import lets a project member read runner secrets. Steps to reproduce: make an archive whose entry is
named ../../etc/runner.toml, import it into a project of your own, open the file in the browser, and read the registration token of it."""


@pytest.mark.req("K31", "R1")
def test_the_same_report_by_two_ways_is_alike_and_another_is_not():
    one = likeness.fingerprint("Path traversal in archive import", MAIL)
    quoted = MAIL.replace(". ", ".\r\n")
    other = likeness.fingerprint("Path traversal in archive import", f"Hello team,\n\n> {quoted}\n\nThank you, m4rlow")
    far = likeness.fingerprint("XSS in the title of a page", "A page whose title has a script tag in it runs that for whoever opens it")
    assert likeness.is_near(one, other)
    assert likeness.alike(one, one) == 100
    assert not likeness.is_near(one, far)
    assert likeness.fingerprint("hi", "") == 0
    assert not likeness.is_near(0, 0)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300), st.text(max_size=300))
def test_a_fingerprint_fits_a_database_and_compares_both_ways(one: str, other: str):
    first, second = likeness.fingerprint(one, other), likeness.fingerprint(other, one)
    assert -(2**63) <= first < 2**63
    assert likeness.distance(first, second) == likeness.distance(second, first)
    assert 0 <= likeness.alike(first, second) <= 100
