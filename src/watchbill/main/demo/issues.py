"""What the trackers of the demo show: invented issues and change requests, as if they had been read. The demo asks no tracker anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from watchbill.audit.actions import Actor
from watchbill.duties.actions.items import take
from watchbill.duties.actions.proving import record_pass
from watchbill.duties.models import Queue
from watchbill.duties.requests.actions import Found, answer
from watchbill.people.models import Person
from watchbill.trackers.models import Issue, Tracker
from watchbill.trackers.rules.words import severity_of

LATER = (815, 241)  # came after somebody went through the queue
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
PASSED = 5 * HOUR  # so long ago somebody went through a queue


QUEUE = """  - {name: distributor requests, team: Security Response Committee, tracker: github, projects: [example/security-process],
     labels: [distributors], criteria: distributors, alarm: 10 business days}
"""


@dataclass(frozen=True, slots=True)
class Story:
    """One issue: where, what, so long ago; `silent`: since when nobody wrote."""

    tracker: str
    project: str
    number: int
    title: str
    labels: tuple[str, ...]
    ago: dt.timedelta
    author: str = "detections-bot"
    silent: dt.timedelta | None = None
    changes: bool = False
    confidential: bool = False
    assignees: tuple[str, ...] = ()


ISSUES = (
    Story("gitlab", "security/operations", 812, "Runner token in a public job log", ("oncall", "severity::2"), 30 * HOUR),
    Story("gitlab", "security/operations", 815, "Login from two countries within an hour: service account", ("oncall",), 3 * HOUR),
    Story("gitlab", "security/engineering", 241, "Detection rule fires on every deployment", ("oncall",), 2 * HOUR, "bkeller"),
    Story("gitlab", "security/engineering", 238, "Certificate inventory misses the edge nodes", ("oncall",), 4 * DAY, "ada.osei"),
    Story("gitlab", "security/operations", 640, "Automate the lookup of leaked keys", ("Backlog",), 40 * DAY, "fumi.sato"),
    Story(
        "gitlab", "security/operations", 702, "Runbook for a lost laptop is out of date", ("Backlog", "documentation"), 21 * DAY, "dana.m"
    ),
    Story(
        "github",
        "example/security-process",
        77,
        "Request to join the distributors list: Harbour Linux",
        ("distributors",),
        5 * HOUR,
        "harbour-sec",
    ),
    Story(
        "github",
        "example/security-process",
        71,
        "Request to join the distributors list: Pier Cloud",
        ("distributors",),
        17 * DAY,
        "pier-security",
    ),
    Story("github", "example/security-process", 74, "Clarify which components are in scope", (), 6 * DAY, "newcomer"),
    Story("github", "example/security-process", 78, "Fix the link to the embargo policy", (), 9 * HOUR, "typo-hunter", changes=True),
    Story(
        "github",
        "example/security-disclosures",
        31,
        "Parser reads past its buffer",
        ("severity/high",),
        30 * DAY,
        "ada-osei",
        9 * DAY,
        confidential=True,
    ),
    Story(
        "github",
        "example/security-disclosures",
        29,
        "Token survives a password change",
        ("severity/medium",),
        70 * DAY,
        "fumi",
        20 * DAY,
        confidential=True,
    ),
)


def with_requests(text: str) -> str:
    """The example, with a queue whose items are decided by criteria."""
    return text.replace("\n\nduties:\n", "\n" + QUEUE + "\nduties:\n", 1)


def mirror(*, now: dt.datetime) -> None:
    """All of it at once, as if the engine had read them."""
    for _, make in coming(now):
        make(now)
    newest(now, who=Person.objects.get(handle="emeka"))


def coming(now: dt.datetime) -> list[tuple[dt.datetime, Callable[[dt.datetime], None]]]:
    """When each issue came, and what keeps it then."""
    trackers = {row.name: row for row in Tracker.objects.all()}
    rows = [_row(story, trackers[story.tracker], now) for story in ISSUES if story.number not in LATER]
    return [(row.created_at, lambda _, row=row: row.save(force_insert=True)) for row in rows]  # type: ignore[misc]


def newest(now: dt.datetime, *, who: Person) -> None:
    """Somebody went through a queue, then came two more; and one was taken from the backlog."""
    trackers = {row.name: row for row in Tracker.objects.all()}
    queue, backlog = (Queue.objects.select_related("team", "tracker").get(name=name) for name in ("oncall", "backlog"))
    emeka = Person.objects.get(handle="emeka")
    record_pass(queue, "two known ones, nothing to do", person=who, actor=Actor(who.handle, "web", who.id), now=now - PASSED)
    Issue.objects.bulk_create([_row(story, trackers[story.tracker], now) for story in ISSUES if story.number in LATER])
    _checked(Issue.objects.get(number=71), now=now - 12 * DAY)
    take(backlog, Issue.objects.get(number=702).id, person=emeka, actor=Actor("emeka", "web", emeka.id), now=now - 3 * DAY)


def _checked(issue: Issue, *, now: dt.datetime) -> None:
    """An application that somebody looked at and did not finish: it waits for longer than the file says by now."""
    fumi = Person.objects.get(handle="fumi")
    queue = Queue.objects.select_related("team", "tracker").get(name="distributor requests")
    found = [
        Found(1, "met", "security@pier.example, answered within an hour"),
        Found(2, "met", "https://example.org/conformance/pier"),
        Found(3, "met"),
        Found(4, "unclear", "one advisory of last year; asked a colleague"),
        Found(5, "met"),
        Found(7, "met", "said so in the request"),
    ]
    answer(queue, issue.id, found, person=fumi, actor=Actor(fumi.handle, "web", fumi.id), now=now)


def _row(story: Story, tracker: Tracker, now: dt.datetime) -> Issue:
    at, word = now - story.ago, now - (story.silent or story.ago)
    kind = {"gitlab": "merge_requests" if story.changes else "issues", "github": "pull" if story.changes else "issues"}[tracker.kind]
    address = f"{'https://gitlab.example.org' if tracker.kind == 'gitlab' else 'https://github.com'}/{story.project}/"
    return Issue(
        tracker=tracker,
        project=story.project,
        changes=story.changes,
        number=story.number,
        title=story.title,
        url=f"{address}{'-/' if tracker.kind == 'gitlab' else ''}{kind}/{story.number}",
        labels=list(story.labels),
        severity=severity_of(story.labels),
        author=story.author,
        author_is_bot=story.author.endswith("-bot"),
        assignees=list(story.assignees),
        confidential=story.confidential,
        created_at=at,
        updated_at=word,
        seen_at=at,
        word_at=word if story.silent else None,
        word_by=story.author if story.silent else "",
        words_to=word,
    )
