"""What does a webhook of Sentry say? Told apart by what `data` holds.

What pages is an alert rule of Sentry (issue alert, metric alert). An issue by itself pages nobody: with every new issue somebody would be
woken. That it was resolved or archived there ends its alert here.
"""

from __future__ import annotations

import re
from typing import Any

from watchbill.connectors import bodies, reading
from watchbill.intake.rules import SUMMARY_LENGTH, Draft, Parsed, Verb, short

ENDS = frozenset({"resolved", "archived", "ignored"})
METRIC = {"critical": "critical", "warning": "medium"}
ISSUE = re.compile(r"/issues/(\d+)")


def problem(message: Any) -> str:
    """Why this decoded body cannot be taken; empty when it can."""
    return "" if isinstance(message, dict) else "Expected a webhook of Sentry: a JSON object."


def parse(body: bytes, _dedup_key: str = "") -> Parsed:
    """At most one draft. Webhooks that say nothing about an alert are kept, and say so."""
    message = bodies.decode(body)
    data = message.get("data")
    if isinstance(reading.at(data, "metric_alert"), dict):
        return _metric(message, data)
    if isinstance(reading.at(data, "event"), dict):
        return Parsed((_event(data["event"], reading.text_at(data, "triggered_rule")),))
    if isinstance(reading.at(data, "issue"), dict):
        return _issue(message, data["issue"])
    if "data" not in message and "event" in message and "id" in message:
        return Parsed((_plugin(message),))
    return reading.nothing("A webhook that is about no alert: pages nobody.")


def _event(event: dict[str, Any], rule: str) -> Draft:
    """An issue alert: a rule fired on an event of an issue."""
    return Draft(
        Verb.TRIGGER,
        reading.key("sentry", "issue", _issue_of(event)),
        summary=reading.first_text(event, ("title", "message", "culprit"))[:SUMMARY_LENGTH] or "Event without a title",
        severity=reading.text_at(event, "level"),
        source=reading.first_text(event, ("project_slug", "project_name", "project")),
        component=reading.text_at(event, "culprit"),
        group=reading.text_at(event, "environment") or _tag(event, "environment"),
        event_class=reading.text_at(event, "metadata", "type") or reading.text_at(event, "type"),
        details=reading.kept(
            rule=rule,
            level=event.get("level"),
            platform=event.get("platform"),
            release=event.get("release") or _tag(event, "release"),
            server=_tag(event, "server_name"),
            event=event.get("event_id"),
            first_seen=event.get("datetime"),
        ),
        links=reading.links((event.get("web_url"), "Event"), (event.get("issue_url"), "Issue (API)")),
    )


def _issue_of(event: dict[str, Any]) -> str:
    """The issue's id. Events carry it as a field or in an address; one without stands for its title."""
    if said := reading.first_text(event, ("issue_id", "groupID", "group_id")):
        return said
    for name in ("issue_url", "web_url"):
        if found := ISSUE.search(reading.text_at(event, name)):
            return found[1]
    return reading.first_text(event, ("title", "event_id"))[:150] or "without an id"


def _issue(message: dict[str, Any], issue: dict[str, Any]) -> Parsed:
    act = reading.word_at(message, "action")
    if act in ENDS:
        return Parsed((Draft(Verb.RESOLVE, reading.key("sentry", "issue", reading.text_at(issue, "id"))),))
    return reading.nothing(f"The issue was {act or 'changed'}: pages nobody; an alert rule of Sentry does.")


def _metric(message: dict[str, Any], data: dict[str, Any]) -> Parsed:
    """A metric alert: critical, warning, resolved."""
    alert, act = data["metric_alert"], reading.word_at(message, "action")
    ident = reading.first_text(alert, ("identifier", "id")) or reading.text_at(alert, "alert_rule", "id")
    dedup = reading.key("sentry", "metric", reading.text_at(alert, "organization_id"), ident)
    if act == "resolved":
        return Parsed((Draft(Verb.RESOLVE, dedup),))
    name = reading.text_at(alert, "alert_rule", "name")
    projects = alert.get("projects") if isinstance(alert.get("projects"), list) else []
    draft = Draft(
        Verb.TRIGGER,
        dedup,
        summary=(reading.text_at(data, "description_title") or reading.text_at(alert, "title") or name or "Metric alert")[:SUMMARY_LENGTH],
        severity=METRIC.get(act, act),
        source=", ".join(short(one) for one in (projects or [])[:10]),
        component=name,
        event_class="metric alert",
        details=reading.kept(
            rule=name,
            said=data.get("description_text"),
            aggregate=reading.at(alert, "alert_rule", "aggregate"),
            query=reading.at(alert, "alert_rule", "query"),
            environment=reading.at(alert, "alert_rule", "environment"),
            started=alert.get("date_started"),
        ),
        links=reading.links((data.get("web_url"), "Alert")),
    )
    return Parsed((draft,))


def _plugin(message: dict[str, Any]) -> Draft:
    """The older webhook plugin: flat, `id` is the issue's."""
    return Draft(
        Verb.TRIGGER,
        reading.key("sentry", "issue", reading.text_at(message, "id")),
        summary=(reading.text_at(message, "event", "title") or reading.first_text(message, ("message", "culprit")))[:SUMMARY_LENGTH]
        or "Event without a title",
        severity=reading.text_at(message, "level"),
        source=reading.first_text(message, ("project_slug", "project", "project_name")),
        component=reading.text_at(message, "culprit"),
        event_class=reading.text_at(message, "event", "metadata", "type"),
        details=reading.kept(rules=message.get("triggering_rules"), level=message.get("level"), logger=message.get("logger")),
        links=reading.links((message.get("url"), "Issue")),
    )


def _tag(event: dict[str, Any], name: str) -> str:
    """Tags are pairs."""
    tags = event.get("tags")
    pairs = [pair for pair in tags if isinstance(pair, list) and len(pair) == 2] if isinstance(tags, list) else []
    return next((short(value) for tag, value in pairs if tag == name), "")
