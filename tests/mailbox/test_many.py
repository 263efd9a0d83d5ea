"""With many threads each list is read in the order of an index, a page at a time."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.mailbox.conftest import Came
from tests.reports.conftest import Desk
from watchbill.mailbox.models import Thread
from watchbill.mailbox.selectors import in_order, visible_to

MANY = 20_000
DIFFERENT = {
    "number": "20000000 + g",
    "state": "CASE WHEN g % 2 = 0 THEN 'open' ELSE 'completed' END",
    "closed_at": "CASE WHEN g % 2 = 0 THEN NULL ELSE now() END",
    "due_at": "CASE WHEN g % 2 = 0 THEN now() + g * interval '1 minute' END",
    "last_at": "now() - g * interval '1 minute'",
}


@pytest.mark.parametrize("state", ["", "open"])
def test_a_list_is_read_in_the_order_of_an_index(desk: Desk, came: Came, state: str):
    came()
    columns = [field.column for field in Thread._meta.concrete_fields if not field.primary_key]
    values = ", ".join(DIFFERENT.get(name, f"r.{name}") for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO mailbox_thread ({', '.join(columns)}) SELECT {values} FROM mailbox_thread r, generate_series(1, {MANY}) g"
        )
        cursor.execute("ANALYZE mailbox_thread, reports_report")
    rows = visible_to(desk.viewer("alice"))
    plan = in_order(rows.filter(state=state) if state else rows)[:51].explain()
    assert "using thread_board" in plan
    assert "Sort" not in plan
