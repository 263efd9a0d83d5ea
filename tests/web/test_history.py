"""Who carried how much: the page, its CSV and the API say the same."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest

from tests.web.conftest import Desk
from watchbill.people.models import Person
from watchbill.schedules.models import Schedule

pytestmark = [pytest.mark.django_db, pytest.mark.req("S9", "G1")]


def address(query: str = "") -> str:
    return f"/schedules/{Schedule.objects.get(name='Responder').id}/history{query}"


def test_page_csv_and_api_agree(desk: Desk):
    first = f"{desk.now:%Y-%m}"
    html = desk.as_("charlie").get(address(f"?from={first}")).content.decode()
    rows = list(csv.DictReader(io.StringIO(desk.as_("charlie").get(address(f"?from={first}&format=csv")).content.decode())))
    api = desk.as_("charlie").get(f"/api/v1/schedules/Responder/history?from={first}").json()["items"]
    assert rows
    assert [(row["handle"], float(row["hours"])) for row in rows] == [(item["person"]["handle"], item["hours"]) for item in api]
    assert all(row["name"] in html for row in rows)
    for row in rows:
        assert re.search(rf'{row["name"]}</th><td class="h5">{round(float(row["hours"]))}</td>', html)  # alone, so the most of all


def test_weeks_and_other_measures(desk: Desk):
    html = desk.as_("charlie").get(address("?by=week&show=nights")).content.decode()
    assert "Nights by week" in html
    assert html.count('<th scope="col">') == 8 + 2 + 6  # the columns of both tables
    assert re.search(r'Alice</th><td class="h5">7</td>', html)
    assert 'href="?by=week&amp;show=weekends"' in html
    table = list(csv.DictReader(io.StringIO(desk.as_("charlie").get(address("?by=week&format=csv")).content.decode())))
    assert [row["nights"] for row in table[:-1]] == ["7"] * 7
    monday = desk.now.date() - dt.timedelta(days=desk.now.weekday())
    assert table[-1]["week"] == monday.isoformat()
    assert "Nobody had a watch" in desk.as_("alice").get(address("?by=week&from=1990-01-03")).content.decode()


def test_a_name_is_no_formula(desk: Desk):
    Person.objects.filter(pk=desk.alice.pk).update(name="=1+1")
    text = desk.as_("charlie").get(address("?format=csv")).content.decode()
    assert "'=1+1" in text


@pytest.mark.parametrize("text", ["soon", "2026-13", "0001-01", "9999-12", "2026-01-01"])
def test_a_month_that_is_none_is_said(desk: Desk, text: str):
    answer = desk.as_("alice").get(address(f"?from={text}"))
    assert answer.status_code in (400, 422)
    assert "expected for example" in answer.content.decode()


@pytest.mark.parametrize("text", ["2026-03", "0001-01-01"])
def test_a_week_that_is_none_is_said(desk: Desk, text: str):
    answer = desk.as_("alice").get(address(f"?by=week&from={text}"))
    assert answer.status_code in (400, 422)
    assert "expected a day of it" in answer.content.decode()


def test_months_without_a_watch_say_so(desk: Desk):
    assert "Nobody had a watch" in desk.as_("alice").get(address("?from=1990-01")).content.decode()


def test_what_is_to_come_is_counted_as_it_is_planned(desk: Desk):
    page = desk.as_("charlie").get(address("?of=plan&by=week&show=nights")).content.decode()
    assert "Who will carry how much" in page
    assert re.search(r'Alice</th>(<td class="h5">7</td>){8}', page)
    assert "Before" not in page  # the past is the other picture
    monday = desk.now.date() - dt.timedelta(days=desk.now.weekday())
    rows = list(csv.DictReader(io.StringIO(desk.as_("alice").get(address("?of=plan&by=week&format=csv")).content.decode())))
    assert [row["week"] for row in rows] == [(monday + n * dt.timedelta(days=7)).isoformat() for n in range(8)]
    later = re.search(r'href="([^"]*from=[^"]*)"> ?After', page)
    assert later is not None
    assert "Before" in desk.as_("alice").get(address(later[1].replace("&amp;", "&"))).content.decode()


def test_the_api_tells_what_is_to_come_where_it_is_asked_for(desk: Desk):
    ask = f"/api/v1/schedules/Responder/history?from={desk.now:%Y-%m}&months=3"
    months = [{row["month"] for row in desk.as_("charlie").get(f"{ask}{more}").json()["items"]} for more in ("", "&planned=true")]
    assert [len(each) for each in months] == [1, 3]
