"""Coverage by hand on the pages: the result is seen before it is kept, a new gap needs its own yes, and each change can be ended."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils.html import strip_tags

from tests import factories as make
from tests.web.conftest import Desk
from watchbill.audit.models import Record
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.models import Override, Schedule
from watchbill.schedules.selectors import on_call

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def responder() -> Schedule:
    return Schedule.objects.get(name="Responder")


def on(at: dt.datetime) -> list[int]:
    of = responder()
    return [one.person_id for one in on_call([of.id], at=at)[of.id]]


def form(desk: Desk, kind: str, who: str, hours: int = 4, **more: str) -> dict[str, str]:
    start = desk.now + DAY
    return {"kind": kind, "who": who, "from": f"{start:%Y-%m-%dT%H:%M}", "to": f"{start + hours * HOUR:%Y-%m-%dT%H:%M}", **more}


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


@pytest.mark.req("S14", "K44")
def test_the_watch_for_an_hour_now_is_one_button(desk: Desk):
    of = responder()
    assert "Take the watch for an hour now" in text_of(desk.as_("bob").get(f"/schedules/{of.id}"))
    answer = desk.as_("bob").post(f"/schedules/{of.id}/hour", follow=True)
    assert "You have the watch until" in text_of(answer)
    made = Override.objects.get()
    assert (made.kind, made.person, made.end - made.start) == ("take", desk.bob, HOUR)
    assert on(made.start) == [desk.bob.id]
    assert on(made.end) == [desk.alice.id]
    again = desk.as_("bob").post(f"/schedules/{of.id}/hour", follow=True)
    assert "Bob has an override on Responder already that overlaps this one" in text_of(again)


@pytest.mark.req("S4", "S5", "S14", "K44")
@pytest.mark.parametrize(
    ("kind", "who", "more", "expected"),
    [
        ("take", "bob", {}, ["bob"]),
        ("replace", "bob", {"replaced": "alice"}, ["bob"]),
        ("replace", "bob", {"replaced": "grace"}, ["alice"]),
        ("add", "bob", {"layer": "all"}, ["alice", "bob"]),
    ],
)
def test_each_change_is_seen_before_it_is_kept(desk: Desk, kind: str, who: str, more: dict[str, str], expected: list[str]):
    of, fields = responder(), form(desk, kind, who, **more)
    look = desk.as_("alice").get(f"/schedules/{of.id}/change", fields)
    assert look.status_code == 200
    html = look.content.decode()
    assert "Keep it" in html
    assert 'aria-label="Today: Alice (you)' in html
    if expected == ["bob"]:
        assert "Then: " in html
        assert "Bob," in html.split('aria-label="Then: ')[1].split('"')[0]
    else:
        assert ("Nothing changes" in html) == (expected == ["alice"])
    assert not Override.objects.exists()
    kept = desk.as_("alice").post(f"/schedules/{of.id}/change", fields, follow=True)
    assert "Kept: Bob" in text_of(kept)
    assert on(desk.now + DAY + HOUR) == [desk.people[each].id for each in expected]
    assert on(desk.now + 2 * DAY) == [desk.alice.id]
    assert Record.objects.filter(action="override.add", actor="alice").count() == 1


@pytest.mark.parametrize(
    ("kind", "says", "then", "expected"),
    [
        ("shadow", "Bob shadows whoever has the watch", "Bob, shadow, ", ["alice", "bob"]),
        ("reverse_shadow", "Bob has the watch, shadowed by whoever had it", "Alice (you), shadow, ", ["bob", "alice"]),
    ],
)
def test_a_shadow_is_seen_below_whoever_has_the_watch(desk: Desk, kind: str, says: str, then: str, expected: list[str]):
    of, fields = responder(), form(desk, kind, "bob")
    html = desk.as_("alice").get(f"/schedules/{of.id}/change", fields).content.decode()
    assert says in html
    assert then in html.split('aria-label="Then: ')[1].split('"')[0]
    assert "beside" in re.search(r'class="seg ([^"]*beside[^"]*)"', html)[1]
    assert "Nothing changes" not in html
    assert "New gap" not in html
    kept = desk.as_("alice").post(f"/schedules/{of.id}/change", fields, follow=True)
    assert f"Kept: {says}" in text_of(kept)
    assert says in kept.content.decode().split('aria-label="Changes: ')[1].split('"')[0]
    assert on(desk.now + DAY + HOUR) == [desk.people[each].id for each in expected]


def test_the_same_of_every_week_is_seen_as_one_kept_and_ended_together(desk: Desk):
    of = responder()
    fields = form(desk, "take", "bob", until=f"{desk.now + 22 * DAY:%Y-%m-%d}")
    look = text_of(desk.as_("alice").get(f"/schedules/{of.id}/change", fields))
    assert "4 times, every week: first" in look
    assert "All 4 of them" in look
    assert "Keep all 4" in look
    assert not Override.objects.exists()
    kept = desk.as_("alice").post(f"/schedules/{of.id}/change", fields, follow=True)
    assert "Kept, 4 times: first Bob takes the watch" in text_of(kept)
    assert [on(desk.now + DAY + HOUR + n * 7 * DAY) for n in range(5)] == [[desk.bob.id]] * 4 + [[desk.alice.id]]
    again = desk.as_("alice").post(f"/schedules/{of.id}/change", fields)
    assert (again.status_code, "overlaps this one" in text_of(again)) == (422, True)
    page = f"/schedules/{of.id}/overrides/{Override.objects.order_by('start')[2].id}"
    assert "End all of them" in text_of(desk.as_("alice").get(page))
    assert "End all 4 now" in text_of(desk.as_("alice").get(f"{page}?all=yes"))
    assert Override.objects.filter(withdrawn_at=None).count() == 4
    ended = desk.as_("alice").post(page, {"all": "yes"}, follow=True)
    assert "Ended 4 of them: first Bob takes the watch" in text_of(ended)
    assert not Override.objects.filter(withdrawn_at=None).exists()
    for until, said in (("soon", "is no day"), ("2020-01-01", "it happens once"), (f"{desk.now + 400 * DAY:%Y-%m-%d}", "26 are the most")):
        assert said in text_of(desk.as_("bob").get(f"/schedules/{of.id}/change", fields | {"until": until}))


@pytest.mark.req("S5")
def test_a_new_gap_needs_its_own_yes(desk: Desk):
    of, fields = responder(), form(desk, "remove", "alice")
    look = text_of(desk.as_("bob").get(f"/schedules/{of.id}/change", fields))
    assert "New gap: nobody" in look
    assert "Yes, nobody has the watch then" in look
    refused = desk.as_("bob").post(f"/schedules/{of.id}/change", fields)
    assert refused.status_code == 422
    assert "Nothing was changed yet" in text_of(refused)
    assert not Override.objects.exists()
    desk.as_("bob").post(f"/schedules/{of.id}/change", fields | {"gap": "yes"})
    assert on(desk.now + DAY + HOUR) == []


def test_what_is_not_understood_comes_back_with_what_was_typed(desk: Desk):
    of = responder()
    good = form(desk, "take", "bob", reason="dentist")
    for bad, said in (
        ({"who": "nobody"}, "Choose the people"),
        ({"to": "soon"}, "is no time"),
        ({"to": "2026-01-01T00:00"}, "must end after it begins"),
        ({"kind": "juggle"}, "expected take, replace, add, remove, shadow or reverse_shadow"),
        ({"kind": "replace"}, "a replacement names two"),
        ({"layer": "none"}, "has no layer"),
    ):
        for answer in (
            desk.as_("bob").get(f"/schedules/{of.id}/change", good | bad),
            desk.as_("bob").post(f"/schedules/{of.id}/change", good | bad),
        ):
            assert said in text_of(answer), bad
            assert 'value="dentist"' in answer.content.decode()
    assert not Override.objects.exists()


def test_an_override_is_ended_and_a_gap_that_leaves_is_asked_about(desk: Desk):
    of = responder()
    by = make.actor(desk.bob)
    out = add_override(of, Change("remove", desk.alice, desk.now + DAY, desk.now + 2 * DAY), by=by, now=desk.now)
    held = add_override(of, Change("add", desk.bob, desk.now + DAY, desk.now + 2 * DAY, reason="for Alice"), by=by, now=desk.now)
    page = desk.as_("bob").get(f"/schedules/{of.id}")
    assert f"/schedules/{of.id}/overrides/{held.id}" in page.content.decode()
    address = f"/schedules/{of.id}/overrides/{held.id}"
    assert "New gap: nobody" in text_of(desk.as_("bob").get(address))
    assert desk.as_("bob").post(address).status_code == 422
    assert "Ended: Bob (you) watches too" in text_of(desk.as_("bob").post(address, {"gap": "yes"}, follow=True))
    held.refresh_from_db()
    assert held.withdrawn_at is not None
    assert "Ended" in text_of(desk.as_("bob").get(address))
    assert "was withdrawn already" in text_of(desk.as_("bob").post(address, follow=True))
    desk.as_("bob").post(f"/schedules/{of.id}/overrides/{out.id}")
    assert on(desk.now + DAY + HOUR) == [desk.alice.id]


def test_whoever_may_not_cover_reads_why_and_changes_nothing(desk: Desk):
    of = responder()
    row = add_override(of, Change("add", desk.bob, desk.now + DAY, desk.now + 2 * DAY), by=make.actor(desk.bob), now=desk.now)
    vera = desk.as_("vera")
    for path in (f"/schedules/{of.id}/change", f"/schedules/{of.id}/overrides/{row.id}"):
        assert "it takes a responder of this team" in text_of(vera.get(path, form(desk, "take", "bob") if "change" in path else {}))
        assert vera.post(path, form(desk, "take", "vera")).status_code == 403
    assert vera.post(f"/schedules/{of.id}/hour").status_code == 403
    assert Override.objects.count() == 1
    assert desk.as_("bob").get(f"/schedules/{of.id}/overrides/999999").status_code == 404
    other = Schedule.objects.get(name="Managers")
    assert desk.as_("bob").get(f"/schedules/{other.id}/overrides/{row.id}").status_code == 404
