"""Swaps: an offer changes nothing, accepting makes both halves or neither, and no sequence of acts leaves half a swap."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.committed import committed
from tests.factories import DAY, HOUR, T0, actor, person, schedule, team
from watchbill.audit.models import Record
from watchbill.kernel.errors import AlreadyDone, NotAllowed, Refused
from watchbill.people.models import Membership, Person
from watchbill.schedules.actions import (
    Agreed,
    Change,
    Offer,
    accept_swap,
    add_override,
    decline_swap,
    edit_layers_in,
    expire_offers,
    offer_swap,
    undo_swap,
    withdraw_override,
    withdraw_swap,
)
from watchbill.schedules.models import Override, Swap
from watchbill.schedules.selectors import offers_to, on_call, shift_objects, swap_object, versions_of

WEEK = 7 * DAY
MONDAY = dt.datetime(2026, 3, 9, tzinfo=dt.UTC)  # the turn after T0's begins


class Desk:
    """Weekly turns of three: next Monday's, the one after, and so on."""

    def __init__(self) -> None:
        self.ada, self.bruno, self.chen, self.grace = (person(handle) for handle in ("ada", "bruno", "chen", "grace"))
        self.team = team("SecOps", self.ada, self.bruno, self.chen, managers=(self.grace,))
        self.watch = schedule("Watch", self.team, self.ada, self.bruno, self.chen)

    def at(self, moment: dt.datetime) -> list[int]:
        return [one.person_id for one in on_call([self.watch.id], at=moment)[self.watch.id]]

    def has(self, week: int) -> Person:
        (one,) = self.at(MONDAY + week * WEEK)
        return Person.objects.get(id=one)

    def offer(self, give: int = 0, take: int = 1, *, now: dt.datetime = T0, reason: str = "wedding") -> Swap:
        asker, other = self.has(give), self.has(take)
        offer = Offer(other, self.watch, MONDAY + give * WEEK + HOUR, self.watch, MONDAY + take * WEEK + HOUR, reason)
        return offer_swap(offer, person=asker, by=actor(asker), now=now)

    def accept(self, swap: Swap, *, who: Person | None = None, now: dt.datetime = T0 + HOUR, **more: Any) -> Swap:
        who = who or swap.other
        return accept_swap(swap.id, person=who, by=actor(who), now=now, **more)

    def undo(self, swap: Swap, *, who: Person | None = None, now: dt.datetime = T0 + 2 * HOUR) -> Swap:
        who = who or swap.other
        return undo_swap(swap.id, person=who, by=actor(who), now=now)


@pytest.fixture
def desk(db) -> Desk:
    return Desk()


@pytest.mark.req("S7", "K43")
def test_an_offer_changes_nothing_and_waits_for_the_other(desk):
    before = shift_objects(desk.watch.id, T0, T0 + 8 * WEEK)
    swap = desk.offer()
    assert shift_objects(desk.watch.id, T0, T0 + 8 * WEEK) == before
    assert list(offers_to(swap.other, now=T0)) == [swap]
    assert swap.expires_at == MONDAY
    assert not Override.objects.exists()
    assert Record.objects.get().action == "swap.offer"


@pytest.mark.req("S7", "K43", "K45")
def test_accepted_both_halves_change_hands_with_one_record(desk):
    swap = desk.offer()
    one, two = swap.asker, swap.other
    done = desk.accept(swap)
    assert (desk.has(0), desk.has(1)) == (two, one)
    assert done.state == "accepted"
    rows = shift_objects(desk.watch.id, MONDAY, MONDAY + 2 * WEEK)
    assert [(row["person"]["handle"], row["source"], row["layer"]) for row in rows] == [
        (two.handle, "swap", "all"),
        (one.handle, "swap", "all"),
    ]
    (record,) = Record.objects.exclude(action="swap.offer")
    assert (record.action, record.actor, record.object_id) == ("swap.accept", two.handle, str(swap.id))
    assert record.detail["overrides"] == [done.given_override_id, done.taken_override_id]
    with pytest.raises(AlreadyDone, match="accepted already"):
        desk.accept(swap)


@pytest.mark.req("S7")
@pytest.mark.parametrize("who", ["asker", "other"])
@pytest.mark.parametrize("how", ["out", "viewer", "closed"])
def test_whoever_left_the_team_meanwhile_swaps_nothing(desk, who, how):
    swap = desk.offer()
    gone = getattr(swap, who)
    member = Membership.objects.filter(person=gone)
    if how == "out":
        member.delete()
    elif how == "viewer":
        member.update(role="viewer")
    else:
        Person.objects.filter(id=gone.id).update(is_active=False)
    with pytest.raises(Refused, match=rf"{gone.name} is not in the team of Watch any more.*Nothing was exchanged"):
        desk.accept(swap)
    assert not Override.objects.exists()
    assert Swap.objects.get().state == "offered"


@pytest.mark.req("S7")
def test_a_shift_that_changed_meanwhile_is_not_exchanged(desk):
    swap = desk.offer()
    add_override(desk.watch, Change("take", desk.chen, MONDAY + WEEK, MONDAY + WEEK + HOUR), by=actor(desk.chen), now=T0)
    with pytest.raises(Refused, match=rf"The watch of {swap.other.name} on Watch was changed meanwhile. Make a new offer"):
        desk.accept(swap)
    assert Override.objects.count() == 1


@pytest.mark.req("S7")
def test_an_edit_of_the_rotation_meanwhile_is_noticed(desk):
    swap = desk.offer()
    (version,) = versions_of(desk.watch)
    turned = version.spec.__class__(**{**{f: getattr(version.spec, f) for f in version.spec.__slots__}, "length": "3 days"})
    with transaction.atomic():
        edit_layers_in(desk.watch, [turned], now=T0)
    with pytest.raises(Refused, match="was changed meanwhile"):
        desk.accept(swap)


@pytest.mark.req("S7")
def test_from_the_start_of_the_earlier_shift_it_is_over(desk):
    swap = desk.offer(give=1, take=0)
    with pytest.raises(Refused, match="the earlier of the two watches has begun"):
        desk.accept(swap, now=MONDAY)
    assert swap_object(swap, now=MONDAY)["state"] == "expired"
    assert list(offers_to(swap.other, now=MONDAY)) == []
    assert expire_offers(now=MONDAY - HOUR) == 0
    assert expire_offers(now=MONDAY) == 1
    assert expire_offers(now=MONDAY) == 0
    assert Swap.objects.get().state == "expired"
    assert Record.objects.get(action="swap.expire").actor == "engine"
    with pytest.raises(NotAllowed, match="Grace has no watch on Watch then"):
        offer_swap(Offer(desk.bruno, desk.watch, MONDAY + HOUR, desk.watch, MONDAY + HOUR), person=desk.grace, by=actor(desk.grace), now=T0)
    with pytest.raises(Refused, match="has begun"):
        desk.offer(give=0, take=1, now=MONDAY + HOUR)


@pytest.mark.req("S7", "K43")
def test_only_the_other_answers_or_a_manager_for_them_and_the_record_names_both(desk):
    swap = desk.offer()
    for act in (lambda: desk.accept(swap, who=swap.asker), lambda: desk.accept(swap, who=desk.grace)):
        with pytest.raises(NotAllowed, match=rf"waits for {swap.other.name}"):
            act()
    desk.accept(swap, who=desk.grace, may_for_others=True)
    record = Record.objects.get(action="swap.accept")
    assert (record.actor, record.detail["for"]) == ("grace", swap.other.handle)


def test_declined_and_withdrawn_change_nothing(desk):
    first, second = desk.offer(), desk.offer(take=2)
    decline_swap(first.id, "no nights", person=first.other, by=actor(first.other), now=T0)
    with pytest.raises(NotAllowed):
        withdraw_swap(second.id, person=second.other, by=actor(second.other), now=T0)
    withdraw_swap(second.id, person=second.asker, by=actor(second.asker), now=T0)
    assert [(row.state, row.answer) for row in Swap.objects.order_by("id")] == [("declined", "no nights"), ("withdrawn", "")]
    for each in (first, second):
        with pytest.raises(AlreadyDone):
            desk.accept(each)
    assert not Override.objects.exists()
    assert set(Record.objects.values_list("action", flat=True)) == {"swap.offer", "swap.decline", "swap.withdraw"}


@pytest.mark.req("S7", "K45")
def test_a_clash_with_an_override_leaves_neither_half(desk):
    swap = desk.offer()
    # Whoever asked has an override on another part of the schedule that overlaps what they would take.
    add_override(desk.watch, Change("add", swap.asker, MONDAY + WEEK, MONDAY + WEEK + HOUR), by=actor(swap.asker), now=T0)
    with pytest.raises(Refused, match="overlaps this one"):
        desk.accept(swap)
    assert Override.objects.count() == 1
    assert Swap.objects.get().state == "offered"


@pytest.mark.req("S7", "K45")
def test_a_swap_is_undone_as_a_whole_until_a_shift_begins(desk):
    swap = desk.offer()
    one, two = swap.asker, swap.other
    desk.accept(swap)
    row = Override.objects.order_by("id").first()
    with pytest.raises(Refused, match=rf"one half of swap {swap.id}, which is taken back as a whole"):
        withdraw_override(row.id, by=actor(one), now=T0 + 2 * HOUR)
    with pytest.raises(NotAllowed):
        desk.undo(swap, who=desk.grace)
    with pytest.raises(Refused, match="One of the two watches has begun"):
        desk.undo(swap, now=MONDAY)
    desk.undo(swap)
    assert (desk.has(0), desk.has(1)) == (one, two)
    assert not Override.objects.filter(withdrawn_at=None).exists()
    with pytest.raises(AlreadyDone):
        desk.undo(swap)
    assert Record.objects.get(action="swap.undo").actor == two.handle


@pytest.mark.req("S7", "K45")
def test_what_a_swap_stands_on_is_not_taken_from_under_it(desk):
    first = desk.offer(0, 1)
    desk.accept(first)
    second = desk.offer(0, 2)  # with the shift that the first one gave
    desk.accept(second)
    with pytest.raises(Refused, match="was changed since"):
        desk.undo(first)
    desk.undo(second)
    desk.undo(first)
    base = add_override(desk.watch, Change("take", desk.grace, MONDAY, MONDAY + WEEK), by=actor(desk.grace), now=T0)
    third = desk.offer(0, 1)
    desk.accept(third)
    with pytest.raises(Refused, match=rf"Swap {third.id} stands on it"):
        withdraw_override(base.id, by=actor(desk.grace), now=T0 + 3 * HOUR)
    desk.undo(third)
    withdraw_override(base.id, by=actor(desk.grace), now=T0 + 3 * HOUR)


def test_the_database_itself_refuses_half_a_swap(desk):
    swap = desk.offer()
    with pytest.raises(IntegrityError, match="swap_whole"), transaction.atomic():
        Swap.objects.filter(id=swap.id).update(state="accepted")


@pytest.mark.database
@pytest.mark.req("S7", "K45")
def test_two_that_want_the_same_shift_at_the_same_moment_one_gets_it(django_db_setup, django_db_blocker):
    together = threading.Barrier(2)

    def accept(desk: Desk, swap: Swap) -> str:
        with django_db_blocker.unblock():
            try:
                together.wait(10)
                desk.accept(swap)
            except Refused as error:
                return error.message
            finally:
                connection.close()
        return "accepted"

    with committed(django_db_blocker), ThreadPoolExecutor(2) as pool:
        desk = Desk()
        swaps = [desk.offer(0, 1), desk.offer(0, 2)]
        said = [job.result(timeout=60) for job in [pool.submit(accept, desk, swap) for swap in swaps]]
        refused, accepted = sorted(said, key=lambda word: word == "accepted")
        assert accepted == "accepted"
        assert "changed meanwhile" in refused
        assert Override.objects.count() == 2
        assert sorted(Swap.objects.values_list("state", flat=True)) == ["accepted", "offered"]


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.sampled_from(["accept", "undo", "decline", "withdraw", "end"]), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("override"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("leave"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("edit"), st.integers(0, 3), st.integers(0, 3)),
    ),
    min_size=1,
    max_size=12,
)


def act(desk: Desk, word: str, one: int, two: int, now: dt.datetime) -> None:
    """One act of a random sequence; what has no object is no act."""
    swaps, overrides = list(Swap.objects.order_by("id")), list(Override.objects.order_by("id"))
    people = [desk.ada, desk.bruno, desk.chen, desk.grace]
    who = actor(desk.grace)
    if word == "offer" and one != two and desk.has(one) != desk.has(two):
        desk.offer(one, two, now=now)
    elif word == "override":
        add_override(
            desk.watch, Change("take" if one % 2 else "add", people[two], MONDAY + one * WEEK, MONDAY + (one + 1) * WEEK), by=who, now=now
        )
    elif word == "end" and one < len(overrides):
        withdraw_override(overrides[one].id, by=who, now=now)
    elif word == "edit":
        edit(desk, one, two, now)
    elif word == "leave":
        Membership.objects.filter(person=people[one]).delete()
    elif one < len(swaps):
        swap = swaps[one]
        by: dict[str, Any] = {"person": desk.grace, "by": who, "now": now, "may_for_others": True}
        if word == "decline":
            decline_swap(swap.id, "no", **by)
        elif word in ("accept", "withdraw", "undo"):
            {"accept": accept_swap, "withdraw": withdraw_swap, "undo": undo_swap}[word](swap.id, **by)


def edit(desk: Desk, one: int, two: int, now: dt.datetime) -> None:
    """Another rotation from now on: other people, another length, another day, or a new one."""
    version = next(each for each in versions_of(desk.watch) if each.valid_until is None)
    order = tuple((each.id,) for each in (desk.chen, desk.ada, desk.bruno)[: 1 + two % 3])
    changes: list[dict[str, Any]] = [
        {"order": order},
        {"length": f"{4 + two} days"},
        {"days": ("mon", "tue", "wed", "thu")[two:][:1]},
        {"name": f"other {two}"},
    ]
    agreed = Agreed([desk.watch.id], now=now)
    edit_layers_in(desk.watch, [replace(version.spec, **changes[one])], now=now)
    agreed.settle_in(by=actor(desk.grace), now=now)


@pytest.mark.req("S7", "K45", "K46")
@given(acts=ACTS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_of_acts_leaves_half_a_swap(desk, acts):
    example = transaction.atomic()
    example._from_testcase = True  # type: ignore[attr-defined]  # acts are durable: each is a transaction of its own
    with example:
        for number, (word, one, two) in enumerate([("offer", 0, 1), ("accept", 0, 0), *acts]):
            owned = {week: desk.at(MONDAY + week * WEEK) for week in range(4)}
            if word == "offer" and not (owned[one] and owned[two]):
                continue
            try:
                act(desk, word, one, two, T0 + number * HOUR)
                refused = False
            except (Refused, ValueError):
                refused = True
            if refused and word != "edit":
                assert {week: desk.at(MONDAY + week * WEEK) for week in range(4)} == owned
            whole(desk)
        transaction.set_rollback(True)


def whole(desk: Desk) -> None:
    """Each accepted swap has both halves in force, every other one none; what a swap gave is undone only by a later change by hand."""
    for swap in Swap.objects.select_related("given_override", "taken_override"):
        halves = [each for each in (swap.given_override, swap.taken_override) if each is not None]
        in_force = [each for each in halves if each.withdrawn_at is None]
        assert len(in_force) == (2 if swap.state == "accepted" else 0), swap.state
        if swap.state != "accepted":
            continue
        for half in in_force:
            later = Override.objects.filter(withdrawn_at=None, id__gt=half.id, start__lt=half.end, end__gt=half.start)
            if not later.exists():
                rows = shift_objects(desk.watch.id, half.start, half.end)
                assert (half.person.handle, half.start, half.end, "swap") in [
                    (row["person"] and row["person"]["handle"], row["start"], row["end"], row["source"]) for row in rows
                ], (swap.id, half.id)
