"""A manager drags the watch of one onto that of another, does the same by keys, by thumb and without scripts, and takes it back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.site import Site
from tests.web.test_browser import DESK, ON_PHONE, PHONE, ROOT, chromium, desk, signed_in, visit  # noqa: F401  fixtures
from tests.web.test_covering_browser import a_month_ahead, looked_at

pytestmark = pytest.mark.browser

KEPT = os.environ.get("WATCHBILL_SCREENSHOTS_TO", "")


def two_of(page: Page) -> tuple[Locator, Locator]:
    """A watch of one person and one of another, neither the reader's."""
    found = {}
    for node in page.locator("[data-take]:has(a.swap-this)").all():
        if node.is_visible():  # a phone hides the days of the month before
            found.setdefault(str(node.get_attribute("data-take")), node)
    first = next(iter(found))
    return found[first], next(node for value, node in found.items() if value.split(" ")[2] != first.split(" ")[2])


def drag(page: Page, one: Locator, onto: Locator) -> None:
    one.scroll_into_view_if_needed()
    one.hover(position={"x": 8, "y": 8})
    page.mouse.down()
    onto.hover(force=True)
    expect(page.locator(".ghost")).to_contain_text("Swap for ")
    page.mouse.up()


def undone(page: Page) -> None:
    page.get_by_role("button", name="Undo the swap").click()
    expect(page.get_by_text("Undone: both watches are back")).to_be_visible()


@pytest.mark.req("K46", "S7")
@pytest.mark.parametrize(("layout", "theme"), ON_PHONE)
def test_a_manager_swaps_two_others_on_the_month_and_undoes_it(
    desk: Site,  # noqa: F811
    visit: Callable[..., Page],  # noqa: F811
    tmp_path: Path,
    layout: str,
    theme: str,
):
    page = visit("grace", color_scheme=theme, **(PHONE if layout == "phone" else DESK), bypass_csp=True)
    folder, look = Path(KEPT or tmp_path), f"{layout}-{theme}"
    page.goto(a_month_ahead())
    looked_at(page, f"exchange-month-{look}", folder)
    one, other = two_of(page)
    chosen = [one.get_attribute("data-take"), other.get_attribute("data-take")]
    if layout == "phone":
        one.locator("a.swap-this").click()
        expect(page.get_by_text("To swap:")).to_be_visible()
        page.get_by_label("For which one?").select_option(chosen[1])
        looked_at(page, f"exchange-pick-{look}", folder)
        page.get_by_role("button", name="See what it would do").click()
    else:
        drag(page, one, other)
    expect(page.get_by_text("Nothing is saved yet")).to_be_visible()
    assert [page.locator(f"#{name}").input_value() for name in ("ex-g", "ex-t")] == chosen
    looked_at(page, f"exchange-{look}", folder)
    page.get_by_label("Why", exact=True).fill("A wedding")
    page.get_by_role("button", name="Swap them").click()
    expect(page.get_by_text("Both watches have changed hands.")).to_be_visible()
    looked_at(page, f"exchange-done-{look}", folder)
    undone(page)


def test_the_same_by_keys_and_a_drag_that_ends_on_nothing_saves_nothing(desk: Site, visit: Callable[..., Page]):  # noqa: F811
    page = visit("grace", **DESK)
    page.goto(a_month_ahead())
    one, other = two_of(page)
    one.hover(position={"x": 8, "y": 8})
    page.mouse.down()
    page.mouse.move(500, 20, steps=3)
    page.mouse.up()
    expect(page.locator("#say")).to_have_text("Nothing was changed.")
    sign = one.locator("a.swap-this")
    sign.focus()
    page.keyboard.press("Enter")
    choice = page.get_by_label("For which one?")
    expect(choice).to_be_focused()
    holder = str(one.get_attribute("data-take")).split(" ")[2]
    values = choice.locator("option").evaluate_all("options => options.map(each => each.value)")
    assert values
    assert holder not in {value.split(" ")[2] for value in values}  # nobody swaps with themselves
    page.keyboard.press("Escape")
    expect(sign).to_be_focused()
    page.keyboard.press("Enter")
    choice.select_option(other.get_attribute("data-take"))
    choice.press("Enter")
    expect(page.get_by_text("Nothing is saved yet")).to_be_visible()
    page.get_by_role("button", name="Swap them").press("Enter")
    expect(page.get_by_text("Both watches have changed hands.")).to_be_visible()
    undone(page)


def test_without_scripts_the_sign_leads_to_a_form_that_does_it_all(desk: Site, visit: Callable[..., Page]):  # noqa: F811
    page = visit("grace", **PHONE, java_script_enabled=False)
    page.goto(a_month_ahead())
    one, _ = two_of(page)
    chosen = one.get_attribute("data-take")
    one.locator("a.swap-this").click()
    assert page.locator("#ex-g").input_value() == chosen
    page.goto("/schedules/1/exchange")  # the lists have the near ones
    given = page.locator("#ex-g").input_value()
    later = next(
        value
        for value in page.locator("#ex-t option").evaluate_all("options => options.map(each => each.value)")
        if value.split(" ")[2] != given.split(" ")[2] and value.split(" ")[1] != given.split(" ")[1]
    )
    page.locator("#ex-t").select_option(later)
    page.get_by_role("button", name="See what it would do").click()
    page.get_by_role("button", name="Swap them").click()
    expect(page.get_by_text("Both watches have changed hands.")).to_be_visible()
    undone(page)


def test_the_month_of_a_team_mate_has_no_sign_on_the_watches_of_others(desk: Site, visit: Callable[..., Page]):  # noqa: F811
    page = visit("ada", **DESK)
    page.goto(a_month_ahead())
    expect(page.locator("[data-take]").first).to_be_visible()
    assert page.locator("[data-take] a.swap-this").count() == 0


def test_pictures_are_taken_of_a_month_while_a_watch_is_dragged(desk: Site, visit: Callable[..., Page], tmp_path: Path):  # noqa: F811
    folder = ROOT / "docs" / "images" if os.environ.get("WATCHBILL_SCREENSHOTS") else tmp_path
    page = visit("grace", **DESK, color_scheme="light")
    page.goto(a_month_ahead())
    one, onto = two_of(page)
    one.scroll_into_view_if_needed()
    one.hover(position={"x": 8, "y": 8})
    page.mouse.down()
    onto.hover(force=True)
    expect(page.locator(".ghost")).to_contain_text("Swap for ")
    target = folder / "month-desk-light.png"
    page.screenshot(path=target)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator("#say")).to_have_text("Nothing was changed.")
    assert target.stat().st_size > 5000
