"""The running engine: woken at once, steady over a database that goes and comes, ended by a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.engine.desk import ENTRIES, Channel, World
from tests.factories import person
from tests.notifications.outbox import ask
from watchbill.audit.actions import ENGINE, Entry, record_in
from watchbill.audit.models import Seal
from watchbill.audit.selectors import verify_chain
from watchbill.connectors.outgoing import Outgoing
from watchbill.engine.loop import Engine
from watchbill.engine.sealer import Sealer
from watchbill.kernel.clock import database_now
from watchbill.kernel.leases import alive
from watchbill.kernel.models import EngineInstance
from watchbill.notifications.actions import plan_in
from watchbill.notifications.models import Notification

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture(autouse=True)
def stored(transactional_db: None) -> Iterator[None]:
    """What is stored is committed, and emptied afterwards: in replica mode, since the triggers refuse to truncate evidence."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")


def wait_for(what: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


class Running:
    """An engine in a thread of its own."""

    def __init__(self) -> None:
        self.channel = Channel()
        self.world = World()
        self.engine = Engine(self.world.parts(), lambda key: (Outgoing(()), {"webhook": self.channel}), entries=ENTRIES)
        self.thread = threading.Thread(target=self.engine.run)
        self.thread.start()
        wait_for(lambda: self.engine._session is not None and self.world.rounds)

    def notify(self, page: int) -> float:
        """Commit a notification; the moment in which it was committed."""
        who = person(f"p{page}")
        with transaction.atomic():
            plan_in([ask(who, page)], now=database_now())
        return time.monotonic()

    def stop(self) -> None:
        self.engine.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def running(stored: None) -> Iterator[Running]:
    made = Running()
    yield made
    made.stop()


def test_it_is_woken_by_the_commit_and_sends_at_once(running):
    waits = []
    for page in range(1, 8):
        time.sleep(0.05)
        since = running.notify(page)
        wait_for(lambda page=page: len(running.channel.sent) == page)
        waits.append(running.channel.times[-1] - since)
    assert sorted(waits)[3] < 0.3, waits  # the sleep alone would make it 0.5 s


def test_it_lives_as_long_as_it_runs_and_says_so(running):
    assert alive([running.engine.instance_id]) == {running.engine.instance_id}
    wait_for(lambda: EngineInstance.objects.get(id=running.engine.instance_id).last_tick_at)


def test_it_comes_back_when_every_connection_was_cut(running):
    before = running.engine.instance_id
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] >= 2
    running.notify(1)
    wait_for(lambda: running.channel.sent)
    wait_for(lambda: Notification.objects.get().state == "delivered")
    assert running.engine.instance_id == before
    wait_for(lambda: alive([before]) == {before})
    assert not running.channel.sent[0].possible_duplicate


def test_it_waits_while_the_database_refuses_to_write(running):
    """A fail-over: the old primary answers as a standby for a while."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} SET default_transaction_read_only = on"
        )
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    time.sleep(0.5)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} RESET default_transaction_read_only")
    assert running.thread.is_alive()
    running.notify(1)
    wait_for(lambda: running.channel.sent)


def test_an_idle_engine_asks_little(running):
    with CaptureQueriesContext(connection):  # only to be sure that this thread asks nothing
        before = running.world.rounds
        time.sleep(2.0)
    assert running.world.rounds - before <= 4


def test_stopping_ends_the_row():
    made = Running()
    made.stop()
    row = EngineInstance.objects.get(id=made.engine.instance_id)
    assert row.stopped_at is not None
    wait_for(lambda: alive([row.id]) == set())


def test_the_audit_is_sealed_in_batches_that_hold_and_a_change_shows():
    sealer = Sealer()
    now = database_now()
    for n in range(5):
        record_in([Entry("page.acknowledge", "page", str(n), detail={"n": n})], by=ENGINE, now=now)
        sealer.seal(now=now)
    wait_for(lambda: sealer.seal(now=now) is not None and verify_chain().records == 5, 30)
    assert verify_chain().whole
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # a superuser gets round the trigger: the chain tells
        cursor.execute("UPDATE audit_record SET object_id = 'other' WHERE id = (SELECT min(id) FROM audit_record)")
        cursor.execute("SET session_replication_role = origin")
    assert not verify_chain().whole
    assert Seal.objects.exists()


def test_a_record_of_a_transaction_that_is_still_open_holds_the_sealer_back():
    import psycopg

    parameters = {
        k: v for k, v in connection.get_connection_params().items() if k in {"dbname", "user", "password", "host", "port", "passfile"}
    }
    sealer, now = Sealer(), database_now()
    with psycopg.connect(**parameters) as slow:
        slow.execute(
            "INSERT INTO audit_record (at, actor, via, action, kind, object_id, restricted, detail) VALUES (now(), 'x', 'y', 'z', 'k', 'slow', false, '{}')"
        )
        record_in([Entry("page.acknowledge", "page", "fast")], by=ENGINE, now=now)
        assert [sealer.seal(now=now) for _ in range(4)] == [0, 0, 0, 0]
        slow.commit()
    wait_for(lambda: sealer.seal(now=now) == 2, 30)
    assert verify_chain().whole


def test_the_process_ends_by_sigterm_with_exit_code_0(tmp_path):
    s = connection.settings_dict
    url = f"postgresql://{quote(s['USER'])}:{quote(s['PASSWORD'] or '')}@/{s['NAME']}?host={quote(str(s['HOST']), safe='')}&port={s['PORT'] or 5432}"
    if "passfile" in s["OPTIONS"]:
        url += f"&passfile={quote(str(s['OPTIONS']['passfile']), safe='')}"
    env = {**os.environ, "DATABASE_URL": url, "WATCHBILL_DATA": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-m", "watchbill.engine"], env=env, stderr=subprocess.PIPE) as process:
        try:
            wait_for(lambda: EngineInstance.objects.filter(pid=process.pid, last_tick_at__isnull=False).exists(), 30)
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
        finally:
            process.kill()
    assert EngineInstance.objects.get(pid=process.pid).stopped_at is not None
