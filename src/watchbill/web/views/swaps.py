"""Swaps on the pages: offer one, see what it does, accept, decline, withdraw, undo."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Person
from watchbill.people.permissions import RANK
from watchbill.response.covering import may_agree_for, may_cover
from watchbill.schedules.actions import Offer, accept_swap, check_offer, decline_swap, offer_swap, undo_swap, withdraw_swap
from watchbill.schedules.models import Schedule, Swap
from watchbill.schedules.rules import Exchange, Shift, final_shifts
from watchbill.schedules.selectors import covers, covers_for, foresee_exchange, load, offers_to, swap_by_id, swaps_with
from watchbill.schedules.selectors.swapping import exchange_of
from watchbill.web import coverage, times
from watchbill.web.exchanging import value_of
from watchbill.web.visit import DeskRequest, Visit, signed_in

AHEAD = dt.timedelta(weeks=6)
MOST_BEFORE = 20  # swaps that are over
ARRANGED = "arranged"  # by a manager, between two others
WORDS = {
    "offered": "waits for an answer",
    "accepted": "agreed",
    "declined": "declined",
    "withdrawn": "withdrawn",
    "expired": "over: a watch began before the answer",
    "undone": "undone",
}
DONE = {
    "accept": "Both watches have changed hands.",
    "decline": "Declined. Nothing has changed.",
    "withdraw": "Withdrawn. Nothing has changed.",
    "undo": "Undone: both watches are back.",
}


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch to choose: `value` is what the form sends."""

    value: str
    schedule: Schedule
    person: Person
    start: dt.datetime
    end: dt.datetime


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def listed(request: DeskRequest) -> HttpResponse:
    """What waits for me, what I offered, what was. POST offers one."""
    visit, problem = request.visit, ""
    typed = {name: (request.POST if request.method == "POST" else request.GET).get(name, "") for name in ("give", "take", "reason")}
    if request.method == "POST":
        try:
            made = offer_swap(_offer(typed, visit), person=visit.person, by=visit.actor, now=visit.now)
        except (Refused, Invalid) as error:
            problem = error.message
        else:
            messages.success(request, f"{made.other.name} is asked. Nothing changes before they accept.")
            return HttpResponseRedirect(reverse("swap", args=[made.id]), status=303)
    offer, exchange = None, None
    if not problem and typed["give"] and typed["take"]:
        try:
            offer = _offer(typed, visit)
            exchange = check_offer(offer, person=visit.person, now=visit.now)
        except (NotAllowed, Refused, Invalid) as error:
            problem = error.message
    mine, theirs = _watches(visit)
    rows = list(swaps_with(visit.person)[: MOST_BEFORE * 2])
    context = {
        "section": "you",
        "offers": list(offers_to(visit.person, now=visit.now)),
        "asked": [row for row in rows if row.asker_id == visit.person.id and _state(row, visit) == "offered"],
        "agreed": [row for row in rows if row.state == Swap.State.ACCEPTED and max(row.given_end, row.taken_end) > visit.now],
        "covers": list(covers_for(visit.person, now=visit.now)),
        "asked_cover": list(covers().filter(asker=visit.person, state="open", end__gt=visit.now)),
        "mine": with_chosen(mine, typed["give"]),
        "theirs": with_chosen(theirs, typed["take"]),
        "offer": offer if exchange else None,
        "exchange": exchange,
        "pictures": pictures_of(exchange, visit) if exchange else [],
        "typed": typed,
        "problem": problem,
        "in_zone": visit.zone,
    }
    return render(request, "swaps.html", context, status=422 if problem and request.method == "POST" else 200)


@require_safe
@signed_in
def swap(request: DeskRequest, swap_id: int) -> HttpResponse:
    """One swap: who gives what, what it does, and what I can do about it."""
    visit, row = request.visit, swap_by_id(swap_id)
    state = _state(row, visit)
    context = {
        "section": "you",
        "row": row,
        "state": state,
        "word": ARRANGED if state == "accepted" and row.ended_at == row.offered_at else WORDS[state],
        "pictures": pictures_of(exchange_of(row), visit) if state == "offered" else [],
        "acts": _acts(row, state, visit),
        "for_other": visit.person.id not in (row.asker_id, row.other_id),
    }
    return render(request, "swap.html", context)


@require_POST
@signed_in
def act(request: DeskRequest, swap_id: int, act: str) -> HttpResponse:
    """Accept, decline, withdraw, undo."""
    visit, row = request.visit, swap_by_id(swap_id)
    if act not in DONE:
        raise NotFound("There is no such act of a swap.")
    for team_id in _teams(row):
        decision = may_cover(visit.viewer, team_id, now=visit.now)
        if not decision.allowed:
            raise NotAllowed(decision.why)
    does: dict[str, Callable[..., Swap]] = {
        "accept": accept_swap,
        "decline": partial(decline_swap, why=request.POST.get("why", "")),
        "withdraw": withdraw_swap,
        "undo": undo_swap,
    }
    try:
        does[act](row.id, person=visit.person, by=visit.actor, now=visit.now, may_for_others=_may_for_others(row, visit))
    except (Refused, Invalid) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, DONE[act])
    return HttpResponseRedirect(reverse("swap", args=[row.id]), status=303)


def pictures_of(exchange: Exchange, visit: Visit) -> list[tuple[str, dt.tzinfo, coverage.Beside]]:
    """What it does, at the one watch and at the other."""
    foreseen, found = foresee_exchange(exchange, now=visit.now), []
    for half in exchange.halves:
        if half.schedule_id in foreseen:
            zone = times.zone_of(foreseen[half.schedule_id].before.zone)
            found.append((half.schedule, zone, coverage.beside(foreseen[half.schedule_id], half.start, half.end, zone, visit)))
    return found


def _teams(row: Swap) -> set[int]:
    return {row.given_schedule.team_id, row.taken_schedule.team_id}


def _may_for_others(row: Swap, visit: Visit) -> bool:
    return all(may_agree_for(visit.viewer, team_id, now=visit.now).allowed for team_id in _teams(row))


def _state(row: Swap, visit: Visit) -> str:
    return "expired" if row.state == Swap.State.OFFERED and row.expires_at <= visit.now else str(row.state)


def _acts(row: Swap, state: str, visit: Visit) -> list[str]:
    """What the reader can do now."""
    manages, me = _may_for_others(row, visit), visit.person.id
    if state == "offered":
        return [*(["accept", "decline"] if me == row.other_id or manages else []), *(["withdraw"] if me == row.asker_id else [])]
    begun = min(row.given_start, row.taken_start) <= visit.now
    return ["undo"] if state == "accepted" and not begun and (me in (row.asker_id, row.other_id) or manages) else []


def _watches(visit: Visit) -> tuple[list[Watch], list[Watch]]:
    """The watches to come that the reader can give, and those of colleagues that they can take."""
    mine_in = {team for team, role in visit.viewer.roles.items() if RANK[role] >= RANK["responder"]}
    schedules = list(Schedule.objects.filter(is_active=True, team_id__in=mine_in).order_by("position", "id"))
    made = watches_of(schedules, visit)
    return [each for each in made if each.person == visit.person], [each for each in made if each.person != visit.person]


def watches_of(schedules: Sequence[Schedule], visit: Visit) -> list[Watch]:
    """The watches of these schedules that begin within the time of the lists."""
    rules = load([each.id for each in schedules], start=visit.now, end=visit.now + AHEAD)
    rows = [
        (each, row)
        for each in schedules
        for row in final_shifts(rules[each.id], visit.now, visit.now + AHEAD)
        if row.start > visit.now and row.person_id is not None and not row.shadow
    ]
    people = Person.objects.in_bulk({row.person_id for _, row in rows})
    return [_watch(each, row, people[row.person_id or 0]) for each, row in rows]


def _watch(schedule: Schedule, row: Shift, person: Person) -> Watch:
    return Watch(value_of(schedule.id, row.start, person), schedule, person, row.start, row.end)


def with_chosen(listed: list[Watch], text: str) -> list[Watch]:
    """The list, with the watch that was chosen on a picture when it begins later than those of the list."""
    try:
        schedule, at, person = chosen(text)
    except Invalid:
        return listed
    if any((each.schedule.id, each.start, each.person.id) == (schedule.id, at, person.id) for each in listed):
        return listed
    rows = final_shifts(load([schedule.id], start=at, end=at)[schedule.id], at, at + dt.timedelta(microseconds=1))
    return listed + [_watch(schedule, row, person) for row in rows if row.person_id == person.id and row.start == at and not row.shadow]


def _offer(typed: dict[str, Any], visit: Visit) -> Offer:
    (give, give_at, _), (take, take_at, other) = (chosen(typed[name]) for name in ("give", "take"))
    for each in (give, take):
        decision = may_cover(visit.viewer, each.team_id, now=visit.now)
        if not decision.allowed:
            raise NotAllowed(decision.why)
    return Offer(other, give, give_at, take, take_at, typed["reason"])


def chosen(text: str) -> tuple[Schedule, dt.datetime, Person]:
    """A watch of the lists."""
    try:
        id_, start, handle = text.split(" ", 2)
        at = dt.datetime.fromisoformat(start)
        schedule = Schedule.objects.select_related("team").get(pk=int(id_), is_active=True)
        person = Person.objects.get(handle=handle)
    except (ValueError, OverflowError, Schedule.DoesNotExist, Person.DoesNotExist) as error:
        raise Invalid("Choose both watches from the lists.") from error
    if at.tzinfo is None:
        raise Invalid("Choose both watches from the lists.")
    return schedule, at, person
