"""Web push against a service that checks what real ones check, and a browser that decrypts what arrived."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import factories as make
from tests.committed import committed
from tests.connectors.parts import content, message, restricted
from tests.connectors.push import Browser, Service, push_service
from tests.factories import SEC, actor, person
from watchbill.audit.models import Record
from watchbill.connectors.failures import Failure, PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.guard import Refused
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.push import payload
from watchbill.connectors.push.sending import Pusher
from watchbill.kernel import kinds
from watchbill.kernel.clock import database_now
from watchbill.notifications.actions import add_device, claim, record
from watchbill.notifications.messages import Message, Result
from watchbill.notifications.models import Contact, Device, Notification, Rule
from watchbill.notifications.rules import Outcome
from watchbill.notifications.signing import BUTTON, SALT, read_token
from watchbill.paging.actions import fire_due
from watchbill.people.models import Person
from watchbill.response.actions import page_by_hand

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"


class Desk:
    """Ada, whose browser rings, and mail beside it."""

    def __init__(self) -> None:
        kinds.fill([kinds.Kind("email", True), kinds.Kind("push", True)])
        self.ada = person("ada", contacts=("email",))

    def device(self, browser: Browser, whose: Person | None = None) -> Device:
        who = whose or self.ada
        return add_device(who, browser.subscription, user_agent=ANDROID, actor=actor(who), now=database_now())

    def send(self, *messages: Message, allowed: Any = LOOPBACK, between: Callable[[], None] = lambda: None, **more: Any) -> None:
        async def go() -> None:
            client = Outgoing(allowed, **more)
            pusher = Pusher(client)
            try:
                for one in messages:
                    await pusher.send(one, now=dt.datetime.now(dt.UTC))
                    between()
            finally:
                await client.close()

        asyncio.run(go())


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The sender reads in a thread of its own, so what the test stores is committed."""
    with committed(django_db_blocker):
        yield


@pytest.fixture
def desk(transactional_db: None) -> Iterator[Desk]:
    before = kinds.declared()
    yield Desk()
    kinds.fill(before)


@pytest.fixture
def service() -> Iterator[Service]:
    with push_service() as running:
        yield running


def to(device: Device, **more: Any) -> Message:
    return message(device.contact.address, method="push", **more)


@pytest.mark.req("G7")
def test_the_browser_reads_what_was_sent_and_the_service_finds_everything_in_order(desk: Desk, service: Service):
    browser = service.browser()
    desk.send(to(desk.device(browser)))
    assert service.complaints == []
    (got,) = service.got
    assert got.path == "/wpush/v2/one"
    assert got.headers["urgency"] == "high"
    assert got.headers["content-encoding"] == "aes128gcm"
    assert got.claims["sub"].startswith("mailto:")
    shown = browser.read(got.body)
    assert shown["title"] == "#12 CRITICAL: disk <b>full</b>"
    assert shown["body"] == "Detections\nYou have the watch."
    assert (shown["tag"], shown["number"], shown["kind"]) == ("incident-12", 12, "page")
    assert shown["url"].endswith("/incidents/12")
    assert b"disk" not in got.body


def test_the_button_s_token_is_good_for_the_button_only(desk: Desk, service: Service):
    browser = service.browser()
    desk.send(to(desk.device(browser)))
    shown = browser.read(service.got[0].body)
    token = shown["acknowledge"].rpartition("/push/acknowledge/")[2]
    assert read_token(token, salt=BUTTON) == (3, 5, 7)
    with pytest.raises(Exception, match="not made here"):
        read_token(token, salt=SALT)


def test_two_browsers_cannot_read_each_other_s(desk: Desk, service: Service):
    one, other = service.browser("one"), service.browser("other")
    desk.send(to(desk.device(one)))
    with pytest.raises(Exception):  # noqa: B017  whatever the library says: it is not readable
        other.read(service.got[0].body)


def test_the_topic_is_the_incident_so_that_a_device_that_was_away_gets_the_latest_state_only(desk: Desk, service: Service):
    browser = service.browser()
    device = desk.device(browser)
    status = content(12, reason="Bruno has it.")
    other = to(device, numbers=(13,), incident_id=6)
    desk.send(to(device), to(device, kind="status", page_id=None, contents=(status,)), other)
    page, news, third = service.got
    assert page.headers["topic"] == news.headers["topic"] != third.headers["topic"]
    assert len(page.headers["topic"]) == 32
    assert news.headers["urgency"] == "normal"
    (waiting, _) = service.kept.values()
    shown = browser.read(waiting.body)
    assert (shown["kind"], shown["body"], shown["tag"]) == ("status", "Detections\nBruno has it.", "incident-12")
    assert "acknowledge" not in shown


@pytest.mark.parametrize(
    ("left", "seconds"),
    [(dt.timedelta(minutes=15), 900), (dt.timedelta(seconds=3), 60), (dt.timedelta(hours=9), 3600), (None, 3600)],
)
def test_a_page_is_kept_until_its_next_step_asks_somebody_else(left: dt.timedelta | None, seconds: int):
    now = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
    assert payload.keep_for(message(method="push"), due_at=now + left if left else None, now=now) == seconds
    assert payload.keep_for(message(method="push", kind="status"), due_at=None, now=now) == 4 * 3600


def test_a_restricted_incident_says_number_and_code_name_only(desk: Desk, service: Service):
    browser = service.browser()
    desk.send(to(desk.device(browser), contents=(restricted(),)))
    shown = browser.read(service.got[0].body)
    assert shown["title"] == "#734211: Blue Heron"
    assert "Payments" not in json.dumps(shown)
    assert "pastebin" not in json.dumps(shown)
    assert "critical" not in json.dumps(shown).lower()


@pytest.mark.req("P14")
def test_a_bundle_is_one_notification_that_takes_all(desk: Desk, service: Service):
    browser = service.browser()
    desk.send(to(desk.device(browser), numbers=(12, 13, 14)))
    shown = browser.read(service.got[0].body)
    assert shown["title"] == "3 incidents: #12 and 2 more"
    assert shown["body"].splitlines()[-1] == "Acknowledging takes all of them."
    assert not shown["url"].endswith("/incidents/12")


def test_hostile_text_stays_text_and_within_what_every_service_takes(desk: Desk, service: Service):
    browser = service.browser()
    title = "\u202e" + "\n\x00漢" * 4000
    desk.send(to(desk.device(browser), contents=(content(12, title=title, reason="🔥" * 5000, service="x" * 9000),)))
    (got,) = service.got
    assert service.complaints == []
    assert len(got.body) < 3000
    shown = browser.read(got.body)
    assert len(shown["title"]) <= 180
    assert all(char.isprintable() for char in shown["title"])
    assert "acknowledge" in shown


@pytest.mark.req("P15")
@pytest.mark.parametrize(
    ("status", "failure", "said"),
    [
        (400, PermanentFailure, "400"),
        (403, PermanentFailure, "does not take this desk's signature"),
        (404, PermanentFailure, "over"),
        (410, PermanentFailure, "over"),
        (413, PermanentFailure, "too long"),
        (301, PermanentFailure, "301"),
        (429, TemporaryFailure, "429"),
        (500, TemporaryFailure, "500"),
        (503, TemporaryFailure, "503"),
    ],
)
def test_everything_but_2xx_is_a_failed_attempt_and_stands_with_the_device(
    desk: Desk, service: Service, status: int, failure: type[Failure], said: str
):
    device = desk.device(service.browser())
    service.statuses = [status]
    with pytest.raises(failure, match=said):
        desk.send(to(device))
    device.refresh_from_db()
    assert str(status) in device.last_error
    assert device.last_success_at is None


def test_a_success_is_noted_with_the_device_and_takes_the_error_away(desk: Desk, service: Service):
    device = desk.device(service.browser())
    service.statuses = [500, 201]
    with pytest.raises(TemporaryFailure):
        desk.send(to(device))
    desk.send(to(device))
    device.refresh_from_db()
    assert (device.last_error, device.last_error_at) == ("", None)
    assert device.last_success_at is not None


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_over_is_removed_and_its_person_told_by_the_other_methods(desk: Desk, service: Service, status: int):
    device = desk.device(service.browser())
    service.statuses = [status]
    with pytest.raises(PermanentFailure):
        desk.send(to(device))
    device.refresh_from_db()
    assert device.subscription == ""
    assert "the subscription is over" in device.gone_why
    assert Contact.objects.get(pk=device.pk).removed_at is not None
    told = Notification.objects.get(kind="status", person=desk.ada)
    assert told.contact.kind == "email"
    assert told.content["title"] == "Chrome on Android does not ring for you any more"
    assert Record.objects.filter(action="device.gone", object_id=str(device.pk)).exists()
    with pytest.raises(PermanentFailure, match="No device is subscribed"):
        desk.send(to(device))
    assert len(service.got) == 1, "nothing is sent to a subscription that is over"


def test_a_service_that_asks_for_a_rest_gets_it_and_others_do_not_wait(desk: Desk, service: Service):
    device = desk.device(service.browser())
    service.statuses, service.retry_after = [429], "30"
    with push_service() as other:
        elsewhere = desk.device(other.browser())

        async def go() -> list[str]:
            client, said = Outgoing(LOOPBACK), []
            pusher = Pusher(client)
            for one in (device, device, elsewhere):
                try:
                    await pusher.send(to(one), now=dt.datetime.now(dt.UTC))
                    said.append("sent")
                except TemporaryFailure as failure:
                    said.append(str(failure))
            await client.close()
            return said

        first, second, third = asyncio.run(go())
    assert "asks to wait 30 s" in first
    assert "asked for a rest" in second
    assert third == "sent"
    assert len(service.got) == 1


def test_a_service_that_dies_with_the_message_leaves_the_end_unknown(desk: Desk, service: Service):
    device = desk.device(service.browser())
    service.dies = True
    with pytest.raises(UnknownEnd):
        desk.send(to(device))
    assert len(service.got) == 1


def test_a_service_that_does_not_answer_in_time_leaves_the_end_unknown(desk: Desk, service: Service):
    device = desk.device(service.browser())
    service.delay = 1.5
    began = time.monotonic()
    with pytest.raises(UnknownEnd, match="No answer within"):
        desk.send(to(device), whole=0.3)
    assert time.monotonic() - began < 5


def test_nobody_answers_is_temporary(desk: Desk):
    with push_service() as gone:
        browser = gone.browser()
    with pytest.raises(TemporaryFailure):
        desk.send(to(desk.device(browser)))


def test_a_private_address_is_refused_by_the_guard(desk: Desk, service: Service):
    device = desk.device(service.browser())
    with pytest.raises(Refused):
        desk.send(to(device), allowed=())
    assert service.got == []


def test_the_key_is_made_once_and_is_encrypted_at_rest(desk: Desk, service: Service):
    from watchbill.notifications.actions import push_keys
    from watchbill.notifications.models import PushKey

    device = desk.device(service.browser())
    desk.send(to(device), to(device))
    public, private = push_keys(now=database_now())
    assert {got.claims["k"] for got in service.got} == {public}
    stored = PushKey.objects.get()
    assert private not in stored.private
    assert "127.0.0.1" not in device.subscription
    assert device.subscription != ""


@pytest.mark.req("P15")
def test_a_device_that_is_gone_costs_no_time_the_next_method_is_due_at_once(desk: Desk, service: Service):
    device = desk.device(service.browser())
    for position, (after, kind) in enumerate(((0, "push"), (300, "email"))):
        Rule.objects.create(person=desk.ada, urgency="high", after_seconds=after, kinds=[kind], position=position)
    team = make.team("SecOps", desk.ada)
    make.organization(desk.ada)
    watch = make.schedule("Watch", team, desk.ada)
    make.service("Detections", team, make.policy("P", team, ([make.to(watch)], "15m"), last_resort=desk.ada))
    now = database_now()
    incident = page_by_hand("disk full", "Detections", "critical", by=actor(desk.ada), now=now)
    fire_due(now=now)
    (page,) = claim(1, now=now).messages
    assert (page.method, page.address) == ("push", device.contact.address)
    service.statuses = [410]
    with pytest.raises(PermanentFailure) as failed:
        desk.send(page)
    report = record([Result(page.notification_id, 1, 1, Outcome.PERMANENT, now, now, str(failed.value))], now=now)
    assert [failure.method for failure in report.failures] == ["push"]
    assert report.all_failed == ()
    following = {(each.method, each.kind) for each in claim(1, now=now + SEC).messages}
    assert ("email", "page") in following
    assert incident.number
