"""Who has the watch? The situations of the rules, one by one."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

from tests.schedules.cast import ADA, BRUNO, CHEN, DANA, DAY, EMEKA, FUMI, HOUR, WEEK, at, layer, override, two_desks
from watchbill.schedules.rules import (
    Length,
    ScheduleRule,
    Shift,
    Turn,
    final_shifts,
    first_start,
    gaps,
    layer_shifts,
    next_after,
    on_call_at,
    parse_length,
    parse_turn,
    reasons,
    with_gaps,
)

WEEK_OF = (at("2026-11-02T08:00"), at("2026-11-09T08:00"))
MONDAY = "2026-03-02"  # of a week without surprises


def people(rows: list[Shift]) -> list[int | None]:
    return [row.person_id for row in rows]


def spans(rows: list[Shift]) -> list[tuple[str, str, int | None]]:
    return [(f"{row.start:%a %H:%M}", f"{row.end:%a %H:%M}", row.person_id) for row in rows]


@pytest.mark.req("S1", "G1", "G2", "G3")
def test_the_example_has_ten_weekday_shifts_and_one_weekend():
    rows = final_shifts(two_desks(), *WEEK_OF)
    assert [(row.end - row.start) / HOUR for row in rows] == [12.0] * 10 + [48.0]
    assert all(before.end == after.start for before, after in pairwise(rows))
    assert {row.layer for row in rows} == {"weekday day", "weekday night", "weekend"}
    assert {row.source for row in rows} == {"layer"}


@pytest.mark.req("S1")
def test_a_turn_of_a_week_changes_on_its_day_and_a_turn_of_a_shift_with_every_shift():
    rows = final_shifts(two_desks(), at("2026-01-05T08:00"), at("2026-02-09T08:00"))
    by_week = [
        {row.person_id for row in rows if row.layer == "weekday day" and 7 * n <= (row.start - at("2026-01-05")).days < 7 * n + 7}
        for n in range(5)
    ]
    assert by_week == [{ADA}, {BRUNO}, {EMEKA}, {ADA}, {BRUNO}]
    assert [row.person_id for row in rows if row.layer == "weekend"] == [DANA, ADA, CHEN, BRUNO, FUMI]


@pytest.mark.req("S1")
def test_the_example_in_berlin_keeps_its_clock_times_over_a_change_of_the_clocks():
    weekend = [row for row in final_shifts(two_desks("Europe/Berlin"), at("2026-03-27"), at("2026-03-31")) if row.layer == "weekend"]
    assert [(row.start, row.end) for row in weekend] == [(at("2026-03-28T08:00+01:00"), at("2026-03-30T08:00+02:00"))]


@pytest.mark.req("S2")
def test_a_hand_over_in_the_hour_that_the_night_skips_is_at_the_end_of_the_gap():
    nightly = ScheduleRule((layer([ADA, BRUNO], start="02:30", zone="America/Chicago"),))
    rows = final_shifts(nightly, at("2026-03-07T12:00"), at("2026-03-10T12:00"))
    assert [row.start for row in rows] == [
        at("2026-03-07T02:30-06:00"),
        at("2026-03-08T03:00-05:00"),
        at("2026-03-09T02:30-05:00"),
        at("2026-03-10T02:30-05:00"),
    ]
    assert [(row.end - row.start) / HOUR for row in rows] == [23.5, 23.5, 24, 24]


@pytest.mark.req("S3")
def test_a_hand_over_at_an_hour_that_comes_twice_is_at_the_first():
    nightly = ScheduleRule((layer([ADA, BRUNO], start="01:30", zone="America/Chicago"),))
    rows = final_shifts(nightly, at("2026-10-31T12:00"), at("2026-11-01T12:00"))
    assert [row.start for row in rows] == [at("2026-10-31T01:30-05:00"), at("2026-11-01T01:30-05:00")]
    assert [(row.end - row.start) / HOUR for row in rows] == [24, 25]


def test_a_shift_inside_the_skipped_hour_is_no_shift():
    short = layer([ADA], start="02:10", length="30m", zone="America/Chicago")
    assert layer_shifts(short, at("2026-03-08T00:00-06:00"), at("2026-03-08T12:00-06:00")) == []


def test_the_day_that_apia_skipped_has_no_watch_and_no_gap():
    apia = ScheduleRule((layer([ADA, BRUNO], start="00:00", zone="Pacific/Apia", starting="2011-12-01"),))
    assert gaps(apia, at("2011-12-28T12:00"), at("2012-01-02T12:00")) == []
    rows = final_shifts(apia, at("2011-12-29T12:00"), at("2011-12-31T12:00"))
    assert [row.person_id for row in rows] == [ADA, ADA, BRUNO]  # the turn of the 30th was Bruno's: it is passed over


@pytest.mark.req("S13")
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_turns_of_a_month_from_the_31st_end_on_the_last_day_without_gap_or_overlap(zone):
    monthly = ScheduleRule((layer([ADA, BRUNO, CHEN], start="09:00", turn="1 month", starting="2026-01-31", zone=zone),), zone=zone)
    rows = final_shifts(monthly, at("2026-01-31T12:00"), at("2030-12-31T12:00"))
    assert all(before.end == after.start for before, after in pairwise(rows))
    changes = [after.start.date().isoformat() for before, after in pairwise(rows) if before.person_id != after.person_id]
    assert changes[:5] == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]
    assert "2028-02-29" in changes
    assert people(on_call_at(monthly, at("2026-02-28T12:00"))) == [BRUNO]


@pytest.mark.req("S13")
def test_a_shift_of_a_month_ends_on_the_last_day_of_a_short_one():
    assert Length(months=1).end(dt.datetime(2026, 1, 31, 9)) == dt.datetime(2026, 2, 28, 9)
    monthly = layer([ADA], days="sat", start="09:00", length="1 month", starting="2026-01-31")
    assert layer_shifts(monthly, at("2026-01-31"), at("2026-02-01"))[0].end == at("2026-02-28T09:00")


@pytest.mark.req("S13")
@pytest.mark.parametrize("turn", ["1w", "2w", "24h", "5 days", "1 month", "1 shift", "3 shifts"])
def test_week_53_and_the_leap_day_leave_no_gap_and_no_overlap(turn):
    rule = ScheduleRule((layer([ADA, BRUNO, CHEN], turn=turn),))
    for start, end in [("2026-12-20", "2027-01-15"), ("2028-02-20", "2028-03-10"), ("2032-12-20", "2033-01-15")]:
        rows = final_shifts(rule, at(start), at(end))
        assert all(before.end == after.start for before, after in pairwise(rows))
        assert len(rows) == (at(end) - at(start)).days + 1


@pytest.mark.parametrize(
    ("turn", "order"),
    [
        ("1 shift", [ADA, BRUNO, CHEN, ADA, BRUNO, CHEN, ADA, BRUNO]),
        ("2 shifts", [ADA, ADA, BRUNO, BRUNO, CHEN, CHEN, ADA, ADA]),
        ("24h", [ADA, BRUNO, CHEN, ADA, BRUNO, CHEN, ADA, BRUNO]),
        ("3 days", [ADA, ADA, ADA, BRUNO, BRUNO, BRUNO, CHEN, CHEN]),
        ("1w", [ADA, ADA, ADA, ADA, ADA, ADA, ADA, BRUNO]),
        ("2 weeks", [ADA] * 8),
        ("1 month", [ADA] * 8),
    ],
)
def test_who_has_the_first_eight_days(turn, order):
    rows = final_shifts(ScheduleRule((layer([ADA, BRUNO, CHEN], turn=turn),)), at("2026-01-05T08:00"), at("2026-01-13T08:00"))
    assert people(rows) == order


def test_several_people_at_once_have_a_row_each():
    pairs = ScheduleRule((layer([(ADA, BRUNO), CHEN]),))
    assert people(on_call_at(pairs, at("2026-01-05T12:00"))) == [ADA, BRUNO]
    assert people(on_call_at(pairs, at("2026-01-06T12:00"))) == [CHEN]


def test_before_starting_there_is_nothing_and_that_is_no_gap():
    rule = two_desks()
    assert on_call_at(rule, at("2026-01-05T07:59")) == []
    assert first_start(rule) == at("2026-01-05T08:00")
    assert gaps(rule, at("2025-01-01"), at("2026-06-01")) == []
    assert with_gaps(rule, at("2025-01-01"), at("2025-06-01")) == []


def test_shifts_that_touch_are_two_rows_even_of_one_person():
    rows = final_shifts(ScheduleRule((layer([ADA]),)), at("2026-03-02T09:00"), at("2026-03-04T09:00"))
    assert people(rows) == [ADA, ADA, ADA]


def test_rows_are_whole_and_half_open():
    rule = ScheduleRule((layer([ADA, BRUNO]),))
    assert spans(final_shifts(rule, at("2026-03-02T08:00"), at("2026-03-03T08:00"))) == [("Mon 08:00", "Tue 08:00", ADA)]
    assert len(final_shifts(rule, at("2026-03-02T07:59"), at("2026-03-03T08:01"))) == 3


@pytest.mark.req("S4")
def test_replace_gives_b_only_where_a_would_have_been():
    change = override("replace", CHEN, "2026-11-02T08:00", "2026-11-09T08:00", replaced_id=BRUNO)
    before, after = final_shifts(two_desks(), *WEEK_OF), final_shifts(two_desks(overrides=(change,)), *WEEK_OF)
    assert BRUNO in people(before)
    assert [(row.start, row.end) for row in after] == [(row.start, row.end) for row in before]
    assert people(after) == [CHEN if person == BRUNO else person for person in people(before)]
    assert [row.source for row in after] == ["override" if row.person_id == BRUNO else "layer" for row in before]
    absent = override("replace", FUMI, "2026-11-02T08:00", "2026-11-09T08:00", replaced_id=99)
    assert final_shifts(two_desks(overrides=(absent,)), *WEEK_OF) == before


@pytest.mark.req("S14")
def test_take_gives_b_the_window_alone_whoever_had_it():
    rule = two_desks(overrides=(override("take", FUMI, "2026-11-02T19:30", "2026-11-02T20:30"),))
    rows = final_shifts(rule, at("2026-11-02T08:00"), at("2026-11-03T08:00"))
    day, night = rows[0].person_id, rows[-1].person_id
    assert spans(rows) == [("Mon 08:00", "Mon 19:30", day), ("Mon 19:30", "Mon 20:30", FUMI), ("Mon 20:30", "Tue 08:00", night)]
    assert rows[1].source == "override"
    assert rows[1].layer is None


@pytest.mark.req("S5", "S14")
def test_take_fills_a_gap_and_add_does_too():
    weekdays = layer([ADA], days="mon tue wed thu fri", length="12h")
    for kind in ("take", "add"):
        rule = ScheduleRule((weekdays,), (override(kind, BRUNO, "2026-03-07T00:00", "2026-03-08T00:00"),))
        assert people(on_call_at(rule, at("2026-03-07T12:00"))) == [BRUNO]
        assert on_call_at(rule, at("2026-03-08T12:00")) == []


@pytest.mark.req("S5")
def test_add_joins_and_remove_leaves_out_inside_the_window_only():
    both = ScheduleRule((layer([ADA]),), (override("add", BRUNO, "2026-03-02T10:00", "2026-03-02T11:00"),))
    rows = final_shifts(both, at("2026-03-02T08:00"), at("2026-03-03T08:00"))
    assert spans(rows) == [("Mon 08:00", "Tue 08:00", ADA), ("Mon 10:00", "Mon 11:00", BRUNO)]  # Ada's shift is one, as before
    without = ScheduleRule((layer([ADA]),), (override("remove", ADA, "2026-03-02T10:00", "2026-03-02T11:00"),))
    rows = final_shifts(without, at("2026-03-02T08:00"), at("2026-03-03T08:00"))
    assert spans(rows) == [("Mon 08:00", "Mon 10:00", ADA), ("Mon 11:00", "Tue 08:00", ADA)]


@pytest.mark.req("S5")
def test_the_later_override_wins_inside_its_window():
    first = override("take", BRUNO, "2026-03-02T10:00", "2026-03-02T14:00")
    second = override("take", CHEN, "2026-03-02T12:00", "2026-03-02T16:00")
    rows = final_shifts(ScheduleRule((layer([ADA]),), (first, second)), at("2026-03-02T08:00"), at("2026-03-03T08:00"))
    assert spans(rows)[1:3] == [("Mon 10:00", "Mon 12:00", BRUNO), ("Mon 12:00", "Mon 16:00", CHEN)]
    rows = final_shifts(ScheduleRule((layer([ADA]),), (second, first)), at("2026-03-02T08:00"), at("2026-03-03T08:00"))
    assert spans(rows)[1:3] == [("Mon 10:00", "Mon 14:00", BRUNO), ("Mon 14:00", "Mon 16:00", CHEN)]


def test_an_override_of_a_layer_leaves_the_others_alone():
    rule = ScheduleRule(
        (layer([ADA], name="first"), layer([BRUNO], name="second", position=1)),
        (override("take", CHEN, "2026-03-02T10:00", "2026-03-02T12:00", layer="second"),),
    )
    assert people(on_call_at(rule, at("2026-03-02T11:00"))) == [ADA, CHEN]
    assert on_call_at(rule, at("2026-03-02T11:00"))[1].layer == "second"


def test_a_later_take_of_a_layer_counts_beside_an_earlier_take_of_the_schedule():
    whole = override("take", BRUNO, "2026-03-02T08:00", "2026-03-03T08:00")
    part = override("take", CHEN, "2026-03-02T10:00", "2026-03-02T12:00", layer="all")
    assert set(people(on_call_at(ScheduleRule((layer([ADA]),), (whole, part)), at("2026-03-02T11:00")))) == {BRUNO, CHEN}
    assert people(on_call_at(ScheduleRule((layer([ADA]),), (part, whole)), at("2026-03-02T11:00"))) == [BRUNO]


@pytest.mark.req("S5")
def test_a_stack_hides_earlier_layers_and_a_union_adds_them_up():
    nights = {"start": "20:00", "length": "12h", "name": "night", "position": 1}
    union = ScheduleRule((layer([ADA]), layer([BRUNO], **nights)))
    assert people(on_call_at(union, at("2026-03-02T22:00"))) == [ADA, BRUNO]
    stack = ScheduleRule((layer([ADA], hides=True), layer([BRUNO], hides=True, **nights)))
    assert spans(final_shifts(stack, at("2026-03-02T08:00"), at("2026-03-03T08:00"))) == [
        ("Mon 08:00", "Mon 20:00", ADA),
        ("Mon 20:00", "Tue 08:00", BRUNO),
    ]


def test_whoever_is_removed_from_the_top_of_a_stack_leaves_a_gap_but_from_a_layer_the_lower_one_shows():
    layers = (layer([ADA], hides=True), layer([BRUNO], hides=True, name="top", position=1))
    whole = ScheduleRule(layers, (override("remove", BRUNO, "2026-03-02T10:00", "2026-03-02T11:00"),))
    assert on_call_at(whole, at("2026-03-02T10:30")) == []
    of_layer = ScheduleRule(layers, (override("remove", BRUNO, "2026-03-02T10:00", "2026-03-02T11:00", layer="top"),))
    assert people(on_call_at(of_layer, at("2026-03-02T10:30"))) == [ADA]


def test_an_override_of_the_schedule_is_hidden_by_no_layer():
    stack = ScheduleRule((layer([ADA], hides=True),), (override("add", BRUNO, "2026-03-02T10:00", "2026-03-02T11:00"),))
    assert set(people(on_call_at(stack, at("2026-03-02T10:30")))) == {ADA, BRUNO}


def test_a_row_of_a_stack_is_whole_even_when_what_cuts_it_lies_outside_the_window():
    layers = (layer([ADA], days="mon", length="1w", hides=True), layer([BRUNO], days="wed", hides=True, name="top", position=1))
    assert spans(final_shifts(ScheduleRule(layers), at("2026-03-02T09:00"), at("2026-03-02T10:00"))) == [("Mon 08:00", "Wed 08:00", ADA)]
    taken = ScheduleRule(layers[:1], (override("take", CHEN, "2026-03-05T00:00", "2026-03-06T00:00", layer="all"),))
    assert spans(final_shifts(taken, at("2026-03-02T09:00"), at("2026-03-02T10:00"))) == [("Mon 08:00", "Thu 00:00", ADA)]


def test_a_shadow_is_on_the_list_and_never_coverage():
    rule = ScheduleRule((layer([ADA], days="mon"), layer([BRUNO], name="learns", shadow=True, position=1)))
    assert [(row.person_id, row.shadow) for row in on_call_at(rule, at("2026-03-02T12:00"))] == [(ADA, False), (BRUNO, True)]
    assert gaps(rule, at("2026-03-02T08:00"), at("2026-03-04T08:00")) == [(at("2026-03-03T08:00"), at("2026-03-04T08:00"))]
    taken = ScheduleRule(rule.layers, (override("take", CHEN, "2026-03-02T10:00", "2026-03-02T14:00"),))
    assert set(people(on_call_at(taken, at("2026-03-02T12:00")))) == {CHEN, BRUNO}
    assert people(next_after(rule, at("2026-03-02T12:00"))) == [ADA]


@pytest.mark.req("G1")
def test_gaps_are_rows_of_their_own_and_not_cut_at_the_window():
    rule = ScheduleRule((layer([ADA], days="mon tue wed thu fri", start="09:00", length="8h"),))
    rows = with_gaps(rule, at("2026-03-06T18:00"), at("2026-03-06T19:00"))
    assert rows == [Shift(at("2026-03-06T17:00"), at("2026-03-09T09:00"), None, "gap")]
    rows = with_gaps(rule, at("2026-03-05T12:00"), at("2026-03-06T12:00"))
    assert [row.source for row in rows] == ["layer", "gap", "layer"]


def test_a_gap_without_end_is_named_as_far_as_anybody_looks():
    ended = ScheduleRule((layer([ADA], valid_until=at("2026-03-02T08:00")),))
    (gap,) = with_gaps(ended, at("2026-03-10"), at("2026-03-11"))
    assert gap.start == at("2026-03-02T08:00")
    assert gap.end > at("2027-03-11")
    (gap,) = with_gaps(ended, at("2029-03-10"), at("2029-03-11"))
    assert gap.source == "gap"


def test_a_schedule_without_layers_is_one_gap():
    assert gaps(ScheduleRule(), at("2026-03-02"), at("2026-03-03")) == [(at("2026-03-02"), at("2026-03-03"))]


def test_who_follows_starts_at_the_next_hand_over():
    rule = two_desks()
    (follower,) = next_after(rule, at("2026-11-02T09:00"))
    assert follower.start == at("2026-11-02T20:00")
    (weekend,) = next_after(rule, at("2026-11-07T09:00"))
    assert weekend.start == at("2026-11-09T08:00")
    rare = ScheduleRule((layer([ADA], starting="2027-01-04", days="mon"),))
    assert next_after(rare, at("2026-03-02"))[0].start == at("2027-01-04T08:00")
    assert next_after(ScheduleRule(), at("2026-03-02")) == []


@pytest.mark.parametrize("day", WEEK)
def test_a_layer_of_one_weekday_starts_on_that_day_only(day):
    rows = layer_shifts(layer([ADA], days=day), at("2026-03-02"), at("2026-03-30"))
    assert {f"{row.start:%a}".lower() for row in rows if row.start >= at("2026-03-02")} == {day}


def test_a_version_has_the_shifts_that_start_while_it_is_valid():
    moment = at("2026-03-03T08:00")  # a start: it belongs to the version that begins there
    versions = (layer([ADA], valid_until=moment), layer([BRUNO], valid_from=moment))
    rows = final_shifts(ScheduleRule(versions), at("2026-03-02T08:00"), at("2026-03-04T08:00"))
    assert people(rows) == [ADA, BRUNO]


@pytest.mark.parametrize(
    ("text", "length"),
    [("12h", Length(12 * HOUR)), ("1w", Length(7 * DAY)), ("2 days", Length(2 * DAY)), ("1 month", Length(months=1))],
)
def test_a_length_is_clock_time(text, length):
    assert parse_length(text) == length


@pytest.mark.parametrize(
    ("text", "turn"),
    [
        ("1 shift", Turn("shifts", 1)),
        ("24h", Turn("days", 1)),
        ("1w", Turn("days", 7)),
        ("2 weeks", Turn("days", 14)),
        ("1 month", Turn("months", 1)),
    ],
)
def test_a_turn_is_whole_days_months_or_shifts(text, turn):
    assert parse_turn(text) == turn


@pytest.mark.parametrize("text", ["0s", "1 business day", "1 shift", "55w", "13 months", "-1h"])
def test_a_length_that_makes_no_sense_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match="expected"):
        parse_length(text)


@pytest.mark.parametrize("text", ["0 days", "12h", "1 business day", "soon"])
def test_a_turn_that_makes_no_sense_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match="expected"):
        parse_turn(text)


@pytest.mark.req("S9")
def test_why_is_told_layer_by_layer_then_change_by_change():
    low = layer([ADA], name="low", position=0, hides=True)
    high = layer([BRUNO], name="high", days="tue", position=1, hides=True, zone="Europe/Berlin")
    changes = (
        override("replace", CHEN, "2026-03-03T00:00", "2026-03-04T00:00", replaced_id=ADA),
        override("take", DANA, "2026-03-03T10:00", "2026-03-03T11:00"),
        override("shadow", FUMI, "2026-03-03T10:00", "2026-03-03T11:00"),
        override("take", EMEKA, "2026-03-03T12:00", "2026-03-03T13:00"),
    )
    rule = ScheduleRule(layers=(low, high), overrides=changes)
    told = reasons(rule, at("2026-03-03T10:30"))
    assert [(says.layer.name, says.people, says.hidden) for says in told.layers] == [("low", (ADA,), True), ("high", (BRUNO,), False)]
    assert [(step.before, step.after) for step in told.steps] == [
        (((BRUNO, False),), ((BRUNO, False),)),  # Chen only where Ada would have been seen
        (((BRUNO, False),), ((DANA, False),)),
        (((DANA, False),), ((DANA, False), (FUMI, True))),
    ]
    assert told.final == ((DANA, False), (FUMI, True))
    monday = reasons(rule, at("2026-03-02T10:00"))
    assert [(says.people, says.start) for says in monday.layers] == [((ADA,), at("2026-03-02T08:00")), ((), None)]
    assert reasons(ScheduleRule(), at("2026-03-02T10:00")).final == ()
