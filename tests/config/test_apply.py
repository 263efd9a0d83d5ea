"""The database becomes what the file says: all or nothing, twice the same, and what people changed stays."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.committed import committed
from tests.config.conftest import OPERATOR
from tests.config.example import EXAMPLE, SMALL
from tests.factories import DAY, T0
from watchbill.audit.models import Record
from watchbill.config import actions, selectors
from watchbill.config.models import Applied
from watchbill.config.rules import Verb
from watchbill.duties.models import Duty
from watchbill.incidents.models import Service
from watchbill.kernel.errors import Invalid
from watchbill.notifications.models import Contact, Rule
from watchbill.paging.models import Policy, TeamPaging
from watchbill.people.models import Membership, Organization, Person, Team
from watchbill.reports.models import ProgramVersion
from watchbill.schedules.models import Layer, Schedule
from watchbill.schedules.selectors import on_call


def verbs(diff):
    """What happened, without what stayed as it was."""
    return {(change.kind, change.name): change.verb for change in diff.changes if change.verb is not Verb.UNCHANGED}


def test_the_example_applies_and_a_second_time_changes_nothing(apply):
    first = apply()
    assert set(verbs(first).values()) == {Verb.ADDED}
    assert len(first.changes) == 48  # 47 entries and the organization
    records = Record.objects.count()
    second = apply(now=T0 + 3 * DAY)
    assert verbs(second) == {}
    assert Record.objects.count() == records


def test_people_have_contacts_verified_by_the_operator_rules_and_no_password(apply):
    apply()
    ada = Person.objects.get(handle="ada")
    assert (ada.timezone, ada.region, ada.holidays, ada.has_usable_password(), ada.is_admin) == (
        "Europe/London",
        "EMEA",
        "GB",
        False,
        False,
    )
    contacts = list(Contact.objects.filter(person=ada).order_by("position").values_list("kind", "address", "verified_by", "verified_at"))
    assert contacts == [
        ("email", "ada@example.org", "operator", T0),
        ("sms", "+15005550011", "operator", T0),
        ("voice", "+15005550011", "operator", T0),
    ]
    rules = list(Rule.objects.filter(person=ada).order_by("urgency", "position").values_list("urgency", "after_seconds", "kinds"))
    assert rules == [("high", 0, ["sms", "email"]), ("high", 120, ["voice"]), ("low", 0, ["email"])]
    bruno = Person.objects.get(handle="bruno")
    assert list(bruno.contacts.values_list("kind", "address")) == [("email", "bruno@example.org")]
    assert not bruno.rules.exists()


def test_teams_have_desks_roles_and_their_paging(apply):
    apply()
    desk = Team.objects.get(name="SecOps")
    assert (desk.desk, desk.ownership, desk.channel) == ("paged", "acker", {"chat": "slack", "name": "#security-department"})
    rows = list(Membership.objects.filter(team=desk).order_by("position").values_list("person__handle", "role", "on_desk"))
    assert rows == [(h, "responder", True) for h in ("ada", "bruno", "chen", "dana", "emeka", "fumi")] + [
        ("grace", "manager", False),
        ("hugo", "manager", False),
    ]
    manager = Schedule.objects.get(name="Security Manager")
    paging = TeamPaging.objects.get(team=desk)
    assert (paging.manager_schedule, paging.high_impact_severity) == (manager, "critical")
    assert paging.high_impact_notify == [{"kind": "schedule", "id": manager.id, "name": "Security Manager"}]
    queue = Team.objects.get(name="Security Response Committee")
    assert queue.last_resort == Person.objects.get(handle="dana")
    assert queue.calendar["days"] == ["mon", "tue", "wed", "thu", "fri"]
    assert Organization.objects.get().last_resort == Person.objects.get(handle="grace")


@pytest.mark.req("G4")
def test_policies_are_stored_with_ids(apply):
    apply()
    policy = Policy.objects.get(name="Security Responder")
    ids = {schedule.name: schedule.id for schedule in Schedule.objects.all()}
    team = Team.objects.get(name="SecOps")
    assert policy.repeat == 1
    assert policy.steps[0] == {
        "notify": [
            {"kind": "schedule", "id": ids["Security Responder"], "name": "Security Responder"},
            {"kind": "channel", "id": None, "name": "the team's channel"},
        ],
        "wait": "15m",
    }
    assert policy.steps[3]["notify"] == [{"kind": "team", "id": team.id, "name": "SecOps", "order": "daylight", "each": "5m"}]
    service = Service.objects.get(name="Detections")
    assert (service.group_by, service.storm, service.uses.policy) == (
        ["class", "component"],
        {"incidents": 20, "within_seconds": 300},
        policy,
    )


@pytest.mark.req("G2", "G3", "S1")
def test_who_is_on_call_follows_from_the_file(apply):
    apply()
    schedule = Schedule.objects.get(name="Security Responder")
    monday = dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)
    (first,) = on_call([schedule.id], at=monday)[schedule.id]
    (night,) = on_call([schedule.id], at=monday + dt.timedelta(hours=12))[schedule.id]
    handles = dict(Person.objects.values_list("id", "handle"))
    assert (handles[first.person_id], handles[night.person_id]) == ("ada", "chen")


def test_a_dry_run_says_the_same_and_writes_nothing(apply):
    looked = apply(dry_run=True)
    assert not looked.applied
    assert not Person.objects.exists()
    assert not Applied.objects.exists()
    done = apply()
    assert (looked.changes, looked.not_active) == (done.changes, done.not_active)


def test_a_refused_file_changes_nothing_and_names_every_line(apply):
    apply(SMALL)
    before = selectors.export()
    with pytest.raises(Invalid) as caught:
        apply(SMALL.replace("timezone: UTC", "timezone: Mars").replace("policy: P", "policy: Q").replace("name: Ann", "name: Anna"))
    lines = caught.value.message.splitlines()
    assert [line.split(": ")[0] for line in lines] == ["desk.yaml:11", "desk.yaml:22"]
    assert [error["line"] for error in caught.value.details["errors"]] == [11, 22]
    assert selectors.export() == before


def test_a_change_of_the_file_changes_that_alone(apply):
    apply(SMALL)
    diff = apply(SMALL.replace("wait: 15m", "wait: 5m"), now=T0 + DAY)
    assert verbs(diff) == {("policies", "P"): Verb.CHANGED}
    (change,) = diff.having(Verb.CHANGED)
    assert [field.field for field in change.fields] == ["steps"]
    assert Policy.objects.get(name="P").steps[0]["wait"] == "5m"


@pytest.mark.req("S8", "S9")
def test_an_edited_rotation_leaves_the_past_as_it_was(apply):
    apply(SMALL)
    schedule = Schedule.objects.get(name="First")
    at = T0 - 30 * DAY
    before = on_call([schedule.id], at=at)
    running = on_call([schedule.id], at=T0)
    apply(SMALL.replace("order: [ann, cleo]", "order: [cleo]"), now=T0)
    assert on_call([schedule.id], at=at) == before
    assert on_call([schedule.id], at=T0)[schedule.id][0].person_id == running[schedule.id][0].person_id
    assert Layer.objects.filter(schedule=schedule).count() == 2
    assert verbs(apply(SMALL.replace("order: [ann, cleo]", "order: [cleo]"), now=T0 + DAY)) == {}
    assert "order: [cleo]" in selectors.export()


def test_taking_an_edit_back_before_it_holds_leaves_one_version(apply):
    apply(SMALL)
    apply(SMALL.replace("order: [ann, cleo]", "order: [cleo]"), now=T0)
    apply(SMALL, now=T0 + dt.timedelta(hours=1))
    assert Layer.objects.filter(valid_until=None).count() == 1
    assert verbs(apply(SMALL, now=T0 + dt.timedelta(hours=2))) == {}


def test_what_a_person_changed_is_kept_and_said(apply):
    apply(SMALL)
    Person.objects.filter(handle="ann").update(timezone="Asia/Tokyo")
    diff = apply(SMALL)
    assert verbs(diff) == {("people", "ann"): Verb.KEPT}
    (field,) = diff.having(Verb.KEPT)[0].fields
    assert (field.field, field.here, field.file, field.kept) == ("timezone", "Asia/Tokyo", "UTC", True)
    assert Person.objects.get(handle="ann").timezone == "Asia/Tokyo"


def test_what_a_person_changed_stays_kept_while_the_file_changes_something_else(apply):
    apply(SMALL)
    Person.objects.filter(handle="ann").update(timezone="Asia/Tokyo")
    other = SMALL.replace("name: Ann,", "name: Anna, timezone: Europe/Paris,")
    assert verbs(apply(other)) == {("people", "ann"): Verb.CHANGED}
    ann = Person.objects.get(handle="ann")
    assert (ann.name, ann.timezone) == ("Anna", "Asia/Tokyo")
    assert verbs(apply(other)) == {("people", "ann"): Verb.KEPT}


def test_overwrite_undoes_what_a_person_changed(apply):
    apply(SMALL)
    Person.objects.filter(handle="ann").update(timezone="Asia/Tokyo")
    assert verbs(apply(SMALL, overwrite=True)) == {("people", "ann"): Verb.CHANGED}
    assert Person.objects.get(handle="ann").timezone == "UTC"
    assert verbs(apply(SMALL)) == {}


def test_a_contact_that_its_person_added_is_kept_and_one_that_waits_for_its_code_is_not_touched(apply):
    apply(SMALL)
    ann = Person.objects.get(handle="ann")
    Contact.objects.create(person=ann, kind="webhook", address="https://example.org/ann", position=1, verified_at=T0, verified_by="code")
    Contact.objects.create(person=ann, kind="sms", address="+15005550019", position=2)
    assert verbs(apply(SMALL)) == {("people", "ann"): Verb.KEPT}
    assert "+15005550019" not in selectors.export()
    assert verbs(apply(selectors.export())) == {}
    assert Contact.objects.get(kind="webhook").verified_by == "code"
    assert Contact.objects.get(kind="sms").verified_at is None


def test_a_contact_that_the_file_drops_is_removed_and_its_row_stays_for_the_evidence(apply):
    both = SMALL.replace(
        "name: Ann,", "name: Ann, contact: [{kind: email, address: ann@example.org}, {kind: webhook, address: https://x.example}],"
    )
    apply(both)
    apply(SMALL, now=T0 + DAY)
    rows = dict(Contact.objects.filter(person__handle="ann").values_list("kind", "removed_at"))
    assert rows == {"email": None, "webhook": T0 + DAY}
    apply(both, now=T0 + 2 * DAY)
    assert Contact.objects.filter(person__handle="ann", removed_at=None).count() == 2


def test_what_the_file_does_not_name_stays_unless_pruned(apply):
    apply(SMALL)
    less = SMALL[: SMALL.index("services:")]
    assert verbs(apply(less)) == {("services", "S"): Verb.UNNAMED}
    assert Service.objects.get().is_active
    assert verbs(apply(less, prune=True)) == {("services", "S"): Verb.REMOVED}
    assert not Service.objects.get().is_active
    assert verbs(apply(less, prune=True)) == {}
    assert "services" not in selectors.export()


def test_what_was_pruned_comes_back_when_the_file_names_it_again(apply):
    apply(SMALL)
    apply(SMALL[: SMALL.index("services:")], prune=True)
    diff = apply(SMALL)
    assert verbs(diff) == {("services", "S"): Verb.ADDED}
    assert diff.having(Verb.ADDED)[0].note == "active again"
    assert Service.objects.get().is_active


def test_whoever_was_pruned_cannot_sign_in_and_the_past_keeps_them(apply):
    apply(SMALL.replace("people:\n", "people:\n  - {handle: bob, name: Bob, email: bob@example.org}\n"))
    assert verbs(apply(SMALL, prune=True)) == {("people", "bob"): Verb.REMOVED}
    assert Person.objects.get(handle="bob").is_active is False
    assert verbs(apply(selectors.export(), prune=True)) == {}


def test_administrators_made_by_hand_are_not_pruned(apply):
    Person.objects.create(handle="root", name="Root", email="root@example.org", is_admin=True)
    apply(SMALL)
    diff = apply(SMALL, prune=True)
    assert verbs(diff) == {("people", "root"): Verb.UNNAMED}
    assert diff.having(Verb.UNNAMED)[0].note == "administers this installation"
    assert verbs(apply(selectors.export(), prune=True)) == {}


def test_nothing_is_pruned_that_something_kept_still_names(apply):
    apply(SMALL)
    ops = Team.objects.get(name="Ops")
    second = Schedule.objects.create(name="Second", team=ops, timezone="UTC")
    Layer.objects.create(
        schedule=second,
        name="a",
        days=["mon"],
        start=dt.time(0),
        length="1w",
        turn="1w",
        order=[[Person.objects.get(handle="ann").id]],
        starting=dt.date(2026, 1, 5),
        anchor=dt.date(2026, 1, 5),
    )
    policy = Policy.objects.get(name="P")
    policy.steps = [{"notify": [{"kind": "schedule", "id": second.id, "name": "Second"}], "wait": "15m"}]
    policy.save()
    diff = apply(SMALL, prune=True)
    assert verbs(diff) == {("policies", "P"): Verb.KEPT, ("schedules", "Second"): Verb.UNNAMED}
    assert diff.having(Verb.UNNAMED)[0].note == "policies P still names it"


def test_what_was_deactivated_here_stays_so_unless_overwritten(apply):
    apply(SMALL)
    Service.objects.update(is_active=False)
    Person.objects.filter(handle="ann").update(is_active=False)
    assert verbs(apply(SMALL)) == {("services", "S"): Verb.KEPT, ("people", "ann"): Verb.KEPT}
    assert verbs(apply(selectors.export())) == {}
    apply(SMALL, overwrite=True)
    assert Service.objects.get().is_active
    assert Person.objects.get(handle="ann").is_active


def test_an_account_made_by_hand_is_taken_over_by_its_handle(apply):
    made = Person.objects.create(handle="ann", name="Ann by hand", email="Ann@example.org", is_admin=True, password="kept")
    assert verbs(apply(SMALL))["people", "ann"] is Verb.CHANGED
    ann = Person.objects.get(handle="ann")
    assert (ann.id, ann.name, ann.email, ann.is_admin, ann.password) == (made.id, "Ann", "ann@example.org", True, "kept")


def test_an_address_of_another_account_is_refused_with_its_line(apply):
    Person.objects.create(handle="ann.older", name="A", email="ANN@example.org")
    with pytest.raises(Invalid, match=r"desk.yaml:4: people ann, email: ann@example.org belongs to the account ann.older here"):
        apply(SMALL)
    assert not Team.objects.exists()


def test_two_people_may_exchange_their_addresses(apply):
    apply(SMALL)
    swapped = SMALL.replace("ann@", "tmp@").replace("cleo@", "ann@").replace("tmp@", "cleo@")
    assert set(verbs(apply(swapped)).values()) == {Verb.CHANGED}
    assert Person.objects.get(handle="ann").email == "cleo@example.org"


def test_later_parts_are_kept_and_reported_with_their_missing_variables(apply):
    diff = apply(environment={"WATCHBILL_SLACK_TOKEN": "x"})
    slack = next(part for part in diff.not_active if part.kind == "chats")
    assert (slack.name, slack.missing) == ("slack", ("WATCHBILL_SLACK_SIGNING",))
    assert {part.kind for part in diff.not_active} >= {
        "chats",
        "trackers",
        "queues",
        "platforms",
        "mailboxes",
    }
    assert "programs" not in {part.kind for part in diff.not_active}
    version = ProgramVersion.objects.select_related("program__tracker").get()
    assert (version.program.name, version.number, version.program.tracker.name) == ("Example bounty", 1, "github")
    assert [tier["name"] for tier in version.content["tiers"]] == ["tier 1", "tier 2", "tier 3"]
    apply(EXAMPLE.replace("means: supported add-ons", "means: add-ons"))
    assert ProgramVersion.objects.count() == 2
    voice = next(part for part in diff.not_active if (part.kind, part.name) == ("contact", "voice"))
    assert "ada, grace, hugo" in voice.why
    assert any(part.kind == "policies" and part.name == "Security Responder" for part in diff.not_active)
    assert diff.applied
    waiting = {part.name: part.why for part in diff.not_active if part.kind == "queues"}
    assert not {"mailbox", "reports to triage"} & set(waiting)
    assert "my incidents" not in waiting
    assert Duty.objects.get(name="Work the backlog").queue.name == "backlog"


def test_a_heartbeat_that_changed_is_shown_and_kept(apply):
    apply()
    diff = apply(EXAMPLE.replace("every: 5m", "every: 10m"))
    assert verbs(diff) == {("heartbeats", "detections pipeline"): Verb.CHANGED}
    assert verbs(apply(EXAMPLE.replace("every: 5m", "every: 10m"))) == {}


def test_every_changed_entry_leaves_evidence_without_addresses(apply):
    apply(SMALL)
    records = Record.objects.filter(action="config.apply")
    assert records.count() == 1 + 7  # the file, and organization, two people, team, schedule, policy, service
    head = records.get(kind="configuration")
    assert (head.actor, head.via, head.detail["file"], head.detail["counts"]["added"]) == ("operator", "cli", "desk.yaml", 7)
    apply(SMALL.replace("ann@example.org", "new@example.org").replace("wait: 15m", "wait: 5m"))
    last = Record.objects.get(kind="policies", detail__verb="changed")
    assert last.detail["fields"]["steps"][1][0]["wait"] == "5m"
    assert Record.objects.get(kind="people", detail__verb="changed").detail["fields"] == {"email": "changed", "contact": "changed"}


def test_reading_the_state_takes_the_same_number_of_queries_for_any_size(apply):
    apply(SMALL)
    with CaptureQueriesContext(
        connection,
    ) as few:
        selectors.standing()
    apply()
    with CaptureQueriesContext(connection) as many:
        selectors.standing()
    assert len(many) == len(few) <= 38


def test_membership_follows_the_file(apply):
    apply(SMALL)
    apply(SMALL.replace("members: [ann, cleo]", "members: [cleo], managers: [ann], roles: {cleo: admin}"))
    rows = list(Membership.objects.order_by("position").values_list("person__handle", "role", "on_desk"))
    assert rows == [("cleo", "admin", True), ("ann", "manager", False)]
    apply(SMALL.replace("members: [ann, cleo]", "members: [cleo]"))
    assert list(Membership.objects.values_list("person__handle", flat=True)) == ["cleo"]


def test_the_order_of_the_file_is_kept(apply):
    apply()
    lines = EXAMPLE.splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if "{name: Detections" in line)
    swapped = "".join([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]])
    assert verbs(apply(swapped)) == {}
    out = selectors.export()
    assert out.index("Panic mailbox, team") < out.index("Detections, team")


@pytest.mark.database
def test_two_files_at_once_are_applied_one_after_the_other(django_db_setup, django_db_blocker):
    def one():
        with django_db_blocker.unblock():
            try:
                return actions.apply(SMALL, by=OPERATOR, now=T0, environment={})
            finally:
                connection.close()

    with committed(django_db_blocker), ThreadPoolExecutor(2) as pool:
        diffs = [job.result(timeout=60) for job in [pool.submit(one), pool.submit(one)]]
        assert sorted(len(diff.having(Verb.ADDED)) for diff in diffs) == [0, 7]
        assert Person.objects.count() == 2
