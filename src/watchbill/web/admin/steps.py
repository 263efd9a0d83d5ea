"""The steps of a policy in a form that needs no script: each target is a choice, and buttons add, move and drop steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.config.rules.meaning import target as meaning
from watchbill.web.admin.editors import World
from watchbill.web.admin.moving import moved
from watchbill.web.admin.questions import Block, Input, Options, Place, Values, one, told, with_chosen
from watchbill.web.admin.targets import Targets, choice_of, chosen, targets_of, whole_text_of

MOST = 50
OURS = re.compile(r"step|s\d+\..*")  # names of inputs of steps


@dataclass(frozen=True, slots=True)
class Step:
    """What stands in the inputs of one step."""

    targets: tuple[str, ...] = ()
    wait: str = ""
    each: str = ""
    hook: str = ""
    chat: str = ""  # and a channel in it that no choice names
    room: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.targets or self.wait or self.hook or self.each or self.chat or self.room)

    @property
    def is_in_turn(self) -> bool:
        """Is anybody in it asked one after the other?"""
        return any('"daylight"' in target for target in self.targets)


@dataclass(frozen=True, slots=True)
class Steps:
    """All steps, which are one field of the policy."""

    targets: Targets
    chats: Options = ()
    fields: tuple[str, ...] = ("steps",)

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        return _values([_step(step) for step in words.get("steps", [])] or [Step()])

    def words(self, values: Values) -> dict[str, Any]:
        steps = [self._words(step) for step in parsed(values) if not step.is_empty]
        return {"steps": steps} if steps else {}

    def doubts(self, values: Values, _before: Values) -> dict[Place, list[str]]:
        """A time for one after the other, where nobody is asked one after the other."""
        steps = [step for step in parsed(values) if not step.is_empty]
        text = "This goes with a team, one after the other; expected such a target in this step, or nothing here."
        return {("steps", place, "each"): [text] for place, step in enumerate(steps) if step.each and not step.is_in_turn}

    def _words(self, step: Step) -> dict[str, Any]:
        notify = [self.targets.words(target, step.each) for target in step.targets]
        notify += [{"webhook": step.hook}] if step.hook else []
        room = {field: text for field, text in (("chat", step.chat), ("name", step.room)) if text}
        notify += [{"channel": room}] if room else []
        return {"notify": notify, **({"wait": step.wait} if step.wait else {})}

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        steps = parsed(values) or [Step()]
        counted = [place for place, step in enumerate(steps) if not step.is_empty]
        parts = [
            self._block(place, step, errors, counted.index(place) if place in counted else -1, len(steps))
            for place, step in enumerate(steps)
        ]
        whole = tuple(text for path, texts in errors.items() if path == ("steps",) for text in texts)
        return Block(
            "steps",
            "Steps",
            (),
            hint="Each step asks everybody in it, then waits; whoever acknowledges ends the walk.",
            errors=whole,
            parts=tuple(parts),
            buttons=(("step.add", "Add a step", "at the end"),),
        )

    def _block(self, place: int, step: Step, errors: Mapping[Place, Sequence[str]], index: int, many: int) -> Block:
        name = f"s{place}"
        inputs = [Input("step", "", "hidden", str(place))]
        inputs += self.targets.inputs(f"{name}.target", step.targets, errors if index >= 0 else {}, ("steps", index, "notify"))
        placed = {text for one_input in inputs for text in one_input.errors}
        inputs += [
            Input(f"{name}.hook", "New webhook (reaches nobody)", "text", step.hook),
            *self._room(name, step),
            Input(
                f"{name}.each",
                "One after the other: each",
                "text",
                step.each,
                hint="As 5m, as usual.",
                errors=told(errors, "steps", index, "each"),
            ),
            Input(f"{name}.wait", "Then wait", "text", step.wait, hint="As 15m.", errors=told(errors, "steps", index, "wait")),
        ]
        beside = {*placed, *told(errors, "steps", index, "wait"), *told(errors, "steps", index, "each")}
        rest = tuple(text for text in told(errors, "steps", index) if text not in beside) if index >= 0 else ()
        of = f"step {place + 1}"
        buttons = [(f"step.more.{place}", "Add a target", f"to {of}")]
        buttons += [(f"step.up.{place}", "Move up", of)] if place else []
        buttons += [(f"step.down.{place}", "Move down", of)] if place < many - 1 else []
        buttons += [(f"step.drop.{place}", "Remove", of)] if many > 1 else []
        return Block("step", f"Step {place + 1}", tuple(inputs), errors=rest, buttons=tuple(buttons))

    def _room(self, name: str, step: Step) -> list[Input]:
        """A channel of a chat; nothing where there is no chat."""
        if not (self.chats or step.chat or step.room):
            return []
        options = with_chosen((("", "none"), *self.chats), step.chat)
        room = Input(f"{name}.room", "Its name", "text", step.room, hint="As #security.")
        return [Input(f"{name}.chat", "New channel (reaches nobody), of the chat", "select", step.chat, options), room]


def question(there: World, words: Mapping[str, Any]) -> Steps:
    """What may be chosen, and whatever stands there already."""
    return Steps(targets_of(there, _targets(words)), there.options("chats"))


def _targets(words: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for step in words.get("steps", []):
        yield from step["notify"]


def _step(words: Mapping[str, Any]) -> Step:
    turns = [meaning(target)["each"] for target in words["notify"] if target.get("order") == "daylight"]
    each = turns[0] if turns else ""
    # A second one in turn, with another time: its own stands in its choice.
    targets = [whole_text_of(target) if meaning(target).get("each", each) != each else choice_of(target) for target in words["notify"]]
    return Step(tuple(targets), str(words.get("wait", "")), each)


def parsed(values: Values) -> list[Step]:
    """The steps that stand in the inputs, in order."""
    return [
        Step(
            chosen(values, f"s{place}.target"),
            one(values, f"s{place}.wait"),
            one(values, f"s{place}.each"),
            one(values, f"s{place}.hook"),
            one(values, f"s{place}.chat"),
            one(values, f"s{place}.room"),
        )
        for place in list(values.get("step", ()))[:MOST]
    ]


def _values(steps: Sequence[Step]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"step": [str(place) for place in range(len(steps))]}
    for place, step in enumerate(steps):
        found[f"s{place}.target"] = list(step.targets)
        found |= {f"s{place}.{field}": [getattr(step, field)] for field in ("wait", "each", "hook", "chat", "room")}
    return found


def shaped(values: Values, act: str) -> Values:
    """The inputs after a button: `step.add`, `step.up.1`, `step.down.1`, `step.drop.1`; what was typed stays."""
    steps = moved(parsed(values), act, Step(), most=MOST)
    others = {name: value for name, value in values.items() if not OURS.fullmatch(name)}
    return {**others, **_values(steps)}
