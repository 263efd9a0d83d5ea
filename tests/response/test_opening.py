"""An incident opens with the page that its service asks for, and the manager besides when its impact is high."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.factories import MIN, T0, actor, service
from tests.response.desk import MONITOR, Desk
from watchbill.incidents.actions import NewIncident
from watchbill.incidents.models import Access, Incident
from watchbill.kernel.errors import Invalid
from watchbill.paging.models import Page
from watchbill.response import actions


def purposes(incident: Incident) -> list[str]:
    return list(Page.objects.filter(incident=incident).order_by("id").values_list("purpose", flat=True))


def test_an_incident_opens_with_its_respond_page(desk: Desk) -> None:
    incident = desk.open("disk full", text="Opened by Detections.")
    page = desk.page(incident)
    assert purposes(incident) == ["respond"]
    assert (page.status, page.urgency, page.copy.name) == ("triggered", "high", "Security Responder")
    assert desk.story(incident, "opened") == ["Opened by Detections."]


def test_many_open_in_a_fixed_number_of_queries(desk: Desk) -> None:
    def cost(count: int) -> int:
        new = [NewIncident(f"n{n}", "critical", desk.team.id, desk.service.id) for n in range(count)]
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            assert len(actions.open_in(new, by=MONITOR, now=T0)) == count
        return len(queries)

    cost(1)  # makes the copies of the policy
    assert cost(3) == cost(60)


@pytest.mark.req("G42")
@pytest.mark.parametrize(("severity", "expected"), [("critical", ["respond", "coordinate"]), ("high", ["respond"])])
def test_high_impact_pages_the_manager_whatever_the_respond_page_does(desk: Desk, severity: str, expected: list[str]) -> None:
    incident = desk.open(severity=severity)
    assert purposes(incident) == expected
    if "coordinate" in expected:
        desk.acknowledge(incident, desk.ada, T0)
        assert desk.page(incident, "coordinate").status == "triggered"
        assert desk.sees(desk.hugo, incident)


@pytest.mark.req("P23")
@pytest.mark.parametrize(
    ("kind", "severity", "rules", "anyway", "expected"),
    [
        ("paged", "low", None, False, "high"),
        ("paged", "low", {"low": "low"}, False, "low"),
        ("queue", "high", None, False, "low"),
        ("queue", "critical", None, True, "high"),
    ],
)
def test_the_page_is_as_loud_as_desk_and_service_say(
    desk: Desk, kind: str, severity: str, rules: dict[str, str] | None, anyway: bool, expected: str
) -> None:
    desk.team.desk, desk.team.critical_anyway, desk.service.urgency = kind, anyway, rules
    desk.team.save()
    desk.service.save()
    assert desk.page(desk.open(severity=severity)).urgency == expected


def test_a_service_that_is_restricted_makes_its_incidents_so(desk: Desk) -> None:
    incident = desk.open("insider copies keys", service=desk.secret)
    assert incident.restricted
    assert desk.sees(desk.ada, incident)  # being paged
    assert not desk.sees(desk.bruno, incident)
    assert not desk.sees(desk.root, incident)


def test_what_came_again_is_said_on_the_earlier_one_but_never_across_the_line(desk: Desk) -> None:
    earlier = desk.open()
    again = desk.open("again", previous_id=earlier.id)
    desk.open("insider", service=desk.secret, previous_id=earlier.id)
    assert desk.story(earlier, "linked") == [f"Came again as #{again.number}."]


@pytest.mark.req("P9")
def test_a_service_without_a_policy_goes_to_the_last_resort(desk: Desk) -> None:
    bare = service("Bare", desk.team, desk.policy)
    bare.uses.delete()
    incident = desk.open(service=bare)
    assert desk.page(incident).status == "exhausted"


def test_paging_by_hand(desk: Desk) -> None:
    incident = actions.page_by_hand("  odd   login\x00 ", "Detections", "medium", by=actor(desk.charlie), now=T0)
    assert (incident.title, incident.severity, incident.status) == ("odd login", "medium", "triggered")
    assert desk.page(incident).urgency == "high"
    assert desk.tick(T0) == ["ada"]
    assert desk.story(incident, "opened") == ["Paged by hand by Charlie."]
    assert [who for who, _ in desk.audited(incident, "incident.open")] == ["charlie"]


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x7f", "\x9b", "\u202e", "\u2066"])
def test_a_title_by_hand_shows_what_would_not_be_seen(desk: Desk, sign: str) -> None:
    """As titles of sources do: no title turns round what stands beside it, and none colours a terminal."""
    incident = actions.page_by_hand(f"disk{sign}full\n now", "Detections", "medium", by=actor(desk.charlie), now=T0)
    assert incident.title == "disk\ufffdfull now"


def test_whoever_pages_for_a_restricted_service_is_named_on_it(desk: Desk) -> None:
    incident = actions.page_by_hand("insider", "Insider cases", by=actor(desk.charlie), now=T0)
    assert Access.objects.get(incident=incident, person=desk.charlie).reason == "named"
    assert desk.sees(desk.charlie, incident)
    assert not desk.sees(desk.bruno, incident)


@pytest.mark.parametrize(
    ("summary", "name", "severity", "urgency", "says"),
    [
        (" \x00 ", "Detections", "high", "high", "1 to 1024"),
        ("x" * 1025, "Detections", "high", "high", "1 to 1024"),
        ("x", "Nothing", "high", "high", "no service called"),
        ("x", "Detections", "S1", "high", "critical, high, medium or low"),
        ("x", "Detections", "high", "loud", "high or low"),
    ],
)
def test_a_page_by_hand_that_cannot_be_says_what_was_expected(
    desk: Desk, summary: str, name: str, severity: str, urgency: str, says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        actions.page_by_hand(summary, name, severity, by=actor(desk.ada), now=T0 + MIN, urgency=urgency)
    assert not Incident.objects.exists()
