"""A try to write on a platform, or to read it, has ended: what follows? Money is never sent twice by itself. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from watchbill.notifications.rules import Outcome

RETRY_AFTER = tuple(dt.timedelta(seconds=s) for s in (5, 15, 60, 300, 900))  # the last one again and again
MOST_TRIES = 400  # some four days of them
MOST_TRIES_OF_MONEY = 100  # a day: an award that nobody could make is decided anew
LOOKS = tuple(dt.timedelta(seconds=s) for s in (10, 60, 300))  # for money that may have been sent: it may be shown late
DOUBT = dt.timedelta(seconds=30)  # before it is looked for and perhaps written again
LONGEST_PAUSE = dt.timedelta(hours=1)  # however long a platform asks to wait, we look again after this
READ_EVERY = dt.timedelta(seconds=60)
READ_AGAIN = tuple(dt.timedelta(seconds=s) for s in (30, 60, 300, 900))  # when reading failed
OVERLAP = dt.timedelta(minutes=2)  # clocks differ, and what a platform stored late appears late
PAST = dt.timedelta(days=90)  # how far back closed reports are read at first

MONEY = frozenset({"bounty"})
WEIGHTY = frozenset({"bounty", "ineligible", "ask_disclosure", "cancel_disclosure"})  # whoever confirmed it decides anew after a day


@dataclass(frozen=True, slots=True)
class After:
    """What becomes of a write. `end`: done, refused, unknown; empty: it is tried again, or looked for, after `again_in`."""

    end: str
    again_in: dt.timedelta | None = None
    doubt: bool = False
    looks: int = 0
    counts: bool = True  # the try
    say: bool = False  # the story tells it


def after_write(
    kind: str,
    outcome: Outcome,
    *,
    tries: int,
    doubt: bool,
    looks: int,
    missing: bool = False,
    retry_after: dt.timedelta | None = None,
) -> After:
    """What follows the try number `tries` (from 1). `doubt`: an earlier one may have been done; `looks`: so often it was looked for since."""
    if outcome is Outcome.DELIVERED:
        return After("done", say=True)
    if outcome is Outcome.PERMANENT:
        return After("refused", say=True)
    if missing:
        looks += 1
        if looks >= len(LOOKS):
            return After("unknown", doubt=True, looks=looks, say=True)
        return After("", LOOKS[looks], doubt=True, looks=looks, counts=False)
    if retry_after is not None:
        return After("", max(dt.timedelta(seconds=1), min(retry_after, LONGEST_PAUSE)), doubt=doubt, looks=looks, counts=False)
    unclear = doubt or outcome is Outcome.UNKNOWN
    if tries >= (MOST_TRIES_OF_MONEY if kind in WEIGHTY else MOST_TRIES):
        return After("unknown" if unclear else "refused", doubt=unclear, looks=looks, say=True)
    if outcome is Outcome.UNKNOWN and kind in MONEY:
        return After("", LOOKS[0], doubt=True, say=True)
    wait = RETRY_AFTER[min(max(tries, 1), len(RETRY_AFTER)) - 1]
    wait = max(wait, DOUBT) if outcome is Outcome.UNKNOWN else wait
    return After("", wait, doubt=unclear, looks=looks, say=tries == 2)


def read_again_in(tries: int) -> dt.timedelta:
    """The pause after reading failed so many times in a row; 0: it did not."""
    return READ_AGAIN[min(tries, len(READ_AGAIN)) - 1] if tries > 0 else READ_EVERY


def since(cursor: dt.datetime) -> dt.datetime:
    """From where to ask: a little earlier than what is known."""
    return cursor - OVERLAP
