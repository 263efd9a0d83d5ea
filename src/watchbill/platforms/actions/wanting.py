"""What is to be written on a platform: asked for in the open transaction, written outside later, one after the other for each report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from watchbill.kernel import bus
from watchbill.kernel.errors import Refused
from watchbill.platforms.models import Remote, Write
from watchbill.platforms.rules.switches import may

Kind, End = Write.Kind, Write.End


def want_in(remote: Remote, kind: str, body: Mapping[str, Any], *, person_id: int | None, now: dt.datetime) -> Write:
    """One more write. The caller has asked `may_write` before, and wakes the engine by this. Raises Refused while an award is under way."""
    if kind == Kind.BOUNTY and remote.writes.filter(kind=kind, end__in=[End.WAITING, End.UNKNOWN]).exists():
        raise Refused("An award is on its way already. Wait for how it ends.")
    row = Write.objects.create(remote=remote, kind=kind, body=dict(body), person_id=person_id, due_at=now, created_at=now)
    bus.wake_engine()
    return row


def may_write(remote: Remote | None, kind: str) -> bool:
    """Is there a platform that takes it from here?"""
    return remote is not None and remote.gone_at is None and remote.platform.is_active and may(remote.platform.writes, kind)


def look_again_in(write: Write, *, send: bool, now: dt.datetime) -> None:
    """Of one that ended unknown: look for it there; `send`: and when it is not there, send it once more, as a person decided."""
    if write.end != End.UNKNOWN:
        raise Refused("It is known how that ended.")
    write.body = {**write.body, "send": send}
    write.end, write.ended_at, write.due_at = End.WAITING, None, now
    write.save(update_fields=["body", "end", "ended_at", "due_at"])
    bus.wake_engine()


def drop_in(write: Write, *, now: dt.datetime) -> None:
    """It was done by hand, or is not wanted any more. Raises Refused while it is being written."""
    if write.end not in (End.WAITING, End.UNKNOWN) or write.lease_instance is not None:
        raise Refused("It is being written this moment, or has ended.")
    write.end, write.ended_at, write.due_at = End.DROPPED, now, None
    write.save(update_fields=["end", "ended_at", "due_at"])
