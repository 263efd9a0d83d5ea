"""Who has the watch? Layers, rotation, overrides, gaps, and what an edit of a rotation means. Pure."""

from watchbill.schedules.rules.clashing import Clash, clashes
from watchbill.schedules.rules.coverage import (
    Finding,
    absences,
    doubles,
    first_start,
    gaps,
    hours_of,
    long_watches,
    rests,
    with_gaps,
)
from watchbill.schedules.rules.editing import Edit, LayerSpec, Version, plan_edit, rule_of
from watchbill.schedules.rules.entries import CalendarEntry, Mark, entries
from watchbill.schedules.rules.model import (
    LayerRule,
    Length,
    OverrideRule,
    ScheduleRule,
    Shift,
    Turn,
    parse_length,
    parse_turn,
)
from watchbill.schedules.rules.shifts import final_shifts, layer_shifts, next_after, on_call_at

__all__ = [
    "CalendarEntry",
    "Clash",
    "Edit",
    "Finding",
    "LayerRule",
    "LayerSpec",
    "Length",
    "Mark",
    "OverrideRule",
    "ScheduleRule",
    "Shift",
    "Turn",
    "Version",
    "absences",
    "clashes",
    "doubles",
    "entries",
    "final_shifts",
    "first_start",
    "gaps",
    "hours_of",
    "layer_shifts",
    "long_watches",
    "next_after",
    "on_call_at",
    "parse_length",
    "parse_turn",
    "plan_edit",
    "rests",
    "rule_of",
    "with_gaps",
]
