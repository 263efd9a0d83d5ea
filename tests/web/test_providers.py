"""Providers: for administrators, what is red first; on Now only what does not work."""

from __future__ import annotations

import pytest

from tests.factories import DAY, HOUR, MIN
from tests.web.conftest import Desk
from watchbill.audit.models import Record
from watchbill.kernel.clock import database_now
from watchbill.notifications.models import ProviderTest

pytestmark = pytest.mark.django_db


def add(provider: str, works: bool | None, **more: object) -> ProviderTest:
    now = database_now()
    given = {"due_at": now + HOUR, "asked_at": now - HOUR, "ended_at": now - HOUR, "confirmed": True, **more}
    return ProviderTest.objects.create(provider=provider, works=works, **given)


def test_administrators_see_each_provider_with_what_its_test_said(desk: Desk):
    add("email", True, detail="It arrived.")
    add("sms/main", False, detail="main: the number is not allowed <b>")
    add("voice/main", True, due_at=database_now() - HOUR)
    html = desk.as_("root").get("/providers").content.decode()
    assert html.index("sms/main") < html.index("voice/main") < html.index("email")
    assert "Does not work" in html
    assert "Test is late" in html
    assert "not allowed &lt;b&gt;" in html
    assert desk.as_("grace").get("/providers").status_code == 403


def test_what_does_not_work_stands_on_now_for_administrators_alone(desk: Desk):
    add("sms/main", False)
    add("email", True)
    said = "Its regular test failed or is late"
    assert said in desk.as_("root").get("/").content.decode()
    assert said not in desk.as_("alice").get("/").content.decode()
    ProviderTest.objects.update(works=True)
    assert said not in desk.as_("root").get("/").content.decode()


def test_a_button_tests_it_at_the_engines_next_look(desk: Desk):
    row = add("email", True, due_at=database_now() + DAY)
    answer = desk.as_("root").post("/providers/test", {"provider": "email"}, follow=True)
    assert "A test of email is on its way" in answer.content.decode()
    row.refresh_from_db()
    assert row.due_at < database_now() + MIN
    assert Record.objects.get(action="provider.test").actor == "root"
    assert desk.as_("root").post("/providers/test", {"provider": "pigeon"}).status_code == 404
    assert desk.as_("alice").post("/providers/test", {"provider": "email"}).status_code == 403
