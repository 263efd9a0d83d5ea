"""The engine: one loop that takes events in, fires what is due, sends, records, and says that it lives.

Each round asks the database what is true now. A part that fails is counted, logged and shown, and never stops the others; a database that
is away is waited for. Sending goes on in a thread of its own, so a slow provider delays no round.
"""

from __future__ import annotations

import datetime as dt
import logging
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from watchbill.connectors import registry
from watchbill.connectors.outgoing import Outgoing
from watchbill.engine import instance, parts
from watchbill.engine.calendars import Calendars
from watchbill.engine.chats import Chats
from watchbill.engine.clock import Clock, elapsed
from watchbill.engine.mail import Mailboxes
from watchbill.engine.platforms import Platforms
from watchbill.engine.sealer import Sealer
from watchbill.engine.sender import SLOW, Build, Sender
from watchbill.engine.session import Session, Wake
from watchbill.engine.trackers import Trackers
from watchbill.kernel.clock import database_now
from watchbill.notifications import actions, selectors
from watchbill.notifications.messages import Message, Report, Result
from watchbill.people.working import prepare_holidays

log = logging.getLogger(__name__)

SET = 500  # events, pages, notifications and results in one step of a round
LONGEST_SLEEP = 1.0
BREATH = 0.005  # between two rounds that follow a signal: what comes in a burst is handled together
EVERY = {
    "leases": 1.0,
    "beat": 1.0,
    "seal": 2.0,
    "proof": 5.0,
    "session": 1.0,
    "slow": 0.5,
    "mail": 5.0,
    "calendars": 10.0,
    "remotes": 2.0,
}
DEADMAN_EVERY = 10.0
FROZEN = 5.0  # a round that begins so long after the last one asks again what is true
SHOWN_FOR = 60.0  # an error stays on the row so long after the last bad round
DRAIN = 8.0
PATIENCE = 5  # rounds
SWITCH = 0.0005  # seconds: the loop waits no longer than this for the sending thread, which is always busy in a burst


class Engine:
    """One engine process. `tick` is a round, `run` goes on until it is told to stop."""

    def __init__(self, does: parts.Parts | None = None, build: Build | None = None, **sender: Any) -> None:
        self._does = does or parts.real()
        self._build = build or build_connectors
        self._sender_values = sender
        self._wake = Wake()
        self._stopping = False
        self._session: Session | None = None
        self._sender: Sender | None = None
        self._clock: Clock | None = None
        self._sealer = Sealer()
        self._mailboxes = Mailboxes()
        self._calendars = Calendars()
        self._remotes = (Chats(), Trackers(), Platforms())
        self._results: list[Result] = []  # ended, not recorded yet
        self._reports: list[Report] = []  # recorded, paging not told yet
        self._deaf = 0
        self._served: dict[int, float] = {}
        self._last: dict[str, float] = {}
        self._errors: list[str] = []
        self._bad_at = self._round_at = float("-inf")
        self._doubt = True
        self._prepared = False
        self._joined_at: dt.datetime | None = None
        self.instance_id = 0

    def stop(self, *_: int | FrameType | None) -> None:
        """Finish this round, send what is on its way, end. Safe in a signal handler."""
        self._stopping = True
        self._wake()

    def run(self) -> None:
        """Until `stop`. Waits for a database that is away, and comes back by itself."""
        pause = 0.1
        try:
            while not self._stopping:
                try:
                    self.join()
                    self._round()
                    self._prepare()
                    pause = 0.1
                except (DatabaseError, psycopg.Error) as error:
                    self.leave(error)
                    time.sleep(pause)
                    pause = min(pause * 2, 1.0)
        finally:
            self.end()
            connection.close()

    # Coming and going

    def join(self) -> None:
        """Have an instance row, its lock in a session, and a thread that sends."""
        if self._session is not None:
            return
        now = database_now()
        if not self.instance_id:
            self.instance_id = instance.begin(now=now)
        self._session = Session(self.instance_id)
        self._clock = self._clock or Clock(now)
        self._clock.set(now)
        if self._sender is None:
            self._sender = self._start_sender()
            log.info("engine started", extra={"instance": self.instance_id})
        in_hand = self._sender.in_hand() | {result.notification_id for result in self._results}
        actions.give_back_orphans(self.instance_id, in_hand, now=now)
        self._doubt = True
        self._joined_at = now

    def _prepare(self) -> None:
        """Once, when what was due has been done: read what the first page in business hours would otherwise wait for."""
        if not self._prepared:
            self._prepared = True
            prepare_holidays(now=database_now())

    def _start_sender(self) -> Sender:
        sender = Sender(self._build, actions.webhook_secret(), self._now(), self._wake, **self._sender_values)
        sender.start()
        return sender

    def leave(self, error: Exception) -> None:
        """The database is away: forget the connections, keep what is in hand."""
        log.warning("the database is away: %s", _said(error))
        if self._session is not None:
            self._session.close()
            self._session = None
        connection.close()

    def end(self) -> None:
        """Give back what was not sent, record what was, say that we stop."""
        self._mailboxes.stop()
        self._calendars.stop()
        try:
            for remote in self._remotes:
                remote.close()
            if self._sender is not None:
                unsent = self._sender.drain(DRAIN)
                if self._session is not None:
                    now = database_now()
                    actions.give_back([m.notification_id for m in unsent], self.instance_id, now=now)
                    self._record(now)
                    self._hear(now)
                    instance.end(self.instance_id, now=now)
        except (DatabaseError, psycopg.Error) as error:
            log.warning("stopping without the database: %s", _said(error))
        finally:
            if self._sender is not None:
                self._sender.close()
                self._sender = None
            if self._session is not None:
                self._session.close()
                self._session = None
            log.info("engine stopped", extra={"instance": self.instance_id})

    # One round

    def _round(self) -> None:
        now = database_now()
        self._now().set(now)
        more = self.tick(now)
        if self._stopping or self._session is None:
            return
        self._session.wait(self._wake, 0.0 if more else self._nap(now))
        if not more:
            time.sleep(BREATH)

    def tick(self, now: dt.datetime) -> bool:
        """One round: record, take in, fire, send. True when there is more to do at once."""
        began = elapsed()
        self._doubt = self._doubt or began - self._round_at > FROZEN
        self._errors = []
        self._step("record", self._record, now)
        self._step("stalled", self._ask_again, now)
        self._now_and_then("slow", self._start_beside, now)
        self._now_and_then("leases", self._release, now)
        self._step("quiet", lambda at: self._does.keep_quiet(now=at), now)
        taken = self._step("intake", lambda at: self._does.take_in(now=at, limit=SET), now) or 0
        fired = self._step("paging", lambda at: self._does.fire_due(now=at, limit=SET), now) or 0
        more = self._step("send", self._claim, now)
        self._step("hear", self._hear, now)
        self._now_and_then("proof", self._prove, now)
        for name, every in parts.CHORES.items():
            self._now_and_then(name, partial(self._chore, name), now, every=every)
        self._now_and_then("seal", lambda at: self._sealer.seal(now=at), now)
        self._now_and_then("mail", lambda _: self._mailboxes.look(), now)
        self._now_and_then("calendars", lambda _: self._calendars.look(), now)
        self._now_and_then("session", lambda _: self._session.check() if self._session else None, now)
        self._now_and_then("remotes", lambda _: [remote.look(self.instance_id) for remote in self._remotes], now)
        for remote in self._remotes:
            remote.wake()
        self._say_how_it_went(now, began)
        self._round_at = elapsed()
        return bool(more or taken or self._results) or fired >= SET

    def _step(self, name: str, do: Callable[[dt.datetime], Any], now: dt.datetime) -> Any:
        """One part of the round. Its failure is noted and the next part goes on; only a database that is away ends the round."""
        try:
            return do(now)
        except Exception as error:
            if isinstance(error, psycopg.Error) or is_away(error):
                raise
            log.exception("a part of the round failed", extra={"part": name, "instance": self.instance_id})
            self._errors.append(f"{name}: {_said(error)}")
            return None

    def _now_and_then(self, name: str, do: Callable[[dt.datetime], Any], now: dt.datetime, *, every: float = 0.0) -> None:
        if elapsed() - self._last.get(name, float("-inf")) >= (every or EVERY[name]):
            self._last[name] = elapsed()
            self._step(name, do, now)

    def _chore(self, name: str, now: dt.datetime) -> None:
        getattr(self._does, name)(now=now)

    def _record(self, now: dt.datetime) -> None:
        if self._sender is not None:
            self._results += self._sender.results(SET)
        try:
            if self._results:
                self._reports.append(actions.record(self._results, now=now))
        except Exception as error:
            if is_away(error):
                raise
            log.exception("a set of results could not be recorded; each one is tried alone")
            self._record_alone(now)
        self._results = []

    def _record_alone(self, now: dt.datetime) -> None:
        """What cannot be recorded is left to its lease: it runs out, and the notification is sent again as a possible duplicate."""
        for result in self._results:
            try:
                self._reports.append(actions.record([result], now=now))
            except Exception as error:
                if is_away(error):
                    raise
                self._errors.append(f"record: notification {result.notification_id}: {_said(error)}")

    def _ask_again(self, now: dt.datetime) -> None:
        """What waited too long in memory: is it still ours, and does anybody still need it?"""
        if self._sender is not None and (waiting := self._sender.stalled()):
            self._submit(self._still_due(waiting, now), now)

    def _start_beside(self, now: dt.datetime) -> None:
        """A provider that hangs keeps its own messages waiting, not the people: their next way starts beside it."""
        sender = self._sender
        if sender is None:
            return
        slow = sender.slow()
        crowded = [kind for kind, free in sender.room().by_method.items() if free <= 0]
        if slow or crowded:
            waiting_since = max(self._joined_at or now, now - dt.timedelta(seconds=SLOW))
            if waiting_since > now - dt.timedelta(seconds=SLOW):
                crowded = []  # after an outage what is old is sent first, before anybody concludes that it waits too long
            self._reports.append(actions.start_next_beside(slow, crowded=crowded, waiting_since=waiting_since, now=now))

    def _release(self, now: dt.datetime) -> None:
        self._reports.append(actions.release_dead_leases(now=now, own=self.instance_id))
        self._reports.append(actions.give_up_waiting(now=now))

    def _claim(self, now: dt.datetime) -> bool:
        sender = self._sender
        if sender is None:
            return False
        if not sender.alive():  # what it had in hand comes back when the leases run out
            sender.abandon()
            self._sender = self._start_sender()
            raise RuntimeError("The sending thread had ended, or something blocked it; another one was started.")
        claimed = actions.claim(self.instance_id, now=now, limit=SET, room=sender.room(), served=self._served)
        self._reports.append(claimed.report)
        messages = list(claimed.messages)
        if self._doubt and messages:
            messages = self._still_due(messages, now)
        self._doubt = False
        self._submit(messages, now)
        return claimed.more

    def _still_due(self, messages: list[Message], now: dt.datetime) -> list[Message]:
        """After an outage or a freeze: drop what was acknowledged or resolved meanwhile, and what another engine took."""
        stale = self._does.gone_stale([(m.page_id, m.created_at) for m in messages if m.page_id is not None], now=now)
        if stale:
            with transaction.atomic(durable=True):
                actions.cancel_in(page_ids=stale, now=now)
        kept = actions.confirm([m.notification_id for m in messages], self.instance_id, now=now)
        return [m for m in messages if m.notification_id in kept]

    def _submit(self, messages: list[Message], now: dt.datetime) -> None:
        if messages and self._sender is not None:
            self._sender.submit(messages)
            self._served.update({m.service_id: now.timestamp() for m in messages if m.service_id is not None})

    def _hear(self, now: dt.datetime) -> None:
        """Tell paging. What it cannot take after some rounds is let go: the walk goes on by its own times."""
        while self._reports:
            try:
                self._does.hear(self._reports[0], now=now)
            except Exception as error:
                if is_away(error) or self._deaf < PATIENCE:
                    self._deaf += not is_away(error)
                    raise
                log.exception("paging could not be told what became of some notifications")
            self._deaf = 0
            self._reports.pop(0)

    def _prove(self, now: dt.datetime) -> None:
        """The auditor: another query than the one that does the work proves that all of it was done. Only then the dead-man hears of us."""
        late = self._does.unproven(now=now)
        if late:
            raise RuntimeError(" ".join(late))
        instance.proved(self.instance_id, now=now)
        url = settings.DEADMAN_URL
        if url and self._sender is not None and elapsed() - self._last.get("deadman", float("-inf")) >= DEADMAN_EVERY:
            self._last["deadman"] = elapsed()
            self._sender.get(url)

    def _say_how_it_went(self, now: dt.datetime, began: float) -> None:
        if self._errors:
            self._bad_at = began
            instance.failed(self.instance_id, [f"{now:%Y-%m-%d %H:%M:%S} {error}" for error in self._errors])
        elif began - self._last.get("beat", float("-inf")) >= EVERY["beat"]:
            self._last["beat"] = began
            if not instance.beat(self.instance_id, now=now, clear=began - self._bad_at > SHOWN_FOR):
                self.instance_id = 0
                raise OperationalError("the row of this engine is gone: another database was put in place")

    def _nap(self, now: dt.datetime) -> float:
        """Until the next due time, a second at most."""
        due = [
            at
            for at in (self._does.next_page(after=now), selectors.next_due(after=now), self._does.next_quiet(after=now))
            if at is not None
        ]
        since = (self._now().now() - now).total_seconds()
        return max(0.0, min([LONGEST_SLEEP, *((at - now).total_seconds() - since for at in due)]))

    def _now(self) -> Clock:
        if self._clock is None:
            self._clock = Clock(database_now())
        return self._clock


def build_connectors(signing_key: str) -> tuple[Outgoing, dict[str, registry.Connector]]:
    """The real connectors, with the settings as they are."""
    outgoing = Outgoing(settings.ALLOW_PRIVATE_TARGETS)
    return outgoing, registry.build(outgoing=outgoing, signing_key=signing_key)


def is_away(error: BaseException) -> bool:
    """Does the database not answer, or refuse to write because it is a standby now? A deadlock is neither: the round goes on."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, DatabaseError):
        return False
    state = getattr(error.__cause__, "sqlstate", None) or ""
    if state == "25006" or state.startswith(("08", "57P")):
        return True
    return isinstance(error, OperationalError) and not state


def _said(error: BaseException) -> str:
    """The first line only: what follows in an error of the database may quote a row."""
    text = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def run() -> None:
    """The engine's process: until SIGTERM or SIGINT."""
    sys.setswitchinterval(SWITCH)
    engine = Engine()
    signal.signal(signal.SIGTERM, engine.stop)
    signal.signal(signal.SIGINT, engine.stop)
    engine.run()
