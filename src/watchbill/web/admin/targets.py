"""Whom a page asks, as choices of a form: each target is one choice, and one more is always free."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from watchbill.config.rules.meaning import target as meaning
from watchbill.web.admin.editors import World
from watchbill.web.admin.questions import Input, Options, Place, Values, told, with_chosen

KEPT = "kept:"  # a webhook that stands there: its address may hold a secret, so the form has its digest only


@dataclass(frozen=True, slots=True)
class Targets:
    """What may be chosen, and webhooks that stand there, by what the form has of them."""

    options: Options
    hooks: Mapping[str, str] = field(default_factory=dict)

    def words(self, text: str, each: str = "") -> Any:
        """The words for a choice; whatever is none of them goes to the rules as it came. `each`: of those who are asked in turn."""
        if text.startswith(KEPT):
            return {"webhook": self.hooks.get(text, "")}
        try:
            target = json.loads(text)
        except (ValueError, RecursionError):
            return text
        if not isinstance(target, dict) or not all(isinstance(key, str) for key in target):
            return text
        return {**({"each": each} if target.get("order") == "daylight" and each else {}), **target}

    def inputs(self, name: str, chosen: Sequence[str], errors: Mapping[Place, Sequence[str]], at: Place) -> list[Input]:
        """An input for each target and one more; what was refused stands beside it."""
        inputs = []
        for nth, text in enumerate((*chosen, "")):
            word = f"Target {nth + 1}" if text else "One more target" if chosen else "Target"
            refused = told(errors, *at, nth) if text else ()
            inputs.append(Input(name, word, "select", text, with_chosen((("", "nobody"), *self.options), text), errors=refused, nth=nth))
        return inputs


def targets_of(there: World, standing: Iterable[Mapping[str, Any]]) -> Targets:
    """Watches, teams, people, the channels of teams, and whatever stands there already."""
    options: list[tuple[str, str]] = [(text_of({"schedule": name}), f"watch: {name}") for name, _ in there.options("schedules")]
    for name, _ in there.options("teams"):
        options.append((text_of({"team": name}), f"team: {name}, all at once"))
        options.append((text_of({"team": name, "order": "daylight"}), f"team: {name}, one after the other"))
    options += [(text_of({"person": handle}), f"person: {word}") for handle, word in there.options("people")]
    options.append((text_of({"channel": "team"}), "channel of the team (reaches nobody)"))
    hooks = {}
    channels = [{"channel": team["channel"]} for team in there.sections.get("teams", []) if "channel" in team]
    for target in (*channels, *standing):
        if "webhook" in target:
            text = choice_of(target)
            hooks[text] = target["webhook"]
            options.append((text, f"webhook: {urlsplit(target['webhook']).hostname} (reaches nobody)"))
        elif isinstance(target.get("channel"), Mapping):
            options.append((text_of(target), f"channel: {target['channel']['name']} of {target['channel']['chat']} (reaches nobody)"))
    return Targets(tuple(dict(options).items()), hooks)


def text_of(target: Mapping[str, Any]) -> str:
    """A target as the value of a choice; how long each one has stands in an input of its own."""
    return json.dumps({key: value for key, value in target.items() if key != "each"}, sort_keys=True, ensure_ascii=False)


def whole_text_of(target: Mapping[str, Any]) -> str:
    """The same with how long each one has."""
    return json.dumps(meaning(target), sort_keys=True, ensure_ascii=False)


def choice_of(target: Mapping[str, Any]) -> str:
    """The choice that stands for this target."""
    if "webhook" in target:
        return KEPT + hashlib.sha256(target["webhook"].encode()).hexdigest()[:16]
    return text_of({key: value for key, value in target.items() if (key, value) != ("order", "all")})


def chosen(values: Values, name: str) -> tuple[str, ...]:
    """The targets that stand in the inputs of that name."""
    return tuple(text for text in values.get(name, ()) if text)
