"""Requests of a queue that are decided by criteria: the nine of the distributors list, who found what, and for how long an applicant waits."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tests.duties.conftest import Queues
from tests.factories import DAY, HOUR, T0
from watchbill.audit.models import Record
from watchbill.duties.actions import items
from watchbill.duties.models import Duty
from watchbill.duties.requests import rules
from watchbill.duties.requests.actions import Found, answer, decide_on, look_after_requests
from watchbill.duties.requests.models import AgeTold, Answer, Decision
from watchbill.duties.requests.selectors import describe, lines_of, standings
from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.notifications.models import Notification
from watchbill.people.rules import WorkingTime, parse_duration
from watchbill.trackers.models import Issue

BACKEND = "django.contrib.auth.backends.ModelBackend"
MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
WORK = WorkingTime()
TEN = parse_duration("10 business days")
ALL = [Found(n, "met", f"https://example.org/{n}") for n in range(1, 10)]


class Requests(Queues):
    """The queue `oncall` takes applications to the distributors list; who applied waits ten business days at most."""

    def __init__(self) -> None:
        super().__init__()
        self.queue.criteria, self.queue.alarm = "distributors", "10 business days"
        self.queue.save()
        self.desk.team.desk = "queue"
        self.desk.team.save()
        Duty.objects.create(name="Requests", team=self.desk.team, schedule=self.desk.watch, every="week", queue=self.queue, since=T0)

    def told(self) -> list[tuple[str, str]]:
        rows = Notification.objects.filter(kind="status").order_by("id").select_related("person")
        found = [(row.person.handle, row.content["title"]) for row in rows]
        rows.delete()
        return found


@pytest.fixture
def requests(db: None) -> Requests:
    return Requests()


def test_the_nine_criteria_are_there_and_each_is_another():
    assert len(rules.DISTRIBUTORS) == len(set(rules.DISTRIBUTORS)) == 9
    assert all(len(each) <= Answer._meta.get_field("criterion").max_length for each in rules.DISTRIBUTORS)


@pytest.mark.req("K7")
def test_an_application_is_checked_item_by_item_and_decided(requests: Requests):
    ada, item = requests.desk.ada, requests.item(author="distro")
    queue = requests.queue
    with pytest.raises(Invalid, match="9 criteria have no answer"):
        decide_on(queue, item.pk, "accept", "", vouched="Kim", **requests.by(ada))
    answer(queue, item.pk, [Found(1, "met", "security@distro.example"), Found(4, "unclear")], **requests.by(ada))
    standing = standings(queue, [item], now=T0)[item.pk]
    assert standing.count.sentence == "1 of 9 met, 1 unclear, 7 not looked at"
    answer(queue, item.pk, [Found(1, "met", "security@distro.example")], **requests.by(ada))
    assert Answer.objects.count() == 2  # what is as before is not written again
    answer(queue, item.pk, ALL, **requests.by(requests.desk.bruno, T0 + HOUR))
    with pytest.raises(Invalid, match="Name who vouches"):
        decide_on(queue, item.pk, "accept", "", **requests.by(ada))
    made = decide_on(queue, item.pk, "accept", "", vouched="Kim of Example OS", **requests.by(ada, T0 + HOUR))
    assert made.known == [[each, "met"] for each in rules.DISTRIBUTORS]
    assert standings(queue, [item], now=T0)[item.pk].is_decided
    acts = list(Record.objects.filter(action__startswith="request.").order_by("id").values_list("action", flat=True))
    assert acts == ["request.answer", "request.answer", "request.accept"]
    assert "security@" not in str(list(Record.objects.values_list("detail", flat=True)))


@pytest.mark.parametrize(
    ("words", "verdict", "reason", "vouched", "why"),
    [
        ("", "accept", "", "Kim", "2 of 2 criteria have no answer"),
        ("m", "decline", "no", "", "1 of 2 criteria has no answer"),
        ("mm", "accept", "", "Kim", ""),
        ("mm", "accept", "", "", "Name who vouches"),
        ("mn", "accept", "", "Kim", "Say why it is accepted all the same"),
        ("mu", "accept", "they will", "Kim", ""),
        ("nn", "decline", "", "", "Say why it is declined"),
        ("nn", "decline", "a rebuild", "", ""),
        ("", "ask", "", "", "Say what the applicant is asked for"),
        ("", "ask", "the certificate", "", ""),
        ("mm", "maybe", "", "", "can be decided as accept, decline, ask"),
    ],
)
def test_what_must_be_there_before_a_decision(words: str, verdict: str, reason: str, vouched: str, why: str):
    criteria = ["a", "b"]
    answers = dict(zip(criteria, ({"m": "met", "n": "not_met", "u": "unclear"}[each] for each in words), strict=False))
    said = rules.why_not_decide(criteria, answers, verdict, reason, vouched)
    assert (why in said) if why else said == ""


def test_it_is_not_done_before_it_is_decided(requests: Requests):
    ada, item = requests.desk.ada, requests.item()
    items.take(requests.queue, item.pk, **requests.by(ada))
    with pytest.raises(Refused, match="accept or decline"):
        items.finish(requests.queue, item.pk, **requests.by(ada))
    decide_on(requests.queue, item.pk, "ask", "Which version is certified?", **requests.by(ada))
    with pytest.raises(Refused, match="accept or decline"):
        items.finish(requests.queue, item.pk, **requests.by(ada))
    answer(requests.queue, item.pk, [Found(n, "not_met") for n in range(1, 10)], **requests.by(ada))
    decide_on(requests.queue, item.pk, "decline", "It is a rebuild.", **requests.by(ada))
    assert items.finish(requests.queue, item.pk, **requests.by(ada)).end == "done"


def test_another_wording_asks_anew_and_keeps_what_was_answered(requests: Requests):
    item = requests.item()
    answer(requests.queue, item.pk, ALL, **requests.by(requests.desk.ada))
    requests.queue.criteria = [rules.DISTRIBUTORS[0], "They ship in two weeks."]
    requests.queue.save()
    assert standings(requests.queue, [item], now=T0)[item.pk].count.sentence == "1 of 2 met, 1 not looked at"
    lines = lines_of(requests.queue, item)
    assert [line.asked for line in lines].count(False) == 8
    assert {line.answer.note for line in lines if not line.asked and line.answer} == {f"https://example.org/{n}" for n in range(2, 10)}


def test_nobody_changes_what_was_found_or_decided(requests: Requests):
    item = requests.item()
    answer(requests.queue, item.pk, ALL, **requests.by(requests.desk.ada))
    decide_on(requests.queue, item.pk, "accept", "", vouched="Kim", **requests.by(requests.desk.ada))
    for rows in (Answer.objects.all(), Decision.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(person=requests.desk.bruno)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()


def test_whoever_does_not_respond_there_decides_nothing(requests: Requests):
    item, hidden = requests.item(), requests.item(2, confidential=True)
    charlie = requests.desk.charlie
    with pytest.raises(NotAllowed):
        answer(requests.queue, item.pk, ALL, **requests.by(charlie))
    with pytest.raises(NotAllowed):
        decide_on(requests.queue, item.pk, "ask", "Who?", **requests.by(charlie))
    for act in (lambda: answer(requests.queue, hidden.pk, ALL, **requests.by(charlie)),):
        with pytest.raises(NotFound):
            act()
    requests.queue.criteria = None
    requests.queue.save()
    with pytest.raises(NotFound, match="has no criteria"):
        answer(requests.queue, item.pk, ALL, **requests.by(requests.desk.ada))
    assert not Answer.objects.exists()


@pytest.mark.req("K7")
def test_who_must_hear_that_an_applicant_waits_too_long_hears_it_once(requests: Requests):
    requests.item(1, at=MONDAY)
    due = MONDAY + 14 * DAY  # ten business days
    ada = [("ada", "Soon too long: 1 request waits in oncall")]
    for now, told in (
        (MONDAY, []),
        (due - 4 * DAY + HOUR, []),  # a Thursday
        (due - 3 * DAY - HOUR, []),  # Friday, before anybody works
        (due - 3 * DAY + HOUR, ada),
        (due - 2 * DAY, []),  # Saturday
        (due - HOUR / 4, []),
        (due + HOUR, [("ada", "Too long: 1 request waits in oncall")]),
        (due + 2 * HOUR, []),
    ):
        look_after_requests(now=now)
        found = requests.told()
        assert [title for _, title in found] == [title for _, title in told], now
    look_after_requests(now=due + 7 * DAY + HOUR)
    assert {who for who, _ in requests.told()} >= {"ada", "bruno"}  # the whole team
    look_after_requests(now=due + 30 * DAY)
    assert requests.told() == []
    assert list(AgeTold.objects.order_by("id").values_list("stage", flat=True)) == ["soon", "broken", "team"]


def test_an_applicant_who_was_asked_has_the_word_and_the_clock_starts_anew_with_theirs(requests: Requests):
    item = requests.item(author="distro", at=MONDAY)
    decide_on(requests.queue, item.pk, "ask", "Which version?", **requests.by(requests.desk.ada, MONDAY + DAY))

    def age(now: dt.datetime = MONDAY) -> Any:
        return standings(requests.queue, [Issue.objects.get(pk=item.pk)], now=now)[item.pk].age

    assert age().due_at is None
    Issue.objects.update(word_at=MONDAY + 3 * DAY, word_by="somebody")
    assert age().due_at is None  # not theirs
    Issue.objects.update(word_at=MONDAY + 4 * DAY, word_by="distro")
    assert age().due_at == MONDAY + 18 * DAY
    look_after_requests(now=MONDAY + 18 * DAY)
    assert [title for _, title in requests.told()] == ["Too long: 1 request waits in oncall"]


def test_many_are_told_in_one_notice_and_cost_no_more_queries(requests: Requests):
    for number in range(1, 8):
        requests.item(number, at=MONDAY)
    look_after_requests(now=MONDAY + 15 * DAY)
    assert [title for _, title in requests.told()] == ["Too long: 7 requests wait in oncall"]
    rows = list(Issue.objects.all())
    with CaptureQueriesContext(connection) as queries:
        standings(requests.queue, rows, now=MONDAY)
    assert len(queries) == 2


@given(
    start=st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.UTC)),
    asked=st.none() | st.integers(0, 10**6),
    word=st.none() | st.integers(0, 2 * 10**6),
    looks=st.lists(st.integers(0, 10**7), max_size=12),
)
def test_each_stage_is_told_once_and_never_an_earlier_one_after(start: dt.datetime, asked: int | None, word: int | None, looks: list[int]):
    second = dt.timedelta(seconds=1)
    moments = rules.Moments(
        start, start + asked * second if asked is not None else None, start + word * second if word is not None else None
    )
    age = rules.age_of(moments, TEN, WORK)
    theirs = asked is not None and (word is None or word <= asked)
    assert (age.due_at is None) == theirs
    told: list[rules.Stage] = []
    for look in sorted(looks):
        now = start + look * second
        if (stage := rules.to_tell(age, told, now=now)) is not None:
            told.append(stage)
            assert (stage is not rules.Stage.SOON) == age.is_broken(now)
    assert [rules.ORDER.index(each) for each in told] == sorted({rules.ORDER.index(each) for each in told})
    if age.due_at is not None:
        assert age.soon_at is not None
        assert age.since < age.soon_at < age.due_at
        worked = sum((closes - opens for opens, closes in WORK.stretches(age.since, age.due_at)), dt.timedelta())
        assert dt.timedelta(hours=72) <= worked <= dt.timedelta(hours=80)


def test_the_page_carries_it_without_javascript(requests: Requests):
    requests.queue.criteria = ["They have users.", "They <b>fix</b>."]
    requests.queue.save()
    item = requests.item(title="Join: <i>Distro</i>", at=database_now() - 30 * DAY, author="distro")
    ada, charlie = Client(), Client()
    ada.force_login(requests.desk.ada, backend=BACKEND)
    charlie.force_login(requests.desk.charlie, backend=BACKEND)
    board = ada.get(f"/queues/{requests.queue.pk}").content.decode()
    assert "1 waits too long" in board
    assert "0 of 2 met, 2 not looked at" in board
    here = f"/queues/{requests.queue.pk}/items/{item.pk}"
    html = ada.get(here).content.decode()
    assert "They &lt;b&gt;fix&lt;/b&gt;." in html
    assert "Join: &lt;i&gt;Distro" in html
    assert " checked" not in html
    refused = ada.post(f"{here}/answer", {"word-1": "met", "note-2": "lost?"})
    assert (refused.status_code, Answer.objects.count()) == (422, 0)
    assert ada.post(f"{here}/answer", {"word-1": "met", "note-1": "https://distro.example", "word-2": "unclear"}).status_code == 303
    refused = ada.post(f"{here}/decide", {"verdict": "accept", "vouched": "Kim", "reason": ""})
    assert refused.status_code == 422
    assert "Say why it is accepted all the same" in refused.content.decode()
    assert 'value="Kim"' in refused.content.decode()
    assert ada.post(f"{here}/decide", {"verdict": "accept", "vouched": "Kim", "reason": "They fix in time."}).status_code == 303
    assert "Accepted" in ada.get(f"/queues/{requests.queue.pk}").content.decode()
    seen = charlie.get(here).content.decode()
    assert "Keep what I found" not in seen
    assert charlie.post(f"{here}/decide", {"verdict": "ask", "reason": "x"}).status_code == 403


def test_what_programs_see(requests: Requests):
    item = requests.item(at=MONDAY)
    answer(requests.queue, item.pk, [Found(2, "not_met", "no")], **requests.by(requests.desk.ada))
    data = describe(requests.queue, item, now=MONDAY + 20 * DAY)
    assert data["late"] is True
    assert [row["word"] for row in data["criteria"]] == [None, "not_met", *[None] * 7]
    json.dumps(data, default=str)
