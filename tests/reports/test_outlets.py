"""The lists of disclosure by the API and in a terminal: the same rows as on the page, and nothing for whoever must not know."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.cli.conftest import cli
from tests.factories import DAY
from tests.reports.conftest import Desk
from tests.reports.test_disclosing import ANNOUNCED, resolved
from watchbill.audit.actions import Actor
from watchbill.kernel.clock import database_now
from watchbill.people.actions import create_token
from watchbill.people.permissions import SCOPES
from watchbill.reports.actions import disclosing, secrecy
from watchbill.reports.actions.disclosing import Wanted

__all__ = ["cli"]
VIEWS = ("resolution", "disclosure", "pending_disclosure", "secret")


def asked(desk: Desk, name: str, path: str) -> tuple[int, Any]:
    token = create_token(desk.people[name], frozenset(SCOPES), by=Actor("operator", "cli"), now=database_now())[1]
    answer = Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, json.loads(answer.content)


@pytest.mark.req("K27", "K28", "K29", "R8")
def test_the_views_are_the_same_by_every_way_and_empty_for_an_outsider(desk: Desk, cli: Any):
    report = resolved(desk)
    stands = {"disclosure": None, "pending_disclosure": None, "secret": None}
    for view, act in (
        ("disclosure", lambda: None),
        ("pending_disclosure", lambda: desk.do(disclosing.ask, report, Wanted(), sent=True)),
        ("secret", lambda: desk.do(secrecy.keep_secret, report, "upstream", (desk.now + 9 * DAY).date())),
    ):
        act()
        for each in VIEWS:
            status, body = asked(desk, "alice", f"/reports?view={each}")
            assert (status, [row["id"] for row in body["items"]]) == (200, [report.number] if each == view else [])
            rows = cli("report", "list", "--view", each, "--as", "alice", "--json").json()
            assert [row["id"] for row in rows] == ([report.number] if each == view else [])
            assert asked(desk, "charlie", f"/reports?view={each}") == (200, {"items": [], "next": None})
            assert cli("report", "list", "--view", each, "--as", "charlie", "--json").json() == []
        stands[view] = asked(desk, "alice", f"/reports/{report.number}")[1]
    assert (stands["disclosure"]["announcement"], stands["disclosure"]["disclosure_asked_at"]) == (ANNOUNCED, None)
    assert stands["pending_disclosure"]["disclosure_asked_at"] is not None
    assert stands["secret"]["do_not_disclose"] == {"reason": "upstream", "review_on": f"{(desk.now + 9 * DAY):%Y-%m-%d}", "until": None}
    assert asked(desk, "charlie", f"/reports/{report.number}")[0] == 404
