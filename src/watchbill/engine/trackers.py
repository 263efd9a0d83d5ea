"""Reads and writes trackers: one thread for each, away from the rounds, so that a slow tracker delays no page and no other tracker.

Each round of a thread: what is to be written; what webhooks hinted at; the projects that are due; the comments of what changed. Several
nodes share the work: a project or a write belongs to whoever took it, for a while.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable

import psycopg
from django.conf import settings
from django.db import DatabaseError, transaction

from watchbill.connectors import tracker as trackers
from watchbill.connectors.failures import Failure
from watchbill.connectors.outgoing import Outgoing
from watchbill.connectors.tracker import Client
from watchbill.connectors.tracker.reading import read_project
from watchbill.connectors.tracker.writing import perform, prepare
from watchbill.connectors.wire import Gone, RateLimited, Wire
from watchbill.duties.models import Queue
from watchbill.engine.clock import elapsed
from watchbill.engine.remotes import InRounds, Threads
from watchbill.kernel.clock import database_now
from watchbill.notifications.rules import Outcome
from watchbill.people.models import Team
from watchbill.reports.actions.issues import tell_of_report_issue_in, tell_of_report_writes_in
from watchbill.response.actions.issues import tell_of_issue_in, tell_of_writes_in
from watchbill.trackers import selectors
from watchbill.trackers.actions import mirroring, writing
from watchbill.trackers.messages import Claim, Found, Written
from watchbill.trackers.models import Issue, Link, Source, Tracker
from watchbill.trackers.selectors import Settings

log = logging.getLogger(__name__)

SET = 10  # writes that are taken at once: half a minute of them at GitHub's pace
SOME = 20  # issues whose comments are read before the next look at what is to be written
LOOK_EVERY = 10.0  # which projects are to be read
DRAIN = 5.0

Build = Callable[[Settings], tuple[Client, Wire]]


class Trackers(Threads[Settings]):
    """All trackers of this engine. `look` is called now and then by the loop."""

    def __init__(self) -> None:
        super().__init__(TrackerThread, patience=DRAIN)
        self._look_at = float("-inf")

    def look(self, instance_id: int) -> None:
        if elapsed() >= self._look_at:
            self._look_at = elapsed() + LOOK_EVERY
            mirroring.want_sources(wanted_sources(), now=database_now())
        self.keep([] if settings.DEMO_INBOX else [each for each in selectors.trackers() if each.works], instance_id)  # a demo asks nobody


class TrackerThread(InRounds):
    """One tracker. `work` is one round of it."""

    def __init__(self, tracker: Settings, instance_id: int, *, build: Build | None = None) -> None:
        super().__init__("tracker", tracker.name, instance_id)
        self.tracker = tracker
        self._build = build or build_client
        self._made: tuple[Client, Wire] | None = None
        self._account = ""

    def close(self) -> None:
        """Close what is open to the tracker, in the thread that used it."""
        if self._made is not None:
            self._made[1].close()
            self._made = None

    def give_back(self) -> None:
        writing.give_back_writes(self.instance_id)

    def work(self) -> bool:
        """One round. True when there is more to do at once. A tracker that asked to wait is left alone."""
        now = database_now()
        wait = selectors.waiting_until(self.tracker.id)
        if wait is not None and wait > now:
            return False
        try:
            more = self._write()
            self._hear()
            more = self._read() or more
            return self._listen() or more
        except RateLimited as error:
            mirroring.asked_to_wait(self.tracker.id, database_now() + error.retry_after)
            return False

    def check(self) -> None:
        """Does it answer, and as whom does it know us? `doctor` reads that."""
        account = error = ""
        try:
            account = self._client.check()
        except Failure as failure:
            error = str(failure) or type(failure).__name__
        self._account = account or self._account
        mirroring.looked(self.tracker.id, account=account, error=error, now=database_now())

    @property
    def _client(self) -> Client:
        if self._made is None:
            self._made = self._build(self.tracker)
        return self._made[0]

    # What is to be written

    def _write(self) -> bool:
        claims = writing.claim_writes(self.instance_id, self.tracker.id, now=database_now(), limit=SET)
        limited: RateLimited | None = None
        for claim in claims:
            if self._stopping.is_set() or limited is not None:
                break
            written = self._written(claim)
            self._record(written)
            if written.retry_after is not None:
                limited = RateLimited(written.detail, written.retry_after.total_seconds())
        if limited is not None:
            writing.give_back_writes(self.instance_id)
            raise limited
        return bool(claims)  # the next comment waits for the one before it

    def _written(self, claim: Claim) -> Written:
        """One that nobody foresaw is set aside, and the others go on."""
        try:
            return perform(self._client, claim, prepare(self.tracker, claim))
        except (DatabaseError, psycopg.Error):
            raise
        except Exception as error:
            log.exception("a write to a tracker failed unexpectedly", extra={"tracker": self.tracker.name, "write": claim.id})
            return Written(claim, Outcome.PERMANENT, f"It failed unexpectedly ({type(error).__name__}); the log says more.")

    def _record(self, written: Written) -> None:
        now = database_now()
        with transaction.atomic(durable=True):
            told = writing.record_writes_in([written], self.instance_id, now=now)
            tell_of_writes_in(told, now=now)
            tell_of_report_writes_in(told, now=now)

    # What webhooks hinted at

    def _hear(self) -> None:
        now = database_now()
        heard = mirroring.take_deliveries(self.tracker.id, now=now)
        about = {(row.project, row.changes, row.number) for row in heard if row.project}
        for project, changes, number in sorted((project, changes, number) for project, changes, number in about if number is not None):
            for source in selectors.sources_of(self.tracker.id, project, changes=changes):
                self._mirror_one(source, number)
        mirroring.read_soon(self.tracker.id, {project for project, _, number in about if number is None}, now=now)

    def _mirror_one(self, source: Source, number: int) -> None:
        try:
            found = self._client.issue(source.project, number, changes=source.changes)
        except Gone:
            if (known := selectors.issue_at(self.tracker.id, source.project, number, changes=source.changes)) is not None:
                mirroring.gone(known.id)
        except RateLimited:
            raise
        except Failure as error:
            log.info("an issue could not be read: %s", error, extra={"tracker": self.tracker.name})
        else:
            mirroring.take_in(source, [found], now=database_now())

    # Projects that are due

    def _read(self) -> bool:
        source = mirroring.claim_source(self.tracker.id, now=database_now())
        if source is None:
            return False
        try:
            etag = read_project(
                self._client,
                source.project,
                changes=source.changes,
                cursor=source.cursor,
                etag=source.etag,
                keep=lambda found, cursor: self._keep(source, found, cursor),
            )
            if mirroring.wants_sweep(source, now=database_now()):
                self._sweep(source)
        except RateLimited as error:
            mirroring.not_read(source, str(error), now=database_now(), retry_after=error.retry_after)
            raise
        except (DatabaseError, psycopg.Error):
            raise
        except Exception as error:  # one project that nobody can read stops no other
            if not isinstance(error, Failure):
                log.exception("a project could not be read", extra={"tracker": self.tracker.name, "source": source.pk})
            mirroring.not_read(source, str(error) or type(error).__name__, now=database_now())
        else:
            mirroring.read_to_end(source, etag, now=database_now())
        return True

    def _sweep(self, source: Source) -> None:
        """Once a day: what is open here and in no list there was deleted, moved or hidden, and no list of changes says so. Each is asked for."""
        there: set[int] = set()
        read_project(
            self._client,
            source.project,
            changes=source.changes,
            cursor=None,
            etag="",
            keep=lambda found, _: there.update(one.number for one in found),
        )
        for number in selectors.open_numbers(source) - there:
            self._mirror_one(source, number)
        mirroring.swept(source, now=database_now())

    def _keep(self, source: Source, found: tuple[Found, ...], cursor: object) -> None:
        now = database_now()
        mirroring.take_in(source, found, now=now)
        if cursor is not None and cursor != source.cursor:
            mirroring.read_on(source, cursor, now=now)  # type: ignore[arg-type]

    # Comments of what changed

    def _listen(self) -> bool:
        waiting = selectors.wordless(self.tracker.id, now=database_now(), limit=SOME)
        for issue in waiting:  # a word that is not told yet waits for the next round, what is to be written does not
            if self._stopping.is_set():
                break
            self._listen_to(issue)
        return len(waiting) == SOME

    def _listen_to(self, issue: Issue) -> None:
        back_to = selectors.told_to(issue)
        try:
            words = self._client.words(issue.project, issue.number, changes=issue.changes, back_to=back_to)
        except Gone:
            mirroring.gone(issue.id)
            words = []
        except RateLimited:
            raise
        except (DatabaseError, psycopg.Error):
            raise
        except Exception as error:
            if not isinstance(error, Failure):
                log.exception("comments could not be read", extra={"tracker": self.tracker.name, "issue": issue.pk})
            mirroring.listen_later(issue.id, now=database_now())
            return
        account = self._account or selectors.account_of(self.tracker.id)
        with transaction.atomic(durable=True):
            for news in mirroring.keep_words_in(issue, words, account=account, tells=self.tracker.tells):
                tell_of_issue_in(news, tracker=self.tracker.name, now=database_now())
                tell_of_report_issue_in(news, tracker=self.tracker.name, now=database_now())


def wanted_sources() -> set[tuple[int, str, bool]]:
    """Which projects are read: where teams have their tracking issues, where queues look, and where issues of incidents are open. Four queries."""
    ids = dict(Tracker.objects.filter(is_active=True).values_list("name", "id"))
    if not ids:
        return set()
    teams = Team.objects.filter(is_active=True, issue__isnull=False).values_list("issue", flat=True)
    found = {(ids[issue["tracker"]], issue["project"], False) for issue in teams if issue and issue["tracker"] in ids}
    for tracker_id, projects, changes in Queue.objects.filter(is_active=True, tracker__is_active=True).values_list(
        "tracker", "projects", "changes"
    ):
        found |= {(tracker_id, project, changes) for project in projects}
    linked = Link.objects.filter(tracker__is_active=True, issue__state=Issue.State.OPEN)
    return found | set(linked.values_list("tracker_id", "project", "issue__changes"))


def build_client(tracker: Settings) -> tuple[Client, Wire]:
    """The real client, with the settings as they are."""
    module = importlib.import_module(trackers.KINDS[tracker.kind])
    wire: Wire = module.wire(tracker, Outgoing(settings.ALLOW_PRIVATE_TARGETS))
    return trackers.client(tracker, wire), wire
