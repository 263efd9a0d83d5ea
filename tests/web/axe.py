"""What axe objects to on a page, and nothing else of what it found: the rest is most of its answer, and takes most of its time. And whether it fits."""

from __future__ import annotations

import json

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"], "preload": False}
RUN = f"""() => axe.run({json.dumps(OPTIONS)}).then(found => found.violations.map(
    one => [one.id, one.nodes[0].html.slice(0, 140)]))"""


def objections(page: Page) -> list[tuple[str, str]]:
    """(rule, the first element) of each violation. The page must have been opened with `bypass_csp`."""
    if not page.evaluate("() => !!window.axe"):
        page.evaluate(AXE_SCRIPT)
    return [(rule, element) for rule, element in page.evaluate(RUN)]


def fits(page: Page) -> bool:
    """Does nothing scroll sideways, as wide as it is and on a phone of 360 px?"""
    own = page.viewport_size
    narrow = "document.documentElement.scrollWidth <= window.innerWidth"
    if not page.evaluate(narrow) or own is None or own["width"] <= 360:
        return bool(page.evaluate(narrow))
    page.set_viewport_size({"width": 360, "height": 800})
    try:
        return bool(page.evaluate(narrow))
    finally:
        page.set_viewport_size(own)
