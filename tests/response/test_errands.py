"""Tasks for anybody and the age of what stakeholders last heard; who owns the incident stays."""

from __future__ import annotations

import pytest

from tests.factories import HOUR, MIN, T0
from tests.response.desk import Desk
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, NotFound


@pytest.mark.req("G25")
def test_a_task_is_somebody_s_and_the_owner_stays(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0)
    desk.deliver()
    desk.act("add_task", incident, desk.ada, "reimage\nthe laptop", desk.chen, now=T0 + MIN)
    assert desk.waiting("status") == [("chen", "Ada gave you a task: reimage the laptop")]
    assert desk.hold(incident) == ("ada", "ada")
    desk.deliver()
    task = incident.tasks.get()
    desk.act("end_task", incident, desk.chen, task.id, now=T0 + HOUR)
    assert desk.waiting("status") == [("ada", "Chen did: reimage the laptop")]
    with pytest.raises(AlreadyDone):
        desk.act("end_task", incident, desk.chen, task.id, now=T0 + HOUR)
    with pytest.raises(NotFound):
        desk.act("end_task", incident, desk.chen, task.id + 1, now=T0 + HOUR)
    with pytest.raises(Invalid, match="Say what"):
        desk.act("add_task", incident, desk.ada, " ", now=T0 + HOUR)
    with pytest.raises(NotAllowed):
        desk.act("add_task", incident, desk.charlie, "mine", now=T0 + HOUR)
    assert desk.story(incident, "task", "task_done") == [
        "Ada wrote down a task for Chen: reimage the laptop",
        "Chen did: reimage the laptop",
    ]


@pytest.mark.req("R8", "G25")
def test_a_task_of_a_restricted_one_lets_its_doer_in(desk: Desk) -> None:
    incident = desk.open(service=desk.secret)
    desk.acknowledge(incident, desk.ada, T0)
    assert not desk.sees(desk.charlie, incident)
    desk.act("add_task", incident, desk.ada, "look at the contract", desk.charlie, now=T0 + MIN)
    assert desk.sees(desk.charlie, incident)


@pytest.mark.req("G24")
def test_stakeholders_have_the_age_of_what_they_last_heard(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0)
    with pytest.raises(Invalid, match="no stakeholders"):
        desk.act("updated_stakeholders", incident, desk.ada, "contained", now=T0)
    for name in ("Legal", "Priya N."):
        desk.act("add_stakeholder", incident, desk.ada, name, 30, now=T0 + MIN)
    with pytest.raises(AlreadyDone):
        desk.act("add_stakeholder", incident, desk.ada, "Legal", now=T0 + MIN)
    with pytest.raises(Invalid, match="every 1 to"):
        desk.act("add_stakeholder", incident, desk.ada, "Sales", 0, now=T0 + MIN)
    desk.act("updated_stakeholders", incident, desk.bruno, "contained, not closed", now=T0 + HOUR)
    assert {each.updated_at for each in incident.stakeholders.all()} == {T0 + HOUR}
    assert desk.story(incident, "stakeholders_told") == ["Bruno told Legal, Priya N.: contained, not closed"]
    desk.act("remove_stakeholder", incident, desk.ada, incident.stakeholders.get(name="Legal").id, now=T0 + HOUR)
    desk.act("add_stakeholder", incident, desk.ada, "Legal", now=T0 + HOUR)  # and again
    assert desk.hold(incident) == ("ada", "ada")
