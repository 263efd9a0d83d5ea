"""Runbooks on the pages: written with a preview, compared, and shown on the incident."""

from __future__ import annotations

import pytest

from tests.web.conftest import Desk
from watchbill.incidents.models import Service
from watchbill.runbooks.models import Place, Runbook

HOSTILE = "<script>alert(1)</script>"


def send(desk: Desk, name: str, path: str, **said: object):
    fields = {"title": "Database down", "text": f"# Look\n\n{HOSTILE}", "service": "Detections", "why": "first"}
    return desk.as_(name).post(path, {**fields, **said})


@pytest.mark.req("G16")
def test_one_is_written_with_a_preview_compared_and_shown_on_its_incidents(desk: Desk):
    seen = send(desk, "alice", "/runbooks/new", do="preview").content.decode()
    assert "<h3>Look</h3>" in seen
    assert HOSTILE not in seen
    assert 'value="Detections" checked' in seen
    assert not Runbook.objects.exists()
    answer = send(desk, "alice", "/runbooks/new", do="save")
    row = Runbook.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/runbooks/{row.id}")
    html = desk.as_("vera").get(f"/runbooks/{row.id}").content.decode()
    assert "alerts of Detections" in html
    assert f"/runbooks/{row.id}/edit" not in html
    incident = desk.page()
    shown = desk.as_("bob").get(f"/incidents/{incident.number}").content.decode()
    assert "Database down" in shown
    assert "for this service" in shown
    assert HOSTILE not in shown
    assert send(desk, "bob", f"/runbooks/{row.id}/edit", do="save", seen="1", text="Look twice", why="learned").status_code == 303
    compared = desk.as_("vera").get(f"/runbooks/{row.id}/versions/2").content.decode()
    assert "<ins>Look twice</ins>" in compared
    assert "<del># Look</del>" in compared
    assert "learned" in compared
    late = send(desk, "alice", f"/runbooks/{row.id}/edit", do="save", seen="1", text="Look elsewhere")
    assert late.status_code == 422
    html = late.content.decode()
    assert "Somebody wrote version 2 since you began with 1" in html
    assert "<del>Look twice</del>" in html
    assert 'name="seen" value="2"' in html
    assert "Look elsewhere" in html


def test_where_it_is_shown_is_checked_and_said(desk: Desk):
    for wrong, why in (
        ({"service": "Nothing"}, "has no service called"),
        ({"when": "component"}, "expected each field once"),
        ({"when": "summary=/(/"}, "cannot be used"),
        ({"title": ""}, "Give it a title"),
    ):
        refused = send(desk, "alice", "/runbooks/new", do="save", **wrong)
        assert refused.status_code == 422
        assert why in refused.content.decode()
    send(desk, "alice", "/runbooks/new", do="save", service="", when="component=db1\nsummary=/^disk/")
    place = Place.objects.get()
    assert (place.service_id, place.when) == (None, {"component": "db1", "summary": "/^disk/"})
    assert (
        "any service of the team with summary /^disk/ and component db1"
        in desk.as_("bob").get(f"/runbooks/{place.runbook_id}").content.decode()
    )
    assert Service.objects.filter(name="Detections").exists()
    assert "is shown at no alert any more" in desk.as_("bob").post(f"/runbooks/{place.runbook_id}/retire", follow=True).content.decode()
    assert "None yet." in desk.as_("bob").get("/runbooks").content.decode()
    assert "Database down" in desk.as_("bob").get("/runbooks?retired").content.decode()
    assert desk.as_("charlie").get(f"/runbooks/{place.runbook_id}/edit").status_code == 403
