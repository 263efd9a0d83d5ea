"""Fetching a calendar: what is asked, what is refused, and that each ends in one sentence."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.calendars.files import calendar, days
from tests.connectors.parts import Got, Sink, sink
from tests.factories import T0
from watchbill.connectors import outgoing
from watchbill.connectors.calendars import fetching
from watchbill.connectors.calendars.fetching import read_calendars
from watchbill.people.rules.away import Claim, Reading

pytestmark = pytest.mark.req("S10")
HERE = ipaddress.ip_network("127.0.0.0/8")
FILE = calendar(days("a", "Vacation", "20260401", "20260405"))


def claim(address: str, **more: Any) -> Claim:
    return Claim(
        **{
            "id": 1,
            "lease": T0,
            "address": address,
            "zone": "UTC",
            "everything": False,
            "etag": "",
            "last_modified": "",
            "digest": "",
            **more,
        }
    )


def read(address: str, *, allowed: tuple[Any, ...] = (HERE,), **more: Any) -> Reading:
    (found,) = read_calendars([claim(address, **more)], allowed, now=T0)
    return found


def answering(got: Got) -> tuple[int, dict[str, str]]:
    if got.headers.get("if-none-match") == '"v1"':
        return 304, {"ETag": '"v1"'}
    return 200, {"ETag": '"v1"', "Last-Modified": "Mon, 02 Mar 2026 09:00:00 GMT"}


def test_it_says_when_its_person_is_away_and_is_asked_again_with_what_it_named():
    with sink(answer=answering, text=FILE) as far:
        found = read(far.url("/me.ics?key=secret"))
        assert [(each.start.day, each.end.day) for each in found.away] == [(1, 5)]
        assert far.got[0].path == "/me.ics?key=secret"
        far.text = b""
        again = read(far.url("/me.ics"), etag=found.etag, last_modified=found.last_modified, digest=found.digest)
        assert again == Reading(unchanged=True)
        assert far.got[1].headers["if-modified-since"] == "Mon, 02 Mar 2026 09:00:00 GMT"


def test_the_same_file_is_not_understood_a_second_time(monkeypatch):
    with sink(text=FILE) as far:
        first = read(far.url())
        monkeypatch.setattr(fetching, "_understood", None)
        assert read(far.url(), digest=first.digest).unchanged


@pytest.mark.parametrize(
    ("status", "why"),
    [(404, "not valid any more"), (403, "Copy it anew"), (500, "It answered 500, and 200 was expected"), (304, "It answered 304")],
)
def test_what_it_answers_instead_is_said(status: int, why: str):
    with sink(answer=status, text=b"") as far:
        assert why in read(far.url()).why


def test_a_page_is_no_calendar():
    with sink(text=b"<html>Sign in</html>") as far:
        assert read(far.url()).why.startswith("What it answers is no calendar.")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"BEGIN:VCALENDAR\r\n" * 5000 + b"END:VCALENDAR", "It is no calendar that can be read"),
        (FILE[:-60], "It ends in the midst"),
        (b"BEGIN:VCALENDAR", "It ends in the midst"),
        (FILE.replace(b"Vacation", bytes(range(128, 256))), ""),
    ],
    ids=["nested", "cut", "begun", "other bytes"],
)
def test_what_is_broken_ends_in_a_sentence(text: bytes, why: str):
    with sink(text=text) as far:
        found = read(far.url())
    assert found.away == ()
    assert found.why.startswith(why)


def test_an_event_without_a_date_is_left_out_and_counted():
    with sink(text=FILE.replace(b"20260401", b"99999999")) as far:
        assert (read(far.url()).why, read(far.url()).left) == ("", 1)


def test_what_is_too_large_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(fetching, "LARGEST", 1024 * 1024)
    with sink(text=FILE + b"X" * 2_000_000) as far:
        assert read(far.url()).why.startswith("It is larger than 1 MB")


def test_a_process_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(fetching, "PATIENCE", 0.01)
    with sink(text=FILE) as far:
        assert "more than 10 seconds" in read(far.url()).why


def to(place: str) -> Any:
    return lambda got: (302, {"Location": place}) if got.path == "/hook" else (200, {})


def test_a_redirect_is_followed_and_passes_the_guard_too():
    with sink(answer=to("/there"), text=FILE) as far:
        assert read(far.url()).away
        far.answer = to("http://10.1.2.3/inside")
        assert read(far.url()).why == "10.1.2.3 leads to a private address. Name it in WATCHBILL_ALLOW_PRIVATE_TARGETS if that is meant."
        far.answer = to("http://[")
        assert read(far.url()).why == "It redirects to something that is no address."
        far.answer = lambda got: (302, {"Location": got.path})
        assert read(far.url()).why == "It redirects more than 3 times."


def test_nothing_private_is_asked_unless_that_is_allowed():
    with sink(text=FILE) as far:
        assert "leads to a private address" in read(far.url(), allowed=()).why
        assert far.got == []


def test_an_encrypted_one_never_leads_to_one_that_is_not(certificate: Path, monkeypatch):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, certificate.with_name("key.pem"))
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(outgoing.ssl, "create_default_context", lambda: trusting)
    with sink(text=FILE) as plain, sink(text=FILE, tls=server) as far:
        address = far.url().replace("http://127.0.0.1", "https://localhost")
        assert read(address).away
        far.answer = to(plain.url())
        assert read(address).why == "It redirects to an address without encryption, which is not followed."
        assert plain.got == []


def test_one_of_several_that_breaks_keeps_no_other_from_being_read(monkeypatch):
    real = fetching._reading
    monkeypatch.setattr(fetching, "_reading", lambda one, answer, *, now: real(one, answer, now=now) if one.id == 2 else 1 / 0)
    with sink(text=FILE) as far:
        first, second = read_calendars([claim(far.url()), claim(far.url(), id=2)], (HERE,), now=T0)
    assert "log of the engine" in first.why
    assert second.away


def test_the_other_process_has_no_secret(monkeypatch):
    seen: dict[str, Any] = {}
    real = fetching.subprocess.run
    monkeypatch.setattr(fetching.subprocess, "run", lambda *args, **more: seen.update(more) or real(*args, **more))
    monkeypatch.setenv("WATCHBILL_SECRET_KEY", "salamander")
    with sink(text=FILE) as far:
        assert read(far.url()).away
    assert "salamander" not in str(seen["env"])


def test_the_address_stands_in_no_sentence():
    closed = Sink(port=1)
    assert "salamander" not in read(closed.url("/salamander")).why
    assert read("").why.startswith("Its address was kept under another WATCHBILL_SECRET_KEY")
