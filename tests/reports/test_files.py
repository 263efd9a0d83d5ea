"""Files that are attached on HackerOne: named here, fetched when somebody asks by an address that works for an hour, and never kept."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.cli.conftest import cli, nobody_is_named  # noqa: F401  fixtures
from tests.connectors.hackerone.conftest import secrets  # noqa: F401  a fixture
from tests.connectors.hackerone.store import CUT, LONG, Store, store
from tests.connectors.tracker.fake import LIE
from tests.reports.test_hackerone import Play, fake, house, play  # noqa: F401  fixtures
from tests.reports.test_outward_api import token_of
from tests.reports.test_pages import browser
from watchbill.audit.models import Record
from watchbill.connectors.platform import files
from watchbill.platforms.models import Remote
from watchbill.reports.models import Report

PROOF = b"<script>alert(1)</script>"


@pytest.fixture
def kept(play: Play, settings: Any) -> Iterator[Store]:  # noqa: F811
    settings.ALLOW_PRIVATE_TARGETS = (ipaddress.ip_network("127.0.0.0/8"),)
    with store() as made:
        made.files = {"proof.html": PROOF, "film.mp4": b"\x00" * 5000}
        play.fake.address = made.address
        play.fake.attach(play.id, "proof.html", len(PROOF))
        said = play.fake.say(play.id, "A film is attached.")
        play.fake.attach(play.id, "film.mp4", 5000, activity=said)
        play.round()
        yield made


def files_of(play: Play) -> list[dict[str, Any]]:  # noqa: F811
    return list(Remote.objects.get(external_id=play.id).files)


@pytest.mark.req("R10")
def test_files_of_a_report_and_of_comments_are_named_and_fetched_when_asked_for(play: Play, kept: Store):  # noqa: F811
    first, second = files_of(play)
    assert (first["name"], first["size"], second["name"]) == ("proof.html", len(PROOF), "film.mp4")
    assert "127.0.0.1" not in str(files_of(play)), "an address that opens a file is not kept"
    alice, here = browser(play.desk, "alice"), f"/reports/{play.report.number}"
    html = alice.get(here).content.decode()
    assert f'href="{here}/files/{first["id"]}"><bdi>proof.html<' in html
    assert not kept.saw, "nothing is fetched before somebody asks"
    kept.expire()
    answer = alice.get(f"{here}/files/{first['id']}")
    assert (answer.status_code, answer.content) == (200, PROOF)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="proof.html"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "authorization" not in kept.saw[0], "the token stays with HackerOne"
    record = Record.objects.get(action="report.fetch_attached")
    assert (record.actor_id, record.restricted, record.detail) == (play.desk.alice.pk, True, {"file": first["id"]})
    play.fake.say(play.id, "One more word.")
    play.house.round()
    assert len(files_of(play)) == 2, "a list says nothing of files, and takes none away"


@pytest.mark.req("R8")
@pytest.mark.parametrize("name", ["charlie", "vera", "root", "erin"])
def test_an_outsider_fetches_nothing(play: Play, kept: Store, name: str):  # noqa: F811
    first, _ = files_of(play)
    client, here = browser(play.desk, name), f"/reports/{play.report.number}/files"
    there, absent = client.get(f"{here}/{first['id']}"), client.get(f"{here}/f0")
    assert there.status_code == absent.status_code == 404
    words = [re.sub(r"<[^>]*>|\d\d:\d\d", "", page.content.decode()) for page in (there, absent)]
    assert words[0] == words[1]
    assert not kept.saw
    assert not Record.objects.filter(action="report.fetch_attached").exists()


@pytest.mark.req("R10")
@pytest.mark.parametrize(
    ("what", "says"), [(CUT, "ended"), (LONG, "longer than 32 MB"), (500, "answered 500"), (403, "answered 403"), (302, "answered 302")]
)
def test_what_is_not_given_is_said_and_no_part_of_it_leaves(play: Play, kept: Store, what: Any, says: str):  # noqa: F811
    first, _ = files_of(play)
    kept.next = [what]
    answer = browser(play.desk, "alice").get(f"/reports/{play.report.number}/files/{first['id']}")
    html = answer.content.decode()
    assert (answer.status_code, says in html, "open the file at HackerOne" in html) == (503, True, True)
    assert not Record.objects.filter(action="report.fetch_attached").exists()


def test_a_platform_that_lies_or_is_gone_gives_nothing(play: Play, kept: Store, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    first, _ = files_of(play)
    alice, here = browser(play.desk, "alice"), f"/reports/{play.report.number}/files/{first['id']}"
    play.fake.next = [("^GET ", LIE)]
    assert alice.get(here).status_code == 503
    play.fake.reports[play.id]["relationships"]["attachments"]["data"].clear()
    assert "does not show this file any more" in alice.get(here).content.decode()
    play.fake.die()
    assert alice.get(here).status_code == 503
    monkeypatch.delenv("H1_TOKEN")
    assert "`token_env` is not set" in alice.get(here).content.decode().replace("<code>", "`").replace("</code>", "`")
    assert not kept.saw


def test_an_address_inside_of_the_house_is_not_asked(play: Play, kept: Store, settings: Any):  # noqa: F811
    first, _ = files_of(play)
    play.fake.address = lambda name: f"http://169.254.169.254/{name}"
    answer = browser(play.desk, "alice").get(f"/reports/{play.report.number}/files/{first['id']}")
    assert (answer.status_code, "WATCHBILL_ALLOW_PRIVATE_TARGETS" in answer.content.decode()) == (503, True)


def test_programs_and_terminals_fetch_it_too(cli, play: Play, kept: Store, tmp_path: Path):  # noqa: F811
    first, _ = files_of(play)
    client = Client(headers={"Authorization": f"Bearer {token_of(play.desk, 'alice', ('reports:read',))}"})
    shown = client.get(f"/api/v1/reports/{play.report.number}").json()
    assert [each["name"] for each in shown["files"]] == ["proof.html", "film.mp4"]
    assert client.get(f"/api/v1/reports/{play.report.number}/files/{first['id']}").content == PROOF
    assert client.get(f"/api/v1/reports/{play.report.number}/files/f0").status_code == 404
    kept.next = [500]
    refused = client.get(f"/api/v1/reports/{play.report.number}/files/{first['id']}")
    assert (refused.status_code, refused.json()["error"]) == (503, "not_ready")
    path = tmp_path / "proof"
    assert cli("report", "fetch", play.report.number, first["id"], "--to", path, "--as", "alice").code == 0
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (PROOF, 0o600)
    assert f"file {first['id']}: proof.html" in cli("report", "show", play.report.number, "--as", "alice").out
    assert cli("report", "fetch", play.report.number, first["id"], "--as", "charlie").code != 0


@pytest.mark.req("R8")
def test_whoever_is_taken_off_the_report_meanwhile_gets_nothing(play: Play, kept: Store, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    first, _ = files_of(play)
    bob, here = browser(play.desk, "bob"), f"/reports/{play.report.number}/files/{first['id']}"
    assert bob.get(here).status_code == 200
    plain = files._fetched

    def narrowed(remote: Remote, file_id: str) -> bytes:
        content = plain(remote, file_id)
        Report.objects.filter(pk=play.report.pk).update(circle="named")
        return content

    monkeypatch.setattr(files, "_fetched", narrowed)
    assert bob.get(here).status_code == 404
    assert Record.objects.filter(action="report.fetch_attached").count() == 1
