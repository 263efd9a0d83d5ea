"""The steps of triage, as the flow says: each looks whether it is possible now, moves the report on, and stands in its story."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.rules import plain
from watchbill.kernel.errors import Invalid, Refused
from watchbill.people.models import Person
from watchbill.people.selectors import viewer_of
from watchbill.reports.actions import outward
from watchbill.reports.actions.case import Case, because, finish_in, open_case_in, tell_person_in
from watchbill.reports.actions.circle import let_in_in
from watchbill.reports.actions.talking import read_again_in, say_in
from watchbill.reports.models import Report, Wait
from watchbill.reports.rules.disclosure import final_word
from watchbill.reports.rules.flow import EXITS, WORDS, Act, State
from watchbill.reports.rules.links import is_address
from watchbill.reports.rules.texts import Audience
from watchbill.reports.selectors.seeing import by_number, circle_of

ENDS = tuple(str(state) for state in (State.INVALID, State.DUPLICATE, State.OUT_OF_SCOPE, State.SPAM))


@transaction.atomic(durable=True)
def take(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """I read it, and answer for it from now on."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.TAKE)
    case.move(Act.TAKE)
    case.report.accountable = person
    case.tell("taken", f"{person.name} took it, and is accountable.")
    finish_in(case, "take", accountable=person.id)
    return case.report


@transaction.atomic(durable=True)
def assign(number: int, to: Person, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """Somebody else is accountable, and is told. They must be able to know of it. Raises Invalid, Refused."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    report = case.report
    if to not in circle_of(report):
        raise Invalid(f"{to.name} may not know of this report. Name them on it first.", field="to")
    if report.accountable_id == to.id:
        raise Refused(f"{to.name} is accountable already.")
    report.accountable = to
    case.tell("assigned", f"{to.name} is accountable, by {person.name}.")
    finish_in(case, "assign", accountable=to.id)
    tell_person_in(report, to, "You are accountable for a report", now=now, but=person)
    return report


@transaction.atomic(durable=True)
def enough(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """It seems valid, and says enough."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.ENOUGH)
    case.report.valid = True
    case.tell("valid", f"{person.name}: it seems valid and says enough.")
    finish_in(case, "enough")
    return case.report


@transaction.atomic(durable=True)
def ask_reporter(number: int, text: str, *, person: Person, actor: Actor, now: dt.datetime, sent: bool = False) -> Report:
    """It says too little: the reporter, and all participants, are asked; then it waits."""
    return _ask(number, text, Act.ASK_REPORTER, person=person, actor=actor, now=now, sent=sent)


@transaction.atomic(durable=True)
def relay(number: int, text: str, *, person: Person, actor: Actor, now: dt.datetime, sent: bool = False) -> Report:
    """It says too little: a comment for the platform's triage, and the report is theirs again. One act, both or neither."""
    return _ask(number, text, Act.RELAY, person=person, actor=actor, now=now, sent=sent)


def _ask(number: int, text: str, act: Act, *, person: Person, actor: Actor, now: dt.datetime, sent: bool) -> Report:
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(act)
    audience, whom = (Audience.ALL, Wait.For.REPORTER) if act is Act.ASK_REPORTER else (Audience.PLATFORM, Wait.For.PLATFORM)
    say_in(case, text, audience, sent=sent, act=str(act))
    case.move(act)
    case.report.valid = case.report.understood = False
    Wait.objects.create(report=case.report, whom=whom, began_at=now)
    case.tell("waits", f"It waits for {'the reporter' if whom == Wait.For.REPORTER else 'the triage of the platform'}.")
    finish_in(case, str(act), whom=str(whom))
    return case.report


@transaction.atomic(durable=True)
def heard(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """The answer is there: it is read again."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.HEARD)
    read_again_in(case)
    case.tell("read again", f"{person.name}: the answer is there.")
    finish_in(case, "heard")
    return case.report


@transaction.atomic(durable=True)
def ask_experts(number: int, experts: Sequence[Person], question: str, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """The impact is not understood: these people are named on it, told, and asked. Raises Invalid for nobody."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.ASK_EXPERTS)
    if not experts:
        raise Invalid("Name at least one person who knows this part.", field="experts")
    say_in(case, question, Audience.TEAM, sent=True)
    case.move(Act.ASK_EXPERTS)
    case.tell("experts", f"{person.name} asked {', '.join(each.name for each in experts)}.")
    for each in experts:
        let_in_in(case, each, "asked as an expert")
        tell_person_in(case.report, each, "You are asked about the impact of a report", now=now, but=person)
    finish_in(case, "ask_experts", people=[each.id for each in experts])
    return case.report


@transaction.atomic(durable=True)
def understood(number: int, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """Its impact is fully understood."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.UNDERSTOOD)
    case.report.understood = True
    case.tell("understood", f"{person.name}: its impact is understood.")
    finish_in(case, "understood")
    return case.report


@transaction.atomic(durable=True)
def tell_reporter(
    number: int, text: str, embargo_on: dt.date | None, *, person: Person, actor: Actor, now: dt.datetime, sent: bool = False
) -> Report:
    """We work on a fix, and the embargo ends about then. Raises Invalid without a day."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.TELL)
    if embargo_on is None or embargo_on < now.date():
        raise Invalid("Name the day on which the embargo about ends; it cannot be over already.", field="embargo_on")
    say_in(case, text, Audience.ALL, sent=sent)
    outward.triaged_in(case)
    case.move(Act.TELL)
    case.report.embargo_on = embargo_on
    case.tell("told", f"The reporter was told: the embargo ends about {embargo_on:%d %B %Y}.")
    finish_in(case, "tell", embargo_on=embargo_on.isoformat())
    return case.report


@transaction.atomic(durable=True)
def resolve(
    number: int, text: str, *, person: Person, actor: Actor, now: dt.datetime, sent: bool = False, announcement: str = ""
) -> Report:
    """Resolved, or handed over to the public community, with the last word to the reporter. `announcement`: where the public reads of it."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.RESOLVE)
    announcement = plain(announcement).strip()
    if announcement and not is_address(announcement):
        raise Invalid(f"{announcement[:100]!r} is no web address. Expected that of the announcement, or nothing.", field="announcement")
    word = say_in(case, final_word(text, announcement), Audience.ALL, sent=sent, act=str(Act.RESOLVE))
    case.move(Act.RESOLVE)
    outward.close_in(case, word.text)
    case.report.announcement = announcement
    case.tell("resolved", f"{person.name} resolved it.")
    finish_in(case, "resolve")
    return case.report


@transaction.atomic(durable=True)
def close_as(
    number: int, as_: str, reason: str, *, person: Person, actor: Actor, now: dt.datetime, duplicate_of: int | None = None, word: str = ""
) -> Report:
    """Not valid, a duplicate, out of scope, spam. Nobody outside hears of it, but by `word`: what its platform tells its reporter with it.

    Raises Invalid.
    """
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.CLOSE)
    if as_ not in ENDS:
        raise Invalid(f"It can be closed as {', '.join(ENDS)}; {as_[:40]!r} is none of them.", field="as")
    reason = because(reason)
    if not reason:
        raise Invalid("Say why, in a sentence for the team.", field="reason")
    if as_ == State.DUPLICATE:
        _link_duplicate_in(case, duplicate_of, person)
    _last_word_in(case, as_, word)
    case.report.state = as_
    outward.close_in(case, plain(word).strip())
    case.tell("closed", f"{person.name} closed it as {WORDS[State(as_)].lower()}: {reason}")
    finish_in(case, "close", state=as_)
    return case.report


@transaction.atomic(durable=True)
def reopen(number: int, reason: str, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """It was closed too early: it is read again."""
    case = open_case_in(number, person=person, actor=actor, now=now)
    case.refuse_unless(Act.REOPEN)
    reason = because(reason)
    if not reason:
        raise Invalid("Say why it is opened again.", field="reason")
    report = case.report
    report.duplicate_of = None if State(report.state) in EXITS else report.duplicate_of
    case.move(Act.REOPEN)
    report.valid = report.understood = False
    outward.reopen_in(case)
    case.tell("reopened", f"{person.name} reopened it: {reason}")
    finish_in(case, "reopen")
    return report


def _last_word_in(case: Case, as_: str, word: str) -> None:
    if plain(word).strip() and outward.takes(case.report, "state"):
        say_in(case, word, Audience.ALL, sent=False, act=str(Act.CLOSE))
    elif outward.needs_word(case.report, as_):
        raise Invalid("Its platform closes it so only with a word to its reporter. Write one: it goes there.", field="word")


def _link_duplicate_in(case: Case, number: int | None, person: Person) -> None:
    if number is None:
        raise Invalid("Name the report that it repeats.", field="duplicate_of")
    first = by_number(viewer_of(person), number)
    if first.pk == case.report.pk or first.duplicate_of_id is not None:
        raise Invalid(f"{first} cannot be the first one: it is this report, or a duplicate itself. Name the first.", field="duplicate_of")
    case.report.duplicate_of = first
    case.tell("duplicate", f"It repeats {first}.", of=first.number)
