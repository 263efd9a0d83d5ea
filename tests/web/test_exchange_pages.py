"""A manager exchanges the watches of two others: seen before it is saved, told to both, undone until one of them begins."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.utils.html import strip_tags

from tests import factories as make
from tests.web.conftest import Desk
from watchbill.audit.models import Record
from watchbill.notifications.models import Notification
from watchbill.people.models import Membership
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.models import Override, Schedule, Swap
from watchbill.schedules.selectors import on_call, shifts_of

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def turns(desk: Desk) -> Schedule:
    return make.schedule("Turns", desk.team, desk.alice, desk.bob)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def path_of(schedule: Schedule) -> str:
    return f"/schedules/{schedule.id}/exchange"


def chosen(desk: Desk, turns: Schedule) -> dict[str, str]:
    """The first watch of Alice and the first of Bob, as the manager's month marks them."""
    html = "".join(
        desk.as_("grace").get(f"/schedules/{turns.id}/month?month={desk.now + dt.timedelta(days=days):%Y-%m}").content.decode()
        for days in (0, 31)
    )
    values = re.findall(r'data-take="([^"]+)"', html)
    return {"give": next(v for v in values if v.endswith(" alice")), "take": next(v for v in values if v.endswith(" bob"))}


def seen(answer: Any) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', answer.content.decode())
    assert found, text_of(answer)
    return found[1]


def at(value: str) -> dt.datetime:
    return dt.datetime.fromisoformat(value.split(" ")[1])


def who(schedule: Schedule, moment: dt.datetime) -> list[int | None]:
    return [one.person_id for one in on_call([schedule.id], at=moment)[schedule.id]]


@pytest.mark.req("K46", "S7")
def test_a_manager_sees_the_exchange_saves_it_both_are_told_and_it_is_undone(desk: Desk, turns: Schedule):
    two = chosen(desk, turns)
    shown = desk.as_("grace").get(path_of(turns), two)
    assert "Nothing is saved yet" in text_of(shown)
    assert shown.content.decode().count('aria-label="Then: ') == 2
    assert not Override.objects.exists()
    done = desk.as_("grace").post(path_of(turns), two | {"seen": seen(shown), "reason": "a wedding"}, follow=True)
    assert "Both watches have changed hands. Alice and Bob are told." in text_of(done)
    swap = Swap.objects.get()
    assert (swap.state, swap.asker, swap.other, swap.ended_by) == ("accepted", desk.alice, desk.bob, desk.grace)
    assert "arranged, by Grace" in text_of(done)
    assert (who(turns, at(two["give"])), who(turns, at(two["take"]))) == ([desk.bob.id], [desk.alice.id])
    assert {row.source for row in shifts_of(turns.id, swap.given_start, swap.given_end)} == {"swap"}
    told = {row.person.handle: row.content for row in Notification.objects.select_related("person")}
    assert set(told) == {"alice", "bob"}
    for content in told.values():
        assert "You have Turns" in content["reason"]
        assert "You no longer have Turns" in content["reason"]
        assert "Grace swapped the watches of Alice and Bob: a wedding" in content["reason"]
    record = Record.objects.get(action="swap.arrange")
    assert (record.detail["from"], record.detail["to"], record.detail["why"]) == ("alice", "bob", "a wedding")
    assert (record.actor, record.object_id) == ("grace", str(swap.id))
    undone = desk.as_("grace").post(f"/swaps/{swap.id}/undo", follow=True)
    assert "Undone: both watches are back" in text_of(undone)
    assert who(turns, at(two["give"])) == [desk.alice.id]


@pytest.mark.req("K46")
def test_nothing_is_saved_that_was_not_seen_as_it_is(desk: Desk, turns: Schedule):
    two = chosen(desk, turns)
    unseen = desk.as_("grace").post(path_of(turns), two)
    assert unseen.status_code == 422
    assert "Look at it first" in text_of(unseen)
    old = seen(unseen)
    half_way = at(two["take"]) + 2 * DAY
    add_override(turns, Change("take", desk.alice, half_way, half_way + 40 * DAY), by=make.actor(desk.grace), now=desk.now)
    changed = desk.as_("grace").post(path_of(turns), two | {"seen": old})
    assert changed.status_code == 422
    assert "changed since you looked" in text_of(changed)
    assert not Swap.objects.exists()
    assert seen(changed) != old  # and the page shows it as it is now
    assert desk.as_("grace").post(path_of(turns), two | {"seen": seen(changed)}).status_code == 303


def test_whoever_manages_no_such_team_may_not_and_sees_no_handle_to_drag(desk: Desk, turns: Schedule):
    two = chosen(desk, turns)
    for name in ("alice", "bob", "vera", "charlie"):
        assert desk.as_(name).get(path_of(turns), two).status_code == 403, name
        assert desk.as_(name).post(path_of(turns), two).status_code == 403, name
        html = desk.as_(name).get(f"/schedules/{turns.id}/month?month={at(two['give']):%Y-%m}").content.decode()
        assert "data-others" not in html, name
        assert "/exchange" not in html, name
    assert not Swap.objects.exists()
    assert desk.as_("grace").get("/schedules/999999/exchange").status_code == 404


def test_both_teams_must_be_ones_that_the_manager_may_agree_for(desk: Desk, turns: Schedule):
    others = Membership.objects.get(person=desk.charlie).team
    Membership.objects.create(team=others, person=desk.alice, role="responder")
    Membership.objects.create(team=desk.team, person=desk.charlie, role="responder")
    theirs = make.schedule("Theirs", others, desk.charlie)
    give = chosen(desk, turns)["give"]
    start = shifts_of(theirs.id, desk.now + 8 * DAY, desk.now + 9 * DAY)[-1].start + 7 * DAY
    answer = desk.as_("grace").get(path_of(turns), {"give": give, "take": f"{theirs.id} {start.isoformat()} charlie"})
    assert "grace has no role in this team; it takes a manager of this team." in text_of(answer)
    assert 'name="seen"' not in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"give": "x"}, "Choose both watches from the lists."),
        ({"take": ""}, "Choose both watches from the lists."),
        ({"take": "give"}, "A swap takes two people."),
        ({"reason": "r" * 501}, "A reason has at most 500 characters of text."),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_kept(desk: Desk, turns: Schedule, change: dict[str, str], said: str):
    two = chosen(desk, turns)
    look = seen(desk.as_("grace").get(path_of(turns), two))
    wrong = {name: two.get(value, value) for name, value in change.items()}
    answer = desk.as_("grace").post(path_of(turns), two | wrong | {"seen": look})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Swap.objects.exists()


@pytest.mark.req("S7")
def test_who_left_the_team_and_what_has_begun_is_refused(desk: Desk, turns: Schedule):
    two = chosen(desk, turns)
    look = seen(desk.as_("grace").get(path_of(turns), two))
    now = shifts_of(turns.id, desk.now, desk.now + HOUR)[0]
    running = f"{turns.id} {now.start.isoformat()} {'alice' if now.person_id == desk.alice.id else 'bob'}"
    begun = two | {"give" if running.endswith("alice") else "take": running}
    assert "has begun" in text_of(desk.as_("grace").get(path_of(turns), begun))
    Membership.objects.filter(person=desk.bob).delete()
    gone = desk.as_("grace").post(path_of(turns), two | {"seen": look})
    assert gone.status_code == 422
    assert "Bob is not in the team of Turns any more" in text_of(gone)
    assert not Swap.objects.exists()


def test_ones_own_watch_is_offered_as_everybody_elses(desk: Desk, turns: Schedule):
    Membership.objects.create(team=desk.team, person=desk.charlie, role="manager")
    make.schedule("Also", desk.team, desk.charlie, desk.bob)
    html = desk.as_("charlie").get(path_of(turns)).content.decode()
    assert ' charlie"' not in html  # one's own is not in the lists
    two = chosen(desk, turns)
    other = re.search(r'value="([^"]+ charlie)"', desk.as_("grace").get(path_of(turns)).content.decode())
    assert other
    answer = desk.as_("charlie").get(path_of(turns), {"give": two["give"], "take": other[1]})
    assert "One of these watches is yours: offer a swap, so that the other can answer." in text_of(answer)
