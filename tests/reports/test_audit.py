"""The audit on its page: records about a report for whoever may know of it, those of a restricted service for the managers of its team."""

from __future__ import annotations

import pytest

from tests import factories as make
from tests.reports.conftest import Desk
from tests.reports.test_pages import browser
from watchbill.audit.actions import Entry, record_in
from watchbill.people.models import Membership, Team
from watchbill.reports.actions.circle import set_circle


@pytest.mark.req("R8")
def test_a_manager_reads_what_is_theirs_and_nobody_else_learns_of_it(desk: Desk):
    report = desk.report()
    far = Team.objects.get(name="Elsewhere")
    Membership.objects.create(team=far, person=desk.dora, role="manager")
    for team, name in ((desk.team, "near"), (far, "far")):
        entry = Entry("key.make", "key", name, team_id=team.pk, restricted=True, detail={"service": f"secret {name}"})
        record_in([entry], by=make.actor(desk.root), now=desk.now)
    said = {name: browser(desk, name).get("/audit").content.decode() for name in ("grace", "root", "dora")}
    assert "report.make" in said["grace"]
    assert "secret near" in said["grace"]
    assert "secret far" not in said["grace"]
    assert "report.make" not in said["root"]  # whatever they administer
    assert "secret near" in said["root"]
    assert "secret far" in said["dora"]
    assert "secret near" not in said["dora"]
    desk.do(set_circle, report, "named", by="bob")
    assert "report.make" not in browser(desk, "grace").get("/audit").content.decode()
    assert "report.make" not in browser(desk, "grace").get("/audit?action=report.").content.decode()
