"""What people find about a request and decide, and who hears that one waits for too long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from watchbill.audit.actions import ENGINE, Actor, Entry, record_in
from watchbill.duties.models import Duty, Queue
from watchbill.duties.requests.models import AgeTold, Answer, Decision
from watchbill.duties.requests.rules import Stage, Verdict, Word, criteria_of, to_tell, why_not_decide
from watchbill.duties.requests.selectors import answers_of, request_in, standings
from watchbill.duties.selectors.queues import matching
from watchbill.incidents.rules import plain
from watchbill.kernel import bus
from watchbill.kernel.errors import Invalid, NotAllowed
from watchbill.notifications.actions import Ask, plan_in
from watchbill.people.models import Membership, Person
from watchbill.people.permissions import Verb, decide
from watchbill.people.rules import WorkingTime
from watchbill.people.selectors import viewer_of
from watchbill.people.working import team_calendar
from watchbill.response.selectors import on_call_of, people_on
from watchbill.trackers.models import Issue

MOST = 200  # requests of a queue in one look
LONGEST_NOTE, LONGEST_NAME = 2000, 300


@dataclass(frozen=True, slots=True)
class Found:
    """What was found about a criterion. `number`: its place in the checklist, from 1."""

    number: int
    word: str
    note: str = ""


@transaction.atomic(durable=True)
def answer(queue: Queue, issue_id: int, found: list[Found], *, person: Person, actor: Actor, now: dt.datetime) -> Issue:
    """Words on some criteria; what is as before is not written again. Raises Invalid, NotAllowed, NotFound."""
    issue = _mine_in(queue, issue_id, person)
    criteria = criteria_of(queue.criteria)
    known = {row.criterion: row for row in Answer.objects.filter(issue=issue).order_by("id")}
    new = []
    for each in found:
        if not 1 <= each.number <= len(criteria):
            raise Invalid(f"There is no criterion {each.number}; expected 1 to {len(criteria)}.", field="number")
        if each.word not in list(Word):
            raise Invalid(f"A criterion is {', '.join(Word)}; {each.word[:40]!r} is none of them.", field="word")
        note, criterion = _text(each.note, LONGEST_NOTE, "note"), criteria[each.number - 1]
        before = known.get(criterion)
        if before is None or (before.word, before.note) != (each.word, note):
            new.append(Answer(issue=issue, criterion=criterion, word=each.word, note=note, person=person, at=now))
    if new:
        Answer.objects.bulk_create(new)
        _record_in("request.answer", queue, issue, actor, now=now, answers=len(new))
    return issue


@transaction.atomic(durable=True)
def decide_on(
    queue: Queue, issue_id: int, verdict: str, reason: str, *, vouched: str = "", person: Person, actor: Actor, now: dt.datetime
) -> Decision:
    """Accept, decline, or ask for more. Raises Invalid with what is missing, NotAllowed, NotFound."""
    issue = _mine_in(queue, issue_id, person)
    criteria, words = criteria_of(queue.criteria), answers_of(issue)
    reason, vouched = _text(reason, LONGEST_NOTE, "reason"), _text(vouched, LONGEST_NAME, "vouched")
    if why := why_not_decide(criteria, words, verdict, reason, vouched):
        raise Invalid(why, field="reason" if "Say" in why else "vouched" if "vouches" in why else "verdict")
    known = [[each, words.get(each, "")] for each in criteria]
    made = Decision.objects.create(issue=issue, verdict=verdict, reason=reason, vouched=vouched, known=known, person=person, at=now)
    _record_in(f"request.{verdict}", queue, issue, actor, now=now, decision=made.pk)
    return made


def look_after_requests(*, now: dt.datetime) -> int:
    """Who must hear that a request waits for too long hears it, once for each stage. Answers for how many. One queue at a time, on one node."""
    ids = Queue.objects.filter(is_active=True, tracker__is_active=True).exclude(alarm="").exclude(criteria=None)
    return sum(_look_in(pk, now=now) for pk in list(ids.order_by("id").values_list("pk", flat=True)))


@transaction.atomic(durable=True)
def _look_in(queue_id: int, *, now: dt.datetime) -> int:
    rows = Queue.objects.select_for_update(skip_locked=True, of=("self",)).select_related("team", "tracker")
    queue = rows.filter(pk=queue_id).first()
    if queue is None:
        return 0  # another node looks at it
    working = team_calendar(queue.team, around=now) or WorkingTime()
    if working.next_opening(now) > now and queue.team.desk != "paged":
        return 0  # nothing of it needs anybody outside of their hours
    issues = list(matching(queue).filter(state=Issue.State.OPEN).order_by("created_at", "id")[:MOST])
    found = standings(queue, issues, now=now)
    told = _told(issues)
    due = []
    for issue in issues:
        age = found[issue.pk].age if issue.pk in found else None
        stage = to_tell(age, told.get((issue.pk, age.since), ()), now=now) if age is not None else None
        if age is not None and stage is not None:
            due.append((issue, age.since, stage))
    _tell_in(queue, due, now=now)
    return len(due)


def _told(issues: list[Issue]) -> Mapping[tuple[int, dt.datetime], list[str]]:
    found: dict[tuple[int, dt.datetime], list[str]] = {}
    for issue_id, since, stage in AgeTold.objects.filter(issue__in=issues).values_list("issue_id", "since", "stage"):
        found.setdefault((issue_id, since), []).append(stage)
    return found


def _tell_in(queue: Queue, due: list[tuple[Issue, dt.datetime, Stage]], *, now: dt.datetime) -> None:
    """One notice for each person, however many wait."""
    if not due:
        return
    AgeTold.objects.bulk_create([AgeTold(issue=issue, since=since, stage=stage, at=now) for issue, since, stage in due])
    holders = _holders(queue, now=now)
    team = _team(queue) if any(stage is Stage.TEAM for *_, stage in due) else []
    names = ", ".join(f"{issue}" for issue, *_ in due[:5]) + (f" and {len(due) - 5} more" if len(due) > 5 else "")
    late = any(stage is not Stage.SOON for *_, stage in due)
    title = f"{'Too long' if late else 'Soon too long'}: {len(due)} {'request waits' if len(due) == 1 else 'requests wait'} in {queue.name}"
    content = {
        "number": None,
        "title": title,
        "severity": "",
        "service": "",
        "reason": f"{names}. The applicants wait for a decision, or for a question.",
        "restricted": False,
        "path": f"/queues/{queue.pk}",
        "opened_at": None,
    }
    people = list(dict.fromkeys([*holders, *team]))
    plan_in([Ask(one, "status", None, None, None, None, "low", content) for one in people], now=now)
    for issue, _, stage in due:
        _record_in("request.told", queue, issue, ENGINE, now=now, stage=str(stage), people=people)
    bus.wake_engine()


def _holders(queue: Queue, *, now: dt.datetime) -> list[int]:
    """Whoever has the watch that goes through the queue; nobody there: the team."""
    schedules = list(Duty.objects.filter(queue=queue, is_active=True).values_list("schedule_id", flat=True))
    found = list(people_on(schedules, now=now) if schedules else on_call_of(queue.team_id, now=now))
    return found or _team(queue)


def _team(queue: Queue) -> list[int]:
    rows = Membership.objects.filter(team_id=queue.team_id, on_desk=True, person__is_active=True)
    return list(rows.order_by("position", "id").values_list("person_id", flat=True))


def _mine_in(queue: Queue, issue_id: int, person: Person) -> Issue:
    viewer = viewer_of(person)
    issue = request_in(viewer, queue, issue_id)
    decision = decide(viewer, Verb.RESPOND, team_id=queue.team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)
    return Issue.objects.select_for_update(no_key=True).get(pk=issue.pk)


def _text(text: str, longest: int, field: str) -> str:
    text = " ".join(plain(text).split())
    if len(text) > longest:
        raise Invalid(f"It has {len(text):,} characters; keep it under {longest:,}.", field=field)
    return text


def _record_in(action: str, queue: Queue, issue: Issue, by: Actor, *, now: dt.datetime, **detail: object) -> None:
    """The audit names the item by its number alone."""
    entry = Entry(action, "item", str(issue.pk), team_id=queue.team_id, detail={"item": f"{issue}", "queue": queue.name, **detail})
    record_in([entry], by=by, now=now)
    bus.board_changed()


__all__ = ["Found", "Verdict", "answer", "decide_on", "look_after_requests"]
