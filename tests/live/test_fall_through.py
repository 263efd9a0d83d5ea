"""A started server whose first provider is dead in every way there is: the person hears it by their next method within 10 seconds."""

from __future__ import annotations

import http.cookiejar
import json
import socket
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.parts import sink as receiver
from tests.connectors.push import Browser, push_service
from tests.connectors.twilio.fake import ACCOUNT, TOKEN, twilio
from tests.live.server import Desk, Sink, event, free_port, two_steps, wait_for

pytestmark = [pytest.mark.live, pytest.mark.timed]
SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0"
WITHIN = 10.0  # seconds


@contextmanager
def socket_that(does: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server of any protocol that takes a connection and then does this with it."""
    listening = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                taken, _ = listening.accept()
            except OSError:
                return
            held.append(taken)
            does(taken)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()
        for each in held:
            each.close()


def _refuses_mail(taken: socket.socket) -> None:
    taken.sendall(b"554 no mail today\r\n")
    taken.close()


DEATHS = ("refused", "hangs", "dies", "an error inside")
OF_PUSH = ("gone", "forgets its key")  # besides: the subscription is over; the signature is not taken any more


@contextmanager
def dead(kind: str, death: str) -> Iterator[str]:
    """host:port of a provider of this kind in that state."""
    with ExitStack() as stack:
        if death == "refused":
            yield f"127.0.0.1:{free_port()}"
        elif death == "hangs":
            yield stack.enter_context(socket_that(lambda taken: None))
        elif death == "dies":
            yield stack.enter_context(socket_that(lambda taken: taken.close()))
        elif death in OF_PUSH:
            status = 410 if death == "gone" else 403
            yield stack.enter_context(push_service(statuses=[status])).origin.removeprefix("http://")
        elif kind == "email":
            yield stack.enter_context(socket_that(_refuses_mail))
        elif kind in ("sms", "voice"):  # a success by its status, an error by what it says
            said = {"status": "failed", "error_code": 21211, "sid": "SM1", "code": 21211, "message": "Invalid 'To'"}
            yield stack.enter_context(twilio(does=lambda what, form: said)).url.removeprefix("http://")
        elif kind == "gateway":
            there = stack.enter_context(receiver(text=b'{"error": "no credit"}'))
            yield f"127.0.0.1:{there.port}"
        else:  # a webhook's 200 is a delivery whatever it says, and so is a push service's 201; what answers otherwise is not
            yield f"127.0.0.1:{stack.enter_context(receiver(answer=500)).port}"


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


def ann(kind: str, where: str, sink: Sink) -> str:
    """Her contacts: the dead one at once, a webhook of hers after five minutes."""
    address = {"email": "ann@example.org", "webhook": f"http://{where}/dead"}.get(kind, "+15005550011")
    way = "sms" if kind == "gateway" else kind
    first = f'{{kind: {way}, address: "{address}"}}'
    if kind == "push":  # a device is no part of the file: it subscribes itself
        then = f'{{kind: webhook, address: "http://127.0.0.1:{sink.port}/ann"}}'
        return f"contact: [{then}], notify: {{high: [{{after: 0s, by: push}}, {{after: 5m, by: webhook}}]}}"
    if kind == "webhook":  # both are webhooks: the second way is a call
        return f'contact: [{first}, {{kind: voice, address: "+15005550011"}}], notify: {{high: [{{after: 0s, by: webhook}}, {{after: 5m, by: voice}}]}}'
    then = f'{{kind: webhook, address: "http://127.0.0.1:{sink.port}/ann"}}'
    return f"contact: [{first}, {then}], notify: {{high: [{{after: 0s, by: {way}}}, {{after: 5m, by: webhook}}]}}"


def phones(kind: str, where: str, works: str) -> str:
    twilio_ = 'kind: twilio, from: "+15005550006", account_env: TWILIO_ACCOUNT, token_env: TWILIO_TOKEN'
    rows = {
        "sms": f'{{name: one, url: "http://{where}", {twilio_}, sends: [sms]}}',
        "voice": f'{{name: one, url: "http://{where}", {twilio_}, sends: [voice]}}',
        "gateway": f'{{name: one, url: "http://{where}/sms", kind: http, secret_env: GATEWAY_SECRET, sends: [sms]}}',
        "webhook": f'{{name: one, url: "{works}", {twilio_}, sends: [voice]}}',
    }
    return f"phones:\n  - {rows[kind]}\n" if kind in rows else ""


def subscribe(desk: Desk, endpoint: str) -> None:
    """Ann signs in by a set-up link, as a browser does, and makes that browser ring."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def ask(path: str, data: bytes | None = None, kind: str = "application/x-www-form-urlencoded") -> Any:
        cookies = {cookie.name: cookie.value or "" for cookie in jar}
        return browser.open(
            urllib.request.Request(desk.url + path, data, {"X-CSRFToken": cookies.get("csrftoken", ""), "Content-Type": kind})
        )

    link = desk.json("user", "invite", "ann@example.org")["url"]
    form = ask(link.removeprefix(desk.url)).url.removeprefix(desk.url)
    said = urllib.parse.urlencode(dict.fromkeys(("password1", "password2"), "correct horse battery staple")).encode()
    ask(form, said)
    assert ask("/you/devices", json.dumps(Browser(endpoint).subscription).encode(), "application/json").status == 201


def asked_by(desk: Desk) -> set[str]:
    """By which methods Ann was asked, as the API tells it."""
    token = desk.json("token", "create", "--user", "ann", "--scope", "incidents:read")["token"]

    def ask(path: str) -> Any:
        request = urllib.request.Request(f"{desk.url}/api/v1/{path}", None, {"Authorization": f"Bearer {token}"})
        return json.load(urllib.request.urlopen(request, timeout=10))["items"]

    (incident,) = ask("incidents")
    return {each["method"] for each in ask(f"notifications?incident={incident['number']}") if each["person"]["handle"] == "ann"}


@pytest.mark.req("P15", "G7")
@pytest.mark.parametrize(
    "kind", ["voice", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("sms", "gateway", "webhook", "email", "push"))]
)
def test_the_next_method_reaches_the_person_within_10_seconds_of_any_death_of_the_first(tmp_path: Path, sink: Sink, kind: str):
    took: dict[str, float] = {}
    with ExitStack() as stack:
        calls = stack.enter_context(twilio())
        for death in (*DEATHS, *(OF_PUSH if kind == "push" else ())):
            where = stack.enter_context(dead(kind, death))
            env = {"TWILIO_ACCOUNT": ACCOUNT, "TWILIO_TOKEN": TOKEN, "GATEWAY_SECRET": SECRET, "WATCHBILL_PROVIDER_TESTS": "off"}
            if kind == "email":
                env["WATCHBILL_SMTP_URL"] = f"smtp://{where}"
            desk = Desk(tmp_path, name=f"data-{death.replace(' ', '-')}", **env)
            sink.got.clear()
            calls.asked.clear()
            try:
                desk.start()
                old = f'contact: [{{kind: webhook, address: "http://127.0.0.1:{sink.port}/ann"}}]'
                text = two_steps(sink, waits=("10m", "10m")).replace(old, ann(kind, where, sink))
                desk.apply(text + phones(kind, where, calls.url))
                if kind == "push":
                    subscribe(desk, f"http://{where}/wpush/v2/ann")
                key = desk.key()
                began = time.monotonic()
                assert desk.post("/v2/enqueue", event(key))[0] == 202
                reached = (lambda: calls.asked) if kind == "webhook" else (lambda: sink.pages("ann"))
                wait_for(reached, seconds=20, why=f"the next method, {kind} {death}")
                took[death] = time.monotonic() - began
                if kind == "push":  # were there no device, the webhook would have been asked at once
                    assert asked_by(desk) == {"push", "webhook"}
                assert not sink.pages("max"), "the next person was asked although this one was reached"
            finally:
                desk.stop()
    assert max(took.values()) < WITHIN, took
