"""One report by HackerOne and one by mail, carried from the first word to disclosure in browsers of three people, at a phone's width.

The server and the engine are the real ones, as are the IMAP server (dovecot) and the SMTP server that hears the answers; HackerOne and
GitHub are fakes that speak the wire format. Time is moved from outside.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from tests.connectors.github.fake import GitHub, github
from tests.connectors.hackerone.fake import HackerOne, hackerone, signed
from tests.connectors.mailbox.dovecot import Dovecot, dovecot
from tests.connectors.mailbox.mails import mail
from tests.connectors.tracker.fake import LOSE
from tests.web.axe import fits, objections
from tests.web.played.desks import PEOPLE, QUEUED, REPORTED
from tests.web.played.engine import PASSWORD
from tests.web.played.place import Place, named, place
from tests.web.test_browser import PHONE, chromium

__all__ = ["chromium"]
pytestmark = [pytest.mark.browser, pytest.mark.live]

DISCLOSURES, VECTOR = "example/security-disclosures", "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:N/A:N"
TUESDAY = dt.datetime(2026, 3, 17, 10, tzinfo=dt.UTC)  # in the week of Ada
LATER = 5000  # milliseconds
FINDER = "m4rlow@example.net"


@pytest.fixture
def h1() -> Iterator[HackerOne]:
    with hackerone() as made:
        made.now = TUESDAY
        yield made


@pytest.fixture
def hub() -> Iterator[GitHub]:
    with github() as made:
        made.repositories |= {DISCLOSURES, "example/security-process"}
        made.private = {DISCLOSURES}
        made.now = TUESDAY
        yield made


@pytest.fixture
def post() -> Iterator[Dovecot]:
    with dovecot() as made:
        yield made


@pytest.fixture
def desk(
    django_db_setup: None, django_db_blocker: Any, chromium: Browser, h1: HackerOne, hub: GitHub, post: Dovecot, tmp_path: Path
) -> Iterator[Place]:
    with django_db_blocker.unblock():
        settings = dict(connection.settings_dict)
    text = PEOPLE + QUEUED.format(github=hub.url).replace("writes: []", "writes: [create_issue]") + REPORTED.format(hackerone=h1.url)
    secrets = {"GITHUB_TOKEN": hub.token, "GITHUB_HOOK": "x", "H1_TOKEN": f"{h1.account}:{h1.token}", "H1_HOOK": "s3cret"}
    with place(settings, named("reports"), text, chromium, tmp_path, TUESDAY, SECURITY_IMAP=post.url("security"), **secrets) as made:
        made.clocks += [h1, hub]
        made.at(TUESDAY + dt.timedelta(minutes=1))
        yield made


class Story:
    """Ada's browser on the report, those of Bruno and Grace for the money, and the time that goes on after each act."""

    def __init__(self, desk: Place) -> None:
        self.desk, self.now = desk, TUESDAY + dt.timedelta(minutes=1)
        self.ada = desk.as_("ada", **PHONE)
        self.here = ""

    def later(self, minutes: float = 2) -> None:
        self.now += dt.timedelta(minutes=minutes)
        self.desk.at(self.now, step=max(2, minutes / 8))

    def opens(self, title: str) -> None:
        """Wait until the report is on the board, and open it."""
        until(self.ada, "/reports?view=all", title)
        self.ada.get_by_role("link", name=title).first.click()
        self.here = re.sub(r"^https?://[^/]+", "", self.ada.url)

    def press(self, name: str, *, confirm: str = "", page: Page | None = None) -> None:
        """A button of the report's page; and the one that sends what was looked at."""
        page = page or self.ada
        page.get_by_role("button", name=name, exact=True).first.click()
        if confirm:
            expect(page.get_by_text("Exactly this")).to_be_visible()
            page.get_by_role("button", name=confirm, exact=True).click()
        expect(page.locator("#step, #report, main").first).to_be_visible()

    def sees(self, text: str) -> None:
        until(self.ada, self.here, text)

    def reads_and_rates(self, tier: str = "") -> None:
        for _ in range(2):
            self.press("Yes")
        self.ada.locator("#step [name=vector]").fill(VECTOR)
        if tier:
            self.ada.locator("#step [name=tier]").select_option(tier)
            self.desk.picture(self.ada, "rate")
        self.press("Rate it")
        expect(self.ada.locator("#step")).to_contain_text("File its tracking issue")

    def tells(self, confirm: str) -> None:
        self.ada.locator("#step [name=embargo_on]").fill("2026-03-20")
        self.ada.locator("#step [name=text]").fill("We work on a fix; it may be public on Friday.")
        self.press("Look at it, then send", confirm=confirm)
        self.later()

    def begins_and_ends_the_incident(self) -> None:
        self.press("Begin the incident")
        self.ada.get_by_role("link", name=re.compile(r"^#\d+$")).first.click()
        self.ada.locator("#a-resolve > summary").click()
        self.ada.locator("#a-resolve button").click()
        self.ada.goto(self.here)


def until(page: Page, path: str, text: str, *, tries: int = 60) -> None:
    """Reload until it stands there."""
    for _ in range(tries):
        page.goto(path)
        if page.get_by_text(text).first.is_visible():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{text!r} does not stand on {path}: {page.locator('main').inner_text()[:3000]}")


@pytest.mark.req("K9", "K12", "K13", "K15", "K16", "K19", "K22", "K24", "K25", "K26", "K27", "R4", "R5")
def test_a_report_of_hackerone_from_arrival_to_disclosure(desk: Place, h1: HackerOne, hub: GitHub):
    id_ = h1.add("SSRF in the importer")
    story = Story(desk)
    body = json.dumps({"data": {"activity": {}, "report": h1.reports[id_]}}).encode()
    assert desk.post("/in/hackerone/hackerone", body, **signed(body)) == 202  # a hint: it is read at once
    story.later()
    story.opens("SSRF in the importer")
    assert "SSRF" not in desk.told("ada", "A report arrived")
    story.press("I take it")
    _asks_both_ways(story, h1, id_)
    story.reads_and_rates("tier 1")
    story.press("File the issue")
    story.later(4)
    story.sees(f"{DISCLOSURES}/issues/")
    assert h1.reports[id_]["attributes"]["issue_tracker_reference_id"].startswith("http")
    story.tells("Send it")
    assert h1.reports[id_]["attributes"]["state"] == "triaged"
    _is_paid_once(story, h1, id_)
    story.begins_and_ends_the_incident()
    story.ada.locator("#step [name=text]").fill("Fixed in 2.1.")
    story.press("Look at it, then resolve", confirm="Send it")
    story.later()
    assert h1.reports[id_]["attributes"]["state"] == "resolved"
    _becomes_public(story, h1, id_)
    _makes_a_token(story.ada)


def _makes_a_token(ada: Page) -> None:
    """Ada typed her password at another time than this one: a key asks for it again, and then is made as it was asked for."""
    ada.goto("/you/access")
    ada.get_by_label("reports:read").check()
    ada.get_by_role("button", name="Make the token").click()
    expect(ada.get_by_role("heading", name="Your password, once more")).to_be_visible()
    assert objections(ada) == [], "the password is asked for once more"
    assert fits(ada)
    ada.get_by_label("Password of").fill(PASSWORD)
    ada.get_by_role("button", name="Go on").click()
    expect(ada.locator("main")).to_contain_text(re.compile("wb_[A-Za-z0-9]{40}"))


def _asks_both_ways(story: Story, h1: HackerOne, id_: str) -> None:
    """The reporter first; then the platform's triage, by one act and two writes."""
    ada = story.ada
    ada.get_by_text("No: ask for more").click()
    ada.locator("#step [name=text]").fill("Which version is it?")
    story.press("Ask the reporter and all participants", confirm="Send it")
    story.later()
    assert h1.comments(id_) == ["Which version is it?"]
    h1.say(id_, "The latest <b>one</b>.")
    story.later()
    story.sees("Does it seem valid")
    expect(ada.get_by_text("The latest <b>one</b>.")).to_be_visible()
    ada.get_by_text("No: ask for more").click()
    ada.locator("#step [name=text]").fill("Please ask for a proof.")
    story.press("Ask the platform's triage to relay", confirm="Send it")
    story.later(4)
    assert h1.reports[id_]["relationships"]["assignee"]["data"]["id"] == h1.groups["H1 Triage"]
    h1.reports[id_]["relationships"]["assignee"]["data"] = {"type": "group", "id": "32", "attributes": {"name": "Security"}}
    h1.attach(id_, "proof of concept.html", 2048, activity=h1.say(id_, "A proof is attached.", by="h1-analyst", internal=True))
    story.later()
    story.sees("Does it seem valid")
    expect(ada.get_by_text("A proof is attached.")).to_be_visible()
    expect(ada.get_by_role("link", name="proof of concept.html")).to_be_visible()


def _is_paid_once(story: Story, h1: HackerOne, id_: str) -> None:
    """Two others approve; the answer to the award is lost, and nothing sends it again: it is found."""
    ada = story.ada
    story.press("Propose it")
    for handle in ("bruno", "grace"):
        other = story.desk.as_(handle, **PHONE)
        other.goto(story.here)
        story.press("Approve USD 5000", page=other)
    ada.goto(story.here)
    h1.hide, h1.next = 10**6, [("^POST .*/bounties", LOSE)]
    story.press("Award USD 5000 on HackerOne")
    expect(ada.get_by_text("Exactly this")).to_be_visible()
    ada.locator("[name=password]").fill(PASSWORD)
    ada.get_by_role("button", name="Send it").click()
    expect(ada.get_by_text("On its way to HackerOne")).to_be_visible()
    for _ in range(6):
        story.later(6)
    story.sees("It may have been paid")
    assert objections(ada) == [], "an award whose end nobody knows"
    assert fits(ada)
    story.desk.picture(ada, "award-unknown")
    story.desk.told("ada", "It is not known whether an award arrived")
    assert len(h1.bounties(id_)) == 1
    h1.hidden = dict.fromkeys(h1.hidden, 0)
    story.press("Look for it on HackerOne again")
    story.later()
    story.sees("Begin its incident")
    expect(ada.get_by_text("Awarded").first).to_be_visible()
    assert len(h1.bounties(id_)) == 1


def _becomes_public(story: Story, h1: HackerOne, id_: str) -> None:
    """The embargo is over; the reporter is asked there and agrees there, and HackerOne publishes it."""
    story.later(4 * 24 * 60)  # Saturday
    ada = story.ada
    ada.goto(story.here)
    ada.locator("#disclosure").get_by_role("button", name="Look at it, then ask for it").click()
    expect(ada.get_by_text("Exactly this")).to_be_visible()
    assert "A proof is attached." not in ada.locator("pre").inner_text()
    ada.get_by_role("button", name="Ask the reporter").click()
    story.later()
    assert any(path.endswith("/disclosure_requests") for method, path, _ in h1.sent if method == "POST")
    h1.say(id_, "", kind="activity-agreed-on-going-public")
    story.later()
    story.sees("The reporter agreed.")
    h1.change(id_, disclosed_at=h1.tick())
    story.later()
    until(ada, story.here, "It is public on its platform.")
    expect(ada.locator("#disclosure")).to_contain_text("Public")


@pytest.mark.req("K30", "K31", "K32", "K33", "K34", "K9", "K26", "K27")
def test_a_report_by_mail_from_the_first_mail_to_disclosure(desk: Place, post: Dovecot, hub: GitHub):
    story = Story(desk)
    ada = story.ada
    first = mail("Path traversal in the wiki", "Open /wiki/../../etc.\n", to="security@example.org", From=FINDER, Message_ID="<1@finder>")
    post.deliver(first, "security", FINDER)
    until(ada, "/mail", "Path traversal in the wiki")
    ada.get_by_role("link", name="Path traversal in the wiki").click()
    ada.get_by_role("button", name="I take it").click()
    ada.get_by_role("button", name="Make a report of it").click()
    ada.get_by_role("link", name="Go on with R-").click()
    story.here = re.sub(r"^https?://[^/]+", "", ada.url)
    assert "/reports/" in story.here
    story.press("I take it")
    ada.get_by_text("No: ask for more").click()
    ada.locator("#step [name=text]").fill("Which version is it?")
    story.press("Ask the reporter and all participants", confirm="Send it")
    answer = _sent_to_finder(story, "Which version is it?")
    assert answer["In-Reply-To"] == "<1@finder>"
    assert answer["From"].addresses[0].addr_spec == "security@example.org"
    reply = mail(
        "Re: Path traversal in the wiki",
        "All since 1.0.\n",
        to="security@example.org",
        From=FINDER,
        In_Reply_To=str(answer["Message-ID"]),
        References=f"<1@finder> {answer['Message-ID']}",
    )
    post.deliver(reply, "security", FINDER)
    story.sees("All since 1.0.")
    expect(ada.locator("#step")).to_contain_text("Does it seem valid")
    story.reads_and_rates()
    story.press("File the issue")
    story.later(4)
    story.sees(f"{DISCLOSURES}/issues/")
    (issue,) = [each for (project, _), each in hub.issues.items() if project == DISCLOSURES]
    assert "Open /wiki/../../etc." in issue["body"]
    story.tells("Send it")
    _sent_to_finder(story, "We work on a fix")
    story.begins_and_ends_the_incident()
    ada.locator("#step [name=text]").fill("Fixed in 2.1.")
    story.press("Look at it, then resolve", confirm="Send it")
    _sent_to_finder(story, "Fixed in 2.1.")
    story.later(4 * 24 * 60)  # the embargo is over
    _is_published_by_hand(story)


def _sent_to_finder(story: Story, text: str) -> EmailMessage:
    """The mail that its reporter got, with these words."""

    def found() -> EmailMessage | None:
        for each in story.desk.box.mails:
            made: Any = email.message_from_bytes(each.content, policy=email.policy.default)
            if each.rcpt_tos == [FINDER] and text in made.get_body(("plain",)).get_content():
                return made
        return None

    made: EmailMessage = story.desk.wait(found, f"the reporter got no mail with {text!r}")
    return made


def _is_published_by_hand(story: Story) -> None:
    """The reporter is asked and agrees by mail; what leaves is looked at, and confirmed by number and password."""
    ada = story.ada
    ada.goto(story.here)
    ada.locator("#disclosure").get_by_role("button", name="Look at it, then ask for it").click()
    ada.get_by_label("I have asked them").check()
    ada.get_by_role("button", name="They are asked").click()
    ada.locator("#disclosure").get_by_role("button", name="They agreed").click()
    ada.locator("#disclosure").get_by_role("button", name="Look at it, then publish").click()
    assert objections(ada) == [], "what is published is looked at"
    assert fits(ada)
    assert FINDER not in ada.locator("pre").inner_text()  # no mail address leaves
    story.desk.picture(ada, "leaves")
    ada.get_by_label("I have published exactly this").check()
    ada.locator("[name=number]").fill(story.here.rpartition("/")[2])
    ada.locator("[name=password]").fill(PASSWORD)
    ada.get_by_role("button", name="It is published").click()
    expect(ada.locator("#disclosure")).to_contain_text("Public")
