"""The inbox of the demo: what would have been mailed, on screen. It exists only where the installation says that it is a demo."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.kernel.errors import NotFound
from watchbill.notifications.models import Notification
from watchbill.people.models import Organization
from watchbill.web.visit import DeskRequest, signed_in

MOST = 60


@require_safe
@signed_in
def inbox(request: DeskRequest) -> HttpResponse:
    """The latest mails, whoever they were for: in a demo everybody is fictional."""
    if not Organization.objects.filter(demo=True).exists():
        raise NotFound("This is not a demo.")
    sent = Notification.objects.filter(contact__kind="email", state__in=["delivered", "leased", "queued"], finished_at__isnull=False)
    rows = sent.select_related("person", "contact").order_by("-finished_at")[:MOST]
    return render(request, "demo_inbox.html", {"section": "demo", "mails": rows})
