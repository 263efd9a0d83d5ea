"""A report of a platform on its page: what stands there, what leaves is looked at first, and an award whose end nobody knows."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from tests.reports.conftest import Desk
from tests.reports.remotes import ALL, There, there
from tests.reports.test_pages import browser
from tests.reports.test_platform import approved
from watchbill.kernel.clock import database_now
from watchbill.platforms.models import Write
from watchbill.reports.actions import triage
from watchbill.reports.models import Message, Report


@pytest.fixture
def h1(desk: Desk) -> There:
    desk.now = database_now()
    return there(desk, ALL)


def page(client: Client, report: Report) -> str:
    return client.get(f"/reports/{report.number}").content.decode()


def test_what_goes_there_is_looked_at_first_and_needs_no_word_that_it_was_sent(h1: There):
    report = h1.shows()
    assert report is not None
    h1.desk.do(triage.take, report)
    alice, here = browser(h1.desk, "alice"), f"/reports/{report.number}"
    seen = alice.post(f"{here}/relay", {"text": "Please ask <b>them</b>."}).content.decode()
    assert "assigned to its triage" in seen
    assert "&lt;b&gt;them" in seen
    assert not Write.objects.exists()
    assert alice.post(f"{here}/relay", {"text": "Please ask <b>them</b>.", "confirm": "1"}).status_code == 303
    assert list(Write.objects.order_by("id").values_list("kind", flat=True)) == ["comment", "assign"]
    html = page(alice, report)
    assert "To be written there: a comment" in html
    assert 'href="https://hackerone.com/reports/4001"' in html


def test_the_word_of_a_closing_is_looked_at_too(h1: There):
    report = h1.shows()
    assert report is not None
    alice, here = browser(h1.desk, "alice"), f"/reports/{report.number}"
    refused = alice.post(f"{here}/close", {"as": "invalid", "reason": "no"})
    assert refused.status_code == 422
    assert "word to its reporter" in refused.content.decode()
    said = {"as": "invalid", "reason": "no", "text": "This is as it should be."}
    seen = alice.post(f"{here}/close", said).content.decode()
    assert "change of its state" in seen
    assert Report.objects.get().state == "new"
    assert alice.post(f"{here}/close", {**said, "confirm": "1"}).status_code == 303
    assert Report.objects.get().state == "invalid"
    assert Message.objects.get().way == "platform"


@pytest.mark.req("R5")
def test_an_award_goes_by_one_press_and_an_unknown_one_asks_what_to_do(h1: There):
    report = approved(h1)
    alice, here = browser(h1.desk, "alice"), f"/reports/{report.number}"
    assert "Award USD 5000 on HackerOne" in page(alice, report)
    seen = alice.post(f"{here}/award", {"amount": "5000", "text": "Thanks"}).content.decode()
    assert "USD 5000</b>, sent once" in seen
    assert not Write.objects.filter(kind="bounty").exists()
    assert alice.post(f"{here}/award", {"amount": "5000", "text": "Thanks", "confirm": "1"}).status_code == 303
    html = page(alice, report)
    assert "On its way to HackerOne" in html
    assert "Propose" not in html
    h1.ends(Write.objects.get(kind="bounty"), "unknown", "The connection was cut.")
    html = page(alice, report)
    assert "It may have been paid" in html
    for act, said in (
        ("send-again", {}),
        ("looked-there", {}),
        ("awarded", {"amount": "5000"}),
        ("award", {"amount": "5000", "confirm": "1"}),
    ):
        assert alice.post(f"{here}/{act}", said).status_code == 422
    assert Report.objects.get().bounty == "unknown"
    assert alice.post(f"{here}/look-again").status_code == 303
    h1.ends(Write.objects.get(kind="bounty"), "unknown", "It is not there.")
    assert alice.post(f"{here}/send-again", {"sure": "yes"}).status_code == 303
    assert Write.objects.get(kind="bounty").body["send"] is True
    h1.ends(Write.objects.get(kind="bounty"), "done", ref="9")
    assert "Awarded" in page(alice, report)
    charlie = browser(h1.desk, "charlie")
    assert {charlie.post(f"{here}/{act}").status_code for act in ("award", "look-again", "send-again", "looked-there")} == {404}


def test_whoever_pays_shows_once_more_who_they_are(h1: There):
    report = approved(h1)
    person = h1.desk.people["alice"]
    person.set_password("correct horse battery staple")
    person.save()
    alice, said = browser(h1.desk, "alice"), {"amount": "5000", "text": "", "confirm": "1"}
    assert "Your password" in alice.post(f"/reports/{report.number}/award", {"amount": "5000"}).content.decode()
    for password in ("", "wrong"):
        assert alice.post(f"/reports/{report.number}/award", {**said, "password": password}).status_code == 422
    assert not Write.objects.filter(kind="bounty").exists()
    assert alice.post(f"/reports/{report.number}/award", {**said, "password": "correct horse battery staple"}).status_code == 303
    assert Write.objects.filter(kind="bounty").count() == 1


def test_what_the_platform_counts_and_will_do_by_itself_is_shown(h1: There):
    due = (h1.desk.now + dt.timedelta(days=2)).isoformat()
    report = h1.shows(
        state="needs-more-info",
        assignee_kind="user",
        assignee="<b>jobert</b>",
        timers={
            "report_triage": {"miss_at": due, "elapsed": 3},
            "bounty_awarded": {"miss_at": None},
            "odd": 7,
            "report_resolved": {"miss_at": "soon"},
        },
    )
    assert report is not None
    html = page(browser(h1.desk, "alice"), report)
    assert "It closes there by itself" in html
    assert "counts its triage as missed after" in html
    assert html.count("as missed after") == 1
    assert "&lt;b&gt;jobert" in html
