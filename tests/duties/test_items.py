"""Items of a queue: what waits, what is new, whose it is, what it becomes; and who must not learn of it."""

from __future__ import annotations

import pytest

from tests.duties.conftest import Queues
from tests.factories import DAY, HOUR, T0
from watchbill.audit.models import Record
from watchbill.duties.actions.items import Promotion, finish, give_back, look_after_items, promote, take
from watchbill.duties.actions.proving import record_pass
from watchbill.duties.models import Taking
from watchbill.duties.selectors.queues import given_back, list_queue, summaries, taken_by
from watchbill.incidents.models import Incident
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed, NotFound
from watchbill.notifications.models import Notification
from watchbill.trackers.models import Issue, Link, Tracker

NIGHTS = 8 * DAY


def shown(queues: Queues, who) -> list[int]:
    return [item.issue.number for item in list_queue(queues.viewer(who), queues.queue).items]


@pytest.mark.req("G12", "G13", "G18")
def test_what_waits_is_what_the_file_says(queues: Queues) -> None:
    queues.item(1)
    queues.item(2, project="sec/eng", labels=["x", "oncall"])
    queues.item(3, labels=["other"])
    queues.item(4, project="sec/other")
    queues.item(5, state="closed")
    queues.item(6, changes=True)
    assert sorted(shown(queues, queues.desk.ada)) == [1, 2]
    queues.queue.authors = ["nobody"]
    assert shown(queues, queues.desk.ada) == []
    queues.queue.authors, queues.queue.state = [], "all"
    assert sorted(shown(queues, queues.desk.ada)) == [1, 2, 5]


@pytest.mark.req("K7", "K8")
def test_a_queue_of_changes_has_change_requests_alone(queues: Queues) -> None:
    queues.item(1)
    queues.item(2, changes=True)
    queues.queue.changes = True
    assert shown(queues, queues.desk.ada) == [2]


@pytest.mark.req("G15")
def test_what_came_after_the_last_pass_is_new_and_stands_first(queues: Queues) -> None:
    ada = queues.desk.ada
    queues.item(1)
    record_pass(queues.queue, "nothing for us", **queues.by(ada))
    queues.item(2)
    listed = list_queue(queues.viewer(ada), queues.queue)
    assert [(item.issue.number, item.new) for item in listed.items] == [(2, True), (1, False)]
    assert (listed.last.person, listed.last.note) == (ada, "nothing for us")
    queues.item(3, labels=["later"])
    record_pass(queues.queue, **queues.by(ada))
    Issue.objects.filter(number=3).update(labels=["oncall"])  # labelled since
    assert next((item.issue.number, item.new) for item in list_queue(queues.viewer(ada), queues.queue).items) == (3, True)
    assert Record.objects.filter(action="queue.pass").count() == 2


@pytest.mark.req("G19", "H9")
def test_a_taken_item_stays_until_it_is_done_and_is_given_back_with_a_reason_only(queues: Queues) -> None:
    ada, bruno, grace = queues.desk.ada, queues.desk.bruno, queues.desk.grace
    issue = queues.item(1)
    take(queues.queue, issue.id, **queues.by(ada))
    with pytest.raises(AlreadyDone, match="Ada has it since"):
        take(queues.queue, issue.id, **queues.by(bruno))
    Issue.objects.update(labels=[])  # whatever its labels say by then
    assert [row.issue for row in taken_by(ada.id)] == [issue]
    assert shown(queues, bruno) == [1]
    assert look_after_items(now=T0 + NIGHTS) == 1
    assert look_after_items(now=T0 + NIGHTS + DAY) == 0
    (told,) = Notification.objects.filter(person=ada)
    assert "Yours since a week" in told.content["title"]
    with pytest.raises(Invalid, match="Say why"):
        give_back(queues.queue, issue.id, " ", **queues.by(ada))
    with pytest.raises(NotAllowed, match="Ada has it"):
        give_back(queues.queue, issue.id, "mine now", **queues.by(bruno))
    give_back(queues.queue, issue.id, "I am away", **queues.by(ada, T0 + NIGHTS))
    (told,) = Notification.objects.filter(person=grace)
    assert "Ada gave back sec/desk#1" in told.content["title"]
    Issue.objects.update(labels=["oncall"])
    assert [row.reason for row in given_back(queues.viewer(grace), queues.queue, since=T0)] == ["I am away"]
    take(queues.queue, issue.id, **queues.by(bruno))
    finish(queues.queue, issue.id, **queues.by(grace))  # a manager may
    assert list(Taking.objects.order_by("id").values_list("end", flat=True)) == ["given_back", "done"]
    assert set(Record.objects.filter(kind="item").values_list("action", flat=True)) == {
        "item.take",
        "item.remind",
        "item.given_back",
        "item.done",
    }


def test_what_is_closed_in_its_tracker_is_done(queues: Queues) -> None:
    issue = queues.item(1)
    take(queues.queue, issue.id, **queues.by(queues.desk.ada))
    Issue.objects.update(state="closed")
    assert look_after_items(now=T0 + HOUR) == 1
    assert taken_by(queues.desk.ada.id) == []


@pytest.mark.req("G14")
def test_an_item_becomes_an_incident_of_whoever_promotes_it_and_wakes_nobody(queues: Queues) -> None:
    ada = queues.desk.ada
    issue = queues.item(1, title="strange sign-ins")
    take(queues.queue, issue.id, **queues.by(queues.desk.bruno))
    made = promote(queues.queue, issue.id, Promotion("Detections", "high"), **queues.by(ada))
    made = Incident.objects.get(pk=made.pk)
    assert (made.title, made.owner, made.status, made.restricted) == ("strange sign-ins", ada, "acknowledged", False)
    assert queues.desk.tick(T0) == []
    link = Link.objects.get(incident_id=made.id)
    assert (link.issue, link.origin) == (issue, "promoted")
    assert Taking.objects.get().end == "promoted"
    with pytest.raises(AlreadyDone):
        promote(queues.queue, issue.id, Promotion("Detections", "high"), **queues.by(ada))


def test_or_a_page_that_walks_the_policy_of_its_service(queues: Queues) -> None:
    issue = queues.item(1)
    made = promote(queues.queue, issue.id, Promotion("Detections", "high", "look at this", page=True), **queues.by(queues.desk.bruno))
    assert queues.desk.tick(T0) == ["ada"]
    assert (made.title, made.owner) == ("look at this", None)
    assert Link.objects.filter(incident_id=made.id).count() == 1  # and no second one is made
    with pytest.raises(Invalid, match="no service called"):
        promote(queues.queue, queues.item(2).id, Promotion("Elsewhere", "high"), **queues.by(queues.desk.bruno))


def test_of_something_confidential_others_learn_nothing(queues: Queues) -> None:
    ada, charlie = queues.desk.ada, queues.desk.charlie
    secret = queues.item(1, title="the salamander", confidential=True)
    queues.item(2)
    assert shown(queues, charlie) == [2]
    assert [(row.items, row.new) for row in summaries(queues.viewer(charlie))] == [(1, 1)]
    with pytest.raises(NotFound):
        take(queues.queue, secret.id, **queues.by(charlie))
    made = promote(queues.queue, secret.id, Promotion("Detections", "high"), **queues.by(ada))
    assert Incident.objects.get(pk=made.pk).restricted
    assert shown(queues, ada) == [2, 1]
    assert shown(queues, queues.desk.bruno) == [2]  # it is the issue of a restricted incident now
    with pytest.raises(NotAllowed):
        take(queues.queue, Issue.objects.get(number=2).id, **queues.by(charlie))


def test_a_queue_whose_tracker_is_not_in_the_file_any_more_is_not_shown(queues: Queues) -> None:
    Tracker.objects.update(is_active=False)
    assert summaries(queues.viewer(queues.desk.ada)) == []
