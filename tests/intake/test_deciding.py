"""What events mean, without a database."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import HOUR, MIN, SEC, T0
from watchbill.intake.rules import (
    AlertState,
    Draft,
    IncidentState,
    Incoming,
    Parsed,
    Plan,
    ServiceRule,
    Storm,
    Verb,
    World,
    clean,
    clean_deeply,
    decide,
    group_key,
    louder,
    severity_of,
)

ids = count(1)


def service(**fields: Any) -> ServiceRule:
    return ServiceRule(**{"id": 1, "name": "Detections", "team_id": 1, **fields})


def trigger(key: str = "k1", summary: str = "disk full", **fields: Any) -> Draft:
    return Draft(Verb.TRIGGER, key, summary=summary, **{"severity": "error", "source": "host1", **fields})


def resolve(key: str = "k1") -> Draft:
    return Draft(Verb.RESOLVE, key)


def acknowledge(key: str = "k1") -> Draft:
    return Draft(Verb.ACKNOWLEDGE, key)


def event(*drafts: Draft, at: dt.datetime = T0, of: int = 1, remark: str = "") -> Incoming:
    return Incoming(next(ids), of, at, Parsed(tuple(drafts), remark))


def run(*events: Incoming, rule: ServiceRule | None = None, world: World | None = None) -> tuple[Plan, World]:
    known = world or World(services={1: rule or service()})
    return decide(events, known), known


def stored(world: World, *, incident: dict[str, Any] | None = None, alert: dict[str, Any] | None = None) -> World:
    """A world that has incident 7 (#70) with the firing alert k1."""
    world.incidents[7] = IncidentState(
        **{"id": 7, "service_id": 1, "number": 70, "severity": "high", "firing": 1, "last_alert_at": T0, **(incident or {})}
    )
    values = {"id": 3, "service_id": 1, "incident": 7, "dedup_key": "k1", "severity": "high", "draft": None, "first_at": T0, "last_at": T0}
    world.alerts[1, "k1"] = AlertState(**{**values, "summary": "disk full", **(alert or {})})
    return world


@pytest.mark.req("P12")
def test_the_same_key_again_is_one_alert_with_a_count():
    plan, _ = run(*(event(trigger()) for _ in range(3)))
    assert len(plan.openings) == 1
    (alert,) = plan.alerts
    assert (alert.events, alert.firing) == (3, True)


def heard(draft: Draft, at: dt.datetime) -> Incoming:
    """An event that waited in a journal and is taken in an hour later."""
    return Incoming(next(ids), 1, T0 + HOUR, Parsed((draft,)), at)


def test_an_older_event_from_a_journal_never_reopens_what_a_newer_one_closed():
    world = World(services={1: service()}, closed={(1, "k1"): T0 + 10 * MIN})
    plan, _ = run(heard(trigger(), T0 + 5 * MIN), world=world)
    assert plan.openings == []
    assert "journal" in next(iter(plan.outcomes.values()))[0]
    plan, _ = run(heard(trigger(), T0 + 15 * MIN), world=World(services={1: service()}, closed={(1, "k1"): T0 + 10 * MIN}))
    assert len(plan.openings) == 1


def test_an_older_resolve_from_a_journal_never_closes_what_a_newer_event_opened():
    world = stored(World(services={1: service()}), alert={"last_at": T0 + 10 * MIN})
    plan, _ = run(heard(resolve(), T0 + 5 * MIN), world=world)
    assert plan.alerts == []
    plan, _ = run(heard(resolve(), T0 + 15 * MIN), world=stored(World(services={1: service()}), alert={"last_at": T0 + 10 * MIN}))
    assert [alert.firing for alert in plan.alerts] == [False]


def test_events_of_one_journal_take_effect_in_their_order():
    plan, _ = run(heard(trigger(), T0), heard(resolve(), T0 + MIN), heard(trigger(), T0 + 2 * MIN))
    assert [(a.firing, a.first_at) for a in plan.alerts] == [(False, T0), (True, T0 + 2 * MIN)]
    assert len(plan.openings) == 2


@pytest.mark.req("P12")
def test_the_same_summary_on_another_service_is_another_alert():
    world = World(services={1: service(), 2: service(id=2, name="Other")})
    plan, _ = run(event(trigger()), event(trigger(), of=2), world=world)
    assert [opening.service_id for opening in plan.openings] == [1, 2]
    assert len(plan.alerts) == 2


@pytest.mark.req("P12")
def test_a_trigger_after_the_source_resolved_it_is_a_new_alert_and_incident_that_names_the_old_one():
    plan, _ = run(event(trigger()), event(resolve(), at=T0 + MIN), event(trigger(), at=T0 + 2 * MIN))
    first, second = plan.openings
    assert second.previous == first.ref
    assert [(a.firing, a.events) for a in plan.alerts] == [(False, 2), (True, 1)]
    assert list(plan.cleared) == [first.ref]
    assert any(line.kind == "linked" and line.about == first.ref for line in plan.lines)


def test_resolve_and_acknowledge_of_what_does_not_fire_change_nothing():
    plan, _ = run(event(resolve()), event(acknowledge("other")))
    assert not plan.openings
    assert not plan.alerts
    assert {text for text, _ in plan.outcomes.values()} == {"No alert with this key fires: nothing to do."}


@pytest.mark.req("P26")
def test_an_acknowledge_of_the_source_marks_the_alert_and_nothing_else():
    world = stored(World(services={1: service()}))
    plan, _ = run(event(acknowledge(), at=T0 + MIN), event(acknowledge(), at=T0 + 2 * MIN), world=world)
    (alert,) = plan.alerts
    assert alert.acknowledged_at == T0 + MIN
    assert alert.firing
    assert list(plan.source_acks) == [7]
    assert not plan.cleared


def test_the_last_resolved_alert_clears_the_incident_and_an_earlier_one_does_not():
    rule = service(group_by=("class",))
    plan, _ = run(event(trigger("a", event_class="disk")), event(trigger("b", event_class="disk")), event(resolve("a")), rule=rule)
    assert not plan.cleared
    plan, _ = run(
        event(trigger("a", event_class="disk")),
        event(trigger("b", event_class="disk")),
        event(resolve("a")),
        event(resolve("b")),
        rule=rule,
    )
    assert len(plan.cleared) == 1


def test_alerts_with_equal_fields_join_and_others_do_not():
    rule = service(group_by=("class", "component"))
    plan, _ = run(
        event(trigger("a", event_class="disk", component="db")),
        event(trigger("b", event_class="disk", component="db")),
        event(trigger("c", event_class="disk", component="web")),
        rule=rule,
    )
    assert len(plan.openings) == 2
    a, b, c = plan.alerts
    assert a.incident == b.incident != c.incident


def test_alerts_that_have_none_of_the_fields_stand_alone():
    plan, _ = run(event(trigger("a")), event(trigger("b")), rule=service(group_by=("class", "component")))
    assert len(plan.openings) == 2


@pytest.mark.parametrize(("later", "incidents"), [(59 * MIN, 1), (60 * MIN, 2)])
def test_a_group_takes_alerts_while_its_last_one_is_young_enough(later: dt.timedelta, incidents: int):
    rule = service(group_by=("source",), group_for=HOUR)
    plan, _ = run(event(trigger("a")), event(trigger("b"), at=T0 + later), rule=rule)
    assert len(plan.openings) == incidents


@pytest.mark.parametrize("state", [{"resolved": True}, {"cleared": True}, {"restricted": True}, {"last_alert_at": T0 - 2 * HOUR}])
def test_a_group_that_is_over_or_of_other_secrecy_takes_nothing(state: dict[str, Any]):
    rule = service(group_by=("source",))
    key = group_key(1, ("source",), trigger("b"), "high")
    world = stored(World(services={1: rule}, groups={(1, key): 7}), incident=state)
    plan, _ = run(event(trigger("b")), world=world)
    assert len(plan.openings) == 1


def test_what_must_wake_somebody_never_joins_a_page_that_waits_for_working_hours():
    rule = service(group_by=("source",), loud=frozenset({"critical"}))
    plan, _ = run(
        event(trigger("a", severity="info")), event(trigger("b", severity="info")), event(trigger("c", severity="critical")), rule=rule
    )
    assert [opening.severity for opening in plan.openings] == ["low", "critical"]


@pytest.mark.req("P22")
def test_a_storm_is_twenty_incidents_and_one_that_takes_the_rest_and_says_so():
    rule = service(storm=Storm(20, 5 * MIN))
    plan, _ = run(*(event(trigger(f"k{n}")) for n in range(1000)), rule=rule)
    assert len(plan.openings) == 21
    assert [opening.storm for opening in plan.openings] == [False] * 20 + [True]
    assert "this one takes the rest" in plan.openings[-1].text
    assert sum(alert.incident == plan.openings[-1].ref for alert in plan.alerts) == 980
    assert len([line for line in plan.lines if line.incident == plan.openings[-1].ref]) == 5  # the story is not buried


def test_a_storm_by_groups_joins_its_groups_first():
    rule = service(storm=Storm(20, 5 * MIN), group_by=("class",))
    plan, _ = run(*(event(trigger(f"k{n}", event_class=f"c{n % 3}")) for n in range(300)), rule=rule)
    assert len(plan.openings) == 3


def test_without_the_guard_every_alert_has_its_incident():
    plan, _ = run(*(event(trigger(f"k{n}")) for n in range(50)))
    assert len(plan.openings) == 50


def test_an_old_storm_incident_takes_no_new_storm():
    rule = service(storm=Storm(1, 5 * MIN), group_for=HOUR)
    world = stored(World(services={1: rule}, storms={1: 7}, recent={1: 5}), incident={"storm": True, "last_alert_at": T0 - 2 * HOUR})
    plan, _ = run(event(trigger("new")), world=world)
    assert [opening.storm for opening in plan.openings] == [True]


def test_a_worse_alert_raises_the_incident_and_an_equal_one_is_silent():
    rule = service(group_by=("source",))
    key = group_key(1, ("source",), trigger(), "high")
    world = stored(World(services={1: rule}, groups={(1, key): 7}))
    plan, _ = run(event(trigger("b", severity="error")), event(trigger("c", severity="critical")), world=world)
    assert [(one.incident, one.severity) for one in plan.louder] == [(7, "critical")]


def test_the_same_alert_repeated_does_not_undo_what_a_person_lowered():
    world = stored(World(services={1: service()}), incident={"severity": "low"}, alert={"severity": "high"})
    plan, _ = run(event(trigger(severity="error")), world=world)
    assert plan.louder == []
    plan, _ = run(event(trigger(severity="critical")), world=world)
    assert [one.severity for one in plan.louder] == ["critical"]


def test_an_incident_opens_as_severe_as_it_is_after_the_round():
    rule = service(group_by=("source",))
    plan, _ = run(event(trigger("a", severity="info")), event(trigger("b", severity="critical")), rule=rule)
    assert [opening.severity for opening in plan.openings] == ["critical"]
    assert plan.louder == []


def test_a_source_that_goes_on_after_a_person_resolved_the_incident_opens_a_new_one():
    world = stored(World(services={1: service()}), incident={"resolved": True})
    plan, _ = run(event(trigger()), world=world)
    (opening,) = plan.openings
    assert opening.previous == 7
    assert [(a.id, a.firing) for a in plan.alerts if a.id > 0] == [(3, False)]
    assert any("a person resolved it" in line.text for line in plan.lines)


def test_nothing_leads_from_an_open_incident_to_a_restricted_one():
    world = stored(World(services={1: service()}), incident={"resolved": True, "restricted": True})
    plan, _ = run(event(trigger()), world=world)
    assert plan.openings[0].previous is None
    assert not [line for line in plan.lines if line.kind == "linked"]


def test_what_a_source_left_out_of_its_group_is_resolved_with_it():
    plan, world = run(
        event(*(trigger(f"g:{n}") for n in range(5)), trigger("other:1")),
        event(resolve("g:0"), Draft(Verb.RESOLVE, "g:", all_with_prefix=True)),
    )
    assert [key for _, key in world.alerts] == ["other:1"]
    assert len(plan.cleared) == 5


def test_a_round_stops_before_too_many_incidents_must_be_looked_at_one_by_one():
    events = [event(trigger(f"k{n}")) for n in range(150)] + [event(resolve(f"k{n}")) for n in range(150)]
    plan, _ = run(*events)
    assert len(plan.cleared) == 100
    assert len(plan.outcomes) == 250  # the others have none: they wait


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("critical", "critical"),
        ("error", "high"),
        ("warning", "medium"),
        ("info", "low"),
        ("Critical ", "critical"),
        ("", "high"),
        ("sev0", "high"),
    ],
)
def test_severities_of_the_source_become_ours(word: str, ours: str):
    assert severity_of(word, {}) == ours


def test_a_service_says_what_their_words_mean():
    assert severity_of("P1", {"p1": "critical"}) == "critical"
    assert severity_of("error", {"error": "low"}) == "low"
    assert severity_of("error", {"error": "nonsense"}) == "high"


def test_grouping_reads_fields_and_details():
    draft = trigger(details={"team": "a", "host": {"rack": 3}, "a.b": 1})
    assert group_key(1, ("team",), draft, "high") != group_key(2, ("team",), draft, "high")
    assert group_key(1, ("custom_details.host.rack",), draft, "high") != ""
    assert group_key(1, ("a.b",), draft, "high") != ""
    assert group_key(1, ("missing",), draft, "high") == ""
    assert group_key(1, ("severity",), draft, "high") != group_key(1, ("severity",), draft, "low")


@given(st.text(alphabet=st.characters(codec=None)))  # type: ignore[arg-type]
@settings(max_examples=100)
def test_cleaned_text_can_be_stored(text: str):
    cleaned = clean(text)
    assert "\x00" not in cleaned
    cleaned.encode()
    assert len(cleaned) == len(text)


def test_cleaning_reaches_keys_and_numbers_that_json_has_not():
    assert clean_deeply({"a\x00": ["\ud800", float("inf"), 1, None, True]}) == {"a\ufffd": ["\ufffd", "inf", 1, None, True]}


VERBS = st.sampled_from([trigger, resolve, acknowledge])
STEPS = st.lists(st.tuples(VERBS, st.sampled_from("abc"), st.sampled_from(["critical", "error", "info"]), st.integers(0, 90)), max_size=40)


@given(STEPS, st.booleans(), st.booleans())
@settings(max_examples=150)
def test_whatever_comes_in_every_event_has_an_outcome_and_no_key_fires_twice(steps: Any, grouped: bool, guarded: bool):
    rule = service(group_by=("source",) if grouped else (), storm=Storm(2, 5 * MIN) if guarded else None)
    at, events = T0, []
    for verb, key, severity, minutes in steps:
        at += minutes * MIN + SEC
        events.append(event(trigger(key, severity=severity) if verb is trigger else verb(key), at=at))
    plan, world = run(*events, rule=rule)
    assert set(plan.outcomes) == {one.id for one in events}
    firing = [alert.dedup_key for alert in plan.alerts if alert.firing]
    assert sorted(firing) == sorted(set(firing))
    assert sorted(firing) == sorted(key for _, key in world.alerts)
    for opening in plan.openings:
        alerts = [alert for alert in plan.alerts if alert.incident == opening.ref]
        assert alerts
        assert (opening.ref in plan.cleared) == all(not alert.firing for alert in alerts)
        assert not any(louder(alert.severity, opening.severity) for alert in alerts)


@given(STEPS, st.integers(0, 40))
@settings(max_examples=100)
def test_two_rounds_decide_as_one_does(steps: Any, cut: int):
    """Nothing depends on how many events a round happens to hold."""
    events = [
        event(trigger(key, severity=s) if verb is trigger else verb(key), at=T0 + n * SEC) for n, (verb, key, s, _) in enumerate(steps)
    ]
    rule = service(group_by=("source",))
    whole, _ = run(*events, rule=rule)
    world = World(services={1: rule})
    first, _ = run(*events[:cut], world=world)
    second = decide(events[cut:], _renamed(world))
    assert len(whole.openings) == len(first.openings) + len(second.openings)
    assert [o for _, (o, _) in sorted(whole.outcomes.items())] == [o for _, (o, _) in sorted({**first.outcomes, **second.outcomes}.items())]


def _renamed(world: World) -> World:
    """As it would be read again: what was new has an id now, and only what fires is known."""
    refs = {ref: 100 - ref for ref in world.incidents}
    for ref, incident in list(world.incidents.items()):
        incident.id = refs[ref]
        world.incidents[refs[ref]] = world.incidents.pop(ref)
    for alert in world.alerts.values():
        alert.incident, alert.id, alert.events, alert.changed = refs[alert.incident], 100 - alert.id, 0, False
    world.groups = {key: refs[ref] for key, ref in world.groups.items()}
    world.previous = {key: refs[ref] for key, ref in world.previous.items()}
    return world
