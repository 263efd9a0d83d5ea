"""What touches an incident and its pages together. Public acts begin their own transaction; `_in` functions are part of another one."""

from __future__ import annotations

from watchbill.response.actions.acknowledging import acknowledge, give_back, source_ack_in
from watchbill.response.actions.bulk import bulk
from watchbill.response.actions.case import Outcome
from watchbill.response.actions.closing import cleared_in, reopen, resolve, resolve_page
from watchbill.response.actions.errands import add_stakeholder, add_task, end_task, remove_stakeholder, updated_stakeholders
from watchbill.response.actions.issues import write_again
from watchbill.response.actions.managing import log_call, manager_step
from watchbill.response.actions.opening import open_in, page_by_hand
from watchbill.response.actions.sheets import sheet_taken
from watchbill.response.actions.steps import answer_step
from watchbill.response.actions.walking import assign, escalate, page_people, reassign, snooze
from watchbill.response.actions.words import note, set_severity

__all__ = [
    "Outcome",
    "acknowledge",
    "add_stakeholder",
    "add_task",
    "answer_step",
    "assign",
    "bulk",
    "cleared_in",
    "end_task",
    "escalate",
    "give_back",
    "log_call",
    "manager_step",
    "note",
    "open_in",
    "page_by_hand",
    "page_people",
    "reassign",
    "remove_stakeholder",
    "reopen",
    "resolve",
    "resolve_page",
    "set_severity",
    "sheet_taken",
    "snooze",
    "source_ack_in",
    "updated_stakeholders",
    "write_again",
]
