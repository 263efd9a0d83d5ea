"""One incident: who has it, what happens next, who was tried, what happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.handoff.selectors import open_offer, running_break
from watchbill.incidents.models import Access, Incident, TimelineEntry
from watchbill.incidents.selectors import by_number, timeline
from watchbill.intake.models import Alert
from watchbill.intake.selectors import quiet
from watchbill.notifications.chats.models import Posting
from watchbill.notifications.chats.selectors import idle, postings_of
from watchbill.notifications.selectors import tried
from watchbill.paging.models import Page
from watchbill.people.models import Membership, Person
from watchbill.people.permissions import Decision, Verb, decide
from watchbill.response.actions.words import KINDS
from watchbill.response.selectors import ledger, manages, steps_of, was_notified
from watchbill.web import ledgers, waiting, walks
from watchbill.web.attempts import attempts_of
from watchbill.web.rows import face_of_incident
from watchbill.web.tracking import tracking_of
from watchbill.web.visit import DeskRequest, Visit, signed_in

LATEST = 40  # lines of the story on the page; all of it on asking
MOST_ALERTS = 30
MOST_DETAILS = 30  # of one alert
LONGEST_DETAIL = 500
WAITING = ("triggered", "exhausted")


@require_safe
@signed_in
def incident(request: DeskRequest, number: int) -> HttpResponse:
    """The page of one incident. What the reader must not know of is not found."""
    visit = request.visit
    found = by_number(visit.viewer, number)
    everything = "all" in request.GET
    story = timeline(visit.viewer, found, limit=None if everything else LATEST)
    messages = tried(found.id)
    pages = list(Page.objects.filter(incident=found).select_related("copy", "acknowledged_by").order_by("id"))
    respond = next((page for page in reversed(pages) if page.purpose == Page.Purpose.RESPOND), None)
    opened = respond if respond is not None and respond.status != Page.Status.RESOLVED else None
    ahead = waiting.next_of(opened, now=visit.now) if opened is not None and _waits(opened) else None
    rights = _rights(visit, found)
    context = {
        "section": "incidents",
        "i": found,
        "page": opened,
        "face": face_of_incident(found, opened),
        "waits": _waits(opened) or (opened is None and found.status == Incident.Status.TRIGGERED),
        "ahead": ahead,
        "quiet": quiet.holding(visit.viewer, found.id) if opened is not None and opened.maintenance_at is not None else [],
        "coordinate": next((page for page in pages if page.purpose == "coordinate" and _waits(page)), None),
        "rights": rights,
        "walk": walks.draw(respond, via=_via(story, respond), now=visit.now) if respond else None,
        "attempts": attempts_of(messages, {page.id: page.purpose for page in pages}, now=visit.now),
        "told": [each for each in messages if each.kind == "status"],
        "had": ledgers.picture(ledger(visit.viewer, found), found, visit),
        "story": list(reversed(story)),
        "everything": everything,
        "more_story": not everything and len(story) == LATEST,
        "kinds": KINDS,
        "take_over": _asked_to_take_over(story, found, visit),
        "offer": open_offer(visit.viewer, found),
        "break_": running_break(visit.viewer, found) if found.status != Incident.Status.RESOLVED else None,
        "others": [page for page in waiting.pages_of(request) if page.number != number],
        "flow": (flow := steps_of(found)),
        "flow_open": sum(step.state == "open" for step, _ in flow),
        "flow_begun": any(row is not None for _, row in flow),
        **_belongs(found),
        "can_split": rights["respond"].allowed and found.status != Incident.Status.RESOLVED and _fire(found) > 1,
        **choices_of(found),
    }
    return render(request, "incident.html", context)


def _waits(page: Page | None) -> bool:
    return page is not None and (page.status in WAITING or (page.status == "paused" and page.paused_status in WAITING))


def _rights(visit: Visit, found: Incident) -> dict[str, Decision]:
    """What the reader may do here, each with its reason."""
    facts: dict[str, Any] = {
        "team_id": found.team_id,
        "restricted": found.restricted,
        "has_access": found.restricted,  # it was found, so the access row is there
        "notified": was_notified(visit.person.id, found),
        "manages": manages(visit.person.id, found.team_id, now=visit.now),
    }
    return {
        name: decide(visit.viewer, verb, **facts)
        for name, verb in (("acknowledge", Verb.ACKNOWLEDGE), ("respond", Verb.RESPOND), ("engage", Verb.ENGAGE))
    }


def _via(story: Sequence[TimelineEntry], page: Page | None) -> str:
    """By which way the page was acknowledged."""
    if page is None:
        return ""
    lines = [line for line in story if line.kind == "acknowledged" and line.page_id == page.id]
    return lines[-1].via if lines else ""


def _asked_to_take_over(story: Sequence[TimelineEntry], found: Incident, visit: Visit) -> bool:
    """Does the reader act for an owner who was silent, and has the owner still said nothing?"""
    if found.acting_id != visit.person.id or found.owner_id in (None, visit.person.id):
        return False
    for line in reversed(story):
        if line.actor_id == found.owner_id:
            return False
        if line.kind == "acknowledged":
            return line.actor_id == visit.person.id and bool(line.data.get("ask_take_over"))
    return False


def _belongs(found: Incident) -> dict[str, Any]:
    """What hangs on it: alerts, people, access, what came before."""
    alerts = Alert.objects.filter(incident=found)
    counted = alerts.aggregate(alerts=Count("id"), events=Sum("count"))
    access = Access.objects.filter(incident=found, ended_at=None).select_related("person") if found.restricted else []
    earlier = found.previous if found.previous_id and found.previous and found.previous.restricted <= found.restricted else None
    postings = postings_of(found.id)
    return {
        "alerts": [(alert, _details(alert)) for alert in alerts.order_by("-last_at")[:MOST_ALERTS]],
        "alert_count": counted["alerts"],
        "event_count": counted["events"] or 0,
        "participants": [each.person for each in found.participants.select_related("person").order_by("joined_at")],
        "tasks": list(found.tasks.filter(done_at=None).select_related("assignee").order_by("id")),
        "tasks_done": found.tasks.filter(done_at__isnull=False).count(),
        "stakeholders": list(found.stakeholders.filter(removed_at=None).order_by("id")),
        "access": access,
        "postings": postings,
        "untold": _untold(found, postings),
        "tracking": (tracking := tracking_of(found)),
        "unwritten": any(row.error for row in postings) or (tracking is not None and bool(tracking.failed)),
        "earlier": earlier if earlier is None or not earlier.restricted else None,
    }


def _untold(found: Incident, postings: Sequence[Posting]) -> str:
    """Why the channel of its team has no message about it; empty when it has one, or there is no channel."""
    channel = found.team.channel
    if not channel or any((row.chat.name, row.channel) == (channel["chat"], channel["name"]) for row in postings):
        return ""
    gone = f"The chat {channel['chat']} is not in the configuration file any more."
    return idle().get(channel["chat"], gone) or "When it opened, this was not yet its channel, or the chat was not active."


def _fire(found: Incident) -> int:
    """How many of its alerts fire."""
    return Alert.objects.filter(incident=found, state="firing").count()


def _details(alert: Alert) -> list[tuple[str, str]]:
    """What the source said besides, as names and short texts; all of it is in the stored event."""
    said = []
    for name, value in list(alert.details.items())[:MOST_DETAILS]:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        said.append((name, text if len(text) <= LONGEST_DETAIL else text[: LONGEST_DETAIL - 1] + "…"))
    return said


def choices_of(found: Incident) -> dict[str, Any]:
    """People to choose from, the team's first."""
    members = set(Membership.objects.filter(team_id=found.team_id).values_list("person_id", flat=True))
    people = list(Person.objects.filter(is_active=True).order_by("name"))
    return {"team_people": [p for p in people if p.id in members], "other_people": [p for p in people if p.id not in members]}
