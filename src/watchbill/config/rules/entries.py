"""What a valid file consists of. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from watchbill.config.rules.meaning import Full
from watchbill.config.rules.nodes import Node


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that the file names. `words` is what the file wrote, `full` what it means."""

    kind: str
    name: str
    line: int
    words: dict[str, Any]
    full: Full
    node: Node = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class File:
    """A file that may be applied."""

    organization: str
    last_resort: str
    entries: tuple[Entry, ...]  # in the file's order
    sections: tuple[str, ...]  # top-level fields in the file's order

    def of(self, kind: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind == kind]
