"""Where do the fields of an alert stand in a monitor's own JSON? JMESPath, one expression for each field. Pure.

A mapping belongs to a key. An expression that fails never costs the event: the field falls back to what is found without a mapping, and
the event says so.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

FIELDS = ("summary", "severity", "dedup_key", "source", "component", "group", "class", "action", "details", "links", "each")
VALUES = ("trigger", "acknowledge", "resolve")
LONGEST = 1000  # characters of an expression
MOST_VALUES = 50  # words for one action


def problems(mapping: Any) -> list[str]:
    """What is wrong with a mapping, as sentences; empty when it can be kept."""
    if not isinstance(mapping, Mapping):
        return ["A mapping is an object: a JMESPath expression for each field, such as {summary: alert.title}."]
    found = [
        f"There is no field {name!r}; expected some of {', '.join(FIELDS)}, values." for name in mapping if name not in (*FIELDS, "values")
    ]
    found += [f"{name}: {words}" for name in FIELDS if name in mapping and (words := _problem(mapping[name]))]
    return found + _value_problems(mapping.get("values", {}))


def look(mapping: Mapping[str, Any], name: str, value: Any) -> Any:
    """What the expression of a field finds; None where there is none. Raises ValueError in words."""
    expression = mapping.get(name)
    if not expression:
        return None
    import jmespath  # noqa: PLC0415  slow to load, and most installations have no mapping

    try:
        return _compiled(expression).search(value)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(_sentence(error)) from error
    except (RecursionError, ValueError, TypeError, ArithmeticError) as error:
        raise ValueError(type(error).__name__) from error


def action_of(mapping: Mapping[str, Any], word: Any) -> str:
    """Which of our actions the monitor's word means, when the mapping says so; empty when it does not. Case does not count."""
    said = str(word).strip().lower()
    for action, words in mapping.get("values", {}).items():
        if said in {str(one).strip().lower() for one in words}:
            return str(action)
    return ""


@functools.lru_cache(maxsize=500)
def _compiled(expression: str) -> Any:
    import jmespath  # noqa: PLC0415  the same

    return jmespath.compile(expression)


def _problem(expression: Any) -> str:
    if not isinstance(expression, str) or not expression.strip():
        return "expected a JMESPath expression as text."
    if len(expression) > LONGEST:
        return f"the expression is longer than {LONGEST} characters."
    import jmespath  # noqa: PLC0415  the same

    try:
        _compiled(expression)
    except jmespath.exceptions.JMESPathError as error:
        return f"{expression!r} is no JMESPath expression: {_sentence(error)}"
    except RecursionError:
        return "the expression is nested too deeply."
    return ""


def _value_problems(values: Any) -> list[str]:
    if not isinstance(values, Mapping):
        return ["values: expected words of the monitor for some of trigger, acknowledge, resolve: {resolve: [OK, up]}."]
    found = [f"values: there is no action {name!r}; expected some of {', '.join(VALUES)}." for name in values if name not in VALUES]
    for name, words in values.items():
        fine = isinstance(words, Sequence) and not isinstance(words, str) and len(words) <= MOST_VALUES
        if not fine or not all(isinstance(word, (str, int, float, bool)) for word in words):
            found.append(f"values: {name} expects a list of at most {MOST_VALUES} words.")
    return found


def _sentence(error: Exception) -> str:
    """The first line of a message that draws an arrow below the expression."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
