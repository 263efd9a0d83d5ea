"""What does this installation say, in the words of the configuration file?"""

from __future__ import annotations

import importlib
import os
import zoneinfo
from collections.abc import Collection, Mapping
from functools import cache
from importlib import resources
from typing import Any

from watchbill.config import writer
from watchbill.config.models import Applied
from watchbill.config.rules import BY_KIND, ORGANIZATION, PARTS, Facts, Full, Key, NotActive, Standing, not_active, spoken_for, written
from watchbill.config.sealing import content_of, words_of
from watchbill.config.standing import current_state, people_of
from watchbill.kernel import kinds
from watchbill.people.models import Person

FILE = "file"  # kind of the one Applied row that keeps the order of the sections
SECTIONS = "sections"
LONGEST_CODE = 16  # of a person's holidays, as stored


@cache
def facts() -> Facts:
    """What the world knows and a file may name."""
    library = importlib.import_module("holidays")  # half a second and 14 MB: only for those who read a file
    countries = library.list_supported_countries(include_aliases=False)
    codes = {*countries, *(f"{country}-{part}" for country, parts in countries.items() for part in parts)}
    zones = {
        zone
        for zone in zoneinfo.available_timezones()
        if zone not in ("localtime", "Factory") and not zone.startswith(("posix/", "right/"))
    }
    return Facts(zones=frozenset(zones), holidays=frozenset(code for code in codes if len(code) <= LONGEST_CODE))


def example() -> str:
    """The file that comes with the package: both kinds of desk, as the demo shows them."""
    return (resources.files("watchbill.config") / "two-desks.yaml").read_text(encoding="utf-8")


def standing(also: Collection[Key] = ()) -> Standing:
    """What is there now, and what the file last set. About fifteen queries, whatever the size.

    `also`: entries that are wanted even when they are deactivated and nothing names them.
    """
    applied = {(row.kind, row.name): row for row in Applied.objects.order_by("position", "id") if row.kind != FILE}
    current, gone, protected = current_state(frozenset([*applied, *also]))
    later = {key: content_of(row) for key, row in applied.items() if key[0] in BY_KIND and not BY_KIND[key[0]].live}
    ordered = sorted({**current, **later}.items(), key=lambda item: applied[item[0]].position if item[0] in applied else len(applied))
    return Standing(current=dict(ordered), gone=gone, last={key: content_of(row) for key, row in applied.items()}, protected=protected)


def export() -> str:
    """The file that makes this installation as it is: applying it changes nothing."""
    found = sections(standing())
    row = Applied.objects.filter(kind=FILE, name=SECTIONS).first()
    order = [name for name in (row.content if row else []) if name in found]
    return writer.write((name, found[name]) for name in [*order, *(name for name in found if name not in order)])


def sections(there: Standing) -> dict[str, Any]:
    """The same as data: the fields at the top of the file, and below each section its entries in the words of the file. One query."""
    words = {(row.kind, row.name): words_of(row) for row in Applied.objects.exclude(kind=FILE) if row.words}
    last = there.last or {}
    found: dict[str, Any] = {}
    organization = there.current.get(ORGANIZATION, {"organization": "Watchbill", "last_resort": None})
    found.update({field: value for field, value in organization.items() if value is not None})
    for part in PARTS:
        rows = [
            _named(part.key, key[1], written(part.kind, full, words.get(key), last.get(key)))
            for key, full in there.current.items()
            if key[0] == part.kind
        ]
        if rows:
            found[part.kind] = rows
    return found


def changed_here(there: Standing) -> dict[Key, dict[str, Any]]:
    """What people changed here since the file was applied: by entry the fields, and what the file last set there."""
    found = {}
    for key, last in (there.last or {}).items():
        here = there.current.get(key)
        if here is not None and isinstance(last, dict) and (moved := {f: v for f, v in last.items() if f in here and here[f] != v}):
            found[key] = moved
    return found


def _named(key: str, name: str, words: dict[str, Any]) -> dict[str, Any]:
    return words if not key or key in words else {key: name, **words}


def inactive(entries: Mapping[Key, Full] | None = None, *, environment: Mapping[str, str] | None = None) -> list[NotActive]:
    """Which parts do nothing yet: of these entries, else of what is there."""
    entries = standing().current if entries is None else entries
    variables = set(os.environ if environment is None else environment)
    work = spoken_for(entries.items(), variables)  # a provider that this file brings is not stored yet
    silent = {kind.name: kind.why_not for kind in kinds.all_kinds() if not kind.active and kind.name not in work}
    return not_active(entries.items(), silent_kinds=silent, variables=variables)


def changed_by_hand(person: Person) -> frozenset[str]:
    """Which fields of this person a human changed since the file was last applied: its next diff shows them as *changed here*.

    Nothing for somebody whom no file named. Four queries.
    """
    key = ("people", person.handle)
    row = Applied.objects.filter(kind=key[0], name=key[1]).first()
    if row is None:
        return frozenset()
    last, here = content_of(row), people_of([person])[key]
    return frozenset(field for field, value in here.items() if field in last and last[field] != value)
