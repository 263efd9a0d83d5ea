"""The board of reports, one report with its one next step, and what is done with it. Nothing leaves the team without a look at it first."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from watchbill.connectors.platform.files import fetch
from watchbill.incidents.models import Service
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.kernel.quarantine import as_bytes
from watchbill.mailbox.selectors import behind
from watchbill.people.models import Person
from watchbill.reports.actions.circle import looked_at
from watchbill.reports.actions.making import NewReport, make
from watchbill.reports.actions.money import sends_awards
from watchbill.reports.actions.outward import takes
from watchbill.reports.actions.talking import way_of
from watchbill.reports.actions.watching import FILTERS, drop_view, keep_view
from watchbill.reports.models import CannedText, Report
from watchbill.reports.rules import bounty, flow, severity
from watchbill.reports.rules import platform as seen
from watchbill.reports.rules.disclosure import final_word
from watchbill.reports.rules.texts import AUDIENCE_WORDS
from watchbill.reports.selectors import listing, reading, seeing
from watchbill.reports.selectors.describing import COLUMNS, as_row, incident_of, tracking_of
from watchbill.reports.selectors.platform import platform_of
from watchbill.web import publishing, rating
from watchbill.web.proving import asks_password, proves_again
from watchbill.web.reporting import ACTS, OUTWARD, audience_of, done_by
from watchbill.web.views.history import safe_cell
from watchbill.web.visit import DeskRequest, signed_in

PAGE = 50
TYPED = ("title", "body", "program", "reporter", "source", "external_id", "weakness", "asset")
SOURCES = {"hand": "By hand", "form": "Public form", "mail": "Mail", "hackerone": "HackerOne", "github": "GitHub"}
PROMISES = {
    "first_response": "First answer",
    "triage": "Triage",
    "bounty": "Bounty",
    "update": "Word to the reporter",
    "disclosure": "Answer about disclosure",
}
FLOW_ACTS = {"relay": "relay", "resolve": "resolve", "close": "close"}  # that write more there than a comment
ENDS = {"invalid": "Not valid", "duplicate": "Duplicate", "out_of_scope": "Out of scope", "spam": "Spam"}


@require_safe
@signed_in
def board(request: DeskRequest) -> HttpResponse:
    """What breaks its promise first stands first; narrowed by views and words. `format=csv` for a spreadsheet."""
    visit, asked = request.visit, request.GET
    filters = listing.Filters(
        asked.get("view", "open"),
        asked.get("state", ""),
        asked.get("severity", ""),
        asked.get("source", ""),
        text=asked.get("text", "")[:200],
    )
    try:
        if asked.get("format") == "csv":
            return _csv(listing.search(visit.viewer, filters, now=visit.now, limit=listing.MOST).items)
        found = listing.search(visit.viewer, filters, now=visit.now, cursor=asked.get("cursor", ""), limit=PAGE)
    except Invalid:
        return HttpResponseRedirect(request.path, status=303)
    context = {
        "section": "reports",
        "rows": [(row, PROMISES.get(row.promise, ""), flow.WORDS[flow.State(row.state)]) for row in found.items],
        "next": found.next,
        "filters": filters,
        "views": listing.VIEWS.items(),
        "view_word": listing.VIEWS[filters.view],
        "narrowed": bool(filters.state or filters.severity or filters.source),
        "counts": listing.counts(visit.viewer, now=visit.now),
        "sources": SOURCES,
        "severities": [*((each, each.capitalize()) for each in severity.SEVERITIES), ("none", "Not rated")],
        "states": [(str(state), word) for state, word in flow.WORDS.items()],
        "may_make": bool(seeing.programs_of(visit.viewer)),
        "saved": listing.saved_views(visit.person.pk),
        "now_shown": {name: asked[name] for name in FILTERS if asked.get(name)},
    }
    return render(request, "reports.html", context)


@require_POST
@signed_in
def save_view(request: DeskRequest) -> HttpResponse:
    """Keep how the board is narrowed, under a name of one's own."""
    try:
        made = keep_view(request.POST.get("name", ""), request.POST, person=request.visit.person, now=request.visit.now)
    except Invalid as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("reports"), status=303)
    messages.success(request, f"Kept as {made.name}. Nobody else sees it.")
    return HttpResponseRedirect(f"{reverse('reports')}?{urlencode(made.filters)}", status=303)


@require_POST
@signed_in
def remove_view(request: DeskRequest, view_id: int) -> HttpResponse:
    """One of one's own."""
    drop_view(view_id, person=request.visit.person)
    messages.success(request, "The view is gone.")
    return HttpResponseRedirect(reverse("reports"), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: DeskRequest) -> HttpResponse:
    """Write one down that came by a way of its own."""
    visit, said = request.visit, request.POST
    programs = seeing.programs_of(visit.viewer)
    if not programs:
        raise NotAllowed(f"{visit.person.name} is a responder of no team that takes reports.")
    problem = ""
    if request.method == "POST":
        given: dict[str, Any] = {name: said.get(name, "") for name in TYPED}
        try:
            made = make(NewReport(**given), person=visit.person, actor=visit.actor, now=visit.now)
        except (Invalid, Refused) as error:
            problem = error.message
        else:
            messages.success(request, f"{made} is here, under the code name {made.code_name}.")
            return HttpResponseRedirect(reverse("report-page", args=[made.number]), status=303)
    context = {"section": "reports", "programs": programs, "sources": SOURCES, "typed": said, "problem": problem}
    return render(request, "report_new.html", context, status=422 if problem else 200)


@require_safe
@signed_in
def report(request: DeskRequest, report_number: int) -> HttpResponse:
    """One report."""
    found = seeing.by_number(request.visit.viewer, report_number)
    looked_at(found, request.visit.person, now=request.visit.now)
    return _page(request, found)


@require_safe
@signed_in
def attachment(request: DeskRequest, report_number: int, file_id: str) -> HttpResponse:
    """A file that is attached on the platform, as bytes that no browser shows: fetched now, never kept."""
    return as_bytes(*fetch(request.visit.viewer, report_number, file_id, actor=request.visit.actor, now=request.visit.now))


@require_POST
@signed_in
def act(request: DeskRequest, report_number: int, act: str) -> HttpResponse:
    """One act. What leaves the team is shown first, as it would leave; only a second press sends it."""
    does = ACTS.get(act)
    if does is None:
        raise NotFound("There is no such act of a report.")
    found = seeing.by_number(request.visit.viewer, report_number)
    if (audience := audience_of(act, request.POST)) in OUTWARD and "confirm" not in request.POST:
        return _preview(request, found, act, audience)
    try:
        if act in publishing.LOOKED_AT and "confirm" not in request.POST:
            return publishing.look(request, found, act)
        if act in publishing.PROVED:
            proves_again(request)
        said = does(found.number, request.POST, done_by(request.visit))
    except (Invalid, Refused) as error:
        return _page(request, seeing.by_number(request.visit.viewer, report_number), error.message)
    messages.success(request, said)
    still = seeing.visible_to(request.visit.viewer).filter(pk=found.pk).exists()
    return HttpResponseRedirect(reverse("report-page", args=[found.number]) if still else reverse("reports"), status=303)


def _preview(request: DeskRequest, found: Report, act: str, audience: str) -> HttpResponse:
    hidden = [(name, value) for name in request.POST for value in request.POST.getlist(name) if name not in ("csrfmiddlewaretoken", "sent")]
    context = {
        "section": "reports",
        "r": found,
        "act": act,
        "hidden": hidden,
        "text": final_word(request.POST.get("text", ""), request.POST.get("announcement", "").strip() if act == "resolve" else ""),
        "audience": AUDIENCE_WORDS[audience],
        "by_receipt": audience == "all" and found.receipt is not None,
        "by_mail": (way := "platform" if act == "award" else way_of(found, audience, FLOW_ACTS.get(act, ""))) == "mail",
        "by_platform": way == "platform",
        "asks_password": act in publishing.PROVED and asks_password(request.visit.person),
        "platform_word": seen.NAMES.get(found.source, ""),
        "embargo_on": request.POST.get("embargo_on", ""),
    }
    return render(request, "report_preview.html", context)


def _page(request: DeskRequest, found: Report, problem: str = "") -> HttpResponse:
    visit = request.visit
    facts, promises = reading.facts_of(found), reading.clocks_of(found, now=visit.now)
    canned = _canned(found, request.GET.get("canned", ""))
    table = reading.table_of(found.program)
    context: dict[str, Any] = {
        "section": "reports",
        "r": found,
        "facts": facts,
        "step": str(flow.next_step(facts)),
        "way": _way(found, facts),
        "state_word": flow.WORDS[flow.State(found.state)],
        "source_word": SOURCES[found.source],
        "circle": (circle := seeing.circle_of(found)),
        "others": Person.objects.filter(is_active=True).exclude(pk__in=[person.pk for person in circle]).order_by("name"),
        "clocks": [(PROMISES[str(c.promise)], c, round(100 * c.share(visit.now)), c.is_broken(visit.now)) for c in promises],
        "said": reading.messages(found),
        "story": reading.story(found),
        "ratings": reading.ratings(found),
        "looks": reading.looks(found),
        "alike": listing.alike(visit.viewer, found),
        "before": reading.reports_before(found, seeing.visible_to(visit.viewer)),
        "watches": found.watchers.filter(person=visit.person).exists(),
        "behind": behind(visit.viewer, found.thread_id),
        "violation": flow.needs_tracking(facts),
        "tracking": tracking_of(found),
        "team_labels": ", ".join((found.team.issue or {}).get("labels") or ()),
        "incident_number": incident_of(visit.viewer, found),
        "pays": reading.pays(found),
        "proposal": reading.proposal_of(found),
        "listed": bounty.amount_of(table, found.tier, found.severity),
        "currency": table.currency,
        "platform": facts.platform,
        "sends_awards": sends_awards(found),
        "closes_there": takes(found, "state"),
        "there": platform_of(found),
        "severities": severity.SEVERITIES,
        "services": Service.objects.filter(team_id=found.team_id, is_active=True).order_by("name"),
        "audiences": [pair for pair in AUDIENCE_WORDS.items() if pair[0] != "platform" or facts.platform],
        "disclosure": publishing.panel(found, now=visit.now),
        "ends": ENDS.items(),
        "canned": reading.canned_texts(found),
        "typed": request.POST if problem else {"text": reading.preview(canned, found, visit.person) if canned else ""},
        "problem": problem,
        "address": f"{settings.PUBLIC_URL}/reports/{found.number}",
    }
    context |= rating.form(found, context["typed"])
    return render(request, "report.html", context, status=422 if problem else 200)


def _canned(found: Report, chosen: str) -> CannedText | None:
    return next((row for row in reading.canned_texts(found) if str(row.pk) == chosen), None)


def _way(found: Report, facts: flow.Facts) -> list[tuple[str, str, str]]:
    """Where it stands: each part of its way, with a word on it, and done, here or to come."""
    on = facts.state
    reached = flow.ON_THE_WAY.index(on) if on in flow.ON_THE_WAY else len(flow.ON_THE_WAY) if on is flow.State.RESOLVED else -1
    parts = [
        ("Taken", found.accountable.name if found.accountable and on is not flow.State.NEW else "", on is not flow.State.NEW),
        ("Says enough", "", facts.valid),
        ("Understood", "", facts.understood),
        ("Severity", f"{found.severity} {found.score or ''}".strip(), bool(found.severity)),
        ("Tracking issue", "", facts.tracked),
        ("Reporter told", f"until {found.embargo_on:%d %b}" if found.embargo_on else "", reached >= flow.ON_THE_WAY.index(flow.State.TOLD)),
    ]
    if reading.pays(found):
        parts.append(("Bounty", found.bounty if found.bounty != "none" else "", facts.bounty_settled))
    parts.append(("Incident", "begun" if found.incident_id else "", found.incident_id is not None))
    parts.append(("Resolved", "", on is flow.State.RESOLVED))
    here = next((n for n, part in enumerate(parts) if not part[2]), len(parts)) if on not in flow.CLOSED else len(parts)
    return [(name, word, "done" if done else "here" if n == here else "to-come") for n, (name, word, done) in enumerate(parts)]


def _csv(rows: list[Report]) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([safe_cell(cell) for cell in as_row(row)] for row in rows)
    headers = {"Content-Disposition": 'attachment; filename="reports.csv"', "Cache-Control": "private, no-store"}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
