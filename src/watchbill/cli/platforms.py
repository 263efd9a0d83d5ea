"""What `watchbill doctor` says of bounty platforms: do they answer, as whom, do the groups exist, is what was wanted written?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from watchbill.cli.findings import Finding
from watchbill.platforms.selectors import OLDEST_LOOK, State, states


def platforms(moment: dt.datetime) -> Iterator[Finding]:
    """One line for each, and one for what is wrong beside that. One that has no token is named by what is not active."""
    for state in states(now=moment):
        if not state.platform.works:
            continue
        name = f"platform {state.platform.name}"
        yield Finding(name, *_state(state, moment))
        for says in unknown_names(state):
            yield Finding(name, "amber", says)
        if state.aside:
            named = ", ".join(f"{id_} ({why})" for id_, why in list(state.aside.items())[:5])
            more = f" and {len(state.aside) - 5} more" if len(state.aside) > 5 else ""
            yield Finding(
                name, "amber", f"{len(state.aside)} reports are set aside, since nobody understood how they were shown: {named}{more}."
            )
        if state.failed:
            yield Finding(name, "amber", f"{state.failed} writes failed and are tried again; each report's page says why.")
        if state.unknown:
            yield Finding(
                name, "red", f"{state.unknown} writes may have been done, and are not found there; each report's page says what to do."
            )


def unknown_names(state: State) -> Iterator[str]:
    """What the file names and the programme does not have."""
    if not state.known:
        return
    groups, fields = (", ".join(sorted(state.known.get(each, {}))[:12]) or "none" for each in ("groups", "fields"))
    group, field = state.platform.triage_group, state.platform.tier_field
    if group and group.casefold() not in {each.casefold() for each in state.known.get("groups", {})}:
        yield f"The programme has no group called {group}, which `triage_group` names. It has: {groups}."
    if "tier" in state.platform.writes and field.casefold() not in {each.casefold() for each in state.known.get("fields", {})}:
        yield f"The programme has no custom field called {field}, which `tier_field` names. It has: {fields}."


def _state(state: State, moment: dt.datetime) -> tuple[str, str]:
    if state.error:
        return "amber", f"It does not answer, or was not read to its end: {state.error}"
    if state.looked_at is None or moment - state.looked_at > OLDEST_LOOK:
        return "amber", "Nobody has asked lately whether it answers; the paging engine does that every minute."
    if state.wait_until is not None and state.wait_until > moment:
        return "amber", f"It asked to wait until {state.wait_until:%H:%M} UTC; nothing is read or written before."
    known = f" as {state.account}" if state.account else ""
    heard = f", last webhook {state.heard_at:%Y-%m-%d %H:%M} UTC" if state.heard_at else ""
    none = ", no webhook came yet" if state.platform.secret and not state.heard_at else ""
    return "green", f"It answers{known}, {state.mirrored} reports are mirrored{heard}{none}."
