"""Pages begin, walk, are acknowledged, put off, pointed at somebody, and end.

Functions that end in `_in` belong into the open transaction of whoever acts, who has locked the incident before (order: incident, page,
notification) and writes the act itself into audit and timeline; here stands what the engine and the walk add. They answer False, or None,
where somebody was first or nothing changes.
"""

from watchbill.paging.actions.acts import (
    acknowledge_in,
    aim_in,
    all_failed_in,
    escalate_in,
    hold_back_in,
    let_go_in,
    louder_in,
    page_people_in,
    pause_in,
    put_off_in,
    reached_in,
    resolve_in,
    resume_in,
    snooze_in,
    source_cleared_in,
    start_again_in,
    word_in,
)
from watchbill.paging.actions.firing import fire_due
from watchbill.paging.actions.opening import NewPage, open_pages_in

__all__ = [
    "NewPage",
    "acknowledge_in",
    "aim_in",
    "all_failed_in",
    "escalate_in",
    "fire_due",
    "hold_back_in",
    "let_go_in",
    "louder_in",
    "open_pages_in",
    "page_people_in",
    "pause_in",
    "put_off_in",
    "reached_in",
    "resolve_in",
    "resume_in",
    "snooze_in",
    "source_cleared_in",
    "start_again_in",
    "word_in",
]
