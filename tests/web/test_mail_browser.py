"""A shared mailbox in Chromium: its list, a thread, and that axe objects to nothing in either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import fits, objections
from tests.web.site import Site
from tests.web.test_browser import DESK, ON_PHONE, OPEN_ALL, PHONE, chromium, desk, signed_in, visit  # noqa: F401  fixtures

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("layout", "theme"), ON_PHONE)
def test_axe_objects_to_nothing_and_nothing_scrolls_sideways(
    desk: Site,  # noqa: F811
    visit: Callable[..., Page],  # noqa: F811
    layout: str,
    theme: str,
):
    options: dict[str, Any] = {"color_scheme": theme, **(PHONE if layout == "phone" else DESK)}
    page = visit("fumi", **options, bypass_csp=True)

    def look(name: str) -> None:
        page.evaluate(OPEN_ALL)
        assert objections(page) == [], name
        assert fits(page), name

    page.goto("/mail?view=all")
    look("the list")
    page.get_by_role("link", name="A scan found something").click()
    expect(page.get_by_text("It answered with its version, 3 hours ago.")).to_be_visible()
    look("a thread")
