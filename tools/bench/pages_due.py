"""100,000 pages due at once, their notifications queued in the same transaction; beside one set-based UPDATE and INSERT of the same rows."""

from __future__ import annotations

import time
from typing import Any

from tools.bench.inside import database
from tools.bench.table import Row, at_least

PAGES = 100_000
COPY = """
INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(r) || {changes})).*
FROM {table} r, generate_series(1, %(count)s) n WHERE r.id = %(row)s
"""
BARE_UPDATE = """
UPDATE paging_page SET step = 1, firings = 1, due_at = %(next)s, step_fired_at = %(at)s
WHERE id IN (SELECT id FROM paging_page WHERE due_at <= %(at)s ORDER BY due_at LIMIT 500 FOR UPDATE SKIP LOCKED) RETURNING id, incident_id
"""
BARE_INSERT = """
INSERT INTO notifications_notification ({columns}) SELECT {values}
FROM notifications_notification r, unnest(%(pages)s::bigint[], %(incidents)s::bigint[]) AS t(page, incident) WHERE r.id = %(row)s
"""
NEW_VALUES = {
    "id": "nextval('notifications_notification_id_seq')",
    "public_id": "gen_random_uuid()",
    "page_id": "t.page",
    "incident_id": "t.incident",
}


def rows() -> list[Row]:
    with database():
        return _measure()


def _measure() -> list[Row]:
    from django.db import connection

    from watchbill.kernel.clock import database_now
    from watchbill.notifications.models import Notification
    from watchbill.paging.actions import fire_due

    now = database_now()
    page, incident, notification = _one(now)

    def run(sql: str, **values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def fill(turn: int) -> None:
        run("UPDATE paging_page SET due_at = NULL, status = 'resolved'")
        run("DELETE FROM notifications_notification WHERE id <> %(keep)s", keep=notification)
        base = 10_000_000 * turn
        numbers = f"jsonb_build_object('id', {base} + n, 'number', {base} + n)"
        run(COPY.format(table="incidents_incident", changes=numbers), count=PAGES, row=incident)
        fresh = f"jsonb_build_object('id', {base} + n, 'incident_id', {base} + n, 'due_at', %(at)s::timestamptz, 'status', 'triggered')"
        run(COPY.format(table="paging_page", changes=fresh), count=PAGES, row=page, at=now)
        run("ANALYZE")

    columns = [
        name for (name,) in run("SELECT column_name FROM information_schema.columns WHERE table_name = 'notifications_notification'")
    ]
    insert = BARE_INSERT.format(columns=", ".join(columns), values=", ".join(NEW_VALUES.get(name, f"r.{name}") for name in columns))
    fill(1)
    limit = PAGES / _bare(run, insert, notification, now)
    fill(2)
    begun = time.perf_counter()
    looked = 0
    while count := fire_due(now=database_now()):
        looked += count
    ours = looked / (time.perf_counter() - begun)
    queued = Notification.objects.filter(kind="page").count()
    if looked < PAGES or queued < PAGES:
        raise SystemExit(f"{looked} pages looked at and {queued} notifications queued instead of {PAGES} each")
    return [at_least("100,000 pages due at once, escalated with their notifications", ours, limit, 0.3, unit="pages/s")]


def _bare(run: Any, insert: str, notification: int, now: Any) -> float:
    """Seconds for the same rows without rules."""
    import datetime as dt

    from django.db import transaction

    begun = time.perf_counter()
    while True:
        with transaction.atomic():
            moved = run(BARE_UPDATE, at=now, next=now + dt.timedelta(minutes=15))
            if not moved:
                return time.perf_counter() - begun
            run(insert, row=notification, pages=[page for page, _ in moved], incidents=[incident for _, incident in moved])


def _one(now: Any) -> tuple[int, int, int]:
    """A desk with one page that has fired nothing, and one notification of another: the rows that are copied."""
    from django.db import transaction
    from tests import factories

    from watchbill.incidents.models import Incident
    from watchbill.notifications.models import Notification
    from watchbill.paging.actions import NewPage, fire_due, open_pages_in

    ann, max_ = factories.person("ann"), factories.person("max")
    factories.organization(max_)
    ops = factories.team("Ops", ann, managers=(max_,))
    watch = factories.schedule("Watch", ops, ann)
    policy = factories.policy("P", ops, ([factories.to(watch)], "15m"), ([factories.to(max_)], "15m"))
    service = factories.service("S", ops, policy)
    ids = []
    for number in (1, 2):
        with transaction.atomic():
            incident = Incident.objects.create(
                number=number, title="a disk is full", severity="high", service=service, team=ops, opened_at=now
            )
            ids.append((open_pages_in([NewPage(incident.id, ops.id, "respond", "high", policy.id)], now=now)[0], incident.id))
        if number == 1:
            fire_due(now=now)
    return (*ids[1], Notification.objects.get().id)
