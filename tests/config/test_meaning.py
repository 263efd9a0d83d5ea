"""What an entry means: defaults, the shortest words for it, the schema, and the way back through YAML. No database."""

from __future__ import annotations

import json
from importlib.resources import files as resources

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.config.example import EXAMPLE, SMALL, valid
from tests.config.reference import renewed
from tests.config.strategies import UNPLEASANT, files, names
from watchbill.config import reader, writer
from watchbill.config.rules import PARTS, brief, fill, json_schema, written
from watchbill.config.rules.parts import CONTACT_KINDS, file_group
from watchbill.config.rules.shapes import Group
from watchbill.kernel import kinds

VALIDATOR = jsonschema.Draft202012Validator(json_schema())
FULL = {(entry.kind, entry.name): entry.full for entry in valid(SMALL).entries}


def test_defaults_are_those_of_the_contract():
    team = FULL["teams", "Ops"]
    assert (team["ownership"], team["critical_anyway"], team["assignee_moves"], team["ack_timeout"]) == ("acker", False, "accept", "")
    assert team["members"]["roles"] == {"ann": "responder", "cleo": "responder"}
    assert fill("teams", {"name": "Q", "desk": "queue"})["ownership"] == "on_call"
    assert FULL["people", "ann"]["contact"] == [{"kind": "email", "address": "ann@example.org", "secret_env": ""}]
    assert FULL["people", "ann"]["notify"] == {"high": [], "low": []}  # everything at once
    assert FULL["policies", "P"]["repeat"] == 0
    service = FULL["services", "S"]
    assert (service["storm"], service["group_for"], service["when_cleared"]) == ({"incidents": 20, "within": 300}, 3600, "stop_paging")
    assert FULL["schedules", "First"]["combine"] == "union"
    target = fill("policies", {"team": "T", "steps": [{"notify": [{"team": "T", "order": "daylight"}], "wait": "1m"}]})["steps"][0][
        "notify"
    ][0]
    assert target == {"team": "T", "order": "daylight", "each": "5m"}


def test_managers_stand_on_the_desk_only_if_they_are_members():
    members = fill("teams", {"desk": "paged", "members": ["a", "b"], "managers": ["b", "c"], "roles": {"d": "viewer"}})["members"]
    assert members == {"on_desk": ["a", "b"], "roles": {"a": "responder", "b": "manager", "c": "manager", "d": "viewer"}}


def test_one_kind_of_contact_may_stand_without_brackets():
    words = {"name": "A", "email": "a@b", "notify": {"high": [{"after": "2m", "by": "email"}]}}
    assert fill("people", words)["notify"]["high"] == [{"after": 120, "by": ["email"]}]


@given(files())
@settings(max_examples=40, deadline=None)
def test_valid_files_read_back_as_written_and_the_schema_accepts_them(made):
    text = writer.write(made.items())
    tree = reader.read(text)
    assert reader.plain(tree) == made
    file = valid(text)
    VALIDATOR.validate(made)
    for entry in file.entries:
        short = brief(entry.kind, entry.full)
        assert fill(entry.kind, short) == entry.full
        assert written(entry.kind, entry.full, entry.words, entry.full) == entry.words


@given(
    st.recursive(
        st.one_of(names, st.integers(-999, 999), st.booleans(), st.none()),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
        max_leaves=30,
    )
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_reads_back_the_same(value):
    assert reader.plain(reader.read(writer.write([("a", value)]))) == {"a": value}


def test_unpleasant_names_are_quoted_so_that_older_readers_agree():
    for name in UNPLEASANT:
        assert writer.scalar(name).startswith('"') or name == "é", name
    assert writer.scalar("1 business day") == "1 business day"
    assert writer.scalar("2026-01-05") == "2026-01-05"


def test_a_field_that_a_person_changed_is_written_anew_and_the_others_as_they_were():
    entry = next(e for e in valid(EXAMPLE).entries if e.name == "hugo")
    now = {**entry.full, "timezone": "Asia/Tokyo"}
    assert written("people", now, entry.words, entry.full) == {**entry.words, "timezone": "Asia/Tokyo"}
    assert "timezone" not in written("people", {**entry.full, "timezone": "UTC"}, entry.words, entry.full)


def test_a_default_that_hangs_on_a_changed_field_is_written_out():
    entry = valid(SMALL).of("people")[0]
    moved = {**entry.full, "email": "ann@new.example"}  # the contact did not move along
    assert fill("people", written("people", moved, entry.words, entry.full)) == moved


def test_the_published_schema_is_the_one_that_is_printed():
    published = json.loads((resources("watchbill.config") / "schema.json").read_text())
    assert published == json_schema(), "run: watchbill schema > src/watchbill/config/schema.json"
    jsonschema.Draft202012Validator.check_schema(published)


def test_the_schema_refuses_what_no_file_may_have():
    for old, new in (
        ("desk: paged", "desk: pagd"),
        ("handle: ann,", "handle: ann, colour: red,"),
        ("order: [ann, cleo]", "order: []"),
        ("wait: 15m", "wait: 15"),
    ):
        assert not VALIDATOR.is_valid(reader.plain(reader.read(SMALL.replace(old, new))))


def test_the_reference_has_every_field_as_it_is():
    page = (resources("watchbill").parent.parent / "docs" / "reference" / "configuration.md").read_text()
    assert page == renewed(page), "run: python -m tests.config.reference < docs/reference/configuration.md"
    assert all(f"<!-- fields of {part.kind} -->" in page for part in PARTS)
    assert all(f"`{name}`" in page for name in file_group().fields)


def test_contact_kinds_are_those_that_the_kernel_knows():
    assert CONTACT_KINDS == kinds.CONTACT_KINDS


def test_every_group_of_the_file_is_closed():
    assert all(isinstance(part.group, Group) and part.group.schema()["additionalProperties"] is False for part in PARTS)
