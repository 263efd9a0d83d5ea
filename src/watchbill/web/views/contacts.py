"""How you are reached: add a contact, prove it by the code that comes through it, put them in order, remove one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from watchbill.config.selectors import changed_by_hand
from watchbill.kernel import kinds
from watchbill.kernel.errors import Invalid, NotFound, Refused, WatchbillError
from watchbill.notifications.actions import add_contact, move_contact, remove_contact, send_code, type_code
from watchbill.notifications.models import Contact, ContactCode, Notification
from watchbill.notifications.rules import ADDABLE, EXAMPLES
from watchbill.web.visit import DeskRequest, Visit, signed_in
from watchbill.web.words import HOW

ACTS = ("code", "verify", "up", "down", "remove")
WAITS = ("queued", "leased")


@dataclass(frozen=True, slots=True)
class Row:
    """One contact as the page shows it. `code`: the open one; `went`: the message that carried it."""

    how: str
    contact: Contact
    code: ContactCode | None = None
    went: Notification | None = None

    @property
    def is_open(self) -> bool:
        """May a code be typed in now?"""
        return self.code is not None


def contacts(visit: Visit) -> dict[str, Any]:
    """What the section of the page shows. Devices have their own."""
    rows = list(Contact.objects.filter(person=visit.person, removed_at=None).exclude(verified_by="device").order_by("position", "id"))
    unproven = [row.pk for row in rows if row.verified_at is None]
    codes = {code.contact_id: code for code in ContactCode.objects.filter(contact__in=unproven, ended_at=None, expires_at__gt=visit.now)}
    went = Notification.objects.in_bulk([code.notification_id for code in codes.values()])
    return {
        "contacts": [
            Row(HOW.get(row.kind, row.kind), row, code := codes.get(row.pk), went.get(code.notification_id) if code else None)
            for row in rows
        ],
        "verifying": bool(codes),
        "contact_ways": [(kind, HOW[kind], EXAMPLES[kind]) for kind in ADDABLE if kinds.is_active(kind)],
        "contacts_off": [(HOW[kind], kinds.find(kind).why_not) for kind in ADDABLE if not kinds.is_active(kind)],
        "changed_here": changed_by_hand(visit.person),
    }


@require_POST
@signed_in
def add(request: DeskRequest) -> HttpResponse:
    """Add one, and send its first code at once."""
    visit, asked = request.visit, request.POST
    try:
        made = add_contact(visit.person, asked.get("kind", ""), asked.get("address", ""), by=visit.actor, now=visit.now)
        if made.verified_at is None:
            send_code(made.pk, person=visit.person, by=visit.actor, now=visit.now)
            messages.success(request, f"A code is on its way by {_word(made)}. Type it in below; nothing else is sent there before.")
        else:
            messages.success(request, "The mail of your account is a contact now.")
    except (Invalid, Refused) as error:
        messages.error(request, error.message)
    return _back()


@sensitive_post_parameters("code")
@require_POST
@signed_in
def act(request: DeskRequest, contact_id: int, act: str) -> HttpResponse:
    """Prove, move or remove a contact of one's own."""
    if act not in ACTS:
        raise NotFound("There is no such thing to do with a contact.")
    try:
        messages.success(request, _do(request, contact_id, act))
    except NotFound:
        raise
    except WatchbillError as error:
        messages.error(request, error.message)
    return _back()


def _do(request: DeskRequest, contact_id: int, act: str) -> str:
    visit = request.visit
    who: dict[str, Any] = {"by": visit.actor, "now": visit.now}
    if act == "code":
        send_code(contact_id, person=visit.person, **who)
        return "A new code is on its way. Older ones do not count any more."
    if act == "verify":
        type_code(contact_id, request.POST.get("code", ""), person=visit.person, **who)
        return "Proven. You are reached by it from now on. Send yourself a test page to see how it arrives."
    if act == "remove":
        contact = remove_contact(visit.person, contact_id, **who)
        return f"You are not reached by this {_word(contact)} any more."
    move_contact(visit.person, contact_id, -1 if act == "up" else 1, **who)
    return "Put in order."


def _word(contact: Contact) -> str:
    return HOW.get(contact.kind, contact.kind).lower()


def _back() -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('you')}#contacts", status=303)
