"""Calendars of time off on the command line."""

from __future__ import annotations

import io

import pytest

from tests import factories as make
from watchbill.people.calendars import claim_calendars
from watchbill.people.models import AwayCalendar

pytestmark = pytest.mark.req("S10")
ADDRESS = "https://calendar.example.org/salamander/basic.ics"


def test_subscribed_listed_and_ended_by_oneself(cli):
    for handle in ("ada", "bruno"):
        make.person(handle)
    made = cli("timeoff", "subscribe", ADDRESS, "--every-event", "--as", "ada", "--json")
    data = made.json()
    assert (data["host"], data["everything"], data["person"]["handle"]) == ("calendar.example.org", True, "ada")
    assert "salamander" not in made.out
    listed = cli("timeoff", "calendars", "--as", "ada")
    assert "every event" in listed.out
    assert cli("timeoff", "calendars", "--person", "ada", "--json").json() == [data]
    assert cli("timeoff", "calendars", "--as", "bruno", "--json").json() == []
    assert "their own" not in cli("timeoff", "calendars", "--person", "ada", "--as", "bruno").out
    assert cli("timeoff", "calendars", "--person", "ada", "--as", "bruno").code == 1
    assert "You have no such calendar" in cli("timeoff", "unsubscribe", data["id"], "--as", "bruno").err
    assert "is read no more" in cli("timeoff", "unsubscribe", data["id"], "--as", "ada").out
    assert cli("timeoff", "unsubscribe", data["id"]).code == 1


def test_the_address_may_come_from_standard_input(cli, monkeypatch):
    make.person("ada")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADDRESS}\n"))
    assert cli("timeoff", "subscribe", "-", "--person", "ada").code == 0
    row = AwayCalendar.objects.get()
    (claim,) = claim_calendars(now=row.due_at, limit=1)
    assert claim.address == ADDRESS
    assert "begins with https" in cli("timeoff", "subscribe", "http://example.org", "--as", "ada").err
