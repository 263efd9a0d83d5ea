"""Reads and writes bounty platforms: one thread for each, away from the rounds, so that a slow platform delays no page and nothing else.

Each round of a thread: what is to be written; what webhooks hinted at; what changed, every minute; what was said on the reports that
changed. Several nodes share the work: reading, or a write, belongs to whoever took it, for a while.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from watchbill.connectors import platform as kinds
from watchbill.connectors.failures import Failure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.platform import Client
from watchbill.connectors.platform.reading import read_reports
from watchbill.connectors.platform.writing import perform
from watchbill.connectors.wire import Gone, RateLimited, Wire
from watchbill.engine.clock import elapsed
from watchbill.engine.remotes import CHECK_EVERY, InRounds, Threads
from watchbill.kernel.clock import database_now
from watchbill.notifications.rules import Outcome
from watchbill.platforms import selectors
from watchbill.platforms.actions import mirroring, writing
from watchbill.platforms.messages import Claim, Kept, Said, Shown, Written
from watchbill.platforms.models import Platform, Remote
from watchbill.platforms.rules.ends import since
from watchbill.platforms.selectors import Settings
from watchbill.reports.actions.platform import hear_platform_in
from watchbill.reports.actions.written import tell_of_platform_writes_in

log = logging.getLogger(__name__)

SET = 5  # writes that are taken at once: within their lease
SOME = 20  # reports that are listened to before the next look at what is to be written
AGAIN = 5  # reports that were set aside, each minute
DRAIN = 5.0

Build = Callable[[Settings], tuple[Client, Wire]]


class Platforms(Threads[Settings]):
    """All platforms of this engine. `look` is called now and then by the loop."""

    def __init__(self) -> None:
        super().__init__(PlatformThread, patience=DRAIN)
        self._said: set[str] = set()

    def look(self, instance_id: int) -> None:
        there = [] if settings.DEMO_INBOX else selectors.platforms()  # a demo asks nobody
        for platform in there:
            if not platform.works and platform.name not in self._said:
                self._said.add(platform.name)
                log.warning("a platform is not connected: its token is not set", extra={"platform": platform.name})
        self.keep([each for each in there if each.works], instance_id)


class PlatformThread(InRounds):
    """One platform. `work` is one round of it."""

    def __init__(self, platform: Settings, instance_id: int, *, build: Build | None = None) -> None:
        super().__init__("platform", platform.name, instance_id)
        self.platform = platform
        self._build = build or build_client
        self._made: tuple[Client, Wire] | None = None

    def close(self) -> None:
        """Close what is open to the platform, in the thread that used it."""
        if self._made is not None:
            self._made[1].close()
            self._made = None

    def give_back(self) -> None:
        writing.give_back_writes(self.instance_id, self.platform.id)

    def work(self) -> bool:
        """One round. True when there is more to do at once. A platform that asked to wait is left alone."""
        wait = selectors.waiting_until(self.platform.id)
        if wait is not None and wait > database_now():
            return False
        try:
            more = self._write()
            self._hear()
            self._read()
            return self._listen() or more
        except RateLimited as error:
            mirroring.asked_to_wait(self.platform.id, database_now() + error.retry_after)
            return False

    def check(self) -> None:
        """Does it answer, as whom does it know us, and do the groups exist? `doctor` reads that."""
        try:
            standing = self._client.check()
        except Failure as failure:
            mirroring.not_looked(self.platform.id, str(failure) or type(failure).__name__, now=database_now())
        else:
            mirroring.looked(self.platform.id, account=standing.account, known=standing.known, now=database_now())

    @property
    def _client(self) -> Client:
        if self._made is None:
            self._made = self._build(self.platform)
        return self._made[0]

    # What is to be written

    def _write(self) -> bool:
        claims = writing.claim_writes(self.instance_id, self.platform.id, now=database_now(), limit=SET)
        limited: RateLimited | None = None
        for claim in claims:
            if self._stopping.is_set() or limited is not None:
                break
            written = self._written(claim)
            self._record(written)
            if written.retry_after is not None:
                limited = RateLimited(written.detail, written.retry_after.total_seconds())
        if limited is not None or self._stopping.is_set():
            writing.give_back_writes(self.instance_id, self.platform.id)
        if limited is not None:
            raise limited
        return bool(claims)  # the next of a report waits for the one before it

    def _written(self, claim: Claim) -> Written:
        """One that nobody foresaw is set aside, and the others go on. What had begun by then may have been done."""
        begun = False

        def begin() -> bool:
            nonlocal begun
            begun = writing.begin(claim, self.instance_id)
            return begun

        try:
            return perform(self._client, claim, self.platform, selectors.platform_row(self.platform.id), begin)
        except (DatabaseError, psycopg.Error):
            raise
        except Exception as error:
            log.exception("a write to a platform failed unexpectedly", extra={"platform": self.platform.name, "write": claim.id})
            outcome = Outcome.UNKNOWN if begun else Outcome.PERMANENT
            return Written(claim, outcome, f"It failed unexpectedly ({type(error).__name__}); the log says more.")

    def _record(self, written: Written) -> None:
        now = database_now()
        with transaction.atomic(durable=True):
            ended = writing.record_write_in(written, self.instance_id, now=now)
            if ended is not None:
                tell_of_platform_writes_in([ended], now=now)

    # What webhooks and the feed of activities hinted at

    def _hear(self) -> None:
        now = database_now()
        heard = mirroring.take_deliveries(self.platform.id, now=now)
        for external_id in dict.fromkeys(row.external_id for row in heard if row.external_id):
            self._mirror_one(external_id)
        if any(not row.external_id for row in heard):
            mirroring.read_soon(self.platform.id, now=now)

    def _mirror_one(self, external_id: str) -> None:
        known = selectors.remote_of(self.platform.id, external_id)
        try:
            shown, said = self._client.report(external_id)
        except Gone:
            mirroring.set_aside(self.platform.id, {}, (external_id,))
            if known is not None:
                self._tell(lambda: mirroring.gone_in(known, now=database_now()))
        except RateLimited:
            raise
        except (DatabaseError, psycopg.Error):
            raise
        except Exception as error:
            if not isinstance(error, Failure):
                log.exception("a report could not be read", extra={"platform": self.platform.name, "report": external_id})
            if known is not None:
                mirroring.listen_later(known.id, now=database_now())
        else:
            why = self._keep_one(shown, said)
            mirroring.set_aside(self.platform.id, {external_id: why} if why else {}, () if why else (external_id,))
            if why and known is not None:
                mirroring.listen_later(known.id, now=database_now())

    # Every minute

    def _read(self) -> None:
        row = mirroring.claim_reading(self.platform.id, now=database_now())
        if row is None:
            return
        try:
            self._read_all(row)
            self._feed(row)
            self._try_again(row)
            if mirroring.wants_sweep(row, now=database_now()):
                self._sweep()
        except RateLimited as error:
            mirroring.not_read(row, str(error), now=database_now(), retry_after=error.retry_after)
            raise
        except (DatabaseError, psycopg.Error):
            raise
        except Exception as error:
            if not isinstance(error, Failure):
                log.exception("a platform could not be read", extra={"platform": self.platform.name})
            mirroring.not_read(row, str(error) or type(error).__name__, now=database_now())
        else:
            mirroring.read_to_end(row, now=database_now())

    def _read_all(self, row: Platform) -> None:
        """What changed since the last time. The first time: all that is open, then what happened in the last months."""
        if row.cursor is None:
            read_reports(self._client, since=None, open_only=True, keep=lambda items, odd, _: self._keep(items, odd))
            mirroring.read_on(row, mirroring.first_cursor(now=database_now()), now=database_now())
        assert row.cursor is not None
        read_reports(self._client, since=since(row.cursor), keep=lambda items, odd, latest: self._keep_on(row, items, odd, latest))

    def _keep_on(self, row: Platform, items: Collection[Shown], odd: dict[str, str], latest: Any) -> None:
        self._keep(items, odd)
        if latest is not None and row.cursor is not None:
            mirroring.read_on(row, max(latest, row.cursor), now=database_now())

    def _keep(self, items: Collection[Shown], odd: dict[str, str]) -> None:
        """Each in a transaction of its own: one that nobody can keep stops no other."""
        known = mirroring.known_digests(self.platform.id, [item.external_id for item in items])
        understood = [item.external_id for item in items]
        for item in items:
            if not mirroring.is_known(item, known) and (why := self._keep_one(item, None)):
                odd[item.external_id] = why
        mirroring.set_aside(self.platform.id, odd, [id_ for id_ in understood if id_ not in odd])

    def _keep_one(self, shown: Shown, said: Collection[Said] | None) -> str:
        """Answers why it could not be kept; empty when it was."""
        try:
            self._tell(lambda: mirroring.keep_in(self.platform.id, shown, None if said is None else list(said), now=database_now()))
        except (OperationalError, InterfaceError):  # the database is away
            raise
        except Exception as error:
            log.exception("a report could not be kept", extra={"platform": self.platform.name, "report": shown.external_id})
            return f"It could not be kept here ({type(error).__name__}); the log says more."
        return ""

    def _tell(self, keep: Callable[[], Kept | None]) -> None:
        with transaction.atomic(durable=True):
            kept = keep()
            if kept is not None:
                hear_platform_in([kept], now=database_now())

    def _feed(self, row: Platform) -> None:
        """Activities that no list of reports shows as a change. A platform that does not have the feed is read without it."""
        mark = row.feed or (row.cursor or database_now()).strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            told, mark = self._client.feed(mark)
        except RateLimited:
            raise
        except Failure as error:
            log.info("the feed of activities could not be read: %s", error, extra={"platform": self.platform.name})
            return
        known = selectors.known_activities(self.platform.id, {activity for _, activity in told})
        for external_id in sorted({report for report, activity in told if (report, activity) not in known}):
            self._mirror_one(external_id)
        mirroring.fed(self.platform.id, mark)

    def _try_again(self, row: Platform) -> None:
        """What was set aside is in no list before something happens on it again: some of it is asked for each time, one after the other."""
        ids = sorted(id_ for id_ in row.aside if id_.isascii() and id_.isalnum())
        first = int(elapsed() / CHECK_EVERY) * AGAIN % max(len(ids), 1)
        for external_id in [*ids, *ids][first : first + min(AGAIN, len(ids))]:
            self._mirror_one(external_id)

    def _sweep(self) -> None:
        """Once a day: what is open here and in no list there was hidden, or moved. Each is asked for."""
        there: set[str] = set()
        read_reports(
            self._client, since=None, open_only=True, keep=lambda items, _odd, _latest: there.update(one.external_id for one in items)
        )
        for remote in selectors.open_remotes(self.platform.id):
            if remote.external_id not in there:
                self._mirror_one(remote.external_id)
        mirroring.swept(self.platform.id, now=database_now())

    # What was said on reports that changed

    def _listen(self) -> bool:
        waiting: list[Remote] = selectors.unheard(self.platform.id, now=database_now(), limit=SOME)
        for remote in waiting:
            if self._stopping.is_set():
                break
            self._mirror_one(remote.external_id)
        return len(waiting) == SOME


def build_client(platform: Settings) -> tuple[Client, Wire]:
    """The real client, with the settings as they are."""
    return kinds.build_client(platform, Outgoing(settings.ALLOW_PRIVATE_TARGETS))
