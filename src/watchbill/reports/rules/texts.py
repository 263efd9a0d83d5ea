"""What stands in a message, and where may it go? Pure.

Who may read a comment is chosen each time: there is no default, and none is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class Audience(StrEnum):
    """Who may read it."""

    TEAM = "team"  # nobody outside
    PLATFORM = "platform"  # the platform's triage, asked to relay; the reporter does not see it
    ALL = "all"  # the reporter, and all participants


AUDIENCE_WORDS: Mapping[str, str] = {
    Audience.TEAM: "Our team",
    Audience.PLATFORM: "The platform's triage",
    Audience.ALL: "The reporter, and all participants",
}
VARIABLE = re.compile(r"\{([a-z_]+)\}")
VARIABLES = ("reporter", "report", "title", "program", "severity", "tier", "embargo", "me")


def why_no_audience(audience: str, *, platform: bool) -> str:
    """Why nothing can be written for this audience, in a sentence; empty when it can."""
    if not audience:
        return "Choose who may read it: our team, or the reporter and all participants. Nothing is chosen for you."
    if audience not in AUDIENCE_WORDS:
        return f"The audience is {audience[:40]!r}; it can be {', '.join(AUDIENCE_WORDS)}."
    if audience == Audience.PLATFORM and not platform:
        return "It did not come by a platform, so there is no triage of one. Choose our team, or the reporter."
    return ""


def unknown_variables(text: str) -> list[str]:
    """Variables in a canned text that nothing fills, each once."""
    return list(dict.fromkeys(name for name in VARIABLE.findall(text) if name not in VARIABLES))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The canned text with what is known put in; what is not known stays visible as its variable, so that nobody sends it unseen."""
    return VARIABLE.sub(lambda found: values.get(found[1]) or found[0], text)
