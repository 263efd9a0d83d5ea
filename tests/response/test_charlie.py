"""Charlie must never learn of it: not by any act, list, order or word. Neither must a team mate, a manager or the administrator."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import HOUR, MIN, T0, actor
from tests.response.desk import Desk
from watchbill.audit.models import Record
from watchbill.incidents.models import Incident, TimelineEntry
from watchbill.kernel.errors import NotFound
from watchbill.notifications.models import Notification
from watchbill.people.selectors import viewer_of
from watchbill.response import actions
from watchbill.response.selectors import board, describe, describe_many, ledger
from watchbill.web.waiting import waiting_for

ACTS: dict[str, tuple[Any, ...]] = {
    "acknowledge": (),
    "resolve": (),
    "resolve_page": (),
    "reopen": ("it is back",),
    "escalate": (),
    "snooze": (T0 + HOUR, "later"),
    "assign": ("charlie",),
    "reassign": ("charlie",),
    "page_people": (["charlie"], "look"),
    "note": ("hello",),
    "set_severity": ("critical",),
    "manager_step": ("take",),
    "log_call": ("charlie", "reached"),
    "give_back": ("fever",),
    "add_task": ("look", "charlie"),
    "end_task": (1,),
    "add_stakeholder": ("Legal",),
    "remove_stakeholder": (1,),
    "updated_stakeholders": ("contained",),
    "answer_step": ("cve", "done"),
    "write_again": (),
}
OUTSIDE = ["charlie", "bruno", "grace", "hugo", "root"]
ELSEWHERE = {
    "Outcome",
    "bulk",
    "open_in",
    "cleared_in",
    "source_ack_in",
    "page_by_hand",
    "sheet_taken",
}  # not on one incident by one person; bulk: test_words


def arguments(desk: Desk, act: str) -> list[Any]:
    people = {"charlie": desk.charlie}
    return [people.get(a, a) if isinstance(a, str) else [people[h] for h in a] if isinstance(a, list) else a for a in ACTS[act]]


def hidden(desk: Desk) -> Incident:
    return desk.open("insider copies keys", service=desk.secret, severity="high")


def test_every_public_act_is_tried_here() -> None:
    assert set(actions.__all__) == set(ACTS) | ELSEWHERE


@pytest.mark.parametrize("who", OUTSIDE)
@pytest.mark.parametrize("act", sorted(ACTS))
def test_no_act_tells_that_a_restricted_incident_exists(desk: Desk, act: str, who: str) -> None:
    incident, stranger = hidden(desk), getattr(desk, who)
    before = (TimelineEntry.objects.count(), Record.objects.count(), Notification.objects.count())
    messages = []
    for number in (incident.number, 123_456):
        with pytest.raises(NotFound) as refusal:
            getattr(actions, act)(number, *arguments(desk, act), person=stranger, actor=actor(stranger), now=T0 + MIN)
        messages.append((refusal.value.message.replace(str(number), "N"), refusal.value.details))
    assert messages[0] == messages[1]
    assert (TimelineEntry.objects.count(), Record.objects.count(), Notification.objects.count()) == before
    assert desk.hold(incident) == (None, None)


@pytest.mark.parametrize("who", OUTSIDE)
def test_no_list_shows_it(desk: Desk, who: str) -> None:
    incident = hidden(desk)
    viewer = viewer_of(getattr(desk, who))
    assert board(viewer, now=T0 + MIN) == []
    assert waiting_for(viewer, now=T0 + MIN) == []
    assert describe_many(viewer, [incident]) == []
    with pytest.raises(NotFound):
        describe(viewer, incident)
    with pytest.raises(NotFound):
        ledger(viewer, incident)


def test_whoever_was_paged_sees_it_on_the_board(desk: Desk) -> None:
    incident = hidden(desk)
    viewer = viewer_of(desk.ada)
    assert [row.incident for row in board(viewer, now=T0 + MIN)] == [incident]
    assert [one.incident for one in waiting_for(viewer, now=T0 + MIN)] == [incident]
    assert describe(viewer, incident)["restricted"] is True


@pytest.mark.req("P3")
def test_messages_about_it_carry_number_and_code_name_only(desk: Desk) -> None:
    incident = hidden(desk)
    desk.tick(T0 + 15 * MIN)
    desk.acknowledge(incident, desk.grace, T0 + 16 * MIN)
    desk.act("assign", incident, desk.grace, desk.grace, now=T0 + 17 * MIN)
    desk.act("set_severity", incident, desk.ada, "critical", now=T0 + 18 * MIN)
    desk.tick(T0 + 18 * MIN)
    desk.act("resolve", incident, desk.grace, now=T0 + 19 * MIN)
    contents = list(Notification.objects.filter(incident_id=incident.id).values_list("content", flat=True))
    assert len(contents) >= 5
    for content in contents:
        assert content["title"] == incident.code_name
        assert content["number"] == incident.number
        assert content["restricted"] is True
        told = {str(value) for value in content.values()}
        assert not told & {"insider copies keys", "Insider cases", "high", "critical"}
        assert not any(name in content["reason"] for name in ("Ada", "Grace", "Bruno"))


def test_every_record_about_it_is_marked(desk: Desk) -> None:
    incident = hidden(desk)
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.act("note", incident, desk.ada, "keys on a stick", now=T0 + 2 * MIN)
    desk.act("resolve", incident, desk.ada, now=T0 + 3 * MIN)
    records = Record.objects.filter(incident_id=incident.id)
    assert records.count() >= 5
    assert set(records.values_list("restricted", flat=True)) == {True}
    assert all("keys" not in str(record.detail) for record in records)


def test_named_by_being_given_it_they_see_it(desk: Desk) -> None:
    incident = hidden(desk)
    assert not desk.sees(desk.chen, incident)
    desk.act("assign", incident, desk.ada, desk.chen, now=T0 + MIN)
    assert desk.sees(desk.chen, incident)
    desk.act("resolve", incident, desk.ada, now=T0 + 2 * MIN)
    assert desk.sees(desk.chen, incident)
    assert desk.sees(desk.ada, incident)
