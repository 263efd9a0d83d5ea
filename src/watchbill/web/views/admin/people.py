"""People: who has an account, inviting, changing and deactivating them. For administrators of the installation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from watchbill.config.rules import Key
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import visible_to
from watchbill.kernel.errors import NotFound, Refused
from watchbill.people.actions import record_invitation
from watchbill.people.invitations import invitation
from watchbill.people.models import ApiToken, Membership, Person
from watchbill.schedules.models import Layer
from watchbill.schedules.selectors import shifts_of
from watchbill.web import times
from watchbill.web.admin.editors import Editor, world
from watchbill.web.admin.questions import Group, Line, Names, Question
from watchbill.web.admin.rights import Rights, rights_of
from watchbill.web.views.admin.conduct import Subject, conduct
from watchbill.web.visit import DeskRequest, Visit, signed_in

PAGE = 50
AHEAD = dt.timedelta(days=42)  # shifts that are told before somebody is deactivated
MOST = 5  # of each sort are named
ASKED: Sequence[Question] = (
    Line("name", "Name"),
    Line("email", "E-mail", hint="They sign in with it."),
    Line("timezone", "Time zone", hint="As Europe/London. Empty: UTC."),
    Line("region", "Region", hint="As EMEA: orders a team by daylight."),
    Line("holidays", "Public holidays", hint="A country or a part of it, as GB or DE-BY. Empty: none."),
    Group(
        "hours",
        "Working hours",
        [Names("days", "Days"), Line("from", "From"), Line("to", "To")],
        tick="Others than Monday to Friday, 09:00 to 17:00",
        defaults={"days": "mon, tue, wed, thu, fri", "from": "09:00", "to": "17:00"},
    ),
)
HANDLE = Line("handle", "Handle", hint="Small letters, digits, dots and dashes, as ada.osei. It cannot be changed later.")


@require_safe
@signed_in
def listed(request: DeskRequest) -> HttpResponse:
    """Everybody, searched by name, handle or mail."""
    _administers(request)
    text, state = request.GET.get("q", "").strip()[:200].replace("\x00", ""), request.GET.get("state", "")
    rows = Person.objects.filter(is_active=state != "gone").order_by("name", "id")
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(handle__icontains=text) | Q(email__icontains=text))
    place = request.GET.get("from", "")
    start = int(place) if place.isascii() and place.isdigit() and len(place) < 7 else 0
    people = list(rows[start : start + PAGE + 1])
    teams: dict[int, list[str]] = {}
    for row in Membership.objects.filter(person__in=people[:PAGE], team__is_active=True).select_related("team").order_by("team__name"):
        teams.setdefault(row.person_id, []).append(row.team.name)
    context = {
        "section": "admin",
        "people": [(person, teams.get(person.id, [])) for person in people[:PAGE]],
        "q": text,
        "state": state,
        "next": start + PAGE if len(people) > PAGE else 0,
    }
    return render(request, "admin/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: DeskRequest) -> HttpResponse:
    """Make an account; the answer shows the link with which its owner sets a password."""
    rights = _administers(request)
    subject = Subject(
        Editor("people", "", (HANDLE, *ASKED)),
        rights,
        world(),
        "New person",
        reverse("admin-person-new"),
        reverse("admin-people"),
        "People",
        done=_made,
    )
    return conduct(request, subject)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def person(request: DeskRequest, person_id: int) -> HttpResponse:
    """One person."""
    rights = _administers(request)
    who = _person(person_id)
    there = world([("people", who.handle)])
    words = there.words("people", who.handle)
    editor = Editor("people", who.handle, ASKED, words, there.changed_here("people", who.handle))
    without = {name: value for name, value in words.items() if name != "active"}
    last = who.is_admin and not Person.objects.filter(is_admin=True, is_active=True).exclude(pk=who.id).exists()
    kept = "This is you." if who == request.visit.person else "Nobody else administers the installation." if last else ""
    subject = Subject(
        editor,
        rights,
        there,
        who.name,
        reverse("admin-person", args=[who.id]),
        reverse("admin-people"),
        "People",
        "admin/person.html",
        {"person": who, "kept": kept, "memberships": _memberships(who), "invitable": who.is_active and not who.has_usable_password()},
        remove={**without, "active": False} if who.is_active else without,
        may_remove=not (who.is_active and kept),
        remove_word="Deactivate" if who.is_active else "Activate",
        consequences=(lambda: consequences(who, request.visit)) if who.is_active else None,
    )
    return conduct(request, subject)


@require_POST
@signed_in
@sensitive_variables("link")
def invite(request: DeskRequest, person_id: int) -> HttpResponse:
    """The link with which somebody sets their first password. Whoever has one already asks for a new one by mail."""
    _administers(request)
    who = _person(person_id)
    if not who.is_active:
        raise Refused(f"{who.name} is deactivated; nobody could sign in with that link.")
    if who.has_usable_password():
        raise Refused(f"{who.name} has a password. To set another one, they press *Forgotten* at the sign-in: the link goes to their mail.")
    return _invited(request, who)


def consequences(who: Person, visit: Visit) -> list[str]:
    """What ends with somebody, besides whom pages reach."""
    told = [f"{row.team.name}: {row.role}{', on the desk' if row.on_desk else ''}. The team keeps the name." for row in _memberships(who)]
    told += _shifts(who, visit)
    owned = visible_to(visit.viewer).filter(owner=who).exclude(status=Incident.Status.RESOLVED).order_by("number")
    numbers = ", ".join(f"#{incident.number}" for incident in owned[:MOST])
    if numbers:
        more = owned.count() - MOST
        told.append(f"Owns {numbers}{f' and {more} more' if more > 0 else ''}: they go to whoever is on call, else to the last resort.")
    tokens = ApiToken.objects.filter(person=who, revoked_at=None, expires_at__gt=visit.now).count()
    ends = f"; {tokens} token{'s' if tokens > 1 else ''} open{'' if tokens > 1 else 's'} nothing any more" if tokens else ""
    return [*told, f"Signed out everywhere{ends}. Nothing is sent to them. The past keeps their name."]


def _shifts(who: Person, visit: Visit) -> list[str]:
    told = []
    layers = Layer.objects.filter(valid_until=None, schedule__is_active=True).select_related("schedule")
    theirs_in = [layer for layer in layers if any(who.id in together for together in layer.order)]
    stands = {layer.schedule_id: layer.schedule for layer in theirs_in}
    goes_on = {layer.schedule_id for layer in theirs_in if layer.ending is None or layer.ending > visit.now.date()}
    for schedule in stands.values():
        theirs = [s for s in shifts_of(schedule.id, visit.now, visit.now + AHEAD) if s.person_id == who.id]
        if theirs:
            first = times.moment(theirs[0].start, visit.zone, now=visit.now)
            many = f"{len(theirs)} shifts" if len(theirs) > 1 else "a shift"
            told.append(f"{schedule.name}: {many} in the next six weeks, the first from {first}. A page in them passes over {who.name}.")
        elif schedule.id in goes_on:
            told.append(f"{schedule.name}: stands in its rotation.")
    return told


def _made(request: DeskRequest, key: Key, number: int) -> HttpResponse:
    return _invited(request, Person.objects.get(handle=key[1]), record=number)


@sensitive_variables("link")
def _invited(request: DeskRequest, who: Person, *, record: int = 0) -> HttpResponse:
    record_invitation(who, by=request.visit.actor, now=request.visit.now)
    link = invitation(who)
    answer = render(request, "admin/invited.html", {"section": "admin", "person": who, "link": link, "record": record})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _memberships(who: Person) -> list[Membership]:
    return list(Membership.objects.filter(person=who, team__is_active=True).select_related("team").order_by("team__name"))


def _administers(request: DeskRequest) -> Rights:
    rights = rights_of(request.visit.viewer)
    if not rights.on("people", None).allowed:
        raise NotFound("There is nothing here.")
    return rights


def _person(person_id: int) -> Person:
    found = Person.objects.filter(pk=person_id).first()
    if found is None:
        raise NotFound("There is no such person.")
    return found
