"""Hand an incident over: write it down, offer it; read it back, accept or decline. Nothing moves before it is accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from watchbill.duties.selectors.due import mine as duties_of
from watchbill.handoff import actions, rules
from watchbill.handoff.actions.recording import write_again
from watchbill.handoff.lines import words_in
from watchbill.handoff.models import Handoff, WatchAccount
from watchbill.handoff.rules import Words
from watchbill.handoff.selectors import by_id, draft_of, offered_by, offered_to, open_offer, records_of, running_break, seen_by, words_of
from watchbill.handoff.selectors.drafting import draft_words, who_could
from watchbill.handoff.selectors.ending import mine_in_hand, to_settle
from watchbill.handoff.selectors.shift import choose, watches_of
from watchbill.handoff.selectors.shift_text import text_of
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import by_number
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.people.models import Person, Team
from watchbill.response.selectors import ledger
from watchbill.runbooks.rendering import render as markdown
from watchbill.web import handing, ledgers
from watchbill.web.tracking import issue_gaps
from watchbill.web.views.incident import choices_of
from watchbill.web.visit import DeskRequest, Visit, signed_in

KINDS = {
    "shift": ("Shift", "My watch ends."),
    "break": ("Break", "I come back; then it offers itself to me."),
    "permanent": ("For good", "The other owns it from then on."),
}
WORDS = {
    "offered": ("waits for an answer", "offer", "amber"),
    "accepted": ("accepted", "ok", "green"),
    "declined": ("declined", "no", "amber"),
    "withdrawn": ("withdrawn", "dash", "dim"),
    "expired": ("over, unanswered", "due", "amber"),
}

TICKS = {  # what `rules.parts` calls each part of the form
    "summary": "how it stands",
    "next_steps": "next steps",
    "engaged": "who is engaged",
    "open_questions": "open questions",
    "decisions": "decisions",
    "pending": "pending",
    "related": "related issues",
    "channels": "channels",
    "bridge": "bridge",
}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def offer(request: DeskRequest, number: int) -> HttpResponse:
    """The giver's page: drafted from what the desk knows; what is missing stands beside its field."""
    visit = request.visit
    found = by_number(visit.viewer, number)
    if visit.person.id not in (found.owner_id, found.acting_id) or found.status != Incident.Status.ACKNOWLEDGED:
        raise NotAllowed(f"Only whoever has #{number} can hand it over. The incident's page says who that is.")
    standing = open_offer(visit.viewer, found)
    if standing is not None and request.method != "POST":
        return HttpResponseRedirect(reverse("handoff", args=[standing.id]), status=303)
    if request.method != "POST":
        return _form(request, found, _drafted(visit, found))
    words = words_in(request.POST)
    try:
        if request.POST.get("do") == "save":
            actions.keep_draft(number, _wanted_or_none(request, words), words, **_by(visit))
            messages.success(request, "Kept. Nobody else sees it yet.")
            return HttpResponseRedirect(request.path, status=303)
        made = actions.offer(number, _wanted(request, words), **_by(visit))
    except (Refused, Invalid) as error:
        return _form(request, found, words, error.message)
    messages.success(request, f"{made.receiver.name if made.receiver else 'They'} are asked. #{number} is yours until they accept.")
    return HttpResponseRedirect(reverse("handoff", args=[made.id]), status=303)


@require_safe
@signed_in
def handoff(request: DeskRequest, handoff_id: int) -> HttpResponse:
    """One hand-off: the receiver reads it back, the giver sees how far it is."""
    return _page(request, by_id(request.visit.viewer, handoff_id))


@require_POST
@signed_in
def act(request: DeskRequest, handoff_id: int, act: str) -> HttpResponse:
    """accept, decline, withdraw, ask, answer, come-back, write-again."""
    visit, does = request.visit, ACTS.get(act)
    if does is None:
        raise NotFound("There is no such act of a hand-off.")
    row = by_id(visit.viewer, handoff_id)
    try:
        said, to = does(request, row)
    except (Refused, Invalid) as error:
        return _page(request, by_id(visit.viewer, handoff_id), error.message)
    messages.success(request, said)
    return HttpResponseRedirect(to, status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def mine(request: DeskRequest) -> HttpResponse:
    """What waits for my answer, what I offered, and at the end of my watch one document for all that I have."""
    visit, problem = request.visit, ""
    rows = mine_in_hand(visit.viewer)
    if request.method == "POST":
        if not rows:
            raise NotAllowed("You have no open incident that could be handed over.")
        try:
            made = _offer_all(request, rows)
        except (Refused, Invalid) as error:
            problem = error.message
        else:
            messages.success(request, f"{len(made)} offered together. Each is yours until it is accepted.")
            return HttpResponseRedirect(request.path, status=303)
    offered = offered_by(visit.viewer)
    waiting = {each.incident_id for each in offered}
    ends = {incident.id: at for incident, at in to_settle(visit.viewer, now=visit.now)}
    sent = request.POST if problem else {}
    context = {
        "section": "incidents",
        "to_me": offered_to(visit.viewer),
        "by_me": offered,
        "rows": [
            (row, ends.get(row.id), handing.form_of(_all_words(sent, visit, row), f"{row.number}."))
            for row in rows
            if row.id not in waiting
        ],
        "ends_at": min(ends.values(), default=None),
        "paged": {row.id for row in rows if row.team.desk == Team.Desk.PAGED},
        "could": who_could(rows[0], visit.person, now=visit.now) if rows else [],
        "chosen": request.POST.getlist("number") if problem else [str(row.number) for row in rows],
        "problem": problem,
        "duties": duties_of(visit.person.id, now=visit.now),
        "i": rows[0] if rows else None,
        **(choices_of(rows[0]) if rows else {}),
    }
    return render(request, "handoffs.html", context, status=422 if problem else 200)


@require_POST
@signed_in
def keep(request: DeskRequest, number: int) -> HttpResponse:
    """I keep it beyond my watch."""
    visit = request.visit
    try:
        done = actions.keep(number, handing.time_in(request.POST.get("until", ""), visit.zone), **_by(visit))
    except (Refused, Invalid) as error:
        by_number(visit.viewer, number)
        messages.error(request, error.message)
    else:
        messages.success(request, done.message)
    return HttpResponseRedirect(reverse("handoffs"), status=303)


def _by(visit: Visit) -> dict[str, Any]:
    return {"person": visit.person, "actor": visit.actor, "now": visit.now}


def _drafted(visit: Visit, found: Incident) -> Words:
    kept = draft_of(visit.viewer, found)
    return words_of(kept) if kept is not None else draft_words(found, visit.person)


def _form(request: DeskRequest, found: Incident, words: Words, problem: str = "") -> HttpResponse:
    visit, form = request.visit, handing.form_of(words)
    kept = draft_of(visit.viewer, found) if request.method != "POST" else None
    gaps = rules.missing(words)
    could = who_could(found, visit.person, now=visit.now)
    typed = {name: request.POST.get(name, "") for name in ("to", "kind", "returns_at")}
    if kept is not None:
        typed = {"to": kept.receiver.handle if kept.receiver else "", "kind": kept.kind, "returns_at": ""}
    context = {
        "section": "incidents",
        "i": found,
        "form": form,
        "gaps": gaps,
        "issue_gaps": issue_gaps(found),
        "complete": len(form) - len({gap.field for gap in gaps}),
        "parts": len(form),
        "could": could,
        "typed": {**typed, "kind": typed["kind"] or "shift"},
        "handoff_kinds": [(kind, *said) for kind, said in KINDS.items() if kind != "permanent" or found.owner_id == visit.person.id],
        "problem": problem,
        **choices_of(found),
    }
    return render(request, "handoff_offer.html", context, status=422 if problem else 200)


def _page(request: DeskRequest, row: Handoff, problem: str = "") -> HttpResponse:
    visit, words = request.visit, words_of(row)
    account = WatchAccount.objects.filter(batch=row.batch).first() if row.batch else None
    offered = row.state == Handoff.State.OFFERED
    mine = row.receiver_id == visit.person.id
    remind, page, manager = rules.nudges(actions.schedule(row))
    ended = row.expires_at is not None and row.expires_at <= visit.now
    ticked = request.POST.getlist("part") if problem else []
    context = {
        "section": "incidents",
        "row": row,
        "i": row.incident,
        "face": WORDS["expired" if offered and ended else row.state],
        "kind": KINDS[row.kind][0],
        "doc": [(part, TICKS[part.name], TICKS[part.name] in ticked) for part in handing.form_of(words) if part.text],
        "typed": {name: request.POST.get(name, "") if problem else "" for name in ("readback", "why", "text")},
        "to_answer": offered and mine and not ended,
        "to_withdraw": offered and row.giver_id == visit.person.id,
        "questions": list(row.questions.select_related("asked_by", "answered_by").order_by("id")),
        "records": (records := records_of(row)),
        "failed": any(state == "failed" for _, state, _ in records),
        "nudges": [(remind, "reminded", row.reminded_at), (page, "paged", row.paged_at), (manager, "manager", row.escalated_at)],
        "running": _is_running_break(visit, row),
        "together": list(seen_by(visit.viewer).filter(batch=row.batch).exclude(pk=row.pk)) if row.batch else [],
        "account": markdown(account.text) if account is not None else "",
        "had": ledgers.picture(ledger(visit.viewer, row.incident), row.incident, visit),
        "problem": problem,
    }
    return render(request, "handoff.html", context, status=422 if problem else 200)


def _is_running_break(visit: Visit, row: Handoff) -> bool:
    """Is this the break that the incident is in, and is the reader one of the two?"""
    running = running_break(visit.viewer, row.incident)
    return running is not None and running.pk == row.pk and visit.person.id in (row.giver_id, row.receiver_id)


def _person(handle: str) -> Person:
    found = Person.objects.filter(handle=handle, is_active=True).first() if handle and "\0" not in handle else None
    if found is None:
        raise Invalid("Choose who has it next.", field="to")
    return found


def _wanted(request: DeskRequest, words: Words) -> actions.Wanted:
    kind = request.POST.get("kind", "shift")
    returns_at = handing.time_in(request.POST.get("returns_at", ""), request.visit.zone) if kind == "break" else None
    return actions.Wanted(_person(request.POST.get("to", "")), words, kind, returns_at)


def _wanted_or_none(request: DeskRequest, words: Words) -> actions.Wanted | None:
    """A draft may not know yet to whom."""
    return _wanted(request, words) if request.POST.get("to") and request.POST.get("kind") in KINDS else None


def _all_words(sent: Any, visit: Visit, row: Incident) -> Words:
    prefix = f"{row.number}."
    return words_in(sent, prefix) if f"{prefix}summary" in sent else _drafted(visit, row)


def _offer_all(request: DeskRequest, rows: list[Incident]) -> list[Handoff]:
    chosen = set(request.POST.getlist("number"))
    to = _person(request.POST.get("to", ""))
    wanted = {row.number: actions.Wanted(to, words_in(request.POST, f"{row.number}.")) for row in rows if str(row.number) in chosen}
    for number, each in wanted.items():
        if gaps := rules.missing(each.words):
            raise Invalid(f"#{number} cannot be offered yet, so nothing was. {' '.join(gap.why for gap in gaps)}")
    return actions.offer_all(wanted, _account(request.visit) if "account" in request.POST else "", **_by(request.visit))


def _account(visit: Visit) -> str:
    """What was done in the watch that runs, or was the last one, and what it leaves."""
    watch = choose(watches_of(visit.viewer, visit.person, now=visit.now), schedule_id=None, at=visit.now, exact=False)
    return text_of(visit.viewer, visit.person, watch, now=visit.now, zone=visit.zone) if watch is not None else ""


def _accept(request: DeskRequest, row: Handoff) -> tuple[str, str]:
    said = handing.readback_in(request.POST, request.POST.getlist("part"), words_of(row))
    actions.accept(row.id, said, **_by(request.visit))
    return f"You have #{row.incident.number} now; {row.giver.name} is told.", reverse("incident", args=[row.incident.number])


def _decline(request: DeskRequest, row: Handoff) -> tuple[str, str]:
    actions.decline(row.id, request.POST.get("why", ""), **_by(request.visit))
    return f"Declined; {row.giver.name} is told and stays where they were.", reverse("handoff", args=[row.id])


def _withdraw(request: DeskRequest, row: Handoff) -> tuple[str, str]:
    actions.withdraw(row.id, **_by(request.visit))
    return "Withdrawn; nothing has moved.", reverse("handoff", args=[row.id])


def _ask(request: DeskRequest, row: Handoff) -> tuple[str, str]:
    actions.ask(row.id, request.POST.get("text", ""), **_by(request.visit))
    return f"{row.giver.name} is asked.", reverse("handoff", args=[row.id])


def _answer(request: DeskRequest, row: Handoff) -> tuple[str, str]:
    text = request.POST.get("question", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    actions.reply(number, request.POST.get("text", ""), **_by(request.visit))
    return "Answered.", reverse("handoff", args=[row.id])


def _come_back(request: DeskRequest, row: Handoff) -> tuple[str, str]:
    made = actions.come_back(row.id, **_by(request.visit))
    return f"It is offered back to {made.receiver.name if made.receiver else ''}.", reverse("handoff", args=[made.id])


def _write_again(request: DeskRequest, row: Handoff) -> tuple[str, str]:
    write_again(row.id, **_by(request.visit))
    return "It is tried again now. What stands there already is not written twice.", reverse("handoff", args=[row.id])


ACTS: dict[str, Callable[[DeskRequest, Handoff], tuple[str, str]]] = {
    "accept": _accept,
    "decline": _decline,
    "withdraw": _withdraw,
    "ask": _ask,
    "answer": _answer,
    "come-back": _come_back,
    "write-again": _write_again,
}
