"""Split a storm in the browser: choose, and be on the new incident's page."""

from __future__ import annotations

import pytest

from tests.web.conftest import Desk
from watchbill.incidents.models import Incident
from watchbill.intake.models import Alert

pytestmark = pytest.mark.django_db


def storm(desk: Desk, count: int = 4, **fields: object) -> Incident:
    incident = desk.page("Alert storm on S: disk full", storm=True, **fields)
    for n in range(count):
        Alert.objects.create(
            service=desk.service,
            incident=incident,
            dedup_key=f"k{n}",
            severity="high",
            summary=f"disk {n} full",
            source="<b>host</b>",
            component="db" if n % 2 else "web",
            first_at=desk.now,
            last_at=desk.now,
        )
    return incident


def test_a_storm_says_that_it_can_be_split_and_the_chosen_alerts_are_on_the_new_page(desk: Desk):
    incident = storm(desk)
    alice = desk.as_("alice")
    address = f"/incidents/{incident.number}/split"
    assert f'href="{address}"' in alice.get(f"/incidents/{incident.number}").content.decode()
    form = alice.get(address).content.decode()
    assert "4 alerts fire in it" in form
    assert "&lt;b&gt;host&lt;/b&gt;" in form
    assert 'value="component=db"' in form
    assert 'name="keep" value="yes" checked' not in form  # she does not have it yet
    done = alice.post(address, {"key": ["k1", "k2"]}, follow=True)
    new = Incident.objects.exclude(pk=incident.pk).get()
    assert done.redirect_chain == [(f"/incidents/{new.number}", 303)]
    assert f"#{new.number} has 2 alerts of #{incident.number}. Its page begins." in done.content.decode()


def test_by_what_they_share_and_kept(desk: Desk):
    incident = storm(desk)
    desk.as_("alice").post(f"/incidents/{incident.number}/acknowledge")
    address = f"/incidents/{incident.number}/split"
    assert 'name="keep" value="yes" checked' in desk.as_("alice").get(address).content.decode()
    desk.as_("alice").post(address, {"shared": "component=db", "keep": "yes"})
    new = Incident.objects.exclude(pk=incident.pk).get()
    assert (new.owner, new.alerts.count()) == (desk.alice, 2)


def test_what_is_refused_is_said_and_the_ticks_stay(desk: Desk):
    incident = storm(desk, 2)
    page = desk.as_("alice").post(f"/incidents/{incident.number}/split", {"key": ["k0", "k1"]}).content.decode()
    assert "Leave at least one" in page
    assert 'value="k0" checked' in page
    assert Incident.objects.count() == 1


def test_one_alert_or_a_resolved_incident_offers_nothing(desk: Desk):
    incident = storm(desk, 1)
    assert "nothing to take apart" in desk.as_("alice").get(f"/incidents/{incident.number}/split").content.decode()
    assert "/split" not in desk.as_("alice").get(f"/incidents/{incident.number}").content.decode()
    desk.as_("alice").post(f"/incidents/{incident.number}/resolve")
    assert "It is resolved" in desk.as_("alice").get(f"/incidents/{incident.number}/split").content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_charlie_finds_no_restricted_one_and_a_viewer_is_told_why_not(desk: Desk, method: str):
    secret = storm(desk, restricted=True)
    ask = getattr(desk.as_("charlie"), method)
    told = ask(f"/incidents/{secret.number}/split", {"key": ["k1"]})
    never = ask("/incidents/999999937/split", {"key": ["k1"]})
    assert (told.status_code, never.status_code) == (404, 404)
    assert "disk" not in told.content.decode()
    Alert.objects.all().delete()
    incident = storm(desk)
    refused = getattr(desk.as_("vera"), method)(f"/incidents/{incident.number}/split", {"key": ["k1"]})
    assert refused.status_code == 403
    assert "it takes a responder" in refused.content.decode()
    assert Incident.objects.count() == 2
