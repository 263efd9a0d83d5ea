"""Awards and disclosure in a terminal."""

from __future__ import annotations

import pytest

from tests.cli.conftest import cli, nobody_is_named  # noqa: F401  fixtures
from tests.reports.conftest import Desk
from tests.reports.remotes import ALL, There, there
from tests.reports.test_platform import approved
from watchbill.kernel.clock import database_now
from watchbill.platforms.models import Write
from watchbill.reports.models import Report


@pytest.fixture
def h1(desk: Desk) -> There:
    desk.now = database_now()
    return there(desk, ALL)


@pytest.mark.req("R5")
def test_an_award_is_sent_and_decided_about(cli, h1: There):  # noqa: F811
    report = approved(h1)
    by = ("--as", "alice")
    assert cli("report", "award", report.number, "send", "--amount", "4999", *by).code != 0
    assert "on its way" in cli("report", "award", report.number, "send", "--amount", "5000", *by).out
    h1.ends(Write.objects.get(kind="bounty"), "unknown", "cut")
    assert "Expected send or awarded" in cli("report", "award", report.number, "send-again", *by).err
    assert "Expected send or awarded" in cli("report", "award", report.number, "looked-there", *by).err
    assert "can be sent anew" in cli("report", "award", report.number, "looked-there", "--not-found", *by).out
    assert Report.objects.get().bounty == "approved"


@pytest.mark.req("K27", "K28")
def test_what_is_published_was_looked_at(cli, h1: There):  # noqa: F811
    report = h1.shows(state="resolved", is_open=False, closed_at=h1.desk.now, body="Open the page, look at /etc.")
    assert report is not None
    number, by, out = report.number, ("--as", "alice"), ("--leave-out", "/etc")
    assert cli("report", "secret", number, "--why", "a partner", "--review-on", "2199-01-01", *by).code == 0
    assert "do not disclose" in cli("report", "preview", number, *by).out
    assert cli("report", "disclosure", number, "ask", *by).code != 0
    assert cli("report", "secret", number, "--why", "they agreed", "--end", *by).code == 0
    assert cli("report", "disclosure", number, "ask", *out, *by).out == "The reporter is asked.\n"
    assert cli("report", "disclosure", number, "agreed", *by).code == 0
    seen = cli("report", "preview", number, *out, *by, "--json").json()
    assert "[redacted]" in seen["text"]
    wrong = cli("report", "publish", number, "--number", number + 1, "--fingerprint", seen["fingerprint"], *out, "--sent", *by)
    assert (wrong.code != 0, Report.objects.get().disclosed_at) == (True, None)
    assert (
        cli("report", "publish", number, "--number", number, "--fingerprint", seen["fingerprint"], *out, "--sent", *by).out
        == "It is public.\n"
    )
    assert "There is no report" in cli("report", "preview", number, "--as", "charlie").err
