from __future__ import annotations

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls")]


def test_first(desk):
    inc = desk.open()
    got = desk.get(f"/incidents/{inc.number}", desk.alice)
    print(got)
    print(desk.get("/oncall", desk.alice))
    print(desk.get("/schedules/First/shifts?from=2026-03-02T00:00:00Z&to=2026-04-02T00:00:00Z", desk.alice))
    print(desk.post(f"/incidents/{inc.number}/acknowledge", desk.alice))
    print(desk.get(f"/incidents/{inc.number}/timeline", desk.alice))
    print(desk.get(f"/notifications?incident={inc.number}", desk.alice))
    print(desk.get(f"/audit", desk.root))
    print(desk.get(f"/people", desk.root), desk.get("/teams", desk.root), desk.get("/services", desk.root))
    print(desk.get(f"/nope", desk.root), desk.get("/incidents/1/acknowledge", desk.root))
    assert 0
