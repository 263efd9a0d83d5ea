"""Queues on the pages: what waits, what is new; take an item, give it back, promote it; and what nobody has said a word about for too long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from watchbill.duties.actions import items
from watchbill.duties.actions.proving import record_pass
from watchbill.duties.actions.silence import About, snooze
from watchbill.duties.models import Queue
from watchbill.duties.requests.selectors import standings
from watchbill.duties.selectors.queues import given_back, list_queue, queue_by_id, summaries, taken_by
from watchbill.duties.selectors.silence import Subject, silent
from watchbill.incidents.models import Service
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.permissions import Verb, decide
from watchbill.response.rules import SEVERITIES
from watchbill.response.selectors import manages
from watchbill.web.visit import DeskRequest, Visit, signed_in

ACTS = ("take", "give-back", "done", "promote")
LATELY = dt.timedelta(days=14)
DAYS = {"1": "1 day", "3": "3 days", "7": "1 week", "14": "2 weeks", "30": "30 days"}
RUNGS = {0: "", 1: "its owner was asked", 2: "whoever is on call was asked", 3: "the team was asked"}


@require_safe
@signed_in
def listed(request: DeskRequest) -> HttpResponse:
    """Every queue in a line, and what the reader took."""
    visit = request.visit
    context = {
        "section": "queues",
        "rows": summaries(visit.viewer),
        "mine": taken_by(visit.person.id),
        "silent": len(silent(visit.viewer, now=visit.now)),
    }
    return render(request, "queues.html", context)


@require_safe
@signed_in
def queue(request: DeskRequest, queue_id: int) -> HttpResponse:
    """One queue: new items first."""
    visit, found = request.visit, queue_by_id(queue_id)
    responds = decide(visit.viewer, Verb.RESPOND, team_id=found.team_id)
    items_ = list_queue(visit.viewer, found)
    standing = standings(found, [item.issue for item in items_.items], now=visit.now)
    rows = [(item, standing.get(item.issue.pk)) for item in items_.items]
    late = [row for row in rows if row[1] is not None and row[1].age is not None and row[1].age.is_broken(visit.now)]
    context = {
        "section": "queues",
        "queue": found,
        "listed": items_,
        "rows": [*((item, each, True) for item, each in late), *((*row, False) for row in rows if row not in late)],
        "late": len(late),
        "back": given_back(visit.viewer, found, since=visit.now - LATELY),
        "may": responds,
        "may_for_others": _manages(visit, found),
        "services": Service.objects.filter(team_id=found.team_id, is_active=True).order_by("id"),
        "severities": SEVERITIES,
    }
    return render(request, "queue.html", context)


@require_POST
@signed_in
def gone_through(request: DeskRequest, queue_id: int) -> HttpResponse:
    """The reader went through it."""
    visit, found = request.visit, queue_by_id(queue_id)
    try:
        made = record_pass(found, request.POST.get("note", ""), person=visit.person, actor=visit.actor, now=visit.now)
        messages.success(request, f"Recorded: you went through {len(made.issues)} items. What comes from now on is new.")
    except Invalid as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("queue", args=[found.id]), status=303)


@require_POST
@signed_in
def act(request: DeskRequest, queue_id: int, issue_id: int, act: str) -> HttpResponse:
    """Take it, give it back, say that it is done, make it an incident."""
    found = queue_by_id(queue_id)
    if act not in ACTS:
        raise NotFound("There is no such act of an item.")
    here = reverse("queue", args=[found.id])
    try:
        where = DOES[act](request, found, issue_id) or here
    except NotAllowed:
        raise
    except (Refused, Invalid) as error:
        messages.error(request, error.message)
        where = here
    return HttpResponseRedirect(where, status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def stale(request: DeskRequest) -> HttpResponse:
    """What is silent for too long. POST leaves one of it alone for a while."""
    visit, problem = request.visit, ""
    if request.method == "POST":
        try:
            _leave_alone(request)
        except (Invalid, Refused) as error:
            problem = error.message
        else:
            return HttpResponseRedirect(reverse("stale"), status=303)
    found = silent(visit.viewer, now=visit.now)
    rows = [(each, _asked(each, visit), decide(visit.viewer, Verb.RESPOND, team_id=each.team.id).allowed) for each in found]
    context = {"section": "queues", "rows": rows, "days": DAYS.items(), "problem": problem}
    return render(request, "stale.html", context, status=422 if problem else 200)


def _manages(visit: Visit, found: Queue) -> bool:
    return decide(
        visit.viewer, Verb.AGREE_FOR, team_id=found.team_id, manages=manages(visit.person.id, found.team_id, now=visit.now)
    ).allowed


def _by(request: DeskRequest) -> dict[str, Any]:
    visit = request.visit
    return {"person": visit.person, "actor": visit.actor, "now": visit.now}


def _take(request: DeskRequest, found: Queue, issue_id: int) -> str:
    items.take(found, issue_id, **_by(request))
    messages.success(request, "It is yours until it is done, over the end of your shift.")
    return ""


def _give_back(request: DeskRequest, found: Queue, issue_id: int) -> str:
    items.give_back(found, issue_id, request.POST.get("reason", ""), **_by(request))
    messages.success(request, "Given back. The managers of the team hear of it.")
    return ""


def _done(request: DeskRequest, found: Queue, issue_id: int) -> str:
    items.finish(found, issue_id, **_by(request))
    messages.success(request, "Done.")
    return ""


def _promote(request: DeskRequest, found: Queue, issue_id: int) -> str:
    said = request.POST
    page = said.get("page") == "yes"
    restricted = {"yes": True, "no": False}.get(said.get("restricted", ""))
    wanted = items.Promotion(said.get("service", ""), said.get("severity", ""), said.get("title", ""), page, restricted)
    made = items.promote(found, issue_id, wanted, **_by(request))
    messages.success(request, "The team is paged." if page else "It is your incident now. Nobody was woken.")
    return reverse("incident", args=[made.number])


DOES: dict[str, Callable[[DeskRequest, Queue, int], str]] = {"take": _take, "give-back": _give_back, "done": _done, "promote": _promote}


def _leave_alone(request: DeskRequest) -> None:
    visit, said = request.visit, request.POST
    number, issue, days = said.get("number", ""), said.get("issue", ""), said.get("days", "")
    if days not in DAYS:
        raise Invalid("Say for how long.", field="days")
    if not all(each.isascii() and each.isdigit() and len(each) < 19 for each in (number or issue,)):
        raise Invalid("Say what is left alone.", field="number")
    about = About(number=int(number)) if number else About(issue_id=int(issue))
    found = snooze(about, visit.now + dt.timedelta(days=int(days)), said.get("reason", ""), **_by(request))
    messages.success(request, f"Nobody is asked about {found.name} for {DAYS[days]}.")


def _asked(each: Subject, visit: Visit) -> str:
    """What was done about it, in a few words."""
    if each.silence.snoozed_until is not None and each.silence.snoozed_until > visit.now:
        return "snoozed"
    return RUNGS[each.silence.asked]
