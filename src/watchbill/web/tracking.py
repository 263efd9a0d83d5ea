"""The tracking issue of an incident as its page shows it: where it is, what waits to be written there, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from watchbill.incidents.models import Incident
from watchbill.trackers.models import Issue, Link, Tracker, Write
from watchbill.trackers.rules.fields import Gap, gaps
from watchbill.trackers.selectors import link_of, settings_of, unwritten

WORDS = {"create": "the issue itself", "comment": "a note", "assign": "who is assigned", "state": "open or closed", "label": "its labels"}


@dataclass(frozen=True, slots=True)
class Tracking:
    """`waits`: what is not written yet; `failed` (what, why) of those that were tried; `why_none`: empty where there is an issue."""

    link: Link | None
    waits: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    why_none: str = ""
    setting: dict[str, Any] = field(default_factory=dict)


def tracking_of(incident: Incident) -> Tracking | None:
    """None where there is no issue, and the team has no project for any. Three queries at most."""
    link = link_of(incident.id)
    if link is not None:
        rows = unwritten(link)
        failed = tuple((_word(row), row.error) for row in rows if row.error)
        return Tracking(link, tuple(_word(row) for row in rows if not row.error), failed)
    setting = incident.team.issue
    return Tracking(None, why_none=_why_none(incident, setting), setting=setting) if setting else None


def issue_gaps(incident: Incident) -> list[Gap]:
    """What is missing in the fields of its tracking issue; nothing where there is none, or it is gone. One query."""
    link = link_of(incident.id)
    issue = link.issue if link is not None else None
    if link is None or issue is None or issue.state == Issue.State.GONE:
        return []
    prefix = (incident.team.issue or {}).get("severity_label", "")
    wanted = [*link.labels, *([f"{prefix}{incident.severity}"] if prefix and not incident.restricted else [])]
    return gaps(described=issue.described, labels=issue.labels, wanted=wanted, assignees=issue.assignees, name=f"{issue}")


def _word(row: Write) -> str:
    return "the hand-off" if "handoff" in (row.entry or {}) else WORDS[row.kind]


def _why_none(incident: Incident, setting: dict[str, Any]) -> str:
    if incident.restricted and setting.get("restricted", "none") == "none":
        return "A restricted incident of this team gets none."
    row = Tracker.objects.filter(name=setting["tracker"], is_active=True).first()
    if row is None:
        return f"The tracker {setting['tracker']} is not in the configuration file any more."
    if "create_issue" not in row.writes:
        return f"The tracker {row.name} may make none: its `writes` has no `create_issue`."
    if not settings_of(row).works:
        return f"The tracker {row.name} is not active here. `watchbill doctor` names what is missing."
    return "When it opened, the tracker was not active, or the team had no project for it."
