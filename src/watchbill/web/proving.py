"""Who makes a key, pays or publishes shows once more who they are: a browser that was left open must not be enough for it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import ratelimit
from django.http import HttpResponseBase
from django.shortcuts import render

from watchbill.kernel.errors import Invalid, Refused
from watchbill.people.models import Person
from watchbill.web.visit import DeskRequest

LASTS = dt.timedelta(minutes=10)  # from a password until a key asks for it again
PROVED_AT = "proved_at"  # of the session, in seconds
FIELD = "password_again"
Rest = ParamSpec("Rest")
View = Callable[Concatenate[DeskRequest, Rest], HttpResponseBase]


def asks_password(person: Person) -> bool:
    """Have they one here?"""
    return bool(person.password) and person.has_usable_password()


def proves_again(request: DeskRequest, field: str = "password") -> None:
    """By their password, where they have one here. Raises Invalid, Refused."""
    person = request.visit.person
    if not asks_password(person):
        return
    if not ratelimit.consume(request, action="reauthenticate", user=person):
        raise Refused("The password was wrong too often. Wait a minute, then try again.")
    if not person.check_password(request.POST.get(field, "")):
        raise Invalid("That is not your password. Nothing was done yet.", field=field)


def proven(view: View[Rest]) -> View[Rest]:
    """For a form that hands out a key: after ten minutes it asks for the password first, and then does what was asked for."""

    @functools.wraps(view)
    def inner(request: DeskRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
        if request.method != "POST" or not asks_password(request.visit.person) or _is_fresh(request):
            return view(request, *args, **kwargs)
        problem = ""
        if FIELD in request.POST:
            try:
                proves_again(request, FIELD)
            except (Invalid, Refused) as error:
                problem = error.message
            else:
                request.session[PROVED_AT] = request.visit.now.timestamp()
                return view(request, *args, **kwargs)
        hidden = [
            (name, value) for name in request.POST for value in request.POST.getlist(name) if name not in ("csrfmiddlewaretoken", FIELD)
        ]
        return render(request, "prove.html", {"section": "", "hidden": hidden, "problem": problem}, status=422 if problem else 403)

    return cast("View[Rest]", inner)


def _is_fresh(request: DeskRequest) -> bool:
    """Did they sign in, or prove it, a moment ago?"""
    signed_in = [record["at"] for record in get_authentication_records(request, request.visit.person) if "at" in record]
    last = max([float(request.session.get(PROVED_AT, 0)), *map(float, signed_in)])
    return bool(abs(request.visit.now.timestamp() - last) < LASTS.total_seconds())  # a clock that is wrong proves nothing
