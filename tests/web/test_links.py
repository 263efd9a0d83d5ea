"""The link in a mail: opening it never acts, pressing does, without signing in; what is over or not ours is said clearly."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests import factories as make
from tests.web.conftest import Desk
from watchbill.incidents.models import Access, Incident
from watchbill.notifications.models import Notification
from watchbill.notifications.signing import make_token
from watchbill.response import actions


def token(incident: Incident, person: object) -> str:
    notification = Notification.objects.filter(incident_id=incident.id, person=person, kind="page").first()
    return make_token(person.id, incident.id, notification.id if notification else 0)  # type: ignore[attr-defined]


def bare() -> Client:
    """The browser of a mail program: no cookie, and cross-site tokens are checked."""
    return Client(enforce_csrf_checks=True)


def test_opening_the_link_asks_once_and_does_nothing(desk: Desk):
    incident = desk.page("db down", "critical")
    for method in ("get", "head"):
        answer = getattr(bare(), method)(f"/a/{token(incident, desk.alice)}")
        assert answer.status_code == 200
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    html = bare().get(f"/a/{token(incident, desk.alice)}").content.decode()
    assert f"Acknowledge and own #{incident.number}" in html
    assert "As Alice." in html
    assert re.search(r"<b>Grace</b> is paged in", html)
    incident.refresh_from_db()
    assert incident.status == "triggered"


@pytest.mark.req("G7")
def test_pressing_acknowledges_without_a_session_and_says_so(desk: Desk):
    incident = desk.page()
    answer = bare().post(f"/a/{token(incident, desk.alice)}", follow=True)
    assert answer.status_code == 200
    assert "You have it." in answer.content.decode()
    incident.refresh_from_db()
    assert incident.owner == desk.alice
    assert incident.timeline.filter(kind="acknowledged", via="mail link", actor=desk.alice).exists()
    assert "sessionid" not in answer.client.cookies


def test_pressing_twice_changes_nothing_and_the_late_one_reads_who_has_it(desk: Desk):
    incident = desk.page()
    desk.act("bob", actions.acknowledge, incident)
    html = bare().post(f"/a/{token(incident, desk.alice)}", follow=True).content.decode()
    incident.refresh_from_db()
    assert incident.owner == desk.bob
    assert "Bob has it" in html
    assert '<form method="post" class' not in html


def test_resolve_by_its_own_link_asks_as_well(desk: Desk):
    incident = desk.page()
    html = bare().get(f"/a/{token(incident, desk.alice)}?act=resolve").content.decode()
    assert f"Resolve #{incident.number}" in html
    bare().post(f"/a/{token(incident, desk.alice)}?act=resolve")
    incident.refresh_from_db()
    assert incident.status == "resolved"
    assert "Nothing is left to do here" in bare().get(f"/a/{token(incident, desk.alice)}").content.decode()


def test_a_foreign_or_broken_link_gets_a_clear_page_and_does_nothing(desk: Desk):
    incident = desk.page()
    good = token(incident, desk.alice)
    for bad in ("x", good[:-2], good + "A", good.replace("~", "."), f"{desk.bob.id}{good[good.index('.') :]}", "%00", "a" * 3000):
        for answer in (bare().get(f"/a/{bad}"), bare().post(f"/a/{bad}")):
            assert answer.status_code == 404, bad
            assert "This link is over" in answer.content.decode()
    incident.refresh_from_db()
    assert incident.status == "triggered"


def test_the_link_of_somebody_who_left_is_over(desk: Desk):
    incident = desk.page()
    link = f"/a/{token(incident, desk.alice)}"
    desk.alice.is_active = False
    desk.alice.save()
    assert bare().post(link).status_code == 404


def test_a_viewer_who_was_never_asked_is_refused_with_the_reason(desk: Desk):
    incident = desk.page()
    answer = bare().post(f"/a/{make_token(desk.vera.id, incident.id, 0)}")
    assert answer.status_code == 403
    assert "it takes a responder" in answer.content.decode()


@pytest.mark.req("R8")
def test_of_a_restricted_one_the_link_shows_the_code_name_and_ends_with_the_access(desk: Desk):
    secret = desk.page("insider copied the list", restricted=True)
    link = f"/a/{token(secret, desk.alice)}"
    html = bare().get(link).content.decode()
    assert secret.code_name in html
    assert "insider" not in html
    assert "Detections" not in html
    Access.objects.update(ended_at=desk.now)
    gone = bare().get(link)
    assert gone.status_code == 404
    assert str(secret.number) not in gone.content.decode()


@pytest.mark.req("P14")
def test_one_answer_takes_all_that_went_in_the_same_message(desk: Desk):
    first, second, third = (desk.page(f"alert {n}") for n in range(3))
    own, *others = [Notification.objects.get(incident_id=each.id, person=desk.alice) for each in (first, second, third)]
    Notification.objects.filter(id__in=[each.id for each in others]).update(bundle=own, state="bundled")
    link = f"/a/{make_token(desk.alice.id, first.id, own.id)}"
    html = bare().get(link).content.decode()
    assert "Acknowledge and own all 3" in html
    assert f"#{third.number}" in html
    bare().post(link)
    assert {each.owner for each in Incident.objects.all()} == {desk.alice}


def test_the_demo_shows_its_mails_with_their_links_and_only_a_demo_does(desk: Desk):
    from watchbill.people.models import Organization

    incident = desk.page("db down")
    Notification.objects.filter(incident_id=incident.id).update(state="delivered", finished_at=desk.now)
    assert desk.as_("bob").get("/demo/inbox").status_code == 404
    Organization.objects.update(demo=True)
    html = desk.as_("bob").get("/demo/inbox").content.decode()
    assert "db down" in html
    assert f'href="/a/{token(incident, desk.alice)}"' in html.replace("&amp;", "&")
    assert "This is a demo." in html
    assert make.MIN
