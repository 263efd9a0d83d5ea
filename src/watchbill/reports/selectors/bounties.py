"""What was awarded, by currency and month, as far as the viewer may know of each report. Only reads."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.people.permissions import Viewer
from watchbill.reports.models import MoneyStep
from watchbill.reports.selectors.seeing import visible_to

MOST = 5000  # awards, the latest first
COLUMNS = ("month", "currency", "amount", "report", "program", "severity", "tier", "awarded_at", "awarded_by")


@dataclass(frozen=True, slots=True)
class Sum:
    """What was awarded in a month (UTC) in one currency. `programs`: the same by programme, the largest first."""

    month: dt.date
    currency: str
    amount: int
    count: int
    programs: Sequence[tuple[str, int]]


def awards(viewer: Viewer) -> list[MoneyStep]:
    """Every award that the viewer may know of, the latest first. One query."""
    rows = MoneyStep.objects.filter(kind=MoneyStep.Kind.AWARDED, report__in=visible_to(viewer))
    return list(rows.select_related("report__program", "person").order_by("-at", "-id")[:MOST])


def sums(rows: Sequence[MoneyStep]) -> list[Sum]:
    """By month and currency, the latest month first. Currencies are never added up."""
    found: dict[tuple[dt.date, str], list[MoneyStep]] = defaultdict(list)
    for row in rows:
        found[month_of(row), row.currency].append(row)
    return [
        Sum(month, currency, sum(row.amount or 0 for row in group), len(group), _programs(group))
        for (month, currency), group in sorted(found.items(), key=lambda each: (-each[0][0].toordinal(), each[0][1]))
    ]


def month_of(row: MoneyStep) -> dt.date:
    """The first day of its month, in UTC."""
    return row.at.astimezone(dt.UTC).date().replace(day=1)


def as_cells(row: MoneyStep) -> list[Any]:
    """One line of a table file, in the order of COLUMNS."""
    report = row.report
    return [
        f"{month_of(row):%Y-%m}",
        row.currency,
        row.amount,
        report.number,
        report.program.name,
        report.severity,
        report.tier,
        row.at.isoformat(),
        row.person.handle if row.person is not None else "",
    ]


def describe_sum(one: Sum) -> dict[str, Any]:
    """For the API and the command line."""
    programs = [{"program": name, "amount": amount} for name, amount in one.programs]
    return {"month": f"{one.month:%Y-%m}", "currency": one.currency, "amount": one.amount, "awards": one.count, "programs": programs}


def _programs(group: Sequence[MoneyStep]) -> list[tuple[str, int]]:
    found: dict[str, int] = defaultdict(int)
    for row in group:
        found[row.report.program.name] += row.amount or 0
    return sorted(found.items(), key=lambda each: (-each[1], each[0]))
