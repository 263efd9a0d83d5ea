"""One file that holds an installation: a consistent dump, what was counted in it, and the key that reads its secrets.

Taken while the server runs. Verified by reading the dump back whole and by its checksum; `restore` counts every table again.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

import watchbill
from watchbill.kernel import postgres
from watchbill.kernel.errors import Invalid, Refused
from watchbill.main import environment, migrate, serve

FORMAT = 1
SKIP_DATA = ("django_session", "cache")  # sign-ins and throttling end with the installation


def backup(env: environment.Environment, target: Path) -> dict[str, Any]:
    """Write the backup. Returns its manifest. An existing file is not overwritten.

    The counts and the dump see one snapshot, so they agree however busy the desk is.
    """
    if target.exists():
        raise Refused(f"{target} exists already. Choose another name, or remove it first.")
    owner = environment.read({**os.environ, "WATCHBILL_AS_OWNER": "1"})
    with tempfile.TemporaryDirectory(prefix="watchbill-backup-", dir=_folder_for(target)) as scratch:
        dump = Path(scratch) / "database.dump"
        with serve.connect(owner) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            counts = count_rows(connection)
            skip = [word for table in SKIP_DATA for word in ("--exclude-table-data", f"public.{table}")]
            _run("pg_dump", owner, "-Fc", "--no-owner", "--no-privileges", "--snapshot", str(snapshot), *skip, "-f", str(dump))
        _run("pg_restore", None, "-f", os.devnull, str(dump))  # reads every block of it
        manifest = {"format": FORMAT, "release": watchbill.__version__, "tables": counts, "sha256": _sha256(dump)}
        part = Path(scratch) / "backup.zip"
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as file:
            file.writestr("manifest.json", json.dumps(manifest, indent=1))
            file.writestr("secret_key", env.secret_key)
            file.write(dump, "database.dump")
        part.chmod(0o600)
        part.rename(target)
    return manifest


def restore(env: environment.Environment, source: Path) -> dict[str, Any]:
    """Put a backup into an installation that has nobody in it yet. Returns the manifest. All of it or nothing."""
    owner = environment.read({**os.environ, "WATCHBILL_AS_OWNER": "1"})
    with tempfile.TemporaryDirectory(prefix="watchbill-restore-") as scratch:
        manifest, key = _unpack(source, Path(scratch))
        with serve.connect(owner) as connection:
            if connection.execute("SELECT 1 FROM people_person LIMIT 1").fetchone():
                raise Refused("This installation has people in it already; a backup goes into an empty one. Name a new folder with --data.")
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        _run(
            "pg_restore",
            owner,
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            str(Path(scratch) / "database.dump"),
        )
        with serve.connect(owner) as connection:
            found = count_rows(connection)
            connection.execute(f"DROP TABLE IF EXISTS {migrate.DIGEST_TABLE}")
            serve.mark_of(env).unlink(missing_ok=True)
    wrong = [
        f"{table}: {found.get(table, 0)} instead of {count}" for table, count in manifest["tables"].items() if found.get(table) != count
    ]
    if wrong:
        raise Refused(f"The restored tables do not hold what was backed up: {', '.join(wrong)}. Do not use this installation.")
    if env.embedded:
        path = env.data_dir / "secret_key"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key)
    return manifest


def count_rows(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, int]:
    """Rows of every table, but for those that a backup leaves empty."""
    names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    counts = {}
    for (name,) in names:
        if name not in SKIP_DATA:
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(str(name)))).fetchone()
            counts[str(name)] = int(str(row[0])) if row else 0
    return counts


def _unpack(source: Path, scratch: Path) -> tuple[dict[str, Any], str]:
    try:
        with zipfile.ZipFile(source) as file:
            manifest = json.loads(file.read("manifest.json"))
            key = file.read("secret_key").decode()
            file.extract("database.dump", scratch)
        if not isinstance(manifest, dict) or not isinstance(manifest.get("tables"), dict):
            raise ValueError("its manifest lists no tables")
    except FileNotFoundError as error:
        raise Invalid(f"There is no file {source}.") from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, KeyError, ValueError, OSError) as error:
        raise Invalid(f"{source} is not a backup of Watchbill, or it is damaged: {error}. Nothing was changed.") from error
    if manifest.get("format") != FORMAT or _sha256(scratch / "database.dump") != manifest.get("sha256"):
        raise Invalid(f"{source} is damaged: its checksum is not the one written in it. Nothing was changed.")
    return manifest, key


def _run(program: str, env: environment.Environment | None, *arguments: str) -> None:
    binaries = postgres.find_binaries()
    command = [str(binaries / program) if binaries else program]
    variables = dict(os.environ)
    if env:
        names = {"NAME": "PGDATABASE", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "HOST": "PGHOST", "PORT": "PGPORT"}
        variables |= {variable: str(env.database[name]) for name, variable in names.items() if env.database.get(name)}
        variables |= {"PGPASSFILE": str(env.database["OPTIONS"]["passfile"])} if "passfile" in env.database["OPTIONS"] else {}
        if program == "pg_restore":
            command += ["-d", str(env.database["NAME"])]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, env=variables)
    if done.returncode:
        raise Refused(
            f"{program} failed: {(done.stderr.strip().splitlines() or ['no reason was given'])[-1]}. Nothing is kept of this try."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folder_for(target: Path) -> Path:
    folder = target.absolute().parent
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}. Make it first.")
    return folder
