"""What `watchbill doctor` says of trackers: do they answer, are their projects read, is what was wanted written? As the engine found it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from watchbill.cli.findings import Finding
from watchbill.trackers.selectors import OLDEST_LOOK, State, states


def trackers(moment: dt.datetime) -> Iterator[Finding]:
    """One line for each, and one for what is wrong beside that."""
    for state in states(now=moment):
        if not state.tracker.works:
            continue
        name = f"tracker {state.tracker.name}"
        yield Finding(name, *_state(state, moment))
        for project, why in state.unread.items():
            yield Finding(name, "amber", f"{project} is not read: {why}")
        if state.unwritten:
            yield Finding(name, "amber", f"{state.unwritten} writes on tracking issues failed; each incident's page says why.")


def _state(state: State, moment: dt.datetime) -> tuple[str, str]:
    if state.error:
        return "amber", f"It does not answer: {state.error}"
    if state.looked_at is None or moment - state.looked_at > OLDEST_LOOK:
        return "amber", "Nobody has asked lately whether it answers; the paging engine does that every minute."
    if state.wait_until is not None and state.wait_until > moment:
        return "amber", f"It asked to wait until {state.wait_until:%H:%M} UTC; nothing is read or written before."
    known = f" as {state.account}" if state.account else ""
    heard = (
        f", last webhook {state.heard_at:%Y-%m-%d %H:%M} UTC" if state.heard_at else ", no webhook came yet" if state.tracker.secret else ""
    )
    return "green", f"It answers{known}{heard}."
