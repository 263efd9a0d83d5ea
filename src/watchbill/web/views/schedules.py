"""Schedules: who has the watch on each, and two weeks of one, with its reasons, its gaps and a way out of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Organization, Person
from watchbill.people.permissions import Verb, decide
from watchbill.people.rules import clock_time
from watchbill.response.covering import may_cover
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Load, Shift, on_call_at
from watchbill.schedules.selectors import load, overrides_of, verify, why
from watchbill.schedules.selectors.verifying import Report
from watchbill.web import calendars, coverage, rosters, times
from watchbill.web.reasons import in_words
from watchbill.web.visit import DeskRequest, Visit, signed_in

MOST_WEEKS = 104
MONTHS = 12
MOST_FINDINGS = 12
MOST_CHANGES = 50
FOUND = {
    "double": "two watches at once",
    "rest": "too little rest",
    "long": "on watch for long",
    "nights": "many nights in a row",
    "weekends": "many weekends in a row",
    "time_off": "away",
    "holiday": "public holiday",
    "inactive": "account closed",
}


@require_safe
@signed_in
def schedules(request: DeskRequest) -> HttpResponse:
    """Every schedule with who has it and who follows."""
    posts = rosters.posts(at=request.visit.now)
    return render(request, "schedules.html", {"section": "schedules", "posts": [rosters.watch(post, request.visit) for post in posts]})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def schedule(request: DeskRequest, schedule_id: int) -> HttpResponse:
    """One schedule. POST takes a gap."""
    found = Schedule.objects.filter(pk=schedule_id, is_active=True).select_related("team", "team__last_resort").first()
    if found is None:
        raise NotFound("There is no such schedule.")
    if request.method == "POST":
        return _take(request, found)
    visit, asked = request.visit, request.GET
    zone = visit.zone if asked.get("zone") == "mine" else times.zone_of(found.timezone)
    weeks = _weeks(asked.get("weeks", ""))
    picture = calendars.two_weeks(found, calendars.first_day(visit, zone, weeks), zone, visit)
    report = verify([found], months=MONTHS, now=visit.now)[0]
    context = {
        "section": "schedules",
        "schedule": found,
        "post": next((post for post in rosters.posts(at=visit.now) if post.schedule.id == found.id), None),
        "picture": picture,
        "weeks": weeks,
        "in_zone": zone,
        "zone_shown": times.zone_word(picture.start, zone),
        "is_mine": asked.get("zone") == "mine",
        "report": report,
        "facts": _facts(report),
        "findings": _findings(report),
        "shares": _shares(report),
        "gap": report.gaps[0] if report.gaps else None,
        "last_resort": found.team.last_resort or Organization.objects.select_related("last_resort").first(),
        "may_cover": may_cover(visit.viewer, found.team_id, now=visit.now),
        "may_edit": decide(visit.viewer, Verb.CONFIGURE, team_id=found.team_id).allowed,
        "overrides": [
            (row, coverage.sentence(row.kind, row.person, row.replaced, visit))
            for row in overrides_of([found], now=visit.now)[:MOST_CHANGES]
        ],
        **_asked_at(found, asked.get("at", ""), zone, visit),
    }
    return render(request, "schedule.html", context)


def _weeks(text: str) -> int:
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    return sign * min(int(digits), MOST_WEEKS) if digits.isascii() and digits.isdigit() and len(digits) < 5 else 0


def _take(request: DeskRequest, found: Schedule) -> HttpResponse:
    """I take the gap: an override for its window."""
    visit = request.visit
    decision = may_cover(visit.viewer, found.team_id, now=visit.now)
    if not decision.allowed:
        raise NotAllowed(decision.why)
    try:
        start, end = (dt.datetime.fromisoformat(request.POST.get(name, "")) for name in ("start", "end"))
        if start.tzinfo is None or end.tzinfo is None:
            raise ValueError("a time without a zone")
        change = Change(kind="take", person=visit.person, start=max(start, visit.now), end=end, reason="took the gap")
        add_override(found, change, by=visit.actor, now=visit.now)
    except ValueError:
        messages.error(request, "The times of the gap were not understood. Nothing was changed.")
    except (Refused, Invalid) as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request,
            f"You have the watch from {times.moment(change.start, visit.zone, now=visit.now)} to {times.moment(end, visit.zone, now=visit.now)}.",
        )
    return HttpResponseRedirect(reverse("schedule", args=[found.id]), status=303)


def _asked_at(found: Schedule, text: str, zone: dt.tzinfo, visit: Visit) -> dict[str, Any]:
    """Who had the watch at that moment, and why."""
    if not text:
        return {"at_text_given": ""}
    try:
        naive = dt.datetime.fromisoformat(text)
        moment = clock_time(naive, zone) if naive.tzinfo is None else naive
        rule = load([found.id], start=moment, end=moment)[found.id]
        shifts = [shift for shift in on_call_at(rule, moment) if shift.person_id is not None]
    except (ValueError, OverflowError, Invalid):
        return {"at_text_given": text[:40], "at_refused": "That time was not understood; expected for example 2026-03-24T22:10."}
    people = Person.objects.in_bulk({shift.person_id for shift in shifts if shift.person_id is not None})
    answers = [(people[shift.person_id or 0], shift, _why(shift)) for shift in shifts if shift.person_id in people]
    told = in_words(why(found, moment), visit)
    return {"at_text_given": text, "at_moment": moment, "at_answers": answers, "at_is_past": moment <= visit.now, "why": told}


def _why(shift: Shift) -> str:
    shadow = ", as a shadow" if shift.shadow else ""
    layer = f"layer {shift.layer}" if shift.layer else "the whole schedule"
    return f"{layer}; no override{shadow}" if shift.source == "layer" else f"{shift.source} on {layer}{shadow}"


def _facts(report: Report) -> list[tuple[str, str, str]]:
    """What the year ahead looks like: shape, colour, sentence."""
    kinds = [finding.kind for finding, _ in report.warnings]
    facts = [_fact(len(report.gaps), "gap", "gaps", "No gap", "red")]
    facts.append(_fact(kinds.count("double"), "double watch", "double watches", "No double watch", "amber"))
    facts.append(_fact(kinds.count("rest"), "rest under 11 h", "rests under 11 h", "11 h of rest between all watches", "amber"))
    if long := kinds.count("long"):
        facts.append(_fact(long, "watch over 48 h", "watches over 48 h", "", "amber"))
    if many := kinds.count("nights") + kinds.count("weekends"):
        facts.append(_fact(many, "run of nights or weekends too long", "runs of nights or weekends too long", "", "amber"))
    if away := kinds.count("time_off"):
        facts.append(_fact(away, "watch meets time off", "watches meet time off", "", "amber"))
    return facts


def _findings(report: Report) -> list[tuple[str, dt.datetime, dt.datetime]]:
    """The first warnings, each with whom it concerns."""
    shown = report.warnings[:MOST_FINDINGS]
    people = Person.objects.in_bulk({finding.person_id for finding, _ in shown})
    said = []
    for finding, other in shown:
        name = people[finding.person_id].name if finding.person_id in people else "Somebody"
        word = FOUND.get(finding.kind, finding.kind) + (f" with {other}" if other else "")
        said.append((f"{name}: {word}", finding.start, finding.end))
    return said


def _shares(report: Report) -> list[tuple[Person, Load, int]]:
    """What everybody carries, with their hours in percent of the most: is it fair?"""
    found = report.verdict.loads
    most = max((load.watched for load in found), default=dt.timedelta()) or dt.timedelta(1)
    people = Person.objects.in_bulk({load.person_id for load in found})
    return [(people[load.person_id], load, round(100 * (load.watched / most))) for load in found if load.person_id in people]


def _fact(count: int, one: str, many: str, none: str, colour: str) -> tuple[str, str, str]:
    if not count:
        return "ok", "green", none
    return "warn", colour, f"{count} {one if count == 1 else many}"
