"""Calendars: the feed itself, for whoever knows its address, and the page on which its owner makes and ends it."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import AlreadyDone, NotFound
from watchbill.people.models import Person
from watchbill.schedules.actions import end_feed, feed_read, open_feed
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import feed_of, feeds_of, parts_of
from watchbill.web.icalendars import text_of
from watchbill.web.proving import proven
from watchbill.web.visit import DeskRequest, signed_in

PRIVATE = {"Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The shifts as iCalendar, for programs that nobody signs in to. An unknown address and an ended one are the same."""
    now = database_now()
    found = feed_of(token)
    if found is None:
        return HttpResponse(
            "No such calendar. Its owner may have made a new address.\n", status=404, content_type="text/plain", headers=PRIVATE
        )
    parts = parts_of(found, now=now)
    wanted = {entry.shift.person_id for part in parts for entry in part.entries}
    names = dict(Person.objects.filter(pk__in=[each for each in wanted if each is not None]).values_list("id", "name"))
    title = found.schedule.name if found.schedule else f"On call: {found.person.name}"
    text = text_of(
        parts, title=title, mine=found.schedule is None, names=names, base=settings.PUBLIC_URL.rstrip("/"), made_at=found.created_at
    )
    feed_read(found, now=now)
    tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={**PRIVATE, "ETag": tag})
    named = {"Content-Disposition": 'inline; filename="watches.ics"', "ETag": tag}
    return HttpResponse(text, content_type="text/calendar; charset=utf-8", headers={**PRIVATE, **named})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@proven
@sensitive_variables("token")
def calendars(request: DeskRequest) -> HttpResponse:
    """Mine. POST makes an address, shown this once; the one before, of the same shifts, reads nothing from then on."""
    me = request.visit.person
    context: dict[str, Any] = {
        "section": "you",
        "feeds": list(feeds_of(me)),
        "schedules": Schedule.objects.filter(is_active=True).order_by("position", "id"),
        "chosen": request.GET.get("schedule", ""),
    }
    if request.method == "POST":
        made, token = open_feed(me, _asked(request), by=request.visit.actor, now=request.visit.now)
        address = f"{settings.PUBLIC_URL.rstrip('/')}{reverse('feed', args=[token])}"
        context |= {"feeds": list(feeds_of(me)), "made": made, "address": address, "subscribe": f"webcal://{address.partition('://')[2]}"}
    return render(request, "calendars.html", context)


@require_POST
@signed_in
def end(request: DeskRequest, feed_id: int) -> HttpResponse:
    """Nobody reads it any more."""
    try:
        ended = end_feed(feed_id, request.visit.person, by=request.visit.actor, now=request.visit.now)
    except AlreadyDone as error:
        messages.warning(request, error.message)
    else:
        messages.success(
            request, f"The calendar of {ended.schedule.name if ended.schedule else 'your shifts'} is ended: its address reads nothing."
        )
    return HttpResponseRedirect(reverse("calendars"), status=303)


def _asked(request: DeskRequest) -> Schedule | None:
    text = request.POST.get("schedule", "")
    if not text:
        return None
    found = Schedule.objects.filter(pk=int(text), is_active=True).first() if text.isascii() and text.isdigit() and len(text) < 19 else None
    if found is None:
        raise NotFound("There is no such schedule.")
    return found
