"""What differs between two wordings of a text? Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

AROUND = 3  # lines that stay the same and are shown around a change
SIGNS = {" ": "same", "-": "gone", "+": "new"}


@dataclass(frozen=True, slots=True)
class Line:
    """`kind`: same, gone, new, or skipped: lines in between that stay as they are."""

    kind: str
    text: str


def difference(before: str, after: str) -> list[Line]:
    """Line by line, with a few lines around each change; nothing when both say the same."""
    found: list[Line] = []
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=AROUND, lineterm="")
    for number, line in enumerate(lines):
        if number < 2:
            continue  # names of files
        if line.startswith("@@"):
            if found:
                found.append(Line("skipped", ""))
        else:
            found.append(Line(SIGNS[line[0]], line[1:]))
    return found
