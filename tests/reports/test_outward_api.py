"""Awards and disclosure by programs: what leaves is looked at first, publishing needs its own scope, outsiders learn nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.reports.conftest import Desk
from tests.reports.remotes import ALL, There, there
from tests.reports.test_platform import approved
from watchbill.kernel.clock import database_now
from watchbill.people.actions import create_token
from watchbill.platforms.models import Write
from watchbill.reports.models import Report


class Program:
    """A program with the token of somebody."""

    def __init__(self, desk: Desk, who: str, *scopes: str) -> None:
        self.token = token_of(desk, who, scopes)

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        answer = Client().post(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", headers={"authorization": f"Bearer {self.token}"}
        )
        return answer.status_code, answer.json() if answer.content else None


def token_of(desk: Desk, who: str, scopes: tuple[str, ...]) -> str:
    by = desk.by(who)
    return create_token(by["person"], scopes, by=by["actor"], now=database_now())[1]


@pytest.fixture
def h1(desk: Desk) -> There:
    desk.now = database_now()
    return there(desk, ALL)


@pytest.mark.req("R5")
def test_an_award_and_the_end_that_nobody_knows(h1: There):
    report = approved(h1)
    alice, charlie = (Program(h1.desk, who, "reports:write") for who in ("alice", "charlie"))
    here = f"/reports/{report.number}/award"
    assert charlie.post(here, act="send", amount=5000)[0] == 404
    assert alice.post(here, act="send", amount=4999)[0] == 409
    assert alice.post(here, act="send")[0] == 422
    status, data = alice.post(here, act="send", amount=5000, text="Thanks")
    assert (status, data["bounty"]) == (200, "sending")
    h1.ends(Write.objects.get(kind="bounty"), "unknown", "cut")
    assert alice.post(here, act="send-again")[0] == 422
    assert alice.post(here, act="looked-there")[0] == 422
    assert alice.post(here, act="look-again")[1]["bounty"] == "sending"
    h1.ends(Write.objects.get(kind="bounty"), "unknown", "cut")
    assert alice.post(here, act="looked-there", found=True)[1]["bounty"] == "awarded"


@pytest.mark.req("K27")
def test_what_is_published_was_looked_at_and_needs_its_scope(h1: There):
    report = h1.shows(state="resolved", is_open=False, closed_at=h1.desk.now)
    assert report is not None
    alice, publisher = Program(h1.desk, "alice", "reports:write"), Program(h1.desk, "alice", "reports:read", "reports:publish")
    charlie = Program(h1.desk, "charlie", "reports:write", "reports:publish")
    here = f"/reports/{report.number}"
    status, seen = alice.post(f"{here}/preview", leave_out=["Open the page"])
    assert (status, seen["obstacles"], "[redacted]" in seen["text"]) == (200, [], True)
    assert alice.post(f"{here}/disclosure", act="ask", leave_out=["Open the page"])[0] == 200
    assert alice.post(f"{here}/disclosure", act="agreed")[0] == 200
    said = {"number": report.number, "fingerprint": seen["fingerprint"], "leave_out": ["Open the page"], "sent": True}
    assert alice.post(f"{here}/publish", **said)[0] == 403
    assert charlie.post(f"{here}/publish", **said)[0] == 404
    assert publisher.post(f"{here}/publish", **{**said, "number": 1})[0] == 422
    assert publisher.post(f"{here}/publish", **{**said, "fingerprint": "0" * 64})[0] == 409
    assert Report.objects.get().disclosed_at is None
    status, data = publisher.post(f"{here}/publish", **said)
    assert (status, data["disclosed_at"] is None) == (200, False)
    assert publisher.post(f"{here}/publish", **said)[0] == 409


def test_the_mark_and_a_request_that_is_cancelled(h1: There):
    report = h1.shows(state="resolved", is_open=False, closed_at=h1.desk.now)
    assert report is not None
    alice, here = Program(h1.desk, "alice", "reports:write"), f"/reports/{report.number}"
    assert alice.post(f"{here}/secrecy", act="keep", reason="a partner")[0] == 422
    status, data = alice.post(f"{here}/secrecy", act="keep", reason="a partner", review_on="2199-01-01")
    assert (status, data["do_not_disclose"]["reason"]) == (200, "a partner")
    assert alice.post(f"{here}/disclosure", act="ask")[0] == 409
    assert alice.post(f"{here}/disclosure", act="reporter-asks", asked_on=f"{h1.desk.now:%Y-%m-%d}")[0] == 200
    assert alice.post(f"{here}/disclosure", act="cancel", sent=True)[0] == 200
    assert alice.post(f"{here}/secrecy", act="end", reason="they agreed")[1]["do_not_disclose"] is None
