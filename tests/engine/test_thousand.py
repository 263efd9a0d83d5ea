"""A thousand people are paged at once: the first page of each goes before everything else, whatever waited longer."""

from __future__ import annotations

import pytest

from tests import factories
from tests.factories import MIN, SEC, T0, person, to
from tests.notifications.outbox import ask, plan
from watchbill.engine import parts
from watchbill.notifications.models import Contact, Notification
from watchbill.people.models import Membership, Person
from watchbill.response.actions import page_by_hand

pytestmark = pytest.mark.django_db
MANY = 1000
HOSTS = 50


def _thousand() -> list[Person]:
    """People with one webhook each, spread over some hosts, as devices and gateways are."""
    rows = [Person(handle=f"p{n}", name=f"P {n}", email=f"p{n}@example.org", password="!") for n in range(MANY)]
    people = Person.objects.bulk_create(rows)
    Contact.objects.bulk_create(
        Contact(person=who, kind="webhook", address=f"http://h{n % HOSTS}.example.org/{n}", verified_at=T0, verified_by="operator")
        for n, who in enumerate(people)
    )
    return people


@pytest.mark.req("P14", "P22")
def test_a_thousand_people_paged_for_three_incidents_each_hear_the_first_before_anybody_hears_another(open_desk):
    people = _thousand()
    cleo = person("cleo")
    factories.organization(cleo)
    team = factories.team("Everybody")
    Membership.objects.bulk_create(Membership(team=team, person=who, role="responder", on_desk=True) for who in people)
    policy = factories.policy("P", team, ([to(team)], "15m"), last_resort=cleo)
    factories.service("S", team, policy)
    # What waited long before: news for a fifth of them, and pages of another incident that are tried again.
    plan(*(ask(who, None, kind="status", incident=900_000 + n) for n, who in enumerate(people[:200])), now=T0 - MIN)
    plan(*(ask(who, 900_000 + n) for n, who in enumerate(people[200:400], start=200)), now=T0 - MIN)
    old = Notification.objects.filter(page_id__gte=900_000)
    old.update(tries=1, first_page=False)

    desk = open_desk(does=parts.real())
    for title in ("one", "two", "three"):
        page_by_hand(title, "S", "critical", by=factories.actor(cleo), now=T0)
    for n in range(400):
        desk.tick(T0 + n * SEC / 1000)
        if len(desk.sent) >= MANY + 400:
            break
    sent = desk.sent
    first = sent[:MANY]
    assert {m.person_id for m in first} == {who.pk for who in people}, "each of the first thousand messages is another person's"
    assert {m.contents[0]["title"] for m in first} <= {"one", "two", "three"}
    assert all(m.first_page and m.kind == "page" for m in first)
    assert len(sent) == MANY + 400
    assert {m.first_page for m in sent[MANY:]} == {False}

    for n in range(400):  # the two others of each, three seconds later, as one
        desk.tick(T0 + 4 * SEC + n * SEC / 1000)
        if len(desk.sent) >= 2 * MANY + 400:
            break
    desk.tick(T0 + 5 * SEC)
    rest = desk.sent[MANY + 400 :]
    assert {m.person_id for m in rest} == {who.pk for who in people}
    assert {m.count for m in rest} == {2}
    assert len(rest) == MANY
    assert not Notification.objects.filter(state__in=["queued", "leased"]).exists()
