"""When does a page escalate, and to whom? Pure: no clock, no database.

`policy` reads the copy that a page carries, `state` names the facts, `targets` and `daylight` turn a step into people, `waits` says when its
wait ends, `walk` takes one step, `acts` is what people do to a walk, `preview` looks ahead by walking on.
"""

from watchbill.paging.rules.acts import (
    CALLING,
    SNOOZE_LIMIT,
    acknowledge,
    aim,
    clear,
    escalate,
    fail_early,
    hold_back,
    let_go,
    louder,
    pause,
    put_off,
    reach,
    resolve,
    resume,
    start_again,
    word,
)
from watchbill.paging.rules.policy import Copy, Step, Target, parse_copy
from watchbill.paging.rules.preview import Ahead, preview
from watchbill.paging.rules.state import AGAIN, Advance, Fired, Human, Roster, Said, Skipped, Squad, Walk, World, walk_of_fields
from watchbill.paging.rules.walk import advance, next_resort

__all__ = [
    "AGAIN",
    "CALLING",
    "SNOOZE_LIMIT",
    "Advance",
    "Ahead",
    "Copy",
    "Fired",
    "Human",
    "Roster",
    "Said",
    "Skipped",
    "Squad",
    "Step",
    "Target",
    "Walk",
    "World",
    "acknowledge",
    "advance",
    "aim",
    "clear",
    "escalate",
    "fail_early",
    "hold_back",
    "let_go",
    "louder",
    "next_resort",
    "parse_copy",
    "pause",
    "preview",
    "put_off",
    "reach",
    "resolve",
    "resume",
    "start_again",
    "walk_of_fields",
    "word",
]
