"""The organization: what this desk is called, and who is paged when nobody else is left. For administrators of the installation."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from watchbill.config.rules import ORGANIZATION
from watchbill.kernel.errors import NotFound
from watchbill.web.admin.editors import Editor, World, world
from watchbill.web.admin.questions import Choice, Line, Question
from watchbill.web.admin.rights import rights_of
from watchbill.web.views.admin.conduct import Subject, conduct
from watchbill.web.visit import DeskRequest, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def organization(request: DeskRequest) -> HttpResponse:
    """The one there is: it is changed, never made or deactivated."""
    rights = rights_of(request.visit.viewer)
    if not rights.on(ORGANIZATION[0], None).allowed:
        raise NotFound("There is nothing here.")
    there = world()
    editor = Editor(*ORGANIZATION, questions(there), there.words(*ORGANIZATION), there.changed_here(*ORGANIZATION))
    home, up = reverse("admin-organization"), reverse("admin")
    return conduct(
        request,
        Subject(editor, rights, there, "Organization", home, up, "Administration", "admin/organization.html", may_remove=False),
    )


def questions(there: World) -> list[Question]:
    """What is asked of the organization."""
    last = there.options("people", none="choose one")
    return [
        Line("organization", "Name", hint="Who runs this desk: it stands at the top of each page and in messages."),
        Choice("last_resort", "Last resort", last, hint="Paged when a policy ran out and neither it nor its team names somebody."),
    ]
