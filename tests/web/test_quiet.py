"""Quiet in the browser: maintenance, heartbeats and routes. Who may see, who may change, and what it says on Now and on the incident."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from django.db import connection, transaction

from tests import factories as make
from tests.factories import HOUR, MIN
from tests.web.conftest import Desk
from watchbill.audit.models import Record
from watchbill.incidents.models import Incident, Service
from watchbill.intake.actions import NewMaintenance, add_maintenance, create_key, take_in
from watchbill.intake.actions.heartbeats import watch_in
from watchbill.intake.models import Event, Heartbeat, IntegrationKey, Maintenance
from watchbill.intake.rules import digest_of
from watchbill.kernel.clock import database_now
from watchbill.people.models import Membership
from watchbill.web import health


def add(desk: Desk, service: Service | None = None, reason: str = "new disks", **more) -> Maintenance:
    now = database_now()
    new = NewMaintenance(service or desk.service, now, now + HOUR, reason, **more)
    return add_maintenance(new, by=make.actor(desk.alice), now=now)


def secret(desk: Desk) -> Service:
    policy = make.policy("Q", desk.team, ([make.to(desk.alice)], "15m"), last_resort=desk.root)
    return make.service("Insider", desk.team, policy, restricted=True)


def page(desk: Desk, name: str, path: str, status: int = 200) -> str:
    answer = desk.as_(name).get(path)
    assert answer.status_code == status
    return answer.content.decode()


def form(**more: str) -> dict[str, str]:
    return {"service": "Detections", "reason": "new disks", "for": "60", "from": "", "to": "", "when": "", "every": "", "until": "", **more}


@pytest.mark.req("P19")
def test_a_responder_keeps_a_service_quiet_and_it_is_shown_where_somebody_looks(desk: Desk):
    incident = desk.page("db down")
    answer = desk.as_("alice").post("/maintenance", form(), follow=True)
    said = answer.content.decode()
    assert "Detections is quiet until" in said
    assert "1 open incident stands still." in said
    one = Maintenance.objects.get()
    assert (one.state, one.reason, one.created_by) == ("running", "new disks", desk.alice)
    now = page(desk, "charlie", "/")
    assert "Detections is quiet" in now
    assert "1 incident held back" in now
    held = page(desk, "charlie", f"/incidents/{incident.number}")
    assert "Held back by a maintenance" in held
    assert "new disks (Alice" in held or "new disks (" in held
    listed = page(desk, "alice", "/maintenance")
    assert f"/maintenance/{one.id}/end" in listed
    assert desk.as_("bob").post(f"/maintenance/{one.id}/end", follow=True).status_code == 200
    one.refresh_from_db()
    assert (one.state, one.ended_by) == ("over", desk.bob)
    assert "Nothing. Every alert pages." in page(desk, "charlie", "/")
    assert "Held back" not in page(desk, "charlie", f"/incidents/{incident.number}")
    done = Record.objects.filter(kind="maintenance").exclude(actor="engine").order_by("id").values_list("action", "actor", "via")
    assert list(done) == [("maintenance.add", "alice", "web"), ("maintenance.end", "bob", "web")]


def test_in_advance_by_field_and_recurring_in_the_readers_own_time(desk: Desk):
    desk.alice.timezone = "Africa/Lagos"
    desk.alice.save()
    words = form(
        **{"from": "2199-01-01T02:00", "to": "2199-01-01T04:00", "when": "component=db1\r\n\r\nsummary=/^disk=/", "every": "1 day"}
    )
    assert desk.as_("alice").post("/maintenance", words).status_code == 303
    one = Maintenance.objects.get()
    assert (one.starts_at, one.ends_at) == tuple(dt.datetime(2199, 1, 1, hour, tzinfo=dt.UTC) for hour in (1, 3))
    assert (one.when, one.every_days, one.zone, one.state) == ({"component": "db1", "summary": "/^disk=/"}, 1, "Africa/Lagos", "coming")
    html = page(desk, "alice", "/maintenance")
    assert re.search(r"Only alerts with\s+<code>summary=/\^disk=/</code> and <code>component=db1</code>", html)
    assert "Again every day at the same clock time in Africa/Lagos" in html
    moved = desk.as_("alice").post(f"/maintenance/{one.id}/extend", {"to": "2199-01-01T05:00"}, follow=True).content.decode()
    assert "ends Tue 1 Jan 2199, 05:00 WAT." in moved
    desk.as_("alice").post(f"/maintenance/{one.id}/end", {"this_time": "yes"})
    one.refresh_from_db()
    assert (one.state, one.starts_at) == ("coming", dt.datetime(2199, 1, 2, 1, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"reason": " "}, "Say in 1 to 500 characters why it is quiet"),
        ({"when": "component"}, "expected each field once"),
        ({"when": "summary=/(/"}, "is no regular expression"),
        ({"from": "yesterday"}, "is no time"),
        ({"to": "2001-01-01T00:00"}, "must end after it begins"),
        ({"for": "7"}, "from the lists"),
        ({"every": "1 day", "for": "1440"}, "begin again before it is over"),
        ({"service": "Nowhere"}, "There is no service"),
    ],
)
def test_what_is_refused_keeps_all_that_was_typed(desk: Desk, more, says):
    answer = desk.as_("alice").post("/maintenance", form(**{"reason": "half typed", **more}))
    html = answer.content.decode()
    assert (answer.status_code, Maintenance.objects.count()) == (422, 0)
    assert says in html
    if "reason" not in more:
        assert 'value="half typed"' in html


def test_whoever_does_not_respond_for_the_team_looks_and_changes_nothing(desk: Desk):
    one = add(desk)
    for name in ("charlie", "vera"):
        html = page(desk, name, "/maintenance")
        assert "new disks" in html
        assert f"/maintenance/{one.id}/" not in html
        assert desk.as_(name).post(f"/maintenance/{one.id}/end").status_code == 403
        assert desk.as_(name).post(f"/maintenance/{one.id}/extend", {"to": "2199-01-01T05:00"}).status_code == 403
        assert desk.as_(name).post("/maintenance", form()).status_code == 403
    assert list(Maintenance.objects.values_list("state", flat=True)) == ["running"]


def test_charlie_learns_nothing_of_the_maintenance_of_a_restricted_service(desk: Desk):
    service = secret(desk)
    one = add(desk, service, "the cat is out")
    for path in ("/maintenance", "/", "/routes", "/heartbeats"):
        html = page(desk, "charlie", path)
        assert "the cat" not in html
    for act in ("end", "extend"):
        answers = [desk.as_("charlie").post(f"/maintenance/{number}/{act}", {"to": "2199-01-01T05:00"}) for number in (one.id, 999_999)]
        assert [answer.status_code for answer in answers] == [404, 404]
        first, second = (re.sub(r"\d+", "N", answer.content.decode().split("<main")[1].split("</main>")[0]) for answer in answers)
        assert first == second
    refused = [desk.as_("charlie").post("/maintenance", form(service=name)) for name in ("Insider", "Nowhere")]
    assert [answer.status_code for answer in refused] == [422, 422]
    assert "the cat is out" in page(desk, "bob", "/maintenance")
    one.refresh_from_db()
    assert one.state == "running"


def test_held_back_incidents_that_the_reader_may_not_see_are_not_counted(desk: Desk):
    service = secret(desk)
    incident = desk.page("the cat is out", restricted=True)
    incident.service = service
    incident.save(update_fields=["service"])
    add(desk, service)
    assert "1 incident held back" in page(desk, "alice", "/maintenance")  # she was paged for it
    html = page(desk, "bob", "/maintenance")
    assert "held back" not in html
    assert "Insider" in html


@pytest.fixture
def beat(desk: Desk) -> Heartbeat:
    Membership.objects.create(team=desk.team, person=desk.people.setdefault("ada", make.person("ada")), role="admin", on_desk=False)
    with transaction.atomic():
        watch_in(
            "nightly backup", {"service_id": desk.service.id, "every_seconds": 300, "grace_seconds": 60, "severity": "high"}, now=desk.now
        )
    return Heartbeat.objects.get()


@pytest.mark.req("P20")
def test_who_beats_who_is_silent_and_when_each_came_last(desk: Desk, beat: Heartbeat):
    html = page(desk, "charlie", "/heartbeats")
    assert "Waits for its first sign" in html
    assert "No sign has ever come." in html
    assert "It has no key: nothing can beat it." in html
    assert "Nobody listens" in html  # no front door runs here
    now = database_now()
    Heartbeat.objects.update(last_at=now - 2 * HOUR)
    html = page(desk, "charlie", "/heartbeats")
    assert "Beats" in html
    assert re.search(r"Last sign <time [^>]*>2 h</time> ago, <b><time", html)
    Heartbeat.objects.update(late_at=now - HOUR)
    html = page(desk, "charlie", "/heartbeats")
    assert 'class="state box is-red"' in html
    assert "an alert of Detections fires" in html


@pytest.mark.req("P20")
def test_admins_of_the_team_make_its_key_which_is_shown_once_with_what_to_paste(desk: Desk, beat: Heartbeat):
    for name in ("charlie", "alice", "grace"):
        assert f"/heartbeats/{beat.id}/key" not in page(desk, name, "/heartbeats")
        assert desk.as_(name).post(f"/heartbeats/{beat.id}/key").status_code == 403
    assert desk.as_("ada").get(f"/heartbeats/{beat.id}/key").status_code == 405
    assert IntegrationKey.objects.count() == 0
    answer = desk.as_("ada").post(f"/heartbeats/{beat.id}/key")
    html = answer.content.decode()
    found = re.search(r"curl -fsS -m 10 \S+/in/heartbeat/(\w{32})", html)
    assert found
    key = IntegrationKey.objects.get()
    assert (bytes(key.digest), key.heartbeat, answer.headers["Cache-Control"]) == (digest_of(found[1]), beat, "no-store")
    assert Record.objects.filter(action="key.create", actor="ada", via="web").count() == 1
    listed = page(desk, "ada", "/heartbeats")
    assert found[1] not in listed
    assert f'href="/inlets/{key.id}"' in listed
    assert f'href="/inlets/{key.id}"' not in page(desk, "charlie", "/heartbeats")
    again = desk.as_("ada").post(f"/inlets/{key.id}/rotate", {"overlap": "24"}).content.decode()
    assert "/in/heartbeat/" in again
    assert IntegrationKey.objects.filter(heartbeat=beat).count() == 2


def test_charlie_learns_nothing_of_a_heartbeat_of_a_restricted_service(desk: Desk, beat: Heartbeat):
    Heartbeat.objects.update(service=secret(desk), name="cat flap")
    assert "cat flap" not in page(desk, "charlie", "/heartbeats")
    assert "cat flap" in page(desk, "bob", "/heartbeats")
    assert desk.as_("charlie").post(f"/heartbeats/{beat.id}/key").status_code == 404
    assert desk.as_("charlie").post("/heartbeats/999999/key").status_code == 404


SAMPLE = {"event_action": "trigger", "payload": {"summary": "Disk full", "source": "db1", "severity": "critical", "component": "db1"}}


def routed(desk: Desk) -> Service:
    storage = make.service("Storage", desk.team, make.policy("Q2", desk.team, ([make.to(desk.bob)], "15m"), last_resort=desk.root))
    desk.service.routes = [
        {"when": {"class": "test"}, "to": {"drop": True}},
        {"when": {"component": "/^db[0-9]$/"}, "to": {"service": "Storage", "severity": "high"}},
        {"when": {"component": "db2"}, "to": {"severity": "low"}},
    ]
    desk.service.save()
    return storage


def test_a_pasted_event_is_told_where_it_would_go_and_why_and_nothing_is_stored(desk: Desk):
    storage = routed(desk)
    add(desk, storage, "new shelves")
    path = f"/routes/{desk.service.id}"
    html = desk.as_("charlie").post(path, {"sample": json.dumps(SAMPLE), "key": ""}).content.decode()
    assert re.search(r"It goes to <b>Storage</b>", html)
    assert "Q2</a>" in html
    assert "Route 1 does not fit: class is not there, not “test”" in html
    assert "Route 2 fits and decides" in html
    assert "Route 3" not in html
    assert "Nobody would be paged now" in html
    assert "new shelves" in html
    dropped = json.dumps({**SAMPLE, "payload": {**SAMPLE["payload"], "class": "test"}})
    assert "It is dropped" in desk.as_("charlie").post(path, {"sample": dropped}).content.decode()
    other = json.dumps({**SAMPLE, "payload": {**SAMPLE["payload"], "component": "web1"}})
    html = desk.as_("charlie").post(path, {"sample": other}).content.decode()
    assert "It stays with" in html
    assert "component is “web1”, not “/^db[0-9]$/”" in html
    assert "It would be refused" in desk.as_("charlie").post(path, {"sample": "no json <script>"}).content.decode()
    assert Event.objects.count() == 0


def test_what_a_route_dropped_is_counted_on_its_page(desk: Desk):
    routed(desk)
    key = create_key(desk.service, by=make.actor(desk.root), now=desk.now)[0]
    for n in range(3):
        said = {**SAMPLE, "dedup_key": f"k{n}", "payload": {**SAMPLE["payload"], "class": "test"}}
        Event.objects.create(
            key=key, service=desk.service, kind="events", received_at=desk.now, dedup_key=f"k{n}", body=json.dumps(said).encode()
        )
    take_in(now=desk.now + MIN)
    assert "route 1 dropped 3" in page(desk, "charlie", "/routes")
    assert "Dropped 3 times" in page(desk, "charlie", f"/routes/{desk.service.id}")
    assert "Dropped. By route 1 of Detections." in Event.objects.first().outcome


def test_routes_of_a_restricted_service_are_for_its_team(desk: Desk):
    service = secret(desk)
    assert desk.as_("charlie").get(f"/routes/{service.id}").status_code == 404
    assert desk.as_("charlie").post(f"/routes/{service.id}", {"sample": "{}"}).status_code == 404
    assert page(desk, "bob", f"/routes/{service.id}")


@pytest.mark.req("P19")
def test_charlie_learns_nothing_of_a_restricted_service_to_which_a_route_leads(desk: Desk):
    insider = secret(desk)
    gone = make.service("Gone insider", desk.team, make.policy("Q3", desk.team, ([make.to(desk.bob)], "15m")), restricted=True)
    Service.objects.filter(pk=gone.pk).update(is_active=False)
    desk.service.routes = [
        {"when": {"class": "gone"}, "to": {"service": "Gone insider"}},
        {"when": {"component": "db1"}, "to": {"service": "Insider"}},
    ]
    desk.service.save()
    path = f"/routes/{desk.service.id}"
    other = {**SAMPLE, "payload": {**SAMPLE["payload"], "class": "gone"}}
    for html in (
        page(desk, "charlie", "/routes"),
        page(desk, "charlie", path),
        desk.as_("charlie").post(path, {"sample": json.dumps(SAMPLE), "key": ""}).content.decode(),
        desk.as_("charlie").post(path, {"sample": json.dumps(other), "key": ""}).content.decode(),
    ):
        assert "nsider" not in html
        assert not re.search(r"\bQ\b", html), "nor its policy"
    assert "to <b>a restricted service</b>" in page(desk, "charlie", path)
    assert "It goes to <b>a restricted service</b>" in desk.as_("charlie").post(path, {"sample": json.dumps(SAMPLE)}).content.decode()
    assert "to <b>Insider</b>" in page(desk, "bob", path)
    assert f"It goes to <b>{insider.name}</b>" in desk.as_("bob").post(path, {"sample": json.dumps(SAMPLE)}).content.decode()


def test_the_log_of_a_key_names_no_restricted_incident_to_whoever_may_not_see_it(desk: Desk):
    """A route of an open service leads to a restricted one: its team's key, and an incident that is need-to-know."""
    secret(desk)
    desk.service.routes = [{"when": {"component": "db1"}, "to": {"service": "Insider"}}]
    desk.service.save()
    key = create_key(desk.service, by=make.actor(desk.root), now=desk.now)[0]
    Event.objects.create(
        key=key, service=desk.service, kind="events", received_at=desk.now, dedup_key="k", body=json.dumps(SAMPLE).encode()
    )
    take_in(now=desk.now)
    made = Incident.objects.get()
    assert made.restricted
    for name in ("bob", "root"):
        html = page(desk, name, f"/inlets/{key.id}")
        assert str(made.number) not in html
        assert "it went to a restricted service" in html.lower()


def counts() -> dict[str, int]:
    """What the metrics count. They ask on a connection of their own, which sees no test's transaction: tests/live looks at the address."""
    with connection.cursor() as cursor:
        cursor.execute(health.COUNTS)
        found = dict(cursor.fetchall())
        cursor.execute(health.ROUTES)
        return found | dict(cursor.fetchall())


def test_what_is_quiet_is_counted_and_nothing_of_what_is_restricted(desk: Desk, beat: Heartbeat):
    hidden = secret(desk)
    keys = {service: create_key(service, by=make.actor(desk.root), now=desk.now)[0] for service in (desk.service, hidden)}
    with transaction.atomic():
        watch_in("inside", {"service_id": hidden.id, "every_seconds": 300, "grace_seconds": 60, "severity": "high"}, now=desk.now)
    for service, key in keys.items():
        service.routes = [{"when": {"class": "test"}, "to": {"drop": True}}, {"when": {"component": "db1"}, "to": {"severity": "high"}}]
        service.save()
        add(desk, service)
        for n, more in enumerate(({"class": "test"}, {"class": "test"}, {})):
            said = {**SAMPLE, "dedup_key": f"k{n}", "payload": {**SAMPLE["payload"], **more}}
            body = json.dumps(said).encode()
            Event.objects.create(key=key, service=service, kind="events", received_at=desk.now, dedup_key=f"k{n}", body=body)
    before = counts()
    assert (before["watchbill_alerts_held"], before["watchbill_maintenances_running"]) == (0, 1)
    take_in(now=database_now())
    found = counts()
    assert (found["watchbill_alerts_held"], found["sent"], found["dropped"]) == (1, 1, 2)
    assert (found["watchbill_heartbeats_unseen"], found["watchbill_heartbeats_late"]) == (1, 0)
    Heartbeat.objects.update(late_at=desk.now, last_at=desk.now - HOUR)
    found = counts()
    assert (found["watchbill_heartbeats_unseen"], found["watchbill_heartbeats_late"]) == (0, 1)
    Heartbeat.objects.update(is_active=False)
    assert counts()["watchbill_heartbeats_late"] == 0
