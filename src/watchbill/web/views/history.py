"""What everybody carried on one schedule: a heat map by person and month, the numbers, and the same as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.kernel.errors import Invalid, NotFound
from watchbill.people.models import Person
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import Load, Month
from watchbill.schedules.selectors import history_objects, history_of
from watchbill.web import times
from watchbill.web.visit import DeskRequest, signed_in

MONTHS = 6
FIELDS = ("month", "schedule", "handle", "name", "hours", "nights", "weekends", "holidays")
RISKY = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


class Cell(NamedTuple):
    """One month of one person: where it stands in the strip, and how dark it is, from 0 to 1."""

    x: str
    width: str
    heat: str
    word: str


class Row(NamedTuple):
    """One person."""

    person: Person
    cells: list[Cell]
    hours: int


@require_safe
@signed_in
def history(request: DeskRequest, schedule_id: int) -> HttpResponse:
    """Six months from the one that is asked for, the latest unless said; `format=csv` for a spreadsheet."""
    found = Schedule.objects.filter(pk=schedule_id, is_active=True).select_related("team").first()
    if found is None:
        raise NotFound("There is no such schedule.")
    now, zone = request.visit.now, times.zone_of(found.timezone)
    latest = _back(now.astimezone(zone).date(), MONTHS - 1)
    first = _asked(request.GET.get("from", ""), latest)
    months = history_of(found, first, MONTHS, now=now)
    if request.GET.get("format") == "csv":
        return _csv(found, months)
    context = {
        "section": "schedules",
        "schedule": found,
        "months": months,
        "people": _rows(months),
        "numbers": history_objects(found, months),
        "first": f"{first:%Y-%m}",
        "before": f"{_back(first, MONTHS):%Y-%m}",
        "after": f"{_back(first, -MONTHS):%Y-%m}" if first < latest else "",
    }
    return render(request, "history.html", context)


def _asked(text: str, latest: dt.date) -> dt.date:
    if not text:
        return latest
    try:
        first = dt.date.fromisoformat(f"{text}-01")
        if not 1972 <= first.year < 2199:
            raise ValueError(text)
    except ValueError as error:
        raise Invalid("That month was not understood; expected for example from=2026-03.") from error
    return first


def _back(day: dt.date, months: int) -> dt.date:
    """The first of the month so many months before."""
    number = day.year * 12 + day.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)


def _rows(months: Sequence[Month]) -> list[Row]:
    """Everybody who had a watch, whoever had most of it first."""
    carried: dict[int, dict[dt.date, Load]] = {}
    for month in months:
        for load in month.loads:
            carried.setdefault(load.person_id, {})[month.first] = load
    most = max((load.watched for each in carried.values() for load in each.values()), default=dt.timedelta()) or dt.timedelta(1)
    people = Person.objects.in_bulk(carried)
    wide = 100 / max(1, len(months))
    rows = []
    for person_id, mine in carried.items():
        cells = []
        for n, month in enumerate(months):
            here = mine.get(month.first)
            heat = here.watched / most if here else 0.0
            cells.append(Cell(f"{n * wide:.2f}", f"{wide - 0.6:.2f}", f"{heat:.2f}", f"{here.hours if here else 0}"))
        rows.append(Row(people[person_id], cells, round(sum(load.watched / dt.timedelta(hours=1) for load in mine.values()))))
    return sorted(rows, key=lambda row: (-row.hours, row.person.name))


def _csv(schedule: Schedule, months: Sequence[Month]) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    for row in history_objects(schedule, months):
        who = row["person"] or {"handle": "", "name": ""}
        plain = (row["month"], row["schedule"], who["handle"], who["name"], row["hours"], row["nights"], row["weekends"], row["holidays"])
        writer.writerow([_safe(cell) for cell in plain])
    headers = {"Content-Disposition": 'attachment; filename="watches.csv"', "Cache-Control": "private, no-store"}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _safe(cell: object) -> object:
    """A name must not become a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(RISKY) else cell
