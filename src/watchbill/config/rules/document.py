"""Is this file one that may be applied? Every reason why not, with its line, in one go. Pure.

1. Each section is read by its shape: fields, words, numbers, zones.
2. Names: each defined once per kind, each use defined somewhere in the file.
3. What only several fields together can break: `rules.sense`.
"""

from __future__ import annotations

from typing import Any

from watchbill.config.rules import sense
from watchbill.config.rules.entries import Entry, File
from watchbill.config.rules.meaning import fill
from watchbill.config.rules.nodes import Leaf, Map, Node, Problem, Row, shown_value
from watchbill.config.rules.parts import HEAD, PARTS, Part
from watchbill.config.rules.shapes import Facts, Place, Reading, nearest

Defined = dict[str, dict[str, int] | None]  # kind to names and their lines; None: the section itself is refused


def check(tree: Node, *, facts: Facts) -> tuple[File | None, list[Problem]]:
    """The file, or every problem in it, by line."""
    reading = Reading(facts)
    top = Place(reading)
    if not isinstance(tree, Map):
        top.refuse(tree, "fields such as organization, last_resort and people")
        return None, list(reading.problems)
    head = _head(tree, top)
    defined: Defined = {part.kind: {} for part in PARTS}
    entries: list[Entry] = []
    for part in PARTS:
        entries += _section(tree, part, top, defined)
    _unknown_sections(tree, top)
    _names(reading, defined)
    sense.check(entries, head, tree, top)
    if reading.problems.found:
        return None, list(reading.problems)
    sections = tuple(pair.key for pair in tree.pairs)
    return File(head["organization"], head["last_resort"], tuple(entries), sections), []


def _head(tree: Map, top: Place) -> dict[str, Any]:
    head = {}
    for name, (shape, says) in HEAD.items():
        node = tree.get(name)
        if node is None:
            top.say(tree, f"`{name}` is missing; expected it at the top of the file. {says}")
        else:
            head[name] = shape.read(node, top.into(name))
    return head


def _unknown_sections(tree: Map, top: Place) -> None:
    known = [*HEAD, *(part.kind for part in PARTS)]
    for pair in tree.pairs:
        if pair.key not in known:
            top.say(pair.line, f"there is no field `{shown_value(pair.key)}`; expected {', '.join(known)}{nearest(pair.key, known)}")


def _section(tree: Map, part: Part, top: Place, defined: Defined) -> list[Entry]:
    node = tree.get(part.kind)
    at = top.into(part.kind)
    names: dict[str, int] = {}
    if isinstance(node, Row):
        defined[part.kind] = names
        if part.kind == "people" and not node.items:
            at.say(node, "the list is empty; expected at least one person.")
    elif node is not None:
        defined[part.kind] = None
        at.refuse(node, "a list")
    elif part.kind == "people":
        defined[part.kind] = None
        top.say(tree, "`people` is missing; expected at least one person, since somebody must be the last resort.")
    entries = []
    for item in node.items if isinstance(node, Row) else ():
        before = len(top.reading.problems)
        words = part.group.read(item, at)
        name = _define(item, part, at, names)
        if words is not None and name and len(top.reading.problems) == before:
            entries.append(Entry(part.kind, name, item.line, words, fill(part.kind, words), item))
    return entries


def _define(item: Node, part: Part, at: Place, defined: dict[str, int]) -> str:
    """Remember the name of an entry, also of one with other problems, so that its users are not blamed for them."""
    if not isinstance(item, Map):
        return ""
    keys = [part.key] if part.key else ["team", "severity"]
    values = [node.value for key in keys if isinstance(node := item.get(key), Leaf) and isinstance(node.value, str) and node.value]
    if len(values) < len(keys):
        return ""
    name = " / ".join(values)
    line = item.line_of(keys[0])
    if name in defined:
        at.say(line, f"{shown_value(name)} is defined twice, first on line {defined[name]}; expected each {keys[0]} once.")
        return ""
    defined[name] = line
    return name


def _names(reading: Reading, defined: Defined) -> None:
    for use in reading.uses:
        known = defined[use.kind]
        if known is None or use.name in known:
            continue
        hint = Place(reading).near(use.name, known)
        if hint == "." and 0 < len(known) <= 8:
            hint = f": {', '.join(known)}."
        where = f"{use.where}: " if use.where else ""
        expected = f"expected a name that stands under `{use.kind}`{hint}"
        reading.problems.say(use.line, f"{where}nothing under `{use.kind}` is called {shown_value(use.name)}; {expected}")
