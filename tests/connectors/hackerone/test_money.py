"""An award under everything that can go wrong, thousands of times: never two bounties, and each end says what is true."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction

from tests.connectors.hackerone.conftest import House
from tests.connectors.tracker.fake import BROKEN, CUT, GARBLED, LIE, LOSE
from tests.live.report import write
from watchbill.engine import platforms as engine_platforms
from watchbill.engine.platforms import PlatformThread
from watchbill.kernel.clock import database_now
from watchbill.platforms.actions import wanting, writing
from watchbill.platforms.messages import Claim
from watchbill.platforms.models import Platform, Remote, Write

ANSWERS: tuple[Any, ...] = (
    CUT,
    LOSE,
    BROKEN,
    GARBLED,
    LIE,
    (500, {}, {}),
    (502, b"<html>", {}),
    (200, {"data": {}}, {}),
    (302, {}, {"Location": "http://x/"}),
    (403, {"errors": [{"status": 403, "title": "Forbidden"}]}, {}),
    (404, {"errors": [{"status": 404, "title": "Not Found"}]}, {}),
    (422, {"errors": [{"status": 422, "title": "Invalid Parameter"}]}, {}),
    (429, {}, {"Retry-After": "1"}),
)
MOMENTS = ("before it is claimed to leave", "before it leaves", "after it left")


class Killed(BaseException):
    """The engine's process ends here."""


@dataclass
class Faults:
    """What goes wrong in the next steps, by chance."""

    house: House
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    instance: int = 100
    kill_at: str = ""
    freeze: bool = False

    def another_engine(self) -> PlatformThread:
        self.instance += 1
        return self.house.engine(self.instance)

    def may_die(self, moment: str) -> None:
        if self.kill_at == moment:
            self.kill_at = ""
            self.counts[f"engines killed {moment}"] += 1
            raise Killed

    def begin(self, claim: Claim, instance_id: int) -> bool:
        """In the place of the real one: the engine may die around it, or freeze until another one had its turn."""
        self.may_die(MOMENTS[0])
        if self.freeze:
            self.freeze = False
            self.counts["engines frozen while another one took over"] += 1
            Write.objects.update(lease_until=database_now())
            other = self.another_engine()
            step(other, self)
            other.close()
        begun = BEGIN(claim, instance_id)
        self.may_die(MOMENTS[1])
        return begun


BEGIN = writing.begin


def step(thread: PlatformThread, faults: Faults) -> None:
    """One round in which everything is due, and what was lost with an engine is free."""
    now = database_now()
    Write.objects.filter(due_at__isnull=False).update(due_at=now)
    Platform.objects.filter(wait_until__isnull=False).update(wait_until=None)
    if thread._made is not None:
        thread._made[1]._closed_until = 0.0  # type: ignore[attr-defined]  a second is a long time here
    thread.work()


def one_award(faults: Faults) -> Write:
    """From the wish to its end, however long that takes."""
    house, chance = faults.house, faults.chance
    now = database_now()
    id_ = house.fake.add()
    Remote.objects.create(
        platform_id=house.row.id,
        external_id=id_,
        title="x",
        state="new",
        created_at=now,
        submitted_at=now,
        active_at=now,
        read_to=now,
        seen_at=now,
    )
    row = house.award(id_, chance.choice(["500", "500.5", "1"]))
    house.fake.hide = 0
    by_hand = chance.random() < 0.05
    if by_hand:
        house.fake.pay(id_, "77.00")
    house.fake.hide = chance.choice([0, 0, 0, 1, 2])
    wrong = chance.choice([0, 1, 1, 2, 3])
    thread = house.thread
    for number in range(30):
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
    assert row.end, "it has no end"
    given = [each for each in house.fake.bounties(id_) if each["attributes"]["awarded_amount"] != "77.00"]
    judge(row, [each["id"] for each in given], by_hand=by_hand)
    sent = [path for method, path, _ in house.fake.sent if path.startswith(f"/reports/{id_}/")]
    faults.counts["awards"] += 1
    faults.counts[f"of them {row.end}"] += 1
    faults.counts["requests that gave a bounty"] += len(given)
    faults.counts["reports with two bounties"] += len(given) > 1
    assert len(sent) <= 1
    house.fake.sent.clear()
    house.fake.requests.clear()
    house.fake.written_at.clear()
    if row.end == "unknown" and chance.random() < 0.5:
        send_again(faults, row, id_)
    del house.fake.reports[id_]
    return row


def send_again(faults: Faults, row: Write, id_: str) -> None:
    """A person looked there, and decides that it is to be sent. What is there after all is found first."""
    house = faults.house
    faults.kill_at, faults.freeze = "", False
    house.fake.hidden.clear()
    house.fake.hide = 0
    house.fake.next = []
    with transaction.atomic():
        wanting.look_again_in(row, send=True, now=database_now())
    for _ in range(5):
        step(house.thread, faults)
    row.refresh_from_db()
    given = [each for each in house.fake.bounties(id_) if each["attributes"]["awarded_amount"] != "77.00"]
    faults.counts["sent again, or found, as a person decided"] += 1
    faults.counts["reports with two bounties"] += len(given) > 1
    assert len(given) <= 1
    assert (row.end == "done") == (len(given) == 1)


def judge(row: Write, given: list[str], *, by_hand: bool) -> None:
    assert len(given) <= 1, "paid twice"
    if row.end == "done":
        assert given == [row.remote_ref]
    elif row.end == "refused":
        assert given == []
    else:
        assert row.end == "unknown"
    if by_hand:
        assert given == []


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
    Platform.objects.update(due_at=house.fake.now + dt.timedelta(days=1))  # nothing is read here but for an award
    for _ in range(rounds):
        one_award(faults)
        house.told.clear()
        house.threads[:] = [house.thread]
    return faults.counts


@pytest.mark.req("R6")
def test_two_hundred_awards_under_faults_pay_nobody_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = run(house, 200, 7, monkeypatch)
    assert counts["awards"] == 200
    assert counts["reports with two bounties"] == 0
    assert min(counts["of them done"], counts["of them unknown"], counts["of them refused"], counts["kills"]) > 5
    assert counts["engines frozen while another one took over"] > 3


@pytest.mark.long
@pytest.mark.req("R6")
def test_ten_thousand_awards_under_faults_pay_nobody_twice(transactional_db: None, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = run(house, 10_000, 11, monkeypatch)
    assert counts["reports with two bounties"] == 0
    what = (
        "A bounty is decided and sent to a fake HackerOne that cuts connections before and after the write, lies, answers 500 after it, and shows "
        "bounties late, while engines are killed and frozen at every point; whoever is left looks for it."
    )
    order = ["awards", "of them done", "of them refused", "of them unknown"]
    write("ten thousand awards", what, [(name, counts[name]) for name in [*order, *sorted(set(counts) - set(order))]])
