"""What does the walk of a page look like: who was asked, who is being asked, who is next and when? For the picture and for print."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.notifications.selectors import Tried
from watchbill.paging.models import Firing, Page
from watchbill.paging.rules import Ahead, World, preview
from watchbill.paging.selectors import rows_of, world_of
from watchbill.people.models import Person
from watchbill.web.waiting import named
from watchbill.web.words import HOW

MOST_DONE = 6  # firings behind us that are drawn; the earlier ones are counted
WAITING = (Page.Status.TRIGGERED, Page.Status.EXHAUSTED)
DURING = {"web": "in the browser", "api": "by the API", "cli": "at the console", "mail link": "by the link in the mail", "webhook link": "by the link"}


@dataclass(frozen=True, slots=True)
class Node:
    """One station. `kind`: done, here, won, to-come. `since` and `until`: between which a bar fills, where one does."""

    kind: str
    mark: str
    title: str
    at: dt.datetime | None
    detail: str
    word: str = ""  # what is happening: "being paged", "acknowledged"
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """All stations of one page, with how many earlier ones are left out."""

    page: Page
    name: str
    nodes: tuple[Node, ...]
    left_out: int
    is_over: bool


def picture(page: Page, tried: Sequence[Tried], *, via: str = "", now: dt.datetime) -> Picture:
    """The walk of one page. `via`: by which way it was acknowledged, where that is known."""
    fired = [firing for firing in Firing.objects.filter(page=page).order_by("n") if firing.people or firing.skipped]
    world, ahead = _ahead(page, now=now)
    names = dict(Person.objects.filter(id__in={each for firing in fired for each in firing.people}).values_list("id", "name"))
    waits = page.status in WAITING
    behind = fired[:-1] if waits else fired
    nodes = [_done(firing, names, tried) for firing in behind[-MOST_DONE:]]
    if waits and fired:
        nodes.append(_here(page, fired[-1], names, tried))
    if page.status == Page.Status.PAUSED:
        held = page.pause_reason or "Paused"
        nodes.append(Node("here", "‖", held, page.due_at, "", word="goes on", since=None, until=page.due_at))
    if page.acknowledged_by and page.acknowledged_at and not waits:
        nodes.append(_won(page, via))
    if page.status in (*WAITING, Page.Status.PAUSED):
        nodes += _to_come(page, ahead, world)
    return Picture(page, page.copy.name, tuple(nodes), max(0, len(behind) - MOST_DONE), is_over=page.status == Page.Status.RESOLVED)


def _ahead(page: Page, *, now: dt.datetime) -> tuple[World | None, list[Ahead]]:
    rows = rows_of([page.id])
    if not rows or page.due_at is None:
        return None, []
    world = world_of([rows[0].walk], now=now)
    return world, preview(rows[0].walk, now=now, world=world)


def _done(firing: Firing, names: dict[int, str], tried: Sequence[Tried]) -> Node:
    return Node("done", _mark(firing.kind, firing.step), _names(firing.people, names), firing.fired_at, how_reached(firing, tried), skipped=_skipped(firing))


def _here(page: Page, firing: Firing, names: dict[int, str], tried: Sequence[Tried]) -> Node:
    quiet = page.quiet_at is not None
    return Node(
        "here",
        _mark(firing.kind, firing.step),
        _names(firing.people, names),
        firing.fired_at,
        "The source says it is over; the walk is quiet" if quiet else how_reached(firing, tried),
        word="" if quiet else "being paged",
        since=firing.fired_at,
        until=None if quiet else page.due_at,
        skipped=_skipped(firing),
    )


def _won(page: Page, via: str) -> Node:
    by = page.acknowledged_by
    during = f", during step {page.step}" if page.step else ""
    said = f"{DURING.get(via, '')}{during}".strip(", ")
    return Node("won", "✓", by.name if by else "", page.acknowledged_at, said[:1].upper() + said[1:], word="acknowledged")


def _to_come(page: Page, ahead: Sequence[Ahead], world: World | None) -> list[Node]:
    """The steps to come; those of one step are one station, and a further round is one."""
    nodes: list[Node] = []
    shown: set[tuple[int, int]] = set()
    rounds: set[int] = set()
    first = True
    for step in ahead:
        people = [world.name(each) for each in step.people] if world else []
        counts = step.at if first else None
        if step.kind in ("last_resort", "again"):
            nodes.append(Node("to-come", "!", named(people), step.at, "Last resort; shown as exhausted", until=counts))
            break
        if step.round > page.round:
            if step.round not in rounds:
                rounds.add(step.round)
                nodes.append(Node("to-come", "↻", "Once more from 1", step.at, _repeats(page), until=counts))
        elif (step.round, step.step) not in shown:
            shown.add((step.round, step.step))
            same = [each for each in ahead if (each.round, each.step) == (step.round, step.step)]
            together = [world.name(p) for each in same for p in each.people] if world else []
            title = named(people) if len(same) == 1 else "The others"
            detail = "" if len(same) == 1 else f"{', '.join(_given(each) for each in together)}: who is awake first"
            nodes.append(Node("to-come", str(step.step + 1), title, step.at, detail or _who(page, step), until=counts))
        first = False
    return nodes


def _who(page: Page, step: Ahead) -> str:
    """What the step asks for, as the copied policy says it."""
    steps = page.copy.content.get("steps", [])
    targets = steps[step.step]["notify"] if step.step < len(steps) else []
    return ", ".join(str(target.get("name", "")) for target in targets if target.get("kind") in ("schedule", "team"))


def _repeats(page: Page) -> str:
    times = int(page.copy.content.get("repeat", 0))
    return "The policy repeats once" if times == 1 else f"The policy repeats {times} times"


def how_reached(firing: Firing, tried: Sequence[Tried]) -> str:
    """What became of the messages of one firing, in one line."""
    here = [each for each in tried if each.page_id == firing.page_id and each.firing == firing.n and each.kind != "status"]
    reached = [each for each in here if each.state == "delivered"]
    if reached:
        ways = list(dict.fromkeys(HOW.get(each.method, each.method) for each in reached))
        return f"{', '.join(ways)} delivered"
    if not here:
        return ""
    failed = [each for each in here if each.state == "failed"]
    if len(failed) == len(here):
        return f"Not reached: {len(failed)} {'way' if len(failed) == 1 else 'ways'} tried"
    return "Being sent" if any(each.state in ("queued", "leased") for each in here) else "Not needed any more"


def _mark(kind: str, step: int) -> str:
    return {"last_resort": "!", "again": "!", "ping": "?", "aimed": "→", "manual": "+"}.get(kind, str(step + 1))


def _names(people: Sequence[int], names: dict[int, str]) -> str:
    found = [names.get(each, "somebody who left") for each in people]
    return named(found) if found else "Nobody: skipped"


def _skipped(firing: Firing) -> tuple[str, ...]:
    return tuple(f"{each.get('name', 'Somebody')} {each.get('why', '')}".strip() for each in firing.skipped)


def _given(name: str) -> str:
    return name.split(" ")[0]
