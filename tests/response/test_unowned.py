"""Assigned after triage: an hour without an owner is said to whoever acts and to the managers, once."""

from __future__ import annotations

import pytest

from tests.factories import HOUR, MIN, SEC, T0
from tests.response.desk import Desk
from watchbill.notifications.models import Notification
from watchbill.response.actions.unowned import alarm_unowned

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk(ownership="assigned")


def alarmed(desk: Desk) -> list[str]:
    rows = Notification.objects.filter(content__reason__startswith="Nobody owns it").order_by("id").select_related("person")
    return [row.person.handle for row in rows]


def test_after_an_hour_and_not_before_whoever_acts_and_the_managers_are_told_once(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    assert desk.hold(incident) == (None, "ada")
    assert alarm_unowned(now=T0 + MIN + HOUR - SEC) == 0
    assert alarm_unowned(now=T0 + MIN + HOUR) == 1
    assert alarmed(desk) == ["ada", "hugo", "grace"]
    assert desk.story(incident, "unowned") == ["Nobody owns it an hour after the acknowledgement. Assign it."]
    assert [who for who, _ in desk.audited(incident, "incident.unowned")] == ["engine"]
    assert alarm_unowned(now=T0 + 3 * HOUR) == 0


def test_what_is_assigned_or_resolved_needs_no_alarm(desk: Desk) -> None:
    assigned, resolved = desk.open("one"), desk.open("two")
    for incident in (assigned, resolved):
        desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.act("assign", assigned, desk.grace, desk.bruno, now=T0 + 5 * MIN)
    desk.act("resolve", resolved, desk.ada, now=T0 + 6 * MIN)
    assert alarm_unowned(now=T0 + 2 * HOUR) == 0


def test_of_a_restricted_one_only_whoever_acts_hears_and_reads_no_word_of_it(desk: Desk) -> None:
    incident = desk.open("insider copies keys", service=desk.secret)
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    before = Notification.objects.count()
    assert alarm_unowned(now=T0 + 2 * HOUR) == 1
    new = Notification.objects.order_by("id")[before:]
    assert [row.person.handle for row in new] == ["ada"]
    assert "insider" not in str([row.content for row in new])


def test_desks_whose_acknowledger_owns_are_not_looked_at() -> None:
    other = Desk()
    incident = other.open()
    other.acknowledge(incident, other.ada, T0 + MIN)
    assert alarm_unowned(now=T0 + 2 * HOUR) == 0
