"""Is a tracking issue up to date: does it say what it is, is it labelled, is it somebody's? Pure.

Source: the Kubernetes guide, hand-off: review the description of the issue, fill in or correct missing fields.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from watchbill.trackers.rules.words import MARKED

OURS = re.compile(
    r"^(?:Incident \[#|Who has it, what happens next and its story:|A restricted incident\.)"
)  # what this desk writes into a new one
HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Gap:
    """A field of the issue that is not as it should be, and what to do about it."""

    field: str
    why: str


def is_described(text: str) -> bool:
    """Does somebody say there what it is? What this desk wrote into it and what readers do not see says nothing."""
    lines = HIDDEN.sub("", text).splitlines()
    ours = bool(MARKED.search(text))
    return any(line.strip() and not (ours and OURS.match(line.strip())) for line in lines)


def gaps(*, described: bool | None, labels: Collection[str], wanted: Collection[str], assignees: Collection[str], name: str) -> list[Gap]:
    """What is missing in the issue called `name`. `wanted`: the labels that it must have; `described` None: nobody knows."""
    found = []
    if described is False:
        found.append(Gap("description", f"The description of {name} does not say what it is. Write there what is known, and what is not."))
    missing = [label for label in wanted if label not in labels]
    if missing:
        found.append(Gap("labels", f"{name} lacks {'the label' if len(missing) == 1 else 'the labels'} {', '.join(missing)}."))
    elif not labels:
        found.append(Gap("labels", f"{name} has no label. Without one nobody finds it in a list."))
    if not assignees:
        found.append(Gap("assignee", f"{name} is assigned to nobody. Whoever looks there asks whose it is."))
    return found
