"""Time off from a calendar in Chromium: read, failing, subscribed with one thumb and without scripts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import fits, objections
from tests.web.site import Site
from tests.web.test_browser import DESK, ON_PHONE, PHONE, chromium, desk, signed_in, visit  # noqa: F401  fixtures

pytestmark = [pytest.mark.browser, pytest.mark.req("S10")]
KEPT = os.environ.get("WATCHBILL_SCREENSHOTS_TO", "")


@pytest.mark.parametrize(("layout", "theme"), ON_PHONE)
def test_axe_objects_to_nothing_and_nothing_scrolls_sideways(
    desk: Site,  # noqa: F811
    visit: Callable[..., Page],  # noqa: F811
    layout: str,
    theme: str,
):
    options: dict[str, Any] = {"color_scheme": theme, **(PHONE if layout == "phone" else DESK)}
    page = visit("ada", **options, bypass_csp=True)
    page.goto("/you/time-off")
    expect(page.get_by_text("from a calendar at calendar.google.com")).to_be_visible()
    expect(page.get_by_text("Cannot be read for")).to_be_visible()
    assert objections(page) == []
    assert fits(page)
    if KEPT:
        page.screenshot(path=Path(KEPT) / f"time-off-{layout}-{theme}.png", full_page=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_subscribed_and_ended_with_one_thumb(desk: Site, visit: Callable[..., Page], scripts: bool):  # noqa: F811
    page = visit("chen" if scripts else "dana", **PHONE, java_script_enabled=scripts)
    page.goto("/you/time-off")
    page.get_by_label("Secret address of your calendar").fill("ftp://calendar.example.org/secret.ics")
    page.get_by_role("button", name="Subscribe", exact=True).click()
    expect(page.get_by_text("begins with https:// (or webcal://)")).to_be_visible()
    page.get_by_label("Secret address of your calendar").fill("https://calendar.example.org/secret.ics")
    page.locator("label", has_text="Every event").click()
    page.get_by_role("button", name="Subscribe", exact=True).click()
    expect(page.get_by_text("Your calendar at calendar.example.org is read within a minute")).to_be_visible()
    assert "secret.ics" not in page.content()
    if not scripts:
        page.wait_for_timeout(4500)
        page.reload()
    expect(page.locator("#read").get_by_text("Read ")).to_be_visible(timeout=15_000)
    expect(page.locator("#have").get_by_text("from a calendar at calendar.example.org")).to_be_visible()
    page.get_by_role("button", name="Unsubscribe from calendar.example.org").click()
    expect(page.get_by_text("is read no more")).to_be_visible()
