"""Promises keep themselves: counted anew when what they depend on changed, and told before they break and when they broke, once each.

Hours, holidays, time off and targets change without an act on a report, so every open one is counted at least each hour, in bounded sets.
Whoever hears of it hears its number and code name, in their working time where the team has no watch around the clock.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence

from django.db import transaction

from watchbill.audit.actions import ENGINE, record_in
from watchbill.incidents.rules import plain
from watchbill.notifications.actions.planning import tell_in
from watchbill.people.models import Person
from watchbill.people.rules import WorkingTime
from watchbill.people.working import team_calendar, working_times
from watchbill.reports.actions.evidence import audit_of
from watchbill.reports.models import Entry, PromiseTold, Report, Wait
from watchbill.reports.rules import clocks, telling
from watchbill.reports.selectors.reading import moments_of, targets_of
from watchbill.reports.selectors.seeing import circle_of
from watchbill.response.selectors import on_call_of

MOST = 200  # reports in one look
WORDS = {
    "first_response": "first answer",
    "triage": "triage",
    "bounty": "bounty",
    "update": "word to the reporter",
    "disclosure": "answer about disclosure",
}


@transaction.atomic(durable=True)
def keep_promises(*, now: dt.datetime) -> int:
    """Count anew what is due to be counted. Answers for how many reports. A fixed number of statements, and some for each that is told."""
    rows = Report.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(look_at__lte=now)
    reports = list(rows.select_related("program", "team", "accountable").order_by("look_at", "id")[:MOST])
    if not reports:
        return 0
    waits, told = _waits_of(reports), _told_of(reports)
    times = working_times({report.accountable_id for report in reports if report.accountable_id is not None}, around=now)
    changed = []
    for report in reports:
        working = times.get(report.accountable_id or 0) or team_calendar(report.team, around=now) or WorkingTime()
        changed += _counted_in(report, waits[report.pk], told[report.pk], working, now=now)
    Report.objects.bulk_update(reports, ["due_at", "promise", "look_at"])
    PromiseTold.objects.bulk_create(
        [PromiseTold(report=report, promise=promise, began_at=began, stage=stage, at=now) for report, (promise, began, stage) in changed]
    )
    return len(reports)


def _counted_in(
    report: Report, waits: Sequence[clocks.Wait], told: Collection[telling.Key], working: WorkingTime, *, now: dt.datetime
) -> list[tuple[Report, telling.Key]]:
    found = clocks.clocks_of(moments_of(report, waits), targets_of(report.program), working)
    due = clocks.next_promise(found)
    report.due_at, report.promise = (due.due_at, str(due.promise)) if due is not None else (None, "")
    tell = telling.to_tell(found, told, now=now)
    opening = working.next_opening(now) if tell and not _any_hour(report) else now
    report.look_at = telling.look_again(found, now=now, opening=opening)
    if opening > now:
        return []
    for each in tell:
        _tell_in(report, each, now=now)
    return [(report, each.key) for each in tell]


def _any_hour(report: Report) -> bool:
    return report.team.desk == "paged"


def _tell_in(report: Report, each: telling.Telling, *, now: dt.datetime) -> None:
    broken = each.stage is telling.Stage.BROKEN
    name = WORDS[str(each.clock.promise)]
    due = f"{each.clock.due_at:%d %B %Y %H:%M} UTC"
    title = f"A promise is broken: {name}" if broken else f"A promise is about to break: {name}"
    said = f"It was due on {due}." if broken else f"It is due on {due}."
    hear = alarm_in(report, title, said, now=now, urgency="high" if broken else "low")
    names = ", ".join(person.name for person in hear) or "nobody: nobody who may know of it is there"
    text = f"{name.capitalize()}: {'the promise broke' if broken else 'the promise is about to break'}. {said} Told: {names}."
    Entry.objects.create(report=report, at=now, kind="promise", via="engine", text=plain(text), data={"promise": str(each.clock.promise)})
    detail = {"promise": str(each.clock.promise), "stage": str(each.stage), "people": [person.id for person in hear]}
    record_in([audit_of(report, "promise_told", **detail)], by=ENGINE, now=now)


def alarm_in(report: Report, title: str, said: str, *, now: dt.datetime, urgency: str = "high") -> list[Person]:
    """Whoever answers for it is told by their own ways; number and code name, and nothing of what it says. Answers whom."""
    people = who_hears(report, now=now)
    news = {
        "number": None,
        "title": title,
        "severity": "",
        "service": "",
        "reason": f"{report} ({report.code_name}). {said}",
        "restricted": False,
        "path": f"/reports/{report.number}",
        "opened_at": None,
    }
    tell_in({person.id: news for person in people}, now=now, urgency=urgency)
    return people


def who_hears(report: Report, *, now: dt.datetime) -> list[Person]:
    """Whoever is accountable, else who has the watch of the team, else everybody who may know of it: never anybody who may not."""
    circle = circle_of(report)
    watch = set(on_call_of(report.team_id, now=now))
    accountable = [person for person in circle if person.id == report.accountable_id]
    return accountable or [person for person in circle if person.id in watch] or circle


def _waits_of(reports: Sequence[Report]) -> dict[int, list[clocks.Wait]]:
    found: dict[int, list[clocks.Wait]] = defaultdict(list)
    rows = Wait.objects.filter(report__in=reports).order_by("began_at").values_list("report_id", "began_at", "ended_at")
    for report_id, began_at, ended_at in rows:
        found[report_id].append((began_at, ended_at))
    return found


def _told_of(reports: Sequence[Report]) -> dict[int, set[telling.Key]]:
    found: dict[int, set[telling.Key]] = defaultdict(set)
    rows = PromiseTold.objects.filter(report__in=reports).values_list("report_id", "promise", "began_at", "stage")
    for report_id, promise, began_at, stage in rows:
        found[report_id].add((promise, began_at, stage))
    return found
