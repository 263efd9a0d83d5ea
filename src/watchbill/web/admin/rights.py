"""Who may change which part of the configuration? Each answer is one `decide`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watchbill.audit.models import Record
from watchbill.config.actions import team_of
from watchbill.config.rules import Standing
from watchbill.people.models import Team
from watchbill.people.permissions import Decision, Verb, Viewer, decide


@dataclass(frozen=True, slots=True)
class Rights:
    """What this viewer may change. Admins of a team change the team and what belongs to it, administrators everything."""

    viewer: Viewer
    teams: Mapping[str, int]  # active ones, by name

    def on(self, kind: str, team: str | None) -> Decision:
        """An entry of a team; people and whatever belongs to no team are the administrators'."""
        if kind in ("teams", "policies", "services", "schedules", "heartbeats") and team is not None and team in self.teams:
            return decide(self.viewer, Verb.CONFIGURE, team_id=self.teams[team])
        return decide(self.viewer, Verb.ADMINISTER)

    def may_take_back(self, record: Record, kind: str, name: str, standing: Standing) -> bool:
        """Whoever may change the entry, of the team that it had then and of the one that it has now."""
        now = team_of(kind, name, standing.current.get((kind, name)), standing.current)
        then = next((team for team, number in self.teams.items() if number == record.team_id), None)
        teams: set[str | None] = {team for team in (now, then) if team} or {None}
        return all(self.on(kind, team).allowed for team in teams)

    @property
    def is_administrator(self) -> bool:
        return decide(self.viewer, Verb.ADMINISTER).allowed

    @property
    def own(self) -> list[str]:
        """The teams that this viewer may change."""
        return [name for name in self.teams if self.on("teams", name).allowed]


def rights_of(viewer: Viewer) -> Rights:
    """One query."""
    return Rights(viewer, dict(Team.objects.filter(is_active=True).order_by("name").values_list("name", "id")))


def may_administer(viewer: Viewer) -> bool:
    """Is there anything in the administration for this viewer?"""
    return decide(viewer, Verb.CONFIGURE).allowed
