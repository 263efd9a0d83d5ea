"""100,000 pages due at once, their notifications queued in the same transaction; beside one set-based UPDATE and INSERT of the same rows."""

from __future__ import annotations

import time

from tools.bench.inside import database
from tools.bench.table import Row, at_least

PAGES = 100_000
FILL = """
WITH new AS (
    INSERT INTO incidents_incident (number, title, code_name, severity, status, service_id, team_id, restricted, opened_at, group_key, cleared_unseen, storm)
    SELECT n, 'incident ' || n, '', 'critical', 'triggered', %(service)s, %(team)s, false, %(at)s, '', false, false FROM generate_series(1, %(count)s) n
    RETURNING id)
INSERT INTO paging_page (incident_id, purpose, status, urgency, copy_id, step, round, rest, firings, due_at, opened_at, paused_status, pause_reason,
    source_cleared, tries, error)
SELECT id, 'respond', 'triggered', 'high', %(copy)s, 0, 0, '[]', 0, %(at)s, %(at)s, '', '', false, 0, '' FROM new
"""
BARE_UPDATE = """
UPDATE paging_page SET step = 1, firings = 1, due_at = %(next)s, step_fired_at = %(at)s
WHERE id IN (SELECT id FROM paging_page WHERE due_at <= %(at)s ORDER BY due_at LIMIT 500 FOR UPDATE SKIP LOCKED) RETURNING id, incident_id
"""
BARE_INSERT = """
INSERT INTO notifications_notification (public_id, person_id, contact_id, kind, page_id, firing, incident_id, service_id, urgency, rule, state, due_at,
    first_page, tries, possible_duplicate, content, created_at, error)
SELECT gen_random_uuid(), %(person)s, %(contact)s, 'page', p, 1, i, %(service)s, 'high', 0, 'queued', %(at)s, true, 0, false,
    '{"number": 1, "title": "incident", "severity": "critical"}', %(at)s, '' FROM unnest(%(pages)s::bigint[], %(incidents)s::bigint[]) AS t(p, i)
"""


def rows() -> list[Row]:
    with database():
        return _measure()


def _measure() -> list[Row]:
    from django.db import connection, transaction

    from tests import factories
    from watchbill.kernel.clock import database_now
    from watchbill.notifications.models import Notification
    from watchbill.paging.actions import NewPage, fire_due, open_pages_in
    from watchbill.paging.models import Page

    ann, max_ = factories.person("ann"), factories.person("max")
    factories.organization(max_)
    ops = factories.team("Ops", ann, managers=(max_,))
    watch = factories.schedule("Watch", ops, ann)
    policy = factories.policy("P", ops, ([factories.to(watch)], "15m"), ([factories.to(max_)], "15m"))
    service = factories.service("S", ops, policy)
    now = database_now()
    with transaction.atomic():
        from watchbill.incidents.models import Incident

        probe = Incident.objects.create(number=PAGES + 1, title="probe", severity="high", service=service, team=ops, opened_at=now)
        (page_id,) = open_pages_in([NewPage(probe.id, ops.id, "respond", "high", policy.id)], now=now)
    copy = Page.objects.get(id=page_id).copy_id
    values = {"service": service.id, "team": ops.id, "copy": copy, "at": now, "count": PAGES}
    bare = {"person": ann.id, "contact": ann.contacts.get().id, "service": service.id, "at": now, "next": now + factories.HOUR}

    def fill() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM notifications_notification")
            cursor.execute("UPDATE paging_page SET due_at = NULL, status = 'resolved'")
            cursor.execute("UPDATE incidents_incident SET number = number + 1000000")
            cursor.execute(FILL, values)
            cursor.execute("ANALYZE")

    fill()
    begun = time.perf_counter()
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BARE_UPDATE, bare)
            moved = cursor.fetchall()
            if not moved:
                break
            cursor.execute(BARE_INSERT, {**bare, "pages": [p for p, _ in moved], "incidents": [i for _, i in moved]})
    limit = PAGES / (time.perf_counter() - begun)
    fill()
    begun = time.perf_counter()
    looked = 0
    while count := fire_due(now=database_now()):
        looked += count
    ours = looked / (time.perf_counter() - begun)
    queued = Notification.objects.filter(kind="page").count()
    if looked < PAGES or queued < PAGES:
        raise SystemExit(f"{looked} pages looked at and {queued} notifications queued instead of {PAGES} each")
    return [at_least("100,000 pages due at once, escalated with their notifications", ours, limit, 0.3, unit="pages/s")]
