"""A try to write on an issue, or to read a project, has ended: when is it tried again, and is that worth a line in the story? Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from watchbill.notifications.rules import Outcome

RETRY_AFTER = tuple(dt.timedelta(seconds=s) for s in (5, 15, 60, 300, 900))  # the last one again and again
MOST_TRIES = 400  # some four days of them
LONGEST_PAUSE = dt.timedelta(hours=1)  # however long a tracker asks to wait, we look again after this
READ_EVERY = dt.timedelta(seconds=60)
READ_AGAIN = tuple(dt.timedelta(seconds=s) for s in (30, 60, 300, 900))  # when reading failed
OVERLAP = dt.timedelta(minutes=2)  # clocks differ, and what a tracker stored late appears late


@dataclass(frozen=True, slots=True)
class End:
    """What becomes of a write. `again_in` None: nothing is due before something changes."""

    again_in: dt.timedelta | None
    done: bool
    doubt: bool = False
    given_up: bool = False
    say: bool = False  # the story tells it


def after_write(
    outcome: Outcome, *, tries: int, doubt: bool, changed_since: bool, failed_before: bool, retry_after: dt.timedelta | None = None
) -> End:
    """What follows the try number `tries` (from 1). `changed_since`: more was wanted while it was written."""
    if outcome is Outcome.DELIVERED:
        return End(dt.timedelta(0) if changed_since else None, done=True)
    if retry_after is not None:
        return End(max(dt.timedelta(seconds=1), min(retry_after, LONGEST_PAUSE)), done=False, doubt=doubt)
    if outcome is Outcome.PERMANENT or tries >= MOST_TRIES:
        return End(
            dt.timedelta(0) if changed_since else None, done=False, doubt=doubt, given_up=True, say=not failed_before or tries >= MOST_TRIES
        )
    wait = RETRY_AFTER[min(max(tries, 1), len(RETRY_AFTER)) - 1]
    return End(wait, done=False, doubt=doubt or outcome is Outcome.UNKNOWN, say=tries == 2)


def read_again_in(tries: int) -> dt.timedelta:
    """The pause after reading failed so many times in a row; 0: it did not."""
    return READ_AGAIN[min(tries, len(READ_AGAIN)) - 1] if tries > 0 else READ_EVERY


def since(cursor: dt.datetime | None) -> dt.datetime | None:
    """From where to ask: a little earlier than what is known. None: from the beginning, open ones alone."""
    return cursor - OVERLAP if cursor is not None else None
