"""Devices on the page You, the button of a notification, and what makes the desk installable: from outside, by HTTP."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from tools.icons import ICONS, draw

from tests import factories as make
from tests.connectors.push import Browser
from tests.web.conftest import Desk
from watchbill.audit.models import Record
from watchbill.incidents.models import Access, Incident
from watchbill.kernel import kinds
from watchbill.kernel.clock import database_now
from watchbill.notifications.actions import device_gone
from watchbill.notifications.models import Contact, Device, Notification, Rule
from watchbill.notifications.signing import BUTTON, make_token
from watchbill.people.models import Person
from watchbill.response import actions
from watchbill.web.files import FOLDER, files

ENDPOINT = "https://push.example.org/secret-endpoint"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"


@pytest.fixture(autouse=True)
def _push_works(desk: Desk) -> None:
    kinds.fill([kinds.Kind("email", True), kinds.Kind("webhook", True), kinds.Kind("push", True)])


def subscribe(client: Client, subscription: Any, agent: str = IPHONE) -> Any:
    return client.post("/you/devices", json.dumps(subscription), content_type="application/json", HTTP_USER_AGENT=agent)


def rings(desk: Desk, name: str = "alice", endpoint: str = ENDPOINT) -> Device:
    assert subscribe(desk.as_(name), Browser(endpoint).subscription).status_code == 201
    return Device.objects.order_by("-created_at", "-pk").first()  # type: ignore[return-value]


def token(incident: Incident, person: Person, salt: str = BUTTON) -> str:
    notification = Notification.objects.filter(incident_id=incident.id, person=person, kind="page").first()
    return make_token(person.id, incident.id, notification.id if notification else 0, salt=salt)


def press(incident: Incident, person: Person, **more: Any) -> Any:
    return Client(enforce_csrf_checks=True).post(f"/push/acknowledge/{token(incident, person, **more)}")


@pytest.mark.req("G7")
def test_a_signed_in_person_makes_this_browser_ring_and_it_is_verified_by_that(desk: Desk):
    device = rings(desk)
    contact = device.contact
    assert (contact.person, contact.kind, contact.verified_by, contact.verified_at is not None) == (desk.alice, "push", "device", True)
    assert device.label == "Safari on iPhone"
    record = Record.objects.get(action="device.add")
    assert (record.actor, record.via, record.detail) == ("alice", "web", {"handle": "alice", "device": "Safari on iPhone"})
    html = desk.as_("alice").get("/you").content.decode()
    assert "Safari on iPhone" in html
    assert "you were signed in on it" in html
    assert "secret-endpoint" not in html
    assert "secret-endpoint" not in device.subscription
    desk.page()
    methods = set(Notification.objects.filter(person=desk.alice, kind="page").values_list("contact__kind", flat=True))
    assert methods == {"email", "push"}


def test_subscribing_the_same_browser_again_changes_nothing(desk: Desk):
    browser = Browser(ENDPOINT)
    for _ in range(2):
        assert subscribe(desk.as_("alice"), browser.subscription).status_code == 201
    assert Device.objects.count() == Contact.objects.filter(kind="push").count() == 1


def test_a_browser_rings_for_whoever_signed_in_last_and_the_other_is_told(desk: Desk):
    browser = Browser(ENDPOINT)
    subscribe(desk.as_("alice"), browser.subscription)
    subscribe(desk.as_("bob"), browser.subscription)
    live = Device.objects.exclude(subscription="").get()
    assert live.contact.person == desk.bob
    told = Notification.objects.get(person=desk.alice, kind="status")
    assert "made it ring for them" in told.content["reason"]
    assert "bob" not in json.dumps(told.content).lower()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: [], "endpoint and keys"),
        (lambda s: {**s, "endpoint": "javascript:alert(1)"}, "https address"),
        (lambda s: {**s, "endpoint": "https://me:secret@push.example.org/"}, "https address"),
        (lambda s: {**s, "endpoint": "https://push.example.org/" + "x" * 3000}, "https address"),
        (lambda s: {**s, "keys": {**s["keys"], "auth": "c2hvcnQ"}}, "16 bytes"),
        (lambda s: {**s, "keys": {**s["keys"], "p256dh": "BA" + "A" * 85}}, "P-256 point"),
        (lambda s: {**s, "keys": {**s["keys"], "p256dh": 7}}, "P-256 point"),
    ],
)
def test_what_is_no_subscription_is_refused_with_what_was_expected(desk: Desk, change: Any, said: str):
    answer = subscribe(desk.as_("alice"), change(Browser(ENDPOINT).subscription))
    assert answer.status_code == 422
    assert said in answer.json()["message"]
    assert not Device.objects.exists()


def test_what_is_no_json_or_too_long_is_refused(desk: Desk):
    for body in ("{", "x" * 20_000, "[" * 9000):
        assert desk.as_("alice").post("/you/devices", body, content_type="application/json").status_code == 422


def test_ten_devices_are_enough(desk: Desk):
    for n in range(10):
        rings(desk, endpoint=f"{ENDPOINT}/{n}")
    answer = subscribe(desk.as_("alice"), Browser(f"{ENDPOINT}/11").subscription)
    assert answer.status_code == 409
    assert "Remove one" in answer.json()["message"]


def test_nobody_subscribes_without_signing_in_or_from_another_site(desk: Desk):
    body = json.dumps(Browser(ENDPOINT).subscription)
    assert Client().post("/you/devices", body, content_type="application/json").status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.alice, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post("/you/devices", body, content_type="application/json").status_code == 403
    assert not Device.objects.exists()


def test_a_test_goes_to_that_device_alone_and_asks_for_nothing(desk: Desk):
    device, _ = rings(desk), rings(desk, endpoint=f"{ENDPOINT}/2")
    answer = desk.as_("alice").post(f"/you/devices/{device.pk}/try")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/you#devices")
    (queued,) = Notification.objects.filter(kind="drill")
    assert (queued.contact_id, queued.person, queued.incident_id) == (device.pk, desk.alice, None)


def test_a_removed_device_is_forgotten_and_the_evidence_stays(desk: Desk):
    device = rings(desk)
    assert desk.as_("alice").post(f"/you/devices/{device.pk}/remove").status_code == 303
    device.refresh_from_db()
    assert device.subscription == ""
    assert Contact.objects.get(pk=device.pk).removed_at is not None
    assert "Safari on iPhone" not in desk.as_("alice").get("/you").content.decode().split('class="flash')[0]
    assert Record.objects.filter(action="device.remove").exists()
    assert subscribe(desk.as_("alice"), Browser(ENDPOINT).subscription).status_code == 201, "and may ring again"


@pytest.mark.parametrize("act", ["try", "remove", "explode"])
def test_charlie_cannot_touch_a_device_of_somebody_else_nor_learn_of_it(desk: Desk, act: str):
    device = rings(desk)
    theirs = desk.as_("charlie").post(f"/you/devices/{device.pk}/{act}")
    none = desk.as_("charlie").post(f"/you/devices/424242/{act}")
    assert theirs.status_code == none.status_code == 404
    assert Client().post(f"/you/devices/{device.pk}/{act}").status_code == 302
    device.refresh_from_db()
    assert device.subscription != ""
    assert not Notification.objects.filter(kind="drill").exists()


def test_a_device_that_was_lost_is_shown_with_the_reason(desk: Desk):
    device = rings(desk)
    device_gone(device.contact.address, "The push service says that the subscription is over.", now=database_now())
    html = desk.as_("alice").get("/you").content.decode()
    assert "Does not ring any more" in html
    assert "the subscription is over" in html


def test_rules_that_leave_devices_silent_are_said(desk: Desk):
    rings(desk)
    assert "do not name" not in desk.as_("alice").get("/you").content.decode()
    Rule.objects.create(person=desk.alice, urgency="high", after_seconds=0, kinds=["email"])
    assert "Your high rules do not name <b>push</b>" in desk.as_("alice").get("/you").content.decode()


def test_a_device_does_not_take_the_place_of_the_account_s_mail(desk: Desk):
    Contact.objects.filter(person=desk.alice).delete()
    rings(desk)
    desk.page()
    rows = Notification.objects.filter(person=desk.alice, kind="page").values_list("contact__kind", flat=True)
    assert set(rows) == {None, "push"}


def test_a_browser_renews_its_subscription_with_the_old_one_as_proof(desk: Desk):
    old, new, stranger = Browser(ENDPOINT), Browser(f"{ENDPOINT}/new"), Browser(ENDPOINT)
    stranger.auth = b"not the same one"
    subscribe(desk.as_("alice"), old.subscription)

    def renew(before: Browser, after: Browser) -> Any:
        body = json.dumps({"old": before.subscription, "new": after.subscription})
        return Client(enforce_csrf_checks=True).post("/push/renew", body, content_type="application/json")

    assert renew(stranger, Browser(f"{ENDPOINT}/thief")).status_code == 404
    assert renew(Browser(f"{ENDPOINT}/unknown"), new).status_code == 404
    assert renew(old, new).status_code == 200
    assert renew(old, new).status_code == 404, "the old one is over"
    assert Record.objects.filter(action="device.renew").count() == 1
    assert Client().post("/push/renew", "[]", content_type="application/json").status_code == 422


@pytest.mark.req("G7")
def test_the_button_acknowledges_without_a_session_and_says_whose_it_is(desk: Desk):
    incident = desk.page()
    answer = press(incident, desk.alice)
    assert (answer.status_code, answer.json()) == (200, {"state": "yours", "text": "It is yours."})
    assert "sessionid" not in answer.cookies
    assert "no-store" in answer.headers["Cache-Control"]
    incident.refresh_from_db()
    assert incident.owner == desk.alice
    assert incident.timeline.filter(kind="acknowledged", via="push", actor=desk.alice).count() == 1
    assert press(incident, desk.alice).json()["state"] == "yours", "again changes nothing"
    assert incident.timeline.filter(kind="acknowledged").count() == 1


def test_the_second_reads_who_has_it(desk: Desk):
    incident = desk.page()
    desk.act("bob", actions.acknowledge, incident)
    assert press(incident, desk.alice).json() == {"state": "theirs", "text": "Bob has it."}
    desk.act("bob", actions.resolve, incident)
    over = press(incident, desk.alice).json()
    assert over["state"] in ("over", "theirs")
    incident.refresh_from_db()
    assert incident.owner == desk.bob


def test_of_a_restricted_incident_no_name_is_told(desk: Desk):
    incident = desk.page(restricted=True)
    Access.objects.create(incident=incident, person=desk.bob, granted_at=desk.now)
    desk.act("bob", actions.acknowledge, incident)
    assert press(incident, desk.alice).json()["text"] == "It is taken care of."


def test_opening_the_button_s_address_does_nothing(desk: Desk):
    incident = desk.page()
    assert Client().get(f"/push/acknowledge/{token(incident, desk.alice)}").status_code == 405
    incident.refresh_from_db()
    assert incident.status == "triggered"


def test_a_token_of_another_kind_or_none_of_ours_is_refused(desk: Desk):
    incident = desk.page()
    assert press(incident, desk.alice, salt="watchbill.notifications.link").status_code == 404
    assert Client().post("/push/acknowledge/nonsense").status_code == 404
    assert Client().post(f"/a/{token(incident, desk.alice)}").status_code == 404
    incident.refresh_from_db()
    assert incident.status == "triggered"


def test_charlie_learns_nothing_from_a_button_that_is_not_theirs_any_more(desk: Desk):
    incident = desk.page("Payroll leak", restricted=True)
    answers = [press(incident, desk.charlie), Client().post("/push/acknowledge/nonsense")]
    desk.alice.is_active = False
    desk.alice.save()
    answers.append(press(incident, desk.alice))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    incident.refresh_from_db()
    assert incident.status == "triggered"


def test_the_worker_stands_over_the_whole_site_and_is_asked_for_again(db: None):
    answer = Client().get("/sw.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
    given = json.loads(re.match(r"const GIVEN = (.*);\n", answer.content.decode()).group(1))  # type: ignore[union-attr]
    for path in (*given["kept"], given["icon"], given["badge"]):
        assert Client().get(path).status_code == 200, path
    assert set(given["kept"]) == {"/offline", *(p for p in given["kept"] if p.startswith("/static/"))}, "nothing that shows a state"


@pytest.mark.django_db
def test_the_offline_page_says_plainly_what_is_and_what_to_do_for_everybody_alike(desk: Desk):
    desk.page("Secret incident")
    plain, mine = Client().get("/offline").content, desk.as_("alice").get("/offline").content
    assert plain == mine
    text = plain.decode()
    assert "The desk cannot be reached" in text
    assert "call sheet" in text
    assert "Secret incident" not in text


def test_the_desk_is_installable(db: None):
    answer = Client().get("/manifest.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["display"], manifest["scope"], manifest["start_url"]) == ("standalone", "/", "/")
    sizes = {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]}
    assert sizes == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    for icon in manifest["icons"]:
        picture = Client().get(icon["src"])
        assert picture.headers["Content-Type"] == "image/png"
        assert picture.content[16:24] == b"".join(int(n).to_bytes(4, "big") for n in icon["sizes"].split("x"))
    html = Client().get("/accounts/login/").content.decode()
    assert 'rel="manifest" href="/manifest.webmanifest"' in html


@pytest.mark.parametrize("name", ["badge-96.png", "icon-180.png"])
def test_icons_are_those_that_the_build_draws(name: str):
    assert (FOLDER / name).read_bytes() == draw(*ICONS[name])
    assert set(ICONS) <= set(files())


def test_a_contact_of_apprise_shows_no_password(desk: Desk):
    Contact.objects.create(person=desk.alice, kind="apprise", address="tgram://1:hunter2/3", verified_at=make.T0, verified_by="operator")
    html = desk.as_("alice").get("/you").content.decode()
    assert "tgram://..." in html
    assert "hunter2" not in html
