"""Your rules by urgency: a form, and in words what a page would do with them, before it does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from watchbill.config.selectors import changed_by_hand
from watchbill.kernel import kinds
from watchbill.kernel.errors import Invalid
from watchbill.notifications.actions import check_rules, kinds_of, set_rules
from watchbill.notifications.models import Rule
from watchbill.notifications.reach import ways_of
from watchbill.notifications.rules import PersonalRule, in_words, why_asleep
from watchbill.people.models import Person
from watchbill.web import times
from watchbill.web.visit import DeskRequest, signed_in
from watchbill.web.words import HOW

URGENCIES = (("high", "High urgency"), ("low", "Low urgency"))
DELAYS = (0, 30, 60, 120, 180, 300, 600, 900, 1800, 3600)  # seconds on offer
LINES, MOST = 2, 6  # of each urgency on the form: one empty line is always there, up to the most
Rules = Mapping[str, Sequence[PersonalRule]]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a page of this urgency would do, in words."""

    urgency: str
    words: str
    warning: str


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def rules(request: DeskRequest) -> HttpResponse:
    """The form. A POST shows what would be, or keeps it."""
    visit = request.visit
    problem, wanted = "", kept_rules(visit.person)
    if request.method == "POST":
        wanted = _asked(request)
        try:
            if request.POST.get("do") == "preview":
                check_rules(visit.person, wanted)
            else:
                changed = set_rules(visit.person, wanted, by=visit.actor, now=visit.now)
                messages.success(request, "Your rules are kept. They count from the next page on." if changed else "Nothing was changed.")
                return HttpResponseRedirect(f"{reverse('you')}#rules", status=303)
        except Invalid as error:
            problem = error.message
    has = kinds_of(visit.person)
    context = {
        "section": "you",
        "problem": problem,
        "trying": request.method == "POST",
        "foreseen": [] if problem else foreseen(visit.person, wanted),
        "changed_here": changed_by_hand(visit.person),
        "groups": [
            (urgency, title, _lines(wanted.get(urgency, ()), [kind for kind in has if urgency == "high" or kind not in kinds.VOICE]))
            for urgency, title in URGENCIES
        ],
    }
    return render(request, "rules.html", context, status=422 if problem else 200)


def kept_rules(person: Person) -> dict[str, list[PersonalRule]]:
    """The person's rules as they stand."""
    found: dict[str, list[PersonalRule]] = {urgency: [] for urgency, _ in URGENCIES}
    for row in Rule.objects.filter(person=person).order_by("position", "id"):
        found[row.urgency].append(PersonalRule(dt.timedelta(seconds=row.after_seconds), tuple(row.kinds)))
    return found


def foreseen(person: Person, wanted: Rules) -> list[Foreseen]:
    """For each urgency what the outbox would plan now, as a sentence, and whether that wakes anybody."""
    made = []
    for urgency, _ in URGENCIES:
        ways, why_not = ways_of([person.pk], urgency, rules=list(wanted.get(urgency, ()))).get(person.pk, ((), ""))
        listed = [(way.kind, way.after) for way in ways]
        warning = why_not or (why_asleep(listed) if urgency == "high" else "")
        made.append(Foreseen(urgency, in_words(listed) if listed else "nothing", warning))
    return made


def _asked(request: HttpRequest) -> dict[str, list[PersonalRule]]:
    """What the form says; a line that names no way is no rule."""
    found: dict[str, list[PersonalRule]] = {}
    for urgency, _ in URGENCIES:
        found[urgency] = []
        for line in range(1, MOST + 1):
            by = tuple(dict.fromkeys(request.POST.getlist(f"{urgency}-{line}-by")))
            after = request.POST.get(f"{urgency}-{line}-after", "0")
            if by:
                seconds = int(after) if after.isascii() and after.isdigit() and len(after) < 7 else -1
                found[urgency].append(PersonalRule(dt.timedelta(seconds=seconds), by))
    return found


def _lines(rules: Sequence[PersonalRule], has: Sequence[str]) -> list[dict[str, Any]]:
    lines: list[PersonalRule] = [*rules, *[PersonalRule(dt.timedelta(0), ())] * max(1, LINES - len(rules))][:MOST]
    return [
        {
            "number": number + 1,
            "ways": [(kind, HOW.get(kind, kind), kind in rule.kinds) for kind in dict.fromkeys([*has, *rule.kinds])],
            "delays": [
                (seconds, "at once" if not seconds else f"after {times.span(seconds)}", seconds == int(rule.after.total_seconds()))
                for seconds in sorted({*DELAYS, max(0, int(rule.after.total_seconds()))})
            ],
        }
        for number, rule in enumerate(lines)
    ]
