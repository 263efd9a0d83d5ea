"""The inbox of the demo: what would have been mailed, on screen. It exists only where the installation says that it is a demo."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.kernel.errors import NotFound
from watchbill.notifications import texts
from watchbill.notifications.messages import Message
from watchbill.notifications.models import Notification
from watchbill.notifications.signing import link_token
from watchbill.people.models import Organization
from watchbill.web.visit import DeskRequest, signed_in

MOST = 25


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it went out."""

    to: str
    address: str
    at: dt.datetime
    subject: str
    text: str
    number: int | None
    token: str  # of the link that acknowledges; empty when nothing is asked


@require_safe
@signed_in
def inbox(request: DeskRequest) -> HttpResponse:
    """The latest mails, whoever they were for: in a demo everybody is fictional."""
    if not Organization.objects.filter(demo=True).exists():
        raise NotFound("This is not a demo.")
    sent = Notification.objects.filter(contact__kind="email", state=Notification.State.DELIVERED)
    rows = sent.select_related("person", "contact").order_by("-finished_at")[:MOST]
    return render(request, "demo_inbox.html", {"section": "demo", "mails": [_mail(row) for row in rows]})


def _mail(row: Notification) -> Mail:
    """Made of the same content by the same texts as the mail itself."""
    address = row.contact.address if row.contact else row.person.email
    message = Message(
        notification_id=row.id,
        public_id=str(row.public_id),
        instance=0,
        kind=row.kind,
        method="email",
        host="",
        address=address,
        secret_env="",
        person_id=row.person.id,
        handle=row.person.handle,
        name=row.person.name,
        incident_id=row.incident_id,
        page_id=row.page_id,
        service_id=row.service_id,
        attempt=row.tries,
        possible_duplicate=row.possible_duplicate,
        created_at=row.created_at,
        contents=(row.content,),
    )
    asks = row.kind in (Notification.Kind.PAGE, Notification.Kind.DRILL) and row.incident_id is not None
    return Mail(
        to=row.person.name,
        address=address,
        at=row.finished_at or row.created_at,
        subject=texts.subject(message),
        text=texts.plain(message),
        number=row.content.get("number"),
        token=link_token(message) if asks else "",
    )
