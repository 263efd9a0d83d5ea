"""Runbooks on the pages: the list, one with its versions, what differs between two, and writing with a preview."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from watchbill.incidents.models import Service
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Team
from watchbill.people.permissions import Verb, decide
from watchbill.runbooks import actions
from watchbill.runbooks.actions import Wording
from watchbill.runbooks.models import Runbook
from watchbill.runbooks.rendering import render as markdown
from watchbill.runbooks.rules import difference
from watchbill.runbooks.selectors import by_id, listed, places_of, version_of, versions_of
from watchbill.web.runbooks import places_in, typed_of, words_of
from watchbill.web.visit import DeskRequest, Visit, signed_in

MOST = 300  # rows of the list
ACTS = ("retire", "bring-back")
FIELDS = ("title", "text", "why", "when", "team", "seen")


@require_safe
@signed_in
def everything(request: DeskRequest) -> HttpResponse:
    """The list, by title."""
    visit, asked = request.visit, request.GET
    rows = listed(visit.viewer, text=asked.get("q", "")[:200], team=asked.get("team", ""), retired="retired" in asked)
    context = {
        "section": "runbooks",
        "rows": list(rows.defer("text")[:MOST]),
        "q": asked.get("q", "")[:200],
        "team": asked.get("team", ""),
        "retired": "retired" in asked,
        "teams": Team.objects.filter(is_active=True).order_by("name").values_list("name", flat=True),
        "may": bool(_teams(visit)),
    }
    return render(request, "runbooks.html", context)


@require_safe
@signed_in
def runbook(request: DeskRequest, runbook_id: int) -> HttpResponse:
    """One, as it reads now."""
    visit, row = request.visit, by_id(request.visit.viewer, runbook_id)
    versions = versions_of(row)
    context = {
        "section": "runbooks",
        "row": row,
        "html": markdown(row.text),
        "latest": versions[0],
        "versions": versions,
        "places": words_of(places_of(row)),
        "may": decide(visit.viewer, Verb.RESPOND, team_id=row.team_id),
    }
    return render(request, "runbook.html", context)


@require_safe
@signed_in
def version(request: DeskRequest, runbook_id: int, number: int) -> HttpResponse:
    """One wording, and what it changed of the one before."""
    row = by_id(request.visit.viewer, runbook_id)
    shown = version_of(row, number)
    before = version_of(row, number - 1) if number > 1 else None
    context = {
        "section": "runbooks",
        "row": row,
        "shown": shown,
        "before": before,
        "differs": difference(before.text, shown.text) if before is not None else [],
        "html": markdown(shown.text),
    }
    return render(request, "runbook_version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: DeskRequest) -> HttpResponse:
    """A new one, for a team of the writer's."""
    visit = request.visit
    teams = _teams(visit)
    if not teams:
        raise NotAllowed(f"{visit.person.handle} is a responder of no team, so there is none to write a runbook for.")
    if request.method != "POST":
        wanted = request.GET.get("service", "")
        service = Service.objects.filter(name=wanted, team__in=teams).select_related("team").first() if "\0" not in wanted else None
        return _form(request, None, service.team if service else teams[0], {service.pk} if service else set(), {})
    team = next((each for each in teams if each.name == request.POST.get("team")), teams[0])
    return _written(request, None, team)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def edit(request: DeskRequest, runbook_id: int) -> HttpResponse:
    """Write it anew: a preview, what differs, then a new version."""
    visit, row = request.visit, by_id(request.visit.viewer, runbook_id)
    decision = decide(visit.viewer, Verb.RESPOND, team_id=row.team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)
    if request.method == "POST":
        return _written(request, row, row.team)
    services, when = typed_of(places_of(row))
    typed = {"title": row.title, "text": row.text, "when": when, "seen": str(row.version)}
    return _form(request, row, row.team, services, typed)


@require_POST
@signed_in
def act(request: DeskRequest, runbook_id: int, act: str) -> HttpResponse:
    """retire, bring-back."""
    if act not in ACTS:
        raise NotFound("There is no such act of a runbook.")
    row = by_id(request.visit.viewer, runbook_id)
    does = actions.retire if act == "retire" else actions.bring_back
    try:
        does(row.id, **_by(request.visit))
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "It is shown at no alert any more, and kept." if act == "retire" else "It is shown again where it was.")
    return HttpResponseRedirect(reverse("runbook", args=[row.id]), status=303)


def _written(request: DeskRequest, row: Runbook | None, team: Team) -> HttpResponse:
    sent = request.POST
    typed = {name: sent.get(name, "") for name in FIELDS}
    chosen = set(
        Service.objects.filter(team=team, name__in=[name for name in sent.getlist("service") if "\0" not in name]).values_list(
            "id", flat=True
        )
    )
    if sent.get("do") == "preview":
        return _form(request, row, team, chosen, typed, preview=True)
    try:
        wanted = Wording(typed["title"], typed["text"], typed["why"], places_in(sent, team))
        if row is None:
            made = actions.write(team, wanted, **_by(request.visit))
        else:
            seen = int(typed["seen"]) if typed["seen"].isascii() and typed["seen"].isdigit() and len(typed["seen"]) < 9 else 0
            made = actions.edit(row.id, seen, wanted, **_by(request.visit))
    except NotAllowed:
        raise
    except (Invalid, Refused) as error:
        if row is not None and isinstance(error, Refused):
            typed["seen"] = str(by_id(request.visit.viewer, row.id).version)  # what differs from it is shown: the next save is upon that
        return _form(request, row, team, chosen, typed, problem=error.message)
    messages.success(request, f"Kept as version {made.version}.")
    return HttpResponseRedirect(reverse("runbook", args=[made.id]), status=303)


def _form(
    request: DeskRequest,
    row: Runbook | None,
    team: Team,
    chosen: set[int],
    typed: dict[str, str],
    *,
    problem: str = "",
    preview: bool = False,
) -> HttpResponse:
    fresh = by_id(request.visit.viewer, row.id) if row is not None else None
    text = typed.get("text", "")
    context = {
        "section": "runbooks",
        "row": fresh,
        "team": team,
        "teams": _teams(request.visit) if row is None else [],
        "services": Service.objects.filter(team=team, is_active=True).order_by("name"),
        "chosen": chosen,
        "typed": typed,
        "problem": problem,
        "preview": preview or bool(problem),
        "html": markdown(text[: actions.LONGEST]) if preview or problem else "",
        "differs": difference(fresh.text, text.replace("\r\n", "\n").strip()) if fresh is not None and (preview or problem) else [],
    }
    return render(request, "runbook_edit.html", context, status=422 if problem else 200)


def _teams(visit: Visit) -> list[Team]:
    rows = Team.objects.filter(is_active=True).order_by("name")
    return [team for team in rows if decide(visit.viewer, Verb.RESPOND, team_id=team.pk).allowed]


def _by(visit: Visit) -> dict[str, Any]:
    return {"person": visit.person, "actor": visit.actor, "now": visit.now}
