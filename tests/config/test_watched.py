"""What a change of the configuration does to the watches is said before, needs a yes where it leaves one to nobody, and is told to its people."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest

from tests.config.example import EXAMPLE, SMALL
from tests.config.test_commands import cli, file  # noqa: F401  fixtures
from tests.factories import DAY, HOUR, T0, actor
from watchbill.audit.models import Record
from watchbill.config import selectors
from watchbill.config.actions import edit, propose, seen_now
from watchbill.kernel import kinds
from watchbill.kernel.errors import Invalid
from watchbill.notifications.models import Notification
from watchbill.people.models import Person
from watchbill.schedules.actions import NewGap, Offer, accept_swap, ask_for_cover, offer_swap, take_cover
from watchbill.schedules.models import Cover, Override, Schedule, Swap
from watchbill.schedules.selectors import on_call, shift_objects

WEEK = 7 * DAY
MONDAY = dt.datetime(2026, 3, 9, tzinfo=dt.UTC)  # the turn after T0's begins
SHORT = SMALL.replace("length: 1w", "length: 6 days")
THREE = SMALL.replace(
    "  - {handle: cleo, name: Cleo, email: cleo@example.org}\n",
    "  - {handle: cleo, name: Cleo, email: cleo@example.org}\n  - {handle: dan, name: Dan, email: dan@example.org}\n",
).replace("[ann, cleo]", "[ann, cleo, dan]")


def who(name: str) -> Person:
    return Person.objects.get(handle=name)


def at(moment: dt.datetime) -> list[str]:
    row = Schedule.objects.get(name="First")
    return [Person.objects.get(id=one.person_id).handle for one in on_call([row.id], at=moment)[row.id]]


def told() -> dict[str, str]:
    return {row.person.handle: f"{row.content['title']}: {row.content['reason']}" for row in Notification.objects.order_by("id")}


@pytest.fixture
def mails(db):
    before = kinds.declared()
    kinds.fill([kinds.Kind("email", True)])
    yield
    kinds.fill(before)


# The file, from the terminal.


@pytest.mark.req("G1")
def test_a_file_that_makes_a_new_gap_is_refused_until_somebody_says_that_it_may(cli, file):  # noqa: F811
    assert cli("apply", file(SMALL), "--yes").code == 0
    looked = cli("apply", file(SHORT), "--dry-run")
    assert (looked.code, looked.err) == (0, "")
    assert "watch First: a new gap: nobody from " in looked.out
    assert "more new gaps in the year ahead" in looked.out
    refused = cli("apply", file(SHORT), "--yes")
    assert refused.code == 1
    assert "Nobody would have First from " in refused.err
    assert "With `--accept-gaps` it is applied all the same. Nothing was changed." in refused.err
    assert cli("apply", file(SHORT), answer=b"n\n").code == 1
    assert cli("apply", file(SMALL), "--dry-run").out.count("nothing to change") == 1
    accepted = cli("apply", file(SHORT), "--yes", "--accept-gaps")
    assert (accepted.code, "Applied: 1 changed." in accepted.out) == (0, True)
    again = cli("apply", file(SHORT), "--yes")  # what was there before is no new gap
    assert (again.code, "Nothing to change." in again.out) == (0, True)


def test_the_question_names_what_is_left_to_nobody_and_a_yes_to_it_is_enough(cli, file):  # noqa: F811
    cli("apply", file(SMALL), "--yes")
    ran = cli("apply", file(SHORT), answer=b"y\n")
    assert "Apply 1 changed, and leave First to nobody for a while?" in ran.out
    assert (ran.code, "Applied: 1 changed." in ran.out) == (0, True)


@pytest.mark.req("G1", "G40")
def test_a_first_version_is_never_refused_and_says_who_has_two_watches_at_once(cli, file):  # noqa: F811
    fresh = cli("apply", file(SHORT), "--dry-run", "--json")
    said = json.loads(fresh.out)
    (watch,) = said["watches"]
    assert (watch["schedule"], watch["new"], len(watch["gaps"]) > 50, watch["warnings"]) == ("First", True, True, [])
    assert said["agreements"] == []
    assert not Schedule.objects.exists()
    looked = cli("apply", file(EXAMPLE), "--dry-run")  # of people whom it only would make
    assert re.search(r"watch Security Responder backup: new: \w+ \w+ has Security Responder at the same time", looked.out)
    ran = cli("apply", file(EXAMPLE), "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert re.search(r"watch Security Responder backup: new: \w+ \w+ has Security Responder at the same time, \d+ times", ran.out)
    assert "public holiday" not in ran.out


@pytest.mark.req("K42", "K46")
def test_whoever_gets_or_loses_a_watch_by_a_file_is_told_and_a_look_tells_nobody(apply, mails):
    apply(SMALL)
    (now,) = at(T0)
    other = SMALL.replace("order: [ann, cleo]", "order: [cleo]")
    looked = apply(other, dry_run=True, look=True, now=T0 + HOUR)
    assert (looked.applied, told()) == (False, {})
    apply(other, now=T0 + HOUR)
    assert set(told()) == {"ann", "cleo"}
    assert told()["ann"].startswith("Your watches changed: You no longer have First ")
    assert told()["ann"].endswith("The rotation was changed by operator.")
    assert at(T0 + HOUR) == [now]


def test_a_schedule_that_is_pruned_tells_whoever_had_it(apply, mails):
    apply(SMALL)
    second = SMALL.replace("schedule: First", "person: ann")
    gone = second[: second.index("schedules:")] + second[second.index("policies:") :]
    apply(gone, prune=True, now=T0 + HOUR)
    assert not Schedule.objects.filter(is_active=True).exists()
    assert told()["ann"].startswith("Your watches changed: You no longer have First ")


# Somebody who goes.


@pytest.mark.req("G1", "S8")
def test_whoever_is_deactivated_leaves_a_gap_that_needs_a_yes(apply):
    apply(SMALL)
    without = SMALL.replace("name: Ann, ", "name: Ann, active: false, ")
    looked = apply(without, dry_run=True, look=True)
    (watch,) = looked.outcome.lost
    assert (watch.name, watch.foreseen.gaps[0]) == ("First", (T0, MONDAY) if at(T0) == ["ann"] else (MONDAY, MONDAY + WEEK))
    with pytest.raises(NewGap, match="Nobody would have First from "):
        apply(without, allow_gap=False)
    assert who("ann").is_active
    apply(without, allow_gap=True)
    assert not who("ann").is_active
    apply(SMALL, allow_gap=False)
    assert who("ann").is_active


@pytest.mark.req("G1")
def test_the_same_on_a_page(apply):
    apply(SMALL)
    key = ("people", "ann")
    words = {"name": "Ann", "email": "ann@example.org", "active": False}
    proposal = propose({key: words}, now=T0)
    (watch,) = proposal.outcome.watches
    assert watch.foreseen.gaps
    seen = seen_now([key], selectors.standing())
    with pytest.raises(NewGap):
        edit({key: words}, seen=seen, by=actor(who("cleo")), now=T0, allow_gap=False)
    assert who("ann").is_active
    edit({key: words}, seen=seen, by=actor(who("cleo")), now=T0, allow_gap=True)
    assert not who("ann").is_active


@pytest.mark.req("G1")
def test_the_operator_deactivates_somebody_in_the_terminal_with_the_gaps_named(cli, file):  # noqa: F811
    cli("apply", file(THREE), "--yes")
    refused = cli("user", "deactivate", "ann")
    assert refused.code == 1
    assert "Nobody would have First from " in refused.err
    assert "--accept-gaps" in refused.err
    assert who("ann").is_active
    looked = cli("user", "deactivate", "ann", "--dry-run")
    assert (looked.code, "watch First: a new gap: nobody from " in looked.out) == (0, True)
    assert who("ann").is_active
    done = cli("user", "deactivate", "ann@example.org", "--accept-gaps", "--json")
    assert (done.code, json.loads(done.out)["active"]) == (0, False)
    assert not who("ann").is_active
    assert Record.objects.filter(action="config.edit", object_id="ann").exists()
    assert cli("user", "deactivate", "ann").err == "Ann is deactivated already.\n"
    assert cli("user", "activate", "ann").code == 0
    assert who("ann").is_active
    Override.objects.all().delete()
    shared = THREE.replace("order: [ann, cleo, dan]", "order: [[ann, cleo], dan]")
    assert cli("apply", file(shared), "--yes", "--accept-gaps").code == 0
    assert cli("user", "deactivate", "dan", "--accept-gaps").code == 0


# Swaps and covers under it.


def swapped(now: dt.datetime) -> Swap:
    """The next two turns of First change hands."""
    first = Schedule.objects.get(name="First")
    (one,), (two,) = at(MONDAY), at(MONDAY + WEEK)
    offer = Offer(who(two), first, MONDAY + HOUR, first, MONDAY + WEEK + HOUR)
    made = offer_swap(offer, person=who(one), by=actor(who(one)), now=now)
    return accept_swap(made.id, person=who(two), by=actor(who(two)), now=now)


@pytest.mark.req("S7", "K45", "K46")
def test_a_swap_whose_watch_becomes_another_one_ends_as_a_whole_and_both_are_told(apply, mails):
    apply(THREE)
    swap = swapped(T0)
    Notification.objects.all().delete()
    other = THREE.replace("length: 1w", "length: 3 days").replace("days: [mon]", "days: [mon, thu]")
    looked = apply(other, dry_run=True, look=True, now=T0 + HOUR)
    (settled,) = looked.outcome.settled
    assert (settled.kind, settled.id, settled.ends) == ("swap", swap.id, True)
    assert Swap.objects.get().state == "accepted"
    assert told() == {}
    apply(other, now=T0 + HOUR)
    assert Swap.objects.get().state == "undone"
    assert not Override.objects.filter(withdrawn_at=None).exists()
    record = Record.objects.get(action="swap.end")
    assert (record.object_id, record.detail["why"].partition(":")[0]) == (str(swap.id), "Changed by operator")
    titles = set(Notification.objects.values_list("person__handle", "content__title"))
    for one, two in ((swap.asker, swap.other), (swap.other, swap.asker)):
        assert (one.handle, f"Your swap with {two.name} has ended: a watch of it is another one now, or one of you is gone") in titles


@pytest.mark.req("S7")
def test_a_swap_that_still_fits_stays(apply):
    apply(THREE)
    swapped(T0)
    later = THREE.replace("starting: 2026-01-05}", "starting: 2026-01-05}\n        ending: 2026-12-07")
    assert apply(later, look=True, now=T0 + HOUR).outcome.settled == ()
    assert Swap.objects.get().state == "accepted"


@pytest.mark.req("S7")
def test_a_swap_of_which_a_watch_has_begun_is_kept_and_both_hear_what_is_lost(apply, mails):
    apply(THREE)
    swap = swapped(T0)
    Notification.objects.all().delete()
    alone = THREE.replace(
        "order: [ann, cleo, dan]", f"order: [{next(n for n in ('ann', 'cleo', 'dan') if n not in (swap.asker.handle, swap.other.handle))}]"
    )
    now = MONDAY + DAY
    (settled,) = apply(alone, look=True, now=now).outcome.settled
    assert not settled.ends
    assert at(now) == [swap.other.handle]
    assert Swap.objects.get().state == "accepted"
    assert {handle for handle, text in told().items()} >= {swap.asker.handle, swap.other.handle}


@pytest.mark.req("K2")
def test_a_cover_whose_watch_is_gone_ends(apply, mails):
    two = THREE.replace("order: [ann, cleo, dan]", "order: [ann, cleo]")
    apply(two)
    first = Schedule.objects.get(name="First")
    (one,) = at(MONDAY)
    cover = ask_for_cover(first, MONDAY + HOUR, "wedding", person=who(one), by=actor(who(one)), now=T0)
    taker = Person.objects.get(id=cover.asked[0])
    take_cover(cover.id, person=taker, by=actor(taker), now=T0)
    Notification.objects.all().delete()
    (settled,) = apply(two.replace("length: 1w", "length: 6 days"), look=True, now=T0 + HOUR).outcome.settled
    assert (settled.kind, settled.ends, settled.one.handle, settled.other) == ("cover", True, one, taker)
    row = Cover.objects.get()
    assert (row.state, row.override.withdrawn_at) == ("ended", T0 + HOUR)
    assert at(MONDAY + HOUR) == [one]
    said = [row.content["title"] for row in Notification.objects.filter(person__handle=one)]
    assert f"The cover of {taker.name} for {who(one).name} has ended: a watch of it is another one now, or one of you is gone" in said


@pytest.mark.req("S7", "S8")
def test_a_swap_with_somebody_who_goes_ends_and_a_cover_goes_back(apply, mails):
    two = THREE.replace("order: [ann, cleo, dan]", "order: [ann, cleo]")
    apply(two)
    swap = swapped(T0)
    first = Schedule.objects.get(name="First")
    (later,) = at(MONDAY + 3 * WEEK)
    cover = ask_for_cover(first, MONDAY + 3 * WEEK + HOUR, "wedding", person=who(later), by=actor(who(later)), now=T0)
    take_cover(cover.id, person=who("dan"), by=actor(who("dan")), now=T0)
    outcome = apply(two.replace("name: Dan, ", "name: Dan, active: false, "), look=True, now=T0 + HOUR).outcome
    assert [(each.kind, each.ends) for each in outcome.settled] == [("cover", True)]
    assert outcome.lost == []
    assert at(MONDAY + 3 * WEEK + HOUR) == [later]
    goes = {"ann": "name: Ann, ", "cleo": "name: Cleo, "}[swap.asker.handle]
    settled = apply(
        two.replace("last_resort: cleo", "last_resort: dan").replace(goes, f"{goes}active: false, "), look=True, now=T0 + HOUR
    ).outcome.settled
    assert [(each.kind, each.id) for each in settled if each.ends] == [("swap", swap.id)]
    assert at(MONDAY + WEEK + HOUR) == [swap.other.handle]


@pytest.mark.req("S7")
def test_what_stands_on_a_swap_that_ends_ends_with_it(apply):
    """Also on another schedule, which nobody edits."""
    second = THREE.replace(
        "policies:",
        '  - name: Second\n    team: Ops\n    timezone: UTC\n    layers:\n      - name: all\n        shifts: {days: [mon], start: "00:00", length: 1w}\n'
        "        rotation: {order: [dan, ann, cleo], turn: 1w, starting: 2026-01-05}\npolicies:",
    )
    apply(second)
    first, other = Schedule.objects.get(name="First"), Schedule.objects.get(name="Second")
    (one,) = at(MONDAY)
    rows = on_call([other.id], at=MONDAY)[other.id]
    two = Person.objects.get(id=rows[0].person_id)
    if two.handle == one:
        pytest.fail("the example gives both to one person")
    made = offer_swap(Offer(two, first, MONDAY + HOUR, other, MONDAY + HOUR), person=who(one), by=actor(who(one)), now=T0)
    accept_swap(made.id, person=two, by=actor(two), now=T0)
    edited = second.replace('shifts: {days: [mon], start: "00:00", length: 1w}', 'shifts: {days: [mon], start: "01:00", length: 1w}', 1)
    outcome = apply(edited, look=True, now=T0 + HOUR).outcome
    assert [each.ends for each in outcome.settled] == [True]
    assert {each.name for each in outcome.watches} == {"First", "Second"}
    assert on_call([other.id], at=MONDAY + HOUR)[other.id][0].person_id == two.id


# A clock of its own for each layer.

SUN = """\
  - name: Sun
    team: Ops
    timezone: UTC
    layers:
      - name: Europe
        timezone: Europe/Berlin
        shifts: {days: [mon, tue, wed, thu, fri, sat, sun], start: "08:00", length: 9h}
        rotation: {order: [ann], turn: 1w, starting: 2026-01-05}
      - name: America
        timezone: America/New_York
        shifts: {days: [mon, tue, wed, thu, fri, sat, sun], start: "11:00", length: 15h}
        rotation: {order: [cleo], turn: 1w, starting: 2026-01-05}
policies:"""


@pytest.mark.req("K46", "G3", "G41")
def test_a_layer_may_follow_a_clock_of_its_own_and_the_verifier_names_what_that_costs(apply):
    """Berlin hands over to New York at 17:00 and 11:00 of each: the same moment, but for the weeks in which only one changed its clocks."""
    text = SMALL.replace("policies:", SUN)
    (sun,) = [each for each in apply(text, look=True).outcome.watches if each.name == "Sun"]
    assert apply(selectors.export()).is_empty
    assert apply(text).is_empty
    row = Schedule.objects.get(name="Sun")
    assert [layer.timezone for layer in row.layers.order_by("position")] == ["Europe/Berlin", "America/New_York"]
    rows = shift_objects(row.id, T0, T0 + 2 * HOUR)
    assert [(each["layer"], f"{each['start']:%H:%M}", f"{each['end']:%H:%M}") for each in rows] == [("Europe", "07:00", "16:00")]
    days = {start.date().isoformat() for start, _ in sun.foreseen.gaps}
    assert {"2026-03-09", "2026-03-28"} <= days  # New York has gone forward, Berlin not yet
    assert not days & {"2026-03-08", "2026-03-29", "2026-06-01"}
    assert all(end - start == HOUR for start, end in sun.foreseen.gaps)


def test_a_zone_of_its_own_that_is_the_schedules_is_none_and_one_that_is_changed_leaves_the_past(apply):
    text = SMALL.replace("policies:", SUN)
    apply(text)
    row = Schedule.objects.get(name="Sun")
    same = text.replace("        timezone: Europe/Berlin\n", "        timezone: UTC\n")
    was = shift_objects(row.id, T0 - 7 * DAY, T0)
    (changed,) = [change for change in apply(same, now=T0).changes if change.name == "Sun"]
    assert [field.field for field in changed.fields] == ["layers"]
    assert shift_objects(row.id, T0 - 7 * DAY, T0) == was
    assert f"{shift_objects(row.id, T0 + 2 * DAY, T0 + 2 * DAY)[0]['start']:%H:%M}" == "08:00"
    assert apply(text.replace("        timezone: Europe/Berlin\n", ""), now=T0 + HOUR).is_empty
    wrong = "Europe/Berlon"
    with pytest.raises(Invalid, match=rf"layers Europe, timezone: there is no time zone '{wrong}'.*did you mean Europe/Berlin"):
        apply(text.replace("timezone: Europe/Berlin", f"timezone: {wrong}"))
