"""Test pages: send oneself one and see how it arrives; the link in it that says: I got it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import NotFound, Refused
from watchbill.notifications.actions import answer_in_person, send_test
from watchbill.notifications.models import Drill, Notification
from watchbill.notifications.signing import DRILL, read_token
from watchbill.people.models import Person
from watchbill.web import times
from watchbill.web.visit import DeskRequest, signed_in
from watchbill.web.words import HOW, Face

VIA = "mail link"
LOOKED_AGAIN = dt.timedelta(seconds=2)
WATCHED_FOR = dt.timedelta(minutes=5)  # so long the page goes on looking for answers
PENDING = {"queued": Face("Waits", "due", "dim"), "leased": Face("Being sent", "due", "dim")}
FACES = {
    **PENDING,
    "sent": Face("A provider took it; not confirmed yet", "due", "amber"),
    "delivered": Face("Delivered", "ok", "green"),
    "failed": Face("Refused", "stop", "red"),
    "cancelled": Face("Not sent any more", "no", "dim"),
}
ANSWERED = Face("Answered", "ack", "blue")


@dataclass(frozen=True, slots=True)
class Went:
    """One message of a test page."""

    how: str
    notification: Notification
    face: Face
    answered_at: dt.datetime | None
    answered_via: str
    said: str

    @property
    def pending(self) -> bool:
        """May its state still change by itself within seconds?"""
        return self.notification.state in PENDING


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def test_page(request: DeskRequest) -> HttpResponse:
    """Send oneself a test page by every contact, and see what becomes of it."""
    visit = request.visit
    if request.method == "POST":
        try:
            send_test(visit.person, by=visit.actor, now=visit.now)
            messages.success(request, "A test page is on its way by each of your contacts.")
        except Refused as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("test-page"), status=303)
    drill = Drill.objects.filter(person=visit.person, schedule_id=None).order_by("-created_at").first()
    went = sent_of(drill) if drill else []
    context = {
        "section": "you",
        "drill": drill,
        "went": went,
        "skipped": [(HOW.get(kind, kind), why) for kind, why in drill.skipped] if drill else [],
        "look_again": visit.now + LOOKED_AGAIN if drill and _may_change(drill, went, now=visit.now) else None,
    }
    return render(request, "test_page.html", context)


def _may_change(drill: Drill, went: list[Went], *, now: dt.datetime) -> bool:
    """Is something on its way, or may somebody still answer what arrived a moment ago?"""
    waits = any(each.answered_at is None and each.notification.state in ("sent", "delivered") for each in went)
    return any(each.pending for each in went) or (waits and now - drill.created_at < WATCHED_FOR)


def sent_of(drill: Drill) -> list[Went]:
    """What became of each message of this drill, in order. Two queries."""
    rows = Notification.objects.select_related("contact").prefetch_related("attempts").in_bulk(drill.notifications)
    made = []
    for id_ in drill.notifications:
        if (row := rows.get(id_)) is None:
            continue
        at, via = drill.answers.get(str(id_), (None, ""))
        kind = row.contact.kind if row.contact else "email"
        tries = sorted(row.attempts.all(), key=lambda attempt: attempt.pk)
        said = row.error or (tries[-1].detail if tries else "")
        face = ANSWERED if at else FACES.get(row.state, FACES["queued"])
        made.append(Went(HOW.get(kind, kind), row, face, dt.datetime.fromisoformat(at) if at else None, via, said))
    return made


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a test page. Opening it answers nothing, since scanners of mail open every link; the button does."""
    now = database_now()
    try:
        person_id, drill_id, notification_id = read_token(token, salt=DRILL)
        person = Person.objects.filter(pk=person_id, is_active=True).first()
        drill = Drill.objects.filter(pk=drill_id, person_id=person_id).first()
        if person is None or drill is None:
            raise NotFound("This link leads nowhere any more.")
        if request.method == "POST":
            answer_in_person(drill_id, person_id, notification_id, via=VIA, now=now)
            given: HttpResponse = HttpResponseRedirect(request.path, status=303)
        else:
            zone = times.zone_of(person.timezone)
            context: dict[str, Any] = {"person": person, "drill": drill, "answered": str(notification_id) in drill.answers, "now": now}
            given = render(request, "answer.html", {**context, "zone": zone, "me": person})
    except NotFound:
        given = render(request, "link_gone.html", status=404)
    given.headers["Referrer-Policy"] = "no-referrer"  # the address is a capability
    return given
