"""A schedule from a template: the few questions of it, then the form of a schedule with the answers in it, or two schedules beside one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from watchbill.config.actions import ChangedMeanwhile, Edits, edit, propose
from watchbill.config.selectors import facts
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.people.models import Team
from watchbill.schedules.actions import NewGap
from watchbill.schedules.rules import backup_of, week_by_week
from watchbill.schedules.selectors import versions_of
from watchbill.web.admin.editors import by_place, world
from watchbill.web.admin.patterns import PATTERNS, SECOND, Asked, crew_of, handles_of, layer_words
from watchbill.web.admin.questions import Values, one
from watchbill.web.admin.rights import may_administer, rights_of
from watchbill.web.views.admin import conduct, rotations
from watchbill.web.visit import DeskRequest, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def template(request: DeskRequest, pattern: str) -> HttpResponse:
    """The questions of a template. POST: the form of a new schedule that they fill; for a backup what it would do, or it is done."""
    if not may_administer(request.visit.viewer) or pattern not in PATTERNS:
        raise NotFound("There is nothing here.")
    sent = request.POST if request.method == "POST" else request.GET
    own, wanted = rights_of(request.visit.viewer).own, sent.get("team", "")
    name = wanted if wanted in own else own[0] if len(own) == 1 and not wanted else ""
    team = Team.objects.filter(name=name, is_active=True).first() if name else None
    if team is None:
        context = {"section": "admin", "pattern": PATTERNS[pattern], "teams": own}
        return render(request, "admin/template.html", context, status=422 if request.method == "POST" else 200)
    visit = request.visit
    asked = Asked(PATTERNS[pattern], crew_of(team), frozenset(facts().zones), visit.now, visit.person.timezone)
    if request.method != "POST":
        return _form(request, asked, asked.start())
    values = {name: request.POST.getlist(name) for name in request.POST if name not in conduct.OURS}
    if request.POST.get("do") == "edit":
        return _form(request, asked, values)
    try:
        return _beside(request, asked, values) if asked.pattern == SECOND else _filled(request, asked, values)
    except Invalid as error:
        return _form(request, asked, values, [error.message])


def _form(request: DeskRequest, asked: Asked, values: Values, others: Sequence[str] = ()) -> HttpResponse:
    context = {
        "section": "admin",
        "pattern": asked.pattern,
        "team": asked.crew.team,
        "crew": asked.crew,
        "blocks": asked.blocks(values),
        "others": others,
        "refused": bool(others),
        "is_second": asked.pattern == SECOND,
    }
    return render(request, "admin/template.html", context, status=422 if others else 200)


def _filled(request: DeskRequest, asked: Asked, values: Values) -> HttpResponse:
    """The ordinary form of a new schedule, filled in; from there on all is as ever."""
    layers = asked.layers(values)
    words = {
        "team": asked.crew.team.name,
        "timezone": asked.zone(values),
        "name": one(values, "name"),
        **({"hours": asked.pattern.hours} if asked.pattern.hours else {}),
        "layers": layer_words(layers, handles_of(layers)),
    }
    extra = {"pattern": asked.pattern, "pattern_notes": asked.notes(values, layers)}
    subject = rotations.beginning(request, words, extra)
    return conduct.form(request, subject, subject.editor.values())


def _beside(request: DeskRequest, asked: Asked, values: Values) -> HttpResponse:
    """The backup and the managers of a schedule: seen together, made together or not at all."""
    edits = _edits(asked, values)
    new = tuple(key for key in edits if key[0] == "schedules")
    meanwhile = asks = False
    if request.POST.get("do") == "apply":
        try:
            number = edit(edits, new=new, **conduct.consent(request))
        except (Invalid, Refused) as error:
            meanwhile, asks = isinstance(error, ChangedMeanwhile), isinstance(error, NewGap)
        else:
            messages.success(
                request, f"Made: {' and '.join(name for _, name in new)}. A policy may name {'them' if len(new) > 1 else 'it'} now."
            )
            return conduct.changed(number)
    proposal = propose(edits, new=new, moments=conduct.moments(request.visit), now=request.visit.now)
    if proposal.problems:
        _, others = by_place(proposal.problems, ("", ""), set())
        return _form(request, asked, values, others)
    return conduct.review(
        request,
        proposal,
        title=asked.pattern.title,
        home=reverse("admin-schedule-template", args=[asked.pattern.key]),
        carried=conduct.carried(values),
        consequences=[
            f"The backup is made from {one(values, 'beside')} as it is now: a later change of that rotation is to be made in both.",
            "No policy names these schedules yet: a step of one does.",
        ],
        meanwhile=meanwhile,
        asks=asks,
    )


def _edits(asked: Asked, values: Values) -> Edits:
    """A schedule for the backup, one for the managers if there are any, and the team when they are to stand on that one."""
    found = next((each for each in asked.crew.schedules if each.name == one(values, "beside")), None)
    if found is None:
        raise Invalid("Choose the schedule that gets a backup; a team without any begins with another template.")
    first = asked.first(values)
    try:
        layers = backup_of([version for version in versions_of(found) if version.valid_until is None], first)
    except ValueError as error:
        raise Invalid(str(error)) from error
    same = {"team": asked.crew.team.name, "timezone": found.timezone}
    also = {**({"hours": found.hours} if found.hours != "any" else {}), **({"combine": found.combine} if found.combine != "union" else {})}
    second, third = one(values, "backup") or f"{found.name} backup", one(values, "third") or f"{found.name} managers"
    if second == third:
        raise Invalid(f"Both schedules have the name {second[:60]}; expected two names.")
    edits: dict[tuple[str, str], Mapping[str, Any]] = {
        ("schedules", second): {**same, **also, "layers": layer_words(layers, handles_of(layers))}
    }
    if managers := asked.people(values, "managers"):
        weeks = week_by_week(managers, first, layers[0].start)
        edits["schedules", third] = {**same, "layers": layer_words(weeks, handles_of(weeks))}
        if one(values, "team_manager"):
            team = world().words("teams", asked.crew.team.name)
            edits["teams", asked.crew.team.name] = {**team, "manager": {"schedule": third}}
    return edits
