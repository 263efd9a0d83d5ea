"""Which mailboxes are read by this engine? A thread for each that is configured, has its variable, and is for something that is active.

Nothing of it is imported as long as there is no mailbox.
"""

from __future__ import annotations

import logging
import os
from typing import Any, Protocol

from watchbill.connectors.mailbox.purposes import MAILBOXES
from watchbill.intake.models import Mailbox

log = logging.getLogger(__name__)

READ_BY = ("imap_env", "address", "folder", "move_to", "purposes", "service_id", "senders", "authserv")
PATIENCE = 2.0  # seconds for a reader to end its mail


class Reads(Protocol):
    """A thread that reads one mailbox."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def is_alive(self) -> bool: ...
    def join(self, timeout: float | None = None) -> None: ...


class Mailboxes:
    """The readers of this process. `look` from time to time, `stop` at the end."""

    def __init__(self) -> None:
        self._readers: dict[int, tuple[Any, Reads]] = {}

    def look(self) -> None:
        """Start what should be read, stop what should not, begin anew what was changed or has ended."""
        wanted = {
            row.pk: tuple(str(getattr(row, field)) for field in READ_BY) for row in Mailbox.objects.filter(is_active=True) if wants(row)
        }
        for id_, (said, reader) in list(self._readers.items()):
            if wanted.get(id_) != said or not reader.is_alive():
                reader.stop()
                del self._readers[id_]
        for id_ in wanted.keys() - self._readers.keys():
            self._readers[id_] = (wanted[id_], _started(id_))
            log.info("mailbox is read", extra={"mailbox": id_})

    def stop(self) -> None:
        """End all; one in the midst of a mail has a moment."""
        for _, reader in self._readers.values():
            reader.stop()
        for _, reader in self._readers.values():
            reader.join(PATIENCE)
        self._readers.clear()


def wants(row: Mailbox) -> bool:
    """Can it be read, and is there anything to read it for?"""
    return bool(os.environ.get(row.imap_env)) and any(purpose in MAILBOXES for purpose in row.purposes)


def _started(mailbox_id: int) -> Reads:
    from watchbill.connectors.mailbox.reader import Reader  # noqa: PLC0415  a client that is not loaded without a mailbox

    reader = Reader(mailbox_id)
    reader.start()
    return reader
