"""A report becomes public: resolved with a last word, asked for in full, agreed to or waited for, published once, exactly as it was looked at;
and never while it is marked do not disclose."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from tests.factories import DAY, HOUR
from tests.reports.conftest import HOSTILE, Desk
from tests.reports.test_triage import told
from watchbill.audit.models import Record
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound, Refused
from watchbill.notifications.models import Notification
from watchbill.reports.actions import disclosing, secrecy, talking, tracking, triage
from watchbill.reports.actions.disclosing import Wanted
from watchbill.reports.models import Disclosure, Entry, Message, Report
from watchbill.reports.rules.disclosure import fingerprint
from watchbill.reports.selectors.listing import Filters, search
from watchbill.reports.selectors.reading import clocks_of
from watchbill.response.actions.closing import resolve as resolve_incident

ANNOUNCED = "https://announce.example.org/cve-2026-1"
LATER = 400 * DAY
FULL = Wanted("full")


def resolved(desk: Desk, *, embargo: bool = False) -> Report:
    """A report whose incident is over and whose reporter had the last word. With an embargo that is over, unless it is asked for."""
    report = desk.do(talking.say, told(desk), "INTERNAL: the token is in the vault", "team")
    desk.do(talking.say, report, "PLATFORM: ask for the version", "platform", sent=True)
    report = desk.do(tracking.begin_incident, report, "Intake")
    resolve_incident(report.incident.number, **desk.by("alice"))
    report = desk.do(triage.resolve, report, "Fixed in 4.2.", sent=True, announcement=ANNOUNCED)
    if not embargo:
        Report.objects.filter(pk=report.pk).update(embargo_on=desk.now.date())
    return Report.objects.get(pk=report.pk)


def text_of(report: Report, wanted: Wanted = FULL) -> str:
    return disclosing.checked_text(Report.objects.select_related("program", "team").get(pk=report.pk), wanted)[1]


def in_view(desk: Desk, view: str, by: str = "alice") -> list[int]:
    return [row.number for row in search(desk.viewer(by), Filters(view), now=desk.now).items]


@pytest.mark.req("K26")
def test_it_is_resolved_with_a_last_word_and_the_announcement(desk: Desk):
    report = desk.do(tracking.begin_incident, told(desk), "Intake")
    assert in_view(desk, "resolution") == [report.number]
    assert in_view(desk, "resolution", by="charlie") == []
    with pytest.raises(Invalid, match="It is empty"):
        desk.do(triage.resolve, report, " ", sent=True, announcement=ANNOUNCED)
    with pytest.raises(Invalid, match="no web address"):
        desk.do(triage.resolve, report, "Fixed in 4.2.", sent=True, announcement="javascript:alert(1)")
    report = desk.do(triage.resolve, report, "Fixed in 4.2.", sent=True, announcement=ANNOUNCED)
    last = Message.objects.filter(report=report).order_by("id").last()
    assert (last.audience, last.text) == ("all", f"Fixed in 4.2.\n\nAnnouncement: {ANNOUNCED}")
    assert (report.state, report.announcement) == ("resolved", ANNOUNCED)
    assert in_view(desk, "resolution") == []
    assert in_view(desk, "disclosure") == [report.number]


@pytest.mark.req("K27")
def test_in_full_is_asked_for_and_no_internal_comment_can_leave(desk: Desk):
    report = resolved(desk, embargo=True)
    with pytest.raises(Refused, match="Its embargo ends on 14 April 2026"):
        desk.do(disclosing.ask, report, Wanted(), sent=True)
    report = desk.do(disclosing.ask, report, Wanted(), sent=True, after=60 * DAY)
    row = Disclosure.objects.get()
    assert (row.kind, row.asker, row.end) == ("full", "team", "")  # of itself in full
    assert in_view(desk, "disclosure") == []
    assert in_view(desk, "pending_disclosure") == [report.number]
    text = text_of(report)
    assert HOSTILE in text
    assert "We work on a fix." in text
    assert ANNOUNCED in text
    assert "INTERNAL" not in text
    assert "PLATFORM" not in text
    assert report.code_name not in text
    with pytest.raises(AlreadyDone, match="asked for already"):
        desk.do(disclosing.ask, report, Wanted(), sent=True, after=60 * DAY)


@pytest.mark.req("K27")
def test_passages_are_left_out_and_one_that_is_not_there_is_refused(desk: Desk):
    report = resolved(desk)
    with pytest.raises(Refused, match="Ask them there, and say that you did"):
        desk.do(disclosing.ask, report, Wanted())
    with pytest.raises(Invalid, match="'salamandre' does not stand in what would leave"):
        desk.do(disclosing.ask, report, Wanted(leave_out="salamandre"), sent=True)
    with pytest.raises(Invalid, match="a passage has 3"):
        desk.do(disclosing.ask, report, Wanted(leave_out="xy"), sent=True)
    with pytest.raises(Invalid, match="is its summary"):
        desk.do(disclosing.ask, report, Wanted("limited"), sent=True)
    assert not Disclosure.objects.exists()
    text = text_of(report, Wanted(leave_out="SALAMANDER\nsteps"))
    assert "salamander" not in text.lower()
    assert text.count("[redacted]") == 2
    limited = text_of(report, Wanted("limited", "A file could be read."))
    assert "A file could be read." in limited
    assert "steps" not in limited
    assert "We work on a fix." not in limited


@pytest.mark.req("K29")
def test_the_reporter_has_a_month_and_past_it_what_was_looked_at_is_published_once(desk: Desk):
    report = desk.do(disclosing.ask, resolved(desk), Wanted(), sent=True)
    row = Disclosure.objects.get()
    assert (row.due_at - desk.now).days in (30, 31)
    looked = fingerprint(text_of(report))
    with pytest.raises(Refused, match=f"has until {row.due_at:%d %B %Y}"):
        desk.do(disclosing.publish, report, FULL, looked, sent=True, after=29 * DAY)
    late = row.due_at - desk.now
    assert next(c.due_at for c in clocks_of(report, now=desk.now) if c.promise == "disclosure") == row.due_at
    with pytest.raises(Refused, match="Publish it there"):
        desk.do(disclosing.publish, report, FULL, looked, after=late)
    with pytest.raises(Refused, match="not what you looked at"):
        desk.do(disclosing.publish, report, Wanted("full", leave_out="steps"), looked, sent=True, after=late)
    desk.do(talking.say, report, "One more word.", "all", sent=True)
    with pytest.raises(Refused, match="something changed since"):
        desk.do(disclosing.publish, report, FULL, looked, sent=True, after=late)
    text = text_of(report)
    report = desk.do(disclosing.publish, report, FULL, fingerprint(text), sent=True, after=late)
    row = Disclosure.objects.get()
    assert (row.text, row.end, report.disclosed_at) == (text, "published", desk.now + late)
    with pytest.raises(AlreadyDone, match="public already"):
        desk.do(disclosing.publish, report, FULL, fingerprint(text), sent=True, after=late)
    with pytest.raises(IntegrityError), transaction.atomic():
        Disclosure.objects.create(
            report=report, asker="team", kind="full", asked_at=desk.now, due_at=desk.now, ended_at=desk.now, end="published", text="again"
        )
    assert in_view(desk, "pending_disclosure") == []
    assert Record.objects.filter(action="report.disclosure_publish", restricted=True).count() == 1
    assert "salamander" not in str(list(Record.objects.values_list("detail", flat=True)))


def test_whoever_agrees_need_not_be_waited_for_and_a_request_is_cancelled(desk: Desk):
    report = desk.do(disclosing.ask, resolved(desk), Wanted(), sent=True)
    with pytest.raises(Invalid, match="Say why"):
        desk.do(disclosing.cancel, report, "", sent=True)
    report = desk.do(disclosing.cancel, report, "they want to wait", sent=True)
    assert (report.disclosure_asked_at, in_view(desk, "disclosure")) == (None, [report.number])
    desk.do(disclosing.ask, report, Wanted(), sent=True)
    desk.do(disclosing.agreed, report, after=HOUR)
    with pytest.raises(AlreadyDone):
        desk.do(disclosing.agreed, report)
    report = desk.do(disclosing.publish, report, FULL, fingerprint(text_of(report)), sent=True, after=2 * HOUR)
    assert report.disclosed_at == desk.now + 2 * HOUR
    assert list(Disclosure.objects.order_by("id").values_list("end", flat=True)) == ["cancelled", "published"]
    with pytest.raises(Refused, match="public already"):
        desk.do(secrecy.keep_secret, report, "too late", (desk.now + DAY).date())


@pytest.mark.req("R6", "K28")
def test_do_not_disclose_blocks_every_act_and_a_request_alarms_its_owner_with_the_day(desk: Desk):
    report = desk.do(disclosing.ask, resolved(desk), Wanted(), sent=True)
    with pytest.raises(Invalid, match="Say why"):
        desk.do(secrecy.keep_secret, report, " ", (desk.now + DAY).date())
    report = desk.do(secrecy.keep_secret, report, "upstream asked", (desk.now + 90 * DAY).date())
    assert Message.objects.filter(report=report, audience="team", text="DO NOT DISCLOSE: upstream asked").exists()
    looked = fingerprint(text_of(report))
    for act, args, more in (
        (disclosing.agreed, (), {}),
        (disclosing.publish, (FULL, looked), {"sent": True}),
    ):
        with pytest.raises(Refused, match="marked do not disclose: upstream asked"):
            desk.do(act, report, *args, after=LATER, **more)
    report = desk.do(disclosing.cancel, report, "", sent=True)  # the mark is the reason
    with pytest.raises(Refused, match="marked do not disclose: upstream asked"):
        desk.do(disclosing.ask, report, Wanted(), sent=True, after=LATER)
    assert in_view(desk, "disclosure") == []
    assert in_view(desk, "secret") == [report.number]
    assert in_view(desk, "secret", by="charlie") == []
    Notification.objects.all().delete()
    with pytest.raises(Invalid, match="cannot be in the future"):
        desk.do(disclosing.asked_by_reporter, report, (desk.now + DAY).date())
    report = desk.do(disclosing.asked_by_reporter, report, desk.now.date(), by="bob")
    alarm = Notification.objects.get()
    row = Disclosure.objects.get(ended_at=None)
    assert (alarm.person, alarm.urgency) == (desk.alice, "high")
    for part in (report.code_name, f"Asked on {desk.now:%d %B %Y}", f"become public on {row.due_at:%d %B %Y}"):
        assert part in str(alarm.content)
    assert "salamander" not in str(alarm.content)
    with pytest.raises(Refused, match="marked do not disclose"):
        desk.do(disclosing.publish, report, FULL, looked, sent=True, after=LATER)
    report = desk.do(disclosing.cancel, report, "", sent=True)
    assert "upstream asked" in Entry.objects.filter(report=report).order_by("id").last().text
    with pytest.raises(NotFound):
        desk.do(disclosing.asked_by_reporter, report, desk.now.date(), by="charlie")
    assert report.disclosed_at is None


@pytest.mark.req("K28", "R6")
def test_a_comment_of_the_team_marks_it_and_the_mark_is_looked_at_again_and_ends(desk: Desk):
    report = desk.do(talking.say, desk.report(), "Do not disclose - the vendor is not ready", "team")
    assert report.secret_because == "the vendor is not ready"
    desk.do(talking.say, desk.report(), "Do not disclose this please", "all", sent=True)
    assert Report.objects.exclude(secret_because="").count() == 1  # what the reporter reads marks nothing
    with pytest.raises(Invalid, match="would end before"):
        desk.do(secrecy.keep_secret, report, "until spring", dt.date(2026, 4, 14), until=dt.date(2026, 4, 13))
    report = desk.do(secrecy.keep_secret, report, "until spring", dt.date(2026, 4, 14), until=dt.date(2026, 5, 1))
    Notification.objects.all().delete()
    assert secrecy.look_at_marks(now=desk.now) == 0
    review = dt.datetime(2026, 4, 14, 9, tzinfo=dt.UTC)
    assert [secrecy.look_at_marks(now=review) for _ in range(2)] == [1, 0]
    assert report.code_name in str(Notification.objects.get(person=desk.alice).content)
    assert secrecy.look_at_marks(now=dt.datetime(2026, 4, 30, tzinfo=dt.UTC)) == 0
    assert secrecy.look_at_marks(now=dt.datetime(2026, 5, 1, tzinfo=dt.UTC)) == 1
    report = Report.objects.get(pk=report.pk)
    assert (report.secret_because, report.secret_until, report.disclosed_at) == ("", None, None)
    assert Record.objects.filter(action__in=["report.secrecy_review", "report.secrecy_ended"]).count() == 2
