"""Which row does a name of the file stand for? Filled as the parts are written, lower ones first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from watchbill.config.rules import Full
from watchbill.paging.models import Policy
from watchbill.people.models import Person, Team
from watchbill.schedules.models import Schedule


@dataclass(slots=True)
class Ids:
    """Ids by name, deactivated rows included: a name belongs to one row for ever."""

    people: dict[str, int] = field(default_factory=dict)
    teams: dict[str, int] = field(default_factory=dict)
    schedules: dict[str, int] = field(default_factory=dict)
    policies: dict[str, int] = field(default_factory=dict)

    def person(self, handle: str | None) -> int | None:
        return self.people[handle] if handle else None

    def target(self, full: Mapping[str, Any]) -> Full:
        """A target as it is stored: the row's id and, for reading, its name."""
        if "webhook" in full:
            host = urlsplit(full["webhook"]).hostname or "webhook"  # the name is shown, and the rest may be a secret
            return {"kind": "webhook", "id": None, "name": host, "url": full["webhook"]}
        if "channel" in full:
            where = full["channel"]
            more = {"name": "the team's channel"} if where == "team" else {"name": where["name"], "chat": where["chat"]}
            return {"kind": "channel", "id": None, **more}
        if "team" in full:
            order = {"order": "daylight", "each": full["each"]} if full["order"] == "daylight" else {}
            return {"kind": "team", "id": self.teams[full["team"]], "name": full["team"], **order}
        if "person" in full:
            return {"kind": "person", "id": self.people[full["person"]], "name": full["person"]}
        return {"kind": "schedule", "id": self.schedules[full["schedule"]], "name": full["schedule"]}


def load_in() -> Ids:
    """Every name there is. Four queries."""
    return Ids(
        people=dict(Person.objects.values_list("handle", "id")),
        teams=dict(Team.objects.values_list("name", "id")),
        schedules=dict(Schedule.objects.values_list("name", "id")),
        policies=dict(Policy.objects.values_list("name", "id")),
    )
