"""The twelve hours of the paged desk, in browsers, from the minutes before the watch to the minutes after it.

The server and the engine are the real ones; GitLab, Slack and the mail server are fakes that speak the wire format. Time is moved from outside.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from tests.connectors.gitlab.fake import GitLab, gitlab
from tests.connectors.slack.fake import SIGNING, TOKEN, Slack, slack
from tests.web.axe import fits
from tests.web.played.desks import PAGED, PEOPLE
from tests.web.played.place import Place, named, place
from tests.web.test_browser import DESK, PHONE, chromium

__all__ = ["chromium"]
pytestmark = [pytest.mark.browser, pytest.mark.live]

PROJECT = "security/operations"
BEFORE = dt.datetime(2026, 3, 3, 7, 40, tzinfo=dt.UTC)  # a Tuesday


def at(hour: int, minute: int = 0) -> dt.datetime:
    return BEFORE.replace(hour=hour, minute=minute)


@pytest.fixture
def there() -> Iterator[GitLab]:
    with gitlab() as made:
        made.members |= {"ada.osei": 11, "bkeller": 12, "chen.wei": 13}
        made.numbers[f"{PROJECT}False"] = 0
        made.now = BEFORE - dt.timedelta(days=2)
        made.numbers[PROJECT] = 0  # it is there
        yield made


@pytest.fixture
def chat() -> Iterator[Slack]:
    with slack() as made:
        yield made


@pytest.fixture
def desk(django_db_setup: None, django_db_blocker: Any, chromium: Browser, there: GitLab, chat: Slack, tmp_path: Path) -> Iterator[Place]:
    with django_db_blocker.unblock():
        settings = dict(connection.settings_dict)
    text = PEOPLE + PAGED.format(gitlab=there.url, slack=chat.url)
    secrets = {"GITLAB_TOKEN": there.token, "GITLAB_HOOK": "hook", "SLACK_TOKEN": TOKEN, "SLACK_SIGNING": SIGNING}
    with place(settings, named("shift"), text, chromium, tmp_path, BEFORE, **secrets) as made:
        made.clocks.append(there)
        yield made


@pytest.mark.req("G20", "G29", "H2", "H4", "H5", "H6", "H8")
def test_twelve_hours_of_the_paged_desk(desk: Place, there: GitLab, chat: Slack):
    there.add(PROJECT, "Runner token in a public job log", labels=["oncall"])
    there.add(PROJECT, "Detection rule fires on every deployment", labels=["oncall"])
    ada = begins(desk, chat)
    number = is_paged(desk, ada, there, chat)
    grace = gets_worse(desk, ada, number)
    goes_through_the_queue(desk, ada)
    takes_a_break(desk, ada, grace, number)
    is_reminded(desk, ada, number)
    offer = hands_over(desk, ada, number)
    chen = takes_over(desk, offer, number, there, chat)
    leaves_nothing(desk, ada, chen, number)


def begins(desk: Place, chat: Slack) -> Page:
    """She is told before, and the channel at the minute."""
    desk.at(at(8, 1))
    desk.told("ada", "Your watch Security Responder begins at 08:00")
    chat.wait(lambda: any("Ada Osei has the watch until Tue 03 Mar 20:00 UTC" in text for text in chat.text()))
    ada = desk.as_("ada", **PHONE)
    expect(ada.locator("#watch")).to_contain_text("Ada Osei")
    expect(ada.locator("#also")).to_contain_text("Review oncall issues")
    ada.goto("/shift")
    expect(ada.locator("h1")).to_have_text("Your watch, until 20:00 GMT, 20:00 UTC")
    expect(ada.locator("main")).to_contain_text("Chen Wei takes over.")
    expect(ada.locator("#left")).to_contain_text("Nothing open.")
    return ada


def is_paged(desk: Place, ada: Page, there: GitLab, chat: Slack) -> int:
    """One thumb at 360 px; the tracker refuses at first."""
    desk.at(at(9, 10))
    desk.forget()
    there.next = [("POST", (503, {"message": "503 Service Unavailable"}, {}))]
    desk.alert("Detections", "Admin role used from two continents", "error")
    found = re.search(r"#(\d+)", desk.told("ada", "Admin role used from two continents"))
    assert found
    number = int(found[1])
    ada.goto("/")
    expect(ada.locator("#pager")).to_contain_text("It pages you.")
    expect(ada.locator("#pager")).to_contain_text("If nobody acknowledges, Grace Lind is paged in")
    desk.picture(ada, "paged")
    ada.get_by_role("button", name=f"Acknowledge and own #{number}").click()
    expect(ada.get_by_text(f"You own #{number}")).to_be_visible()
    expect(ada.locator("#state")).to_contain_text("Ada Osei (you)")
    assert fits(ada)
    chat.wait(lambda: "ACKNOWLEDGED" in json.dumps(chat.shown(number)) and "Ada Osei" in json.dumps(chat.shown(number)))
    sees(desk, ada, "#belongs", "503")
    desk.at(at(9, 30))
    (issue,) = [row for row in there.issues.values() if "incident" in row["labels"]]
    assert issue["confidential"]
    assert [each["username"] for each in issue["assignees"]] == ["ada.osei"]
    ada.reload()
    expect(ada.locator("#belongs")).to_contain_text(f"{PROJECT}#{issue['iid']}")
    expect(ada.locator("#belongs")).to_contain_text("assigned to ada.osei")
    ada.get_by_label("Add a note").fill("The second address is the new office in Lagos; IT confirms.")
    ada.get_by_label("Kind", exact=True).first.select_option("finding")
    ada.get_by_role("button", name="Save note").click()
    expect(ada.locator("#story")).to_contain_text("the new office in Lagos")
    desk.wait(
        lambda: any("the new office in Lagos" in note["body"] for note in there.notes[PROJECT, issue["iid"]]), "the note is in the issue"
    )
    return number


def gets_worse(desk: Place, ada: Page, number: int) -> Page:
    """Critical is high impact: the manager is paged to coordinate, and the owner stays."""
    desk.at(at(10, 30))
    desk.forget()
    ada.reload()
    ada.locator("#a-sev summary").click()
    ada.locator("#a-sev").get_by_text("S1", exact=True).click()
    ada.get_by_role("button", name="Set severity").click()
    expect(ada.locator("#head")).to_contain_text("S1")
    desk.told("grace", f"#{number}", "Admin role used")
    grace = desk.as_("grace", **PHONE)
    expect(grace.locator("#pager")).to_contain_text("High impact: it pages you to coordinate. Ada Osei owns it.")
    desk.picture(grace, "manager")
    grace.get_by_role("button", name=f"Acknowledge #{number}").click()
    expect(grace.locator("#story")).to_contain_text("Grace Lind")
    ada.reload()
    expect(ada.locator("#state")).to_contain_text("Ada Osei (you)")
    expect(ada.locator("#belongs")).to_contain_text("Grace Lind")
    return grace


def goes_through_the_queue(desk: Place, ada: Page) -> None:
    """Item by item: the review of the first half counts when the last one is seen."""
    desk.at(at(11, 30))
    ada.goto("/duties")
    expect(ada.locator("#mine")).to_contain_text("Review oncall issues")
    ada.locator("#mine").get_by_role("link", name="Review oncall issues").click()
    expect(ada.locator("#pass")).to_contain_text("oncall: 2 wait")
    ada.get_by_role("button", name="Go through it").click()
    expect(ada.locator("#pass")).to_contain_text("This pass: 0 of 2 seen")
    ada.locator("#pass .act").get_by_role("button", name="Seen").click()
    expect(ada.locator("#pass")).to_contain_text("This pass: 1 of 2 seen")
    desk.picture(ada, "review")
    ada.locator("#pass .act").get_by_role("button", name="Seen").click()
    expect(ada.locator("#standing")).to_contain_text("Ada Osei")
    expect(ada.locator("main")).to_contain_text("Went through the queue")
    ada.goto("/shift")
    expect(ada.locator("#must")).to_contain_text("Review oncall issues, 1 of 2")
    expect(ada.locator("#must")).to_contain_text("done")


def takes_a_break(desk: Place, ada: Page, grace: Page, number: int) -> None:
    """Chen is asleep; the manager acts for an hour. The owner stays, and it is offered back at the time that was said."""
    desk.at(at(12))
    desk.forget()
    ada.goto(f"/incidents/{number}/handoff")
    ada.get_by_label("Who has it next").select_option("grace")
    ada.get_by_text("Break", exact=True).click()
    ada.get_by_label("Back at").fill("2026-03-03T13:00")
    ada.get_by_label("Next steps").fill("grace: watch whether it comes again")
    ada.get_by_role("button", name=f"Offer #{number}").click()
    expect(ada.locator("#head")).to_contain_text("hands #")
    desk.told("grace", f"#{number}", "Ada Osei")
    grace.goto("/")
    expect(grace.locator("#also")).to_contain_text("Ada Osei hands it to you")
    grace.locator("#also").get_by_role("link", name=f"#{number}").click()
    grace.get_by_label("In my own words").fill("I watch the role until one; nothing else is open.")
    grace.get_by_role("button", name=f"Accept #{number}").click()
    grace.goto(f"/incidents/{number}")
    expect(grace.locator("#state")).to_contain_text("Grace Lind acts for Ada Osei until 14:00")  # her own clock
    expect(grace.locator("#state")).to_contain_text("OwnerAda Osei")
    desk.forget()
    desk.at(at(13, 2))
    desk.told("ada", f"#{number}")
    ada.goto("/")
    expect(ada.locator("#also")).to_contain_text("Grace Lind hands it to you")
    ada.locator("#also").get_by_role("link", name=f"#{number}").click()
    ada.get_by_label("In my own words").fill("Nothing new while I was away.")
    ada.get_by_role("button", name=f"Accept #{number}").click()
    ada.goto(f"/incidents/{number}")
    expect(ada.locator("#state")).to_contain_text("ActingAda Osei (you)")


def is_reminded(desk: Place, ada: Page, number: int) -> None:
    """Of her silence; of the review of the second half; of what is open an hour and half an hour before the end."""
    desk.forget()
    desk.at(at(14, 30))
    desk.told("ada", "Nobody has said a word for too long")
    writes(ada, number, "The keys of the role are new; the old ones are refused.", "decision")
    desk.at(at(17, 30))
    writes(ada, number, "No sign of it for three hours.", "finding")
    desk.forget()
    desk.at(at(19, 2))
    desk.told("ada", "Your watch ends at 20:00 GMT: keep or hand over", f"#{number}")
    desk.told("ada", "Not done yet: 2 duties of your watch", "Review oncall issues (2 of 2), due by 20:00 GMT")
    desk.forget()
    desk.at(at(19, 31))
    desk.told("ada", "Your watch ends at 20:00 GMT: keep or hand over", f"Still without a word of yours: #{number}")
    desk.told("ada", "Your watch Security Responder ends at 20:00 GMT", "Chen Wei takes over.")
    ada.goto("/duties")
    ada.locator("#mine").get_by_role("link", name="Review oncall issues").click()
    ada.get_by_role("button", name="Go through it").click()
    ada.get_by_label("What you saw").fill("Both wait for their teams.")
    ada.get_by_role("button", name="All of it was seen").click()
    expect(ada.locator("main")).to_contain_text("Went through the queue: Both wait for their teams.")
    ada.goto("/duties")
    expect(ada.locator("#mine")).not_to_contain_text("Review oncall issues")
    ada.locator("#mine").get_by_role("link", name="Note what should be better").click()
    ada.get_by_label("Note").fill("A list of the networks of our offices, that detections read.")
    ada.get_by_role("button", name="Record it").click()
    ada.goto("/duties")
    expect(ada.locator("#mine")).to_contain_text("Nothing is asked of you now.")


def sees(desk: Place, page: Page, where: str, text: str) -> None:
    """Looks again until it stands there: a tracker is asked beside the page, and its answer written down a moment later."""
    desk.wait(lambda: page.reload() and text in page.locator(where).inner_text(), f"{where} does not say {text!r}")


def writes(page: Page, number: int, text: str, kind: str) -> None:
    page.goto(f"/incidents/{number}")
    page.get_by_label("Add a note").fill(text)
    page.locator("#kind").select_option(kind)
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#story")).to_contain_text(text)


def hands_over(desk: Place, ada: Page, number: int) -> str:
    """Drafted from what is known; it cannot be offered before it has a next step."""
    desk.forget()
    ada.goto("/")
    expect(ada.locator("#also")).to_contain_text(f"Keep or hand over: #{number}")
    ada.get_by_role("link", name=f"Keep or hand over: #{number}").click()
    ada.get_by_role("link", name=f"Hand only #{number} over").click()
    expect(ada.get_by_label("What it is, and how it stands")).to_have_value(
        re.compile("Admin role used from two continents.*No sign of it", re.DOTALL)
    )
    expect(ada.get_by_label("Decisions")).to_have_value(re.compile("The keys of the role are new"))
    expect(ada.get_by_label("Who is engaged")).to_have_value(re.compile("Grace Lind"))
    ada.get_by_label("Who has it next").select_option("chen")
    ada.get_by_role("button", name=f"Offer #{number}").click()
    expect(ada.locator("main p.error")).to_be_visible()
    expect(ada.locator("main")).to_contain_text("There is no next step.")
    ada.get_by_label("Next steps").fill("chen: read the log of the role at midnight")
    ada.get_by_label("Open questions").fill("Who asked for the second address?")
    desk.picture(ada, "offer")
    ada.get_by_role("button", name=f"Offer #{number}").click()
    expect(ada.locator("h1")).to_have_text(f"Ada Osei (you) hands #{number} to Chen Wei")
    expect(ada.locator("main")).to_contain_text("Nothing moves until Chen Wei accepts. Ada Osei is the owner")
    assert fits(ada)
    desk.told("chen", f"#{number}", "Ada Osei")
    return ada.url.removeprefix(desk.url)


def takes_over(desk: Place, offer: str, number: int, there: GitLab, chat: Slack) -> Page:
    """The next one, in a browser of their own, asks, reads back and accepts; the tracker takes the record at the second try."""
    desk.at(at(19, 45))
    (issue,) = [row for row in there.issues.values() if "incident" in row["labels"]]
    chen = desk.as_("chen", **DESK)
    chen.goto(f"/incidents/{number}")
    chen.get_by_role("link", name="Read it back").click()
    expect(chen.locator("main")).to_contain_text("Who asked for the second address?")
    chen.get_by_role("button", name=f"Accept #{number}").click()
    expect(chen.locator("main p.error")).to_be_visible()  # without a word and without a tick it is not read back
    assert [each["username"] for each in issue["assignees"]] == ["ada.osei"]
    there.next = [("POST", (503, {"message": "503 Service Unavailable"}, {}))]
    chen.get_by_label("In my own words").fill("The keys are new. I read the log at midnight.")
    desk.picture(chen, "readback")
    chen.get_by_role("button", name=f"Accept #{number}").click()
    chen.goto(offer)
    expect(chen.locator("h1")).to_have_text(f"Ada Osei handed #{number} to Chen Wei (you)")
    sees(desk, chen, "main", "503")
    desk.at(at(20, 5))
    chen.reload()
    records = chen.locator("section", has=chen.get_by_role("heading", name="Where it is written"))
    expect(records.get_by_text("written", exact=True)).to_have_count(2)
    (said,) = [
        note["body"] for note in there.notes[PROJECT, issue["iid"]] if "was handed over: **Ada Osei** to **Chen Wei**" in note["body"]
    ]
    assert "chen: read the log of the role at midnight" in said
    assert "> The keys are new. I read the log at midnight." in said
    assert [each["username"] for each in there.issues[PROJECT, issue["iid"]]["assignees"]] == ["chen.wei"]
    chat.wait(lambda: any(f"#{number} " in text and "Ada Osei owns it, Chen Wei works on it." in text for text in chat.text()))
    (said,) = [text for text in chat.text() if "Chen Wei has it from Ada Osei (end of the watch)" in text]
    assert "Next: chen: read the log of the role at midnight." in said
    assert "Open questions: Who asked for the second address? " in said
    (turned,) = [text for text in chat.text() if "Chen Wei has the watch until Wed 04 Mar 08:00 UTC" in text]
    assert "(critical, Chen Wei has it)" in turned
    return chen


def leaves_nothing(desk: Place, ada: Page, chen: Page, number: int) -> None:
    """The page of the watch says what was done; the one who leaves sleeps, the one who stays has it."""
    ada.goto("/")
    expect(ada.locator("#also")).to_contain_text(f"You own #{number}")
    expect(ada.locator("#also")).to_contain_text("Chen Wei works on it")
    ada.goto("/handoffs")
    expect(ada.locator("main")).to_contain_text("You have no open incident, and nothing is offered to you.")
    ada.goto("/shift")
    expect(ada.locator(".head")).to_contain_text("Over")
    reviews = [each.bounding_box() for each in ada.locator(".seg.mark").all()]
    assert [box is not None and box["width"] >= 4 for box in reviews] == [True, True]
    desk.picture(ada, "watch-over")
    for text in (
        f"Answered the page of #{number}",
        "Went through oncall: 2 items",
        f"Handed #{number} to Chen Wei",
        "The keys of the role are new",
    ):
        expect(ada.locator("#did")).to_contain_text(text)
    chen.goto("/")
    expect(chen.locator("#watch")).to_contain_text("Chen Wei")
    expect(chen.locator("#also")).to_contain_text(f"You act on #{number}")
    chen.goto("/shift")
    expect(chen.locator("#left")).to_contain_text(f"#{number}")
    chen.goto(f"/incidents/{number}")
    expect(chen.locator("#state")).to_contain_text("ActingChen Wei (you)")
    expect(chen.locator("#had")).to_contain_text("Ada Osei")
    desk.forget()
    writes(chen, number, "The log is whole until eight.", "finding")
    desk.at(at(23, 50), step=60)
    assert desk.mails("ada") == []
