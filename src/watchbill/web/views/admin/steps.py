"""A policy: whom a page asks, in which order."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from watchbill.kernel.errors import NotFound
from watchbill.paging.models import Policy, ServicePolicy
from watchbill.web.admin import steps
from watchbill.web.admin.editors import Editor, World, world
from watchbill.web.admin.questions import Choice, Line, Question
from watchbill.web.admin.rights import Rights, may_administer, rights_of
from watchbill.web.views.admin.conduct import Subject, conduct
from watchbill.web.visit import DeskRequest, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: DeskRequest) -> HttpResponse:
    """A new policy."""
    if not may_administer(request.visit.viewer):
        raise NotFound("There is nothing here.")
    rights, there = rights_of(request.visit.viewer), world()
    team = request.GET.get("team", "")
    start = {"team": team} if team in rights.own else {}
    asked = [Line("name", "Name", hint="It cannot be changed later."), *questions(there, rights, {})]
    home = reverse("admin-policy-new")
    editor = Editor("policies", "", asked, start)
    return conduct(request, Subject(editor, rights, there, "New policy", home, reverse("admin"), "Administration", shape=steps.shaped))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def policy(request: DeskRequest, policy_id: int) -> HttpResponse:
    """One policy."""
    rights = rights_of(request.visit.viewer)
    found = Policy.objects.filter(pk=policy_id, is_active=True).select_related("team").first()
    if found is None or not rights.on("policies", found.team.name).allowed:
        raise NotFound("There is no such policy.")
    there = world()
    words = there.words("policies", found.name)
    editor = Editor("policies", found.name, questions(there, rights, words), words, there.changed_here("policies", found.name))
    used = ServicePolicy.objects.filter(policy=found, service__is_active=True).order_by("service__name")
    subject = Subject(
        editor,
        rights,
        there,
        found.name,
        reverse("admin-policy", args=[found.id]),
        reverse("admin"),
        "Administration",
        "admin/policy.html",
        {"policy": found, "services": list(used.values_list("service__name", flat=True))},
        shape=steps.shaped,
    )
    return conduct(request, subject)


def questions(there: World, rights: Rights, words: dict[str, object]) -> list[Question]:
    """What is asked of a policy."""
    return [
        Choice("team", "Team", [("", "choose one"), *((name, name) for name in rights.own)]),
        steps.question(there, words),
        Line("repeat", "More rounds after the first", hint="Empty: none.", counts=True),
        Choice(
            "last_resort", "Last resort", there.options("people", none="the team's, else the installation's"), hint="Paged when it ran out."
        ),
    ]
