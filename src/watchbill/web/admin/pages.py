"""Where does an entry of the configuration have its page?"""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.urls import reverse

from watchbill.config.rules import ORGANIZATION
from watchbill.incidents.models import Service
from watchbill.intake.models import Heartbeat
from watchbill.paging.models import Policy
from watchbill.people.models import Person, Team
from watchbill.schedules.models import Schedule

PAGES: dict[str, tuple[type[Model], str, dict[str, Any]]] = {
    "people": (Person, "admin-person", {}),
    "teams": (Team, "admin-team", {"is_active": True}),
    "schedules": (Schedule, "admin-schedule", {"is_active": True}),
    "policies": (Policy, "admin-policy", {"is_active": True}),
    "services": (Service, "admin-service", {"is_active": True}),
    "heartbeats": (Heartbeat, "admin-heartbeat", {"is_active": True, "service__is_active": True}),
}


def page_of(kind: str, name: str) -> str:
    """The address of the page that changes it; empty when it is not active, or has no page."""
    if (kind, name) == ORGANIZATION:
        return reverse("admin-organization")
    if kind not in PAGES:
        return ""
    model, route, only = PAGES[kind]
    wanted = {"handle": name} if kind == "people" else {"name": name}
    number = model._default_manager.filter(**wanted, **only).values_list("pk", flat=True).first()
    return reverse(route, args=[number]) if number else ""
