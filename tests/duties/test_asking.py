"""Duties as the engine asks for them: of whom, the reminder, what became of them; and the proofs that meet them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from tests.duties.conftest import Queues
from tests.factories import DAY, HOUR, MIN, T0, actor
from watchbill.audit.models import Record
from watchbill.duties.actions.asking import look_after_duties
from watchbill.duties.actions.proving import begin_pass, finish_pass, prove, record_pass, see
from watchbill.duties.models import Asked, Duty, Pass, Proof, Stamp
from watchbill.duties.rules import ledger
from watchbill.duties.selectors import ledger as ledgers
from watchbill.duties.selectors.due import mine
from watchbill.duties.selectors.passing import lines_of
from watchbill.handoff.selectors.owed import duties_of
from watchbill.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from watchbill.notifications.models import Notification
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.models import Layer

EIGHT = T0 - HOUR
END = EIGHT + 12 * HOUR


class Duties(Queues):
    """Ada has twelve hours a day from 08:00, Bruno the twelve hours after. They review the queue twice a shift."""

    def __init__(self) -> None:
        super().__init__()
        Layer.objects.filter(schedule=self.desk.watch).delete()
        for name, hour, who in (("day", 8, self.desk.ada), ("night", 20, self.desk.bruno)):
            begin = {"starting": dt.date(2026, 1, 5), "anchor": dt.date(2026, 1, 5), "start": dt.time(hour), "length": "12h", "turn": "1w"}
            days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
            Layer.objects.create(schedule=self.desk.watch, name=name, days=days, order=[[who.id]], **begin)
        self.review = self.duty("Review oncall issues", times=2, queue=self.queue)

    def duty(self, name: str, every: str = "shift", **more) -> Duty:
        values = {"team": self.desk.team, "schedule": self.desk.watch, "since": EIGHT, **more}
        return Duty.objects.create(name=name, every=every, position=Duty.objects.count(), **values)

    def stand(self, now: dt.datetime, duty: Duty | None = None) -> list[tuple[str, str]]:
        """Who has each part of the shift of that day, and how it stands, after the engine looked."""
        look_after_duties(now=now)
        rows = Asked.objects.filter(duty=duty or self.review, start__gte=EIGHT).order_by("start").select_related("person")
        return [(row.person.handle if row.person else "", row.state) for row in rows]

    def reminded(self) -> list[tuple[str, str]]:
        rows = Notification.objects.filter(kind="duty").order_by("id").select_related("person")
        found = [(row.person.handle, row.content["title"]) for row in rows]
        rows.delete()
        return found


@pytest.fixture
def duties(db: None) -> Duties:
    return Duties()


@pytest.mark.req("H8", "G15", "G5")
def test_two_reviews_a_shift_are_asked_for_reminded_of_and_unmet_when_nobody_did_them(duties: Duties) -> None:
    assert duties.stand(EIGHT) == [("ada", "open")]
    assert duties.stand(EIGHT + 5 * HOUR - MIN) == [("ada", "open")]
    assert duties.reminded() == []
    assert duties.stand(EIGHT + 5 * HOUR) == [("ada", "open")]
    assert duties.reminded() == [("ada", "Not done yet: Review oncall issues (1 of 2)")]
    assert duties.stand(EIGHT + 6 * HOUR) == [("ada", "open"), ("ada", "open")]
    assert duties.stand(EIGHT + 10 * HOUR) == [("ada", "open"), ("ada", "open")]
    assert duties.reminded() == []
    duties.stand(EIGHT + 11 * HOUR)
    assert duties.reminded() == [("ada", "Not done yet: Review oncall issues (2 of 2)")]
    assert duties.stand(END) == [("ada", "unmet"), ("ada", "unmet"), ("bruno", "open")]
    assert duties.stand(END + MIN) == [("ada", "unmet"), ("ada", "unmet"), ("bruno", "open")]
    assert Record.objects.filter(action="duty.settle", detail__person=duties.desk.ada.id).count() == 2
    assert Record.objects.filter(action="duty.ask").count() == Asked.objects.count() == 3


@pytest.mark.req("G15")
def test_a_review_in_time_one_late_and_nobody_is_reminded_of_what_is_done(duties: Duties) -> None:
    duties.item(1)
    duties.stand(EIGHT)
    record_pass(duties.queue, **duties.by(duties.desk.ada, EIGHT + HOUR))
    assert duties.stand(EIGHT + 6 * HOUR) == [("ada", "met"), ("ada", "open")]
    assert [each for each in duties.reminded() if each[0] == "ada"] == []
    duties.stand(END + 7 * HOUR)  # the first half of the night went by
    record_pass(duties.queue, **duties.by(duties.desk.bruno, END + 7 * HOUR))
    record_pass(duties.queue, **duties.by(duties.desk.bruno, END + 8 * HOUR))
    assert duties.stand(END + 13 * HOUR)[:4] == [("ada", "met"), ("ada", "unmet"), ("bruno", "late"), ("bruno", "met")]
    late = Asked.objects.get(state="late")
    assert (late.done_at, late.done_by, late.settled_at) == (END + 8 * HOUR, duties.desk.bruno, END + 13 * HOUR)


def test_after_a_swap_the_new_person_has_it_is_reminded_and_answers_for_it(duties: Duties) -> None:
    desk = duties.desk
    duties.stand(EIGHT)
    change = Change("take", desk.chen, EIGHT + 2 * HOUR, END)
    add_override(desk.watch, change, by=actor(desk.grace), now=EIGHT + HOUR)
    assert duties.stand(EIGHT + 2 * HOUR) == [("chen", "open")]
    duties.stand(EIGHT + 5 * HOUR)
    assert ("chen", "Not done yet: Review oncall issues (1 of 2)") in duties.reminded()
    assert duties.stand(END)[:2] == [("chen", "unmet"), ("chen", "unmet")]


@pytest.mark.req("G5", "G15")
def test_two_who_share_a_shift_are_both_asked_one_does_it_and_the_ledger_says_who(duties: Duties) -> None:
    desk = duties.desk
    Layer.objects.filter(schedule=desk.watch, name="day").update(order=[[desk.ada.id, desk.chen.id]])
    duties.stand(EIGHT)
    assert [[each.name for each in mine(who.id, now=EIGHT)] for who in (desk.ada, desk.chen, desk.bruno)] == [
        ["Review oncall issues, 1 of 2"],
        ["Review oncall issues, 1 of 2"],
        [],
    ]
    duties.stand(EIGHT + 5 * HOUR)
    asked = "Not done yet: Review oncall issues (1 of 2)"
    assert sorted(duties.reminded()) == [("ada", asked), ("chen", asked)]
    record_pass(duties.queue, **duties.by(desk.chen, EIGHT + 5 * HOUR + MIN))
    told = {who.handle: duties_of(who.id, desk.watch.id, EIGHT, END, now=EIGHT + 5 * HOUR + MIN)[0] for who in (desk.ada, desk.chen)}
    assert {who: (owed.word, owed.detail) for who, owed in told.items()} == {"ada": ("done", "by Chen"), "chen": ("done", "")}
    assert mine(desk.ada.id, now=EIGHT + 5 * HOUR + MIN) == mine(desk.chen.id, now=EIGHT + 5 * HOUR + MIN) == []
    duties.stand(EIGHT + 11 * HOUR)
    assert sorted(who for who, _ in duties.reminded()) == ["ada", "chen"]
    duties.stand(END)
    rows = ledgers.lines(EIGHT, END + HOUR)
    assert [(row.people, row.state, row.done_by) for row in rows] == [(("ada", "chen"), "met", "chen"), (("ada", "chen"), "unmet", "")]
    assert rows == ledgers.remade(EIGHT, END + HOUR)
    assert [(sum_.met, sum_.unmet) for sum_ in ledger.by(rows, "person").values()] == [(1, 1), (1, 1)]
    assert ",ada chen,unmet," in ledger.text(rows)


@pytest.mark.req("G5")
def test_who_joins_a_shared_shift_is_asked_once_who_leaves_no_more(duties: Duties) -> None:
    desk = duties.desk
    Layer.objects.filter(schedule=desk.watch, name="day").update(order=[[desk.ada.id, desk.chen.id]])
    duties.stand(EIGHT)
    duties.stand(EIGHT + 5 * HOUR)
    assert sorted(who for who, _ in duties.reminded()) == ["ada", "chen"]
    change = Change("replace", desk.grace, EIGHT + 5 * HOUR + 10 * MIN, END, replaced=desk.chen)
    add_override(desk.watch, change, by=actor(desk.grace), now=EIGHT + 5 * HOUR + MIN)
    duties.stand(EIGHT + 5 * HOUR + 5 * MIN)
    assert duties.reminded() == []
    duties.stand(EIGHT + 5 * HOUR + 10 * MIN)
    assert [who for who, _ in duties.reminded()] == ["grace"]
    assert [len(mine(who.id, now=EIGHT + 5 * HOUR + 10 * MIN)) for who in (desk.ada, desk.chen, desk.grace)] == [1, 0, 1]
    duties.stand(END)
    assert Asked.objects.get(start=EIGHT).people == [desk.ada.id, desk.chen.id]  # most of its time
    assert Asked.objects.get(start=EIGHT + 6 * HOUR).people == [desk.ada.id, desk.grace.id]


def test_what_is_due_soon_goes_into_one_message_and_is_told_once(duties: Duties) -> None:
    duties.duty("Note what should be better")
    duties.duty("Work the backlog", due="11h")
    duties.stand(EIGHT)
    duties.stand(EIGHT + 6 * HOUR)
    duties.reminded()
    duties.stand(EIGHT + 10 * HOUR)
    (told,) = Notification.objects.filter(kind="duty")
    assert told.content["title"] == "Not done yet: 3 duties of your watch"
    assert "Work the backlog, due by 19:00 UTC" in told.content["reason"]
    duties.reminded()
    duties.stand(EIGHT + 11 * HOUR + 59 * MIN)
    assert duties.reminded() == []


def test_after_an_outage_what_was_missed_is_asked_for_and_settled(duties: Duties) -> None:
    duties.stand(EIGHT)
    duties.reminded()
    assert duties.stand(EIGHT + DAY)[:4] == [("ada", "unmet"), ("ada", "unmet"), ("bruno", "unmet"), ("bruno", "unmet")]
    assert duties.reminded() == []


def test_a_duty_of_today_asks_for_nothing_that_was_due_before_and_one_that_is_gone_asks_no_more(duties: Duties) -> None:
    Duty.objects.update(since=EIGHT + 7 * HOUR)
    assert duties.stand(EIGHT + 8 * HOUR) == [("ada", "open")]
    Duty.objects.update(times=3, since=EIGHT + 9 * HOUR)  # what runs goes on as it was asked for
    assert duties.stand(EIGHT + 9 * HOUR) == [("ada", "open")]
    Duty.objects.update(is_active=False)
    assert duties.stand(EIGHT + 10 * HOUR) == [("ada", "void")]
    assert duties.stand(END + HOUR) == [("ada", "void")]


@pytest.mark.req("G15")
def test_item_by_item_a_pass_counts_when_all_that_was_there_is_seen(duties: Duties) -> None:
    ada, bruno = duties.desk.ada, duties.desk.bruno
    first, second, third = (duties.item(n) for n in (1, 2, 3))
    duties.stand(EIGHT)
    run = begin_pass(duties.queue, **duties.by(ada, EIGHT + HOUR))
    assert begin_pass(duties.queue, **duties.by(bruno, EIGHT + HOUR)) == run
    later = duties.item(4)
    see(duties.queue, first.id, **duties.by(ada, EIGHT + HOUR))
    see(duties.queue, first.id, **duties.by(ada, EIGHT + HOUR + MIN))
    with pytest.raises(NotFound):
        see(duties.queue, later.id, **duties.by(ada, EIGHT + HOUR))
    lines = {line.id: (line.seen, line.later) for line in lines_of(duties.viewer(ada), duties.queue, now=EIGHT + HOUR)}
    assert (lines[first.id], lines[second.id], lines[later.id]) == ((True, False), (False, False), (False, True))
    third.state = "closed"  # nobody need look at it any more
    third.save()
    assert duties.stand(EIGHT + 2 * HOUR) == [("ada", "open")]
    see(duties.queue, second.id, **duties.by(bruno, EIGHT + 2 * HOUR))
    assert duties.stand(EIGHT + 2 * HOUR) == [("ada", "met")]
    proof = Proof.objects.get()
    assert (proof.of, proof.person, proof.at) == (run, bruno, EIGHT + 2 * HOUR)
    assert [line.id for line in lines_of(duties.viewer(ada), duties.queue, now=EIGHT + 3 * HOUR) if line.new] == [later.id]
    with pytest.raises(NotFound, match="Begin a pass first"):
        finish_pass(duties.queue, **duties.by(ada, EIGHT + 3 * HOUR))
    begin_pass(duties.queue, **duties.by(ada, EIGHT + 7 * HOUR))
    finish_pass(duties.queue, "known ones", **duties.by(ada, EIGHT + 7 * HOUR))
    assert Stamp.objects.filter(of=Pass.objects.latest("id")).count() == 3
    for model, change in ((Pass, {"note": "x"}), (Stamp, {"at": T0}), (Proof, {"text": "x"})):
        with pytest.raises(DatabaseError, match=r"(?i)cannot update|append"), transaction.atomic():
            model.objects.update(**change)


def test_an_empty_queue_is_gone_through_at_once(duties: Duties) -> None:
    duties.stand(EIGHT)
    begin_pass(duties.queue, **duties.by(duties.desk.ada, EIGHT + HOUR))
    assert duties.stand(EIGHT + HOUR) == [("ada", "met")]


@pytest.mark.req("G5", "G17", "G18")
def test_without_a_queue_a_note_or_nothing_this_shift_proves_it(duties: Duties) -> None:
    ada, notes = duties.desk.ada, duties.duty("Note what should be better")
    duties.stand(EIGHT)
    with pytest.raises(Invalid, match="or say that there was nothing"):
        prove(notes, "  ", **duties.by(ada, EIGHT + HOUR))
    with pytest.raises(NotAllowed):
        prove(notes, "x", **duties.by(duties.desk.charlie, EIGHT + HOUR))
    with pytest.raises(Refused, match="done by going through the queue oncall"):
        prove(duties.review, "x", **duties.by(ada, EIGHT + HOUR))
    prove(notes, nothing=True, **duties.by(ada, EIGHT + HOUR))
    prove(notes, "the pager lied", **duties.by(ada, EIGHT + 2 * HOUR))
    assert duties.stand(EIGHT + 2 * HOUR, notes) == [("ada", "met")]
    assert list(Proof.objects.order_by("id").values_list("kind", "text")) == [("nothing", ""), ("note", "the pager lied")]
    assert Record.objects.filter(action="duty.prove").count() == 2
    duties.tracker.is_active = False
    duties.tracker.save()
    prove(Duty.objects.get(pk=duties.review.pk), "read the tracker itself", **duties.by(ada, EIGHT + 2 * HOUR))
    assert duties.stand(EIGHT + 2 * HOUR) == [("ada", "met")]


@pytest.mark.req("K3")
def test_the_incidents_of_whoever_is_on_call_are_a_queue_too(duties: Duties) -> None:
    ada, desk = duties.desk.ada, duties.desk
    duties.queue.tracker, duties.queue.other = None, {"incidents": {"owner": "on_call", "state": "open"}}
    duties.queue.save()
    mine, others, secret = desk.open(now=EIGHT), desk.open("else", now=EIGHT), desk.open(service=desk.secret, now=EIGHT)
    desk.acknowledge(mine, ada, EIGHT)
    desk.acknowledge(others, desk.chen, EIGHT)
    desk.acknowledge(secret, ada, EIGHT)
    assert {line.name for line in lines_of(duties.viewer(ada), duties.queue, now=EIGHT)} == {f"#{mine.number}", f"#{secret.number}"}
    assert [line.name for line in lines_of(duties.viewer(desk.bruno), duties.queue, now=EIGHT)] == [f"#{mine.number}"]
    duties.stand(EIGHT)
    begin_pass(duties.queue, **duties.by(ada, EIGHT + HOUR))
    for incident in (mine, secret):
        see(duties.queue, incident.id, **duties.by(ada, EIGHT + HOUR))
    assert duties.stand(EIGHT + HOUR) == [("ada", "met")]
    assert not any(line.new for line in lines_of(duties.viewer(ada), duties.queue, now=EIGHT + 2 * HOUR))


def test_the_ledger_is_the_same_to_the_byte_when_it_is_made_again_from_the_evidence(duties: Duties) -> None:
    desk, notes = duties.desk, duties.duty("=Note what should be better")
    look = duties.duty("Look at changes", "day", since=EIGHT)
    for n in range(10):
        now = EIGHT + n * 6 * HOUR + MIN
        look_after_duties(now=now)
        if n in (0, 3, 4):
            record_pass(duties.queue, **duties.by(desk.chen if n else desk.ada, now + HOUR))
        if n == 3:
            record_pass(duties.queue, **duties.by(desk.bruno, now + 2 * HOUR))
        if n in (1, 5):
            prove(notes, nothing=True, **duties.by(desk.ada, now + HOUR))
    Duty.objects.filter(pk=look.pk).update(is_active=False)
    look_after_duties(now=EIGHT + 60 * HOUR)
    Duty.objects.filter(pk=look.pk).update(name="Renamed")
    stored, again = (ledger.text(each(EIGHT - DAY, EIGHT + 4 * DAY)) for each in (ledgers.lines, ledgers.remade))
    assert stored == again
    rows = stored.splitlines()
    assert rows[0] == "duty,part,from,due,person,state,done_at,done_by"
    assert "Review oncall issues,1 of 2,2026-03-02T08:00:00Z,2026-03-02T14:00:00Z,ada,met,2026-03-02T09:01:00Z,ada" in rows
    assert "'=Note what should be better,,2026-03-02T20:00:00Z,2026-03-03T08:00:00Z,bruno,unmet,," in rows
    assert {line.state for line in ledgers.lines(EIGHT - DAY, EIGHT + 4 * DAY)} == {"met", "late", "unmet", "void"}
    sums = ledger.by(ledgers.lines(EIGHT - DAY, EIGHT + 4 * DAY), "duty")
    assert (sums["Review oncall issues"].all, sums["Renamed"].kept) == (10, 0)


def test_the_page_of_a_watch_names_its_duties_and_how_far_each_is(duties: Duties) -> None:
    duties.stand(EIGHT + 7 * HOUR)
    found = duties_of(duties.desk.ada.id, duties.desk.watch.id, EIGHT, END, now=EIGHT + 7 * HOUR)
    assert [(owed.name, owed.word, owed.state) for owed in found] == [
        ("Review oncall issues, 1 of 2", "overdue", "open"),
        ("Review oncall issues, 2 of 2", "open", "open"),
    ]
    assert duties_of(duties.desk.bruno.id, duties.desk.watch.id, EIGHT, END, now=EIGHT + 7 * HOUR) == []
