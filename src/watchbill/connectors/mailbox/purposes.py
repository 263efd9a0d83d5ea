"""What is a mailbox read for? One line for each purpose; a mail is offered to those of its mailbox in this order, and the first takes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from watchbill.connectors.mailbox.letters import Letter
from watchbill.intake.models import Mailbox


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail as it lies in its mailbox. `raw` ends where the limit was; `size` is that of the whole, in bytes."""

    mailbox: Mailbox
    letter: Letter
    raw: bytes
    size: int

    @property
    def cut(self) -> bool:
        return self.size > len(self.raw)


# It returns only when what it did is on disk: then the mail is marked as read. False: it is not its.
Take = Callable[[Arrived, dt.datetime], bool]

MAILBOXES: dict[str, str] = {  # purpose -> dotted name of its Take
    "replies": "watchbill.connectors.mailbox.replies.take",
    "alerts": "watchbill.connectors.mailbox.keeping.take",
    "reports": "watchbill.connectors.mailbox.threads.take",
}
