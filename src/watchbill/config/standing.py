"""What does the database have, in the full form of the file's entries? Reads everything in a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from watchbill.config.rules import ORGANIZATION, Full, Key, in_week, mentions
from watchbill.config.rules.trackers import fill_issue
from watchbill.duties.models import Duty, Queue, Stale
from watchbill.incidents.models import Service
from watchbill.intake.models import Heartbeat, Mailbox
from watchbill.notifications.addresses import clear
from watchbill.notifications.chats.models import Chat
from watchbill.notifications.models import Contact, Phone, Rule
from watchbill.paging.models import Policy, ServicePolicy, TeamPaging
from watchbill.people.models import Membership, Organization, Person, Team
from watchbill.platforms.models import Platform
from watchbill.reports.models import Program
from watchbill.schedules.models import Layer, Schedule
from watchbill.trackers.models import Tracker

Found = tuple[dict[Key, Full], frozenset[Key], dict[Key, str]]


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called now, by id."""

    people: Mapping[int, str]
    teams: Mapping[int, str]
    schedules: Mapping[int, str]

    def target(self, stored: Mapping[str, Any]) -> Full:
        """A stored target in the full form of the file."""
        kind = stored["kind"]
        if kind == "webhook":
            return {"webhook": stored.get("url", "")}
        if kind == "channel":
            return {"channel": {"chat": stored["chat"], "name": stored["name"]} if stored.get("chat") else "team"}
        known = {"person": self.people, "team": self.teams, "schedule": self.schedules}[kind]
        name = known.get(stored.get("id") or 0, stored["name"])
        if kind != "team":
            return {kind: name}
        order = stored.get("order", "all")
        return {"team": name, "order": order, **({"each": stored.get("each", "5m")} if order == "daylight" else {})}


def current_state(applied: Collection[Key]) -> Found:
    """Live entries, names of deactivated ones, and those that pruning must not touch, with the reason.

    Somebody who is deactivated still counts as an entry while the file set them or anything live names them: else the file that names
    them could not be applied again.
    """
    people = list(Person.objects.order_by("id"))
    teams = list(Team.objects.order_by("id"))
    names = Names(
        people={person.id: person.handle for person in people},
        teams={team.id: team.name for team in teams},
        schedules=dict(Schedule.objects.values_list("id", "name")),
    )
    everybody = people_of(people)
    current = {
        **_organization(names),
        **_teams(teams, names),
        **_schedules(names),
        **_policies(names),
        **_services(names),
        **_phones(),
        **_chats(),
        **_trackers(),
        **_platforms(),
        **_queues(),
        **_duties(),
        **_stale(),
        **_heartbeats(),
        **_mailboxes(),
        **_programs(),
    }
    named = {key for (kind, _), full in current.items() for key in mentions(kind, full)}
    active = {("people", person.handle) for person in people if person.is_active}
    current.update({key: full for key, full in everybody.items() if key in active or key in named or key in applied})
    protected = {("people", p.handle): "administers this installation" for p in people if p.is_admin and p.is_active}
    return current, _gone(everybody, current), protected


def _gone(everybody: Mapping[Key, Full], current: Mapping[Key, Full]) -> frozenset[Key]:
    models: dict[str, type[Model]] = {
        "teams": Team,
        "schedules": Schedule,
        "policies": Policy,
        "services": Service,
        "phones": Phone,
        "chats": Chat,
        "trackers": Tracker,
        "platforms": Platform,
        "queues": Queue,
        "duties": Duty,
        "heartbeats": Heartbeat,
        "mailboxes": Mailbox,
        "programs": Program,
    }
    gone: set[Key] = set()
    for kind, model in models.items():
        gone |= {(kind, name) for name in model._default_manager.filter(is_active=False).values_list("name", flat=True)}
    gone |= {("stale", f"{row.team.name} / {row.severity}") for row in Stale.objects.filter(is_active=False).select_related("team")}
    return frozenset(gone | {key for key in everybody if key not in current})


def _organization(names: Names) -> dict[Key, Full]:
    row = Organization.objects.first()
    if row is None:
        return {}
    return {ORGANIZATION: {"organization": row.name, "last_resort": names.people.get(row.last_resort_id or 0)}}


def people_of(people: Collection[Person]) -> dict[Key, Full]:
    """The entries of these people, with their contacts and rules; what they added themselves is not the file's."""
    ids = [person.id for person in people]
    contacts: dict[int, list[Full]] = defaultdict(list)
    for contact in (
        Contact.objects.filter(person_id__in=ids, removed_at=None, verified_at__isnull=False, own=False)
        .exclude(verified_by="device")
        .order_by("position", "id")
    ):
        address = clear(contact.kind, contact.address)
        contacts[contact.person_id or 0].append({"kind": contact.kind, "address": address, "secret_env": contact.secret_env})
    notify: dict[int, dict[str, list[Full]]] = defaultdict(lambda: {"high": [], "low": []})
    for rule in Rule.objects.filter(person_id__in=ids).order_by("position", "id"):
        notify[rule.person_id][rule.urgency].append({"after": rule.after_seconds, "by": rule.kinds})
    return {
        ("people", person.handle): {
            "name": person.name,
            "email": person.email,
            "timezone": person.timezone,
            "region": person.region,
            "holidays": person.holidays,
            "hours": person.hours,
            "contact": contacts[person.id],
            "notify": notify[person.id],
            "active": person.is_active,
        }
        for person in people
    }


def _teams(teams: Collection[Team], names: Names) -> dict[Key, Full]:
    on_desk: dict[int, list[str]] = defaultdict(list)
    roles: dict[int, dict[str, str]] = defaultdict(dict)
    for row in Membership.objects.order_by("position", "id"):
        roles[row.team_id][names.people[row.person_id]] = row.role
        if row.on_desk:
            on_desk[row.team_id].append(names.people[row.person_id])
    paging = {row.team_id: row for row in TeamPaging.objects.select_related("manager_schedule")}
    return {
        ("teams", team.name): _team(team, paging.get(team.id), on_desk[team.id], roles[team.id], names) for team in teams if team.is_active
    }


def _team(team: Team, paging: TeamPaging | None, on_desk: list[str], roles: dict[str, str], names: Names) -> Full:
    impact = paging.high_impact_severity if paging else ""
    return {
        "desk": team.desk,
        "ownership": team.ownership,
        "members": {"on_desk": on_desk, "roles": roles},
        "manager": paging.manager_schedule.name if paging and paging.manager_schedule else None,
        "high_impact": {"severity": impact, "notify": [names.target(t) for t in paging.high_impact_notify]} if paging and impact else None,
        "last_resort": names.people.get(team.last_resort_id or 0),
        "calendar": team.calendar,
        "critical_anyway": team.critical_anyway,
        "ack_timeout": team.ack_timeout,
        "assignee_moves": team.assignee_moves,
        "issue": fill_issue(team.issue),
        "channel": team.channel,
    }


def _schedules(names: Names) -> dict[Key, Full]:
    layers: dict[int, list[Full]] = defaultdict(list)
    rows = list(Schedule.objects.filter(is_active=True).order_by("position", "id"))
    zones = {row.id: row.timezone for row in rows}
    for layer in Layer.objects.filter(valid_until=None, schedule__in=zones).order_by("position", "id"):
        layers[layer.schedule_id].append(_layer(layer, zones[layer.schedule_id], names))
    return {
        ("schedules", row.name): {
            "team": names.teams[row.team_id],
            "timezone": row.timezone,
            "combine": row.combine,
            "hours": row.hours,
            "layers": layers[row.id],
        }
        for row in rows
    }


def _layer(layer: Layer, zone: str, names: Names) -> Full:
    return {
        "name": layer.name,
        "days": in_week(layer.days),
        "start": f"{layer.start:%H:%M}",
        "length": layer.length,
        "order": [[names.people[person_id] for person_id in people] for people in layer.order],
        "turn": layer.turn,
        "starting": layer.starting.isoformat(),
        "shadow": layer.shadow,
        **({"timezone": layer.timezone} if layer.timezone and layer.timezone != zone else {}),
        **({"ending": layer.ending.isoformat()} if layer.ending else {}),
    }


def _policies(names: Names) -> dict[Key, Full]:
    return {
        ("policies", row.name): {
            "team": names.teams[row.team_id],
            "repeat": row.repeat,
            "last_resort": names.people.get(row.last_resort_id or 0),
            "steps": [{"notify": [names.target(t) for t in step["notify"]], "wait": step["wait"]} for step in row.steps],
        }
        for row in Policy.objects.filter(is_active=True).order_by("id")
    }


def _services(names: Names) -> dict[Key, Full]:
    uses = dict(ServicePolicy.objects.values_list("service_id", "policy__name"))
    return {
        ("services", row.name): {
            "team": names.teams[row.team_id],
            "policy": uses.get(row.id),
            "group_by": row.group_by,
            "group_for": row.group_for_seconds,
            "when_cleared": row.when_cleared,
            "source_ack": row.source_ack,
            "urgency": row.urgency or {},
            "severity": row.severity_map,
            "restricted": row.restricted,
            "storm": {"incidents": row.storm["incidents"], "within": row.storm["within_seconds"]} if row.storm else None,
            "senders": row.senders,
            "routes": row.routes,
        }
        for row in Service.objects.filter(is_active=True).order_by("id")
    }


def _chats() -> dict[Key, Full]:
    fields = ("kind", "token_env", "url", "signing_env", "app_token_env", "writes")
    rows = Chat.objects.filter(is_active=True).order_by("position", "id")
    return {("chats", row.name): {field: getattr(row, field) for field in fields} for row in rows}


def _trackers() -> dict[Key, Full]:
    fields = ("kind", "url", "token_env", "webhook_env", "writes", "tells", "people")
    rows = Tracker.objects.filter(is_active=True).order_by("position", "id")
    return {("trackers", row.name): {field: getattr(row, field) for field in fields} for row in rows}


def _platforms() -> dict[Key, Full]:
    fields = ("kind", "url", "program", "token_env", "webhook_env", "triage_group", "tier_field", "writes", "variants")
    rows = Platform.objects.filter(is_active=True).order_by("position", "id")
    return {("platforms", row.name): {field: getattr(row, field) for field in fields} for row in rows}


def _queues() -> dict[Key, Full]:
    fields = ("projects", "labels", "authors", "state", "criteria", "alarm")
    return {
        ("queues", row.name): {
            "team": row.team.name,
            "tracker": row.tracker.name if row.tracker else None,
            **{field: getattr(row, field) for field in fields},
            "kind": "changes" if row.changes else "issues",
            "other": row.other,
        }
        for row in Queue.objects.filter(is_active=True).select_related("team", "tracker").order_by("position", "id")
    }


def _duties() -> dict[Key, Full]:
    rows = Duty.objects.filter(is_active=True).select_related("team", "schedule", "queue").order_by("position", "id")
    return {
        ("duties", row.name): {
            "team": row.team.name,
            "schedule": row.schedule.name,
            "every": row.every,
            "times": row.times,
            "due": row.due,
            "queue": row.queue.name if row.queue else None,
        }
        for row in rows
    }


def _stale() -> dict[Key, Full]:
    rows = Stale.objects.filter(is_active=True).select_related("team").order_by("position", "id")
    return {
        ("stale", f"{row.team.name} / {row.severity}"): {"team": row.team.name, "severity": row.severity, "after": row.after}
        for row in rows
    }


def _phones() -> dict[Key, Full]:
    return {
        ("phones", row.name): {
            "kind": row.kind,
            "url": row.url,
            "from": row.sender,
            "account_env": row.account_env,
            "token_env": row.token_env,
            "secret_env": row.secret_env,
            "sends": row.sends,
            "limits": {"person": row.per_person, "all": row.overall},
        }
        for row in Phone.objects.filter(is_active=True).order_by("position", "id")
    }


def _heartbeats() -> dict[Key, Full]:
    return {
        ("heartbeats", row.name): {
            "service": row.service.name,
            "every": row.every_seconds,
            "grace": row.grace_seconds,
            "severity": row.severity,
        }
        for row in Heartbeat.objects.filter(is_active=True).select_related("service").order_by("id")
    }


def _mailboxes() -> dict[Key, Full]:
    return {
        ("mailboxes", row.name): {
            "team": row.team.name,
            "imap_env": row.imap_env,
            "address": row.address,
            "for": row.purposes,
            "service": row.service.name if row.service is not None else "",
            "senders": row.senders,
            "folder": row.folder,
            "move_to": row.move_to,
            "authserv": row.authserv,
            "writes": row.writes,
            "automatic_answer": row.automatic_answer,
        }
        for row in Mailbox.objects.filter(is_active=True).select_related("team", "service").order_by("position", "id")
    }


def _programs() -> dict[Key, Full]:
    fields = ("platform", "project", "tiers", "bounty", "disclosure", "targets")
    rows = Program.objects.filter(is_active=True).select_related("team", "tracker").order_by("position", "id")
    return {
        ("programs", row.name): {
            "team": row.team.name,
            "tracker": row.tracker.name if row.tracker is not None else None,
            **{field: getattr(row, field) for field in fields},
        }
        for row in rows
    }
