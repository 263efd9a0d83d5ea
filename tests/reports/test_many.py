"""With many reports each list is read in the order of an index, a page at a time, and nothing is sorted as a whole."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.reports.conftest import Desk
from watchbill.reports.models import Report
from watchbill.reports.selectors.listing import Filters, ordered, search

MANY = 20_000
DIFFERENT = {
    "number": "10000000 + g",
    "title": "'Traversal ' || md5(g::text)",
    "state": "CASE WHEN g % 10 = 0 THEN 'assessing' ELSE 'resolved' END",
    "closed_at": "CASE WHEN g % 10 = 0 THEN NULL ELSE now() END",
    "due_at": "CASE WHEN g % 10 = 0 THEN now() + g * interval '1 minute' END",
    "disclosed_at": "CASE WHEN g % 10 = 0 OR g % 7 = 0 THEN NULL ELSE now() END",
    "received_at": "now() - g * interval '1 minute'",
    "look_at": "CASE WHEN g % 10 = 0 THEN now() + g * interval '1 minute' END",
}


@pytest.fixture
def many(desk: Desk) -> Desk:
    desk.report()
    columns = [field.column for field in Report._meta.concrete_fields if not field.primary_key and not field.generated]
    values = ", ".join(DIFFERENT.get(name, f"r.{name}") for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO reports_report ({', '.join(columns)}) SELECT {values} FROM reports_report r, generate_series(1, {MANY}) g"
        )
        cursor.execute("ANALYZE reports_report")
    return desk


@pytest.mark.parametrize(
    ("view", "index"),
    [
        ("open", "report_board"),
        ("all", "report_board_all"),
        ("closed", "report_board_all"),
        ("disclosure", "report_unpublished"),
    ],
)
def test_a_list_is_read_in_the_order_of_its_index(many: Desk, view: str, index: str):
    plan = ordered(many.viewer("alice"), Filters(view), now=many.now)[:51].explain()
    assert f"using {index} " in plan
    assert "Sort" not in plan


def test_what_is_counted_anew_is_found_by_its_index(many: Desk):
    due = Report.objects.filter(look_at__lte=many.now).order_by("look_at", "id")[:200]
    assert "report_look_at" in due.explain()


def test_a_number_is_found_without_reading_all_and_words_in_any_part(many: Desk):
    viewer = many.viewer("alice")
    assert "reports_report_number" in ordered(viewer, Filters("all", text="R-10000007"), now=many.now).explain()
    (found,) = search(viewer, Filters("all", text="r-10000007"), now=many.now).items
    assert found.number == 10_000_007
    assert [row.number for row in search(viewer, Filters("all", text="c4ca4238A0B9"), now=many.now).items] == [10_000_001]
    assert search(many.viewer("charlie"), Filters("all", text="R-10000007"), now=many.now).items == []
