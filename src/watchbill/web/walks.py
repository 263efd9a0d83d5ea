"""How is the walk of a page drawn: who was asked, who is being asked, who is next and when? Stations made of what `walk_of` knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.paging.models import Page
from watchbill.paging.rules import Skipped
from watchbill.paging.selectors import Asked, Coming, Fired, Picture, walk_of
from watchbill.web.waiting import named
from watchbill.web.words import HOW

MOST_DONE = 6  # firings behind us that are drawn; the earlier ones are counted
WAITING = ("triggered", "exhausted")
BY = {
    "web": "in the browser",
    "api": "by the API",
    "cli": "at the console",
    "mail link": "by the link in the mail",
    "push": "from a notification",
    "webhook link": "by the link",
    "sms": "by text message",
    "voice": "on the phone",
}
MARKS = {"last_resort": "!", "again": "!", "ping": "?", "aimed": "→", "manual": "+"}
FEW = 5  # names of a daylight step that are said in full


@dataclass(frozen=True, slots=True)
class Node:
    """One station. `kind`: done, here, won, to-come. `since` and `until`: between which a bar fills, or until when it counts down."""

    kind: str
    mark: str
    title: str
    at: dt.datetime | None
    detail: str = ""
    word: str = ""  # what is happening: "being paged", "acknowledged"
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """All stations of one page, with how many earlier ones are left out."""

    walk: Picture
    nodes: tuple[Node, ...]
    left_out: int

    @property
    def is_over(self) -> bool:
        return self.walk.status == "resolved"


def draw(page: Page, *, via: str = "", now: dt.datetime) -> Drawn:
    """The walk of one page. `via`: by which way it was acknowledged, where that is known."""
    walk = walk_of(page, now=now)
    waits = walk.status in WAITING
    fired = [each for each in walk.done if each.people or each.skipped]
    here = walk.here if waits else None
    behind = [each for each in fired if each is not here]
    nodes = [_done(each) for each in behind[-MOST_DONE:]]
    if here is not None:
        nodes.append(_here(walk, here))
    if walk.status == "paused":
        nodes.append(Node("here", "‖", walk.pause_reason or "Paused", walk.next_at, word="goes on", until=walk.next_at))
    if page.acknowledged_by and page.acknowledged_at and not waits:
        nodes.append(_won(page, walk, via))
    if waits or walk.status == "paused":
        nodes += _to_come(walk)
    return Drawn(walk, tuple(nodes), max(0, len(behind) - MOST_DONE))


def _done(fired: Fired) -> Node:
    return Node(
        "done", _mark(fired.kind, fired.step), _names(fired.people), fired.at, how_reached(fired.people), skipped=_skipped(fired.skipped)
    )


def _here(walk: Picture, fired: Fired) -> Node:
    if walk.quiet:
        said = "The source says it is over; nobody else is woken"
        return Node("here", _mark(fired.kind, fired.step), _names(fired.people), fired.at, said, skipped=_skipped(fired.skipped))
    return Node(
        "here",
        _mark(fired.kind, fired.step),
        _names(fired.people),
        fired.at,
        how_reached(fired.people),
        word="being paged",
        since=fired.at,
        until=walk.next_at,
        skipped=_skipped(fired.skipped),
    )


def _won(page: Page, walk: Picture, via: str) -> Node:
    said = f"{BY.get(via, '')}{f', during step {walk.step}' if walk.step else ''}".strip(", ")
    name = page.acknowledged_by.name if page.acknowledged_by else ""
    return Node("won", "✓", name, page.acknowledged_at, said[:1].upper() + said[1:], word="acknowledged")


def _to_come(walk: Picture) -> list[Node]:
    """The steps to come: those of one step are one station, and a further round is one."""
    nodes: list[Node] = []
    shown: set[tuple[int, int]] = set()
    for place, step in enumerate(walk.to_come):
        counts = step.at if place == 0 else None
        if step.kind in ("last_resort", "again"):
            nodes.append(Node("to-come", "!", _names(step.people), step.at, "Last resort; shown as exhausted", until=counts))
            break
        key = (step.round, 0 if step.round > walk.round else step.step)
        if key in shown:
            continue
        shown.add(key)
        if step.round > walk.round:
            nodes.append(Node("to-come", "↻", "Once more from 1", step.at, _repeats(walk.rounds - 1), until=counts))
        else:
            nodes.append(_step(step, [each for each in walk.to_come if (each.round, each.step) == (step.round, step.step)], counts))
    return nodes


def _step(step: Coming, same: Sequence[Coming], counts: dt.datetime | None) -> Node:
    skipped = _skipped(step.skipped)
    if len(same) == 1:
        return Node("to-come", str(step.step), _names(step.people), step.at, until=counts, skipped=skipped)
    names = [each.name.split(" ")[0] for one in same for each in one.people]
    said = ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")
    return Node("to-come", str(step.step), "The others", step.at, f"{said}: who is awake first", until=counts, skipped=skipped)


def _repeats(times: int) -> str:
    return "The policy repeats once" if times == 1 else f"The policy repeats {times} times"


def how_reached(people: Sequence[Asked]) -> str:
    """What became of the messages of one firing, in one line."""
    ways = [way for each in people for way in each.ways]
    delivered = list(dict.fromkeys(HOW.get(way.method, way.method) or "a message" for way in ways if way.state == "delivered"))
    if delivered:
        return f"{', '.join(delivered)} delivered"
    if not people:
        return ""
    sent = list(dict.fromkeys(HOW.get(way.method, way.method) or "a message" for way in ways if way.state == "sent"))
    if sent:
        return f"{', '.join(sent)} sent, not confirmed yet"
    failed = [way for way in ways if way.state == "failed"]
    if not ways:
        return "No way to reach them"
    if len(failed) == len(ways):
        return f"Not reached: {len(failed)} {'way' if len(failed) == 1 else 'ways'} tried"
    return "Being sent" if any(way.state in ("queued", "leased") for way in ways) else "Not needed any more"


def _mark(kind: str, step: int) -> str:
    return MARKS.get(kind, str(step))


def _names(people: Sequence[Asked]) -> str:
    return named([each.name for each in people]) if people else "Nobody: skipped"


def _skipped(skipped: Sequence[Skipped]) -> tuple[str, ...]:
    return tuple(f"{each.name} {each.why}".strip() for each in skipped)
