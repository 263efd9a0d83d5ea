"""Which parts of a valid configuration do nothing yet, and why? Pure.

A part whose connector or environment variable is missing is kept and reported; it never stops the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from watchbill.config.rules.difference import Key
from watchbill.config.rules.meaning import Full
from watchbill.config.rules.parts import BY_KIND
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


def not_active(entries: Iterable[tuple[Key, Full]], *, silent_kinds: Mapping[str, str], variables: Collection[str]) -> list[NotActive]:
    """Everything that does nothing yet. `silent_kinds`: kinds of contact that nothing sends by, and why; `variables`: those that are set."""
    listed = list(entries)
    found = list(_contacts(listed, silent_kinds, variables))
    for (kind, name), full in listed:
        if kind == "teams":
            found += [NotActive(kind, name, f"`{part}` is kept and not active yet.") for part in ("issue", "channel") if full.get(part)]
        elif kind == "policies" and _has_channel(full):
            found.append(NotActive(kind, name, "its channels are skipped, and that is said in the timeline: chats are not active yet."))
        elif kind == "phones":
            if missing := missing_of(full, variables):
                found.append(NotActive(kind, name, "it sends nothing before its variables are set.", missing))
        elif kind == "mailboxes":
            found += _mailbox(name, full, missing_of(full, variables))
        elif kind in BY_KIND and not BY_KIND[kind].live:
            found.append(NotActive(kind, name, "kept and not active yet.", missing_of(full, variables)))
    return found


def missing_of(full: Full, variables: Collection[str]) -> tuple[str, ...]:
    """Environment variables that an entry names and that are not set."""
    return tuple(sorted({value for field, value in full.items() if field.endswith("_env") and value and value not in variables}))


def _mailbox(name: str, full: Full, missing: tuple[str, ...]) -> Iterator[NotActive]:
    if full["for"] == ["reports"]:
        yield NotActive("mailboxes", name, "kept and not active yet.", missing)
        return
    if "reports" in full["for"]:
        yield NotActive("mailboxes", name, "its reports are not active yet.")
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


def _why_silent(contact: Mapping[str, Any]) -> str:
    if contact["kind"] == "apprise":
        return "nothing is sent by apprise: its address is not there."
    return f"the {contact['kind']} to {contact['address']} cannot be signed."


def _has_channel(full: Mapping[str, Any]) -> bool:
    return any("channel" in target for step in full["steps"] for target in step["notify"])
