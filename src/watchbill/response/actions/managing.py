"""What does the manager do on their step? They engage without acknowledging: the desk offers, the manager acts (GitLab guide, steps 1 to 3).

*I am calling* holds the walk for 15 minutes and makes no owner; page the on-call again; page the backup now; page the others now, those who
are at work or awake first; *I take it* acknowledges. A silent manager does nothing here, and the walk goes on by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.kernel.errors import Invalid, Refused
from watchbill.paging import actions as paging
from watchbill.paging.models import Firing, Page, TeamPaging
from watchbill.people.models import Membership, Person
from watchbill.people.permissions import Verb
from watchbill.response.actions.acknowledging import acknowledge_in, is_waiting, who_has
from watchbill.response.actions.case import (
    Case,
    Outcome,
    engage_in,
    finish_with_word_in,
    is_resolved,
    open_case_in,
    outcome,
)
from watchbill.response.callsheet import CALLED, in_daylight_order
from watchbill.response.rules import CALLING
from watchbill.response.selectors import people_on
from watchbill.schedules.models import Schedule


@transaction.atomic(durable=True)
def manager_step(number: int, act: str, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """One of calling, page_again, page_backup, page_others, take. Only `take` makes an owner.

    Raises Invalid for another act, NotAllowed for whoever does not manage the team, Refused when there is nobody to page.
    """
    if act not in (*ACTS, "take"):
        raise Invalid(f"The act is {act!r}; it can be {', '.join(ACTS)} or take.", field="act")
    case = open_case_in(number, Verb.ENGAGE, person=person, actor=actor, now=now)
    if case.resolved:
        return is_resolved(case)
    if act == "take":
        return acknowledge_in(case, person)
    page = case.respond
    if page is None or not is_waiting(page):
        return outcome(case, f"Nobody needs to be reached for #{number} any more: {who_has(case)}.", won=False)
    return ACTS[act](case, page, person)


@transaction.atomic(durable=True)
def log_call(number: int, whom: Person, ended: str, *, person: Person, actor: Actor, now: dt.datetime) -> Outcome:
    """Write down that somebody was called, and how it ended: reached, no_answer, voicemail or wrong_number. It makes no owner.

    Raises Invalid for another end.
    """
    if ended not in CALLED:
        raise Invalid(f"A call ends as one of {', '.join(CALLED)}; this one as {ended!r}.", field="ended")
    case = open_case_in(number, Verb.RESPOND, person=person, actor=actor, now=now)
    engage_in(case)
    case.tell("called", f"{person.name} called {whom.name}: {CALLED[ended]}.", page=case.respond, person=whom.id, ended=ended)
    case.record("incident.call", person=whom.handle, ended=ended)
    finish_with_word_in(case)
    return outcome(case, f"Written down: {whom.name}, {CALLED[ended]}.")


def _calling(case: Case, page: Page, person: Person) -> Outcome:
    number = case.incident.number
    engage_in(case)
    paging.pause_in(page.id, CALLING, f"{person.name} is calling", now=case.now)
    case.tell("calling", f"{person.name} is calling. The page waits for 15 minutes; nobody owns it yet.", page=page)
    case.record("page.pause", page=page, reason="calling", minutes=15)
    finish_with_word_in(case)
    return outcome(case, f"The page of #{number} waits for 15 minutes while you call. It goes on by itself; you do not own it.")


def _page_again(case: Case, page: Page, person: Person) -> Outcome:
    people = _first_step(case, page)
    return _page(case, page, person, people, "the on-call again", "You have the watch, and the manager asks again.")


def _page_backup(case: Case, page: Page, person: Person) -> Outcome:
    people = _backup(case, page, person)
    return _page(case, page, person, people, "the backup", "You are the backup, and nobody has answered.")


def _page_others(case: Case, page: Page, person: Person) -> Outcome:
    asked = [each for firing in Firing.objects.filter(page=page).order_by("n") for each in firing.people]
    desk = _desk(case.incident.team_id)
    others = [each for each in desk if each not in asked and each != person.id]
    ordered = in_daylight_order(others, asked, now=case.now)
    return _page(case, page, person, ordered, "the others", "Nobody on watch has answered, and the manager asks the others.")


ACTS: Mapping[str, Callable[[Case, Page, Person], Outcome]] = {
    "calling": _calling,
    "page_again": _page_again,
    "page_backup": _page_backup,
    "page_others": _page_others,
}


def _page(case: Case, page: Page, person: Person, ids: Sequence[int], whom: str, reason: str) -> Outcome:
    """Page these people now, beside the walk, and say who it was."""
    people = Person.objects.filter(is_active=True).in_bulk(ids)
    present = [each for each in dict.fromkeys(ids) if each in people]
    if not present:
        raise Refused(f"There is nobody to page as {whom}. Page somebody by name, or take it.")
    names = ", ".join(people[each].name for each in present)
    engage_in(case)
    case.tell("called", f"{person.name} pages {whom}: {names}.", page=page, people=present)
    case.record("page.people", page=page, people=present, whom=whom)
    finish_with_word_in(case)
    paging.page_people_in(page.id, present, reason, now=case.now)
    return outcome(case, f"Being paged now: {names}.")


def _first_step(case: Case, page: Page) -> list[int]:
    """Who the first step of the page's own copy asks as of now."""
    steps = _steps(page)
    return _people(steps[0] if steps else [], now=case.now)


def _backup(case: Case, page: Page, person: Person) -> list[int]:
    """The backup: the first later step that names a schedule or a person who is neither on watch nor a manager; else the first of the team's
    further schedules with such a person."""
    not_backup = {person.id, *_managers(case.incident.team_id, now=case.now), *_first_step(case, page)}
    for step in _steps(page)[1:]:
        people = _people([target for target in step if target["kind"] in ("schedule", "person")], now=case.now)
        if found := [each for each in people if each not in not_backup]:
            return found
    schedules = Schedule.objects.filter(team_id=case.incident.team_id, is_active=True).order_by("position", "id")
    for schedule_id in schedules.values_list("id", flat=True)[1:]:
        if found := [each for each in people_on([schedule_id], now=case.now) if each not in not_backup]:
            return found
    return []


def _managers(team_id: int, *, now: dt.datetime) -> list[int]:
    """Who manages the team beside its desk, and who has the managers' watch."""
    schedule = TeamPaging.objects.filter(team_id=team_id, manager_schedule__isnull=False).values_list("manager_schedule_id", flat=True)
    beside = Membership.objects.filter(team_id=team_id, role=Membership.Role.MANAGER, on_desk=False).values_list("person_id", flat=True)
    return [*beside, *people_on(list(schedule), now=now)]


def _steps(page: Page) -> list[list[dict[str, Any]]]:
    return [step["notify"] for step in page.copy.content["steps"]]


def _people(targets: Sequence[dict[str, Any]], *, now: dt.datetime) -> list[int]:
    people: list[int] = []
    for target in targets:
        if target["kind"] == "schedule":
            people += people_on([target["id"]], now=now)
        elif target["kind"] == "person":
            people.append(target["id"])
        elif target["kind"] == "team":
            people += _desk(target["id"])
    return people


def _desk(team_id: int) -> list[int]:
    members = Membership.objects.filter(team_id=team_id, on_desk=True, person__is_active=True)
    return list(members.order_by("position", "id").values_list("person_id", flat=True))
