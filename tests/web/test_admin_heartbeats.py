"""Heartbeats in the administration: made, changed, given up and taken back, by the admins of the team of their service."""

from __future__ import annotations

import html
import re

import pytest

from tests import factories as make
from tests.web.conftest import Desk
from tests.web.filling import applied, press, send, words
from tests.web.test_admin import desk  # noqa: F401  a fixture
from watchbill.audit.models import Record
from watchbill.config import actions, selectors
from watchbill.incidents.models import Service
from watchbill.intake.actions import create_heartbeat_key
from watchbill.intake.actions.heartbeats import watch_in
from watchbill.intake.models import Event, Heartbeat
from watchbill.kernel.clock import database_now

NEW = "/admin/heartbeats/new"


@pytest.fixture
def beat(desk: Desk) -> Heartbeat:  # noqa: F811
    watch_in("Nightly copy", {"service_id": desk.service.id, "every_seconds": 86400, "grace_seconds": 3600}, now=desk.now)
    return Heartbeat.objects.get()


@pytest.fixture
def far(desk: Desk) -> Service:  # noqa: F811
    """A service of the other team."""
    return make.service("Far away", desk.otto.memberships.get().team, make.policy("Far", desk.team, ([make.to(desk.bob)], "5m")))


def of(beat: Heartbeat) -> str:
    return f"/admin/heartbeats/{beat.id}"


def test_a_heartbeat_is_made_with_its_key_and_taken_back(desk: Desk):  # noqa: F811
    for lead in ("/admin", "/heartbeats", f"/admin/services/{desk.service.id}"):
        assert NEW in desk.as_("ada").get(lead).content.decode(), lead
    assert NEW not in desk.as_("bob").get("/heartbeats").content.decode()
    seen = send(desk, "ada", NEW, start=f"{NEW}?service=Detections", name="Nightly copy", every="1d", grace="30m", severity="low")
    for part in ("Made: heartbeat Nightly copy", "Nothing is changed yet"):
        assert part in words(seen)
    assert not Heartbeat.objects.exists()
    done = press(desk, "ada", NEW, seen)
    made = Heartbeat.objects.get()
    assert (made.service, made.every_seconds, made.grace_seconds, made.severity) == (desk.service, 86400, 1800, "low")
    assert made.due_at > desk.now
    record = Record.objects.get(action="config.edit")
    assert (record.actor, record.team_id, record.kind) == ("ada", desk.team.id, "heartbeats")
    assert f'href="{of(made)}"' in desk.as_("ada").get(done["Location"]).content.decode()
    page = desk.as_("ada").get(of(made))
    assert "It has no key: nothing can beat it" in words(page)
    assert f'action="/heartbeats/{made.id}/key"' in page.content.decode()
    assert f'href="{of(made)}"' in desk.as_("ada").get("/heartbeats").content.decode()
    assert f'href="{of(made)}"' not in desk.as_("bob").get("/heartbeats").content.decode()
    back = f"/admin/changes/{record.id}/undo"
    press(desk, "ada", back, desk.as_("ada").get(back))
    assert Heartbeat.objects.get().is_active is False
    assert desk.as_("ada").get(of(made)).status_code == 404


def test_what_is_wrong_is_said_beside_the_field_in_the_words_of_the_file(desk: Desk, beat: Heartbeat):  # noqa: F811
    wrong = send(desk, "ada", of(beat), every="soon", grace="x")
    assert wrong.status_code == 422
    page = wrong.content.decode()
    for name, typed in (("every", "soon"), ("grace", "x")):
        assert f'value="{typed}"' in page
        beside = re.search(rf'id="f-{name}-e">(.*?)</div>', page, re.DOTALL)
        assert "expected a duration such as" in html.unescape(beside[1])
    nothing = send(desk, "ada", NEW, name="", service="", every="")
    assert nothing.status_code == 422
    assert 'id="f-name-e"' in nothing.content.decode()
    for missing in ("service", "every"):
        assert f"{missing} is missing; expected it here." in words(nothing)
    assert "Nightly copy is there already" in words(send(desk, "ada", NEW, name="Nightly copy", service="Detections", every="1d"))
    assert not Record.objects.filter(action="config.edit").exists()


def test_a_heartbeat_is_changed_and_each_field_goes_back(desk: Desk, beat: Heartbeat):  # noqa: F811
    actions.apply(selectors.export(), by=make.actor(desk.root, "cli"), now=desk.now)
    seen = send(desk, "ada", of(beat), every="12h", severity="critical")
    for part in ("A sign is expected every", "How severe its silence is before: high after: critical"):
        assert part in words(seen)
    press(desk, "ada", of(beat), seen)
    beat.refresh_from_db()
    assert (beat.every_seconds, beat.grace_seconds, beat.severity) == (43200, 3600, "critical")
    assert "Changed here" in words(desk.as_("ada").get(of(beat)))
    record = Record.objects.get(action="config.edit")
    back = f"/admin/changes/{record.id}/undo"
    press(desk, "ada", back, desk.as_("ada").get(back))
    beat.refresh_from_db()
    assert (beat.every_seconds, beat.severity) == (86400, "high")
    assert "Changed here" not in words(desk.as_("ada").get(of(beat)))


def test_a_silent_one_is_given_up_with_what_that_ends_said_first(desk: Desk, beat: Heartbeat):  # noqa: F811
    _, secret = create_heartbeat_key(beat.name, by=make.actor(desk.root, "cli"), now=database_now())
    Heartbeat.objects.update(late_at=desk.now)
    seen = desk.as_("ada").post(of(beat), {"remove": "yes", "do": "review"})
    said = words(seen)
    for part in ("Deactivate Nightly copy?", "Detections gets no alert of it", "fires because of it is resolved", f"…{secret[-4:]}"):
        assert part in said
    assert Heartbeat.objects.get().is_active
    press(desk, "ada", of(beat), seen)
    assert Heartbeat.objects.get().is_active is False
    assert [event.dedup_key for event in Event.objects.all()] == ["heartbeat:Nightly copy"]
    record = Record.objects.get(action="config.edit")
    assert record.team_id == desk.team.id
    back = f"/admin/changes/{record.id}/undo"
    press(desk, "ada", back, desk.as_("ada").get(back))
    again = Heartbeat.objects.get()
    assert (again.is_active, again.late_at, again.grace_seconds) == (True, None, 3600)


def test_only_the_admins_of_the_team_of_its_service_change_it(desk: Desk, beat: Heartbeat, far: Service):  # noqa: F811
    for name in ("alice", "bob", "grace", "vera", "charlie", "otto"):
        for answer in (desk.as_(name).get(of(beat)), desk.as_(name).post(of(beat), {"remove": "yes", "do": "apply"})):
            assert answer.status_code == 404
            assert "Nightly" not in answer.content.decode()
    assert far.name not in desk.as_("ada").get(of(beat)).content.decode()
    assert send(desk, "ada", of(beat), service=far.name).status_code == 403
    assert send(desk, "ada", NEW, name="Theirs", service=far.name, every="1d").status_code == 403
    record = applied(desk, "root", of(beat), service=far.name)
    assert record.team_id == far.team_id
    assert desk.as_("ada").get(of(beat)).status_code == 404
    assert desk.as_("otto").get(of(beat)).status_code == 200
    back = f"/admin/changes/{record.id}/undo"
    assert desk.as_("otto").get(back).status_code == 403  # it would go to a team that is not theirs
    assert desk.as_("ada").get(back).status_code == 404
    press(desk, "root", back, desk.as_("root").get(back))
    assert Heartbeat.objects.get().service == desk.service
