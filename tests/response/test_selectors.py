"""The incident as the contract names it, the board, and who had it when."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import HOUR, MIN, T0
from tests.response.desk import Desk
from watchbill.incidents.models import Incident
from watchbill.intake.models import Alert
from watchbill.people.selectors import viewer_of
from watchbill.response.rules import Place
from watchbill.response.selectors import Span, board, describe, describe_many, ledger

CONTRACT = [
    *("number", "title", "status", "severity", "service", "owner", "acting", "opened_at", "acknowledged_at", "resolved_at"),
    *("page", "pages", "alerts", "handoff", "restricted", "url"),
]


def alert(incident: Incident, key: str, *, state: str = "firing", count: int = 1) -> None:
    Alert.objects.create(
        service_id=incident.service_id,
        incident=incident,
        dedup_key=key,
        severity="high",
        summary=key,
        state=state,
        count=count,
        first_at=T0,
        last_at=T0,
    )


def test_an_incident_answers_exactly_what_the_contract_names(desk: Desk) -> None:
    incident = desk.open(severity="critical")
    alert(incident, "host1", count=3)
    seen = describe(viewer_of(desk.charlie), incident)
    assert list(seen) == CONTRACT
    assert (seen["number"], seen["title"], seen["status"], seen["severity"]) == (incident.number, "disk full", "triggered", "critical")
    assert (seen["service"], seen["owner"], seen["acting"], seen["handoff"], seen["restricted"]) == ("Detections", None, None, None, False)
    assert seen["page"] == {"purpose": "respond", "status": "triggered", "step": 1, "next_at": T0 + 15 * MIN}
    assert [page["purpose"] for page in seen["pages"]] == ["respond", "coordinate"]
    assert [(a["dedup_key"], a["count"], a["state"]) for a in seen["alerts"]] == [("host1", 3, "firing")]
    assert seen["url"].endswith(f"/incidents/{incident.number}")


def test_it_shows_who_has_it(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    seen = describe(viewer_of(desk.bruno), incident)
    assert seen["owner"] == seen["acting"] == {"handle": "ada", "name": "Ada"}
    assert seen["page"] == {"purpose": "respond", "status": "acknowledged", "step": 1, "next_at": None}
    assert seen["acknowledged_at"] == T0 + MIN


def test_the_page_shows_where_the_walk_is(desk: Desk) -> None:
    incident = desk.open()
    desk.tick(T0 + 15 * MIN)
    assert describe(viewer_of(desk.bruno), incident)["page"] == {
        "purpose": "respond",
        "status": "triggered",
        "step": 2,
        "next_at": T0 + 30 * MIN,
    }


def test_many_are_described_in_a_fixed_number_of_queries_in_the_order_given(desk: Desk) -> None:
    incidents = [desk.open(f"n{n}") for n in range(6)]
    for incident in incidents:
        alert(incident, f"k{incident.number}")
    viewer = viewer_of(desk.bruno)

    def cost(some: list[Incident]) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert [d["number"] for d in describe_many(viewer, some)] == [i.number for i in some]
        return len(queries)

    assert cost(incidents[:2]) == cost(incidents[::-1]) <= 4


def test_the_board_is_bounded_and_costs_a_fixed_number_of_queries(desk: Desk) -> None:
    made = [desk.open(f"n{n}", now=T0 + n * MIN) for n in range(6)]
    viewer = viewer_of(desk.bruno)

    def cost(limit: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert [row.incident for row in board(viewer, now=T0 + 7 * MIN, limit=limit)] == made[:limit]
        return len(queries)

    assert cost(2) == cost(6)


@pytest.mark.req("P8")
def test_what_breaks_its_promise_first_tops_the_board(desk: Desk) -> None:
    mine = desk.open("acknowledged")
    desk.acknowledge(mine, desk.ada, T0)
    sleeps = desk.open("snoozed")
    desk.acknowledge(sleeps, desk.ada, T0)
    desk.act("snooze", sleeps, desk.ada, T0 + HOUR, "vendor", now=T0)
    worse = desk.open("acknowledged and worse", severity="critical")
    desk.acknowledge(worse, desk.bruno, T0)
    fresh = desk.open("second", now=T0 + 2 * MIN)
    older = desk.open("first", now=T0 + MIN)
    spent = desk.open("spent", now=T0 + MIN)
    for _ in range(5):
        desk.act("escalate", spent, desk.ada, now=T0 + 2 * MIN)
    rows = board(viewer_of(desk.chen), now=T0 + 3 * MIN)
    assert [(row.incident.title, row.place) for row in rows] == [
        ("spent", Place.EXHAUSTED),
        ("first", Place.TRIGGERED),
        ("second", Place.TRIGGERED),
        ("acknowledged and worse", Place.ACKNOWLEDGED),
        ("acknowledged", Place.ACKNOWLEDGED),
        ("snoozed", Place.SNOOZED),
    ]
    assert rows[1].next_at == T0 + 16 * MIN
    assert {fresh, older} == {rows[1].incident, rows[2].incident}


@pytest.mark.req("G23", "G26")
def test_the_ledger_shows_who_had_it_and_the_time_that_nobody_had_it(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + 10 * MIN)
    desk.act("escalate", incident, desk.ada, now=T0 + 20 * MIN)
    desk.acknowledge(incident, desk.grace, T0 + 25 * MIN)
    desk.act("resolve", incident, desk.ada, now=T0 + HOUR)
    desk.act("reopen", incident, desk.ada, "again", now=T0 + 2 * HOUR)
    assert ledger(viewer_of(desk.bruno), incident) == [
        Span("owner", None, T0, T0 + 10 * MIN),
        Span("owner", desk.ada, T0 + 10 * MIN, T0 + HOUR),
        Span("owner", desk.ada, T0 + 2 * HOUR, None),
        Span("acting", None, T0, T0 + 10 * MIN),
        Span("acting", desk.ada, T0 + 10 * MIN, T0 + 25 * MIN),
        Span("acting", desk.grace, T0 + 25 * MIN, T0 + HOUR),
        Span("acting", desk.ada, T0 + 2 * HOUR, None),
    ]
