"""Inlets: by which keys do monitors send, what came in, what did it do, and why did it not page?

For responders of the team that owns the service; its admins change keys. Of a restricted service only counts are shown.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from watchbill.connectors.rehearsal import mapping_of, rehearse
from watchbill.connectors.snippets import address, snippet
from watchbill.incidents.selectors import hidden_numbers
from watchbill.intake.actions import revoke_key, rotate_key, set_mapping, take_again
from watchbill.intake.models import IntegrationKey
from watchbill.intake.rules import MAPPED_KINDS
from watchbill.intake.selectors import log
from watchbill.intake.selectors.mailboxes import mail_address
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.people.permissions import Verb, Viewer, decide
from watchbill.web.proving import proven
from watchbill.web.visit import DeskRequest, signed_in

NUMBER = re.compile(r"#(\d{1,18})\b")
OVERLAPS = {"0": "not at all", "1": "1 hour", "24": "24 hours", "168": "7 days"}  # hours that a replaced key goes on working


class Told(NamedTuple):
    """What an event did, around the number of its incident."""

    before: str
    number: int = 0
    after: str = ""


@require_safe
@signed_in
def listed(request: DeskRequest) -> HttpResponse:
    """Every key of the viewer's teams."""
    if not log.may_look(request.visit.viewer):
        raise NotFound("There is nothing here.")
    keys = list(log.keys_for(request.visit.viewer))
    counted = log.counts([key.id for key in keys])
    rows = [(key, _state(key, request.visit.now), counted.get(key.id, log.Counts())) for key in keys]
    return render(request, "inlets.html", {"section": "inlets", "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def inlet(request: DeskRequest, key_id: int) -> HttpResponse:
    """One key and what came in by it. A POST tries a mapping on a pasted sample and stores nothing."""
    key = log.key_for(request.visit.viewer, key_id)
    context = _about(request, key)
    if request.method == "POST":
        context |= _tried(request, key)
    return render(request, "inlet.html", context)


@require_POST
@signed_in
def again(request: DeskRequest, key_id: int, event_id: int) -> HttpResponse:
    """Take an event in again that was set aside. Responders may: it is what they would have been paged for."""
    key = log.key_for(request.visit.viewer, key_id)
    if key.service.restricted:
        raise NotFound("There is no such event of this key.")
    event = log.event_of(key, event_id)
    try:
        take_again(event.id, by=request.visit.actor, now=request.visit.now)
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Event {event.id} is being taken in again.")
    return HttpResponseRedirect(reverse("inlet", args=[key.id]), status=303)


@require_POST
@signed_in
@proven
@sensitive_variables("secret")
def rotate(request: DeskRequest, key_id: int) -> HttpResponse:
    """A new key in the place of this one: shown on the answer, this once."""
    key = log.key_to_change(request.visit.viewer, key_id)
    hours = request.POST.get("overlap", "24")
    if hours not in OVERLAPS:
        raise Invalid(f"The old key can work on for {', '.join(OVERLAPS)} hours.", field="overlap")
    made, secret = rotate_key(key.id, dt.timedelta(hours=int(hours)), by=request.visit.actor, now=request.visit.now)
    old = log.key_for(request.visit.viewer, key_id)
    answer = render(
        request,
        "inlet_new.html",
        {
            "section": "inlets",
            "key": made,
            "old": old,
            "secret": secret,
            "address": address(made.kind, url=settings.PUBLIC_URL, key=secret, mail=mail_address(made.kind)),
            "snippet": snippet(made.kind, url=settings.PUBLIC_URL, key=secret, mail=mail_address(made.kind)),
        },
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
@signed_in
def revoke(request: DeskRequest, key_id: int) -> HttpResponse:
    """End a key now."""
    key = log.key_to_change(request.visit.viewer, key_id)
    try:
        revoke_key(key.id, by=request.visit.actor, now=request.visit.now)
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Key {key.id} (…{key.hint}) takes no events any more.")
    return HttpResponseRedirect(reverse("inlet", args=[key.id]), status=303)


@require_POST
@signed_in
def keep_mapping(request: DeskRequest, key_id: int) -> HttpResponse:
    """Keep the mapping: it counts for events from now on."""
    key = log.key_to_change(request.visit.viewer, key_id)
    try:
        wanted = mapping_of(request.POST.get("mapping", ""))
        set_mapping(key.id, wanted, by=request.visit.actor, now=request.visit.now)
    except Invalid as error:
        context = _about(request, key) | {"mapping": request.POST.get("mapping", ""), "sample": request.POST.get("sample", "")}
        return render(request, "inlet.html", context | {"problem": error.message}, status=422)
    said = "by this mapping" if wanted else "by the usual names"
    messages.success(request, f"Events of this key are read {said} from now on.")
    return HttpResponseRedirect(reverse("inlet", args=[key.id]), status=303)


def _about(request: DeskRequest, key: IntegrationKey) -> dict[str, object]:
    """What the page of a key always shows."""
    visit, asked = request.visit, request.GET
    before = asked.get("before", "")
    only = asked.get("only", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    change = decide(visit.viewer, Verb.CONFIGURE, team_id=key.service.team_id)
    mail = mail_address(key.kind)
    page = log.events_of(key, before=number, only=only)
    return {
        "section": "inlets",
        "key": key,
        "state": _state(key, visit.now),
        "works": key.revoked_at is None and (key.ends_at is None or key.ends_at > visit.now),
        "follower": getattr(key, "followed_by", None),
        "counts": log.counts([key.id])[key.id],
        "page": page,
        "events": list(zip(page.events, _told(visit.viewer, [event.outcome for event in page.events]), strict=True)),
        "only": only,
        "change": change,
        "overlaps": OVERLAPS.items(),
        "address": address(key.kind, url=settings.PUBLIC_URL, key="KEY", mail=mail),
        "snippet": snippet(key.kind, url=settings.PUBLIC_URL, key="KEY", mail=mail),
        "mapped": key.kind in MAPPED_KINDS,
        "mapping": json.dumps(key.mapping, indent=2, ensure_ascii=False) if key.mapping else "",
    }


def _told(viewer: Viewer, outcomes: Sequence[str]) -> list[Told]:
    """Of an incident that the viewer must not learn of, not even its number."""
    numbers = [int(found[1]) if (found := NUMBER.search(outcome)) else 0 for outcome in outcomes]
    hidden = hidden_numbers(viewer, numbers)
    return [
        Told("It went to a restricted service.") if number in hidden else _apart(said)
        for number, said in zip(numbers, outcomes, strict=True)
    ]


def _apart(outcome: str) -> Told:
    found = NUMBER.search(outcome)
    return Told(outcome[: found.start()], int(found[1]), outcome[found.end() :]) if found else Told(outcome)


def _tried(request: DeskRequest, key: IntegrationKey) -> dict[str, object]:
    """What would be made of the pasted sample."""
    text, sample = request.POST.get("mapping", ""), request.POST.get("sample", "")
    try:
        wanted = mapping_of(text) if key.kind in MAPPED_KINDS else {}
    except Invalid as error:
        return {"mapping": text, "sample": sample, "problem": error.message}
    result = rehearse(key.kind, sample.encode("utf-8", "replace"), wanted, key.service.severity_map)
    found = [(alert, json.dumps(alert["details"], indent=2, ensure_ascii=False)) for alert in result.alerts]
    return {"mapping": text, "sample": sample, "problem": result.problem, "tried": result, "found": found}


def _state(key: IntegrationKey, now: dt.datetime) -> str:
    """works | ends | ended | revoked"""
    if key.revoked_at is not None:
        return "revoked"
    if key.ends_at is None:
        return "works"
    return "ends" if key.ends_at > now else "ended"
