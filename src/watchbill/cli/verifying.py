"""Is somebody on watch at every second to come, and can people stand it? `watchbill verify`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from watchbill.cli.app import Json, app, now, out, say, short
from watchbill.cli.spans import MayName, schedules_named
from watchbill.cli.watches import Names, often, phrase, said
from watchbill.schedules import selectors
from watchbill.schedules.rules import Finding

SHOWN = 10  # gaps, or sorts of warnings of one kind, in the terminal; JSON has all of them
MOST_MONTHS = 240


@app.command("verify")
def verify(
    schedule: MayName = "",
    months: Annotated[int, typer.Option("--months", min=1, max=MOST_MONTHS, help="How far ahead.")] = 12,
    as_json: Json = False,
) -> None:
    """Is somebody on watch at every second to come? Gaps (exit 1), and what people cannot stand."""
    reports = selectors.verify(schedules_named(schedule), months=months, now=now())
    names = selectors.people_objects(
        person_id for report in reports for person_id in (*report.hours, *(w.person_id for w, _ in report.warnings))
    )
    data = [_report(report, names) for report in reports]
    say(data, as_json=as_json, human=lambda: _print_reports(reports, data, names))
    if any(report.gaps for report in reports):
        raise typer.Exit(1)


def _report(report: selectors.Report, names: dict[int, dict[str, str]]) -> dict[str, Any]:
    return {
        "schedule": report.schedule.name,
        "from": report.start,
        "to": report.end,
        "gaps": [{"start": start, "end": end} for start, end in report.gaps],
        "warnings": [
            {
                "kind": found.kind,
                "person": names.get(found.person_id),
                "start": found.start,
                "end": found.end,
                "text": said(found, other, names),
            }
            for found, other in report.warnings
        ],
        "hours": [
            {
                "person": names.get(load.person_id),
                "hours": round(load.watched.total_seconds() / 3600, 2),
                "nights": load.nights,
                "weekends": load.weekends,
                "holidays": load.holidays,
            }
            for load in report.verdict.loads
        ],
    }


def _print_reports(reports: Sequence[selectors.Report], data: Iterable[dict[str, Any]], names: Names) -> None:
    for report, shown in zip(reports, data, strict=True):
        gaps = report.gaps
        span = f"{report.start:%Y-%m-%d} to {report.end:%Y-%m-%d}"
        out.print(f"{report.schedule.name}, {span}: {f'{len(gaps)} gaps' if len(gaps) > 1 else 'one gap' if gaps else 'no gap'}")
        for start, end in gaps[:SHOWN]:
            out.print(f"  nobody from {short(start)} to {short(end)}")
        if len(gaps) > SHOWN:
            out.print(f"  and {len(gaps) - SHOWN} more gaps; --json has all of them")
        for line in _warned(report, names):
            out.print(f"  {line}")
        _print_hours(shown["hours"])


def _warned(report: selectors.Report, names: Names) -> list[str]:
    """What happens again and again is said once: how often, the first and the last time. Kind by kind."""
    kinds: dict[str, dict[str, list[Finding]]] = {}
    for found, other in report.warnings:
        kinds.setdefault(found.kind, {}).setdefault(phrase(found, other, names), []).append(found)
    lines = []
    for sorts in kinds.values():
        lines += [f"warning: {text}, {often(found)}" for text, found in list(sorts.items())[:SHOWN]]
        if len(sorts) > SHOWN:
            lines.append(f"and {len(sorts) - SHOWN} more of this kind; --json has all of them")
    return lines


def _print_hours(rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        hours = ", ".join(f"{one['person']['name']} {one['hours']:,g}" for one in rows)
        out.print(f"  hours on watch: {hours}")
        counts = ", ".join(f"{one['person']['name']} {one['nights']}/{one['weekends']}/{one['holidays']}" for one in rows)
        out.print(f"  nights/weekends/holidays: {counts}")
