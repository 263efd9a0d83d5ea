"""Who belongs to a team, and as what? One choice for each person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.config.rules import brief, fill
from watchbill.web.admin.questions import Block, Input, Options, Place, Values, one, told, with_chosen

DESK = "+desk"
ROLES: Options = (
    ("responder+desk", "responder, on the desk"),
    ("manager", "manager"),
    ("manager+desk", "manager, on the desk"),
    ("admin", "admin"),
    ("admin+desk", "admin, on the desk"),
    ("responder", "responder, not on the desk"),
    ("viewer", "viewer"),
    ("viewer+desk", "viewer, on the desk"),
    ("", "not in the team"),
)


@dataclass(frozen=True, slots=True)
class Members:
    """The members, managers and roles of a team, which are one thing."""

    people: Options  # handle and what is read
    fields: tuple[str, ...] = ("members", "managers", "roles")

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        full = fill("teams", {"desk": "paged", **words})["members"]
        found = {"member": list(full["roles"]), "add": [""], "add.role": [ROLES[0][0]]}
        return found | {f"role.{handle}": [role + (DESK if handle in full["on_desk"] else "")] for handle, role in full["roles"].items()}

    def words(self, values: Values) -> dict[str, Any]:
        chosen = {handle: one(values, f"role.{handle}") for handle in values.get("member", ())}
        if added := one(values, "add"):
            chosen[added] = one(values, "add.role")
        stay = {handle: choice for handle, choice in chosen.items() if choice}
        members = {
            "on_desk": [handle for handle, choice in stay.items() if choice.endswith(DESK)],
            "roles": {handle: choice.removesuffix(DESK) for handle, choice in stay.items()},
        }
        short = brief("teams", {**fill("teams", {"desk": "paged"}), "members": members})
        return {name: short[name] for name in self.fields if name in short}

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        inputs = []
        names = dict(self.people)
        for handle in values.get("member", ()):
            chosen = one(values, f"role.{handle}")
            inputs.append(Input("member", "", "hidden", handle))
            label = names.get(handle, f"{handle} (deactivated)")
            inputs.append(Input(f"role.{handle}", label, "select", chosen, with_chosen(ROLES, chosen)))
        added = one(values, "add")
        others = [("", "nobody"), *((handle, word) for handle, word in self.people if handle not in values.get("member", ()))]
        inputs.append(Input("add", "One more", "select", added, with_chosen(others, added)))
        role = one(values, "add.role")
        inputs.append(Input("add.role", "as", "select", role, with_chosen(ROLES[:-1], role)))
        refused = tuple(dict.fromkeys(text for name in self.fields for text in told(errors, name)))
        return Block("members", "Members and roles", tuple(inputs), errors=refused)
