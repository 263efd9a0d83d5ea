"""The `serve` command: works without Django, so that the process that only watches stays small."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from typer.exceptions import Abort, Exit, TyperException

from watchbill.cli.usage import wrong_usage
from watchbill.kernel.errors import WatchbillError
from watchbill.main import demo as example
from watchbill.main import environment
from watchbill.main.serve import Role, serve, welcome


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
    try:
        env = environment.read(os.environ)
        code = (
            example.run(env, role, announce=_announce) if demo else serve(env, role, announce=_announce, after_ready=lambda: welcome(env))
        )
    except WatchbillError as error:
        sys.stderr.write(error.message + "\n")
        code = 1
    raise typer.Exit(code)


def _announce(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


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
