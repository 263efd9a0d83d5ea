"""Somebody takes an item of a queue, and has it until it is done: over the end of their shift, whatever its labels say.

It is given back only with a reason, which the managers of the team read. It can become an incident, of whoever promotes it or with a page.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from watchbill.audit.actions import ENGINE, Actor, Entry, record_in
from watchbill.duties.actions.followups import remind_of_tasks
from watchbill.duties.models import Queue, Taking
from watchbill.duties.requests.selectors import undecided
from watchbill.duties.rules.silence import is_late
from watchbill.duties.selectors.queues import item_in
from watchbill.incidents.actions import NewIncident, grant_in
from watchbill.incidents.models import Incident, Service
from watchbill.incidents.rules import in_a_line, plain
from watchbill.kernel import bus
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, NotFound, Refused
from watchbill.notifications.actions import Ask, plan_in
from watchbill.people.models import Person
from watchbill.people.permissions import Verb, Viewer, decide
from watchbill.people.selectors import viewer_of
from watchbill.response.actions.acknowledging import take_in as take_incident_in
from watchbill.response.actions.case import open_case_in
from watchbill.response.actions.closing import reason_of
from watchbill.response.actions.opening import open_in
from watchbill.response.callsheet import managers_of
from watchbill.response.rules import SEVERITIES
from watchbill.response.selectors import manages
from watchbill.trackers.actions.wanting import is_followed
from watchbill.trackers.models import Issue

MOST_REMINDED = 50  # in one look


@dataclass(frozen=True, slots=True)
class Promotion:
    """What the incident shall be. `page`: the team is woken; else it is of whoever promotes it. `restricted` None: as confidential as the item."""

    service: str
    severity: str
    title: str = ""
    page: bool = False
    restricted: bool | None = None


@transaction.atomic(durable=True)
def take(queue: Queue, issue_id: int, *, person: Person, actor: Actor, now: dt.datetime) -> Taking:
    """It is this person's from now on. Raises AlreadyDone with whoever has it, NotAllowed, NotFound."""
    issue = _allowed_in(queue, issue_id, viewer_of(person))
    if issue.state == Issue.State.GONE:
        raise Refused("It is not there any more in the tracker: nothing to take.")
    try:
        with transaction.atomic():
            made = Taking.objects.create(queue=queue, issue=issue, person=person, taken_at=now)
    except IntegrityError as error:
        other = Taking.objects.select_related("person").filter(issue=issue, ended_at=None).first()
        if other is None:
            raise
        who = "You have it" if other.person_id == person.id else f"{other.person.name} has it"
        raise AlreadyDone(f"{who} since {other.taken_at:%d %B %H:%M} UTC.") from error
    _record_in("item.take", made, by=actor, now=now)
    return made


@transaction.atomic(durable=True)
def give_back(queue: Queue, issue_id: int, reason: str, *, person: Person, actor: Actor, now: dt.datetime) -> Taking:
    """Somebody else may take it. Raises Invalid without a reason; the managers of the team read it."""
    reason = reason_of(reason, "Say why you give it back: whoever takes it, and the managers, read it.")
    row = _mine_in(queue, issue_id, person, now=now)
    _end_in(row, Taking.End.GIVEN_BACK, by=actor, now=now, reason=reason)
    told = [each for each in managers_of(queue.team, now=now) if each != person.id]
    name = f"{row.issue}"
    content = _content(f"{person.name} gave back {name} of the queue {queue.name}", "Open it to read why.", f"/queues/{queue.id}")
    plan_in([Ask(one, "status", None, None, None, None, "low", content) for one in told], now=now)
    return row


@transaction.atomic(durable=True)
def finish(queue: Queue, issue_id: int, *, person: Person, actor: Actor, now: dt.datetime) -> Taking:
    """It is done, whether the tracker says so or not."""
    row = _mine_in(queue, issue_id, person, now=now)
    if undecided(queue, [row.issue_id]):
        raise Refused("It is to be decided by its criteria first: accept or decline it. Then it is done.")
    _end_in(row, Taking.End.DONE, by=actor, now=now)
    return row


@transaction.atomic(durable=True)
def promote(queue: Queue, issue_id: int, wanted: Promotion, *, person: Person, actor: Actor, now: dt.datetime) -> Incident:
    """An incident whose tracking issue it is. Raises AlreadyDone when it is one already, Invalid for what cannot be."""
    issue = _allowed_in(queue, issue_id, viewer_of(person))
    Issue.objects.select_for_update(no_key=True).get(pk=issue.pk)
    if is_followed(issue.id):
        raise AlreadyDone("It is the tracking issue of an incident already.")
    service = Service.objects.filter(name=plain(wanted.service), team=queue.team, is_active=True).first()
    if service is None:
        raise Invalid(f"{queue.team.name} has no service called {wanted.service!r}. Expected one of its services.", field="service")
    if wanted.severity not in SEVERITIES:
        raise Invalid(f"Severity is {wanted.severity!r}; it can be critical, high, medium or low.", field="severity")
    title = " ".join(in_a_line(plain(wanted.title or issue.title)).split())[:1024] or f"{issue}"
    restricted = issue.confidential if wanted.restricted is None else wanted.restricted
    new = NewIncident(
        title,
        wanted.severity,
        queue.team_id,
        service.id,
        restricted,
        f"Made of {issue} by {person.name}.",
        urgency="high" if wanted.page else None,
        issue_id=issue.id,
    )
    (opened,) = open_in([new], by=actor, now=now)
    grant_in(opened.id, [person.id], "named", now=now, by=actor)
    if not wanted.page:
        case = open_case_in(opened.number, Verb.RESPOND, person=person, actor=actor, now=now)
        take_incident_in(case, person, case.respond)
    had = Taking.objects.select_for_update(of=("self",)).select_related("queue", "issue").filter(issue=issue, ended_at=None).first()
    if had is not None:
        _end_in(had, Taking.End.PROMOTED, by=actor, now=now, incident_id=opened.id)
    entry = Entry("item.promote", "queue", str(queue.id), incident_id=opened.id, team_id=queue.team_id, restricted=opened.restricted)
    record_in([entry], by=actor, now=now)
    return opened


def look_after_items(*, now: dt.datetime) -> int:
    """What was closed in its tracker is done; who has had one for a week, or a task whose day has come, is reminded. Answers for how many."""
    closed = Taking.objects.filter(ended_at=None).exclude(issue__state=Issue.State.OPEN).values_list("pk", flat=True)[:MOST_REMINDED]
    done = sum(_close(pk, now=now) for pk in list(closed))
    had = Taking.objects.filter(ended_at=None, taken_at__lte=now - dt.timedelta(days=7)).order_by("taken_at").values_list("pk", flat=True)
    return done + sum(_remind(pk, now=now) for pk in list(had[:MOST_REMINDED])) + remind_of_tasks(now=now)


@transaction.atomic(durable=True)
def _close(pk: int, *, now: dt.datetime) -> bool:
    row = Taking.objects.select_for_update(of=("self",)).select_related("queue", "issue").get(pk=pk)
    if row.ended_at is not None or row.issue.state == Issue.State.OPEN:
        return False
    _end_in(row, Taking.End.DONE, by=ENGINE, now=now)
    return True


@transaction.atomic(durable=True)
def _remind(pk: int, *, now: dt.datetime) -> bool:
    row = Taking.objects.select_for_update(of=("self",)).select_related("queue", "issue", "person").get(pk=pk)
    if row.ended_at is not None or not row.person.is_active or not is_late(row.taken_at, row.reminded_at, now=now):
        return False
    row.reminded_at = now
    row.save(update_fields=["reminded_at"])
    reason = f"You took it on {row.taken_at:%d %B}. It is yours until it is done, or given back with a reason."
    content = _content(f"Yours since a week or more: {row.issue}", reason, f"/queues/{row.queue_id}")
    plan_in([Ask(row.person_id, "status", None, None, None, None, "low", content)], now=now)
    _record_in("item.remind", row, by=ENGINE, now=now)
    return True


def _allowed_in(queue: Queue, issue_id: int, viewer: Viewer) -> Issue:
    issue = item_in(viewer, queue, issue_id)
    _must_respond(viewer, queue)
    return issue


def _must_respond(viewer: Viewer, queue: Queue) -> None:
    decision = decide(viewer, Verb.RESPOND, team_id=queue.team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _mine_in(queue: Queue, issue_id: int, person: Person, *, now: dt.datetime) -> Taking:
    """The item as this person has it, or a manager of the team for them; locked."""
    viewer = viewer_of(person)
    item_in(viewer, queue, issue_id)
    row = (
        Taking.objects.select_for_update(of=("self",))
        .select_related("issue", "person", "queue")
        .filter(issue_id=issue_id, ended_at=None)
        .first()
    )
    may_for_others = decide(viewer, Verb.AGREE_FOR, team_id=queue.team_id, manages=manages(person.id, queue.team_id, now=now))
    if row is not None and row.person_id != person.id and not may_for_others.allowed:
        raise NotAllowed(f"{row.person.name} has it; only they, or a manager of the team, can end that.")
    if row is None:
        _must_respond(viewer, queue)
        raise NotFound("Nobody has it. Take it first.")
    return row


def _end_in(row: Taking, end: str, *, by: Actor, now: dt.datetime, reason: str = "", incident_id: int | None = None) -> None:
    row.ended_at, row.end, row.reason, row.incident_id = now, end, reason, incident_id
    row.save(update_fields=["ended_at", "end", "reason", "incident_id"])
    _record_in(f"item.{end}", row, by=by, now=now)


def _record_in(action: str, row: Taking, *, by: Actor, now: dt.datetime) -> None:
    """The audit names a confidential item by its number alone, as all of them."""
    detail = {"item": f"{row.issue}", "queue": row.queue.name, **({"reason": row.reason} if row.reason else {})}
    record_in([Entry(action, "item", str(row.issue_id), team_id=row.queue.team_id, detail=detail)], by=by, now=now)
    bus.board_changed()


def _content(title: str, reason: str, path: str) -> dict[str, object]:
    return {
        "number": None,
        "title": title,
        "severity": "",
        "service": "",
        "reason": reason,
        "restricted": False,
        "path": path,
        "opened_at": None,
    }
