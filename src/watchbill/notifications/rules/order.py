"""What is due: what goes first, what goes together, what waits? (semantics, order of sending, bundling)

First pages before everything; then the person who waited longest, one message of each in turn; then the service served least recently.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from watchbill.notifications.rules.pace import LastPaged, is_further

PAGE = "page"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A queued notification that is due."""

    id: int
    person_id: int
    contact: int | None  # None: the mail of the account
    method: str  # kind of the contact
    host: str  # where it goes; empty where that is not told by the address
    kind: str
    due_at: dt.datetime
    page_id: int | None = None
    firing: int = 0
    service_id: int | None = None
    first_page: bool = False
    held: bool = False
    tries: int = 0
    last_paged: LastPaged | None = None  # of the person
    just_sent: int | None = None  # a notification of the same page by the same contact, sent a moment ago


@dataclass(frozen=True, slots=True)
class Room:
    """How many more the sender takes: by kind of contact (missing: no limit), and to one host."""

    by_method: Mapping[str, int] = field(default_factory=dict)
    by_host: Mapping[str, int] = field(default_factory=dict)
    each_host: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Arranged:
    """`send` in order; `hold` waits to be bundled; `merge` maps a notification to the one that stands for it."""

    send: tuple[Candidate, ...]
    hold: tuple[Candidate, ...]
    merge: Mapping[int, int]


def arrange(due: Sequence[Candidate], *, now: dt.datetime, room: Room | None = None, served: Mapping[int, float] | None = None) -> Arranged:
    """Decide about a set of due notifications. `served`: when a service was last served, on any scale that grows."""
    kept, merge = _merge(due)
    go, hold = _pace(kept, now=now)
    return Arranged(tuple(_fit(_in_order(go, served or {}), room or Room())), tuple(hold), merge)


def _merge(due: Iterable[Candidate]) -> tuple[list[Candidate], dict[int, int]]:
    """Two turns of one page for one method that are due together are one message: the newest, since it says the newest reason."""
    kept: list[Candidate] = []
    merge: dict[int, int] = {}
    same: dict[tuple[int, int, int | None, str], list[Candidate]] = defaultdict(list)
    for c in due:
        if c.just_sent is not None:
            merge[c.id] = c.just_sent
        elif c.page_id is None:
            kept.append(c)
        else:
            same[(c.page_id, c.person_id, c.contact, c.kind)].append(c)
    for group in same.values():
        newest = max(group, key=lambda c: (c.firing, c.id))
        kept.append(newest)
        merge.update({c.id: newest.id for c in group if c is not newest})
    return kept, merge


def _pace(due: Iterable[Candidate], *, now: dt.datetime) -> tuple[list[Candidate], list[Candidate]]:
    """The first page to a person goes alone; others, and those within a minute of one, are held. What was held or tried before goes."""
    go: list[Candidate] = []
    hold: list[Candidate] = []
    last: dict[int, LastPaged | None] = {}
    for c in sorted(due, key=lambda c: (c.due_at, c.id)):
        if c.kind != PAGE or c.page_id is None or c.held or c.tries:
            go.append(c)
            continue
        before = last.setdefault(c.person_id, c.last_paged)
        if is_further(before, c.page_id, now=now):
            hold.append(c)
        else:
            last[c.person_id] = LastPaged(now, c.page_id)
            go.append(c)
    return go, hold


def _in_order(go: Sequence[Candidate], served: Mapping[int, float]) -> list[Candidate]:
    oldest: dict[int, dt.datetime] = {}
    for c in go:
        oldest[c.person_id] = min(c.due_at, oldest.get(c.person_id, c.due_at))
    turn: Counter[tuple[bool, int]] = Counter()
    keyed: list[tuple[tuple[bool, int, dt.datetime, float, dt.datetime, int], Candidate]] = []
    for c in sorted(go, key=lambda c: (c.due_at, c.id)):
        turn[c.first_page, c.person_id] += 1
        waited_less = served.get(c.service_id or 0, float("-inf"))
        keyed.append(((not c.first_page, turn[c.first_page, c.person_id], oldest[c.person_id], waited_less, c.due_at, c.id), c))
    return [c for _, c in sorted(keyed, key=lambda pair: pair[0])]


def _fit(ordered: Iterable[Candidate], room: Room) -> Iterable[Candidate]:
    """Those that the sender has room for; the others stay queued, so that a slow provider fills nobody else's place."""
    methods = Counter[str]()
    hosts = Counter(dict(room.by_host))
    for c in ordered:
        if methods[c.method] >= room.by_method.get(c.method, 1_000_000) or (c.host and hosts[c.host] >= room.each_host):
            continue
        methods[c.method] += 1
        hosts[c.host] += 1
        yield c
