"""The three-way comparison, without a database."""

from __future__ import annotations

import pytest

from watchbill.config.rules import Standing, Verb, compare

KEY = ("heartbeats", "x")


def verb(wanted, here, last, *, overwrite=False):
    standing = Standing(current={KEY: {"a": here}} if here else {}, last={KEY: {"a": last}} if last else {})
    plan = compare({KEY: {"a": wanted}}, standing, overwrite=overwrite, prune=False)
    return plan.changes[0].verb, plan.final[KEY]["a"]


@pytest.mark.parametrize(
    ("wanted", "here", "last", "expected", "final"),
    [
        ("A", None, None, Verb.ADDED, "A"),
        ("A", None, "A", Verb.ADDED, "A"),
        ("A", "A", None, Verb.UNCHANGED, "A"),
        ("A", "A", "B", Verb.UNCHANGED, "A"),
        ("A", "B", None, Verb.CHANGED, "A"),  # nobody set it by a file: the file decides
        ("A", "B", "B", Verb.CHANGED, "A"),  # the file moved on
        ("A", "B", "A", Verb.KEPT, "B"),  # a person moved on
        ("A", "B", "C", Verb.KEPT, "B"),  # both did
    ],
)
def test_who_wins(wanted, here, last, expected, final):
    assert verb(wanted, here, last) == (expected, final)
    assert verb(wanted, here, last, overwrite=True)[1] == "A"


def test_a_field_that_is_new_to_this_release_was_changed_by_nobody():
    standing = Standing(current={KEY: {"a": 1, "b": "default"}}, last={KEY: {"a": 1}})
    plan = compare({KEY: {"a": 1, "b": "said"}}, standing, overwrite=False, prune=False)
    assert plan.changes[0].verb is Verb.CHANGED
    assert plan.final[KEY] == {"a": 1, "b": "said"}


def test_pruning_spares_what_is_protected_and_whatever_that_names():
    here = {
        ("services", "S"): {"team": "T", "policy": "P"},
        ("policies", "P"): {"team": "T", "last_resort": "ann", "steps": []},
        ("heartbeats", "h"): {},
    }
    plan = compare({}, Standing(current=here, protected={("services", "S"): "because"}), overwrite=False, prune=True)
    assert {(change.kind, change.name): (change.verb, change.note) for change in plan.changes} == {
        ("services", "S"): (Verb.UNNAMED, "because"),
        ("policies", "P"): (Verb.UNNAMED, "services S still names it"),
        ("heartbeats", "h"): (Verb.REMOVED, ""),
    }
