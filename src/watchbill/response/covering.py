"""May this viewer change by hand who has the watch, or agree to a swap for somebody else? With the schedule of the team's managers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from watchbill.people.permissions import Decision, Verb, Viewer, decide
from watchbill.response.selectors import manages


def may_cover(viewer: Viewer, team_id: int, *, now: dt.datetime) -> Decision:
    """Overrides of this team's schedules, and swaps of one's own watches there."""
    return decide(viewer, Verb.COVER, team_id=team_id, manages=manages(viewer.person_id, team_id, now=now))


def may_cover_all(viewer: Viewer, team_ids: Iterable[int], *, now: dt.datetime) -> Decision:
    """The same for several teams in one step: all of them, or the first reason why not."""
    decisions = [may_cover(viewer, team_id, now=now) for team_id in sorted(set(team_ids))]
    return next((each for each in decisions if not each.allowed), decisions[0] if decisions else Decision(True, "It concerns no team."))


def may_agree_for(viewer: Viewer, team_id: int, *, now: dt.datetime) -> Decision:
    """Answer, withdraw or undo a swap of others."""
    return decide(viewer, Verb.AGREE_FOR, team_id=team_id, manages=manages(viewer.person_id, team_id, now=now))
