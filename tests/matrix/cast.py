"""The people of the matrix, and real objects for them to ask for: each exists once open to the team and once restricted.

Alice has the watch and was paged for everything; Bob is her team mate, Vera may only look, Grace manages the team, Olga administers it,
Root administers the installation, Charlie is of another team. `anonymous` has no account.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.test import Client

from tests import factories as make
from tests.connectors.mailbox.mails import mail
from tests.connectors.push import Browser
from watchbill.audit.actions import Actor
from watchbill.config.actions import edit, propose
from watchbill.config.selectors import sections, standing
from watchbill.connectors.mailbox import threads
from watchbill.connectors.mailbox.letters import read
from watchbill.connectors.mailbox.purposes import Arrived
from watchbill.duties.actions.asking import look_after_duties
from watchbill.duties.actions.items import take
from watchbill.duties.actions.proving import begin_pass
from watchbill.duties.learnings.actions import learn
from watchbill.duties.models import Duty, Queue, Stale
from watchbill.duties.requests.models import Decision
from watchbill.handoff.actions import Wanted, accept, ask, offer
from watchbill.handoff.models import HandoffRecord
from watchbill.handoff.rules import Step, Words
from watchbill.incidents.actions import NewIncident, grant_in
from watchbill.incidents.models import Incident, Service, Stakeholder, Task
from watchbill.intake.actions import NewMaintenance, add_maintenance, create_key
from watchbill.intake.models import Alert, Event, Heartbeat, IntegrationKey, Mailbox
from watchbill.kernel.clock import database_now
from watchbill.mailbox.actions import working
from watchbill.mailbox.models import Letter
from watchbill.mailbox.rules import Act as MailAct
from watchbill.notifications.actions import add_contact, add_device, send_test
from watchbill.notifications.chats.actions import make_link
from watchbill.notifications.chats.models import Chat, Posting
from watchbill.notifications.chats.selectors import settings_of
from watchbill.notifications.models import Notification, ProviderTest
from watchbill.notifications.signing import BUTTON, DRILL, make_token
from watchbill.paging.actions import fire_due
from watchbill.people.absences import add_time_off
from watchbill.people.actions import create_token
from watchbill.people.calendars import subscribe
from watchbill.people.dismissing import dismiss
from watchbill.people.models import Membership, Person, Team, TimeOff
from watchbill.people.permissions import SCOPES
from watchbill.people.sessions import remember_session
from watchbill.reports.actions import disclosing, money, rating, tracking, triage
from watchbill.reports.actions.circle import name_person
from watchbill.reports.actions.making import NewReport, make_by_form
from watchbill.reports.actions.making import make as make_report
from watchbill.reports.actions.secrecy import keep_secret
from watchbill.reports.models import Program, Report, SavedView, Watcher
from watchbill.reports.rules.disclosure import fingerprint
from watchbill.response import actions
from watchbill.runbooks.actions import Wording, write
from watchbill.schedules.actions import Change, Offer, accept_swap, add_override, ask_for_cover, offer_swap, open_feed
from watchbill.schedules.models import Layer, Schedule
from watchbill.schedules.selectors import on_call, watched_schedules
from watchbill.trackers.actions.wanting import follow_in
from watchbill.trackers.models import Issue, Tracker
from watchbill.web.views.intake import begun

BACKEND = "django.contrib.auth.backends.ModelBackend"
SIGNED_IN = frozenset({"charlie", "vera", "bob", "alice", "grace", "olga", "root"})
ANYBODY = SIGNED_IN | {"anonymous"}
RESPONDERS = frozenset({"bob", "alice", "grace", "olga", "root"})  # of the team that owns what is asked for
TEAM_ADMINS = frozenset({"olga", "root"})
MANAGERS = frozenset({"grace", "olga", "root"})
ADMINS = frozenset({"root"})
PAGED = frozenset({"alice"})  # was paged for the restricted incidents; nobody else may learn of them
OWNER = frozenset({"alice"})
KNOWING = RESPONDERS - ADMINS  # of reports of the team: administering the installation opens none
NOBODY: frozenset[str] = frozenset()

SECRET = "salamander"  # in everything that a restricted incident says
OF_THE_TEAM = "orchidkey"  # in what only responders of the team may read
PASSWORD = "correct horse battery staple"
OPERATOR = Actor("operator", "cli")


@dataclass
class World:
    """`values`: for each placeholder of an address what it stands for; `secret_values`: the same of what is restricted."""

    people: dict[str, Person]
    values: dict[str, Any]
    secret_values: dict[str, Any]
    secret_words: frozenset[str]  # besides SECRET: code names and numbers
    sessions: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def browser(self, name: str, *, csrf: bool = False) -> Client:
        """A fresh browser of this person, signed in; `csrf`: one whose forms need the token."""
        made = Client(enforce_csrf_checks=csrf, raise_request_exception=False)
        if name in self.sessions:
            made.cookies["sessionid"] = self.sessions[name]
        return made


def build() -> World:
    """Committed rows on the database's own clock."""
    now = database_now()
    people = {name: make.person(name, contacts=("email", "webhook"), is_admin=name == "root") for name in sorted(SIGNED_IN)}
    people["alice"].set_password(PASSWORD)
    people["alice"].save()
    team = make.team("SecOps", people["alice"], people["bob"], managers=(people["grace"],))
    Membership.objects.create(team=team, person=people["vera"], role="viewer", on_desk=False)
    Membership.objects.create(team=team, person=people["olga"], role="admin", on_desk=False)
    make.team("Elsewhere", people["charlie"])
    make.organization(people["root"])
    schedule = make.schedule("First", team, people["alice"])
    steps = ([make.to(schedule)], "15m"), ([make.to(people["grace"])], "15m")
    policy = make.policy("P", team, *steps, last_resort=people["root"])
    service = make.service("S", team, policy)
    quiet = make.service("Quiet", team, policy, restricted=True)
    device = add_device(
        people["alice"],
        Browser("https://push.example.org/a").subscription,
        user_agent="x",
        actor=make.actor(people["alice"]),
        now=now,
    )
    key, _ = create_key(service, "generic", OF_THE_TEAM, by=OPERATOR, now=now)
    secret_key, _ = create_key(quiet, "generic", "restricted key", by=OPERATOR, now=now)
    world = World(people, {}, {}, frozenset())
    ProviderTest.objects.create(provider="email", due_at=now + make.HOUR)
    for name, person in people.items():
        signed_in = Client()
        signed_in.force_login(person, backend=BACKEND)
        world.sessions[name] = signed_in.cookies["sessionid"].value
    world.tokens = {name: create_token(person, SCOPES, by=OPERATOR, now=now)[1] for name, person in people.items()}
    swaps = _swaps(team, people, now)
    stood = watched_schedules(people["alice"].id, now + 7 * make.HOUR, now + 8 * make.HOUR)
    common = {
        "stood": ",".join(str(each.id) for each, _ in stood),
        "schedule_id": schedule.id,
        "queue_id": _queue(team).id,
        "runbook_id": write(team, Wording("Disk full", "Do this."), person=people["bob"], actor=OPERATOR, now=now).id,
        "policy_id": policy.id,
        "pattern": "working-weeks",
        "team_id": team.id,
        "contact_id": device.contact_id,
        "name": "First",
        "soon": (now + make.HOUR).isoformat(),
        "some_day": f"{now + 9 * make.DAY:%Y-%m-%d}",
        "typed_time": f"{now + 7 * make.HOUR:%Y-%m-%dT%H:%M}",
        "typed_end": f"{now + 8 * make.HOUR:%Y-%m-%dT%H:%M}",
        "much_later": (now + 7 * make.HOUR).isoformat(),
        "later": (now + 2 * make.HOUR).isoformat(),
        **_own(people["alice"], schedule, now),
        **swaps,
        "cover_id": ask_for_cover(schedule, now + 9 * 7 * make.DAY, "", person=people["alice"], by=make.actor(people["alice"]), now=now).id,
        "person_id": people["bob"].id,
        "record_id": _changed(now),
        "uidb36": "1",
        "key": "set-password",
    }
    world.values = common | _objects(world, service, team.id, key, "disk full", now)
    world.secret_values = common | _objects(world, quiet, team.id, secret_key, f"the {SECRET} is out", now)
    duties = _duties(schedule, people["alice"], now)
    world.values, world.secret_values = world.values | duties, world.secret_values | duties
    reports = _reports(team, people, now) | _mail(team, people, now)
    world.values, world.secret_values = world.values | reports, world.secret_values | reports
    secret = Incident.objects.filter(restricted=True)
    world.secret_words = frozenset({each.code_name.lower() for each in secret} | {str(each.number) for each in secret})
    return world


def _own(alice: Person, schedule: Schedule, now: Any) -> dict[str, Any]:
    """What only Alice may touch, on the pages about herself."""
    by = make.actor(alice)
    feed, feed_token = open_feed(alice, None, by=by, now=now)
    contact = add_contact(alice, "email", "alice@else.example.org", by=by, now=now)
    token, _ = create_token(alice, ["incidents:read"], by=OPERATOR, now=now)
    sign_in = remember_session(alice, "s" * 32, browser="Firefox", address="127.0.0.1", now=now)
    chat = Chat.objects.create(name="chat", kind="slack", token_env="MATRIX_SECRET", writes=["post"])
    drill = send_test(alice, by=by, now=now)
    planned = add_override(schedule, Change("add", alice, now + 9 * make.HOUR, now + 10 * make.HOUR), by=by, now=now)
    answer = make_token(alice.id, drill.id, drill.notifications[0], salt=DRILL)
    calendar = subscribe(alice, "https://calendar.example.org/alice.ics", by=by, now=now)
    for number, event in enumerate(("one", "two"), 3):
        start = now + number * make.DAY
        TimeOff.objects.create(person=alice, calendar=calendar, event=event, start=start, end=start + make.HOUR, created_at=now)
    gone = dismiss(TimeOff.objects.get(event="two").id, by=by, now=now)
    return {
        "feed_id": feed.id,
        "feed": feed_token,
        "time_off_id": add_time_off(alice, now + make.DAY, now + 2 * make.DAY, by=by, now=now).id,
        "calendar_id": calendar.id,
        "read_id": TimeOff.objects.get(event="one").id,
        "dismissed_id": gone.id,
        "own_id": contact.id,
        "token_id": token.id,
        "sign_in_id": sign_in.id,
        "answer": answer,
        "watch": schedule.id,
        "override_id": planned.id,
        "chat_link": make_link(settings_of(chat), "U1", "alice", now=now).rpartition("/")[2],
    }


STAGES = (
    "new",
    "read",
    "waits",
    "valid",
    "rated",
    "tracked",
    "told",
    "proposed",
    "approved",
    "triaged",
    "resolved",
    "asked",
    "agreed",
    "closed",
)


def _mail(team: Team, people: dict[str, Person], now: Any) -> dict[str, Any]:
    """Threads of the team's shared mailbox, by their numbers."""
    mailbox = Mailbox.objects.create(
        name="security", team=team, imap_env="X_IMAP", address="security@example.org", purposes=["reports"], writes=["answer"]
    )
    by = {"person": people["alice"], "actor": make.actor(people["alice"]), "now": now}
    found: dict[str, Any] = {}
    for name in ("open", "other", "done", "spam"):
        arrived = Arrived(mailbox, read(raw := mail(f"{OF_THE_TEAM} {name}", OF_THE_TEAM, attach=OF_THE_TEAM.encode())), raw, len(raw))
        threads.take(arrived, now)
        letter = Letter.objects.select_related("thread").latest("id")
        found |= {f"mail_{name}": letter.thread.number} | ({"letter_id": letter.pk} if name == "open" else {})
    working.close(found["mail_done"], MailAct.COMPLETE, **by)
    working.mark_spam(found["mail_spam"], **by)
    return found | {"mail_number": found["mail_open"]}


def _reports(team: Team, people: dict[str, Person], now: Any) -> dict[str, Any]:
    """A report at each stage of its way, by its number, and what the public form needs."""
    bounty = {"currency": "USD", "amounts": {}, "approvals": {"high": 1}}
    program = Program.objects.create(name="Example bounty", team=team, bounty=bounty)
    by = {"person": people["alice"], "actor": make.actor(people["alice"]), "now": now}
    other = {"person": people["grace"], "actor": make.actor(people["grace"]), "now": now}

    def to(number: int, stage: str) -> None:
        at = STAGES.index(stage)
        triage.take(number, **by)
        if stage == "waits":
            triage.ask_reporter(number, "More?", sent=True, **by)
        if stage == "closed":
            triage.close_as(number, "invalid", "no", **by)
        if stage in ("read", "waits", "closed"):
            return
        steps = [
            lambda: triage.enough(number, **by),
            lambda: (triage.understood(number, **by), rating.rate(number, rating.NewRating(severity="high", reason="it is"), **by)),
            lambda: tracking.link_issue(number, "https://x.example.org/1", **by),
            lambda: triage.tell_reporter(number, "A fix comes.", (now + 9 * make.DAY).date(), sent=True, **by),
            lambda: money.propose(number, 100, "no table", **other),
            lambda: money.approve(number, 100, **by),
            lambda: tracking.begin_incident(number, "S", **by),
            lambda: _resolved(number, by),
            lambda: disclosing.ask(number, disclosing.Wanted(), sent=True, **by),
            lambda: disclosing.agreed(number, **by),
        ]
        for step in steps[: at - STAGES.index("valid") + 1]:
            step()

    found: dict[str, Any] = {"begun": begun(now - make.MIN)}
    for stage in STAGES:
        word = "weak" if stage == "read" else OF_THE_TEAM  # somebody who may only look is named on that one
        found[f"r_{stage}"] = number = make_report(NewReport(f"{word} {stage}", word, program.name, source="hackerone"), **by).number
        if stage != "new":
            to(number, stage)
    name_person(found["r_read"], people["vera"], "knows it", **by)
    keep_secret(found["r_told"], "upstream", (now + 9 * make.DAY).date(), **by)
    found["leaves"] = fingerprint(disclosing.checked_text(Report.objects.get(number=found["r_agreed"]), disclosing.Wanted("full"))[1])
    _, found["receipt"] = make_by_form(NewReport("by form", "steps", program.name, source="form"), program, now=now)
    read_one = Report.objects.get(number=found["r_read"])
    for name in (*KNOWING, "vera"):
        Watcher.objects.create(report=read_one, person=people[name], at=now)
    view = SavedView.objects.create(person=people["alice"], name="before", filters={"view": "mine"}, at=now)
    return found | {"report_number": found["r_new"], "view_id": view.pk}


def _resolved(number: int, by: dict[str, Any]) -> None:
    """Its incident is over, and so is its embargo."""
    report = Report.objects.select_related("incident").get(number=number)
    assert report.incident is not None
    actions.resolve(report.incident.number, **by)
    triage.resolve(number, "Fixed.", sent=True, **by)
    Report.objects.filter(number=number).update(embargo_on=None)


def _queue(team: Team) -> Queue:
    """A queue of the team, and what is silent is so at once."""
    tracker = Tracker.objects.create(name="tracker", kind="gitlab", url="https://gitlab.example.org", token_env="MATRIX_SECRET")
    Stale.objects.create(team=team, severity="high", after="0s")
    return Queue.objects.create(name="oncall", team=team, tracker=tracker, projects=["sec/desk"], criteria=["They have users."])


def _items(alice: Person, title: str, incident: Incident, now: Any) -> dict[str, int]:
    """Two items of the queue, one of which Alice took; of a restricted incident they are the tracking issue."""
    queue, number = Queue.objects.get(), Issue.objects.count() + 1
    times = {"created_at": now, "updated_at": now, "seen_at": now}
    made = [
        Issue.objects.create(
            tracker=queue.tracker,
            words_to=now,
            project="sec/desk",
            number=number + n,
            title=f"{title} {n}",
            url="https://x.example.org",
            **times,
        )
        for n in (0, 1)
    ]
    take(queue, made[1].id, person=alice, actor=make.actor(alice), now=now)
    Decision.objects.create(issue=made[1], verdict="decline", reason="no users", person=alice, at=now)
    if incident.restricted:
        others = Incident.objects.filter(restricted=True).exclude(pk=incident.pk).order_by("id")
        for issue, each in zip(made, [incident, others[0]], strict=True):
            follow_in(each.id, issue, now=now)
    return {"issue_id": made[0].id, "held_id": made[1].id}


def _duties(schedule: Schedule, alice: Person, now: Any) -> dict[str, int]:
    """One that a note proves; one whose queue Alice goes through, restricted items included; one whose queue nobody goes through now."""
    queue = Queue.objects.get()
    other = Queue.objects.create(name="backlog", team=queue.team, tracker=queue.tracker, projects=["sec/backlog"])
    of = {"team": queue.team, "schedule": schedule, "every": "shift", "since": now - make.DAY}
    named = {"duty_id": None, "review_id": queue, "begun_id": other}
    made = {name: Duty.objects.create(name=name, queue=each, **of).id for name, each in named.items()}
    look_after_duties(now=now)
    begin_pass(queue, person=alice, actor=make.actor(alice), now=now)
    return made


def _swaps(team: Team, people: dict[str, Person], now: Any) -> dict[str, Any]:
    """Alice offers a watch to Bob, and another one was agreed."""
    watch = make.schedule("Swapped", team, people["alice"], people["bob"])
    Layer.objects.filter(schedule=watch).update(valid_until=now + 6 * 7 * make.DAY)  # afterwards Bob is free to cover
    weeks = [now + number * 7 * make.DAY for number in (1, 2, 3, 4)]
    alice = [at for at in weeks if on_call([watch.id], at=at)[watch.id][0].person_id == people["alice"].id]
    bob = [at for at in weeks if at not in alice]
    by, to = make.actor(people["alice"]), people["bob"]
    offered, agreed = (
        offer_swap(Offer(to, watch, give, watch, take), person=people["alice"], by=by, now=now)
        for give, take in zip(alice, bob, strict=True)
    )
    accept_swap(agreed.id, person=to, by=make.actor(to), now=now)
    return {
        "swap_id": offered.id,
        "agreed_id": agreed.id,
        "give_at": alice[0].isoformat(),
        "take_at": bob[0].isoformat(),
        "give": f"{watch.id} {alice[0].isoformat()} alice",
        "take": f"{watch.id} {bob[0].isoformat()} bob",
    }


def _changed(now: Any) -> int:
    """A change of the configuration that somebody made by hand."""
    words = {**sections(standing())["services"][0]}
    wanted = {("services", words.pop("name")): {**words, "group_for": "2h"}}
    return edit(wanted, seen=propose(wanted, now=now).seen, by=OPERATOR, now=now)


def _objects(world: World, service: Service, team_id: int, key: IntegrationKey, title: str, now: Any) -> dict[str, Any]:
    """Three incidents of one service, an alert and events, the tokens by which Alice may answer."""
    alice = world.people["alice"]
    numbers = {}
    for state in ("open", "owned", "done"):
        with transaction.atomic():
            (made,) = actions.open_in(
                [NewIncident(f"{title} ({state})", "high", team_id, service.id)], by=Actor(service.name, "source"), now=now
            )
        fire_due(now=now)
        number = numbers[state] = made.number
        by = {"person": alice, "actor": make.actor(alice), "now": now}
        if state != "open":
            actions.acknowledge(number, **by)
            actions.note(number, f"seen: {title}", "finding", **by)
        if state == "done":
            actions.resolve(number, **by)
    opened = Incident.objects.get(number=numbers["open"])
    task = Task.objects.create(incident=opened, what=f"task about {title}", made_by=alice, made_at=now)
    stakeholder = Stakeholder.objects.create(incident=opened, name=f"who cares about {title}", added_at=now)
    learning = learn(f"learned of {title}", "question", opened.number, person=alice, actor=make.actor(alice), now=now)
    handed = _handoffs(world, service, team_id, title, now)
    notification = Notification.objects.filter(incident_id=opened.id, person=alice, kind="page").first()
    assert notification is not None
    items = _items(alice, title, opened, now)
    failed = {"chat": Chat.objects.get(name="chat"), "channel": "#none", "error": "channel_not_found", "given_up": True}
    Posting.objects.create(incident_id=opened.id, **failed, created_at=now)
    alert = Alert.objects.create(
        service=service, incident=opened, dedup_key=f"{title} key", first_at=now, last_at=now, severity="high", summary=title
    )
    other = {"service": service, "incident": opened, "first_at": now, "last_at": now, "severity": "high", "summary": title}
    Alert.objects.create(dedup_key=f"{title} other key", **other)
    new = NewMaintenance(service=service, starts_at=now + 5 * make.HOUR, ends_at=now + 6 * make.HOUR, reason="new disks")
    maintenance = add_maintenance(new, by=OPERATOR, now=now)
    heartbeat = Heartbeat.objects.create(
        name=f"beat of {service.name}", service=service, every_seconds=60, grace_seconds=60, fresh_from=now, due_at=now + 9 * make.HOUR
    )
    raw = json.dumps({"title": title, "team": OF_THE_TEAM}).encode()
    rows = {"key": key, "service": service, "kind": "generic", "received_at": now}
    event = Event.objects.create(**rows, body=raw, state="aside", tries=5, outcome=f"ValueError: {title}")
    return {
        **handed,
        "task_id": task.id,
        "learning_id": learning.id,
        "stakeholder_id": stakeholder.id,
        **items,
        "number": numbers["open"],
        "owned": numbers["owned"],
        "done": numbers["done"],
        "key_id": key.id,
        "event_id": event.id,
        "alert_id": alert.id,
        "alert_key": alert.dedup_key,
        "maintenance_id": maintenance.id,
        "heartbeat_id": heartbeat.id,
        "service_name": service.name,
        "service_id": service.id,
        "token": make_token(alice.id, opened.id, notification.id),
        "button": make_token(alice.id, opened.id, notification.id, salt=BUTTON),
    }


def _handoffs(world: World, service: Service, team_id: int, title: str, now: Any) -> dict[str, Any]:
    """Dora, whom nobody of the cast is, offers one incident to Alice; Alice offers another one to her."""
    alice, dora = world.people["alice"], Person.objects.filter(handle="dora").first() or make.person("dora", contacts=("email",))
    Membership.objects.get_or_create(team_id=team_id, person=dora, defaults={"role": "responder", "on_desk": False})
    made = {}
    for name, giver, to in (("taken", dora, alice), ("given", alice, dora), ("lent", alice, dora)):
        with transaction.atomic():
            (opened,) = actions.open_in(
                [NewIncident(f"{title} ({name})", "high", team_id, service.id)], by=Actor(service.name, "source"), now=now
            )
            grant_in(opened.id, [dora.id, alice.id], "named", now=now)
        by = {"person": giver, "actor": make.actor(giver), "now": now}
        actions.acknowledge(opened.number, **by)
        words = Words(summary=title, engaged=("nobody",), next_steps=(Step("alice", f"look at {title}"),))
        made[name] = offer(opened.number, Wanted(to, words, "break" if name == "lent" else "shift"), **by)
    accept(made["lent"].id, f"I look at {title}", person=dora, actor=make.actor(dora), now=now)
    HandoffRecord.objects.create(handoff=made["lent"], place="chat", name="#none", state="failed", error="There is no such chat.")
    question = ask(made["given"].id, f"is {title}?", person=dora, actor=make.actor(dora), now=now)
    return {"taken_id": made["taken"].id, "given_id": made["given"].id, "lent_id": made["lent"].id, "question_id": question.id}
