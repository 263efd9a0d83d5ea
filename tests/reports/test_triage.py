"""A report is made, goes the way of triage, is talked about, rated, tracked, paid, closed: each act stands in its story and in the audit."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from tests.factories import DAY, HOUR
from tests.reports.conftest import HOSTILE, Desk
from watchbill.audit.models import Record
from watchbill.incidents.models import Access, Incident
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, NotFound, Refused
from watchbill.notifications.models import Notification
from watchbill.reports.actions import circle, money, rating, secrecy, talking, tracking, triage
from watchbill.reports.models import Entry, Message, MoneyStep, Rating, Report
from watchbill.reports.selectors.reading import clocks_of, proposal_of
from watchbill.reports.selectors.reading import money as ledger
from watchbill.trackers.models import Tracker, Write

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:N/A:N"
EMBARGO = dt.date(2026, 4, 14)
ISSUE = "https://example.org/sec/issues/7"


def rated(desk: Desk, source: str = "hackerone", **fields: object) -> Report:
    """A report that was read, understood and rated."""
    report = desk.report(source=source, **fields)
    for act in (triage.take, triage.enough, triage.understood):
        desk.do(act, report)
    return desk.do(rating.rate, report, rating.NewRating(VECTOR, tier="tier 1" if source == "hackerone" else ""))


def told(desk: Desk) -> Report:
    report = desk.do(tracking.link_issue, rated(desk), ISSUE)
    return desk.do(triage.tell_reporter, report, "We work on a fix.", max(EMBARGO, desk.now.date()), sent=True)


@pytest.mark.req("K9", "K25")
def test_a_report_goes_the_whole_way(desk: Desk):
    report = desk.report(source="hackerone", reporter="m4rlow")
    assert (report.state, report.accountable, report.promise) == ("new", desk.alice, "first_response")
    assert report.due_at == desk.now + DAY
    report = told(desk)
    assert (report.state, report.severity, report.score, report.tier) == ("reporter_updated", "high", 7.7, "tier 1")
    assert report.answered_at == desk.now
    report = desk.do(tracking.begin_incident, report, "Intake", after=HOUR)
    incident = Incident.objects.get()
    assert (report.state, report.incident, incident.restricted, incident.severity) == ("triaged", incident, True, "high")
    assert set(Access.objects.filter(reason="named").values_list("person__handle", flat=True)) == {"alice"}
    report = desk.do(triage.resolve, report, "Fixed, see the announcement.", sent=True)
    assert (report.state, report.due_at is None) == ("resolved", False)  # the bounty is promised all the same
    assert report.promise == "bounty"
    kinds = list(Entry.objects.filter(report=report).order_by("id").values_list("kind", flat=True))
    assert kinds[0] == "made"
    assert kinds[-1] == "resolved"
    acts = set(Record.objects.filter(kind="report").values_list("action", flat=True))
    assert {
        "report.make",
        "report.take",
        "report.rate",
        "report.link_issue",
        "report.tell",
        "report.begin_incident",
        "report.resolve",
    } <= acts
    assert not Record.objects.filter(kind="report", restricted=False).exists()
    assert "salamander" not in str(list(Record.objects.filter(kind="report").values_list("detail", flat=True)))


def test_whoever_becomes_accountable_is_told_the_code_name_and_nothing_else(desk: Desk):
    report = desk.report()
    notice = Notification.objects.get(person=desk.alice)
    assert report.code_name in str(notice.content)
    assert "salamander" not in str(notice.content)
    desk.do(triage.assign, report, desk.bob)
    assert Notification.objects.filter(person=desk.bob).count() == 1
    with pytest.raises(Invalid, match="Name them on it first"):
        desk.do(triage.assign, report, desk.charlie)
    with pytest.raises(Refused, match="already"):
        desk.do(triage.assign, report, desk.bob)


@pytest.mark.req("K14", "R2")
def test_an_audience_is_chosen_each_time_and_what_leaves_is_sent_by_somebody(desk: Desk):
    report = desk.report()
    for audience, why in (("", "Nothing is chosen for you"), ("public", "it can be"), ("platform", "no triage of one")):
        with pytest.raises(Invalid, match=why):
            desk.do(talking.say, report, "hello", audience)
    with pytest.raises(Refused, match="Send it yourself"):
        desk.do(talking.say, report, "hello", "all")
    assert not Message.objects.exists()
    assert desk.do(talking.say, report, "for us", "team").answered_at is None
    report = desk.do(talking.say, report, "we have it", "all", sent=True, after=2 * HOUR)
    assert report.answered_at == desk.now + 2 * HOUR
    assert report.promise == "triage"
    assert next(c.kept for c in clocks_of(report, now=desk.now)) is True
    with pytest.raises(DatabaseError), transaction.atomic():
        Message.objects.update(audience="all")


@pytest.mark.req("K12", "K13")
@pytest.mark.parametrize(
    ("act", "state", "audience"), [(triage.ask_reporter, "awaiting_reporter", "all"), (triage.relay, "with_platform_triage", "platform")]
)
def test_more_is_asked_in_one_act_and_triage_stands_still(desk: Desk, act: object, state: str, audience: str):
    report = desk.report(source="hackerone")
    desk.do(triage.take, report)
    with pytest.raises(Refused, match="Send it yourself"):
        desk.do(act, report, "Which version?")
    assert Report.objects.get().state == "assessing"  # both or neither
    report = desk.do(act, report, "Which version?", sent=True)
    assert report.state == state
    assert Message.objects.get().audience == audience
    assert [c.promise for c in clocks_of(report, now=desk.now) if c.stands_still] == ["triage"]
    report = desk.do(triage.heard, report, after=DAY)
    assert (report.state, report.valid) == ("assessing", False)
    assert not any(c.stands_still for c in clocks_of(report, now=desk.now))


def test_experts_are_named_asked_and_then_know_of_it(desk: Desk):
    report = desk.report()
    desk.do(triage.take, report)
    desk.do(triage.enough, report)
    with pytest.raises(Invalid, match="at least one"):
        desk.do(triage.ask_experts, report, [], "What can be read?")
    with pytest.raises(NotFound):
        desk.do(talking.say, report, "hello", "team", by="erin")
    assert desk.do(triage.ask_experts, report, [desk.erin], "What can be read?").state == "consulting_experts"
    desk.do(talking.say, report, "Only names.", "team", by="erin")
    assert Notification.objects.filter(person=desk.erin).count() == 1
    desk.do(circle.end_naming, report, desk.erin)
    with pytest.raises(NotFound):
        desk.do(talking.say, report, "hello", "team", by="erin")


@pytest.mark.req("K15", "K16", "K17", "R3")
def test_every_rating_stays_and_another_severity_needs_a_reason(desk: Desk):
    report = rated(desk)
    with pytest.raises(Invalid, match="Say why it is low"):
        desk.do(rating.rate, report, rating.NewRating(VECTOR, "low", "tier 1"))
    with pytest.raises(Invalid, match="has no tier"):
        desk.do(rating.rate, report, rating.NewRating(VECTOR, tier="tier 9"))
    with pytest.raises(Invalid, match="needs its tier"):
        desk.do(rating.rate, report, rating.NewRating(VECTOR))
    report = desk.do(rating.rate, report, rating.NewRating(VECTOR, "medium", "tier 2", "only with debug settings"))
    assert (report.severity, report.state) == ("medium", "rated")
    assert list(Rating.objects.order_by("id").values_list("severity", "tier")) == [("high", "tier 1"), ("medium", "tier 2")]
    with pytest.raises(DatabaseError), transaction.atomic():
        Rating.objects.update(severity="low")


@pytest.mark.req("K19", "K20")
def test_an_issue_is_linked_or_filed_in_one_act(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    report = rated(desk)
    with pytest.raises(Invalid, match="no web address"):
        desk.do(tracking.link_issue, report, "javascript:alert(1)")
    with pytest.raises(Refused, match="names no tracker"):
        desk.do(tracking.file_issue, report)
    monkeypatch.setenv("TOKEN", "x")
    tracker = Tracker.objects.create(
        name="gitlab", kind="gitlab", url="https://gitlab.example.org", token_env="TOKEN", writes=["create_issue"]
    )
    desk.program.tracker, desk.program.project = tracker, "sec/private"
    desk.program.save()
    report = desk.do(tracking.file_issue, report)
    assert report.state == "tracked"
    write = Write.objects.select_related("link").get()
    assert (write.kind, write.link.confidential, write.link.draft["title"]) == ("create", True, report.title)
    assert write.link.draft["path"] == f"/reports/{report.number}"
    with pytest.raises(AlreadyDone):
        desk.do(tracking.file_issue, report)


@pytest.mark.req("K22", "K23", "K24", "R4")
def test_money_is_proposed_by_one_and_approved_by_others(desk: Desk):
    report = told(desk)
    with pytest.raises(Invalid, match="The table says USD 5,000"):
        desk.do(money.propose, report, 100, "")
    desk.do(money.propose, report, 5000, "")
    with pytest.raises(NotAllowed, match="cannot approve"):
        desk.do(money.approve, report, 5000)
    with pytest.raises(Refused, match="is USD 5,000 now"):
        desk.do(money.approve, report, 4000, by="bob")
    report = desk.do(money.approve, report, 5000, by="bob")
    assert report.bounty == "proposed"
    with pytest.raises(NotAllowed, match="Somebody else"):
        desk.do(money.approve, report, 5000, by="bob")
    with pytest.raises(Refused, match="approve the amount first"):
        desk.do(money.awarded, report, 5000)
    report = desk.do(money.approve, report, 5000, by="dora")
    assert report.bounty == "approved"
    report = desk.do(
        money.propose, report, 6000, "chained with another", by="bob"
    )  # anew: whoever approved the other amount did not approve this
    assert (report.bounty, proposal_of(report).approved_by) == ("proposed", ())
    for who in ("alice", "dora"):
        desk.do(money.approve, report, 6000, by=who)
    with pytest.raises(Refused, match="nothing else"):
        desk.do(money.awarded, report, 5000)
    report = desk.do(money.awarded, report, 6000)
    assert (report.bounty, report.state, report.closed_at) == ("awarded", "awarded", None)
    with pytest.raises(Refused, match="awarded already"):
        desk.do(money.awarded, report, 6000)
    assert [step.kind for step in ledger(report)].count("awarded") == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        MoneyStep.objects.all().delete()


def test_what_is_not_eligible_says_why_and_what_came_otherwise_has_no_bounty(desk: Desk):
    report = told(desk)
    with pytest.raises(Invalid, match="Say why"):
        desk.do(money.not_eligible, report, " ")
    report = desk.do(money.not_eligible, report, "a maintainer found it")
    assert (report.bounty, report.promise) == ("ineligible", "triage")
    with pytest.raises(Refused, match="no bounty to decide"):
        desk.do(money.propose, desk.report(), 100, "because")


@pytest.mark.req("K28")
def test_do_not_disclose_has_a_reason_a_day_and_a_comment_of_the_team(desk: Desk):
    report = desk.report()
    with pytest.raises(Invalid, match="Say why"):
        desk.do(secrecy.keep_secret, report, "", EMBARGO)
    report = desk.do(secrecy.keep_secret, report, "upstream asked", EMBARGO)
    assert Message.objects.get().text == "DO NOT DISCLOSE: upstream asked"
    report = desk.do(secrecy.end_secrecy, report, "upstream published")
    assert report.secret_because == ""


def test_it_is_closed_with_a_reason_and_opened_again(desk: Desk):
    first, again = desk.report(), desk.report()
    with pytest.raises(Invalid, match="Say why"):
        desk.do(triage.close_as, first, "spam", "")
    with pytest.raises(Invalid, match="none of them"):
        desk.do(triage.close_as, first, "resolved", "because")
    with pytest.raises(Invalid, match="Name the report"):
        desk.do(triage.close_as, again, "duplicate", "the same")
    with pytest.raises(Invalid, match="cannot be the first"):
        desk.do(triage.close_as, again, "duplicate", "the same", duplicate_of=again.number)
    again = desk.do(triage.close_as, again, "duplicate", "the same", duplicate_of=first.number)
    assert (again.duplicate_of, again.due_at, again.closed_at) == (first, None, desk.now)
    again = desk.do(triage.reopen, again, "it is another one")
    assert (again.state, again.duplicate_of, again.closed_at) == ("assessing", None, None)


def test_what_its_source_calls_it_is_here_once(desk: Desk):
    desk.report(source="hackerone", external_id="123")
    with pytest.raises(AlreadyDone, match="123 is here already"):
        desk.report(source="hackerone", external_id="123")
    with pytest.raises(Invalid, match="no programme"):
        desk.report(program="Other")
    with pytest.raises(Invalid, match="what it is about"):
        desk.report(title="")
    with pytest.raises(NotAllowed, match="need-to-know"):
        desk.report(by="charlie")
    assert HOSTILE in Report.objects.get().title
