"""Who has the watch? Layers, rotation, overrides, gaps, and what an edit of a rotation means. Pure."""

from watchbill.schedules.rules.affected import Moved, calendar_news, moved
from watchbill.schedules.rules.agreeing import Agreement, Settlement, settle
from watchbill.schedules.rules.clashing import Clash, clashes
from watchbill.schedules.rules.coverage import (
    Finding,
    absences,
    doubles,
    first_start,
    gaps,
    long_watches,
    rests,
    with_gaps,
)
from watchbill.schedules.rules.covering import could_cover, watches_around
from watchbill.schedules.rules.editing import Edit, LayerSpec, Version, plan_edit, rule_of
from watchbill.schedules.rules.entries import CalendarEntry, Mark, entries
from watchbill.schedules.rules.foreseeing import AROUND, Foreseen, first_change, foresee, new_gaps, with_override, without_override
from watchbill.schedules.rules.history import Period, carried, months_of, weeks_of
from watchbill.schedules.rules.model import (
    LayerRule,
    Length,
    OverrideRule,
    ScheduleRule,
    Shift,
    Turn,
    parse_length,
    parse_turn,
    until_of,
)
from watchbill.schedules.rules.reasons import LayerSays, Reasons, Step, reasons
from watchbill.schedules.rules.repeating import weekly
from watchbill.schedules.rules.shifts import final_shifts, layer_shifts, next_after, on_call_at
from watchbill.schedules.rules.standing_in import watched_by
from watchbill.schedules.rules.strain import Load, in_a_row, loads
from watchbill.schedules.rules.swapping import Exchange, Half, both_stand, broken_by, half_of, stands, why_no_exchange, why_not_undone
from watchbill.schedules.rules.templates import Local, backup_of, days_and_weekends, local_hours, monday_from, regions, week_by_week
from watchbill.schedules.rules.turning import Point, Spell, points, spells, window
from watchbill.schedules.rules.untaken import ESCALATED, REMINDED, Nudge, nudge_of, urgency_of
from watchbill.schedules.rules.verifying import Facts, Verdict, judge, news

__all__ = [
    "AROUND",
    "ESCALATED",
    "REMINDED",
    "Agreement",
    "CalendarEntry",
    "Clash",
    "Edit",
    "Exchange",
    "Facts",
    "Finding",
    "Foreseen",
    "Half",
    "LayerRule",
    "LayerSays",
    "LayerSpec",
    "Length",
    "Load",
    "Local",
    "Mark",
    "Moved",
    "Nudge",
    "OverrideRule",
    "Period",
    "Point",
    "Reasons",
    "ScheduleRule",
    "Settlement",
    "Shift",
    "Spell",
    "Step",
    "Turn",
    "Verdict",
    "Version",
    "absences",
    "backup_of",
    "both_stand",
    "broken_by",
    "calendar_news",
    "carried",
    "clashes",
    "could_cover",
    "days_and_weekends",
    "doubles",
    "entries",
    "final_shifts",
    "first_change",
    "first_start",
    "foresee",
    "gaps",
    "half_of",
    "in_a_row",
    "judge",
    "layer_shifts",
    "loads",
    "local_hours",
    "long_watches",
    "monday_from",
    "months_of",
    "moved",
    "new_gaps",
    "news",
    "next_after",
    "nudge_of",
    "on_call_at",
    "parse_length",
    "parse_turn",
    "plan_edit",
    "points",
    "reasons",
    "regions",
    "rests",
    "rule_of",
    "settle",
    "spells",
    "stands",
    "until_of",
    "urgency_of",
    "watched_by",
    "watches_around",
    "week_by_week",
    "weekly",
    "weeks_of",
    "why_no_exchange",
    "why_not_undone",
    "window",
    "with_gaps",
    "with_override",
    "without_override",
]
