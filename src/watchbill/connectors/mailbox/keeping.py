"""A mail of a monitor becomes an event: stored before the mail is marked as read, once, however often it is delivered or read."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterable
from functools import partial

from django.db import IntegrityError, transaction

from watchbill.audit.actions import ENGINE
from watchbill.connectors.mailbox import alerts, judging
from watchbill.connectors.mailbox.letters import Letter, digest, id_digest
from watchbill.connectors.mailbox.purposes import Arrived
from watchbill.intake.actions import create_key
from watchbill.intake.models import Event, IntegrationKey, Mail, Mailbox
from watchbill.intake.rules import KEY_CHARACTERS, digest_of
from watchbill.intake.selectors import usable
from watchbill.kernel import bus

REASON = 300
_key = re.compile(rf"[0-9a-f]{{{KEY_CHARACTERS}}}")


def take(arrived: Arrived, now: dt.datetime) -> bool:
    """Store it for each key whose address it was sent to. False: it was sent to none."""
    keys = _keys(arrived, now)
    if not keys:
        return False
    named = digest(arrived.raw, arrived.letter)
    for key in keys:
        each = hashlib.sha256(named + str(key.pk).encode()).digest()
        if not Mail.objects.filter(digest=each).exists():  # in whichever mailbox: it may lie in two
            once(partial(_store, arrived, key, each, now))
    return True


def remember(arrived: Arrived, verdict: Mail.Verdict, reason: str, now: dt.datetime, *, named: bytes | None = None) -> None:
    """Say of a mail that made no event why, once."""
    named = named or digest(arrived.raw, arrived.letter)
    if not known(arrived.mailbox, named):
        once(partial(_remember, arrived, verdict, reason, named, now))


def try_again(arrived: Arrived) -> None:
    """What failed before is looked at as if it were new."""
    Mail.objects.filter(mailbox=arrived.mailbox, digest=digest(arrived.raw, arrived.letter), verdict=Mail.Verdict.FAILED).delete()


def known(mailbox: Mailbox, named: bytes) -> bool:
    """Was it read before?"""
    return Mail.objects.filter(mailbox=mailbox, digest=named).exists()


def once(do: Callable[[], None]) -> None:
    """Another node may be at the same mail: whoever is second has nothing to do."""
    try:
        do()
    except IntegrityError as error:
        if "mail_once" not in str(error):
            raise


def details(letter: Letter) -> list[str]:
    """What stands between the + and the @ of the addresses it was sent to."""
    found = [address.rpartition("@")[0].partition("+")[2] for address in letter.to]
    return [detail for detail in found if detail]


def _keys(arrived: Arrived, now: dt.datetime) -> list[IntegrationKey]:
    digests = [digest_of(detail) for detail in details(arrived.letter) if _key.fullmatch(detail)]
    open_ones = IntegrationKey.objects.filter(usable(now), kind="email").select_related("service")
    found = list(open_ones.filter(digest__in=digests).order_by("id")) if digests else []
    if found or digests or arrived.mailbox.service_id is None:
        return found
    own = _own_key(arrived.mailbox, open_ones, now)
    return [own] if own is not None else []


def _own_key(mailbox: Mailbox, open_ones: Iterable[IntegrationKey], now: dt.datetime) -> IntegrationKey | None:
    """The key of the mailbox's plain address; made when it is needed first, and not again when somebody revoked it."""
    name = f"mailbox {mailbox.name}"[:120]
    of_it = IntegrationKey.objects.filter(kind="email", service=mailbox.service, name=name)
    if not of_it.exists() and mailbox.service is not None and mailbox.service.is_active:
        return create_key(mailbox.service, "email", name, by=ENGINE, now=now)[0]
    ids = set(of_it.values_list("id", flat=True))
    return max((key for key in open_ones if key.pk in ids), key=lambda key: key.pk, default=None)


@transaction.atomic(durable=True)
def _store(arrived: Arrived, key: IntegrationKey, named: bytes, now: dt.datetime) -> None:
    letter = arrived.letter
    why = judging.why_no_alert(letter) or judging.not_listed(letter, arrived.mailbox.senders, key.service.senders)
    dedup = _thread(key, letter) or alerts.dedup_key(letter)
    event = Event.objects.create(
        key=key,
        service_id=key.service_id,
        kind="email",
        received_at=now,
        dedup_key=dedup,
        body=arrived.raw,
        state=Event.State.LEFT if why else Event.State.PENDING,
        outcome=f"Left out: {why}"[:500] if why else "",
    )
    cut = f"Cut: the whole has {arrived.size} bytes." if arrived.cut else ""
    Mail.objects.create(
        mailbox=arrived.mailbox,
        digest=named,
        message_id=id_digest(letter.message_id),
        verdict=Mail.Verdict.LEFT if why else Mail.Verdict.ALERT,
        reason=(why or cut)[:REASON],
        key=key,
        event=event,
        dedup_key=dedup,
        read_at=now,
    )
    if not why:
        bus.signal(bus.EVENTS)


def _thread(key: IntegrationKey, letter: Letter) -> str:
    """The alert of the mail that this one answers."""
    ids = [id_digest(one) for one in letter.refers]
    before = Mail.objects.filter(key=key, message_id__in=ids).exclude(dedup_key="").order_by("-id") if ids else Mail.objects.none()
    return before.values_list("dedup_key", flat=True).first() or ""


@transaction.atomic(durable=True)
def _remember(arrived: Arrived, verdict: Mail.Verdict, reason: str, named: bytes, now: dt.datetime) -> None:
    remember_in(arrived, verdict, reason, named, now)


def remember_in(arrived: Arrived, verdict: Mail.Verdict, reason: str, named: bytes, now: dt.datetime) -> None:
    """In the open transaction. Raises IntegrityError where another node was first."""
    message_id = id_digest(arrived.letter.message_id)
    Mail.objects.create(mailbox=arrived.mailbox, digest=named, message_id=message_id, verdict=verdict, reason=reason[:REASON], read_at=now)
