"""The `serve` command: read without Django, then handed over to `main/watching.py`, so that the process that only watches stays small."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from typer.exceptions import Abort, Exit, TyperException

from watchbill.cli.usage import wrong_usage
from watchbill.main import environment
from watchbill.main.serve import Role


def command(
    bind: Annotated[str, typer.Option(help="Address to listen on, HOST:PORT.")] = "",
    demo: Annotated[bool, typer.Option("--demo", help="Fill an empty folder with two desks, a past and one live page.")] = False,
    role: Annotated[Role, typer.Option(help="Which processes this node runs.")] = Role.ALL,
) -> None:
    """Start everything: database, web, front door, engine."""
    if bind:
        try:
            environment.bind_of(bind)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--bind") from error
        os.environ["WATCHBILL_BIND"] = bind
    sys.stdout.flush()
    watching = [sys.executable, "-P", "-m", "watchbill.main.watching", role.value]
    # the same process, without what reads command lines
    os.execv(sys.executable, [*watching, "demo"] if demo else watching)  # noqa: S606  # nosec B606  # our own interpreter, our own words


def run(arguments: list[str]) -> int:
    """Run it by itself."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command("serve")(command)
    try:
        return int(app(args=arguments, standalone_mode=False, prog_name="watchbill serve") or 0)
    except Exit as stop:
        return stop.exit_code
    except Abort:
        return 1
    except TyperException as error:
        return wrong_usage(error)
