"""The page You in Chromium: on a phone and on a desk, in both themes, with and without scripts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import fits, objections
from tests.web.site import Site
from tests.web.test_browser import DESK, ON_DESK, PHONE, chromium, desk, signed_in, visit  # noqa: F401  fixtures

pytestmark = pytest.mark.browser

KEPT = os.environ.get("WATCHBILL_SCREENSHOTS_TO", "")
PAGES = {"now": "/", "you": "/you", "rules": "/you/rules", "test": "/you/test", "access": "/you/access"}


@pytest.mark.parametrize(("layout", "theme"), ON_DESK)
def test_axe_objects_to_nothing_and_nothing_scrolls_sideways(
    desk: Site,  # noqa: F811
    visit: Callable[..., Page],  # noqa: F811
    tmp_path: Path,
    layout: str,
    theme: str,
):
    options: dict[str, Any] = {"color_scheme": theme, **(PHONE if layout == "phone" else DESK)}
    page = visit("bruno", **options, bypass_csp=True)
    page.goto("/you")
    if not page.get_by_text("bruno.home@example.org").count():
        page.get_by_text("Add a contact").click()
        page.locator("label", has_text="E-mail").click()
        page.get_by_label("Number or address").fill("bruno.home@example.org")
        page.get_by_role("button", name="Add, and send a code").click()
        expect(page.get_by_text("Unproven: no page goes there", exact=True)).to_be_visible()
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"added-{layout}-{theme}.png", full_page=True)
    for name, path in PAGES.items():
        page.goto(path)
        for summary in page.locator("main details > summary").all()[:3]:
            summary.click()
        assert objections(page) == []
        assert fits(page), path
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"{name}-{layout}-{theme}.png", full_page=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_rules_are_previewed_and_kept_with_one_thumb(desk: Site, visit: Callable[..., Page], scripts: bool):  # noqa: F811
    page = visit("chen" if scripts else "dana", **PHONE, java_script_enabled=scripts)
    page.goto("/you")
    page.get_by_role("link", name="Change your rules").click()
    first = page.get_by_role("group", name="Rule 1").first
    first.get_by_label("E-mail").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("This wakes nobody").first).to_be_visible()
    page.get_by_role("button", name="Keep these rules").click()
    expect(page.get_by_text("Your rules are kept")).to_be_visible()
    expect(page.get_by_text("mail at once").first).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_test_page_is_sent_and_its_result_comes_by_itself(
    desk: Site,  # noqa: F811
    visit: Callable[..., Page],  # noqa: F811
    tmp_path: Path,
    scripts: bool,
):
    page = visit("emeka" if scripts else "fumi", **PHONE, java_script_enabled=scripts)
    page.goto("/you")
    page.get_by_role("link", name="Send me a test page").click()
    page.get_by_role("button", name="Send me a test page").click()
    result = page.locator("#result")
    expect(result.get_by_text("Delivered").first).to_be_visible(timeout=15000)  # one for each way: others of this run may have added some
    if KEPT:
        page.screenshot(path=Path(KEPT) / f"tested-{scripts}.png", full_page=True)
