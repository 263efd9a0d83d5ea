"""The way of every change: the form, what it would do, done, and the way back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from watchbill.config.actions import ChangedMeanwhile, Edits, Proposal, edit, propose, seen_now, team_of
from watchbill.config.rules import Key
from watchbill.kernel.errors import Invalid, NotAllowed, Refused
from watchbill.schedules.actions import NewGap
from watchbill.web.admin import saying
from watchbill.web.admin.editors import Editor, World, by_place
from watchbill.web.admin.questions import Place, Values
from watchbill.web.admin.rights import Rights
from watchbill.web.sides import sides
from watchbill.web.visit import DeskRequest, Visit

OURS = ("csrfmiddlewaretoken", "do", "seen", "gap")
SUNDAY, NIGHT = 6, dt.time(3)


@dataclass(frozen=True, slots=True)
class Subject:
    """The page of one entry. `extra`: what its template shows besides; `remove`: the words of one that is deactivated."""

    editor: Editor
    rights: Rights
    world: World
    title: str
    home: str  # where the page stands
    up: str  # and the list that it belongs to
    up_word: str
    template: str = "admin/form.html"
    extra: Mapping[str, Any] = field(default_factory=dict)
    remove: Mapping[str, Any] | None = None
    may_remove: bool = True
    remove_word: str = "Deactivate"
    consequences: Callable[[], Sequence[str]] | None = None  # of deactivating it, besides whom pages reach
    besides: Sequence[str] = ()  # what a change of it does that no difference shows
    shape: Callable[[Values, str], Values] | None = None  # a button that changes the form itself
    done: Callable[[DeskRequest, Key, int], HttpResponse] | None = None

    @property
    def has_buttons(self) -> bool:
        """Has the form buttons of its own? Then Enter must not press the first of them."""
        return self.shape is not None


def conduct(request: DeskRequest, subject: Subject) -> HttpResponse:
    """Show the form; on a POST what it would do, or do it."""
    if request.method != "POST":
        return form(request, subject, subject.editor.values())
    values = {name: request.POST.getlist(name) for name in request.POST if name not in OURS}
    act = request.POST.get("do", "review")
    if act not in ("review", "apply"):
        return form(request, subject, subject.shape(values, act) if subject.shape else values)
    asked = _asked(subject, values)
    doubts = {} if asked.removes else subject.editor.doubts(values)
    if doubts:
        return form(request, subject, values, places=doubts, status=422)
    meanwhile = asks = False
    if act == "apply":
        try:
            number = edit(asked.edits, new=asked.new, **consent(request))
        except (Invalid, Refused) as error:  # the world moved on since the review: it is shown again, with everything typed
            meanwhile, asks = isinstance(error, ChangedMeanwhile), isinstance(error, NewGap)
        else:
            return subject.done(request, asked.key, number) if subject.done else changed(number)
    return _shown(request, subject, asked, meanwhile=meanwhile, asks=asks)


def consent(request: DeskRequest) -> dict[str, Any]:
    """Who applies what they saw, and whether they said that nobody may have a watch for a while."""
    given = request.POST
    return {
        "seen": given.get("seen", ""),
        "allow_gap": given.get("gap") == "yes",
        "by": request.visit.actor,
        "now": request.visit.now,
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants of an entry."""

    values: Values
    key: Key
    edits: Edits
    new: tuple[Key, ...]
    removes: bool


def _asked(subject: Subject, values: Values) -> Asked:
    editor = subject.editor
    key = editor.key(values)
    removes = "remove" in values and not editor.is_new
    if removes and not subject.may_remove:
        raise NotAllowed(f"{subject.title} cannot be deactivated by you.")
    words = subject.remove if removes else editor.words(values)
    _allowed(subject, key, words)
    return Asked(values, key, {key: words}, (key,) if editor.is_new else (), removes)


def _shown(request: DeskRequest, subject: Subject, asked: Asked, *, meanwhile: bool, asks: bool) -> HttpResponse:
    """What it would do; or the form again, with what stands against it."""
    proposal = propose(asked.edits, new=asked.new, moments=moments(request.visit), now=request.visit.now)
    if proposal.problems:
        places, others = by_place(proposal.problems, asked.key, {*subject.editor.places(), subject.editor.key_field})
        if asked.removes:
            others = [text for texts in places.values() for text in texts] + others
            return form(request, subject, subject.editor.values(), others=others, status=422)
        return form(request, subject, asked.values, places=places, others=others, status=422)
    if not proposal.changes:
        return form(request, subject, subject.editor.values() if asked.removes else asked.values, nothing=True)
    seen = request.POST.get("seen", "")
    return review(
        request,
        proposal,
        title=subject.title,
        home=subject.home,
        carried=carried(asked.values),
        consequences=list(subject.consequences() if subject.consequences else ()) if asked.removes else subject.besides,
        meanwhile=meanwhile or (not asked.new and bool(seen) and seen != proposal.seen),
        removes=subject.remove_word if asked.removes else "",
        asks=asks,
    )


def _allowed(subject: Subject, key: Key, words: Mapping[str, Any] | None) -> None:
    """Also of the team that it goes to. Naming another one than the form offers is no mistake of a form."""
    kind, name = key
    if words is None or (kind == "teams" and subject.editor.is_new):
        return
    team = team_of(kind, name, words, subject.world.standing.current)
    decision = subject.rights.on(kind, team)
    if not decision.allowed and team:
        raise NotAllowed(decision.why)


def form(
    request: DeskRequest,
    subject: Subject,
    values: Values,
    *,
    places: Mapping[Place, Sequence[str]] | None = None,
    others: Sequence[str] = (),
    nothing: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The form with these answers in it."""
    editor = subject.editor
    key = (editor.kind, editor.name)
    context = {
        "section": "admin",
        "subject": subject,
        "editor": editor,
        "blocks": editor.blocks(values, places or {}),
        "others": others,
        "refused": bool(places or others),
        "nothing": nothing,
        "seen": request.POST.get("seen") or ("" if editor.is_new else seen_now([key], subject.world.standing)),
        "from_file": subject.world.is_from_file(*key),
        "new": editor.is_new,
        **subject.extra,
    }
    return render(request, subject.template, context, status=status)


def carried(values: Values) -> list[tuple[str, str]]:
    """Everything that was typed, for the next step."""
    return [(name, text) for name, texts in values.items() for text in texts]


def review(
    request: DeskRequest,
    proposal: Proposal,
    *,
    title: str,
    home: str,
    carried: Sequence[tuple[str, str]] = (),
    consequences: Sequence[str] = (),
    meanwhile: bool = False,
    removes: str = "",
    undoes: int = 0,
    asks: bool = False,
) -> HttpResponse:
    """What would change, whom pages would reach, and who would have the watch. `asks`: it was not applied for want of a yes to a gap."""
    moved = [one for one in proposal.reach if not one.is_same]
    context = {
        "section": "admin",
        "title": title,
        "home": home,
        "said": saying.changes(proposal.changes),
        "pages": [(one, saying.steps(one)) for one in moved],
        "same": sorted({one.touched.name for one in proposal.reach} - {one.touched.name for one in moved}),
        "nobody": [one for one in moved if one.wakes_nobody],
        "more": proposal.more,
        "seen": proposal.seen,
        "carried": carried,
        "consequences": consequences,
        "meanwhile": meanwhile,
        "removes": removes,
        "undoes": undoes,
        "asks": asks,
        "sides": [sides(one, request.visit) for one in proposal.outcome.watches],
        "settled": proposal.outcome.settled,
        "here": request.visit.zone,
        "gaps": any(one.foreseen.gaps for one in proposal.outcome.watches),
    }
    return render(request, "admin/review.html", context, status=409 if meanwhile else 422 if asks else 200)


def changed(number: int) -> HttpResponse:
    """To the page of the change, which says that it is done and offers the way back."""
    return HttpResponseRedirect(f"{reverse('admin-change', args=[number])}?done=yes", status=303)


def moments(visit: Visit) -> tuple[dt.datetime, dt.datetime]:
    """Now, and the next Sunday at 03:00 of the reader: the hour that policies forget."""
    here = visit.now.astimezone(visit.zone)
    day = here.date() + dt.timedelta(days=(SUNDAY - here.weekday()) % 7 or 7)
    return visit.now, dt.datetime.combine(day, NIGHT, tzinfo=visit.zone).astimezone(dt.UTC)
