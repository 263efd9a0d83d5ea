"""The mark *do not disclose* on a report, in an open transaction: set by an act, or read from a comment of the team that says so."""

from __future__ import annotations

import datetime as dt

from watchbill.reports.actions.case import LONGEST_REASON, Case, because
from watchbill.reports.models import Report
from watchbill.reports.rules.disclosure import marked

REVIEWED_AFTER = dt.timedelta(days=30)  # where a comment alone made the mark


def mark_in(case: Case, reason: str, review_on: dt.date | None, *, until: dt.date | None = None) -> None:
    """The caller ends the case."""
    report = case.report
    report.secret_because, report.secret_review_on, report.secret_until, report.secret_told_on = reason, review_on, until, None
    who = case.person.name if case.person is not None else "A comment of the team"
    case.tell("secret", f"{who} marked it do not disclose: {reason}")


def read_mark_in(case: Case, comment: str) -> bool:
    """A comment of the team, from wherever it came: does it mark the report? Looked at again in a month. The caller ends the case."""
    reason = marked(comment)
    if reason is None or case.report.secret_because or case.report.disclosed_at is not None:
        return False
    mark_in(case, because(reason[:LONGEST_REASON]) or "The comment says no reason.", case.now.date() + REVIEWED_AFTER)
    return True


def unmark(report: Report) -> None:
    """Nothing is left of it but the story."""
    report.secret_because, report.secret_review_on, report.secret_until, report.secret_told_on = "", None, None, None
