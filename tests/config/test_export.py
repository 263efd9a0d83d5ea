"""What is exported makes the same installation again."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.config.example import EXAMPLE, SMALL, valid
from tests.config.strategies import files
from tests.factories import DAY, T0
from watchbill.config import reader, selectors, writer
from watchbill.config.models import Applied
from watchbill.config.rules import Verb
from watchbill.duties.models import Duty, Queue, Stale
from watchbill.incidents.models import Service
from watchbill.intake.models import Heartbeat, Mailbox
from watchbill.notifications.models import Contact, Phone, Rule
from watchbill.paging.models import Policy, ServicePolicy, TeamPaging
from watchbill.people.models import Membership, Organization, Person, Team
from watchbill.reports.models import Program
from watchbill.schedules.models import Layer, Schedule
from watchbill.trackers.models import Tracker

QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)


def forget():
    """An installation without anything, in the same transaction."""
    with connection.cursor() as cursor:  # what a programme said before is evidence, and no model deletes it
        cursor.execute(
            "SET LOCAL session_replication_role = replica; DELETE FROM reports_programversion; SET LOCAL session_replication_role = origin"
        )
    for model in (
        Program,
        Duty,
        Queue,
        Stale,
        Tracker,
        TeamPaging,
        ServicePolicy,
        Heartbeat,
        Service,
        Policy,
        Layer,
        Schedule,
        Membership,
        Rule,
        Contact,
        Phone,
        Mailbox,
        Organization,
        Team,
        Person,
        Applied,
    ):
        model.objects.all().delete()


def test_the_export_of_the_example_says_what_the_example_says(apply):
    apply()
    assert reader.plain(reader.read(selectors.export())) == reader.plain(reader.read(EXAMPLE))


def test_the_export_keeps_order_and_leaves_out_what_the_file_left_out(apply):
    apply()
    exported, own = (reader.plain(reader.read(text)) for text in (selectors.export(), EXAMPLE))
    assert list(exported) == list(own)
    for kind in own:
        if isinstance(own[kind], list):
            assert [list(entry) for entry in exported[kind]] == [list(entry) for entry in own[kind]]


def test_applying_the_export_changes_nothing_and_exports_the_same(apply):
    apply()
    out = selectors.export()
    diff = apply(out, now=T0 + DAY)
    assert diff.is_empty
    assert not diff.having(Verb.KEPT, Verb.UNNAMED)
    assert selectors.export() == out


def test_after_edits_by_people_the_export_has_them_and_applying_it_changes_nothing(apply):
    apply()
    Person.objects.filter(handle="ada").update(
        name="Ada O.", timezone="Asia/Tokyo", hours={"days": ["mon"], "from": "10:00", "to": "12:00"}
    )
    Rule.objects.filter(person__handle="grace").delete()
    Membership.objects.filter(person__handle="bruno").update(role="manager")
    Membership.objects.create(
        team=Team.objects.get(name="SecOps"),
        person=Person.objects.create(handle="new", name="New", email="new@example.org"),
        role="viewer",
        on_desk=False,
        position=99,
    )
    Policy.objects.filter(name="Watch the queue").update(repeat=3)
    Service.objects.filter(name="Detections").update(storm=None, group_for_seconds=90, urgency={"low": "low"})
    Schedule.objects.filter(name="SRC on-call").update(hours="any")
    Organization.objects.update(name="NO")
    out = selectors.export()
    said = reader.plain(reader.read(out))
    assert said["organization"] == "NO"
    assert said["services"][0] == {
        "name": "Detections",
        "team": "SecOps",
        "policy": "Security Responder",
        "group_by": ["class", "component"],
        "group_for": "90s",
        "urgency": {"low": "low"},
        "storm": "off",
    }
    assert "hours" not in next(row for row in said["schedules"] if row["name"] == "SRC on-call")
    before = list(Person.objects.order_by("id").values()), list(Membership.objects.order_by("id").values())
    diff = apply(out, now=T0 + DAY)
    assert diff.is_empty
    assert not diff.having(Verb.KEPT, Verb.UNNAMED)
    assert before == (list(Person.objects.order_by("id").values()), list(Membership.objects.order_by("id").values()))
    assert selectors.export() == out


def test_an_export_makes_the_same_installation_elsewhere(apply):
    apply()
    Person.objects.filter(handle="ada").update(name="Ada O.")
    out = selectors.export()
    forget()
    apply(out)
    assert selectors.export() == out


def test_people_made_by_hand_are_exported_and_apply_again(apply):
    Person.objects.create(handle="root", name="Root", email="root@example.org", is_admin=True)
    apply(SMALL)
    out = selectors.export()
    assert {"handle": "root", "name": "Root", "email": "root@example.org", "contact": []} in reader.plain(reader.read(out))["people"]
    assert apply(out).is_empty
    assert not Contact.objects.filter(person__handle="root").exists()


def test_an_edit_of_a_rotation_that_does_not_hold_yet_is_exported(apply):
    apply(SMALL)
    edited = SMALL.replace("order: [ann, cleo]", "order: [cleo, ann]")
    apply(edited, now=T0)
    assert valid(selectors.export()).of("schedules")[0].full["layers"][0]["order"] == [["cleo"], ["ann"]]
    assert apply(selectors.export(), now=T0 + dt.timedelta(hours=1)).is_empty


def test_an_empty_installation_exports_something_that_says_what_is_missing(apply):
    assert reader.plain(reader.read(selectors.export())) == {"organization": "Watchbill"}


@given(made=files(), other=files(), after=st.integers(0, 40))
@settings(max_examples=10, deadline=None, suppress_health_check=QUIET)
def test_any_valid_file_applies_exports_and_applies_again(apply, made, other, after):
    forget()
    apply(writer.write(made.items()))
    assert reader.plain(reader.read(selectors.export())) == made
    assert apply(selectors.export()).is_empty
    apply(writer.write(other.items()), now=T0 + after * DAY)
    out = selectors.export()
    again = apply(out, now=T0 + (after + 1) * DAY)
    assert again.is_empty
    assert not again.having(Verb.KEPT)
    assert selectors.export() == out
