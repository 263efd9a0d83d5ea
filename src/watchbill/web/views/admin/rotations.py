"""A schedule: its layers, who follows whom in each, and from when on. The result is seen as a picture before it is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from watchbill.kernel.errors import NotFound
from watchbill.schedules.models import Schedule
from watchbill.web import times
from watchbill.web.admin import layers
from watchbill.web.admin.editors import Editor, World, world
from watchbill.web.admin.patterns import PATTERNS
from watchbill.web.admin.questions import Choice, Line, Question
from watchbill.web.admin.rights import Rights, may_administer, rights_of
from watchbill.web.views.admin.conduct import Subject, conduct
from watchbill.web.visit import DeskRequest, signed_in

COMBINE = (("", "add up: everybody who has a layer has the watch"), ("stack", "a later one hides earlier ones"))
HOURS = (("", "at any hour"), ("business", "only in their working hours"))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: DeskRequest) -> HttpResponse:
    """A new schedule."""
    if not may_administer(request.visit.viewer):
        raise NotFound("There is nothing here.")
    team = request.GET.get("team", "")
    start = {**({"team": team} if team in rights_of(request.visit.viewer).own else {}), "timezone": request.visit.person.timezone}
    return conduct(request, beginning(request, start))


def beginning(request: DeskRequest, start: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> Subject:
    """The page of a schedule that is not there yet, with these words in its form."""
    rights, there, visit = rights_of(request.visit.viewer), world(), request.visit
    today = visit.now.astimezone(visit.zone).date()
    asked = [Line("name", "Name", hint="It cannot be changed later."), *questions(there, rights, {}, today)]
    return Subject(
        Editor("schedules", "", asked, start),
        rights,
        there,
        "New schedule",
        reverse("admin-schedule-new"),
        reverse("admin"),
        "Administration",
        "admin/schedule_new.html",
        {"patterns": PATTERNS.values(), "team_word": start.get("team", ""), **(extra or {})},
        shape=partial(layers.shaped, today=today),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def schedule(request: DeskRequest, schedule_id: int) -> HttpResponse:
    """One schedule. For admins of its team."""
    rights = rights_of(request.visit.viewer)
    found = Schedule.objects.filter(pk=schedule_id, is_active=True).select_related("team").first()
    if found is None or not rights.on("schedules", found.team.name).allowed:
        raise NotFound("There is no such schedule.")
    there = world()
    words, today = there.words("schedules", found.name), request.visit.now.astimezone(times.zone_of(found.timezone)).date()
    asked = questions(there, rights, words, today)
    subject = Subject(
        Editor("schedules", found.name, asked, words, there.changed_here("schedules", found.name)),
        rights,
        there,
        found.name,
        reverse("admin-schedule", args=[found.id]),
        reverse("admin"),
        "Administration",
        "admin/schedule.html",
        {"schedule": found},
        besides=["Whoever gets or loses a watch in the next four weeks is told at once, with the change for their calendar."],
        shape=partial(layers.shaped, today=today),
    )
    return conduct(request, subject)


def questions(there: World, rights: Rights, words: dict[str, object], today: dt.date) -> list[Question]:
    """What is asked of a schedule."""
    standing = words.get("layers", [])
    assert isinstance(standing, list)
    return [
        Choice("team", "Team", [("", "choose one"), *((name, name) for name in rights.own)]),
        Line("timezone", "Time zone", hint="As Europe/London: all clock times of layers that name no other."),
        Choice("combine", "How layers combine", COMBINE),
        Choice("hours", "When it wakes people", HOURS),
        layers.Layers(there.options("people"), today, standing),
    ]
