"""Which runbooks are there, how did each read, and where is it shown? Whoever has an account may read all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from watchbill.kernel.errors import NotFound
from watchbill.people.permissions import Verb, Viewer, decide
from watchbill.runbooks.models import Place, Runbook, Version


def seen_by(viewer: Viewer) -> QuerySet[Runbook]:
    """All of them, for whoever may look."""
    rows = Runbook.objects.select_related("team")
    return rows if decide(viewer, Verb.SEE).allowed else rows.none()


def listed(viewer: Viewer, *, text: str = "", team: str = "", retired: bool = False) -> QuerySet[Runbook]:
    """By title; those that were retired are another list."""
    rows = seen_by(viewer).filter(retired_at__isnull=not retired)
    if "\0" in text + team:
        return rows.none()
    if text.strip():
        rows = rows.filter(Q(title__icontains=text.strip()) | Q(text__icontains=text.strip()))
    if team:
        rows = rows.filter(team__name=team)
    return rows.order_by("title", "id")


def by_id(viewer: Viewer, runbook_id: int) -> Runbook:
    """Raises NotFound."""
    found = seen_by(viewer).filter(pk=runbook_id).first() if 0 < runbook_id < 2**63 else None
    if found is None:
        raise NotFound(f"There is no runbook {runbook_id} here. Look at the list.")
    return found


def versions_of(runbook: Runbook) -> list[Version]:
    """Every wording, the latest first, without the words."""
    return list(Version.objects.filter(runbook=runbook).defer("text").select_related("by").order_by("-number"))


def version_of(runbook: Runbook, number: int) -> Version:
    """Raises NotFound."""
    rows = Version.objects.filter(runbook=runbook, number=number) if 0 < number < 2**31 else Version.objects.none()
    found = rows.select_related("by").first()
    if found is None:
        raise NotFound(f"{runbook.title} has no version {number}. It has {runbook.version}.")
    return found


def places_of(runbook: Runbook) -> list[Place]:
    """At which alerts it is shown."""
    return list(Place.objects.filter(runbook=runbook).order_by("id"))


def shown_at(service_ids: Collection[int], team_id: int) -> list[Place]:
    """Where a runbook may be shown at an alert of these services, or of any service of that team. One query."""
    here = Q(service_id__in=service_ids) | Q(service_id__isnull=True, runbook__team_id=team_id)
    rows = Place.objects.filter(here, runbook__retired_at__isnull=True).select_related("runbook__team")
    return list(rows.order_by("runbook__title", "id"))


def describe(rows: Sequence[Runbook]) -> list[dict[str, Any]]:
    """Runbooks as the API shows them."""
    return [
        {
            "id": row.id,
            "title": row.title,
            "team": row.team.name,
            "version": row.version,
            "changed_at": row.changed_at,
            "retired_at": row.retired_at,
            "text": row.text,
        }
        for row in rows
    ]
