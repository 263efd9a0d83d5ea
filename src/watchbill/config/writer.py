"""How is a configuration written as YAML? Short things on one line, long ones below each other, text quoted where a reader could be misled.

What is written reads back the same, by YAML 1.2 and by the older readers that take `NO` for false and `12:30` for a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from watchbill.config.reader import resolve

WIDTH = 130
PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ._/+@-]*[A-Za-z0-9._/+@-])?|[0-9]{1,10} ?[a-z](?:[a-z ]*[a-z])?|[0-9]{4}-[0-9]{2}-[0-9]{2}")
ONCE_MORE = re.compile(r"y|n|yes|no|on|off|true|false|null", re.IGNORECASE)  # what YAML 1.1 takes for something else
BEYOND_JSON = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


def write(sections: Iterable[tuple[str, Any]]) -> str:
    """The file with these top-level fields, in this order."""
    parts: list[str] = []
    for name, value in sections:
        if isinstance(value, list) and value:
            parts.append(f"\n{name}:\n" + "".join(_item(item, 2) for item in value))
        else:
            parts.append(f"{name}: {flow(value)}\n")
    return "".join(parts).lstrip("\n")


def _item(value: Any, indent: int) -> str:
    """One item of a list below each other."""
    line = f"{' ' * indent}- {flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, (Mapping, list)) or not value:
        return f"{line}\n"
    inner = _fields(value, indent + 2) if isinstance(value, Mapping) else "".join(_item(item, indent + 2) for item in value)
    return f"{' ' * indent}- {inner.lstrip(' ')}"


def _fields(value: Mapping[str, Any], indent: int) -> str:
    lines = []
    for key, inner in value.items():
        line = f"{' ' * indent}{scalar(key)}: {flow(inner)}"
        if len(line) <= WIDTH or not isinstance(inner, (Mapping, list)) or not inner:
            lines.append(f"{line}\n")
        elif isinstance(inner, Mapping):
            lines.append(f"{' ' * indent}{scalar(key)}:\n{_fields(inner, indent + 2)}")
        else:
            lines.append(f"{' ' * indent}{scalar(key)}:\n" + "".join(_item(item, indent + 2) for item in inner))
    return "".join(lines)


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A single value; text in quotes unless nobody could take it for something else."""
    if isinstance(value, str):
        plain = PLAIN.fullmatch(value) and not ONCE_MORE.fullmatch(value) and isinstance(resolve(value), str)
        return value if plain else BEYOND_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
    return json.dumps(value)
