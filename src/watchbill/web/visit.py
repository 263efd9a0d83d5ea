"""Who looks, when, and in which zone? Made once for each request of somebody who signed in."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase

from watchbill.audit.actions import Actor
from watchbill.kernel.clock import database_now
from watchbill.people.models import Person
from watchbill.people.permissions import Viewer
from watchbill.people.selectors import viewer_of
from watchbill.web import times

Rest = ParamSpec("Rest")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of one person."""

    person: Person
    viewer: Viewer
    now: dt.datetime
    zone: dt.tzinfo

    @property
    def actor(self) -> Actor:
        """The same person for the audit."""
        return Actor(name=self.person.handle, via="web", person_id=self.person.id)


class DeskRequest(HttpRequest):
    """A request of somebody who signed in."""

    visit: Visit


View = Callable[Concatenate[DeskRequest, Rest], HttpResponseBase]


def visit_of(request: HttpRequest) -> Visit:
    """The visit of this request, made at its first use. The person must be signed in."""
    known = cast("Visit | None", getattr(request, "visit", None))
    if known is None:
        person = cast("Person", request.user)
        known = Visit(person=person, viewer=viewer_of(person), now=database_now(), zone=times.zone_of(person.timezone))
        request.visit = known  # type: ignore[attr-defined]
    return known


def _back(request: HttpRequest) -> str:
    """Where to go on after signing in: the page itself, or for a press of a button the incident that it was about."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    about = request.resolver_match.kwargs.get("number") if request.resolver_match else None
    return f"/incidents/{about}" if about else "/"


def signed_in(view: View[Rest]) -> Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]:
    """Only for people with an account; others are asked to sign in and come back here."""

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(_back(request))
        visit_of(request)
        return view(cast("DeskRequest", request), *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]", inner)
