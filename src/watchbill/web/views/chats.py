"""Accounts in chats: the address that proves whose one is."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from watchbill.kernel.errors import WatchbillError
from watchbill.notifications.chats.actions import read_link, use_link
from watchbill.notifications.models import Rule
from watchbill.people.models import Person
from watchbill.web.visit import DeskRequest, signed_in
from watchbill.web.words import HOW

SILENT = "Your rules do not name it, so pages do not go there until you add it to them"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def link(request: DeskRequest, token: str) -> HttpResponse:
    """GET asks whether that account is whoever is signed in; POST makes it so, once."""
    visit = request.visit
    try:
        if request.method == "POST":
            contact = use_link(token, person=visit.person, actor=visit.actor, now=visit.now)
            how = HOW.get(contact.kind, contact.kind)
            messages.success(
                request, f"What you do in {how} counts as you now{'' if _rings(visit.person, contact.kind) else f'. {SILENT}'}."
            )
            return HttpResponseRedirect(reverse("you"), status=303)
        row = read_link(token, now=visit.now)
    except WatchbillError as error:
        return render(request, "chat_link.html", {"message": error.message}, status=error.status)
    about = {"row": row, "how": HOW.get(row.chat.kind, row.chat.kind), "me": visit.person, "rings": _rings(visit.person, row.chat.kind)}
    return render(request, "chat_link.html", about)


def _rings(person: Person, kind: str) -> bool:
    """Do pages for this person go there? Without rules of their own, everywhere."""
    named = [each for kinds in Rule.objects.filter(person=person).values_list("kinds", flat=True) for each in kinds]
    return not named or kind in named
