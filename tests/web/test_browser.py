"""The pages in Chromium: with one thumb at 360 px, with and without scripts, live, by keys, in both themes, and nothing that axe objects to.

`WATCHBILL_SCREENSHOTS=1` writes the pictures of docs/images; otherwise they go to a temporary folder.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.web.axe import fits, objections
from tests.web.seed import PASSWORD
from tests.web.site import ROOT, Site

pytestmark = pytest.mark.browser

CHROMIUM = os.environ.get("WATCHBILL_CHROMIUM", "/usr/bin/chromium")
WITHOUT_WINDOWS = shutil.which("chromium-headless-shell") or CHROMIUM  # the same engine, quicker; it shows no notifications
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"viewport": {"width": 360, "height": 800}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 900}}
LONG = pytest.mark.long
# Each page is examined once in a run, half of them so and half of them so, and in every look in the long one: what pleases axe in one rarely fails in another.
ON_PHONE = [("phone", "dark"), *(pytest.param(*look, marks=LONG) for look in (("phone", "light"), ("desk", "dark"), ("desk", "light")))]
LOOKS = [pytest.param(*look, None, marks=LONG) for look in product(("phone", "desk"), ("dark", "light"))]
ON_DESK = [("desk", "light"), *(pytest.param(*look, marks=LONG) for look in (("desk", "dark"), ("phone", "dark"), ("phone", "light")))]


OPEN_ALL = """document.querySelectorAll('main details:not([open])').forEach(
    node => node.checkVisibility() && !node.parentElement.matches('.acts') && (node.open = true))"""


@pytest.fixture
def desk(shared_site: Site) -> Site:
    """In the place of the small desk of the other tests."""
    return shared_site


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=WITHOUT_WINDOWS, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in(shared_site: Site, chromium: Browser) -> Callable[[str], Any]:
    """The cookies of somebody who signed in by the form, once for each."""
    desk, known = shared_site, shared_site.signed_in

    def sign_in(handle: str) -> Any:
        if handle not in known:
            context = chromium.new_context(base_url=desk.url)
            page = context.new_page()
            page.goto("/incidents")
            page.get_by_label("E-mail").fill(f"{handle}@example.org")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/incidents")
            known[handle] = context.storage_state()
            context.close()
        return known[handle]

    return sign_in


@pytest.fixture
def visit(desk: Site, chromium: Browser, signed_in: Callable[[str], Any]) -> Iterator[Callable[..., Page]]:
    """Open a browser for somebody who has signed in. What a page complains of in its console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_(handle: str, /, **options: Any) -> Page:
        context = chromium.new_context(base_url=desk.url, storage_state=signed_in(handle), **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(f"{said.text} {said.location}") if said.type == "error" and not meant(said) else None
        )
        page.goto("/")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def meant(said: Any) -> bool:
    """Is this complaint of the browser what the test wanted: a page that is not there, a form that is refused, a stream that is cut?"""
    gone = ("/a/none", "/chat/link/none", "/incidents/424242", "/live")
    return "a status of 422" in said.text or said.location["url"].endswith(gone)


def raise_page(page: Page, title: str) -> int:
    """Page the team by hand, on this page; answers the number."""
    page.goto("/")
    page.get_by_text("Something is wrong and no monitor says so").click()
    page.get_by_label("What is wrong").fill(title)
    page.get_by_label("Service").select_option("Panic mailbox")
    page.get_by_role("button", name="Page its team").click()
    page.wait_for_url("**/incidents/*")
    return int(page.url.rsplit("/", 1)[1])


def pager(page: Page, number: int) -> None:
    """Wait until the first page shows that this one pages me."""
    page.goto("/")
    expect(page.get_by_text(f"#{number}").first).to_be_visible(timeout=10_000)


def test_a_title_of_one_long_word_keeps_every_page_in_its_width(desk: Site, visit: Callable[..., Page]):
    other = "grace" if desk.watch != "grace" else "hugo"
    number = raise_page(visit(other, **DESK), "W" * 1000)
    for layout in (PHONE, DESK):
        page = visit(desk.watch, **layout)
        for path in ("/", "/incidents", f"/incidents/{number}", "/schedules"):  # the last one has the strip
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= layout["viewport"]["width"], path  # type: ignore[index]
    page = visit(desk.watch, **DESK)
    page.goto(f"/incidents/{number}")
    button = page.get_by_role("button", name=f"Acknowledge and own #{number}")
    box = button.bounding_box()
    assert box
    assert box["y"] + box["height"] < DESK["viewport"]["height"], "within the first screen, whatever the title"  # type: ignore[index]
    expect(page.get_by_text("W" * 200)).to_be_hidden()
    page.get_by_text("The whole title").click()
    expect(page.get_by_text("W" * 1000, exact=True)).to_be_visible()
    button.click()
    expect(page.get_by_text(f"You own #{number}")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_one_thumb_acknowledges_at_360_px(desk: Site, visit: Callable[..., Page], scripts: bool):
    other = "grace" if desk.watch != "grace" else "hugo"
    number = raise_page(visit(other, **DESK), f"Phones are dead, {'scripts' if scripts else 'plain'}")
    phone = visit(desk.watch, **PHONE, java_script_enabled=scripts)
    phone.goto(f"/incidents/{number}")
    phone.wait_for_timeout(1500)
    phone.reload()
    button = phone.get_by_role("button", name=f"Acknowledge and own #{number}")
    box = button.bounding_box()
    assert box
    assert box["y"] + box["height"] <= 800 - 60, "above the tabs, within the first screen"
    assert box["height"] >= 44
    assert phone.evaluate("document.documentElement.scrollWidth") if scripts else True
    button.click()
    expect(phone.get_by_text(f"You own #{number}")).to_be_visible()
    expect(phone.locator(".state.box").first).to_contain_text("Acknowledged")
    phone.get_by_role("button", name="Give it back").click()
    expect(phone.locator(".state.box").first).to_contain_text("Triggered again")


def test_the_countdown_and_the_button_fit_the_first_screen_of_a_phone(desk: Site, visit: Callable[..., Page]):
    phone = visit("grace", **PHONE)
    count, button = phone.locator(".pager .big time"), phone.locator(".pager button")
    for part in (count, button):
        box = part.bounding_box()
        assert box
        assert box["y"] + box["height"] < 800


def test_the_countdown_moves_without_a_reload(desk: Site, visit: Callable[..., Page]):
    page = visit("grace", **DESK)
    page.evaluate("window.stayed = true")
    count = page.locator(".pager .big time")
    before = count.inner_text()
    assert re.fullmatch(r"\d+:\d\d", before)
    expect(count).not_to_have_text(before, timeout=4000)
    after = count.inner_text()
    seconds = [60 * int(text.split(":")[0]) + int(text.split(":")[1]) for text in (before, after)]
    assert 0 < seconds[0] - seconds[1] <= 4
    assert page.evaluate("window.stayed") is True


def test_what_somebody_else_does_is_on_my_page_at_once_and_is_said_aloud(desk: Site, visit: Callable[..., Page]):
    mine, theirs = visit("grace", **DESK), visit(desk.watch, **PHONE)
    number = raise_page(mine, "Somebody else takes this one")
    mine.evaluate("window.stayed = true")
    expect(mine.locator("#live")).to_have_text("Live")
    mine.locator("#note").fill("half a sentence")
    theirs.goto(f"/incidents/{number}")
    theirs.get_by_role("button", name=f"Acknowledge and own #{number}").click()
    expect(mine.locator("#head .state.box").first).to_contain_text("Acknowledged", timeout=4000)
    expect(mine.locator("#say")).to_contain_text(f"#{number} Acknowledged. Owner:")
    assert mine.locator("#note").input_value() == "half a sentence"
    assert mine.evaluate("window.stayed") is True
    assert "Acknowledged" in mine.title()


def test_when_the_signals_stop_the_page_says_so_and_countdowns_stand_still(desk: Site, visit: Callable[..., Page]):
    page = visit("grace", **DESK)
    page.route("**/live", lambda route: route.abort())
    page.goto("/")
    expect(page.locator("#not-live")).to_be_visible(timeout=15_000)
    count = page.locator(".pager .big time")
    before = count.inner_text()
    page.wait_for_timeout(2200)
    assert count.inner_text() == before
    expect(page.locator("#live")).to_contain_text("s old")
    page.unroute("**/live")
    expect(page.locator("#not-live")).to_be_hidden(timeout=15_000)


def test_several_are_acknowledged_by_one_gesture(desk: Site, visit: Callable[..., Page]):
    page = visit("grace", **PHONE)
    numbers = [raise_page(page, f"One of many, {n}") for n in range(2)]
    page.goto("/incidents")
    acknowledge = page.locator("#bulk-bar").get_by_role("button", name="Acknowledge")
    expect(acknowledge).to_have_attribute("aria-disabled", "true")
    for number in numbers:
        page.get_by_label(f"Choose #{number}").check()
    expect(page.locator("#bulk-count")).to_have_text("2 chosen")
    acknowledge.click()
    expect(page.get_by_text("2 acknowledged: you have")).to_be_visible()
    for number in numbers:
        assert page.locator("li", has=page.get_by_label(f"Choose #{number}")).get_by_text("Acknowledged").count() == 1


def test_keys_acknowledge_write_a_note_and_list_themselves_and_can_be_turned_off(desk: Site, visit: Callable[..., Page]):
    page = visit("grace", **DESK)
    number = raise_page(page, "By the keyboard alone")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    expect(page.locator("#ln-t")).to_be_focused()
    page.keyboard.type("n is a note and l a learning")
    page.keyboard.press("Enter")
    expect(page.get_by_text("learned (improvement): n is a note and l a learning")).to_be_visible()
    assert page.url.endswith(f"/incidents/{number}")
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("a note with an a")
    assert page.locator("#head .state.box").first.inner_text().strip() == "Triggered"
    page.locator("h1").click()
    page.keyboard.press("?")
    page.locator("#keys-on").uncheck()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("a")
    page.wait_for_timeout(400)
    assert "Triggered" in page.title()
    page.evaluate("localStorage.removeItem('watchbill-keys')")
    page.keyboard.press("a")
    expect(page.get_by_text(f"You own #{number}")).to_be_visible()


def test_dark_and_light_follow_the_system_and_the_switch(desk: Site, visit: Callable[..., Page]):
    dark, light = visit("grace", **DESK, color_scheme="dark"), visit("grace", **DESK, color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert dark.evaluate(ground) == "rgb(12, 19, 25)"
    assert light.evaluate(ground) == "rgb(244, 242, 236)"
    light.get_by_role("button", name="Colours: as the system. Change to dark").click()
    assert light.evaluate(ground) == "rgb(12, 19, 25)"
    light.reload()
    assert light.evaluate(ground) == "rgb(12, 19, 25)"
    light.get_by_role("button", name="Colours: dark. Change to light").click()
    light.get_by_role("button", name="Colours: light. Change to as the system").click()
    light.reload()
    assert light.evaluate(ground) == "rgb(244, 242, 236)"


def addresses(desk: Site) -> dict[str, str]:
    """Every page, by the name of its picture."""
    of = desk.numbers
    return {
        "now": "/",
        "incidents": "/incidents",
        "incidents-narrowed": "/incidents?status=all&severity=high",
        "incident-triggered": f"/incidents/{of['triggered']}",
        "incident-exhausted": f"/incidents/{of['exhausted']}",
        "incident-cleared": f"/incidents/{of['cleared']}",
        "incident-owned": f"/incidents/{of['owned']}",
        "incident-split": f"/incidents/{of['owned']}/split",
        "incident-snoozed": f"/incidents/{of['snoozed']}",
        "incident-resolved": f"/incidents/{of['resolved']}?all",
        "handoff": f"/handoffs/{of['handoff']}",
        "handoff-offer": f"/incidents/{of['mine']}/handoff",
        "handoffs": "/handoffs",
        "schedules": "/schedules",
        "schedule": "/schedules/1",
        "schedule-later": "/schedules/1?weeks=2&at=2026-03-24T22:10&zone=mine",
        "history": "/schedules/1/history",
        "duties": "/duties",
        "duty": "/duties/1",
        "learnings": "/learnings",
        "learning": "/learnings/1",
        "learning-new": "/learnings/new",
        "runbooks": "/runbooks",
        "runbook": "/runbooks/1",
        "runbook-version": "/runbooks/1/versions/2",
        "runbook-edit": "/runbooks/1/edit",
        "shift": "/shift",
        "shift-of-the-watch": f"/shift?person={desk.watch}",
        "reports": "/reports",
        "report": f"/reports/{of['report']}",
        "report-new": f"/reports/{of['report-new']}",
        "bounties": "/reports/bounties",
        "queue-of-requests": f"/queues/{of['requests']}",
        "request": f"/queues/{of['requests']}/items/{of['request']}",
        "policies": "/policies",
        "policy": "/policies/1",
        "callsheets": "/callsheet",
        "callsheet": f"/callsheet/1?incident={of['triggered']}",
        "audit": "/audit",
        "you": "/you",
        "calendars": "/you/calendars",
        "mailboxes": "/mailboxes",
        "time-off": "/you/time-off",
        "permissions": "/permissions",
        "keys": "/keys",
        "password": "/accounts/password/change/",
        "sign-out": "/accounts/logout/",
        "demo-inbox": "/demo/inbox",
        "not-found": "/incidents/424242",
    }


def test_axe_would_object(chromium: Browser):
    """The options that make it quick do not make it blind."""
    page = chromium.new_page()
    page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="x.png"><p style="color: #999">pale</p></main></html>')
    assert {rule for rule, _ in objections(page)} == {"image-alt", "color-contrast"}
    page.close()


@pytest.mark.parametrize(("layout", "theme", "half"), [("phone", "dark", 0), ("desk", "light", 1), *LOOKS])
def test_axe_objects_to_nothing_and_nothing_scrolls_sideways(
    desk: Site, visit: Callable[..., Page], layout: str, theme: str, half: int | None
):
    shape = PHONE if layout == "phone" else DESK
    page = visit("grace", color_scheme=theme, bypass_csp=True, **shape)
    outside = page.context.browser.new_page(base_url=desk.url, color_scheme=theme, bypass_csp=True, **shape)
    found: list[str] = []

    def look(page: Page, name: str, path: str) -> None:
        page.goto(path)
        page.evaluate(OPEN_ALL)
        if not fits(page):
            found.append(f"{name} scrolls sideways")
        found.extend(f"{name}: {rule} {element}" for rule, element in objections(page))

    for name, path in {
        "login": "/accounts/login/",
        "intake": "/report",
        "intake-status": "/report/status",
        "forgotten": "/accounts/password/reset/",
        "link-gone": "/a/none",
    }.items():
        look(outside, name, path)
    for name, path in list(addresses(desk).items())[half or 0 :: 1 if half is None else 2]:
        look(page, name, path)
    page.goto("/demo/inbox")
    look(outside, "link", page.locator("article a.btn").first.get_attribute("href") or "")
    outside.close()
    assert not found, "\n".join(found)


@pytest.mark.req("G39")
def test_the_encrypted_call_sheet_opens_from_the_disk_with_its_passphrase_and_not_without(visit: Callable[..., Page], tmp_path: Path):
    page = visit("grace", **DESK)
    page.goto("/callsheet/1")
    page.get_by_label("Passphrase").fill("a long enough passphrase")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Make the file").click()
    file = tmp_path / taken.value.suggested_filename
    taken.value.save_as(file)
    offline = page.context.browser.new_page(offline=True)
    offline.goto(file.as_uri())
    offline.get_by_label("Passphrase").fill("a wrong passphrase")
    offline.get_by_role("button", name="Open").click()
    expect(offline.get_by_text("That passphrase does not open it.")).to_be_visible()
    assert "+15005550011" not in offline.content()
    offline.get_by_label("Passphrase").fill("a long enough passphrase")
    offline.get_by_role("button", name="Open").click()
    expect(offline.get_by_role("link", name="+15005550011").first).to_be_visible()
    expect(offline.locator("tr.now").first).to_be_visible()
    assert objections(offline) == []
    offline.close()


@pytest.mark.req("K42")
def test_an_address_for_a_calendar_is_made_in_the_browser_and_reads(desk: Site, visit: Callable[..., Page]):
    page = visit("grace", **PHONE)
    page.goto("/you/calendars")
    page.get_by_role("button", name="Make the address").click()
    address = page.locator("pre.raw").inner_text()
    assert page.get_by_role("link", name="Subscribe on this device").get_attribute("href") == address.replace("http://", "webcal://", 1)
    answer = page.request.get("/calendar/" + address.rpartition("/")[2])
    assert answer.status == 200
    assert answer.text().startswith("BEGIN:VCALENDAR")
    page.get_by_role("button", name="Make the address").click()
    expect(page.locator("pre.raw")).not_to_have_text(address)


def test_every_target_of_a_thumb_is_big_enough(desk: Site, visit: Callable[..., Page]):
    page = visit("grace", **PHONE)
    small = """() => {
        const height = (node) => node ? node.getBoundingClientRect().height : 0;
        return [...document.querySelectorAll('button, .btn, .nav a, select, input:not([type=hidden]), summary')]
            .filter(node => node.checkVisibility() && Math.max(height(node), height(node.closest('label'))) < 44)
            .map(node => node.outerHTML.slice(0, 80));
    }"""
    for path in ("/", "/incidents", f"/incidents/{desk.numbers['triggered']}", "/schedules/1"):
        page.goto(path)
        assert page.evaluate(small) == [], path


def test_pictures_are_taken(desk: Site, visit: Callable[..., Page], tmp_path: Path):
    folder = ROOT / "docs" / "images" if os.environ.get("WATCHBILL_SCREENSHOTS") else tmp_path
    chosen = {name: addresses(desk)[name] for name in ("now", "incident-triggered", "incident-owned", "schedule", "incidents")}
    for layout, shape, theme in (("desk", DESK, "light"), ("phone", PHONE, "dark")):
        page = visit("grace", **shape, color_scheme=theme)
        for name, path in chosen.items():
            if layout == "phone" and name in ("incident-owned", "incidents"):
                continue
            page.goto(path)
            page.wait_for_timeout(300)
            target = folder / f"{name}-{layout}-{theme}.png"
            page.screenshot(path=target, full_page=layout == "desk")
            assert target.stat().st_size > 5000
