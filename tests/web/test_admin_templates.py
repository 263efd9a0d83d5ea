"""A schedule begins with a template: people, a day and an hour fill the form, which is then looked at and made as ever."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest

from tests import factories as make
from tests.web.conftest import Desk
from tests.web.filling import inputs, press, send, words
from tests.web.test_admin import desk  # noqa: F401  a fixture
from watchbill.audit.models import Record
from watchbill.config import actions, selectors
from watchbill.people.models import Membership, Person, Team
from watchbill.schedules.models import Layer, Schedule
from watchbill.schedules.selectors import on_call

NEW = "/admin/schedules/new"
FROM = "/admin/schedules/templates"
DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.req("K46")


@pytest.fixture
def crew(desk: Desk) -> Desk:  # noqa: F811
    """Six people on the desk, in three zones."""
    for place, (handle, zone) in enumerate(
        (("kei", "Asia/Tokyo"), ("yui", "Asia/Tokyo"), ("nia", "America/New_York"), ("uma", "America/New_York"))
    ):
        desk.people[handle] = make.person(handle, contacts=("email",), timezone=zone)
        Membership.objects.create(team=desk.team, person=desk.people[handle], role="responder", on_desk=True, position=20 + place)
    Person.objects.filter(handle__in=["alice", "bob"]).update(timezone="Europe/Berlin")
    return desk


def made(desk: Desk, which: str, name: str, **answers: Any) -> Schedule:  # noqa: F811
    filled = send(desk, "ada", f"{FROM}/{which}", name=name, **answers)
    assert filled.status_code == 200, words(filled)
    seen = desk.as_("ada").post(NEW, {**inputs(filled.content.decode()), "do": "review"})
    assert f"Made: schedule {name}" in words(seen), words(seen)
    assert "the first two weeks" in words(seen)
    assert "nobody" not in words(seen).partition("Who has")[2].partition("The difference")[0].lower()
    assert press(desk, "ada", NEW, seen).status_code == 303
    return Schedule.objects.get(name=name)


def on(schedule: Schedule, at: dt.datetime) -> list[str]:
    return [Person.objects.get(pk=one.person_id).handle for one in on_call([schedule.id], at=at)[schedule.id]]


def test_the_page_of_a_new_schedule_offers_the_four_templates(crew: Desk):
    page = crew.as_("ada").get(f"{NEW}?team=SecOps").content.decode()
    for which in ("days-and-weekends", "regions", "working-weeks", "manager-and-backup"):
        assert f'href="{FROM}/{which}?team=SecOps"' in page
        assert crew.as_("ada").get(f"{FROM}/{which}").status_code == 200
    assert crew.as_("ada").get(f"{FROM}/else").status_code == 404


def test_days_nights_and_weekends_are_filled_in_seen_and_made(crew: Desk):
    first = inputs(crew.as_("ada").get(f"{FROM}/days-and-weekends").content.decode())
    assert first["people"] == ["alice\nbob\nkei\nyui\nnia\numa"]
    watch = made(crew, "days-and-weekends", "Round the clock", timezone="Europe/Berlin", hour="08:00")
    layers = list(Layer.objects.filter(schedule=watch).order_by("position"))
    assert [(layer.name, layer.days, f"{layer.start:%H:%M}", layer.length, layer.turn) for layer in layers] == [
        ("Day", ["mon", "tue", "wed", "thu", "fri"], "08:00", "12h", "1w"),
        ("Night", ["mon", "tue", "wed", "thu", "fri"], "20:00", "12h", "1w"),
        ("Weekend", ["sat"], "08:00", "48h", "1w"),
    ]
    assert layers[0].starting.weekday() == 0
    begins = dt.datetime.combine(layers[0].starting, dt.time(12), tzinfo=dt.UTC)
    assert [on(watch, begins + n * DAY) for n in (0, 5, 7)] == [["alice"], ["uma"], ["bob"]]
    assert Record.objects.get(action="config.edit").object_id == "Round the clock"
    assert actions.apply(selectors.export(), by=make.actor(crew.root, "cli"), now=crew.now).is_empty


def test_three_regions_come_from_the_zones_of_the_people_and_say_what_their_clocks_show(crew: Desk):
    first = inputs(crew.as_("ada").get(f"{FROM}/regions").content.decode())
    assert [first[f"r{n}.{what}"] for n in (1, 2, 3) for what in ("name", "zone", "people")] == [
        ["Tokyo"], ["Asia/Tokyo"], ["kei\nyui"], ["Berlin"], ["Europe/Berlin"], ["alice\nbob"], ["New York"], ["America/New_York"], ["nia\numa"],
    ]  # fmt: skip
    assert first["timezone"] == ["Asia/Tokyo"]
    answers = {"timezone": "Europe/Berlin", "hour": "01:00", "weekend": "alice\nkei"}
    said = words(send(crew, "ada", f"{FROM}/regions", name="Sun", **answers))
    assert "Every hand-over follows the clock of Europe/Berlin" in said
    assert "Berlin, on the clock of Europe/Berlin: 09:00 to 17:00." in said
    assert "New York, on the clock of America/New_York: 11:00 to 19:00; 12:00 to 20:00 from Monday," in said
    watch = made(crew, "regions", "Sun", **answers)
    begins = dt.datetime.combine(Layer.objects.filter(schedule=watch).earliest("position").starting, dt.time(12), tzinfo=dt.UTC)
    assert [on(watch, begins + n * DAY) for n in (0, 5, 7)] == [["alice"], ["alice"], ["bob"]]


def test_a_week_each_wakes_people_in_working_hours_only(crew: Desk):
    watch = made(crew, "working-weeks", "Queue", people="bob\nalice")
    assert watch.hours == "business"
    layer = Layer.objects.get(schedule=watch)
    assert (layer.length, layer.turn, layer.order) == ("1w", "1w", [[crew.bob.id], [crew.alice.id]])


def test_a_backup_and_managers_are_made_together_beside_a_schedule(crew: Desk):
    path = f"{FROM}/manager-and-backup"
    watch = made(crew, "working-weeks", "Weeks", people="alice\nbob\nkei")
    seen = send(crew, "ada", path, beside="Weeks", managers="grace", team_manager="yes")
    said = words(seen)
    for part in ("Made: schedule Weeks backup", "Made: schedule Weeks managers", "Changed: team SecOps", "as it is now"):
        assert part in said, said
    done = press(crew, "ada", path, seen)
    assert done.status_code == 303, words(done)
    page = crew.as_("ada").get(done["Location"])
    assert "Made: Weeks backup and Weeks managers" in page.content.decode()
    assert "One change: it is taken back as one." in words(page)
    backup, managers = (Schedule.objects.get(name=f"Weeks {word}") for word in ("backup", "managers"))
    assert backup.hours == "business"
    begins = dt.datetime.combine(Layer.objects.get(schedule=backup).starting, dt.time(12), tzinfo=dt.UTC)
    pairs = [(on(watch, begins + n * 7 * DAY)[0], on(backup, begins + n * 7 * DAY)[0]) for n in range(1, 5)]
    assert all(backup_now == main_before for (main_before, _), (_, backup_now) in pairwise(pairs))
    assert on(managers, begins) == ["grace"]
    assert Team.objects.get(name="SecOps").paging.manager_schedule == managers
    assert Record.objects.filter(action="config.edit").count() == 4
    again = send(crew, "ada", path, beside="Weeks", managers="")
    assert again.status_code == 422
    assert "Weeks backup is there already" in words(again)
    named = send(crew, "ada", path, beside="Weeks", managers="", backup="Second pair of eyes")
    assert "Made: schedule Second pair of eyes" in words(named)
    for record in Record.objects.filter(action="config.edit", detail__has_key="together"):
        back = f"/admin/changes/{record.id}/undo"
        looked = crew.as_("ada").get(back)
        assert "and 2 more" in words(looked)
    undone = press(crew, "ada", back, looked)
    assert undone.status_code == 303
    assert not Schedule.objects.filter(name__in=["Weeks backup", "Weeks managers"], is_active=True).exists()
    assert Team.objects.get(name="SecOps").paging.manager_schedule is None
    again = f"{undone['Location'].partition('?')[0]}/undo"
    assert press(crew, "ada", again, crew.as_("ada").get(again)).status_code == 303
    assert Schedule.objects.filter(name__in=["Weeks backup", "Weeks managers"], is_active=True).count() == 2


@pytest.mark.parametrize(
    ("which", "changes", "said"),
    [
        ("days-and-weekends", {"people": "alice"}, "expected one more"),
        ("days-and-weekends", {"people": "alice\nmallory"}, "nobody with the handle mallory"),
        ("days-and-weekends", {"first": "2020-01-01"}, "begins today or later"),
        ("days-and-weekends", {"first": "soon"}, "soon is no day"),
        ("days-and-weekends", {"hour": "9"}, "9 is no hour"),
        ("days-and-weekends", {"timezone": "Europe"}, "Europe is no time zone"),
        ("regions", {"r2__people": ""}, "expected somebody in each"),
        ("regions", {"r2__zone": "Mars/Base"}, "Mars/Base is no time zone"),
        ("regions", {"r2__name": "Tokyo"}, "expected three names"),
        ("working-weeks", {"people": ""}, "expected somebody"),
        ("manager-and-backup", {"beside": "Else"}, "Choose the schedule"),
        ("manager-and-backup", {"backup": "X", "third": "X", "beside": "Three"}, "expected two names"),
        ("manager-and-backup", {"beside": "Responder"}, "two turns or more"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_typed_is_lost(crew: Desk, which: str, changes: dict[str, str], said: str):
    make.schedule("Three", crew.team, crew.alice, crew.bob, crew.kei)
    answer = send(crew, "ada", f"{FROM}/{which}", **changes)
    assert (answer.status_code, said in words(answer)) == (422, True), words(answer)
    (name, value), *_ = changes.items()
    if name not in ("beside", "people"):
        assert inputs(answer.content.decode())[name.replace("__", ".")] == [value]
    assert not Record.objects.filter(action="config.edit").exists()


def test_a_team_is_chosen_where_there_are_several_and_only_ones_own(crew: Desk):
    path = f"{FROM}/working-weeks"
    chosen = crew.as_("root").get(path).content.decode()
    assert f'href="{path}?team=SecOps"' in chosen
    assert "alice" in inputs(crew.as_("root").get(f"{path}?team=SecOps").content.decode())["people"][0]
    for who in ("alice", "grace", "vera", "charlie"):
        assert crew.as_(who).get(path).status_code == 404
        assert crew.as_(who).post(path, {"team": "SecOps"}).status_code == 404
    other = words(crew.as_("otto").get(f"{path}?team=SecOps"))
    assert "alice" not in other
    assert "Elsewhere" in other
