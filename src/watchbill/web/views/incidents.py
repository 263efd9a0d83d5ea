"""All incidents: narrowed, searched, one page at a time; several answered by one gesture."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.incidents.models import Incident, Service
from watchbill.incidents.selectors import Filters, search
from watchbill.kernel.errors import Invalid
from watchbill.people.models import Person, Team
from watchbill.web import waiting
from watchbill.web.rows import rows_of_list
from watchbill.web.visit import DeskRequest, signed_in

PAGE = 40
STATUSES = (("open", "Open"), ("triggered", "Nobody has it"), ("acknowledged", "Somebody has it"), ("resolved", "Resolved"), ("all", "All"))
SEVERITIES = (("", "Any severity"), ("critical", "S1 critical"), ("high", "S2 high"), ("medium", "S3 medium"), ("low", "S4 low"))


@require_safe
@signed_in
def listed(request: DeskRequest) -> HttpResponse:
    """The list. `mine=owner` is what I own, `mine=paged` what pages me."""
    visit, asked = request.visit, request.GET
    mine = asked.get("mine", "")
    filters = Filters(
        status=asked.get("status", "") or "open",
        team=asked.get("team", ""),
        service=asked.get("service", ""),
        severity=asked.get("severity", ""),
        owner=visit.person.handle if mine == "owner" else asked.get("owner", ""),
        text=asked.get("q", "")[:200],
    )
    refused = ""
    found: list[Incident] = []
    following = None
    if mine == "paged":
        found = [page.incident for page in waiting.pages_of(request)]
    else:
        try:
            answer = search(visit.viewer, filters, cursor=asked.get("cursor", ""), limit=PAGE)
            found, following = answer.items, answer.next
        except Invalid as error:
            refused = error.message
    context = {
        "section": "incidents",
        "rows": rows_of_list(found, now=visit.now),
        "next": following,
        "filters": filters,
        "mine": mine,
        "narrowed": any((filters.team, filters.service, filters.severity, filters.owner, filters.text, mine)) or filters.status != "open",
        "refused": refused,
        "statuses": STATUSES,
        "severities": SEVERITIES,
        "teams": Team.objects.filter(is_active=True).order_by("name").values_list("name", flat=True),
        "services": Service.objects.filter(is_active=True).order_by("name").values_list("name", flat=True),
        "people": Person.objects.filter(is_active=True).order_by("name"),
    }
    return render(request, "incidents.html", context, status=422 if refused else 200)
