"""What a platform shows of a report becomes true here, and how writes there ended stands in its story. In the transaction of whoever read it.

What people did there counts as done: it is closed there, so it is closed here, and whoever answers for it hears of that. What our own writes
changed there is no news. Everything that is read was written by others: hostile text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from watchbill.audit.actions import Actor
from watchbill.incidents.rules import in_a_line, plain
from watchbill.platforms.messages import Kept
from watchbill.platforms.models import Activity, Remote
from watchbill.reports.actions import heard
from watchbill.reports.actions.case import Case, finish_in, lock_in, tell_person_in
from watchbill.reports.actions.making import LONGEST_BODY, LONGEST_REPORTER, LONGEST_TITLE, NewReport, make_in
from watchbill.reports.models import Program, Report, Wait
from watchbill.reports.rules.flow import CLOSED, State
from watchbill.reports.rules.platform import NAMES, first_state, state_word

MOST = 50  # reports that are made in one look
NO_TEXT = "(The platform shows no text. Look there.)"


def hear_platform_in(kept: Sequence[Kept], *, now: dt.datetime) -> None:
    """Reports that were mirrored: new ones are made, and what changed or was said there is told."""
    for each in kept:
        remote = Remote.objects.select_related("platform").get(pk=each.remote_id)
        report_id = Report.objects.filter(remote=remote).values_list("pk", flat=True).first()
        if report_id is None:
            report = _made_in(remote, now=now)
            if report is None:
                continue
            case = case_of(report.pk, remote, now=now)
            _begin_in(case, remote)
            changed: dict[str, object] = {}
        else:
            case = case_of(report_id, remote, now=now)
            changed = dict(each.before)
        said = list(Activity.objects.filter(remote=remote) if report_id is None else Activity.objects.filter(pk__in=each.said))
        news = heard.changed_in(case, remote, changed) + heard.said_in(case, remote, sorted(said, key=lambda one: (one.at, one.pk)))
        finish_in(case, "platform_news", platform=remote.platform.name, changed=sorted(changed), said=len(said))
        if news and report_id is not None:
            tell_person_in(case.report, case.report.accountable, news[0], now=now)


@transaction.atomic(durable=True)
def make_what_is_there(*, now: dt.datetime) -> int:
    """Reports that were mirrored before any programme took what comes by their platform. Answers how many were made. Two queries where all is made."""
    names = list(Program.objects.filter(is_active=True).exclude(platform="").values_list("platform", flat=True))
    left = Remote.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(
        platform__name__in=names, report__isnull=True, gone_at__isnull=True
    )
    ids = list(left.order_by("id").values_list("pk", flat=True)[:MOST]) if names else []
    hear_platform_in([Kept(pk, True, {}) for pk in ids], now=now)
    return len(ids)


def case_of(report_id: int, remote: Remote, *, now: dt.datetime) -> Case:
    """The report, locked; what is done to it is done by the platform."""
    return Case(lock_in(report_id), None, Actor(name=remote.platform.name, via=remote.platform.name), now)


def _made_in(remote: Remote, *, now: dt.datetime) -> Report | None:
    """One that somebody wrote down before by its number is that report. None: no programme takes what comes by this platform."""
    program = (
        Program.objects.filter(platform=remote.platform.name, is_active=True).select_related("team").order_by("position", "id").first()
    )
    if program is None:
        return None
    source = Report.Source(remote.platform.kind)
    known = Report.objects.filter(program=program, source=source, external_id=remote.external_id, remote__isnull=True).first()
    if known is not None:
        known.remote = remote
        known.save(update_fields=["remote"])
        return known
    new = NewReport(
        title=" ".join(in_a_line(plain(remote.title)).split())[:LONGEST_TITLE] or f"A report without a title ({remote.external_id})",
        body=plain(remote.body).strip()[:LONGEST_BODY] or NO_TEXT,
        program=program.name,
        reporter=remote.reporter[:LONGEST_REPORTER],
        source=source,
        external_id=remote.external_id,
        external_url=remote.url,
        weakness=remote.weakness,
        asset=remote.asset,
        received_at=min(remote.submitted_at, now),
    )
    actor = Actor(name=remote.platform.name, via=remote.platform.name)
    made = make_in(new, program, person=None, actor=actor, now=now, quiet=not remote.is_open)
    made.remote = remote
    made.save(update_fields=["remote"])
    return made


def _begin_in(case: Case, remote: Remote) -> None:
    """Where it stood there before it was here. What was written down by hand stays where it is."""
    report = case.report
    report.answered_at = report.answered_at or remote.first_answer_at
    if report.state != State.NEW:
        return
    with_triage = heard.is_triage(remote.platform, remote.assignee_kind, remote.assignee)
    report.state = str(first_state(remote.state, is_open=remote.is_open, with_triage=with_triage))
    report.triaged_at = remote.triaged_at
    if report.state in CLOSED:
        report.closed_at = remote.closed_at or case.now
        report.triaged_at = report.triaged_at or report.closed_at
        report.settled_at = report.closed_at  # what was decided about money before it was here is not promised here
    elif report.state in (State.AWAITING_REPORTER, State.WITH_PLATFORM):
        whom = Wait.For.REPORTER if report.state == State.AWAITING_REPORTER else Wait.For.PLATFORM
        Wait.objects.create(report=report, whom=whom, began_at=min(remote.active_at, case.now))
    name = NAMES.get(remote.platform.kind, remote.platform.kind)
    case.tell("platform", f"{name} has it as {state_word(remote.state)}{f', assigned to {remote.assignee}' if remote.assignee else ''}.")
    heard.stands_there_in(case, remote)
    heard.money_in(case, remote, {"bounties": [], "ineligible": False})
    heard.public_in(case, remote)
