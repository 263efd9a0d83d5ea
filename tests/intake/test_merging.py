"""Two incidents are one problem: one goes on with everything, the other is over."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import HOUR, MIN, T0, actor
from tests.response.conftest import _webhooks_work, committed, desk
from tests.response.desk import Desk
from watchbill.incidents.models import Incident, Stakeholder, Task
from watchbill.intake.actions import merge
from watchbill.intake.models import Alert
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.notifications.models import Notification

__all__ = ["_webhooks_work", "committed", "desk"]


def merged(desk: Desk, one: Incident, into: Incident, who: Any = None) -> Any:
    who = who or desk.ada
    return merge(one.number, into.number, person=who, actor=actor(who), now=T0 + HOUR)


def alert(incident: Incident, key: str, **more: Any) -> Alert:
    row = {"service_id": incident.service_id, "incident": incident, "dedup_key": key, "severity": "high", "summary": "disk full"}
    return Alert.objects.create(**{**row, "first_at": T0, "last_at": T0, **more})


def test_alerts_tasks_and_people_go_on_there_and_the_merged_one_is_over(desk: Desk) -> None:
    stays, gone = desk.open("disk full"), desk.open("no space left", severity="critical")
    fires, over = alert(gone, "host2"), alert(gone, "host3", state="resolved", resolved_at=T0)
    desk.acknowledge(stays, desk.ada, T0 + MIN)
    desk.acknowledge(gone, desk.bruno, T0 + MIN)
    desk.act("add_task", gone, desk.chen, "call the data centre", now=T0 + MIN)
    desk.act("add_stakeholder", gone, desk.chen, "Legal", now=T0 + MIN)
    desk.deliver()
    said = merged(desk, gone, stays, desk.chen)
    assert said.message.startswith(f"#{gone.number} is merged into #{stays.number}.")
    assert (desk.status(gone), desk.status(stays)) == ("resolved", "acknowledged")
    assert desk.page(gone).status == "resolved"
    assert desk.hold(stays) == ("ada", "ada")
    fires.refresh_from_db()
    over.refresh_from_db()
    assert (fires.incident_id, fires.state, over.incident_id) == (stays.id, "firing", gone.id)
    assert Task.objects.get().incident_id == Stakeholder.objects.get().incident_id == stays.id
    assert {each.person.handle for each in stays.participants.all()} == {"bruno", "chen"}
    stays.refresh_from_db()
    assert stays.severity == "critical"  # the worse of the two, and the manager hears of it
    assert desk.page(stays, "coordinate").status == "triggered"
    (told,) = Notification.objects.filter(person=desk.ada, incident_id=stays.id, kind="status")
    assert told.content["reason"] == f"Chen merged #{gone.number} into it, with 1 alert."
    assert [who for who, _ in desk.audited(gone, "incident.merge")] == ["chen"]
    assert [who for who, _ in desk.audited(stays, "incident.merged")] == ["chen"]
    assert desk.story(gone, "resolved") == [f"Chen merged it into #{stays.number}."]
    with pytest.raises(Refused, match=f"was merged into #{stays.number}"):
        desk.act("reopen", gone, desk.ada, "no", now=T0 + 2 * HOUR)


def test_one_that_nobody_has_goes_on_paging_for_both(desk: Desk) -> None:
    stays, gone = desk.open("disk full"), desk.open("no space left")
    merged(desk, gone, stays)
    assert desk.page(stays).status == "triggered"
    assert desk.tick(T0 + 15 * MIN) != []
    assert desk.page(gone).status == "resolved"


def test_what_cannot_be_one(desk: Desk) -> None:
    one, other, hidden = desk.open(), desk.open(), desk.open("the salamander is out", service=desk.secret)
    with pytest.raises(Invalid, match="into itself"):
        merged(desk, one, one)
    with pytest.raises(NotFound):
        merged(desk, one, hidden, desk.chen)  # who must not learn of it
    with pytest.raises(Refused, match="merged with nothing"):
        merged(desk, one, hidden)
    with pytest.raises(NotAllowed):
        merged(desk, one, other, desk.charlie)
    Incident.objects.filter(pk=other.pk).update(cleared_at=T0)
    with pytest.raises(Refused, match="is over for its source"):
        merged(desk, one, other)
    desk.act("resolve", other, desk.ada, now=T0 + MIN)
    for pair in ((one, other), (other, one)):
        with pytest.raises(Refused, match="was resolved already"):
            merged(desk, *pair)
    assert desk.status(one) == "triggered"
