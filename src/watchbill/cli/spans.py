"""Which schedules, from when until when? The options and words that commands about watches share."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from watchbill.cli.app import usage
from watchbill.kernel.errors import Invalid
from watchbill.people.rules import parse_time
from watchbill.schedules import selectors
from watchbill.schedules.models import Schedule

Name = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Its name.")]
MayName = Annotated[str, typer.Argument(metavar="[SCHEDULE]", help="Its name; all of them unless said.")]
From = Annotated[str, typer.Option("--from", metavar="TIME", help="RFC 3339, or 2026-11-02T09:00 or a date in the schedule's zone.")]
To = Annotated[str, typer.Option("--to", metavar="TIME", help="The moment at which it is over.")]


def schedules_named(name: str) -> list[Schedule]:
    """That one, or all of them. Raises NotFound."""
    if name:
        return [selectors.by_name(name)]
    return list(Schedule.objects.filter(is_active=True).order_by("position", "id"))


def time_on(text: str, schedule: Schedule) -> dt.datetime:
    """A time without a zone is one of the schedule's."""
    return time_in(text, schedule.timezone)


def time_in(text: str, zone: str) -> dt.datetime:
    """Wrong usage unless it is a time."""
    try:
        return parse_time(text, zone)
    except ValueError as error:
        raise usage(str(error)) from error


def range_on(start: str, end: str, schedule: Schedule) -> tuple[dt.datetime, dt.datetime]:
    """Raises Invalid for one that does not end after it begins."""
    begins, ends = time_on(start, schedule), time_on(end, schedule)
    if begins >= ends:
        raise Invalid("The range must end after it begins.")
    return begins, ends
