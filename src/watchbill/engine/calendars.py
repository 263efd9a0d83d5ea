"""Reads the calendars that people subscribed to, in a thread beside the rounds, which lives as long as one is due.

Take a few, ask for all of them at once, keep what each says: nothing is asked while a transaction is open, and what dies in the midst of it
is taken again when its lease is over.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection

from watchbill.kernel.clock import database_now
from watchbill.people.calendars import claim_calendars
from watchbill.people.rules.away import Claim, Reading
from watchbill.people.selectors import is_calendar_due
from watchbill.schedules.actions import record_reading

log = logging.getLogger(__name__)

AT_ONCE = 4  # so many people wait for one whose server is slow
PATIENCE = 2.0  # seconds at the end for what is under way

Read = Callable[[Iterable[Claim]], list[Reading]]


class Calendars:
    """`look` from time to time, `stop` at the end."""

    def __init__(self, read: Read | None = None) -> None:
        self._read = read or _read
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def look(self) -> None:
        """Begin to read when something is due and nobody does."""
        if (self._thread is None or not self._thread.is_alive()) and is_calendar_due(now=database_now()):
            self._thread = threading.Thread(target=self._live, name="calendars", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def work(self) -> int:
        """Read a few that are due, and keep what they say. Answers how many were."""
        claims = claim_calendars(now=database_now(), limit=AT_ONCE)
        for claim, reading in zip(claims, self._read(claims) if claims else (), strict=True):
            self._keep(claim, reading)
        return len(claims)

    def _live(self) -> None:
        try:
            while not self._stopping.is_set() and self.work():
                pass
        except (DatabaseError, psycopg.Error) as error:
            log.warning("calendars wait for the database: %s", type(error).__name__)
        except Exception:
            log.exception("the reading of calendars ended")
        finally:
            connection.close()

    def _keep(self, claim: Claim, reading: Reading) -> None:
        """One that cannot be kept is said, and the next one is."""
        try:
            record_reading(claim, reading, now=database_now())
        except (DatabaseError, psycopg.Error):
            raise
        except Exception:
            log.exception("what a calendar says could not be kept", extra={"calendar": claim.id})


def _read(claims: Iterable[Claim]) -> list[Reading]:
    from watchbill.connectors.calendars.fetching import read_calendars  # noqa: PLC0415  not loaded as long as nobody subscribed

    return read_calendars(claims, settings.ALLOW_PRIVATE_TARGETS, now=database_now())
