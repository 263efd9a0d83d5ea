"""Brings the tables to this release, as their owner, and gives the running application no more rights than it needs.

Run as `python -m watchbill.main.migrate`, by `serve` and by commands that find an older schema. Two nodes that start at once: one migrates.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path
from typing import Any

WAIT = 60  # seconds, with --wait: for a database that is just being made
LOCK = 7_146_021  # advisory lock: one migration at a time on a database
APPEND_ONLY = (
    "audit_record",
    "audit_seal",
    "notifications_attempt",
    "notifications_receipt",
    "incidents_timelineentry",
    "paging_policycopy",
    "paging_firing",
)
DIGEST_TABLE = "watchbill_schema"
# the last steps of databases from before the first release; their tables are those of the initial migrations of today
LAST_UNRELEASED = (
    "duties.0003_duties_and_proofs",
    "handoff.0003_watch_accounts",
    "incidents.0007_follow_ups",
    "intake.0007_stored_again",
    "notifications.0011_notices",
    "paging.0003_maintenance",
    "people.0005_dismissed_events",
    "schedules.0011_covers_end",
    "trackers.0003_issues_of_their_own",
)


def digest() -> str:
    """Names every migration of this release: another digest in the database means that there is something to migrate."""
    package = Path(__file__).parent.parent
    names = sorted(f"{path.parent.parent.name}/{path.name}:{path.stat().st_size}" for path in package.glob("*/migrations/0*.py"))
    return hashlib.sha256("\n".join([*names, *APPEND_ONLY]).encode()).hexdigest()


def main() -> int:
    """Migrate, then grant. Says in one sentence what is missing when the database refuses."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.main.settings")
    os.environ["WATCHBILL_AS_OWNER"] = "1"
    import django  # noqa: PLC0415  the settings depend on the variable above
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import OperationalError, connection  # noqa: PLC0415

    django.setup()
    patience = time.monotonic() + (WAIT if "--wait" in sys.argv else 0)
    while True:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            break
        except OperationalError as error:
            if time.monotonic() > patience:
                sys.stderr.write(f"The database cannot be reached: {str(error).strip().splitlines()[0]}\n")
                return 1
            time.sleep(0.05)
    if refusal := half_way(connection):
        sys.stderr.write(refusal + "\n")
        return 1
    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        for statement in grants():
            cursor.execute(statement)
        cursor.execute(
            f"INSERT INTO {DIGEST_TABLE} (id, digest) VALUES (1, %s) ON CONFLICT (id) DO UPDATE SET digest = excluded.digest", [digest()]
        )
    connection.close()
    return 0


def half_way(connection: Any) -> str:
    """Why this database cannot be brought to this release, or an empty text: it stopped between two unreleased versions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return ""
        cursor.execute("SELECT app || '.' || name FROM django_migrations")
        applied = {name for (name,) in cursor}
    missing = [name for name in LAST_UNRELEASED if name not in applied]
    if (
        "people.0001_initial" not in applied
        or not missing
        or (len(missing) == len(LAST_UNRELEASED) and "people.0002_sign_ins" not in applied)
    ):
        return ""
    return (
        "This database was made by a version from before the first release, and its tables lack "
        f"{missing[0]}. Expected: an empty database, or one that the last such version (commit f8c1931) brought up to date. "
        "Start that version once on it, or name another data folder."
    )


def grants() -> list[str]:
    """SQL that makes the plain role and gives it what the application needs: no owner's rights, no change of evidence."""
    from watchbill.main.environment import APP_ROLE  # noqa: PLC0415

    evidence = ", ".join(APPEND_ONLY)
    return [
        f"""DO $$ BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
                CREATE ROLE {APP_ROLE} NOLOGIN;
            END IF;
            -- whoever made the role may grant it, to itself too: since version 16 making it is not enough to take it on
            EXECUTE format('GRANT {APP_ROLE} TO %I', current_user);
        EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
        END $$""",
        f"CREATE TABLE IF NOT EXISTS {DIGEST_TABLE} (id int PRIMARY KEY, digest text NOT NULL)",
        f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}",
        f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {evidence} FROM {APP_ROLE}",
        f"REVOKE INSERT, UPDATE, DELETE ON {DIGEST_TABLE}, django_migrations FROM {APP_ROLE}",
    ]


if __name__ == "__main__":
    sys.exit(main())
