"""What stands around the pages: colours, keys, sign-in that is not allauth's, first set-up, errors."""

from __future__ import annotations

import sys

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, HttpResponseServerError
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from watchbill.audit.actions import Actor
from watchbill.kernel import setup
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import NotFound, WatchbillError
from watchbill.people.actions import create_person
from watchbill.people.models import Person
from watchbill.web.middleware import database_away
from watchbill.web.sessions import know_session

YEAR = 365 * 24 * 3600
BACKEND = "django.contrib.auth.backends.ModelBackend"


def back_to(request: HttpRequest, otherwise: str = "/") -> str:
    """The page a form asks to return to, when it is one of ours."""
    wanted = request.POST.get("next", "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if ours else otherwise


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """As the system, dark, light, and round again. Kept in a cookie, so that the first paint is right."""
    following = {"": "dark", "dark": "light"}.get(request.COOKIES.get("theme", ""), "")
    answer = HttpResponseRedirect(back_to(request))
    if following:
        answer.set_cookie("theme", following, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    else:
        answer.delete_cookie("theme", samesite="Lax")
    return answer


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """The list of keys, for whoever has no script to show it."""
    return render(request, "keys.html")


@require_safe
def forgotten(request: HttpRequest) -> HttpResponse:
    """A forgotten password: no mail is sent, an administrator hands out a link."""
    return render(request, "account/password_reset.html")


class FirstForm(forms.Form):
    """The first administrator."""

    name = forms.CharField(max_length=200, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(max_length=254, label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(label="Password", min_length=10, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first_setup(request: HttpRequest, token: str) -> HttpResponse:
    """The one-time link that `serve` prints while nobody can sign in: makes the first administrator and signs them in."""
    now = database_now()
    if not setup.is_valid(settings.SECRET_KEY, token, now=now.timestamp()) or somebody_can_sign_in():
        raise NotFound("This link was used, or it is older than a day.")
    form = FirstForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            by = Actor(name="operator", via="web", detail={"way": "set-up link"})
            person = create_person(given["email"], name=given["name"], password=given["password"], is_admin=True, by=by, now=now)
        except WatchbillError as error:
            form.add_error(None, error.message)
        else:
            login(request, person, backend=BACKEND)
            know_session(request, person, now=now)
            return redirect("now")
    answer = render(request, "account/first_setup.html", {"form": form}, status=422 if form.is_bound else 200)
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address is a capability
    return answer


def somebody_can_sign_in() -> bool:
    """Does any account have a password? Unusable ones begin with an exclamation mark."""
    return Person.objects.filter(is_active=True).exclude(password__startswith="!").exclude(password="").exists()  # noqa: S106  an empty one


def broken(_request: HttpRequest) -> HttpResponse:
    """What nobody caught. A lost database says so; everything else is a fault of ours."""
    error = sys.exc_info()[1]
    if isinstance(error, (OperationalError, InterfaceError)):
        return database_away()
    return HttpResponseServerError(render_to_string("500.html"))
