"""Policies: whom a page would reach, at any moment, and why."""

from __future__ import annotations

import pytest

from tests import factories as make
from watchbill.notifications.models import Contact
from watchbill.paging.models import Policy

pytestmark = pytest.mark.django_db


def test_the_list_names_policies_and_who_uses_them(desk):
    text = desk.as_("charlie").get("/policies").content.decode()
    assert "Walk" in text
    assert "Used by Detections" in text


def test_a_page_now_is_walked_ahead(desk):
    found = Policy.objects.get(name="Walk")
    text = desk.as_("alice").get(f"/policies/{found.id}").content.decode()
    assert text.index("Alice") < text.index("Grace") < text.index("Last resort")
    assert "after 15 min" in text
    assert "You have the watch" in text


def test_another_moment_is_in_the_readers_zone_and_a_strange_one_is_refused_with_words(desk):
    desk.alice.timezone = "Asia/Tokyo"
    desk.alice.save()
    found = Policy.objects.get(name="Walk")
    text = desk.as_("alice").get(f"/policies/{found.id}?at=2031-06-01T03:00").content.decode()
    assert "2031-05-31T18:00:00.000Z" in text
    refused = desk.as_("alice").get(f"/policies/{found.id}?at=tomorrow<b>")
    assert refused.status_code == 200
    assert "is no time" in refused.content.decode()
    assert "<b>" not in refused.content.decode().split("is no time")[0][-60:]


def test_whoever_hears_nothing_is_red(desk):
    Contact.objects.filter(person=desk.alice).update(verified_at=None)
    found = Policy.objects.get(name="Walk")
    assert "Hears nothing" in desk.as_("bob").get(f"/policies/{found.id}").content.decode()


def test_there_is_no_such_policy(desk):
    assert desk.as_("alice").get("/policies/999999").status_code == 404
    make.policy("Old", desk.team, ([make.to(desk.alice)], "15m"))
    Policy.objects.filter(name="Old").update(is_active=False)
    gone = Policy.objects.get(name="Old")
    assert desk.as_("alice").get(f"/policies/{gone.id}").status_code == 404


def test_strangers_sign_in_first(client):
    assert client.get("/policies").status_code == 302
