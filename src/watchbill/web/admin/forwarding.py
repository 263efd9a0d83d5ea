"""The routes of a service in a form that needs no script: conditions one to a line, where to go by choices, their order by buttons."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.web.admin.moving import moved
from watchbill.web.admin.questions import QUOTE, Block, Input, Options, Place, Values, one, told, with_chosen

MOST = 100
OURS = re.compile(r"route|r\d+\..*")  # names of inputs of routes
TO = ("service", "policy", "severity")
DROP, STAY = "drop", "stay"
DOES: Options = (
    ("", "goes where is said below"),
    (DROP, "is dropped, and counted"),
    (STAY, "stays as it is: no later route is asked"),
)
SEVERITIES: Options = (("", "as it came"), *((word, word) for word in ("critical", "high", "medium", "low")))


@dataclass(frozen=True, slots=True)
class Route:
    """What stands in the inputs of one route."""

    when: str = ""
    does: str = ""
    to: tuple[str, ...] = ("", "", "")  # service, policy, severity

    @property
    def is_empty(self) -> bool:
        return not (self.when.strip() or self.does or any(self.to))

    @property
    def conditions(self) -> list[tuple[str, str]]:
        return [_condition(line) for line in self.when.splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes, which are one field of the service. `services`: those that the viewer may learn of, and those that stand there."""

    services: Options
    policies: Options
    fields: tuple[str, ...] = ("routes",)

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        return _values([_route(route) for route in words.get("routes", [])] or [Route()])

    def words(self, values: Values) -> dict[str, Any]:
        routes = [{"when": dict(route.conditions), "to": _to(route)} for route in _filled(values)]
        return {"routes": routes} if routes else {}

    def doubts(self, values: Values, _before: Values) -> dict[Place, list[str]]:
        """What no words could say: a field twice, what stays and goes. And a service that is none of the choices, there or not."""
        found: dict[Place, list[str]] = {}
        for place, route in enumerate(_filled(values)):
            keys = [key for key, _ in route.conditions]
            if twice := [key for nth, key in enumerate(keys) if key in keys[:nth]]:
                found["routes", place, "when"] = [f"{key} stands here twice; expected it once: all conditions must hold." for key in twice]
            if route.does == STAY and any(route.to):
                found["routes", place, "to", "drop"] = ["What stays as it is goes nowhere else; expected nothing below."]
            if route.to[0] and route.to[0] not in dict(self.services):
                text = f"nothing under `services` is called {route.to[0]}; expected one of the choices."
                found["routes", place, "to", "service"] = [text]
        return found

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        routes = parsed(values) or [Route()]
        counted = [place for place, route in enumerate(routes) if not route.is_empty]
        parts = [
            self._block(place, route, errors, counted.index(place) if place in counted else -1, len(routes))
            for place, route in enumerate(routes)
        ]
        return Block(
            "routes",
            "Routes",
            (),
            hint="Asked in this order; the first that fits decides. What fits none stays with the service.",
            errors=tuple(text for path, texts in errors.items() if path == ("routes",) for text in texts),
            parts=tuple(parts),
            buttons=(("route.add", "Add a route", "at the end"),),
        )

    def _block(self, place: int, route: Route, errors: Mapping[Place, Sequence[str]], index: int, many: int) -> Block:
        name, at = f"r{place}", ("routes", index)
        service, policy, severity = route.to
        refused = {field: told(errors, *at, "to", field) if index >= 0 else () for field in (*TO, "drop")}
        when = told(errors, *at, "when") if index >= 0 else ()
        choices = {"service": self.services, "policy": self.policies, "severity": SEVERITIES}
        labels = {"service": "To the service", "policy": "By the policy", "severity": "As severity"}
        hint = "One to a line: field = value, or field = /pattern/. All must hold."
        inputs = [
            Input("route", "", "hidden", str(place)),
            Input(f"{name}.when", "An alert with", "area", route.when, hint=hint, errors=when),
            Input(f"{name}.do", "Then it", "select", route.does, with_chosen(DOES, route.does), errors=refused["drop"]),
        ]
        for field, chosen in zip(TO, (service, policy, severity), strict=True):
            options = with_chosen(choices[field], chosen)
            inputs.append(Input(f"{name}.{field}", labels[field], "select", chosen, options, errors=refused[field]))
        beside = {text for each in inputs for text in each.errors}
        rest = tuple(text for text in told(errors, *at) if text not in beside) if index >= 0 else ()
        of = f"route {place + 1}"
        buttons = [(f"route.up.{place}", "Move up", of)] if place else []
        buttons += [(f"route.down.{place}", "Move down", of)] if place < many - 1 else []
        buttons += [(f"route.drop.{place}", "Remove", of)] if many > 1 or not route.is_empty else []
        return Block("route", f"Route {place + 1}", tuple(inputs), errors=rest, buttons=tuple(buttons))


def question(services: Options, policies: Options, words: Mapping[str, Any]) -> Routes:
    """What may be chosen, and whatever stands there already."""
    there = {str(name): str(name) for route in words.get("routes", []) if (name := route["to"].get("service"))}
    return Routes(tuple({"": "the same one", **there, **dict(services)}.items()), policies)


def parsed(values: Values) -> list[Route]:
    """The routes that stand in the inputs, in order. None is left out: a file may have more than the buttons add."""
    return [
        Route(_text(values, f"r{place}.when"), one(values, f"r{place}.do"), tuple(one(values, f"r{place}.{field}") for field in TO))
        for place in values.get("route", ())
    ]


def _text(values: Values, name: str) -> str:
    found = values.get(name) or [""]
    return found[-1]


def _filled(values: Values) -> list[Route]:
    return [route for route in parsed(values) if not route.is_empty]


def _to(route: Route) -> dict[str, Any]:
    to: dict[str, Any] = {field: text for field, text in zip(TO, route.to, strict=True) if text}
    if route.does == DROP:
        to["drop"] = True
    elif route.does == STAY:
        to["drop"] = False
    return to


def _route(words: Mapping[str, Any]) -> Route:
    to = words["to"]
    goes = tuple(str(to.get(field, "")) for field in TO)
    does = DROP if to.get("drop") else STAY if "drop" in to and not any(goes) else ""
    return Route("\n".join(f"{_word(field, '=')} = {_word(value)}" for field, value in words["when"].items()), does, goes)


def _word(text: str, stop: str = "") -> str:
    """As it stands on a line; in quotes, as JSON has them, where the bare word would be read as another one."""
    bare = text == text.strip() and text.splitlines() in ([text], []) and not text.startswith(QUOTE) and not (stop and stop in text)
    return text if bare else json.dumps(text)


def _condition(line: str) -> tuple[str, str]:
    """Field and value of `field = value`; each may stand in quotes. The first = divides: a pattern may have more."""
    quoted, rest = _quoted(line.strip())
    if quoted is not None and rest.lstrip().startswith("="):
        field, said = quoted, rest.lstrip()[1:].strip()
    else:
        bare, _, rest = line.partition("=")
        field, said = bare.strip(), rest.strip()
    value, after = _quoted(said)
    return field, said if value is None or after else value


def _quoted(text: str) -> tuple[str | None, str]:
    """A word in quotes at the begin, and what follows it."""
    if not text.startswith(QUOTE):
        return None, text
    try:
        word, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return None, text
    return str(word), text[end:]


def _values(routes: Sequence[Route]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"route": [str(place) for place in range(len(routes))]}
    for place, route in enumerate(routes):
        found |= {f"r{place}.when": [route.when], f"r{place}.do": [route.does]}
        found |= {f"r{place}.{field}": [text] for field, text in zip(TO, route.to, strict=True)}
    return found


def shaped(values: Values, act: str) -> Values:
    """The inputs after a button: `route.add`, `route.up.1`, `route.down.1`, `route.drop.1`; what was typed stays."""
    others = {name: value for name, value in values.items() if not OURS.fullmatch(name)}
    return {**others, **_values(moved(parsed(values), act, Route(), most=MOST))}
