"""May this viewer change by hand who has the watch, or agree to a swap for somebody else? With the schedule of the team's managers."""

from __future__ import annotations

import datetime as dt

from watchbill.people.permissions import Decision, Verb, Viewer, decide
from watchbill.response.selectors import manages


def may_cover(viewer: Viewer, team_id: int, *, now: dt.datetime) -> Decision:
    """Overrides of this team's schedules, and swaps of one's own watches there."""
    return decide(viewer, Verb.COVER, team_id=team_id, manages=manages(viewer.person_id, team_id, now=now))


def may_agree_for(viewer: Viewer, team_id: int, *, now: dt.datetime) -> Decision:
    """Answer, withdraw or undo a swap of others."""
    return decide(viewer, Verb.AGREE_FOR, team_id=team_id, manages=manages(viewer.person_id, team_id, now=now))
