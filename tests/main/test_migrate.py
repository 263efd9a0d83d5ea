"""What a database must be before it is brought to this release."""

from __future__ import annotations

import pytest
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
