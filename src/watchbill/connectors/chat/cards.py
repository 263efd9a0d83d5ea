"""What does the message about an incident say? The same for every chat; how it looks is theirs.

Of a restricted one: number, code name, and whether somebody takes care of it. No name, no severity, no service.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from watchbill.handoff.models import Handoff
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.paging.models import Firing, Page
from watchbill.people.models import Person
from watchbill.response.selectors import url_of

RESTRICTED = "It is restricted; open it to read more."
TALKS = ("note", "handoff", "accept", "decline")  # acts in which what is known is said: not of a restricted one
WAITING = (Page.Status.TRIGGERED, Page.Status.EXHAUSTED, Page.Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Card:
    """The message, without any chat's own signs. Times are aware; `acts` name buttons; `seen` is how often its page had fired."""

    number: int
    title: str
    state: str  # triggered | acknowledged | resolved | notice: about no incident, `number` is 0
    status: str  # the same as a sentence
    severity: str = ""
    service: str = ""
    facts: tuple[str, ...] = ()
    opened_at: dt.datetime | None = None
    url: str = ""
    acts: tuple[str, ...] = ()
    seen: int = 0
    page_id: int | None = None
    restricted: bool = False

    @property
    def digest(self) -> str:
        """Equal for cards that say the same."""
        return hashlib.sha256(json.dumps(asdict(self), default=str, sort_keys=True).encode()).hexdigest()


def notice_card(said: Mapping[str, Any]) -> Card:
    """A notice, which is about no incident."""
    return Card(0, str(said["title"]), "notice", str(said["text"]), url=f"{settings.PUBLIC_URL}{said['path']}")


def cards_of(incident_ids: Collection[int]) -> dict[int, Card]:
    """The cards of these incidents as they are now. Six queries, whatever the count."""
    incidents = Incident.objects.select_related("service", "owner", "acting").in_bulk(set(incident_ids))
    pages = {
        page.incident_id: page
        for page in Page.objects.filter(incident_id__in=incidents, purpose=Page.Purpose.RESPOND).select_related("copy").order_by("id")
    }
    asked = dict(
        Firing.objects.filter(page__in=pages.values()).order_by("page_id", "-n").distinct("page_id").values_list("page_id", "people")
    )
    people = dict(Person.objects.filter(id__in={each for ids in asked.values() for each in ids}).values_list("id", "name"))
    ends = _ends(incidents)
    open_offers = Handoff.objects.filter(incident__in=incidents, state=Handoff.State.OFFERED)
    offered = dict(open_offers.values_list("incident_id", "receiver__name"))
    return {
        id_: _card(
            incident,
            pages.get(id_),
            [people[each] for each in asked.get(_id(pages.get(id_)), []) if each in people],
            ends.get(id_, ""),
            offered.get(id_, ""),
        )
        for id_, incident in incidents.items()
    }


def _ends(incidents: Collection[int]) -> dict[int, str]:
    """Who resolved what, as the story says it."""
    lines = (
        TimelineEntry.objects.filter(incident_id__in=list(incidents), kind="resolved")
        .order_by("incident_id", "-id")
        .distinct("incident_id")
    )
    return dict(lines.values_list("incident_id", "text"))


def _id(page: Page | None) -> int:
    return page.id if page else 0


def _card(incident: Incident, page: Page | None, asked: list[str], end: str, offered: str) -> Card:
    open_page = page if page is not None and page.status != Page.Status.RESOLVED else None
    acts = _acts(incident, open_page, offered=bool(offered))
    seen, page_id = (page.firings, page.id) if page else (0, None)
    url = url_of(incident.number)
    if incident.restricted:
        status = {"triggered": "Waits for somebody.", "acknowledged": "Taken care of.", "resolved": "Resolved."}[incident.status]
        shown = tuple(act for act in acts if act not in TALKS)
        facts = (RESTRICTED,)
        return Card(
            incident.number,
            incident.code_name,
            incident.status,
            status,
            facts=facts,
            url=url,
            acts=shown,
            seen=seen,
            page_id=page_id,
            restricted=True,
        )
    return Card(
        number=incident.number,
        title=incident.title,
        state=incident.status,
        status=_status(incident, open_page, end),
        severity=incident.severity,
        service=incident.service.name if incident.service else "",
        facts=_facts(incident, open_page, asked, offered),
        opened_at=incident.opened_at,
        url=url,
        acts=acts,
        seen=seen,
        page_id=page_id,
    )


def _acts(incident: Incident, page: Page | None, *, offered: bool) -> tuple[str, ...]:
    if incident.status == Incident.Status.RESOLVED:
        return ()
    waits = page is not None and page.status in WAITING and page.paused_status != Page.Status.ACKNOWLEDGED
    first = ("acknowledge",) if waits or incident.status == Incident.Status.TRIGGERED else ()
    hands = ("accept", "decline") if offered else ("handoff",) if incident.status == Incident.Status.ACKNOWLEDGED else ()
    return (*first, "resolve", "escalate", *(("calling",) if waits else ()), "note", *hands)


def _status(incident: Incident, page: Page | None, end: str) -> str:
    if incident.status == Incident.Status.RESOLVED:
        return end or "Resolved."
    owner, acting = incident.owner, incident.acting
    if owner is not None and acting is not None and owner.id != acting.id:
        has = f"{owner.name} owns it, {acting.name} works on it."
    elif owner is not None or acting is not None:
        has = f"{(owner or acting).name} has it."  # type: ignore[union-attr]
    else:
        has = "Nobody has it."
    if incident.cleared_unseen:
        return f"It cleared by itself, and nobody looked. {has}"
    if page is not None and page.status == Page.Status.EXHAUSTED:
        return f"{has} The policy has run out: the last resort is being paged."
    if page is not None and page.status == Page.Status.PAUSED:
        return f"{has} The page waits: {page.pause_reason or 'paused'}."
    if page is not None and page.status == Page.Status.TRIGGERED and incident.status == Incident.Status.ACKNOWLEDGED:
        return f"{has} It is being paged again."
    return has


def _facts(incident: Incident, page: Page | None, asked: list[str], offered: str) -> tuple[str, ...]:
    facts = [f"Offered to {offered}: nothing moves before they have read it back and accepted."] if offered else []
    if page is not None and page.status in (Page.Status.TRIGGERED, Page.Status.EXHAUSTED) and page.firings:
        step = "last resort" if page.status == Page.Status.EXHAUSTED else f"step {max(page.step, 1)} of {len(page.copy.content['steps'])}"
        facts.append(f"Paging, {step}: {', '.join(asked) or 'nobody'}.")
    if incident.storm:
        facts.append("A storm: further alarms of this service join it.")
    return tuple(facts)
