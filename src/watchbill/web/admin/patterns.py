"""The usual rotations, as they are asked for: who, from when on, at which hour; what comes of it goes into the form of a schedule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watchbill.kernel.errors import Invalid
from watchbill.people.models import Membership, Person, Team
from watchbill.people.rules import zone_of
from watchbill.schedules.models import Schedule
from watchbill.schedules.rules import LayerSpec, days_and_weekends, local_hours, monday_from, regions, week_by_week
from watchbill.web.admin.layers import COMMA
from watchbill.web.admin.questions import Block, Input, Values, one

DAY = dt.timedelta(days=1)
REGIONS = (1, 2, 3)
MOST_LOCAL = 6  # times that a region's hours change, in a sentence


@dataclass(frozen=True, slots=True)
class Pattern:
    """A template to choose. `hours`: when its schedule wakes people."""

    key: str
    title: str
    says: str
    hours: str = ""


DAYS = Pattern(
    "days-and-weekends",
    "Days, nights and weekends",
    "On weekdays 12 hours by day and 12 by night, 48 hours at the weekend. Everybody has as many of each, and never two in a row.",
)
ROUND = Pattern(
    "regions",
    "Three regions",
    "On weekdays 8 hours each, round the world; one person has the weekend. All hand-overs follow one clock, so no hour is left out.",
)
WEEK = Pattern(
    "working-weeks", "A week each, in working hours", "One person for a week. Nobody is woken outside working hours.", "business"
)
SECOND = Pattern(
    "manager-and-backup",
    "Manager and backup",
    "Beside a schedule a second one, always with whoever had the turn before, and a third one on which the managers stand.",
)
PATTERNS = {pattern.key: pattern for pattern in (DAYS, ROUND, WEEK, SECOND)}


@dataclass(frozen=True, slots=True)
class Crew:
    """The team of a schedule to be: who can stand in it, and the schedules that it has."""

    team: Team
    people: tuple[Person, ...]  # of the desk, in its order
    managers: tuple[Person, ...]
    schedules: tuple[Schedule, ...]


def crew_of(team: Team) -> Crew:
    rows = list(
        Membership.objects.filter(team=team, person__is_active=True)
        .exclude(role="viewer")
        .select_related("person")
        .order_by("position", "id")
    )
    desk = tuple(row.person for row in rows if row.on_desk)
    managers = tuple(row.person for row in rows if row.role == "manager")
    return Crew(team, desk, managers, tuple(Schedule.objects.filter(team=team, is_active=True).order_by("position", "id")))


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the inputs of a template, read. `now` only tells which zone is east of which."""

    pattern: Pattern
    crew: Crew
    zones: frozenset[str]
    now: dt.datetime
    here: str  # the zone of whoever asks

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(zone_of(self.here)).date()

    def start(self) -> dict[str, list[str]]:
        """What stands there at first: everybody of the desk, from the next Monday on."""
        found = {"name": [""], "timezone": [self.here], "first": [monday_from(self.today + DAY).isoformat()], "hour": ["09:00"]}
        everybody = [_lines(self.crew.people)]
        if self.pattern == ROUND:
            parts = self._parts()
            for number, (name, zone, people) in zip(REGIONS, parts, strict=True):
                found |= {f"r{number}.name": [name], f"r{number}.zone": [zone], f"r{number}.people": [_lines(people)]}
            return found | {"timezone": [parts[0][1]], "weekend": everybody}
        if self.pattern == SECOND:
            names = [each.name for each in self.crew.schedules]
            beside = next((name for name in names if f"{name} backup" not in names and not name.endswith(" backup")), "")
            return found | {"beside": [beside], "managers": [_lines(self.crew.managers)]}
        return found | {"people": everybody}

    def _parts(self) -> list[tuple[str, str, list[Person]]]:
        """Three regions from east to west: cut where the clocks lie farthest apart, or evenly where there are fewer than three clocks."""
        offsets = {each: self.now.astimezone(zone_of(each.timezone)).utcoffset() or dt.timedelta() for each in self.crew.people}
        people = sorted(self.crew.people, key=lambda each: offsets[each], reverse=True)
        is_round = len(set(offsets.values())) >= len(REGIONS)
        steps = sorted(range(1, len(people)), key=lambda place: offsets[people[place - 1]] - offsets[people[place]], reverse=True)
        one, other = sorted(steps[:2]) if is_round else (-(-len(people) // 3), -(-2 * len(people) // 3))
        found = []
        for number, those in zip(REGIONS, (people[:one], people[one:other], people[other:]), strict=True):
            zone = those[0].timezone if those else self.here
            name = zone.rpartition("/")[2].replace("_", " ") if is_round else f"Region {number}"
            found.append((name, zone, those))
        return found

    def layers(self, values: Values) -> list[LayerSpec]:
        """The layers that it means. Invalid, with a sentence, when it means none."""
        first, start = self.first(values), self.hour(values)
        try:
            if self.pattern == DAYS:
                return days_and_weekends(self.people(values, "people"), first, start)
            if self.pattern == ROUND:
                parts = [
                    (one(values, f"r{number}.name") or f"Region {number}", self.people(values, f"r{number}.people")) for number in REGIONS
                ]
                if len({name for name, _ in parts}) < len(parts):
                    raise Invalid("Two regions have one name; expected three names.")
                return regions(parts, self.people(values, "weekend"), first, start)
            return week_by_week(self.people(values, "people"), first, start)
        except ValueError as error:
            raise Invalid(str(error)) from error

    def first(self, values: Values) -> dt.date:
        """The Monday on which it begins."""
        text = one(values, "first")
        try:
            day = dt.date.fromisoformat(text)
        except ValueError as error:
            raise Invalid(f"{text[:40] or 'Nothing'} is no day; expected a first day such as {self.today.isoformat()}.") from error
        if not self.today <= day <= self.today + 3 * 366 * DAY:
            raise Invalid(
                f"A rotation begins today or later, within three years; {text} is not, expected a day such as {self.today.isoformat()}."
            )
        return monday_from(day)

    def hour(self, values: Values) -> dt.time:
        text = one(values, "hour")
        try:
            return dt.datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  an hour of the clock has no zone
        except ValueError as error:
            raise Invalid(f"{text[:40] or 'Nothing'} is no hour; expected one such as 09:00.") from error

    def people(self, values: Values, name: str) -> list[int]:
        """Who stands in an input, by id, in order. Somebody twice is one turn more."""
        handles = [word for word in COMMA.split(one(values, name)) if word]
        known = dict(Person.objects.filter(handle__in=handles, is_active=True).values_list("handle", "id"))
        if missing := [word for word in handles if word not in known]:
            raise Invalid(f"There is nobody with the handle {missing[0][:60]}; expected handles, one to a line.")
        return [known[word] for word in handles]

    def zone(self, values: Values, name: str = "timezone") -> str:
        text = one(values, name)
        if text not in self.zones:
            raise Invalid(f"{text[:60] or 'Nothing'} is no time zone; expected a name such as Europe/Berlin.")
        return text

    def notes(self, values: Values, layers: Sequence[LayerSpec]) -> list[str]:
        """What to know of it besides the form: when it begins, and what the clocks of the regions show."""
        zone = self.zone(values)
        found = [f"It begins on {_date(layers[0].starting)} at {layers[0].start:%H:%M}, {zone}; turns change with the week."]
        if self.pattern == WEEK:
            found.append("Alerts that come outside working hours wait for whoever has the week; a policy says what is urgent anyway.")
        if self.pattern == ROUND:
            found.append(
                f"Every hand-over follows the clock of {zone}. Regions change their clocks on different days: "
                "if each followed its own, an hour between two of them would be nobody's in those weeks, or both's."
            )
            found += [self._local(values, number, layer) for number, layer in zip(REGIONS, layers[:3], strict=True)]
        return found

    def _local(self, values: Values, number: int, layer: LayerSpec) -> str:
        there = self.zone(values, f"r{number}.zone")
        first, *later = local_hours(layer, self.zone(values), there)
        said = [f"{first.start:%H:%M} to {first.end:%H:%M}"]
        said += [f"{each.start:%H:%M} to {each.end:%H:%M} from {_date(each.since)}" for each in later[:MOST_LOCAL]]
        return f"{layer.name}, on the clock of {there}: {'; '.join(said)}."

    def blocks(self, values: Values) -> list[Block]:
        """The inputs."""

        def line(name: str, label: str, kind: str = "text", hint: str = "") -> Block:
            return Block(name, "", (Input(name, label, kind, one(values, name), hint=hint),))

        begin = [line("first", "First day", "date", "The Monday on which it begins, or the Monday after it.")]
        if self.pattern == SECOND:
            names = line("backup", "Name of the backup", hint=SECOND_HINT), line("third", "Name of the managers' schedule", hint=THIRD_HINT)
            managers = line("managers", "Managers, a week each", "area", MANAGERS_HINT)
            return [self._beside(values), *begin, names[0], managers, names[1], self._is_teams(values)]
        found = [line("name", "Name", hint="It cannot be changed later."), *begin]
        found += [line("hour", "Hand-over at", hint=HOUR_HINT), line("timezone", "Time zone", hint=ZONE_HINT[self.pattern == ROUND])]
        if self.pattern == ROUND:
            found += [self._region(values, number) for number in REGIONS]
            return [*found, line("weekend", "Weekends, 48 hours each", "area", HANDLES)]
        return [*found, line("people", "Who follows whom", "area", HANDLES)]

    def _region(self, values: Values, number: int) -> Block:
        asked = (
            Input(f"r{number}.name", "Name", "text", one(values, f"r{number}.name"), hint="As Asia."),
            Input(f"r{number}.zone", "Time zone", "text", one(values, f"r{number}.zone"), hint="To tell their hours."),
            Input(f"r{number}.people", "Who follows whom, a week each", "area", one(values, f"r{number}.people"), hint=HANDLES),
        )
        later = "the first 8 hours" if number == 1 else f"8 hours after region {number - 1}"
        return Block(f"r{number}", f"Region {number}", asked, hint=f"Has {later}.")

    def _beside(self, values: Values) -> Block:
        options = tuple((each.name, each.name) for each in self.crew.schedules)
        return Block("beside", "", (Input("beside", "Beside which schedule", "select", one(values, "beside"), options, hint=BESIDE_HINT),))

    def _is_teams(self, values: Values) -> Block:
        return Block("team_manager", "", (Input("team_manager", "Managers of the team stand on it", "tick", one(values, "team_manager")),))


HANDLES = "Handles, one to a line, in their order."
MANAGERS_HINT = f"{HANDLES} Empty: no schedule of managers."
HOUR_HINT = "As 09:00: when the first shift of a day begins."
ZONE_HINT = ("As Europe/London: all clock times of it.", "Whose clock all hand-overs follow, also when it changes.")
SECOND_HINT = "Empty: that of the schedule, and backup."
THIRD_HINT = "Empty: that of the schedule, and managers."
BESIDE_HINT = "Its backup has the same shifts, with whoever had the turn before."


def layer_words(layers: Sequence[LayerSpec], handles: Mapping[int, str]) -> list[dict[str, object]]:
    """The layers as the configuration says them."""
    return [
        {
            "name": layer.name,
            "shifts": {"days": list(layer.days), "start": f"{layer.start:%H:%M}", "length": layer.length},
            "rotation": {
                "order": [handles[entry[0]] if len(entry) == 1 else [handles[person] for person in entry] for entry in layer.order],
                "turn": layer.turn,
                "starting": layer.starting.isoformat(),
            },
            **({"timezone": layer.zone} if layer.zone else {}),
            **({"ending": layer.ending.isoformat()} if layer.ending else {}),
            **({"shadow": True} if layer.shadow else {}),
        }
        for layer in layers
    ]


def handles_of(layers: Sequence[LayerSpec]) -> dict[int, str]:
    wanted = {person for layer in layers for entry in layer.order for person in entry}
    return dict(Person.objects.filter(id__in=wanted).values_list("id", "handle"))


def _lines(people: Sequence[Person]) -> str:
    return "\n".join(person.handle for person in people)


def _date(day: dt.date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"
