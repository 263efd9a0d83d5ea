"""Two engines on the same rows, over two real connections."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction

from tests.factories import MIN, T0, organization, person, policy, team, to
from tests.paging.desk import Desk
from watchbill.incidents.models import Incident
from watchbill.notifications.models import Notification
from watchbill.paging import actions
from watchbill.paging.actions import NewPage, fire_due, open_pages_in
from watchbill.paging.models import Firing, Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

PAGES = 60


@pytest.fixture
def stored(transactional_db: None) -> Iterator[None]:
    """What is stored is committed, and emptied afterwards: in replica mode, since the triggers refuse to truncate evidence."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")


@pytest.fixture
def desk(stored: None) -> Desk:
    ada, grace = person("ada"), person("grace")
    organization(grace)
    made = Desk(team("SecOps", ada))
    of = policy("P", made.team, ([to(ada)], "15m"), ([to(grace)], "15m"))
    about = [made.incident() for _ in range(PAGES)]
    open_pages_in([NewPage(i.id, made.team.id, policy_id=of.id) for i in about], now=T0)
    return made


def in_another_connection(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.req("G11")
def test_two_engines_at_once_fire_each_step_once(desk) -> None:
    together = threading.Barrier(2)
    looked: list[int] = []

    def engine() -> None:
        together.wait(10)
        while n := fire_due(now=T0, limit=7):
            looked.append(n)

    threads = [in_another_connection(engine) for _ in range(2)]
    for thread in threads:
        thread.join(30)
    for _ in range(3):
        fire_due(now=T0)  # what both left to each other
    assert Counter(Firing.objects.values_list("page_id", "n")) == {(page_id, 1): 1 for page_id in Page.objects.values_list("id", flat=True)}
    assert Notification.objects.count() == PAGES
    assert sum(looked) <= PAGES


@pytest.mark.req("P3")
def test_a_page_that_is_being_acknowledged_is_left_alone_and_nobody_waits(desk) -> None:
    page = Page.objects.earliest("id")
    held, release = threading.Event(), threading.Event()

    def somebody() -> None:
        with transaction.atomic():
            Incident.objects.select_for_update(no_key=True).get(pk=page.incident_id)
            actions.acknowledge_in(page.id, page.incident.team.memberships.get().person_id, now=T0)
            held.set()
            release.wait(10)

    thread = in_another_connection(somebody)
    held.wait(10)
    assert fire_due(now=T0) == PAGES - 1  # it is held: not waited for, not asked about
    release.set()
    thread.join(10)
    assert fire_due(now=T0 + MIN) == 0
    assert not Firing.objects.filter(page=page).exists()
