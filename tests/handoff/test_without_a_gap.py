"""Whatever people, watches, absences, departures, merges, crashes and the engine do, in whatever order: an acknowledged open incident has exactly one
owner (but for one that waits to be assigned), nothing moves before it is accepted, and the ledger covers every second of its life.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.factories import HOUR, MIN, T0, actor
from tests.handoff.offers import WORDS
from tests.response.desk import Desk
from watchbill.config.actions.writing import deactivate_in
from watchbill.handoff import actions
from watchbill.handoff.actions.keeping import look_at_endings
from watchbill.handoff.actions.looking import look_at_handoffs
from watchbill.handoff.actions.watching import watch_over
from watchbill.handoff.models import Handoff
from watchbill.incidents.models import Incident, Tenure
from watchbill.intake.actions import merge
from watchbill.kernel.errors import WatchbillError
from watchbill.people.absences import add_time_off
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of
from watchbill.response.selectors import ledger
from watchbill.schedules.models import Layer

PEOPLE = ("ada", "bruno", "chen", "grace")
WHO = st.sampled_from(PEOPLE)
WHICH = st.sampled_from([0, 0, 0, 1])
Hands = tuple[int | None, int | None]


class Crash(Exception):
    """The process dies before it commits."""


class WithoutAGap(RuleBasedStateMachine):
    @initialize(ownership=st.sampled_from(["acker", "on_call", "assigned"]))
    def begin(self, ownership: str) -> None:
        self.undone = transaction.atomic()
        self.undone._from_testcase = True  # type: ignore[attr-defined]  # as Django's TestCase: durable acts may stand inside
        self.undone.__enter__()
        self.desk, self.now, self.ownership = Desk(ownership=ownership), T0, ownership
        self.incidents = [self.desk.open(), self.desk.open("no space left")]
        self.owned, self.before = set[int](), self.hands()
        self.may_move: Incident | None = None

    def teardown(self) -> None:
        if hasattr(self, "undone"):
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def person(self, handle: str) -> Person:
        found: Person = getattr(self.desk, handle)
        found.refresh_from_db()
        return found

    def hands(self) -> dict[int, Hands]:
        return {pk: (owner, acting) for pk, owner, acting in Incident.objects.values_list("pk", "owner_id", "acting_id")}

    def try_(self, act: str, who: str, *args: object, on: int = 0, crash: bool = False, **more: object) -> bool:
        """One act, of `response` or of hand-offs, that may be refused, or die at its end."""
        self.now += MIN
        person = self.person(who)
        if not person.is_active:
            return False
        by = {"person": person, "actor": actor(person), "now": self.now, **more}
        dies = transaction.atomic()
        dies._from_testcase = True  # type: ignore[attr-defined]
        try:
            with dies:
                if act == "merge":
                    merge(*args, **by)  # type: ignore[arg-type]
                elif hasattr(actions, act):
                    getattr(actions, act)(*args, **by)
                else:
                    self.desk.act(act, self.incidents[on], person, *args, now=self.now, **more)
                if crash:
                    raise Crash
        except (WatchbillError, Crash):
            return False
        return True

    # What may change hands: an acknowledgement, giving back, assigning, accepting, leaving, reopening.

    def moved(self, done: bool, on: int) -> None:
        self.may_move = self.incidents[on] if done else None

    @rule(on=WHICH, who=WHO, take_over=st.booleans(), crash=st.booleans())
    def acknowledge(self, on: int, who: str, take_over: bool, crash: bool) -> None:
        self.moved(self.try_("acknowledge", who, on=on, crash=crash, take_over=take_over), on)

    @rule(on=WHICH, act=st.sampled_from(["escalate", "give_back", "resolve", "reopen", "note", "assign"]), who=WHO, to=WHO)
    def work(self, on: int, act: str, who: str, to: str) -> None:
        args: tuple[object, ...] = {"give_back": ("ill",), "reopen": ("again",), "note": ("a word",), "assign": (self.person(to),)}.get(
            act, ()
        )
        self.moved(self.try_(act, who, *args, on=on) and act in ("give_back", "reopen", "assign"), on)

    @rule(who=WHO, crash=st.booleans())
    def accept(self, who: str, crash: bool) -> None:
        offered = Handoff.objects.filter(state="offered").select_related("incident").first()
        if offered is not None and self.try_("accept", who, offered.id, "I have it", crash=crash):
            self.may_move = offered.incident
            assert offered.receiver_id == self.person(who).id

    @rule(handle=st.sampled_from(["ada", "bruno", "chen"]))
    def leaves(self, handle: str) -> None:
        self.now += MIN
        with transaction.atomic():
            deactivate_in([("people", handle)], by=actor(self.desk.root, "cli"), now=self.now)
        self.before = self.hands()

    # What never does.

    @rule(who=WHO, turned=st.booleans(), crash=st.booleans())
    def merge(self, who: str, turned: bool, crash: bool) -> None:
        """One into the other, whatever is offered or was accepted for either."""
        gone, stays = reversed(self.incidents) if turned else self.incidents
        if self.try_("merge", who, gone.number, stays.number, crash=crash):
            self.incidents = [stays, self.desk.open("and another one", now=self.now)]  # so that a chain of merges may come of it
            self.before = {**self.hands(), **self.before}

    @rule(on=WHICH, who=WHO, to=WHO, kind=st.sampled_from(["shift", "break", "permanent"]), crash=st.booleans())
    def offer(self, on: int, who: str, to: str, kind: str, crash: bool) -> None:
        back = self.now + HOUR if kind == "break" else None
        self.try_("offer", who, self.incidents[on].number, actions.Wanted(self.person(to), WORDS, kind, back), crash=crash)

    @rule(act=st.sampled_from(["decline", "withdraw", "ask", "come_back"]), who=WHO)
    def answer(self, act: str, who: str) -> None:
        found = Handoff.objects.filter(state="accepted" if act == "come_back" else "offered").order_by("-id").first()
        if found is not None:
            self.try_(act, who, found.id, *(("because",) if act in ("decline", "ask") else ()))

    @rule(on=WHICH, who=WHO)
    def keep(self, on: int, who: str) -> None:
        self.try_("keep", who, self.incidents[on].number, self.now + 2 * HOUR)

    @rule(who=WHO, others=st.sampled_from(["bruno", "chen"]))
    def watches_change(self, who: str, others: str) -> None:
        Layer.objects.filter(schedule=self.desk.watch).update(order=[[self.person(who).id], [self.person(others).id]])

    @rule(who=WHO)
    def time_off(self, who: str) -> None:
        with suppress(WatchbillError):  # closed, or there already
            add_time_off(self.person(who), self.now, self.now + dt.timedelta(days=1), by=actor(self.person(who)), now=self.now)

    @rule(minutes=st.sampled_from([1, 21, 65, 800]))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MIN
        self.desk.tick(self.now)
        for look in (look_at_handoffs, look_at_endings, watch_over):
            look(now=self.now)
        assert not Handoff.objects.filter(state="offered", incident__status="resolved").exists(), "offered and over"

    @invariant()
    def nothing_moves_before_it_is_accepted(self) -> None:
        if hasattr(self, "incidents"):
            hands = self.hands()
            moved = {pk for pk, those in hands.items() if those != self.before[pk]}
            assert moved <= ({self.may_move.pk} if self.may_move else set()), "it moved by itself"
            self.before, self.may_move = hands, None

    @invariant()
    def one_owner_and_the_ledger_says_so(self) -> None:
        if hasattr(self, "incidents"):
            for incident in Incident.objects.all():
                self.has_one_owner(incident)

    def has_one_owner(self, incident: Incident) -> None:
        if incident.owner_id is not None:
            self.owned.add(incident.pk)
        owned = incident.pk in self.owned
        if incident.status == "acknowledged":
            assert incident.owner_id is not None or (self.ownership == "assigned" and not owned)
        assert incident.owner_id is not None or not owned, "the owner disappeared"
        still = dict(Tenure.objects.filter(incident=incident, until=None).values_list("role", "person_id"))
        open_ = incident.status != "resolved"
        assert still.get("owner") == (incident.owner_id if open_ else None)
        assert still.get("acting") == (incident.acting_id if open_ else None)
        spans = [span for span in ledger(viewer_of(self.desk.root), incident) if span.role == "owner"]
        assert spans[0].start == incident.opened_at
        had = [span.person is not None for span in spans]
        assert had == sorted(had), "a second of nobody after the first owner"
        for one, two in pairwise(spans):
            assert one.end is not None
            assert one.end <= two.start
        assert (spans[-1].end is None) == open_

    @invariant()
    def at_most_one_offer_and_none_of_what_is_over(self) -> None:
        if hasattr(self, "incidents"):
            offered = list(Handoff.objects.filter(state="offered").values_list("incident_id", flat=True))
            assert len(offered) == len(set(offered))
            assert not Handoff.objects.filter(state="accepted", readback="").exists()


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        WithoutAGap,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
        ),
    )


@pytest.mark.req("G20", "G23", "G26", "G27", "K41")
def test_ownership_has_no_gap(db: None) -> None:
    run(10, 18)


@pytest.mark.long
@pytest.mark.req("G20", "G23", "G26", "G27", "K41")
def test_ownership_has_no_gap_in_long_stories(db: None) -> None:
    run(150, 40)
