"""How somebody is reached, as a sentence: "SMS and mail at once, call after 2 min". Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from watchbill.notifications.rules.contacts import QUIET

WORDS = {"email": "mail", "sms": "SMS", "voice": "call", "push": "push", "webhook": "webhook", "slack": "Slack", "apprise": "Apprise"}
LATE = dt.timedelta(minutes=5)  # whoever is woken later than this sleeps through most first steps


def in_words(ways: Iterable[tuple[str, dt.timedelta]]) -> str:
    """Kinds and the time after which each is used, in the order of time."""
    groups: dict[dt.timedelta, list[str]] = defaultdict(list)
    for kind, after in ways:
        word = WORDS.get(kind, kind)
        if word not in groups[after]:
            groups[after].append(word)
    return ", ".join(f"{_joined(groups[after])} {_when(after)}" for after in sorted(groups))


def why_asleep(ways: Iterable[tuple[str, dt.timedelta]]) -> str:
    """Why this wakes nobody, or wakes late; empty when it is well."""
    listed = list(ways)
    waking = [after for kind, after in listed if kind not in QUIET]
    if not listed:
        return "This reaches nobody."
    if not waking:
        named = _joined(list(dict.fromkeys(WORDS.get(kind, kind) for kind, _ in listed)))
        return f"This wakes nobody: {named} lies there until somebody looks."
    if min(waking) > LATE:
        return f"The first that wakes comes {_when(min(waking))}; by then a page may have gone to the next step."
    return ""


def _joined(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _when(after: dt.timedelta) -> str:
    seconds = int(after.total_seconds())
    if not seconds:
        return "at once"
    if seconds % 3600 == 0:
        return f"after {seconds // 3600} h"
    return f"after {seconds // 60} min" if seconds % 60 == 0 else f"after {seconds} s"
