"""What every page shows around its content: clocks, who looks, what waits for them, light or dark."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest

from watchbill.intake.selectors.log import may_look
from watchbill.people.models import Organization
from watchbill.reports.selectors.seeing import has_desk
from watchbill.web import times, waiting
from watchbill.web.admin.rights import may_administer
from watchbill.web.audit import may_read
from watchbill.web.visit import visit_of

THEMES = ("light", "dark")


def frame(request: HttpRequest) -> dict[str, Any]:
    """For templates. Never fails: an error page needs it too."""
    theme = request.COOKIES.get("theme", "")
    common: dict[str, Any] = {"theme": theme if theme in THEMES else "", "path": request.path}
    user = getattr(request, "user", None)
    if user is None:
        return common
    try:
        return {**common, **(_signed_in(request) if user.is_authenticated else {})}
    except DatabaseError:
        return common


def _signed_in(request: HttpRequest) -> dict[str, Any]:
    visit = visit_of(request)
    return {
        "visit": visit,
        "me": visit.person,
        "now": visit.now,
        "zone": visit.zone,
        "zone_offset": int((visit.now.astimezone(visit.zone).utcoffset() or visit.now - visit.now).total_seconds() // 60),
        "zone_word": times.zone_word(visit.now, visit.zone),
        "clock": times.clock(visit.now, visit.zone),
        "clock_utc": times.clock(visit.now, dt.UTC),
        "waiting": waiting.pages_of(request),
        "may_audit": may_read(visit.viewer),
        "may_administer": may_administer(visit.viewer),
        "may_see_inlets": may_look(visit.viewer),
        "may_see_reports": has_desk(visit.viewer),
        "demo": Organization.objects.filter(demo=True).exists(),
        "refreshing": "X-Watchbill-Refresh" in request.headers,
    }
