"""Tell those who were notified how things stand: somebody has it, it is resolved. The latest state only, and nobody by a call."""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol

import msgspec

from watchbill.kernel import bus, kinds
from watchbill.notifications.actions.cancelling import supersede_status_in
from watchbill.notifications.actions.outbox import Row, fetch, insert_in


class Told(Protocol):
    """What of an incident a notice needs. The model stands in a higher layer, so it is named by its shape."""

    @property
    def id(self) -> Any: ...
    @property
    def number(self) -> Any: ...
    @property
    def title(self) -> Any: ...
    @property
    def code_name(self) -> Any: ...
    @property
    def severity(self) -> Any: ...
    @property
    def restricted(self) -> Any: ...
    @property
    def opened_at(self) -> Any: ...
    @property
    def service_id(self) -> Any: ...
    @property
    def service(self) -> Any: ...


RESTRICTED = "It is restricted; open it to read more."

REACHED = """
SELECT DISTINCT n.person_id, n.contact_id FROM notifications_notification n
LEFT JOIN notifications_notification l ON l.id = n.bundle_id
LEFT JOIN notifications_contact c ON c.id = n.contact_id
JOIN people_person p ON p.id = n.person_id AND p.is_active
WHERE n.incident_id = %s AND n.kind = 'page' AND (coalesce(l.state, n.state) IN ('sent', 'delivered', 'leased') OR n.possible_duplicate)
  AND n.person_id IS DISTINCT FROM %s AND (n.contact_id IS NULL OR c.removed_at IS NULL AND c.silent_at IS NULL AND c.kind <> ALL(%s))
ORDER BY n.person_id, n.contact_id
"""


def tell_status_in(incident: Told, text: str, *, except_person: int | None, now: dt.datetime) -> None:
    """Tell everybody whom a page of this incident reached, by the method that reached them. `except_person` did it and knows.

    Waits 2 s, so that what follows at once replaces it.
    """
    told = fetch(REACHED, [incident.id, except_person, sorted(kinds.VOICE)])
    supersede_status_in([(incident.id, person) for person, _ in told], now=now)
    content = msgspec.Raw(msgspec.json.encode(content_of(incident, text)))
    service = incident.service_id
    rows = [
        Row(person, contact, "status", None, None, incident.id, service, "low", 0, now, False, content, hold=True)
        for person, contact in told
    ]
    if rows:
        insert_in(rows, now=now)
        bus.wake_engine()


def content_of(incident: Told, reason: str) -> dict[str, Any]:
    """What a text about this incident is made of. Restricted: number and code name only."""
    hidden = bool(incident.restricted)
    return {
        "number": incident.number,
        "title": incident.code_name if hidden else incident.title,
        "severity": "" if hidden else incident.severity,
        "service": "" if hidden or incident.service is None else incident.service.name,
        "reason": RESTRICTED if hidden else reason,
        "restricted": hidden,
        "opened_at": incident.opened_at,
    }
