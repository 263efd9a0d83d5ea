"""A heartbeat: which job must give signs of life, how often, and whose alert its silence is."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from watchbill.intake.models import Heartbeat, IntegrationKey
from watchbill.intake.selectors import quiet
from watchbill.kernel.errors import NotFound
from watchbill.web.admin.editors import Editor, World, world
from watchbill.web.admin.questions import Choice, Line, Options, Question
from watchbill.web.admin.rights import Rights, may_administer, rights_of
from watchbill.web.views.admin.conduct import Subject, conduct
from watchbill.web.visit import DeskRequest, signed_in

SEVERITIES = (("", "as usual: high"), *((word, word) for word in ("critical", "high", "medium", "low")))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: DeskRequest) -> HttpResponse:
    """A new heartbeat, of a service of the viewer's own teams."""
    if not may_administer(request.visit.viewer):
        raise NotFound("There is nothing here.")
    rights, there = rights_of(request.visit.viewer), world()
    service = request.GET.get("service", "")
    start = {"service": service} if service in dict(_services(there, rights)) else {}
    asked = [Line("name", "Name", hint="The job that is watched. It cannot be changed later."), *questions(there, rights)]
    home = reverse("admin-heartbeat-new")
    editor = Editor("heartbeats", "", asked, start)
    return conduct(request, Subject(editor, rights, there, "New heartbeat", home, reverse("heartbeats"), "Heartbeats"))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def heartbeat(request: DeskRequest, heartbeat_id: int) -> HttpResponse:
    """One heartbeat. For admins of the team of its service."""
    rights = rights_of(request.visit.viewer)
    rows = Heartbeat.objects.filter(pk=heartbeat_id, is_active=True, service__is_active=True)
    found = rows.select_related("service__team").first()
    if found is None or not rights.on("heartbeats", found.service.team.name).allowed:
        raise NotFound("There is no such heartbeat.")
    there, name = world(), found.name
    editor = Editor("heartbeats", name, questions(there, rights), there.words("heartbeats", name), there.changed_here("heartbeats", name))
    keys = quiet.keys_of([found.id], now=request.visit.now).get(found.id, [])
    subject = Subject(
        editor,
        rights,
        there,
        name,
        reverse("admin-heartbeat", args=[found.id]),
        reverse("heartbeats"),
        "Heartbeats",
        "admin/heartbeat.html",
        {"beat": found, "state": quiet.state_of(found), "every": dt.timedelta(seconds=found.every_seconds), "keys": keys},
        consequences=lambda: consequences(found, keys),
        besides=["A fresh interval begins with it: a sign is expected from then on."],
    )
    return conduct(request, subject)


def consequences(beat: Heartbeat, keys: list[IntegrationKey]) -> list[str]:
    """What ends with a heartbeat."""
    told = [f"Nobody hears any more when {beat.name} stays silent: {beat.service.name} gets no alert of it."]
    if beat.late_at is not None:
        told.append("It is silent now. The alert that fires because of it is resolved.")
    if keys:
        told.append(
            f"Signs by its key{'s' if len(keys) > 1 else ''} ({', '.join(f'…{key.hint}' for key in keys)}) are refused from then on."
        )
    return [*told, "Taken back, it is watched again by the same keys, with a fresh interval."]


def questions(there: World, rights: Rights) -> list[Question]:
    """What is asked of a heartbeat."""
    return [
        Choice("service", "Service", [("", "choose one"), *_services(there, rights)], hint="Whose alert it is when no sign comes."),
        Line("every", "A sign is expected every", hint="As 5m, 1h or 1d. Each change here begins a fresh interval."),
        Line("grace", "Late so long after that", hint="As 10m, for a job that takes now more, now less. Empty: at once."),
        Choice("severity", "How severe is its silence", SEVERITIES),
    ]


def _services(there: World, rights: Rights) -> Options:
    """Services of the teams that this viewer may change."""
    own = set(rights.own)
    return [(name, word) for name, word in there.options("services") if (there.full("services", name) or {}).get("team") in own]
