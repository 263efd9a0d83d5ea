"""A service in maintenance: its alerts are kept and wake nobody, its running pages stand still, and what still fires at the end is paged."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import DAY, HOUR, MIN, SEC, T0, actor, to
from tests.intake.desk import Desk, body, put
from watchbill.audit.models import Record
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.intake.actions import NewMaintenance, add_maintenance, end_maintenance, extend_maintenance, keep_time, take_in
from watchbill.intake.models import Event, HeldBack, Maintenance
from watchbill.intake.rules import Draft, Parsed, Recurrence, Verb, occurrence
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound
from watchbill.notifications.models import Notification
from watchbill.paging.actions import fire_due
from watchbill.paging.models import Firing, Page, TeamPaging
from watchbill.people.models import Team
from watchbill.response.actions import acknowledge, escalate, resolve

pytestmark = pytest.mark.django_db


class Quiet(Desk):
    """A desk whose engine does what it does about maintenances."""

    def add(self, start: dt.datetime = T0, end: dt.datetime = T0 + HOUR, *, now: dt.datetime = T0, **more: Any) -> Maintenance:
        new = NewMaintenance(self.service, start, end, **{"reason": "new disks", **more})
        return add_maintenance(new, by=actor(self.ada), now=now)

    def tick(self, now: dt.datetime, *events: dict[str, Any]) -> list[str]:
        """Who is asked by this round."""
        put(self.service, *events, at=now)
        before = set(Firing.objects.values_list("id", flat=True))
        keep_time(now=now)
        while take_in(now=now):
            pass
        while fire_due(now=now):
            pass
        names = {p.id: p.handle for p in (self.ada, self.bruno, self.grace)}
        return [names[person] for f in Firing.objects.exclude(id__in=before).order_by("id") for person in f.people]


@pytest.fixture
def desk() -> Quiet:
    return Quiet()


@pytest.mark.req("P19")
def test_running_pages_pause_new_ones_wait_and_what_still_fires_is_paged_from_step_1(desk):
    assert desk.tick(T0, body("a")) == ["ada"]
    assert desk.tick(T0 + 15 * MIN) == ["bruno"]
    desk.add(T0 + 20 * MIN, T0 + HOUR, now=T0 + 16 * MIN)
    assert desk.tick(T0 + 20 * MIN, body("b", severity="critical"), body("c")) == []
    assert set(Page.objects.values_list("status", flat=True)) == {"paused"}
    assert Event.objects.last().outcome.endswith("In maintenance.")
    assert desk.tick(T0 + 40 * MIN, body("c", "resolve")) == []
    assert Incident.objects.get(alerts__dedup_key="c").status == "resolved"
    assert desk.tick(T0 + HOUR - SEC) == []
    assert desk.tick(T0 + HOUR) == ["ada", "ada"]
    assert set(Page.objects.exclude(status="resolved").values_list("step", flat=True)) == {1}
    assert Maintenance.objects.get().state == "over"
    assert HeldBack.objects.count() == 3


def test_what_waits_to_be_sent_is_not_sent_inside(desk):
    desk.tick(T0, body("a"))
    assert Notification.objects.get().state == "queued"
    desk.add(T0, T0 + HOUR, now=T0 + SEC)
    assert Notification.objects.get().state == "cancelled"


def test_an_acknowledged_page_is_left_alone(desk):
    desk.tick(T0, body("a"))
    incident = Incident.objects.get()
    acknowledge(incident.number, person=desk.ada, actor=actor(desk.ada), now=T0 + SEC)
    desk.add(T0 + MIN)
    desk.tick(T0 + MIN)
    assert Page.objects.get().status == "acknowledged"
    assert HeldBack.objects.count() == 0


@pytest.mark.req("P19")
@pytest.mark.parametrize("when", [{}, {"class": "x"}])
def test_a_silent_owner_is_asked_after_it_and_nobody_is_paged_inside(desk, when):
    Team.objects.filter(pk=desk.service.team_id).update(ack_timeout="30m")
    desk.tick(T0, body("a", **{"class": "x"}))
    acknowledge(Incident.objects.get().number, person=desk.ada, actor=actor(desk.ada), now=T0 + SEC)
    desk.add(T0 + 10 * MIN, T0 + 5 * HOUR, now=T0 + 5 * MIN, when=when)
    for n in range(1, 61):
        assert desk.tick(T0 + n * 5 * MIN - SEC) == []
    assert desk.tick(T0 + 5 * HOUR) == ["ada"]
    assert Page.objects.get().status == "acknowledged"
    assert desk.tick(T0 + 5 * HOUR + 30 * MIN) == ["ada"]
    assert Page.objects.get().status == "triggered"


@pytest.mark.req("P19")
def test_a_page_that_would_start_again_inside_starts_again_after_it(desk):
    Team.objects.filter(pk=desk.service.team_id).update(ack_timeout="30m")
    desk.tick(T0, body("a"))
    acknowledge(Incident.objects.get().number, person=desk.ada, actor=actor(desk.ada), now=T0)
    assert desk.tick(T0 + 30 * MIN) == ["ada"]  # the reminder
    desk.add(T0 + 40 * MIN, T0 + 2 * HOUR, now=T0 + 35 * MIN)
    assert [desk.tick(T0 + n * MIN) for n in (60, 61, 90, 119)] == [[], [], [], []]
    assert desk.tick(T0 + 2 * HOUR) == ["ada"]
    assert desk.tick(T0 + 2 * HOUR + 15 * MIN) == ["bruno"]


def test_an_alert_outside_its_conditions_leaves_the_ack_timeout_as_it_is(desk):
    Team.objects.filter(pk=desk.service.team_id).update(ack_timeout="30m")
    desk.tick(T0, body("a", **{"class": "y"}))
    acknowledge(Incident.objects.get().number, person=desk.ada, actor=actor(desk.ada), now=T0)
    desk.add(T0 + 10 * MIN, T0 + 2 * HOUR, now=T0 + 5 * MIN, when={"class": "x"})
    assert desk.tick(T0 + 30 * MIN) == ["ada"]


def test_resolved_meanwhile_nothing_happens_at_the_end(desk):
    desk.add()
    desk.tick(T0, body("a"))
    incident = Incident.objects.get()
    resolve(incident.number, person=desk.ada, actor=actor(desk.ada), now=T0 + MIN)
    assert desk.tick(T0 + HOUR) == []


def test_only_alerts_that_fit_are_quiet(desk):
    desk.service.group_by = ["class"]
    desk.service.save()
    desk.add(when={"component": "/^db/"})
    assert desk.tick(T0, body("a", component="db1", **{"class": "x"})) == []
    assert desk.tick(T0 + SEC, body("b", component="web1", **{"class": "x"})) == ["ada"]
    assert Incident.objects.count() == 2  # the quiet one does not silence it, though they are one group
    assert desk.tick(T0 + 2 * SEC, body("c", component="db2", **{"class": "x"})) == []
    assert Incident.objects.count() == 2


@pytest.mark.parametrize(("when", "asked"), [({"severity": "medium", "component": "db1"}, ["ada"]), ({"component": "db1"}, [])])
def test_a_source_that_raises_its_alert_in_part_is_judged_by_all_that_the_alert_says(desk, when, asked):
    """As a monitor does that changes the priority of what it sent before."""

    def change(_body: bytes, key: str, *_more: object) -> Parsed:
        return Parsed((Draft(Verb.CHANGE, key, severity="critical"),))

    desk.add(when=when)
    assert desk.tick(T0, body("a", severity="warning", component="db1")) == []
    Event.objects.create(key=desk.service.keys.first(), service=desk.service, kind="x", received_at=T0, dedup_key="a", body=b"")
    take_in(now=T0 + MIN, parsers={"x": change})
    assert Incident.objects.get().severity == "critical"
    assert desk.tick(T0 + MIN) == asked


def test_an_alert_that_fits_no_more_is_paged_at_once(desk):
    desk.add(when={"severity": "medium"})
    assert desk.tick(T0, body("a", severity="warning")) == []
    assert desk.tick(T0 + MIN, body("a", severity="critical")) == ["ada"]


def test_a_running_page_with_an_alert_that_does_not_fit_goes_on(desk):
    desk.service.group_by = ["class"]
    desk.service.save()
    desk.tick(T0, body("a", component="db1", **{"class": "x"}), body("b", component="web", **{"class": "x"}))
    desk.tick(T0, body("c", component="db1"))
    desk.add(T0 + SEC, when={"component": "db1"}, now=T0 + SEC)
    states = {p.incident.alerts.first().dedup_key: p.status for p in Page.objects.all()}
    assert states == {"a": "triggered", "c": "paused"}


def test_ending_early_pages_at_once_and_ending_twice_is_refused(desk):
    row = desk.add()
    desk.tick(T0, body("a"))
    end_maintenance(row.id, by=actor(desk.ada), now=T0 + MIN)
    assert desk.tick(T0 + MIN) == ["ada"]
    assert Maintenance.objects.get().ends_at == T0 + MIN
    with pytest.raises(AlreadyDone):
        end_maintenance(row.id, by=actor(desk.ada), now=T0 + MIN)
    with pytest.raises(NotFound):
        end_maintenance(row.id + 99, by=actor(desk.ada), now=T0 + MIN)
    actions = list(Record.objects.filter(action__startswith="maintenance.").order_by("id").values_list("action", "actor"))
    assert actions == [("maintenance.add", "ada"), ("maintenance.begin", "engine"), ("maintenance.end", "ada")]


def test_one_that_has_not_begun_can_be_ended(desk):
    row = desk.add(T0 + HOUR, T0 + 2 * HOUR)
    end_maintenance(row.id, by=actor(desk.ada), now=T0 + MIN)
    assert desk.tick(T0 + HOUR, body("a")) == ["ada"]


def test_lengthening_moves_what_it_holds(desk):
    row = desk.add()
    desk.tick(T0, body("a"))
    extend_maintenance(row.id, T0 + 2 * HOUR, by=actor(desk.ada), now=T0 + MIN)
    assert desk.tick(T0 + HOUR) == []
    assert desk.tick(T0 + HOUR, body("b")) == []
    extend_maintenance(row.id, T0 + 90 * MIN, by=actor(desk.ada), now=T0 + 70 * MIN)
    assert desk.tick(T0 + 90 * MIN) == ["ada", "ada"]


def test_two_that_overlap_hold_until_the_later_end_and_ending_one_leaves_the_other(desk):
    first = desk.add()
    desk.tick(T0, body("a"))
    desk.add(T0 + 30 * MIN, T0 + 2 * HOUR, now=T0 + 30 * MIN, reason="more disks")
    desk.tick(T0 + 30 * MIN, body("b"))
    end_maintenance(first.id, by=actor(desk.ada), now=T0 + 40 * MIN)
    assert desk.tick(T0 + 40 * MIN) == []
    assert desk.tick(T0 + HOUR) == []
    assert desk.tick(T0 + 2 * HOUR) == ["ada", "ada"]


def test_one_that_follows_another_wakes_nobody_in_between(desk):
    desk.add()
    desk.add(T0 + HOUR, T0 + 2 * HOUR)
    desk.tick(T0, body("a"))
    assert desk.tick(T0 + HOUR) == []
    assert desk.tick(T0 + 2 * HOUR) == ["ada"]


def test_after_an_outage_the_truth_of_now_counts(desk):
    desk.add(T0 + MIN, T0 + HOUR, now=T0)
    assert desk.tick(T0 + 2 * HOUR, body("a")) == ["ada"]  # it came and went while nobody looked
    assert Maintenance.objects.get().state == "over"
    desk.add(T0 + 3 * HOUR, T0 + 4 * HOUR, now=T0 + 2 * HOUR)
    put(desk.service, body("b"), at=T0 + 3 * HOUR - MIN)
    take_in(now=T0 + 3 * HOUR + MIN)  # the engine has not begun it yet, and it runs
    assert Page.objects.get(incident__alerts__dedup_key="b").status == "paused"


def test_a_person_who_escalates_ends_it_for_that_page(desk):
    desk.add()
    desk.tick(T0, body("a"))
    number = Incident.objects.get().number
    escalate(number, person=desk.bruno, actor=actor(desk.bruno), now=T0 + MIN)
    assert Page.objects.get().status == "triggered"
    desk.tick(T0 + MIN + SEC)
    assert Page.objects.get().status == "triggered"


def test_a_storm_inside_is_one_incident_and_one_page_at_the_end(desk):
    desk.service.storm = {"incidents": 3, "within_seconds": 300}
    desk.service.save()
    desk.add()
    assert desk.tick(T0, *(body(f"k{n}") for n in range(30))) == []
    assert Incident.objects.count() == 4
    assert desk.tick(T0 + HOUR) == ["ada"] * 4


def test_a_high_impact_page_to_the_manager_waits_too(desk):
    TeamPaging.objects.create(team=desk.team, high_impact_severity="critical", high_impact_notify=[to(desk.grace)])
    desk.add()
    assert desk.tick(T0, body("a", severity="critical"), body("b")) == []
    assert desk.tick(T0 + MIN, body("b", severity="critical")) == []
    assert sorted(desk.tick(T0 + HOUR)) == ["ada", "ada", "grace", "grace"]


def test_it_says_so_in_the_story(desk):
    desk.tick(T0, body("a"))
    desk.add(T0 + SEC, now=T0 + SEC)
    assert TimelineEntry.objects.filter(kind="paused").get().text == "In maintenance: new disks. Nobody is paged until it is over."
    desk.tick(T0 + HOUR)
    assert TimelineEntry.objects.filter(kind="resumed").get().text.startswith("The maintenance is over")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"end": T0}, "to"),
        ({"start": T0 - 2 * HOUR, "end": T0 - HOUR}, "to"),
        ({"end": T0 + 93 * DAY}, "to"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"every": "fortnight"}, "every"),
        ({"every": "1 day", "end": T0 + DAY}, "every"),
        ({"until": T0 + DAY}, "until"),
        ({"every": "1d", "until": T0}, "until"),
        ({"when": {"summary": "/(/"}}, "when"),
        ({"when": {"": "x"}}, "when"),
    ],
)
def test_what_cannot_be_meant_is_refused(desk, more, field):
    with pytest.raises(Invalid) as refused:
        desk.add(**more)
    assert refused.value.details["field"] == field


def test_one_that_recurs_comes_again_and_ends_this_time_only_when_asked(desk):
    row = desk.add(every="1 day", until=T0 + 3 * DAY)
    desk.tick(T0, body("a"))
    end_maintenance(row.id, by=actor(desk.ada), now=T0 + MIN, this_time=True)
    assert desk.tick(T0 + MIN) == ["ada"]
    row.refresh_from_db()
    assert (row.state, row.starts_at) == ("coming", T0 + DAY)
    assert desk.tick(T0 + DAY, body("b")) == []
    assert desk.tick(T0 + DAY + HOUR)[-1:] == ["ada"]
    desk.tick(T0 + 3 * DAY)
    desk.tick(T0 + 3 * DAY + HOUR)
    assert Maintenance.objects.get().state == "over"


def test_it_keeps_the_clock_over_a_change_of_the_clocks():
    plan = Recurrence("Europe/Berlin", dt.datetime(2026, 3, 27, 2, 30), dt.datetime(2026, 3, 27, 4, 0), 1)
    utc = dt.UTC
    assert occurrence(plan, after=dt.datetime(2026, 3, 28, 4, 0, tzinfo=utc)) == (  # the night has no 02:30
        dt.datetime(2026, 3, 29, 1, 0, tzinfo=utc),
        dt.datetime(2026, 3, 29, 2, 0, tzinfo=utc),
    )
    assert occurrence(plan, after=dt.datetime(2026, 3, 30, 0, 0, tzinfo=utc)) == (
        dt.datetime(2026, 3, 30, 0, 30, tzinfo=utc),
        dt.datetime(2026, 3, 30, 2, 0, tzinfo=utc),
    )


step = st.one_of(
    st.tuples(st.just("trigger"), st.sampled_from("abc")),
    st.tuples(st.just("resolve"), st.sampled_from("abc")),
    st.tuples(st.just("acknowledge"), st.sampled_from("abc")),
    st.tuples(st.just("add"), st.integers(1, 40)),
    st.tuples(st.just("end"), st.just(0)),
    st.tuples(st.just("outage"), st.integers(1, 30)),
)


@pytest.mark.req("P19")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(step, min_size=3, max_size=14))
def test_nobody_is_notified_inside_and_nothing_that_fires_is_lost(steps):
    before = transaction.savepoint()
    try:
        _play(steps)
    finally:
        transaction.savepoint_rollback(before)


def _play(steps: list[tuple[str, Any]]) -> None:
    desk, now = Quiet(), T0
    windows: dict[int, tuple[dt.datetime, dt.datetime]] = {}
    firing: set[str] = set()
    for what, which in steps:
        now += MIN
        events = []
        if what in ("trigger", "resolve"):
            events = [body(which, what)]
            (firing.add if what == "trigger" else firing.discard)(which)
        elif what == "acknowledge":
            mine = Incident.objects.filter(alerts__dedup_key=which).exclude(status="resolved").last()
            if mine is not None:
                acknowledge(mine.number, person=desk.ada, actor=actor(desk.ada), now=now)
        elif what == "add":
            row = desk.add(now, now + which * MIN, now=now)
            windows[row.id] = (row.starts_at, row.ends_at)
        elif what == "end":
            for row in Maintenance.objects.exclude(state="over"):
                end_maintenance(row.id, by=actor(desk.ada), now=now)
                windows[row.id] = (row.starts_at, now)
        else:
            now += which * MIN
        inside = any(begins <= now < ends for begins, ends in windows.values())
        asked = desk.tick(now, *events)
        assert not (inside and asked)
    now = max([now, *(ends for _, ends in windows.values())])
    desk.tick(now)
    for key in firing:
        page = Page.objects.filter(incident__alerts__dedup_key=key, incident__alerts__state="firing", purpose="respond").latest("id")
        assert page.status in ("triggered", "exhausted", "acknowledged"), (key, page.status)
        assert page.firings > 0 or page.status == "acknowledged"
