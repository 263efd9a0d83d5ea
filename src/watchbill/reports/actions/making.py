"""How does a report come to be? By hand, by the public form, later by mail and by platforms: one way in for all of them.

Somebody is accountable from the first second: whoever has the watch of the team, else its last resort, else the installation's.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from random import SystemRandom

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from watchbill.audit.actions import Actor
from watchbill.incidents.models import Incident
from watchbill.incidents.rules import draw_code_name, in_a_line, plain
from watchbill.kernel.errors import AlreadyDone, Invalid, NotAllowed
from watchbill.people.models import Organization, Person
from watchbill.people.permissions import Verb, decide
from watchbill.people.selectors import viewer_of
from watchbill.reports.actions.case import Case, finish_in, said, tell_person_in
from watchbill.reports.models import CLOSED, Program, Report, Reporter
from watchbill.reports.rules.likeness import fingerprint
from watchbill.reports.rules.people import accountable
from watchbill.reports.rules.receipts import digest_of
from watchbill.response.selectors import on_call_of

DICE = SystemRandom()
FIRST, LAST = 1_000_000, 9_999_999
LONGEST_TITLE, LONGEST_BODY, LONGEST_REPORTER = 1024, 200_000, 254
SOURCES = tuple(Report.Source.values)


@dataclass(frozen=True, slots=True)
class NewReport:
    """What is known of it when it arrives. `received_at` None: now."""

    title: str
    body: str
    program: str
    reporter: str = ""
    source: str = "hand"
    external_id: str = ""
    external_url: str = ""
    weakness: str = ""
    asset: str = ""
    received_at: dt.datetime | None = None


@transaction.atomic(durable=True)
def make(new: NewReport, *, person: Person, actor: Actor, now: dt.datetime) -> Report:
    """Somebody of the team writes it down. Raises Invalid, NotAllowed, AlreadyDone when its source's name for it is known here."""
    program = _program(new.program)
    decision = decide(viewer_of(person), Verb.WORK_REPORTS, team_id=program.team_id)
    if not decision.allowed:
        raise NotAllowed(decision.why)
    return make_in(new, program, person=person, actor=actor, now=now)


@transaction.atomic(durable=True)
def make_by_form(new: NewReport, program: Program, *, now: dt.datetime) -> tuple[Report, str]:
    """By the public form. Answers the receipt, which is shown once and kept as its digest alone."""
    receipt = secrets.token_hex(16)
    made = make_in(new, program, person=None, actor=Actor("reporter", "form"), now=now, receipt=receipt)
    return made, receipt


def make_in(
    new: NewReport, program: Program, *, person: Person | None, actor: Actor, now: dt.datetime, receipt: str = "", quiet: bool = False
) -> Report:
    """In the open transaction, whoever it came from. `quiet`: nobody is told, as of one that was closed long before it came here."""
    title = " ".join(in_a_line(plain(new.title)).split())
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid("Say in 1 to 1024 characters what it is about.", field="title")
    if new.source not in SOURCES:
        raise Invalid(f"source is {new.source[:40]!r}; it can be {', '.join(SOURCES)}.", field="source")
    if new.received_at is not None and new.received_at > now:
        raise Invalid("It cannot have arrived in the future. Leave the time out, or correct it.", field="received_at")
    body = said(new.body, field_="body", longest=LONGEST_BODY)
    report = Report(
        number=_number(),
        code_name=_code_name(),
        program=program,
        team=program.team,
        title=title,
        body=body,
        source=new.source,
        external_id=_short(new.external_id, 200, "external_id"),
        external_url=_short(new.external_url, 2000, "external_url"),
        weakness=_short(new.weakness, 200, "weakness"),
        asset=_short(new.asset, 300, "asset"),
        reporter=reporter_in(new.reporter, now=now),
        receipt=digest_of(receipt) if receipt else None,
        accountable_id=_accountable(program, now=now),
        received_at=new.received_at or now,
        fingerprint=fingerprint(title, body),
        made_at=now,
    )
    _store(report)
    case = Case(report, person, actor, now)
    by = person.name if person is not None else "its reporter"
    case.tell("made", f"Arrived by {report.get_source_display().lower() if report.source != 'hackerone' else 'HackerOne'}; made by {by}.")
    finish_in(case, "make", source=report.source, accountable=report.accountable_id)
    if not quiet:
        tell_person_in(report, report.accountable, "A report arrived: it is yours until somebody else takes it", now=now, but=person)
    return report


def reporter_in(name: str, *, now: dt.datetime) -> Reporter | None:
    """The reporter of that name, known or new; None for no name."""
    name = " ".join(in_a_line(plain(name)).split())
    if not name:
        return None
    if len(name) > LONGEST_REPORTER:
        raise Invalid(f"The reporter's name has {len(name)} characters; keep it under {LONGEST_REPORTER}.", field="reporter")
    known = Reporter.objects.annotate(lower=Lower("name")).filter(lower=name.lower()).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return Reporter.objects.create(name=name, made_at=now)
    except IntegrityError:  # made by another request in between
        return Reporter.objects.annotate(lower=Lower("name")).get(lower=name.lower())


def _store(report: Report) -> None:
    try:
        with transaction.atomic():
            report.save(force_insert=True)
    except IntegrityError as error:
        if "report_once" in str(error):
            raise AlreadyDone(f"{report.external_id} is here already. Search for it in the list of reports.") from error
        raise


def _program(name: str) -> Program:
    found = Program.objects.filter(name=plain(name), is_active=True).select_related("team").first()
    if found is None:
        raise Invalid(f"There is no programme called {name[:100]!r}. Expected one of the configuration file's `programs`.", field="program")
    return found


def _accountable(program: Program, *, now: dt.datetime) -> int | None:
    last = Organization.objects.values_list("last_resort_id", flat=True).first()
    return accountable(on_call_of(program.team_id, now=now), team_last_resort=program.team.last_resort_id, last_resort=last)


def _number() -> int:
    number = DICE.randint(FIRST, LAST)
    while Report.objects.filter(number=number).exists():
        number = DICE.randint(FIRST, LAST)
    return number


def _code_name() -> str:
    reports = Report.objects.exclude(state__in=CLOSED).values_list("code_name", flat=True)
    return draw_code_name(DICE, {*reports, *Incident.objects.filter(restricted=True).values_list("code_name", flat=True)})


def _short(text: str, longest: int, field: str) -> str:
    text = " ".join(in_a_line(plain(text)).split())
    if len(text) > longest:
        raise Invalid(f"{field} has {len(text)} characters; keep it under {longest}.", field=field)
    return text
