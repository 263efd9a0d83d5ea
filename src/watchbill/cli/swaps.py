"""Two watches change hands: `watchbill swap offer | list | accept | decline | withdraw | undo`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from watchbill.cli.app import As, Caller, Json, app, caller, now, out, say, short, table, usage
from watchbill.kernel.errors import NotAllowed, NotFound
from watchbill.people.models import Person
from watchbill.people.rules import parse_time
from watchbill.response.covering import may_agree_for, may_cover
from watchbill.schedules import actions, selectors
from watchbill.schedules.models import Schedule, Swap

swap = typer.Typer(no_args_is_help=True, help="Two watches change hands, both or neither, once the other agrees.")
app.add_typer(swap, name="swap")

Number = Annotated[int, typer.Argument(metavar="ID", help="Its number, from `swap list`.")]


@swap.command("offer")
def offer(
    schedule: Annotated[str, typer.Argument(metavar="SCHEDULE", help="Where you have the watch that you give.")],
    to: Annotated[str, typer.Option("--to", metavar="B", help="Whose watch you take for it.")],
    give: Annotated[str, typer.Option("--give", metavar="TIME", help="A moment in your watch. As --from of `shifts`.")],
    take: Annotated[str, typer.Option("--take", metavar="TIME", help="A moment in theirs.")],
    take_on: Annotated[str, typer.Option("--take-on", metavar="SCHEDULE", help="Where theirs is; the same unless said.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; the other reads it.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """Ask somebody to exchange a watch with you. Nothing changes before they accept."""
    me = caller(as_, needs="schedules:write")
    mine = selectors.by_name(schedule)
    theirs = selectors.by_name(take_on) if take_on else mine
    for each in (mine, theirs):
        _allowed(may_cover(me.viewer(), each.team_id, now=now()))
    wanted = actions.Offer(_somebody(to), mine, _time(give, mine), theirs, _time(take, theirs), reason)
    made = actions.offer_swap(wanted, person=me.person, by=me.actor, now=now())
    _say(made.id, as_json, f"Swap {made.id} waits for {wanted.other.name}, until {short(made.expires_at)}. Nothing has changed yet.")


@swap.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False, as_: As = "", as_json: Json = False
) -> None:
    """Which swaps are offered or agreed. With --as, those of one person."""
    rows = selectors.swaps_with(caller(as_, needs="schedules:read").person) if as_ else selectors.swaps().order_by("-offered_at", "-id")
    if not everything:
        rows = rows.filter(state__in=["offered", "accepted"], taken_end__gt=now(), given_end__gt=now())
    data = selectors.swap_objects(rows, now=now())
    cells = [
        [d["id"], d["state"], d["from"]["name"], _half(d["give"]), d["to"]["name"], _half(d["take"]), short(d["expires_at"])] for d in data
    ]
    say(data, as_json=as_json, human=lambda: table(("id", "state", "from", "gives", "to", "gives", "until"), cells))


@swap.command("accept")
def accept(number: Number, as_: As = "", as_json: Json = False) -> None:
    """Both watches change hands now."""
    _act(number, as_, as_json, actions.accept_swap, "Both watches have changed hands.")


@swap.command("decline")
def decline(
    number: Number,
    why: Annotated[str, typer.Option("--why", help="Whoever offered reads it.")] = "",
    as_: As = "",
    as_json: Json = False,
) -> None:
    """No. Nothing changes."""

    def act(swap_id: int, **rest: Any) -> Swap:
        return actions.decline_swap(swap_id, why, **rest)

    _act(number, as_, as_json, act, "Declined; nothing has changed.")


@swap.command("withdraw")
def withdraw(number: Number, as_: As = "", as_json: Json = False) -> None:
    """Take your offer back."""
    _act(number, as_, as_json, actions.withdraw_swap, "Withdrawn; nothing has changed.")


@swap.command("undo")
def undo(number: Number, as_: As = "", as_json: Json = False) -> None:
    """Both watches go back, until one of them begins."""
    _act(number, as_, as_json, actions.undo_swap, "Undone: both watches are back.")


def _act(number: int, as_: str, as_json: bool, act: Callable[..., Swap], sentence: str) -> None:
    me = caller(as_, needs="schedules:write")
    found = selectors.swap_by_id(number)
    act(number, person=me.person, by=me.actor, now=now(), may_for_others=_may_for_others(me, found))
    _say(number, as_json, f"Swap {number}: {sentence}")


def _may_for_others(me: Caller, found: Swap) -> bool:
    """Of both teams, where the two watches are of two; whoever is one of the two needs no more than a seat in the team."""
    teams = {found.given_schedule.team_id, found.taken_schedule.team_id}
    if me.person.id in (found.asker_id, found.other_id):
        for team_id in teams:
            _allowed(may_cover(me.viewer(), team_id, now=now()))
    return all(may_agree_for(me.viewer(), team_id, now=now()).allowed for team_id in teams)


def _allowed(decision: Any) -> None:
    if not decision.allowed:
        raise NotAllowed(decision.why)


def _say(number: int, as_json: bool, sentence: str) -> None:
    data = selectors.swap_object(selectors.swap_by_id(number), now=now())
    say(data, as_json=as_json, human=lambda: out.print(sentence))


def _half(half: dict[str, Any]) -> str:
    return f"{half['schedule']} {short(half['start'])}"


def _somebody(handle: str) -> Person:
    found = Person.objects.filter(handle=handle).first() or Person.objects.filter(email__iexact=handle).first()
    if found is None:
        raise NotFound(f"There is nobody with the handle {handle}.", handle=handle)
    return found


def _time(text: str, schedule: Schedule) -> Any:
    try:
        return parse_time(text, schedule.timezone)
    except ValueError as error:
        raise usage(str(error)) from error
