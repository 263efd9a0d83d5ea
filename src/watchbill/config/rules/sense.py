"""Does the file make sense as a whole? What only several fields together can break. Pure.

Entries with a problem of their own are not here any more, and whatever depends on one of them is not judged: one mistake, one message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from watchbill.config.rules import platforms
from watchbill.config.rules.entries import Entry
from watchbill.config.rules.forms import EMAIL, URL, is_url
from watchbill.config.rules.meaning import TELEPHONES
from watchbill.config.rules.nodes import Map, line_at, shown_value
from watchbill.config.rules.shapes import Place
from watchbill.intake.rules import is_pattern, problem
from watchbill.notifications.rules import e164
from watchbill.schedules.rules import parse_length, parse_turn

TELEPHONE = r"\+[0-9 ().\-]{6,30}"
ADDRESSES = {
    "email": (EMAIL.pattern, EMAIL.expected),
    "webhook": (r"https?://.+", URL.expected),
    "sms": (TELEPHONE, "a telephone number in full, as +15005550011"),
    "voice": (TELEPHONE, "a telephone number in full, as +15005550011"),
    "slack": (
        r"([^\s:@]+:)?([UW][A-Z0-9]{4,}|@\S+)",
        "a member id of Slack, as U012AB3CD, or @name; of another chat than the first NAME:U012AB3CD",
    ),
    "apprise": (r"[A-Za-z][A-Za-z0-9+.-]*://\S{1,1000}", "an Apprise address, as ntfy://topic"),
}


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that was read, for the questions that one entry cannot answer alone."""

    at: Place
    by_kind: Mapping[str, Mapping[str, Entry]]

    def get(self, kind: str, name: str) -> Entry | None:
        return self.by_kind.get(kind, {}).get(name)

    def say(self, entry: Entry, path: tuple[str | int, ...], text: str) -> None:
        where = f"{entry.kind} {shown_value(entry.name)}, {', '.join(str(step) for step in path if isinstance(step, str))}"
        self.at.into(where.rstrip(", ")).say(line_at(entry.node, *path), text)


def check(entries: Iterable[Entry], head: Mapping[str, Any], tree: Map, top: Place) -> None:
    """Tell `top` every contradiction."""
    by_kind: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        by_kind.setdefault(entry.kind, {})[entry.name] = entry
    whole = Whole(top, by_kind)
    _mails_once(whole)
    _routes_lead_on(whole)
    for kind, checks in CHECKS.items():
        for entry in by_kind.get(kind, {}).values():
            checks(entry, whole)
    if (last := head.get("last_resort")) and not _answers(last, whole):
        top.into("last_resort").say(
            tree.line_of("last_resort"), f"{last} cannot be reached: not active, or without a contact; expected somebody who can be paged."
        )


def _mails_once(whole: Whole) -> None:
    seen: dict[str, str] = {}
    for entry in whole.by_kind.get("people", {}).values():
        mail = entry.full["email"].lower()
        if mail in seen:
            whole.say(entry, ("email",), f"{entry.full['email']} is the mail of {seen[mail]} too; expected an address of their own.")
        seen.setdefault(mail, entry.name)


def _person(entry: Entry, whole: Whole) -> None:
    seen = set()
    for index, contact in enumerate(entry.words.get("contact", [])):
        kind, address = contact["kind"], contact.get("address", "")
        shown = f"{kind} {shown_value(address)}" if kind != "apprise" else kind  # there is a password in that address
        pattern, expected = ADDRESSES.get(kind, (r".+", "an address"))
        if "address_env" in contact:
            _address_env(entry, index, contact, whole)
        elif "address" not in contact:
            whole.say(entry, ("contact", index), f"{kind} has no address; expected {expected} as `address`.")
        elif not re.fullmatch(pattern, address) or (kind == "webhook" and not is_url(address)):
            whole.say(entry, ("contact", index, "address"), f"{_bare(kind, address)} is no address for {kind}; expected {expected}.")
        elif kind in TELEPHONES and not e164(address):
            whole.say(entry, ("contact", index, "address"), f"{shown_value(address)} is no number of any country; expected {expected}.")
        address = e164(address) or address if kind in TELEPHONES else address
        if (kind, address or contact.get("address_env", "")) in seen:
            whole.say(entry, ("contact", index), f"{shown} stands here twice; expected it once.")
        if "secret_env" in contact and kind != "webhook":
            whole.say(entry, ("contact", index, "secret_env"), f"{kind} has no secret of its own; expected this field for webhooks only.")
        seen.add((kind, address or contact.get("address_env", "")))
    kinds = {contact["kind"] for contact in entry.full["contact"]} | {"push"}  # a device is subscribed by its owner, not by the file
    for urgency, rules in entry.words.get("notify", {}).items():
        for index, rule in enumerate(rules):
            by = [rule["by"]] if isinstance(rule["by"], str) else rule["by"]
            for kind in by:
                if kind not in kinds:
                    known = ", ".join(sorted(kinds)) or "none is there"
                    text = f"{entry.name} has no contact of kind {kind}; expected one of: {known}, or a contact of that kind."
                    whole.say(entry, ("notify", urgency, index, "by"), text)


def _bare(kind: str, address: str) -> str:
    return shown_value(address) if kind != "apprise" else "What stands here"


def _address_env(entry: Entry, index: int, contact: Mapping[str, Any], whole: Whole) -> None:
    where = ("contact", index, "address_env")
    if contact["kind"] != "apprise":
        whole.say(entry, where, f"the address of {contact['kind']} is no secret; expected it as `address`.")
    elif "address" in contact:
        whole.say(entry, where, "the address stands here twice; expected `address` or `address_env`.")


def _team(entry: Entry, whole: Whole) -> None:
    roles = entry.words.get("roles", {})
    for handle in entry.words.get("managers", []):
        if roles.get(handle, "manager") not in ("manager", "admin"):
            whole.say(
                entry,
                ("roles", handle),
                f"{handle} is one of the managers and cannot be {roles[handle]}; expected manager or admin, or no role here.",
            )
    impact = entry.words.get("high_impact")
    if impact:
        _targets(entry, ("high_impact", "notify"), impact["notify"], entry, whole)
        if not any(_reaches(target, whole) for target in impact["notify"]):
            whole.say(entry, ("high_impact", "notify"), "nobody can be reached by this; expected at least one target with somebody in it.")
    if (last := entry.words.get("last_resort")) and not _answers(last, whole):
        whole.say(
            entry, ("last_resort",), f"{last} cannot be reached: not active, or without a contact; expected somebody who can be paged."
        )


def _schedule(entry: Entry, whole: Whole) -> None:
    seen = set()
    for index, layer in enumerate(entry.words["layers"]):
        if layer["name"] in seen:
            whole.say(
                entry,
                ("layers", index, "name"),
                f"there are two layers {shown_value(layer['name'])}; expected each name once in a schedule.",
            )
        seen.add(layer["name"])
        if "ending" in layer and layer["ending"] <= layer["rotation"]["starting"]:
            text = f"{layer['ending']} is not after {layer['rotation']['starting']}, on which the rotation starts; expected a later day."
            whole.say(entry, ("layers", index, "ending"), text)
        for path, parse in ((("shifts", "length"), parse_length), (("rotation", "turn"), parse_turn)):
            try:
                parse(layer[path[0]][path[1]])
            except ValueError as error:
                whole.say(entry, ("layers", index, *path), str(error))


def _policy(entry: Entry, whole: Whole) -> None:
    team = whole.get("teams", entry.words["team"])
    for index, step in enumerate(entry.words["steps"]):
        _targets(entry, ("steps", index, "notify"), step["notify"], team, whole)
    if not any(_reaches(target, whole) for step in entry.words["steps"] for target in step["notify"]):
        text = "this policy can reach nobody; expected at least one step with a person, a team that has members or a schedule with somebody in it."
        whole.say(entry, ("steps",), text)
    if (last := entry.words.get("last_resort")) and not _answers(last, whole):
        whole.say(
            entry, ("last_resort",), f"{last} cannot be reached: not active, or without a contact; expected somebody who can be paged."
        )


def _targets(entry: Entry, path: tuple[str | int, ...], targets: list[dict[str, Any]], team: Entry | None, whole: Whole) -> None:
    for index, target in enumerate(targets):
        if target.get("channel") == "team" and team is not None and "channel" not in team.words:
            text = f"the team {shown_value(team.name)} has no `channel`; expected one there, or {{channel: {{chat: .., name: ..}}}} here."
            whole.say(entry, (*path, index, "channel"), text)
        if "each" in target and target.get("order") != "daylight":
            whole.say(entry, (*path, index, "each"), "`each` goes with `order: daylight`; expected both or neither.")


def _reaches(target: Mapping[str, Any], whole: Whole) -> bool:
    """Can this target be somebody? What has problems of its own counts as somebody: those are told already."""
    if "person" in target:
        return _answers(target["person"], whole)
    if "team" in target:
        team = whole.get("teams", target["team"])
        return team is None or any(_answers(handle, whole) for handle in team.words.get("members", []))
    if "schedule" in target:
        schedule = whole.get("schedules", target["schedule"])
        if schedule is None:
            return True
        layers = [layer for layer in schedule.full["layers"] if not layer["shadow"]]
        return any(_answers(handle, whole) for layer in layers for people in layer["order"] for handle in people)
    return False


def _answers(handle: str, whole: Whole) -> bool:
    person = whole.get("people", handle)
    return person is None or bool(person.full["active"] and person.full["contact"])


def _service(entry: Entry, whole: Whole) -> None:
    for index, route in enumerate(entry.words.get("routes", [])):
        for name, wanted in route["when"].items():
            if is_pattern(wanted) and (why := problem(wanted)):
                text = f"{shown_value(wanted)} is no regular expression ({why}); expected one between slashes, or a plain value."
                whole.say(entry, ("routes", index, "when", name), text)
        if not route["when"]:
            whole.say(entry, ("routes", index, "when"), "there is nothing to compare; expected at least one field of the alert.")
        if not route["to"]:
            whole.say(entry, ("routes", index, "to"), "this leads nowhere; expected service, policy, severity or drop.")
        elif route["to"].get("drop") and len(route["to"]) > 1:
            whole.say(entry, ("routes", index, "to", "drop"), "what is dropped goes nowhere else; expected `drop` alone.")


def _routes_lead_on(whole: Whole) -> None:
    """Alerts go one way: what leads back where it came from was not meant so, and nothing restricted leads where everybody may look."""
    leads: dict[str, dict[str, int]] = {}
    for name, entry in whole.by_kind.get("services", {}).items():
        for index, route in enumerate(entry.words.get("routes", [])):
            if to := route["to"].get("service"):
                leads.setdefault(name, {}).setdefault(to, index)
                target = whole.get("services", to)
                if entry.full["restricted"] and target is not None and not target.full["restricted"]:
                    text = f"{shown_value(name)} is restricted and {shown_value(to)} is not; expected a restricted service, so that nothing leaks."
                    whole.say(entry, ("routes", index, "to", "service"), text)
    for name, targets in leads.items():
        for to, index in targets.items():
            if name in _reached(to, leads):
                back = "itself" if to == name else f"{shown_value(to)}, from which routes lead back here"
                text = f"this leads to {back}; expected services that lead one way."
                whole.say(whole.by_kind["services"][name], ("routes", index, "to", "service"), text)


def _reached(start: str, leads: Mapping[str, Mapping[str, int]]) -> set[str]:
    """Every service to which routes lead from here, this one included."""
    reached, left = {start}, [start]
    while left:
        new = set(leads.get(left.pop(), ())) - reached
        reached |= new
        left += new
    return reached


def _phone(entry: Entry, whole: Whole) -> None:
    words, twilio = entry.words, entry.words["kind"] == "twilio"
    for name in ("from", "account_env", "token_env") if twilio else ("url", "secret_env"):
        if name not in words:
            whole.say(entry, (), f"`{name}` is missing; expected it for the kind {words['kind']}.")
    for name in ("secret_env",) if twilio else ("account_env", "token_env"):
        if name in words:
            whole.say(entry, (name,), f"`{name}` goes with the kind {'http' if twilio else 'twilio'}; this provider is {words['kind']}.")
    if not twilio and "voice" in words.get("sends", []):
        whole.say(entry, ("sends",), "a gateway of the kind http places no calls; expected sms alone, or the kind twilio.")
    if "from" in words and not e164(words["from"]):
        whole.say(entry, ("from",), f"{shown_value(words['from'])} is no number of any country; expected one in full, as +15005550006.")


def _mailbox(entry: Entry, whole: Whole) -> None:
    words, purposes = entry.words, entry.full["for"]
    for name in ("service", "senders"):
        if name in words and "alerts" not in purposes:
            whole.say(entry, (name,), f"`{name}` goes with `for: [alerts]`; this mailbox is for {', '.join(purposes)}.")
    for name in ("writes", "automatic_answer"):
        if name in words and "reports" not in purposes:
            whole.say(entry, (name,), f"`{name}` goes with `for: [reports]`; this mailbox is for {', '.join(purposes)}.")
    if "+" in words["address"]:
        whole.say(
            entry, ("address",), f"{shown_value(words['address'])} has a +; expected the plain address, since keys and answers add theirs."
        )
    for other in whole.by_kind["mailboxes"].values():
        if other.line >= entry.line:
            continue
        if "replies" in purposes and "replies" in other.full["for"]:
            whole.say(entry, ("for",), f"answers go to {other.name} already; expected one mailbox for replies.")
        if words["address"].lower() == other.words["address"].lower():
            whole.say(entry, ("address",), f"{words['address']} is the address of {other.name} too; expected one of its own.")


def _queue(entry: Entry, whole: Whole) -> None:
    sources = [name for name in ("tracker", "reports", "incidents", "mailbox") if name in entry.words]
    if len(sources) != 1:
        whole.say(
            entry,
            (),
            f"there {'are' if sources else 'is'} {', '.join(sources) or 'no source'}; expected exactly one of tracker, reports, incidents or mailbox.",
        )
        return
    for name in ("projects", "labels", "authors", "state", "kind", "criteria", "alarm"):
        if name in entry.words and sources != ["tracker"]:
            whole.say(entry, (name,), f"`{name}` goes with `tracker`; this queue has `{sources[0]}`.")
    if sources == ["tracker"] and "projects" not in entry.words:
        whole.say(entry, ("tracker",), "`projects` is missing; expected the projects of the tracker to look into.")
    if "alarm" in entry.words and "criteria" not in entry.words:
        whole.say(entry, ("alarm",), "`alarm` goes with `criteria`: it is over when somebody decides by them.")


def _duty(entry: Entry, whole: Whole) -> None:
    if "times" in entry.words and entry.words["every"] != "shift":
        whole.say(entry, ("times",), f"`times` goes with `every: shift`; this duty is for every {entry.words['every']}.")


def _program(entry: Entry, whole: Whole) -> None:
    tiers = [tier["name"] for tier in entry.words.get("tiers", [])]
    for index, name in enumerate(tiers):
        if name in tiers[:index]:
            whole.say(entry, ("tiers", index, "name"), f"there are two tiers {shown_value(name)}; expected each name once.")
    for name in entry.words.get("bounty", {}).get("amounts", {}):
        if name not in tiers:
            whole.say(
                entry,
                ("bounty", "amounts", name),
                f"there is no tier {shown_value(name)}; expected one of: {', '.join(tiers) or 'none is defined'}.",
            )
    if ("tracker" in entry.words) != ("project" in entry.words):
        whole.say(entry, ("tracker",), "`tracker` and `project` go together; expected both or neither.")


def _platform(entry: Entry, whole: Whole) -> None:
    field, wrong = platforms.why_not(entry.words)
    if wrong:
        whole.say(entry, (field,), wrong)


CHECKS: dict[str, Callable[[Entry, Whole], None]] = {
    "people": _person,
    "teams": _team,
    "schedules": _schedule,
    "policies": _policy,
    "services": _service,
    "phones": _phone,
    "mailboxes": _mailbox,
    "platforms": _platform,
    "queues": _queue,
    "duties": _duty,
    "programs": _program,
}
