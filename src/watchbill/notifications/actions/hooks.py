"""Call the webhooks that a policy names: one notification each, sent, retried and proven like one to a person. It counts as nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from watchbill.kernel import bus
from watchbill.notifications.actions.outbox import Row, insert_in
from watchbill.notifications.models import Contact

BY_OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class HookAsk:
    """Call this address about a page. It has no firing: what becomes of it moves no walk."""

    url: str
    kind: str
    page_id: int
    incident_id: int
    service_id: int | None
    urgency: str
    content: dict[str, Any]


def call_in(asks: Sequence[HookAsk], *, now: dt.datetime) -> None:
    """Queue the calls in the open transaction."""
    if not asks:
        return
    contacts = _contacts_in(sorted({ask.url for ask in asks}), now)
    rows = [
        Row(
            person_id=None,
            contact_id=contacts[ask.url],
            kind=ask.kind,
            page_id=ask.page_id,
            firing=None,
            incident_id=ask.incident_id,
            service_id=ask.service_id,
            urgency=ask.urgency,
            rule=0,
            due_at=now,
            first_page=False,
            content=msgspec.Raw(msgspec.json.encode(ask.content)),
        )
        for ask in asks
    ]
    insert_in(rows, now=now)
    bus.wake_engine()


def _contacts_in(urls: list[str], now: dt.datetime) -> dict[str, int]:
    """The contact of each address, made when it is first called; two engines may do so at once."""
    known = dict(_stored(urls))
    if missing := [url for url in urls if url not in known]:
        new = [Contact(person=None, kind="webhook", address=url, verified_at=now, verified_by=BY_OPERATOR) for url in missing]
        Contact.objects.bulk_create(new, ignore_conflicts=True)
        known |= dict(_stored(missing))
    return known


def _stored(urls: list[str]) -> Any:
    return Contact.objects.filter(person=None, address__in=urls).values_list("address", "id")
