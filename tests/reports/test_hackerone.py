"""A report of HackerOne from its arrival to its disclosure: the real engine's part, a fake that speaks its wire, and what people do here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.hackerone.conftest import House, secrets  # noqa: F401  a fixture
from tests.connectors.hackerone.fake import HackerOne, hackerone
from tests.connectors.tracker.fake import LOSE
from tests.reports.conftest import Desk
from tests.reports.test_triage import ISSUE, VECTOR
from watchbill.incidents.models import Incident
from watchbill.kernel.clock import database_now
from watchbill.notifications.models import Notification
from watchbill.platforms.models import Platform, Write
from watchbill.reports.actions import disclosing, money, rating, secrecy, talking, tracking, triage
from watchbill.reports.models import Disclosure, Message, MoneyStep, Report
from watchbill.response import actions as response


@pytest.fixture
def fake() -> Iterator[HackerOne]:
    with hackerone() as made:
        yield made


@pytest.fixture
def house(desk: Desk, fake: HackerOne, secrets: None) -> Iterator[House]:  # noqa: F811
    desk.now = database_now()
    made = House(fake)
    desk.program.platform = "h1"
    desk.program.save()
    made.thread.check()
    made.settings()
    made.round()
    yield made
    for thread in made.threads:
        thread.close()


class Play:
    """One report, by turns of people and the engine."""

    def __init__(self, desk: Desk, house: House) -> None:
        self.desk, self.house, self.fake = desk, house, house.fake
        self.id = house.fake.add("SSRF in the importer")
        house.round(2)
        self.report = Report.objects.get(external_id=self.id)

    def do(self, act, *args, by="alice", **more) -> Report:
        self.desk.now = database_now()
        self.report = self.desk.do(act, self.report, *args, by=by, **more)
        return self.round()

    def round(self, times: int = 2) -> Report:
        self.house.round(times)
        self.fake.now = max(self.fake.now, database_now())
        self.report = Report.objects.get(pk=self.report.pk)
        return self.report

    def there(self, name: str = "state"):
        return self.fake.reports[self.id]["attributes"][name]

    def to_approved(self) -> None:
        for act in (triage.take, triage.enough, triage.understood):
            self.do(act)
        self.do(rating.rate, rating.NewRating(VECTOR, tier="tier 1"))
        self.do(tracking.link_issue, ISSUE)
        self.do(triage.tell_reporter, "We work on a fix.", self.desk.now.date())
        self.do(money.propose, 5000, "")
        self.do(money.approve, 5000, by="bob")
        self.do(money.approve, 5000, by="dora")


@pytest.fixture
def play(desk: Desk, house: House) -> Play:
    return Play(desk, house)


@pytest.mark.req("K9", "K12", "K13", "K25", "K26", "R5")
def test_the_whole_way_of_one_report(play: Play):
    report = play.report
    assert (report.state, report.reporter.name, report.weakness) == ("new", "mallory", "Cross-site Scripting (XSS) - Stored")
    play.do(triage.take)
    play.do(triage.ask_reporter, "Which version?")
    assert play.fake.comments(play.id) == ["Which version?"]
    play.fake.say(play.id, "All of them <b>!</b>")
    assert play.round().state == "assessing"
    play.do(triage.relay, "Please ask for a proof.")
    assert play.fake.reports[play.id]["relationships"]["assignee"]["data"]["id"] == play.fake.groups["H1 Triage"]
    assert play.report.state == "with_platform_triage"
    play.fake.reports[play.id]["relationships"]["assignee"]["data"] = {"type": "group", "id": "32", "attributes": {"name": "Security"}}
    play.fake.say(play.id, "A proof is attached.", by="h1-analyst", internal=True)
    assert play.round().state == "assessing"
    play.do(triage.enough)
    play.do(triage.understood)
    play.do(rating.rate, rating.NewRating(VECTOR, tier="tier 1"))
    play.do(tracking.link_issue, ISSUE)
    assert play.there("issue_tracker_reference_id") == ISSUE
    play.do(triage.tell_reporter, "We work on a fix.", play.desk.now.date())
    assert play.there() == "triaged"
    play.do(money.propose, 5000, "")
    play.do(money.approve, 5000, by="bob")
    play.do(money.approve, 5000, by="dora")
    play.do(money.award, 5000, "Thank you.")
    assert [row["attributes"]["amount"] for row in play.fake.bounties(play.id)] in (["5000.00"], ["5000"])
    assert (play.report.bounty, play.report.state) == ("awarded", "awarded")
    play.do(tracking.begin_incident, "Intake")
    incident = Incident.objects.get()
    response.resolve(incident.number, **play.desk.by("alice"))
    play.do(triage.resolve, "Fixed in 2.1.")
    assert play.there() == "resolved"
    Report.objects.update(embargo_on=None)
    play.report = Report.objects.get()
    play.do(disclosing.ask, disclosing.Wanted("full"))
    play.fake.say(play.id, "", kind="activity-agreed-on-going-public", disclosed_at=None)
    play.round()
    assert Disclosure.objects.get().agreed_at is not None
    play.fake.change(play.id, disclosed_at=play.fake.tick())
    assert play.round().disclosed_at is not None
    assert not Write.objects.exclude(end="done").exists()
    said = list(Message.objects.filter(report=play.report).order_by("id").values_list("text", "audience", "outside"))
    assert ("All of them <b>!</b>", "all", "") in said
    assert ("A proof is attached.", "platform", "h1-analyst") in said
    assert len([text for text, *_ in said if text == "Which version?"]) == 1  # ours is not told to us as news
    contents = str(list(Notification.objects.values_list("content", flat=True)))
    assert not {"SSRF", "proof", "version"} & set(contents.split())


@pytest.mark.req("R5", "K24")
def test_an_award_whose_answer_was_lost_is_looked_for_and_not_sent_twice(play: Play):
    play.to_approved()
    play.fake.hide = 10**6  # it stands there, and is not shown
    play.fake.next = [("^POST .*/bounties", LOSE)]
    play.do(money.award, 5000, "Thank you.")
    play.round(6)
    assert play.report.bounty == "unknown"
    assert len(play.fake.bounties(play.id)) == 1
    for _ in range(3):
        play.do(money.look_again)
        play.round(6)
        assert play.report.bounty == "unknown"
    assert len(play.fake.bounties(play.id)) == 1
    play.fake.hidden = dict.fromkeys(play.fake.hidden, 0)
    play.fake.change(play.id)
    play.round(3)
    assert (play.report.bounty, len(play.fake.bounties(play.id))) == ("awarded", 1)
    assert MoneyStep.objects.filter(kind="awarded").get().person == play.desk.alice


@pytest.mark.req("K28", "R6")
def test_do_not_disclose_is_a_comment_of_the_team_there(play: Play):
    play.do(secrecy.keep_secret, "A partner is exposed.", play.desk.now.date().replace(year=2199))
    rows = play.fake.reports[play.id]["relationships"]["activities"]["data"]
    assert [row["attributes"]["internal"] for row in rows if "DO NOT DISCLOSE" in row["attributes"]["message"]] == [True]


def test_a_platform_starts_read_only(play: Play):
    Platform.objects.update(writes=[])
    play.house.settings()
    before = len(play.fake.sent)
    play.do(triage.take)
    play.do(triage.enough)
    play.do(triage.understood)
    play.do(rating.rate, rating.NewRating(VECTOR, tier="tier 1"))
    play.do(tracking.link_issue, ISSUE)
    play.do(talking.say, "Hello.", "all", sent=True)
    assert len(play.fake.sent) == before
    assert not Write.objects.exists()
