"""The front door's own connections: not Django's, since many requests share one commit.

Nothing here needs Django to be set up beyond its settings.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings

NAMES = (("NAME", "dbname"), ("USER", "user"), ("PASSWORD", "password"), ("HOST", "host"), ("PORT", "port"))  # Django's and libpq's
OF_DJANGO = {"pool", "isolation_level", "server_side_binding", "assume_role"}  # options that libpq does not know
PATIENCE = 3  # seconds for connecting


def parameters() -> dict[str, Any]:
    """What the settings say about the database, as libpq takes it."""
    database = settings.DATABASES["default"]
    known = {parameter: database[name] for name, parameter in NAMES if database.get(name)}
    options = {name: value for name, value in database.get("OPTIONS", {}).items() if name not in OF_DJANGO}
    return {"connect_timeout": PATIENCE, "tcp_user_timeout": 10_000, "keepalives_idle": 10, **known, **options}


async def connect(name: str) -> psycopg.AsyncConnection[Any]:
    """A connection in autocommit, with this name for whoever looks at the server. Raises psycopg.OperationalError within a few seconds."""
    connection = await psycopg.AsyncConnection.connect(**parameters(), autocommit=True, application_name=name)
    connection.prepare_threshold = 1
    return connection


def words(error: Exception) -> str:
    """What went wrong, for the log: without the detail, which quotes rows."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return primary or (str(error).strip().splitlines() or [type(error).__name__])[0]
