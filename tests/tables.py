"""A database with the tables of this release and nothing in them, made once for all workers: the others begin as a copy of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg

ROOT = Path(__file__).parents[1]
MADE = "watchbill_tables"


def make_tables(settings: dict[str, Any]) -> None:
    """Make it beside the database that these settings name, unless somebody did."""
    with psycopg.connect(**parameters(settings, "postgres"), autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext(%s))", [MADE])  # until the connection ends
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [MADE]).fetchone():
            return
        admin.execute(f"DROP DATABASE IF EXISTS {MADE}_half")
        admin.execute(f"CREATE DATABASE {MADE}_half")
        env = {**os.environ, "DATABASE_URL": url_of(settings, f"{MADE}_half"), "WATCHBILL_AS_OWNER": "1"}
        subprocess.run([sys.executable, "-m", "watchbill.main.migrate"], cwd=ROOT, env=env, check=True)
        admin.execute(f"ALTER DATABASE {MADE}_half RENAME TO {MADE}")


def parameters(settings: dict[str, Any], name: str) -> dict[str, Any]:
    given = {"dbname": name, "user": settings["USER"], "password": settings["PASSWORD"], "host": settings["HOST"], "port": settings["PORT"]}
    options = {key: value for key, value in settings["OPTIONS"].items() if key == "passfile"}
    return {key: value for key, value in {**given, **options}.items() if value}


def url_of(settings: dict[str, Any], name: str) -> str:
    given = parameters(settings, name)
    words = {key: given[key] for key in ("host", "passfile") if key in given}
    secret = f":{quote(given['password'], safe='')}" if "password" in given else ""
    port = f":{given['port']}" if "port" in given else ""
    return f"postgresql://{quote(given.get('user', ''), safe='')}{secret}@{port}/{name}?{urlencode(words)}"
