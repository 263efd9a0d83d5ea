"""A try to post or to edit has ended: when is it tried again, and is that worth a line in the story? Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from watchbill.notifications.rules import Outcome

RETRY_AFTER = tuple(
    dt.timedelta(seconds=s) for s in (2, 5, 15, 30, 60, 120, 300)
)  # the last one again and again: a desk must not stay stale
LATE = dt.timedelta(seconds=30)  # so long may a try that got no answer still be under way
LONGEST_PAUSE = dt.timedelta(minutes=10)  # however long the chat asks to wait, we look again after this


@dataclass(frozen=True, slots=True)
class PostEnd:
    """What becomes of a posting. `again_in` None: nothing is due before something changes."""

    again_in: dt.timedelta | None
    done: bool
    rewrite: bool = False  # the next look writes the message whatever it shows
    doubt: bool = False
    given_up: bool = False
    say: bool = False  # the story tells it


def after_post(
    outcome: Outcome, *, tries: int, doubt: bool, changed_since: bool, failed_before: bool, retry_after: dt.timedelta | None = None
) -> PostEnd:
    """What follows the try number `tries` (from 1).

    `changed_since`: the incident went on while it was sent. `doubt`: an earlier try got no answer and may arrive after this one, so the
    message is written once more when it no longer can. `retry_after`: the chat asked to wait so long; waiting is no failure.
    """
    if outcome is Outcome.DELIVERED:
        again = dt.timedelta(0) if changed_since else LATE if doubt else None
        return PostEnd(again, done=True, doubt=doubt and changed_since, rewrite=doubt and not changed_since)
    if retry_after is not None:
        return PostEnd(min(retry_after, LONGEST_PAUSE), done=False, doubt=doubt)
    if outcome is Outcome.PERMANENT:
        return PostEnd(dt.timedelta(0) if changed_since else None, done=False, doubt=doubt, given_up=True, say=not failed_before)
    wait = RETRY_AFTER[min(max(tries, 1), len(RETRY_AFTER)) - 1]
    return PostEnd(
        wait, done=False, doubt=doubt or outcome is Outcome.UNKNOWN, say=tries == 2
    )  # the first is nothing yet, and each is said once
