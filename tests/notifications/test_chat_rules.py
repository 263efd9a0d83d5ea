"""What follows a try to write a message in a chat. Pure."""

from __future__ import annotations

import datetime as dt

import pytest

from watchbill.notifications.chats.rules import LATE, LONGEST_PAUSE, PostEnd, after_post
from watchbill.notifications.rules import Outcome

NOW, TWO, FIVE = (dt.timedelta(seconds=n) for n in (0, 2, 5))
DELIVERED, TEMPORARY, PERMANENT, UNKNOWN = Outcome.DELIVERED, Outcome.TEMPORARY, Outcome.PERMANENT, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("outcome", "given", "end"),
    [
        (DELIVERED, {}, PostEnd(None, done=True)),
        (DELIVERED, {"changed_since": True}, PostEnd(NOW, done=True)),
        (DELIVERED, {"doubt": True}, PostEnd(LATE, done=True, rewrite=True)),
        (DELIVERED, {"doubt": True, "changed_since": True}, PostEnd(NOW, done=True, doubt=True)),
        (TEMPORARY, {}, PostEnd(TWO, done=False)),
        (TEMPORARY, {"tries": 2}, PostEnd(FIVE, done=False, say=True)),
        (TEMPORARY, {"tries": 2, "failed_before": True}, PostEnd(FIVE, done=False, say=True)),  # the first failure left its error
        (TEMPORARY, {"tries": 3, "failed_before": True}, PostEnd(dt.timedelta(seconds=15), done=False)),
        (TEMPORARY, {"tries": 99, "failed_before": True}, PostEnd(dt.timedelta(minutes=5), done=False)),
        (TEMPORARY, {"retry_after": dt.timedelta(seconds=7)}, PostEnd(dt.timedelta(seconds=7), done=False)),
        (TEMPORARY, {"retry_after": dt.timedelta(days=1), "doubt": True}, PostEnd(LONGEST_PAUSE, done=False, doubt=True)),
        (UNKNOWN, {}, PostEnd(TWO, done=False, doubt=True)),
        (UNKNOWN, {"tries": 2}, PostEnd(FIVE, done=False, doubt=True, say=True)),
        (PERMANENT, {}, PostEnd(None, done=False, given_up=True, say=True)),
        (PERMANENT, {"failed_before": True}, PostEnd(None, done=False, given_up=True)),
        (PERMANENT, {"changed_since": True, "doubt": True}, PostEnd(NOW, done=False, doubt=True, given_up=True, say=True)),
    ],
)
def test_what_follows(outcome: Outcome, given: dict[str, object], end: PostEnd):
    assert after_post(outcome, **{"tries": 1, "doubt": False, "changed_since": False, "failed_before": False, **given}) == end  # type: ignore[arg-type]
