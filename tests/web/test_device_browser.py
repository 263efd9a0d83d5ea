"""A device that rings, in Chromium: subscribing, the real service worker, its notifications and their buttons, the page without a desk.

No push service can be reached from here, so PushManager.subscribe is a stub; what a service would deliver is delivered by the browser's own
debugging protocol to the worker as it is served.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from tests.connectors.parts import content, message
from tests.connectors.push import Browser as Keys
from tests.web.axe import objections
from tests.web.seed import PASSWORD
from tests.web.site import Site
from tests.web.test_browser import ARGUMENTS, CHROMIUM, DESK, PHONE
from watchbill.connectors.push.payload import payload

KEPT = os.environ.get("WATCHBILL_SCREENSHOTS_TO", "")  # a folder
pytestmark = pytest.mark.browser

HERE = "[data-device-here]:not([hidden])"
STUB = """(() => {
  const given = %s;
  const made = (options) => ({
    endpoint: given.endpoint, options: { applicationServerKey: options.applicationServerKey },
    toJSON: () => given, unsubscribe: async () => { localStorage.removeItem('stub-key'); return true; },
  });
  const bytes = (text) => Uint8Array.from(JSON.parse(text)).buffer;
  PushManager.prototype.subscribe = async function (options) {
    if (window.stubFails) throw new DOMException(window.stubFails, 'AbortError');
    localStorage.setItem('stub-key', JSON.stringify([...new Uint8Array(options.applicationServerKey)]));
    return made(options);
  };
  PushManager.prototype.getSubscription = async function () {
    const key = localStorage.getItem('stub-key');
    return key ? made({ applicationServerKey: bytes(key) }) : null;
  };
})()"""


class Database:
    """What the desk of the browser holds, looked at from beside."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._parameters = parameters

    def __call__(self, sql: str, *values: Any) -> Any:
        with psycopg.connect(**self._parameters, autocommit=True) as there:
            return there.execute(sql, values).fetchone()


@pytest.fixture(scope="module")
def place(shared_site: Site) -> tuple[Site, Database]:
    return shared_site, Database(shared_site.database)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


class Device:
    """A browser with a profile of its own, in which somebody has signed in."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.complaints: list[str] = []
        self.page = context.pages[0] if context.pages else context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    def sign_in(self, handle: str) -> None:
        self.page.goto(f"{self.url}/you")
        self.page.get_by_label("E-mail").fill(f"{handle}@example.org")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/you")
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    @property
    def worker(self) -> Any:
        return self.context.service_workers[0]

    def deliver(self, data: str) -> None:
        """What a push service would bring."""
        cdp = self.context.new_cdp_session(self.page)
        found: list[str] = []
        cdp.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: found.extend(r["registrationId"] for r in event["registrations"] if r["scopeURL"].startswith(self.url)),
        )
        cdp.send("ServiceWorker.enable")
        for _ in range(100):
            if found:
                break
            self.page.wait_for_timeout(20)
        cdp.send("ServiceWorker.deliverPushMessage", {"origin": self.url, "registrationId": found[-1], "data": data})
        cdp.detach()

    def shown(self, want: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """The notifications, as soon as they are what is wanted."""
        read = """async () => (await self.registration.getNotifications()).map((n) => ({
            title: n.title, body: n.body, tag: n.tag, actions: n.actions.map((a) => a.title), stays: n.requireInteraction,
            silent: n.silent, again: n.renotify, answered: n.data.answered, untold: n.data.untold }))"""
        there: list[dict[str, Any]] = []
        for _ in range(150):
            there = self.worker.evaluate(read)
            if want(there):
                return there
            self.page.wait_for_timeout(40)
        raise AssertionError(there)

    def press(self, action: str) -> None:
        self.worker.evaluate(
            """async (action) => { const [n] = await self.registration.getNotifications();
               self.dispatchEvent(new NotificationEvent('notificationclick', { notification: n, action })); }""",
            action,
        )


@pytest.fixture
def device(place: tuple[Site, Database], playwright: Playwright, tmp_path: Path) -> Iterator[Callable[..., Device]]:
    opened: list[Device] = []

    def open_(handle: str = "", *, allow: bool = True, url: str = "", **options: Any) -> Device:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / f"profile-{len(opened)}",
            executable_path=CHROMIUM,
            args=[*ARGUMENTS, "--host-resolver-rules=MAP desk.example 127.0.0.1"],
            permissions=["notifications"] if allow else [],
            timezone_id="Europe/Berlin",
            **{**DESK, **options},
        )
        context.set_default_timeout(15_000)
        context.add_init_script(STUB % json.dumps(Keys(f"https://push.example.org/{tmp_path.name}").subscription))
        made = Device(context, url or place[0].url)
        opened.append(made)
        if handle:
            made.sign_in(handle)
        return made

    yield open_
    for each in opened:
        each.context.close()


def page_of(place: tuple[Site, Database], title: str, by: Device) -> tuple[int, str]:
    """Page the team by hand; answers the number and what a push service would bring to whoever has the watch."""
    desk, database = place
    page = by.page
    page.goto(f"{desk.url}/")
    page.get_by_text("Something is wrong and no monitor says so").click()
    page.get_by_label("What is wrong").fill(title)
    page.get_by_label("Service").select_option("Panic mailbox")
    page.get_by_role("button", name="Page its team").click()
    page.wait_for_url("**/incidents/*")
    number = int(page.url.rsplit("/", 1)[1])
    row = None
    for _ in range(200):
        row = database(
            """SELECT n.id, n.person_id, n.incident_id, n.page_id FROM notifications_notification n
               JOIN incidents_incident i ON i.id = n.incident_id JOIN people_person p ON p.id = n.person_id
               WHERE i.number = %s AND n.kind = 'page' AND p.handle = %s""",
            number,
            desk.watch,
        )
        if row:
            break
        page.wait_for_timeout(50)
    assert row, "nobody was paged"
    ids = dict(zip(("notification_id", "person_id", "incident_id", "page_id"), row, strict=True))
    said = message(method="push", contents=(content(number, title=title),), **ids)
    return number, payload(said).decode()


@pytest.mark.req("G7")
def test_subscribe_ring_and_acknowledge_from_the_notification(place: tuple[Site, Database], device: Callable[..., Device]):
    desk, database = place
    phone = device(desk.watch, **PHONE)
    section = phone.page.locator("#devices")
    expect(section.get_by_text("This device does not ring for you.")).to_be_visible()
    section.get_by_role("button", name="Ring on this device").click()
    expect(section.get_by_text("This device rings for you.")).to_be_visible()
    expect(phone.page.locator(HERE)).to_be_visible()
    assert database("SELECT count(*) FROM notifications_device WHERE subscription <> ''")[0] == 1

    number, data = page_of(place, "Phones are dead <script>alert(1)</script>", phone)
    phone.deliver(data)
    (ringing,) = phone.shown(lambda there: len(there) == 1)
    assert ringing["title"] == f"#{number} CRITICAL: Phones are dead <script>alert(1)</script>"
    assert ringing["body"].startswith("Detections\n")
    assert ringing["actions"] == ["Acknowledge", "Open"]
    assert (ringing["stays"], ringing["again"], ringing["silent"]) == (True, True, False)
    phone.context.clear_cookies()  # the button needs no session
    phone.press("acknowledge")
    (said,) = phone.shown(lambda there: any(n["answered"] for n in there))
    assert (said["body"], said["tag"], said["stays"]) == ("It is yours.", f"incident-{number}", False)
    assert database(
        "SELECT i.status, p.handle FROM incidents_incident i JOIN people_person p ON p.id = i.owner_id WHERE i.number = %s", number
    ) == ("acknowledged", desk.watch)
    phone.deliver(data)  # the same again, as a push service may
    phone.page.wait_for_timeout(300)
    assert phone.shown(lambda there: len(there) == 1)[0]["body"] == "It is yours."
    assert phone.complaints == []


def test_news_replaces_the_page_and_what_is_older_does_not_come_back(place: tuple[Site, Database], device: Callable[..., Device]):
    phone = device(place[0].watch)
    number, data = page_of(place, "News", phone)
    phone.deliver(data)
    phone.shown(lambda there: len(there) == 1)
    page = json.loads(data)
    news = {**page, "kind": "status", "id": "other", "at": page["at"] + 1000, "body": "Bruno has it."}
    del news["acknowledge"], news["ask"]
    phone.deliver(json.dumps(news))
    (said,) = phone.shown(lambda there: there and there[0]["body"] == "Bruno has it.")
    assert (said["silent"], said["stays"], said["actions"]) == (True, False, ["Open"])
    phone.deliver(data)
    phone.page.wait_for_timeout(300)
    assert phone.shown(lambda there: len(there) == 1)[0]["body"] == "Bruno has it."
    phone.deliver("not json at all")
    there = phone.shown(lambda there: len(there) == 2)
    assert any(n["title"] == "Watchbill" and "Tap to open" in n["body"] for n in there)
    assert number


def test_a_desk_out_of_reach_is_said_and_tried_again(place: tuple[Site, Database], device: Callable[..., Device]):
    desk, database = place
    phone = device(desk.watch)
    number, data = page_of(place, "No network", phone)
    phone.deliver(data)
    phone.shown(lambda there: len(there) == 1)
    phone.worker.evaluate("""() => {
        self.realFetch = self.fetch; self.realTimeout = self.setTimeout; self.tries = 0;
        self.fetch = async () => { self.tries += 1; throw new TypeError('no network'); };
        self.setTimeout = (call) => self.realTimeout(call, 1); }""")
    phone.press("acknowledge")
    (said,) = phone.shown(lambda there: any(n["untold"] for n in there))
    assert said["body"].startswith("Could not reach the desk")
    assert said["actions"] == ["Try again", "Open"]
    assert phone.worker.evaluate("self.tries") == 5
    assert database("SELECT status FROM incidents_incident WHERE number = %s", number)[0] == "triggered"
    phone.worker.evaluate("() => { self.fetch = self.realFetch; self.setTimeout = self.realTimeout; }")
    phone.press("acknowledge")
    assert phone.shown(lambda there: any(n["answered"] for n in there))[0]["body"] == "It is yours."


def test_without_a_network_the_desk_says_so_and_shows_no_state(place: tuple[Site, Database], device: Callable[..., Device]):
    phone = device(place[0].watch, **PHONE)
    phone.page.goto(f"{place[0].url}/incidents")
    phone.context.set_offline(True)
    phone.page.goto(f"{place[0].url}/incidents")
    expect(phone.page.get_by_role("heading", name="The desk cannot be reached")).to_be_visible()
    expect(phone.page.get_by_text("call sheet")).to_be_visible()
    assert phone.page.evaluate("getComputedStyle(document.querySelector('.btn-main')).minHeight") != "auto", "with its style"
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert phone.page.evaluate("caches.keys().then((names) => names.length)") == 1
    phone.context.set_offline(False)
    phone.page.get_by_role("link", name="Try again").click()
    expect(phone.page.get_by_role("heading", name="Incidents")).to_be_visible()


@pytest.mark.parametrize("how", ["denied", "fails", "unsupported", "not https"])
def test_a_browser_that_cannot_ring_is_told_why_and_what_to_do(place: tuple[Site, Database], device: Callable[..., Device], how: str):
    url = place[0].url.replace("127.0.0.1", "desk.example") if how == "not https" else ""
    phone = device(allow=how != "denied", url=url)
    if how == "unsupported":
        phone.context.add_init_script("delete window.PushManager")
    if how == "fails":
        phone.context.add_init_script("window.stubFails = 'permission denied'")
    if how == "not https":
        phone.page.goto(f"{phone.url}/accounts/login/?next=/you")
        phone.page.get_by_label("E-mail").fill(f"{place[0].watch}@example.org")
        phone.page.get_by_label("Password").fill(PASSWORD)
        phone.page.get_by_role("button", name="Sign in").click()
        phone.page.goto(f"{phone.url}/you")
    else:
        phone.sign_in(place[0].watch)
    state = phone.page.locator("[data-device-state]")
    if how == "fails":
        phone.page.get_by_role("button", name="Ring on this device").click()
    said = {
        "denied": "allow notifications, then reload",
        "fails": "The browser did not subscribe this device: permission denied",
        "unsupported": "This browser cannot ring",
        "not https": "not open over https",
    }[how]
    expect(state).to_contain_text(said)
    assert "is-amber" in (state.get_attribute("class") or "")


@pytest.mark.parametrize(("shape", "theme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"])
def test_the_section_and_the_offline_page_please_axe_and_fit(
    place: tuple[Site, Database], device: Callable[..., Device], shape: dict[str, Any], theme: str
):
    phone = device(place[0].watch, color_scheme=theme, bypass_csp=True, **shape)
    phone.page.get_by_role("button", name="Ring on this device").click()
    expect(phone.page.locator(HERE)).to_be_visible()
    found: list[str] = []
    for path in ("/you", "/offline"):
        phone.page.goto(f"{place[0].url}{path}")
        phone.page.wait_for_timeout(200)
        if KEPT:
            phone.page.screenshot(path=Path(KEPT) / f"{path.strip('/')}-{theme}.png", full_page=True)
        found += [f"{path}: {rule} {element}" for rule, element in objections(phone.page)]
        if phone.page.evaluate("document.documentElement.scrollWidth") > shape["viewport"]["width"]:
            found.append(f"{path} scrolls sideways")
        found += small_targets(phone.page)
    assert found == []


def small_targets(page: Page) -> list[str]:
    read = """() => [...document.querySelectorAll('#devices button, .door .btn')]
        .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 44).map((node) => node.outerHTML.slice(0, 80))"""
    found: list[str] = page.evaluate(read)
    return found


def test_removing_this_device_makes_the_browser_forget_it_too(place: tuple[Site, Database], device: Callable[..., Device]):
    phone = device(place[0].watch)
    phone.page.get_by_role("button", name="Ring on this device").click()
    row = phone.page.locator("#devices li", has=phone.page.locator(HERE))
    expect(row).to_have_count(1)
    row.get_by_role("button", name="Remove").click()
    expect(phone.page.get_by_text("does not ring for you any more")).to_be_visible()
    assert phone.page.evaluate("localStorage.getItem('stub-key')") is None
    expect(phone.page.get_by_text("This device does not ring for you.")).to_be_visible()
