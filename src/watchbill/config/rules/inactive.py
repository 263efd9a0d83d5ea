"""Which parts of a valid configuration do nothing yet, and why? Pure.

A part whose connector or environment variable is missing is kept and reported; it never stops the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from watchbill.config.rules.chats import channels_of, idle_chats
from watchbill.config.rules.difference import Key
from watchbill.config.rules.forms import missing_of
from watchbill.config.rules.meaning import Full
from watchbill.config.rules.parts import BY_KIND
from watchbill.config.rules.platforms import inactive_platform
from watchbill.config.rules.trackers import idle_trackers, inactive_tracker
from watchbill.notifications.rules import why_refused

BY_OWNER = {
    "push": "A device is made to ring by its owner, on their own page; the file can only name `push` in `notify`. What it says here does nothing."
}


@dataclass(frozen=True, slots=True)
class NotActive:
    """One part that does nothing yet. `missing` names environment variables that are not set."""

    kind: str
    name: str
    why: str
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        variables = f" Not set: {', '.join(self.missing)}." if self.missing else ""
        return f"{self.kind} {self.name}: {self.why}{variables}"


SILENT_CHANNELS = {
    "teams": "nothing is posted to its channels",
    "policies": "its channels are skipped, and that is said in the timeline",
}


def not_active(entries: Iterable[tuple[Key, Full]], *, silent_kinds: Mapping[str, str], variables: Collection[str]) -> list[NotActive]:
    """Everything that does nothing yet. `silent_kinds`: kinds of contact that nothing sends by, and why; `variables`: those that are set."""
    listed = list(entries)
    idle = idle_chats(listed, variables)
    making = idle_trackers(listed, variables)
    reading = {name for (kind, name), full in listed if kind == "trackers" and full["token_env"] in variables}
    found = list(_contacts(listed, _silent(silent_kinds, listed, variables), variables))
    teams = {name: full for (kind, name), full in listed if kind == "teams"}
    for (kind, name), full in listed:
        if kind == "teams":
            found += _issue(name, full, making)
        if kind == "chats" and (unset := missing_of(full, variables)):
            found.append(NotActive(kind, name, "nothing is posted there and nothing is heard from there.", unset))
        elif why := _idle_channels(kind, full, idle, teams):
            found.append(NotActive(kind, name, f"{SILENT_CHANNELS[kind]}: {why}."))
        elif kind == "phones":
            if missing := missing_of(full, variables):
                found.append(NotActive(kind, name, "it sends nothing before its variables are set.", missing))
        elif kind == "trackers":
            why, missing = inactive_tracker(full, variables)
            found += [NotActive(kind, name, why, missing)] if why else []
        elif kind == "platforms":
            why, missing = inactive_platform(full, variables)
            found += [NotActive(kind, name, why, missing)] if why else []
        elif kind == "queues":
            found += _queue(name, full, reading)
        elif kind == "mailboxes":
            found += _mailbox(name, full, missing_of(full, variables))
        elif kind in BY_KIND and not BY_KIND[kind].live:
            found.append(NotActive(kind, name, "kept and not active yet.", missing_of(full, variables)))
    return found


def _queue(name: str, full: Full, reading: Collection[str]) -> Iterator[NotActive]:
    if not full["other"] and full["tracker"] not in reading:
        yield NotActive("queues", name, f"nothing new comes in: the tracker {full['tracker']} is not read.")


def _issue(name: str, full: Full, making: Mapping[str, str]) -> Iterator[NotActive]:
    if (issue := full.get("issue")) and (why := making.get(issue["tracker"], "")):
        yield NotActive("teams", name, f"no tracking issue is made: {why}.")


def _mailbox(name: str, _full: Full, missing: tuple[str, ...]) -> Iterator[NotActive]:
    if missing:
        yield NotActive("mailboxes", name, "it is not read before its variable is set.", missing)


def spoken_for(entries: Iterable[tuple[Key, Full]], variables: Collection[str]) -> set[str]:
    """Kinds of contact that the providers among these entries send by."""
    return {way for (kind, _), full in entries if kind == "phones" and not missing_of(full, variables) for way in full["sends"]}


def _contacts(entries: list[tuple[Key, Full]], silent: Mapping[str, str], variables: Collection[str]) -> Iterator[NotActive]:
    """One line for each kind that nothing sends by, with the people whom it concerns."""
    silent = {**silent, **BY_OWNER}
    concerned: dict[str, list[str]] = {}
    for (kind, name), full in entries:
        if kind != "people":
            continue
        for contact in full["contact"]:
            if contact["kind"] in silent and name not in concerned.setdefault(contact["kind"], []):
                concerned[contact["kind"]].append(name)
            if contact["kind"] == "apprise" and contact["address"] and (why := why_refused(contact["address"])):
                yield NotActive("people", name, f"nothing is sent by apprise: {why}")
            if (secret := contact.get("secret_env")) and secret not in variables:
                yield NotActive("people", name, _why_silent(contact), (secret,))
    for kind, people in concerned.items():
        yield NotActive("contact", kind, f"{silent[kind]} Skipped for {', '.join(people)}.")


def _idle_channels(kind: str, full: Full, idle: Mapping[str, str], teams: Mapping[str, Full]) -> str:
    """Why channels that this entry names get nothing; empty when they do, or it names none."""
    own = full if kind == "teams" else teams.get(full.get("team", ""), {})
    channels = [own.get("channel") if channel == "team" else channel for channel in channels_of(kind, full)]
    return "; ".join(sorted({why for channel in channels if channel and (why := idle.get(channel["chat"], ""))}))


def _silent(silent: Mapping[str, str], entries: list[tuple[Key, Full]], variables: Collection[str]) -> dict[str, str]:
    """Kinds that nothing sends by once these entries are applied: what a chat makes possible is judged by them, not by what stood before."""
    chats = [(name, full) for (kind, name), full in entries if kind == "chats"]
    answered = dict(silent)
    for kind in {full["kind"] for _, full in chats}:
        waiting = [
            f"{name} waits for {', '.join(missing)}"
            for name, full in chats
            if full["kind"] == kind and (missing := missing_of(full, variables))
        ]
        if len(waiting) < sum(full["kind"] == kind for _, full in chats):
            answered.pop(kind, None)
        elif kind in silent:
            answered[kind] = f"The chat {'; '.join(waiting)}."
    return answered


def _why_silent(contact: Mapping[str, Any]) -> str:
    if contact["kind"] == "apprise":
        return "nothing is sent by apprise: its address is not there."
    return f"the {contact['kind']} to {contact['address']} cannot be signed."
