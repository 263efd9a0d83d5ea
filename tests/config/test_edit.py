"""A few entries are changed on a page: by the file's rules, seen before it is done, never over somebody else's change, and taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from tests import factories as make
from tests.committed import committed
from tests.config.conftest import OPERATOR
from tests.factories import T0
from watchbill.audit.models import Record
from watchbill.config import actions, selectors
from watchbill.config.actions import ChangedMeanwhile, Proposal, propose, reverse
from watchbill.config.rules import ORGANIZATION, Verb
from watchbill.incidents.models import Service
from watchbill.kernel import kinds
from watchbill.kernel.errors import Invalid, Refused
from watchbill.notifications.models import Contact
from watchbill.paging.models import ServicePolicy
from watchbill.people.models import Person, Team

KEY = ("services", "Detections")

SMALL_DESK = """\
organization: Example
last_resort: grace
people:
  - {handle: ada, name: Ada Osei, email: ada@example.org}
  - {handle: bruno, name: Bruno Costa, email: bruno@example.org}
  - {handle: grace, name: Grace Lind, email: grace@example.org}
teams:
  - {name: SecOps, desk: paged, members: [ada, bruno], managers: [grace]}
policies:
  - {name: First, team: SecOps, steps: [{notify: [{person: ada}], wait: 5m}]}
  - {name: Second, team: SecOps, steps: [{notify: [{person: bruno}], wait: 5m}, {notify: [{team: SecOps}], wait: 15m}]}
services:
  - {name: Detections, team: SecOps, policy: First, group_by: [host]}
  - {name: Mailbox, team: SecOps, policy: Second}
"""


@pytest.fixture
def ready(apply) -> Iterator[None]:
    before = kinds.declared()
    kinds.fill([kinds.Kind("email", True)])
    apply(SMALL_DESK)
    yield
    kinds.fill(before)


def policy_of(service: str) -> str:
    return ServicePolicy.objects.get(service__name=service).policy.name


def words(kind: str, entry: str, **changes: Any) -> dict[str, Any]:
    """The words of an entry as they stand, with some changed; None takes one away."""
    key = {"people": "handle"}.get(kind, "name")
    (row,) = [row for row in selectors.sections(selectors.standing())[kind] if row[key] == entry]
    return {field: value for field, value in {**row, **changes}.items() if value is not None and field != key}


def ask(kind: str, entry: str, *, moments: tuple[dt.datetime, ...] = (), **changes: Any) -> Proposal:
    return propose({(kind, entry): words(kind, entry, **changes)}, moments=moments, now=T0)


def change(kind: str, entry: str, **changes: Any) -> Record:
    """Seen and applied."""
    wanted = {(kind, entry): words(kind, entry, **changes)}
    seen = propose(wanted, now=T0)
    assert not seen.problems
    return Record.objects.get(pk=actions.edit(wanted, seen=seen.seen, by=OPERATOR, now=T0))


def fields(proposal: Proposal) -> list[tuple[str, Any, Any]]:
    return [(field.field, field.here, field.file) for one in proposal.changes for field in one.fields]


def test_a_proposal_says_what_changes_and_changes_nothing(ready):
    records = Record.objects.count()
    seen = ask("services", "Detections", group_by=["host", "alertname"], group_for="2h")
    assert fields(seen) == [("group_by", ["host"], ["host", "alertname"]), ("group_for", 3600, 7200)]
    assert Service.objects.get(name="Detections").group_by == ["host"]
    assert Record.objects.count() == records


def test_a_proposal_says_whom_a_page_reaches_before_and_after(ready):
    seen = ask("services", "Detections", policy="Second", moments=(T0,))
    (one,) = seen.reach
    assert (one.touched.kind, one.touched.name, one.is_same, one.wakes_nobody) == ("services", "Detections", False, False)
    assert [(firing.step, [name for name, _ in firing.people]) for firing in one.before] == [(1, ["Ada Osei"]), (0, ["Grace Lind"])]
    assert [(firing.step, [name for name, _ in firing.people]) for firing in one.after] == [
        (1, ["Bruno Costa"]),
        (2, ["Ada Osei", "Bruno Costa"]),
        (0, ["Grace Lind"]),
    ]
    assert policy_of("Detections") == "First"


def test_a_change_of_a_person_shows_in_every_policy_that_leads_to_them(ready):
    seen = ask("people", "bruno", active=False, moments=(T0,))
    assert [(one.touched.name, one.is_same) for one in seen.reach] == [("First", True), ("Second", False)]
    assert [[name for name, _ in firing.people] for firing in seen.reach[1].after] == [["Ada Osei"], ["Grace Lind"]]
    gone = propose(
        {("people", "ada"): words("people", "ada", active=False), ("people", "bruno"): words("people", "bruno", active=False)}, now=T0
    )
    assert {found.key for found in gone.problems} == {("policies", "First"), ("policies", "Second")}


def test_what_is_applied_is_there_with_evidence_and_the_next_file_says_changed_here(ready, apply):
    record = change("services", "Detections", policy="Second", restricted=True)
    found = Service.objects.get(name="Detections")
    assert (found.restricted, policy_of("Detections")) == (True, "Second")
    assert (record.action, record.kind, record.object_id, record.team_id) == (
        "config.edit",
        "services",
        "Detections",
        Team.objects.get().id,
    )
    assert record.detail["fields"] == {"policy": ["First", "Second"], "restricted": [False, True]}
    there = selectors.standing()
    assert there.last[KEY]["policy"] == "First"
    assert selectors.changed_here(there) == {KEY: {"policy": "First", "restricted": False}}


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"policy": "Frist"}, ("policy",), "did you mean First?"),
        ({"group_for": "soon"}, ("group_for",), "expected a duration such as 30s"),
        ({"urgency": {"awful": "high"}}, ("urgency", "awful"), "expected critical, high"),
        ({"severity": {"P1": ""}}, ("severity", "P1"), "expected critical"),
        ({"policy": None}, (), "`policy` is missing"),
        ({"group_by": ["a\x00b"]}, ("group_by", 0), "cannot be shown"),
        ({"routes": [{"when": {"host": "/(/"}, "to": {"drop": True}}]}, ("routes", 0, "when", "host"), "no regular expression"),
    ],
)
def test_the_rules_of_the_file_hold_and_say_which_field(ready, changes: dict[str, Any], path: tuple[Any, ...], says: str):
    seen = ask("services", "Detections", **changes)
    assert [(found.key, found.path) for found in seen.problems] == [(KEY, path)]
    assert says in seen.problems[0].text
    assert "Detections" not in seen.problems[0].text
    with pytest.raises(Invalid):
        actions.edit({KEY: words("services", "Detections", **changes)}, seen=seen.seen, by=OPERATOR, now=T0)
    assert not Record.objects.filter(action="config.edit").exists()


def test_an_entry_that_others_name_cannot_be_deactivated(ready):
    seen = propose({("policies", "First"): None}, now=T0)
    assert [(found.key, found.path) for found in seen.problems] == [(("services", "Detections"), ("policy",))]
    assert propose({("services", "Mailbox"): None}, now=T0).changes[0].verb is Verb.REMOVED


def test_a_problem_that_stood_before_elsewhere_stops_nobody(ready):
    Contact.objects.filter(person__handle="ada").delete()  # the policy First reaches nobody from here on
    assert not ask("services", "Mailbox", restricted=True).problems
    assert "nobody" in ask("policies", "First", repeat=1).problems[0].text


def test_somebody_who_was_first_is_not_overwritten(ready):
    wanted = {KEY: words("services", "Detections", restricted=True)}
    seen = propose(wanted, now=T0).seen
    change("services", "Detections", policy="Second")
    with pytest.raises(ChangedMeanwhile):
        actions.edit(wanted, seen=seen, by=OPERATOR, now=T0)
    assert Service.objects.get(name="Detections").restricted is False
    change("services", "Mailbox", restricted=True)  # another entry is no reason to refuse
    actions.edit(wanted, seen=propose(wanted, now=T0).seen, by=OPERATOR, now=T0)


def test_nothing_to_change_is_said(ready):
    wanted = {KEY: words("services", "Detections")}
    seen = propose(wanted, now=T0)
    assert seen.changes == ()
    with pytest.raises(Refused):
        actions.edit(wanted, seen=seen.seen, by=OPERATOR, now=T0)


def test_new_ones_are_made_once(ready):
    made = {("people", "chen"): {"name": "Chen Wei", "email": "Chen@example.org"}}
    seen = propose(made, new=made, now=T0)
    assert seen.changes[0].verb is Verb.ADDED
    actions.edit(made, new=made, seen=seen.seen, by=OPERATOR, now=T0)
    chen = Person.objects.get(handle="chen")
    assert (chen.email, chen.has_usable_password(), Contact.objects.get(person=chen).address) == (
        "Chen@example.org",
        False,
        "Chen@example.org",
    )
    assert [found.path for found in propose(made, new=made, now=T0).problems] == [("handle",)]
    twin = {("people", "chen2"): {"name": "Chen", "email": "chen@example.org"}}
    assert [found.path for found in propose(twin, new=twin, now=T0).problems] == [("email",)]


def test_a_mail_of_an_account_that_nothing_names_any_more_is_taken(ready):
    make.person("zoe", is_active=False)
    twin = {("people", "zoe2"): {"name": "Zoe", "email": "Zoe@example.org"}}
    (found,) = propose(twin, new=twin, now=T0).problems
    assert (found.path, "belongs to the account zoe" in found.text) == (("email",), True)


def test_contacts_of_somebody_whose_name_changes_are_not_touched(ready):
    before = list(Contact.objects.filter(person__handle="ada").values_list("id", "verified_at", "position"))
    Contact.objects.create(person=Person.objects.get(handle="ada"), kind="webhook", address="https://x.example", position=7)
    change("people", "ada", name="Ada O.")
    assert (
        list(Contact.objects.filter(person__handle="ada", removed_at=None, kind="email").values_list("id", "verified_at", "position"))
        == before
    )


def take_back(record: Record) -> Record:
    way = reverse(record, selectors.standing(also=[(record.kind, record.detail["name"])]))
    assert way.why_not == ""
    wanted = {way.key: way.words}
    seen = propose(wanted, now=T0).seen
    number = actions.edit(wanted, seen=seen, by=OPERATOR, now=T0, action="config.undo", detail={"undoes": record.id})
    return Record.objects.get(pk=number)


def test_a_change_is_taken_back_and_that_is_taken_back_too(ready):
    before = selectors.standing().current[KEY]
    record = change("services", "Detections", policy="Second", storm="off", severity={"P1": "critical"})
    undone = take_back(record)
    assert selectors.standing().current[KEY] == before
    assert (undone.action, undone.detail["undoes"]) == ("config.undo", record.id)
    assert "again since" in reverse(record, selectors.standing()).why_not
    take_back(undone)
    assert selectors.standing().current[KEY]["storm"] is None


def test_what_changed_since_is_never_overwritten_and_other_fields_stay(ready):
    first = change("services", "Detections", policy="Second")
    change("services", "Detections", restricted=True)
    take_back(first)
    found = selectors.standing().current[KEY]
    assert (found["policy"], found["restricted"]) == ("First", True)
    again = change("services", "Detections", policy="Second")
    change("services", "Detections", policy="First")
    assert "policy" in reverse(again, selectors.standing()).why_not


def test_what_was_made_is_unmade_and_what_was_deactivated_comes_back(ready):
    made = {("services", "New"): {"team": "SecOps", "policy": "First", "group_by": ["host"]}}
    number = actions.edit(made, new=made, seen=propose(made, new=made, now=T0).seen, by=OPERATOR, now=T0)
    gone = take_back(Record.objects.get(pk=number))
    assert Service.objects.get(name="New").is_active is False
    take_back(gone)
    assert Service.objects.get(name="New").is_active is True
    assert selectors.standing().current["services", "New"]["group_by"] == ["host"]
    person = {("people", "chen"): {"name": "Chen", "email": "chen@example.org"}}
    number = actions.edit(person, new=person, seen=propose(person, new=person, now=T0).seen, by=OPERATOR, now=T0)
    take_back(Record.objects.get(pk=number))
    assert Person.objects.get(handle="chen").is_active is False


def test_addresses_are_not_in_the_audit_and_cannot_be_brought_back_from_there(ready):
    record = change("people", "ada", email="ada.osei@example.org")
    assert "ada.osei" not in str(record.detail)
    assert "keeps no addresses" in reverse(record, selectors.standing()).why_not


def test_a_change_by_a_file_is_taken_back_the_same_way(ready, apply):
    apply(selectors.export().replace("policy: First", "policy: Second"))
    record = Record.objects.filter(action="config.apply", kind="services").latest("id")
    take_back(record)
    assert policy_of("Detections") == "First"


def test_what_a_file_pruned_comes_back(ready, apply):
    apply(SMALL_DESK.replace("  - {name: Mailbox, team: SecOps, policy: Second}\n", ""), prune=True)
    assert Service.objects.get(name="Mailbox").is_active is False
    take_back(Record.objects.filter(action="config.apply", kind="services").latest("id"))
    assert (Service.objects.get(name="Mailbox").is_active, policy_of("Mailbox")) == (True, "Second")


@pytest.mark.database
def test_of_two_who_change_the_same_at_once_one_is_told(django_db_setup, django_db_blocker):
    def one(severity: str) -> str:
        with django_db_blocker.unblock():
            try:
                wanted = {KEY: {"team": "SecOps", "policy": "First", "urgency": {severity: "low"}}}
                actions.edit(wanted, seen=seen, by=OPERATOR, now=T0)
            except ChangedMeanwhile:
                return "late"
            finally:
                connection.close()
            return "first"

    with committed(django_db_blocker), ThreadPoolExecutor(2) as pool:
        actions.apply(SMALL_DESK, by=OPERATOR, now=T0, environment={})
        seen = propose({KEY: words(*KEY)}, now=T0).seen
        assert sorted(job.result(timeout=60) for job in [pool.submit(one, "low"), pool.submit(one, "medium")]) == ["first", "late"]
        assert Record.objects.filter(action="config.edit").count() == 1
        assert len(Service.objects.get(name="Detections").urgency) == 1


def test_the_organization_is_an_entry_that_is_changed_and_never_taken_away(ready):
    made = Record.objects.get(action="config.apply", kind="organization")
    assert "always an owner of last resort" in reverse(made, selectors.standing()).why_not
    wanted = {ORGANIZATION: {"organization": "Other", "last_resort": "ada"}}
    seen = propose(wanted, moments=(T0,), now=T0)
    assert fields(seen) == [("organization", "Example", "Other"), ("last_resort", "grace", "ada")]
    assert [one.touched.name for one in seen.reach] == ["First", "Second"]
    record = Record.objects.get(pk=actions.edit(wanted, seen=seen.seen, by=OPERATOR, now=T0))
    assert reverse(record, selectors.standing()).words == {"organization": "Example", "last_resort": "grace"}
    refused = propose({ORGANIZATION: {"organization": "Other"}}, now=T0)
    assert [(found.key, found.path) for found in refused.problems] == [(ORGANIZATION, ("last_resort",))]
