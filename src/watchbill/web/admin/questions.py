"""How is a field of the configuration asked for in a form? Each question reads the words of an entry into inputs, and inputs into words.

What is valid is not decided here: words that make no sense go to the rules of the configuration, whose sentence comes back beside the input.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

Values = Mapping[str, Sequence[str]]  # what stands in the inputs, by name
Options = Sequence[tuple[str, str]]  # value and what is read
Place = tuple[str | int, ...]  # where in the entry
QUOTE = '"'


@dataclass(frozen=True, slots=True)
class Input:
    """One input as it is shown. `kind`: text, area, date, select, tick or hidden."""

    name: str
    label: str
    kind: str
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    errors: tuple[str, ...] = ()
    mode: str = ""  # inputmode
    nth: int = 0  # of several inputs of one name

    @property
    def id(self) -> str:
        return f"f-{self.name.replace('.', '-')}{f'-{self.nth}' if self.nth else ''}"


@dataclass(frozen=True, slots=True)
class Block:
    """What belongs together: several inputs below one legend, or a single one."""

    field: str
    legend: str
    inputs: tuple[Input, ...]
    hint: str = ""
    errors: tuple[str, ...] = ()
    was: str = ""  # what the file says, when a person changed it here
    parts: tuple[Block, ...] = ()  # blocks in it
    buttons: tuple[tuple[str, str, str], ...] = ()  # that change the form itself: what they do, their word, and the rest for the ear


class Question(Protocol):
    """One field of an entry, or a few that belong together."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the words that it is about."""

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        """What stands in the inputs for these words."""

    def words(self, values: Values) -> dict[str, Any]:
        """The words for what stands in the inputs; a field that says nothing is missing."""

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        """How it is shown."""


@runtime_checkable
class Doubtful(Protocol):
    """A question whose inputs can hold what no words could say: it would be lost silently."""

    def doubts(self, values: Values, before: Values) -> dict[Place, list[str]]:
        """What would be lost, by its place. `before`: what stood there at first."""


def one(values: Values, name: str) -> str:
    """What stands in an input, without spaces around it."""
    found = values.get(name) or [""]
    return found[-1].strip()


def number(text: str) -> int | str:
    """A number where it is one; else what was written, which the rules refuse with their own words."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def told(errors: Mapping[Place, Sequence[str]], *place: str | int) -> tuple[str, ...]:
    """Everything that was refused at a place or inside of it."""
    return tuple(dict.fromkeys(text for path, texts in errors.items() if path[: len(place)] == place for text in texts))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; a whole number with `counts`."""

    field: str
    label: str
    hint: str = ""
    counts: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        return {self.field: [str(words.get(self.field, ""))]}

    def words(self, values: Values) -> dict[str, Any]:
        text = one(values, self.field)
        return {self.field: number(text) if self.counts else text} if text else {}

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        asked = Input(self.field, self.label, "text", one(values, self.field), hint=self.hint, errors=told(errors, self.field))
        return Block(self.field, "", (replace(asked, mode="numeric" if self.counts else ""),))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few. An option with the empty value means that nothing is said."""

    field: str
    label: str
    options: Options
    hint: str = ""
    inside: str = ""  # the field stands in a group of this one field, as manager: {schedule: ..}

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        word = words.get(self.field, "")
        return {self.field: [str(word[self.inside] if self.inside and word else word)]}

    def words(self, values: Values) -> dict[str, Any]:
        text = one(values, self.field)
        return {self.field: {self.inside: text} if self.inside else text} if text else {}

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        chosen = one(values, self.field)
        asked = Input(
            self.field, self.label, "select", chosen, with_chosen(self.options, chosen), hint=self.hint, errors=told(errors, self.field)
        )
        return Block(self.field, "", (asked,))


def with_chosen(options: Options, chosen: str) -> tuple[tuple[str, str], ...]:
    """The options, and what stands there even when it is none of them: a form never changes what it cannot show."""
    return (*options, *(() if not chosen or chosen in dict(options) else ((chosen, chosen),)))


@dataclass(frozen=True, slots=True)
class Tick:
    """Yes or no; without the tick nothing is said. `says`: what the tick says, where the usual is yes."""

    field: str
    label: str
    hint: str = ""
    says: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        return {self.field: ["yes"] if words.get(self.field, not self.says) is self.says else []}

    def words(self, values: Values) -> dict[str, Any]:
        return {self.field: self.says} if one(values, self.field) else {}

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        asked = Input(self.field, self.label, "tick", one(values, self.field), hint=self.hint, errors=told(errors, self.field))
        return Block(self.field, "", (asked,))


def _line(words: Sequence[str]) -> str:
    """Words with commas between them, as `_parts` reads them."""
    return ", ".join(f'"{word.replace(QUOTE, QUOTE * 2)}"' if {",", QUOTE} & set(word) else word for word in words)


def _parts(text: str) -> list[str]:
    try:
        return next(csv.reader([" ".join(text.splitlines())], skipinitialspace=True), [])
    except csv.Error:  # longer than any word can be: the configuration's rules say so
        return text.split(",")


@dataclass(frozen=True, slots=True)
class Names:
    """Several short words on one line, with commas; a word that has one itself stands in quotes."""

    field: str
    label: str
    hint: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        return {self.field: [_line(words.get(self.field, []))]}

    def words(self, values: Values) -> dict[str, Any]:
        found = [part.strip() for part in _parts(one(values, self.field)) if part.strip()]
        return {self.field: found} if found else {}

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        asked = Input(self.field, self.label, "text", one(values, self.field), hint=self.hint, errors=told(errors, self.field))
        return Block(self.field, "", (asked,))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Free words and what each stands for, one to a line: `P1 = critical`."""

    field: str
    label: str
    hint: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        return {self.field: ["\n".join(f"{key} = {value}" for key, value in words.get(self.field, {}).items())]}

    def _lines(self, values: Values) -> list[tuple[str, str]]:
        lines = [line.rpartition("=") if "=" in line else (line, "", "") for line in one(values, self.field).splitlines() if line.strip()]
        return [(key.strip(), value.strip()) for key, _, value in lines]

    def words(self, values: Values) -> dict[str, Any]:
        found = dict(self._lines(values))
        return {self.field: found} if found else {}

    def doubts(self, values: Values, _before: Values) -> dict[Place, list[str]]:
        """Words that stand there more than once: only one of them could count."""
        keys = [key for key, _ in self._lines(values)]
        found = [f"{key} stands here twice; expected it once." for place, key in enumerate(keys) if key in keys[:place]]
        return {(self.field,): found} if found else {}

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        asked = Input(self.field, self.label, "area", one(values, self.field), hint=self.hint, errors=told(errors, self.field))
        return Block(self.field, "", (asked,))


@dataclass(frozen=True, slots=True)
class Each:
    """One choice for each of some known words: how loud each severity is."""

    field: str
    label: str
    keys: Sequence[str]
    options: Options
    hint: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        said = words.get(self.field, {})
        return {f"{self.field}.{key}": [said.get(key, "")] for key in self.keys}

    def words(self, values: Values) -> dict[str, Any]:
        found = {key: text for key in self.keys if (text := one(values, f"{self.field}.{key}"))}
        return {self.field: found} if found else {}

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        inputs = []
        for key in self.keys:
            name = f"{self.field}.{key}"
            chosen = one(values, name)
            options = with_chosen(self.options, chosen)
            inputs.append(Input(name, key.capitalize(), "select", chosen, options, errors=told(errors, self.field, key)))
        return Block(self.field, self.label, tuple(inputs), hint=self.hint)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of fields that is there or not: `{incidents: 20, within: 5m}`. `off` is the word for none, where there is one."""

    field: str
    label: str
    parts: Sequence[Line | Choice | Names | Tick]
    hint: str = ""
    off: str = ""
    tick: str = ""  # what a tick says that has it at all; without one it is there when any input says something
    defaults: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        word = words.get(self.field)
        is_there = word is not None if not self.off else word != self.off
        inner = word if isinstance(word, Mapping) else {}
        found = {f"{self.field}.on": ["yes"] if is_there else []} if self.tick else {}
        for part in self.parts:
            given = inner if part.field in inner else {**inner, **_default(self.defaults, part)}
            found |= {f"{self.field}.{name}": value for name, value in part.read(given).items()}
        return found

    def words(self, values: Values) -> dict[str, Any]:
        inner = {name.removeprefix(f"{self.field}."): value for name, value in values.items() if name.startswith(f"{self.field}.")}
        if self.tick and not one(values, f"{self.field}.on"):
            return {self.field: self.off} if self.off else {}
        found: dict[str, Any] = {}
        for part in self.parts:
            found |= part.words(inner)
        return {self.field: found} if found or (self.tick and not self.off) else {}

    def doubts(self, values: Values, before: Values) -> dict[Place, list[str]]:
        """Something was typed into a group that is not ticked: it would not count."""
        if not self.tick or one(values, f"{self.field}.on"):
            return {}
        names = [f"{self.field}.{name}" for part in self.parts for name in part.read({})]
        typed = [name for name in names if name in values and one(values, name) != one(before, name)]
        return (
            {(self.field,): [f"What is typed here counts only with “{self.tick}”; expected the tick too, or no change."]} if typed else {}
        )

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        inner = {name.removeprefix(f"{self.field}."): value for name, value in values.items() if name.startswith(f"{self.field}.")}
        deeper = {path[1:]: texts for path, texts in errors.items() if path[:1] == (self.field,) and len(path) > 1}
        inputs = [Input(f"{self.field}.on", self.tick, "tick", one(values, f"{self.field}.on"))] if self.tick else []
        for part in self.parts:
            inputs += [replace(each, name=f"{self.field}.{each.name}") for each in part.block(inner, deeper).inputs]
        rest = [text for path, texts in errors.items() if path == (self.field,) for text in texts]
        return Block(self.field, self.label, tuple(inputs), hint=self.hint, errors=tuple(rest))


def _default(defaults: Mapping[str, str], part: Line | Choice | Names | Tick) -> dict[str, Any]:
    if part.field not in defaults:
        return {}
    text = defaults[part.field]
    return {part.field: text.split(", ") if isinstance(part, Names) else text}
