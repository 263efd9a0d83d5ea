"""Random lives of a page: whatever happens in whatever order, the promises hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.factories import actor, organization, policy, schedule, team, to
from tests.factories import person as a_person
from tests.paging.desk import Desk
from tests.paging.pure import (
    ADA,
    BRUNO,
    CHANNEL,
    CHEN,
    GRACE,
    MIN,
    T0,
    Walked,
    copy,
    hours,
    person,
    start,
    watch,
    world,
)
from tests.paging.pure import (
    schedule as target,
)
from tests.paging.pure import (
    team as squad,
)
from watchbill.notifications.models import Notification
from watchbill.paging import actions, rules
from watchbill.paging.actions.firing import decide
from watchbill.paging.actions.writing import write_in
from watchbill.paging.models import Firing, Page
from watchbill.paging.rules import Human
from watchbill.paging.rules.targets import people_of
from watchbill.paging.selectors.rows import claim_due, with_tried
from watchbill.paging.selectors.world import world_of

PEOPLE = (ADA, BRUNO, CHEN)
TARGETS = st.sampled_from([person(ADA), person(BRUNO), target(7), target(8), CHANNEL, squad(order="daylight", each="2m"), squad()])
WAITS = st.sampled_from(["0s", "30s", "5m", "15m", "2h", "1 business day", "1 month"])
POLICIES = st.builds(
    lambda steps, repeat: copy(*steps, repeat=repeat),
    st.lists(st.tuples(st.lists(TARGETS, max_size=3), WAITS), max_size=4),
    st.integers(0, 3),
)
GAPS = st.integers(0, 4 * 3600).map(lambda seconds: dt.timedelta(seconds=seconds))
ACTS = st.sampled_from(
    ["tick", "tick", "tick", "acknowledge", "escalate", "calling", "aim", "clear", "reach", "fail", "back", "word", "gone", "shift"]
)


def life(walk: Walked, act: str, now: dt.datetime) -> None:
    """One thing that happens to the page."""
    at, in_ = walk.walk, walk.world
    changed = {
        "acknowledge": lambda: rules.acknowledge(at, BRUNO, now=now, world=in_),
        "escalate": lambda: rules.escalate(at, now=now),
        "calling": lambda: rules.pause(at, until=now + rules.CALLING, reason="", now=now),
        "aim": lambda: rules.aim(at, CHEN, now=now),
        "clear": lambda: rules.clear(at, reached=False, now=now),
        "reach": lambda: rules.reach(at, now=now),
        "fail": lambda: rules.fail_early(at, now=now),
        "back": lambda: rules.start_again(at, now=now),
        "word": lambda: rules.word(at, now=now, world=in_),
    }.get(act, lambda: None)()
    walk.walk = changed or at
    if act == "gone":
        walk.world = replace(in_, people={**in_.people, ADA: Human("Ada", active=not in_.people[ADA].active)})
    if act == "shift":
        walk.world = replace(in_, schedules={7: watch(*(() if in_.schedules[7].on_call else (CHEN,))), 8: watch(business=True)})


@pytest.mark.req("P11", "P18", "G11")
@given(POLICIES, st.sampled_from(["high", "low"]), st.lists(st.tuples(ACTS, GAPS), max_size=25))
@settings(max_examples=150, deadline=None)
def test_an_open_page_always_has_a_next_look_and_an_owned_one_asks_only_its_owner(of, urgency, events) -> None:
    in_ = world(schedules={7: watch(ADA), 8: watch(BRUNO, business=True)}, working={p: hours() for p in (*PEOPLE, GRACE)})
    page = Walked(start(of, urgency=urgency), in_)
    now = T0
    for act, gap in events:
        now += gap
        life(page, act, now)
        owned, before = page.walk.status == "acknowledged", len(page.fired)
        page.tick(now)
        new = [fired for _, fired in page.fired[before:]]
        assert page.walk.status == "acknowledged" or page.walk.due_at is not None
        assert page.walk.due_at is None or page.walk.due_at > now  # looking comes to an end
        assert page.walk.firings == len(page.fired)
        assert all(in_.people[p].active or p == ADA for fired in new for p in fired.people)
        assert all(page.world.people[p].active for fired in new for p in fired.people)
        if owned:
            assert not new or new[0].kind == "ping" or "page.trigger_again" in page.proofs
            assert all(set(fired.people) == {page.walk.owner_id} for fired in new if fired.kind == "ping")


@pytest.mark.req("G11", "P9")
@given(POLICIES, st.lists(GAPS, min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_no_step_is_skipped_and_none_fires_twice_however_late_the_engine_looks(of, gaps) -> None:
    in_ = world(schedules={7: watch(ADA), 8: watch()}, working={p: hours() for p in (*PEOPLE, GRACE)})
    page, now = Walked(start(of), in_), T0
    for gap in gaps:
        page.tick(now)
        now += gap
    has_people = [bool(rules_people(of, index, in_)) for index in range(len(of.steps))]
    expected = [(r, s) for r in range(of.repeat + 1) for s in range(len(of.steps)) if has_people[s]]
    steps = [(f.round, f.step) for _, f in page.fired if f.kind == "step"]
    assert steps == expected[: len(steps)]
    if page.walk.status == "exhausted":
        assert steps == expected
    times = [at for at, f in page.fired if f.kind == "step"]
    waits = [of.steps[s] for _, s in steps]
    assert all(later - earlier >= (step.elapsed or dt.timedelta(0)) for earlier, later, step in zip(times, times[1:], waits, strict=False))


def rules_people(of, index, in_):
    return people_of(start(of), index, (), now=T0, world=in_).now


@dataclass
class Stage:
    """What the random life in the database needs."""

    desk: Desk
    page: Page
    people: list
    policy: object


DB_ACTS = st.sampled_from(["tick", "tick", "tick", "crash", "acknowledge", "escalate", "calling", "edit", "resolve", "failed", "ask"])
SHORT = st.integers(0, 40).map(lambda minutes: minutes * MIN)


class LifeInTheDatabase(TestCase):
    """The same promises through the database, the outbox and a crash in the middle."""

    def stage(self) -> Stage:
        ada, bruno, grace = (a_person(handle) for handle in ("ada", "bruno", "grace"))
        organization(grace)
        of = team("SecOps", ada, bruno)
        watch_, empty = schedule("Watch", of, ada), schedule("Empty", of)
        p = policy("P", of, ([to(watch_)], "15m"), ([to(empty)], "15m"), ([to(bruno)], "15m"), repeat=1)
        desk = Desk(of)
        return Stage(desk, desk.page(p), [ada, bruno, grace], p)

    @given(st.lists(st.tuples(DB_ACTS, SHORT), max_size=14))
    @settings(max_examples=25, deadline=None)
    def test_never_a_notification_after_an_acknowledgement_never_a_step_twice(self, events) -> None:
        stage, now = self.stage(), T0
        for act, gap in events:
            now += gap
            self.act(stage, act, now)
            page = Page.objects.get(pk=stage.page.pk)
            numbers = list(Firing.objects.filter(page=page).order_by("n").values_list("n", flat=True))
            assert numbers == list(range(1, page.firings + 1))
            steps = list(Firing.objects.filter(page=page, kind="step").order_by("n").values_list("round", "step"))
            assert steps == [(0, 0), (0, 2), (1, 0), (1, 2)][: len(steps)]
            asked = set(Notification.objects.filter(page_id=page.id).values_list("firing", flat=True))
            assert asked == set(numbers)  # each firing asked somebody, nothing was asked without one
            assert page.status in ("acknowledged", "resolved") or page.due_at is not None
            assert page.tries == 0

    def act(self, stage: Stage, act: str, now: dt.datetime) -> None:
        page, (ada, bruno, grace) = stage.page, stage.people
        silent = Page.objects.get(pk=page.pk).status in ("acknowledged", "resolved")
        before = Notification.objects.count()
        if act == "crash":
            self.crash_in_the_middle_of_a_look(now)
            assert Notification.objects.count() == before
        elif act == "acknowledge":
            actions.acknowledge_in(page.id, ada.id, now=now)
            silent = Page.objects.get(pk=page.pk).status in ("acknowledged", "resolved")
        elif (
            act == "escalate" and Firing.objects.filter(page=page).count() < 3
        ):  # on the last step it would leave the order that is checked
            silent = not actions.escalate_in(page.id, now=now, by=actor(ada)) and silent
        elif act == "calling":
            actions.pause_in(page.id, rules.CALLING, "calling", now=now) if not silent else None
        elif act == "edit":
            stage.policy.steps = [{"notify": [to(grace)], "wait": "1s"}]
            stage.policy.save()
        elif act == "resolve":
            actions.resolve_in([page.id], now=now)
            silent = True
        elif act == "failed":
            actions.all_failed_in([(page.id, Page.objects.get(pk=page.pk).firings)], now=now)
        elif act == "ask" and not silent:
            actions.page_people_in(page.id, [bruno.id], "help", now=now)
        stage.desk.tick(now)
        if silent:
            new = Notification.objects.order_by("id")[before:]
            assert all(Firing.objects.get(page=page, n=row.firing).kind == "ping" for row in new)

    def crash_in_the_middle_of_a_look(self, now: dt.datetime) -> None:
        """Everything was written and the commit never came."""
        with transaction.atomic():
            if rows := with_tried(claim_due(now=now, limit=10)):
                looks, failed = decide(rows, world_of([row.walk for row in rows], now=now), now=now)
                assert not failed
                write_in(looks, now=now)
            transaction.set_rollback(True)
