"""What may stand in a place of the file? One description, read two ways: to check a tree, and to print the JSON Schema. Pure.

A shape that refuses says so with the line, what is there and what was expected, and goes on, so that one run names every problem.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from watchbill.config.rules.nodes import Leaf, Map, Node, Problems, Row, shown, shown_value

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the world knows and the file may name: handed in, so that the rules stay pure."""

    zones: frozenset[str]
    holidays: frozenset[str]  # "GB", "DE-BY"


@dataclass(frozen=True, slots=True)
class Use:
    """A place that names something: the kind, the name, the line and the words for the place."""

    kind: str
    name: str
    line: int
    where: str


@dataclass(slots=True)
class Reading:
    """One reading of one file: what the world knows, what was refused, what was named."""

    facts: Facts
    problems: Problems = field(default_factory=Problems)
    uses: list[Use] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file we are, in words."""

    reading: Reading
    path: tuple[str, ...] = ()

    def into(self, *steps: str) -> Place:
        return Place(self.reading, (*self.path, *steps))

    def say(self, node: Node | int, text: str) -> None:
        line = node if isinstance(node, int) else node.line
        where = ", ".join(self.path)
        self.reading.problems.say(line, f"{where}: {text}" if where else text)

    def near(self, name: str, known: Iterable[str]) -> str:
        """A hint at the nearest known name. Only the first problems get one: it is slow, and nobody reads the hundredth."""
        return nearest(name, known) if len(self.reading.problems) < 100 else "."

    def refuse(self, node: Node, expected: str) -> None:
        """Say what is there and what was expected."""
        self.say(node, f"{shown(node)} does not fit here; expected {expected}.")


class Shape(Protocol):
    """What a value must look like."""

    def read(self, node: Node, at: Place) -> Any:
        """The value as the file wrote it; problems are told to `at`."""

    def schema(self) -> Schema:
        """The same in JSON Schema, never stricter than `read`."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known name that is nearest, else nothing."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if not close:
        lower = {known_name.lower(): known_name for known_name in names}
        close = [lower[found] for found in difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)]
    return f"; did you mean {close[0]}?" if close else "."


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text of a form. `pattern` is matched against the whole of it."""

    expected: str = "text"
    pattern: str = r"\S(.*\S)?"
    longest: int = 200

    def read(self, node: Node, at: Place) -> str | None:
        if isinstance(node, Leaf) and isinstance(node.value, (int, float)):
            at.say(node, f"{shown(node)} is no text to YAML; expected {self.expected}, in quotes.")
            return None
        if not isinstance(node, Leaf) or not isinstance(node.value, str):
            at.refuse(node, self.expected)
            return None
        if len(node.value) > self.longest:
            at.say(node, f"this has {len(node.value)} characters; expected at most {self.longest}.")
            return None
        if not re.fullmatch(self.pattern, node.value):
            at.refuse(node, self.expected)
            return None
        return node.value

    def schema(self) -> Schema:
        return {
            "type": "string",
            "pattern": f"^{self.pattern}$" if "|" not in self.pattern else f"^(?:{self.pattern})$",
            "maxLength": self.longest,
        }


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def expected(self) -> str:
        return alternatives(self.words)

    def read(self, node: Node, at: Place) -> str | None:
        if isinstance(node, Leaf) and isinstance(node.value, str):
            if node.value in self.words:
                return node.value
            at.say(node, f"{shown(node)} is not known here; expected {self.expected}{at.near(node.value, self.words)}")
            return None
        at.refuse(node, self.expected)
        return None

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


def alternatives(words: Iterable[str]) -> str:
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last


@dataclass(frozen=True, slots=True)
class Flag:
    def read(self, node: Node, at: Place) -> bool | None:
        if isinstance(node, Leaf) and isinstance(node.value, bool):
            return node.value
        at.refuse(node, "true or false")
        return None

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""

    least: int
    most: int

    def read(self, node: Node, at: Place) -> int | None:
        if (
            isinstance(node, Leaf)
            and isinstance(node.value, int)
            and not isinstance(node.value, bool)
            and self.least <= node.value <= self.most
        ):
            return node.value
        at.refuse(node, f"a whole number from {self.least} to {self.most}")
        return None

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Named:
    """The name of something that this file defines elsewhere."""

    kind: str

    def read(self, node: Node, at: Place) -> str | None:
        if isinstance(node, Leaf) and isinstance(node.value, str) and node.value:
            at.reading.uses.append(Use(self.kind, node.value, node.line, ", ".join(at.path)))
            return node.value
        at.refuse(node, f"a name that stands under `{self.kind}`")
        return None

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "description": f"A name that stands under `{self.kind}`."}


@dataclass(frozen=True, slots=True)
class Many:
    """A list. `once`: no plain value twice. `alone`: one item may stand without the brackets."""

    of: Shape
    least: int = 0
    once: bool = False
    alone: bool = False

    def read(self, node: Node, at: Place) -> Any:
        if self.alone and isinstance(node, Leaf) and node.value is not None:
            return self.of.read(node, at)
        if not isinstance(node, Row):
            at.refuse(node, "a list")
            return None
        if len(node.items) < self.least:
            at.say(node, "the list is empty; expected at least one." if self.least == 1 else f"expected at least {self.least}.")
        values = [self.of.read(item, at) for item in node.items]
        if self.once:
            seen = set()
            for item, value in zip(node.items, values, strict=True):
                if value is not None and value in seen:
                    at.say(item, f"{shown_value(value)} stands here twice; expected it once.")
                seen.add(value)
        return values

    def schema(self) -> Schema:
        made: Schema = {"type": "array", "items": self.of.schema()}
        if self.least:
            made["minItems"] = self.least
        return {"anyOf": [self.of.schema(), made]} if self.alone else made


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a group. `default` is told in the schema and the documentation; `rules.meaning` puts it in."""

    shape: Shape
    says: str = ""
    required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields by name, none that is not listed. `named_by` is the field whose value names the group in errors."""

    fields: Mapping[str, Field]
    named_by: str = ""

    def read(self, node: Node, at: Place) -> dict[str, Any] | None:
        if not isinstance(node, Map):
            at.refuse(node, f"fields such as {', '.join(list(self.fields)[:3])}")
            return None
        label = node.get(self.named_by) if self.named_by else None
        if isinstance(label, Leaf) and isinstance(label.value, str) and at.path:
            at = Place(at.reading, (*at.path[:-1], f"{at.path[-1]} {shown_value(label.value)}"))
        found: dict[str, Any] = {}
        for pair in node.pairs:
            if (known := self.fields.get(pair.key)) is None:
                at.say(
                    pair.line,
                    f"there is no field `{shown_value(pair.key)}`; expected {', '.join(self.fields)}{at.near(pair.key, self.fields)}",
                )
            else:
                found[pair.key] = known.shape.read(pair.node, at.into(pair.key))
        for name, known in self.fields.items():
            if known.required and name not in found:
                at.say(node.line, f"`{name}` is missing; expected it here.")
        return found

    def schema(self) -> Schema:
        properties: Schema = {}
        for name, known in self.fields.items():
            properties[name] = made = known.shape.schema()
            if known.says or known.default:
                made["description"] = f"{known.says} Default: {known.default}." if known.default else known.says
        required = [name for name, known in self.fields.items() if known.required]
        made = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**made, "required": required} if required else made


@dataclass(frozen=True, slots=True)
class Keyed:
    """Fields whose names are free, or names of something defined elsewhere."""

    key: Shape
    value: Shape

    def read(self, node: Node, at: Place) -> dict[str, Any] | None:
        if not isinstance(node, Map):
            at.refuse(node, "fields with names of their own")
            return None
        found = {}
        for pair in node.pairs:
            key = self.key.read(Leaf(pair.line, pair.key), at)
            value = self.value.read(pair.node, at.into(shown_value(pair.key)))
            if key is not None:
                found[key] = value
        return found

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.value.schema()}


@dataclass(frozen=True, slots=True)
class Either:
    """A word, or something bigger: `storm: off` or its numbers."""

    word: OneOf
    other: Shape

    def read(self, node: Node, at: Place) -> Any:
        return (self.word if isinstance(node, Leaf) else self.other).read(node, at)

    def schema(self) -> Schema:
        return {"anyOf": [self.word.schema(), self.other.schema()]}


@dataclass(frozen=True, slots=True)
class Variants:
    """Groups told apart by the field that only one of them has."""

    groups: Mapping[str, Group]

    def read(self, node: Node, at: Place) -> dict[str, Any] | None:
        expected = alternatives(f"{{{name}: ..}}" for name in self.groups)
        if not isinstance(node, Map):
            at.refuse(node, expected)
            return None
        present = [name for name in self.groups if node.get(name) is not None]
        if len(present) != 1:
            keys = ", ".join(f"`{shown_value(pair.key)}`" for pair in node.pairs) or "nothing"
            wrong = next((pair.key for pair in node.pairs if pair.key not in self.groups), "")
            at.say(
                node, f"{keys} does not fit here; expected exactly one of {expected}{at.near(wrong, self.groups) if not present else '.'}"
            )
            return None
        return self.groups[present[0]].read(node, at)

    def schema(self) -> Schema:
        return {"anyOf": [{**group.schema(), "required": [name]} for name, group in self.groups.items()]}
