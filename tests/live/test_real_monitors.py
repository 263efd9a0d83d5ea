"""Real monitors as senders, a real mail server as receiver: no fake speaks in between."""

from __future__ import annotations

import http.client
import re
import subprocess
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pagerduty
import pytest
from aiosmtpd.controller import Controller

from tests.live.server import Desk, Sink, event, free_port, two_steps, wait_for

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    made = Mailbox()
    yield made
    made.controller.stop()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, sink: Sink, mailbox: Mailbox) -> Iterator[Desk]:
    """One for all of them: each test looks at the incidents that came since it began. Ann has a webhook and a mailbox."""
    where = {"WATCHBILL_SMTP_URL": f"smtp://127.0.0.1:{mailbox.controller.port}", "WATCHBILL_MAIL_FROM": "desk@example.org"}
    made = Desk(tmp_path_factory.mktemp("desk"), **where)
    made.start()
    hook = f'{{kind: webhook, address: "http://127.0.0.1:{sink.port}/ann"}}'
    config = two_steps(sink, waits=("60s", "60s"))
    assert hook in config
    made.apply(config.replace(hook, f"{hook}, {{kind: email, address: ann@example.org}}"))
    yield made
    made.stop()


@pytest.fixture
def opened(desk: Desk) -> Callable[..., list[dict[str, Any]]]:
    """The incidents that were opened since the test began."""
    before = {row["number"] for row in desk.json("incidents", "--all")}
    return lambda *more: [row for row in desk.json("incidents", *more) if row["number"] not in before]


class Alertmanager:
    """Debian's prometheus-alertmanager, with one webhook receiver and one of kind PagerDuty."""

    def __init__(self, folder: Path, desk: Desk, hook: str, events: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = folder / "alertmanager.yml"
        config.write_text(f"""
route: {{receiver: hook, group_by: [alertname, instance], group_wait: 0s, group_interval: 1s, repeat_interval: 1h,
        routes: [{{matchers: ['kind="pd"'], receiver: pd}}]}}
receivers:
- {{name: hook, webhook_configs: [{{url: '{desk.url}/in/alertmanager/{hook}', send_resolved: true}}]}}
- {{name: pd, pagerduty_configs: [{{routing_key: {events}, url: '{desk.url}/v2/enqueue', severity: critical}}]}}
""")
        command = ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder / 'am'}"]
        command += [f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="]
        self.log = (folder / "alertmanager.log").open("wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        wait_for(self.ready, seconds=10, why="Alertmanager does not start")

    def ready(self) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def send(self, *labels: str, resolved: bool = False) -> None:
        extra = ["--end=2026-01-01T00:00:00Z"] if resolved else []
        command = ["amtool", f"--alertmanager.url={self.url}", "alert", "add", *labels, "--annotation=summary=Disk full", *extra]
        subprocess.run(command, check=True, capture_output=True)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.log.close()


@pytest.mark.req("P13", "P12")
def test_a_real_alertmanager_fires_and_resolves_by_both_of_its_ways(desk, sink, opened, tmp_path):
    alertmanager = Alertmanager(tmp_path, desk, desk.key(kind="alertmanager"), desk.key())
    try:
        alertmanager.send("DiskFull", "instance=db1", "severity=critical")
        alertmanager.send("DiskFull", "instance=db2", "severity=critical")
        wait_for(lambda: len(opened()) == 2, why="the webhook opened no incidents")
        alertmanager.send("Latency", "instance=web1", "kind=pd")
        wait_for(lambda: len(opened()) == 3, why="pagerduty_configs opened no incident")
        wait_for(
            lambda: sum(len(row[2].get("incidents") or [1]) for row in sink.pages("ann")) >= 3, why="the on-call was not told of all three"
        )
        alertmanager.send("DiskFull", "instance=db1", "severity=critical", resolved=True)
        alertmanager.send("Latency", "instance=web1", "kind=pd", resolved=True)
        firing = lambda: sorted(firing_in(row) for row in opened("--all"))  # noqa: E731
        wait_for(lambda: firing() == [0, 0, 1], why=f"resolves did not arrive: {firing()}")
    finally:
        alertmanager.stop()


def firing_in(incident: dict[str, Any]) -> int:
    """How many of its alerts fire."""
    return sum(alert["state"] == "firing" for alert in incident["alerts"])


class Client(pagerduty.EventsApiV2Client):
    """The official client, but for its insistence on https, which a proxy in front of the desk speaks."""

    @property
    def url(self) -> str:
        return self._url

    @url.setter
    def url(self, value: str) -> None:
        self._url = value


@pytest.mark.req("P26", "P25")
def test_the_official_events_client_triggers_acknowledges_and_resolves(desk, opened):
    client = Client(desk.key(), base_url=desk.url)
    assert client.trigger("disk full", "host1", dedup_key="k1", severity="critical") == "k1"
    made = client.trigger("no key of its own", "host1", severity="info")
    assert len(made) >= 32
    wait_for(lambda: len(opened()) == 2)
    client.acknowledge("k1")
    client.resolve("k1")
    wait_for(lambda: any(firing_in(row) == 0 for row in opened()))
    cleared = next(row for row in opened() if firing_in(row) == 0)
    assert (cleared["owner"], cleared["status"]) == (None, "triggered")


class Mailbox:
    """A real SMTP server that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.controller.start()

    async def handle_DATA(self, _server, _session, envelope) -> str:
        self.mails.append(envelope.content)
        return "250 kept"

    def to(self, address: str):
        parsed = [message_from_bytes(raw, policy=policy.default) for raw in list(self.mails)]
        return [mail for mail in parsed if mail["to"] and address in mail["to"]]


@pytest.mark.req("G7", "G20")
def test_a_mail_arrives_and_its_link_acknowledges_after_one_confirmation(desk, mailbox, opened):
    desk.post("/v2/enqueue", event(desk.key(), "by-mail", "disk full again"))
    number = wait_for(opened, why="no incident was opened")[0]["number"]
    about = lambda: [mail for mail in mailbox.to("ann@example.org") if f"#{number}" in mail["subject"]]  # noqa: E731
    mail = wait_for(about, why="no mail arrived")[0]
    text = mail.get_body(("plain",)).get_content()
    link = re.search(re.escape(desk.url) + r"/a/\S+", text).group()
    # a scanner that follows links acknowledges nothing
    status, page = desk.get(urlsplit(link).path)
    assert status == 200
    assert desk.json("show", str(number))["owner"] is None
    assert press(desk, urlsplit(link).path, page.decode()) in (200, 302, 303)
    shown = desk.json("show", str(number))
    assert (shown["owner"]["handle"], shown["status"]) == ("ann", "acknowledged")


def press(desk: Desk, path: str, page: str) -> int:
    """Send the form of a page as a browser without JavaScript would."""
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    fields |= dict(re.findall(r'<button[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)[:1])
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=10)
    connection.request("GET", path)
    cookie = (connection.getresponse().headers.get("set-cookie") or "").split(";")[0]
    connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=10)
    headers = {"content-type": "application/x-www-form-urlencoded", "cookie": cookie, "origin": desk.url}
    if cookie.startswith("csrftoken="):
        fields["csrfmiddlewaretoken"] = cookie.split("=", 1)[1]
    connection.request("POST", path, urlencode(fields), headers)
    status = connection.getresponse().status
    connection.close()
    return status
