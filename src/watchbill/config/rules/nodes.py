"""What does the file say, and on which line? A tree of plain nodes, and the problems found in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value, typed as YAML 1.2's core schema says: `NO` and `12:30` are text."""

    line: int
    value: Plain
    size: int = 1
    height: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and its value. The line is the key's."""

    line: int
    key: str
    node: Node


@dataclass(frozen=True, slots=True)
class Map:
    line: int
    pairs: tuple[Pair, ...]
    size: int = 1  # nodes in it, each alias counted in full
    height: int = 1  # levels below it

    def get(self, key: str) -> Node | None:
        return next((pair.node for pair in self.pairs if pair.key == key), None)

    def line_of(self, key: str) -> int:
        """The line of a key, or the line of the map where the key is missing."""
        return next((pair.line for pair in self.pairs if pair.key == key), self.line)


@dataclass(frozen=True, slots=True)
class Row:
    """A list."""

    line: int
    items: tuple[Node, ...]
    size: int = 1
    height: int = 1


Node = Leaf | Map | Row


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One reason why the file is refused. `text` says what is there and what was expected."""

    line: int
    text: str


@dataclass(slots=True)
class Problems:
    """Collects every problem of a file, so that one run shows them all."""

    found: dict[Problem, None] = field(default_factory=dict)

    def say(self, line: int, text: str) -> None:
        self.found[Problem(line, text)] = None

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self.found))


def line_at(node: Node | None, *path: str | int) -> int:
    """The line of what stands at `path`; of the nearest thing above it where the path ends early."""
    line = node.line if node is not None else 1
    for step in path:
        if isinstance(node, Map) and isinstance(step, str):
            line, node = node.line_of(step), node.get(step)
        elif isinstance(node, Row) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            line = node.line
        else:
            break
    return line


def shown(node: Node) -> str:
    """How an error names what it found."""
    if isinstance(node, Map):
        return "a group of fields" if node.pairs else "an empty group of fields"
    if isinstance(node, Row):
        return "a list" if node.items else "an empty list"
    return shown_value(node.value)


def shown_value(value: Plain) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return text if text.strip() == text and text and text.isprintable() else repr(text)
