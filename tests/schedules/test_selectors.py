"""Who has the watch, as the engine, the API and the command line read it."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import DAY, HOUR, T0, actor, person, schedule, team
from watchbill.kernel.errors import Invalid, NotFound
from watchbill.people.models import TimeOff
from watchbill.schedules.actions import Change, add_override
from watchbill.schedules.models import Layer, Schedule
from watchbill.schedules.rules import final_shifts
from watchbill.schedules.selectors import by_name, load, next_on_call, on_call, shift_objects, shifts_of, verify, who

FAR = dt.datetime(2201, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def people(db):
    return [person(handle) for handle in ("ada", "bruno", "chen")]


@pytest.fixture
def secops(people):
    return team("SecOps", *people)


@pytest.fixture
def watch(secops, people):
    return schedule("Watch", secops, *people)


def layer(of: Schedule, *people, name="more", start="08:00", length="12h", days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), **more):
    begins = dt.date(2026, 1, 5)
    values = {"turn": "1 shift", "starting": begins, "anchor": begins, "position": 1, **more}
    order = [[one.id] for one in people]
    return Layer.objects.create(
        schedule=of, name=name, days=list(days), start=dt.time.fromisoformat(start), length=length, order=order, **values
    )


def test_who_is_on_call_on_many_schedules_is_one_query(secops, people, django_assert_num_queries):
    schedules = [schedule(f"Watch {n}", secops, *people) for n in range(20)]
    for each in schedules[::2]:
        change = Change("take", people[2], T0 - HOUR, T0 + HOUR)
        add_override(each, change, by=actor(people[0]), now=T0 - HOUR)
    with django_assert_num_queries(1):
        found = on_call([each.id for each in schedules], at=T0)
    assert [found[each.id][0].source for each in schedules] == ["override", "layer"] * 10
    assert found[schedules[0].id][0].until == T0 + HOUR
    assert on_call([], at=T0) == {}
    assert on_call([0], at=T0) == {}


def test_somebody_on_two_layers_is_there_once_until_the_later_end(watch, people):
    usual = on_call([watch.id], at=T0)[watch.id][0].person_id
    layer(watch, *[one for one in people if one.id == usual])
    (found,) = on_call([watch.id], at=T0)[watch.id]
    assert found.until == dt.datetime(2026, 3, 9, tzinfo=dt.UTC)


def test_a_shadow_comes_last_and_only_beside_somebody(watch, people):
    layer(watch, people[0], name="learns", shadow=True, position=0)
    Layer.objects.filter(name="all").update(order=[[people[1].id]])
    assert [(one.person_id, one.shadow) for one in on_call([watch.id], at=T0)[watch.id]] == [(people[1].id, False), (people[0].id, True)]
    Layer.objects.filter(name="all").delete()
    assert on_call([watch.id], at=T0)[watch.id] == []


def test_who_follows_and_when(watch, people):
    (now,) = on_call([watch.id], at=T0)[watch.id]
    (then,) = next_on_call([watch.id], at=T0)[watch.id]
    assert then.start == now.until
    assert then.person_id != now.person_id


def test_who_follows_after_a_gap_of_months_is_found_with_the_overrides_of_then(watch, people, django_assert_num_queries):
    ada, bruno, chen = people
    Layer.objects.all().delete()
    layer(watch, ada, starting=dt.date(2026, 1, 5), valid_until=T0)
    layer(watch, bruno, name="later", starting=dt.date(2026, 9, 1))
    add_override(watch, Change("replace", chen, T0 + 180 * DAY, T0 + 190 * DAY, replaced=bruno), by=actor(ada), now=T0)
    with django_assert_num_queries(2):
        (then,) = next_on_call([watch.id], at=T0 + DAY)[watch.id]
    assert (then.person_id, then.start) == (chen.id, dt.datetime(2026, 9, 1, 8, tzinfo=dt.UTC))
    (gap,) = shifts_of(watch.id, T0 + 20 * DAY, T0 + 21 * DAY)
    assert gap.end == then.start


def test_a_shift_of_half_a_year_is_cut_by_an_override_at_its_end(watch, people):
    Layer.objects.all().delete()
    layer(watch, people[0], length="26w", days=("mon",), valid_until=dt.datetime(2026, 1, 6, tzinfo=dt.UTC))
    add_override(watch, Change("take", people[1], T0 + 100 * DAY, T0 + 101 * DAY), by=actor(people[0]), now=T0)
    assert on_call([watch.id], at=T0)[watch.id][0].until == T0 + 100 * DAY


@pytest.mark.req("S12", "G1")
def test_shifts_and_who_agree_and_gaps_are_rows(watch, people):
    Layer.objects.all().delete()
    layer(watch, *people)
    rows = shifts_of(watch.id, T0, T0 + 3 * DAY)
    assert [row.source for row in rows] == ["layer", "gap"] * 3 + ["layer"]
    for row in rows:
        for moment in (row.start, row.end - dt.timedelta(microseconds=1)):
            assert [one.person_id for one in on_call([watch.id], at=moment)[watch.id]] == ([row.person_id] if row.person_id else [])
    assert shifts_of(0, T0, T0 + DAY) == []


@pytest.mark.req("K1", "P23")
def test_hours_of_business_shorten_nothing_and_say_from_when_somebody_may_be_notified(secops, people):
    bruno = people[1]
    bruno.timezone = "Europe/Berlin"
    bruno.save()
    desk = schedule("Queue", secops, bruno, hours="business")
    friday = dt.datetime(2026, 3, 6, 20, tzinfo=dt.UTC)
    (answer,) = who([desk.id], at=friday)
    assert answer["on_call"] == [
        {
            "person": {"handle": "bruno", "name": "Bruno"},
            "until": dt.datetime(2026, 3, 9, tzinfo=dt.UTC),
            "reachable_from": dt.datetime(2026, 3, 9, 8, tzinfo=dt.UTC),
            "source": "layer",
        }
    ]
    assert answer["next"] == [{"person": {"handle": "bruno", "name": "Bruno"}, "from": dt.datetime(2026, 3, 9, tzinfo=dt.UTC)}]
    assert [row.source for row in shifts_of(desk.id, friday, friday + 7 * DAY)] == ["layer", "layer"]


def test_the_answer_to_who_takes_two_queries_and_keeps_the_order_of_the_question(secops, people, django_assert_num_queries):
    ids = [schedule(name, secops, *people).id for name in ("b", "a", "c")]
    with django_assert_num_queries(2):
        answers = who(ids, at=T0)
    assert [answer["schedule"] for answer in answers] == ["b", "a", "c"]
    assert answers[0]["on_call"][0]["reachable_from"] == T0


def test_a_shift_is_the_object_of_the_contract(watch):
    found = shift_objects(watch.id, T0, T0 + HOUR)
    assert [list(one) for one in found] == [["schedule", "person", "start", "end", "source", "layer"]]
    assert found[0]["schedule"] == "Watch"
    assert found[0]["layer"] == "all"
    Layer.objects.all().delete()
    assert shift_objects(watch.id, T0, T0 + HOUR)[0] | {"start": None, "end": None} == {
        "schedule": "Watch",
        "person": None,
        "start": None,
        "end": None,
        "source": "gap",
        "layer": None,
    }


@pytest.mark.parametrize(("start", "end"), [(dt.datetime(1900, 1, 1, tzinfo=dt.UTC), T0), (T0, FAR), (T0, T0 - HOUR)])
def test_times_out_of_reach_are_refused(db, start, end):
    with pytest.raises(Invalid, match="out of reach"):
        load([1], start=start, end=end)


def test_what_is_stored_is_what_the_rules_get(watch, people):
    change = Change("replace", people[2], T0 + HOUR, T0 + 90 * DAY, replaced=people[0], layer="all")
    add_override(watch, change, by=actor(people[0]), now=T0 + dt.timedelta(microseconds=123457))
    rule = load([watch.id], start=T0, end=T0)[watch.id]
    (stored,) = rule.overrides
    assert (stored.kind, stored.person_id, stored.replaced_id, stored.layer) == ("replace", people[2].id, people[0].id, "all")
    assert (stored.start, stored.end) == (T0 + HOUR, T0 + 90 * DAY)
    Layer.objects.update(valid_from=T0 + dt.timedelta(microseconds=123457))
    assert load([watch.id], start=T0, end=T0)[watch.id].layers[0].valid_from == T0 + dt.timedelta(microseconds=123457)


def test_an_unknown_schedule_is_not_found_and_the_sentence_names_the_others(watch):
    assert by_name("Watch") == watch
    with pytest.raises(NotFound, match=r"There is no schedule 'Wash'\. There are: Watch"):
        by_name("Wash")


@pytest.mark.req("G1")
def test_verify_finds_the_gap_before_it_happens(watch, people):
    assert verify([watch], months=12, now=T0)[0].gaps == []
    Layer.objects.update(valid_until=T0 + 30 * DAY)
    (report,) = verify([watch], months=12, now=T0)
    assert report.gaps == [(dt.datetime(2026, 4, 6, tzinfo=dt.UTC), dt.datetime(2027, 3, 2, 9, tzinfo=dt.UTC))]
    assert sum(report.hours.values(), dt.timedelta()) == dt.timedelta(days=35)  # the running shift is counted whole


def test_verify_warns_of_what_people_cannot_stand(secops, people):
    ada, bruno, chen = people
    watch, backup = (Schedule.objects.create(name=name, team=secops, timezone="UTC") for name in ("Watch", "Backup"))
    layer(watch, ada, bruno, length="24h")
    layer(backup, chen, ada, bruno, length="24h")
    layer(watch, chen, name="evening", days=("tue",), start="18:00", length="14h")
    layer(watch, chen, name="morning", days=("wed",), start="12:00", length="4h")
    layer(watch, chen, name="weekend 1", days=("fri",), start="20:00", length="12h")
    layer(watch, chen, name="weekend 2", days=("sat",), start="08:00", length="48h")
    TimeOff.objects.create(person=bruno, start=T0, end=T0 + 2 * DAY)
    ada.is_active = False
    ada.save()
    (report,) = verify([watch], months=1, now=T0)
    found = {(finding.kind, finding.person_id): (finding, other) for finding, other in reversed(report.warnings)}
    assert found["double", bruno.id][1] == "Backup"
    assert found["time_off", bruno.id][0].end <= T0 + 2 * DAY
    assert found["inactive", ada.id][0].person_id == ada.id
    rest, _ = found["rest", chen.id]
    assert (rest.end - rest.start) == 4 * HOUR
    long, _ = found["long", chen.id]
    assert (long.end - long.start) == 60 * HOUR
    assert ("long", bruno.id) not in found


def test_a_desk_of_business_hours_is_not_warned_of_nights(secops, people):
    queue = schedule("Queue", secops, people[0], hours="business")
    watch = schedule("Watch", secops, people[1])
    reports = {report.schedule: {finding.kind for finding, _ in report.warnings} for report in verify([queue, watch], months=2, now=T0)}
    assert reports == {queue: set(), watch: {"long", "nights", "weekends"}}


def test_verifying_takes_few_queries(watch, secops, people, django_assert_num_queries):
    schedules = [watch, *(schedule(f"Watch {n}", secops, *people) for n in range(5))]
    with django_assert_num_queries(5):
        verify(schedules, months=1, now=T0)


@pytest.mark.req("S12")
def test_the_stored_schedule_gives_the_rows_of_the_rule(watch):
    rule = load([watch.id], start=T0, end=T0 + 60 * DAY)[watch.id]
    assert shifts_of(watch.id, T0, T0 + 60 * DAY) == final_shifts(rule, T0, T0 + 60 * DAY)
