"""What Alertmanager 0.25 really sends, and what others send in its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import MIN, T0
from tests.intake.desk import Desk, put
from watchbill.connectors import alertmanager, bodies
from watchbill.incidents.models import Incident
from watchbill.intake.actions import take_in
from watchbill.intake.models import Alert, Event
from watchbill.intake.rules import Verb

PAYLOADS = Path(alertmanager.__file__).parent / "payloads"


def recorded(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return value


def parse(message: Any) -> Any:
    return alertmanager.parse(json.dumps(message).encode(), "")


@pytest.mark.req("P13")
def test_equal_summaries_with_different_fingerprints_are_different_alerts():
    a, b = parse(recorded("two_firing")).drafts
    assert a.summary == b.summary == "Disk is full"
    assert a.dedup_key != b.dedup_key
    assert (a.severity, a.source, a.component, a.event_class) == ("critical", "db1", "storage", "DiskFull")
    assert a.details["runbook_url"] == "https://runbooks.example.org/disk"
    assert {link["text"] for link in a.links} == {"Source", "Runbook", "Alertmanager"}


def test_an_alert_keeps_its_key_through_its_life_and_fires_although_its_end_is_the_year_one():
    first, second = parse(recorded("two_firing")).drafts
    over, still = parse(recorded("one_resolved")).drafts
    assert [first.verb, second.verb, over.verb, still.verb] == [Verb.TRIGGER, Verb.TRIGGER, Verb.RESOLVE, Verb.TRIGGER]
    assert (first.dedup_key, second.dedup_key) == (over.dedup_key, still.dedup_key)
    (last,) = parse(recorded("the_other_resolved")).drafts
    assert (last.verb, last.dedup_key) == (Verb.RESOLVE, second.dedup_key)


def test_what_was_left_out_is_said_and_over_when_its_group_is():
    firing = parse(recorded("truncated_firing"))
    assert len(firing.drafts) == 1
    assert "left 2 more alerts" in firing.remark
    one, rest = parse(recorded("truncated_resolved")).drafts
    assert rest.all_with_prefix
    assert one.dedup_key.startswith(rest.dedup_key)


@pytest.mark.django_db
@pytest.mark.req("P13")
def test_the_recorded_messages_in_their_order():
    desk = Desk()
    for minute, name in enumerate(("two_firing", "one_resolved", "the_other_resolved")):
        put(desk.service, recorded(name), at=T0 + minute * MIN, kind="alertmanager")
        take_in(now=T0 + minute * MIN)
        firing = Alert.objects.filter(state="firing").count()
        assert firing == 2 - minute
    assert Incident.objects.count() == 2
    assert Incident.objects.filter(cleared_at__isnull=False).count() == 2
    assert list(Alert.objects.order_by("source").values_list("source", "count")) == [("db1", 2), ("db2", 3)]


@pytest.mark.django_db
def test_alerts_that_a_truncated_message_no_longer_names_do_not_fire_for_ever():
    desk = Desk()
    whole = recorded("truncated_firing")
    hidden = {**whole["alerts"][0], "labels": {"alertname": "Many", "instance": "b"}, "fingerprint": "bbbb"}
    put(desk.service, {**whole, "alerts": [whole["alerts"][0], hidden]}, kind="alertmanager")
    put(desk.service, recorded("truncated_resolved"), kind="alertmanager")
    take_in(now=T0)
    assert list(Alert.objects.values_list("state", flat=True)) == ["resolved", "resolved"]
    assert "left 2 more" in Event.objects.order_by("-id")[0].outcome


@pytest.mark.parametrize(
    ("message", "why"),
    [([], "JSON object"), ("x", "JSON object"), ({}, "'alerts'"), ({"alerts": {}}, "'alerts'"), ({"alerts": [1, {"labels": 3}]}, "labels")],
)
def test_what_is_no_message_of_alertmanager_is_refused_with_a_sentence(message: Any, why: str):
    assert why in alertmanager.problem(message)


def test_a_custom_template_needs_no_more_than_alerts_with_labels():
    message = {"alerts": [{"labels": {"alertname": "X"}}, {"labels": {"alertname": "Y"}}, "noise"]}
    assert alertmanager.problem(message) == ""
    parsed = parse(message)
    assert [draft.summary for draft in parsed.drafts] == ["X", "Y"]
    assert len({draft.dedup_key for draft in parsed.drafts}) == 2
    assert "1 entries" in parsed.remark


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(codec=None), max_size=20),  # type: ignore[arg-type]
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["receiver", "status", "groupKey", "groupLabels", "truncatedAlerts", "externalURL", "version"]
ALERT_FIELDS = ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]


@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING), st.dictionaries(st.sampled_from(ALERT_FIELDS), ANYTHING), ANYTHING)
@settings(max_examples=200)
def test_whatever_is_in_its_fields_a_message_that_is_taken_can_be_read(outer: dict[str, Any], alert: dict[str, Any], alerts: Any):
    for message in (
        {**recorded("two_firing"), **outer},
        {**outer, "alerts": [{**recorded("two_firing")["alerts"][0], **alert}]},
        {"alerts": alerts},
    ):
        raw = json.dumps(message).encode()
        if alertmanager.problem(bodies.decode(raw)):
            continue
        for draft in alertmanager.parse(raw, "").drafts:
            assert 0 < len(draft.dedup_key) <= 255
            json.dumps([draft.summary, draft.severity, draft.source, dict(draft.details), list(draft.links)]).encode("utf-8")
            for text in (draft.dedup_key, draft.summary, draft.severity, draft.source):
                assert "\x00" not in text
                text.encode()
            assert draft.verb is not Verb.TRIGGER or draft.summary


def test_of_a_huge_group_so_many_fire_as_do_not_keep_others_waiting_and_all_that_is_over_ends():
    def many(count: int, status: str, first: int = 0) -> list[dict[str, Any]]:
        return [{"status": status, "labels": {"alertname": "A"}, "fingerprint": f"f{first + n}"} for n in range(count)]

    message = {"groupKey": "g", "status": "firing", "alerts": [*many(2500, "firing"), *many(3000, "resolved", 9000)]}
    parsed = parse(message)
    verbs = [draft.verb for draft in parsed.drafts]
    assert (verbs.count(Verb.TRIGGER), verbs.count(Verb.RESOLVE)) == (2000, 3000)
    assert parsed.drafts[0].dedup_key.endswith(":f0")
    assert parsed.remark == "500 of 2500 firing alerts were left out: one message holds 2000."
    message["alerts"] = many(2000, "firing")
    assert (len(parse(message).drafts), parse(message).remark) == (2000, "")
