"""A report of a platform is here once, as it was last shown; a wanted write is held by one engine, and what has begun is never forgotten."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from tests.factories import DAY, MIN, SEC, T0
from watchbill.engine.session import Session
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import Refused
from watchbill.notifications.rules import Outcome
from watchbill.platforms.actions import mirroring, wanting, writing
from watchbill.platforms.messages import Claim, Kept, Said, Shown, Written
from watchbill.platforms.models import Activity, Platform, Remote, Write

pytestmark = pytest.mark.django_db
SHOWN = Shown("1337", "XSS", "new", True, T0, T0, T0, bounties=(), timers={"triage": {"miss_at": "2026-03-02T00:00:00Z", "elapsed": 3}})
SAID = Said("9", "activity-comment", T0, author="mallory", by_reporter=True, message="any news?")


@pytest.fixture
def platform() -> Platform:
    return Platform.objects.create(
        name="h1", kind="hackerone", url="http://x", program="acme", token_env="H1", writes=["comment", "bounty"]
    )


def keep(platform: Platform, shown: Shown, said: list[Said] | None = None) -> Kept | None:
    with transaction.atomic():
        return mirroring.keep_in(platform.id, shown, said, now=T0)


def test_a_report_is_here_once_and_the_same_again_is_no_news(platform: Platform) -> None:
    made = keep(platform, SHOWN)
    assert made is not None
    assert (made.made, made.before, list(made.said)) == (True, {}, [])
    assert keep(platform, SHOWN) is None
    assert keep(platform, SHOWN, [SAID]).said == [Activity.objects.get().id]  # type: ignore[union-attr]
    assert keep(platform, SHOWN, [SAID]) is None
    row = Remote.objects.get()
    assert (row.read_to, row.timers["triage"]["elapsed"]) == (T0, 3)
    known = mirroring.known_digests(platform.id, ["1337", "2"])
    assert mirroring.is_known(SHOWN, known)
    assert not mirroring.is_known(replace(SHOWN, title="other"), known)
    assert not mirroring.is_known(replace(SHOWN, external_id="2"), known)


def test_what_changed_is_answered_as_it_was(platform: Platform) -> None:
    keep(platform, SHOWN)
    later = replace(SHOWN, state="triaged", severity="high", active_at=T0 + MIN, bounties=({"id": "1", "amount": "50.00"},))
    kept = keep(platform, later)
    assert kept is not None
    assert kept.before == {"state": "new", "severity": "", "active_at": T0, "bounties": []}
    assert not kept.made
    assert keep(platform, SHOWN) is None  # from before
    assert Remote.objects.get().state == "triaged"


def test_what_the_answer_did_not_speak_of_stays(platform: Platform) -> None:
    keep(platform, replace(SHOWN, tier="gold", going_public_at=T0 + DAY))
    assert keep(platform, replace(SHOWN, untold=frozenset({"tier", "going_public_at"}))) is None
    assert Remote.objects.get().tier == "gold"
    assert keep(platform, SHOWN).before == {"tier": "gold", "going_public_at": T0 + DAY}  # type: ignore[union-attr]


def test_an_answer_from_before_what_is_known_is_asked_for_again_later(platform: Platform) -> None:
    keep(platform, replace(SHOWN, active_at=T0 + MIN))
    keep(platform, SHOWN, [SAID])
    row = Remote.objects.get()
    assert (row.read_to, row.listen_at) == (T0, T0 + mirroring.LATER)
    keep(platform, replace(SHOWN, active_at=T0 + MIN), [SAID])
    row.refresh_from_db()
    assert (row.read_to, row.listen_at) == (T0 + MIN, None)


def test_what_is_longer_than_anybody_reads_is_cut(platform: Platform) -> None:
    keep(
        platform,
        replace(SHOWN, title="x" * 5000, reporter="y" * 5000, url="https://" + "z" * 5000, vector="v" * 999),
        [replace(SAID, author="a" * 999)],
    )
    row = Remote.objects.get()
    assert (len(row.title), len(row.reporter), len(row.url), len(row.vector)) == (1024, 254, 2000, 300)


def test_one_that_is_not_shown_any_more_says_so_once_and_comes_back(platform: Platform) -> None:
    keep(platform, SHOWN)
    row = Remote.objects.get()
    assert mirroring.gone_in(row, now=T0) == Kept(row.id, False, {"gone_at": None})
    assert mirroring.gone_in(row, now=T0 + MIN) is None
    assert keep(platform, SHOWN).before == {"gone_at": T0}  # type: ignore[union-attr]
    assert Remote.objects.get().gone_at is None


def test_odd_reports_are_kept_apart_and_forgotten_once_they_are_understood(platform: Platform) -> None:
    mirroring.set_aside(platform.id, {"1": "no time", "2": "no object"})
    mirroring.set_aside(platform.id, {"3": "no time"}, ["1"])
    platform.refresh_from_db()
    assert platform.aside == {"2": "no object", "3": "no time"}


# Writes


def want(platform: Platform, kind: str = "comment", external_id: str = "1337", **body: Any) -> Write:
    keep(platform, replace(SHOWN, external_id=external_id))
    with transaction.atomic():
        return wanting.want_in(
            Remote.objects.get(external_id=external_id), kind, body or {"amount": "50", "known": []}, person_id=7, now=database_now()
        )


def claim(platform: Platform, instance: int = 1) -> list[Claim]:
    return writing.claim_writes(instance, platform.id, now=database_now(), limit=10)


def record(found: Claim, outcome: Outcome, instance: int = 1, **more: Any) -> Any:
    with transaction.atomic():
        return writing.record_write_in(Written(found, outcome, **more), instance, now=database_now())


def test_those_of_one_report_go_out_one_after_the_other(platform: Platform) -> None:
    first, second, other = want(platform, text="1"), want(platform, text="2"), want(platform, external_id="2", text="3")
    assert [each.id for each in claim(platform)] == [first.id, other.id]
    assert claim(platform) == []
    record(Claim(first.id, first.remote_id, "comment", first.body, 1, False, T0), Outcome.TEMPORARY, detail="away")
    assert claim(platform) == []  # the second waits for the first, which waits for its pause
    Write.objects.filter(pk=first.id).update(due_at=T0)
    (again,) = claim(platform)
    ended = record(again, Outcome.DELIVERED, remote_ref="77")
    assert (ended.end, ended.remote_ref, ended.person_id) == ("done", "77", 7)
    (last,) = claim(platform)
    assert (last.id, last.external_id, last.taken) == (second.id, "1337", ("77",))


def test_what_a_frozen_engine_held_may_have_been_done_and_its_end_does_not_count(platform: Platform) -> None:
    want(platform, text="1")
    alive = Session(1)
    try:
        (mine,) = claim(platform, 1)
        assert claim(platform, 2) == []
        Write.objects.update(lease_until=T0)
        (theirs,) = claim(platform, 2)
    finally:
        alive.close()
    assert (mine.again, theirs.again) == (False, True)
    assert not writing.begin(mine, 1)
    assert record(mine, Outcome.PERMANENT, 1) is None
    assert record(theirs, Outcome.DELIVERED, 2).end == "done"


@pytest.mark.req("R6")
def test_money_begins_once_whatever_becomes_of_whoever_began_it(platform: Platform) -> None:
    want(platform, "bounty")
    (first,) = claim(platform, 1)  # an engine that has no session: it is dead to all others
    assert writing.begin(first, 1)
    assert not writing.begin(first, 1)
    (second,) = claim(platform, 2)
    assert second.again
    assert not writing.begin(second, 2)
    writing.give_back_writes(2, platform.id)
    (third,) = claim(platform, 3)
    assert third.again
    assert not writing.begin(third, 3)


def test_money_begins_again_when_a_person_said_so_and_then_once(platform: Platform) -> None:
    row = want(platform, "bounty")
    (first,) = claim(platform)
    writing.begin(first, 1)
    record(first, Outcome.UNKNOWN)
    for _ in range(3):
        Write.objects.update(due_at=T0)
        (look,) = claim(platform)
        ended = record(look, Outcome.TEMPORARY, missing=True, detail="It is not there.")
    assert ended.end == "unknown"
    row.refresh_from_db()
    with pytest.raises(Refused), transaction.atomic():
        want(platform, "bounty")
    with transaction.atomic():
        wanting.look_again_in(row, send=True, now=database_now())
    (again,) = claim(platform)
    assert again.body["send"] is True
    assert writing.begin(again, 1)
    assert not writing.begin(again, 1)
    record(again, Outcome.TEMPORARY, detail="No connection within 5 s.")
    Write.objects.update(due_at=T0)
    (once_more,) = claim(platform)
    assert writing.begin(once_more, 1)  # that one certainly did not leave
    record(once_more, Outcome.UNKNOWN)
    Write.objects.update(due_at=T0)
    (last,) = claim(platform)
    assert not writing.begin(last, 1)


def test_a_platform_is_read_by_one_at_a_time(platform: Platform) -> None:
    mine = mirroring.claim_reading(platform.id, now=T0)
    assert mine is not None
    assert mirroring.claim_reading(platform.id, now=T0 + SEC) is None
    mirroring.read_on(mine, T0, now=T0 + SEC)
    mirroring.read_to_end(mine, now=T0 + SEC)
    assert mirroring.claim_reading(platform.id, now=T0 + dt.timedelta(seconds=60)) is None
    assert mirroring.claim_reading(platform.id, now=T0 + dt.timedelta(seconds=61)).cursor == T0  # type: ignore[union-attr]
