"""Makes the demo's past by running the real parts over simulated time. Run as `python -m watchbill.main.demo.past`."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import json
import secrets
import sys
from collections.abc import Callable

import django

django.setup()

from django.db import connection, transaction  # noqa: E402  the models exist only now
from rich.console import Console  # noqa: E402
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: E402

from watchbill.audit.actions import Actor  # noqa: E402
from watchbill.config.actions import apply  # noqa: E402
from watchbill.config.selectors import example  # noqa: E402
from watchbill.incidents.models import Incident, Severity  # noqa: E402
from watchbill.intake.actions import create_heartbeat_key, create_key, take_in  # noqa: E402
from watchbill.intake.models import Event, IntegrationKey  # noqa: E402
from watchbill.kernel.clock import database_now  # noqa: E402
from watchbill.kernel.models import EngineInstance  # noqa: E402
from watchbill.main.demo import duties, issues, mailing, stories  # noqa: E402
from watchbill.main.demo.handing import hand_over  # noqa: E402
from watchbill.main.demo.pulse import NAME as PIPELINE  # noqa: E402
from watchbill.main.demo.reporting import carried_to_the_end, report_past  # noqa: E402
from watchbill.main.demo.stories import Act, Story  # noqa: E402
from watchbill.notifications.actions import claim, record  # noqa: E402
from watchbill.notifications.messages import Result  # noqa: E402
from watchbill.notifications.rules import Outcome  # noqa: E402
from watchbill.paging.actions import fire_due  # noqa: E402
from watchbill.people.actions import set_password  # noqa: E402
from watchbill.people.models import Organization, Person  # noqa: E402
from watchbill.response import actions as response  # noqa: E402
from watchbill.response.actions.hearing import hear  # noqa: E402
from watchbill.schedules.actions import Change, add_override_in  # noqa: E402
from watchbill.schedules.models import Schedule  # noqa: E402
from watchbill.schedules.selectors import on_call  # noqa: E402

OPERATOR = Actor(name="operator", via="cli", detail={"demo": True})
WAITS = "60s"
POLICY = """
  - name: Security Responder, waits of 60 s
    team: SecOps
    last_resort: grace
    steps:
      - {{notify: [{{schedule: Security Responder}}, {{channel: team}}], wait: {wait}}}
      - {{notify: [{{schedule: Security Manager}}, {{schedule: Security Responder}}], wait: {wait}}}
      - {{notify: [{{schedule: Security Responder backup}}], wait: {wait}}}
      - {{notify: [{{team: SecOps, order: daylight, each: 20s}}], wait: {wait}}}
"""
SERVICE = "  - {name: Demo detections, team: SecOps, policy: 'Security Responder, waits of 60 s'}\n"


class Past:
    """Simulated time: a heap of what happens when, and the engine's round at every due time between."""

    def __init__(self, start: dt.datetime, tick: Callable[[dt.datetime], None]) -> None:
        self.now = start
        self.tick = tick
        self.order = itertools.count()
        self.ahead: list[tuple[dt.datetime, int, Callable[[dt.datetime], None], bool]] = []

    def at(self, moment: dt.datetime, what: Callable[[dt.datetime], None]) -> None:
        heapq.heappush(self.ahead, (moment, next(self.order), what, True))

    def beside(self, moment: dt.datetime, what: Callable[[dt.datetime], None]) -> None:
        """As `at`, for what needs no round of the engine after it."""
        heapq.heappush(self.ahead, (max(moment, self.now), next(self.order), what, False))

    def run(self, end: dt.datetime, seen: Callable[[], None]) -> None:
        """Go through everything before `end`."""
        while self.ahead and self.ahead[0][0] < end:
            moment, _, what, is_told = heapq.heappop(self.ahead)
            self.pass_until(moment)
            what(moment)
            if is_told:
                self.tick(moment)
                seen()
        self.pass_until(end)

    def pass_until(self, moment: dt.datetime) -> None:
        """Let the engine look at whatever falls due on the way."""
        while (due := next_due()) is not None and due <= moment:
            self.now = max(due, self.now)
            self.tick(self.now)
        self.now = moment


NEXT_DUE = """
SELECT least((SELECT min(due_at) FROM paging_page WHERE due_at IS NOT NULL AND set_aside_at IS NULL),
             (SELECT min(due_at) FROM notifications_notification WHERE state = 'queued'))
"""


def next_due() -> dt.datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DUE)
        row = cursor.fetchone()
    return None if row is None else row[0]


def main() -> int:
    """Fill an empty installation; a filled one keeps what it has and gets a live page when none is open."""
    now = database_now()
    if not Organization.objects.filter(demo=True).exists():
        password = seed(now)
        sys.stdout.write(f"Sign in as grace@example.org with the password {password} (shown once)\n")
        sys.stdout.write("The same password opens dana@example.org, who works on the vulnerability reports and their mailbox.\n")
    else:
        sys.stdout.write("Sign in as grace@example.org; a new password: `watchbill user password grace@example.org`\n")
    if not Incident.objects.filter(service__name="Demo detections").exclude(status="resolved").exists():
        store(stories.LIVE, database_now(), key_of("Demo detections"))
        sys.stdout.write(f"One page is live: it walks a copy of its policy with waits of {WAITS} instead of 15 minutes.\n")
    return 0


def seed(now: dt.datetime) -> str:
    """Both desks, the past, and a way in for Grace. Returns her password."""
    start = now - dt.timedelta(days=stories.DAYS + 1)
    apply(with_demo_parts(example()), filename="two-desks.yaml", by=OPERATOR, now=start)
    password = f"watch-{secrets.token_hex(5)}"
    grace = Person.objects.get(handle="grace")
    for person in (grace, Person.objects.get(handle="dana")):
        set_password(person, password, by=OPERATOR, now=start)
    Person.objects.filter(id=grace.id).update(is_admin=True)
    create_heartbeat_key(PIPELINE, by=OPERATOR, now=start)
    replay(now)
    changes_ahead(now)
    hand_over(grace, now)
    issues.newest(now, who=watch_of("Security Responder", now - issues.PASSED))
    carried_to_the_end(now)
    report_past(now)
    mailing.arrive(now)
    Organization.objects.filter(id=1).update(demo=True)
    return password


def with_demo_parts(text: str) -> str:
    """The example, with a quick copy of its policy and a service that uses it, and a queue whose items are decided by criteria."""
    text = issues.with_requests(text).replace("\nservices:\n", POLICY.format(wait=WAITS) + "\nservices:\n" + SERVICE, 1)
    if text.count("Demo detections") != 1:
        raise SystemExit("The example file has no `services:` line of its own; the demo cannot add its service.")
    return text


def replay(now: dt.datetime) -> None:
    """Run every story through the real parts."""
    instance = EngineInstance.objects.create(host="demo", pid=0, started_at=now, stopped_at=now)
    told = [*stories.past(), *stories.last_day()]
    total = sum(1 + len(story.acts) for story in told)
    past = Past(now - dt.timedelta(days=stories.DAYS), lambda moment: tick(moment, instance.id))
    with Progress(
        TextColumn("Three months of past"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}"),
        TimeElapsedColumn(),
        console=Console(),
    ) as bar:
        task = bar.add_task("past", total=total)
        for story in told:
            tell(past, story, now - dt.timedelta(minutes=story.minutes_ago))
        for moment, make in issues.coming(now):
            past.beside(moment, make)
        duties.week(past.beside, now)
        past.run(now, lambda: bar.advance(task))
        bar.update(task, completed=total)


def tick(moment: dt.datetime, instance: int) -> None:
    """One round of the engine at a simulated moment; what it would send counts as delivered."""
    while take_in(now=moment):
        pass
    while fire_due(now=moment):
        pass
    deliver(instance, moment)


def deliver(instance: int, moment: dt.datetime) -> None:
    """Claim and record as the engine does; nothing leaves the house."""
    while (claimed := claim(instance, now=moment)).messages:
        took = moment + dt.timedelta(seconds=2)
        hear(claimed.report, now=moment)
        sent = [Result(one.notification_id, one.instance, one.attempt, Outcome.DELIVERED, moment, took) for one in claimed.messages]
        hear(record(sent, now=moment), now=moment)
    hear(claimed.report, now=moment)


def tell(past: Past, story: Story, begun: dt.datetime) -> None:
    """Put an alert and everything that follows it onto the heap."""
    key = key_of(story.service)
    past.at(begun, lambda moment: store(story, moment, key))
    for act in story.acts:
        past.at(begun + dt.timedelta(minutes=act.after), lambda moment, act=act: do(story, act, begun, moment, key))  # type: ignore[misc]


def key_of(service: str) -> IntegrationKey:
    found = IntegrationKey.objects.filter(service__name=service, kind="events").first()
    return found or create_key(service, "events", "demo", by=OPERATOR, now=database_now())[0]


def store(story: Story, moment: dt.datetime, key: IntegrationKey, *, action: str = "trigger") -> None:
    """Write the event as the front door would."""
    payload = {
        "summary": story.summary,
        "source": story.source,
        "severity": story.severity,
        "class": story.kind,
        "component": story.component,
        "custom_details": {"demo": "invented"},
    }
    body = {"routing_key": "", "event_action": action, "dedup_key": dedup_of(story), "payload": payload}
    Event.objects.create(
        key=key, service_id=key.service_id, kind="events", received_at=moment, dedup_key=dedup_of(story), body=json.dumps(body).encode()
    )


def dedup_of(story: Story) -> str:
    return f"{story.kind}-{story.component}-{int(story.minutes_ago)}"


def do(story: Story, act: Act, begun: dt.datetime, moment: dt.datetime, key: IntegrationKey) -> None:
    """One act of a story, by whoever it names at that time."""
    if act.verb == "clear":
        store(story, moment, key, action="resolve")
        return
    incident = Incident.objects.filter(alerts__dedup_key=dedup_of(story)).order_by("-id").first()
    if incident is None or incident.status == "resolved":
        return
    person = who(act, incident, begun)
    actor = Actor(name=person.handle, via=act.via, person_id=person.id)
    if act.verb == "acknowledge":
        response.acknowledge(incident.number, person=person, actor=actor, now=moment)
    elif act.verb == "note":
        response.note(incident.number, act.text, person=person, actor=actor, now=moment)
    elif act.verb == "severity" and incident.severity != Severity(act.text):
        response.set_severity(incident.number, act.text, "", person=person, actor=actor, now=moment)
    elif act.verb == "resolve":
        response.resolve(incident.number, person=person, actor=actor, now=moment)


WATCHES = {"on_call": "Security Responder", "manager": "Security Manager", "backup": "Security Responder backup"}


def who(act: Act, incident: Incident, begun: dt.datetime) -> Person:
    """The person an act names: whoever had the watch when the alert came, or the owner."""
    if act.who == "owner" and incident.owner_id:
        return Person.objects.get(id=incident.owner_id)
    name = (
        "SRC on-call" if incident.service and incident.service.name == "Vulnerability intake" else WATCHES.get(act.who, WATCHES["on_call"])
    )
    return watch_of(name, begun)


def watch_of(name: str, at: dt.datetime) -> Person:
    """Whoever has the watch of this schedule then."""
    schedule = Schedule.objects.get(name=name)
    return Person.objects.get(id=on_call([schedule.id], at=at)[schedule.id][0].person_id)


def changes_ahead(now: dt.datetime) -> None:
    """Two changes by hand, so that the schedule's picture shows some."""
    schedule = Schedule.objects.get(name="Security Responder")
    day = (now + dt.timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    people = {person.handle: person for person in Person.objects.all()}
    hour = dt.timedelta(hours=1)
    take = Change(kind="take", person=people["bruno"], start=day, end=day + 3 * hour, reason="Dentist")
    later = day + dt.timedelta(days=3)
    add = Change(kind="add", person=people["emeka"], start=later, end=later + 8 * hour, reason="Release day: two on watch")
    with transaction.atomic():
        for change in (take, add):
            add_override_in(schedule, change, by=OPERATOR, now=now)  # silently: a demo begins without news of its making


if __name__ == "__main__":
    sys.exit(main())
