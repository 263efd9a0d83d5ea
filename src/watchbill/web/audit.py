"""Which records of the audit may this viewer read? Managers those of their teams, administrators all; a restricted case only with access to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from watchbill.audit.models import Record
from watchbill.audit.selectors import readable
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import visible_to
from watchbill.kernel.errors import Invalid, NotAllowed
from watchbill.people.permissions import Verb, Viewer, decide
from watchbill.reports.selectors.seeing import visible_to as visible_reports

PAGE = 60
LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty: not narrowed."""

    actor: str = ""
    action: str = ""
    number: str = ""
    via: str = ""
    kind: str = ""  # of the object: services, person, key, ...
    object: str = ""  # its name or number, as the record has it
    before: dt.datetime | None = None


def may_read(viewer: Viewer) -> bool:
    """Is there anything here for this viewer at all?"""
    return decide(viewer, Verb.AUDIT).allowed


def readable_by(viewer: Viewer) -> QuerySet[Record]:
    """Every record that this viewer may read. Raises NotAllowed when the audit is not for them."""
    decision = decide(viewer, Verb.AUDIT)
    if not decision.allowed:
        raise NotAllowed(decision.why)
    teams = None if viewer.is_admin else [team for team in viewer.roles if decide(viewer, Verb.AUDIT, team_id=team).allowed]
    return readable(teams=teams, incidents=visible_to(viewer), person_id=viewer.person_id, reports=visible_reports(viewer))


def page(viewer: Viewer, wanted: Wanted, *, cursor: str = "") -> tuple[list[Record], str]:
    """One page of the list, the newest first, and the cursor of the next one."""
    rows = readable_by(viewer)
    if wanted.actor:
        rows = rows.filter(actor=wanted.actor)
    if wanted.action:
        rows = rows.filter(action__startswith=wanted.action)
    if wanted.via:
        rows = rows.filter(via=wanted.via)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.object:
        rows = rows.filter(object_id=wanted.object)
    if wanted.number:
        rows = rows.filter(incident_id__in=_of_number(wanted.number))
    if wanted.before is not None:
        rows = rows.filter(at__lt=wanted.before)
    if cursor:
        rows = rows.filter(id__lt=_number(cursor))
    found = list(rows.order_by("-id")[: PAGE + 1])
    return found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else ""


def _of_number(text: str) -> QuerySet[Incident, Any]:
    return Incident.objects.filter(number=_number(text.strip().removeprefix("#"))).values("id")


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text[:19]) <= LARGEST:
        raise Invalid(f"{text!r} is not a number.")
    return int(text[:19])
