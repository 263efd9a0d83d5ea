"""Whom would a page reach? The preview and the engine must say the same."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories as make
from tests.factories import HOUR, MIN, T0
from tests.paging.desk import Desk
from watchbill.kernel import kinds
from watchbill.notifications.chats.models import Chat
from watchbill.notifications.models import Contact, Rule
from watchbill.paging.models import Firing, Page
from watchbill.paging.selectors import described, foresee

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def only_mail():
    before = kinds.declared()
    kinds.fill([kinds.Kind("email", active=True), kinds.Kind("voice", active=True)])
    yield
    kinds.fill(before)


@pytest.fixture
def cast():
    people = {handle: make.person(handle, contacts=("email",)) for handle in ("ada", "bruno", "chen", "grace")}
    make.organization(people["grace"])
    people["team"] = make.team("SecOps", people["ada"], people["bruno"], people["chen"])
    return people


def policy(cast, *steps, **fields):
    return make.policy("P", cast["team"], *steps, last_resort=cast["grace"], **fields)


def names(firings):
    return [(one.kind, one.step, one.after, [reached.person.handle for reached in one.people]) for one in firings]


def test_the_preview_of_a_moment_is_what_the_engine_then_does(cast):
    watch = make.schedule("Watch", cast["team"], cast["ada"])
    made = policy(cast, ([make.to(watch)], "15m"), ([make.to(cast["bruno"]), make.to(cast["chen"])], "10m"), repeat=1)
    said = foresee(made, at=T0)
    page = Desk(cast["team"]).page(made)
    for minutes in range(0, 70):
        Desk(cast["team"]).tick(T0 + minutes * MIN)
    done = Firing.objects.filter(page=page).order_by("n").values_list("kind", "step", "fired_at", "people")
    happened = [(kind, step + 1, at - T0, list(people)) for kind, step, at, people in done][: len(said)]
    assert [(one.kind, one.step, one.after, [r.person.id for r in one.people]) for one in said] == happened
    assert Page.objects.get(pk=page.pk).status == "exhausted"


def test_watches_are_those_of_the_moment_that_is_asked_about(cast):
    """One week each: next week it is the other one."""
    watch = make.schedule("Watch", cast["team"], cast["ada"], cast["bruno"])
    made = policy(cast, ([make.to(watch)], "15m"))
    first, later = foresee(made, at=T0)[0], foresee(made, at=T0 + 7 * 24 * HOUR)[0]
    assert {first.people[0].person.handle, later.people[0].person.handle} == {"ada", "bruno"}


def test_ways_follow_the_personal_rules_and_who_hears_nothing_is_said(cast):
    ada, bruno = cast["ada"], cast["bruno"]
    Contact.objects.create(person=ada, kind="voice", address="+15005550006", position=1, verified_at=T0)
    Rule.objects.create(person=ada, urgency="high", after_seconds=0, kinds=["email"])
    Rule.objects.create(person=ada, urgency="high", after_seconds=120, kinds=["voice"], position=1)
    Contact.objects.filter(person=bruno).update(verified_at=None)
    made = policy(cast, ([make.to(ada)], "15m"), ([make.to(bruno)], "15m"))
    first, second, *_ = foresee(made, at=T0)
    assert [(way.kind, way.after) for way in first.people[0].ways] == [("email", dt.timedelta(0)), ("voice", 2 * MIN)]
    assert not first.wakes_nobody
    assert "not verified" in second.people[0].unreachable
    assert second.wakes_nobody
    low = foresee(made, at=T0, urgency="low")[0]
    assert [way.kind for way in low.people[0].ways] == ["email"], "nobody is called for low urgency"


def test_a_step_of_nobody_is_passed_over_and_named(cast):
    empty = make.schedule("Nobody", cast["team"])
    made = policy(cast, ([make.to(empty)], "15m"), ([make.to(cast["bruno"])], "15m"))
    first, last = foresee(made, at=T0)[:2]
    assert (first.people[0].person.handle, first.after) == ("bruno", dt.timedelta(0))
    assert [(skipped.name, bool(skipped.why)) for skipped in first.skipped] == [("Nobody", True)]
    assert (last.kind, last.people[0].person.handle) == ("last_resort", "grace")


def test_the_answer_as_data(cast):
    made = policy(cast, ([make.to(cast["ada"])], "15m"))
    data = described(made, at=T0)
    assert (data["policy"], data["team"], data["urgency"]) == ("P", "SecOps", "high")
    first = data["firings"][0]
    assert first["people"][0]["person"] == {"handle": "ada", "name": "Ada"}
    assert first["people"][0]["ways"] == [{"kind": "email", "after_seconds": 0}]
    assert (first["round"], first["step"], first["after_seconds"]) == (1, 1, 0)


def test_a_channel_is_named_as_told_and_is_nobody(cast, monkeypatch):
    monkeypatch.setenv("SLACK_TOKEN", "x")
    Chat.objects.create(name="main", kind="slack", token_env="SLACK_TOKEN", writes=["post"])
    cast["team"].channel = {"chat": "main", "name": "#sec"}
    cast["team"].save()
    channel = {"kind": "channel", "id": None, "name": "the team's channel"}
    made = policy(cast, ([channel], "15m"), ([make.to(cast["ada"])], "15m"))
    first = foresee(made, at=T0)[0]
    assert (first.told, [reached.person.handle for reached in first.people], first.after) == (("#sec",), ["ada"], 0 * MIN)
    monkeypatch.delenv("SLACK_TOKEN")
    first = foresee(made, at=T0)[0]
    assert (first.told, [skipped.name for skipped in first.skipped]) == ((), ["#sec"])
    assert "Slack is not set up" in first.skipped[0].why
    assert "SLACK_TOKEN" not in first.skipped[0].why
