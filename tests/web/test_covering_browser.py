"""Coverage by hand in Chromium: on a phone and on a desk, in both themes, with and without scripts."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import fits, objections
from tests.web.site import Site
from tests.web.test_browser import DESK, ON_PHONE, PHONE, chromium, desk, signed_in, visit  # noqa: F401  fixtures

pytestmark = pytest.mark.browser

KEPT = os.environ.get("WATCHBILL_SCREENSHOTS_TO", "")
SMALL = """() => [...document.querySelectorAll('main button, main .btn, main select, main input:not([type=hidden]):not([type=checkbox])')]
    .filter(node => node.checkVisibility() && node.getBoundingClientRect().height < 44).map(node => node.outerHTML.slice(0, 80))"""


def days_on(days: int, hours: int = 0) -> str:
    at = dt.datetime.now(dt.UTC) + dt.timedelta(days=days, hours=hours)
    return f"{at:%Y-%m-%dT%H}:00"


def looked_at(page: Page, name: str, folder: Path) -> None:
    assert objections(page) == [], name
    assert fits(page), name
    assert page.evaluate(SMALL) == [], name
    page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("layout", "theme"), ON_PHONE)
def test_axe_objects_to_nothing_and_nothing_scrolls_sideways(
    desk: Site,  # noqa: F811
    visit: Callable[..., Page],  # noqa: F811
    tmp_path: Path,
    layout: str,
    theme: str,
):
    page = visit("grace", color_scheme=theme, **(PHONE if layout == "phone" else DESK), bypass_csp=True)
    folder, look = Path(KEPT or tmp_path), f"{layout}-{theme}"
    page.goto("/schedules/1")
    looked_at(page, f"schedule-{look}", folder)
    page.goto("/schedules/1/change")
    looked_at(page, f"change-{look}", folder)
    page.goto(f"/schedules/1/change?kind=take&who=grace&from={days_on(200)}&to={days_on(202, 12)}&reason=A+conference")
    expect(page.get_by_role("button", name="Keep it")).to_be_visible()
    looked_at(page, f"change-take-{look}", folder)
    page.goto(f"/schedules/1/change?kind=reverse_shadow&who=hugo&from={days_on(200)}&to={days_on(202, 12)}")
    looked_at(page, f"change-reverse-{look}", folder)
    page.goto(f"/schedules/1/change?kind=add&who=hugo&from={days_on(200)}&to={days_on(200, 12)}&until={days_on(242)[:10]}")
    page.get_by_text("All 7 of them").click()
    looked_at(page, f"change-weekly-{look}", folder)
    page = visit("ada", color_scheme=theme, **(PHONE if layout == "phone" else DESK), bypass_csp=True)
    page.goto("/swaps")
    looked_at(page, f"swaps-{look}", folder)
    page.get_by_role("button", name="Ask for the swap").click()
    expect(page.get_by_role("button", name="Withdraw the offer")).to_be_visible()
    looked_at(page, f"swap-{look}", folder)
    page.get_by_role("button", name="Withdraw the offer").click()
    page.goto("/swaps")
    page.get_by_role("button", name="Ask everybody who could").click()
    expect(page.get_by_role("button", name="Withdraw the request")).to_be_visible()
    looked_at(page, f"cover-{look}", folder)
    page.get_by_role("button", name="Withdraw the request").click()


@pytest.mark.req("S14", "K44")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_watch_is_taken_seen_kept_and_given_back_with_one_thumb(desk: Site, visit: Callable[..., Page], scripts: bool):  # noqa: F811
    page = visit("grace", **PHONE, java_script_enabled=scripts)
    page.goto("/schedules/1")
    page.get_by_role("link", name="Take, replace, add, remove, shadow").click()
    page.get_by_label("From", exact=False).fill(days_on(300 + scripts))
    page.get_by_label("To", exact=True).fill(days_on(300 + scripts, 6))
    page.get_by_label("Why", exact=True).fill(f"A course {scripts}")
    page.get_by_role("button", name="See the result").click()
    expect(page.get_by_role("heading", name="Grace Lind (you) takes the watch")).to_be_visible()
    page.get_by_role("button", name="Keep it").click()
    row = page.locator("#by-hand li").filter(has_text=f"A course {scripts}")
    expect(row).to_be_visible()
    row.get_by_role("link", name="End it").click()
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_text("Ended: Grace Lind (you) takes the watch")).to_be_visible()
    expect(page.locator("#by-hand li").filter(has_text=f"A course {scripts}")).to_have_count(0)
