"""Whatever people and the engine do, in whatever order: one incident has exactly one owner from the first acknowledgement to its end.

A machine draws acts and times against the real actions, the real walk and the real outbox. It also checks that nobody is paged while
somebody has it, and that every change of owner left its record.
"""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.factories import MIN, T0, actor
from tests.response.desk import Desk
from watchbill.incidents.models import Incident
from watchbill.intake.actions import merge
from watchbill.kernel.errors import NotAllowed, Refused
from watchbill.people.models import Person
from watchbill.response import actions
from watchbill.response.actions import Outcome

RESPONDERS = st.sampled_from(["ada", "bruno", "chen", "grace"])


class OneOwner(RuleBasedStateMachine):
    """Acts in any order on one incident of a team with the given policy."""

    @initialize(ownership=st.sampled_from(["acker", "on_call"]))
    def begin(self, ownership: str) -> None:
        self.undone = transaction.atomic()
        self.undone._from_testcase = True  # type: ignore[attr-defined]  # as Django's TestCase: durable acts may stand inside
        self.undone.__enter__()
        self.desk = Desk(ownership=ownership)
        self.now = T0
        self.incident = self.desk.open()
        self.owner: str | None = None
        self.moves = 0

    def teardown(self) -> None:
        if hasattr(self, "undone"):
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def person(self, handle: str) -> Person:
        found: Person = getattr(self.desk, handle)
        return found

    def act(self, name: str, who: str, *args: object, **more: object) -> Outcome | None:
        self.now += MIN
        try:
            return self.desk.act(name, self.incident, self.person(who), *args, now=self.now, **more)
        except (NotAllowed, Refused):
            return None

    @rule(who=RESPONDERS, take_over=st.booleans())
    def acknowledge(self, who: str, take_over: bool) -> None:
        outcome = self.act("acknowledge", who, take_over=take_over)
        assert outcome is not None
        if not outcome.won:
            assert outcome.owner is not None or self.desk.status(self.incident) == "resolved"

    @rule(who=RESPONDERS)
    def escalate(self, who: str) -> None:
        self.act("escalate", who)

    @rule(who=RESPONDERS)
    def give_back(self, who: str) -> None:
        self.act("give_back", who, "fever")

    @rule(who=RESPONDERS, to=RESPONDERS)
    def assign(self, who: str, to: str) -> None:
        self.act("assign", who, self.person(to))

    @rule(who=RESPONDERS)
    def snooze(self, who: str) -> None:
        self.act("snooze", who, self.now + dt.timedelta(hours=2), "later")

    @rule(who=RESPONDERS)
    def note(self, who: str) -> None:
        self.act("note", who, "a word")

    @rule(act=st.sampled_from(["calling", "page_again", "page_backup", "page_others", "take"]))
    def manage(self, act: str) -> None:
        self.act("manager_step", "grace", act)

    @rule(who=RESPONDERS)
    def resolve_page(self, who: str) -> None:
        self.act("resolve_page", who)

    @rule(who=RESPONDERS)
    def resolve(self, who: str) -> None:
        self.act("resolve", who)

    @rule(who=RESPONDERS)
    def reopen(self, who: str) -> None:
        self.act("reopen", who, "again")

    @rule(who=RESPONDERS, had_by=st.one_of(st.none(), RESPONDERS), into_it=st.booleans())
    def merge(self, who: str, had_by: str | None, into_it: bool) -> None:
        """With another, which nobody has or somebody; the story goes on with the one that stays."""
        self.now += MIN
        other = self.desk.open("no space left", now=self.now)
        if had_by is not None:
            self.desk.acknowledge(other, self.person(had_by), self.now)
        gone, stays = (other, self.incident) if into_it else (self.incident, other)
        had = self.desk.hold(stays)
        try:
            merge(gone.number, stays.number, person=self.person(who), actor=actor(self.person(who)), now=self.now)
        except Refused:
            return
        assert self.desk.hold(stays) == had, "a merge moved it"
        assert self.desk.status(gone) == "resolved"
        assert not gone.pages.exclude(status="resolved").exists()
        if not into_it:
            self.incident, self.owner = stays, had[0]

    @rule()
    def clear(self) -> None:
        self.now += MIN
        with transaction.atomic():
            actions.cleared_in([self.incident.id], source="Alertmanager", now=self.now)

    @rule()
    def source_acknowledges(self) -> None:
        self.now += MIN
        with transaction.atomic():
            actions.source_ack_in([self.incident.id], source="Alertmanager", now=self.now)

    @rule(minutes=st.sampled_from([1, 16, 40, 260]))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MIN
        page = self.incident.pages.filter(purpose="respond").exclude(status="resolved").first()
        had = page is not None and page.status == "acknowledged"
        owner, acting = self.desk.hold(self.incident)
        asked = self.desk.tick(self.now)
        if had:
            page.refresh_from_db()
            if page.status == "acknowledged":
                assert set(asked) <= {owner, acting}, "somebody else was paged while it was acknowledged"

    @invariant()
    def one_owner(self) -> None:
        if not hasattr(self, "incident"):
            return
        incident = Incident.objects.select_related("owner").get(pk=self.incident.pk)
        owner = incident.owner.handle if incident.owner else None
        if self.owner is not None:
            assert owner is not None, "the owner disappeared"
        self.owner = owner
        if incident.status == "acknowledged":
            assert owner is not None
        if incident.status == "triggered":
            assert owner is None
        records = self.desk.audited(self.incident, "incident.owner")
        assert (records[-1][1]["owner"] if records else None) == incident.owner_id, "a change of owner without its record"
        assert [r["previous"] for _, r in records] == [None, *[r["owner"] for _, r in records]][: len(records)]

    @invariant()
    def at_most_one_open_respond_page(self) -> None:
        if hasattr(self, "incident"):
            assert self.incident.pages.filter(purpose="respond").exclude(status="resolved").count() <= 1

    @invariant()
    def a_resolved_incident_is_silent(self) -> None:
        if hasattr(self, "incident") and self.desk.status(self.incident) == "resolved":
            assert not self.incident.pages.exclude(status="resolved").exists()


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        OneOwner,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
        ),
    )


@pytest.mark.req("G20", "G21", "P4", "P18")
def test_exactly_one_owner_from_the_first_acknowledgement_to_the_end(db: None) -> None:
    run(8, 12)


@pytest.mark.long
@pytest.mark.req("G20", "G21", "P4", "P18")
def test_exactly_one_owner_in_long_stories(db: None) -> None:
    run(150, 40)
