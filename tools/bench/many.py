"""Who has the watch now on 1,000 schedules, in one call: from the stored rows, three layers each."""

from __future__ import annotations

import datetime as dt
import statistics
import time

from tools.bench.inside import database
from tools.bench.table import Row, at_most

MANY = 1_000
LAYERS = (
    ("day", ["mon", "tue", "wed", "thu", "fri"], dt.time(8), "12h", "1w"),
    ("night", ["mon", "tue", "wed", "thu", "fri"], dt.time(20), "12h", "1w"),
    ("weekend", ["sat"], dt.time(8), "48h", "1 shift"),
)


def rows() -> list[Row]:
    with database():
        return [_measure()]


def _measure() -> Row:
    from tests import factories

    from watchbill.kernel.clock import database_now
    from watchbill.schedules.models import Layer, Schedule
    from watchbill.schedules.selectors import on_call

    people = [factories.person(f"p{n}") for n in range(6)]
    factories.organization(people[0])
    team = factories.team("Ops", *people)
    made = Schedule.objects.bulk_create([Schedule(name=f"S{n}", team=team, timezone="Europe/Berlin") for n in range(MANY)])
    monday = dt.date(2026, 1, 5)
    fixed = {"starting": monday, "anchor": monday, "order": [[each.id] for each in people]}
    Layer.objects.bulk_create(
        Layer(schedule=each, name=name, days=days, start=start, length=length, turn=turn, position=place, **fixed)
        for each in made
        for place, (name, days, start, length, turn) in enumerate(LAYERS)
    )
    ids = [each.id for each in made]
    took = []
    for _ in range(9):
        begun = time.perf_counter()
        found = on_call(ids, at=database_now())
        took.append(time.perf_counter() - begun)
    if len(found) != MANY or not all(found.values()):
        raise SystemExit("a schedule that is covered around the clock has nobody")
    return at_most(
        "who is on call now on 1,000 schedules of 3 layers, from the database in one call", statistics.median(took) * 1000, 1000, unit="ms"
    )
