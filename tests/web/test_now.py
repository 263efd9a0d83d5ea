"""Now: who, until when, what next."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client

from tests import factories as make
from tests.web.conftest import BACKEND, Desk
from watchbill.incidents.models import Incident
from watchbill.notifications.models import Contact
from watchbill.paging.models import TeamPaging
from watchbill.response import actions
from watchbill.schedules.models import Schedule
from watchbill.web.views import now as now_page

MIN = dt.timedelta(minutes=1)


def test_it_says_who_has_the_watch_until_when_and_who_pages_next(desk: Desk):
    html = desk.as_("bob").get("/").content.decode()
    assert '<p class="name">Alice</p>' in re.sub(r"\s+", " ", html)
    assert "until <b><time" in html
    assert "Everybody on call" in html
    assert "Managers" in html


@pytest.mark.req("G6")
def test_a_page_on_me_stands_first_with_its_countdown_and_the_one_filled_button(desk: Desk):
    incident = desk.page("db down", "critical")
    html = desk.as_("alice").get("/").content.decode()
    assert html.index('class="pager"') < html.index("Has the watch")
    assert f"Acknowledge and own #{incident.number}" in html
    assert re.search(r"If nobody acknowledges, <b>Grace.*?data-until>1[45]:", html, re.DOTALL)
    assert "Grace is not woken" in html
    assert html.count("btn-alarm") + html.count("btn-main") == 1
    assert f"<title>#{incident.number} pages you" in html


def test_a_manager_who_is_paged_to_coordinate_reads_so_and_not_the_word_of_the_last_resort(desk: Desk):
    TeamPaging.objects.create(team=desk.team, manager_schedule=Schedule.objects.get(name="Managers"), high_impact_severity="critical")
    desk.page("db down", "critical", at=desk.now - 20 * MIN)
    make_round(desk, desk.now - 4 * MIN)  # nobody coordinates: the walk of that page went to its last resort, who is the same person
    html = desk.as_("grace").get("/").content.decode()
    assert "Paging you to coordinate" in html
    assert "Last resort: paging you" not in html


def test_whoever_is_not_paged_sees_the_incident_and_no_alarm(desk: Desk):
    incident = desk.page("db down")
    html = desk.as_("bob").get("/").content.decode()
    assert 'class="pager"' not in html
    assert f"#{incident.number}" in html
    assert "nobody yet" in html


def test_after_the_acknowledgement_nothing_pages_me_and_it_is_listed_as_mine(desk: Desk):
    incident = desk.page("db down")
    desk.act("alice", actions.acknowledge, incident)
    html = desk.as_("alice").get("/").content.decode()
    assert 'class="pager"' not in html
    assert "You own" in html
    assert "Acknowledged" in html


def test_whoever_owns_what_another_works_on_reads_who_does(desk: Desk):
    incident = desk.page()
    desk.act("alice", actions.acknowledge, incident)
    assert "works on it" not in desk.as_("alice").get("/").content.decode()
    Incident.objects.filter(pk=incident.pk).update(acting=desk.people["bob"])
    assert "; Bob works on it" in desk.as_("alice").get("/").content.decode()
    assert "works on it" not in desk.as_("bob").get("/").content.decode()


def test_exhausted_is_red_and_stands_above_what_counts_down(desk: Desk):
    old = desk.page("old one", at=desk.now - 40 * MIN)
    for minutes in (25, 10):
        make_round(desk, desk.now - minutes * MIN)
    fresh = desk.page("fresh one")
    html = desk.as_("bob").get("/").content.decode()
    board = html[html.index('id="board"') :]
    assert "Exhausted" in board
    assert board.index(f"#{old.number}") < board.index(f"#{fresh.number}")
    assert re.search(r'is-red">\s*<svg[^>]*><use href="#i-stop"', board)


def make_round(desk: Desk, at: dt.datetime) -> None:
    from watchbill.paging.actions import fire_due

    while fire_due(now=at):
        pass


@pytest.mark.req("P25")
def test_cleared_and_nobody_looked_tops_the_list_of_whoever_has_the_watch(desk: Desk):
    from django.db import transaction

    cleared = desk.page("it went by itself", at=desk.now - 2 * MIN)
    with transaction.atomic():
        actions.cleared_in([cleared.id], source="Detections", now=desk.now - MIN)
    other = desk.page("critical one", "critical")
    board = desk.as_("alice").get("/").content.decode().split('id="board"')[1]
    assert "Cleared, nobody looked" in board
    assert board.index(f"#{cleared.number}") < board.index(f"#{other.number}")


@pytest.mark.req("R8")
def test_charlie_learns_nothing_of_a_restricted_incident(desk: Desk):
    secret = desk.page("insider copied the list", restricted=True)
    html = desk.as_("charlie").get("/").content.decode()
    for word in (str(secret.number), "insider", secret.code_name):
        assert word not in html
    assert "No open incident" in html


def test_whoever_is_paged_for_a_restricted_one_reads_its_code_name_outside_its_page(desk: Desk):
    secret = desk.page("insider copied the list", restricted=True)
    html = desk.as_("alice").get("/").content.decode()
    assert secret.code_name in html
    assert "insider" not in html


def test_with_nothing_open_it_says_so_and_when_the_last_one_ended(desk: Desk):
    assert "No open incident." in desk.as_("bob").get("/").content.decode()
    incident = desk.page()
    desk.act("alice", actions.resolve, incident)
    assert "The last one ended" in desk.as_("bob").get("/").content.decode()


@pytest.mark.django_db
def test_the_first_run_says_what_to_do_next():
    root = make.person("root", is_admin=True)
    client = Client()
    client.force_login(root, backend=BACKEND)
    html = client.get("/").content.decode()
    assert "Nobody has the watch yet" in html
    for command in ("watchbill apply", "watchbill user invite", "watchbill key create"):
        assert command in html
    assert client.get("/schedules").status_code == client.get("/incidents").status_code == 200


def test_a_gap_is_red_and_says_where_pages_go(desk: Desk):
    from watchbill.schedules.models import Layer

    Layer.objects.filter(schedule__name="Responder").delete()
    html = desk.as_("bob").get("/").content.decode()
    assert "Gap: nobody" in html


def test_off_hours_by_plan_never_look_like_a_gap(desk: Desk):
    from watchbill.schedules.models import Schedule

    Schedule.objects.filter(name="Managers").update(hours="business")
    desk.grace.hours = {"days": [], "from": "09:00", "to": "17:00"}
    local = desk.now.astimezone(dt.UTC)
    working = local.weekday() < 5 and 9 <= local.hour < 17
    html = desk.as_("bob").get("/").content.decode()
    assert ("Off hours by plan" in html) is not working
    assert "Gap:" not in html
    assert "Gap now" not in html


def test_more_than_the_board_holds_is_counted_and_what_is_mine_is_there_all_the_same(desk: Desk, monkeypatch):
    monkeypatch.setattr(now_page, "ROWS", 2)
    mine = desk.page("mine")
    desk.act("alice", actions.acknowledge, mine)
    for n in range(3):
        desk.page(f"alert {n}")
    html = desk.as_("alice").get("/").content.decode()
    assert "You own" in html
    assert 'Open incidents <span class="dim">4</span>' in html
    assert "All 4 open incidents" in html
    board = html.split('id="board"')[1].split("</section>")[0]
    assert board.count('class="title"') == 2
    monkeypatch.setattr(now_page, "ROWS", 4)
    assert "break their promise" not in desk.as_("alice").get("/").content.decode()


def test_the_page_costs_a_fixed_number_of_queries(desk: Desk, django_assert_max_num_queries):
    for n in range(12):
        desk.page(f"alert {n}")
    desk.as_("alice").get("/")
    with django_assert_max_num_queries(45):
        desk.as_("alice").get("/")


def test_paging_by_hand_from_the_first_page(desk: Desk):
    answer = desk.as_("charlie").post("/incidents/page", {"summary": "phones are dead", "service": "Detections", "severity": "critical"})
    assert re.fullmatch(r"/incidents/\d+", answer.headers["Location"])
    html = desk.as_("charlie").get(answer.headers["Location"]).content.decode()
    assert "phones are dead" in html
    refused = desk.as_("charlie").post("/incidents/page", {"summary": "", "service": "Detections", "next": "/"})
    assert refused.headers["Location"] == "/"
    assert "Say in 1 to 1024 characters" in desk.as_("charlie").get("/").content.decode()


@pytest.mark.req("G38")
def test_who_comes_next_and_cannot_be_woken_is_red_with_the_reason_and_no_address(desk: Desk):
    Contact.objects.create(person=desk.alice, kind="sms", address="+15005550006", position=3, own=True)
    html = desk.as_("charlie").get("/").content.decode()
    section = html.partition('id="coming"')[2].partition("</section>")[0]
    assert "Unproven" in section
    assert "is-red" in section
    assert "Not proven yet: SMS." in section
    assert "5550006" not in html
    assert "Your contacts" not in section
    mine = desk.as_("alice").get("/").content.decode().partition('id="coming"')[2].partition("</section>")[0]
    assert "Your contacts" in mine
