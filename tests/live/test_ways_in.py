"""The snippets of docs/connectors, run as an operator pastes them: a real Alertmanager, a real curl, the whole server."""

from __future__ import annotations

import http.client
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.server import Desk, Sink, free_port, two_steps, wait_for
from tests.live.test_real_monitors import firing_in

pytestmark = pytest.mark.live

PAGES = Path(__file__).parents[2] / "docs" / "connectors"
ROUTE = "route: {receiver: watchbill, group_by: [alertname, instance], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}\n"


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path, sink: Sink) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.start()
    made.apply(two_steps(sink, waits=("60s", "60s")))
    yield made
    made.stop()


def pasted(kind: str, desk: Desk, key: str) -> str:
    """The page's first block of code, with the desk's address and the key in it."""
    block = re.search(r"```\w*\n(.*?)```", (PAGES / f"{kind}.md").read_text(), re.DOTALL)
    assert block
    return block[1].replace("https://YOUR-DESK", desk.url).replace("KEY", key)


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Starts Debian's prometheus-alertmanager with this configuration and answers its address."""
    running: list[subprocess.Popen[bytes]] = []

    def start(text: str) -> str:
        config = tmp_path / "alertmanager.yml"
        config.write_text(ROUTE + text)
        port = free_port()
        command = ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={tmp_path / 'am'}"]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
        with (tmp_path / "alertmanager.log").open("wb") as log:
            running.append(subprocess.Popen(command, stdout=log, stderr=log))
        wait_for(lambda: ready(port), seconds=10, why="Alertmanager does not start")
        return f"http://127.0.0.1:{port}"

    yield start
    for process in running:
        process.terminate()
        process.wait()


def ready(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False


def amtool(url: str, *labels: str, resolved: bool = False, summary: str = "Disk full") -> None:
    end = ["--end=2026-01-01T00:00:00Z"] if resolved else []
    command = ["amtool", f"--alertmanager.url={url}", "alert", "add", *labels, f"--annotation=summary={summary}", *end]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.req("P12")
@pytest.mark.parametrize("update", [False, True])
def test_alertmanagers_opsgenie_receiver_fires_and_resolves(desk: Desk, sink: Sink, alertmanager: Callable[[str], str], update: bool):
    text = pasted("opsgenie", desk, desk.key(kind="opsgenie"))
    url = alertmanager(text + ("    update_alerts: true\n    priority: P1\n" if update else ""))
    amtool(url, "DiskFull", "instance=db1")
    incident = wait_for(lambda: desk.json("incidents"), why="opsgenie_configs opened no incident")[0]
    assert "DiskFull" in incident["title"]
    assert incident["severity"] == ("critical" if update else "medium")
    wait_for(lambda: sink.pages("ann"), why="the on-call was not told")
    if update:
        amtool(url, "DiskFull", "instance=db1", "more=yes")
    amtool(url, "DiskFull", "instance=db1", resolved=True)
    if update:
        amtool(url, "DiskFull", "instance=db1", "more=yes", resolved=True)
    wait_for(lambda: firing_in(desk.json("incidents", "--all")[0]) == 0, why="the resolve did not arrive")
    assert len(desk.json("incidents", "--all")) == 1
    listed = next(row for row in desk.json("key", "list") if row["kind"] == "opsgenie")
    assert listed["events"] >= 2
    assert (listed["set_aside"], listed["last_event_at"] is not None) == (0, True)


def test_alertmanagers_webhook_as_its_page_says(desk: Desk, alertmanager: Callable[[str], str]):
    url = alertmanager(pasted("alertmanager", desk, desk.key(kind="alertmanager")))
    amtool(url, "DiskFull", "instance=db1")
    wait_for(lambda: desk.json("incidents"), why="the webhook opened no incident")


@pytest.mark.parametrize("kind", ["events", "generic"])
def test_curl_as_the_page_says(desk: Desk, kind: str):
    command = shlex.split(pasted(kind, desk, desk.key(kind=kind)))
    done = subprocess.run([*command, "-sS", "--fail-with-body"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    incident = wait_for(lambda: desk.json("incidents"), why="no incident")[0]
    assert (incident["title"], incident["severity"]) == ("Disk full on db1", "critical")


def test_a_replaced_key_works_on_beside_the_new_one_until_it_is_revoked(desk: Desk):
    made = desk.json("key", "create", "--service", "S", "--kind", "generic")
    new = desk.json("key", "rotate", str(made["id"]), "--overlap", "24h")
    for key, name in ((made["key"], "by the old key"), (new["key"], "by the new key")):
        assert desk.post(f"/in/generic/{key}", {"title": name})[0] == 202
    wait_for(lambda: len(desk.json("incidents")) == 2)
    desk.cli("key", "revoke", str(made["id"]))
    wait_for(lambda: desk.post(f"/in/generic/{made['key']}", {"title": "late"})[0] == 401, seconds=3)
    assert desk.post(f"/in/generic/{new['key']}", {"title": "still"})[0] == 202


def test_opsgenies_requests_by_id_and_their_state_on_the_whole_server(desk: Desk):
    key = {"Authorization": f"GenieKey {desk.key(kind='opsgenie')}"}
    status, said = desk.post("/v2/alerts", {"message": "Disk full", "alias": "a/b", "priority": "P2"}, **key)
    assert (status, said["result"]) == (202, "Request will be processed")

    def state(request_id: str) -> dict[str, str] | None:
        connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=10)
        connection.request("GET", f"/v2/alerts/requests/{request_id}", headers=key)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        import json

        return json.loads(body)["data"] if response.status == 200 else None

    data = wait_for(lambda: state(said["requestId"]), why="the request was not processed")
    assert data["alias"] == "a/b"
    status, said = desk.post(f"/v2/alerts/{data['alertId']}/close", {"note": "over"}, **key)
    assert status == 202
    assert wait_for(lambda: state(said["requestId"]))["action"] == "Close"
    assert firing_in(desk.json("incidents", "--all")[0]) == 0
    status, said = desk.post("/v2/alerts/a%2Fb/notes?identifierType=alias", {"note": "x"}, **key)
    assert status == 202
