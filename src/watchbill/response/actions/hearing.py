"""What became of notifications: paging hears who was reached and where nothing is left, the story which way failed."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from watchbill.incidents.actions import Line, tell_in
from watchbill.incidents.models import Incident
from watchbill.notifications.messages import Failure, Report
from watchbill.paging.actions import all_failed_in, reached_in
from watchbill.paging.models import Page

METHODS = {
    "email": "Mail",
    "webhook": "Webhook",
    "sms": "SMS",
    "voice": "Call",
    "push": "Push",
    "slack": "Slack",
    "apprise": "One-way message",
}


def hear(report: Report, *, now: dt.datetime) -> None:
    """Tell paging who was reached and where nothing is left, and the timeline which method failed. Locks: incident, then page."""
    cleared = list(Page.objects.filter(id__in=report.reached, source_cleared=True).values_list("id", flat=True)) if report.reached else []
    if not (cleared or report.all_failed or report.failures):
        return
    with transaction.atomic(durable=True):
        pages = sorted({*cleared, *(page for page, _ in report.all_failed)})
        list(
            Incident.objects.select_for_update(no_key=True)
            .filter(id__in=Page.objects.filter(id__in=pages).values("incident_id"))
            .order_by("id")
            .values("id")
        )
        tell_in([_line(failure) for failure in report.failures], now=now)
        if cleared:
            reached_in(cleared, now=now)
        if report.all_failed:
            all_failed_in(report.all_failed, now=now)


def _line(failure: Failure) -> Line:
    method = METHODS.get(failure.method, "Notification")
    text = f"{method} to {failure.name} failed{' for good' if failure.last else ''}: {failure.detail or 'no reason was given.'}"
    if failure.unconfirmed:
        text = f"{method} to {failure.name}: {failure.detail}."
    return Line(
        failure.incident_id,
        "notified_failed",
        text,
        None,
        "engine",
        {**({"person": failure.person_id} if failure.person_id else {}), "method": failure.method},
        failure.page_id,
    )
