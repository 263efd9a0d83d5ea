"""Test every provider on a timer, by a real message through the outbox, and tell administrators once when one does not work.

There is no timer: each provider has a row with the time of its next test. Whoever locks the row first asks for the test and moves that time
in one transaction, so any number of nodes send one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
from django.conf import settings
from django.db import transaction

from watchbill.audit.actions import ENGINE, Actor, Entry, record_in
from watchbill.kernel import bus
from watchbill.kernel.errors import NotFound
from watchbill.notifications.actions.outbox import Row, insert_in
from watchbill.notifications.actions.planning import why_skipped
from watchbill.notifications.messages import PINNED
from watchbill.notifications.models import Contact, Notification, ProviderTest, Receipt
from watchbill.notifications.rules import proving
from watchbill.notifications.selectors import health_of
from watchbill.people.models import Organization, Person
from watchbill.people.working import working_times

TITLE = "Test of {provider}: it works if you read or hear this"
REASON = "Watchbill tests each provider regularly. There is nothing to do."
BROKEN = "{provider} does not work: pages by it do not arrive"
NOBODY = "Nobody who looks after this installation has a proven contact of kind {kind}, so it cannot be tested."
SOON = dt.timedelta(minutes=5)  # after a start: what is due then is asked for, and not yet called late
MOST = 20  # administrators who are told


@transaction.atomic(durable=True)
def keep_providers_tested(providers: Sequence[str], *, every: dt.timedelta, to: str, now: dt.datetime) -> int:
    """One look: note new providers and those that are gone, hear how tests ended, ask for those that are due. Answers how many it asked for.

    `providers`: those that can send now. `to`: the handle of whoever receives the tests; empty: the first administrator who can.
    """
    ProviderTest.objects.exclude(provider__in=providers).delete()
    known = set(ProviderTest.objects.values_list("provider", flat=True))
    first = now + min(proving.FIRST, every)
    new = [ProviderTest(provider=each, due_at=first) for each in providers if each not in known]
    ProviderTest.objects.bulk_create(new, ignore_conflicts=True)
    asked = 0
    for test in ProviderTest.objects.select_for_update(skip_locked=True).order_by("provider"):
        _hear_in(test, now=now)
        if test.due_at <= now:
            asked += _ask_in(test, every=every, to=to, now=now)
        _tell_in(test, now=now)
        test.save()
    if asked:
        bus.wake_engine()
    return asked


@transaction.atomic(durable=True)
def ask_for_test(provider: str, *, by: Actor, now: dt.datetime) -> ProviderTest:
    """Test it at the engine's next look. Raises NotFound for a provider that cannot send here."""
    test = ProviderTest.objects.select_for_update().filter(provider=provider).first()
    if test is None:
        raise NotFound(f"No provider {provider!r} sends here; `watchbill providers` shows those that do.")
    test.due_at = min(test.due_at, now)
    test.save(update_fields=["due_at"])
    record_in([Entry("provider.test", "provider", provider)], by=by, now=now)
    return test


def _ask_in(test: ProviderTest, *, every: dt.timedelta, to: str, now: dt.datetime) -> int:
    """Queue the message; without anybody to take it, say so and come back."""
    kind, _, name = test.provider.partition("/")
    person, contact = _receiver(kind, to)
    if person is None:
        test.due_at, test.asked_at, test.ended_at = now + every, now, now
        test.notification, test.works, test.confirmed, test.detail = None, None, False, NOBODY.format(kind=kind)
        return 0
    content = {"number": None, "title": TITLE.format(provider=test.provider), "severity": "", "service": "", "reason": REASON}
    raw = msgspec.Raw(msgspec.json.encode({**content, "restricted": False, "opened_at": None, PINNED: name}))
    row = Row(person.pk, contact, Notification.Kind.DRILL.value, None, None, None, None, "high", 0, now, False, raw)
    insert_in([row], now=now)
    test.notification_id, test.asked_at = row.id, now
    test.due_at = proving.next_due(now, every, working_times([person.pk], around=now).get(person.pk))
    return 1


def _hear_in(test: ProviderTest, *, now: dt.datetime) -> None:
    """Has the test that is under way ended?"""
    sent = test.notification
    if sent is None:
        return
    told = Receipt.objects.filter(notification=sent).values_list("event", flat=True)
    kind = test.provider.partition("/")[0]
    end = proving.ended(sent.state, method=kind, waits=sent.confirm_by is not None, error=sent.error, told=told)
    if end is None:
        return
    before, test.notification = test.works, None
    test.works, test.confirmed, test.detail, test.ended_at = end.works, end.confirmed, end.detail[:500], now
    if before is not test.works:
        action = "provider.works" if test.works else "provider.failed"
        record_in([Entry(action, "provider", test.provider, detail={"detail": test.detail})], by=ENGINE, now=now)


def _tell_in(test: ProviderTest, *, now: dt.datetime) -> None:
    """Once for each time that it turns red."""
    health = health_of(test, now=now)
    if not health.is_red:
        test.told_at = None
    elif test.told_at is None:
        test.told_at = now
        why = test.detail if health is proving.Health.FAILED else "Its regular test is late: look at the engine and at what waits."
        reason = f"{why} Until it is mended, people are reached by their other methods only. See {{}}/providers."
        _write_to_administrators_in(test.provider, reason, now=now)


def _write_to_administrators_in(provider: str, reason: str, *, now: dt.datetime) -> None:
    """By mail; when mail is what does not work, by whatever else reaches them without a call."""
    content = {"number": None, "title": BROKEN.format(provider=provider), "severity": "", "service": "", "restricted": False}
    raw = msgspec.Raw(msgspec.json.encode({**content, "reason": reason.format(settings.PUBLIC_URL), "opened_at": None}))
    people = administrators()[:MOST]
    kinds_ = ("push", "sms", "webhook", "slack", "apprise") if provider == "email" else ("email",)
    rows = [_status(person, contact, raw, now) for person in people for contact in _usable(person).values() if contact.kind in kinds_]
    mailed = {row.person_id for row in rows}
    if provider != "email":  # whoever named no contact has the mail of their account
        rows += [_status(person, None, raw, now) for person in people if person.pk not in mailed]
    insert_in(rows, now=now)
    bus.wake_engine()


def _status(person: Person, contact: Contact | None, raw: msgspec.Raw, now: dt.datetime) -> Row:
    return Row(person.pk, contact.pk if contact else None, "status", None, None, None, None, "low", 0, now, False, raw)


def administrators() -> list[Person]:
    """Who looks after this installation: its administrators, else the owner of last resort."""
    found = list(Person.objects.filter(is_active=True, is_admin=True).order_by("id"))
    if found:
        return found
    here = Organization.objects.select_related("last_resort").first()
    return [here.last_resort] if here is not None and here.last_resort is not None and here.last_resort.is_active else []


def _receiver(kind: str, to: str) -> tuple[Person | None, int | None]:
    """The person and the contact that take a test of this kind; a contact of None is the mail of the account."""
    named = Person.objects.filter(handle=to, is_active=True) if to else ()
    for person in [*named, *administrators()]:
        contact = _usable(person).get(kind)
        if contact is not None:
            return person, contact.pk
        if kind == "email" and not Contact.objects.filter(person=person, kind="email", removed_at=None).exists():
            return person, None
    return None, None


def _usable(person: Person) -> dict[str, Contact]:
    """The first proven contact of each kind."""
    found: dict[str, Contact] = {}
    rows = Contact.objects.filter(person=person, removed_at=None, silent_at=None, verified_at__isnull=False).order_by("position", "id")
    for contact in rows:
        if not why_skipped(contact.kind, active=True, verified=True, secret_env=contact.secret_env, by=contact.verified_by):
            found.setdefault(contact.kind, contact)
    return found
