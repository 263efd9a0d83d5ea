"""What a platform shows of a report becomes true here, and how writes there ended stands in its story. In the transaction of whoever read it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from watchbill.platforms.messages import Ended, Kept


def hear_platform_in(kept: Sequence[Kept], *, now: dt.datetime) -> None:
    """Reports that were mirrored: new ones are made, and what changed or was said there is told."""
    raise NotImplementedError


def tell_of_platform_writes_in(ended: Sequence[Ended], *, now: dt.datetime) -> None:
    """How writes ended, in the open transaction that recorded it."""
    raise NotImplementedError
