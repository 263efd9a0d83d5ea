"""Text messages and calls, against a Twilio that refuses, delays, dies and answers 200 with an error inside."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from contextlib import suppress
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.connectors.parts import Sink, content, message, restricted, sink
from tests.connectors.twilio.fake import ACCOUNT, TOKEN, twilio
from tests.factories import T0
from watchbill.connectors.failures import PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.phone.failover import Store
from watchbill.connectors.phone.providers import Provider
from watchbill.connectors.sms.sending import Texter
from watchbill.connectors.twilio import client
from watchbill.connectors.voice.sending import Caller
from watchbill.notifications.messages import Accepted

LOCAL = (ipaddress.ip_network("127.0.0.0/8"),)
ADA = "+15005550011"


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PUBLIC_URL = "https://desk.example.org"
    for name, value in {"ACCOUNT": ACCOUNT, "TOKEN": TOKEN, "SECRET": "whsec_c2VjcmV0"}.items():
        monkeypatch.setenv(name, value)


def provider(url: str, name: str = "main", *, kind: str = "twilio", person: int = 30, overall: int = 1000) -> Provider:
    envs = ("ACCOUNT", "TOKEN", "") if kind == "twilio" else ("", "", "SECRET")
    ways = ("sms", "voice") if kind == "twilio" else ("sms",)
    return Provider(name, kind, url, "+15005550006", *envs, sends=ways, per_person=person, overall=overall)


def send(*providers: Provider, by: Any = Texter, counted: tuple[int, int] = (0, 0), **given: Any) -> Accepted:
    async def run() -> Accepted:
        outgoing = Outgoing(LOCAL)
        store = Store(lambda: list(providers), lambda person_id, *, since: counted)
        try:
            return await by(outgoing, store).send(message(ADA, **{"first_page": True, **given}), now=T0)
        finally:
            await outgoing.close()

    return asyncio.run(run())


def test_a_text_goes_out_as_twilio_documents_it():
    with twilio() as fake:
        took = send(provider(fake.url))
    (asked,) = fake.asked
    assert (asked.what, asked.form["To"], asked.form["From"]) == ("Messages", ADA, "+15005550006")
    assert asked.form["Body"] == "#12 critical: disk <b>full</b>. Answer A 12: it is yours, E 12: escalate, R 12: resolve."
    assert asked.form["StatusCallback"] == "https://desk.example.org/in/twilio/main/message/00000000-0000-0000-0000-000000000007"
    assert (took.sid, took.detail) == (asked.sid, f"main took it as {asked.sid}.")


def test_a_call_asks_whether_a_machine_answers_and_to_be_told_everything():
    with twilio() as fake:
        took = send(provider(fake.url), by=Caller)
    (asked,) = fake.asked
    assert (asked.what, asked.form["To"], asked.form["MachineDetection"]) == ("Calls", ADA, "Enable")
    assert asked.events == ["initiated", "ringing", "answered", "completed"]
    assert int(asked.form["Timeout"]) < 30  # before a mailbox takes it
    ref = "00000000-0000-0000-0000-000000000007"
    assert asked.form["Url"] == f"https://desk.example.org/in/twilio/main/voice/{ref}"
    assert asked.form["StatusCallback"] == f"https://desk.example.org/in/twilio/main/status/{ref}"
    assert "disk" not in str(asked.form)  # what is said is asked for when a human answers
    assert took.sid == asked.sid


def test_of_a_restricted_incident_a_text_has_number_and_code_name_only():
    with twilio() as fake:
        send(provider(fake.url), contents=(restricted(),))
        send(provider(fake.url), contents=(restricted(),), kind="status")
    page, status = (asked.form["Body"] for asked in fake.asked)
    assert page.startswith("#734211 Blue Heron. Answer A 734211")
    assert status == "#734211 Blue Heron"


@pytest.mark.parametrize(
    ("does", "error", "says"),
    [
        ((400, 21211, "The 'To' number is not a valid phone number."), PermanentFailure, "main: Twilio refused it (21211: The 'To' number"),
        ((400, 21610, "Attempt to send to unsubscribed recipient"), PermanentFailure, "answered STOP (21610); START"),
        ((429, 20429, "Too Many Requests"), TemporaryFailure, "main: Twilio answered 429 (20429"),
        ((500, None, ""), TemporaryFailure, "main: Twilio answered 500."),
        ({"status": "failed", "error_code": 30008}, PermanentFailure, "main: Twilio took it and answered failed, error 30008."),
        ({"sid": None}, UnknownEnd, "without giving it a sid"),
        ("garbage", UnknownEnd, "not what it documents"),
        ("die", UnknownEnd, "main: "),
    ],
)
def test_each_way_to_fail_is_what_it_is(does, error, says):
    with twilio(does=lambda what, form: does) as fake, pytest.raises(error) as raised:
        send(provider(fake.url))
    assert says in str(raised.value)
    assert TOKEN not in str(raised.value)


def test_a_wrong_token_is_for_the_operator_to_repair(monkeypatch):
    monkeypatch.setenv("TOKEN", "x")
    with twilio() as fake, pytest.raises(TemporaryFailure, match="401 \\(20003: Authenticate\\)"):
        send(provider(fake.url))


@pytest.mark.req("P15")
def test_what_takes_too_long_has_an_unknown_end(monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", 0.2)
    with twilio(does=lambda what, form: 1.0) as fake, pytest.raises(UnknownEnd, match=r"No answer within 0\.2 s"):
        send(provider(fake.url), provider(fake.url, "spare"))
    assert len(fake.asked) == 1  # it may arrive: nobody else sends it in the same try


@pytest.mark.req("P15")
@pytest.mark.parametrize("dead", ["refuses", "is away"])
def test_a_provider_that_certainly_fails_is_followed_by_the_next_in_the_same_try(dead):
    refuse = (400, 21606, "The From number is not yours")
    with twilio(does=lambda what, form: refuse if dead == "refuses" else None) as fake, sink(text=b'{"id": "m-1"}') as spare:
        first = provider(fake.url if dead == "refuses" else "http://127.0.0.1:9")
        took = send(first, provider(spare.url(), "spare", kind="http"))
    assert took.sid == "m-1"
    assert took.detail.startswith("spare took it as m-1. main: ")
    assert len(spare.got) == 1


def test_when_all_refuse_each_is_named_and_a_later_try_is_worth_it_unless_all_refused_for_good():
    with twilio(does=lambda what, form: (400, 21211, "invalid")) as fake:
        with pytest.raises(PermanentFailure, match=r"main: .*21211.* spare: .*21211"):
            send(provider(fake.url), provider(fake.url, "spare"))
        with pytest.raises(TemporaryFailure, match=r"main: .*21211.* spare: No connection"):
            send(provider(fake.url), provider("http://127.0.0.1:9", "spare"))


def test_a_provider_in_trouble_comes_last_for_a_while():
    with twilio(does=lambda what, form: "die") as dead, twilio() as spare:
        store = Store(lambda: [provider(dead.url), provider(spare.url, "spare")], lambda *_, **__: (0, 0))

        async def run() -> None:
            outgoing = Outgoing(LOCAL)
            texter = Texter(outgoing, store)
            with suppress(UnknownEnd):
                await texter.send(message(ADA), now=T0)
            await texter.send(message(ADA), now=T0)
            await outgoing.close()

        asyncio.run(run())
    assert (len(dead.asked), len(spare.asked)) == (1, 1)


def test_a_limit_holds_back_what_is_no_first_page_and_never_a_first_page():
    with twilio() as fake, twilio() as other:
        over = provider(fake.url, person=5)
        for counted in ((5, 10), (0, 1000)):
            with pytest.raises(PermanentFailure, match=r"over the limit of .* an hour to .*; first pages always go"):
                send(over, counted=counted, first_page=False)
            send(over, counted=counted, first_page=True)
        assert send(over, provider(other.url, "spare"), counted=(5, 10), first_page=False).detail.startswith("spare took it")
        send(over, counted=(4, 999), first_page=False)
    assert (len(fake.asked), len(other.asked)) == (3, 1)


def test_a_bundle_names_what_fits_and_how_to_take_all():
    with twilio() as fake:
        send(provider(fake.url), contents=tuple(content(n, title="x" * 400) for n in range(1, 30)), count=40)
        send(provider(fake.url), possible_duplicate=True)
    text, again = (asked.form["Body"] for asked in fake.asked)
    assert len(text) <= 306
    assert text.startswith("40 incidents: #1 critical: xxx")
    assert text.endswith("...; #2, #3, #4, #5, #6, #7, #8, #9 and 31 more. Answer A for all, or A 1 for one.")
    assert again.startswith("Possibly again: #12 ")


@pytest.mark.req("P15")
@pytest.mark.parametrize(
    ("status", "text", "error", "says"),
    [
        (200, b'{"id": "m1", "status": "failed"}', PermanentFailure, "it refused: failed"),
        (200, b'{"error": "no credit"}', PermanentFailure, "it refused: no credit"),
        (200, b"{}", UnknownEnd, "without giving it an id"),
        (200, b"<html>", UnknownEnd, "not the JSON"),
        (503, b"", TemporaryFailure, "it answered 503"),
        (422, b"", PermanentFailure, "it answered 422"),
        (302, b"", PermanentFailure, "it answered 302"),
    ],
)
def test_a_gateway_fails_in_as_many_ways(status, text, error, says):
    with sink(answer=status, text=text) as gateway, pytest.raises(error, match=says):
        send(provider(gateway.url(), kind="http"))


def test_a_gateway_gets_signed_json():
    with sink(text=b'{"id": 77}') as gateway:
        took = send(provider(gateway.url(), "spare", kind="http"))
    assert took.sid == "77"
    verify(gateway)


def verify(gateway: Sink) -> None:
    (got,) = gateway.got
    signature = Webhook("whsec_c2VjcmV0").sign(got.headers["webhook-id"], T0, got.body.decode())
    assert got.headers["webhook-signature"] == signature
    body = json.loads(got.body)
    assert (body["to"], body["from"], body["ref"]) == (ADA, "+15005550006", got.headers["idempotency-key"])
    assert body["callback"] == "https://desk.example.org/in/phone/spare/status"
