"""Inlets in Chromium: on a phone and on a desk, in both themes, with and without scripts; a message is tried and a key replaced."""

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
    key, mails = desk.numbers["inlet"], desk.numbers["mails"]
    pages = {"inlets": "", "inlet": f"/{key}", "aside": f"/{key}?only=aside", "mails": f"/{mails}", "left": f"/{mails}?only=left"}
    for name, path in ((name, f"/inlets{rest}") for name, rest in pages.items()):
        page.goto(path)
        for summary in page.locator("details.more > summary").all()[:2]:
            summary.click()
        assert objections(page) == []
        assert fits(page), path
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"{name}-{layout}-{theme}.png", full_page=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_message_is_tried_and_a_key_replaced(desk: Site, visit: Callable[..., Page], scripts: bool):  # noqa: F811
    page = visit("grace", **PHONE, java_script_enabled=scripts)
    page.goto("/inlets")
    page.get_by_role("link", name="Panic mailbox").first.click()
    page.get_by_label("A message as the monitor sends it").fill('{"message": "Laptop lost", "priority": "P1"}')
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="Laptop lost")).to_be_visible()
    expect(page.get_by_text("S1 critical")).to_be_visible()
    page.get_by_text("Replace this key").click()
    page.get_by_role("button", name="Make the new key").click()
    expect(page.get_by_text("Shown this once")).to_be_visible()
    assert re.search(r"\b[0-9a-f]{32}\b", page.content())
    if KEPT:
        page.screenshot(path=Path(KEPT) / f"new-{scripts}.png", full_page=True)
    page.get_by_role("link", name="I have it").click()
    expect(page.get_by_text("It replaces")).to_be_visible()


def test_what_was_set_aside_is_taken_in_again_with_one_confirmation(desk: Site, visit: Callable[..., Page]):  # noqa: F811
    page = visit("grace", **PHONE)
    page.goto(f"/inlets/{desk.numbers['inlet']}?only=aside")
    expect(page.get_by_role("button", name=re.compile("Take in event"))).to_be_hidden()
    page.get_by_text("Take in again").click()
    page.get_by_role("button", name=re.compile("Take in event")).click()
    expect(page.get_by_text("is being taken in again")).to_be_visible()
