"""Does it cost more when more is stored? Events taken in a second, and the board, at 10,000, 100,000 and 1,000,000 incidents."""

from __future__ import annotations

import gc
import statistics
import time
from pathlib import Path
from typing import Any

import psycopg

from tools.bench.inside import database
from tools.bench.pages import _fill, _page
from tools.bench.table import Row
from watchbill.kernel import postgres

STEPS = (10_000, 100_000, 1_000_000)
EVENTS, ROUNDS = 2_000, 5
STORE = """
INSERT INTO intake_event (key_id, service_id, kind, received_at, dedup_key, body, state, tries, outcome, batch)
SELECT %(key)s, %(service)s, 'events', clock_timestamp(), %(name)s || n, convert_to(replace(%(body)s, 'KEY', %(name)s || n), 'UTF8'),
  'pending', 0, '', 0
FROM generate_series(1, %(count)s) n
"""
BODY = (
    '{"routing_key":"********************************","event_action":"trigger","dedup_key":"KEY","payload":'
    '{"summary":"disk full on KEY","source":"host1","severity":"critical"}}'
)


def rows() -> list[Row]:
    with database() as folder:
        return _measure(folder)


def _measure(folder: Path) -> list[Row]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from tests.web import seed

    from watchbill.incidents.models import Incident
    from watchbill.kernel.clock import database_now
    from watchbill.people.models import Person

    settings.ALLOWED_HOSTS = ["*"]
    seed.desk(database_now())
    client = Client()
    client.force_login(Person.objects.get(handle="grace"))
    resolved = Incident.objects.filter(status="resolved", restricted=False).latest("id").id
    taken, board, stored = [], [], 0
    for step in STEPS:
        with connection.cursor() as cursor:
            for first in range(stored, step, 100_000):  # smaller statements keep the memory of the server small
                _fill(cursor, resolved, 10_000_000 + first, 10_000_000 + min(first + 100_000, step) - 1)
        stored = step
        with psycopg.connect(postgres.connection_parameters(folder).conninfo, autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE")
        gc.collect()
        taken.append(statistics.median(_taken(f"at {step} {turn} ") for turn in range(ROUNDS)))
        board.append(_page(client, "/incidents")[0])
        print(f"  {step:,} incidents: {taken[-1]:,.0f} events/s taken in, board {board[-1]:.1f} ms", flush=True)
    return [
        _beside("events taken in a second, 1,000,000 incidents stored", taken[-1], taken[0], "events/s", taken[-1] / taken[0]),
        _beside("the board, 1,000,000 incidents stored, p95", board[-1], board[0], "ms", board[0] / board[-1]),
    ]


def _taken(name: str) -> float:
    """Events a second, each an alert and an incident of its own, their pages opened in the same transaction."""
    from django.db import connection

    from watchbill.audit.actions import Actor
    from watchbill.incidents.models import Incident, Service
    from watchbill.intake.actions import create_key, take_in
    from watchbill.intake.models import Event
    from watchbill.kernel.clock import database_now

    Service.objects.update(storm=None)  # each event an incident of its own
    service = Incident.objects.filter(status="resolved", restricted=False).latest("id").service
    key, _ = create_key(service, by=Actor("bench", "cli"), now=database_now())
    before = Incident.objects.count()
    values: dict[str, Any] = {"key": key.id, "service": key.service_id, "name": name, "body": BODY, "count": EVENTS}
    with connection.cursor() as cursor:
        cursor.execute(STORE, values)
    begun = time.perf_counter()
    while take_in(now=database_now()):
        pass
    took = time.perf_counter() - begun
    if waiting := Event.objects.filter(state="pending").count():
        raise SystemExit(f"{waiting} events were not taken in")
    if (made := Incident.objects.count() - before) != EVENTS:
        raise SystemExit(f"{EVENTS} events made {made} incidents: they were to be measured each alone")
    return EVENTS / took


def _beside(what: str, value: float, first: float, unit: str, share: float) -> Row:
    """A figure beside the same one with 10,000 stored; 0.8 of it is asked for."""
    return Row(what, f"{value:,.1f} {unit}", f"{first:,.1f} {unit} with 10,000, ratio {share:.2f}", ">= 0.8", share / 0.8)
