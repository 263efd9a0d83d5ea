"""`watchbill serve`: the database, the front door, the pages and the engine, started and stopped together, whichever of them dies.

Kept light on purpose: this process only waits, so it imports neither Django nor anything that does.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from watchbill.kernel import postgres
from watchbill.kernel.errors import NotReady, Refused
from watchbill.main import environment, migrate
from watchbill.main.children import Family, end_leftovers

if TYPE_CHECKING:  # the client's import takes longer than starting the database: only where a connection is made
    import psycopg

PATIENCE = 15.0  # seconds for a port or a folder that a killed process still holds
BACKPRESSURE = "16384"  # as in front, in main/door.py


class Role(StrEnum):
    """Which processes this node runs."""

    ALL = "all"
    WEB = "web"
    ENGINE = "engine"
    FRONTDOOR = "frontdoor"


@dataclass(slots=True)
class Stop:
    """Set by SIGTERM or SIGINT."""

    asked: bool = False

    def __call__(self, _sign: int, _frame: FrameType | None) -> None:
        self.asked = True


def serve(
    env: environment.Environment,
    role: Role,
    *,
    announce: Callable[[str], None],
    before_start: Callable[[], None] | None = None,
    after_ready: Callable[[], None] | None = None,
) -> int:
    """Run until told to stop or until a part dies. Returns the exit code: 0 when it was told, 1 when a part died.

    1. end what a kill -9 left  2. database  3. migrations  4. children  5. wait until they answer  6. watch
    """
    stop = Stop()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    env.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    record = env.data_dir / f"serve-{env.bind[1]}.json"
    end_leftovers(record)
    _wait_for_port(env.bind, role)
    early = _begin_migration(env, "--wait") if env.embedded and not (env.data_dir / "pg").exists() else None
    try:
        server = postgres.start(env.data_dir) if env.embedded else None
    except BaseException:
        if early:
            early.kill()
            early.communicate()
        raise
    family = Family(record)
    try:
        bring_up_to_date(env, early)
        if before_start:
            before_start()
        _start_children(env, role, family)
        if not _wait_until_answers(env, role, family, stop):
            return 0 if stop.asked else _say_who_died(family)
        announce(f"ready http://{_host(env.bind[0])}:{env.bind[1]}")
        if after_ready:
            after_ready()
        return _watch(family, server, stop)
    finally:
        family.stop()
        if server:
            server.stop()


def _start_children(env: environment.Environment, role: Role, family: Family) -> None:
    commands = _commands(env, role)
    extra: dict[str, str] = {}
    if "web" in commands:
        postgres.open_socket_folder(env.data_dir)
        pages_socket(env).unlink(missing_ok=True)  # what a kill -9 left
        extra = {"WATCHBILL_PAGES": str(pages_socket(env))}
    for name, command in commands.items():
        family.start(name, command, child_environment(env, name) | extra)


def bring_up_to_date(env: environment.Environment, early: subprocess.Popen[str] | None = None) -> None:
    """Migrate in a process of its own (so that this one stays small), only when this release's digest is not the database's.

    `early`: a migration that was begun before the database was there, so that its imports and initdb went side by side.
    """
    if early is None and schema_is_current(env):
        return
    process = early or _begin_migration(env)
    _, said = process.communicate()
    if process.returncode != 0:
        last = (said.strip().splitlines() or ["no reason was given"])[-1]
        raise NotReady(f"The tables could not be brought to this release: {last} Nothing was started.")
    if env.embedded:
        mark_of(env).write_text(migrate.digest())


def _begin_migration(env: environment.Environment, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "watchbill.main.migrate", *arguments]
    return subprocess.Popen(command, env=child_environment(env, "migrate"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def mark_of(env: environment.Environment) -> Path:
    """Says beside the embedded tables which digest they have, so that an ordinary start need not ask them."""
    return env.data_dir / "pg" / "watchbill.schema"


def schema_is_current(env: environment.Environment) -> bool:
    """Does the database know this release's digest? Unreachable counts as no: migrating then says why."""
    if env.embedded and mark_of(env).exists():
        return mark_of(env).read_text() == migrate.digest()
    import psycopg  # noqa: PLC0415  see above

    try:
        with connect(env) as connection:
            row = connection.execute(f"SELECT digest FROM {migrate.DIGEST_TABLE}").fetchone()
    except psycopg.Error:
        return False
    return row is not None and row[0] == migrate.digest()


def connect(env: environment.Environment) -> psycopg.Connection[tuple[object, ...]]:
    """A plain connection with the settings' own values."""
    import psycopg  # noqa: PLC0415  see above

    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    known = {parameter: env.database[name] for name, parameter in names.items() if env.database.get(name)}
    extra = {name: value for name, value in env.database["OPTIONS"].items() if name != "pool"}
    return psycopg.connect(**known, **extra, connect_timeout=10)


def _commands(env: environment.Environment, role: Role) -> dict[str, list[str]]:
    door = {"frontdoor": [sys.executable, "-m", "watchbill.main.door"]}
    if role is Role.FRONTDOOR:
        return door
    engine = {"engine": [sys.executable, "-m", "watchbill.engine"]}
    if role is Role.ENGINE:
        return engine
    web = [sys.executable, "-m", "granian", "--interface", "asgi", "--workers", "1", "--no-ws"]
    web += ["--uds", str(pages_socket(env)), "--uds-permissions", str(0o600)]
    web += ["--loop", "uvloop", "--http", "1", "--backlog", "4096", "--backpressure", BACKPRESSURE, "--respawn-failed-workers"]
    web += ["--workers-kill-timeout", "5", "--no-access-log", "--log-level", "warning", "watchbill.main.asgi:application"]
    return {**door, "web": web, **(engine if role is Role.ALL else {})}


def pages_socket(env: environment.Environment) -> Path:
    """Where the process of the pages listens, for the front door of this node alone: nobody else may enter the folder."""
    return postgres.socket_folder(env.data_dir) / f"web-{env.bind[1]}.sock"


def child_environment(env: environment.Environment, name: str) -> dict[str, str]:
    values = {
        "WATCHBILL_DATA": str(env.data_dir),
        "WATCHBILL_URL": env.url,
        "WATCHBILL_BIND": f"{env.bind[0]}:{env.bind[1]}",
        "WATCHBILL_PROCESS": name,
    }
    return {**os.environ, **values, "DJANGO_SETTINGS_MODULE": "watchbill.main.settings", "PYTHONUNBUFFERED": "1"}


def _wait_for_port(bind: tuple[str, int], role: Role) -> None:
    if role is Role.ENGINE:
        return
    end = time.monotonic() + PATIENCE
    while True:
        family = socket.AF_INET6 if ":" in bind[0] else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(bind)
            except OSError as error:
                if time.monotonic() > end:
                    raise Refused(
                        f"{bind[0]}:{bind[1]} cannot be used: {error.strerror}. Stop what listens there, or choose another with --bind."
                    ) from error
            else:
                return
        time.sleep(0.1)


def _wait_until_answers(env: environment.Environment, role: Role, family: Family, stop: Stop) -> bool:
    """Poll until the parts of this node are well: the web answers, and the engine made a good round where there is one."""
    path = {Role.ALL: "/readyz", Role.WEB: "/healthz", Role.FRONTDOOR: "/acceptz"}.get(role)
    while not stop.asked and family.first_dead() is None:
        if path is None or _answers(env.bind, path):
            return True
        time.sleep(0.03)
    return False


def _answers(bind: tuple[str, int], path: str) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind[0], bind[0])  # noqa: S104  compared, not bound
    connection = http.client.HTTPConnection(host, bind[1], timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _watch(family: Family, server: postgres.Server | None, stop: Stop) -> int:
    while not stop.asked:
        if family.first_dead():
            return _say_who_died(family)
        if server and server.process.poll() is not None:
            sys.stderr.write("The database stopped; everything is stopped with it. Start again: it recovers by itself.\n")
            return 1
        with contextlib.suppress(InterruptedError):
            time.sleep(0.2)
    return 0


def _say_who_died(family: Family) -> int:
    name, code = family.first_dead() or ("a part", 1)
    sys.stderr.write(f"The {name} process ended with code {code}; everything is stopped with it. Start again.\n")
    return 1


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
