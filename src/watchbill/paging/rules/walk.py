"""One look at a page whose time has come: what is true now, whom to ask, when to look again.

However late the look is, it takes one step from the actual time (acceptance P11): no flood, nobody left out. Each look either moves the
due time into the future or changes the place in the policy, so looking again and again comes to an end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace

from watchbill.paging.rules.state import (
    ACKNOWLEDGED,
    AGAIN,
    EXHAUSTED,
    PATIENCE,
    PAUSED,
    TRIGGERED,
    UNSEEN_AFTER,
    UNSEEN_AGAIN,
    Advance,
    Channel,
    Fired,
    Said,
    Skipped,
    Walk,
    World,
    moved,
)
from watchbill.paging.rules.targets import IN_TURN, Asked, is_held, last_resort, people_of
from watchbill.paging.rules.waits import opening, silent_from, wait_end

Lines = tuple[Said, ...]


def advance(walk: Walk, *, now: dt.datetime, world: World) -> Advance:
    """Take the step that is due, if one is. At most one firing."""
    if walk.due_at is None or walk.due_at > now:
        return Advance(walk)
    look = _look(walk, now, world)
    return replace(look, walk=replace(look.walk, urged=False)) if look.walk.urged else look


def _look(walk: Walk, now: dt.datetime, world: World) -> Advance:
    if walk.status == TRIGGERED:
        return _triggered(walk, now, world)
    if walk.status == EXHAUSTED:
        return _exhausted(walk, now, world)
    if walk.status == ACKNOWLEDGED:
        return _forgotten(walk, now, world)
    if walk.status == PAUSED:
        return _go_on(walk, now, world)
    return Advance(replace(walk, due_at=None))


def _triggered(walk: Walk, now: dt.datetime, world: World) -> Advance:
    if walk.quiet_at is not None:
        return _unseen(walk, now, world)
    if walk.aimed_at is not None and (walk.firings == 0 or walk.urged):
        return _aimed(walk, walk.aimed_at, now, world)
    if _somebody_is_held_until(now, walk):
        return _hours_begin(walk, now, world)
    if walk.rest:
        return _next_in_daylight(walk, now, world)
    return _step(walk, now, world)


def _exhausted(walk: Walk, now: dt.datetime, world: World) -> Advance:
    if walk.quiet_at is not None:
        return _unseen(walk, now, world)
    if _somebody_is_held_until(now, walk):
        return _hours_begin(walk, now, world)
    return _page_last_resort(walk, "again", (), (), now, world)


# --- steps --------------------------------------------------------------------------------------------------------------------------


def _step(walk: Walk, now: dt.datetime, world: World) -> Advance:
    """Fire the next step that has somebody; steps of nobody are passed over at once. A whole round of nobody: the last resort."""
    index, round_, steps = walk.step, walk.round, walk.copy.steps
    skipped: list[Skipped] = []
    lines: list[Said] = []
    told: list[Channel] = []
    for _ in steps:
        if index >= len(steps):
            if round_ >= walk.copy.repeat:
                break
            index, round_ = 0, round_ + 1
        tried = walk.tried if round_ == walk.round and index > 0 else ()
        asked = people_of(walk, index, tried, now=now, world=world)
        passed = tuple(told)
        told += [channel for channel in asked.channels if channel not in told]
        here = replace(walk, step=index, round=round_) if (index, round_) != (walk.step, walk.round) else walk
        if asked.now:
            asked.skipped[:0] = skipped
            return replace(_fire(here, asked, tuple(lines), now, world), channels=tuple(told))
        if asked.later:
            # A message in a channel is one, however often it is wanted; a webhook would be called again when the step fires.
            now_told = tuple(each for each in told if not each.is_hook or each in passed)
            return Advance(_until(here, asked.later[0][1]), lines=(*lines, _waits_for_hours(index, asked, world)), channels=now_told)
        skipped += asked.skipped
        lines.append(_passed_over(walk, index, asked))
        index += 1
    spent = replace(walk, step=len(steps), round=walk.copy.repeat, status=EXHAUSTED, exhausted_at=now, rest=())
    lines.append(Said("exhausted", f"Nobody has acknowledged, and the policy {walk.copy.name} has run out."))
    return replace(_page_last_resort(spent, "last_resort", tuple(skipped), tuple(lines), now, world), channels=tuple(told))


def _fire(walk: Walk, asked: Asked, lines: Lines, now: dt.datetime, world: World) -> Advance:
    step, people = walk.copy.steps[walk.step], tuple(asked.now)
    ends = now + step.each if asked.rest else wait_end(step, walk, people, now=now, world=world)
    held = _merge_held(walk, asked, people)
    on = moved(
        walk,
        step=walk.step + 1,
        rest=asked.rest,
        firings=walk.firings + 1,
        step_fired_at=now,
        held=held,
        due_at=min(ends, held[0][1]) if held else ends,
        wait_until=ends if held else None,
    )
    firing = Fired(
        "step", walk.step, walk.round, people, tuple(asked.reasons), tuple(asked.skipped), walk.urgency, channels=tuple(asked.channels)
    )
    return Advance(on, firing, (*lines, _step_said(walk, firing, _late_by(walk, now), world)))


def _next_in_daylight(walk: Walk, now: dt.datetime, world: World) -> Advance:
    """The next of those who are asked one after the other. The step's wait counts from the last one."""
    index = max(walk.step - 1, 0)
    step = walk.copy.steps[index]
    left = tuple(Skipped(index, world.name(p), "has left") for p in walk.rest if not world.can_be_asked(p))
    rest = tuple(p for p in walk.rest if world.can_be_asked(p))
    if not rest:
        return _step(replace(walk, rest=()), now, world)
    person_id, rest = rest[0], rest[1:]
    ends = now + step.each if rest else wait_end(step, walk, (person_id,), now=now, world=world)
    on = _until(replace(walk, rest=rest, firings=walk.firings + 1, step_fired_at=now, held=_without(walk, person_id)), ends)
    firing = Fired("daylight", index, walk.round, (person_id,), (IN_TURN,), left, walk.urgency)
    return Advance(on, firing, (_step_said(walk, firing, _late_by(walk, now), world),))


def _hours_begin(walk: Walk, now: dt.datetime, world: World) -> Advance:
    """Somebody of a step before could not be asked outside their working hours: now they can. The wait goes on as it was."""
    due = tuple(p for p, at in walk.held if at <= now)
    people = tuple(p for p in due if world.can_be_asked(p))
    index = max(walk.step - 1, 0)
    ends = walk.wait_until or now
    held = tuple(entry for entry in walk.held if entry[0] not in due)
    if not people:
        return Advance(_until(replace(walk, held=held), ends))
    on = _until(replace(walk, held=held, firings=walk.firings + 1), ends)
    firing = Fired(
        "held",
        index,
        walk.round,
        people,
        ("Your working hours have begun, and nobody has acknowledged.",) * len(people),
        urgency=walk.urgency,
    )
    return Advance(on, firing, (_said("step", firing, f"Asked as their working hours begin: {world.names(people)}."),))


def _aimed(walk: Walk, person_id: int, now: dt.datetime, world: World) -> Advance:
    """One person is asked instead of the step. If they stay silent, the walk goes on by itself after that step's wait."""
    index = max(walk.step - 1, 0)
    if not world.can_be_asked(person_id):
        instead = _step(replace(walk, aimed_at=None), now, world)
        gone = Said("skipped", f"{world.name(person_id)} was to be asked and has left: the policy goes on.")
        return replace(instead, lines=(gone, *instead.lines))
    ends = wait_end(walk.copy.steps[index], walk, (person_id,), now=now, world=world) if walk.copy.steps else now + AGAIN
    on = replace(walk, firings=walk.firings + 1, step_fired_at=now, rest=(), held=(), due_at=ends, wait_until=None)
    firing = Fired("aimed", index, walk.round, (person_id,), ("It was given to you to acknowledge.",), urgency=walk.urgency)
    return Advance(on, firing, (_said("step", firing, f"Asked instead of the policy: {world.name(person_id)}."),))


# --- the end of the policy, and what is forgotten -----------------------------------------------------------------------------------------


def _page_last_resort(walk: Walk, kind: str, skipped: tuple[Skipped, ...], lines: Lines, now: dt.datetime, world: World) -> Advance:
    """All methods of the owner of last resort, and again every 15 minutes. On a queue desk low urgency keeps to their working hours."""
    people = last_resort(walk, world)
    proofs = ("page.exhausted",) if kind == "last_resort" else ()
    ends = now + AGAIN
    if is_held(walk, world) and people and (opens := opening(people[0], now=now, world=world)) is not None:
        text = f"{world.names(people)} is the last resort and is asked when their working hours begin, {_said_time(opens)}."
        return Advance(_until(walk, opens), None, (*lines, Said("last_resort", text)) if kind == "last_resort" else lines, proofs)
    if not people:
        text = "There is nobody of last resort who could be asked. An administrator must name one."
        return Advance(_until(walk, ends), None, (*lines, Said("last_resort", text)), proofs)
    reason = "Nobody has answered, and you are the owner of last resort."
    firing = Fired(kind, max(walk.step - 1, 0), walk.round, people, (reason,), skipped, walk.urgency, "all")
    on = _until(replace(walk, firings=walk.firings + 1, step_fired_at=now, held=_without(walk, people[0])), ends)
    again = "again " if kind == "again" else ""
    text = f"Last resort, {again}by all methods: {world.names(people)}. Again in 15 minutes, until somebody acknowledges."
    return Advance(on, firing, (*lines, _said("last_resort", firing, text)), proofs)


def next_resort(walk: Walk, unreachable: Collection[int], *, now: dt.datetime, world: World) -> Advance | None:
    """Whoever was asked as the last resort cannot be reached: whoever stands behind them, at once. None: nobody does, and the first of them is
    asked again at its time."""
    if walk.status != EXHAUSTED or walk.quiet_at is not None:
        return None
    people = last_resort(walk, world, but=unreachable)
    if not people or (is_held(walk, world) and opening(people[0], now=now, world=world) is not None):
        return None
    reason = "Nobody has answered, the owner of last resort cannot be reached, and you are next."
    firing = Fired("last_resort", max(walk.step - 1, 0), walk.round, people, (reason,), urgency=walk.urgency, methods="all")
    on = _until(replace(walk, firings=walk.firings + 1, step_fired_at=now, held=_without(walk, people[0])), now + AGAIN)
    gone = world.names(tuple(unreachable))
    text = f"{gone} cannot be reached by any method. Last resort, by all methods: {world.names(people)}."
    return Advance(on, firing, (_said("last_resort", firing, text),))


def _forgotten(walk: Walk, now: dt.datetime, world: World) -> Advance:
    """Acknowledged, and no human word for too long: ping the owner; 30 minutes later the page is triggered again, the owner unchanged."""
    if walk.pinged_at is not None:
        if now < walk.pinged_at + PATIENCE:
            return Advance(replace(walk, due_at=walk.pinged_at + PATIENCE))
        return _trigger_again(walk, now, world)
    silent = silent_from(walk, walk.word_at or walk.acknowledged_at or now, world)
    if silent is None or silent > now:
        return Advance(replace(walk, due_at=silent))
    return _ping(
        walk, "You have it, and nobody has written for a long time. Write a word, or it is paged again in 30 minutes.", "ping", now, world
    )


def _ping(walk: Walk, reason: str, kind: str, now: dt.datetime, world: World) -> Advance:
    silent = silent_from(walk, walk.word_at or walk.acknowledged_at or now, world)
    again = silent is not None and silent <= now
    pinged = replace(walk, pinged_at=now, due_at=now + PATIENCE) if again else replace(walk, due_at=silent)
    owner = walk.owner_id
    if owner is None or not world.can_be_asked(owner):
        return _trigger_again(walk, now, world) if again else Advance(pinged)
    firing = Fired("ping", max(walk.step - 1, 0), walk.round, (owner,), (reason,), urgency=walk.urgency)
    text = f"{world.name(owner)} was reminded that they have it." + (
        " Without a word the page starts again in 30 minutes." if again else ""
    )
    return Advance(replace(pinged, firings=walk.firings + 1), firing, (_said(kind, firing, text),), ("page.ping",))


def _trigger_again(walk: Walk, now: dt.datetime, world: World) -> Advance:
    restarted = replace(
        walk, status=TRIGGERED, step=0, round=0, rest=(), held=(), wait_until=None, word_at=None, pinged_at=None, tried=(),
        acknowledged_at=None, acknowledged_by=None, due_at=now,
    )  # fmt: skip
    first = _step(restarted, now, world)
    text = "The owner has not said a word: the page starts again from step 1. The owner stays the same."
    return replace(first, lines=(Said("escalated", text), *first.lines), proofs=("page.trigger_again", *first.proofs))


def _unseen(walk: Walk, now: dt.datetime, world: World) -> Advance:
    """Cleared by its source, one person reached, nobody looked: those of the first step are asked quietly, and once a day after that."""
    low = replace(walk, urgency="low")
    people: tuple[int, ...] = ()
    for index in range(len(walk.copy.steps)):
        asked = people_of(low, index, (), now=now, world=world)
        if people := tuple(asked.now):
            break
        if asked.later:
            return Advance(replace(walk, due_at=asked.later[0][1]))
    people = people or last_resort(walk, world)
    on = replace(walk, due_at=now + UNSEEN_AGAIN)
    if not people:
        return Advance(on)
    firing = Fired("cleared", 0, walk.round, people, ("It cleared by itself, and nobody has looked yet.",) * len(people), urgency="low")
    text = f"Cleared, and nobody looked: {world.names(people)} asked quietly."
    return Advance(replace(on, firings=walk.firings + 1), firing, (_said("cleared", firing, text),))


def _go_on(walk: Walk, now: dt.datetime, world: World) -> Advance:
    """A pause is over: the wait goes on where it stood. After a snooze the owner is reminded; where they have been silent for the ack timeout
    by then, that is their ping."""
    if walk.maintenance_at is not None:
        return _after_maintenance(walk, now, world)
    resumed = replace(walk, status=walk.paused_status or TRIGGERED, paused_status="", paused_due_in=None, pause_reason="")
    if resumed.status == ACKNOWLEDGED:
        reason = "The time for which you put it off is over."
        reminded = _ping(resumed, reason, "ping", now, world)
        return replace(reminded, lines=(Said("resumed", "The snooze is over."), *reminded.lines), proofs=("page.resume", *reminded.proofs))
    on = _until(resumed, now + (walk.paused_due_in or dt.timedelta(0)))
    return Advance(on, None, (Said("resumed", "The pause is over: the page goes on."),), ("page.resume",))


def _after_maintenance(walk: Walk, now: dt.datetime, world: World) -> Advance:
    """It is over, and nobody has acknowledged meanwhile: from step 1. Where the source says that it is over too, it is quiet: somebody must look."""
    back = replace(walk, paused_status="", paused_due_in=None, pause_reason="", maintenance_at=None)
    if walk.source_cleared:
        text = "The maintenance is over, and the source says that it is over: nobody is woken. Somebody must still look."
        quiet = replace(back, status=walk.paused_status, quiet_at=walk.quiet_at or now, due_at=now + UNSEEN_AFTER)
        return Advance(quiet, None, (Said("cleared", text, {"quiet": True}),), ("page.resume",))
    begin = replace(back, status=TRIGGERED, step=0, round=0, tried=(), aimed_at=None, quiet_at=None, due_at=now)
    first = _step(begin, now, world)
    text = "The maintenance is over, and nobody has acknowledged: the page starts from step 1."
    return replace(first, lines=(Said("resumed", text), *first.lines), proofs=("page.resume", *first.proofs))


# --- small parts -----------------------------------------------------------------------------------------------------------------------


def _until(walk: Walk, ends: dt.datetime) -> Walk:
    """Look again when the wait ends, or before, when somebody's hours begin."""
    if not walk.held:
        return replace(walk, due_at=ends, wait_until=None)
    return replace(walk, due_at=min(ends, walk.held[0][1]), wait_until=ends)


def _somebody_is_held_until(now: dt.datetime, walk: Walk) -> bool:
    return bool(walk.held) and walk.held[0][1] <= now


def _without(walk: Walk, person_id: int) -> tuple[tuple[int, dt.datetime], ...]:
    return tuple(entry for entry in walk.held if entry[0] != person_id) if walk.held else ()


def _merge_held(walk: Walk, asked: Asked, people: tuple[int, ...]) -> tuple[tuple[int, dt.datetime], ...]:
    if not walk.held and not asked.later:
        return ()
    coming = {*people, *asked.rest}
    merged = {**dict(walk.held), **dict(asked.later)}
    return tuple(sorted(((p, at) for p, at in merged.items() if p not in coming), key=lambda entry: entry[1]))


def _late_by(walk: Walk, now: dt.datetime) -> dt.timedelta:
    return now - walk.due_at if walk.due_at is not None else dt.timedelta(0)


LATE = dt.timedelta(seconds=60)


def _said_time(at: dt.datetime) -> str:
    return f"{at:%A} {at.day} {at:%B} {at:%H:%M} UTC"


def _said(kind: str, firing: Fired, text: str) -> Said:
    return Said(kind, text, {"firing": firing.kind, "step": firing.step + 1, "round": firing.round, "people": list(firing.people)})


def _step_said(walk: Walk, firing: Fired, late: dt.timedelta, world: World) -> Said:
    text = f"Step {firing.step + 1}: {world.names(firing.people)}."
    if firing.round:
        text = f"Round {firing.round + 1}, {text[0].lower()}{text[1:]}"
    if firing.channels:
        text += f" Told: {', '.join(channel.name for channel in firing.channels)}."
    others = [f"{s.name} ({s.why})" for s in firing.skipped if s.step == firing.step]
    if others:
        text += f" Skipped: {', '.join(others)}."
    if late > LATE and walk.due_at is not None:
        text += f" It was due at {walk.due_at:%H:%M:%S} UTC and is {int(late.total_seconds() // 60)} min late."
    return _said("step", firing, text)


def _passed_over(walk: Walk, index: int, asked: Asked) -> Said:
    nobody = [f"{each.name}: told, and a {'webhook' if each.is_hook else 'channel'} alone is nobody" for each in asked.channels]
    why = ", ".join([*nobody, *(f"{s.name}: {s.why}" for s in asked.skipped)]) or "it names nobody"
    return Said("skipped", f"Step {index + 1} has nobody and is skipped ({why}).", {"step": index + 1, "round": walk.round})


def _waits_for_hours(index: int, asked: Asked, world: World) -> Said:
    person_id, at = asked.later[0]
    text = f"Step {index + 1} waits until {_said_time(at)}, when the working hours of {world.name(person_id)} begin."
    return Said("step", text, {"step": index + 1, "waits_until": at.isoformat()})
