"""What everybody carried on one schedule, or will: a heat map by person and month or week, the numbers, and the same as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.kernel.errors import Invalid, NotFound
from watchbill.people.models import Person
from watchbill.schedules.models import Schedule
from watchbill.schedules.selectors import history_objects, history_of
from watchbill.web import heat, times
from watchbill.web.months import first_of, later
from watchbill.web.visit import DeskRequest, signed_in

MONTHS, WEEKS = 6, 8
DAY = dt.timedelta(days=1)
CARRIED = ("hours", "nights", "weekends", "holidays")
RISKY = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


@require_safe
@signed_in
def history(request: DeskRequest, schedule_id: int) -> HttpResponse:
    """Six months, or eight weeks, from the one that is asked for; the latest unless said; `of=plan`: of those to come. `format=csv` for a spreadsheet."""
    found = Schedule.objects.filter(pk=schedule_id, is_active=True).select_related("team").first()
    if found is None:
        raise NotFound("There is no such schedule.")
    now, asked = request.visit.now, request.GET
    weekly, planned = asked.get("by") == "week", asked.get("of") == "plan"
    today = now.astimezone(times.zone_of(found.timezone)).date()
    first, nearest = _window(asked.get("from", ""), today, weekly=weekly, planned=planned)
    periods = history_of(found, first, WEEKS if weekly else MONTHS, now=now, weekly=weekly, planned=planned)
    numbers = history_objects(found, periods, weekly=weekly)
    if asked.get("format") == "csv":
        return _csv(numbers, "week" if weekly else "month")
    measure = asked.get("show", "") if asked.get("show") in heat.MEASURES else "hours"
    context = {
        "section": "schedules",
        "schedule": found,
        "periods": periods,
        "rows": _named(heat.rows_of(periods, measure)),
        "measures": [(name, word) for name, (word, _) in heat.MEASURES.items()],
        "measure": measure,
        "word": heat.MEASURES[measure][0],
        "weekly": weekly,
        "numbers": numbers,
        "planned": planned,
        **_around(first, nearest, weekly=weekly, planned=planned),
    }
    return render(request, "history.html", context)


def _window(text: str, today: dt.date, *, weekly: bool, planned: bool) -> tuple[dt.date, dt.date]:
    """The first period that is asked for, and the first one of the window that is nearest to now: it ends with the current one, or begins with it."""
    if not weekly:
        nearest = later(today.replace(day=1), 0 if planned else 1 - MONTHS)
        return first_of(text, nearest, "from"), nearest
    nearest = today - (today.weekday() + (0 if planned else 7 * (WEEKS - 1))) * DAY
    try:
        day = dt.date.fromisoformat(text) if text else nearest
        if not 1972 <= day.year < 2199:
            raise ValueError(text)
    except ValueError as error:
        raise Invalid("That week was not understood; expected a day of it, for example from=2026-03-02.") from error
    return day - day.weekday() * DAY, nearest


def _around(first: dt.date, nearest: dt.date, *, weekly: bool, planned: bool) -> dict[str, Any]:
    """Where the arrows lead; the one over the current period leads nowhere, since the other picture begins there."""
    step = 7 * WEEKS * DAY
    before, after = (first - step, first + step) if weekly else (later(first, -MONTHS), later(first, MONTHS))
    shown = "%Y-%m-%d" if weekly else "%Y-%m"
    return {
        "first": f"{first:{shown}}",
        "before": "" if planned and first <= nearest else f"{before:{shown}}",
        "after": f"{after:{shown}}" if planned or first < nearest else "",
    }


def _named(rows: Sequence[heat.Row]) -> list[tuple[Person, heat.Row]]:
    people = Person.objects.in_bulk([row.person_id for row in rows])
    return [(people[row.person_id], row) for row in rows]


def _csv(numbers: Sequence[dict[str, Any]], period: str) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow((period, "schedule", "handle", "name", *CARRIED))
    for row in numbers:
        who = row["person"] or {"handle": "", "name": ""}
        plain = (row[period], row["schedule"], who["handle"], who["name"], *(row[name] for name in CARRIED))
        writer.writerow([safe_cell(cell) for cell in plain])
    headers = {"Content-Disposition": 'attachment; filename="watches.csv"', "Cache-Control": "private, no-store"}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def safe_cell(cell: object) -> object:
    """A name must not become a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(RISKY) else cell
