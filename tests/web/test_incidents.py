"""The list: narrowed, searched, one page at a time, several answered at once; and what must not be seen is in no list, count or search."""

from __future__ import annotations

import re

import pytest

from tests.web.conftest import Desk
from watchbill.incidents.models import Incident
from watchbill.response import actions


def listed(desk: Desk, name: str, query: str = "") -> list[int]:
    """The numbers on the list, in its order."""
    answer = desk.as_(name).get(f"/incidents{query}")
    assert answer.status_code == 200
    rows = answer.content.decode().split('id="list"')[1]
    return [int(number) for number in re.findall(r'class="title" href="/incidents/(\d+)"', rows)]


def test_open_ones_by_default_the_newest_first(desk: Desk):
    one, two, three = (desk.page(title) for title in ("one", "two", "three"))
    desk.act("alice", actions.resolve, two)
    assert listed(desk, "bob") == [three.number, one.number]
    assert listed(desk, "bob", "?status=all") == [three.number, two.number, one.number]
    assert listed(desk, "bob", "?status=resolved") == [two.number]


def test_narrowed_by_state_severity_team_service_owner_and_mine(desk: Desk):
    one, two = desk.page("one", "critical"), desk.page("two", "low")
    desk.act("alice", actions.acknowledge, one)
    assert listed(desk, "bob", "?status=acknowledged") == [one.number]
    assert listed(desk, "bob", "?severity=low") == [two.number]
    assert listed(desk, "bob", "?team=SecOps") == [two.number, one.number]
    assert listed(desk, "bob", "?team=Others") == []
    assert listed(desk, "bob", "?service=Detections") == [two.number, one.number]
    assert listed(desk, "bob", "?owner=alice") == [one.number]
    assert listed(desk, "bob", "?owner=nobody") == [two.number]
    assert listed(desk, "alice", "?mine=owner") == [one.number]
    assert listed(desk, "alice", "?mine=paged") == [two.number]


def test_search_by_words_and_by_number(desk: Desk):
    disk, _other = desk.page("Disk full on db1"), desk.page("phones are dead")
    assert listed(desk, "bob", "?q=disk+db1") == [disk.number]
    assert listed(desk, "bob", f"?q=%23{disk.number}") == [disk.number]
    assert listed(desk, "bob", "?q=100%25_") == []


def test_one_page_at_a_time_without_repeating_or_losing_any(desk: Desk):
    numbers = {desk.page(f"alert {n}").number for n in range(45)}
    first = desk.as_("bob").get("/incidents").content.decode()
    cursor = re.search(r'href="(\?cursor=[^"]+)">Older', first)
    assert cursor
    rest = listed(desk, "bob", cursor[1].replace("&amp;", "&"))
    assert set(listed(desk, "bob")) | set(rest) == numbers
    assert len(listed(desk, "bob")) + len(rest) == 45


def test_what_is_not_understood_is_said_calmly(desk: Desk):
    for query in ("?severity=purple", "?status=gone", "?cursor=nonsense", "?cursor=%F0%9F%92%A9", "?q=%00", "?owner=%00"):
        assert desk.as_("bob").get(f"/incidents{query}").status_code in (200, 422), query


@pytest.mark.req("R8")
def test_charlie_learns_of_a_restricted_incident_in_no_list_count_or_search(desk: Desk):
    secret = desk.page("insider copied the list", restricted=True)
    seen = desk.page("phones are dead")
    words = (str(secret.number), "insider", secret.code_name)
    for query in (
        "",
        "?status=all",
        "?q=insider",
        f"?q={secret.number}",
        f"?q={secret.code_name.replace(' ', '+')}",
        "?mine=paged",
        "?owner=nobody",
    ):
        html = desk.as_("charlie").get(f"/incidents{query}").content.decode()
        found = html.replace('value="', "").split('id="list"')[1]
        assert not [word for word in words if word in found], query
    assert 'Open <span class="dim">1</span>' in desk.as_("charlie").get("/incidents").content.decode()
    assert listed(desk, "charlie") == [seen.number]
    assert listed(desk, "alice") == [seen.number, secret.number] or listed(desk, "alice") == [secret.number, seen.number]


def test_several_are_acknowledged_by_one_gesture(desk: Desk):
    ones = [desk.page(f"alert {n}") for n in range(3)]
    answer = desk.as_("alice").post(
        "/incidents/bulk", {"number": [one.number for one in ones], "act": "acknowledge", "next": "/incidents"}, follow=True
    )
    assert "3 acknowledged: you have" in answer.content.decode()
    assert {one.owner for one in Incident.objects.all()} == {desk.alice}
    answer = desk.as_("alice").post("/incidents/bulk", {"number": [ones[0].number, ones[1].number], "act": "resolve"}, follow=True)
    assert "2 resolved" in answer.content.decode()
    assert listed(desk, "alice") == [ones[2].number]


def test_what_one_of_them_refuses_does_not_hold_the_others(desk: Desk):
    mine, taken, secret = desk.page("mine"), desk.page("taken"), desk.page("insider", restricted=True)
    desk.act("alice", actions.acknowledge, taken)
    numbers = [mine.number, taken.number, secret.number, "x", 10**25]
    html = desk.as_("bob").post("/incidents/bulk", {"number": numbers, "act": "acknowledge"}, follow=True).content.decode()
    mine.refresh_from_db()
    secret.refresh_from_db()
    assert (mine.owner, secret.owner) == (desk.bob, None)
    assert f"Alice has #{taken.number}" in html
    assert "insider" not in html


def test_nothing_chosen_and_an_unknown_gesture_are_said(desk: Desk):
    incident = desk.page()
    assert "Nothing was chosen" in desk.as_("bob").post("/incidents/bulk", {"act": "acknowledge"}, follow=True).content.decode()
    html = desk.as_("bob").post("/incidents/bulk", {"number": incident.number, "act": "delete"}, follow=True).content.decode()
    assert "The act is" in html
