"""Where somebody outside reports a vulnerability, and looks what became of it. No account, no script, no third party."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import NotFound, WatchbillError
from watchbill.reports.actions.knocking import knock
from watchbill.reports.actions.making import NewReport, make_by_form
from watchbill.reports.actions.talking import hear
from watchbill.reports.rules.receipts import shown
from watchbill.reports.selectors.outside import by_receipt, conversation, how_it_stands, open_program

SALT = "watchbill.web.intake"
LEAST = dt.timedelta(seconds=3)  # nobody describes a vulnerability faster
LONGEST = dt.timedelta(days=2)
VALID = dt.timedelta(days=180)  # of security.txt, from the day on which it is read
FIELDS = ("title", "body", "reporter", "asset")
NOBODY = "Nobody takes reports here. Look for security.txt of whoever runs this desk."
TOO_OFTEN = "Too many reports came from where you are, or from everywhere. Keep your text, and send it again in an hour."


@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest) -> HttpResponse:
    """The form. What it shows says nothing about what is reported here."""
    program = open_program()
    if program is None:
        raise NotFound(NOBODY)
    now = database_now()
    if request.method != "POST":
        return _form(request, {"begun": begun(now)})
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    old = request.POST.get("begun", "")
    if why := _why_no_person(request.POST, now):
        return _form(request, {**typed, "begun": old if _began(old) else begun(now)}, why)
    if not knock(request.META.get("REMOTE_ADDR", ""), now=now):
        answer = _form(request, {**typed, "begun": old}, TOO_OFTEN, status=429)
        answer.headers["Retry-After"] = "3600"
        return answer
    try:
        new = NewReport(typed["title"], typed["body"], program.name, typed["reporter"], "form", asset=typed["asset"])
        _, receipt = make_by_form(new, program, now=now)
    except WatchbillError as error:
        return _form(request, {**typed, "begun": old}, error.message)
    return _private(render(request, "intake_done.html", {"receipt": shown(receipt)}, status=201))


@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """What became of it, for whoever holds the receipt. It is typed, never in an address: no log and no history has it."""
    receipt, problem, done = request.POST.get("receipt", ""), "", ""
    report = by_receipt(receipt) if request.method == "POST" else None
    if request.method == "POST" and report is None:
        problem = "No report has this receipt. It has 32 figures and letters from a to f; type it as it was shown."
    if report is not None and "text" in request.POST:
        try:
            hear(report.pk, request.POST["text"], now=database_now())
            report.refresh_from_db()
            done = "Your words are with the team."
        except WatchbillError as error:
            problem = error.message
    context = {"receipt": receipt, "problem": problem, "done": done, "found": report is not None}
    if report is not None:
        context |= {"how": how_it_stands(report), "received_at": report.received_at, "messages": conversation(report)}
    return _private(render(request, "intake_status.html", context, status=422 if problem else 200))


@require_safe
def security_txt(_request: HttpRequest) -> HttpResponse:
    """RFC 9116: whom to write to, until when this holds."""
    if not settings.SECURITY_CONTACT and open_program() is None:
        raise NotFound(NOBODY)
    own = [each.strip() for each in settings.SECURITY_CONTACT.split(",") if each.strip()]
    lines = [f"Contact: {each}" for each in own or [f"{settings.PUBLIC_URL}/report"]]
    day = (database_now() + VALID).date()
    lines += [f"Expires: {day:%Y-%m-%d}T00:00:00Z", "Preferred-Languages: en", f"Canonical: {settings.PUBLIC_URL}/.well-known/security.txt"]
    lines += [f"Policy: {settings.SECURITY_POLICY}"] if settings.SECURITY_POLICY else []
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


def begun(at: dt.datetime) -> str:
    """When the form was shown, signed: proof that somebody had the time to write."""
    return signing.dumps(int(at.timestamp()), salt=SALT)


def _began(token: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(signing.loads(token, salt=SALT), dt.UTC)
    except (signing.BadSignature, ValueError, TypeError, OverflowError, OSError):
        return None


def _why_no_person(said: Mapping[str, str], now: dt.datetime) -> str:
    """Why it looks as if a program sent it; empty when it does not. What was typed is kept: a person sends it again."""
    if said.get("website"):
        return (
            "The field that nobody sees was filled in. Send it again with that field empty; a program of your browser may have filled it."
        )
    at = _began(said.get("begun", ""))
    if at is None or now - at > LONGEST:
        return "This form is too old, or was not shown by this desk. Your text is kept: send it again."
    if now - at < LEAST:
        return "That was faster than anybody writes. Your text is kept: send it again."
    return ""


def _form(request: HttpRequest, typed: Mapping[str, Any], problem: str = "", *, status: int = 422) -> HttpResponse:
    context = {"typed": typed, "problem": problem, "contact": settings.SECURITY_CONTACT, "policy": settings.SECURITY_POLICY}
    return _private(render(request, "intake.html", context, status=status if problem else 200))


def _private(answer: HttpResponse) -> HttpResponse:
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noarchive"
    return answer
