"""Providers: what sends for us, whether each one works by its regular test, and a test now. For administrators."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from watchbill.kernel.errors import NotAllowed
from watchbill.notifications.actions import ask_for_test
from watchbill.notifications.selectors import providers_tested
from watchbill.people.permissions import Verb, decide
from watchbill.web.visit import DeskRequest, signed_in

FACES = {  # health -> shape, colour, word
    "works": ("ok", "green", "Works"),
    "taken": ("warn", "amber", "Taken, not confirmed"),
    "untested": ("due", "amber", "Not tested yet"),
    "failed": ("warn", "red", "Does not work"),
    "late": ("warn", "red", "Test is late"),
}


@require_safe
@signed_in
def listed(request: DeskRequest) -> HttpResponse:
    """Every provider, what is red first."""
    _must_administer(request)
    rows = [(FACES[each.health], each) for each in providers_tested(now=request.visit.now)]
    return render(request, "providers.html", {"section": "you", "rows": rows, "off": settings.PROVIDER_TESTS is None})


@require_POST
@signed_in
def try_now(request: DeskRequest) -> HttpResponse:
    """One of them at once."""
    _must_administer(request)
    test = ask_for_test(request.POST.get("provider", ""), by=request.visit.actor, now=request.visit.now)
    messages.success(request, f"A test of {test.provider} is on its way. Reload in a minute to see how it went.")
    return HttpResponseRedirect(reverse("providers"), status=303)


def _must_administer(request: DeskRequest) -> None:
    decision = decide(request.visit.viewer, Verb.ADMINISTER)
    if not decision.allowed:
        raise NotAllowed(decision.why)
