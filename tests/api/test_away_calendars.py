"""Calendars of time off over HTTP."""

from __future__ import annotations

import pytest

from watchbill.audit.models import Record

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls"), pytest.mark.req("S10")]
ADDRESS = "https://calendar.example.org/salamander/basic.ics"


def test_subscribed_listed_and_ended_and_its_address_never_shown(desk):
    made = desk.post("/time-off/calendars", desk.bob, {"address": ADDRESS})
    assert made.status == 201, made.body
    assert (made.body["host"], made.body["everything"], made.body["read_at"]) == ("calendar.example.org", False, None)
    assert "salamander" not in str(made.body)
    assert desk.get("/time-off/calendars", desk.bob).body == {"items": [made.body], "next": None}
    assert desk.get("/time-off/calendars", desk.grace).body["items"] == []
    assert desk.post("/time-off/calendars", desk.bob, {"address": ADDRESS}).body["error"] == "already_done"
    refused = desk.post("/time-off/calendars", desk.bob, {"address": "http://calendar.example.org"})
    assert (refused.status, "begins with https" in refused.body["message"]) == (422, True)
    path = f"/time-off/calendars/{made.body['id']}/end"
    assert desk.post(path, desk.grace).status == 404
    assert desk.post(path, desk.bob).body == made.body
    assert list(Record.objects.filter(kind="calendar").order_by("id").values_list("action", flat=True)) == [
        "calendar.subscribe",
        "calendar.unsubscribe",
    ]
