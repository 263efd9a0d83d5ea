"""What was tried for an incident: who, how, when, and how it ended; which devices ring for somebody; which providers work.

The caller has decided that the viewer may see the incident.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import Q

from watchbill.kernel.discreet import hushed
from watchbill.kernel.secrets import decrypt
from watchbill.notifications.models import Attempt, Contact, Device, Notification, ProviderTest
from watchbill.notifications.rules import Subscription
from watchbill.notifications.rules.proving import Health, health


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt to deliver."""

    n: int
    started_at: dt.datetime
    ended_at: dt.datetime
    outcome: str  # accepted | delivered | temporary | permanent | unknown
    detail: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One notification, with the state that counts: of a bundled or merged one, that of the message it went with."""

    id: int
    public_id: str
    kind: str
    person_id: int  # 0: a webhook that a policy names
    handle: str
    name: str  # of such a webhook: its host
    method: str  # kind of the contact; empty when the person has none that can be used
    page_id: int | None
    firing: int | None
    state: str  # queued | leased | sent | delivered | failed | cancelled
    went_with: int | None  # the notification whose message carried it
    possible_duplicate: bool
    asked_at: dt.datetime
    due_at: dt.datetime
    finished_at: dt.datetime | None
    error: str
    attempts: tuple[Try, ...]


TRIED = """
SELECT n.id, n.public_id::text, n.kind, coalesce(n.person_id, 0), coalesce(p.handle, ''),
  coalesce(p.name, regexp_replace(split_part(c.address, '/', 3), '^.*@', '')),
  CASE WHEN c.kind IS NOT NULL THEN c.kind WHEN n.error = '' OR n.tries > 0 THEN 'email' ELSE '' END,
  n.page_id, n.firing, CASE WHEN n.state IN ('bundled', 'merged') THEN l.state ELSE n.state END, n.bundle_id,
  n.possible_duplicate OR coalesce(l.possible_duplicate, false), n.created_at, n.due_at, coalesce(l.finished_at, n.finished_at),
  coalesce(l.error, n.error)
FROM notifications_notification n
LEFT JOIN people_person p ON p.id = n.person_id
LEFT JOIN notifications_contact c ON c.id = n.contact_id
LEFT JOIN notifications_notification l ON l.id = n.bundle_id
WHERE n.incident_id = %s ORDER BY n.id
"""


def tried(incident_id: int) -> list[Tried]:
    """Every notification of the incident with its attempts, oldest first. Two queries.

    Whoever sees the incident reads it, so what providers said is without the addresses of people.
    """
    with connection.cursor() as cursor:
        cursor.execute(TRIED, [incident_id])
        rows = cursor.fetchall()
    attempts = _attempts({row[10] or row[0] for row in rows})
    return [Tried(*(*row[:-1], hushed(row[-1]), tuple(attempts[row[10] or row[0]]))) for row in rows]


def _attempts(ids: Iterable[int]) -> dict[int, list[Try]]:
    found: dict[int, list[Try]] = defaultdict(list)
    values = ("notification_id", "n", "started_at", "ended_at", "outcome", "detail")
    for notification, *rest in Attempt.objects.filter(notification_id__in=list(ids)).order_by("id").values_list(*values):
        one = Try(*rest)
        found[notification].append(replace(one, detail=hushed(one.detail)))
    return found


def incidents_of(notification_id: int) -> list[int]:
    """The incidents in a message, its own first: one answer can take all of a bundle."""
    own = Notification.objects.filter(id=notification_id).values_list("incident_id", flat=True)
    with_it = Notification.objects.filter(bundle_id=notification_id, state="bundled").order_by("id").values_list("incident_id", flat=True)
    return list(dict.fromkeys(id_ for id_ in (*own, *with_it) if id_ is not None))


def outbox() -> dict[str, Any]:
    """How much waits and how long, for the metrics and `doctor`: counts by state, and when the oldest became due."""
    sql = "SELECT state, count(*), min(due_at) FROM notifications_notification WHERE state IN ('queued', 'leased') GROUP BY state"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {state: {"count": count, "oldest": oldest} for state, count, oldest in cursor.fetchall()}


def next_due(*, after: dt.datetime) -> dt.datetime | None:
    """When the next queued notification becomes due, if one does after that moment."""
    return Notification.objects.filter(state="queued", due_at__gt=after).order_by("due_at").values_list("due_at", flat=True).first()


BY_PHONE = """
SELECT count(*) FILTER (WHERE n.person_id = %s), count(*) FROM notifications_attempt a
JOIN notifications_notification n ON n.id = a.notification_id JOIN notifications_contact c ON c.id = n.contact_id
WHERE a.started_at > %s AND a.outcome IN ('accepted', 'delivered', 'unknown') AND c.kind IN ('sms', 'voice')
"""


def sent_by_phone(person_id: int, *, since: dt.datetime) -> tuple[int, int]:
    """How many text messages and calls went out since then: to this person, to everybody."""
    with connection.cursor() as cursor:
        cursor.execute(BY_PHONE, [person_id, since])
        to_person, to_all = cursor.fetchone()
        return int(to_person), int(to_all)


def pages_in(notification_id: int) -> list[tuple[int, int | None]]:
    """(incident, page) of everything that went in this message, its own first."""
    own = Notification.objects.filter(id=notification_id).values_list("incident_id", "page_id")
    with_it = Notification.objects.filter(bundle_id=notification_id, state="bundled").order_by("id").values_list("incident_id", "page_id")
    found: dict[int, int | None] = {}
    for incident, page in (*own, *with_it):
        if incident is not None:
            found.setdefault(incident, page)
    return list(found.items())


def page_told_last(person_id: int, incident_id: int) -> int | None:
    """The page of that incident about which this person was notified last."""
    told = Notification.objects.filter(person_id=person_id, incident_id=incident_id, kind="page").order_by("-id")
    return told.values_list("page_id", flat=True).first()


def last_text_to(contact_ids: Iterable[int], *, since: dt.datetime) -> Notification | None:
    """The latest page or drill that these contacts were sent, unless it is older than that."""
    sent = Notification.objects.filter(contact_id__in=list(contact_ids), kind__in=["page", "drill"], created_at__gt=since)
    went = sent.filter(Q(state__in=["sent", "delivered"]) | Q(possible_duplicate=True) | Q(state="leased"))
    return went.order_by("-id").first()


def owners_of(number: str) -> list[Contact]:
    """The proven contacts for text messages to this number, of people whose account is open."""
    proven = Contact.objects.filter(kind="sms", address=number, removed_at=None, verified_at__isnull=False, person__is_active=True)
    return list(proven.select_related("person").order_by("id"))


GONE_SHOWN = dt.timedelta(days=30)


def devices_of(person_id: int, *, now: dt.datetime) -> list[Device]:
    """The devices that ring for this person, oldest first, and those that were lost within the last 30 days."""
    rows = Device.objects.filter(contact__person_id=person_id).select_related("contact").order_by("created_at", "pk")
    return [d for d in rows if d.subscription or (d.gone_why and d.contact.removed_at and now - d.contact.removed_at < GONE_SHOWN)]


def subscription_at(address: str) -> Subscription | None:
    """Where the device of this contact takes messages; nothing when it is gone. Raises Refused when it was stored under another key."""
    device = Device.objects.filter(contact__kind="push", contact__address=address).exclude(subscription="").first()
    return opened(device) if device is not None else None


def opened(device: Device) -> Subscription:
    """The subscription in clear."""
    return Subscription(**json.loads(decrypt(device.subscription)))


@dataclass(frozen=True, slots=True)
class Tested:
    """A provider and what its regular tests say."""

    provider: str
    health: Health
    detail: str
    ended_at: dt.datetime | None  # of the latest test that ended
    due_at: dt.datetime  # of the next one


def health_of(test: ProviderTest, *, now: dt.datetime) -> Health:
    """What is known of this provider now."""
    under_way = test.asked_at if test.notification_id is not None else None
    return health(works=test.works, confirmed=test.confirmed, due_at=test.due_at, under_way_since=under_way, now=now)


def providers_tested(*, now: dt.datetime) -> list[Tested]:
    """Every provider that sends here, what is red first."""
    rows = [Tested(each.provider, health_of(each, now=now), each.detail, each.ended_at, each.due_at) for each in ProviderTest.objects.all()]
    return sorted(rows, key=lambda each: (not each.health.is_red, each.provider))


# Due, and no word of its sender: never tried, or each engine that took it was gone before it could say how it ended.
UNSENT = """
SELECT w.id, coalesce(a.first, w.due_at) AS since FROM (
  (SELECT id, due_at FROM notifications_notification
   WHERE state = 'queued' AND due_at <= %(now)s AND kind <> 'status' AND NOT withdrawn ORDER BY due_at LIMIT %(most)s)
  UNION ALL
  (SELECT id, due_at FROM notifications_notification WHERE state = 'leased' AND kind <> 'status' AND NOT withdrawn ORDER BY id LIMIT %(most)s)
) AS w LEFT JOIN LATERAL (
  SELECT min(started_at) AS first, bool_or(detail <> %(gone)s) AS tried FROM notifications_attempt WHERE notification_id = w.id
) AS a ON true
WHERE NOT coalesce(a.tried, false) AND coalesce(a.first, w.due_at) <= %(late)s ORDER BY since LIMIT 20
"""
LOOKED_AT = 2000  # so many of each are looked at; one is enough to be red
GONE = "The engine that was sending this stopped before it could say how it ended."


def unsent(*, now: dt.datetime, grace: dt.timedelta) -> list[int]:
    """Notifications that were due `grace` ago and that nobody has tried since, the oldest first, 20 at most. News are not among them."""
    with connection.cursor() as cursor:
        cursor.execute(UNSENT, {"now": now, "late": now - grace, "most": LOOKED_AT, "gone": GONE})
        return [row[0] for row in cursor.fetchall()]
