"""How long is a while, and when does somebody work? Durations, clock times of a zone, working time. Pure."""

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
    "zone_of",
]
