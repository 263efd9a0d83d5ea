"""The audit's record of an act on a report."""

from __future__ import annotations

from typing import Any

from watchbill.audit.actions import Entry as Record
from watchbill.reports.models import Report


def audit_of(report: Report, act: str, /, **detail: Any) -> Record:
    """The audit's record: the act and its circumstances, never what the report says."""
    return Record(f"report.{act}", "report", str(report.pk), team_id=report.team_id, restricted=True, detail=detail)
