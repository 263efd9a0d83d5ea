"""Learnings on the pages: one line written from anywhere, the list, and what became of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from watchbill.duties.learnings import actions
from watchbill.duties.learnings.models import Learning
from watchbill.duties.learnings.rules import KINDS, why_not_edit
from watchbill.duties.learnings.selectors import by_id, learnings, places
from watchbill.incidents.selectors import by_number
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.people.models import Team
from watchbill.people.permissions import Verb, decide
from watchbill.web.visit import DeskRequest, Visit, signed_in

MOST = 200  # rows of the list
STATES = {"open": "Open", "closed": "Something became of it", "all": "All"}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def listed(request: DeskRequest) -> HttpResponse:
    """The list, by kind, state and team. POST writes one, and goes back to where it was written."""
    if request.method == "POST":
        return _write(request)
    visit, asked = request.visit, request.GET
    chosen = {"state": asked.get("state", "open"), "kind": asked.get("kind", ""), "team": asked.get("team", "")}
    try:
        rows = learnings(visit.viewer, person_id=visit.person.id if asked.get("by") == "me" else None, **chosen)
    except Invalid:
        return HttpResponseRedirect(request.path, status=303)
    found = list(rows[: MOST + 1])
    context = {
        "section": "learnings",
        "rows": found[:MOST],
        "more": len(found) > MOST,
        "states": STATES.items(),
        "by": asked.get("by", ""),
        "teams": Team.objects.filter(is_active=True).order_by("name").values_list("name", flat=True),
        "kind_words": KINDS,
        **chosen,
    }
    return render(request, "learnings.html", context)


@require_safe
@signed_in
def new(request: DeskRequest) -> HttpResponse:
    """The form on a page of its own, for whoever has no script."""
    return _form(request, {"incident": request.GET.get("incident", ""), "back": request.GET.get("back", "")})


@require_safe
@signed_in
def learning(request: DeskRequest, learning_id: int) -> HttpResponse:
    """One of them: correct it, have an issue made, say what became of it."""
    return _page(request, by_id(request.visit.viewer, learning_id))


@require_POST
@signed_in
def act(request: DeskRequest, learning_id: int, act: str) -> HttpResponse:
    """correct, close, issue."""
    does = ACTS.get(act)
    if does is None:
        raise NotFound("There is no such act of a learning.")
    row = by_id(request.visit.viewer, learning_id)
    try:
        said = does(request, row)
    except (Invalid, Refused) as error:
        return _page(request, by_id(request.visit.viewer, learning_id), error.message)
    messages.success(request, said)
    return HttpResponseRedirect(_back(request, reverse("learning", args=[row.id])), status=303)


def _write(request: DeskRequest) -> HttpResponse:
    said = request.POST
    number = said.get("incident", "").strip().removeprefix("#")
    try:
        if number and not (number.isascii() and number.isdigit() and len(number) < 19):
            raise Invalid(f"{number[:40]!r} is no number of an incident. Write it as 418, or leave it empty.", field="incident")
        made = actions.learn(
            said.get("text", ""), said.get("kind", ""), int(number) if number else None, said.get("team", ""), **_by(request.visit)
        )
    except (Invalid, NotFound) as error:
        return _form(request, said, error.message)
    messages.success(request, f"Noted ({KINDS[made.kind].lower()}), for {made.team.name}.")
    return HttpResponseRedirect(_back(request, reverse("learnings")), status=303)


def _form(request: DeskRequest, said: Any, problem: str = "") -> HttpResponse:
    number = said.get("incident", "")
    if not problem and number.isdigit() and len(number) < 19:
        by_number(request.visit.viewer, int(number))  # of what the reader must not know of there is no form either
    context = {
        "section": "learnings",
        "kind_words": KINDS,
        "typed": {name: said.get(name, "") for name in ("text", "kind", "incident", "back", "team")},
        "teams": _teams(request.visit),
        "problem": problem,
    }
    return render(request, "learning_new.html", context, status=422 if problem else 200)


def _page(request: DeskRequest, row: Learning, problem: str = "") -> HttpResponse:
    visit = request.visit
    mine, closed = row.person_id == visit.person.id, row.closed_at is not None
    may = mine or decide(visit.viewer, Verb.RESPOND, team_id=row.team_id).allowed
    restricted = row.incident is not None and row.incident.restricted
    context = {
        "section": "learnings",
        "row": row,
        "i": row.incident,
        "kind_word": KINDS[row.kind],
        "kind_words": KINDS,
        "why_not_edit": why_not_edit(mine=mine, closed=closed, asked=row.link_id is not None, until=row.edit_until, now=visit.now),
        "mine": mine,
        "may": may,
        "places": [] if restricted or closed or row.link_id or not may else places(row.team, now=visit.now),
        "restricted": restricted,
        "failed": row.link.pending.exclude(error="").values_list("error", flat=True).first() if row.link else None,
        "typed": {name: request.POST.get(name, "") for name in ("outcome", "document")},
        "problem": problem,
    }
    return render(request, "learning.html", context, status=422 if problem else 200)


def _teams(visit: Visit) -> list[str]:
    """Those that the reader could mean, when there are several."""
    rows = Team.objects.filter(is_active=True).order_by("name")
    return [team.name for team in rows if decide(visit.viewer, Verb.RESPOND, team_id=team.pk).allowed]


def _back(request: DeskRequest, otherwise: str) -> str:
    """Where it was written; never another site."""
    back = request.POST.get("back", "")
    fine = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if fine else otherwise


def _by(visit: Visit) -> dict[str, Any]:
    return {"person": visit.person, "actor": visit.actor, "now": visit.now}


def _correct(request: DeskRequest, row: Learning) -> str:
    actions.correct(row.id, request.POST.get("text", ""), request.POST.get("kind", ""), **_by(request.visit))
    return "Corrected."


def _close(request: DeskRequest, row: Learning) -> str:
    actions.close(row.id, request.POST.get("outcome", ""), request.POST.get("document", ""), **_by(request.visit))
    return "Closed: something became of it."


def _issue(request: DeskRequest, row: Learning) -> str:
    actions.make_issue(row.id, request.POST.get("place", ""), **_by(request.visit))
    return "An issue is being made of it; its link stands here when it is there."


ACTS: dict[str, Callable[[DeskRequest, Learning], str]] = {"correct": _correct, "close": _close, "issue": _issue}
