"""What is made of the messages that real senders document, kind by kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import watchbill.connectors
from watchbill.connectors import generic, grafana, opsgenie
from watchbill.connectors.inbound import PARSERS
from watchbill.intake.rules import Draft, Parsed, mapping

FOLDER = Path(watchbill.connectors.__file__).parent
OF = {"github-alerts": "github_alerts", "gitlab-alerts": "gitlab_alerts"}


def payload(kind: str, name: str) -> bytes:
    return (FOLDER / OF.get(kind, kind) / "payloads" / f"{name}.json").read_bytes()


def read(kind: str, name: str) -> Parsed:
    return PARSERS[kind](payload(kind, name), "")


def one(kind: str, name: str) -> Draft:
    (draft,) = read(kind, name).drafts
    return draft


FIRES = [  # kind, payload, severity as the source says it, the summary, the source
    (
        "github-alerts",
        "code_scanning_created",
        "high",
        "Database query built from user-controlled sources (src/db/users.js) in octo-org/hello-world",
    ),
    ("github-alerts", "secret_scanning_created", "critical", "Amazon AWS Access Key ID found, and it works, in octo-org/hello-world"),
    (
        "github-alerts",
        "dependabot_created",
        "high",
        "Django allows remote attackers to obtain potentially sensitive information by leveraging data exposure (django) in octo-org/hello-world",
    ),
    ("github-alerts", "workflow_failed", "medium", "Build failed on main of octo-org/hello-world"),
    ("gitlab-alerts", "pipeline_failed", "medium", "Pipeline failed on master of gitlab-org/gitlab-test: unit"),
    ("gitlab-alerts", "vulnerability_confirmed", "high", "REXML DoS vulnerability in https://example.com/flightjs/Flight"),
    ("gitlab-alerts", "incident_opened", "critical", "Login is down #23 in gitlab-org/gitlab-test"),
    ("sentry", "event_alert", "error", "ReferenceError: heck is not defined"),
    ("sentry", "metric_alert_critical", "critical", "Critical: Too many errors"),
    ("sentry", "plugin", "error", "This is an example Python exception"),
    ("grafana", "no_data", "", "Memory above 90 % in us-1"),
    ("grafana", "legacy_alerting", "warning", "Someone is testing the alert notification within Grafana."),
]


@pytest.mark.parametrize(("kind", "name", "severity", "summary"), FIRES, ids=[f"{kind}-{name}" for kind, name, *_ in FIRES])
def test_what_fires(kind: str, name: str, severity: str, summary: str):
    draft = one(kind, name)
    assert (draft.verb, draft.severity, draft.summary) == ("trigger", severity, summary)
    assert all(link["href"].startswith("http") for link in draft.links)
    assert draft.links
    assert 0 < len(draft.dedup_key) <= 255


PAIRS = [
    ("github-alerts", "code_scanning_created", "code_scanning_fixed"),
    ("github-alerts", "secret_scanning_created", "secret_scanning_resolved"),
    ("github-alerts", "dependabot_created", "dependabot_fixed"),
    ("github-alerts", "workflow_failed", "workflow_succeeded"),
    ("gitlab-alerts", "pipeline_failed", "pipeline_succeeded"),
    ("gitlab-alerts", "vulnerability_confirmed", "vulnerability_resolved"),
    ("gitlab-alerts", "incident_opened", "incident_closed"),
    ("sentry", "event_alert", "issue_resolved"),
    ("sentry", "metric_alert_critical", "metric_alert_resolved"),
    ("grafana", "legacy_alerting", "legacy_ok"),
    ("generic", "flat", "flat_ok"),
]


@pytest.mark.req("P12")
@pytest.mark.parametrize(("kind", "fires", "ends"), PAIRS, ids=[f"{kind}-{ends}" for kind, _, ends in PAIRS])
def test_the_end_has_the_key_of_its_beginning(kind: str, fires: str, ends: str):
    assert one(kind, ends) == Draft("resolve", one(kind, fires).dedup_key)  # type: ignore[arg-type]


QUIET = [
    ("github-alerts", "ping", "set up"),
    ("github-alerts", "workflow_of_a_pull_request", "not the default branch"),
    ("gitlab-alerts", "pipeline_of_a_merge_request", "not the default branch"),
    ("gitlab-alerts", "issue_opened", "pages nobody"),
    ("sentry", "issue_created", "an alert rule of Sentry does"),
    ("sentry", "installation_created", "pages nobody"),
]


@pytest.mark.parametrize(("kind", "name", "why"), QUIET, ids=[f"{kind}-{name}" for kind, name, _ in QUIET])
def test_what_pages_nobody_says_why(kind: str, name: str, why: str):
    parsed = read(kind, name)
    assert parsed.drafts == ()
    assert why in parsed.remark


def test_a_confidential_incident_is_named_by_its_number_alone():
    draft = one("gitlab-alerts", "confidential_incident_opened")
    assert draft.summary == "Confidential incident #24 in gitlab-org/gitlab-test"
    assert "pastebin" not in repr(draft)
    assert "insider" not in repr(draft)


def test_the_secret_itself_is_copied_nowhere():
    said = json.loads(payload("github-alerts", "secret_scanning_created"))
    said["alert"]["secret"] = "AKIAIOSFODNN7EXAMPLE"
    (draft,) = PARSERS["github-alerts"](json.dumps(said).encode(), "").drafts
    assert "AKIA" not in repr(draft)


def test_github_may_send_a_form():
    from urllib.parse import urlencode

    raw = payload("github-alerts", "dependabot_created")
    assert PARSERS["github-alerts"](urlencode({"payload": raw.decode()}).encode(), "") == PARSERS["github-alerts"](raw, "")


@pytest.mark.req("P13")
def test_grafanas_alerts_are_told_apart_by_fingerprint_and_lead_to_their_panels():
    first, second = read("grafana", "firing").drafts
    assert first.dedup_key != second.dedup_key
    assert first.details["values"] == {"B": 44.23943737541908, "C": 1}
    assert "values" not in second.details
    assert [link["text"] for link in first.links] == ["Dashboard", "Panel", "Silence in Grafana", "Source", "Runbook", "Grafana"]
    ended, rest = read("grafana", "resolved").drafts
    assert ended == Draft("resolve", first.dedup_key)  # type: ignore[arg-type]
    assert rest.all_with_prefix
    assert first.dedup_key.startswith(rest.dedup_key)
    assert "Grafana left 1 more alerts" in read("grafana", "resolved").remark
    assert "Grafana's" in grafana.problem([])


def test_a_legacy_rule_that_is_pending_or_paused_says_nothing():
    said = json.loads(payload("grafana", "legacy_ok")) | {"state": "pending"}
    assert grafana.parse(json.dumps(said).encode()).drafts == ()


class TestGeneric:
    def read(self, value: Any, **wanted: Any) -> Parsed:
        assert mapping.problems(wanted) == []
        return generic.parse(json.dumps(value).encode(), "", wanted)

    def test_usual_names_are_found(self):
        draft = one("generic", "flat")
        assert (draft.summary, draft.severity, draft.source, draft.dedup_key) == ("Disk full on db1", "critical", "db1", "disk-db1")
        assert draft.links == ({"href": "https://mon.example/d/1", "text": "url"},)

    def test_a_list_is_so_many_alerts(self):
        fires, ends = read("generic", "list").drafts
        assert (fires.verb, fires.summary, ends.verb) == ("trigger", "one", "resolve")

    def test_without_any_key_the_same_words_are_the_same_alert(self):
        one, again, other = (self.read({"title": title, "host": "a", "at": at}).drafts[0] for title, at in (("x", 1), ("x", 2), ("y", 3)))
        assert one.dedup_key == again.dedup_key != other.dedup_key

    @pytest.mark.parametrize("word", ["firing", "DOWN", "problem", "", "whatever", 7, None])
    def test_a_word_that_nobody_foresaw_fires(self, word: Any):
        assert self.read({"title": "x", "status": word}).drafts[0].verb == "trigger"

    def test_a_mapping_finds_what_stands_elsewhere(self):
        parsed = generic.parse(
            payload("generic", "uptime"),
            "",
            {
                "summary": "msg",
                "dedup_key": "join('-', ['uptime', to_string(monitor.id)])",
                "source": "monitor.url",
                "action": "to_string(heartbeat.status)",
                "values": {"resolve": ["1"], "trigger": ["0"]},
                "details": "heartbeat",
                "links": "[{href: monitor.url, text: 'Monitor'}]",
                "severity": "'critical'",
            },
        )
        (draft,) = parsed.drafts
        assert (draft.verb, draft.dedup_key, draft.source, draft.severity) == (
            "trigger",
            "uptime-3",
            "https://login.example.org",
            "critical",
        )
        assert draft.details["duration"] == 60
        assert draft.links == ({"href": "https://login.example.org", "text": "Monitor"},)
        assert parsed.remark == ""

    def test_a_mapping_says_which_words_mean_the_end(self):
        wanted = {"action": "s", "values": {"resolve": ["Gut", 0], "acknowledge": ["Gesehen"], "trigger": ["ok"]}}
        verbs = [self.read({"title": "x", "s": word}, **wanted).drafts[0].verb for word in ("gut", 0, "GESEHEN", "ok", "resolved")]
        assert verbs == ["resolve", "resolve", "acknowledge", "trigger", "resolve"]

    def test_a_mapping_finds_the_list(self):
        parsed = self.read({"data": {"items": [{"n": "a"}, {"n": "b"}]}}, each="data.items", summary="n")
        assert [draft.summary for draft in parsed.drafts] == ["a", "b"]

    @pytest.mark.parametrize(
        ("wanted", "words"),
        [
            ({"summary": "nothing.here"}, "The mapping of summary finds nothing"),
            ({"summary": "length(severity_number)"}, "The mapping of summary failed"),
            ({"each": "title"}, "The mapping of each finds no list"),
            ({"each": "length(severity_number)"}, "The mapping of each failed"),
            ({"action": "abs(title)"}, "The mapping of action failed"),
        ],
    )
    def test_a_mapping_that_fails_never_costs_the_event(self, wanted: dict[str, str], words: str):
        parsed = self.read({"title": "Disk full", "severity_number": 3, "severity": "critical"}, **wanted)
        assert (parsed.drafts[0].verb, parsed.drafts[0].summary, parsed.drafts[0].severity) == ("trigger", "Disk full", "critical")
        assert words in parsed.remark

    def test_more_alerts_than_a_message_holds_are_counted(self):
        parsed = self.read([{"title": str(n)} for n in range(501)])
        assert len(parsed.drafts) == 500
        assert "1 of 501 alerts were left out" in parsed.remark

    def test_a_form_and_a_curl_that_says_form_but_means_json(self):
        assert generic.parse(b"message=Disk+full&status=down&host=db1").drafts[0].summary == "Disk full"
        assert generic.parse(b'payload={"title":"x"}').drafts[0].summary == "x"
        assert generic.parse(b'{"title":"a=b"}').drafts[0].summary == "a=b"

    @pytest.mark.parametrize("value", ["just words", 7, None, True, [], {}, [[1]]])
    def test_values_that_are_no_object_are_taken_too(self, value: Any):
        parsed = self.read(value)
        assert len(parsed.drafts) == (value != [])
        assert parsed.drafts or parsed.remark


def test_a_mapping_is_refused_with_every_reason():
    wrong = {"summary": "a[", "colour": "x", "severity": 3, "values": {"resolve": "OK", "open": []}, "source": "x" * 1001}
    said = " ".join(mapping.problems(wrong))
    for words in (
        "summary: 'a[' is no JMESPath",
        "no field 'colour'",
        "severity: expected",
        "resolve expects a list",
        "no action 'open'",
        "longer than",
    ):
        assert words in said
    assert mapping.problems([]) != []
    assert mapping.problems({"values": []}) != []
    assert mapping.problems({}) == []


class TestOpsgenie:
    def read(self, act: str, body: Any, identifier: str = "a1") -> tuple[Draft, ...]:
        stored, _ = opsgenie.envelope(opsgenie.Asked(act, identifier, "alias"), json.dumps(body).encode())
        return opsgenie.parse(stored, "request-1").drafts

    def test_an_alert_is_made_with_its_fields(self):
        (draft,) = self.read("Create", json.loads(payload("opsgenie", "create")))
        assert (draft.dedup_key, draft.summary, draft.severity) == (
            "Life is too short for no alias",
            "An example alert message",
            "critical",
        )
        assert (draft.source, draft.component) == ("AWS", "An example entity")
        assert draft.details["responders"] == ["4513b7ea-3b91-438f-b7e4-e3e54af9147c", "NOC", "trinity@opsgenie.com"]
        assert draft.details["tags"] == ["OverwriteQuietHours", "Critical"]
        assert draft.details["key1"] == "value1"

    @pytest.mark.parametrize(
        ("priority", "severity"), [("P1", "critical"), ("P2", "high"), ("P3", "medium"), ("P4", "low"), ("P5", "low"), (None, "medium")]
    )
    def test_priorities(self, priority: str | None, severity: str):
        assert self.read("Create", {"message": "x", "priority": priority})[0].severity == severity

    def test_fields_are_cut_where_opsgenie_cuts_them(self):
        (draft,) = self.read(
            "Create",
            {
                "message": "m" * 200,
                "alias": "a" * 600,
                "description": "d" * 20_000,
                "tags": ["t" * 60] * 30,
                "source": "s" * 300,
                "entity": "e" * 600,
            },
        )
        assert (len(draft.summary), len(draft.details["description"]), len(draft.source), len(draft.component)) == (130, 15_000, 100, 512)
        assert (len(draft.details["tags"]), len(draft.details["tags"][0])) == (20, 50)
        assert len(draft.dedup_key) == 255
        assert self.read("Close", {}, "a" * 600) == (Draft("resolve", draft.dedup_key),)  # type: ignore[arg-type]
        assert self.read("Close", {}, "a" * 512)[0].dedup_key == draft.dedup_key
        assert self.read("Close", {}, "a" * 511)[0].dedup_key != draft.dedup_key

    def test_without_an_alias_the_request_names_it(self):
        assert self.read("Create", {"message": "x"})[0].dedup_key == "request-1"

    def test_what_is_asked_of_an_alert(self):
        assert [draft.verb for draft in self.read("Close", {"note": "done", "user": "bob"})] == ["note", "resolve"]
        assert self.read("Close", {"note": "done", "user": "bob"})[0].note == "bob: done"
        assert [draft.verb for draft in self.read("Acknowledge", None)] == ["acknowledge"]
        assert [draft.verb for draft in self.read("Unacknowledge", {})] == ["unacknowledge"]
        assert self.read("UpdateMessage", {"message": "new"})[0].summary == "new"
        assert self.read("UpdatePriority", {"priority": "P1"})[0].severity == "critical"
        assert self.read("AddDetails", {"details": {"a": "b"}})[0].details == {"a": "b"}
        assert self.read("AddTags", {"tags": ["x", "y"]})[0].details == {"tags added": "x, y"}
        assert self.read("UpdateDescription", {"description": "why"})[0].details == {"description": "why"}

    @pytest.mark.parametrize(
        ("method", "path", "asked"),
        [
            ("POST", "/v2/alerts", opsgenie.Asked("Create")),
            ("POST", "/v2/alerts/", opsgenie.Asked("Create")),
            ("POST", "/v2/alerts/a/b/close", opsgenie.Asked("Close", "a/b", "alias")),
            ("PUT", "/v2/alerts/x/message", opsgenie.Asked("UpdateMessage", "x", "alias")),
            ("PUT", "/v2/alerts/x/close", None),
            ("POST", "/v2/alerts/close", None),
            ("PUT", "/v2/alerts", None),
        ],
    )
    def test_which_request_it_is(self, method: str, path: str, asked: opsgenie.Asked | None):
        assert opsgenie.which(method, path, "alias" if asked and asked.identifier else "") == asked

    @pytest.mark.parametrize("last", ["snooze", "escalate", "assign", "responders", "actions/restart"])
    def test_what_a_monitor_may_not_do_says_why(self, last: str):
        asked = opsgenie.which("POST", f"/v2/alerts/x/{last}", "alias")
        assert asked is not None
        assert "Watchbill" in asked.refused
