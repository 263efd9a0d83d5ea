"""How long is a while, when does somebody work, and who may administer? Durations, clock times of a zone, working time. Pure."""

from watchbill.people.rules.administrators import why_not_given, why_not_taken
from watchbill.people.rules.clock import DAYS, UTC, clock_time, parse_time, weekdays, zone_of
from watchbill.people.rules.durations import Duration, add, add_months, format_duration, parse_duration
from watchbill.people.rules.secrets import digest_of
from watchbill.people.rules.working import WorkingTime, parse_hours

__all__ = [
    "DAYS",
    "UTC",
    "Duration",
    "WorkingTime",
    "add",
    "add_months",
    "clock_time",
    "digest_of",
    "format_duration",
    "parse_duration",
    "parse_hours",
    "parse_time",
    "weekdays",
    "why_not_given",
    "why_not_taken",
    "zone_of",
]
