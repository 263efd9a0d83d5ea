"""What may be seen, found and counted; and by Charlie never."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection

from tests.factories import MIN, T0, actor
from watchbill.incidents.actions import Line, NewIncident, grant_in, open_incidents_in, tell_in
from watchbill.incidents.models import Incident
from watchbill.incidents.selectors import Filters, by_number, matching, open_count, search, timeline, visible_to
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.people.permissions import Viewer
from watchbill.people.selectors import viewer_of


def open_one(desk: SimpleNamespace, title: str, *, minutes: int = 0, severity: str = "high", secret: bool = False) -> Incident:
    service = desk.secret if secret else desk.service
    new = NewIncident(title=title, severity=severity, team_id=desk.team.id, service_id=service.id, restricted=secret)
    return open_incidents_in([new], by=actor(desk.alice), now=T0 + minutes * MIN)[0]


def titles(desk: SimpleNamespace, **filters: str) -> list[str]:
    return [i.title for i in search(viewer_of(desk.bob), Filters(**filters)).items]


@pytest.fixture
def secret(desk: SimpleNamespace) -> Incident:
    """Alice was named."""
    incident = open_one(desk, "insider copies keys", secret=True)
    grant_in(incident.id, [desk.alice.id], "named", now=T0)
    return incident


def test_teams_are_open_to_each_other(desk: SimpleNamespace) -> None:
    incident = open_one(desk, "disk full")
    for who in (desk.alice, desk.charlie, desk.root):
        assert by_number(viewer_of(who), incident.number) == incident


def test_a_closed_account_and_a_token_without_the_scope_see_nothing(desk: SimpleNamespace) -> None:
    open_one(desk, "disk full")
    assert not visible_to(viewer_of(desk.bob, ["schedules:read"])).exists()
    assert visible_to(viewer_of(desk.bob, ["incidents:write"])).exists()
    desk.bob.is_active = False
    assert not visible_to(viewer_of(desk.bob)).exists()


@pytest.mark.parametrize("who", ["bob", "charlie", "root"])
def test_whoever_may_not_see_a_restricted_incident_learns_nothing_of_it(desk: SimpleNamespace, secret: Incident, who: str) -> None:
    viewer = viewer_of(getattr(desk, who))
    missing = 123
    with pytest.raises(NotFound) as hidden:
        by_number(viewer, secret.number)
    with pytest.raises(NotFound) as absent:
        by_number(viewer, missing)
    assert hidden.value.message.replace(str(secret.number), "N") == absent.value.message.replace(str(missing), "N")
    assert hidden.value.details == absent.value.details == {}
    assert not visible_to(viewer).exists()
    for filters in (
        Filters(),
        Filters(status="all"),
        Filters(text="insider"),
        Filters(text=str(secret.number)),
        Filters(service="Insider cases"),
    ):
        assert search(viewer, filters).items == []
    assert open_count(viewer) == 0
    with pytest.raises(NotFound):
        timeline(viewer, secret)


def test_whoever_was_named_sees_it_in_the_list_but_in_no_search_and_no_count(desk: SimpleNamespace, secret: Incident) -> None:
    viewer = viewer_of(desk.alice)
    assert by_number(viewer, secret.number) == secret
    assert search(viewer, Filters()).items == [secret]
    assert search(viewer, Filters(text="insider")).items == []
    assert search(viewer, Filters(text=str(secret.number))).items == []
    assert open_count(viewer) == 0


def test_filters_narrow_and_combine(desk: SimpleNamespace) -> None:
    first = open_one(desk, "Disk full on host1", severity="low")
    open_one(desk, "Disk full on host2", minutes=1)
    done = open_one(desk, "Odd login", minutes=2)
    Incident.objects.filter(pk=done.pk).update(status="resolved", owner=desk.alice)
    assert titles(desk) == ["Disk full on host2", "Disk full on host1"]
    assert titles(desk, status="all") == ["Odd login", "Disk full on host2", "Disk full on host1"]
    assert titles(desk, status="resolved") == ["Odd login"]
    assert titles(desk, severity="low", text="DISK") == ["Disk full on host1"]
    assert titles(desk, text="host1 full") == ["Disk full on host1"]
    assert titles(desk, text=f"#{first.number}") == ["Disk full on host1"]
    assert titles(desk, text="hos dis") == ["Disk full on host2", "Disk full on host1"]
    assert titles(desk, text="100%") == []
    assert titles(desk, status="all", owner="alice") == ["Odd login"]
    assert titles(desk, owner="nobody", severity="high") == ["Disk full on host2"]
    assert titles(desk, team="SecOps", service="Detections", severity="low") == ["Disk full on host1"]
    assert titles(desk, team="Other") == []


@pytest.mark.parametrize("text", ["\x00", "\ud800", "9" * 5000, "%", "_", "'", "#", "# 1", "\\", "'':*", "a & | !b", "(", "<->", "\\'"])
def test_a_search_survives_whatever_is_typed(desk: SimpleNamespace, text: str) -> None:
    open_one(desk, "Disk full")
    assert titles(desk, text=text, owner="", team="", service="") in ([], ["Disk full"])
    assert titles(desk, owner=text) == []
    assert titles(desk, team=text, service=text) == []


def test_a_list_is_walked_page_by_page_without_a_gap_or_a_double(desk: SimpleNamespace) -> None:
    made = [open_one(desk, f"n{n}", minutes=n // 3) for n in range(10)]  # several in the same minute
    found: list[Incident] = []
    cursor = ""
    for _ in range(4):
        listed = search(viewer_of(desk.bob), Filters(), cursor=cursor, limit=3)
        found += listed.items
        cursor = listed.next or ""
    assert not cursor
    assert [i.id for i in found] == sorted((i.id for i in made), reverse=True)


@pytest.mark.parametrize("cursor", ["x", "\ud800", "AAAA", "MjAyNi0wMS0wMXwx", "MjAyNi0wMS0wMVQwMDowMDowMFp8LTE="])
def test_a_cursor_that_the_list_did_not_give_is_refused(desk: SimpleNamespace, cursor: str) -> None:
    with pytest.raises(Invalid, match="cursor"):
        search(viewer_of(desk.bob), Filters(), cursor=cursor)


@pytest.mark.parametrize("filters", [Filters(status="gone"), Filters(severity="red")])
def test_an_unknown_status_or_severity_is_refused_with_what_is_known(desk: SimpleNamespace, filters: Filters) -> None:
    with pytest.raises(Invalid, match="it can be"):
        search(viewer_of(desk.bob), filters)


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_numbers_that_cannot_be_are_not_found(desk: SimpleNamespace, number: int) -> None:
    with pytest.raises(NotFound):
        by_number(Viewer(person_id=desk.bob.id, handle="bob"), number)


def test_the_story_is_read_from_both_ends(desk: SimpleNamespace) -> None:
    incident = open_one(desk, "disk full")
    tell_in([Line(incident.id, "note", str(n)) for n in range(5)], now=T0)
    viewer = viewer_of(desk.charlie)
    whole = timeline(viewer, incident)
    assert [e.kind for e in whole] == ["opened", "note", "note", "note", "note", "note"]
    assert timeline(viewer, incident, limit=2) == whole[-2:]
    assert timeline(viewer, incident, after=whole[3].id) == whole[4:]
    assert timeline(viewer, incident, before=whole[4].id, limit=2) == whole[2:4]


def test_a_search_by_words_is_answered_by_its_index(desk: SimpleNamespace) -> None:
    rows = matching(visible_to(viewer_of(desk.bob)), "disk full")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "incident_words" in rows.explain()
