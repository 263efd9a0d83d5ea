"""Administration in Chromium: on a phone and on a desk, in both themes, with and without scripts."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import fits, objections
from tests.web.site import Site
from tests.web.test_browser import DESK, ON_DESK, ON_PHONE, PHONE, chromium, desk, signed_in, visit  # noqa: F401  fixtures

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

    def look(name: str) -> None:
        assert objections(page) == [], name
        assert fits(page), name
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"admin-{name}-{layout}-{theme}.png", full_page=True)

    page.goto("/admin")
    look("overview")
    page.get_by_role("link", name="Detections", exact=True).click()
    look("service")
    page.get_by_label("Grouped for").fill("soon")
    page.get_by_role("button", name="See what it does").click()
    expect(page.get_by_text("expected a duration")).to_be_visible()
    look("service-refused")
    page.get_by_label("Grouped for").fill("2h")
    page.get_by_label("Policy").select_option("Watch the queue")
    page.get_by_role("button", name="See what it does").click()
    look("service-review")
    for name, path in (("people", "/admin/people"),):
        page.goto(path)
        look(name)
    page.goto("/admin/people?q=bruno")
    page.get_by_role("link", name="Bruno Keller").click()
    look("person")
    page.get_by_role("button", name="See what that does").click()
    look("person-review")
    page.goto("/admin")
    page.get_by_role("link", name="SecOps", exact=True).click()
    look("team")
    page.goto("/admin")
    page.get_by_role("link", name="Security Responder", exact=True).first.click()
    look("policy")
    page.get_by_role("button", name="Add a step").click()
    page.get_by_label("Then wait").last.fill("soon")
    page.get_by_role("button", name="See what it does").last.click()
    look("policy-refused")
    page.get_by_role("button", name="Remove step 5").click()
    page.get_by_role("button", name="Move up step 2").click()
    page.get_by_role("button", name="See what it does").last.click()
    expect(page.get_by_text("Nothing is changed yet")).to_be_visible()
    look("policy-review")
    page.get_by_role("button", name="Apply").click()
    look("done")
    page.get_by_role("link", name="Undo").click()
    look("undo")
    page.get_by_role("button", name="Take it back").click()
    page.goto("/admin/schedules/new?team=SecOps")
    look("schedule-new")
    page.get_by_role("link", name="Three regions").click()
    look("template-regions")
    page.get_by_label("Name", exact=True).first.fill("Round the world")
    page.get_by_role("button", name="Fill in the form").click()
    expect(page.get_by_text("Every hand-over follows the clock")).to_be_visible()
    look("template-filled")
    page.get_by_role("button", name="See what it does").last.click()
    look("template-review")
    page.goto("/admin/schedules/templates/manager-and-backup?team=SecOps")
    look("template-backup")
    page.get_by_role("button", name="See what it does").click()
    look("template-backup-review")
    page.goto("/admin/heartbeats/new")
    page.get_by_label("Name").fill(f"Nightly copy, {layout} {theme}")
    page.get_by_label("Service").select_option("Detections")
    page.get_by_label("A sign is expected every").fill("soon")
    page.get_by_role("button", name="See what it does").click()
    look("heartbeat-refused")
    page.get_by_label("A sign is expected every").fill("1d")
    page.get_by_role("button", name="See what it does").click()
    look("heartbeat-review")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="Go on").click()
    look("heartbeat")
    page.get_by_role("button", name="See what that does").click()
    look("heartbeat-deactivate")
    page.goto("/heartbeats")
    look("heartbeats")
    page.goto("/admin")
    page.get_by_role("link", name="Detections", exact=True).click()
    page.get_by_role("link", name="Change its routes").click()
    look("routes")
    page.get_by_label("An alert with").first.fill("class = /(/")
    page.get_by_role("button", name="Add a route").click()
    page.get_by_label("An alert with").last.fill("details.env = /^stag/")
    page.get_by_label("Then it").last.select_option("drop")
    page.get_by_role("button", name="See what it does").last.click()
    look("routes-refused")
    page.get_by_label("An alert with").first.fill("class = quiet")
    page.get_by_role("button", name="See what it does").last.click()
    expect(page.get_by_text("Nothing is changed yet")).to_be_visible()
    look("routes-review")
    page.goto("/audit?action=config.&kind=policies")
    page.get_by_text("Changed: steps").first.click()
    look("audit")


@pytest.mark.parametrize(("layout", "theme"), ON_PHONE)
def test_axe_objects_to_nothing_about_rotations_the_organization_and_rights(
    desk: Site,  # noqa: F811
    visit: Callable[..., Page],  # noqa: F811
    layout: str,
    theme: str,
):
    options: dict[str, Any] = {"color_scheme": theme, **(PHONE if layout == "phone" else DESK)}
    page = visit("grace", **options, bypass_csp=True)

    def look(name: str) -> None:
        assert objections(page) == [], name
        assert fits(page), name
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"admin-{name}-{layout}-{theme}.png", full_page=True)

    page.goto("/admin")
    page.get_by_role("link", name="Security Responder", exact=True).last.click()
    look("schedule")
    page.get_by_label("Shift lasts").first.fill("long")
    page.get_by_role("button", name="See what it does").last.click()
    look("schedule-refused")
    page.get_by_label("Shift lasts").first.fill("12h")
    page.get_by_role("button", name="Remove layer 3").click()
    page.get_by_label("Who follows whom").first.fill("ada\nemeka\nbruno")
    page.get_by_label("With effect from").fill((dt.date.today() + dt.timedelta(days=9)).isoformat())
    page.get_by_role("button", name="See what it does").last.click()
    expect(page.get_by_text("New gap: nobody").first).to_be_visible()
    look("schedule-review")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Nothing was changed yet: nobody would have the watch")).to_be_visible()
    look("schedule-asks")
    page.goto("/admin/organization")
    look("organization")
    page.get_by_label("Last resort").select_option("hugo")
    page.get_by_role("button", name="See what it does").click()
    look("organization-review")
    page.goto("/admin/people?q=bruno")
    page.get_by_role("link", name="Bruno Keller").click()
    page.get_by_role("link", name="Let Bruno administer it").click()
    look("rights")
    page.goto("/admin/people?q=grace")
    page.get_by_role("link", name="Grace Lind").click()
    page.get_by_role("link", name="Take these rights away").click()
    expect(page.get_by_text("Nobody but Grace Lind administers")).to_be_visible()
    look("rights-refused")


@pytest.mark.req("K46")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_layer_is_cloned_and_taken_back_on_a_phone(desk: Site, visit: Callable[..., Page], scripts: bool):  # noqa: F811
    page = visit("grace", **PHONE, java_script_enabled=scripts)
    page.goto("/admin")
    page.get_by_role("link", name="Security Manager", exact=True).click()
    page.get_by_role("button", name="Clone layer 1").click()
    page.get_by_label("Name", exact=True).last.fill("learning")
    page.get_by_label("Shadow: notified along, never coverage").last.check()
    page.get_by_role("button", name="See what it does").last.click()
    expect(page.get_by_role("heading", name="Who has Security Manager")).to_be_visible()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("It took an earlier change back")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_service_is_changed_and_taken_back(desk: Site, visit: Callable[..., Page], scripts: bool):  # noqa: F811
    page = visit("grace", **PHONE, java_script_enabled=scripts)
    page.goto("/")
    page.get_by_role("contentinfo").get_by_role("link", name="Administration").click()
    page.get_by_role("link", name="Panic mailbox").click()
    page.get_by_label("Grouped by").fill("mailbox")
    page.get_by_role("button", name="See what it does").click()
    expect(page.get_by_text("Nothing is changed yet")).to_be_visible()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("It took an earlier change back")).to_be_visible()
    page.goto("/admin")
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Panic mailbox"))
    expect(row).to_be_visible()
    expect(row.get_by_text("Changed here", exact=True)).to_have_count(0)


def test_somebody_is_invited_on_a_phone(desk: Site, visit: Callable[..., Page], tmp_path: Path):  # noqa: F811
    page = visit("grace", **PHONE)
    page.goto("/admin/people")
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("Handle").fill("nia")
    page.get_by_label("Name", exact=True).fill("Nia Brandt")
    page.get_by_label("E-mail").fill("nia@example.org")
    page.get_by_role("button", name="See what it does").click()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Shown this once")).to_be_visible()
    if KEPT:
        page.screenshot(path=Path(KEPT) / "admin-invited.png", full_page=True)
    page.get_by_role("link", name="I have it").click()
    expect(page.get_by_text("Never signed in")).to_be_visible()


def test_enter_in_the_form_of_a_policy_moves_no_step(desk: Site, visit: Callable[..., Page]):  # noqa: F811
    page = visit("grace", **DESK)
    page.goto("/admin")
    page.get_by_role("link", name="Watch the queue", exact=True).click()
    page.get_by_label("Then wait").first.fill("2 business days")
    page.get_by_label("Then wait").first.press("Enter")
    expect(page.get_by_text("Nothing is changed yet")).to_be_visible()
    expect(page.get_by_text("wait 2 business days")).to_be_visible()


def test_the_bar_fits_where_it_first_stands_in_one_row(desk: Site, visit: Callable[..., Page]):  # noqa: F811
    page = visit("grace", bypass_csp=True, viewport={"width": 1024, "height": 800})
    page.goto("/duties")
    assert fits(page)
    page.locator("#nav-more > summary").press("Enter")
    expect(page.get_by_role("navigation").get_by_role("link", name="Audit")).to_be_visible()
    assert objections(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation").get_by_role("link", name="Audit")).to_be_hidden()
    tops = {round(box["y"]) for link in page.locator("#nav a").all() if (box := link.bounding_box())}
    assert len(tops) == 1
