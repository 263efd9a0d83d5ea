"""The week of the queue desk, in browsers: from Monday morning to the Monday after, with a weekend in which nobody hears anything.

The server and the engine are the real ones; GitHub and the mail server are fakes that speak the wire format. Time is moved from outside.
"""

from __future__ import annotations

import datetime as dt
import json
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, Locator, Page, expect

from tests.connectors.github.fake import GitHub, github, signed
from tests.web.axe import fits
from tests.web.played.desks import PEOPLE, QUEUED
from tests.web.played.place import Place, named, place
from tests.web.test_browser import DESK, PHONE, chromium

__all__ = ["chromium"]
pytestmark = [pytest.mark.browser, pytest.mark.live]

PROCESS, DISCLOSURES = "example/security-process", "example/security-disclosures"
MONDAY = dt.datetime(2026, 3, 16, tzinfo=dt.UTC)  # the week of Ada, and no public holiday of hers
COMES = MONDAY - dt.timedelta(days=2, hours=8)  # Friday, four in the afternoon
HOOK = "a long random secret"


def on(day: int, hour: int, minute: int = 0) -> dt.datetime:
    """Of that week: day 0 is the Monday."""
    return MONDAY + dt.timedelta(days=day, hours=hour, minutes=minute)


@pytest.fixture
def there() -> Iterator[GitHub]:
    with github() as made:
        made.repositories |= {PROCESS, DISCLOSURES}
        made.private = {DISCLOSURES}
        made.now = COMES - dt.timedelta(hours=2)
        yield made


@pytest.fixture
def desk(django_db_setup: None, django_db_blocker: Any, chromium: Browser, there: GitHub, tmp_path: Path) -> Iterator[Place]:
    with django_db_blocker.unblock():
        settings = dict(connection.settings_dict)
    text = PEOPLE + QUEUED.format(github=there.url)
    with place(settings, named("week"), text, chromium, tmp_path, COMES, GITHUB_TOKEN=there.token, GITHUB_HOOK=HOOK) as made:
        made.clocks.append(there)
        yield made


@pytest.mark.req("K1", "K4", "K5", "K7", "H9", "H10")
def test_the_week_of_the_queue_desk(desk: Place, there: GitHub):
    there.add(PROCESS, "Request to join the distributors list: Harbour Linux", by="harbour-sec")
    there.add(PROCESS, "Clarify which components are in scope", by="newcomer")
    ada = begins_in_business_hours(desk)
    comes_by_webhook(desk, ada, there)
    looks_at_it_first(desk, ada)
    takes_and_gives_back(desk, ada)
    number = makes_it_an_incident(desk, ada)
    silent = there.add(DISCLOSURES, "Parser reads past its buffer", labels=[{"name": "severity/critical"}], by="reporter")
    is_asked_about_what_is_silent(desk, ada, there, silent)
    learns(desk, ada)
    bruno = hands_the_week_over(desk, ada, number)
    has_the_next_week(desk, ada, bruno, number)


def begins_in_business_hours(desk: Place) -> Page:
    """The shift begins at midnight; nobody hears of it before nine. What is in the tracker is read without waking anybody."""
    desk.at(on(-3, 16, 45))
    desk.told("bruno", "Your watch Committee on-call ends at")  # on Friday, before he leaves
    desk.at(on(-3, 18))
    desk.forget()
    desk.at(on(0, 8, 55), step=240)
    assert desk.box.mails[desk.read :] == []  # the weekend is silent
    desk.at(on(0, 9, 1))
    desk.told("ada", "You have the watch Committee on-call until")
    ada = desk.as_("ada", **PHONE)
    expect(ada.locator("#watch")).to_contain_text("Ada Osei (you)")
    expect(ada.locator("#also")).to_contain_text("New issues and distributor requests")
    expect(ada.locator("#also")).to_contain_text("Look at the disclosures")
    ada.goto("/queues")
    expect(ada.locator("#queues")).to_contain_text("2 new")
    expect(ada.locator("#queues")).to_contain_text("empty")
    assert fits(ada)
    return ada


def comes_by_webhook(desk: Place, ada: Page, there: GitHub) -> None:
    """A signed hint, and what is true is asked of GitHub at once; one with a wrong signature says nothing."""
    ada.goto("/queues")
    ada.get_by_role("link", name="process issues").click()
    expect(ada.locator("#items")).to_contain_text("2 new")
    number = there.add(PROCESS, "Mirror of the list is behind by a day", by="mirror-ops")
    body = json.dumps({"action": "opened", "repository": {"full_name": PROCESS}, "issue": {"number": number}}).encode()
    head = {"X-GitHub-Event": "issues", "X-GitHub-Delivery": "d-1"}
    with pytest.raises(urllib.error.HTTPError, match="401"):
        desk.post("/in/github/github", body, **signed(body, secret="another"), **head)
    assert desk.post("/in/github/github", body, **signed(body, secret=HOOK), **head) == 202
    expect(ada.locator("#items")).to_contain_text("Mirror of the list is behind by a day", timeout=10_000)  # without a reload
    expect(ada.locator("#items")).to_contain_text("3 new")
    desk.picture(ada, "queue")


def looks_at_it_first(desk: Place, ada: Page) -> None:
    """The weekly duty at the start of the week: item by item."""
    desk.at(on(0, 10))
    ada.goto("/duties")
    ada.locator("#mine").get_by_role("link", name="New issues and distributor requests").click()
    ada.get_by_role("button", name="Go through it").click()
    for seen in range(3):
        expect(ada.locator("#pass")).to_contain_text(f"This pass: {seen} of 3 seen")
        ada.locator("#pass .act").get_by_role("button", name="Seen").click()
    expect(ada.locator("#standing")).to_contain_text("Ada Osei")
    ada.goto("/duties")
    expect(ada.locator("#mine")).not_to_contain_text("New issues and distributor requests")
    ada.goto("/queues")
    expect(ada.locator("#queues")).to_contain_text("nothing new")


def takes_and_gives_back(desk: Place, ada: Page) -> None:
    """Two are taken; one is given back, with a reason that the manager reads; the other is hers beyond the week."""
    ada.goto("/queues")
    ada.get_by_role("link", name="process issues").click()
    item(ada, "Harbour Linux").get_by_role("button", name="Take it").click()
    expect(item(ada, "Harbour Linux")).to_contain_text("Yours")
    item(ada, "in scope").get_by_role("button", name="Take it").click()
    expect(item(ada, "in scope")).to_contain_text("Yours")
    item(ada, "in scope").get_by_text("Give back").click()
    item(ada, "in scope").get_by_label("Why").fill("Needs the committee's vote first.")
    item(ada, "in scope").get_by_role("button", name="Give it back").click()
    expect(item(ada, "in scope")).to_contain_text("Waits")
    grace = desk.as_("grace", **DESK)
    grace.goto(ada.url.split("#")[0].removeprefix(desk.url))
    expect(grace.locator("main")).to_contain_text("Needs the committee's vote first.")


def item(page: Page, title: str) -> Locator:
    return page.locator("#items li").filter(has_text=title)


def makes_it_an_incident(desk: Place, ada: Page) -> int:
    """Hers, and nobody is woken."""
    desk.at(on(1, 10), step=480)
    desk.forget()
    ada.goto("/queues")
    ada.get_by_role("link", name="process issues").click()
    mirror = item(ada, "Mirror of the list")
    mirror.get_by_text("Make it an incident").click()
    mirror.get_by_label("Severity").select_option("high")
    mirror.get_by_role("button", name="It is mine").click()
    ada.wait_for_url("**/incidents/*")
    number = int(ada.url.rsplit("/", 1)[1])
    expect(ada.locator("#state")).to_contain_text("Ada Osei (you)")
    ada.goto("/queues")
    ada.get_by_role("link", name="process issues").click()
    expect(item(ada, "Mirror of the list")).to_contain_text(f"#{number}")
    assert desk.box.mails[desk.read :] == []
    return number


def is_asked_about_what_is_silent(desk: Place, ada: Page, there: GitHub, silent: int) -> None:
    """Critical, and two days without a word; a robot's word is none. Then it is left alone for a while, with a reason."""
    desk.at(on(2, 10), step=480)
    there.say(silent, "This issue is stale.", by="triage[bot]", project=DISCLOSURES)
    desk.forget()
    desk.at(on(3, 9, 55), step=480)
    assert "silent for too long" not in "".join(desk.mails("ada"))
    desk.at(on(3, 12))
    desk.told("ada", "Say a word: 1 item is silent for too long", f"{DISCLOSURES}#{silent} (critical, silent for 2 days)")
    ada.goto("/stale")
    expect(ada.locator("#stale")).to_contain_text("Parser reads past its buffer")
    desk.picture(ada, "silent")
    ada.get_by_text("Leave it alone").first.click()
    ada.get_by_label("Why").fill("The reporter is away until Monday.")
    ada.locator("#stale form").get_by_role("button", name="Leave it alone").click()
    expect(ada.locator("#stale")).to_contain_text("Left alone until")
    expect(ada.locator("#stale")).to_contain_text("The reporter is away until Monday.")
    assert fits(ada)


def learns(desk: Place, ada: Page) -> None:
    """One key, on any page."""
    ada.goto("/queues")
    ada.keyboard.press("l")
    expect(ada.locator("#ln-t")).to_be_focused()
    ada.keyboard.type("Mirrors should say themselves that they are behind.")
    with ada.expect_navigation():
        ada.keyboard.press("Enter")
    ada.goto("/learnings")
    expect(ada.locator("main")).to_contain_text("Mirrors should say themselves that they are behind.")


def hands_the_week_over(desk: Place, ada: Page, number: int) -> Page:
    """On Friday, while both work; the owner moves when the next one has read it back."""
    desk.forget()
    desk.at(on(4, 16, 40), step=480)
    desk.told("ada", "Your watch Committee on-call ends at", f"#{number}")
    ada.goto("/shift")
    expect(ada.locator("#left")).to_contain_text("What you leave to Bruno Keller")
    expect(ada.locator("#left")).to_contain_text("0 of 1 decided")
    expect(ada.locator("#must")).to_contain_text("Request to join the distributors list: Harbour Linux")
    desk.picture(ada, "week-ends")
    ada.locator("#left").get_by_role("link", name="Hand off").click()
    ada.get_by_label("Who has it next").select_option("bruno")
    ada.get_by_label("What it is").fill("A mirror is a day behind; its operator answers on Monday.")
    ada.get_by_label("Who is engaged").fill("mirror-ops")
    ada.get_by_label("Next steps").fill("bruno: ask mirror-ops on Monday")
    ada.get_by_role("button", name=f"Offer #{number}").click()
    expect(ada.locator("h1")).to_have_text(f"Ada Osei (you) hands #{number} to Bruno Keller")
    bruno = desk.as_("bruno", **DESK)
    bruno.get_by_role("link", name=f"#{number}").first.click()
    bruno.get_by_label("In my own words").fill("I ask mirror-ops on Monday at nine.")
    bruno.get_by_role("button", name=f"Accept #{number}").click()
    bruno.goto(f"/incidents/{number}")
    expect(bruno.locator("#state")).to_contain_text("OwnerBruno Keller (you)")
    return bruno


def has_the_next_week(desk: Place, ada: Page, bruno: Page, number: int) -> None:
    """The weekend is silent, whatever comes in; on Monday the next one begins, and what was taken stays with whoever took it."""
    desk.at(on(4, 18))
    desk.forget()
    desk.clocks[0].add(PROCESS, "Typo in the embargo policy", by="typo-hunter")
    desk.at(on(7, 8, 55), step=720)
    assert desk.box.mails[desk.read :] == []
    desk.at(on(7, 9, 1))
    desk.told("bruno", "You have the watch Committee on-call until", f"#{number}")
    assert desk.mails("ada") == []
    bruno.goto("/")
    expect(bruno.locator("#watch")).to_contain_text("Bruno Keller (you)")
    expect(bruno.locator("#also")).to_contain_text("New issues and distributor requests")
    bruno.goto("/queues")
    expect(bruno.locator("#queues")).to_contain_text("1 new")
    ada.goto("/")
    expect(ada.locator("#also")).to_contain_text("Nothing waits for you, and you own no open incident.")
    ada.goto("/queues")
    expect(ada.locator("#mine")).to_contain_text("Request to join the distributors list: Harbour Linux")
    ada.goto("/shift")
    expect(ada.locator("#did")).to_contain_text("Went through process issues: 3 items")
    expect(ada.locator("#did")).to_contain_text(f"Handed #{number} to Bruno Keller")
