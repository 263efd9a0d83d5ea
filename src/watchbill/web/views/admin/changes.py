"""One change of the configuration: who made it, the difference, and the way back."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from watchbill.audit.models import Record
from watchbill.config import selectors
from watchbill.config.actions import ChangedMeanwhile, Reverse, edit, key_of, propose, team_of
from watchbill.config.actions import reverse as way_back
from watchbill.config.rules import Standing
from watchbill.kernel.errors import NotAllowed, NotFound, Refused
from watchbill.people.models import Person
from watchbill.schedules.actions import NewGap
from watchbill.web.admin import saying
from watchbill.web.admin.pages import page_of
from watchbill.web.admin.rights import rights_of
from watchbill.web.views.admin.conduct import changed, consent, moments, review
from watchbill.web.visit import DeskRequest, signed_in


@require_safe
@signed_in
def change(request: DeskRequest, record_id: int) -> HttpResponse:
    """What was changed, and whether that can be taken back."""
    record, standing, way = _found(request, record_id)
    key = key_of(record)
    assert key is not None
    context = {
        "section": "admin",
        "record": record,
        "said": saying.recorded(record.kind, record.detail),
        "way": way,
        "done": "done" in request.GET and record.actor_id == request.visit.person.id,
        "undoes": record.detail.get("undoes"),
        "who": Person.objects.filter(pk=record.actor_id).first() if record.actor_id else None,
        "page": page_of(*key),
        "from_file": key in (standing.last or {}),
    }
    return render(request, "admin/change.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def undo(request: DeskRequest, record_id: int) -> HttpResponse:
    """Take it back: first what that would do, then done."""
    record, standing, way = _found(request, record_id)
    if way.why_not:
        raise Refused(way.why_not)
    kind, name = way.key
    decision = rights_of(request.visit.viewer).on(kind, team_of(kind, name, way.words, standing.current))
    if way.words is not None and not decision.allowed:  # it would go back to a team that is not theirs
        raise NotAllowed(decision.why)
    edits, meanwhile, asks = {way.key: way.words}, False, False
    if request.method == "POST":
        try:
            number = edit(edits, action="config.undo", detail={"undoes": record.id}, **consent(request))
        except ChangedMeanwhile:
            meanwhile = True
        except NewGap:
            asks = True
        else:
            return changed(number)
    proposal = propose(edits, moments=moments(request.visit), now=request.visit.now)
    if proposal.problems:
        raise Refused("It cannot be taken back now. " + " ".join(found.text for found in proposal.problems))
    home = reverse("admin-change", args=[record.id])
    title = f"{saying.KINDS.get(way.key[0], way.key[0])} {way.key[1]}".strip()
    return review(request, proposal, title=title, home=home, meanwhile=meanwhile, undoes=record.id, asks=asks)


def _found(request: DeskRequest, record_id: int) -> tuple[Record, Standing, Reverse]:
    """Only for whoever may change the same entry; others do not learn that there is such a record."""
    record = Record.objects.filter(pk=record_id).first()
    key = key_of(record) if record else None
    if record is None or key is None:
        raise NotFound("There is no such change.")
    standing = selectors.standing(also=[key])
    if not rights_of(request.visit.viewer).may_take_back(record, *key, standing):
        raise NotFound("There is no such change.")
    return record, standing, way_back(record, standing)
