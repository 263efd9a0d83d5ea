"""Change who has the watch, and let calendars read it."""

from __future__ import annotations

from watchbill.schedules.actions.changing import (
    Change,
    NewGap,
    add_override,
    add_override_in,
    check_change,
    edit_layers_in,
    withdraw_override,
)
from watchbill.schedules.actions.feeding import end_feed, feed_read, open_feed

__all__ = [
    "Change",
    "NewGap",
    "add_override",
    "add_override_in",
    "check_change",
    "edit_layers_in",
    "end_feed",
    "feed_read",
    "open_feed",
    "withdraw_override",
]
