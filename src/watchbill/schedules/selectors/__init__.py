"""Who has the watch, who follows, what are the shifts, is there a gap? Reads what is stored and asks the rules."""

from watchbill.schedules.selectors.clashing import Meeting, meetings, meetings_of, time_off_objects, time_off_rows
from watchbill.schedules.selectors.covering import cover_by_id, cover_object, covers, covers_for
from watchbill.schedules.selectors.feeding import CalendarPart, feed_of, feeds_of, parts_of, schedules_with
from watchbill.schedules.selectors.foreseeing import (
    foresee_change,
    foresee_end,
    foresee_exchange,
    foresee_together,
    gaps_of_change,
    gaps_of_end,
)
from watchbill.schedules.selectors.history import history_objects, history_of
from watchbill.schedules.selectors.loading import by_name, load, versions_of
from watchbill.schedules.selectors.overriding import override_object, overrides_of, rest_of_series, teams_of
from watchbill.schedules.selectors.reasons import Why, why, why_object
from watchbill.schedules.selectors.swapping import offers_to, swap_broken_by_end, swap_by_id, swap_object, swap_objects, swaps, swaps_with
from watchbill.schedules.selectors.verifying import Report, verify
from watchbill.schedules.selectors.watch import (
    Next,
    OnCall,
    next_on_call,
    on_call,
    people_objects,
    shift_objects,
    shifts_of,
    shifts_of_person,
    watched_schedules,
    who,
)

__all__ = [
    "CalendarPart",
    "Meeting",
    "Next",
    "OnCall",
    "Report",
    "Why",
    "by_name",
    "cover_by_id",
    "cover_object",
    "covers",
    "covers_for",
    "feed_of",
    "feeds_of",
    "foresee_change",
    "foresee_end",
    "foresee_exchange",
    "foresee_together",
    "gaps_of_change",
    "gaps_of_end",
    "history_objects",
    "history_of",
    "load",
    "meetings",
    "meetings_of",
    "next_on_call",
    "offers_to",
    "on_call",
    "override_object",
    "overrides_of",
    "parts_of",
    "people_objects",
    "rest_of_series",
    "schedules_with",
    "shift_objects",
    "shifts_of",
    "shifts_of_person",
    "swap_broken_by_end",
    "swap_by_id",
    "swap_object",
    "swap_objects",
    "swaps",
    "swaps_with",
    "teams_of",
    "time_off_objects",
    "time_off_rows",
    "verify",
    "versions_of",
    "watched_schedules",
    "who",
    "why",
    "why_object",
]
