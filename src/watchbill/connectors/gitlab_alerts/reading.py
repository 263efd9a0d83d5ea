"""What does a webhook of GitLab say about an alert? Told apart by `object_kind`.

The title of a confidential incident is not repeated: whoever may see it reads it in GitLab.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from watchbill.connectors import bodies, reading
from watchbill.intake.rules import SUMMARY_LENGTH, Draft, Parsed, Verb

VULNERABLE = frozenset({"detected", "confirmed"})
NOT_VULNERABLE = frozenset({"resolved", "dismissed"})
SEVERITIES = {"info": "low", "unknown": "high"}  # their words that we would read otherwise
JOBS = 10  # named


def problem(message: Any) -> str:
    """Why this decoded body cannot be taken; empty when it can."""
    return "" if isinstance(message, dict) else "Expected a webhook of GitLab: a JSON object."


def unproven(header: Callable[[str], str], _body: bytes, key: str) -> str:
    """A secret token beside the key in the address must be the same key."""
    given = header("x-gitlab-token")
    return (
        ""
        if not given or reading.same(given, key)
        else "The secret token is not the key. Enter the same key as the webhook's secret token."
    )


def parse(body: bytes, _dedup_key: str = "") -> Parsed:
    """At most one draft. Webhooks that say nothing about an alert are kept, and say so."""
    message = bodies.decode(body)
    kind, about = reading.word_at(message, "object_kind"), message.get("object_attributes")
    if kind == "pipeline" and isinstance(about, dict):
        return _pipeline(message, about)
    if kind == "vulnerability" and isinstance(about, dict):
        return _vulnerability(message, about)
    if kind in ("issue", "work_item") and reading.text_at(about, "type").lower() == "incident":
        return _incident(message, reading.object_of(about))
    return reading.nothing(f"A webhook about {kind or 'nothing that is known'} pages nobody.")


def _pipeline(message: dict[str, Any], about: dict[str, Any]) -> Parsed:
    """A pipeline that fails on the default branch; those of merge requests fail every day and wake nobody."""
    project, ref = _project(message), reading.text_at(about, "ref")
    main = reading.text_at(message, "project", "default_branch")
    if (
        isinstance(message.get("merge_request"), dict)
        or reading.text_at(about, "source") == "merge_request_event"
        or (main and ref != main)
    ):
        return reading.nothing(f"A pipeline on {ref[:120] or 'a branch'}, which is not the default branch: pages nobody.")
    dedup, end = reading.key("gitlab", "pipeline", project, ref), reading.word_at(about, "status")
    if end == "success":
        return Parsed((Draft(Verb.RESOLVE, dedup),))
    if end != "failed":
        return reading.nothing(f"The pipeline is {end or 'in no state'}: pages nobody.")
    builds = message.get("builds") if isinstance(message.get("builds"), list) else []
    failed = [
        reading.word_at(job, "name")
        for job in builds or []
        if reading.text_at(job, "status") == "failed" and not reading.at(job, "allow_failure")
    ]
    page = reading.text_at(about, "url") or f"{reading.text_at(message, 'project', 'web_url')}/-/pipelines/{reading.text_at(about, 'id')}"
    draft = Draft(
        Verb.TRIGGER,
        dedup,
        summary=f"Pipeline failed on {ref[:200]} of {project}{': ' if failed else ''}{', '.join(failed[:JOBS])}"[:SUMMARY_LENGTH],
        severity="medium",
        source=project,
        component=ref,
        group="gitlab",
        event_class="pipeline",
        details=reading.kept(
            project=project,
            ref=ref,
            pipeline=about.get("id"),
            failed_jobs=failed,
            commit=about.get("sha"),
            commit_title=reading.at(message, "commit", "title"),
            by=reading.at(message, "user", "username"),
        ),
        links=reading.links((page, "Pipeline"), (reading.at(message, "commit", "url"), "Commit")),
    )
    return Parsed((draft,))


def _vulnerability(message: dict[str, Any], about: dict[str, Any]) -> Parsed:
    """Its address is its name: the message carries no id."""
    where = reading.text_at(about, "url")
    dedup, state = reading.key("gitlab", "vulnerability", where or reading.text_at(about, "title")), reading.word_at(about, "state")
    if state in NOT_VULNERABLE:
        return Parsed((Draft(Verb.RESOLVE, dedup),))
    if state not in VULNERABLE:
        return reading.nothing(f"The vulnerability is {state or 'in no state'}: pages nobody.")
    severity, package = reading.word_at(about, "severity").lower(), reading.text_at(about, "location", "dependency", "package", "name")
    names = [reading.word_at(one, "name") for one in about["identifiers"]] if isinstance(about.get("identifiers"), list) else []
    source = _project(message) or where.partition("/-/")[0]
    draft = Draft(
        Verb.TRIGGER,
        dedup,
        summary=f"{reading.text_at(about, 'title')[:600] or 'Vulnerability'}{f' in {source}' if source else ''}"[:SUMMARY_LENGTH],
        severity=SEVERITIES.get(severity, severity),
        source=source,
        component=package or reading.text_at(about, "location", "file"),
        group="gitlab",
        event_class=reading.text_at(about, "report_type") or "vulnerability",
        details=reading.kept(
            state=state,
            report=about.get("report_type"),
            file=reading.at(about, "location", "file"),
            package=package,
            version=reading.at(about, "location", "dependency", "version"),
            identifiers=names,
            cvss=about.get("cvss"),
        ),
        links=reading.links((where, "Vulnerability")),
    )
    return Parsed((draft,))


def _incident(message: dict[str, Any], about: dict[str, Any]) -> Parsed:
    """An incident of GitLab: opened, reopened, closed."""
    project, number = _project(message), reading.text_at(about, "iid")
    dedup, act = reading.key("gitlab", "incident", project, number), reading.word_at(about, "action")
    if act == "close":
        return Parsed((Draft(Verb.RESOLVE, dedup),))
    if act not in ("open", "reopen"):
        return reading.nothing(f"The incident had the action {act or '(none)'}: pages nobody.")
    secret = about.get("confidential") is not False or "confidential" in reading.text_at(message, "event_type")
    title = "Confidential incident" if secret else reading.text_at(about, "title")[:600] or "Incident"
    severity = reading.word_at(about, "severity").lower()
    draft = Draft(
        Verb.TRIGGER,
        dedup,
        summary=f"{title} #{number} in {project}"[:SUMMARY_LENGTH],
        severity=SEVERITIES.get(severity, severity),
        source=project,
        group="gitlab",
        event_class="incident",
        details=reading.kept(project=project, number=number, confidential=secret, by=reading.at(message, "user", "username")),
        links=reading.links((about.get("url"), "Incident")),
    )
    return Parsed((draft,))


def _project(message: dict[str, Any]) -> str:
    return reading.text_at(message, "project", "path_with_namespace")
