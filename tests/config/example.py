"""The example file, a small file, and ways to read them without a database."""

from __future__ import annotations

from watchbill.config import reader, selectors
from watchbill.config.rules import File, Problem, check

EXAMPLE = selectors.example()

SMALL = """\
organization: Bar
last_resort: cleo
people:
  - {handle: ann, name: Ann, email: ann@example.org}
  - {handle: cleo, name: Cleo, email: cleo@example.org}
teams:
  - {name: Ops, desk: paged, members: [ann, cleo]}
schedules:
  - name: First
    team: Ops
    timezone: UTC
    layers:
      - name: all
        shifts: {days: [mon], start: "00:00", length: 1w}
        rotation: {order: [ann, cleo], turn: 1w, starting: 2026-01-05}
policies:
  - name: P
    team: Ops
    steps:
      - {notify: [{schedule: First}], wait: 15m}
services:
  - {name: S, team: Ops, policy: P}
"""


def problems(text: str | bytes) -> list[Problem]:
    """Every problem of a file, by line."""
    try:
        tree = reader.read(text)
    except reader.Unreadable as error:
        return [error.problem]
    return check(tree, facts=selectors.facts())[1]


def valid(text: str) -> File:
    file, found = check(reader.read(text), facts=selectors.facts())
    assert file is not None, found
    return file
