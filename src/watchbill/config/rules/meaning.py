"""What does an entry of the file mean, with every default put in, and what is the shortest way to write that? Pure.

`fill` makes the full form, which can be compared field by field with what the database has; `brief` leaves the defaults out again;
`fill(kind, brief(kind, full)) == full`. Defaults: contract (*The configuration file*) and semantics (*Scales*, *Opening and closing*).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from watchbill.config.rules import chats, duties, mailboxes, phones, platforms, programs, queues, trackers
from watchbill.config.rules.forms import DAYS, elapsed, seconds, without
from watchbill.notifications.rules import e164

Full = dict[str, Any]

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
STORM = {"incidents": 20, "within": 300}
TELEPHONES = frozenset({"sms", "voice"})
OWNERSHIP = {"paged": "acker", "queue": "on_call"}


def fill(kind: str, words: Mapping[str, Any]) -> Full:
    """The full form of an entry as the file wrote it."""
    return FILL[kind](words) if kind in FILL else dict(words)


def brief(kind: str, full: Full) -> dict[str, Any]:
    """The shortest words for a full form, in the order of the file's description."""
    return BRIEF[kind](full) if kind in BRIEF else dict(full)


def written(kind: str, full: Full, words: Mapping[str, Any] | None, last: Full | None) -> dict[str, Any]:
    """Words for `full` that keep the file's own wherever it still says the same.

    `words` is the entry as the file wrote it and `last` what it meant; fields that a person changed since are written anew.
    """
    short = brief(kind, full)
    if words is None or last is None:
        return short
    if fill(kind, words) == full:
        return dict(words)
    mixed: dict[str, Any] = {}
    for name in [*words, *(name for name in short if name not in words)]:
        same = full.get(field_of(kind, name)) == last.get(field_of(kind, name))
        source: Mapping[str, Any] = words if same else short
        if name in source:
            mixed[name] = source[name]
    return mixed if fill(kind, mixed) == full else short


def field_of(kind: str, name: str) -> str:
    """The field of the full form that a field of the file is part of: who is on a desk, and as what, is one thing."""
    return "members" if kind == "teams" and name in ("managers", "roles") else name


def _person(words: Mapping[str, Any]) -> Full:
    contact = words.get("contact", [{"kind": "email", "address": words["email"]}])
    return {
        "name": words["name"],
        "email": words["email"],
        "timezone": words.get("timezone", "UTC"),
        "region": words.get("region", ""),
        "holidays": words.get("holidays", ""),
        "hours": _hours(words["hours"]) if "hours" in words else None,
        "contact": [_contact(c) for c in contact],
        "notify": {urgency: [_rule(rule) for rule in words.get("notify", {}).get(urgency, [])] for urgency in ("high", "low")},
        "active": words.get("active", True),
    }


def _address(contact: Mapping[str, Any]) -> str:
    """Telephone numbers in their one form."""
    address = str(contact.get("address", ""))
    return e164(address) or address if contact["kind"] in TELEPHONES else address


def _contact(words: Mapping[str, Any]) -> Full:
    """One variable at most belongs to a contact: a webhook's secret, or the whole address of Apprise."""
    variable = words.get("secret_env") or words.get("address_env", "")
    return {"kind": words["kind"], "address": _address(words), "secret_env": variable}


def _brief_contact(full: Full) -> dict[str, Any]:
    if full["kind"] == "apprise" and full["secret_env"]:
        return {"kind": "apprise", "address_env": full["secret_env"]}
    return without(full, {"secret_env": ""})


def _rule(words: Mapping[str, Any]) -> Full:
    by = words["by"]
    return {"after": seconds(words["after"]), "by": [by] if isinstance(by, str) else list(by)}


def _hours(words: Mapping[str, Any]) -> Full:
    return {"days": in_week(words.get("days", WEEKDAYS)), "from": words.get("from", "09:00"), "to": words.get("to", "17:00")}


def in_week(days: list[str]) -> list[str]:
    return sorted(days, key=DAYS.words.index)


def _brief_hours(full: Full) -> dict[str, Any]:
    return without(full, {"days": WEEKDAYS, "from": "09:00", "to": "17:00"})


def _brief_person(full: Full) -> dict[str, Any]:
    email = [{"kind": "email", "address": full["email"], "secret_env": ""}]
    short = without(full, {"timezone": "UTC", "region": "", "holidays": "", "hours": None, "contact": email, "active": True})
    if "hours" in short:
        short["hours"] = _brief_hours(short["hours"])
    if "contact" in short:
        short["contact"] = [_brief_contact(contact) for contact in short["contact"]]
    notify = {
        urgency: [{"after": elapsed(rule["after"]), "by": rule["by"]} for rule in rules]
        for urgency, rules in full["notify"].items()
        if rules
    }
    short.pop("notify")
    return {**short, **({"notify": notify} if notify else {})}


def _team(words: Mapping[str, Any]) -> Full:
    calendar = words.get("calendar")
    impact = words.get("high_impact")
    return {
        "desk": words["desk"],
        "ownership": words.get("ownership", OWNERSHIP[words["desk"]]),
        "members": _members(words),
        "manager": words["manager"]["schedule"] if "manager" in words else None,
        "high_impact": {"severity": impact["severity"], "notify": [target(t) for t in impact["notify"]]} if impact else None,
        "last_resort": words.get("last_resort"),
        "calendar": None
        if calendar is None
        else {
            "timezone": calendar.get("timezone", "UTC"),
            **_hours(calendar),
            "holidays": calendar.get("holidays", ""),
            "closed": sorted(calendar.get("closed", [])),
        },
        "critical_anyway": words.get("critical_anyway", False),
        "ack_timeout": words.get("ack_timeout", ""),
        "assignee_moves": words.get("assignee_moves", "accept"),
        "issue": trackers.fill_issue(words.get("issue")),
        "channel": words.get("channel"),
    }


def _members(words: Mapping[str, Any]) -> Full:
    """Who stands on the desk, in order, and what everybody may do: responder for members, manager for managers, unless said."""
    members = list(words.get("members", []))
    roles = dict.fromkeys(members, "responder") | dict.fromkeys(words.get("managers", []), "manager") | dict(words.get("roles", {}))
    return {"on_desk": members, "roles": roles}


def _brief_team(full: Full) -> dict[str, Any]:
    defaults = {
        "ownership": OWNERSHIP[full["desk"]],
        "manager": None,
        "high_impact": None,
        "last_resort": None,
        "calendar": None,
        "critical_anyway": False,
        "ack_timeout": "",
        "assignee_moves": "accept",
        "issue": None,
        "channel": None,
    }
    short = without(full, defaults)
    short.pop("members")
    if "calendar" in short:
        short["calendar"] = without(short["calendar"], {"days": WEEKDAYS, "from": "09:00", "to": "17:00", "holidays": "", "closed": []})
    if "manager" in short:
        short["manager"] = {"schedule": short["manager"]}
    if "high_impact" in short:
        short["high_impact"] = {
            "severity": short["high_impact"]["severity"],
            "notify": [brief_target(t) for t in short["high_impact"]["notify"]],
        }
    if "issue" in short:
        short["issue"] = trackers.brief_issue(short["issue"])
    return {**short, **_brief_members(full["members"])}


def _brief_members(full: Full) -> dict[str, Any]:
    on_desk, roles = full["on_desk"], full["roles"]
    managers = [handle for handle, role in roles.items() if role == "manager"]
    others = {h: role for h, role in roles.items() if role != "manager" and not (role == "responder" and h in on_desk)}
    made = {"members": list(on_desk), "managers": managers, "roles": others}
    return {name: value for name, value in made.items() if value}


def _schedule(words: Mapping[str, Any]) -> Full:
    return {
        "team": words["team"],
        "timezone": words["timezone"],
        "combine": words.get("combine", "union"),
        "hours": words.get("hours", "any"),
        "layers": [_layer(layer, words["timezone"]) for layer in words["layers"]],
    }


def _layer(words: Mapping[str, Any], zone: str) -> Full:
    """`zone`: of its schedule, which a layer has without saying so."""
    shifts, rotation = words["shifts"], words["rotation"]
    return {
        "name": words["name"],
        "days": in_week(shifts["days"]),
        "start": shifts["start"],
        "length": shifts["length"],
        "order": [[entry] if isinstance(entry, str) else list(entry) for entry in rotation["order"]],
        "turn": rotation["turn"],
        "starting": rotation["starting"],
        "shadow": words.get("shadow", False),
        **({"timezone": words["timezone"]} if words.get("timezone", zone) != zone else {}),
        **({"ending": words["ending"]} if "ending" in words else {}),
    }


def _brief_schedule(full: Full) -> dict[str, Any]:
    short = without(full, {"combine": "union", "hours": "any"})
    return {**short, "layers": [_brief_layer(layer) for layer in full["layers"]]}


def _brief_layer(full: Full) -> dict[str, Any]:
    order = [entry[0] if len(entry) == 1 else list(entry) for entry in full["order"]]
    made: dict[str, Any] = {
        "name": full["name"],
        "shifts": {"days": full["days"], "start": full["start"], "length": full["length"]},
        "rotation": {"order": order, "turn": full["turn"], "starting": full["starting"]},
    }
    own: dict[str, Any] = {name: full[name] for name in ("timezone", "ending") if name in full}
    return {**made, **own, **({"shadow": True} if full["shadow"] else {})}


def target(words: Mapping[str, Any]) -> Full:
    """The full form of one target of a step."""
    if "team" in words:
        order = words.get("order", "all")
        each = {"each": words.get("each", "5m")} if order == "daylight" else {}
        return {"team": words["team"], "order": order, **each}
    return dict(words)


def brief_target(full: Full) -> dict[str, Any]:
    return without(full, {"order": "all"})


def _policy(words: Mapping[str, Any]) -> Full:
    return {
        "team": words["team"],
        "repeat": words.get("repeat", 0),
        "last_resort": words.get("last_resort"),
        "steps": [{"notify": [target(t) for t in step["notify"]], "wait": step["wait"]} for step in words["steps"]],
    }


def _brief_policy(full: Full) -> dict[str, Any]:
    short = without(full, {"repeat": 0, "last_resort": None})
    return {**short, "steps": [{"notify": [brief_target(t) for t in step["notify"]], "wait": step["wait"]} for step in full["steps"]]}


def _service(words: Mapping[str, Any]) -> Full:
    storm = words.get("storm", {})
    return {
        "team": words["team"],
        "policy": words["policy"],
        "group_by": list(words.get("group_by", [])),
        "group_for": seconds(words.get("group_for", "1h")),
        "when_cleared": words.get("when_cleared", "stop_paging"),
        "source_ack": words.get("source_ack", "mark"),
        "urgency": dict(words.get("urgency", {})),
        "severity": dict(words.get("severity", {})),
        "restricted": words.get("restricted", False),
        "storm": None if storm == "off" else {"incidents": storm.get("incidents", 20), "within": seconds(storm.get("within", "5m"))},
        "senders": list(words.get("senders", [])),
        "routes": list(words.get("routes", [])),
    }


def _brief_service(full: Full) -> dict[str, Any]:
    defaults = {
        "group_by": [],
        "group_for": 3600,
        "when_cleared": "stop_paging",
        "source_ack": "mark",
        "urgency": {},
        "severity": {},
        "restricted": False,
        "storm": STORM,
        "senders": [],
        "routes": [],
    }
    short = without(full, defaults)
    if "group_for" in short:
        short["group_for"] = elapsed(short["group_for"])
    if short.get("storm", STORM) is None:
        short["storm"] = "off"
    elif "storm" in short:
        storm = without(short["storm"], STORM)
        short["storm"] = {name: elapsed(value) if name == "within" else value for name, value in storm.items()}
    return short


def _heartbeat(words: Mapping[str, Any]) -> Full:
    return {
        "service": words["service"],
        "every": seconds(words["every"]),
        "grace": seconds(words.get("grace", "0s")),
        "severity": words.get("severity", "high"),
    }


def _brief_heartbeat(full: Full) -> dict[str, Any]:
    short = without(full, {"grace": 0, "severity": "high"})
    return {name: elapsed(value) if name in ("every", "grace") else value for name, value in short.items()}


FILL: dict[str, Callable[[Mapping[str, Any]], Full]] = {
    "people": _person,
    "teams": _team,
    "schedules": _schedule,
    "policies": _policy,
    "services": _service,
    "chats": chats.fill,
    "trackers": trackers.fill,
    "platforms": platforms.fill,
    "queues": queues.fill,
    "duties": duties.fill,
    "programs": programs.fill,
    "phones": phones.fill,
    "heartbeats": _heartbeat,
    "mailboxes": mailboxes.fill,
}
BRIEF: dict[str, Callable[[Full], dict[str, Any]]] = {
    "people": _brief_person,
    "teams": _brief_team,
    "schedules": _brief_schedule,
    "policies": _brief_policy,
    "services": _brief_service,
    "chats": chats.brief,
    "trackers": trackers.brief,
    "platforms": platforms.brief,
    "queues": queues.brief,
    "duties": duties.brief,
    "programs": programs.brief,
    "phones": phones.brief,
    "heartbeats": _brief_heartbeat,
    "mailboxes": mailboxes.brief,
}
