"""10,000 events of one key of each kind, as fast as they are taken: how late is a page by another key meanwhile?"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.connectors.mailbox.dovecot import Dovecot, dovecot
from tests.connectors.mailbox.mails import mail
from tests.live.server import Desk

from tools.bench.desk200 import Sender, Sink, config, keys_of, paged_after, trigger
from tools.bench.table import ROOT, Row, at_most

MANY, LANES = 10_000, 16
PROBES = 10  # of one flood at most, each of a service and a person of its own
PAUSE = 0.5  # seconds before each
MINUTE = 60.0
TARGET = 2000  # ms, as of a page into a burst of the Events API
MAILBOX = "mailboxes:\n  - {name: alerts, team: Ops, imap_env: ALERTS_IMAP, address: alerts@example.org, for: [alerts], senders: ['@example.org']}\n"
Request = tuple[str, dict[str, Any], dict[str, str]]  # path, body, headers


def _events(key: str, n: int) -> Request:
    return "/v2/enqueue", trigger(key, f"flood {n}", f"flood {n}"), {}


def _opsgenie(key: str, n: int) -> Request:
    return "/v2/alerts", {"message": f"flood {n}", "alias": f"flood {n}"}, {"authorization": f"GenieKey {key}"}


def _generic(key: str, n: int) -> Request:
    return f"/in/generic/{key}", {"title": f"flood {n}", "id": f"flood {n}"}, {}


def _alertmanager(key: str, n: int) -> Request:
    alert = {
        "status": "firing",
        "labels": {"alertname": f"flood {n}"},
        "annotations": {},
        "startsAt": "2026-03-02T09:00:00Z",
        "fingerprint": str(n),
    }
    return f"/in/alertmanager/{key}", {"version": "4", "status": "firing", "receiver": "w", "groupKey": str(n), "alerts": [alert]}, {}


def _grafana(key: str, n: int) -> Request:
    alert = {"status": "firing", "labels": {"alertname": f"flood {n}"}, "annotations": {}, "fingerprint": str(n)}
    return f"/in/grafana/{key}", {"receiver": "w", "status": "firing", "alerts": [alert]}, {}


def _recorded(kind: str, name: str, *place: str) -> Callable[[str, int], Request]:
    """A recorded message, each time about another problem: the number at `place` is another one."""
    text = (ROOT / "src" / "watchbill" / "connectors" / kind.replace("-", "_") / "payloads" / f"{name}.json").read_text()

    def make(key: str, n: int) -> Request:
        body = inner = json.loads(text)
        for each in place[:-1]:
            inner = inner[each]
        inner[place[-1]] = str(1_000_000 + n) if isinstance(inner[place[-1]], str) else 1_000_000 + n
        return f"/in/{kind}/{key}", body, {}

    return make


KINDS: dict[str, Callable[[str, int], Request]] = {
    "events": _events,
    "opsgenie": _opsgenie,
    "generic": _generic,
    "alertmanager": _alertmanager,
    "grafana": _grafana,
    "github-alerts": _recorded("github-alerts", "code_scanning_created", "alert", "number"),
    "gitlab-alerts": _recorded("gitlab-alerts", "incident_opened", "object_attributes", "iid"),
    "sentry": _recorded("sentry", "event_alert", "data", "event", "issue_id"),
}


def rows() -> list[Row]:
    with dovecot() as server:
        return asyncio.run(_measure(server))


async def _measure(server: Dovecot) -> list[Row]:
    sink = Sink()
    await sink.start()
    count = (len(KINDS) + 1) * PROBES + 2
    made = []
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        desk = Desk(Path(folder), ALERTS_IMAP=server.url("alerts"))
        flooded = "".join(f"  - {{name: F-{kind}, team: Ops, policy: P0}}\n" for kind in (*KINDS, "email"))
        try:
            await asyncio.to_thread(desk.start)
            await asyncio.to_thread(desk.apply, config(sink.port, count) + flooded + MAILBOX)
            _, first, *others = await asyncio.to_thread(keys_of, desk.data, count)  # whoever the flood pages waits for bundles
            await paged_after(Sender(desk.port), sink, first, "the first page", seconds=60)  # of a desk that has just started
            for kind in KINDS:
                key = await asyncio.to_thread(desk.key, f"F-{kind}", kind)
                mine, others = others[:PROBES], others[PROBES:]
                made.append(_row(kind, *await _during(desk, sink, _flood(desk, kind, key), mine, PAUSE)))
                await _taken_in(desk)
            key = await asyncio.to_thread(desk.key, "F-email", "email")
            await asyncio.to_thread(_post, server, key)
            reading = _read(desk)
            made.append(_row("email", *await _during(desk, sink, reading, others, MINUTE / PROBES)))
        finally:
            await asyncio.to_thread(desk.stop)
    return made


def _row(kind: str, worst: float, count: int, spent: float) -> Row:
    what = (
        f"10,000 {'mails' if kind == 'email' else 'events'} of one key of kind {kind}: the latest of {count} pages by other keys meanwhile"
    )
    return at_most(what, worst * 1000, TARGET, unit="ms", beside=f"all of them in {spent:.1f} s, {MANY / spent:,.0f} a second")


async def _during(desk: Desk, sink: Sink, flood: Any, keys: list[str], pause: float) -> tuple[float, int, float]:
    """The longest that a page took while the flood ran, how many were measured, and how long the flood took."""
    begun = time.perf_counter()
    running = asyncio.create_task(flood)
    sender, took = Sender(desk.port), []
    for key in keys:
        await asyncio.sleep(pause)
        if running.done():
            break
        took.append(await paged_after(sender, sink, key, f"beside {key}", seconds=60))
    await running
    if not took:
        raise SystemExit("the flood was over before a page could be measured")
    return max(took), len(took), time.perf_counter() - begun


async def _flood(desk: Desk, kind: str, key: str) -> None:
    async def lane(number: int) -> None:
        sender = Sender(desk.port)
        for n in range(number, MANY, LANES):
            path, body, headers = KINDS[kind](key, n)
            status, _ = await sender.post(path, body, **headers)
            if status != 202:
                raise SystemExit(f"{kind}: answered with {status}")

    await asyncio.gather(*(lane(number) for number in range(LANES)))


async def _taken_in(desk: Desk) -> None:
    while b"watchbill_events_pending 0.0" not in (await asyncio.to_thread(desk.get, "/metrics"))[1]:
        await asyncio.sleep(0.5)


def _post(server: Dovecot, key: str) -> None:
    """Into the mailbox at once, as a mail server would that was held up: one file for each mail."""
    server.deliver(mail("the first", to=f"alerts+{key}@example.org"), "alerts")
    new = server.folder / "mail" / "alerts" / "new"
    owner = new.stat()
    for n in range(1, MANY):
        file = new.parent / "tmp" / f"1772442000.M{n}.bench"
        file.write_bytes(mail(f"flood {n}", to=f"alerts+{key}@example.org"))
        shutil.chown(file, owner.st_uid, owner.st_gid)
        file.rename(new / file.name)


async def _read(desk: Desk) -> None:
    end = time.perf_counter() + 5 * MINUTE
    while True:
        (row,) = await asyncio.to_thread(desk.json, "mailbox", "list")
        if row["mails"]["alert"] >= MANY:
            return
        if time.perf_counter() > end:
            raise SystemExit(f"{row['mails']} of {MANY} mails were read within 5 minutes; {row['last_error']}")
        await asyncio.sleep(2)
