"""The audit: who did what, when, by which way. For managers of their teams, and administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.audit.models import Record
from watchbill.config import selectors
from watchbill.config.actions import key_of, reverse
from watchbill.config.rules import Verb as ConfigVerb
from watchbill.incidents.selectors import visible_to
from watchbill.intake.selectors.quiet import without_hidden
from watchbill.kernel.discreet import discreet
from watchbill.people.selectors import handles_of, with_handles
from watchbill.web import audit
from watchbill.web.admin import saying
from watchbill.web.admin.rights import may_administer, rights_of
from watchbill.web.visit import DeskRequest, signed_in

ACTIONS = {
    "": "everything",
    "page.": "pages",
    "incident.": "incidents",
    "override.": "overrides",
    "person.": "people and sign-ins",
    "token.": "tokens",
    "key.": "integration keys",
    "config.": "configuration",
    "report.": "vulnerability reports",
}
VIAS = ("web", "api", "cli", "mail", "mail link", "webhook link", "push", "engine", "source", "file")


class Told(NamedTuple):
    """A change of the configuration as the list shows it."""

    said: saying.Said
    may_look: bool  # at the page of the change
    can_undo: bool


@require_safe
@signed_in
def records(request: DeskRequest) -> HttpResponse:
    """The newest first, one page at a time."""
    asked = request.GET
    wanted = audit.Wanted(
        actor=asked.get("actor", "").strip(),
        action=asked.get("action", "") if asked.get("action", "") in ACTIONS else "",
        number=asked.get("number", "").strip(),
        via=asked.get("via", "") if asked.get("via", "") in VIAS else "",
        kind=asked.get("kind", "").strip().replace("\x00", "")[:40],
        object=asked.get("object", "").strip().replace("\x00", "")[:80],
    )
    rows, following = audit.page(request.visit.viewer, wanted, cursor=asked.get("cursor", ""))
    numbers = dict(
        visible_to(request.visit.viewer).filter(id__in={row.incident_id for row in rows if row.incident_id}).values_list("id", "number")
    )
    told = _changes(request, rows)
    details = with_handles([row.detail for row in rows])
    people = handles_of({int(row.object_id) for row in rows if row.kind == "person" and row.object_id.isdecimal()})
    context = {
        "section": "audit",
        "wanted": wanted,
        "rows": [
            (
                row,
                numbers.get(row.incident_id or 0),
                [] if row.id in told else _said(detail),
                told.get(row.id),
                people.get(int(row.object_id), row.object_id) if row.kind == "person" and row.object_id.isdecimal() else row.object_id,
            )
            for row, detail in zip(rows, details, strict=True)
        ],
        "next": following,
        "actions": ACTIONS.items(),
        "vias": VIAS,
    }
    return render(request, "audit.html", context)


def _changes(request: DeskRequest, rows: Sequence[Record]) -> dict[int, Told]:
    """Those of the records that are changes of the configuration, by id: the difference, and whether it can be taken back here."""
    keys = {row.id: key for row in rows if (key := key_of(row))}
    if not keys:
        return {}
    changed = [row for row in rows if row.id in keys]
    details = without_hidden(request.visit.viewer, [row.detail for row in changed])
    told = {
        row.id: Told(saying.recorded(row.kind, detail), may_look=False, can_undo=False)
        for row, detail in zip(changed, details, strict=True)
    }
    if not may_administer(request.visit.viewer):
        return told
    rights, standing = rights_of(request.visit.viewer), selectors.standing(also=set(keys.values()))
    for row in rows:
        if row.id in keys and rights.may_take_back(row, *keys[row.id], standing):
            made = row.detail.get("verb") == ConfigVerb.ADDED  # whether it can be unmade takes a look at later records: on its own page
            told[row.id] = told[row.id]._replace(may_look=True, can_undo=not made and not reverse(row, standing).why_not)
    return told


def _said(detail: dict[str, object]) -> list[tuple[str, str]]:
    """The details of a record, short: what is long or empty is left to the API."""
    words = [
        (name.replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in discreet(detail).items()
    ]
    return [(name, value if len(value) <= 80 else value[:79] + "…") for name, value in words if value not in ("", "None", "{}")]
