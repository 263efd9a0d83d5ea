"""A started server, a provider that is dead, a human who presses 1, and a voicemail that is nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.connectors.twilio.fake import ACCOUNT, TOKEN, Asked, Twilio, action, post, said, twilio
from tests.live.server import Desk, Sink, event, free_port, two_steps, wait_for

pytestmark = [pytest.mark.live, pytest.mark.timed]
ANN = '{kind: sms, address: "+1 500 555 0011"}, {kind: voice, address: "+15005550011"}'


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, TWILIO_ACCOUNT=ACCOUNT, TWILIO_TOKEN=TOKEN)
    yield made
    made.stop()


def configured(sink: Sink, **urls: str) -> str:
    """Ann is written to at once and called after five minutes; Max is next. `urls`: who sends by which way."""
    text = two_steps(sink, waits=("10m", "10m")).replace(
        f'contact: [{{kind: webhook, address: "http://127.0.0.1:{sink.port}/ann"}}]',
        f"contact: [{ANN}], notify: {{high: [{{after: 0s, by: sms}}, {{after: 5m, by: voice}}]}}",
    )
    phones = "\n".join(
        f'  - {{name: {way}s, kind: twilio, url: "{url}", from: "+15005550006", account_env: TWILIO_ACCOUNT, token_env: TWILIO_TOKEN, sends: [{way}]}}'
        for way, url in urls.items()
    )
    return f"{text}phones:\n{phones}\n"


def answered(by: str, heard: list[str]):
    """What Twilio does with a call that is picked up: asks what to say, sends the key, says how it ended."""

    def then(asked: Asked) -> None:
        if asked.what != "Calls":
            return
        post(asked.form["StatusCallback"], {"CallSid": asked.sid, "CallStatus": "ringing"})
        status, xml = post(asked.form["Url"], {"CallSid": asked.sid, "CallStatus": "in-progress", "AnsweredBy": by})
        heard.append(f"{status} {said(xml)}")
        if where := action(xml):
            heard.append(said(post(where, {"CallSid": asked.sid, "Digits": "1"})[1]))
        post(asked.form["StatusCallback"], {"CallSid": asked.sid, "CallStatus": "completed", "AnsweredBy": by})

    return then


@pytest.mark.req("P15", "G7")
@pytest.mark.parametrize("dead", ["no connection", "no answer"])
def test_when_the_first_provider_is_dead_the_next_way_reaches_the_person_within_10_seconds(desk, sink, dead):
    heard: list[str] = []
    with twilio(does=lambda what, form: 30.0) as hangs, twilio(then=answered("human", heard)) as calls:
        desk.start()
        gone = f"http://127.0.0.1:{free_port()}"
        desk.apply(configured(sink, sms=gone if dead == "no connection" else hangs.url, voice=calls.url))
        key = desk.key()
        began = time.monotonic()
        assert desk.post("/v2/enqueue", event(key))[0] == 202
        call = wait_for(lambda: calls.asked and calls.asked[0], seconds=12, why="a call")
        took = call.at - began
        assert took < 10, took
        assert (call.what, call.form["To"]) == ("Calls", "+15005550011")
        wait_for(lambda: len(heard) == 2, seconds=10, why=f"the key was pressed: {heard}")
        assert heard[0].startswith("200 This is Watchbill. Incident ")
        assert heard[1].startswith("You own ")
        (row,) = desk.json("incidents")
        assert row["owner"]["handle"] == "ann"
        assert sink.got == []


@pytest.mark.req("P17")
def test_a_voicemail_is_nobody_and_the_next_step_is_paged_at_once(desk, sink):
    heard: list[str] = []

    def then(asked: Asked) -> None:
        if asked.what == "Messages":
            post(asked.form["StatusCallback"], {"MessageSid": asked.sid, "MessageStatus": "undelivered", "ErrorCode": "30003"})
        answered("machine_start", heard)(asked)

    fake: Twilio
    with twilio(then=then) as fake:
        desk.start()
        desk.apply(configured(sink, sms=fake.url, voice=fake.url))
        desk.post("/v2/enqueue", event(desk.key()))
        wait_for(lambda: sink.pages("max"), seconds=10, why="the manager is paged")
        assert [asked.what for asked in fake.asked] == ["Messages", "Calls"]
        assert heard == ["200 "]
        assert urlsplit(fake.asked[1].form["Url"]).port == desk.port
