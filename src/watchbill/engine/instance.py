"""The engine's row: that it lives, when it last did a whole round, what failed, when everything due was last proved done."""

from __future__ import annotations

import datetime as dt
import os

from django.db.models import F

from watchbill.engine.session import host_name
from watchbill.kernel.models import EngineInstance


def begin(*, now: dt.datetime) -> int:
    """A new instance."""
    return EngineInstance.objects.create(host=host_name(), pid=os.getpid(), started_at=now).id


def beat(instance_id: int, *, now: dt.datetime, clear: bool) -> bool:
    """A good round ended. False when the row is gone (another database was put in place)."""
    values: dict[str, object] = {"last_tick_at": now}
    if clear:
        values["last_error"] = ""
    return bool(EngineInstance.objects.filter(id=instance_id).update(**values))


def failed(instance_id: int, errors: list[str]) -> None:
    """Steps of a round failed: counted, and the last one shown."""
    EngineInstance.objects.filter(id=instance_id).update(failures=F("failures") + len(errors), last_error=errors[-1][:2000])


def proved(instance_id: int, *, now: dt.datetime) -> None:
    """Every open page has done what was due."""
    EngineInstance.objects.filter(id=instance_id).update(proved_at=now)


def end(instance_id: int, *, now: dt.datetime) -> None:
    """Stopped as it should."""
    EngineInstance.objects.filter(id=instance_id).update(stopped_at=now)
