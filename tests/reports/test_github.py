"""Private vulnerability reports of a repository on GitHub become reports, by the real reader and a fake that speaks its wire."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterator

import pytest
from django.test import Client

from tests.connectors.github.advisories import REPOSITORY, Advisories, advisories, hook
from tests.connectors.tracker.fake import CUT, GARBLED, LIE
from tests.reports.conftest import Desk
from tests.reports.test_pages import browser
from watchbill.connectors import platform as kinds
from watchbill.connectors.outgoing import Outgoing
from watchbill.engine.platforms import PlatformThread
from watchbill.kernel.clock import database_now
from watchbill.notifications.models import Notification
from watchbill.platforms.models import Platform, Remote, Write
from watchbill.platforms.selectors import settings_of
from watchbill.reports.actions import talking, triage
from watchbill.reports.models import Entry, Report
from watchbill.reports.selectors.reading import pays

NETS = (ipaddress.ip_network("127.0.0.0/8"),)


class House:
    """The repository's platform, and the engine's part, one round at a time."""

    def __init__(self, desk: Desk, fake: Advisories) -> None:
        self.fake = fake
        desk.program.platform = "advisories"
        desk.program.save()
        self.row = Platform.objects.create(
            name="advisories", kind="github", url=fake.url, program=REPOSITORY, token_env="PVR_TOKEN", webhook_env="PVR_SECRET"
        )
        self.thread = PlatformThread(settings_of(self.row), 1, build=lambda platform: kinds.build_client(platform, Outgoing(NETS)))

    def round(self) -> None:
        Platform.objects.update(due_at=database_now(), wait_until=None)
        Remote.objects.update(listen_at=None)
        self.thread.work()


@pytest.fixture
def house(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("PVR_TOKEN", "right")
    monkeypatch.setenv("PVR_SECRET", "s3cret")
    desk.now = database_now()
    with advisories() as fake:
        made = House(desk, fake)
        yield made
        made.thread.close()


@pytest.mark.req("K18")
def test_each_private_report_is_here_once_with_somebody_accountable(desk: Desk, house: House):
    ids = [house.fake.add(f"Overflow {n} <b>") for n in range(8)]  # three pages
    house.fake.add("Old one", state="published", published_at=house.fake.tick())
    for _ in range(3):
        house.round()
    assert set(Report.objects.filter(state="new").values_list("external_id", flat=True)) == set(ids)
    report = Report.objects.get(external_id=ids[0])
    assert (report.source, report.reporter.name, report.weakness, report.asset) == ("github", "mallory", "CWE-787", "pip/engine")
    assert (report.title, report.body, report.accountable) == ("Overflow 0 <b>", "Send a long name.", desk.alice)
    assert report.external_url == f"https://github.com/{REPOSITORY}/security/advisories/{ids[0]}"
    old = Report.objects.get(title="Old one")
    assert (old.state, old.disclosed_at is None) == ("resolved", False)
    assert not pays(report)
    assert "Overflow" not in str(list(Notification.objects.values_list("content", flat=True)))
    html = browser(desk, "alice").get(f"/reports/{report.number}").content.decode()
    assert "On GitHub" in html
    assert browser(desk, "charlie").get(f"/reports/{report.number}").status_code == 404


def test_what_changes_there_changes_here_and_nothing_is_written_there(desk: Desk, house: House):
    ghsa = house.fake.add()
    house.round()
    report = Report.objects.get()
    desk.do(triage.take, report)
    desk.do(talking.say, report, "Hello.", "all", sent=True)
    house.fake.change(ghsa, summary="Heap overflow, with a proof", description="Longer.")
    house.round()
    report.refresh_from_db()
    assert (report.title, report.body) == ("Heap overflow, with a proof", "Longer.")
    assert Entry.objects.filter(report=report, data__before="Send a long name.").exists()
    house.fake.change(ghsa, state="closed", closed_at=house.fake.tick())
    house.round()
    report.refresh_from_db()
    assert report.state == "invalid"
    assert not Write.objects.exists()
    assert {method for method, _ in house.fake.requests} == {"GET"}


def test_published_there_is_public_here(house: House):
    ghsa = house.fake.add(state="draft")
    house.round()
    house.fake.change(ghsa, state="published", published_at=house.fake.tick())
    house.round()
    report = Report.objects.get()
    assert (report.state, report.disclosed_at is None) == ("resolved", False)


@pytest.mark.parametrize(
    "fault",
    [CUT, GARBLED, LIE, (500, {}, {}), (403, {"message": "no"}, {}), (404, {}, {}), (429, {}, {"Retry-After": "1"}), (200, {"a": 1}, {})],
)
def test_whatever_it_answers_breaks_nothing_and_the_next_round_reads_it(house: House, fault: object):
    house.fake.add()
    house.fake.next = [("^GET /repos", fault)]
    house.round()
    if house.thread._made is not None:
        house.thread._made[1]._closed_until = 0.0  # type: ignore[attr-defined]
    house.round()
    assert Report.objects.count() == 1


def test_one_that_nobody_understands_is_set_aside_and_the_others_go_on(house: House):
    house.fake.add("first")
    bad = house.fake.add("second")
    house.fake.advisories[bad] = {"ghsa_id": bad, "created_at": 7, "updated_at": ["x"]}
    house.fake.add("third", severity=["?"], author=None, cwe_ids="x", vulnerabilities=[{"package": 3}], cvss_severities=7, description=None)
    house.round()
    assert set(Report.objects.values_list("title", flat=True)) == {"first", "third"}
    assert list(Platform.objects.get().aside) == [bad]


def test_a_token_without_the_right_says_so(house: House):
    house.fake.sees = False
    house.round()
    assert "may not read the security advisories" in Platform.objects.get().error
    assert "right" not in str(Platform.objects.values().get().get("account"))


@pytest.mark.req("K26")
def test_a_webhook_is_a_hint_that_must_be_proved(house: House, client: Client):
    house.round()
    ghsa = house.fake.add()
    Platform.objects.update(due_at=database_now() + dt.timedelta(hours=1))

    def post(raw: bytes, head: dict[str, str], name: str = "advisories") -> int:
        return int(client.post(f"/in/github/{name}", raw, content_type="application/json", headers=head).status_code)

    body, head = hook(ghsa)
    assert post(body, {**head, "X-Hub-Signature-256": "sha256=00"}) == 401
    assert post(*hook(ghsa, secret="")) == 401
    assert post(*hook(ghsa, repository="other/one")) == 422
    assert post(body, head, "nobody") == 404
    assert post(body, head) == post(body, head) == 202
    house.thread.work()
    assert Report.objects.get().external_id == ghsa
