"""The audit: who did what, when, by which way. For managers of their teams, and administrators."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.incidents.selectors import visible_to
from watchbill.web import audit
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
}
VIAS = ("web", "api", "cli", "mail link", "webhook link", "push", "engine", "source", "file")


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
    )
    rows, following = audit.page(request.visit.viewer, wanted, cursor=asked.get("cursor", ""))
    numbers = dict(
        visible_to(request.visit.viewer).filter(id__in={row.incident_id for row in rows if row.incident_id}).values_list("id", "number")
    )
    context = {
        "section": "audit",
        "wanted": wanted,
        "rows": [(row, numbers.get(row.incident_id or 0), _said(row.detail)) for row in rows],
        "next": following,
        "actions": ACTIONS.items(),
        "vias": VIAS,
    }
    return render(request, "audit.html", context)


def _said(detail: dict[str, object]) -> list[tuple[str, str]]:
    """The details of a record, short: what is long or empty is left to the API."""
    words = [
        (name.replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value)) for name, value in detail.items()
    ]
    return [(name, value if len(value) <= 80 else value[:79] + "…") for name, value in words if value not in ("", "None", "{}")]
