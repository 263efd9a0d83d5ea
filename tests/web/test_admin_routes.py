"""The routes of a service in the administration: in order, with what the file would say of them, and nothing told of services unseen."""

from __future__ import annotations

import pytest

from tests import factories as make
from tests.web.conftest import Desk
from tests.web.filling import inputs, press, send, words
from tests.web.test_admin import desk  # noqa: F401  a fixture
from watchbill.audit.models import Record
from watchbill.config import actions, selectors
from watchbill.incidents.models import Service
from watchbill.intake.selectors import quiet
from watchbill.paging.models import Policy


@pytest.fixture
def noise(desk: Desk) -> Service:  # noqa: F811
    """Another service of the same team."""
    return make.service("Noise", desk.team, Policy.objects.first())


def of(service: Service) -> str:
    return f"/admin/services/{service.id}/routes"


def routes(service: Service) -> list[tuple[dict[str, str], dict[str, object]]]:
    return [
        (route.when, {k: v for k, v in route.to.items() if v})
        for route in quiet.routes_of([Service.objects.get(pk=service.pk)])[service.id]
    ]


def test_routes_are_made_in_order_moved_and_taken_back(desk: Desk, noise: Service):  # noqa: F811
    home = of(desk.service)
    for lead in (f"/admin/services/{desk.service.id}", f"/routes/{desk.service.id}"):
        assert home in desk.as_("ada").get(lead).content.decode(), lead
    assert home not in desk.as_("bob").get(f"/routes/{desk.service.id}").content.decode()
    actions.apply(selectors.export(), by=make.actor(desk.root, "cli"), now=desk.now)
    two = send(desk, "ada", home, do="route.add", r0__when="class = test\ndetails.env = /^stag/", r0__do="drop")
    filled = {**inputs(two.content.decode()), "r1.when": "severity = low", "r1.service": noise.name, "r1.severity": "medium"}
    moved = desk.as_("ada").post(home, {**filled, "do": "route.up.1"})
    seen = press(desk, "ada", home, moved, do="review")
    assert "1. severity = low: to Noise, as medium 2. class = test and details.env = /^stag/: dropped" in words(seen)
    assert routes(desk.service) == []
    done = press(desk, "ada", home, seen)
    assert done.status_code == 303, words(done)
    assert routes(desk.service) == [
        ({"severity": "low"}, {"service": noise.name, "severity": "medium"}),
        ({"class": "test", "details.env": "/^stag/"}, {"drop": True}),
    ]
    record = Record.objects.get(action="config.edit")
    assert (record.actor, record.team_id, record.kind) == ("ada", desk.team.id, "services")
    assert "Changed here" in words(desk.as_("ada").get(home))
    back = f"/admin/changes/{record.id}/undo"
    press(desk, "ada", back, desk.as_("ada").get(back))
    assert routes(desk.service) == []


def test_the_form_says_again_what_stands_there(desk: Desk, noise: Service):  # noqa: F811
    home = of(desk.service)
    seen = send(desk, "ada", home, r0__when='"a=b" = x\nclass = /a=b/', r0__service=noise.name)
    assert seen.status_code == 200, words(seen)
    done = press(desk, "ada", home, seen)
    assert done.status_code == 303, words(done)
    assert routes(desk.service) == [({"a=b": "x", "class": "/a=b/"}, {"service": noise.name})]
    assert "That is how it stands already" in words(send(desk, "ada", home))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"r0__when": "class = /(/", "r0__do": "drop"}, "pattern"),
        ({"r0__when": "", "r0__do": "drop"}, "nothing to compare"),
        ({"r0__when": "class = a"}, "leads nowhere"),
        ({"r0__when": "class = a", "r0__do": "drop", "r0__service": "Noise"}, "goes nowhere else"),
        ({"r0__when": "class = a\nclass = b", "r0__do": "drop"}, "class stands here twice"),
        ({"r0__when": "class = a", "r0__service": "Unheard of"}, "Unheard of"),
        ({"r0__when": "class = a", "r0__service": "Detections"}, "expected one of the choices"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(desk: Desk, noise: Service, typed: dict[str, str], said: str):  # noqa: F811
    answer = send(desk, "ada", of(desk.service), **typed)
    assert answer.status_code == 422
    assert said in words(answer)
    assert typed["r0__when"].splitlines() == inputs(answer.content.decode())["r0.when"][0].splitlines()
    assert routes(desk.service) == []
    assert not Record.objects.filter(action="config.edit").exists()


@pytest.mark.req("R8")
def test_no_route_tells_of_a_service_that_is_not_for_its_reader(desk: Desk):  # noqa: F811
    secret = make.service("Insider watch", desk.otto.memberships.get().team, Policy.objects.first(), restricted=True)
    page = desk.as_("ada").get(of(desk.service)).content.decode()
    assert secret.name not in page
    there = send(desk, "ada", of(desk.service), r0__when="class = a", r0__service=secret.name)
    not_there = send(desk, "ada", of(desk.service), r0__when="class = a", r0__service="Insider wotch")
    assert (there.status_code, not_there.status_code) == (422, 422)
    assert words(there).replace("watch", "") == words(not_there).replace("wotch", "")


def test_a_restricted_service_sends_nothing_to_an_open_one(desk: Desk, noise: Service):  # noqa: F811
    Service.objects.filter(pk=desk.service.pk).update(restricted=True)
    answer = send(desk, "root", of(desk.service), r0__when="class = a", r0__service=noise.name)
    assert answer.status_code == 422
    assert "restricted" in words(answer)


def test_only_admins_of_the_team_find_the_page(desk: Desk):  # noqa: F811
    for name in ("alice", "bob", "grace", "vera", "charlie", "otto"):
        assert desk.as_(name).get(of(desk.service)).status_code == 404
        assert (
            desk.as_(name).post(of(desk.service), {"route": "0", "r0.when": "class = a", "r0.do": "drop", "do": "apply"}).status_code == 404
        )
    assert routes(desk.service) == []
