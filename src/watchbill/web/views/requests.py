"""A request of a queue on its page: what was found of each criterion, and the decision. Works without JavaScript."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from watchbill.duties.models import Queue
from watchbill.duties.requests.actions import Found, answer, decide_on
from watchbill.duties.requests.rules import Verdict, Word, criteria_of
from watchbill.duties.requests.selectors import history_of, lines_of, request_in, standings
from watchbill.duties.selectors.queues import queue_by_id
from watchbill.kernel.errors import Invalid, Refused
from watchbill.people.permissions import Verb, decide
from watchbill.trackers.models import Issue
from watchbill.web.visit import DeskRequest, signed_in

WORDS = [(str(Word.MET), "Met"), (str(Word.NOT_MET), "Not met"), (str(Word.UNCLEAR), "Unclear")]
VERDICTS = [(str(Verdict.ACCEPT), "Accepted"), (str(Verdict.DECLINE), "Declined"), (str(Verdict.ASK), "Asked for more: they have the word")]
SAID = {Verdict.ACCEPT: "It is accepted.", Verdict.DECLINE: "It is declined.", Verdict.ASK: "Its clock stands still until they answer."}


@require_safe
@signed_in
def request(request: DeskRequest, queue_id: int, issue_id: int) -> HttpResponse:
    """The checklist, the decision and the history of one request."""
    found, issue = _seen(request, queue_id, issue_id)
    return _page(request, found, issue)


@require_POST
@signed_in
def answered(request: DeskRequest, queue_id: int, issue_id: int) -> HttpResponse:
    """What was found of some criteria; one without a word is left alone."""
    visit, said = request.visit, request.POST
    found, issue = _seen(request, queue_id, issue_id)
    numbers = range(1, len(criteria_of(found.criteria)) + 1)
    given = [Found(n, said.get(f"word-{n}", ""), said.get(f"note-{n}", "")) for n in numbers if said.get(f"word-{n}")]
    try:
        if lost := [n for n in numbers if said.get(f"note-{n}", "").strip() and not said.get(f"word-{n}")]:
            raise Invalid(f"Criterion {lost[0]} has a note and no word: choose met, not met or unclear.", field=f"word-{lost[0]}")
        answer(found, issue.pk, given, person=visit.person, actor=visit.actor, now=visit.now)
    except (Invalid, Refused) as error:
        return _page(request, found, issue, error.message)
    messages.success(request, "Kept.")
    return HttpResponseRedirect(reverse("request", args=[found.pk, issue.pk]), status=303)


@require_POST
@signed_in
def decided(request: DeskRequest, queue_id: int, issue_id: int) -> HttpResponse:
    """Accept, decline, or ask for more."""
    visit, said = request.visit, request.POST
    found, issue = _seen(request, queue_id, issue_id)
    by: dict[str, Any] = {"person": visit.person, "actor": visit.actor, "now": visit.now}
    try:
        made = decide_on(found, issue.pk, said.get("verdict", ""), said.get("reason", ""), vouched=said.get("vouched", ""), **by)
    except (Invalid, Refused) as error:
        return _page(request, found, issue, error.message)
    messages.success(request, SAID[Verdict(made.verdict)])
    return HttpResponseRedirect(reverse("request", args=[found.pk, issue.pk]), status=303)


def _seen(request: DeskRequest, queue_id: int, issue_id: int) -> tuple[Queue, Issue]:
    found = queue_by_id(queue_id)
    return found, request_in(request.visit.viewer, found, issue_id)


def _page(request: DeskRequest, found: Queue, issue: Issue, problem: str = "") -> HttpResponse:
    visit = request.visit
    lines, standing = lines_of(found, issue), standings(found, [issue], now=visit.now)[issue.pk]
    context = {
        "section": "queues",
        "queue": found,
        "issue": issue,
        "standing": standing,
        "is_late": standing.age is not None and standing.age.is_broken(visit.now),
        "asked": [line for line in lines if line.asked],
        "old": [line for line in lines if not line.asked],
        "words": WORDS,
        "verdicts": VERDICTS,
        "history": history_of(issue),
        "may": decide(visit.viewer, Verb.RESPOND, team_id=found.team_id),
        "typed": request.POST if problem else {},
        "problem": problem,
    }
    return render(request, "request.html", context, status=422 if problem else 200)
