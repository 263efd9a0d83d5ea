"""A wanted configuration that nobody wrote as a file: the same tree as the reader makes, and where in it each line stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from watchbill.config.reader import CONTROL
from watchbill.config.rules import Leaf, Map, Node, Pair, Problem, Row

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Draft:
    """Each value stands on a line of its own, so that a problem's line says which value it means."""

    paths: list[Path] = field(default_factory=lambda: [()])
    problems: list[Problem] = field(default_factory=list)

    def tree(self, value: Any, path: Path = ()) -> Node:
        """The node for a value."""
        line = len(self.paths)
        self.paths.append(path)
        if isinstance(value, Mapping):
            pairs = []
            for key, inner in value.items():
                node = self.tree(inner, (*path, key))
                pairs.append(Pair(node.line, self._shown(key, node.line), node))
            return Map(line, tuple(pairs))
        if isinstance(value, list):
            return Row(line, tuple(self.tree(inner, (*path, place)) for place, inner in enumerate(value)))
        return Leaf(line, self._shown(value, line) if isinstance(value, str) else value)

    def _shown(self, text: str, line: int) -> str:
        if bad := CONTROL.search(text):
            self.problems.append(Problem(line, f"there is a character that cannot be shown (U+{ord(bad[0]):04X}); remove it."))
            return CONTROL.sub(" ", text)
        return text
