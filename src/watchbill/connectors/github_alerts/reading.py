"""What does a webhook of GitHub say about an alert? Told apart by what it holds, so that the stored body alone can be read again.

Only what names the problem is kept: the literal secret of a secret scanning alert is not copied anywhere, should a sender include it.
"""

from __future__ import annotations

from typing import Any

from watchbill.connectors import reading
from watchbill.intake.rules import SUMMARY_LENGTH, Draft, Parsed, Verb

FIRES = frozenset(
    {"created", "reopened", "reopened_by_user", "appeared_in_branch", "reintroduced", "auto_reopened", "publicly_leaked", "validated"}
)
ENDS = frozenset({"fixed", "closed_by_user", "resolved", "revoked", "dismissed", "auto_dismissed"})
WORDS = {"note": "low", "moderate": "medium"}  # their words that we would read otherwise
FAILED = frozenset({"failure", "timed_out", "startup_failure"})


def problem(message: Any) -> str:
    """Why this decoded body cannot be taken; empty when it can."""
    return "" if isinstance(message, dict) else "Expected a webhook of GitHub: a JSON object."


def parse(body: bytes, _dedup_key: str = "") -> Parsed:
    """At most one draft. Webhooks that say nothing about an alert are kept, and say so."""
    message = reading.json_or_form(body)
    alert = reading.at(message, "alert")
    if isinstance(reading.at(message, "workflow_run"), dict):
        return _workflow(message, message["workflow_run"])
    if not isinstance(alert, dict):
        words = "The webhook is set up." if "zen" in message else "A webhook that is about no alert and no workflow"
        return reading.nothing(
            words if "zen" in message else f"{words} ({reading.word_at(message, 'action') or 'no action'}): pages nobody."
        )
    verb = _verb(reading.text_at(message, "action"))
    if verb is None:
        return reading.nothing(f"The action {reading.word_at(message, 'action') or 'of this webhook'} pages nobody.")
    return Parsed((_alert(verb, message, alert),))


def _verb(action: str) -> Verb | None:
    if action in FIRES:
        return Verb.TRIGGER
    return Verb.RESOLVE if action in ENDS else None


def _alert(verb: Verb, message: dict[str, Any], alert: dict[str, Any]) -> Draft:
    if "secret_type" in alert:
        kind, said = "secret-scanning", _secret(message, alert)
    elif isinstance(alert.get("rule"), dict) or "most_recent_instance" in alert:
        kind, said = "code-scanning", _code(alert)
    else:
        kind, said = "dependabot", _dependency(alert)
    repository = reading.text_at(message, "repository", "full_name")
    dedup = reading.key("github", kind, repository, reading.text_at(alert, "number"))
    if verb is Verb.RESOLVE:
        return Draft(verb, dedup)
    summary, severity, component, details = said
    return Draft(
        verb,
        dedup,
        summary=f"{summary} in {repository or 'a repository'}"[:SUMMARY_LENGTH],
        severity=WORDS.get(severity, severity),
        source=repository,
        component=component,
        group="github",
        event_class=kind,
        details={**details, **reading.kept(repository=repository, number=alert.get("number"), by=reading.at(message, "sender", "login"))},
        links=reading.links((alert.get("html_url"), "Alert"), (reading.at(message, "repository", "html_url"), "Repository")),
    )


Said = tuple[str, str, str, dict[str, Any]]  # summary, severity, component, details


def _code(alert: dict[str, Any]) -> Said:
    rule, spot = alert.get("rule"), reading.at(alert, "most_recent_instance", "location")
    name = reading.first_text(rule, ("description", "name", "id")) or "Code scanning alert"
    path = reading.text_at(spot, "path")
    details = reading.kept(
        rule=reading.at(rule, "id"),
        tool=reading.at(alert, "tool", "name"),
        file=path,
        line=reading.at(spot, "start_line"),
        branch=reading.at(alert, "most_recent_instance", "ref"),
        message=reading.at(alert, "most_recent_instance", "message", "text"),
    )
    return (
        f"{name[:400]}{f' ({path[:200]})' if path else ''}",
        reading.first_text(rule, ("security_severity_level", "severity")),
        path,
        details,
    )


def _secret(message: dict[str, Any], alert: dict[str, Any]) -> Said:
    """A secret that is known to work, or that everybody can read, wakes somebody at once."""
    name = reading.first_text(alert, ("secret_type_display_name", "secret_type")) or "A secret"
    open_to_all = alert.get("publicly_leaked") is True or message.get("action") == "publicly_leaked"
    works = reading.text_at(alert, "validity") == "active"
    words = f"{name[:400]} found{' in public' if open_to_all else ''}{', and it works,' if works else ''}"
    details = reading.kept(
        secret_type=alert.get("secret_type"),
        validity=alert.get("validity"),
        publicly_leaked=alert.get("publicly_leaked"),
        push_protection_bypassed=alert.get("push_protection_bypassed"),
    )
    return words, "critical" if open_to_all or works else "high", reading.text_at(alert, "secret_type"), details


def _dependency(alert: dict[str, Any]) -> Said:
    advisory, package = alert.get("security_advisory"), reading.at(alert, "dependency", "package")
    name = reading.text_at(package, "name")
    summary = reading.text_at(advisory, "summary")[:600] or "Vulnerable dependency"
    severity = reading.text_at(alert, "security_vulnerability", "severity") or reading.text_at(advisory, "severity")
    details = reading.kept(
        package=name,
        ecosystem=reading.at(package, "ecosystem"),
        manifest=reading.at(alert, "dependency", "manifest_path"),
        scope=reading.at(alert, "dependency", "scope"),
        ghsa=reading.at(advisory, "ghsa_id"),
        cve=reading.at(advisory, "cve_id"),
        vulnerable=reading.at(alert, "security_vulnerability", "vulnerable_version_range"),
        fixed_in=reading.at(alert, "security_vulnerability", "first_patched_version", "identifier"),
    )
    return f"{summary}{f' ({name[:200]})' if name else ''}", severity, name, details


def _workflow(message: dict[str, Any], run: dict[str, Any]) -> Parsed:
    """A workflow that fails on the default branch; pull requests fail every day and wake nobody."""
    repository, branch = reading.text_at(message, "repository", "full_name"), reading.text_at(run, "head_branch")
    name = reading.text_at(run, "name") or reading.text_at(message, "workflow", "name") or "A workflow"
    if message.get("action") != "completed":
        return reading.nothing("The workflow has not ended yet: pages nobody.")
    main = reading.text_at(message, "repository", "default_branch")
    if reading.text_at(run, "event").startswith("pull_request") or (main and branch != main):
        return reading.nothing(f"A workflow on {branch[:120] or 'a branch'}, which is not the default branch: pages nobody.")
    dedup = reading.key("github", "workflow", repository, reading.first_text(run, ("workflow_id", "name")), branch)
    end = reading.word_at(run, "conclusion")
    if end == "success":
        return Parsed((Draft(Verb.RESOLVE, dedup),))
    if end not in FAILED:
        return reading.nothing(f"The workflow ended as {end or 'nothing in particular'}: pages nobody.")
    draft = Draft(
        Verb.TRIGGER,
        dedup,
        summary=f"{name[:300]} failed on {branch[:200]} of {repository}"[:SUMMARY_LENGTH],
        severity="medium",
        source=repository,
        component=name,
        group="github",
        event_class="workflow",
        details=reading.kept(
            repository=repository,
            branch=branch,
            conclusion=end,
            run=run.get("run_number"),
            attempt=run.get("run_attempt"),
            commit=run.get("head_sha"),
            event=run.get("event"),
            by=reading.at(run, "actor", "login"),
        ),
        links=reading.links((run.get("html_url"), "Run"), (reading.at(message, "repository", "html_url"), "Repository")),
    )
    return Parsed((draft,))
