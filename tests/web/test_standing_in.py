"""Somebody stands in for somebody else everywhere: seen as one, kept on all schedules or none, ended together."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils.html import strip_tags

from tests import factories as make
from tests.web.conftest import Desk
from watchbill.people.models import Membership
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.models import Override, Schedule
from watchbill.schedules.selectors import on_call

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
PAGE = "/schedules/stand-in"


@pytest.fixture
def second(desk: Desk) -> Schedule:
    return make.schedule("Second", desk.team, desk.alice)


@pytest.fixture
def elsewhere(desk: Desk) -> Schedule:
    return make.schedule("Elsewhere", desk.charlie.memberships.get().team, desk.alice)


def form(desk: Desk, who: str = "bob", replaced: str = "alice", days: int = 3, **more: str) -> dict[str, str]:
    start = (desk.now + DAY).replace(minute=0, second=0, microsecond=0)
    times = {"from": f"{start:%Y-%m-%dT%H:%M}", "to": f"{start + days * DAY:%Y-%m-%dT%H:%M}"}
    return {"who": who, "replaced": replaced, "reason": "a holiday", **times, **more}


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def seen(answer) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', answer.content.decode())
    assert found
    return found[1]


def keep(client: Client, fields: dict[str, str]):
    """As the form does it: look, then press."""
    return client.post(PAGE, fields | {"seen": seen(client.get(PAGE, fields))}, follow=True)


def on(schedule: Schedule, at: dt.datetime) -> list[int]:
    return [one.person_id for one in on_call([schedule.id], at=at)[schedule.id]]


@pytest.mark.req("S14", "K44")
def test_all_schedules_are_seen_kept_and_ended_together(desk: Desk, second: Schedule):
    first = Schedule.objects.get(name="Responder")
    look = desk.as_("bob").get(PAGE, form(desk))
    assert "Bob (you) for Alice" in text_of(look)
    assert "2 schedules." in text_of(look)
    assert "Bob: two watches at once with Second" in text_of(look)  # as it will be: today the other one is Alice's
    assert look.content.decode().count('aria-label="Then: ') == 2
    assert not Override.objects.exists()
    kept = keep(desk.as_("bob"), form(desk))
    assert "Kept: Bob (you) for Alice on Responder, Second" in text_of(kept)
    assert "It was made together with others, on Responder, Second; still to end: 2" in text_of(kept)
    at = desk.now + 2 * DAY
    assert on(first, at) == on(second, at) == [desk.bob.id]
    assert on(first, desk.now + 5 * DAY) == [desk.alice.id]
    row = Override.objects.get(schedule=second)
    end = desk.as_("alice").get(f"/schedules/{second.id}/overrides/{row.id}?all=yes")
    assert "End all 2 now" in text_of(end)
    assert end.content.decode().count('aria-label="Then: ') == 2
    ended = desk.as_("alice").post(f"/schedules/{second.id}/overrides/{row.id}", {"all": "yes"}, follow=True)
    assert "Ended 2 of them: first Bob for Alice" in text_of(ended)
    assert on(first, at) == on(second, at) == [desk.alice.id]


def test_one_that_cannot_be_refuses_all(desk: Desk, second: Schedule):
    start = desk.now + 2 * DAY
    add_override(second, Change("add", desk.bob, start, start + HOUR), by=make.actor(desk.bob), now=desk.now)
    answer = keep(desk.as_("alice"), form(desk))
    assert answer.status_code == 422
    assert "overlaps this one" in text_of(answer)
    assert Override.objects.count() == 1


def test_schedules_of_other_teams_are_named_and_left(desk: Desk, elsewhere: Schedule):
    look = text_of(desk.as_("bob").get(PAGE, form(desk)))
    assert "1 schedule." in look
    assert "Not Elsewhere Alice keeps the watch there" in look
    keep(desk.as_("bob"), form(desk))
    assert [row.schedule.name for row in Override.objects.all()] == ["Responder"]
    assert desk.as_("vera").post(PAGE, form(desk)).status_code == 403
    assert "Nothing that you may change" in text_of(desk.as_("vera").get(PAGE, form(desk)))


def test_whoever_may_not_change_one_of_them_does_not_end_all(desk: Desk, elsewhere: Schedule):
    Membership.objects.create(team=elsewhere.team, person=desk.grace, role="manager")
    keep(desk.as_("grace"), form(desk))
    row = Override.objects.get(schedule__name="Responder")
    assert Override.objects.filter(series=row.series).count() == 2
    page = f"/schedules/{row.schedule_id}/overrides/{row.id}"
    assert desk.as_("bob").post(page, {"all": "yes"}).status_code == 403
    assert desk.as_("bob").delete(f"/api/v1/schedules/Responder/overrides/{row.id}?series=true").status_code in (401, 403)
    assert not Override.objects.filter(withdrawn_at__isnull=False).exists()
    assert "Ended:" in text_of(desk.as_("bob").post(page, follow=True))  # this one alone is his team's
    assert Override.objects.filter(withdrawn_at=None).count() == 1


def test_what_changed_since_it_was_seen_is_looked_at_again(desk: Desk, second: Schedule):
    client, fields = desk.as_("bob"), form(desk)
    before = seen(client.get(PAGE, fields))
    make.schedule("New", desk.team, desk.alice)
    answer = client.post(PAGE, fields | {"seen": before})
    assert answer.status_code == 422
    assert "have changed since you looked" in text_of(answer)
    assert "3 schedules." in text_of(answer)
    assert not Override.objects.exists()


@pytest.mark.req("S5")
def test_a_new_gap_needs_its_own_yes(desk: Desk, second: Schedule):
    desk.bob.is_active = False
    desk.bob.save()
    assert "is deactivated" in text_of(desk.as_("alice").get(PAGE, form(desk)))
    # whoever ends it while Alice is gone leaves nobody
    desk.bob.is_active = True
    desk.bob.save()
    keep(desk.as_("grace"), form(desk))
    desk.alice.is_active = False
    desk.alice.save()
    row = Override.objects.get(schedule=second)
    page = f"/schedules/{second.id}/overrides/{row.id}"
    assert "Nothing was changed yet" in text_of(desk.as_("grace").post(page, {"all": "yes"}))
    assert not Override.objects.filter(withdrawn_at__isnull=False).exists()
    desk.as_("grace").post(page, {"all": "yes", "gap": "yes"})
    assert not Override.objects.filter(withdrawn_at=None).exists()


NONSENSE = (
    ({"replaced": "bob", "who": "bob"}, "cannot replace themselves"),
    ({"replaced": "vera"}, "Vera has no watch in that time"),
    ({"replaced": "nobody"}, "Choose the people from the lists"),
    ({"to": "2020-01-01T00:00"}, "That time is over"),
    ({"to": "soon"}, "is no time"),
    ({"reason": "x" * 501}, "at most 500 characters"),
    ({"from": "2150-01-01T00:00", "to": "2190-01-01T00:00"}, "a year at most"),
)


def test_nonsense_is_said(desk: Desk):
    make.schedule("Third", desk.team, desk.bob)
    for more, said in NONSENSE:
        answer = desk.as_("alice").post(PAGE, form(desk) | more)
        assert (answer.status_code, said in text_of(answer)) == (422, True), said
    assert "is no time" in text_of(desk.as_("alice").get(PAGE, form(desk) | {"to": ""}))
    assert not Override.objects.exists()
