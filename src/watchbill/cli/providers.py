"""`watchbill providers`: what sends for us, and does it work?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from watchbill.cli.app import Json, app, now, operator, out, say, short
from watchbill.notifications.actions import ask_for_test
from watchbill.notifications.selectors import Tested, providers_tested

MARKS = {
    "works": "[green]ok  [/]",
    "taken": "[yellow]look[/]",
    "untested": "[yellow]wait[/]",
    "failed": "[red]RED [/]",
    "late": "[red]RED [/]",
}


@app.command("providers")
def providers(
    test: Annotated[str, typer.Option("--test", metavar="PROVIDER", help="Test this one at the engine's next look.")] = "",
    as_json: Json = False,
) -> None:
    """Each provider that sends here, and how its latest regular test ended."""
    moment = now()
    if test:
        ask_for_test(test, by=operator(), now=moment)
    found = providers_tested(now=moment)
    say([asdict(each) for each in found], as_json=as_json, human=lambda: _print(found, test))


def _print(found: list[Tested], test: str) -> None:
    for each in found:
        last = f" Last test {short(each.ended_at)}." if each.ended_at else ""
        out.print(f"{MARKS[each.health]} {each.provider}: {each.detail or 'not tested yet.'}{last} Next {short(each.due_at)}.")
    if not found:
        out.print("Nothing sends here yet, the engine has not looked yet, or WATCHBILL_PROVIDER_TESTS is off.")
    if test:
        out.print(f"{test} is tested at the engine's next look, within seconds.")
