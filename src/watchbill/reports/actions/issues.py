"""The tracking issue that was filed for a report, both ways: what happens there stands in its story, and what changes here is wanted there.

An issue that was there before is only linked: nothing of a report is ever written on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from watchbill.audit.actions import ENGINE, Actor, record_in
from watchbill.incidents.rules import plain
from watchbill.platforms.actions.wanting import may_write, want_in
from watchbill.platforms.models import Write as Asked
from watchbill.reports.actions.evidence import audit_of
from watchbill.reports.models import Entry, Report
from watchbill.reports.rules.flow import CLOSED
from watchbill.reports.rules.severity import SEVERITIES
from watchbill.trackers.actions.wanting import changed_of_its_own_in, comment_of_its_own_in
from watchbill.trackers.messages import News, Told
from watchbill.trackers.models import Write

LONGEST = 5000  # of a comment in the story; all of it is in the tracker


def labels_of(report: Report) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(its label of severity, those of the other ones), by the prefix of its team."""
    prefix = (report.team.issue or {}).get("severity_label", "")
    if not prefix or not report.severity:
        return (), ()
    return (f"{prefix}{report.severity}",), tuple(f"{prefix}{each}" for each in SEVERITIES if each != report.severity)


def keep_issue_true_in(report: Report, *, now: dt.datetime) -> None:
    """Who is accountable, whether it is closed and how severe it is may have changed: what differs is due on its issue."""
    link = report.link
    if link is None or not (link.draft or {}).get("follow"):
        return
    told = link.draft or {}
    own, gone = labels_of(report)
    news: dict[str, dict[str, Any]] = {}
    if report.accountable_id is not None and report.accountable_id != told.get("accountable"):
        handle = report.accountable.handle if report.accountable is not None else ""
        news[Write.Kind.ASSIGN] = {"assignee": handle, "accountable": report.accountable_id}
    if (report.state not in CLOSED) != told.get("open", True):
        news[Write.Kind.STATE] = {"open": report.state not in CLOSED}
    if list(own) != list(told.get("labels") or ()):
        news[Write.Kind.LABEL] = {"labels": list(own), "gone": list(gone)}
    if news:
        changed_of_its_own_in(link, news, now=now)


def comment_there_in(report: Report, text: str, by: str, *, now: dt.datetime) -> None:
    """What the team said among itself, on the issue that was filed for this; of a report for named people alone nothing."""
    link = report.link
    if link is not None and (link.draft or {}).get("follow") and report.circle == Report.Circle.TEAM:
        comment_of_its_own_in(link, text, by, now=now)


def tell_of_report_issue_in(news: News, *, tracker: str, now: dt.datetime) -> None:
    """What people said and did there, in the open transaction. Closing it there closes nothing here."""
    if news.incident_id is not None or not news.lines:
        return
    report = Report.objects.filter(link_id=news.link_id).first()
    if report is None:
        return
    _tell_in(report, [(kind, text, {}) for kind, text, _ in news.lines], via=tracker, now=now)
    record_in([audit_of(report, "issue_news", lines=len(news.lines))], by=Actor(name=tracker, via=tracker), now=now)


def tell_of_report_writes_in(told: Sequence[Told], *, now: dt.datetime) -> None:
    """How writes on their issues ended, in the open transaction that recorded it."""
    ours = {one.link_id: one for one in told if one.incident_id is None}
    for report in Report.objects.filter(link_id__in=ours).select_related("remote__platform") if ours else ():
        lines = [(one.kind, one.text, dict(one.data)) for one in told if one.link_id == report.link_id]
        _tell_in(report, lines, via="engine", now=now)
        _name_it_there_in(report, next((str(data["link"]) for _, _, data in lines if data.get("link")), ""), now=now)
        record_in([audit_of(report, "issue_written", lines=len(lines))], by=ENGINE, now=now)


def _name_it_there_in(report: Report, address: str, *, now: dt.datetime) -> None:
    """The issue that was made is named on the platform that the report came by."""
    remote = report.remote
    if address and remote is not None and may_write(remote, Asked.Kind.REFERENCE):
        want_in(remote, Asked.Kind.REFERENCE, {"reference": address}, person_id=None, now=now)


def _tell_in(report: Report, lines: Sequence[tuple[str, str, dict[str, Any]]], *, via: str, now: dt.datetime) -> None:
    Entry.objects.bulk_create(
        [Entry(report=report, at=now, kind=kind, via=via[:40], text=plain(text)[:LONGEST], data=data) for kind, text, data in lines]
    )
