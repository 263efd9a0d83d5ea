"""From which severity on somebody else hears of an incident too, and who: one field of a team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.config.rules.meaning import target as meaning
from watchbill.web.admin.editors import World
from watchbill.web.admin.questions import Block, Input, Options, Place, Values, one, told, with_chosen
from watchbill.web.admin.targets import Targets, choice_of, chosen, targets_of, whole_text_of

FIELD = "high_impact"
SEVERITIES: Options = (("", "nobody hears of it besides"), *((word, f"from {word} on") for word in ("critical", "high", "medium", "low")))
USUAL = "5m"  # between two people who are asked in turn


@dataclass(frozen=True, slots=True)
class Impact:
    """The severity, and the targets of a page of their own."""

    targets: Targets
    fields: tuple[str, ...] = (FIELD,)

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        said = words.get(FIELD) or {}
        return {f"{FIELD}.severity": [said.get("severity", "")], f"{FIELD}.target": [_text(target) for target in said.get("notify", [])]}

    def words(self, values: Values) -> dict[str, Any]:
        severity, notify = one(values, f"{FIELD}.severity"), chosen(values, f"{FIELD}.target")
        if not severity and not notify:
            return {}
        return {FIELD: {**({"severity": severity} if severity else {}), "notify": [self.targets.words(text) for text in notify]}}

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        severity = one(values, f"{FIELD}.severity")
        asked = Input(
            f"{FIELD}.severity",
            "How severe",
            "select",
            severity,
            with_chosen(SEVERITIES, severity),
            errors=told(errors, FIELD, "severity"),
        )
        inputs = [asked, *self.targets.inputs(f"{FIELD}.target", chosen(values, f"{FIELD}.target"), errors, (FIELD, "notify"))]
        beside = {text for each in inputs for text in each.errors}
        return Block(
            FIELD,
            "High impact",
            tuple(inputs),
            hint="They get a page of their own, beside the one that the policy walks.",
            errors=tuple(text for text in told(errors, FIELD) if text not in beside),
            buttons=(("impact.more", "Add a target", "to high impact"),),
        )


def question(there: World, words: Mapping[str, Any]) -> Impact:
    """What may be chosen, and whatever stands there already."""
    standing = (words.get(FIELD) or {}).get("notify", [])
    targets = targets_of(there, standing)
    timed = [(_text(each), f"team: {each['team']}, one after the other, each {each['each']}") for each in standing if _is_timed(each)]
    return Impact(Targets((*targets.options, *timed), targets.hooks))


def _is_timed(target: Mapping[str, Any]) -> bool:
    return bool(meaning(target).get("each", USUAL) != USUAL)


def _text(target: Mapping[str, Any]) -> str:
    return whole_text_of(target) if _is_timed(target) else choice_of(target)


def shaped(values: Values, _act: str) -> Values:
    """The inputs after its button: the free target comes of itself once the one before is chosen."""
    return values
