"""Where do events wait while the database is away, and how much waits there? For whoever watches; the front door writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = "journal"  # in the data folder
ENDING, ASIDE = ".events", ".aside"


@dataclass(frozen=True, slots=True)
class Standing:
    """`bytes` wait for the database; `aside`: files of what could not be stored or read."""

    bytes: int = 0
    aside: int = 0


def look(data: Path) -> Standing:
    """What lies in the journal of this data folder."""
    folder = data / FOLDER
    waiting = aside = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            waiting += path.stat().st_size if path.suffix == ENDING else 0
        except FileNotFoundError:  # stored meanwhile
            continue
        aside += path.suffix == ASIDE
    return Standing(waiting, aside)
