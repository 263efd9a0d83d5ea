"""What a database must be before it is brought to this release."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from watchbill.main.migrate import LAST_UNRELEASED, half_way

pytestmark = pytest.mark.django_db


def apply(*names: str) -> None:
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, clock_timestamp())", name.split(".", 1))


def test_the_tables_of_this_release_are_whole() -> None:
    assert half_way(connection) == ""


def test_the_last_version_before_the_first_release_has_the_same_tables() -> None:
    apply("people.0002_sign_ins", *LAST_UNRELEASED)
    assert half_way(connection) == ""


@pytest.mark.parametrize("known", [0, 1, len(LAST_UNRELEASED) - 1])
def test_a_version_between_is_refused_with_what_to_do(known: int) -> None:
    apply("people.0002_sign_ins", *LAST_UNRELEASED[:known])
    said = half_way(connection)
    assert LAST_UNRELEASED[known] in said
    assert "Start that version once" in said


def test_an_empty_database_is_fine() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO django_migrations_of_the_tests")
    assert half_way(connection) == ""


def catalogue() -> list[str]:
    """Every column, index, constraint and trigger."""
    asked = (
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    )
    found = []
    with connection.cursor() as cursor:
        for each in asked:
            cursor.execute(each)
            found += sorted(str(row) for row in cursor.fetchall())
    return found


def test_steps_that_make_tables_together_go_back_and_to_the_same_tables_again() -> None:
    there = catalogue()
    for part, step in (("reports", "0001"), ("duties", "0002"), ("notifications", "0001")):
        call_command("migrate", part, step, verbosity=0, interactive=False)
    assert len(catalogue()) < len(there) - 100
    call_command("migrate", verbosity=0, interactive=False)
    assert catalogue() == there
