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
        elif kind in BY_KIND and not BY_KIND[kind].live:
            missing = sorted({value for field, value in full.items() if field.endswith("_env") and value not in variables})
            found.append(NotActive(kind, name, "kept and not active yet.", tuple(missing)))
    return found


def _contacts(entries: list[tuple[Key, Full]], silent: Mapping[str, str], variables: Collection[str]) -> Iterator[NotActive]:
    """One line for each kind that nothing sends by, with the people whom it concerns."""
    concerned: dict[str, list[str]] = {}
    for (kind, name), full in entries:
        if kind != "people":
            continue
        for contact in full["contact"]:
            if contact["kind"] in silent and name not in concerned.setdefault(contact["kind"], []):
                concerned[contact["kind"]].append(name)
            if (secret := contact.get("secret_env")) and secret not in variables:
                yield NotActive("people", name, f"the {contact['kind']} to {contact['address']} cannot be signed.", (secret,))
    for kind, people in concerned.items():
        yield NotActive("contact", kind, f"{silent[kind]} Skipped for {', '.join(people)}.")


def _has_channel(full: Mapping[str, Any]) -> bool:
    return any("channel" in target for step in full["steps"] for target in step["notify"])
