"""Which pages does a maintenance hold back, and until when? Each of an incident that nobody has; the longest maintenance counts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from watchbill.incidents.models import Incident
from watchbill.intake.actions.running import draft_of
from watchbill.intake.models import Alert, HeldBack, Maintenance
from watchbill.intake.rules import Quiet, quiet_for
from watchbill.kernel import bus
from watchbill.paging.actions import hold_back_in, let_go_in
from watchbill.paging.models import Page

PURPOSES = (Page.Purpose.RESPOND, Page.Purpose.COORDINATE)


def hold_in(incidents: Mapping[int, Sequence[Quiet]], *, now: dt.datetime) -> list[int]:
    """The pages of these incidents wait for these maintenances. Answers the incidents that stand still newly. The caller has locked them."""
    if not incidents:
        return []
    longest = {incident_id: max(quiet, key=lambda one: one.until) for incident_id, quiet in incidents.items()}
    pages = dict(open_pages(longest))
    held = hold_back_in(
        {page_id: (longest[incident].until, _why(longest[incident].reason)) for page_id, incident in pages.items()}, now=now
    )
    rows = [HeldBack(maintenance_id=one.id, incident_id=id_, at=now) for id_, quiet in incidents.items() for one in quiet]
    HeldBack.objects.bulk_create(rows, ignore_conflicts=True)
    return sorted({pages[page_id] for page_id in held})


def hold_covered_in(incident_id: int, alerts: Sequence[Alert], running: Sequence[Quiet], *, now: dt.datetime) -> bool:
    """The incident was just opened with these alerts: its pages wait where running maintenances cover all of them. Says whether they do."""
    covering: dict[int, Quiet] = {}
    for alert in alerts:
        quiet = quiet_for(running, draft_of(alert), alert.severity)
        if not quiet:
            return False
        covering.update({one.id: one for one in quiet})
    hold_in({incident_id: list(covering.values())}, now=now)
    return bool(covering)


def release_in(maintenance_ids: Collection[int], *, now: dt.datetime) -> None:
    """These maintenances hold nothing any more, or not so long: each page waits for what else holds it, else it goes on now."""
    incident_ids = lock_incidents_in(HeldBack.objects.filter(maintenance_id__in=maintenance_ids).values_list("incident_id", flat=True))
    held = dict(open_pages(incident_ids, status=Page.Status.PAUSED, maintenance_at__isnull=False))
    left: dict[int, list[Maintenance]] = defaultdict(list)
    others = HeldBack.objects.filter(incident_id__in=held.values()).select_related("maintenance")
    for row in others:
        one = row.maintenance
        if one.state != Maintenance.State.OVER and one.starts_at <= now < one.ends_at:
            left[row.incident_id].append(one)
    longest = {incident_id: max(rows, key=lambda row: row.ends_at) for incident_id, rows in left.items()}
    let_go_in(
        {
            page_id: (longest[incident].ends_at, _why(longest[incident].reason)) if incident in longest else (now, "")
            for page_id, incident in held.items()
        },
        now=now,
    )


def let_go_incidents_in(incident_ids: Sequence[int], *, now: dt.datetime) -> None:
    """What no maintenance covers any more is paged now."""
    pages = open_pages(incident_ids, status=Page.Status.PAUSED, maintenance_at__isnull=False) if incident_ids else []
    if pages:
        let_go_in({page_id: (now, "") for page_id, _ in pages}, now=now)
        bus.wake_engine()


def lock_incidents_in(incident_ids: Iterable[int]) -> list[int]:
    """Of these, the ones that are not solved, locked before their pages (order: incident, page)."""
    open_ = Incident.objects.select_for_update(no_key=True).filter(id__in=list(incident_ids)).exclude(status=Incident.Status.RESOLVED)
    return list(open_.order_by("id").values_list("id", flat=True))


def open_pages(incident_ids: Iterable[int], **more: object) -> list[tuple[int, int]]:
    """(page, incident) of those that ask for help, in order."""
    pages = Page.objects.filter(incident_id__in=list(incident_ids), purpose__in=PURPOSES, **more).exclude(status=Page.Status.RESOLVED)
    return list(pages.order_by("id").values_list("id", "incident_id"))


def _why(reason: str) -> str:
    return f"In maintenance: {reason}"
