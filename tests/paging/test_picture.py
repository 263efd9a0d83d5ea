"""The walk as it is drawn: what was, what is, what comes."""

from __future__ import annotations

import pytest

from tests.factories import MIN, T0, organization, person, policy, schedule, team, to
from tests.paging.desk import Desk
from watchbill.notifications.models import Notification
from watchbill.paging import actions, selectors
from watchbill.paging.models import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(db) -> Page:
    ada, bruno, grace = person("ada"), person("bruno"), person("grace")
    organization(grace)
    desk = Desk(team("SecOps", ada, bruno))
    steps = (([to(ada)], "15m"), ([to(schedule("Night", desk.team))], "15m"), ([to(bruno)], "10m"))
    made = desk.page(policy("P", desk.team, *steps, repeat=1))
    desk.tick(T0)
    return made


def names(people) -> list[str]:
    return [who.handle for who in people]


@pytest.mark.req("P2")
def test_what_comes_is_drawn_with_times_and_people(page) -> None:
    picture = selectors.walk_of(page, now=T0 + 5 * MIN)
    assert (picture.step, picture.steps, picture.round, picture.rounds, picture.policy) == (1, 3, 1, 2, "P")
    assert picture.next_at == T0 + 15 * MIN
    assert picture.progress(T0 + 5 * MIN) == pytest.approx(1 / 3)
    coming = [(c.kind, c.round, c.step, (c.at - T0) // MIN, names(c.people)) for c in picture.to_come]
    assert coming == [
        ("step", 1, 3, 15, ["bruno"]),
        ("step", 2, 1, 25, ["ada"]),
        ("step", 2, 3, 40, ["bruno"]),
        ("last_resort", 2, 3, 50, ["grace"]),
    ]
    assert [(s.step, s.name) for s in picture.to_come[0].skipped] == [(2, "Night")]
    assert names(picture.last_resort) == ["grace"]


@pytest.mark.req("P2")
@pytest.mark.parametrize("state", ["delivered", "failed", "queued", "cancelled"])
def test_what_was_is_drawn_with_how_it_ended(page, state) -> None:
    Notification.objects.filter(page_id=page.id).update(state=state, finished_at=T0 + MIN, error="401" if state == "failed" else "")
    (first,) = selectors.walk_of(page, now=T0 + 5 * MIN).done
    (asked,) = first.people
    assert (first.kind, first.step, first.at, asked.handle, asked.outcome) == ("step", 1, T0, "ada", state)
    assert [(way.method, way.state, way.at) for way in asked.ways] == [("webhook", state, T0 + MIN)]


def test_an_acknowledged_page_counts_down_to_nothing(page) -> None:
    actions.acknowledge_in(page.id, page.incident.team.memberships.first().person_id, now=T0 + MIN)
    picture = selectors.walk_of(page, now=T0 + 5 * MIN)
    assert (picture.status, picture.next_at, picture.here) == ("acknowledged", None, None)
    assert [c.kind for c in picture.to_come] == ["ping"]


def test_many_pictures_cost_the_queries_of_one(page, django_assert_num_queries) -> None:
    others = [page.id]
    of = page.incident
    for number in range(2, 6):
        of.pk, of.number = None, number
        of.save()
        other = Page.objects.get(pk=page.pk)
        other.pk, other.incident = None, of
        other.save()
        others.append(other.pk)
    with django_assert_num_queries(9):
        assert len(selectors.walks_of(others, now=T0)) == 5


def test_no_pages_no_picture(db, django_assert_num_queries) -> None:
    assert selectors.walks_of([], now=T0) == {}
