"""A team: who stands on its desk, who manages it, and how it works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from watchbill.kernel.errors import NotFound
from watchbill.people.models import Team
from watchbill.web.admin import impact
from watchbill.web.admin.editors import Editor, World, world
from watchbill.web.admin.members import Members
from watchbill.web.admin.questions import Choice, Group, Line, Names, Question, Tick
from watchbill.web.admin.rights import rights_of
from watchbill.web.views.admin.conduct import Subject, conduct
from watchbill.web.visit import DeskRequest, signed_in

DESKS = (("", "choose one"), ("paged", "paged: woken around the clock"), ("queue", "queue: works through queues"))
OWNERSHIP = (
    ("", "as usual for the desk"),
    ("acker", "whoever acknowledges"),
    ("on_call", "whoever has the watch"),
    ("assigned", "whoever it is assigned to"),
)
RESTRICTED = (("", "no issue (as usual)"), ("code name", "a confidential one with its code name alone"))
MOVES = (("", "when it is accepted (as usual)"), ("offer", "when it is offered"))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: DeskRequest) -> HttpResponse:
    """A new team. For administrators of the installation."""
    rights = rights_of(request.visit.viewer)
    if not rights.on("teams", None).allowed:
        raise NotFound("There is nothing here.")
    there = world()
    editor = Editor("teams", "", [Line("name", "Name", hint="It cannot be changed later."), *questions(there, {})])
    home, up = reverse("admin-team-new"), reverse("admin")
    return conduct(request, Subject(editor, rights, there, "New team", home, up, "Administration", shape=impact.shaped))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def team(request: DeskRequest, team_id: int) -> HttpResponse:
    """One team."""
    rights = rights_of(request.visit.viewer)
    found = Team.objects.filter(pk=team_id, is_active=True).first()
    if found is None or not rights.on("teams", found.name).allowed:
        raise NotFound("There is no such team.")
    there = world()
    words = there.words("teams", found.name)
    editor = Editor("teams", found.name, questions(there, words), words, there.changed_here("teams", found.name))
    home = reverse("admin-team", args=[found.id])
    subject = Subject(
        editor,
        rights,
        there,
        found.name,
        home,
        reverse("admin"),
        "Administration",
        may_remove=rights.on("teams", None).allowed,
        shape=impact.shaped,
    )
    return conduct(request, subject)


def questions(there: World, words: Mapping[str, Any]) -> list[Question]:
    """What is asked of a team."""
    return [
        Members(there.options("people")),
        Choice("desk", "Desk", DESKS),
        Choice("ownership", "Who owns an incident", OWNERSHIP),
        Choice("manager", "Schedule on which the managers stand", there.options("schedules", none="none"), inside="schedule"),
        Choice("last_resort", "Last resort", there.options("people", none="the installation's"), hint="Paged when a policy ran out."),
        impact.question(there, words),
        Line("ack_timeout", "Owner is asked after", hint="No human word for so long, as 4h. Empty: as usual for the desk."),
        Tick("critical_anyway", "On a queue desk: critical pages are loud all the same"),
        Choice("assignee_moves", "A hand-off moves the tracker's assignee", MOVES),
        Group(
            "channel",
            "Channel of the team",
            [Choice("chat", "Chat", there.options("chats", none="none")), Line("name", "Channel")],
            hint="The message of each of its incidents stands there. Chats themselves are set up by the configuration file.",
        ),
        Group(
            "issue",
            "Tracking issues",
            [
                Choice("tracker", "Tracker", there.options("trackers", none="none")),
                Line("project", "Project"),
                Names("labels", "Labels", hint="With commas."),
                Line("severity_label", "Label of the severity", hint="Its beginning, as severity/. Empty: none."),
                Tick("confidential", "Open: everybody who sees the project sees them", says=False),
                Choice("restricted", "A restricted incident gets", RESTRICTED),
            ],
            hint="Where an issue is made. Trackers themselves are set up by the configuration file.",
        ),
        Group(
            "calendar",
            "Working time of the team",
            [
                Line("timezone", "Time zone"),
                Names("days", "Days"),
                Line("from", "From"),
                Line("to", "To"),
                Line("holidays", "Public holidays"),
                Names("closed", "Closed besides", hint="Dates with commas."),
            ],
            tick="The team has a working time of its own",
            defaults={"timezone": "UTC", "days": "mon, tue, wed, thu, fri", "from": "09:00", "to": "17:00"},
        ),
    ]
