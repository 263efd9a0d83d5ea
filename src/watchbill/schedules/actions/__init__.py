"""Change who has the watch, and let calendars read it."""

from __future__ import annotations

from watchbill.schedules.actions.agreeing import Agreed, Settled
from watchbill.schedules.actions.arranging import arrange_swap, check_arranged
from watchbill.schedules.actions.away import record_reading
from watchbill.schedules.actions.changing import (
    Change,
    NewGap,
    add_override,
    add_override_in,
    check_change,
    edit_layers_in,
    refuse_gaps,
    withdraw_override,
)
from watchbill.schedules.actions.covering import ask_for_cover, expire_covers, take_cover, withdraw_cover
from watchbill.schedules.actions.feeding import end_feed, feed_read, open_feed
from watchbill.schedules.actions.repeating import add_series, add_together, everywhere, repeated, withdraw_series
from watchbill.schedules.actions.swapping import (
    Offer,
    accept_swap,
    check_offer,
    decline_swap,
    expire_offers,
    offer_swap,
    undo_swap,
    withdraw_swap,
)
from watchbill.schedules.actions.telling import Watched

__all__ = [
    "Agreed",
    "Change",
    "NewGap",
    "Offer",
    "Settled",
    "Watched",
    "accept_swap",
    "add_override",
    "add_override_in",
    "add_series",
    "add_together",
    "arrange_swap",
    "ask_for_cover",
    "check_arranged",
    "check_change",
    "check_offer",
    "decline_swap",
    "edit_layers_in",
    "end_feed",
    "everywhere",
    "expire_covers",
    "expire_offers",
    "feed_read",
    "offer_swap",
    "open_feed",
    "record_reading",
    "refuse_gaps",
    "repeated",
    "take_cover",
    "undo_swap",
    "withdraw_cover",
    "withdraw_override",
    "withdraw_series",
    "withdraw_swap",
]
