"""The signed webhook: what is sent, what counts as delivered, where it may go."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import ssl
import threading
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.connectors.parts import Got, Sink, message, restricted, sink
from watchbill.connectors.failures import Failure, PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.guard import Refused, connect
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.webhook.sending import Sender
from watchbill.notifications.messages import Message

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def send(*messages: Message, allowed=LOOPBACK, key: str = KEY, **more) -> None:
    async def go() -> None:
        import datetime as dt

        client = Outgoing(allowed, **more)
        sender = Sender(client, key)
        try:
            for one in messages:
                await sender.send(one, now=dt.datetime.now(dt.UTC))
        finally:
            await sender.close()
            await client.close()

    asyncio.run(go())


def test_the_body_is_that_of_the_contract_and_the_signature_verifies():
    with sink() as there:
        send(message(there.url("/ada")))
    (got,) = there.got
    body = Webhook(KEY).verify(got.body, got.headers)
    assert body == {
        "id": "00000000-0000-0000-0000-000000000007",
        "kind": "page",
        "person": {"handle": "ada", "name": "Ada Osei"},
        "incident": {"number": 12, "title": "disk <b>full</b>", "severity": "critical", "url": body["incident"]["url"]},
        "reason": "You have the watch.",
        "attempt": 1,
        "possible_duplicate": False,
        "at": "2026-03-02T09:00:00Z",
    }
    assert body["incident"]["url"].endswith("/incidents/12")
    assert got.headers["idempotency-key"] == got.headers["webhook-id"] == body["id"]
    assert got.headers["content-length"] == str(len(got.body))
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"127.0.0.1:{there.port}"


@pytest.mark.req("P14")
def test_a_bundle_lists_its_incidents_and_names_the_first():
    with sink() as there:
        send(message(there.url(), numbers=(12, 13, 14)))
    body = json.loads(there.got[0].body)
    assert [i["number"] for i in body["incidents"]] == [12, 13, 14]
    assert (body["incident"]["number"], body["count"]) == (12, 3)


def test_a_restricted_incident_says_number_and_code_name_only():
    with sink() as there:
        send(message(there.url(), contents=(restricted(),)))
    body = there.got[0].body.decode()
    incident = json.loads(body)["incident"]
    assert (incident["number"], incident["title"], incident["severity"]) == (734211, "Blue Heron", None)
    assert "pastebin" not in body
    assert "Payments" not in body


def test_without_an_incident_there_is_none():
    with sink() as there:
        send(message(there.url(), kind="duty", contents=({"reason": "Two reviews are left."},), incident_id=None))
    body = json.loads(there.got[0].body)
    assert (body["incident"], body["kind"], body["reason"]) == (None, "duty", "Two reviews are left.")


def test_a_contact_s_own_secret_signs_instead_of_the_installation_s(monkeypatch):
    own = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    monkeypatch.setenv("ADA_HOOK", own)
    with sink() as there:
        send(message(there.url(), secret_env="ADA_HOOK"))
    Webhook(own).verify(there.got[0].body, there.got[0].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY).verify(there.got[0].body, there.got[0].headers)


def test_a_secret_that_is_no_base64_is_used_as_it_is(monkeypatch):
    monkeypatch.setenv("ADA_HOOK", "not base64 at all!")
    with sink() as there:
        send(message(there.url(), secret_env="ADA_HOOK"))
    Webhook(b"not base64 at all!").verify(there.got[0].body, there.got[0].headers)


@pytest.mark.req("P16")
def test_every_attempt_carries_the_same_idempotency_key_and_says_which_it_is():
    with sink() as there:
        send(message(there.url()), message(there.url(), attempt=2, possible_duplicate=True))
    first, second = (json.loads(g.body) for g in there.got)
    assert first["id"] == second["id"] == there.got[1].headers["idempotency-key"]
    assert (second["attempt"], second["possible_duplicate"]) == (2, True)


@pytest.mark.req("P15")
@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (500, TemporaryFailure),
        (503, TemporaryFailure),
        (429, TemporaryFailure),
        (400, PermanentFailure),
        (404, PermanentFailure),
        (410, PermanentFailure),
    ],
)
def test_everything_but_2xx_is_a_failed_attempt(status, failure):
    with sink(answer=status) as there, pytest.raises(failure, match=str(status)):
        send(message(there.url()))


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_2xx_is_delivered(status):
    with sink(answer=status, text=b"" if status == 204 else b"ok") as there:
        send(message(there.url()))
    assert len(there.got) == 1


def test_a_lying_provider_that_answers_200_with_an_error_inside_counts_as_delivered():
    """Nobody acknowledged, so the walk goes on whatever the provider claims."""
    with sink(text=b'{"error": "no such number"}') as there:
        send(message(there.url()))


@pytest.mark.req("P15")
def test_a_provider_that_does_not_answer_in_time_leaves_the_end_unknown():
    with sink(delay=2.0) as there:
        began = time.monotonic()
        with pytest.raises(UnknownEnd, match=r"No answer within 0\.2 s"):
            send(message(there.url()), whole=0.2)
        assert time.monotonic() - began < 1.8


def test_a_provider_that_drips_its_answer_for_ever_is_left_after_the_whole_time():
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not stop.wait(0.05):
                    try:
                        peer.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        with pytest.raises(UnknownEnd, match=r"No answer within 0\.5 s"):
            send(message(f"http://127.0.0.1:{server.getsockname()[1]}/"), whole=0.5)
        stop.set()
        thread.join()
        assert time.monotonic() - began < 3


def test_a_huge_answer_is_not_read():
    with sink(text=b"x" * 5_000_000) as there:
        began = time.monotonic()
        send(message(there.url()))
        assert time.monotonic() - began < 2


def test_nobody_listening_is_certainly_not_delivered():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(TemporaryFailure, match="No connection"):
        send(message(f"http://127.0.0.1:{port}/"))


def test_a_connection_cut_after_the_request_leaves_the_end_unknown():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def cut() -> None:
            peer, _ = server.accept()
            peer.recv(65536)
            peer.close()

        thread = threading.Thread(target=cut)
        thread.start()
        with pytest.raises(UnknownEnd):
            send(message(f"http://127.0.0.1:{server.getsockname()[1]}/"))
        thread.join()


def test_a_redirect_to_a_private_address_is_not_followed():
    def there_and_back(got: Got) -> tuple[int, dict[str, str]]:
        return 307, {"Location": f"http://127.0.0.1:{inner.port}/secret"}

    inner: Sink
    with sink() as inner, sink(answer=there_and_back) as outer, pytest.raises(PermanentFailure, match="redirect"):
        send(message(outer.url()))
    assert inner.got == []
    assert len(outer.got) == 1


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "10.1.2.3", "192.168.0.1", "172.16.5.5", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[::1]", "[::]", "[fe80::1]",
        "[fd00:ec2::254]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "255.255.255.255", "2130706433", "0x7f.1", "127.1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused_unless_allowed(host):
    for scheme in ("http", "https"):
        with pytest.raises(Failure) as refused:
            send(message(f"{scheme}://{host}:9/"), allowed=())
        assert isinstance(refused.value, (Refused, PermanentFailure)), refused.value


def test_plain_http_goes_to_allowed_private_targets_only():
    async def public(host: str, port: int) -> list[str]:
        return ["93.184.216.34"]

    with pytest.raises(Refused, match="without encryption"):
        send(message("http://example.org/"), resolve=public)


def test_a_name_that_changes_to_a_private_address_after_the_check_gains_nothing():
    """DNS rebinding: the address that was checked is the one that is connected to; nobody asks a second time."""
    asked: list[str] = []
    connected: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    async def record(address: str, port: int, tls: ssl.SSLContext | None, name: str):
        connected.append(address)
        raise ConnectionRefusedError("recorded")

    with sink() as there, pytest.raises(TemporaryFailure):
        send(message(f"https://rebind.example:{there.port}/"), allowed=(), resolve=rebinding, connect=record)
    assert connected == ["93.184.216.34"]
    assert there.got == []


def test_of_several_addresses_only_the_permitted_ones_are_tried():
    connected: list[str] = []

    async def mixed(host: str, port: int) -> list[str]:
        return ["10.0.0.1", "93.184.216.34", "127.0.0.1", "2606:2800:220:1:248:1893:25c8:1946"]

    async def record(address: str, port: int, tls: ssl.SSLContext | None, name: str):
        connected.append(address)
        raise ConnectionRefusedError("recorded")

    with pytest.raises(TemporaryFailure):
        send(message("https://mixed.example/"), allowed=(), resolve=mixed, connect=record)
    assert connected == ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]


def test_a_name_that_does_not_resolve_may_resolve_later():
    async def never(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(TemporaryFailure, match="could not be resolved"):
        send(message("https://nowhere.example/"), resolve=never)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "file:///etc/passwd", "http://", "//x", "gopher://x/", "http://[::1", "http://x:99999/", ""]
)
def test_what_is_no_http_url_is_refused_for_good(url):
    with pytest.raises(PermanentFailure):
        send(message(url))


def test_line_breaks_and_blanks_in_an_address_make_no_second_header():
    with sink() as there:
        send(message(there.url("/a b\r\nX-Evil: 1")))
    assert "x-evil" not in there.got[0].headers


def test_connections_are_kept():
    opened = 0

    async def count(*args):
        nonlocal opened
        opened += 1
        return await connect(*args)

    with sink() as there:
        send(*(message(there.url()) for _ in range(20)), connect=count)
    assert (len(there.got), opened) == (20, 1)


def test_a_receiver_that_closes_after_each_answer_is_connected_to_again():
    with sink(answer=lambda got: (200, {"Connection": "close"})) as there:
        send(*(message(there.url()) for _ in range(3)))
    assert len(there.got) == 3


def test_https_is_verified_by_the_name_while_the_checked_address_is_connected_to(certificate):
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, certificate.with_name("key.pem"))
    ours = ssl.create_default_context(cafile=certificate)

    async def local(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    with sink(tls=server) as there:
        send(message(f"https://localhost:{there.port}/x"), resolve=local, tls=ours)
        with pytest.raises(TemporaryFailure, match="certificate"):
            send(message(f"https://other.example:{there.port}/x"), resolve=local, tls=ours)
        with pytest.raises(TemporaryFailure, match="certificate"):
            send(message(f"https://localhost:{there.port}/x"), resolve=local)
    assert [got.headers["host"] for got in there.got] == [f"localhost:{there.port}"]
