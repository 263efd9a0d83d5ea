"""Write programmes as a file says. What their tiers and tables were before stays: ratings and amounts were decided by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from watchbill.config.actions.ids import Ids
from watchbill.config.rules import File, Full
from watchbill.reports.models import Program, ProgramVersion
from watchbill.trackers.models import Tracker

PLAIN = ("platform", "project", "tiers", "bounty", "disclosure", "targets")


def write_programs_in(programs: Mapping[str, Full], ids: Ids, *, now: dt.datetime) -> None:
    """Make and change programmes; a version for each tiers or table that is new."""
    trackers = dict(Tracker.objects.values_list("name", "id")) if programs else {}
    for name, full in programs.items():
        values = {field: full[field] for field in PLAIN} | {"team_id": ids.teams[full["team"]]}
        values["tracker_id"] = trackers[full["tracker"]] if full["tracker"] else None
        row, _ = Program.objects.update_or_create(name=name, defaults={**values, "is_active": True})
        content = {"tiers": full["tiers"], "bounty": full["bounty"]}
        last = row.versions.order_by("-number").first()
        if last is None or last.content != content:
            ProgramVersion.objects.create(program=row, number=1 if last is None else last.number + 1, content=content, made_at=now)


def order_programs_in(file: File) -> None:
    """In the file's order: the first one takes what comes by the public form."""
    order = {entry.name: position for position, entry in enumerate(file.of("programs"))}
    rows = [row for row in Program.objects.filter(name__in=order) if row.position != order[row.name]]
    for row in rows:
        row.position = order[row.name]
    Program.objects.bulk_update(rows, ["position"])
