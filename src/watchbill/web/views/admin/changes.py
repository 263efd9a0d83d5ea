"""One change of the configuration: who made it, the difference, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from watchbill.audit.models import Record
from watchbill.config import selectors
from watchbill.config.actions import ChangedMeanwhile, Reverse, edit, key_of, propose, team_of, together_with
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
    record, standing, ways = _found(request, record_id)
    key = key_of(record)
    assert key is not None
    context = {
        "section": "admin",
        "record": record,
        "said": saying.recorded(record.kind, record.detail),
        "others": [saying.recorded(each.kind, each.detail) for each in together_with(record) if each.pk != record.pk],
        "why_not": _why_not(ways),
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
    record, standing, ways = _found(request, record_id)
    if why_not := _why_not(ways):
        raise Refused(why_not)
    for way in ways:
        decision = rights_of(request.visit.viewer).on(way.key[0], team_of(*way.key, way.words, standing.current))
        if way.words is not None and not decision.allowed:  # it would go back to a team that is not theirs
            raise NotAllowed(decision.why)
    edits, meanwhile, asks = {way.key: way.words for way in ways}, False, False
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
    titles = [f"{saying.KINDS.get(kind, kind)} {name}".strip() for kind, name in edits]
    title = titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1} more"
    return review(request, proposal, title=title, home=home, meanwhile=meanwhile, undoes=record.id, asks=asks)


def _found(request: DeskRequest, record_id: int) -> tuple[Record, Standing, list[Reverse]]:
    """Only for whoever may change the same entries; others do not learn that there is such a record. What was done as one goes back as one."""
    record = Record.objects.filter(pk=record_id).first()
    records = {each: key_of(each) for each in together_with(record)} if record else {}
    keys = [key for key in records.values() if key is not None]
    if record is None or len(keys) < len(records):
        raise NotFound("There is no such change.")
    standing, rights = selectors.standing(also=keys), rights_of(request.visit.viewer)
    if not all(rights.may_take_back(each, *key, standing) for each, key in zip(records, keys, strict=True)):
        raise NotFound("There is no such change.")
    return record, standing, [way_back(each, standing) for each in records]


def _why_not(ways: Sequence[Reverse]) -> str:
    return next((f"{way.key[1]}: {way.why_not}" if len(ways) > 1 else way.why_not for way in ways if way.why_not), "")
