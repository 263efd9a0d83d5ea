"""The database's clock, which every part of the product reads, put to any moment; it goes on from there.

A function of the same name stands before the system's own, in this database alone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

INSTALL = """
CREATE SCHEMA played;
CREATE TABLE played.moved (by interval NOT NULL);
INSERT INTO played.moved VALUES ('0');
CREATE FUNCTION played.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.clock_timestamp() + (SELECT by FROM played.moved)';
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = played, pg_catalog, public', current_database()); END $$;
"""
SET = "UPDATE played.moved SET by = %s - pg_catalog.clock_timestamp()"


def install(connection: Any, begins: dt.datetime) -> None:
    """For every connection that is made from now on."""
    connection.execute(INSTALL)
    connection.execute(SET, [begins])
