"""Overrides and edits in the database: what is stored, refused, audited, and what the past answers afterwards."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection, transaction

from tests.committed import committed
from tests.factories import DAY, HOUR, T0, actor, person, schedule, team
from watchbill.audit.models import Record
from watchbill.kernel.errors import AlreadyDone, Invalid, NotFound, Refused
from watchbill.schedules.actions import Change, add_override, edit_layers_in, withdraw_override
from watchbill.schedules.models import Layer, Override
from watchbill.schedules.rules import LayerSpec
from watchbill.schedules.selectors import on_call, shifts_of

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MICROSECOND = dt.timedelta(microseconds=1)


class Desk:
    def __init__(self) -> None:
        self.ada, self.bruno, self.chen = (person(handle) for handle in ("ada", "bruno", "chen"))
        self.team = team("SecOps", self.ada, self.bruno, self.chen)
        self.watch = schedule("Watch", self.team, self.ada, self.bruno)
        self.by = actor(self.ada)

    def change(self, kind: str, who: object, start: dt.datetime = T0 + HOUR, hours: int = 2, **more: object) -> Change:
        return Change(kind=kind, person=who, start=start, end=start + hours * HOUR, **more)  # type: ignore[arg-type]

    def on(self, at: dt.datetime) -> list[int]:
        return [one.person_id for one in on_call([self.watch.id], at=at)[self.watch.id]]


@pytest.fixture
def desk(db) -> Desk:
    return Desk()


@pytest.mark.req("S14")
def test_an_override_holds_in_its_window_and_is_audited(desk):
    made = add_override(desk.watch, desk.change("take", desk.chen, reason="dentist"), by=desk.by, now=T0)
    (usual,) = desk.on(T0)
    assert desk.on(T0 + HOUR) == [desk.chen.id]
    assert desk.on(T0 + 3 * HOUR) == [usual]
    record = Record.objects.get(action="override.add")
    assert record.object_id == str(made.id)
    assert record.actor_id == desk.ada.id
    assert record.detail["person"] == "chen"
    assert record.detail["reason"] == "dentist"


@pytest.mark.req("S4", "S5")
def test_every_kind_reaches_the_rules(desk):
    (usual,) = desk.on(T0)
    (other,) = {desk.ada.id, desk.bruno.id} - {usual}
    usual_one = desk.ada if usual == desk.ada.id else desk.bruno
    add_override(desk.watch, desk.change("add", desk.chen), by=desk.by, now=T0)
    assert sorted(desk.on(T0 + HOUR)) == sorted([usual, desk.chen.id])
    add_override(desk.watch, desk.change("replace", desk.chen, T0 + DAY, replaced=usual_one), by=desk.by, now=T0)
    assert desk.on(T0 + DAY) == [desk.chen.id]
    add_override(desk.watch, desk.change("remove", usual_one, T0 + 2 * DAY), by=desk.by, now=T0)
    assert desk.on(T0 + 2 * DAY) == []
    add_override(desk.watch, desk.change("take", desk.chen, T0 + 3 * DAY, layer="all"), by=desk.by, now=T0)
    assert on_call([desk.watch.id], at=T0 + 3 * DAY)[desk.watch.id][0].layer == "all"
    assert other not in desk.on(T0 + 3 * DAY)


@pytest.mark.parametrize(("kind", "watcher", "shadow"), [("shadow", "usual", "chen"), ("reverse_shadow", "chen", "usual")])
def test_somebody_shadows_for_a_while_or_has_the_watch_and_is_shadowed(desk, kind, watcher, shadow):
    (usual,) = desk.on(T0)
    who = {"usual": usual, "chen": desk.chen.id}
    made = add_override(desk.watch, desk.change(kind, desk.chen), by=desk.by, now=T0, allow_gap=False)
    found = on_call([desk.watch.id], at=T0 + HOUR)[desk.watch.id]
    assert [(one.person_id, one.shadow) for one in found] == [(who[watcher], False), (who[shadow], True)]
    assert desk.on(T0 + 3 * HOUR) == [usual]
    assert Record.objects.get(action="override.add").detail["kind"] == kind
    withdraw_override(made.id, by=desk.by, now=T0 + HOUR, allow_gap=False)
    assert desk.on(T0 + HOUR) == [usual]


@pytest.mark.req("S6")
def test_two_of_one_person_that_overlap_are_refused_with_a_sentence(desk):
    first = add_override(desk.watch, desk.change("add", desk.chen), by=desk.by, now=T0)
    with pytest.raises(
        Refused, match=rf"Chen has an override on Watch already that overlaps this one \({first.id}: add, .*Withdraw that one first"
    ):
        add_override(desk.watch, desk.change("take", desk.chen, T0 + 2 * HOUR), by=desk.by, now=T0)
    assert Override.objects.count() == 1
    add_override(desk.watch, desk.change("take", desk.chen, T0 + 3 * HOUR), by=desk.by, now=T0)  # touching is not overlapping
    add_override(desk.watch, desk.change("add", desk.bruno), by=desk.by, now=T0)
    withdraw_override(first.id, by=desk.by, now=T0)
    add_override(desk.watch, desk.change("remove", desk.chen), by=desk.by, now=T0)


@pytest.mark.database
@pytest.mark.req("S6")
def test_two_overlapping_overrides_saved_in_the_same_moment_make_one_and_one_clear_sentence(django_db_setup, django_db_blocker):
    together = threading.Barrier(2)

    def save(desk: Desk, hours: int) -> str:
        with django_db_blocker.unblock():
            try:
                together.wait(10)
                add_override(desk.watch, desk.change("take", desk.chen, hours=hours), by=desk.by, now=T0)
            except Refused as error:
                return error.message
            finally:
                connection.close()
        return "saved"

    with committed(django_db_blocker), ThreadPoolExecutor(2) as pool:
        desk = Desk()
        ends = [job.result(timeout=60) for job in [pool.submit(save, desk, hours) for hours in (2, 3)]]
        refused, saved = sorted(ends)
        assert saved == "saved"
        assert "Chen has an override on Watch already that overlaps this one" in refused
        assert "Withdraw that one first" in refused
        assert Override.objects.count() == Record.objects.filter(action="override.add").count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"hours": 0}, "must end after it begins"),
        ({"start": T0 - DAY}, "time is over, and the past stays"),
        ({"hours": 24 * 400}, "a year at most"),
        ({"kind": "borrow"}, "expected take, replace, add, remove, shadow or reverse_shadow"),
        ({"kind": "replace"}, "names two people"),
        ({"layer": "nights"}, "has no layer 'nights'. It has: all"),
        ({"reason": "x" * 501}, "at most 500 characters"),
        ({"reason": "a\0b"}, "at most 500 characters"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(desk, wrong, sentence):
    values = {"kind": "take", "who": desk.chen, **wrong}
    with pytest.raises(Invalid, match=sentence):
        add_override(desk.watch, desk.change(**values), by=desk.by, now=T0)
    assert not Override.objects.exists()


def test_nobody_replaces_themselves_and_nobody_deactivated_takes_the_watch(desk):
    with pytest.raises(Invalid, match="cannot replace themselves"):
        add_override(desk.watch, desk.change("replace", desk.chen, replaced=desk.chen), by=desk.by, now=T0)
    with pytest.raises(Invalid, match="names two people"):
        add_override(desk.watch, desk.change("take", desk.chen, replaced=desk.ada), by=desk.by, now=T0)
    desk.chen.is_active = False
    with pytest.raises(Invalid, match="is deactivated"):
        add_override(desk.watch, desk.change("take", desk.chen), by=desk.by, now=T0)


@pytest.mark.req("S9")
def test_an_override_that_began_earlier_begins_now(desk):
    made = add_override(desk.watch, desk.change("take", desk.chen, T0 - HOUR, hours=3), by=desk.by, now=T0)
    assert made.start == T0
    assert desk.on(T0 - MICROSECOND) != [desk.chen.id]
    assert desk.on(T0) == [desk.chen.id]


@pytest.mark.req("S9")
def test_an_override_withdrawn_while_it_runs_ends_then_and_the_past_stays(desk):
    made = add_override(desk.watch, desk.change("take", desk.chen, T0, hours=10), by=desk.by, now=T0)
    withdraw_override(made.id, by=desk.by, now=T0 + HOUR)
    assert desk.on(T0 + HOUR - MICROSECOND) == [desk.chen.id]
    assert desk.on(T0 + HOUR) != [desk.chen.id]
    with pytest.raises(AlreadyDone, match="withdrawn already"):
        withdraw_override(made.id, by=desk.by, now=T0 + HOUR)
    assert Record.objects.filter(action="override.withdraw").count() == 1


def test_an_override_withdrawn_before_it_began_never_was(desk):
    made = add_override(desk.watch, desk.change("take", desk.chen, T0 + DAY), by=desk.by, now=T0)
    withdraw_override(made.id, by=desk.by, now=T0 + HOUR)
    assert desk.on(T0 + DAY) != [desk.chen.id]


def test_an_override_that_is_over_stays_and_one_that_never_was_is_not_found(desk):
    made = add_override(desk.watch, desk.change("take", desk.chen), by=desk.by, now=T0)
    with pytest.raises(Refused, match="The past stays as it was"):
        withdraw_override(made.id, by=desk.by, now=T0 + DAY)
    with pytest.raises(NotFound, match="There is no override"):
        withdraw_override(made.id + 1, by=desk.by, now=T0)


def spec(desk: Desk, *people: object) -> LayerSpec:
    order = tuple((one.id,) for one in people)  # type: ignore[attr-defined]
    return LayerSpec("around", WEEK, dt.time(8), "24h", "1w", dt.date(2026, 1, 5), order)


def edit(desk: Desk, *specs: LayerSpec, now: dt.datetime) -> list[str]:
    with transaction.atomic():
        return edit_layers_in(desk.watch, specs, now=now, by=desk.by)


@pytest.mark.req("S8", "S9")
def test_an_edit_is_dated_stored_and_audited_and_history_answers_who_was(desk):
    Layer.objects.all().delete()
    three = spec(desk, desk.ada, desk.bruno, desk.chen)
    assert edit(desk, three, now=T0) == ["around"]
    assert Layer.objects.get().valid_from is None  # the first version holds from its `starting`
    past = [(row.start, row.end, row.person_id) for row in shifts_of(desk.watch.id, T0 - 50 * DAY, T0)]
    running = desk.on(T0)
    two = spec(desk, *(one for one in (desk.ada, desk.bruno, desk.chen) if one.id not in running))
    edit(desk, two, now=T0 + DAY)
    assert [(row.start, row.end, row.person_id) for row in shifts_of(desk.watch.id, T0 - 50 * DAY, T0)] == past
    assert desk.on(T0 + 5 * DAY) == running  # until the turn ends
    assert desk.on(T0 + 7 * DAY) != running
    assert {row.person_id for row in shifts_of(desk.watch.id, T0 + 8 * DAY, T0 + 60 * DAY)} == {entry[0] for entry in two.order}
    assert Record.objects.filter(action="schedule.edit", kind="schedule", object_id=str(desk.watch.id)).count() == 2
    assert edit(desk, two, now=T0 + 2 * DAY) == []
    assert Record.objects.filter(action="schedule.edit").count() == 2


@pytest.mark.req("S9")
def test_an_edit_that_is_edited_again_before_it_holds_leaves_one_pending_version(desk):
    Layer.objects.all().delete()
    edit(desk, spec(desk, desk.ada, desk.bruno, desk.chen), now=T0)
    edit(desk, spec(desk, desk.ada), now=T0 + DAY)
    edit(desk, spec(desk, desk.bruno), now=T0 + 2 * DAY)
    assert Layer.objects.count() == 2
    assert Layer.objects.filter(valid_until=None).get().order == [[desk.bruno.id]]
    assert desk.on(T0 + 30 * DAY) == [desk.bruno.id]


@pytest.mark.req("S9")
def test_another_zone_of_the_schedule_leaves_its_past(desk):
    Layer.objects.all().delete()
    edit(desk, spec(desk, desk.ada, desk.bruno), now=T0)
    past = shifts_of(desk.watch.id, T0 - 10 * DAY, T0)
    desk.watch.timezone, desk.watch.combine = "Asia/Tokyo", "stack"
    desk.watch.save()
    edit(desk, spec(desk, desk.ada, desk.bruno), now=T0)
    assert shifts_of(desk.watch.id, T0 - 10 * DAY, T0) == past
    assert {f"{row.start:%H:%M}" for row in shifts_of(desk.watch.id, T0 + 2 * DAY, T0 + 9 * DAY)} == {"23:00"}


def test_a_layer_is_removed_and_moved(desk):
    Layer.objects.all().delete()
    one, two = spec(desk, desk.ada), replace(spec(desk, desk.bruno), name="second")
    edit(desk, one, two, now=T0)
    edit(desk, two, one, now=T0 + DAY)
    assert list(Layer.objects.order_by("position").values_list("name", flat=True)) == ["second", "around"]
    assert edit(desk, one, now=T0 + DAY) == ["second"]
    assert desk.on(T0 + 3 * DAY) == [desk.ada.id]
    assert Layer.objects.get(name="second").valid_until is not None
