"""The ledger of bounties: what was awarded, by currency and month; as a table file too."""

from __future__ import annotations

import csv
import io

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from watchbill.reports.selectors import bounties
from watchbill.web.views.history import safe_cell
from watchbill.web.visit import DeskRequest, signed_in


@require_safe
@signed_in
def ledger(request: DeskRequest) -> HttpResponse:
    """Of reports that the reader may know of. `format=csv`: an award a line."""
    rows = bounties.awards(request.visit.viewer)
    if request.GET.get("format") == "csv":
        return _csv([bounties.as_cells(row) for row in rows])
    found = bounties.sums(rows)
    by_month = [(one, [row for row in rows if (bounties.month_of(row), row.currency) == (one.month, one.currency)]) for one in found]
    return render(request, "bounties.html", {"section": "reports", "months": by_month})


def _csv(lines: list[list[object]]) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(bounties.COLUMNS)
    writer.writerows([safe_cell(cell) for cell in line] for line in lines)
    headers = {"Content-Disposition": 'attachment; filename="bounties.csv"', "Cache-Control": "private, no-store"}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
