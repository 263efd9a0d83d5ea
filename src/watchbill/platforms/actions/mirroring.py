"""What a platform shows, kept here: a report once, by its id there; what was said on it once; and what changed by that is answered.

An answer may be older than what is known, or say nothing of a field: then what is known stays.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction

from watchbill.kernel import bus
from watchbill.platforms.messages import Kept, Said, Shown
from watchbill.platforms.models import Activity, Delivery, Platform, Remote
from watchbill.platforms.rules.ends import PAST, read_again_in

LATER = dt.timedelta(minutes=5)
REMEMBERED = dt.timedelta(days=7)  # webhooks
BUSY = dt.timedelta(minutes=2)  # whoever reads a platform has it for so long; one that died on it comes back then
SWEEP_EVERY = dt.timedelta(days=1)
MOST_ASIDE = 100
LONGEST = {field.name: int(field.max_length or 0) for field in Remote._meta.fields if getattr(field, "max_length", None)}
LONGEST_BODY, LONGEST_MESSAGE = 200_000, 100_000  # characters
FIELDS = tuple(name for name in Shown.__dataclass_fields__ if name not in ("external_id", "untold"))
LISTS = ("bounties", "cve_ids", "files")
FOR_EVER = ("created_at", "submitted_at")  # of a report, as first told


def keep_in(platform_id: int, shown: Shown, said: Sequence[Said] | None, *, now: dt.datetime) -> Kept | None:
    """Store a report as it now is, in the open transaction. `said`: all that was said there; None: nobody asked.

    Answers what is new; None when nothing is.
    """
    values = _values(shown)
    row = Remote.objects.select_for_update(no_key=True).filter(platform_id=platform_id, external_id=shown.external_id).first()
    made = row is None
    if row is None:
        row, made = Remote.objects.get_or_create(
            platform_id=platform_id, external_id=shown.external_id, defaults={**values, "seen_at": now, "digest": _digest(values)}
        )
    before = {} if made else _changed(row, shown, values)
    if said is not None:
        row.read_to = max(shown.active_at, row.read_to or shown.active_at)
        row.listen_at = None if row.read_to >= row.active_at else now + LATER  # an answer from before what is known
    row.gone_at = None
    row.save()
    new = _heard_in(row, said or ())
    if not (made or before or new):
        return None
    bus.board_changed()
    return Kept(row.id, made, before, new)


def known_digests(platform_id: int, external_ids: Collection[str]) -> dict[str, tuple[bytes, bool]]:
    """Of these reports the ones that are here: their digest, and whether they are shown to us."""
    rows = Remote.objects.filter(platform_id=platform_id, external_id__in=external_ids).values_list("external_id", "digest", "gone_at")
    return {id_: (bytes(digest), gone is None) for id_, digest, gone in rows}


def is_known(shown: Shown, known: Mapping[str, tuple[bytes, bool]]) -> bool:
    """Is it here already just as it is shown? One of which the answer did not say everything is looked at."""
    return not shown.untold and known.get(shown.external_id) == (_digest(_values(shown)), True)


def gone_in(remote: Remote, *, now: dt.datetime) -> Kept | None:
    """The platform does not show it any more. Answers None when that was known."""
    if not Remote.objects.filter(pk=remote.pk, gone_at=None).update(gone_at=now, read_to=remote.active_at):
        return None
    bus.board_changed()
    return Kept(remote.id, False, {"gone_at": None})


def listen_later(remote_id: int, *, now: dt.datetime) -> None:
    """What was said there could not be read."""
    Remote.objects.filter(pk=remote_id).update(listen_at=now + LATER)


def claim_reading(platform_id: int, *, now: dt.datetime) -> Platform | None:
    """The platform, when it is to be read now, for whoever asks first."""
    with transaction.atomic(durable=True):
        due = Platform.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=platform_id, is_active=True)
        row = due.first()
        if row is None or (row.due_at is not None and row.due_at > now):
            return None
        row.due_at = now + BUSY
        row.save(update_fields=["due_at"])
    return row


def read_on(platform: Platform, cursor: dt.datetime, *, now: dt.datetime) -> None:
    """So far it was read; the rest follows. A reader that took too long, and whose platform another one has, writes nothing."""
    Platform.objects.filter(pk=platform.pk, due_at=platform.due_at).update(cursor=cursor, due_at=now + BUSY)
    platform.cursor, platform.due_at = cursor, now + BUSY


def first_cursor(*, now: dt.datetime) -> dt.datetime:
    """Where reading begins once all that is open has been read: closed reports of some months are wanted, too."""
    return now - PAST


def read_to_end(platform: Platform, *, now: dt.datetime) -> None:
    """It was read to its end."""
    Platform.objects.filter(pk=platform.pk).update(read_at=now, error="", tries=0, due_at=now + read_again_in(0))


def not_read(platform: Platform, error: str, *, now: dt.datetime, retry_after: dt.timedelta | None = None) -> None:
    """It could not be read; when it asked to wait, that is no failure."""
    tries = platform.tries + (retry_after is None)
    pause = read_again_in(tries) if retry_after is None else retry_after
    said = error[:500] if retry_after is None else platform.error
    Platform.objects.filter(pk=platform.pk).update(error=said, tries=tries, due_at=now + pause)


def read_soon(platform_id: int, *, now: dt.datetime) -> None:
    """A webhook says that something changed, and not where."""
    Platform.objects.filter(pk=platform_id, due_at__gt=now).update(due_at=now)


def fed(platform_id: int, feed: str) -> None:
    """The feed of activities was read so far."""
    Platform.objects.filter(pk=platform_id).update(feed=feed[:64])


def wants_sweep(platform: Platform, *, now: dt.datetime) -> bool:
    """Is it a day since all that is open was looked for? Whoever reads a platform for the first time has just seen all of it."""
    if platform.swept_at is None:
        swept(platform.pk, now=now)
        return False
    return now - platform.swept_at >= SWEEP_EVERY


def swept(platform_id: int, *, now: dt.datetime) -> None:
    """All that is open was looked for."""
    Platform.objects.filter(pk=platform_id).update(swept_at=now)


def set_aside(platform_id: int, odd: Mapping[str, str], understood: Collection[str] = ()) -> None:
    """Reports that were shown in a way that nobody understood, and why; those that are understood again are forgotten."""
    with transaction.atomic():
        row = Platform.objects.select_for_update(no_key=True).get(pk=platform_id)
        aside = {id_: why for id_, why in row.aside.items() if id_ not in understood} | {id_[:64]: why[:300] for id_, why in odd.items()}
        if aside != row.aside:
            row.aside = dict(list(aside.items())[-MOST_ASIDE:])
            row.save(update_fields=["aside"])


def asked_to_wait(platform_id: int, until: dt.datetime) -> None:
    """The platform wants to be left alone so long: every node hears of it here."""
    Platform.objects.filter(pk=platform_id).update(wait_until=until)


def looked(platform_id: int, *, account: str, known: Mapping[str, Any], now: dt.datetime) -> None:
    """It answered when it was asked whether it is there. `known`: its groups, users and fields."""
    Platform.objects.filter(pk=platform_id).update(looked_at=now, account=account[:200], known=dict(known))


def not_looked(platform_id: int, problem: str, *, now: dt.datetime) -> None:
    """It did not answer that. What was known of its groups stays."""
    with transaction.atomic():
        row = Platform.objects.select_for_update(no_key=True).get(pk=platform_id)
        row.looked_at, row.known = now, {**row.known, "problem": problem[:500]}
        row.save(update_fields=["looked_at", "known"])


def keep_delivery(platform_id: int, delivery: str, event: str, body: bytes, external_id: str, *, now: dt.datetime) -> bool:
    """Store a webhook that proved itself. False when the same one was stored already."""
    values = {"event": event[:100], "body": body, "external_id": external_id[:64], "received_at": now}
    with transaction.atomic():
        Delivery.objects.filter(received_at__lt=now - REMEMBERED).delete()
        Platform.objects.filter(pk=platform_id).update(heard_at=now)
        _, new = Delivery.objects.get_or_create(platform_id=platform_id, delivery=delivery[:200], defaults=values)
    return new


def take_deliveries(platform_id: int, *, now: dt.datetime, limit: int = 200) -> list[Delivery]:
    """Webhooks that nobody looked at yet. They are hints: one that is lost by a crash is found by reading."""
    with transaction.atomic(durable=True):
        waits = Delivery.objects.select_for_update(skip_locked=True).filter(platform_id=platform_id, handled_at=None)
        rows = list(waits.defer("body").order_by("id")[:limit])
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(handled_at=now)
    return rows


def _changed(row: Remote, shown: Shown, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set what differs; answers how it was. An answer from before what is known changes nothing."""
    if shown.active_at < row.active_at:
        return {}
    kept = {name: getattr(row, name) if name in shown.untold or name in FOR_EVER else value for name, value in values.items()}
    digest = _digest(kept)
    before = {name: getattr(row, name) for name, value in kept.items() if getattr(row, name) != value}
    if row.gone_at is not None:
        before["gone_at"] = row.gone_at
    for name in before:
        if name != "gone_at":
            setattr(row, name, kept[name])
    row.digest = digest
    return before


def _heard_in(row: Remote, said: Sequence[Said]) -> list[int]:
    """Store what is new of it; answers the ids, the oldest first."""
    if not said:
        return []
    once = {one.external_id[:64]: one for one in said}
    known = set(Activity.objects.filter(remote=row, external_id__in=once).values_list("external_id", flat=True))
    fresh = sorted((one for id_, one in once.items() if id_ not in known), key=lambda one: (one.at, one.external_id))
    rows = [
        Activity(
            remote=row,
            external_id=one.external_id[:64],
            kind=one.kind[:80],
            at=one.at,
            internal=one.internal,
            author=one.author[:200],
            by_reporter=one.by_reporter,
            by_us=one.by_us,
            message=one.message[:LONGEST_MESSAGE],
            data=dict(one.data),
        )
        for one in fresh
    ]
    return [each.id for each in Activity.objects.bulk_create(rows)]


def _values(shown: Shown) -> dict[str, Any]:
    found = {name: getattr(shown, name) for name in FIELDS}
    short = {name: value[: LONGEST[name]] if name in LONGEST and isinstance(value, str) else value for name, value in found.items()}
    short["body"] = shown.body[:LONGEST_BODY]
    short["bounties"] = [dict(each) for each in shown.bounties]
    short["files"] = [dict(each) for each in shown.files]
    short["cve_ids"] = [each[:40] for each in shown.cve_ids]
    short["timers"] = {name: dict(each) if isinstance(each, Mapping) else each for name, each in shown.timers.items()}
    return short


def _digest(values: Mapping[str, Any]) -> bytes:
    text = json.dumps({name: values[name] for name in FIELDS}, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _plain(value: Any) -> str:
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else str(value)
