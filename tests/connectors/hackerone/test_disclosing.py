"""Disclosure asked for under everything that can go wrong: never asked for twice on one report, and what ended as done stands there."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from typing import Any

import pytest

from tests.connectors.hackerone.conftest import House
from tests.connectors.hackerone.test_money import ANSWERS, MOMENTS, Faults, Killed, step
from tests.live.report import write
from watchbill.connectors.hackerone.parsing import ASKED
from watchbill.engine import platforms as engine_platforms
from watchbill.engine.platforms import PlatformThread
from watchbill.kernel.clock import database_now
from watchbill.platforms.actions import writing
from watchbill.platforms.messages import Claim
from watchbill.platforms.models import Platform, Remote


def asked_there(house: House, id_: str) -> int:
    """How often we asked on that report."""
    rows = house.fake.reports[id_]["relationships"]["activities"]["data"]
    return sum(row["type"] == ASKED for row in rows)


def one_request(faults: Faults) -> None:
    """From the wish to its end, however long that takes."""
    house, chance, now = faults.house, faults.chance, database_now()
    id_ = house.fake.add(state="resolved")
    times = {"created_at": now, "submitted_at": now, "active_at": now, "read_to": now, "seen_at": now}
    Remote.objects.create(platform_id=house.row.id, external_id=id_, title="x", state="resolved", is_open=False, **times)
    row = house.want(id_, "ask_disclosure", kind=chance.choice(["full", "limited"]), text="It was fixed.", publishes=False)
    wrong, thread = chance.choice([0, 1, 1, 2, 3]), house.thread
    for number in range(40):
        faults.kill_at, faults.freeze = "", False
        house.fake.next = []
        if number < wrong:
            house.fake.next = [(chance.choice(["^POST ", f"^GET /reports/{id_}", "*"]), chance.choice(ANSWERS))]
            faults.kill_at = chance.choice(["", "", "", *MOMENTS])
            faults.freeze = chance.random() < 0.15
        try:
            step(thread, faults)
        except Killed:
            faults.counts["kills"] += 1
            thread.close()
            thread = house.thread = faults.another_engine()
        row.refresh_from_db()
        if row.end:
            break
    asked = asked_there(house, id_)
    assert row.end, "it has no end"
    assert asked <= 1, "asked for twice"
    assert asked == 1 or row.end != "done"
    assert asked == 0 or row.end != "refused"
    faults.counts["requests"] += 1
    faults.counts[f"of them {row.end}"] += 1
    faults.counts["reports on which it was asked for twice"] += asked > 1
    house.fake.written_at.clear()
    del house.fake.reports[id_]


def run(house: House, rounds: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    faults = Faults(house, random.Random(seed))
    monkeypatch.setattr(writing, "begin", faults.begin)
    plain = engine_platforms.PlatformThread._written

    def written(thread: PlatformThread, claim: Claim) -> Any:
        found = plain(thread, claim)
        faults.may_die(MOMENTS[2])
        return found

    monkeypatch.setattr(PlatformThread, "_written", written)
    house.thread.check()
    house.round()
    Platform.objects.update(due_at=house.fake.now + dt.timedelta(days=1))
    for _ in range(rounds):
        one_request(faults)
        house.told.clear()
        house.threads[:] = [house.thread]
    return faults.counts


@pytest.mark.req("R6")
def test_two_hundred_requests_under_faults_ask_nobody_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = run(house, 200, 5, monkeypatch)
    assert counts["requests"] == 200
    assert counts["of them done"] > 50
    assert counts["kills"] > 5


@pytest.mark.long
@pytest.mark.req("R6")
def test_ten_thousand_requests_under_faults_ask_nobody_twice(transactional_db: None, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = run(house, 10_000, 13, monkeypatch)
    what = (
        "Disclosure of a resolved report is asked for on a fake HackerOne that cuts connections before and after the write, lies and answers 500 "
        "after it, while engines are killed and frozen at every point; whoever is left looks for it before asking."
    )
    order = ["requests", "of them done", "of them refused", "of them unknown", "reports on which it was asked for twice"]
    write("ten thousand requests for disclosure", what, [(name, counts[name]) for name in [*order, *sorted(set(counts) - set(order))]])
