"""Drives a small desk: opens incidents, lets the engine look, delivers what waits, and asks what became of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from tests import factories as make
from tests.factories import T0, actor
from watchbill.audit.models import Record
from watchbill.incidents.actions import NewIncident
from watchbill.incidents.models import Incident, Service, TimelineEntry
from watchbill.incidents.selectors import by_number
from watchbill.kernel.errors import NotFound
from watchbill.notifications.models import Notification
from watchbill.paging.actions import fire_due, reached_in
from watchbill.paging.models import Page, TeamPaging
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of
from watchbill.response import actions
from watchbill.response.actions import Outcome

MONITOR = make.Actor(name="Detections", via="source")


class Desk:
    """Ada has the watch, Bruno is the backup, Chen the third engineer; Grace manages, Hugo stands on the managers' schedule. Charlie is
    of another team. Root is the last resort and administers the installation.

    Steps, 15 minutes each: the watch; Grace and the watch; the backup; the team in daylight order.
    """

    def __init__(self, *, ownership: str = "acker", desk: str = "paged") -> None:
        self.ada, self.bruno, self.chen = (make.person(h) for h in ("ada", "bruno", "chen"))
        self.grace, self.hugo, self.charlie = (make.person(h) for h in ("grace", "hugo", "charlie"))
        self.root = make.person("root", is_admin=True)
        make.organization(self.root)
        self.team = make.team("SecOps", self.ada, self.bruno, self.chen, managers=(self.grace,), ownership=ownership, desk=desk)
        self.other = make.team("Other", self.charlie)
        self.watch = make.schedule("Watch", self.team, self.ada)
        self.backup = make.schedule("Backup", self.team, self.bruno, position=1)
        self.managers = make.schedule("Managers", self.other, self.hugo)
        TeamPaging.objects.create(team=self.team, manager_schedule=self.managers, high_impact_severity="critical")
        self.policy = make.policy(
            "Security Responder",
            self.team,
            ([make.to(self.watch)], "15m"),
            ([make.to(self.grace), make.to(self.watch)], "15m"),
            ([make.to(self.backup)], "15m"),
            ([make.to(self.team, order="daylight", each="5m")], "15m"),
            last_resort=self.root,
        )
        self.service = make.service("Detections", self.team, self.policy)
        self.secret = make.service("Insider cases", self.team, self.policy, restricted=True)

    def open(
        self, title: str = "disk full", *, service: Service | None = None, severity: str = "high", now: dt.datetime = T0, **more: Any
    ) -> Incident:
        """An incident as a monitor opens it; step 1 has fired, and its notifications are delivered."""
        service = service or self.service
        new = NewIncident(title=title, severity=severity, team_id=service.team_id, service_id=service.id, **more)
        with transaction.atomic():
            (opened,) = actions.open_in([new], by=MONITOR, now=now)
        self.tick(now)
        return Incident.objects.get(pk=opened.id)

    def tick(self, now: dt.datetime) -> list[str]:
        """The engine looks; what it queued is delivered. Handles of those whom a page asked, in order."""
        while fire_due(now=now):
            pass
        return self.deliver()

    def deliver(self) -> list[str]:
        """Everything queued arrives. Handles of those whom a page asked, in order."""
        queued = Notification.objects.filter(state="queued").order_by("id").select_related("person")
        paged = [n for n in queued if n.kind == "page"]
        Notification.objects.filter(pk__in=[n.pk for n in queued]).update(state="delivered")
        with transaction.atomic():
            reached_in({n.page_id for n in paged if n.page_id}, now=T0)
        return [n.person.handle for n in paged]

    def waiting(self, kind: str = "page") -> list[tuple[str, str]]:
        """Who is still to be told, and why, in order."""
        rows = Notification.objects.filter(state="queued", kind=kind).order_by("id").select_related("person")
        return [(n.person.handle, n.content["reason"]) for n in rows]

    def act(self, name: str, incident: Incident, who: Person, *args: Any, now: dt.datetime, via: str = "web", **more: Any) -> Outcome:
        """One act of `response.actions`."""
        outcome: Outcome = getattr(actions, name)(incident.number, *args, person=who, actor=actor(who, via), now=now, **more)
        return outcome

    def acknowledge(self, incident: Incident, who: Person, now: dt.datetime, **more: Any) -> Outcome:
        return self.act("acknowledge", incident, who, now=now, **more)

    def page(self, incident: Incident, purpose: str = "respond") -> Page:
        """Its latest page of that purpose."""
        return Page.objects.filter(incident=incident, purpose=purpose).latest("id")

    def hold(self, incident: Incident) -> tuple[str | None, str | None]:
        """Handles of owner and acting."""
        fresh = Incident.objects.select_related("owner", "acting").get(pk=incident.pk)
        return fresh.owner.handle if fresh.owner else None, fresh.acting.handle if fresh.acting else None

    def status(self, incident: Incident) -> str:
        return Incident.objects.get(pk=incident.pk).status

    def story(self, incident: Incident, *kinds: str) -> list[str]:
        """The texts of its lines of these kinds."""
        return list(TimelineEntry.objects.filter(incident=incident, kind__in=kinds).order_by("id").values_list("text", flat=True))

    def audited(self, incident: Incident, action: str) -> list[tuple[str, dict[str, Any]]]:
        """Who did it, with the details."""
        return list(Record.objects.filter(incident_id=incident.pk, action=action).order_by("id").values_list("actor", "detail"))

    def sees(self, who: Person, incident: Incident) -> bool:
        """May they see it?"""
        try:
            by_number(viewer_of(who), incident.number)
        except NotFound:
            return False
        return True
