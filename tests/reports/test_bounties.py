"""The ledger of bounties by currency and month: what one may know of, and nothing of the rest."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cli.conftest import cli, nobody_is_named  # noqa: F401  fixtures
from tests.reports.conftest import Desk
from tests.reports.test_outward_api import token_of
from tests.reports.test_pages import browser
from watchbill.kernel.clock import database_now
from watchbill.reports.actions import circle
from watchbill.reports.models import MoneyStep, Report
from watchbill.reports.selectors.bounties import awards, sums

MARCH, APRIL = dt.datetime(2026, 3, 31, 23, 30, tzinfo=dt.UTC), dt.datetime(2026, 4, 1, 0, 30, tzinfo=dt.UTC)


def awarded(desk: Desk, amount: int, at: dt.datetime, currency: str = "USD") -> Report:
    report = desk.report(source="hackerone")
    MoneyStep.objects.create(report=report, person=desk.alice, at=at, kind="proposed", amount=amount * 2, currency=currency)
    MoneyStep.objects.create(report=report, person=desk.alice, at=at, kind="awarded", amount=amount, currency=currency)
    return report


@pytest.fixture
def ledger(desk: Desk) -> Desk:
    for amount, at, currency in ((500, MARCH, "USD"), (700, APRIL, "USD"), (300, APRIL, "USD"), (100, APRIL, "EUR")):
        awarded(desk, amount, at, currency)
    return desk


@pytest.mark.req("K24")
def test_awards_are_summed_by_currency_and_month_in_utc(ledger: Desk):
    viewer = ledger.viewer("alice")
    with CaptureQueriesContext(connection) as queries:
        found = sums(awards(viewer))
    assert [(f"{one.month:%Y-%m}", one.currency, one.amount, one.count) for one in found] == [
        ("2026-04", "EUR", 100, 1),
        ("2026-04", "USD", 1000, 2),
        ("2026-03", "USD", 500, 1),
    ]
    assert found[1].programs == [("Example bounty", 1000)]
    assert len(queries) == 1


def test_page_csv_api_and_terminal_say_the_same(cli, ledger: Desk):  # noqa: F811
    alice = browser(ledger, "alice")
    html = alice.get("/reports/bounties").content.decode()
    assert "USD 1000" in html
    assert "March 2026" in html
    assert 'href="/reports/bounties"' in alice.get("/reports").content.decode()
    lines = alice.get("/reports/bounties?format=csv").content.decode().splitlines()
    assert len(lines) == 5
    assert lines[1].split(",")[:3] in (["2026-04", "EUR", "100"], ["2026-04", "USD", "300"])
    ledger.now = database_now()
    head = {"authorization": f"Bearer {token_of(ledger, 'alice', ('reports:read',))}"}
    items = alice.get("/api/v1/reports/bounties", headers=head).json()["items"]
    assert items == cli("report", "bounties", "--as", "alice", "--json").json()
    assert items[1]["amount"] == 1000


@pytest.mark.req("R8")
def test_sums_tell_nobody_of_what_they_must_not_know(cli, ledger: Desk):  # noqa: F811
    secret = awarded(ledger, 9999, APRIL)
    ledger.do(circle.set_circle, secret, "named")
    assert sum(one.amount for one in sums(awards(ledger.viewer("bob")))) == 1600
    assert sum(one.amount for one in sums(awards(ledger.viewer("alice")))) == 1600 + 9999
    for who in ("charlie", "vera", "root"):
        assert awards(ledger.viewer(who)) == []
        html = browser(ledger, who).get("/reports/bounties").content.decode()
        assert "Nothing was awarded yet" in html
    assert cli("report", "bounties", "--as", "charlie").out == "Nothing was awarded yet.\n"
