"""Trackers in the file: kept, ordered, active when their variables are set; what a team's issue needs is said."""

from __future__ import annotations

import pytest

from tests.config.example import EXAMPLE, SMALL, problems
from tests.factories import DAY, T0
from watchbill.config import selectors
from watchbill.duties.models import Duty, Queue, Stale
from watchbill.people.models import Team
from watchbill.trackers.models import Tracker

pytestmark = pytest.mark.django_db
FULL = (
    "trackers:\n  - {name: gl, kind: gitlab, url: https://gitlab.example.org, token_env: GL_TOKEN, webhook_env: GL_SECRET,\n"
    "     writes: [create_issue, comment], tells: [state], people: {ann: ann-there}}\n"
)
ISSUE = "issue: {tracker: gl, project: group/desk, labels: [incident], severity_label: severity/, restricted: code name}"


def with_issue(issue: str = ISSUE, text: str = SMALL + FULL) -> str:
    return text.replace("members: [ann, cleo]", f"members: [ann, cleo], {issue}", 1)


def test_trackers_are_stored_without_secrets_and_come_back_as_they_were(apply, monkeypatch):
    monkeypatch.setenv("GL_TOKEN", "glpat-secret")
    apply(with_issue())
    row = Tracker.objects.get(name="gl")
    assert (row.kind, row.url, row.token_env, row.webhook_env) == ("gitlab", "https://gitlab.example.org", "GL_TOKEN", "GL_SECRET")
    assert (row.writes, row.tells, row.people) == (["create_issue", "comment"], ["state"], {"ann": "ann-there"})
    assert "glpat" not in str(list(Tracker.objects.values()))
    team = Team.objects.get(issue__isnull=False)
    assert (team.issue["severity_label"], team.issue["restricted"], team.issue["confidential"]) == ("severity/", "code name", True)
    assert apply(selectors.export()).is_empty


def test_what_the_example_says_of_trackers_is_kept_in_its_order(apply):
    apply(EXAMPLE)
    assert list(Tracker.objects.order_by("position").values_list("name", "writes")) == [
        ("gitlab", ["create_issue", "comment", "assign"]),
        ("github", []),
    ]
    assert apply(selectors.export()).is_empty


@pytest.mark.parametrize(
    ("environment", "writes", "tracker", "team"),
    [
        ({}, "create_issue", "it is not read", "no tracking issue is made: the tracker gl waits for GL_TOKEN."),
        ({"GL_TOKEN"}, "create_issue", "its webhooks are not believed", ""),
        ({"GL_TOKEN", "GL_SECRET"}, "create_issue", "", ""),
        ({"GL_TOKEN", "GL_SECRET"}, "close", "", "no tracking issue is made: the tracker gl has no `create_issue` in `writes`."),
    ],
)
def test_what_does_nothing_is_said(apply, environment, writes, tracker, team):
    text = with_issue().replace("create_issue, comment", writes)
    found = {part.kind: part.why for part in apply(text, environment=dict.fromkeys(environment, "x")).not_active}
    assert tracker in found.get("trackers", "")
    assert bool(tracker) == ("trackers" in found)
    assert found.get("teams", "") == team


@pytest.mark.parametrize(
    ("issue", "says"),
    [
        ("issue: {tracker: gl, project: desk}", "expected a project as its address names it"),
        ("issue: {tracker: gl, project: 'https://gitlab.example.org/group/desk?x'}", "expected a project as its address names it"),
        ("issue: {tracker: jira, project: a/b}", "nothing under `trackers` is called jira"),
        ("issue: {tracker: gl, project: a/b, restricted: all}", "none"),
    ],
)
def test_an_issue_that_cannot_be_made_is_refused(issue, says):
    assert says in str(problems(with_issue(issue)))


def test_a_tracker_that_a_team_names_is_not_pruned_away(apply):
    apply(with_issue())
    apply(SMALL, prune=True)
    assert not Tracker.objects.get(name="gl").is_active


QUEUES = (
    "queues:\n  - {name: oncall, team: Ops, tracker: gl, projects: [a/b, a/c], labels: [oncall], authors: [bot], state: all}\n"
    "  - {name: changes, team: Ops, tracker: gl, projects: [a/b], kind: changes}\n  - {name: mine, team: Ops, incidents: {owner: on_call}}\n"
    "stale:\n  - {team: Ops, severity: high, after: 7 days}\n  - {team: Ops, severity: medium, after: 1 month}\n"
)


@pytest.mark.req("G12")
def test_queues_and_what_is_too_long_are_stored_and_come_back_as_they_were(apply):
    diff = apply(SMALL + FULL + QUEUES, environment={"GL_TOKEN": "x"})
    rows = Queue.objects.order_by("position").values_list(
        "name", "tracker__name", "projects", "labels", "authors", "state", "changes", "other"
    )
    assert list(rows) == [
        ("oncall", "gl", ["a/b", "a/c"], ["oncall"], ["bot"], "all", False, None),
        ("changes", "gl", ["a/b"], [], [], "open", True, None),
        ("mine", None, [], [], [], "open", False, {"incidents": {"owner": "on_call"}}),
    ]
    assert list(Stale.objects.order_by("id").values_list("severity", "after")) == [("high", "7 days"), ("medium", "1 month")]
    assert not [part for part in diff.not_active if part.kind == "queues"]
    assert apply(selectors.export()).is_empty
    apply(SMALL + FULL, prune=True)
    assert not Queue.objects.filter(is_active=True).exists()
    assert not Stale.objects.filter(is_active=True).exists()
    apply(SMALL + FULL + QUEUES)
    assert Stale.objects.filter(is_active=True).count() == 2


@pytest.mark.req("G5")
def test_duties_are_stored_follow_the_file_and_come_back_as_they_were(apply):
    duties = "duties:\n  - {team: Ops, schedule: First, name: Review, every: shift, times: 2, queue: oncall}\n"
    duties += "  - {team: Ops, schedule: First, name: Look, every: week, due: 1 business day}\n"
    apply(SMALL + FULL + QUEUES + duties)
    rows = Duty.objects.order_by("position").values_list("name", "every", "times", "due", "queue__name")
    assert list(rows) == [("Review", "shift", 2, "", "oncall"), ("Look", "week", 1, "1 business day", None)]
    assert apply(selectors.export()).is_empty
    later = T0 + DAY
    apply(SMALL + FULL + QUEUES + duties.replace("times: 2", "times: 3"), now=later)
    assert (Duty.objects.get(name="Look").since, Duty.objects.get(name="Review").since) == (T0, later)
    apply(SMALL + FULL + QUEUES, prune=True)
    assert not Duty.objects.filter(is_active=True).exists()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("stale: [{team: Ops, severity: high, after: 1 shift}]", "expected"),
        ("queues: [{name: q, team: Ops, incidents: {owner: team}, authors: [x]}]", "`authors` goes with `tracker`"),
        ("queues: [{name: q, team: Ops, tracker: gl, projects: [nothing]}]", "a project as its address names it"),
    ],
)
def test_a_queue_that_cannot_be_is_refused(line, says):
    assert says in str(problems(SMALL + FULL + line + "\n"))
