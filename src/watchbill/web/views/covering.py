"""Coverage by hand on the pages: take, replace, add, remove, shadow, an hour now, and back again; the result is seen before it is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Person
from watchbill.people.rules import clock_time
from watchbill.response.covering import may_cover, may_cover_all
from watchbill.schedules.actions import Change, NewGap, add_override, add_series, check_change, repeated, withdraw_override, withdraw_series
from watchbill.schedules.models import Override, Schedule
from watchbill.schedules.selectors import foresee_change, foresee_end, rest_of_series
from watchbill.web import coverage, times
from watchbill.web.visit import DeskRequest, Visit, signed_in

FIELDS = ("kind", "who", "replaced", "layer", "from", "to", "until", "reason", "zone")
KINDS = (
    ("take", "takes the watch, whoever has it"),
    ("replace", "replaces somebody"),
    ("add", "watches too"),
    ("remove", "is taken out"),
    ("shadow", "shadows whoever has it: notified along"),
    ("reverse_shadow", "has it; whoever had it is notified along"),
)
HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form said, and what it means."""

    words: Mapping[str, str]
    zone: dt.tzinfo


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def change(request: DeskRequest, schedule_id: int) -> HttpResponse:
    """The form, and with its fields the picture of the result beside today's. POST keeps it; a new gap needs its own yes."""
    found, visit = _schedule(schedule_id), request.visit
    sent = request.POST if request.method == "POST" else request.GET
    typed = _typed(sent, found, visit)
    if request.method == "POST":
        _must_cover(visit, found)
    asked = request.method == "POST" or bool(sent.get("kind"))
    wanted, problem, asks = [], "", False
    try:
        wanted = _changes(typed, found, visit) if asked else []
        if wanted and request.method == "POST":
            messages.success(request, _kept(found, wanted, visit, typed.zone, allow_gap=sent.get("gap") == "yes"))
            return _back(found)
    except NewGap:
        asks = True
    except (Invalid, Refused) as error:
        problem = error.message
        wanted = wanted if isinstance(error, Refused) else []
    context = _context(found, visit, typed) | {"problem": problem, "asks": asks}
    if wanted:
        context |= _foreseen(found, wanted, typed.zone, visit)
    return render(request, "schedule_change.html", context, status=422 if request.method == "POST" else 200)


def _kept(found: Schedule, wanted: list[Change], visit: Visit, zone: dt.tzinfo, *, allow_gap: bool) -> str:
    """Store it, or all of them, and say so."""
    if len(wanted) == 1:
        return f"Kept: {_said(add_override(found, wanted[0], by=visit.actor, now=visit.now, allow_gap=allow_gap), visit, zone)}"
    made = add_series(found, wanted, by=visit.actor, now=visit.now, allow_gap=allow_gap)
    return f"Kept, {len(made)} times: first {_said(made[0], visit, zone)}"


def _foreseen(found: Schedule, wanted: list[Change], zone: dt.tzinfo, visit: Visit) -> dict[str, Any]:
    foreseen = foresee_change(found, [each.rule(visit.now) for each in wanted], now=visit.now)
    first, start = wanted[0], max(wanted[0].start, visit.now)
    return {
        "change": first,
        "says": coverage.sentence(first.kind, first.person, first.replaced, visit),
        "spans": [(max(each.start, visit.now), each.end) for each in wanted],
        "beside": coverage.beside(foreseen, start, wanted[-1].end, zone, visit),
    }


@require_POST
@signed_in
def hour(request: DeskRequest, schedule_id: int) -> HttpResponse:
    """I have the watch for an hour, from now, whoever has it."""
    found, visit = _schedule(schedule_id), request.visit
    _must_cover(visit, found)
    wanted = Change("take", visit.person, visit.now, visit.now + HOUR, reason="took the watch for an hour")
    try:
        made = add_override(found, wanted, by=visit.actor, now=visit.now)
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"You have the watch until {times.moment(made.end, visit.zone, now=visit.now)}.")
    return _back(found)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def override(request: DeskRequest, schedule_id: int, override_id: int) -> HttpResponse:
    """One override: what it does, and what would be without it. POST ends it; a new gap needs its own yes."""
    found, visit = _schedule(schedule_id), request.visit
    row = Override.objects.filter(pk=override_id, schedule=found).select_related("schedule", "person", "replaced", "created_by").first()
    if row is None:
        raise NotFound("There is no such change of this schedule.")
    zone, asks = times.zone_of(found.timezone), False
    rest = list(rest_of_series(row, now=visit.now))
    teams = {each.schedule.team_id for each in rest} | {found.team_id}
    is_all = bool(rest) and (request.POST if request.method == "POST" else request.GET).get("all") == "yes"
    may = may_cover_all(visit.viewer, teams if is_all else {found.team_id}, now=visit.now)
    if request.method == "POST":
        if not may.allowed:
            raise NotAllowed(may.why)
        try:
            return _ended(request, row, rest if is_all else [])
        except NewGap:
            asks = True
    runs = is_all or (row.withdrawn_at is None and row.end > visit.now)
    sides = _without(rest if is_all else [row], zone, visit) if runs else []
    context = {
        "section": "schedules",
        "schedule": found,
        "row": row,
        "runs": runs,
        "says": coverage.sentence(row.kind, row.person, row.replaced, visit),
        "in_zone": zone,
        "may_cover": may,
        "rest": rest,
        "names": ", ".join(dict.fromkeys(each.schedule.name for each in rest)),
        "is_all": is_all,
        "sides": sides,
        "opens_gap": any(side.gaps for _, side in sides),
        "asks": asks,
    }
    return render(request, "schedule_override.html", context, status=422 if asks else 200)


def _ended(request: DeskRequest, row: Override, together: list[Override]) -> HttpResponse:
    """End it, or everything that was made together with it, and go back to the schedule."""
    visit, end = request.visit, withdraw_series if together else withdraw_override
    try:
        end(row.id, by=visit.actor, now=visit.now, allow_gap=request.POST.get("gap") == "yes")
    except NewGap:
        raise
    except Refused as error:
        messages.error(request, error.message)
    else:
        first, many = (together[0], f" {len(together)} of them: first") if together else (row, ":")
        messages.success(request, f"Ended{many} {_said(first, visit, times.zone_of(row.schedule.timezone))}")
    return _back(row.schedule)


def _without(rows: list[Override], zone: dt.tzinfo, visit: Visit) -> list[tuple[str, coverage.Beside]]:
    """Each schedule that they are about, with them and without."""
    found = []
    for foreseen in foresee_end(rows, now=visit.now).values():
        here = [each for each in rows if each.schedule_id == foreseen.before.id]
        start, end = max(here[0].start, visit.now), max(each.end for each in here)
        found.append((foreseen.before.name, coverage.beside(foreseen, start, end, zone, visit)))
    return found


def _schedule(schedule_id: int) -> Schedule:
    found = Schedule.objects.filter(pk=schedule_id, is_active=True).select_related("team").first()
    if found is None:
        raise NotFound("There is no such schedule.")
    return found


def _must_cover(visit: Visit, found: Schedule) -> None:
    decision = may_cover(visit.viewer, found.team_id, now=visit.now)
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _typed(sent: Mapping[str, str], found: Schedule, visit: Visit) -> Typed:
    words = {name: sent.get(name, "") for name in FIELDS}
    return Typed(words, visit.zone if words["zone"] == "mine" else times.zone_of(found.timezone))


def _changes(typed: Typed, found: Schedule, visit: Visit) -> list[Change]:
    """The change, or with a day *until* the same one of every week."""
    words = typed.words
    wanted = Change(
        kind=words["kind"],
        person=somebody(words["who"]),
        replaced=somebody(words["replaced"]) if words["kind"] == "replace" else None,
        start=time_of(words["from"], typed.zone) if words["from"] else visit.now,
        end=time_of(words["to"], typed.zone),
        layer=words["layer"],
        reason=words["reason"],
    )
    check_change(found, wanted, now=visit.now)
    return repeated(found, wanted, _day(words["until"])) if words["until"] else [wanted]


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"“{text[:40]}” is no day; expected one such as 2026-03-24. Nothing was changed.") from error


def somebody(handle: str) -> Person:
    """Whom a list of a form names."""
    found = Person.objects.filter(handle=handle).first() if handle and "\0" not in handle else None
    if found is None:
        raise Invalid("Choose the people from the lists; a replacement names two.")
    return found


def time_of(text: str, zone: dt.tzinfo) -> dt.datetime:
    """What the clock of that zone shows, as a native input sends it."""
    try:
        naive = dt.datetime.fromisoformat(text)
        if naive.tzinfo is not None or not 1971 <= naive.year < 2199:
            raise ValueError(text)
        return clock_time(naive, zone)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"“{text[:40]}” is no time; expected one such as 2026-03-24T22:10. Nothing was changed.") from error


def _context(found: Schedule, visit: Visit, typed: Typed) -> dict[str, Any]:
    near, others = coverage.people_to_choose(found)
    return {
        "section": "schedules",
        "schedule": found,
        "typed": typed.words,
        "who": typed.words["who"] or visit.person.handle,
        "kinds": KINDS,
        "near": near,
        "others": others,
        "layers": coverage.layers_of(found),
        "in_zone": typed.zone,
        "zone_shown": times.zone_word(visit.now, typed.zone),
        "may_cover": may_cover(visit.viewer, found.team_id, now=visit.now),
    }


def _said(row: Override, visit: Visit, zone: dt.tzinfo) -> str:
    when = f"{times.moment(row.start, zone, now=visit.now)} to {times.moment(row.end, zone, now=visit.now)}"
    return f"{coverage.sentence(row.kind, row.person, row.replaced, visit)}, {when}."


def _back(found: Schedule) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("schedule", args=[found.id]), status=303)
