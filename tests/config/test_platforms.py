"""The part `platforms` of the file: what it may say, what is made of it, and that the rest works without its token."""

from __future__ import annotations

import pytest

from tests.config.test_apply import EXAMPLE, SMALL
from watchbill.config.models import Applied
from watchbill.config.rules import Verb
from watchbill.kernel.errors import Invalid
from watchbill.platforms.models import Platform

WHOLE = """
platforms:
  - name: h1
    kind: hackerone
    url: https://h1.example.org/v1
    program: acme
    token_env: H1_TOKEN
    webhook_env: H1_SECRET
    triage_group: H1 Triage
    tier_field: Rank
    writes: [comment, state, severity, tier, assign, reference, bounty, disclose]
    variants: {bounty: plain, disclosure: state, severity: metrics}
"""
SHORT = """
platforms:
  - {name: h1, kind: hackerone, program: acme, token_env: H1_TOKEN, webhook_env: H1_SECRET, triage_group: H1 Triage,
     writes: [comment, state, severity, assign, bounty, disclose]}
"""


@pytest.mark.req("K26")
def test_the_example_applies_without_its_token_and_says_so(apply):
    diff = apply(EXAMPLE, environment={})
    row = Platform.objects.get()
    assert (row.name, row.program, row.url, row.writes) == ("hackerone", "example", "https://api.hackerone.com/v1", [])
    (said,) = [part for part in diff.not_active if part.kind == "platforms"]
    assert said.missing == ("WATCHBILL_H1_SECRET", "WATCHBILL_H1_TOKEN")
    assert str(said).startswith("platforms hackerone: not connected: it is not read")
    works = apply(EXAMPLE, environment={"WATCHBILL_H1_SECRET": "x", "WATCHBILL_H1_TOKEN": "a:b"})
    assert "platforms" not in {part.kind for part in works.not_active}
    assert {change.verb for change in works.changes} == {Verb.UNCHANGED}
    without = apply(EXAMPLE, environment={"WATCHBILL_H1_TOKEN": "a:b"})
    assert ["its webhooks are not believed" in part.why for part in without.not_active if part.kind == "platforms"] == [True]


@pytest.mark.parametrize("words", [WHOLE, SHORT])
def test_every_word_is_kept_and_exported_as_it_was(apply, words):
    apply(SMALL + words)
    assert not [change for change in apply(SMALL + words).changes if change.verb is not Verb.UNCHANGED]
    row = Platform.objects.get()
    assert (row.triage_group, row.webhook_env, "bounty" in row.writes) == ("H1 Triage", "H1_SECRET", True)
    if words is WHOLE:
        assert row.variants == {"bounty": "plain", "disclosure": "state", "severity": "metrics"}
        assert (row.tier_field, row.url, "tier" in row.writes) == ("Rank", "https://h1.example.org/v1", True)


def test_one_that_the_file_names_no_longer_is_not_read_any_more(apply):
    apply(SMALL + WHOLE)
    apply(SMALL, prune=True)
    assert not Platform.objects.get().is_active


def test_another_programme_is_read_from_its_beginning_and_a_switch_is_not(apply):
    apply(SMALL + SHORT)
    Platform.objects.update(cursor="2026-11-01T00:00:00Z", known={"groups": {"a": "1"}})
    apply(SMALL + SHORT.replace("comment, ", ""))
    assert Platform.objects.get().cursor is not None
    apply(SMALL + SHORT.replace("program: acme", "program: other"))
    row = Platform.objects.get()
    assert (row.cursor, row.known, row.program) == (None, {}, "other")


def test_a_file_that_was_applied_before_platforms_worked_makes_them_now(apply):
    apply(SMALL + SHORT)
    Platform.objects.all().delete()
    content = {"kind": "hackerone", "program": "acme", "token_env": "H1_TOKEN", "webhook_env": "H1_SECRET"}
    Applied.objects.filter(kind="platforms").update(content=content)
    apply(SMALL + SHORT)
    assert Platform.objects.get().program == "acme"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("writes: [comment,", "writes: [pay,", "expected comment, state, severity, tier, assign, reference, bounty or disclose"),
        ("kind: hackerone", "kind: bugcrowd", "hackerone"),
        ("token_env: H1_TOKEN", "token_env: secret:value", "environment variable"),
    ],
)
def test_a_refusal_names_its_line(apply, old, new, sentence):
    with pytest.raises(Exception, match=r"desk.yaml:\d+") as refused:
        apply(SMALL + SHORT.replace(old, new))
    assert sentence in str(refused.value)
    assert not Platform.objects.exists()


def test_a_repository_of_github_is_a_platform_that_is_only_read(apply):
    words = "\nplatforms:\n  - {name: advisories, kind: github, program: acme/engine, token_env: PVR}\n"
    apply(SMALL + words)
    row = Platform.objects.get(name="advisories")
    assert (row.kind, row.url, row.program, row.writes) == ("github", "https://api.github.com", "acme/engine", [])
    assert not [change for change in apply(SMALL + words).changes if change.verb is not Verb.UNCHANGED]


@pytest.mark.parametrize(("more", "says"), [("program: acme", "expected one as OWNER/NAME"), ("writes: [comment]", "only read")])
def test_what_makes_no_sense_for_github_is_said(apply, more, says):
    words = {"name": "a", "kind": "github", "program": "acme/engine", "token_env": "PVR"}
    name, _, value = more.partition(": ")
    line = ", ".join(f"{key}: {text}" for key, text in {**words, name: value}.items())
    with pytest.raises(Invalid, match=says):
        apply(SMALL + f"\nplatforms:\n  - {{{line}}}\n")
    assert not Platform.objects.exists()
