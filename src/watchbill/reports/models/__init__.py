"""Programmes, the vulnerability reports of each, who may know of them, what was said, decided and promised. Contents are written by outsiders:
hostile text."""

from __future__ import annotations

from watchbill.reports.models.circle import Look, Member, SavedView, Watcher
from watchbill.reports.models.deciding import Disclosure, MoneyStep, PromiseTold
from watchbill.reports.models.programs import Program, ProgramVersion, Reporter
from watchbill.reports.models.report import CLOSED, Report
from watchbill.reports.models.story import CannedText, Entry, Knock, Message, Rating, Wait

__all__ = [
    "CLOSED",
    "CannedText",
    "Disclosure",
    "Entry",
    "Knock",
    "Look",
    "Member",
    "Message",
    "MoneyStep",
    "Program",
    "ProgramVersion",
    "PromiseTold",
    "Rating",
    "Report",
    "Reporter",
    "SavedView",
    "Wait",
    "Watcher",
]
