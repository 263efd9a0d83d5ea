"""A service: by which policy it pages, how its alerts are read, and its keys."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from watchbill.connectors.snippets import address, snippet
from watchbill.incidents.models import Service
from watchbill.intake.actions import create_key
from watchbill.intake.models import IntegrationKey
from watchbill.intake.rules import ACTIVE_KINDS
from watchbill.intake.selectors import quiet
from watchbill.intake.selectors.mailboxes import mail_address
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.web.admin import forwarding
from watchbill.web.admin.editors import Editor, World, world
from watchbill.web.admin.questions import Choice, Each, Group, Line, Names, Pairs, Question, Tick
from watchbill.web.admin.rights import Rights, may_administer, rights_of
from watchbill.web.proving import proven
from watchbill.web.views.admin.conduct import Subject, conduct
from watchbill.web.visit import DeskRequest, signed_in

LONGEST = 120  # characters of what a key is for
SEVERITIES = ("critical", "high", "medium", "low")
LOUD = (("", "as the desk has it"), ("high", "high: wakes people"), ("low", "low: waits for their hours"))
CLEARED = (("", "pages nobody else (as usual)"), ("keep", "goes on paging"), ("resolve", "resolves the incident"))
SOURCE = (("", "only marks it (as usual)"), ("stops", "stops the page"))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: DeskRequest) -> HttpResponse:
    """A new service."""
    rights = rights_of(request.visit.viewer)
    if not may_administer(request.visit.viewer):
        raise NotFound("There is nothing here.")
    there = world()
    team = request.GET.get("team", "")
    start = {"team": team} if team in rights.own else {}
    asked = [
        Line("name", "Name", hint="It cannot be changed later: pages, keys and the audit know it by this name."),
        *questions(there, rights),
    ]
    editor = Editor("services", "", asked, start)
    return conduct(request, Subject(editor, rights, there, "New service", reverse("admin-service-new"), reverse("admin"), "Administration"))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def service(request: DeskRequest, service_id: int) -> HttpResponse:
    """One service."""
    found, rights = _found(request, service_id)
    there = world()
    editor = Editor(
        "services",
        found.name,
        questions(there, rights),
        there.words("services", found.name),
        there.changed_here("services", found.name),
    )
    keys = IntegrationKey.objects.filter(service=found, revoked_at=None).order_by("id")
    extra = {"service": found, "keys": keys, "kinds": ACTIVE_KINDS, "routes": editor.there.get("routes", [])}
    home = reverse("admin-service", args=[found.id])
    return conduct(
        request, Subject(editor, rights, there, found.name, home, reverse("admin"), "Administration", "admin/service.html", extra)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def routes(request: DeskRequest, service_id: int) -> HttpResponse:
    """Where alerts of a service go."""
    found, rights = _found(request, service_id)
    there = world()
    words = there.words("services", found.name)
    visible = quiet.services_for(request.visit.viewer).exclude(pk=found.id).order_by("name").values_list("name", flat=True)
    asked = forwarding.question([(name, name) for name in visible], there.options("policies", none="that of the service"), words)
    editor = Editor("services", found.name, [asked], words, there.changed_here("services", found.name))
    subject = Subject(
        editor,
        rights,
        there,
        f"Routes of {found.name}",
        reverse("admin-routes", args=[found.id]),
        reverse("admin-service", args=[found.id]),
        found.name,
        "admin/routes.html",
        {"service": found},
        may_remove=False,
        besides=["Who is reached is said of alerts that no route sends elsewhere. Alerts that came before stay where they went."],
        shape=forwarding.shaped,
    )
    return conduct(request, subject)


@require_POST
@signed_in
@proven
@sensitive_variables("secret")
def new_key(request: DeskRequest, service_id: int) -> HttpResponse:
    """A key for this service: shown on the answer, this once."""
    found, _ = _found(request, service_id)
    name = " ".join(request.POST.get("name", "").split())
    if len(name) > LONGEST or not name.isprintable():
        raise Invalid(f"What the key is for has at most {LONGEST} characters that can be shown.", field="name")
    made, secret = create_key(found, request.POST.get("kind", ""), name, by=request.visit.actor, now=request.visit.now)
    context = {
        "section": "admin",
        "key": made,
        "secret": secret,
        "address": address(made.kind, url=settings.PUBLIC_URL, key=secret, mail=mail_address(made.kind)),
        "snippet": snippet(made.kind, url=settings.PUBLIC_URL, key=secret, mail=mail_address(made.kind)),
    }
    answer = render(request, "inlet_new.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _found(request: DeskRequest, service_id: int) -> tuple[Service, Rights]:
    rights = rights_of(request.visit.viewer)
    found = Service.objects.filter(pk=service_id, is_active=True).select_related("team").first()
    if found is None or not rights.on("services", found.team.name).allowed:
        raise NotFound("There is no such service.")
    return found, rights


def questions(there: World, rights: Rights) -> list[Question]:
    """What is asked of a service."""
    return [
        Choice("team", "Team", [("", "choose one"), *((name, name) for name in rights.own)]),
        Choice("policy", "Policy", there.options("policies", none="choose one"), hint="Whom its pages ask, in which order."),
        Names(
            "group_by",
            "Grouped by",
            hint="Fields of an alert, with commas: alerts that have them equal join one incident. Empty: each its own.",
        ),
        Line("group_for", "Grouped for", hint="How young the last alert must be to be joined, as 1h (as usual) or 15m."),
        Each("urgency", "How loud is a severity", SEVERITIES, LOUD),
        Pairs("severity", "Words of the source", hint="One to a line: their word = ours, as P1 = critical."),
        Choice("when_cleared", "When the source says that it is over, it", CLEARED),
        Choice("source_ack", "When the source says that somebody has it, it", SOURCE),
        Group(
            "storm",
            "Storm guard",
            [Line("incidents", "More incidents than", counts=True), Line("within", "within")],
            hint="Then they become one incident.",
            off="off",
            tick="Guard against storms",
            defaults={"incidents": "20", "within": "5m"},
        ),
        Names(
            "senders",
            "Whose mails page by its keys of kind email",
            hint="Addresses, or @domain, with commas. They count in place of the mailbox's own list. Empty: as the mailbox says.",
        ),
        Tick("restricted", "Restricted: only whoever is paged or named sees its incidents"),
    ]
