"""The account of a watch in words, times in UTC: for its reader, or as it is pasted or sent along and names nothing that not everybody may know."""

from __future__ import annotations

import datetime as dt

from watchbill.duties.learnings.rules import KINDS
from watchbill.duties.models import Taking
from watchbill.handoff.account import Part, length, plain, written
from watchbill.handoff.models import Handoff
from watchbill.handoff.selectors.shift import Account, Watch, account_of
from watchbill.incidents.models import Incident, Tenure
from watchbill.people.models import Person
from watchbill.people.permissions import Viewer

LONGEST_NOTE = 300


def text_of(viewer: Viewer, person: Person, watch: Watch, *, now: dt.datetime, zone: dt.tzinfo) -> str:
    """To pass on, as Markdown: only what everybody may know."""
    return words_of(account_of(viewer, person, watch, now=now, zone=zone, shared=True), now=now, shared=True)


def words_of(account: Account, *, now: dt.datetime, shared: bool = False) -> str:
    """An account as Markdown; with all that its reader may know unless it is to be passed on. Restricted incidents stand by their code names."""
    watch, person = account.watch, account.person
    parts = [
        Part("Waits for an answer", [f"{plain(row.giver.name)} hands {_name(row.incident)} over" for row in account.offered]),
        Part("Duties", [plain(f"{each.name}: {each.word}{f' ({each.detail})' if each.detail else ''}") for each in account.duties]),
        Part("Done", _done(account)),
        Part("Notes", [f"{_number(line.incident)}: {plain(line.text[:LONGEST_NOTE])}" for line in account.notes]),
        Part("Learned", [f"{KINDS[row.kind]}: {plain(row.text)}" for row in account.learnings]),
        Part("Left open", _left(account)),
    ]
    hidden = " What is restricted or confidential is not in here." if shared else ""
    if watch is None:
        return written(f"Watch of {person.name}: none now", f"As of {_at(now)}.{hidden}", parts)
    so_far = "" if watch.end <= now else f", as of {_at(now)}"
    when = f"{_at(watch.start)} to {_at(watch.end)}{so_far}.{hidden}"
    return written(f"Watch of {person.name}: {watch.schedule.name}", when, parts)


def _done(account: Account) -> list[str]:
    numbers, person = account.numbers, account.person
    lines = []
    if numbers.pages:
        night = f", {numbers.at_night} at night" if numbers.at_night else ""
        waits = (
            f"; acknowledged after {length(numbers.typical)} (median), {length(numbers.worst)} (worst)"
            if numbers.typical is not None and numbers.worst is not None
            else ""
        )
        lines.append(f"Paged {numbers.pages} {'time' if numbers.pages == 1 else 'times'}{night}{waits}")
    lines += [f"Answered a page of {_name(page.incident)}, {_at(page.acknowledged_at)}" for page in account.answered]
    lines += [f"Owned {_name(row.incident)}, {_span(row)}" for row in account.owned]
    lines += [
        f"Went through the queue {plain(row.queue.name)}, {_at(row.at)}{f': {plain(row.note)}' if row.note else ''}"
        for row in account.passes
    ]
    lines += [_handed(row, person) for row in account.handed]
    lines += [f"Finished {_item(row)}" for row in account.items_done]
    return lines + [f"Did for {_number(task.incident)}: {plain(task.what)}" for task in account.tasks_done]


def _left(account: Account) -> list[str]:
    lines = [f"{_name(each.incident)}: {plain(each.word)}{f' {each.detail}' if each.detail else ''}" for each in account.left]
    lines += [f"{_item(row)}: stays with {plain(account.person.name)}" for row in account.items]
    return lines + [f"For {_number(task.incident)}: {plain(task.what)}" for task in account.tasks]


def _handed(row: Handoff, person: Person) -> str:
    if row.giver_id == person.pk:
        return f"Handed {_name(row.incident)} to {plain(row.receiver.name if row.receiver else '')}"
    return f"Took {_name(row.incident)} over from {plain(row.giver.name)}"


def _item(row: Taking) -> str:
    return f"{plain(str(row.issue))} {plain(row.issue.title)}"


def _name(incident: Incident) -> str:
    return f"{_number(incident)} {plain(incident.code_name if incident.restricted else incident.title)} ({incident.severity})"


def _number(incident: Incident) -> str:
    return f"\\#{incident.number}"


def _span(row: Tenure) -> str:
    return f"{_at(row.since)} to {_at(row.until)}" if row.until else f"since {_at(row.since)}"


def _at(at: dt.datetime | None) -> str:
    return f"{at.astimezone(dt.UTC):%a %d %b %H:%M} UTC" if at else ""
