"""Rotations are changed in the browser: layers added, cloned, moved and ended, from a day on, seen first, the past as it was."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests import factories as make
from tests.web.conftest import Desk
from tests.web.filling import applied, inputs, press, send, words
from tests.web.test_admin import desk  # noqa: F401  a fixture
from watchbill.audit.models import Record
from watchbill.config import actions, selectors
from watchbill.notifications.models import Notification
from watchbill.people.models import Person
from watchbill.schedules.actions import Offer, accept_swap, offer_swap
from watchbill.schedules.models import Layer, Schedule
from watchbill.schedules.selectors import on_call

DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.req("K46")


def watch() -> Schedule:
    return Schedule.objects.get(name="Responder")


def path() -> str:
    return f"/admin/schedules/{watch().id}"


def on(at: dt.datetime) -> list[str]:
    """Who has the watch at that moment, by handle."""
    found = on_call([watch().id], at=at)[watch().id]
    return [Person.objects.get(pk=one.person_id).handle for one in found]


def midnight(desk: Desk, days: int) -> dt.datetime:  # noqa: F811
    return dt.datetime.combine(desk.now.date() + days * DAY, dt.time(), tzinfo=dt.UTC)


def day(desk: Desk, days: int) -> str:  # noqa: F811
    return (desk.now.date() + days * DAY).isoformat()


def monday(desk: Desk) -> int:  # noqa: F811
    """So many days until the Monday after the next."""
    return 14 - desk.now.weekday()


def layers() -> list[dict[str, Any]]:
    (row,) = [row for row in selectors.sections(selectors.standing())["schedules"] if row["name"] == "Responder"]
    return row["layers"]


@pytest.mark.req("K45")
def test_a_swap_that_would_not_fit_any_more_is_named_before_and_ends(desk: Desk):  # noqa: F811
    applied(desk, "ada", path(), l0__order="alice\nbob")
    first, second = (midnight(desk, monday(desk) + 7 * week) + dt.timedelta(hours=12) for week in (0, 1))
    one, two = (Person.objects.get(handle=on(at)[0]) for at in (first, second))
    offer = Offer(two, watch(), first, watch(), second)
    swap = offer_swap(offer, person=one, by=make.actor(one), now=desk.now)
    accept_swap(swap.id, person=two, by=make.actor(two), now=desk.now)
    seen = send(desk, "ada", path(), l0__start="07:00")
    said = words(seen)
    assert f"The swap of {one.name} and {two.name} ends" in said
    assert "A watch of it is another one then, or one of the two is gone, so none of it holds. Both are told." in said
    agreed = desk.as_("ada").post(path(), {**inputs(seen.content.decode()), "do": "apply", "gap": "yes"})
    assert agreed.status_code == 303
    swap.refresh_from_db()
    assert swap.state == "undone"


def test_other_people_follow_after_the_turn_that_runs_and_the_past_stays(desk: Desk):  # noqa: F811
    assert f'href="{path()}"' in desk.as_("ada").get("/admin").content.decode()
    assert f'href="{path()}"' in desk.as_("ada").get(f"/schedules/{watch().id}").content.decode()
    assert path() not in desk.as_("grace").get(f"/schedules/{watch().id}").content.decode()
    seen = send(desk, "ada", path(), l0__order="alice\nbob")
    said = words(seen)
    for part in (
        "Changed: schedule Responder",
        "Layer all",
        "after: mon at 00:00 for 1w; alice; bob, each 1w",
        "Who has Responder",
        "Today",
    ):
        assert part in said, part
    assert "No new gap, no new strain" in said
    assert Layer.objects.filter(schedule=watch()).count() == 1
    press(desk, "ada", path(), seen)
    assert [on(midnight(desk, n) + dt.timedelta(hours=5)) for n in (-30, 0)] == [["alice"], ["alice"]]
    coming = {handle for n in range(1, 22) for handle in on(midnight(desk, n))}
    assert coming == {"alice", "bob"}
    record = Record.objects.get(action="config.edit")
    assert (record.kind, record.object_id, record.team_id) == ("schedules", "Responder", desk.team.id)


def test_a_change_with_effect_from_a_day_leaves_all_as_it_is_until_then(desk: Desk):  # noqa: F811
    n = monday(desk)
    seen = send(desk, "ada", path(), l0__order="bob", **{"from": day(desk, n)})
    assert f"bob, each 1w, from {day(desk, n)}" in words(seen)
    press(desk, "ada", path(), seen)
    assert (on(midnight(desk, n) - DAY), on(midnight(desk, n))) == (["alice"], ["bob"])
    assert on(midnight(desk, -60)) == ["alice"]
    assert layers()[0]["rotation"]["starting"] == day(desk, n)
    told = {row.person.handle: row.content["reason"] for row in Notification.objects.filter(kind="status")}
    assert set(told) == {"alice", "bob"}
    assert told["bob"].startswith("You have Responder")
    assert "You no longer have Responder" in told["alice"]
    assert told["alice"].endswith("The rotation was changed by ada.")
    diff = actions.apply(selectors.export(), by=make.actor(desk.root, "cli"), now=desk.now)
    assert diff.is_empty
    assert on(midnight(desk, n) - DAY) == ["alice"]
    overtaken = send(desk, "ada", path(), l0__order="alice", **{"from": day(desk, n + 7)})
    assert f"all begins anew on {day(desk, n)} already" in words(overtaken)


def test_a_layer_is_added_cloned_moved_and_ended_by_buttons_without_scripts(desk: Desk):  # noqa: F811
    n = monday(desk)
    page = send(desk, "ada", path(), do="layer.clone.0")
    values = inputs(page.content.decode())
    assert (values["layer"], values["l1.name"], values["l1.order"]) == (["0", "1"], ["all 2"], ["alice"])
    assert values["l1.starting"] == [day(desk, 0)]
    values |= {"l1.name": ["Second"], "l1.order": [""], "l1.more": ["bob"], "l1.shadow": ["yes"], "l1.timezone": ["Asia/Tokyo"]}
    moved = inputs(desk.as_("ada").post(path(), {**values, "do": "layer.up.1"}).content.decode())
    assert (moved["l0.name"], moved["l0.more"], moved["l0.shadow"]) == (["Second"], ["bob"], ["yes"])
    added = inputs(desk.as_("ada").post(path(), {**moved, "do": "layer.add"}).content.decode())
    assert (added["l2.days"], added["l2.starting"]) == (["mon, tue, wed, thu, fri, sat, sun"], [day(desk, 0)])
    dropped = inputs(desk.as_("ada").post(path(), {**added, "do": "layer.drop.2"}).content.decode())
    assert dropped["layer"] == ["0", "1"]
    seen = desk.as_("ada").post(path(), {**dropped, "l0.ending": day(desk, n), "do": "review"})
    assert f"until {day(desk, n)}, as a shadow" in words(seen)
    assert "at 00:00 of Asia/Tokyo for" in words(seen)
    assert "Order of the layers" not in words(seen)
    press(desk, "ada", path(), seen)
    assert [(layer["name"], layer.get("timezone"), layer.get("ending"), layer.get("shadow")) for layer in layers()] == [
        ("Second", "Asia/Tokyo", day(desk, n), True),
        ("all", None, None, None),
    ]
    assert list(Layer.objects.filter(schedule=watch(), name="Second").values_list("ending", flat=True)) == [
        dt.date.fromisoformat(day(desk, n))
    ]
    assert actions.apply(selectors.export(), by=make.actor(desk.root, "cli"), now=desk.now).is_empty
    swapped = inputs(send(desk, "ada", path(), do="layer.up.1").content.decode())
    review = words(desk.as_("ada").post(path(), {**swapped, "do": "review"}))
    assert "Order of the layers before: Second, all after: all, Second" in review
    assert "The same people have the watch at the same time" in review


def test_a_layer_that_is_removed_from_a_day_on_ends_then(desk: Desk):  # noqa: F811
    n = monday(desk)
    page = inputs(send(desk, "ada", path(), do="layer.clone.0").content.decode())
    page |= {"l1.name": ["New"], "l1.order": ["bob"]}
    alone = inputs(desk.as_("ada").post(path(), {**page, "do": "layer.drop.0"}).content.decode())
    seen = desk.as_("ada").post(path(), {**alone, "from": day(desk, n), "do": "review"})
    assert "New gap" not in words(seen)
    press(desk, "ada", path(), seen)
    assert [(layer["name"], layer.get("ending"), layer["rotation"]["starting"]) for layer in layers()] == [
        ("all", day(desk, n), "2026-01-05"),
        ("New", None, day(desk, n)),
    ]
    assert [on(midnight(desk, each)) for each in (-7, n - 1, n, n + 30)] == [["alice"], ["alice"], ["bob"], ["bob"]]


def test_a_layer_that_gets_another_name_goes_on_where_it_stood(desk: Desk):  # noqa: F811
    applied(desk, "ada", path(), l0__order="bob\nalice")
    before = [on(midnight(desk, n)) for n in range(-30, 60)]
    seen = send(desk, "ada", path(), l0__name="main")
    assert "The same people have the watch at the same time" in words(seen)
    press(desk, "ada", path(), seen)
    assert [layer["name"] for layer in layers()] == ["main"]
    assert [on(midnight(desk, n)) for n in range(-30, 60)] == before


def test_a_layer_that_ended_says_so_and_what_it_left_to_nobody_stays_so(desk: Desk):  # noqa: F811
    n = -(desk.now.weekday() + 7)
    Layer.objects.filter(schedule=watch()).update(ending=midnight(desk, n).date())
    assert on(midnight(desk, n)) == []
    page = desk.as_("ada").get(path())
    assert "Layer 1, ended" in words(page)
    applied(desk, "ada", path(), l0__ending="")
    assert on(midnight(desk, n)) == []
    assert on(midnight(desk, 7)) == ["alice"]


def test_a_new_gap_needs_its_own_yes(desk: Desk):  # noqa: F811
    n = monday(desk)
    seen = send(desk, "ada", path(), l0__ending=day(desk, n))
    assert "New gap: nobody" in words(seen)
    assert "Yes, nobody has the watch then" in words(seen)
    refused = press(desk, "ada", path(), seen)
    assert refused.status_code == 422
    assert "Nothing was changed yet: nobody would have the watch for a while" in words(refused)
    assert Layer.objects.get(schedule=watch()).ending is None
    assert not Record.objects.filter(action="config.edit").exists()
    done = desk.as_("ada").post(path(), {**inputs(refused.content.decode()), "gap": "yes", "do": "apply"})
    assert done.status_code == 303
    assert (on(midnight(desk, n) - DAY), on(midnight(desk, n))) == (["alice"], [])
    again = send(desk, "ada", path(), l0__order="bob\nalice")
    assert "New gap" not in words(again)  # it is there already
    record = Record.objects.get(action="config.edit")
    back = f"/admin/changes/{record.id}/undo"
    press(desk, "ada", back, desk.as_("ada").get(back))
    assert on(midnight(desk, n)) == ["alice"]
    assert on(midnight(desk, -30)) == ["alice"]


def test_taking_back_asks_of_a_gap_too(desk: Desk):  # noqa: F811
    n = monday(desk)
    page = inputs(send(desk, "ada", path(), do="layer.clone.0").content.decode()) | {"l1.order": ["bob"], "l0.ending": [day(desk, n)]}
    seen = desk.as_("ada").post(path(), {**page, "do": "review"})
    press(desk, "ada", path(), seen)
    first = Record.objects.get(action="config.edit")
    Layer.objects.filter(name="all").update(ending=None)
    Layer.objects.filter(name="all", valid_until=None).update(ending=dt.date.fromisoformat(day(desk, n)))
    back = f"/admin/changes/{first.id}/undo"
    assert "Who has Responder" in words(desk.as_("ada").get(back))


def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(desk: Desk):  # noqa: F811
    answer = send(desk, "ada", path(), l0__days="mon, funday", l0__length="long", l0__order="alice\nnobody.here", timezone="Mars")
    assert answer.status_code == 422
    page = answer.content.decode()
    for field in ("l0-days", "l0-length", "l0-order", "timezone"):
        assert f'id="f-{field}-e"' in page, field
    assert "alice\nnobody.here" in page
    for changes, text in (
        ({"from": day(desk, -1), "l0__order": "bob"}, "is over; expected"),
        ({"from": "soon", "l0__order": "bob"}, "is no day; expected one such as"),
        ({"from": day(desk, 7), "timezone": "Europe/London"}, "change at once; expected them in a change of their own"),
        ({"l0__ending": "2026-01-05"}, "is not after 2026-01-05"),
        ({"l0__turn": "5m"}, "does not end with a day"),
    ):
        refused = send(desk, "ada", path(), **changes)
        assert (refused.status_code, text in words(refused)) == (422, True), text
    cloned = inputs(send(desk, "ada", path(), do="layer.clone.0").content.decode())
    late = desk.as_("ada").post(path(), {**cloned, "l1.starting": "2026-02-02", "do": "review"})
    assert "This layer is new, and the past stays as it was" in words(late)
    assert not Record.objects.filter(action="config.edit").exists()


def test_a_new_schedule_begins_and_one_is_deactivated(desk: Desk):  # noqa: F811
    new = "/admin/schedules/new"
    start = inputs(desk.as_("ada").get(f"{new}?team=SecOps").content.decode())
    assert (start["team"], start["timezone"], start["l0.starting"]) == (["SecOps"], ["UTC"], [day(desk, 0)])
    values = {"name": "Backup", "l0__name": "Nights", "l0__order": "bob, alice\ngrace", "l0__start": "00:00", "l0__turn": "1 shift"}
    seen = send(desk, "ada", new, start=f"{new}?team=SecOps", **values)
    assert "Made: schedule Backup" in words(seen)
    assert "the first two weeks" in words(seen)
    assert press(desk, "ada", new, seen).status_code == 303
    made = Schedule.objects.get(name="Backup")
    layer = Layer.objects.get(schedule=made)
    assert (layer.order, layer.turn, made.team) == ([[desk.bob.id, desk.alice.id], [desk.grace.id]], "1 shift", desk.team)
    page = desk.as_("ada").get(f"/admin/schedules/{made.id}")
    assert inputs(page.content.decode())["l0.order"] == ["bob, alice\ngrace"]
    gone = desk.as_("ada").post(f"/admin/schedules/{made.id}", {"remove": "yes", "do": "review"})
    assert "Deactivate Backup?" in words(gone)
    assert press(desk, "ada", f"/admin/schedules/{made.id}", gone).status_code == 303
    assert desk.as_("ada").get(f"/admin/schedules/{made.id}").status_code == 404
    used = desk.as_("ada").post(path(), {"remove": "yes", "do": "review"})
    assert used.status_code == 422  # a policy names it


def test_the_file_and_the_page_do_not_disagree(desk: Desk):  # noqa: F811
    actions.apply(selectors.export(), by=make.actor(desk.root, "cli"), now=desk.now)
    text = selectors.export()
    applied(desk, "ada", path(), l0__order="alice\nbob")
    page = words(desk.as_("ada").get(path()))
    assert "Changed here The file says: 1. all: mon at 00:00 for 1w; alice, each 1w" in page
    kept = actions.apply(text, by=make.actor(desk.root, "cli"), now=desk.now)
    assert [(change.name, change.verb.value) for change in kept.changes if change.kind == "schedules" and change.fields] == [
        ("Responder", "changed here")
    ]
    assert "Responder" not in words(desk.as_("otto").get("/admin"))
    assert desk.as_("otto").get(path()).status_code == 404


@pytest.mark.parametrize("act", ["layer.clone.99", "layer.clone.x", "layer.up.-1", "layer.drop.0", "apply", "review"])
def test_whatever_is_typed_is_answered_as_a_form_is(desk: Desk, act: str):  # noqa: F811
    worst = ("alice,,,\n,,\n", "9" * 400, "x" * 5000, '"', "2026-99-99")
    if act.startswith("layer."):  # they read the fields as the others do
        worst = worst[:2]
    values = inputs(desk.as_("ada").get(path()).content.decode())
    for field in ("l0.name", "l0.days", "l0.order", "l0.starting", "l0.ending", "l0.more", "from", "layer", "timezone", "combine"):
        for text in worst:
            answer = desk.as_("ada").post(path(), {**values, field: text, "do": act, "seen": "x"})
            assert answer.status_code in (200, 409, 422), (field, text)
    assert not Record.objects.filter(action="config.edit").exists()
