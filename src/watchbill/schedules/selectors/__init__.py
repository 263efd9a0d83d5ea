"""Who has the watch, who follows, what are the shifts, is there a gap? Reads what is stored and asks the rules."""

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
    "Next",
    "OnCall",
    "Report",
    "by_name",
    "load",
    "next_on_call",
    "on_call",
    "people_objects",
    "shift_objects",
    "shifts_of",
    "shifts_of_person",
    "verify",
    "versions_of",
    "who",
]
