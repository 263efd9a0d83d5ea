"""May this person do that, and why? Pure: no clock, no database; every answer carries its reason as a sentence.

Roles are held per team: viewer, responder, manager, admin; the installation has administrators of its own. Teams are open to each other:
whoever is signed in may see unrestricted incidents. A restricted case is need-to-know: only being paged (while that page is open), having
acknowledged or having been named opens it; no role does, and neither does administering the installation. Reports are need-to-know as well:
the responders of their team know of them, and whoever was named. A token never does more than
its person may, and only what its scopes name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever asks. `roles` is {team id: role}; `scopes` is None for a person who signed in, a set for a token."""

    person_id: int
    handle: str
    is_admin: bool = False
    roles: Mapping[int, str] = field(default_factory=dict)
    scopes: frozenset[str] | None = None
    is_active: bool = True


class Verb(StrEnum):
    """What somebody may want to do."""

    SEE = "see"  # incidents, their timeline, who was notified
    PAGE = "page"  # page a team by hand
    ACKNOWLEDGE = "acknowledge"
    RESPOND = "respond"  # note, severity, escalate, resolve, assign, snooze, ...
    ENGAGE = "engage"  # the manager's step: calling, page the backup, ...
    SEE_REPORTS = "see reports"  # of the team, and those on which they were named
    WORK_REPORTS = "work on reports"
    SEE_SCHEDULES = "see schedules"
    COVER = "cover"  # overrides, swaps of one's own
    AGREE_FOR = "agree for others"  # to a swap that was offered to them
    TIME_OFF = "keep time off"  # of others; everybody keeps their own
    CONFIGURE = "configure"  # the team's services, keys, policies, layers
    SEND_EVENTS = "send events"
    AUDIT = "audit"
    ADMINISTER = "administer"  # the installation


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer and its reason, one plain sentence."""

    allowed: bool
    why: str


SCOPES = (
    "incidents:read",
    "incidents:write",
    "schedules:read",
    "schedules:write",
    "reports:read",
    "reports:write",
    "reports:publish",
    "events:write",
    "audit:read",
    "admin",
)
SCOPE_OF: Mapping[Verb, str] = {
    Verb.SEE: "incidents:read",
    Verb.PAGE: "incidents:write",
    Verb.ACKNOWLEDGE: "incidents:write",
    Verb.RESPOND: "incidents:write",
    Verb.ENGAGE: "incidents:write",
    Verb.SEE_REPORTS: "reports:read",
    Verb.WORK_REPORTS: "reports:write",
    Verb.SEE_SCHEDULES: "schedules:read",
    Verb.COVER: "schedules:write",
    Verb.AGREE_FOR: "schedules:write",
    Verb.TIME_OFF: "schedules:write",
    Verb.CONFIGURE: "admin",
    Verb.SEND_EVENTS: "events:write",
    Verb.AUDIT: "audit:read",
    Verb.ADMINISTER: "admin",
}
RANK: Mapping[str, int] = {"viewer": 1, "responder": 2, "manager": 3, "admin": 4}
NEEDS: Mapping[Verb, str] = {
    Verb.ACKNOWLEDGE: "responder",
    Verb.RESPOND: "responder",
    Verb.ENGAGE: "manager",
    Verb.SEE_REPORTS: "responder",
    Verb.WORK_REPORTS: "responder",
    Verb.COVER: "responder",
    Verb.AGREE_FOR: "manager",
    Verb.TIME_OFF: "manager",
    Verb.CONFIGURE: "admin",
    Verb.AUDIT: "manager",
}
FOR_EVERYBODY = frozenset({Verb.SEE, Verb.PAGE, Verb.SEE_SCHEDULES, Verb.SEND_EVENTS})
ON_INCIDENTS = frozenset({Verb.SEE, Verb.ACKNOWLEDGE, Verb.RESPOND, Verb.ENGAGE})
BY_INVOLVEMENT = frozenset({Verb.ACKNOWLEDGE, Verb.RESPOND})
ON_REPORTS = frozenset({Verb.SEE_REPORTS, Verb.WORK_REPORTS})


def decide(
    viewer: Viewer,
    verb: Verb,
    *,
    team_id: int | None = None,
    notified: bool = False,
    has_access: bool | None = None,
    restricted: bool = False,
    manages: bool = False,
) -> Decision:
    """May `viewer` do `verb`?

    `notified`: was notified of this incident, or is engaged in it already. `has_access`: holds an open access row of a restricted one.
    `manages`: stands on the schedule of the team's managers (a manager of the team without a role in it).
    """
    if not viewer.is_active:
        return Decision(False, f"The account of {viewer.handle} is closed.")
    if not holds(viewer.scopes, SCOPE_OF[verb]):
        return Decision(False, f"This token has no scope {SCOPE_OF[verb]}; make one that has it.")
    if restricted and verb in ON_INCIDENTS and not has_access:
        return Decision(False, f"It is restricted, and {viewer.handle} was neither paged for it nor named; no role opens it.")
    if verb in FOR_EVERYBODY or (verb is Verb.SEE and restricted):
        return Decision(True, _why_everybody(viewer, verb, restricted))
    if verb in ON_REPORTS:
        return _of_report(viewer, verb, team_id=team_id, named=bool(has_access))
    return _by_role(viewer, verb, team_id=team_id, involved=notified or (restricted and bool(has_access)), manages=manages)


def holds(scopes: frozenset[str] | None, needed: str) -> bool:
    """Do these scopes include the needed one? `x:write` includes `x:read`; a person who signed in needs none."""
    if scopes is None or needed in scopes:
        return True
    subject, _, access = needed.partition(":")
    return access == "read" and f"{subject}:write" in scopes


def explain(viewer: Viewer, *, team_id: int | None = None, manages: bool = False) -> dict[Verb, Decision]:
    """Every verb with its decision: the page that explains."""
    return {verb: decide(viewer, verb, team_id=team_id, manages=manages) for verb in Verb}


def _why_everybody(viewer: Viewer, verb: Verb, restricted: bool) -> str:
    if restricted:
        return f"{viewer.handle} was paged for it, acknowledged it or was named."
    reasons = {
        Verb.SEE: "everybody with an account may see incidents that are not restricted",
        Verb.PAGE: "everybody with an account may page a team",
        Verb.SEE_SCHEDULES: "everybody with an account may see who has the watch",
        Verb.SEND_EVENTS: "everybody with an account may send events",
    }
    return f"{viewer.handle} may: {reasons[verb]}."


def _by_role(viewer: Viewer, verb: Verb, *, team_id: int | None, involved: bool, manages: bool) -> Decision:
    who = viewer.handle
    if viewer.is_admin:
        return Decision(True, f"{who} administers the installation.")
    if verb is Verb.ADMINISTER:
        return Decision(False, f"{who} does not administer the installation; an administrator can do it or grant it.")
    needed = NEEDS[verb]
    role = viewer.roles.get(team_id, "") if team_id is not None else _highest(viewer)
    where = "of this team" if team_id is not None else "of a team"
    if RANK.get(role, 0) >= RANK[needed]:
        return Decision(True, f"{who} is {_article(role)} {where}.")
    if manages and RANK[needed] <= RANK["manager"]:
        return Decision(True, f"{who} stands on the schedule of the team's managers.")
    if involved and verb in BY_INVOLVEMENT:
        return Decision(True, f"{who} was notified of it or is engaged in it.")
    has = f"is {_article(role)} {where}" if role else f"has no role {'in this team' if team_id is not None else 'in any team'}"
    besides = " and was not notified" if verb in BY_INVOLVEMENT else ""
    return Decision(False, f"{who} {has}{besides}; it takes {_article(needed)} {where}.")


def _of_report(viewer: Viewer, verb: Verb, *, team_id: int | None, named: bool) -> Decision:
    """Need to know: the responders of its team and whoever was named on it. Administering the installation opens none."""
    who = viewer.handle
    role = viewer.roles.get(team_id, "") if team_id is not None else _highest(viewer)
    if RANK.get(role, 0) >= RANK[NEEDS[verb]]:
        return Decision(True, f"{who} is {_article(role)} {'of this team' if team_id is not None else 'of a team'}.")
    if named:
        return Decision(True, f"{who} was named on it.")
    return Decision(False, f"{who} is no responder of this team and was not named: reports are need-to-know, and no other role opens them.")


def _highest(viewer: Viewer) -> str:
    return max(viewer.roles.values(), key=lambda role: RANK.get(role, 0), default="")


def _article(role: str) -> str:
    return f"{'an' if role[:1] in 'aeiou' else 'a'} {role}"
