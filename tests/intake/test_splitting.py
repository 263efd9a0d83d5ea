"""A storm incident is split: its alerts move, its page goes on, and the new incident has somebody."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from tests import factories
from tests.factories import MIN, SEC, T0, actor
from tests.intake.desk import Desk, body, put
from watchbill.audit.models import Record
from watchbill.incidents.models import Access, Incident
from watchbill.incidents.selectors import has_access
from watchbill.intake import selectors
from watchbill.intake.actions import NewMaintenance, Split, Which, add_maintenance, split, take_in
from watchbill.intake.models import Alert
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.paging.actions import fire_due
from watchbill.paging.models import Firing, Page
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of
from watchbill.response.actions import acknowledge, page_by_hand, resolve

NOW = T0 + 2 * MIN
GUARD = {"incidents": 1, "within_seconds": 300}


def storm_of(desk: Desk, *bodies: dict) -> Incident:
    """The incident that takes what is left after the first one."""
    put(desk.service, body("first"), *bodies)
    take_in(now=T0)
    return Incident.objects.get(storm=True)


def part(incident: Incident, who: Person, *keys: str, keep: bool = True, **which: str) -> Split:
    return split(incident.number, Which(keys=keys, **which), keep=keep, person=who, actor=actor(who), now=NOW)


def keys_of(incident: Incident) -> list[str]:
    return sorted(Alert.objects.filter(incident=incident).values_list("dedup_key", flat=True))


@pytest.mark.django_db
@pytest.mark.req("P22")
def test_alerts_of_a_storm_get_an_incident_of_their_own_and_what_comes_follows_its_alert():
    desk = Desk(storm=GUARD)
    storm = storm_of(desk, body("a"), body("b", summary="root login", severity="critical"), body("c"))
    acknowledge(storm.number, person=desk.ada, actor=actor(desk.ada), now=T0 + MIN)
    made = part(storm, desk.ada, "b", "c")
    new = Incident.objects.get(number=made.number)
    assert (new.title, new.severity, new.service_id, new.storm, new.owner) == ("root login", "critical", desk.service.id, False, desk.ada)
    assert (keys_of(storm), keys_of(new), made.alerts) == (["a"], ["b", "c"], 2)
    storm.refresh_from_db()
    assert (storm.status, storm.owner, storm.storm) == ("acknowledged", desk.ada, True)
    assert f"#{new.number}" in storm.timeline.filter(kind="linked").get().text
    assert f"#{storm.number}" in new.timeline.order_by("id").first().text
    record = Record.objects.get(action="incident.split")
    assert (record.object_id, record.detail) == (str(storm.number), {"into": new.number, "alerts": 2})

    put(desk.service, body("b", "resolve"), body("a"), body("c", "resolve"), body("d"), at=NOW)
    take_in(now=NOW)
    new.refresh_from_db()
    storm.refresh_from_db()
    assert new.cleared_at == NOW
    assert storm.cleared_at is None
    assert keys_of(storm) == ["a", "d"]  # the storm goes on taking


@pytest.mark.django_db
@pytest.mark.parametrize("keep", [True, False])
def test_whoever_keeps_it_is_not_woken_for_it_and_otherwise_the_policy_is_walked(keep: bool):
    desk = Desk(storm=GUARD)
    storm = storm_of(desk, body("a"), body("b"))
    new = Incident.objects.get(number=part(storm, desk.bruno, "b", keep=keep).number)
    fire_due(now=NOW + SEC)
    page = Page.objects.get(incident=new, purpose="respond")
    assert (page.status, new.owner) == (("acknowledged", desk.bruno) if keep else ("triggered", None))
    assert Firing.objects.filter(page=page).count() == (0 if keep else 1)
    assert Page.objects.get(incident=storm, purpose="respond").status == "triggered"  # nobody has said that they have the rest


@pytest.mark.django_db
def test_alerts_go_by_what_they_share():
    desk = Desk(storm=GUARD)
    storm = storm_of(desk, *(body(f"k{n}", component="db" if n % 2 else "web") for n in range(10)))
    made = part(storm, desk.ada, field="component", value="db")
    assert keys_of(Incident.objects.get(number=made.number)) == [f"k{n}" for n in range(1, 10, 2)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("which", "says"),
    [
        ({}, "None of these alerts fires here"),
        ({"keys": ["first"]}, "None of these alerts fires here"),
        ({"keys": ["a", "b"]}, "Leave at least one"),
        ({"field": "severity", "value": "high"}, "not by 'severity'"),
        ({"field": "component", "value": "\0"}, "None of these alerts fires here"),
    ],
)
def test_what_cannot_be_split_changes_nothing(which: dict, says: str):
    desk = Desk(storm=GUARD)
    storm = storm_of(desk, body("a"), body("b"))
    before = Incident.objects.count()
    with pytest.raises(Invalid, match=says):
        split(storm.number, Which(**which), keep=False, person=desk.ada, actor=actor(desk.ada), now=NOW)
    assert (Incident.objects.count(), keys_of(storm)) == (before, ["a", "b"])


@pytest.mark.django_db
def test_what_is_over_stays_and_a_resolved_one_is_left_alone():
    desk = Desk(storm=GUARD)
    storm = storm_of(desk, body("a"), body("b"), body("c"))
    put(desk.service, body("c", "resolve"), at=T0 + MIN)
    take_in(now=T0 + MIN)
    with pytest.raises(Invalid, match="Leave at least one"):
        part(storm, desk.ada, "a", "b", "c")
    part(storm, desk.ada, "a", "c")
    assert keys_of(storm) == ["b", "c"]
    resolve(storm.number, person=desk.ada, actor=actor(desk.ada), now=NOW)
    with pytest.raises(Refused, match="was resolved already"):
        part(storm, desk.ada, "b")


@pytest.mark.django_db
def test_charlie_learns_nothing_and_a_stranger_may_not():
    desk = Desk(storm=GUARD, restricted=True)
    charlie = factories.person("charlie")
    factories.team("Elsewhere", charlie)
    secret = storm_of(desk, body("a"), body("b"))
    with pytest.raises(NotFound, match=f"There is no incident #{secret.number} here"):
        part(secret, charlie, "a")
    open_desk = desk.add_service("Open", storm=GUARD)[0]
    put(open_desk, body("x"), body("y"), body("z"))
    take_in(now=T0)
    with pytest.raises(NotAllowed):
        part(Incident.objects.get(storm=True, service=open_desk), charlie, "y")
    assert not Incident.objects.filter(timeline__text__contains="split").exists()


@pytest.mark.django_db
def test_what_comes_out_of_a_restricted_one_is_restricted_and_seen_by_those_who_were_let_in():
    desk = Desk(storm=GUARD, restricted=True)
    secret = storm_of(desk, body("a"), body("b"))
    fire_due(now=T0 + SEC)
    acknowledge(secret.number, person=desk.ada, actor=actor(desk.ada), now=T0 + MIN)
    Access.objects.create(incident=secret, person=desk.bruno, reason="named", granted_at=T0)
    new = Incident.objects.get(number=part(secret, desk.ada, "a").number)
    assert new.restricted
    assert new.code_name not in ("", secret.code_name)
    assert {p.handle for p in (desk.ada, desk.bruno, desk.grace) if has_access(viewer_of(p), new)} == {"ada", "bruno"}
    assert Record.objects.filter(action="incident.split", restricted=True).exists()


@pytest.mark.django_db
@pytest.mark.req("P19")
@pytest.mark.parametrize(("component", "asked"), [("db1", 0), ("web1", 1)])
def test_what_a_maintenance_covers_is_held_back_in_its_own_incident_too(component: str, asked: int):
    desk = Desk(storm=GUARD)
    storm = storm_of(desk, body("a", component="db1"), body("b", component=component))
    new = NewMaintenance(desk.service, NOW, NOW + 10 * MIN, "new disks", {"component": "db1"})
    add_maintenance(new, by=actor(desk.ada), now=NOW)
    made = part(storm, desk.ada, "b", keep=False)
    fire_due(now=NOW + SEC)
    page = Page.objects.get(incident__number=made.number)
    assert Firing.objects.filter(page=page).count() == asked
    assert ("A maintenance holds its page back." in made.message) is not asked
    fire_due(now=NOW + 10 * MIN)
    assert Firing.objects.filter(page=page).count() == 1


@pytest.mark.database
@pytest.mark.usefixtures("transactional_db")
def test_an_event_that_comes_in_meanwhile_finds_its_alert_in_the_new_incident():
    """Whoever takes events in waits for the split, or the split for them: never the one with what the other has half done."""
    desk = Desk(storm=GUARD)
    storm = storm_of(desk, *(body(f"k{n}") for n in range(40)))
    put(desk.service, *(body(f"k{n}", "resolve") for n in range(20)), at=NOW)
    begun = threading.Event()
    errors: list[BaseException] = []

    def engine() -> None:
        try:
            begun.wait(30)
            for _ in range(2000):
                if not take_in(now=NOW, limit=3) and not selectors.waiting():
                    return
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=engine)
    thread.start()
    begun.set()
    made = part(storm, desk.ada, *(f"k{n}" for n in range(30)))
    thread.join(60)
    assert errors == []
    new = Incident.objects.get(number=made.number)
    with transaction.atomic():
        assert Alert.objects.filter(state="firing").exclude(dedup_key="first").count() == 20
        assert Alert.objects.filter(incident=new, state="firing").count() == 10
        assert Alert.objects.filter(incident=storm, state="firing").count() == 10
    new.refresh_from_db()
    storm.refresh_from_db()
    assert (new.cleared_at, storm.cleared_at) == (None, None)


@pytest.mark.database
@pytest.mark.usefixtures("transactional_db")
def test_an_event_that_a_route_sends_here_finds_its_alert_after_the_split():
    """Events of another service do not wait for the lock of this one: they wait for the incident, and look again."""
    desk = Desk(storm=GUARD)
    other = desk.add_service("Probes")[0]
    other.routes = [{"when": {"source": "host1"}, "to": {"service": desk.service.name}}]
    other.save()
    put(desk.service, body("first"))
    put(other, *(body(f"k{n}") for n in range(4)))
    take_in(now=T0)
    storm = Incident.objects.get(storm=True)
    put(other, body("k1", "resolve"), body("k2"), at=NOW)
    new = page_by_hand("as if split off", desk.service.name, by=actor(desk.ada), now=NOW)
    done: list[int] = []

    def engine() -> None:
        try:
            for _ in range(50):
                if not take_in(now=NOW) and not selectors.waiting():
                    done.append(1)
                    return
        finally:
            connection.close()

    with transaction.atomic():
        Incident.objects.select_for_update().get(pk=storm.pk)
        thread = threading.Thread(target=engine)
        thread.start()
        wait_until_somebody_waits()
        Alert.objects.filter(dedup_key="k1").update(incident=new)
    thread.join(60)
    assert done == [1]
    assert Alert.objects.get(dedup_key="k1").state == "resolved"
    assert Alert.objects.filter(incident=storm, state="firing").count() == 3
    storm.refresh_from_db()
    new.refresh_from_db()
    assert (storm.cleared_at, new.cleared_at) == (None, NOW)
    assert Alert.objects.get(dedup_key="k2").count == 2


def wait_until_somebody_waits() -> None:
    """Until another connection is held up by a lock of ours."""
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone()[0]:
                return
        threading.Event().wait(0.02)
    raise AssertionError("nobody waits")
