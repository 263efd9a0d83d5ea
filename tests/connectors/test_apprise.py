"""Apprise: one-way, held to plugins and hosts that we let in, and silent about the passwords in its addresses."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import ipaddress
import json
import logging
import re
import time
from typing import Any

import pytest
from apprise.manager_plugins import NotificationManager

from tests.connectors.parts import Sink, message, restricted, sink
from watchbill.connectors.apprise.sending import Sender, text
from watchbill.connectors.failures import Failure, PermanentFailure, TemporaryFailure, UnknownEnd
from watchbill.connectors.guard import Refused
from watchbill.notifications.addresses import stored
from watchbill.notifications.messages import Message
from watchbill.notifications.rules import why_refused
from watchbill.notifications.rules.schemes import FIXED, HOSTED

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # the library's own affair

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def send(one: Message, *, allowed: Any = LOOPBACK, **more: Any) -> None:
    async def go() -> None:
        sender = Sender(tuple(allowed), **more)
        try:
            await sender.send(one, now=dt.datetime.now(dt.UTC))
        finally:
            await sender.close()

    asyncio.run(go())


def to(there: Sink, query: str = "", **more: Any) -> Message:
    return message(f"json://me:hunter2@127.0.0.1:{there.port}/hook{query}", method="apprise", **more)


def test_it_arrives_says_that_it_is_one_way_and_has_the_link():
    with sink() as there:
        send(to(there))
    said = json.loads(there.got[0].body)
    assert said["title"] == "#12 critical: disk <b>full</b>"
    first = said["message"].splitlines()[0]
    assert first.startswith("Acknowledge here; answering this message does nothing: ")
    assert re.search(r"/a/3\.5\.7~", first)
    assert "Detections" in said["message"]


def test_news_asks_for_nothing():
    assert "Acknowledge" not in text(message(method="apprise", kind="status"))


def test_a_restricted_incident_says_number_and_code_name_only():
    with sink() as there:
        send(to(there, contents=(restricted(),)))
    body = there.got[0].body.decode()
    assert "#734211 Blue Heron" in body
    for secret in ("Payments", "pastebin", "critical"):
        assert secret not in body


def test_the_address_may_be_encrypted_or_in_a_variable(monkeypatch: pytest.MonkeyPatch):
    with sink() as there:
        url = to(there).address
        send(message(stored("apprise", url), method="apprise"))
        monkeypatch.setenv("ADA_APPRISE", url)
        send(message("", method="apprise", secret_env="ADA_APPRISE"))
        monkeypatch.delenv("ADA_APPRISE")
        with pytest.raises(PermanentFailure, match="Its address is not set here"):
            send(message("", method="apprise", secret_env="ADA_APPRISE"))
    assert len(there.got) == 2


@pytest.mark.req("P15")
@pytest.mark.parametrize(
    ("status", "failure"), [(400, PermanentFailure), (403, PermanentFailure), (429, TemporaryFailure), (500, TemporaryFailure)]
)
def test_what_the_service_refuses_is_a_failed_attempt_with_its_status(status: int, failure: type[Failure]):
    with sink(answer=status) as there, pytest.raises(failure, match=str(status)):
        send(to(there))


@pytest.mark.parametrize("query", ["", "?redirect=yes"])
def test_a_redirect_is_not_followed_whatever_the_address_asks_for(query: str):
    with sink() as elsewhere:
        with sink(answer=lambda _: (302, {"Location": elsewhere.url()})) as there, pytest.raises(Failure):
            send(to(there, query))
        assert elsewhere.got == []


def test_nobody_answers_or_not_in_time_leaves_the_end_unknown():
    with sink() as gone:
        pass
    with pytest.raises(UnknownEnd):
        send(to(gone))
    began = time.monotonic()
    with sink(delay=2) as slow, pytest.raises(UnknownEnd, match=r"within 0\.3 s"):
        send(to(slow), whole=0.3)
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("scheme", ["json", "xml", "form", "gotify", "ntfy", "apprise"])
def test_a_host_that_the_guard_does_not_permit_is_refused(scheme: str):
    with sink() as there:
        url = f"{scheme}://127.0.0.1:{there.port}/abcdefgh"
        with pytest.raises(Refused):
            send(message(url, method="apprise"), allowed=())
        with pytest.raises(Refused):
            send(message(url.replace("://", "s://"), method="apprise"), allowed=())
        assert there.got == []


OTHERS = (  # programs, files, other sockets, hosts of their own
    *("dbus://", "syslog://", "windows://", "macosx://", "mailto://a:b@c.example", "mqtt://h/t", "rsyslog://h", "irc://h/c", "exec://x"),
    *("smpp://u:p@h/1/2", "matrix://u:p@h", "growl://h", "file:///etc/passwd", "https://example.org/hook", "vapid://x", "zulip://b@o/t"),
)


@pytest.mark.parametrize("url", OTHERS)
def test_every_other_plugin_is_refused_before_the_library_sees_it(url: str):
    assert why_refused(url)
    with pytest.raises(PermanentFailure, match="not let in"):
        send(message(url, method="apprise"))


def test_what_apprise_cannot_read_is_refused_without_saying_it():
    with pytest.raises(PermanentFailure) as raised:
        send(message("tgram://hunter2", method="apprise"))
    assert "hunter2" not in str(raised.value)


def test_no_log_line_of_the_library_gets_any_further():
    heard: list[logging.LogRecord] = []

    class Everything(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record)

    root, handler = logging.getLogger(), Everything()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with sink(answer=500) as there, pytest.raises(Failure) as raised:
            send(to(there))
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert "hunter2" not in str(raised.value)
    assert [record.getMessage() for record in heard if record.name.startswith(("apprise", "urllib3", "requests"))] == []


def test_every_plugin_that_is_let_in_speaks_http_only_and_can_be_kept_from_redirects():
    """Looks at the library as it is installed: a new release that changes this fails here."""
    manager = NotificationManager()
    manager.load_modules()
    for scheme in sorted(FIXED | HOSTED):
        plugin = manager[scheme]
        source = inspect.getsource(inspect.getmodule(plugin))  # type: ignore[arg-type]
        assert "allow_redirects=self.redirects" in source, scheme
        assert not re.search(r"^\s*(import|from) (socket|subprocess|ctypes|smtplib|paho|slixmpp)", source, re.MULTILINE), scheme
        if scheme in FIXED:
            assert "host" not in plugin.template_tokens, scheme
