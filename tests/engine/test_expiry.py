"""A round of the engine ends what nobody answered in time, and tells whose watch begins."""

from __future__ import annotations

import pytest

from tests import factories as make
from tests.factories import HOUR, T0
from watchbill.engine import parts
from watchbill.notifications.models import Notification
from watchbill.schedules.models import Cover, Schedule, Swap
from watchbill.schedules.selectors import next_on_call

pytestmark = pytest.mark.django_db


@pytest.mark.req("S7")
def test_offers_of_swaps_and_requests_for_cover_end_by_themselves(open_desk):
    ada, bruno = make.person("ada"), make.person("bruno")
    make.organization(ada)
    watch = Schedule.objects.create(name="Watch", team=make.team("SecOps", ada, bruno), timezone="UTC")
    times = {"given_start": T0, "given_end": T0 + HOUR, "taken_start": T0 + HOUR, "taken_end": T0 + 2 * HOUR}
    Swap.objects.create(asker=ada, other=bruno, given_schedule=watch, taken_schedule=watch, offered_at=T0 - HOUR, expires_at=T0, **times)
    Cover.objects.create(asker=ada, schedule=watch, start=T0 - HOUR, end=T0, opened_at=T0 - 2 * HOUR)
    open_desk(does=parts.real()).tick(T0)
    assert (Swap.objects.get().state, Cover.objects.get().state) == ("expired", "expired")


def test_whoever_comes_on_call_hears_of_it_by_itself(open_desk):
    ada, bruno = make.person("ada", contacts=("email",)), make.person("bruno", contacts=("email",))
    make.organization(ada)
    watch = make.schedule("Watch", make.team("SecOps", ada, bruno), ada, bruno)
    coming = next_on_call([watch.id], at=T0)[watch.id][0]
    open_desk(does=parts.real()).tick(coming.start - HOUR / 2)
    told = Notification.objects.get(person_id=coming.person_id, kind="status")
    assert told.content["title"].startswith("Your watch Watch begins at")
