"""The page is over long before the incident; the source may end the alarm, and only where the service says so the incident."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests.factories import HOUR, MIN, T0
from tests.response.desk import Desk
from watchbill.incidents.models import Incident
from watchbill.intake.models import Alert
from watchbill.kernel.errors import Invalid
from watchbill.notifications.models import Notification
from watchbill.people.selectors import viewer_of
from watchbill.response import actions
from watchbill.response.rules import Place
from watchbill.response.selectors import board


def alert(incident: Incident, key: str = "host1") -> Alert:
    return Alert.objects.create(
        service_id=incident.service_id, incident=incident, dedup_key=key, severity="high", summary="disk full", first_at=T0, last_at=T0
    )


def clear(incident: Incident, *, now: object) -> None:
    with transaction.atomic():
        actions.cleared_in([incident.id], source="Alertmanager", now=now)  # type: ignore[arg-type]


@pytest.mark.req("G22")
def test_resolving_an_incident_resolves_its_pages_and_alerts_and_tells_the_notified(desk: Desk) -> None:
    incident = desk.open(severity="critical")
    firing = alert(incident)
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.deliver()
    outcome = desk.act("resolve", incident, desk.ada, now=T0 + HOUR)
    assert outcome.won
    assert desk.status(incident) == "resolved"
    assert set(incident.pages.values_list("status", flat=True)) == {"resolved"}
    firing.refresh_from_db()
    assert (firing.state, firing.resolved_at) == ("resolved", T0 + HOUR)
    assert [(who, why) for who, why in desk.waiting("status") if who == "hugo"] == [("hugo", "Ada resolved it. 10:00 UTC.")]
    assert all(who != "ada" for who, _ in desk.waiting("status"))
    assert desk.tick(T0 + 10 * HOUR) == []
    again = desk.act("resolve", incident, desk.bruno, now=T0 + 2 * HOUR)
    assert not again.won
    assert desk.hold(incident) == ("ada", "ada")
    assert len(desk.audited(incident, "incident.resolve")) == 1


@pytest.mark.req("P21", "G9", "G10")
def test_resolving_the_page_leaves_the_incident_open_on_its_owners_list(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.act("resolve_page", incident, desk.ada, now=T0 + 2 * MIN)
    assert desk.page(incident).status == "resolved"
    assert desk.status(incident) == "acknowledged"
    assert desk.hold(incident) == ("ada", "ada")
    assert desk.tick(T0 + 30 * 24 * HOUR) == []
    assert [row.incident for row in board(viewer_of(desk.ada), now=T0 + HOUR)] == [incident]
    desk.act("resolve", incident, desk.ada, now=T0 + HOUR)
    assert board(viewer_of(desk.ada), now=T0 + HOUR) == []


@pytest.mark.req("G9", "G20")
def test_whoever_silences_a_page_that_nobody_acknowledged_owns_the_incident(desk: Desk) -> None:
    incident = desk.open()
    desk.act("resolve_page", incident, desk.bruno, now=T0 + MIN)
    assert desk.hold(incident) == ("bruno", "bruno")
    assert desk.page(incident).status == "resolved"
    assert desk.status(incident) == "acknowledged"
    assert list(desk.story(incident, "acknowledged", "page_resolved")) == [
        "Bruno acknowledged and owns it.",
        "Bruno resolved the page. The incident stays open.",
    ]
    assert not desk.act("resolve_page", incident, desk.ada, now=T0 + 2 * MIN).won


def test_the_other_pages_of_an_incident_go_on_when_its_respond_page_is_over(desk: Desk) -> None:
    incident = desk.open(severity="critical")
    desk.act("resolve_page", incident, desk.ada, now=T0 + MIN)
    assert desk.page(incident, "coordinate").status == "triggered"


def test_reopening_needs_a_reason_and_keeps_the_owner_who_is_told(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    desk.act("resolve", incident, desk.ada, now=T0 + 2 * MIN)
    desk.deliver()
    with pytest.raises(Invalid, match="why"):
        desk.act("reopen", incident, desk.bruno, "  ", now=T0 + HOUR)
    assert desk.act("reopen", incident, desk.bruno, "it is back", now=T0 + HOUR).won
    assert desk.status(incident) == "acknowledged"
    assert desk.hold(incident) == ("ada", "ada")
    assert desk.waiting("status") == [("ada", "Bruno reopened it, and you own it: it is back")]
    assert not desk.act("reopen", incident, desk.bruno, "again", now=T0 + HOUR).won


def test_reopening_what_nobody_owned_pages_again(desk: Desk) -> None:
    incident = desk.open()
    desk.act("resolve", incident, desk.bruno, now=T0 + MIN)
    assert desk.hold(incident) == (None, None)
    desk.act("reopen", incident, desk.bruno, "wrong one", now=T0 + HOUR)
    assert desk.status(incident) == "triggered"
    assert desk.tick(T0 + HOUR) == ["ada"]


def test_reopening_what_its_owner_left_behind_pages_again(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.chen, T0 + MIN)
    desk.act("resolve", incident, desk.chen, now=T0 + 2 * MIN)
    desk.chen.is_active = False
    desk.chen.save()
    desk.act("reopen", incident, desk.bruno, "it is back", now=T0 + HOUR)
    assert desk.hold(incident) == ("chen", "chen")
    assert desk.tick(T0 + HOUR) == ["ada"]


# --- the source clears ------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("P25")
def test_cleared_after_an_acknowledgement_the_page_is_over_and_the_incident_stays(desk: Desk) -> None:
    incident = desk.open()
    desk.acknowledge(incident, desk.ada, T0 + MIN)
    clear(incident, now=T0 + 2 * MIN)
    incident.refresh_from_db()
    assert (incident.status, incident.cleared_at, incident.cleared_unseen) == ("acknowledged", T0 + 2 * MIN, False)
    assert desk.page(incident).status == "resolved"
    assert desk.tick(T0 + 24 * HOUR) == []


@pytest.mark.req("P25")
def test_cleared_before_anybody_was_reached_one_person_still_is_and_then_it_is_quiet(desk: Desk) -> None:
    incident = desk.open()
    Notification.objects.filter(kind="page").update(state="failed")
    clear(incident, now=T0 + MIN)
    assert Incident.objects.get(pk=incident.pk).cleared_unseen
    assert desk.tick(T0 + 15 * MIN) == ["grace", "ada"]  # one step more: nobody was reached before
    assert desk.tick(T0 + 59 * MIN) == []


@pytest.mark.req("P25")
def test_cleared_and_nobody_looked_tops_the_on_calls_list_until_a_person_closes_it(desk: Desk) -> None:
    cleared = desk.open("cleared")
    clear(cleared, now=T0 + MIN)
    assert desk.tick(T0 + 30 * MIN) == []  # Ada was reached before: quiet
    loud = desk.open("burning", now=T0 + 40 * MIN)
    rows = board(viewer_of(desk.ada), now=T0 + 41 * MIN)
    assert [(row.incident, row.place) for row in rows] == [(cleared, Place.MINE_CLEARED), (loud, Place.TRIGGERED)]
    assert [row.incident for row in board(viewer_of(desk.chen), now=T0 + 41 * MIN)] == [loud, cleared]
    desk.tick(T0 + 48 * HOUR)
    assert desk.status(cleared) == "triggered"
    desk.act("resolve", cleared, desk.ada, now=T0 + 49 * HOUR)
    assert cleared not in [row.incident for row in board(viewer_of(desk.ada), now=T0 + 49 * HOUR)]


@pytest.mark.req("P25")
def test_acknowledging_what_was_cleared_means_that_somebody_looked(desk: Desk) -> None:
    incident = desk.open()
    clear(incident, now=T0 + MIN)
    desk.acknowledge(incident, desk.ada, T0 + 2 * MIN)
    incident.refresh_from_db()
    assert (incident.cleared_unseen, incident.status) == (False, "acknowledged")


@pytest.mark.req("P25")
@pytest.mark.parametrize(("when", "status", "paged"), [("keep", "triggered", ["grace", "ada"]), ("resolve", "resolved", [])])
def test_what_else_a_service_may_want_when_its_source_clears(desk: Desk, when: str, status: str, paged: list[str]) -> None:
    desk.service.when_cleared = when
    desk.service.save()
    incident = desk.open()
    clear(incident, now=T0 + MIN)
    assert desk.status(incident) == status
    assert desk.tick(T0 + 15 * MIN) == paged
    assert Incident.objects.get(pk=incident.pk).cleared_at == T0 + MIN
    if when == "resolve":
        assert [who for who, _ in desk.audited(incident, "incident.resolve")] == ["Alertmanager"]


def test_a_source_that_clears_twice_is_heard_once(desk: Desk) -> None:
    incident = desk.open()
    clear(incident, now=T0 + MIN)
    clear(incident, now=T0 + 2 * MIN)
    assert Incident.objects.get(pk=incident.pk).cleared_at == T0 + MIN
    assert len(desk.audited(incident, "incident.cleared")) == 1


def test_the_end_of_the_page_ends_the_access_that_hung_on_it(desk: Desk) -> None:
    incident = desk.open("insider copies keys", service=desk.secret)
    desk.tick(T0 + 15 * MIN)
    assert desk.sees(desk.grace, incident)
    desk.acknowledge(incident, desk.ada, T0 + 16 * MIN)
    assert desk.sees(desk.grace, incident)  # its page is open still
    desk.act("resolve_page", incident, desk.ada, now=T0 + 17 * MIN)
    assert desk.sees(desk.ada, incident)
    assert not desk.sees(desk.grace, incident)
