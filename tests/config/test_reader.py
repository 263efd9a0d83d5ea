"""YAML 1.2 and its traps."""

from __future__ import annotations

import time

import pytest

from tests.config.example import SMALL, problems
from watchbill.config.reader import MAX_BYTES, MAX_NODES, Unreadable, plain, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),  # Norway
        ("no", "no"),
        ("off", "off"),
        ("y", "y"),
        ("12:30", "12:30"),  # sexagesimal only in YAML 1.1
        ("190:20:30", "190:20:30"),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("2026-01-05", "2026-01-05"),
        ("true", True),
        ("True", True),
        ("~", None),
        ("", None),
        ("null", None),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("9" * 40, 1e40),
        ("'12'", "12"),
        ('"true"', "true"),
        ("=", "="),
        ("1w", "1w"),
        ("+15005550011", 15005550011),
    ],
)
def test_values_are_what_the_core_schema_says(text, value):
    assert plain(read(f"a: {text}")) == {"a": value}


REFUSED = [
    ("a: 1\nb: 2\na: 3", 3, "`a` stands here twice, first on line 1"),
    ("a: {b: 1,\n b: 2}", 2, "`b` stands here twice"),
    ("\ta: 1", 1, "indent with spaces"),
    ("a:\n\tb: 1", 2, ""),
    ("a: !!python/object/apply:os.system [ls]", 1, "is a tag"),
    ("a: !!str NO", 1, "is a tag"),
    ("a: ! x", 1, "is a tag"),
    ("base: &b {x: 1}\na:\n  <<: *b", 3, "merges in YAML 1.1 only"),
    ("a: *nope", 1, "names an anchor that does not stand above it"),
    ("a: &a [*a]", 1, "expected no circle"),
    ("a: &a {b: *a}", 1, "expected no circle"),
    ("? [a]\n: b", 1, "a field's name was expected"),
    ("a: 1\n---\nb: 2", 2, "a second document"),
    ("%YAML 1.1\n---\na: 1", 2, "remove the %YAML line"),
    ("a: [1,\n b", 2, "broken YAML"),
    ("a: b: c", 1, "broken YAML"),
    ('a: "\\ud800"', 1, "cannot be shown (U+D800)"),
    ('a: "\\0"', 1, "cannot be shown (U+0000)"),
    ('a: "\\x07"', 1, "cannot be shown (U+0007)"),
    ('a: "\\Uffffffff"', 1, "cannot be read from here on"),
    ('a: "\\u202e"', 1, "cannot be shown (U+202E)"),
    ("a: 1\nb: \x00", 2, "cannot be shown (U+0000)"),
    ("", 1, "the file is empty"),
    ("# nothing\n", 1, "the file is empty"),
    (f"{'k' * 400}: 1", 1, ""),
]


@pytest.mark.parametrize(("text", "line", "sentence"), REFUSED, ids=[repr(row[0][:30]) for row in REFUSED])
def test_what_cannot_be_read_is_refused_with_its_line(text, line, sentence):
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert caught.value.problem.line == line
    assert sentence in caught.value.problem.text


def test_bytes_that_are_no_text_are_refused_with_their_line():
    with pytest.raises(Unreadable) as caught:
        read(b"a: 1\nb: \xff\xfe")
    assert caught.value.problem.line == 2
    assert "UTF-8" in caught.value.problem.text


def test_a_byte_order_mark_is_no_text():
    assert plain(read("\ufeffa: 1".encode())) == {"a": 1}


def test_windows_line_ends_count_as_lines():
    found = problems(SMALL.replace("\n", "\r\n").replace("timezone: UTC", "timezone: Mars").encode())
    assert [p.line for p in found] == [11]


def test_anchors_and_aliases_are_read():
    text = SMALL.replace("members: [ann, cleo]", "members: &all [ann, cleo]").replace("order: [ann, cleo]", "order: *all")
    assert problems(text) == []


def test_a_bomb_of_aliases_is_refused_at_once():
    levels = "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 10)}]\n" for n in range(1, 12))
    began = time.perf_counter()
    with pytest.raises(Unreadable) as caught:
        read("b0: &b0 [x, x, x, x, x, x, x, x, x, x]\n" + levels)
    assert f"{MAX_NODES:,} values" in caught.value.problem.text
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("opening", ["[", "- ", "a:\n" * 30, "{a: "])
def test_deep_nesting_is_refused(opening):
    text = "".join(" " * n + "a:\n" for n in range(40)) if opening.startswith("a") else opening * 5000
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert "nested deeper than 20" in caught.value.problem.text


def test_nesting_through_aliases_is_refused_too():
    text = "".join(f"a{n}: &a{n} [{'x' if n == 0 else f'*a{n - 1}'}]\n" for n in range(40))
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert "nested deeper" in caught.value.problem.text


def test_a_file_that_is_too_big_is_refused_before_it_is_read():
    began = time.perf_counter()
    with pytest.raises(Unreadable) as caught:
        read(b"#" * (MAX_BYTES + 1))
    assert "expected at most 1,048,576" in caught.value.problem.text
    assert time.perf_counter() - began < 1


def test_a_large_file_of_comments_and_one_mistake_still_names_the_line():
    text = "# a comment of some length, as people write them\n" * 10_000 + SMALL.replace("timezone: UTC", "timezone: Mars")
    assert [p.line for p in problems(text)] == [10_011]
