"""Every list of the report desk with 100,000 reports, of which 10,000 are open, and 100,000 threads of a mailbox: time of the server and bytes."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import psycopg

from tools.bench.inside import database
from tools.bench.pages import p95_of
from tools.bench.table import Row, at_most
from watchbill.kernel import postgres

STORED = 100_000
VIEWS = ("open", "mine", "broken", "waiting", "violations", "bounty", "resolution", "disclosure", "pending_disclosure", "secret", "closed")
PAGES = {
    **{f"view {view}": f"/reports?view={view}" for view in (*VIEWS, "all")},
    "the tenth page": "/reports?view=all&page=10",
    "words of a title": "/reports?view=all&text=c4ca4238A0B9",
    "words that no title has": "/reports?view=all&text=nowhere-to-be-found",
    "a number": "/reports?view=all&text=R-10000007",
    "of a programme, rated high": "/reports?view=all&program=Example+bounty&severity=high",
    "a report": "/reports/10000010",
    "the ledger of bounties": "/reports/bounties",
    "its queue": "/queues",
    "mail": "/mail",
    "all mail": "/mail?view=all",
    "words of a subject": "/mail?view=all&text=c4ca4238A0B9",
    "the API's list": "/api/v1/reports?view=all&limit=50",
}
REPORT = {
    "number": "10000000 + g",
    "title": "'Traversal ' || md5(g::text)",
    "state": "CASE WHEN g % 10 = 0 THEN 'assessing' ELSE 'resolved' END",
    "severity": "(ARRAY['', 'low', 'medium', 'high', 'critical'])[1 + g % 5]",
    "closed_at": "CASE WHEN g % 10 = 0 THEN NULL ELSE now() END",
    "due_at": "CASE WHEN g % 10 = 0 THEN now() + (g - 20000) * interval '1 minute' END",
    "disclosed_at": "CASE WHEN g % 10 = 0 OR g % 7 = 0 THEN NULL ELSE now() END",
    "received_at": "now() - g * interval '1 minute'",
    "look_at": "NULL",
    "fingerprint": "('x' || substr(md5(g::text), 1, 16))::bit(64)::bigint",
}
THREAD = {
    "number": "20000000 + g",
    "subject": "'Traversal ' || md5(g::text)",
    "state": "CASE WHEN g % 10 = 0 THEN 'open' ELSE 'completed' END",
    "closed_at": "CASE WHEN g % 10 = 0 THEN NULL ELSE now() END",
    "due_at": "CASE WHEN g % 10 = 0 THEN now() + (g - 20000) * interval '1 minute' END",
    "received_at": "now() - g * interval '1 minute'",
    "last_at": "now() - g * interval '1 minute'",
}
COPY = "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} r, generate_series(1, {stored}) g WHERE r.id = {row}"


def rows() -> list[Row]:
    with database() as folder:
        return _measure(folder)


def _measure(folder: Path) -> list[Row]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from tests.web import seed

    from watchbill.kernel.clock import database_now
    from watchbill.mailbox.models import Thread
    from watchbill.people.models import Person
    from watchbill.reports.models import Report

    settings.ALLOWED_HOSTS = ["*"]
    numbers = seed.desk(database_now())
    with connection.cursor() as cursor:
        _fill(cursor, Report, Report.objects.get(number=numbers["report-late"]).pk, REPORT)
        _fill(cursor, Thread, Thread.objects.get(number=numbers["mail"]).pk, THREAD)
    with psycopg.connect(postgres.connection_parameters(folder).conninfo, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")  # as the server does by itself within minutes; only the owner may
    gc.collect()
    gc.freeze()  # as the web process does
    client = Client()
    client.force_login(Person.objects.get(handle="dana"))
    found = {name: p95_of(client, path) for name, path in PAGES.items()}
    for name, (ms, size) in sorted(found.items(), key=lambda each: -each[1][0]):
        print(f"  {name}: {ms:.1f} ms, {size / 1000:.0f} KB")
    slowest = max(found, key=lambda name: found[name][0])
    what = f"the slowest list with 100,000 reports and as many threads of mail ({slowest}), p95"
    return [at_most(what, found[slowest][0], 100, unit="ms")]


def _fill(cursor: Any, model: Any, row: int, different: dict[str, str]) -> None:
    """Copies of that row."""
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key and not field.generated]
    values = ", ".join(different.get(name, f'r."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    cursor.execute(COPY.format(table=model._meta.db_table, columns=names, values=values, stored=STORED, row=row))
