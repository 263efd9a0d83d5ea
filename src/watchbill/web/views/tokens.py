"""What opens the desk in your name: API tokens, and the browsers on which you are signed in."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from watchbill.kernel.errors import Invalid, NotFound, Refused
from watchbill.people.actions import create_token, revoke_token
from watchbill.people.models import ApiToken
from watchbill.people.permissions import SCOPES
from watchbill.people.sessions import end_other_sessions, end_session, sessions_of
from watchbill.web.proving import proven
from watchbill.web.sessions import know_session
from watchbill.web.visit import DeskRequest, signed_in

LIVES = {"1": "1 day", "7": "7 days", "30": "30 days", "90": "90 days", "365": "a year"}  # days
MOST_TOKENS = 20  # of one person that work
FOR = {
    "incidents:read": "see incidents",
    "incidents:write": "acknowledge, resolve, page",
    "schedules:read": "see who has the watch",
    "schedules:write": "change who has the watch",
    "reports:read": "see reports",
    "reports:write": "change reports",
    "reports:publish": "publish reports: it cannot be taken back",
    "events:write": "send events",
    "audit:read": "read the audit",
    "admin": "configure, as far as you may",
}


@require_safe
@signed_in
def access(request: DeskRequest) -> HttpResponse:
    """Tokens and sessions."""
    return render(request, "access.html", _about(request))


@require_POST
@signed_in
@proven
@sensitive_variables("secret")
def create(request: DeskRequest) -> HttpResponse:
    """A new token: shown on the answer, this once."""
    visit, asked = request.visit, request.POST
    try:
        if asked.get("days") not in LIVES:
            raise Invalid("Choose how long the token works.")
        if _working(request).count() >= MOST_TOKENS:
            raise Invalid(f"You have {MOST_TOKENS} tokens that work; that is the most. Revoke one that is not used any more.")
        ends = visit.now + dt.timedelta(days=int(asked["days"]))
        name = " ".join(asked.get("name", "").split())
        if not name.isprintable():
            raise Invalid("A name has printable characters only.")
        token, secret = create_token(visit.person, asked.getlist("scope"), ends, name, by=visit.actor, now=visit.now)
    except Invalid as error:
        return render(request, "access.html", _about(request) | {"problem": error.message}, status=422)
    answer = render(request, "token_new.html", {"section": "you", "token": token, "secret": secret})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
@signed_in
def revoke(request: DeskRequest, token_id: int) -> HttpResponse:
    """End a token of one's own now."""
    token = ApiToken.objects.filter(pk=token_id, person=request.visit.person).first()
    if token is None:
        raise NotFound("You have no such token.")
    try:
        revoke_token(token.pk, by=request.visit.actor, now=request.visit.now)
        messages.success(request, f"The token …{token.hint} opens nothing any more.")
    except Refused as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("access"), status=303)


@require_POST
@signed_in
def end(request: DeskRequest, sign_in_id: int) -> HttpResponse:
    """End a session of one's own; the one that asks by signing out."""
    row = end_session(request.visit.person, sign_in_id, by=request.visit.actor, now=request.visit.now)
    messages.success(request, f"{row.browser} is signed out.")
    return HttpResponseRedirect(f"{reverse('access')}#sessions", status=303)


@require_POST
@signed_in
def end_others(request: DeskRequest) -> HttpResponse:
    """End every session but this one."""
    know_session(request, request.visit.person, now=request.visit.now)
    ended = end_other_sessions(request.visit.person, str(request.session.session_key), by=request.visit.actor, now=request.visit.now)
    messages.success(request, f"{ended} other session{'s are' if ended != 1 else ' is'} over." if ended else "There was no other session.")
    return HttpResponseRedirect(f"{reverse('access')}#sessions", status=303)


def _about(request: DeskRequest) -> dict[str, object]:
    visit = request.visit
    know_session(request, request.visit.person, now=request.visit.now)
    here = request.session.session_key
    return {
        "section": "you",
        "tokens": _working(request).order_by("expires_at", "id"),
        "scopes": [(scope, FOR[scope]) for scope in SCOPES],
        "lives": LIVES.items(),
        "sessions": [(row, row.session_key == here) for row in sessions_of(visit.person, now=visit.now)],
    }


def _working(request: DeskRequest) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(person=request.visit.person, revoked_at=None, expires_at__gt=request.visit.now)
