"""What the forms of the pages do. Each act is one action; afterwards the reader is back where they were, with one sentence about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from watchbill.incidents.selectors import by_number
from watchbill.intake.actions import merge
from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.people.models import Person
from watchbill.response import actions
from watchbill.response.actions import Outcome
from watchbill.web.views.frame import back_to
from watchbill.web.visit import DeskRequest, signed_in

MOST_HOURS = 24


@require_POST
@signed_in
def act(request: DeskRequest, number: int, act: str) -> HttpResponse:
    """One act on one incident. What is refused is said on the incident's page, where the reader sees why."""
    do = ACTS.get(act)
    if do is None:
        raise NotFound("There is no such act.")
    home = reverse("incident", args=[number])
    try:
        outcome = do(request, number)
    except (Refused, Invalid) as error:
        by_number(request.visit.viewer, number)  # what must not be known is not found, whatever was refused
        messages.error(request, error.message)
        return HttpResponseRedirect(home, status=303)
    _say(request, outcome, can_undo=act == "acknowledge")
    return HttpResponseRedirect(back_to(request, home), status=303)


@require_POST
@signed_in
def give_back(request: DeskRequest, number: int) -> HttpResponseBase:
    """The undo of an acknowledgement: whoever took it cannot go on."""
    return act(request, number, "give-back")


@require_POST
@signed_in
def bulk(request: DeskRequest) -> HttpResponse:
    """One gesture for all that were ticked; what could not be done is said one by one."""
    back = back_to(request, reverse("incidents"))
    numbers = [int(text) for text in request.POST.getlist("number") if text.isascii() and text.isdigit() and len(text) < 19]
    if not numbers:
        messages.warning(request, "Nothing was chosen. Tick the incidents first.")
        return HttpResponseRedirect(back, status=303)
    try:
        outcomes = actions.bulk(numbers, request.POST.get("act", ""), **_by(request))
    except Invalid as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(back, status=303)
    done = [outcome for outcome in outcomes if outcome.won]
    if done:
        word = "acknowledged: you have" if request.POST.get("act") == "acknowledge" else "resolved:"
        messages.success(request, f"{len(done)} {word} {', '.join(f'#{outcome.number}' for outcome in done[:20])}.")
    for outcome in outcomes:
        if not outcome.won:
            messages.warning(request, outcome.message)
    return HttpResponseRedirect(back, status=303)


@require_POST
@signed_in
def page_by_hand(request: DeskRequest) -> HttpResponse:
    """Page a team because a human says so."""
    asked = request.POST
    try:
        made = actions.page_by_hand(
            asked.get("summary", ""),
            asked.get("service", ""),
            asked.get("severity", "high"),
            by=request.visit.actor,
            now=request.visit.now,
        )
    except Invalid as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(back_to(request, reverse("incidents")), status=303)
    messages.success(request, f"#{made.number} is open and its page begins.")
    return HttpResponseRedirect(reverse("incident", args=[made.number]), status=303)


def _by(request: DeskRequest) -> dict[str, Any]:
    """Who acts and when, as every action wants it."""
    return {"person": request.visit.person, "actor": request.visit.actor, "now": request.visit.now}


def _say(request: DeskRequest, outcome: Outcome, *, can_undo: bool) -> None:
    mine = outcome.owner is not None and outcome.owner.id == request.visit.person.id
    undo = str(outcome.number) if can_undo and outcome.won and mine else ""
    messages.add_message(request, messages.SUCCESS if outcome.won else messages.WARNING, outcome.message, extra_tags=undo)


def _people(request: DeskRequest) -> list[Person]:
    handles = [handle for handle in request.POST.getlist("to") if handle]
    found = list(Person.objects.filter(handle__in=handles, is_active=True))
    if len(found) != len(set(handles)) or not found:
        raise Invalid("Choose a person whose account is open.", field="to")
    return found


def _acknowledge(request: DeskRequest, number: int) -> Outcome:
    page = request.POST.get("page", "")
    return actions.acknowledge(
        number,
        **_by(request),
        take_over=request.POST.get("take_over") == "yes",
        page_id=int(page) if page.isascii() and page.isdigit() and len(page) < 19 else None,
    )


def _snooze(request: DeskRequest, number: int) -> Outcome:
    hours = request.POST.get("hours", "")
    if not hours.isascii() or not hours.isdigit() or len(hours) > 2 or not 1 <= int(hours) <= MOST_HOURS:
        raise Invalid(f"Snooze for 1 to {MOST_HOURS} hours.", field="hours")
    until = request.visit.now + dt.timedelta(hours=int(hours))
    return actions.snooze(number, until, request.POST.get("reason", ""), **_by(request))


def _reason(request: DeskRequest) -> str:
    return request.POST.get("reason", "")


def _nobody_or(request: DeskRequest) -> Person | None:
    """Whose the task is; it may be nobody's yet."""
    return _people(request)[0] if request.POST.get("to") else None


def _id(request: DeskRequest, field: str) -> int:
    text = request.POST.get(field, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _merge(request: DeskRequest, number: int) -> Outcome:
    text = request.POST.get("into", "").strip().removeprefix("#")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid("Say the number of the incident that goes on, such as 418.", field="into")
    return merge(number, int(text), **_by(request))


def _flow(request: DeskRequest, number: int) -> Outcome:
    said = request.POST
    return actions.answer_step(number, said.get("step", ""), said.get("answer", ""), said.get("why", ""), **_by(request))


def _minutes(request: DeskRequest) -> int | None:
    """How old what they last heard may be; empty: no promise."""
    text = request.POST.get("every", "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 7):
        raise Invalid("They can be told every 1 to 44640 minutes.", field="every")
    return int(text) if text else None


ACTS: dict[str, Callable[[DeskRequest, int], Outcome]] = {
    "acknowledge": _acknowledge,
    "resolve": lambda request, number: actions.resolve(number, **_by(request)),
    "resolve-page": lambda request, number: actions.resolve_page(number, **_by(request)),
    "reopen": lambda request, number: actions.reopen(number, _reason(request), **_by(request)),
    "escalate": lambda request, number: actions.escalate(number, **_by(request)),
    "snooze": _snooze,
    "assign": lambda request, number: actions.assign(number, _people(request)[0], **_by(request)),
    "page-people": lambda request, number: actions.page_people(number, _people(request), _reason(request), **_by(request)),
    "note": lambda request, number: actions.note(number, request.POST.get("text", ""), request.POST.get("kind", ""), **_by(request)),
    "severity": lambda request, number: actions.set_severity(number, request.POST.get("severity", ""), _reason(request), **_by(request)),
    "manager": lambda request, number: actions.manager_step(number, request.POST.get("act", ""), **_by(request)),
    "task": lambda request, number: actions.add_task(number, request.POST.get("what", ""), _nobody_or(request), **_by(request)),
    "task-done": lambda request, number: actions.end_task(number, _id(request, "task"), **_by(request)),
    "stakeholder": lambda request, number: actions.add_stakeholder(number, request.POST.get("name", ""), _minutes(request), **_by(request)),
    "stakeholder-gone": lambda request, number: actions.remove_stakeholder(number, _id(request, "stakeholder"), **_by(request)),
    "stakeholders-told": lambda request, number: actions.updated_stakeholders(number, request.POST.get("text", ""), **_by(request)),
    "merge": _merge,
    "flow": _flow,
    "write-again": lambda request, number: actions.write_again(number, **_by(request)),
    "give-back": lambda request, number: actions.give_back(
        number, _reason(request) or "given back right after acknowledging", **_by(request)
    ),
}
