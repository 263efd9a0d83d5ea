"""Whatever is handed in as a file: it is applied, or refused in the documented way with nothing changed. Never anything else."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.config.example import EXAMPLE, SMALL
from tests.config.strategies import UNPLEASANT
from watchbill.config import reader, writer
from watchbill.kernel.errors import Invalid

QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large)
TREE = reader.plain(reader.read(EXAMPLE))
TABLES = ("people_person", "people_team", "people_membership", "notifications_contact", "notifications_rule", "schedules_schedule")
TABLES += (
    "schedules_layer",
    "paging_policy",
    "paging_servicepolicy",
    "incidents_service",
    "config_applied",
    "people_organization",
    "audit_record",
)

FRAGMENTS = [
    "&a ",
    "*a",
    "!!x ",
    "<<: ",
    "? ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "\t",
    "'",
    '"',
    "| ",
    "> ",
    "%",
    "@",
    "`",
    "#",
    ": ",
    ", ",
    "\x00",
    "\u2028",
    "\\u",
]
FRAGMENTS += [
    "\n",
    "\r",
    "0x",
    "~",
    ".inf",
    "1e999",
    "---\n",
    "...\n",
    "\ufeff",
    "\x85",
    "9" * 30,
    '"\\U00110000"',
    '"\\ud800"',
    "%YAML 1.1\n---\n",
    "'''",
    " " * 50,
    "é",
]
leaves = st.one_of(
    st.sampled_from(UNPLEASANT),
    st.none(),
    st.booleans(),
    st.integers(-(10**19), 10**19),
    st.sampled_from(
        [
            "ada",
            "SecOps",
            "Security Responder",
            "1w",
            "0s",
            "99999999999w",
            "1 shift",
            "100 months",
            "2026-02-30",
            "9999-12-31",
            "24:00",
            "a" * 5000,
            "\u202e",
            "critical",
            "team",
            "off",
        ]
    ),
    st.text(max_size=20),
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "name", "days", "schedule", "team", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in the tree."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for key, value in inner for found in places(value, (*path, key)))]


PLACES = [path for path in places(TREE) if path]


def mutate(tree: Any, path: tuple[Any, ...], act: str, value: Any) -> None:
    for step in path[:-1]:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):  # an earlier mutation took it away
            return
    key = path[-1]
    if isinstance(tree, list) and isinstance(key, int) and key < len(tree):
        if act == "delete":
            del tree[key]
        elif act == "duplicate":
            tree.insert(key, copy.deepcopy(tree[key]))
        else:
            tree[key] = value
    elif isinstance(tree, dict) and key in tree:
        if act == "delete":
            del tree[key]
        elif act == "duplicate":
            tree[f"{key}2"] = copy.deepcopy(tree[key])
        else:
            tree[key] = value


def stored() -> list[tuple[Any, ...]]:
    """Everything that a file could have changed."""
    sums = " UNION ALL ".join(
        f"SELECT '{table}', count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t" for table in TABLES
    )
    with connection.cursor() as cursor:
        cursor.execute(sums)
        return cursor.fetchall()


def applied_or_refused(apply, text: str | bytes) -> None:
    """Apply it. Refused: with lines, and nothing changed. Applied: a second time changes nothing. What it did is undone."""
    point = transaction.savepoint()
    before = stored()
    refused = None
    try:
        apply(text)
    except Invalid as error:
        refused = error
    if refused is None:
        assert apply(text).is_empty
    else:
        assert all(re.match(r"desk\.yaml:\d+: .", line) for line in refused.message.splitlines()[:100]), refused.message
        assert refused.details["errors"]
        assert stored() == before
    transaction.savepoint_rollback(point)


changes = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(["delete", "duplicate", "replace", "replace"]), values), min_size=1, max_size=3
)


@given(changed=changes)
@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
def test_a_file_with_nodes_deleted_doubled_or_replaced(apply, changed):
    tree = copy.deepcopy(TREE)
    for path, act, value in changed:
        mutate(tree, path, act, value)
    applied_or_refused(apply, writer.write(tree.items()))


edits = st.lists(st.tuples(st.floats(0, 1), st.sampled_from(FRAGMENTS), st.integers(0, 6)), min_size=1, max_size=4)


@given(edited=edits)
@settings(max_examples=50, deadline=None, suppress_health_check=QUIET)
def test_a_file_with_pieces_of_yaml_thrown_in(apply, edited):
    text = SMALL
    for place, fragment, cut in edited:
        at = int(place * len(text))
        text = text[:at] + fragment + text[at + cut :]
    applied_or_refused(apply, text)


@given(data=st.binary(max_size=200), place=st.floats(0, 1))
@settings(max_examples=50, deadline=None, suppress_health_check=QUIET)
def test_a_file_with_random_bytes_thrown_in(apply, data, place):
    whole = SMALL.encode()
    at = int(place * len(whole))
    applied_or_refused(apply, whole[:at] + data + whole[at:])


@given(data=st.one_of(st.binary(max_size=100), st.text(max_size=100)))
@settings(max_examples=50, deadline=None, suppress_health_check=QUIET)
def test_anything_at_all(apply, data):
    applied_or_refused(apply, data)


@pytest.mark.parametrize("value", ["a" * 100_000, "x" * 300, "\u202e", "\U0001f4df" * 200])
@pytest.mark.parametrize(
    "field",
    [
        "name: Ann",
        "handle: ann",
        "email: ann@example.org",
        "name: Ops",
        "name: First",
        "name: all",
        "name: P",
        "name: S",
        "organization: Bar",
    ],
)
def test_long_and_odd_texts_fit_or_are_refused(apply, field, value):
    key = field.split(":")[0]
    applied_or_refused(apply, SMALL.replace(field, f'{key}: "{value}"', 1))
