"""Time off on the page *You*: by hand, by a calendar, and of somebody else by whoever manages a team of theirs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound, Refused
from watchbill.people.absences import add_time_off, end_time_off
from watchbill.people.calendars import subscribe, unsubscribe
from watchbill.people.dismissing import count_again, dismiss, dismissed_of
from watchbill.people.models import Person, TimeOff
from watchbill.people.selectors import calendars_of, failing_calendars
from watchbill.people.working import clock_midnight
from watchbill.response.absence import may_keep
from watchbill.schedules.models import Cover, Schedule
from watchbill.schedules.selectors import Meeting, meetings_of, time_off_rows
from watchbill.web import times
from watchbill.web.looking_after import looked_after
from watchbill.web.looking_after import whose as whose_is
from watchbill.web.visit import DeskRequest, Visit, signed_in

MOST_SAID = 4  # watches in one message; the page shows all


@dataclass(frozen=True, slots=True)
class Met:
    """A watch that time off meets: what is asked for it already, or what the form that asks for it sends."""

    schedule: Schedule
    start: dt.datetime
    end: dt.datetime
    watch: str
    cover: Cover | None


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def time_off(request: DeskRequest) -> HttpResponse:
    """What runs and what comes, each with the watches that it meets; POST adds one."""
    visit = request.visit
    whose = whose_is(
        visit, (request.POST if request.method == "POST" else request.GET).get("person", ""), otherwise="You may keep your own time off."
    )
    if request.method == "POST" and _added(request, whose):
        return _back(visit, whose)
    return _page(request, whose)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def subscribe_to(request: DeskRequest) -> HttpResponse:
    """Have one's own time off read from a calendar. GET: the page again, for whoever reloads what was refused."""
    visit = request.visit
    if request.method != "POST":
        return _page(request, visit.person)
    try:
        made = subscribe(
            visit.person, request.POST.get("address", ""), everything=request.POST.get("counts") == "every", by=visit.actor, now=visit.now
        )
    except (Invalid, AlreadyDone) as error:
        messages.error(request, f"{error.message} Nothing was changed.")
        return _page(request, visit.person)
    messages.success(request, f"Your calendar at {made.host} is read within a minute, and then every hour.")
    return _back(visit, visit.person)


@require_POST
@signed_in
def unsubscribe_from(request: DeskRequest, calendar_id: int) -> HttpResponse:
    """Read it no more."""
    visit = request.visit
    if calendar_id not in {row.id for row in calendars_of(visit.person)}:
        raise NotFound("There is no such calendar.")
    gone = unsubscribe(calendar_id, by=visit.actor, now=visit.now)
    messages.success(request, f"Your calendar at {gone.host} is read no more, and its time off to come is gone.")
    return _back(visit, visit.person)


@require_POST
@signed_in
def end(request: DeskRequest, time_off_id: int) -> HttpResponse:
    """They work after all."""
    visit = request.visit
    row = TimeOff.objects.select_related("person").filter(pk=time_off_id).first()
    if row is None or not may_keep(visit.viewer, row.person, now=visit.now).allowed:
        raise NotFound("There is no such time off.")
    try:
        end_time_off(time_off_id, by=visit.actor, now=visit.now)
    except (Refused, NotFound) as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, "That time off is taken back.")
    return _back(visit, row.person)


@require_POST
@signed_in
def dismiss_it(request: DeskRequest, time_off_id: int) -> HttpResponse:
    """What my calendar calls time off is none."""
    visit = request.visit
    if not TimeOff.objects.filter(pk=time_off_id, person=visit.person).exists():
        raise NotFound("There is no such time off.")
    try:
        made = dismiss(time_off_id, whole=request.POST.get("what") == "series", by=visit.actor, now=visit.now)
    except (Refused, NotFound) as error:
        messages.warning(request, error.message)
    else:
        which = "None of that series is" if made.whole else "That is no"
        messages.success(request, f"{which} time off. It stands under From your calendar, where it can count again.")
    return _back(visit, visit.person)


@require_POST
@signed_in
def count_it(request: DeskRequest, dismissed_id: int) -> HttpResponse:
    """It was time off after all."""
    visit = request.visit
    if dismissed_id not in {row.id for row in dismissed_of(visit.person)}:
        raise NotFound("You dismissed no such event.")
    count_again(dismissed_id, by=visit.actor, now=visit.now)
    messages.success(request, "It counts again when your calendar is read, within a minute.")
    return _back(visit, visit.person)


def _page(request: DeskRequest, whose: Person) -> HttpResponse:
    """The page; after a form that was refused, with what was typed."""
    visit = request.visit
    rows = list(time_off_rows().filter(person=whose, end__gt=visit.now).order_by("start", "id"))
    met = _met(rows, whose, visit)
    is_mine = whose == visit.person
    context = {
        "section": "you",
        "whose": whose,
        "is_mine": is_mine,
        "zone": times.zone_of(whose.timezone),
        "rows": [(row, [each for each in met if each.start < row.end and each.end > row.start]) for row in rows],
        "others": (others := looked_after(visit)),
        "calendars": calendars_of(whose) if is_mine else [],
        "dismissed": list(dismissed_of(whose)) if is_mine else [],
        "failing": failing_calendars([each.pk for each in others] if is_mine else [whose.pk]),
        "given": {name: request.POST.get(name, "") for name in ("first", "last", "reason", "address", "counts")},
    }
    return render(request, "time_off.html", context, status=422 if request.method == "POST" else 200)


def _met(rows: list[TimeOff], whose: Person, visit: Visit) -> list[Met]:
    asked = list(Cover.objects.filter(asker=whose, state=Cover.State.OPEN, end__gt=visit.now))

    def cover(each: Meeting) -> Cover | None:
        return next((one for one in asked if one.schedule_id == each.schedule.id and one.start < each.end and one.end > each.start), None)

    return [
        Met(each.schedule, each.start, each.end, f"{each.schedule.id} {times.iso(each.start)} {whose.handle}", cover(each))
        for each in meetings_of(rows, now=visit.now)
    ]


def _added(request: DeskRequest, whose: Person) -> bool:
    """Add what the form says, and say at once which watches it meets."""
    visit = request.visit
    try:
        first, last = (dt.date.fromisoformat(request.POST.get(name, "")) for name in ("first", "last"))
        start, end = clock_midnight(first, whose.timezone), clock_midnight(last + dt.timedelta(days=1), whose.timezone)
    except (ValueError, OverflowError):
        messages.error(request, "Give the first and the last day away, as 2026-12-24. Nothing was changed.")
        return False
    try:
        made = add_time_off(whose, start, end, request.POST.get("reason", ""), by=visit.actor, now=visit.now)
    except (Invalid, AlreadyDone) as error:
        messages.error(request, error.message)
        return False
    met = meetings_of([made], now=visit.now)
    name, have = ("You", "have") if whose == visit.person else (whose.name, "has")
    if not met:
        messages.success(request, f"Kept. {name} {have} no watch then.")
    for each in met[:MOST_SAID]:
        span = f"{times.moment(each.start, visit.zone, now=visit.now)} to {times.moment(each.end, visit.zone, now=visit.now)}"
        messages.warning(request, f"{name} {have} the watch {each.schedule.name} then, {span}. Find somebody who takes it.")
    return True


def _back(visit: Visit, whose: Person) -> HttpResponse:
    query = "" if whose == visit.person else f"?{urlencode({'person': whose.handle})}"
    return HttpResponseRedirect(f"{reverse('time-off')}{query}", status=303)
