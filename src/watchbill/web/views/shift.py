"""The watch of somebody: what they must do, what they did, what they leave. Mine now, any past one, and for a manager those of the team."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.duties.learnings.rules import KINDS
from watchbill.handoff.selectors.shift import Account, Watch, account_of
from watchbill.handoff.selectors.shift_asked import active_person, of_person
from watchbill.handoff.selectors.shift_text import text_of
from watchbill.kernel.errors import NotFound
from watchbill.people.models import Membership, Person
from watchbill.schedules.selectors import next_on_call
from watchbill.web import times
from watchbill.web.rows import Row, rows_of_list
from watchbill.web.shift import picture
from watchbill.web.visit import DeskRequest, Visit, signed_in

LISTED = 14  # watches to choose from


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose watch, which, and all that may be chosen."""

    person: Person
    watch: Watch | None
    watches: Sequence[Watch]


@require_safe
@signed_in
def shift(request: DeskRequest) -> HttpResponse:
    """The page."""
    visit, asked = request.visit, _asked(request)
    person, watch = asked.person, asked.watch
    zone = times.zone_of(person.timezone)
    account = account_of(visit.viewer, person, watch, now=visit.now, zone=zone)
    context = {
        "section": "shift",
        "person": person,
        "mine": person.pk == visit.person.pk,
        "watch": watch,
        "running": watch is not None and watch.runs(visit.now),
        "over": watch is not None and watch.end <= visit.now,
        "account": account,
        "decided": sum(each.shape in ("offer", "yes") for each in account.left),
        "picture": picture(account, watch, visit) if watch is not None else None,
        "left": _rows(account, visit),
        "next": _next(watch, visit) if watch is not None else [],
        "watches": _near(asked.watches, visit.now),
        "people": _people(visit),
        "kind_words": KINDS,
        "query": _query(person, watch, visit),
    }
    return render(request, "shift.html", context)


@require_safe
@signed_in
def text(request: DeskRequest) -> HttpResponse:
    """The same as Markdown, to paste it elsewhere: only what everybody may know."""
    visit, asked = request.visit, _asked(request)
    if asked.watch is None:
        raise NotFound("There is no watch to tell of. Choose one on the page of the watch.")
    said = text_of(visit.viewer, asked.person, asked.watch, now=visit.now, zone=times.zone_of(asked.person.timezone))
    return HttpResponse(said, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})


def _asked(request: DeskRequest) -> Asked:
    visit, said = request.visit, request.GET
    handle = said.get("person", "")
    person = active_person(handle) if handle and handle != visit.person.handle else visit.person
    number = said.get("schedule", "")
    schedule_id = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
    watch, watches = of_person(visit.viewer, person, now=visit.now, at=_moment(said.get("at", "")), schedule_id=schedule_id)
    return Asked(person, watch, watches)


def _moment(said: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(said.replace(" ", "+")) if said else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None and 1970 < at.year < 2200 else None


def _rows(account: Account, visit: Visit) -> list[tuple[Row, object]]:
    """Open incidents with their clocks, and what is decided about each."""
    rows = rows_of_list([each.incident for each in account.left], now=visit.now)
    return list(zip(rows, account.left, strict=True))


def _next(watch: Watch, visit: Visit) -> list[str]:
    """Who takes over, where that is still to come."""
    if watch.end <= visit.now:
        return []
    found = next_on_call([watch.schedule.pk], at=max(watch.end - dt.timedelta(seconds=1), visit.now)).get(watch.schedule.pk, [])
    names = dict(Person.objects.filter(pk__in=[each.person_id for each in found if each.start == watch.end]).values_list("id", "name"))
    return [names[each.person_id] for each in found if each.person_id in names]


def _near(watches: Sequence[Watch], now: dt.datetime) -> list[Watch]:
    """Those that come next, the running ones, and the latest of the past; the latest first."""
    ahead = [each for each in watches if each.start > now]
    return [*ahead[-3:], *[each for each in watches if each.start <= now]][:LISTED]


def _people(visit: Visit) -> list[Person]:
    """Whose watches the reader may look at besides: people of the teams that they manage."""
    teams = [team for team, role in visit.viewer.roles.items() if role in ("manager", "admin")]
    ids = Membership.objects.filter(team_id__in=teams).values("person_id")
    return list(Person.objects.filter(pk__in=ids, is_active=True).exclude(pk=visit.person.pk).order_by("name"))


def _query(person: Person, watch: Watch | None, visit: Visit) -> dict[str, str]:
    """What leads to this very watch."""
    if watch is None:
        return {}
    who = {} if person.pk == visit.person.pk else {"person": person.handle}
    return {**who, "schedule": str(watch.schedule.pk), "at": times.iso(watch.start)}
