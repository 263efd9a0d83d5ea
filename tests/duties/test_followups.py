"""Follow-ups: a task with a day, also after the incident; whoever has it is reminded once a day, in one message."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.factories import DAY, HOUR, T0, actor
from tests.response.desk import Desk
from watchbill.duties.actions.items import look_after_items
from watchbill.kernel.errors import Invalid
from watchbill.response import actions


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def by(who: Any, now: dt.datetime = T0) -> dict[str, Any]:
    return {"person": who, "actor": actor(who), "now": now}


def reminded(desk: Desk, now: dt.datetime) -> list[str]:
    look_after_items(now=now)
    found = [f"{handle}: {reason}" for handle, reason in desk.waiting("status") if reason.startswith("Of #")]
    desk.deliver()
    return found


@pytest.mark.req("G16")
def test_whoever_has_it_is_reminded_from_its_day_on_once_a_day_until_it_is_done(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0)
    desk.act("resolve", incident, desk.ada, now=T0)
    due = (T0 + 3 * DAY).date()
    actions.add_task(incident.number, "rotate the keys", desk.bruno, due, **by(desk.ada))
    actions.add_task(incident.number, "write the runbook", desk.bruno, due, **by(desk.ada))
    actions.add_task(incident.number, "some day", desk.bruno, **by(desk.ada))
    desk.deliver()
    assert "by" in desk.story(incident, "task")[0]
    assert reminded(desk, T0 + DAY) == []
    at = dt.datetime.combine(due, dt.time(13), dt.UTC)
    (said,) = reminded(desk, at)
    assert said.startswith(f"bruno: Of #{incident.number}")
    assert "keys" not in said  # numbers alone: it goes by mail
    assert reminded(desk, at + HOUR) == []
    assert len(reminded(desk, at + DAY)) == 1
    for task in incident.tasks.all():
        actions.end_task(incident.number, task.id, **by(desk.bruno, at + DAY))
    assert reminded(desk, at + 2 * DAY) == []


@pytest.mark.parametrize(
    ("whose", "days", "refused"), [(None, 3, "needs somebody"), ("bruno", -2, "is not a day"), ("bruno", 400, "is not a day")]
)
def test_a_day_needs_somebody_and_lies_ahead(desk: Desk, whose: str | None, days: int, refused: str) -> None:
    incident = desk.open()
    who = getattr(desk, whose) if whose else None
    with pytest.raises(Invalid, match=refused):
        actions.add_task(incident.number, "x", who, (T0 + days * DAY).date(), **by(desk.ada))
