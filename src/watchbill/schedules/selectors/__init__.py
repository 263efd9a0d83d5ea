"""Who has the watch, who follows, what are the shifts, is there a gap? Reads what is stored and asks the rules."""

from watchbill.schedules.selectors.clashing import Meeting, meetings, meetings_of, time_off_objects
from watchbill.schedules.selectors.feeding import CalendarPart, feed_of, feeds_of, parts_of
from watchbill.schedules.selectors.history import history_objects, history_of
from watchbill.schedules.selectors.loading import by_name, load, versions_of
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
    who,
)

__all__ = [
    "CalendarPart",
    "Meeting",
    "Next",
    "OnCall",
    "Report",
    "by_name",
    "feed_of",
    "feeds_of",
    "history_objects",
    "history_of",
    "load",
    "meetings",
    "meetings_of",
    "next_on_call",
    "on_call",
    "parts_of",
    "people_objects",
    "shift_objects",
    "shifts_of",
    "shifts_of_person",
    "time_off_objects",
    "verify",
    "versions_of",
    "who",
]
