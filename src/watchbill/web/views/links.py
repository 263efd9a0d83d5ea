"""The link in a message: acknowledge or resolve without signing in.

Opening it never acts, since scanners of mail open every link; only the button does. The token in the address is the right to press it, so
there is no cookie and no cross-site token here: it must work in the bare browser of a mail program. What may still be done is decided by
the state of the incident at that moment.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from watchbill.audit.actions import Actor
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import by_number, visible_to
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import NotFound, WatchbillError
from watchbill.notifications.models import Notification
from watchbill.notifications.selectors import incidents_of
from watchbill.notifications.signing import SALT, read_token
from watchbill.paging.models import Page
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of
from watchbill.response import actions
from watchbill.web import times, words
from watchbill.web.waiting import next_of

ACTS = ("acknowledge", "resolve")
WAITING = (Page.Status.TRIGGERED, Page.Status.EXHAUSTED, Page.Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Followed:
    """What a link leads to."""

    person: Person
    incident: Incident
    page: Page | None
    others: tuple[Incident, ...] = ()  # what went in the same message: one answer takes all of it
    via: str = "mail link"

    @property
    def actor(self) -> Actor:
        """Who pressed, by which way."""
        return Actor(name=self.person.handle, via=self.via, person_id=self.person.id)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks one question; POST does it and shows what is true then."""
    now = database_now()
    act = request.GET.get("act", "acknowledge")
    act = act if act in ACTS else "acknowledge"
    try:
        found = follow(token)
        answer = _do(request, found, act, now) if request.method == "POST" else _ask(request, found, act, now)
    except NotFound:
        answer = render(request, "link_gone.html", status=404)
    except WatchbillError as error:
        answer = render(request, "link_gone.html", {"message": error.message}, status=error.status)
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address is a capability
    return answer


def follow(token: str, *, salt: str = SALT, via: str = "mail link") -> Followed:
    """The person, incident and page of a link. Raises NotFound for one that is not ours, or of somebody who may not see it any more."""
    person_id, incident_id, notification_id = read_token(token, salt=salt)
    person = Person.objects.filter(pk=person_id, is_active=True).first()
    number = Incident.objects.filter(pk=incident_id).values_list("number", flat=True).first()
    if person is None or number is None:
        raise NotFound("This link leads nowhere any more.")
    incident = by_number(viewer_of(person), number)
    page_id = Notification.objects.filter(pk=notification_id, person=person).values_list("page_id", flat=True).first()
    page = Page.objects.filter(pk=page_id, incident=incident).first() if page_id else None
    page = page or Page.objects.filter(incident=incident, purpose=Page.Purpose.RESPOND).exclude(status=Page.Status.RESOLVED).first()
    return Followed(person, incident, page, _bundled(person, notification_id, incident), via)


def _bundled(person: Person, notification_id: int, own: Incident) -> tuple[Incident, ...]:
    """The other incidents of the same message that are open and may still be seen."""
    ids = [each for each in incidents_of(notification_id) if each != own.id]
    if not ids or not Notification.objects.filter(pk=notification_id, person=person).exists():
        return ()
    rows = visible_to(viewer_of(person)).filter(id__in=ids).exclude(status=Incident.Status.RESOLVED)
    return tuple(rows.order_by("number"))


def _ask(request: HttpRequest, found: Followed, act: str, now: dt.datetime) -> HttpResponse:
    page, incident, zone = found.page, found.incident, times.zone_of(found.person.timezone)
    is_open = incident.status != Incident.Status.RESOLVED
    waits = page is not None and page.status in WAITING
    offset = now.astimezone(zone).utcoffset() or dt.timedelta()
    context = {
        "found": found,
        "incident": incident,
        "title": incident.code_name if incident.restricted else incident.title,
        "face": words.face_of(incident.status, page=page.status if page else "", cleared_unseen=incident.cleared_unseen),
        "act": act if is_open and (waits or act == "resolve") else "",
        "mine": found.person.id in (incident.owner_id, incident.acting_id),
        "ahead": next_of(page, now=now) if waits and page else None,
        "now": now,
        "zone": zone,
        "zone_offset": int(offset.total_seconds() // 60),
        "me": found.person,
    }
    return render(request, "link.html", context)


def _do(request: HttpRequest, found: Followed, act: str, now: dt.datetime) -> HttpResponse:
    number, page_id = found.incident.number, found.page.id if found.page else None
    if act == "resolve":
        actions.resolve(number, person=found.person, actor=found.actor, now=now)
    else:
        actions.acknowledge(number, person=found.person, actor=found.actor, now=now, page_id=page_id)
    if found.others:
        actions.bulk([incident.number for incident in found.others], act, person=found.person, actor=found.actor, now=now)
    return HttpResponseRedirect(request.path, status=303)
