"""The layers of a schedule in a form that needs no script: who follows whom, one to a line; buttons add, clone, move and end layers.

What is changed from a day on leaves what holds until then as it is: the day becomes the start of each layer that changed or is new, and the
end of each that is gone. That is what the configuration says of it too, so a file and a page never disagree.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from watchbill.web.admin.moving import moved
from watchbill.web.admin.questions import Block, Input, Options, Place, Values, one, told, with_chosen

MOST = 50
OURS = re.compile(r"layer|l\d+\..*")  # names of inputs of layers
AT_ONCE = ("team", "timezone", "combine", "hours")  # of the schedule: they have no day from which on they hold
TEXTS = ("name", "days", "start", "length", "timezone", "turn", "starting", "ending")
EVERY_DAY = "mon, tue, wed, thu, fri, sat, sun"
COMMA = re.compile(r"[,\s]+")


@dataclass(frozen=True, slots=True)
class Layer:
    """What stands in the inputs of one layer."""

    name: str = ""
    days: str = EVERY_DAY
    start: str = "09:00"
    length: str = "24h"
    timezone: str = ""  # whose clock it follows; empty: the schedule's
    turn: str = "1w"
    starting: str = ""
    ending: str = ""
    order: str = ""  # people by handle, one turn to a line
    more: str = ""  # one more, chosen from a list
    shadow: bool = False

    @property
    def is_empty(self) -> bool:
        """Nobody said who stands in it, nor what it is called."""
        return not (self.name or self.order.strip() or self.more)

    @property
    def turns(self) -> list[str | list[str]]:
        lines = [[word for word in COMMA.split(line) if word] for line in (*self.order.splitlines(), self.more)]
        return [line[0] if len(line) == 1 else line for line in lines if line]


@dataclass(frozen=True, slots=True)
class Layers:
    """All layers, which are one field of the schedule. `there`: those that stand; `today`: in the zone of the schedule."""

    people: Options
    today: dt.date
    there: Sequence[Mapping[str, Any]] = ()
    fields: tuple[str, ...] = ("layers",)

    def read(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        return {**_values([_layer(layer) for layer in words.get("layers", [])] or [self._fresh()]), "from": [""]}

    def _fresh(self) -> Layer:
        return Layer(starting=self.today.isoformat())

    def words(self, values: Values) -> dict[str, Any]:
        layers = [_words(layer) for layer in _filled(values)]
        if day := one(values, "from"):
            layers = dated(self.there, layers, day)
        return {"layers": layers} if layers else {}

    def doubts(self, values: Values, before: Values) -> dict[Place, list[str]]:
        """A day that is none, is over, or could not hold for what else was changed; a new layer that would change the past."""
        day = one(values, "from")
        if not day:
            return self._backdated(_filled(values))
        at: Place = ("layers", "from")
        if (found := _day(day)) is None:
            return {at: [f"{day[:40]} is no day; expected one such as {self.today.isoformat()}."]}
        if found < self.today:
            return {at: [f"{day} is over; expected {self.today.isoformat()} or a later day: the past stays as it was."]}
        if any(one(values, name) != one(before, name) for name in AT_ONCE):
            text = "Team, time zone, combining and hours change at once; expected them in a change of their own, or no day here."
            return {at: [text]}
        return {at: texts} if (texts := self._overtaken(_filled(values), found)) else {}

    def _backdated(self, layers: Sequence[Layer]) -> dict[Place, list[str]]:
        """Whatever is new while another layer leaves takes its place from now on, and touches no past: it may be a new name."""
        old, today = {layer["name"] for layer in self.there}, self.today.isoformat()
        if old - {layer.name for layer in layers}:
            return {}
        text = f"This layer is new, and the past stays as it was; expected {today} or a later day."
        late = [place for place, layer in enumerate(layers) if layer.name not in old and _day(layer.starting) and layer.starting < today]
        return {("layers", place, "rotation", "starting"): [text] for place in late if old}

    def _overtaken(self, layers: Sequence[Layer], day: dt.date) -> list[str]:
        """Layers that begin anew before that day already: what was to hold in between would be lost."""
        wanted = {layer.name: _words(layer) for layer in layers}
        found = []
        for layer in self.there:
            starting = layer["rotation"]["starting"]
            is_same = _without_end(_words(_layer(layer))) == _without_end(wanted.get(layer["name"], {}))
            if self.today.isoformat() < starting < day.isoformat() and not is_same and layer["name"] in wanted:
                found.append(f"{layer['name']} begins anew on {starting} already; expected {starting} or an earlier day.")
        return found

    def block(self, values: Values, errors: Mapping[Place, Sequence[str]]) -> Block:
        layers = parsed(values) or [self._fresh()]
        counted = [place for place, layer in enumerate(layers) if not layer.is_empty]
        parts = [
            self._block(place, layer, errors, counted.index(place) if place in counted else -1, len(layers))
            for place, layer in enumerate(layers)
        ]
        day = Input(
            "from",
            "With effect from",
            "date",
            one(values, "from"),
            hint="Until that day all stays as it is. Empty: at once; other people from the next turn on.",
            errors=told(errors, "layers", "from"),
        )
        return Block(
            "layers",
            "Layers",
            (day,) if self.there else (),
            hint="Each layer is a rotation. Shifts that are over never change.",
            errors=tuple(text for path, texts in errors.items() if path == ("layers",) for text in texts),
            parts=tuple(parts),
            buttons=(("layer.add", "Add a layer", "at the end"),),
        )

    def _block(self, place: int, layer: Layer, errors: Mapping[Place, Sequence[str]], index: int, many: int) -> Block:
        asked = self._inputs(f"l{place}", layer, errors, ("layers", index)) if index >= 0 else self._inputs(f"l{place}", layer, {}, ())
        beside = {text for each in asked for text in each.errors}
        rest = tuple(text for text in told(errors, "layers", index) if text not in beside) if index >= 0 else ()
        of = f"layer {place + 1}"
        buttons = [(f"layer.up.{place}", "Move up", of)] if place else []
        buttons += [(f"layer.down.{place}", "Move down", of)] if place < many - 1 else []
        buttons += [(f"layer.clone.{place}", "Clone", of)] if not layer.is_empty else []
        buttons += [(f"layer.drop.{place}", "Remove", of)] if many > 1 else []
        inputs = (Input("layer", "", "hidden", str(place)), *asked)
        ended = ", ended" if layer.ending and layer.ending <= self.today.isoformat() else ""
        return Block("layer", f"Layer {place + 1}{ended}", inputs, errors=rest, buttons=tuple(buttons))

    def _inputs(self, name: str, layer: Layer, errors: Mapping[Place, Sequence[str]], at: Place) -> list[Input]:
        def line(field: str, label: str, value: str, *path: str, kind: str = "text", hint: str = "") -> Input:
            return Input(f"{name}.{field}", label, kind, value, hint=hint, errors=told(errors, *at, *path) if errors else ())

        more = with_chosen((("", "nobody"), *self.people), layer.more)
        return [
            line("name", "Name", layer.name, "name", hint="As Day or Night."),
            line("days", "Days on which a shift starts", layer.days, "shifts", "days", hint="With commas, as sat, sun."),
            line("start", "Shift starts at", layer.start, "shifts", "start", hint="As 09:00."),
            line("length", "Shift lasts", layer.length, "shifts", "length", hint="As 12h, 24h or 1w."),
            line("timezone", "On the clock of", layer.timezone, "timezone", hint="As Asia/Tokyo. Empty: the time zone above."),
            line("order", "Who follows whom", layer.order, "rotation", "order", kind="area", hint=ORDER_HINT),
            Input(f"{name}.more", "One more, at the end", "select", layer.more, more),
            line("turn", "Each has it for", layer.turn, "rotation", "turn", hint="As 1w, 3 days or 1 shift."),
            line(
                "starting",
                "First turn begins on",
                layer.starting,
                "rotation",
                "starting",
                kind="date",
                hint="A later day: the rotation begins anew then.",
            ),
            line("ending", "Ends on", layer.ending, "ending", kind="date", hint="No shift starts on that day or later. Empty: it goes on."),
            Input(f"{name}.shadow", "Shadow: notified along, never coverage", "tick", "yes" if layer.shadow else ""),
        ]


ORDER_HINT = "Handles, one turn to a line; several at once with commas."


def dated(there: Sequence[Mapping[str, Any]], wanted: Sequence[dict[str, Any]], day: str) -> list[dict[str, Any]]:
    """The layers as they are to be from that day on, and as they are until then."""
    old = {layer["name"]: layer for layer in there}
    found = [_from(old.get(layer.get("name", "")), layer, day) for layer in wanted]
    names = {layer.get("name") for layer in wanted}
    for place, layer in enumerate(there):
        if layer["name"] not in names:
            found.insert(min(place, len(found)), {**layer, "ending": min(day, layer.get("ending", day))})
    return found


def _from(old: Mapping[str, Any] | None, layer: dict[str, Any], day: str) -> dict[str, Any]:
    """A layer that changed begins anew on that day; one that only ends does not, nor one that stays."""
    if old is not None and _without_end(_words(_layer(old))) == _without_end(layer):
        return layer
    rotation = layer["rotation"]
    said = rotation.get("starting", "")
    moved_by_hand = old is None or said != old["rotation"]["starting"]
    return {**layer, "rotation": {**rotation, "starting": max(said, day) if moved_by_hand else day}}


def _without_end(layer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in layer.items() if name != "ending"}


def _words(layer: Layer) -> dict[str, Any]:
    shifts: dict[str, Any] = {"days": [word.strip() for word in layer.days.split(",") if word.strip()]}
    shifts |= {name: text for name, text in (("start", layer.start), ("length", layer.length)) if text}
    rotation: dict[str, Any] = {"order": layer.turns}
    rotation |= {name: text for name, text in (("turn", layer.turn), ("starting", layer.starting)) if text}
    return {
        **({"name": layer.name} if layer.name else {}),
        "shifts": shifts,
        "rotation": rotation,
        **({"timezone": layer.timezone} if layer.timezone else {}),
        **({"ending": layer.ending} if layer.ending else {}),
        **({"shadow": True} if layer.shadow else {}),
    }


def _layer(words: Mapping[str, Any]) -> Layer:
    shifts, rotation = words["shifts"], words["rotation"]
    return Layer(
        name=words["name"],
        days=", ".join(shifts["days"]),
        start=shifts["start"],
        length=shifts["length"],
        timezone=words.get("timezone", ""),
        turn=rotation["turn"],
        starting=rotation["starting"],
        ending=words.get("ending", ""),
        order="\n".join(entry if isinstance(entry, str) else ", ".join(entry) for entry in rotation["order"]),
        shadow=words.get("shadow", False),
    )


def parsed(values: Values) -> list[Layer]:
    """The layers that stand in the inputs, in order. None is left out: a file may have more than the buttons add."""
    return [_parsed(values, f"l{place}") for place in values.get("layer", ())]


def _parsed(values: Values, name: str) -> Layer:
    texts = {field: one(values, f"{name}.{field}") for field in (*TEXTS, "order", "more")}
    return Layer(**texts, shadow=bool(one(values, f"{name}.shadow")))


def _filled(values: Values) -> list[Layer]:
    return [layer for layer in parsed(values) if not layer.is_empty]


def _values(layers: Sequence[Layer]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"layer": [str(place) for place in range(len(layers))]}
    for place, layer in enumerate(layers):
        found |= {f"l{place}.{field}": [getattr(layer, field)] for field in (*TEXTS, "order", "more")}
        found[f"l{place}.shadow"] = ["yes"] if layer.shadow else []
    return found


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def shaped(values: Values, act: str, today: dt.date) -> Values:
    """The inputs after a button: `layer.add`, `layer.clone.1`, `layer.up.1`, `layer.down.1`, `layer.drop.1`; what was typed stays."""
    layers = parsed(values)
    _, _, rest = act.partition(".")
    what, _, text = rest.partition(".")
    if what == "clone":
        layers = _cloned(layers, int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1, today)
    else:
        layers = moved(layers, act, Layer(starting=today.isoformat()), most=MOST)
    others = {name: value for name, value in values.items() if not OURS.fullmatch(name)}
    return {**others, **_values(layers)}


def _cloned(layers: list[Layer], place: int, today: dt.date) -> list[Layer]:
    """A copy below it that begins today, with a name that is free."""
    if not 0 <= place < len(layers) < MOST:
        return layers
    names = {layer.name for layer in layers}
    name = next(text for n in range(2, MOST + 3) if (text := f"{layers[place].name} {n}") not in names)
    copy = replace(layers[place], name=name, starting=max(layers[place].starting, today.isoformat()))
    return [*layers[: place + 1], copy, *layers[place + 1 :]]
