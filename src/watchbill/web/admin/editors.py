"""One entry of the configuration in a form: what is asked, and the words that the answers make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from watchbill.config import selectors
from watchbill.config.actions import Found
from watchbill.config.rules import BY_KIND, HEAD, ORGANIZATION, Full, Key, Standing
from watchbill.config.words import value
from watchbill.web.admin import saying
from watchbill.web.admin.questions import Block, Doubtful, Options, Place, Question, Values, one


@dataclass(frozen=True, slots=True)
class World:
    """What there is, as the forms need it: the standing configuration, in full and in words."""

    standing: Standing
    sections: Mapping[str, Any]

    def words(self, kind: str, name: str) -> dict[str, Any]:
        """The words of one entry, without its name; empty when there is none."""
        if (kind, name) == ORGANIZATION:
            return {field: self.sections[field] for field in HEAD if field in self.sections}
        key = BY_KIND[kind].key
        row: dict[str, Any] = next((row for row in self.sections.get(kind, []) if row.get(key) == name), {})
        return {field: value for field, value in row.items() if field != key}

    def full(self, kind: str, name: str) -> Full | None:
        return self.standing.current.get((kind, name))

    def options(self, kind: str, *, none: str | None = None) -> Options:
        """The entries of a kind, to choose from; people by name. `none`: what it means to choose nothing."""
        found = [
            (name, f"{full['name']} ({name})" if kind == "people" else name)
            for (its, name), full in self.standing.current.items()
            if its == kind and (kind != "people" or full["active"])
        ]
        found.sort(key=lambda option: option[1].lower())
        return [*([("", none)] if none is not None else []), *found]

    def changed_here(self, kind: str, name: str) -> Mapping[str, Any]:
        """Fields that a person changed since, and what the file says."""
        return selectors.changed_here(self.standing).get((kind, name), {})

    def is_from_file(self, kind: str, name: str) -> bool:
        return (kind, name) in (self.standing.last or {})


def world(also: Sequence[Key] = ()) -> World:
    """Everything there is. About fifteen queries."""
    standing = selectors.standing(also)
    return World(standing, selectors.sections(standing))


@dataclass(frozen=True, slots=True)
class Editor:
    """The form of one entry; `name` is empty for a new one, whose name is asked too, and for the organization."""

    kind: str
    name: str
    questions: Sequence[Question]
    there: Mapping[str, Any] = field(default_factory=dict)  # the words that stand
    here: Mapping[str, Any] = field(default_factory=dict)  # what the file says, where a person changed it

    @property
    def is_new(self) -> bool:
        return not self.name and self.kind != ORGANIZATION[0]

    @property
    def key_field(self) -> str:
        return BY_KIND[self.kind].key if self.kind in BY_KIND else ""

    def values(self) -> dict[str, list[str]]:
        """What stands in the inputs at first."""
        found: dict[str, list[str]] = {}
        for question in self.questions:
            found |= question.read(self.there)
        return found

    def key(self, values: Values) -> Key:
        return self.kind, self.name or one(values, self.key_field)

    def words(self, values: Values) -> dict[str, Any]:
        """The words for these answers. A field whose answer is what stands there keeps its words."""
        words, before = dict(self.there), self.values()
        for question in self.questions:
            said = question.words(values)
            if not self.is_new and said == question.words(before):
                continue
            for name in question.fields:
                words.pop(name, None)
            words |= said
        words.pop(self.key_field, None)
        return words

    def doubts(self, values: Values) -> dict[Place, list[str]]:
        """What no words could say, and would be lost without a word."""
        before = self.values()
        found: dict[Place, list[str]] = {}
        for question in self.questions:
            if isinstance(question, Doubtful):
                found |= question.doubts(values, before)
        return found

    def blocks(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> list[Block]:
        """The form with what was refused beside each input."""
        return [self._marked(question.block(values, errors)) for question in self.questions]

    def _marked(self, block: Block) -> Block:
        name = "members" if block.field == "managers" else block.field
        return replace(block, was=value(name, self.here[name])) if name in self.here else block

    def places(self) -> set[str]:
        """Fields that are asked for: what is refused elsewhere is said above the form."""
        return {name for question in self.questions for name in question.fields}


def by_place(problems: Sequence[Found], key: Key, asked: set[str]) -> tuple[dict[Place, list[str]], list[str]]:
    """What was refused, by place in this entry; and what belongs beside no input, with the name of the entry it is about."""
    places: dict[Place, list[str]] = {}
    others = []
    for found in problems:
        if found.key == key and found.path and found.path[0] in asked:
            places.setdefault(found.path, []).append(found.text)
        elif found.key == key:
            others.append(found.text)
        else:
            kind, name = found.key
            others.append(f"{saying.KINDS.get(kind, kind).capitalize()} {name}: {found.text}" if kind else found.text)
    return places, others
