"""Runs one command of the command line on a database that is there: the server's, or the embedded one started just for it."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import django
import typer
from django.db import DatabaseError, connection
from typer.exceptions import Abort, Exit, TyperException

from watchbill.cli.usage import wrong_usage
from watchbill.kernel import postgres
from watchbill.kernel.errors import NotReady, Refused, WatchbillError
from watchbill.main import backup, environment, serve, serve_command

WITHOUT_DATABASE = {"schema", "serve"}
MAY_BEGIN = {"apply", "user", "restore"}  # commands that make sense before the first `serve`


def main(arguments: list[str]) -> int:
    """Set up, run, translate refusals. Returns the exit code: 0 done, 1 refused, 2 wrong usage."""
    try:
        with _database_for(arguments):
            code = _run(arguments)
        sys.stdout.flush()
    except WatchbillError as error:
        sys.stderr.write(error.message + "\n")
        return 1
    except BrokenPipeError:  # whoever reads has read enough, as `head` does
        _drop_output()
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return 130
    except OSError as error:
        _drop_output()
        sys.stderr.write(f"The command could not go on: {error.strerror or error}{f' ({error.filename})' if error.filename else ''}.\n")
        return 1
    return code


def _drop_output() -> None:
    """What is still buffered goes nowhere: else Python would fail over it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    django.setup()
    try:
        return run_command(arguments)
    finally:
        connection.close()


def run_command(arguments: list[str]) -> int:
    """Run one command where Django and the database are there already, as in a test; translate how it ended."""
    try:
        "".join(arguments).encode()
    except UnicodeEncodeError:
        sys.stderr.write("What was typed is not valid UTF-8; check the terminal's encoding.\n")
        return 2
    frame: Any = _load_commands(next((word for word in arguments if not word.startswith("-")), ""))
    try:
        app = _built(frame.app, sum(name.startswith("watchbill.cli.") for name in sys.modules))
        return int(app(args=arguments, standalone_mode=False, prog_name="watchbill") or 0)
    except WatchbillError as error:
        return int(frame.refuse(error))
    except Exit as stop:
        return stop.exit_code
    except Abort:
        return 1
    except TyperException as error:
        return wrong_usage(error)
    except DatabaseError as error:
        return int(frame.refuse(NotReady(f"The database refused: {str(error).strip().splitlines()[0]}. Is `watchbill serve` running?")))


def _load_commands(command: str) -> ModuleType:
    """The modules of `cli` add their commands to the one application; `serve` is added here, since it is wiring.

    A command that is known by name loads its own module only: the others cost more time than most commands take.
    """
    frame = importlib.import_module("watchbill.cli.app")
    package = importlib.import_module("watchbill.cli")
    names = [frame.MODULES[command]] if command in frame.MODULES else [module.name for module in pkgutil.iter_modules(package.__path__)]
    for name in names:
        importlib.import_module(f"watchbill.cli.{name}")
    if not any(each.name == "serve" for each in frame.app.registered_commands):
        frame.app.command("serve")(serve_command.command)
        frame.app.command("backup")(backup_command)
        frame.app.command("restore")(restore_command)
    return frame


@cache
def _built(app: typer.Typer, _modules: int) -> Any:
    """The commands as they are parsed; built again only when another module may have added some."""
    return typer.main.get_command(app)


def backup_command(file: Annotated[Path, typer.Argument(help="Where to write it.")]) -> None:
    """Write the whole installation into one file, verified. Works while the server runs."""
    manifest = backup.backup(environment.read(os.environ), file)
    sys.stdout.write(
        f"{file}: {sum(manifest['tables'].values())} rows in {len(manifest['tables'])} tables, read back and checked. It holds the secret key: keep it safe.\n"
    )


def restore_command(file: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")]) -> None:
    """Put a backup into an empty installation, and count what arrived."""
    connection.close()
    env = environment.read(os.environ)
    manifest = backup.restore(env, file)
    serve.bring_up_to_date(env)
    sys.stdout.write(
        f"Restored {sum(manifest['tables'].values())} rows in {len(manifest['tables'])} tables, the key that reads its secrets too.\n"
        "Start it with `watchbill serve`. One that runs already must be stopped and started again: it still uses the key from before.\n"
    )


@contextlib.contextmanager
def _database_for(arguments: list[str]) -> Iterator[None]:
    """The running server's database; without one, the embedded database for as long as the command runs."""
    words = [word for word in arguments if not word.startswith("-")]
    if not words or words[0] in WITHOUT_DATABASE or "--help" in arguments:
        yield
        return
    env = environment.read(os.environ)
    server = None
    if env.embedded and not postgres.is_held(env.data_dir):
        if not (env.data_dir / "pg").exists() and words[0] not in MAY_BEGIN:
            raise Refused(
                f"There is no Watchbill in {env.data_dir}. Start one with `watchbill serve`, or name its folder with --data or WATCHBILL_DATA."
            )
        server = postgres.start(env.data_dir)
    try:
        if server or not env.embedded:
            serve.bring_up_to_date(env)
        yield
    finally:
        if server:
            server.stop()
