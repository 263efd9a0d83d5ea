"""How far are the requests of a queue, and how long do they wait? Only reads; who may see an item is asked before."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.duties.models import Queue
from watchbill.duties.requests.models import Answer, Decision
from watchbill.duties.requests.rules import Age, Count, Moments, Verdict, age_of, count, criteria_of
from watchbill.duties.selectors.queues import item_in
from watchbill.kernel.errors import NotFound
from watchbill.people.permissions import Viewer
from watchbill.people.rules import WorkingTime, parse_duration
from watchbill.people.working import team_calendar
from watchbill.trackers.models import Issue


@dataclass(frozen=True, slots=True)
class Standing:
    """How a request stands. `age` None: the file names no alarm."""

    count: Count
    decision: Decision | None
    age: Age | None

    @property
    def is_decided(self) -> bool:
        return self.decision is not None and self.decision.verdict != Verdict.ASK


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion with the latest word on it, and whether the file still asks for it."""

    criterion: str
    answer: Answer | None
    asked: bool = True


def standings(queue: Queue, issues: Sequence[Issue], *, now: dt.datetime) -> dict[int, Standing]:
    """By the id of the issue; empty for a queue without criteria. Two queries."""
    criteria = criteria_of(queue.criteria)
    if not criteria or not issues:
        return {}
    words, decisions = _words(issues), _decisions(issues)
    working = team_calendar(queue.team, around=now) or WorkingTime()
    return {
        issue.pk: Standing(count(criteria, words[issue.pk]), _last(decisions[issue.pk]), _age(queue, issue, decisions[issue.pk], working))
        for issue in issues
    }


def lines_of(queue: Queue, issue: Issue) -> list[Line]:
    """The checklist, and below it what was answered to other wordings before."""
    latest: dict[str, Answer] = {}
    for answer in Answer.objects.filter(issue=issue).select_related("person").order_by("id"):
        latest[answer.criterion] = answer
    criteria = criteria_of(queue.criteria)
    old = [Line(each, answer, asked=False) for each, answer in latest.items() if each not in criteria]
    return [Line(each, latest.get(each)) for each in criteria] + old


def history_of(issue: Issue) -> list[Answer | Decision]:
    """Everything that was answered and decided, the latest first."""
    answers = list(Answer.objects.filter(issue=issue).select_related("person"))
    rows: list[Answer | Decision] = [*answers, *Decision.objects.filter(issue=issue).select_related("person")]
    return sorted(rows, key=lambda row: (row.at, row.pk), reverse=True)


def request_in(viewer: Viewer, queue: Queue, issue_id: int) -> Issue:
    """The item, for whoever may see it. Raises NotFound, also for a queue without criteria."""
    found = item_in(viewer, queue, issue_id)
    if not criteria_of(queue.criteria):
        raise NotFound(f"The queue {queue.name} has no criteria. The configuration file names them under `criteria`.")
    return found


def answers_of(issue: Issue) -> dict[str, str]:
    """The latest word on each criterion."""
    return _words([issue])[issue.pk]


def undecided(queue: Queue, issues: Collection[int]) -> set[int]:
    """Those that nobody accepted or declined."""
    decided = Decision.objects.filter(issue__in=issues, verdict__in=[Verdict.ACCEPT, Verdict.DECLINE]).values_list("issue_id", flat=True)
    return set(issues) - set(decided) if criteria_of(queue.criteria) else set()


def describe(queue: Queue, issue: Issue, *, now: dt.datetime) -> dict[str, Any]:
    """For the API and the command line."""
    standing = standings(queue, [issue], now=now).get(issue.pk)
    decision = standing.decision if standing else None
    age = standing.age if standing else None
    return {
        "id": issue.pk,
        "name": f"{issue}",
        "title": issue.title,
        "url": issue.url,
        "criteria": [
            {
                "number": number,
                "criterion": line.criterion,
                "word": line.answer.word if line.answer else None,
                "note": line.answer.note if line.answer else "",
                "by": _person(line.answer) if line.answer else None,
                "at": line.answer.at if line.answer else None,
                "asked": line.asked,
            }
            for number, line in enumerate(lines_of(queue, issue), 1)
        ],
        "summary": standing.count.sentence if standing else "",
        "decision": _decision(decision) if decision else None,
        "waits_since": age.since if age else None,
        "due_at": age.due_at if age else None,
        "late": age.is_broken(now) if age else False,
    }


def _decision(row: Decision) -> dict[str, Any]:
    return {"verdict": row.verdict, "reason": row.reason, "vouched": row.vouched, "by": _person(row), "at": row.at}


def _person(row: Answer | Decision) -> dict[str, str]:
    return {"handle": row.person.handle, "name": row.person.name}


def _words(issues: Sequence[Issue]) -> Mapping[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for issue_id, criterion, word in Answer.objects.filter(issue__in=issues).order_by("id").values_list("issue_id", "criterion", "word"):
        found[issue_id][criterion] = word
    return found


def _decisions(issues: Sequence[Issue]) -> Mapping[int, list[Decision]]:
    found: dict[int, list[Decision]] = defaultdict(list)
    for row in Decision.objects.filter(issue__in=issues).select_related("person").order_by("id"):
        found[row.issue_id].append(row)
    return found


def _last(rows: Sequence[Decision]) -> Decision | None:
    return rows[-1] if rows else None


def _age(queue: Queue, issue: Issue, rows: Sequence[Decision], working: WorkingTime) -> Age | None:
    if not queue.alarm:
        return None
    last = _last(rows)
    asked = next((row.at for row in reversed(rows) if row.verdict == Verdict.ASK), None)
    theirs = issue.word_at if issue.word_by and issue.word_by == issue.author else None
    decided = last.at if last is not None and last.verdict != Verdict.ASK else None
    return age_of(Moments(issue.created_at, asked, theirs, decided), parse_duration(queue.alarm), working)
