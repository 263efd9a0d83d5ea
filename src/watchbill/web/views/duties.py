"""Duties on the pages: what is asked for now and of whom, a queue gone through item by item, a note, and how the duties were kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from watchbill.duties.actions import proving
from watchbill.duties.models import Duty, Queue
from watchbill.duties.rules import ledger as sums
from watchbill.duties.selectors import due, ledger
from watchbill.duties.selectors.passing import can_be_listed, lines_of, running_of
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Person
from watchbill.people.permissions import Verb, decide
from watchbill.web.compliance import pictures
from watchbill.web.visit import DeskRequest, signed_in

WEEKS = 8
DAY = dt.timedelta(days=1)
EVERY = {"shift": "every shift", "day": "every day", "business day": "every business day", "week": "every week", "month": "every month"}


@require_safe
@signed_in
def listed(request: DeskRequest) -> HttpResponse:
    """What is mine, what is everybody's, and how it was kept. `format=csv`: every single one."""
    visit = request.visit
    first, end = _weeks(request)
    found = ledger.lines(first, end) if decide(visit.viewer, Verb.SEE).allowed else []
    if request.GET.get("format") == "csv":
        answer = HttpResponse(sums.text(found), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="duties-{first:%Y-%m-%d}.csv"'
        return answer
    names = dict(Person.objects.filter(handle__in={handle for line in found for handle in line.people}).values_list("handle", "name"))
    people = [(names.get(handle, "Nobody had the watch"), total) for handle, total in sums.by(found, "person").items()]
    duties = _by_duty(due.duties(visit.viewer), due.running(visit.viewer, now=visit.now))
    context = {
        "section": "duties",
        "mine": due.mine(visit.person.id, now=visit.now),
        "running": [each for each in duties if each[2]],
        "idle": [each for each in duties if not each[2]],
        "pictures": pictures(found, first, WEEKS),
        "people": people,
        "first": first,
        "last": end - DAY,
        "before": f"{first - WEEKS * 7 * DAY:%Y-%m-%d}",
        "after": f"{end:%Y-%m-%d}" if end < visit.now else "",
        "csv": f"{first:%Y-%m-%d}",
    }
    return render(request, "duties.html", context)


@require_safe
@signed_in
def duty(request: DeskRequest, duty_id: int) -> HttpResponse:
    """One duty: how it stands, and what there is to do about it."""
    return _page(request, due.duty_by_id(duty_id))


@require_POST
@signed_in
def act(request: DeskRequest, duty_id: int, act: str) -> HttpResponse:
    """prove, begin, seen, finish."""
    visit, found = request.visit, due.duty_by_id(duty_id)
    if act not in ACTS:
        raise NotFound("There is no such act of a duty.")
    by: dict[str, Any] = {"person": visit.person, "actor": visit.actor, "now": visit.now}
    try:
        said = _do(found, act, request, by)
    except NotAllowed:
        raise
    except (Refused, Invalid) as error:
        return _page(request, due.duty_by_id(duty_id), error.message)
    if said:
        messages.success(request, said)
    return HttpResponseRedirect(reverse("duty", args=[found.id]), status=303)


ACTS = ("prove", "begin", "seen", "finish")


def _do(found: Duty, act: str, request: DeskRequest, by: dict[str, Any]) -> str:
    said = request.POST
    if act == "prove":
        proving.prove(found, said.get("text", ""), nothing=said.get("nothing") == "yes", **by)
        return "Recorded. It counts for your watch."
    queue = _queue(found)
    if act == "begin":
        made = proving.begin_pass(queue, **by)
        return "" if made.issues else "Nothing waits there: the pass is recorded."
    if act == "finish":
        made = proving.finish_pass(queue, said.get("note", ""), **by)
        return f"Recorded: {len(made.issues)} seen. What comes from now on is new."
    item = said.get("item", "")
    if not (item.isascii() and item.isdigit() and len(item) < 19):
        raise Invalid("Say which item was seen.", field="item")
    proving.see(queue, int(item), **by)
    return "" if running_of(queue, now=by["now"]) else "That was the last one: the pass is recorded."


def _queue(found: Duty) -> Queue:
    if found.queue is None or not can_be_listed(found.queue):
        raise NotFound(f"{found.name} has no queue that can be gone through. A note proves it.")
    return found.queue


def _page(request: DeskRequest, found: Duty, problem: str = "") -> HttpResponse:
    visit = request.visit
    queue = found.queue if found.queue is not None and can_be_listed(found.queue) else None
    lines = lines_of(visit.viewer, queue, now=visit.now) if queue is not None else []
    running = running_of(queue, now=visit.now) if queue is not None else None
    mine = [line for line in lines if not line.later] if running else lines
    seen = sum(line.seen for line in mine)
    context = {
        "section": "duties",
        "duty": found,
        "every": _every(found),
        "now_due": [each for each in due.running(visit.viewer, now=visit.now) if each.row.duty_id == found.id],
        "queue": queue,
        "lines": sorted(lines, key=lambda line: (line.seen, line.later)) if running else lines,
        "running": running,
        "seen": seen,
        "count": len(mine),
        "next": next((line for line in mine if not line.seen), None) if running else None,
        "proofs": due.proofs_of(found),
        "may": decide(visit.viewer, Verb.RESPOND, team_id=found.team_id),
        "typed": request.POST.get("text", "") if problem else "",
        "problem": problem,
    }
    return render(request, "duty.html", context, status=422 if problem else 200)


def _every(found: Duty) -> str:
    times = f"{found.times} times " if found.times > 1 else ""
    return f"{times}{EVERY[found.every]}{f', due within {found.due}' if found.due else ''}"


def _by_duty(duties: list[Duty], running: list[due.Due]) -> list[tuple[Duty, str, list[due.Due]]]:
    return [(one, _every(one), [each for each in running if each.row.duty_id == one.id]) for one in duties]


def _weeks(request: DeskRequest) -> tuple[dt.datetime, dt.datetime]:
    """Eight weeks, by UTC: those that are asked for, else the latest, this one included."""
    today = request.visit.now.date()
    first = today - (today.weekday() + 7 * (WEEKS - 1)) * DAY
    if asked := request.GET.get("from", ""):
        try:
            first = dt.date.fromisoformat(asked)
            if not 1972 <= first.year < 2199:
                raise ValueError(asked)
        except ValueError as error:
            raise Invalid("That week was not understood; expected a day of it, for example from=2026-03-02.") from error
        first -= first.weekday() * DAY
    begins = dt.datetime.combine(first, dt.time(), tzinfo=dt.UTC)
    return begins, begins + WEEKS * 7 * DAY
