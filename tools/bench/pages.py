"""Every page of the interface with 100,000 stored incidents: time of the server and bytes of the first load."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any

import psycopg

from tools.bench.inside import database
from tools.bench.table import Row, at_most
from watchbill.kernel import postgres

STORED, OPEN = 100_000, 300
TIMES = 20
COPY = "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} r, generate_series({first}, {last}) n WHERE r.{key} = {row}"
PAGES = {
    "now": "/",
    "open incidents": "/incidents",
    "all incidents": "/incidents?status=all",
    "a search": "/incidents?status=all&q=disk",
    "an incident": "/incidents/{open}",
    "a resolved incident": "/incidents/{resolved}",
    "schedules": "/schedules",
    "a schedule": "/schedules/1",
    "its history": "/schedules/1/history",
    "the audit": "/audit",
    "you": "/you",
    "administration": "/admin",
    "ways in": "/inlets",
    "policies": "/policies",
    "call sheet": "/callsheet/1",
    "heartbeats": "/heartbeats",
    "routes": "/routes",
    "maintenance": "/maintenance",
    "time off": "/you/time-off",
    "permissions": "/permissions",
    "hand-offs": "/handoffs",
    "the shift": "/shift",
    "duties": "/duties",
    "queues": "/queues",
    "stale issues": "/stale",
    "reports": "/reports",
    "shared mailboxes": "/mail",
    "runbooks": "/runbooks",
    "learnings": "/learnings",
    "my month": "/you/month",
    "swaps": "/swaps",
    "mailboxes": "/mailboxes",
    "providers": "/providers",
    "people": "/admin/people",
    "access": "/you/access",
    "rules": "/you/rules",
}


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
    now = database_now()
    numbers = seed.desk(now)
    with connection.cursor() as cursor:
        for wanted, first, last in (("triggered", 1_000_000, 1_000_000 + OPEN), ("resolved", 2_000_000, 2_000_000 + STORED)):
            _fill(cursor, Incident.objects.filter(status=wanted, restricted=False).latest("id").id, first, last)
    with psycopg.connect(postgres.connection_parameters(folder).conninfo, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")  # as the server does by itself within minutes; only the owner may
    gc.collect()
    gc.freeze()  # as the web process does
    client = Client()
    client.force_login(Person.objects.get(handle="grace"))
    of = {"open": 1_000_001, "resolved": 2_000_001, **numbers}
    worst: dict[str, tuple[float, int]] = {}
    for name, path in PAGES.items():
        worst[name] = p95_of(client, path.format(**of))
    slowest = max(worst, key=lambda name: worst[name][0])
    heaviest = max(worst, key=lambda name: worst[name][1])
    for name, (ms, size) in sorted(worst.items(), key=lambda each: -each[1][0]):
        print(f"  {name}: {ms:.1f} ms, {size / 1000:.0f} KB")
    return [
        at_most(f"the slowest page with 100,000 incidents ({slowest}), p95", worst[slowest][0], 100, unit="ms"),
        at_most(f"the heaviest page with 100,000 incidents ({heaviest}), compressed", worst[heaviest][1] / 1000, 100, unit="KB"),
    ]


def _fill(cursor: Any, incident: int, first: int, last: int) -> None:
    """Copies of an incident with its story, its page, its alert and their evidence, 20 seconds apart."""
    of = {
        "incidents_incident": (
            "id",
            {
                "id": "n",
                "number": "n",
                "title": "'disk ' || n || ' is full'",
                "opened_at": f"r.opened_at - (n - {first}) * interval '20 s'",
            },
        ),
        "incidents_timelineentry": ("incident_id", {"id": "nextval('incidents_timelineentry_id_seq')", "incident_id": "n"}),
        "paging_page": ("incident_id", {"id": "nextval('paging_page_id_seq')", "incident_id": "n"}),
        "intake_alert": ("incident_id", {"id": "nextval('intake_alert_id_seq')", "incident_id": "n", "dedup_key": "'k' || n"}),
        "audit_record": ("incident_id", {"id": "nextval('audit_record_id_seq')", "incident_id": "n", "object_id": "n::text"}),
    }
    for table, (key, changes) in of.items():
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'", [table])
        columns = [name for (name,) in cursor.fetchall()]
        values = ", ".join(changes.get(name, f'r."{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        cursor.execute(COPY.format(table=table, columns=names, values=values, first=first, last=last, key=key, row=incident))


def p95_of(client: Any, path: str) -> tuple[float, int]:
    """Milliseconds at the 95th of a hundred, and bytes as they go over the line."""
    import gzip

    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        answer = client.get(path)
        body = answer.getvalue() if answer.streaming else answer.content
        took.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answers {answer.status_code}")
    return sorted(took[2:])[-1 - len(took) // 20], len(gzip.compress(body))
