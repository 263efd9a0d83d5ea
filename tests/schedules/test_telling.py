"""Whoever is affected by a change by hand hears of it at once, with the change for their calendar; nobody else does."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings
from icalendar import Calendar

from tests.connectors.parts import message
from tests.factories import DAY, HOUR, T0, actor, person, schedule, team
from tests.schedules.test_swapping import Desk
from watchbill.connectors.email.sending import compose
from watchbill.kernel import kinds
from watchbill.notifications.models import Contact, Notification, Rule
from watchbill.notifications.texts import plain
from watchbill.people.models import Person
from watchbill.schedules.actions import (
    Change,
    add_override,
    decline_swap,
    expire_offers,
    open_feed,
    undo_swap,
    withdraw_override,
    withdraw_swap,
)
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Shift, moved
from watchbill.schedules.rules.affected import REQUEST
from watchbill.schedules.selectors import on_call, parts_of
from watchbill.web.icalendars import text_of

SENDER = "Watchbill <desk@example.org>"


def told() -> dict[str, list[Notification]]:
    found: dict[str, list[Notification]] = {}
    for row in Notification.objects.select_related("person", "contact").order_by("id"):
        found.setdefault(row.person.handle, []).append(row)
    return found


def calendar_of(row: Notification) -> list[Calendar]:
    """The calendars of the mail that this notification becomes."""
    mail = compose(message("ada@example.org", method="email", numbers=(), kind="status", contents=(row.content,)), SENDER, now=T0)
    return [Calendar.from_ical(part.get_content()) for part in mail.iter_attachments() if part.get_content_type() == "text/calendar"]


@pytest.fixture
def watch(db):
    kinds.fill([kinds.Kind("email", True), kinds.Kind("webhook", True)])
    ada, bruno, chen = (person(handle, contacts=("email",)) for handle in ("ada", "bruno", "chen"))
    return schedule("Watch", team("SecOps", ada, bruno, chen), ada, bruno)


def on_watch(watch: Schedule) -> Person:
    (one,) = on_call([watch.id], at=T0)[watch.id]
    return Person.objects.get(id=one.person_id)


@pytest.mark.parametrize("kind", ["shadow", "reverse_shadow"])
def test_whoever_shadows_hears_that_it_is_no_watch(watch, kind):
    has, chen = on_watch(watch), Person.objects.get(handle="chen")
    made = add_override(watch, Change(kind, chen, T0 + HOUR, T0 + 3 * HOUR), by=actor(chen), now=T0)
    rows = {handle: row[-1].content["reason"] for handle, row in told().items()}
    when = "Watch Mon 02 Mar 2026 10:00 to Mon 02 Mar 12:00 UTC."
    along = f"You are notified along as a shadow on {when}"
    if kind == "shadow":
        assert set(rows) == {"chen"}
        assert rows["chen"].startswith(along)
    else:
        assert rows["chen"].startswith(f"You have {when} Changed")
        assert rows[has.handle].startswith(f"You no longer have {when} {along}")
    withdraw_override(made.id, by=actor(chen), now=T0)
    last = told()["chen" if kind == "shadow" else has.handle][-1].content["reason"]
    assert f"You are no longer a shadow on {when}" in last


@pytest.mark.req("K42", "S11")
def test_both_hear_of_a_take_each_with_what_their_calendar_needs(watch):
    has, chen = on_watch(watch), Person.objects.get(handle="chen")
    add_override(watch, Change("take", chen, T0 + HOUR, T0 + 3 * HOUR, reason="dentist"), by=actor(chen), now=T0)
    rows = told()
    assert set(rows) == {"chen", has.handle}
    (mine,), (theirs,) = rows["chen"], rows[has.handle]
    assert (mine.kind, mine.due_at, mine.held, mine.incident_id) == ("status", T0, False, None)
    assert "You have Watch Mon 02 Mar 2026 10:00 to Mon 02 Mar 12:00 UTC." in mine.content["reason"]
    assert "You no longer have Watch Mon 02 Mar 2026 10:00 to Mon 02 Mar 12:00 UTC." in theirs.content["reason"]
    assert "Changed by chen: dentist." in mine.content["reason"]
    (entry,) = calendar_of(mine)
    assert (str(entry["method"]), str(entry.events[0]["status"])) == (REQUEST, "CONFIRMED")
    assert (entry.events[0].start, entry.events[0].end) == (T0 + HOUR, T0 + 3 * HOUR)
    methods = sorted(str(each["method"]) for each in calendar_of(theirs))
    assert methods == ["REQUEST", "REQUEST"]  # what is left before, and after
    text = plain(message("x@example.org", method="email", numbers=(), kind="status", contents=(mine.content,)))
    assert "Your watches changed" in text
    assert f"/schedules/{watch.id}" in text


@pytest.mark.req("K42", "S11")
def test_what_is_taken_back_is_cancelled_under_the_same_identity_with_a_higher_number(watch):
    chen = Person.objects.get(handle="chen")
    made = add_override(watch, Change("take", chen, T0 + HOUR, T0 + 3 * HOUR), by=actor(chen), now=T0)
    (asked,) = calendar_of(told()["chen"][0])
    withdraw_override(made.id, by=actor(chen), now=T0 + dt.timedelta(minutes=1))
    (cancelled,) = calendar_of(told()["chen"][1])
    assert (str(cancelled["method"]), str(cancelled.events[0]["status"])) == ("CANCEL", "CANCELLED")
    assert cancelled.events[0]["uid"] == asked.events[0]["uid"]
    assert cancelled.events[0]["sequence"] > asked.events[0]["sequence"]


@pytest.mark.req("K42", "S11")
def test_a_mail_names_an_entry_as_the_feed_does(watch):
    chen = Person.objects.get(handle="chen")
    add_override(watch, Change("take", chen, T0 + HOUR, T0 + 3 * HOUR), by=actor(chen), now=T0)
    feed, _ = open_feed(chen, None, by=actor(chen), now=T0)
    base = settings.PUBLIC_URL.rstrip("/")
    text = text_of(parts_of(feed, now=T0), title="x", mine=True, names={}, base=base, made_at=T0)
    (shown,) = [each for each in Calendar.from_ical(text).events if each.start == T0 + HOUR]
    (mailed,) = calendar_of(told()["chen"][0])[0].events
    assert (mailed["uid"], mailed["sequence"]) == (shown["uid"], shown["sequence"])
    assert (mailed.start, mailed.end) == (shown.start, shown.end)


def test_whoever_is_not_affected_hears_nothing(watch):
    has = on_watch(watch)
    add_override(watch, Change("replace", Person.objects.get(handle="chen"), T0, T0 + HOUR, replaced=_other(has)), by=actor(has), now=T0)
    assert told() == {}


def _other(has: Person) -> Person:
    return Person.objects.exclude(id=has.id).exclude(handle="chen").get()


def test_the_calendar_goes_by_mail_also_where_the_rules_name_another_way(watch):
    chen = Person.objects.get(handle="chen")
    hook = Contact.objects.create(
        person=chen, kind="webhook", address="http://127.0.0.1:1/chen", position=1, verified_at=T0, verified_by="operator"
    )
    Rule.objects.create(person=chen, urgency="low", after_seconds=0, kinds=["webhook"], position=0)
    add_override(watch, Change("take", chen, T0 + HOUR, T0 + 3 * HOUR), by=actor(chen), now=T0)
    rows = told()["chen"]
    assert [row.contact.kind for row in rows if row.contact] == ["webhook", "email"]
    assert rows[0].contact == hook


@pytest.mark.req("S7", "K43")
def test_the_two_of_a_swap_hear_of_each_step(db):
    desk = Desk()
    first = desk.offer()
    asker, other = first.asker.handle, first.other.handle
    assert [row.content["title"] for row in told()[other]] == [f"{first.asker.name} offers you a swap"]
    assert asker not in told()
    desk.accept(first)
    assert told()[asker][-1].content["title"] == told()[other][-1].content["title"] == "Your watches changed"
    assert f"{first.asker.name} and {first.other.name} swapped." in told()[asker][-1].content["reason"]
    assert sorted(each["method"] for each in told()[asker][-1].content["calendar"]) == ["CANCEL", "REQUEST"]
    undo_swap(first.id, person=first.other, by=actor(first.other), now=T0 + 2 * HOUR)
    assert "was undone" in told()[other][-1].content["reason"]
    declined, withdrawn, late = desk.offer(), desk.offer(), desk.offer()
    decline_swap(declined.id, "no nights", person=declined.other, by=actor(declined.other), now=T0)
    assert told()[asker][-1].content["title"] == f"{first.other.name} declined your swap"
    assert "no nights" in told()[asker][-1].content["reason"]
    withdraw_swap(withdrawn.id, person=withdrawn.asker, by=actor(withdrawn.asker), now=T0)
    assert told()[other][-1].content["title"] == f"{first.asker.name} withdrew the offer of a swap"
    expire_offers(now=late.expires_at)
    assert "did not answer your swap in time" in told()[asker][-1].content["title"]


def test_who_moved_is_told_from_now_on_only():
    before, after = [Shift(T0, T0 + DAY, 1)], [Shift(T0, T0 + HOUR, 1), Shift(T0 + HOUR, T0 + DAY, 2)]
    found = moved(before, after, now=T0 + 2 * HOUR)
    assert found[1].lost == ((T0 + 2 * HOUR, T0 + DAY),)
    assert found[2].gained == found[1].lost
    assert moved(before, after, now=T0 + 2 * DAY) == {}
