"""Incidents come to be with numbers, a story, evidence; a restricted one lets in only whom it must."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import DatabaseError, transaction

from tests.factories import HOUR, MIN, T0, actor
from watchbill.audit.models import Record
from watchbill.incidents.actions import Line, NewIncident, end_paged_access_in, grant_in, join_in, open_incidents_in, tell_in
from watchbill.incidents.models import Access, Incident, Participant, TimelineEntry
from watchbill.incidents.selectors import by_number
from watchbill.kernel.errors import NotFound
from watchbill.people.selectors import viewer_of


def new(desk: SimpleNamespace, title: str = "disk full", **more: object) -> NewIncident:
    return NewIncident(title=title, severity="high", team_id=desk.team.id, service_id=desk.service.id, **more)  # type: ignore[arg-type]


def opened(desk: SimpleNamespace, *wanted: NewIncident) -> list[Incident]:
    return open_incidents_in(wanted, by=actor(desk.alice), now=T0)


def restricted(desk: SimpleNamespace) -> Incident:
    return opened(desk, new(desk, "insider copies keys", restricted=True))[0]


def test_incidents_are_numbered_in_the_order_given_and_say_how_they_opened(desk: SimpleNamespace) -> None:
    first, second = opened(desk, new(desk, "one", text="Opened by Detections."), new(desk, "two"))
    assert second.number == first.number + 1
    assert [(e.kind, e.text) for e in TimelineEntry.objects.filter(incident=first)] == [("opened", "Opened by Detections.")]
    records = Record.objects.filter(action="incident.open").order_by("id")
    assert [(r.object_id, r.actor, r.restricted) for r in records] == [
        (str(first.number), "alice", False),
        (str(second.number), "alice", False),
    ]


def test_a_restricted_incident_takes_no_number_from_the_sequence_and_has_a_code_name(desk: SimpleNamespace) -> None:
    before, hidden, after = opened(desk, new(desk), new(desk, restricted=True), new(desk))
    assert after.number == before.number + 1
    assert hidden.number > 9_999_999
    assert len(hidden.code_name.split()) == 2
    assert Record.objects.get(object_id=str(hidden.number)).restricted


def test_a_title_that_postgresql_cannot_keep_is_cleaned_and_cut(desk: SimpleNamespace) -> None:
    (incident,) = opened(desk, new(desk, "a\x00\ud800" + "x" * 2000))
    assert Incident.objects.get(pk=incident.pk).title == ("a\ufffd" + "x" * 2000)[:1024]


def test_the_story_keeps_its_order_and_cannot_be_changed(desk: SimpleNamespace) -> None:
    (incident,) = opened(desk, new(desk))
    tell_in([Line(incident.id, "note", str(n), actor_id=desk.bob.id, via="web", data={"n": n}) for n in range(30)], now=T0 + MIN)
    told = list(TimelineEntry.objects.filter(incident=incident, kind="note").order_by("id"))
    assert [e.text for e in told] == [str(n) for n in range(30)]
    assert (told[7].actor_id, told[7].via, told[7].data, told[7].at) == (desk.bob.id, "web", {"n": 7}, T0 + MIN)
    for change in (told[0].delete, lambda: TimelineEntry.objects.filter(pk=told[0].pk).update(text="other")):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            change()


def test_being_paged_lets_in_while_a_page_is_open(desk: SimpleNamespace) -> None:
    incident = restricted(desk)
    viewer = viewer_of(desk.bob)
    with pytest.raises(NotFound):
        by_number(viewer, incident.number)
    grant_in(incident.id, [desk.bob.id], "paged", now=T0)
    assert by_number(viewer, incident.number) == incident
    end_paged_access_in([incident.id], now=T0 + HOUR)
    with pytest.raises(NotFound):
        by_number(viewer, incident.number)
    assert list(Record.objects.filter(action__startswith="access.").order_by("id").values_list("action", "restricted")) == [
        ("access.grant", True),
        ("access.end", True),
    ]


@pytest.mark.parametrize("reason", ["acknowledged", "named"])
def test_having_acknowledged_or_been_named_keeps_it(desk: SimpleNamespace, reason: str) -> None:
    incident = restricted(desk)
    grant_in(incident.id, [desk.bob.id], "paged", now=T0)
    grant_in(incident.id, [desk.bob.id], reason, now=T0 + MIN, by=actor(desk.bob))
    grant_in(incident.id, [desk.bob.id], "paged", now=T0 + 2 * MIN)  # paged again: the stronger reason stays
    end_paged_access_in([incident.id], now=T0 + HOUR)
    assert by_number(viewer_of(desk.bob), incident.number) == incident
    assert Access.objects.get(incident=incident, person=desk.bob).reason == reason


def test_access_that_ended_comes_back_with_the_next_page(desk: SimpleNamespace) -> None:
    incident = restricted(desk)
    for _ in range(2):
        grant_in(incident.id, [desk.bob.id], "paged", now=T0)
        assert by_number(viewer_of(desk.bob), incident.number)
        end_paged_access_in([incident.id], now=T0)
    assert Record.objects.filter(action="access.grant").count() == 2


def test_nobody_needs_access_to_an_open_case(desk: SimpleNamespace) -> None:
    (incident,) = opened(desk, new(desk))
    grant_in(incident.id, [desk.bob.id], "paged", now=T0)
    assert not Access.objects.exists()
    assert not Record.objects.filter(action="access.grant").exists()


def test_engaging_twice_is_engaging_once(desk: SimpleNamespace) -> None:
    (incident,) = opened(desk, new(desk))
    join_in(incident.id, desk.bob.id, now=T0)
    join_in(incident.id, desk.bob.id, now=T0 + MIN)
    assert [(p.person_id, p.joined_at) for p in Participant.objects.filter(incident=incident)] == [(desk.bob.id, T0)]
