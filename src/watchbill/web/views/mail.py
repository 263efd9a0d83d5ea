"""The shared mailboxes: what must be followed up first stands first; one thread with its one next step. For the mailbox's team alone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.kernel.quarantine import as_bytes
from watchbill.mailbox import selectors
from watchbill.mailbox.actions import fetching
from watchbill.mailbox.models import Thread
from watchbill.mailbox.rules import STATE_WORDS, next_step
from watchbill.reports.selectors.reading import is_tracked
from watchbill.reports.selectors.seeing import programs_of
from watchbill.web.mailing import ACTS
from watchbill.web.reporting import done_by
from watchbill.web.visit import DeskRequest, signed_in


@require_safe
@signed_in
def board(request: DeskRequest) -> HttpResponse:
    """Threads, narrowed by view, mailbox and words."""
    visit, asked = request.visit, request.GET
    typed = asked.get("page", "1")
    page = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0
    view, mailbox, text = asked.get("view", "open"), asked.get("mailbox", "")[:200], asked.get("text", "").replace("\0", "")[:200]
    try:
        found = selectors.search(visit.viewer, view=view, mailbox=mailbox.replace("\0", ""), text=text, page=page, now=visit.now)
    except Invalid:
        return HttpResponseRedirect(request.path, status=303)
    context = {
        "section": "reports",
        "rows": [(each, STATE_WORDS[each.state], selectors.has_report(each), _tracked(each)) for each in found.threads],
        "next": found.next,
        "view": view,
        "views": selectors.VIEWS.items(),
        "mailbox": mailbox,
        "mailboxes": selectors.mailboxes_of(visit.viewer),
        "text": text,
    }
    return render(request, "mail.html", context)


@require_safe
@signed_in
def thread(request: DeskRequest, mail_number: int) -> HttpResponse:
    """One thread."""
    return _page(request, selectors.by_number(request.visit.viewer, mail_number))


@require_POST
@signed_in
def act(request: DeskRequest, mail_number: int, act: str) -> HttpResponse:
    """One act."""
    does = ACTS.get(act)
    if does is None:
        raise NotFound("There is no such act of a thread.")
    found = selectors.by_number(request.visit.viewer, mail_number)
    if act == "answer" and "confirm" not in request.POST and request.POST.get("text", "").strip():
        return render(request, "mail_preview.html", {"section": "reports", "t": found, "text": request.POST["text"]})
    try:
        said = does(found.number, request.POST, done_by(request.visit))
    except (Invalid, Refused) as error:
        return _page(request, selectors.by_number(request.visit.viewer, mail_number), error.message)
    messages.success(request, said)
    there = reverse("mail") if act == "spam" else reverse("mail-thread", args=[found.number])
    return HttpResponseRedirect(there, status=303)


@require_safe
@signed_in
def raw(request: DeskRequest, mail_number: int, letter_id: int) -> HttpResponse:
    """A mail as it came, with whatever is attached, as bytes that no browser shows."""
    content = fetching.fetch(mail_number, letter_id, **done_by(request.visit))
    return as_bytes(f"mail-{mail_number}-{letter_id}.eml", content)


@require_safe
@signed_in
def attachment(request: DeskRequest, mail_number: int, letter_id: int, which: int) -> HttpResponse:
    """One thing that is attached to it, the same way."""
    return as_bytes(*fetching.fetch_attached(mail_number, letter_id, which, **done_by(request.visit)))


def _page(request: DeskRequest, found: Thread, problem: str = "") -> HttpResponse:
    visit = request.visit
    facts = selectors.facts_of(found)
    report = getattr(found, "report", None)
    context = {
        "section": "reports",
        "t": found,
        "report": report,
        "tracked": _tracked(found),
        "state_word": STATE_WORDS[found.state],
        "step": next_step(facts, mine=found.accountable_id == visit.person.id, taken=found.taken_at is not None),
        "no_answer": selectors.why_no_answer(found),
        "letters": selectors.letters(found),
        "story": selectors.story(found),
        "people": selectors.workers_of(found),
        "programs": [each for each in programs_of(visit.viewer) if each.team_id == found.mailbox.team_id],
        "problem": problem,
        "typed": request.POST if problem else {},
    }
    return render(request, "mail_thread.html", context, status=422 if problem else 200)


def _tracked(thread: Thread) -> bool:
    """The label: it was given, or its report has its issue."""
    report = getattr(thread, "report", None)
    return bool(thread.issue_url) or (report is not None and is_tracked(report))
