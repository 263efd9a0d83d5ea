"""A desk with a story, made by the real actions over simulated time: both desks, incidents in every state, one page that counts down.

Also a script: `python -m tests.web.seed` migrates and fills the database of DATABASE_URL, for browser tests and for looking at the pages.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from importlib import resources
from typing import Any

PASSWORD = "correct horse battery staple"
SEC, MIN, HOUR, DAY = dt.timedelta(seconds=1), dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def desk(now: dt.datetime) -> dict[str, int]:
    """Both desks and their story, told from `now` backwards. Answers the incident numbers by name."""
    from django.contrib.auth.hashers import make_password

    from watchbill.audit.actions import Actor
    from watchbill.config.actions import apply
    from watchbill.duties.models import Queue
    from watchbill.kernel import kinds
    from watchbill.main.demo.issues import mirror, with_requests
    from watchbill.main.demo.reporting import report_past
    from watchbill.people.absences import add_time_off
    from watchbill.people.models import Organization, Person
    from watchbill.trackers.models import Issue

    kinds.fill([kinds.Kind("email", True), kinds.Kind("webhook", True)])
    text = resources.files("watchbill.config").joinpath("two-desks.yaml").read_text()
    apply(with_requests(text), by=Actor("operator", "cli"), now=now - 30 * DAY)
    Person.objects.update(password=make_password(PASSWORD))  # one hash for all: each takes its time
    Person.objects.filter(handle="grace").update(is_admin=True)
    Organization.objects.update(demo=True)
    away = {person: Person.objects.get(handle=person) for person in ("ada", "bruno")}
    add_time_off(away["ada"], now + 5 * DAY, now + 9 * DAY, "at the sea", by=Actor("ada", "web", away["ada"].id), now=now)
    add_time_off(away["bruno"], now + 2 * DAY, now + 4 * DAY, by=Actor("grace", "web"), now=now)
    calendars(away["ada"], now)
    mirror(now=now)
    Issue.objects.filter(number=31).update(confidential=False)  # so that somebody of another team sees what is silent
    requests = {"requests": Queue.objects.get(name="distributor requests").pk, "request": Issue.objects.get(number=71).pk}
    return {**Story(now).tell(), **report_past(now), **requests, "mail": mails(now)}


def mails(now: dt.datetime) -> int:
    """Two mails of one thread in the shared mailbox, by a machine: nobody is told. Answers its number."""
    from watchbill.connectors.mailbox import threads
    from watchbill.connectors.mailbox.letters import read
    from watchbill.connectors.mailbox.purposes import Arrived
    from watchbill.intake.models import Mailbox
    from watchbill.mailbox.models import Thread

    box = Mailbox.objects.get(name="security")
    for hours, more in ((5, "Message-ID: <1@example.net>"), (3, "Message-ID: <2@example.net>\r\nIn-Reply-To: <1@example.net>")):
        head = (
            f"From: scanner@example.net\r\nTo: {box.address}\r\nSubject: A scan found something\r\nAuto-Submitted: auto-generated\r\n{more}"
        )
        raw = f"{head}\r\n\r\nIt answered with its version, {hours} hours ago.\r\n".encode()
        assert threads.take(Arrived(box, read(raw), raw, len(raw)), now - hours * HOUR)
    return int(Thread.objects.get().number)


def calendars(person: Any, now: dt.datetime) -> None:
    """One that is read and names a time off, and one that fails for hours."""
    from watchbill.audit.actions import Actor
    from watchbill.people.calendars import claim_calendars, subscribe
    from watchbill.people.models import AwayCalendar
    from watchbill.people.rules.away import Away, Reading
    from watchbill.schedules.actions import record_reading

    away = Reading(away=(Away("a", now + 20 * DAY, now + 24 * DAY),), left=1)
    gone = Reading(why="It answered 404: the address is not valid any more. Copy it anew from your calendar, and subscribe again.")
    for host, reading in (("calendar.google.com", away), ("intranet.example.org", gone)):
        subscribe(person, f"https://{host}/ada.ics", by=Actor("ada", "web", person.id), now=now - 3 * HOUR)
        (claim,) = claim_calendars(now=now - 3 * HOUR, limit=1)
        record_reading(claim, reading, now=now - 3 * HOUR)
    AwayCalendar.objects.update(due_at=now + DAY)


RUNBOOK = """# First

1. Look at what writes: `lsof +L1`, then `du -xh / | sort -h | tail`.
2. Do **not** restart before the queue is empty.
3. Move the old log away: `logrotate --force`.
4. Note what you saw on the incident.

## Who knows more

| what | who |
|---|---|
| the relay | Priya N. (IT) |
| the archive job | [the data desk](https://intranet.example.org/data) |
"""


class Story:
    """Acts at given moments; the engine's rounds in between are run by `until`."""

    def __init__(self, now: dt.datetime) -> None:
        from watchbill.incidents.models import Service
        from watchbill.kernel.models import EngineInstance
        from watchbill.people.models import Person

        self.now = now
        self.people = {person.handle: person for person in Person.objects.all()}
        self.services = {service.name: service for service in Service.objects.all()}
        self.instance = EngineInstance.objects.create(host="here", pid=1, started_at=now - DAY, last_tick_at=now).id
        self.fails: dict[tuple[str, str], str] = {}

    def tell(self) -> dict[str, int]:
        """The story, the oldest first; the engine runs in between."""
        from watchbill.response import actions

        now, numbers = self.now, {}
        start = now - 3 * DAY
        old = numbers["resolved"] = self.open("Certificate of login.example.org ends in 3 days", "medium", start, component="login")
        self.until(start + 20 * MIN)
        first = self.asked(old)
        actions.acknowledge(old, **self.by(first, start + 21 * MIN, "mail link"))
        actions.note(old, "Renewal job had no permission to write; fixed and run by hand.", "finding", **self.by(first, start + 40 * MIN))
        actions.resolve(old, **self.by(first, start + 55 * MIN))

        spent = self.open("Backups have not run for two nights", "high", now - 4 * HOUR - 50 * MIN, component="backup")
        self.until(now - 3 * HOUR)
        begin = now - 3 * HOUR
        owned = numbers["owned"] = self.open("Deploy token used from an unknown network", "high", begin, component="runner-7")
        self.join(owned, "Token of the deploy bot rotated", "Sign-in from a network never seen: runner-9", at=begin + MIN)
        self.until(begin + 17 * MIN)
        owner = self.asked(owned)
        other = "ada" if owner != "ada" else "dana"
        actions.acknowledge(owned, **self.by(owner, begin + 18 * MIN, "api"))
        actions.note(owned, "The address belongs to the new office.\nAsking IT to confirm.", "finding", **self.by(owner, begin + 30 * MIN))
        actions.note(owned, "Revoke the token anyway; it costs nothing.", "decision", **self.by(other, begin + 44 * MIN))

        self.until(now - 2 * HOUR)
        cleared = numbers["cleared"] = self.open(
            "Panic mailbox: laptop lost at an airport", "medium", now - 2 * HOUR, service="Panic mailbox"
        )
        self.until(now - 2 * HOUR + MIN)
        self.clear(cleared, now - 2 * HOUR + 2 * MIN)
        self.until(now - 100 * MIN)
        secret = numbers["restricted"] = self.open("Insider copied the customer list", "high", now - 100 * MIN, restricted=True)
        self.until(now - 99 * MIN)
        actions.acknowledge(secret, **self.by(self.asked(secret), now - 98 * MIN))
        numbers["exhausted"] = spent

        self.until(now - 30 * MIN)
        numbers["queue"] = self.open("Report: stored XSS in the dashboard", "medium", now - 30 * MIN, service="Vulnerability intake")
        self.until(now - 24 * MIN)
        self.fails[self.asked_at(now), "email"] = "mailbox is full"
        numbers["triggered"] = self.open(
            "Impossible travel: admin role signed in to idp-prod from two continents", "critical", now - 24 * MIN, component="idp-prod"
        )
        self.until(now)
        self.snooze(numbers, owner)
        self.hand_over(numbers, owner)
        self.learn(numbers)
        self.write_runbook()
        return numbers

    def write_runbook(self) -> None:
        """What to do about a disk that fills, in two versions."""
        from watchbill.runbooks.actions import At, Wording, edit, write

        at = (At(self.services["Detections"].id, {"component": "relay"}),)
        team = self.services["Detections"].team
        text = RUNBOOK.replace("4. Note", "3. Note").replace("3. Move the old log away: `logrotate --force`.\n", "")
        made = write(team, Wording("Disk of a relay fills", text, "wanted on Sunday", at), **self.by("grace", self.now - 20 * DAY))
        edit(made.id, 1, Wording("Disk of a relay fills", RUNBOOK, "learned from #7", at), **self.by("grace", self.now - 5 * DAY))

    def learn(self, numbers: dict[str, int]) -> None:
        """What Grace wrote down on the way, and what became of one of it."""
        from watchbill.duties.learnings.actions import close, learn

        learn("End all sessions of a role with one command.", "automatable", numbers["mine"], **self.by("grace", self.now - 4 * MIN))
        asked = learn("Why does the phone go to voicemail after 4 rings?", "question", **self.by("grace", self.now - 3 * MIN))
        close(
            asked.id, "The provider's default; it is 8 now.", "https://handbook.example.org/phones", **self.by("grace", self.now - 2 * MIN)
        )

    def snooze(self, numbers: dict[str, int], owner: str) -> None:
        """One more, snoozed by its owner."""
        from watchbill.response import actions

        numbers["snoozed"] = self.open("Scanner: 12 hosts without the October patches", "low", self.now - 5 * MIN, component="fleet")
        actions.acknowledge(numbers["snoozed"], **self.by(owner, self.now - 4 * MIN))
        actions.snooze(numbers["snoozed"], self.now + 3 * HOUR, "patch window is tonight", **self.by(owner, self.now - 3 * MIN))

    def hand_over(self, numbers: dict[str, int], owner: str) -> None:
        """Its owner offers one to Grace, who has another one to hand over."""
        from watchbill.handoff.actions import Wanted, ask, offer
        from watchbill.handoff.rules import Step, Words
        from watchbill.response import actions

        words = Words(
            summary="The relay's disk fills by 1 GB an hour; the old log is moved away. Contained, not closed: what writes is not known.",
            engaged=("Priya N. (IT)",),
            next_steps=(Step("grace", "find what writes, by 10:00 UTC"), Step("Priya N.", "order a second disk")),
            open_questions=("Does the archive job run twice?",),
            decisions=("No restart before the queue is empty, agreed with IT.",),
            bridge="https://meet.example.org/relay",
        )
        handed = self.open("Disk of the mail relay fills", "high", self.now - 9 * MIN, component="relay")
        actions.acknowledge(handed, **self.by(owner, self.now - 8 * MIN))
        made = offer(handed, Wanted(self.people["grace"], words), **self.by(owner, self.now - 3 * MIN))
        ask(made.id, "Who has the keys of the rack?", **self.by("grace", self.now - 2 * MIN))
        mine = numbers["mine"] = self.open("Certificate pinned in an old client", "low", self.now - 7 * MIN, component="client")
        actions.acknowledge(mine, **self.by("grace", self.now - 6 * MIN))
        actions.note(mine, "Only two clients are that old.", "finding", **self.by("grace", self.now - 5 * MIN))
        numbers["handoff"] = made.id

    def open(
        self, title: str, severity: str, at: dt.datetime, *, service: str = "Detections", restricted: bool = False, component: str = ""
    ) -> int:
        """An incident with its page and one alert, as a monitor would open it."""
        from django.db import transaction

        from watchbill.audit.actions import Actor
        from watchbill.incidents.actions import NewIncident
        from watchbill.incidents.models import Incident
        from watchbill.intake.models import Alert
        from watchbill.response.actions import open_in

        of = self.services[service]
        new = NewIncident(
            title, severity, of.team_id, of.id, restricted=restricted, text=f"Opened by {service}: {component or 'no component'}."
        )
        with transaction.atomic():
            (opened,) = open_in([new], by=Actor(service, "source"), now=at)
        incident = Incident.objects.get(pk=opened.id)
        fields: dict[str, Any] = {"severity": severity, "summary": title, "source": "detector-3", "component": component, "count": 4}
        Alert.objects.create(
            service=of, incident=incident, dedup_key=f"k{opened.id}", event_class="rule", first_at=at, last_at=at + MIN / 2, **fields
        )
        Incident.objects.filter(pk=opened.id).update(last_alert_at=at + MIN / 2)
        return incident.number

    def join(self, number: int, *summaries: str, at: dt.datetime) -> None:
        """More alerts of the same group."""
        from watchbill.incidents.models import Incident
        from watchbill.intake.models import Alert

        incident = Incident.objects.get(number=number)
        for n, summary in enumerate(summaries):
            fields: dict[str, Any] = {"severity": "medium", "summary": summary, "source": "detector-4", "component": "tokens"}
            Alert.objects.create(
                service=incident.service, incident=incident, dedup_key=f"j{number}-{n}", first_at=at, last_at=at + n * MIN, **fields
            )

    def clear(self, number: int, at: dt.datetime) -> None:
        """The source says it is over."""
        from django.db import transaction

        from watchbill.incidents.models import Incident
        from watchbill.response.actions import cleared_in

        incident = Incident.objects.get(number=number)
        incident.alerts.update(state="resolved", resolved_at=at)
        with transaction.atomic():
            cleared_in([incident.id], source="Panic mailbox", now=at)

    def until(self, end: dt.datetime) -> None:
        """Rounds of the engine up to that moment, each at the time at which something is due."""
        from watchbill.notifications.models import Notification
        from watchbill.paging.actions import fire_due
        from watchbill.paging.models import Page

        for _ in range(500):
            pages = Page.objects.filter(due_at__lte=end).order_by("due_at").values_list("due_at", flat=True)[:1]
            waits = Notification.objects.filter(state="queued", due_at__lte=end).order_by("due_at").values_list("due_at", flat=True)[:1]
            at = min([*pages, *waits], default=None)
            if at is None:
                return
            while fire_due(now=at):
                pass
            self.deliver(at)

    def deliver(self, at: dt.datetime) -> None:
        """What an engine does with the outbox: all of it arrives, but for what `fails` names."""
        from watchbill.notifications.actions import claim, record
        from watchbill.notifications.messages import Result
        from watchbill.notifications.rules import Outcome

        for _ in range(20):
            messages = claim(self.instance, now=at).messages
            if not messages:
                return
            results = []
            for message in messages:
                detail = self.fails.get((message.handle, message.method), "")
                outcome = Outcome("permanent" if detail else "delivered")
                results.append(
                    Result(message.notification_id, self.instance, message.attempt, outcome, at, at + dt.timedelta(seconds=2), detail)
                )
            record(results, now=at)

    def asked(self, number: int) -> str:
        """The handle of the first person whom the page of this incident asked."""
        from watchbill.paging.models import Firing

        people = Firing.objects.filter(page__incident__number=number).order_by("n").values_list("people", flat=True).first()
        return next(handle for handle, person in self.people.items() if person.id == people[0])

    def asked_at(self, at: dt.datetime) -> str:
        """Who has the watch then."""
        from watchbill.schedules.models import Schedule
        from watchbill.schedules.selectors import on_call

        schedule = Schedule.objects.get(name="Security Responder")
        (first, *_) = on_call([schedule.id], at=at)[schedule.id]
        return next(handle for handle, person in self.people.items() if person.id == first.person_id)

    def by(self, handle: str, at: dt.datetime, via: str = "web") -> dict[str, Any]:
        """Who acts, when, by which way."""
        from watchbill.audit.actions import Actor

        person = self.people[handle]
        return {"person": person, "actor": Actor(handle, via, person.id), "now": at}


AWAY = "Left out: It is an automatic answer (Auto-Submitted: auto-replied)."


def inlets(now: dt.datetime) -> dict[str, int]:
    """Keys of the desk and what came in by one of them: done, waiting, set aside. Answers the key's id by name."""
    from watchbill.audit.actions import Actor
    from watchbill.incidents.models import Incident
    from watchbill.intake.actions import create_key, rotate_key
    from watchbill.intake.models import Event, IntegrationKey

    by = Actor("operator", "cli")
    key, _ = create_key("Detections", "generic", "SIEM in production", by=by, now=now - 9 * DAY)
    old, _ = create_key("Detections", "alertmanager", "", by=by, now=now - 90 * DAY)
    rotate_key(old.id, DAY, by=by, now=now - HOUR)
    create_key("Panic mailbox", "opsgenie", "old scripts", by=by, now=now - DAY)
    number = Incident.objects.filter(restricted=False).latest("id").number
    rows = [
        ({"title": "Impossible travel", "level": "P1", "user": "root"}, "done", f"Opened #{number}.", 24 * MIN),
        ({"title": "Impossible travel", "level": "P1", "user": "root"}, "done", f"The same alert again, in #{number}.", 20 * MIN),
        ({"title": "Scanner: 12 hosts", "state": "ok"}, "done", "No alert with this key fires: nothing to do.", 9 * MIN),
        ({"rule": {"name": "Token used from an unknown network"}}, "aside", "KeyError: 'severity'", 5 * MIN),
    ]
    for body, state, outcome, ago in rows:
        raw = json.dumps(body).encode()
        Event.objects.create(
            key=key,
            service_id=key.service_id,
            kind="generic",
            received_at=now - ago,
            body=raw,
            state=state,
            outcome=outcome,
            tries=5 * (state == "aside"),
        )
    IntegrationKey.objects.filter(pk=key.id).update(last_event_at=now - 5 * MIN)
    mails, _ = create_key("Detections", "email", "nightly checks", by=by, now=now - DAY)
    head = "From: Nightly check <checks@example.org>\nTo: alerts+KEY@example.org\nSubject: "
    for subject, state, outcome, ago in (
        ("CRITICAL: Backup of db1 failed\n\nLast good backup: yesterday.\n", "done", f"Opened #{number}.", 3 * HOUR),
        ("Automatic reply: I am away\nAuto-Submitted: auto-replied\n\nBack on Monday.\n", "left", AWAY, 2 * HOUR),
    ):
        Event.objects.create(
            key=mails,
            service_id=mails.service_id,
            kind="email",
            received_at=now - ago,
            body=(head + subject).encode(),
            state=state,
            outcome=outcome,
        )
    mailboxes(mails, now)
    return {"inlet": key.id, "mails": mails.id}


def mailboxes(key: Any, now: dt.datetime) -> None:
    """One that is read, one that is not, and mails that made nothing."""
    from watchbill.intake.models import Mail, Mailbox

    common = {"team": key.service.team, "imap_env": "SEED_IMAP_URL"}
    read = Mailbox.objects.create(name="alerts", address="alerts@example.org", purposes=["alerts", "replies"], read_at=now, **common)
    said = {"failing_since": now - HOUR, "failures": 61, "last_error": "The server refuses the password of watchbill-reports@example.org."}
    Mailbox.objects.create(name="old", address="a.long.address@mail.example.org", purposes=["replies"], read_at=now - DAY, **common, **said)
    rows = (
        ("left", "It comes by a mailing list.", key),
        ("unknown", "", None),
        ("refused", "dmarc=fail", None),
        ("failed", "UnicodeError", None),
    )
    for n, (verdict, reason, of) in enumerate(rows):
        name = n.to_bytes(32, "big")
        Mail.objects.create(mailbox=read, digest=name, message_id=name, verdict=verdict, reason=reason, key=of, read_at=now - n * HOUR)


def quiet(now: dt.datetime) -> dict[str, int]:
    """A service in maintenance, one that will be, one that was; heartbeats in each state; routes with their counts."""
    from watchbill.audit.actions import Actor
    from watchbill.incidents.models import Incident, Service
    from watchbill.intake.actions import NewMaintenance, add_maintenance, create_heartbeat_key, end_maintenance
    from watchbill.intake.models import Heartbeat, Listening, RouteUse
    from watchbill.intake.rules import mark_of
    from watchbill.people.models import Person

    ada = Person.objects.get(handle="ada")
    by = Actor("ada", "web", ada.id)
    of = {service.name: service for service in Service.objects.all()}
    was = NewMaintenance(of["Panic mailbox"], now - 3 * DAY, now + HOUR, "Mail server gets a new disk")
    end_maintenance(add_maintenance(was, by=by, now=now - 3 * DAY).id, by=by, now=now - 3 * DAY + 2 * HOUR)
    runs = NewMaintenance(of["Vulnerability intake"], now - 20 * MIN, now + 100 * MIN, "The form moves to the new host; Dana does it")
    add_maintenance(runs, by=by, now=now - 20 * MIN)
    when = {"component": "/^db[0-9]+$/", "severity": "low"}
    comes = NewMaintenance(of["Detections"], now + 5 * HOUR, now + 7 * HOUR, "Nightly copy", when, "1 day", zone="Europe/Berlin")
    add_maintenance(comes, by=by, now=now - HOUR)
    for name, last, late in (("nightly backup", 27 * HOUR, 2 * HOUR), ("log shipper", 40 * MIN / 60, None), ("restore test", None, None)):
        Heartbeat.objects.create(
            name=name,
            service=of["Detections"],
            every_seconds=86400 if late else 300,
            grace_seconds=3600 if late else 0,
            severity="high",
            fresh_from=now - DAY,
            due_at=now + DAY,
            last_at=now - last if last else None,
            late_at=now - late if late else None,
        )
        if last:
            create_heartbeat_key(name, by=Actor("operator", "cli"), now=now - DAY)
    Listening.objects.create(last_at=now, since=now - DAY)
    routes = [
        {"when": {"class": "test"}, "to": {"drop": True}},
        {"when": {"component": "/^mail/", "details.env": "prod"}, "to": {"service": "Panic mailbox", "severity": "critical"}},
        {"when": {"severity": "low"}, "to": {"policy": "Watch the queue"}},
    ]
    Service.objects.filter(name="Detections").update(routes=routes)
    RouteUse.objects.create(service=of["Detections"], mark=mark_of(routes[0]), dropped=True, count=412, last_at=now - 9 * MIN)
    held = Incident.objects.get(service=of["Vulnerability intake"])
    return {"held": held.number, "routes": of["Detections"].id}


def engine() -> None:
    """A small engine until the process is ended: pages walk and messages "arrive", so that a browser sees a desk that lives."""
    from watchbill.kernel import bus
    from watchbill.kernel.clock import database_now
    from watchbill.people.calendars import claim_calendars
    from watchbill.people.rules.away import Away, Reading
    from watchbill.schedules.actions import record_reading

    story = Story(database_now())
    while True:
        now = database_now()
        for claim in claim_calendars(now=now - 3 * SEC, limit=1):  # a moment late, as the real one: the page listens by then
            record_reading(claim, Reading(away=(Away("a", now + 30 * DAY, now + 31 * DAY),)), now=now)
        if fired(now):
            bus.board_changed()
        story.deliver(now)
        time.sleep(0.2)


def fired(now: dt.datetime) -> int:
    """One round."""
    from watchbill.paging.actions import fire_due

    return fire_due(now=now)


def links(now: dt.datetime) -> list[str]:
    """Addresses that prove whose an account in the chat is: paths, each good once."""
    from watchbill.notifications.chats.actions import make_link
    from watchbill.notifications.chats.selectors import chats

    late = now + 2 * HOUR  # a run of the tests is longer than such an address lives
    return ["/chat" + make_link(chats()[0], f"U0{n}LINK", f"grace.lind{n}", now=late).partition("/chat")[2] for n in range(6)]


def main() -> None:
    """Fill the database, or play the engine on it."""
    import django

    django.setup()
    from django.core.management import call_command

    from watchbill.kernel.clock import database_now

    if sys.argv[1:] == ["engine"]:
        engine()
    call_command("migrate", verbosity=0)
    now = database_now()
    numbers = desk(now) | inlets(now) | quiet(now)
    sys.stdout.write(json.dumps({**numbers, "watch": Story(now).asked_at(now), "links": links(now)}) + "\n")


if __name__ == "__main__":
    main()
