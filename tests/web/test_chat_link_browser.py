"""The address that proves whose an account in a chat is, in Chromium: read, confirmed, taken back; with and without scripts."""

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


@pytest.mark.parametrize(("layout", "theme"), ON_DESK)
def test_axe_objects_to_nothing_and_nothing_scrolls_sideways(
    desk: Site,  # noqa: F811
    visit: Callable[..., Page],  # noqa: F811
    tmp_path: Path,
    layout: str,
    theme: str,
):
    options: dict[str, Any] = {"color_scheme": theme, **(PHONE if layout == "phone" else DESK)}
    page = visit("grace", **options, bypass_csp=True)
    for name, path in (("ask", desk.links[0]), ("gone", "/chat/link/none")):
        page.goto(path)
        assert objections(page) == []
        assert fits(page), path
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"chat-{name}-{layout}-{theme}.png", full_page=True)


@pytest.mark.req("G7")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_account_is_proved_and_taken_back(desk: Site, visit: Callable[..., Page], scripts: bool):  # noqa: F811
    page = visit("grace", **PHONE, java_script_enabled=scripts)
    page.goto(desk.links[1 if scripts else 2])
    expect(page.get_by_role("heading", name="Is this you in Slack?")).to_be_visible()
    page.get_by_role("button", name="Yes, this is me").click()
    expect(page.get_by_text("counts as you now")).to_be_visible()
    if KEPT:
        page.screenshot(path=Path(KEPT) / f"chat-you-{scripts}.png", full_page=True)
    row = page.get_by_role("listitem").filter(has_text="slack:U0")
    expect(row.get_by_text("Proved by you, from the chat").or_(row.get_by_text("Not active here"))).to_be_visible()
    row.get_by_text("Remove", exact=True).click()
    row.get_by_role("button", name="Remove Slack").click()
    expect(page.get_by_text("slack:U0")).to_have_count(0)
