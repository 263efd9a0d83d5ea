"""Where does an entry of the configuration have its page?"""

from __future__ import annotations

from django.urls import reverse

from watchbill.incidents.models import Service


def page_of(kind: str, name: str) -> str:
    """The address of the page that changes it; empty when it is not active, or has no page."""
    if kind != "services":
        return ""
    number = Service.objects.filter(name=name, is_active=True).values_list("id", flat=True).first()
    return reverse("admin-service", args=[number]) if number else ""
