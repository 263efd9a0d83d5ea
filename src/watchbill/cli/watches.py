"""What a change does to the watches, said in a terminal and in JSON: new gaps, new strain, swaps and covers that it ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from watchbill.cli.app import out, printable, short
from watchbill.config.actions import Outcome
from watchbill.config.watching import Watch
from watchbill.schedules.actions import Settled
from watchbill.schedules.rules import Finding
from watchbill.schedules.rules.strain import MOST_NIGHTS, MOST_WEEKENDS

SHOWN = 10  # of one sort in the terminal; JSON has all of them
Names = Mapping[int, Mapping[str, str]]


def phrase(found: Finding, other: str, names: Names) -> str:
    """A finding without its time. `other`: the other schedule of a double booking."""
    name, hours = names[found.person_id]["name"], (found.end - found.start) / dt.timedelta(hours=1)
    return {
        "double": f"{name} has {other} at the same time",
        "rest": f"{name} rests only {hours:g} h between two watches",
        "long": f"{name} is on watch for {hours:g} h without a break",
        "nights": f"{name} is on watch more than {MOST_NIGHTS} nights in a row",
        "weekends": f"{name} is on watch more than {MOST_WEEKENDS} weekends in a row",
        "time_off": f"{name} has time off",
        "holiday": f"{name} has a public holiday",
        "inactive": f"{name} is deactivated and will be skipped",
    }[found.kind]


def said(found: Finding, other: str, names: Names) -> str:
    """A finding as a sentence with its time."""
    return f"{phrase(found, other, names)}, {short(found.start)} to {short(found.end)}."


def often(rows: Sequence[Finding]) -> str:
    """How often it happens: the first time and the last, once its time alone."""
    first = f"{short(rows[0].start)} to {short(rows[0].end)}"
    return first if len(rows) == 1 else f"{len(rows)} times: first {first}, last {short(rows[-1].start)} to {short(rows[-1].end)}"


def print_why(data: Mapping[str, Any]) -> None:
    """Layer by layer, then change by change."""
    out.print(printable(f"Why, on {data['schedule']} at {short(data['at'])}:"))
    for says in data["layers"]:
        who = ", ".join(one["name"] for one in says["people"])
        told = f"{who}, {short(says['start'])} to {short(says['end'])}" if who else "no shift of it then"
        also = f"{' (shadow)' if says['shadow'] else ''}{'; hidden by a later layer' if says['hidden'] else ''}"
        out.print(printable(f"  layer {says['layer']}, on the clock of {says['timezone']}: {told}{also}"))
    for change in data["changes"]:
        became = (
            "changed nothing at that moment"
            if change["before"] == change["after"]
            else f"{_on(change['before'])} -> {_on(change['after'])}"
        )
        by = (
            f"by {change['created_by'] or 'the operator'} {short(change['created_at'])}{': ' if change['reason'] else ''}{change['reason']}"
        )
        person = f"{change['person']['name']}{' for ' + change['replaced']['name'] if change['replaced'] else ''}"
        out.print(printable(f"  {change['source']} {change['override']}, {change['kind'].replace('_', ' ')} {person}, {by}; {became}"))
    out.print(printable(f"  so: {_on(data['on_call'])}"))


def _on(people: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(f"{one['name']}{' (shadow)' if 'shadow' in one else ''}" for one in people) or "nobody"


def show_outcome(outcome: Outcome) -> None:
    """One line for each new gap, each sort of new strain and each agreement."""
    for watch in outcome.watches:
        for line in [*_gap_lines(watch), *_strain_lines(watch, outcome.names)]:
            out.print(printable(f"watch {watch.name}: {line}"))
    for each in outcome.settled:
        out.print(printable(_settled_line(each)))


def outcome_object(outcome: Outcome) -> dict[str, Any]:
    """The same for machines, whole."""
    return {
        "watches": [
            {
                "schedule": watch.name,
                "new": watch.is_new,
                "gaps": [{"start": start, "end": end} for start, end in watch.foreseen.gaps],
                "warnings": [
                    {
                        "kind": found.kind,
                        "person": outcome.names.get(found.person_id),
                        "start": found.start,
                        "end": found.end,
                        "text": said(found, other, outcome.names),
                    }
                    for found, other in _told(watch)
                ],
            }
            for watch in outcome.watches
        ],
        "agreements": [
            {
                "kind": each.kind,
                "id": each.id,
                "people": [{"handle": who.handle, "name": who.name} for who in (each.one, each.other)],
                "watches": [{"schedule": name, "start": start, "end": end} for name, start, end in each.watches],
                "ends": each.ends,
            }
            for each in outcome.settled
        ],
    }


def _told(watch: Watch) -> list[tuple[Finding, str]]:
    """Of a first version only who has two at once: the rest is what its people agreed to, and `verify` says it."""
    return [each for each in watch.foreseen.findings if not watch.is_new or each[0].kind == "double"]


def _gap_lines(watch: Watch) -> list[str]:
    gaps = watch.foreseen.gaps
    lines = [f"a new gap: nobody from {short(start)} to {short(end)}" for start, end in gaps[:SHOWN]]
    return [*lines, f"and {len(gaps) - SHOWN} more new gaps in the year ahead"] if len(gaps) > SHOWN else lines


def _strain_lines(watch: Watch, names: Names) -> list[str]:
    """What happens again and again is said once, with how often."""
    rows: dict[str, list[Finding]] = {}
    for found, other in _told(watch):
        rows.setdefault(phrase(found, other, names), []).append(found)
    lines = [f"new: {text}, {_often(found)}" for text, found in list(rows.items())[:SHOWN]]
    return [*lines, f"and {len(rows) - SHOWN} more sorts; `watchbill verify` names all"] if len(rows) > SHOWN else lines


def _often(rows: list[Finding]) -> str:
    first = f"{short(rows[0].start)} to {short(rows[0].end)}"
    return first if len(rows) == 1 else f"{len(rows)} times in the year ahead, first {first}"


def _settled_line(each: Settled) -> str:
    what = "The swap of" if each.kind == "swap" else "The cover between"
    end = (
        "ends, since a watch of it is another one now, or one of them is gone"
        if each.ends
        else "is kept as far as it has begun; the rest of it is lost"
    )
    return f"{what} {each.one.name} and {each.other.name} ({_spans(each.watches)}) {end}. Both are told."


def _spans(watches: Iterable[tuple[str, dt.datetime, dt.datetime]]) -> str:
    return "; ".join(f"{name}, {short(start)} to {short(end)}" for name, start, end in watches)
