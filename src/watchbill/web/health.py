"""Is it alive, is it safe for people, and what does it count? For machines: no sign-in, no contents, nothing restricted."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from watchbill.kernel import journals

OLDEST_TICK = 30  # seconds

ENGINE_AGE = """
SELECT extract(epoch FROM clock_timestamp() - max(last_tick_at)), extract(epoch FROM clock_timestamp() - max(proved_at))
FROM kernel_engineinstance WHERE stopped_at IS NULL
"""
COUNTS = """
SELECT 'watchbill_events_pending', count(*) FROM intake_event WHERE state = 'pending'
UNION ALL SELECT 'watchbill_events_aside', count(*) FROM intake_event WHERE state = 'aside'
UNION ALL SELECT 'watchbill_notifications_waiting', count(*) FROM notifications_notification n
    WHERE n.state = 'queued' AND n.due_at <= clock_timestamp() AND NOT coalesce((n.content->>'restricted')::boolean, false)
UNION ALL SELECT 'watchbill_pages_aside', count(*) FROM paging_page WHERE set_aside_at IS NOT NULL AND status <> 'resolved'
UNION ALL SELECT 'watchbill_incidents_triggered', count(*) FROM incidents_incident WHERE status = 'triggered' AND NOT restricted
UNION ALL SELECT 'watchbill_incidents_acknowledged', count(*) FROM incidents_incident WHERE status = 'acknowledged' AND NOT restricted
"""
HELP = {
    "watchbill_events_pending": "Events stored and not yet taken in",
    "watchbill_events_aside": "Events that could not be taken in and were set aside",
    "watchbill_notifications_waiting": "Notifications due and not yet sent",
    "watchbill_pages_aside": "Pages the engine could not judge and set aside",
    "watchbill_incidents_triggered": "Open incidents that nobody has acknowledged",
    "watchbill_incidents_acknowledged": "Open incidents with an owner",
}


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process lives."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Safe to serve people: the database answers and the engine's last good round is young. 503 says what is wrong."""
    try:
        tick, proof = engine_ages()
    except DatabaseError:
        return JsonResponse({"ready": False, "reason": "The database does not answer."}, status=503)
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
    """Seconds since the youngest good tick and since the auditor's last proof; null when there was none."""
    with connection.cursor() as cursor:
        cursor.execute(ENGINE_AGE)
        tick, proof = cursor.fetchone()
    return (None if tick is None else float(tick)), (None if proof is None else float(proof))


@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """Prometheus. Restricted incidents are in no number."""
    registry = CollectorRegistry()
    tick, _ = engine_ages()
    Gauge("watchbill_engine_age_seconds", "Seconds since the last good round of the paging engine", registry=registry).set(
        -1 if tick is None else tick
    )
    with connection.cursor() as cursor:
        cursor.execute(COUNTS)
        for name, count in cursor.fetchall():
            Gauge(name, HELP[name], registry=registry).set(count)
    journal = journals.look(settings.DATA_DIR)
    Gauge("watchbill_journal_bytes", "Events of this node that wait for the database, in bytes", registry=registry).set(journal.bytes)
    Gauge("watchbill_journal_aside", "Files of this node's journal that could not be stored", registry=registry).set(journal.aside)
    return HttpResponse(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")
