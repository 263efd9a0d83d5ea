"""The tables of docs/reference/configuration.md, made from the one description of the file. `python -m tests.config.reference` prints them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from watchbill.config.rules import PARTS, Part
from watchbill.config.rules import forms as f
from watchbill.config.rules.shapes import Either, Flag, Group, Keyed, Many, Named, OneOf, Shape, Text, Variants, Whole

PLAIN = {
    Flag: "`true`, `false`",
    Group: "fields",
    f.Zone: "a time zone, as Europe/London",
    f.Holidays: "a country or a part of one, as GB or DE-BY",
    f.Day: "a date, as 2026-01-05",
}


def holds(shape: Shape) -> str:
    """What a value is, in a few words."""
    match shape:
        case OneOf(words=words):
            return ", ".join(f"`{word}`" for word in words)
        case Text() | f.Span() | f.Url():
            return shape.expected
        case Named(kind=kind):
            return f"a name of `{kind}`"
        case Whole(least=least, most=most):
            return f"a number, {least} to {most}"
        case Many(of=of, alone=alone):
            return f"list of: {holds(of)}" + (", or one" if alone else "")
        case Keyed(key=key, value=value):
            return f"{holds(key)}: {holds(value)}"
        case Either(word=word, other=other):
            return f"{holds(word)}, or {holds(other)}"
        case Variants(groups=groups):
            return " · ".join(f"`{{{', '.join(group.fields)}}}`" for group in groups.values())
    return PLAIN[type(shape)]


def rows(group: Group, before: str = "") -> Iterator[str]:
    """A row for each field, those inside of it below."""
    for name, field in group.fields.items():
        needed = "**needed**" if field.required else field.default
        kind = holds(field.shape)
        text = " ".join(part for part in (field.says, "" if kind in ("fields", "list of: fields") else f"({kind})") if part)
        yield f"| `{before}{name}` | {text.replace('|', chr(92) + '|')} | {needed} |"
        inner = _inside(field.shape)
        if inner is not None:
            yield from rows(inner, f"{before}{name}.")


def _inside(shape: Shape) -> Group | None:
    """The group behind a field, through lists and alternatives. Targets have a section of their own."""
    match shape:
        case Group():
            return shape
        case Many(of=of):
            return _inside(of)
        case Either(other=other):
            return _inside(other)
    return None


def table(part: Part) -> str:
    return "\n".join(["| field | what it says | default |", "|---|---|---|", *rows(part.group)])


def tables() -> dict[str, str]:
    return {part.kind: table(part) for part in PARTS}


def renewed(page: str) -> str:
    """The page with its tables made anew: each stands below a comment with the name of its part."""
    for kind, made in tables().items():
        page = re.sub(rf"(<!-- fields of {kind} -->\n)(?:\|[^\n]*\n)*", lambda found, made=made: f"{found[1]}{made}\n", page)
    return page


if __name__ == "__main__":
    sys.stdout.write(renewed(sys.stdin.read()))
