"""Maintenance, heartbeats and routes in Chromium: on a phone and on a desk, in both themes, with and without scripts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import fits, objections
from tests.web.site import Site
from tests.web.test_browser import DESK, ON_PHONE, PHONE, chromium, desk, signed_in, visit  # noqa: F401  fixtures

pytestmark = pytest.mark.browser

KEPT = os.environ.get("WATCHBILL_SCREENSHOTS_TO", "")


@pytest.mark.parametrize(("layout", "theme"), ON_PHONE)
def test_axe_objects_to_nothing_and_nothing_scrolls_sideways(
    desk: Site,  # noqa: F811
    visit: Callable[..., Page],  # noqa: F811
    tmp_path: Path,
    layout: str,
    theme: str,
):
    options: dict[str, Any] = {"color_scheme": theme, **(PHONE if layout == "phone" else DESK)}
    page = visit("grace", **options, bypass_csp=True)
    of = desk.numbers
    pages = {
        "quiet-now": "/",
        "maintenance": "/maintenance",
        "held": f"/incidents/{of['held']}",
        "heartbeats": "/heartbeats",
        "routes": "/routes",
        "route": f"/routes/{of['routes']}",
        "queues": "/queues",
        "queue": "/queues/1",
        "stale": "/stale",
    }
    for name, path in pages.items():
        page.goto(path)
        if name == "maintenance":
            page.get_by_text("In advance, only some alerts, again and again").click()
        if name in ("queue", "stale"):
            page.locator("main details > summary").last.click()
        if name == "route":
            page.get_by_role("button", name="Try it").click()
            expect(page.get_by_text("It stays with")).to_be_visible()
        assert objections(page) == [], name
        assert fits(page), path
        small = """() => [...document.querySelectorAll('main button, main .btn, main select, main input:not([type=hidden]), main summary')]
            .filter(node => node.checkVisibility() && node.getBoundingClientRect().height < 44).map(node => node.outerHTML.slice(0, 80))"""
        if name not in ("held", "quiet-now"):
            assert page.evaluate(small) == [], name
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"{name}-{layout}-{theme}.png", full_page=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_service_is_kept_quiet_and_woken_again_with_one_thumb(desk: Site, visit: Callable[..., Page], scripts: bool):  # noqa: F811
    page = visit("grace", **PHONE, java_script_enabled=scripts)
    page.goto("/")
    page.locator("#quiet").get_by_role("link", name="All").click()
    page.get_by_label("Service", exact=True).select_option("Panic mailbox")
    page.get_by_label("Why", exact=True).fill(f"New disks {scripts}")
    page.get_by_label("For", exact=True).select_option("2 hours")
    page.get_by_role("button", name="Keep it quiet").click()
    expect(page.get_by_text("Panic mailbox is quiet until")).to_be_visible()
    row = page.locator("#maintenances li").filter(has_text=f"New disks {scripts}")
    row.get_by_role("button", name="End it now").click()
    expect(page.get_by_text("Maintenance of Panic mailbox is over")).to_be_visible()
    expect(page.locator("#maintenances li").filter(has_text=f"New disks {scripts}")).to_have_count(0)


def test_the_key_of_a_heartbeat_is_shown_once_with_what_to_paste(desk: Site, visit: Callable[..., Page]):  # noqa: F811
    page = visit("grace", **PHONE)
    page.goto("/heartbeats")
    page.locator("li").filter(has_text="restore test").get_by_role("button", name="Make its key").click()
    expect(page.get_by_text("Shown this once")).to_be_visible()
    assert re.search(r"curl -fsS -m 10 http://\S+/in/heartbeat/[0-9a-f]{32}", page.content())
    if KEPT:
        page.screenshot(path=Path(KEPT) / "heartbeat-key-phone.png", full_page=True)
    page.get_by_role("link", name="I have it").click()
    expect(page.locator("li").filter(has_text="restore test").get_by_role("button", name="Make another key")).to_be_visible()
