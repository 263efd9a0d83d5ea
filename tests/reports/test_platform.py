"""What a platform shows becomes true here once; what is done here is written there where it may be, and else done by hand."""

from __future__ import annotations

import pytest

from tests.factories import DAY, HOUR
from tests.reports.conftest import Desk
from tests.reports.remotes import ALL, There, there, writes
from tests.reports.test_triage import EMBARGO, ISSUE, VECTOR
from watchbill.audit.models import Record
from watchbill.kernel.errors import Invalid, Refused
from watchbill.notifications.models import Notification
from watchbill.platforms.actions.wanting import want_in
from watchbill.platforms.models import Remote, Write
from watchbill.reports.actions import disclosing, money, rating, secrecy, talking, tracking, triage
from watchbill.reports.actions.platform import make_what_is_there
from watchbill.reports.models import Disclosure, Entry, Message, MoneyStep, Report, Wait
from watchbill.reports.selectors.listing import Filters, search

REPORTER = {"author": "m4rlow", "by_reporter": True}


@pytest.fixture
def h1(desk: Desk) -> There:
    return there(desk, ALL)


@pytest.fixture
def closed(desk: Desk) -> There:
    """A platform that is only read: as every one begins."""
    return there(desk, [])


def told(desk: Desk) -> int:
    return Notification.objects.filter(person=desk.alice).count()


def rated(h1: There, **fields: object) -> Report:
    report = h1.shows(**fields)
    assert report is not None
    for act in (triage.take, triage.enough, triage.understood):
        h1.desk.do(act, report)
    return h1.desk.do(rating.rate, report, rating.NewRating(VECTOR, tier="tier 1"))


def approved(h1: There) -> Report:
    desk = h1.desk
    report = desk.do(tracking.link_issue, rated(h1), ISSUE)
    report = desk.do(triage.tell_reporter, report, "We work on a fix.", max(EMBARGO, desk.now.date()))
    desk.do(money.propose, report, 5000, "")
    desk.do(money.approve, report, 5000, by="bob")
    return desk.do(money.approve, report, 5000, by="dora")


def sent(h1: There) -> tuple[Report, Write]:
    report = h1.desk.do(money.award, approved(h1), 5000, "Thank you.")
    return report, Write.objects.get(kind="bounty")


@pytest.mark.req("K10")
def test_a_report_that_a_platform_shows_is_here_once_with_somebody_accountable(desk: Desk, closed: There):
    report = closed.shows(weakness="CWE-79", asset="https://example.org")
    assert report is not None
    assert (report.source, report.external_id, report.state, report.accountable) == ("hackerone", "4001", "new", desk.alice)
    assert (report.reporter.name, report.weakness, report.asset) == ("m4rlow", "CWE-79", "https://example.org")
    assert report.received_at == desk.now
    assert told(desk) == 1
    again = closed.changes(report, title="Template injection, clearer")
    assert Report.objects.count() == 1
    assert again.title == "Template injection, clearer"
    assert Entry.objects.filter(report=report, data__before="Template injection 1").exists()  # what it was called stays


def test_one_that_was_written_down_by_its_number_is_that_report(desk: Desk, closed: There):
    report = desk.report(source="hackerone", external_id="4001")
    desk.do(triage.take, report, by="bob")
    shown = closed.shows()
    assert shown is not None
    assert (shown.pk, shown.state, shown.accountable) == (report.pk, "assessing", desk.bob)


def test_what_no_programme_takes_is_no_report(desk: Desk, closed: There):
    desk.program.platform = ""
    desk.program.save()
    assert closed.shows() is None
    assert Remote.objects.count() == 1
    desk.program.platform = "hackerone"
    desk.program.save()
    assert [make_what_is_there(now=desk.now) for _ in range(2)] == [1, 0]
    assert Report.objects.count() == 1  # a programme that names it later gets what is there


@pytest.mark.parametrize(
    ("state", "is_open", "here", "waits"),
    [
        ("new", True, "new", None),
        ("pending-program-review", True, "new", None),
        ("triaged", True, "new", None),
        ("retesting", True, "new", None),
        ("needs-more-info", True, "awaiting_reporter", "reporter"),
        ("resolved", False, "resolved", None),
        ("informative", False, "invalid", None),
        ("not-applicable", False, "invalid", None),
        ("duplicate", False, "duplicate", None),
        ("spam", False, "spam", None),
        ("something-new-of-theirs", True, "new", None),
        ("something-closed-of-theirs", False, "invalid", None),
    ],
)
def test_it_begins_where_it_stands_there(desk: Desk, closed: There, state: str, is_open: bool, here: str, waits: str | None):
    report = closed.shows(state=state, is_open=is_open, closed_at=None if is_open else desk.now)
    assert report is not None
    assert report.state == here
    assert Wait.objects.filter(report=report, ended_at__isnull=True).values_list("whom", flat=True).first() == waits
    assert told(desk) == (1 if is_open else 0)  # what was over before it came wakes nobody
    assert (report.due_at is None) == (not is_open or waits is not None) or report.promise == "first_response"


def test_one_that_the_platforms_triage_holds_waits_for_it_and_comes_back(desk: Desk, closed: There):
    report = closed.shows(assignee_kind="group", assignee="h1 triage")
    assert report is not None
    assert report.state == "with_platform_triage"
    report = closed.changes(report, assignee="Example team")
    assert report.state == "assessing"
    assert not Wait.objects.filter(report=report, ended_at__isnull=True).exists()
    assert told(desk) == 2


@pytest.mark.req("K12")
def test_the_reporter_is_asked_there_and_their_answer_goes_on_with_triage(desk: Desk, h1: There):
    report = h1.shows()
    assert report is not None
    desk.do(triage.take, report)
    report = desk.do(triage.ask_reporter, report, "Which version?")
    assert report.state == "awaiting_reporter"
    assert writes(report) == [("comment", {"text": "Which version?", "internal": False})]
    assert report.answered_at == desk.now
    report = h1.changes(report, said=({"text": "Version 1.2 <script>", **REPORTER},))
    assert report.state == "assessing"
    message = Message.objects.get(report=report, author__isnull=True)
    assert (message.text, message.audience, message.way, message.outside) == ("Version 1.2 <script>", "all", "platform", "")
    notice = Notification.objects.filter(person=desk.alice).latest("id")
    assert "script" not in str(notice.content)


@pytest.mark.req("K13")
def test_the_platforms_triage_is_asked_by_one_act_and_two_writes(desk: Desk, h1: There):
    report = h1.shows()
    assert report is not None
    desk.do(triage.take, report)
    report = desk.do(triage.relay, report, "Please ask for a proof.")
    assert report.state == "with_platform_triage"
    assert writes(report) == [("comment", {"text": "Please ask for a proof.", "internal": True}), ("assign", {"to": "triage"})]
    assert Message.objects.get(report=report).way == "platform"


def test_relay_with_one_of_its_two_writes_alone_goes_by_hand(desk: Desk):
    h1 = there(desk, ["comment"])
    report = h1.shows()
    assert report is not None
    desk.do(triage.take, report)
    with pytest.raises(Refused, match="Send it yourself"):
        desk.do(triage.relay, report, "Please ask for a proof.")
    desk.do(triage.relay, report, "Please ask for a proof.", sent=True)
    assert writes(report) == []


def test_a_platform_that_is_only_read_is_never_written(desk: Desk, closed: There):
    report = rated(closed)
    with pytest.raises(Refused, match="Send it yourself"):
        desk.do(talking.say, report, "Hello.", "all")
    desk.do(talking.say, report, "Hello.", "all", sent=True)
    desk.do(tracking.link_issue, report, ISSUE)
    desk.do(secrecy.keep_secret, report, "A partner is exposed.", desk.now.date() + DAY * 9)
    desk.do(triage.close_as, report, "spam", "No.")
    assert Write.objects.count() == 0


@pytest.mark.req("K14", "R2")
def test_what_the_team_says_to_itself_never_goes_there(desk: Desk, h1: There):
    report = h1.shows()
    assert report is not None
    desk.do(talking.say, report, "Between us.", "team")
    with pytest.raises(Invalid, match="Choose who may read it"):
        desk.do(talking.say, report, "Hello.", "")
    assert writes(report) == []


@pytest.mark.req("K15", "K16", "K20")
def test_severity_tier_and_tracking_issue_are_set_there_once_each(desk: Desk, h1: There):
    report = rated(h1)
    desk.do(tracking.link_issue, report, ISSUE)
    assert writes(report) == [
        ("severity", {"severity": "high", "vector": VECTOR}),
        ("tier", {"tier": "tier 1"}),
        ("reference", {"reference": ISSUE}),
    ]
    Remote.objects.update(severity="high", vector=VECTOR, tier="tier 1", reference=ISSUE)
    desk.do(rating.rate, report, rating.NewRating(VECTOR, tier="tier 1"))
    assert len(writes(report)) == 3  # it stands there already


def test_telling_the_reporter_says_there_that_it_was_accepted(desk: Desk, h1: There):
    report = desk.do(tracking.link_issue, rated(h1), ISSUE)
    desk.do(triage.tell_reporter, report, "We work on a fix.", max(EMBARGO, desk.now.date()))
    assert writes(report)[-2:] == [
        ("comment", {"text": "We work on a fix.", "internal": False}),
        ("state", {"state": "triaged", "text": ""}),
    ]


@pytest.mark.req("K26")
def test_the_last_word_goes_with_the_state(desk: Desk, h1: There):
    report = desk.do(tracking.link_issue, rated(h1), ISSUE)
    desk.do(triage.tell_reporter, report, "We work on a fix.", max(EMBARGO, desk.now.date()))
    report = desk.do(tracking.begin_incident, report, "Intake")
    report = desk.do(triage.resolve, report, "Fixed.", announcement="https://example.org/advisory")
    assert writes(report)[-1] == ("state", {"state": "resolved", "text": "Fixed.\n\nAnnouncement: https://example.org/advisory"})
    report = h1.changes(report, state="resolved", is_open=False)
    assert report.state == "resolved"
    assert not Entry.objects.filter(report=report, text__contains="closed on its platform").exists()


def test_closing_there_needs_a_word_to_the_reporter(desk: Desk, h1: There):
    first, report = h1.shows(), h1.shows()
    assert first is not None
    assert report is not None
    with pytest.raises(Invalid, match="word to its reporter"):
        desk.do(triage.close_as, report, "duplicate", "The same.", duplicate_of=first.number)
    assert Report.objects.get(pk=report.pk).state == "new"
    desk.do(triage.close_as, report, "duplicate", "The same.", duplicate_of=first.number, word="We know of it already.")
    assert writes(report) == [("state", {"state": "duplicate", "text": "We know of it already.", "original": "4001"})]
    desk.do(triage.close_as, first, "spam", "Nonsense.")
    assert writes(first) == [("state", {"state": "spam", "text": ""})]
    Remote.objects.update(is_open=False, state="spam")
    desk.do(triage.reopen, first, "It was none.")
    assert writes(first)[-1] == ("state", {"state": "new", "text": ""})


def test_closed_there_is_closed_here_and_somebody_hears_of_it(desk: Desk, closed: There):
    report = closed.shows(state="needs-more-info")
    assert report is not None
    report = closed.changes(report, state="informative", is_open=False, closed_at=desk.now + HOUR)
    assert (report.state, report.closed_at) == ("invalid", desk.now + HOUR)
    assert told(desk) == 2
    report = closed.changes(report, state="new", is_open=True, closed_at=None)
    assert report.state == "assessing"
    assert report.closed_at is None
    assert told(desk) == 3


def test_what_was_closed_here_by_hand_stays_closed_while_nothing_changes_there(desk: Desk, closed: There):
    report = closed.shows()
    assert report is not None
    report = desk.do(triage.close_as, report, "invalid", "Not a vulnerability.")
    report = closed.changes(report, severity="low", said=({"text": "But look!", **REPORTER},))
    assert report.state == "invalid"
    assert Message.objects.filter(report=report, author__isnull=True).count() == 1


@pytest.mark.req("K28")
def test_do_not_disclose_is_written_there_and_read_from_there(desk: Desk, h1: There):
    report = h1.shows()
    assert report is not None
    desk.do(secrecy.keep_secret, report, "A partner is exposed.", desk.now.date() + DAY * 9)
    assert writes(report) == [("comment", {"text": "DO NOT DISCLOSE: A partner is exposed.", "internal": True})]
    other = h1.shows(said=({"text": "DO NOT DISCLOSE: it names a customer.", "author": "colleague", "internal": True},))
    assert other is not None
    assert other.secret_because == "it names a customer."
    public = h1.shows(said=({"text": "DO NOT DISCLOSE this please", **REPORTER},))
    assert public is not None
    assert public.secret_because == ""  # a reporter marks nothing


@pytest.mark.req("R6", "K29")
def test_a_request_there_is_a_request_here_with_the_platforms_own_date(desk: Desk, h1: There):
    report = h1.shows(state="resolved", is_open=False, closed_at=desk.now)
    assert report is not None
    desk.do(secrecy.keep_secret, report, "A partner is exposed.", desk.now.date() + DAY * 9)
    before = told(desk)
    real = desk.now + DAY * 17
    report = h1.changes(report, going_public_at=real, said=({"kind": "activity-agreed-on-going-public", **REPORTER},))
    row = Disclosure.objects.get(report=report)
    assert (row.asker, row.due_at, report.disclosure_asked_at) == ("reporter", real, desk.now + HOUR)
    assert told(desk) > before
    alarm = Notification.objects.filter(person=desk.alice).latest("id")
    assert f"{real:%d %B %Y}" in str(alarm.content)
    desk.do(disclosing.cancel, report, "")
    assert writes(report)[-1][0] == "cancel_disclosure"
    assert "partner" not in str(writes(report)[-1][1])  # why is the team's alone


def test_the_reporter_agrees_there_to_what_we_asked(desk: Desk, h1: There):
    report = h1.shows(state="resolved", is_open=False, closed_at=desk.now)
    assert report is not None
    desk.do(disclosing.ask, report, disclosing.Wanted("limited", "It was fixed."))
    row = Disclosure.objects.get(report=report)
    assert writes(report) == [("ask_disclosure", {"kind": "limited", "text": "It was fixed.", "publishes": False, "disclosure": row.pk})]
    report = h1.changes(report, said=({"kind": "activity-agreed-on-going-public", **REPORTER},))
    row.refresh_from_db()
    assert row.agreed_at == desk.now + HOUR
    report = h1.changes(report, disclosed_at=desk.now + DAY, at=DAY)
    row.refresh_from_db()
    assert (report.disclosed_at, row.end) == (desk.now + DAY, "published")


def test_what_became_public_there_in_spite_of_the_mark_is_an_alarm(desk: Desk, closed: There):
    report = closed.shows(state="resolved", is_open=False, closed_at=desk.now)
    assert report is not None
    desk.do(secrecy.keep_secret, report, "A partner is exposed.", desk.now.date() + DAY * 9)
    before = told(desk)
    closed.changes(report, disclosed_at=desk.now)
    contents = str(list(Notification.objects.filter(person=desk.alice).order_by("id").values_list("content", flat=True))[before:])
    assert "must not be disclosed" in contents


def test_what_the_platform_refuses_to_publish_is_not_public(desk: Desk, h1: There):
    report = h1.shows(state="resolved", is_open=False, closed_at=desk.now)
    assert report is not None
    report = h1.changes(report, said=({"kind": "activity-agreed-on-going-public", **REPORTER},))
    kind, text = disclosing.checked_text(report, disclosing.Wanted())
    from watchbill.reports.rules.disclosure import fingerprint

    report = desk.do(disclosing.publish, report, disclosing.Wanted(kind), fingerprint(text), after=DAY)
    write = Write.objects.get(kind="ask_disclosure")
    assert write.body["publishes"] is True
    assert report.disclosed_at is not None
    report = h1.ends(write, "refused", "The platform answered 422.", at=DAY)
    assert (report.disclosed_at, Disclosure.objects.get().end) == (None, "cancelled")


@pytest.mark.req("R5", "K24")
def test_an_award_is_sent_once_and_done_when_the_platform_has_it(desk: Desk, h1: There):
    report, write = sent(h1)
    assert write.body == {"amount": 5000, "currency": "USD", "text": "Thank you.", "known": []}
    assert report.bounty == "sending"
    for act, args in ((money.award, (5000, "")), (money.awarded, (5000,)), (money.propose, (1, "less")), (money.not_eligible, ("no",))):
        with pytest.raises(Refused, match="not known yet"):
            desk.do(act, report, *args)
    report = h1.ends(write, "done", ref="77")
    assert (report.bounty, report.state, report.settled_at is not None) == ("awarded", "awarded", True)
    kinds = list(MoneyStep.objects.filter(report=report).order_by("id").values_list("kind", "person__handle"))
    assert kinds == [("proposed", "alice"), ("approved", "bob"), ("approved", "dora"), ("sent", "alice"), ("awarded", "alice")]
    report = h1.changes(report, bounties=[{"id": "77", "amount": "5000.00", "currency": "USD"}])
    assert MoneyStep.objects.filter(report=report, kind="awarded").count() == 1  # shown afterwards, it is the same one


@pytest.mark.req("R5")
def test_without_an_answer_it_is_unknown_and_only_a_person_sends_it_again(desk: Desk, h1: There):
    report, write = sent(h1)
    before = told(desk)
    report = h1.ends(write, "unknown", "The connection was cut.")
    assert (report.bounty, report.settled_at) == ("unknown", None)
    assert told(desk) > before
    assert Write.objects.filter(kind="bounty", due_at__isnull=False).count() == 0
    with pytest.raises(Refused, match="not known yet"):
        desk.do(money.award, report, 5000, "")
    report = desk.do(money.look_again, report)
    write.refresh_from_db()
    assert (report.bounty, write.end, write.body["send"], write.due_at is not None) == ("sending", "", False, True)
    report = h1.ends(write, "unknown", "It is not there.")
    report = desk.do(money.look_again, report, send=True)
    write.refresh_from_db()
    assert write.body["send"] is True
    assert Write.objects.filter(kind="bounty").count() == 1
    report = h1.ends(write, "done", ref="78")
    assert report.bounty == "awarded"


@pytest.mark.req("R5")
def test_an_unknown_award_that_shows_up_later_is_that_award(desk: Desk, h1: There):
    report, write = sent(h1)
    report = h1.ends(write, "unknown", "The connection was cut.")
    report = h1.changes(report, bounties=[{"id": "79", "amount": "5000", "currency": "USD"}])
    write.refresh_from_db()
    assert (report.bounty, write.end, write.remote_ref) == ("awarded", "done", "79")
    assert MoneyStep.objects.filter(report=report, kind="awarded").get().person == desk.alice


def test_whoever_looked_there_says_how_it_ended(desk: Desk, h1: There):
    report, write = sent(h1)
    report = h1.ends(write, "unknown", "The connection was cut.")
    report = desk.do(money.looked_there, report, False)
    assert report.bounty == "approved"
    report = desk.do(money.award, report, 5000, "")
    write = Write.objects.filter(kind="bounty").latest("id")
    report = h1.ends(write, "unknown", "The connection was cut.")
    report = desk.do(money.looked_there, report, True)
    assert (report.bounty, report.settled_at is not None) == ("awarded", True)
    assert set(Write.objects.filter(kind="bounty").values_list("end", flat=True)) == {"dropped"}


def test_two_awards_of_one_report_are_never_under_way_together(desk: Desk, h1: There):
    report, write = sent(h1)
    with pytest.raises(Refused, match="on its way"):
        want_in(write.remote, "bounty", {"amount": 5000}, person_id=None, now=desk.now)
    report = h1.ends(write, "refused", "The platform answered 403.")
    assert report.bounty == "approved"
    assert MoneyStep.objects.filter(report=report).latest("id").kind == "refused"


def test_a_bounty_that_somebody_awards_there_settles_it(desk: Desk, closed: There):
    report = closed.shows()
    assert report is not None
    report = closed.changes(report, bounties=[{"id": "5", "amount": "750.50", "currency": "EUR"}])
    assert (report.bounty, report.amount, report.currency) == ("awarded", 750, "EUR")
    assert Entry.objects.filter(report=report, text__contains="EUR 750.50").exists()
    step = MoneyStep.objects.get(report=report)
    assert (step.kind, step.person) == ("awarded", None)


def test_where_awards_are_not_switched_on_whoever_awards_does_it_there(desk: Desk):
    h1 = there(desk, ["comment", "state"])
    report = approved(h1)
    with pytest.raises(Refused, match="does not switch"):
        desk.do(money.award, report, 5000, "")
    report = desk.do(money.awarded, report, 5000)
    assert report.bounty == "awarded"
    assert Write.objects.filter(kind="bounty").count() == 0


def test_history_promises_nothing_and_keeps_what_was_said(desk: Desk, closed: There):
    long_ago = desk.now - 300 * DAY
    report = closed.shows(
        state="resolved",
        is_open=False,
        submitted_at=long_ago,
        created_at=long_ago,
        closed_at=long_ago + 40 * DAY,
        first_answer_at=long_ago + HOUR,
        said=({"text": "Thanks, we look.", "author": "colleague", "at": -299 * DAY}, {"text": "Any news?", **REPORTER, "at": -280 * DAY}),
    )
    assert report is not None
    assert (report.due_at, report.promise, told(desk)) == (None, "", 0)
    assert list(Message.objects.filter(report=report).order_by("id").values_list("outside", flat=True)) == ["colleague", ""]
    found = [each.pk for each in search(desk.viewer("alice"), Filters("disclosure"), now=desk.now).items]
    assert found == [report.pk]


def test_what_was_said_before_it_was_here_is_no_news_and_no_answer(desk: Desk, closed: There):
    before = desk.now - 5 * DAY
    report = closed.shows(state="needs-more-info", submitted_at=before, active_at=before + 2 * DAY)
    assert report is not None
    assert told(desk) == 1
    report = closed.changes(report, said=({"text": "Steps are above.", **REPORTER, "at": -4 * DAY},))
    assert (report.state, told(desk)) == ("awaiting_reporter", 1)
    assert Message.objects.get().text == "Steps are above."
    report = closed.changes(report, said=({"text": "Version 2.", **REPORTER, "at": HOUR},))
    assert (report.state, told(desk)) == ("assessing", 2)


def test_what_is_not_shown_to_us_any_more_is_told(desk: Desk, closed: There):
    report = closed.shows()
    assert report is not None
    closed.changes(report, gone_at=desk.now)
    assert Entry.objects.filter(report=report, text="It is not shown to us any more there.").exists()


def test_a_failed_write_is_told_to_whoever_wanted_it(desk: Desk, h1: There):
    report = h1.shows()
    assert report is not None
    desk.do(talking.say, report, "Hello <b>you</b>.", "all", by="bob")
    write = Write.objects.get()
    before = Notification.objects.filter(person=desk.bob).count()
    h1.ends(write, "", "HackerOne answered 503.")
    assert Notification.objects.filter(person=desk.bob).count() == before
    h1.ends(write, "refused", "HackerOne refused it, 422.")
    notice = Notification.objects.filter(person=desk.bob).latest("id")
    assert Notification.objects.filter(person=desk.bob).count() == before + 1
    assert "Hello" not in str(notice.content)
    assert Entry.objects.filter(report=report, text__contains="422").exists()


@pytest.mark.req("R8")
def test_nothing_of_it_reaches_whoever_must_not_know(desk: Desk, h1: There):
    report = h1.shows(said=({"text": "salamander", **REPORTER},), title="salamander")
    assert report is not None
    desk.do(talking.say, report, "salamander", "all")
    h1.ends(Write.objects.get(), "refused", "no")
    assert not Notification.objects.filter(person__in=[desk.charlie, desk.root, desk.erin]).exists()
    assert "salamander" not in str(list(Notification.objects.values_list("content", flat=True)))
    assert not Record.objects.filter(kind="report", restricted=False).exists()
    assert "salamander" not in str(list(Record.objects.filter(kind="report").values_list("detail", flat=True)))
    assert search(desk.viewer("charlie"), Filters("all"), now=desk.now).items == []
