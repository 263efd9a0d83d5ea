"""Heartbeats: who gives signs of life, who is silent, when each came last, and the keys by which they come."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from watchbill.connectors.snippets import address, snippet
from watchbill.intake.actions import create_heartbeat_key
from watchbill.intake.selectors import log, quiet
from watchbill.kernel.errors import NotAllowed
from watchbill.people.permissions import Verb, decide
from watchbill.web.proving import proven
from watchbill.web.visit import DeskRequest, signed_in


@require_safe
@signed_in
def heartbeats(request: DeskRequest) -> HttpResponse:
    """All that the viewer may learn of, the silent ones first."""
    visit = request.visit
    found = list(quiet.heartbeats_for(visit.viewer))
    keys = quiet.keys_of([row.id for row in found], now=visit.now)
    seen = set(log.keys_for(visit.viewer).filter(heartbeat__in=found).values_list("id", flat=True))
    rows = [
        {
            "beat": row,
            "state": quiet.state_of(row),
            "every": dt.timedelta(seconds=row.every_seconds),
            "grace": dt.timedelta(seconds=row.grace_seconds),
            "keys": [key for key in keys.get(row.id, []) if key.id in seen],
            "fed": bool(keys.get(row.id)),
            "change": decide(visit.viewer, Verb.CONFIGURE, team_id=row.service.team_id),
        }
        for row in found
    ]
    context = {
        "section": "quiet",
        "rows": rows,
        "hears": quiet.hears(now=visit.now),
        "may_add": decide(visit.viewer, Verb.CONFIGURE).allowed,
    }
    return render(request, "quiet_heartbeats.html", context)


@require_POST
@signed_in
@proven
@sensitive_variables("secret")
def make_key(request: DeskRequest, heartbeat_id: int) -> HttpResponse:
    """A key for the signs of this one: shown on the answer, this once."""
    visit = request.visit
    beat = quiet.heartbeat_for(visit.viewer, heartbeat_id)
    decision = decide(visit.viewer, Verb.CONFIGURE, team_id=beat.service.team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)
    _, secret = create_heartbeat_key(beat.name, by=visit.actor, now=visit.now)
    context = {
        "section": "quiet",
        "beat": beat,
        "secret": secret,
        "address": address("heartbeat", url=settings.PUBLIC_URL, key=secret),
        "snippet": snippet("heartbeat", url=settings.PUBLIC_URL, key=secret),
    }
    answer = render(request, "quiet_key.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer
