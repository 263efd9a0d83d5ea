"""Who asks, and does their token open this? Bearer tokens, and the session of a browser that is signed in (with its CSRF token on writes)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from ninja.security import APIKeyCookie, HttpBearer

from watchbill.api.shapes import ErrorOut
from watchbill.audit.actions import Actor
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import NotAllowed, NotSignedIn
from watchbill.people.actions import token_person
from watchbill.people.models import Person
from watchbill.people.permissions import SCOPES, Viewer, holds
from watchbill.people.selectors import viewer_of

REFUSED = {
    "description": "Refused, or away for a moment",
    "content": {"application/json": {"schema": ErrorOut.model_json_schema()}},
}
BYTES = {"description": "As it came", "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@dataclass(frozen=True)
class Caller:
    """Whoever asks: as the rules see them, and as the audit names them."""

    person: Person
    actor: Actor
    scopes: frozenset[str] | None = None  # of the token; null: everything the person may

    @cached_property
    def viewer(self) -> Viewer:
        """Asked for where it matters which team somebody is in; one query."""
        return viewer_of(self.person, self.scopes)


class Bearer(HttpBearer):
    """`Authorization: Bearer TOKEN`, from `watchbill token create`."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__()

    def authenticate(self, _request: HttpRequest, token: str) -> Caller:
        found = token_person(token.strip(), database_now())
        if found is None:
            raise NotSignedIn("This token is unknown, revoked or has ended. Make a new one with `watchbill token create`.")
        person, row = found
        scopes = frozenset(row.scopes)
        if not holds(scopes, self.scope):
            raise NotAllowed(f"This token has no scope {self.scope}.", needs=self.scope, has=row.scopes)
        actor = Actor(name=person.handle, via="api", person_id=person.id, detail={"token": row.id})
        return Caller(person, actor, scopes)


class Session(APIKeyCookie):
    """A browser that is signed in; a write needs its CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Caller | None:
        person = request.user
        if not isinstance(person, Person) or not person.is_active:
            return None
        if not _has_csrf_token(request):
            raise NotAllowed("The CSRF token is missing or wrong. Send it as X-CSRFToken; a program uses a Bearer token instead.")
        return Caller(person, Actor(name=person.handle, via="api", person_id=person.id))

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        """Never reached: `__call__` decides."""
        raise NotImplementedError


class _Csrf(CsrfViewMiddleware):
    """Django's own check; how a refusal looks is decided here."""

    def _reject(self, _request: HttpRequest, _reason: str) -> HttpResponse:
        return HttpResponse(status=403)


def _has_csrf_token(request: HttpRequest) -> bool:
    check = _Csrf(_unused)
    vars(request)["csrf_processing_done"] = False  # the API's views are exempt from the middleware's own look
    check.process_request(request)
    return check.process_view(request, _unused, (), {}) is None


def _unused(_request: HttpRequest) -> HttpResponse:
    """The check wants a view that is not exempt."""
    return HttpResponse()


def needs(scope: str, *, bytes_only: bool = False) -> dict[str, Any]:
    """What every operation says about itself: the scope that opens it. Goes into its decorator, and into the published description.

    `bytes_only`: it answers bytes, and no JSON.
    """
    if scope not in SCOPES:
        raise LookupError(scope)
    answers = {"4XX": REFUSED, "503": REFUSED, **({"200": BYTES} if bytes_only else {})}
    return {"auth": [Bearer(scope), Session()], "openapi_extra": {"x-scope": scope, "responses": answers}}


def caller(request: HttpRequest) -> Caller:
    """Who asked, as one of the two above found out."""
    found: Caller = request.auth  # type: ignore[attr-defined]
    return found
