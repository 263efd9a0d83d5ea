"""What does this YAML say? Text to nodes that know their lines, and nodes back to text.

YAML 1.2, core schema, and less: one document of fields, lists and plain values. No tags, no merge keys, no key twice, and no more levels,
nodes or bytes than a configuration needs, so that a hostile file costs seconds and not the machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from watchbill.config.rules.nodes import Leaf, Map, Node, Pair, Plain, Problem, Row

MAX_BYTES = 1024 * 1024
MAX_LEVELS = 20
MAX_NODES = 200_000
LONGEST_KEY = 300

NULL = re.compile(r"|~|null|Null|NULL")
TRUE = re.compile(r"true|True|TRUE")
FALSE = re.compile(r"false|False|FALSE")
INTEGER = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,16}")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")  # also what breaks or turns lines


class Unreadable(Exception):
    """The text is no YAML that Watchbill reads. `problem` says where and why."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(line, text)


def read(source: bytes | str) -> Node:
    """The file's tree. Raises Unreadable at the first thing that cannot be read."""
    text = _text(source)
    builder = _Builder()
    parser = YAML(typ="safe", pure=True)
    try:
        for event in parser.parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else builder.line, _why(error)) from error
    except (YAMLError, ValueError, OverflowError, IndexError) as error:
        raise Unreadable(builder.line, "this is no YAML: it cannot be read from here on; expected YAML 1.2.") from error
    if builder.root is None:
        raise Unreadable(1, "the file is empty; expected at least `organization`, `last_resort` and `people`.")
    return builder.root


def _text(source: bytes | str) -> str:
    size = len(source)
    if size > MAX_BYTES:
        raise Unreadable(1, f"the file has {size:,} bytes; expected at most {MAX_BYTES:,}.")
    text = _decoded(source) if isinstance(source, bytes) else source
    if bad := UNPRINTABLE.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise Unreadable(line, f"there is a character that cannot be shown (U+{ord(bad[0]):04X}); remove it.")
    return text


def _decoded(source: bytes) -> str:
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        raise Unreadable(line, "this is not UTF-8; save the file as UTF-8 text.") from error


def _why(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context or "it cannot be read")
    if "\\t" in problem:
        return "there is a tab where YAML wants spaces; indent with spaces."
    if "undefined alias" in problem:
        return "the alias names an anchor that does not stand above it."
    context = f" {error.context}" if error.context and error.context != problem else ""
    return f"broken YAML{context}: {' '.join(problem.split())[:200]}."


@dataclass(slots=True)
class _Open:
    """A map or list whose end has not come yet."""

    line: int
    anchor: str | None
    is_map: bool
    nodes: list[Node] = field(default_factory=list)
    keys: list[tuple[int, str]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    @property
    def wants_key(self) -> bool:
        return self.is_map and len(self.keys) == len(self.nodes)


class _Builder:
    """Builds the tree from the parser's events, without recursion."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.line = 1
        self.documents = 0
        self.nodes = 0
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node | None] = {}  # None: still open

    def take(self, event: Event) -> None:
        self.line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            self._document(event)
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, ScalarEvent):
            self._scalar(event)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._begin(event)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._end()

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise Unreadable(self.line, "a second document begins here; expected one document in the file.")
        if event.version and tuple(event.version) != (1, 2):
            raise Unreadable(self.line, "the file says that it is another YAML than 1.2; remove the %YAML line.")

    def _begin(self, event: Any) -> None:
        self._refuse_tag(event)
        if self.stack and self.stack[-1].wants_key:
            raise Unreadable(self.line, "a list or a group of fields stands where a field's name was expected.")
        if len(self.stack) >= MAX_LEVELS:
            raise Unreadable(self.line, f"this is nested deeper than {MAX_LEVELS} levels; expected a flatter file.")
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(self.line, event.anchor, isinstance(event, MappingStartEvent)))

    def _end(self) -> None:
        opened = self.stack.pop()
        nodes = opened.nodes
        size = 1 + sum(node.size for node in nodes)
        height = 1 + max((node.height for node in nodes), default=0)
        node: Node
        if opened.is_map:
            pairs = tuple(Pair(line, key, value) for (line, key), value in zip(opened.keys, nodes, strict=True))
            node = Map(opened.line, pairs, size, height)
        else:
            node = Row(opened.line, tuple(nodes), size, height)
        self._place(node, opened.anchor)

    def _scalar(self, event: Any) -> None:
        self._refuse_tag(event)
        if bad := CONTROL.search(event.value):
            raise Unreadable(self.line, f"there is a character that cannot be shown (U+{ord(bad[0]):04X}); remove it.")
        opened = self.stack[-1] if self.stack else None
        if opened is not None and opened.wants_key:
            self._key(opened, event)
            return
        plain = event.implicit[0]
        nothing = plain and not event.value and opened is not None and opened.keys  # stands where the next thing begins: say the key's line
        line = opened.keys[-1][0] if nothing and opened is not None else self.line
        self._place(Leaf(line, resolve(event.value) if plain else event.value), event.anchor)

    def _key(self, opened: _Open, event: Any) -> None:
        key = event.value
        if len(key) > LONGEST_KEY:
            raise Unreadable(self.line, f"a field's name has {len(key):,} characters; expected at most {LONGEST_KEY}.")
        if key == "<<" and event.implicit[0]:
            raise Unreadable(self.line, "`<<` merges in YAML 1.1 only; write the fields out.")
        if key in opened.seen:
            raise Unreadable(self.line, f"`{key}` stands here twice, first on line {opened.seen[key]}; expected it once.")
        opened.seen[key] = self.line
        opened.keys.append((self.line, key))
        if event.anchor:
            self.anchors[event.anchor] = Leaf(self.line, key)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise Unreadable(self.line, f"`*{event.anchor[:60]}` names an anchor that does not stand above it.")
        node = self.anchors[event.anchor]
        if node is None:
            raise Unreadable(self.line, f"`*{event.anchor[:60]}` stands inside of what it names; expected no circle.")
        if self.stack and self.stack[-1].wants_key:
            raise Unreadable(self.line, "an alias stands where a field's name was expected.")
        if len(self.stack) + node.height > MAX_LEVELS:
            raise Unreadable(self.line, f"this is nested deeper than {MAX_LEVELS} levels; expected a flatter file.")
        self.nodes += node.size - 1
        self._place(node, None)

    def _place(self, node: Node, anchor: str | None) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Unreadable(self.line, f"the file has more than {MAX_NODES:,} values, aliases counted in full; expected fewer.")
        if anchor:
            self.anchors[anchor] = node
        if self.stack:
            self.stack[-1].nodes.append(node)
        else:
            self.root = node

    def _refuse_tag(self, event: Any) -> None:
        if event.tag:
            raise Unreadable(self.line, f"`{event.tag[:60]}` is a tag; expected plain values, text in quotes where it looks like a number.")


def resolve(text: str) -> Plain:
    """A plain scalar's value by the core schema of YAML 1.2. A number too long to be one stays text."""
    if NULL.fullmatch(text):
        return None
    if TRUE.fullmatch(text) or FALSE.fullmatch(text):
        return bool(TRUE.fullmatch(text))
    if INTEGER.fullmatch(text):
        return int(text, 0) if text[1:2] in ("o", "x") else int(text)
    if FLOAT.fullmatch(text):
        return float(text)
    return text


def plain(node: Node) -> Any:
    """The tree without its lines, as JSON would have it."""
    if isinstance(node, Map):
        return {pair.key: plain(pair.node) for pair in node.pairs}
    if isinstance(node, Row):
        return [plain(item) for item in node.items]
    return node.value
