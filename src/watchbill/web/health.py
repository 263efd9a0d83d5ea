"""Is it alive, is it safe for people, and what does it count? For machines: no sign-in, no contents, nothing restricted."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from watchbill.kernel import journals
from watchbill.kernel.patience import cut

OLDEST_TICK = 30  # seconds
PATIENCE = 3.0  # seconds for the database to answer: whoever asks waits no longer for a bad answer than for a good one

ENGINE_AGE = """
SELECT extract(epoch FROM clock_timestamp() - max(last_tick_at)), extract(epoch FROM clock_timestamp() - max(proved_at))
FROM kernel_engineinstance WHERE stopped_at IS NULL
"""
COUNTS = """
SELECT 'watchbill_events_pending', count(*) FROM intake_event e JOIN incidents_service s ON s.id = e.service_id AND NOT s.restricted
    WHERE e.state = 'pending'
UNION ALL SELECT 'watchbill_events_aside', count(*) FROM intake_event e JOIN incidents_service s ON s.id = e.service_id AND NOT s.restricted
    WHERE e.state = 'aside'
UNION ALL SELECT 'watchbill_mails_left_out', count(*) FROM intake_mail WHERE verdict IN ('left', 'unknown', 'refused')
UNION ALL SELECT 'watchbill_mails_failed', count(*) FROM intake_mail WHERE verdict = 'failed'
UNION ALL SELECT 'watchbill_mailbox_failures', coalesce(sum(failures), 0) FROM intake_mailbox
UNION ALL SELECT 'watchbill_mailboxes_failing', count(*) FROM intake_mailbox WHERE is_active AND failing_since IS NOT NULL
UNION ALL SELECT 'watchbill_calendars_failing', count(*) FROM people_awaycalendar c JOIN people_person p ON p.id = c.person_id AND p.is_active
    WHERE c.failing_since IS NOT NULL
UNION ALL SELECT 'watchbill_notifications_waiting', count(*) FROM notifications_notification n
    WHERE n.state = 'queued' AND n.due_at <= clock_timestamp() AND NOT coalesce((n.content->>'restricted')::boolean, false)
UNION ALL SELECT 'watchbill_pages_aside', count(*) FROM paging_page p JOIN incidents_incident i ON i.id = p.incident_id AND NOT i.restricted
    WHERE p.set_aside_at IS NOT NULL AND p.status <> 'resolved'
UNION ALL SELECT 'watchbill_heartbeats_late', count(*) FROM intake_heartbeat h JOIN incidents_service s ON s.id = h.service_id AND NOT s.restricted
    WHERE h.is_active AND h.late_at IS NOT NULL
UNION ALL SELECT 'watchbill_heartbeats_unseen', count(*) FROM intake_heartbeat h JOIN incidents_service s ON s.id = h.service_id
    AND NOT s.restricted WHERE h.is_active AND h.last_at IS NULL
UNION ALL SELECT 'watchbill_maintenances_running', count(*) FROM intake_maintenance m
    JOIN incidents_service s ON s.id = m.service_id AND NOT s.restricted WHERE m.state = 'running'
UNION ALL SELECT 'watchbill_alerts_held', count(*) FROM intake_alert a JOIN incidents_incident i ON i.id = a.incident_id AND NOT i.restricted
    WHERE a.state = 'firing' AND a.incident_id IN (SELECT h.incident_id FROM intake_heldback h
        JOIN intake_maintenance m ON m.id = h.maintenance_id AND m.state = 'running'
        JOIN paging_page p ON p.incident_id = h.incident_id AND p.status = 'paused' AND p.maintenance_at IS NOT NULL)
UNION ALL SELECT 'watchbill_incidents_triggered', count(*) FROM incidents_incident WHERE status = 'triggered' AND NOT restricted
UNION ALL SELECT 'watchbill_incidents_acknowledged', count(*) FROM incidents_incident WHERE status = 'acknowledged' AND NOT restricted
"""
PROVIDERS = """
SELECT provider, works, extract(epoch FROM clock_timestamp() - ended_at) FROM notifications_providertest ORDER BY provider
"""
ROUTES = """
SELECT CASE WHEN r.dropped THEN 'dropped' ELSE 'sent' END, sum(r.count) FROM intake_routeuse r
JOIN incidents_service s ON s.id = r.service_id AND NOT s.restricted GROUP BY 1
"""
HELP = {
    "watchbill_events_pending": "Events stored and not yet taken in",
    "watchbill_events_aside": "Events that could not be taken in and were set aside",
    "watchbill_mails_left_out": "Mails that a rule left out, to an address of nobody, or whose answer was refused",
    "watchbill_mails_failed": "Mails that could not be taken in and lie in their mailbox",
    "watchbill_mailbox_failures": "Attempts to read a mailbox that failed",
    "watchbill_mailboxes_failing": "Mailboxes that cannot be read now",
    "watchbill_calendars_failing": "Calendars of people, subscribed for their time off, that cannot be read now",
    "watchbill_notifications_waiting": "Notifications due and not yet sent",
    "watchbill_pages_aside": "Pages the engine could not judge and set aside",
    "watchbill_heartbeats_late": "Heartbeats whose sign of life is late, or never came in its first interval",
    "watchbill_heartbeats_unseen": "Heartbeats that never gave a sign of life",
    "watchbill_maintenances_running": "Maintenances that keep a service quiet now",
    "watchbill_alerts_held": "Firing alerts that page nobody now because of a maintenance",
    "watchbill_incidents_triggered": "Open incidents that nobody has acknowledged",
    "watchbill_incidents_acknowledged": "Open incidents with an owner",
}


@csrf_exempt
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process lives."""
    return HttpResponse("ok\n", content_type="text/plain")


@csrf_exempt
@require_safe
async def readyz(_request: HttpRequest) -> HttpResponse:
    """Safe to serve people: the database answers and the engine's last good round is young. 503 says what is wrong."""
    try:
        ((tick, proof),) = await _ask(ENGINE_AGE)
    except (psycopg.Error, OSError):
        return JsonResponse({"ready": False, "reason": "The database does not answer."}, status=503)
    tick, proof = (None if age is None else float(age) for age in (tick, proof))
    reason = ""
    if tick is None:
        reason = "No paging engine has started yet."
    elif tick > OLDEST_TICK:
        reason = f"The last good round of the paging engine is {tick:.0f} s old; {OLDEST_TICK} s is the most."
    elif proof is not None and proof > 2 * OLDEST_TICK:
        reason = f"For {proof:.0f} s nobody has proved that every open page did what was due."
    answer = {"ready": not reason, "reason": reason, "engine_age_seconds": tick, "proved_age_seconds": proof}
    return JsonResponse(answer, status=503 if reason else 200)


def engine_ages() -> tuple[float | None, float | None]:
    """Seconds since the youngest good tick and since the auditor's last proof; null when there was none. For pages."""
    with connection.cursor() as cursor:
        cursor.execute(ENGINE_AGE)
        tick, proof = cursor.fetchone()
    return (None if tick is None else float(tick)), (None if proof is None else float(proof))


@csrf_exempt
@require_safe
async def metrics(_request: HttpRequest) -> HttpResponse:
    """Prometheus. Restricted incidents are in no number."""
    try:
        ages, counts, tests, routed = [await _ask(query) for query in (ENGINE_AGE, COUNTS, PROVIDERS, ROUTES)]
    except (psycopg.Error, OSError):
        return HttpResponse("The database does not answer.\n", status=503, content_type="text/plain", headers={"Retry-After": "5"})
    registry = CollectorRegistry()
    tick = ages[0][0]
    Gauge("watchbill_engine_age_seconds", "Seconds since the last good round of the paging engine", registry=registry).set(
        -1 if tick is None else tick
    )
    for name, count in counts:
        Gauge(name, HELP[name], registry=registry).set(count)
    works = Gauge("watchbill_provider_works", "1 when the last regular test of a provider went well", ["provider"], registry=registry)
    age = Gauge("watchbill_provider_test_age_seconds", "Seconds since the last regular test ended", ["provider"], registry=registry)
    for provider, fine, seconds in tests:
        if fine is not None:
            works.labels(provider).set(int(fine))
            age.labels(provider).set(float(seconds))
    uses = Gauge("watchbill_route_uses", "Alerts that a route took, by what it did with them", ["end"], registry=registry)
    for end, count in (("sent", 0), ("dropped", 0), *routed):
        uses.labels(end).set(count)
    journal = journals.look(settings.DATA_DIR)
    Gauge("watchbill_journal_bytes", "Events of this node that wait for the database, in bytes", registry=registry).set(journal.bytes)
    Gauge("watchbill_journal_aside", "Files of this node's journal that could not be stored", registry=registry).set(journal.aside)
    return HttpResponse(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


async def _ask(query: str) -> list[tuple[Any, ...]]:
    """The rows of a query, on a connection of its own: one of the pool may hang for ever on a server that is frozen.

    Raises psycopg.Error or OSError when there is no answer in time.
    """
    parameters = connection.get_connection_params()
    for ours in ("cursor_factory", "context"):
        parameters.pop(ours, None)
    async with asyncio.timeout(PATIENCE):
        asking = await psycopg.AsyncConnection.connect(**parameters, autocommit=True, application_name="watchbill health")
    alarm = asyncio.get_running_loop().call_later(PATIENCE, cut, asking)
    try:
        return await (await asking.execute(query)).fetchall()
    finally:
        alarm.cancel()
        cut(asking)
        await asking.close()
