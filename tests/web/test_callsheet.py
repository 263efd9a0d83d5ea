"""The call sheet: in the right order, for those who answer for the team, on paper and in a file that opens when all else is down."""

from __future__ import annotations

import base64
import json
import re

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from tests import factories as make
from tests.factories import T0
from watchbill.audit.models import Record
from watchbill.incidents.models import TimelineEntry
from watchbill.notifications.models import Contact
from watchbill.paging.models import TeamPaging
from watchbill.people.models import Membership
from watchbill.schedules.models import Schedule

pytestmark = pytest.mark.django_db
WORDS = "a long enough passphrase"


@pytest.fixture
def phones(desk):
    for n, name in enumerate(("alice", "bob", "grace")):
        Contact.objects.create(person=desk.people[name], kind="voice", address=f"+1500555000{n}", position=1, verified_at=T0)
    return desk


def sheet(desk, who: str, query: str = "", **more):
    return desk.as_(who).get(f"/callsheet/{desk.team.id}{query}", **more)


@pytest.mark.req("G39", "G40", "G41")
def test_the_order_is_the_guides_and_each_has_a_number(phones):
    backup = make.person("dora", contacts=("email",), timezone="Asia/Tokyo")
    Membership.objects.create(team=phones.team, person=backup)
    make.schedule("Backup", phones.team, phones.bob, position=1)
    TeamPaging.objects.create(team=phones.team, manager_schedule=Schedule.objects.get(name="Managers"))
    text = sheet(phones, "alice").content.decode()
    titles = re.findall(r"<h2 id=\"g\d\">\d\. ([^<]+)</h2>", text)
    assert titles == ["Responder", "Backup", "Managers", "The others"]
    assert 'href="tel:+15005550000"' in text
    assert text.index("Alice") < text.index("Bob") < text.index("Grace") < text.index("Dora")
    assert "No number" in text.split("Dora")[1]


def test_a_gap_is_said_and_the_others_follow(phones):
    make.schedule("Nobody", phones.team, position=2)
    text = sheet(phones, "bob").content.decode()
    assert "Gap: nobody" in text


@pytest.mark.parametrize("who", ["charlie", "vera"])
def test_numbers_are_not_for_others(phones, who):
    for path in ("", "/offline", "/called"):
        url = f"/callsheet/{phones.team.id}{path}"
        answer = phones.as_(who).post(url, {"passphrase": WORDS}) if path else phones.as_(who).get(url)
        assert answer.status_code in (403, 404), path
        assert "+1500" not in answer.content.decode()
    assert not Record.objects.filter(action="callsheet.export").exists()


def test_the_list_offers_what_one_may_open(phones):
    assert phones.as_("alice").get("/callsheet").headers["location"] == f"/callsheet/{phones.team.id}"
    assert phones.team.name in phones.as_("root").get("/callsheet").content.decode()
    assert "no sheet for you" in phones.as_("vera").get("/callsheet").content.decode()


@pytest.mark.req("G39", "G41")
def test_each_call_is_written_down_with_its_end_and_makes_no_owner(phones):
    incident = phones.page("db down")
    assert "Call sheet: numbers in order" in phones.as_("grace").get(f"/incidents/{incident.number}").content.decode()
    assert f"#{incident.number}" in sheet(phones, "grace", f"?incident={incident.number}").content.decode()
    url = f"/callsheet/{phones.team.id}/called"
    for ended in ("no_answer", "voicemail", "reached"):
        answer = phones.as_("grace").post(url, {"incident": incident.number, "person": "alice", "ended": ended})
        assert answer.status_code == 303
    lines = list(TimelineEntry.objects.filter(incident=incident, kind="called").order_by("id").values_list("text", flat=True))
    assert lines == ["Grace called Alice: no answer.", "Grace called Alice: voicemail, which is nobody.", "Grace called Alice: reached."]
    incident.refresh_from_db()
    assert incident.owner is None
    assert incident.status == "triggered"
    assert Record.objects.filter(action="incident.call").count() == 3
    phones.as_("grace").post(url, {"incident": incident.number, "person": "alice", "ended": "asleep"})
    assert Record.objects.filter(action="incident.call").count() == 3


def test_a_restricted_incident_is_not_named_here_to_strangers(phones):
    secret = phones.page("insider", restricted=True)
    for query in (f"?incident={secret.number}", "?incident=999999"):
        assert sheet(phones, "bob", query).status_code == 404
    answer = phones.as_("bob").post(
        f"/callsheet/{phones.team.id}/called", {"incident": secret.number, "person": "alice", "ended": "reached"}
    )
    assert answer.status_code == 404


def opened(page: str, passphrase: str) -> str:
    sealed = json.loads(re.search(r'id="sealed">(.*?)</script>', page).group(1))
    part = {name: base64.b64decode(sealed[name]) for name in ("salt", "nonce", "box")}
    key = PBKDF2HMAC(SHA256(), 32, part["salt"], sealed["rounds"]).derive(passphrase.encode())
    return AESGCM(key).decrypt(part["nonce"], part["box"], None).decode()


@pytest.mark.req("G39")
def test_the_file_holds_everything_and_tells_nothing_without_its_passphrase(phones):
    answer = phones.as_("grace").post(f"/callsheet/{phones.team.id}/offline", {"passphrase": WORDS})
    page = answer.content.decode()
    assert answer.headers["content-disposition"].startswith('attachment; filename="call-sheet-')
    assert "+1500" not in page
    assert "alice" not in page.lower()
    assert WORDS not in page
    assert "http" not in page.replace("http-equiv", ""), "it loads nothing"
    inside = opened(page, WORDS)
    for said in ("+15005550000", "Alice", "Grace", "Responder"):
        assert said in inside
    with pytest.raises(InvalidTag):
        opened(page, WORDS + "!")
    (record,) = Record.objects.filter(action="callsheet.export")
    assert record.actor == "grace"
    assert WORDS not in json.dumps(record.detail)


def test_names_cannot_break_out_of_the_file(phones):
    phones.alice.name = "</script><script>alert(1)</script>"
    phones.alice.save()
    page = phones.as_("grace").post(f"/callsheet/{phones.team.id}/offline", {"passphrase": WORDS}).content.decode()
    assert "<script>alert" not in opened(page, WORDS)


def test_a_short_passphrase_makes_no_file(phones):
    answer = phones.as_("grace").post(f"/callsheet/{phones.team.id}/offline", {"passphrase": "short"}, follow=True)
    assert "No file was made" in answer.content.decode()
    assert not Record.objects.filter(action="callsheet.export").exists()
