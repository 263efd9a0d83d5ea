"""What does a message of Grafana's webhook say?

Unified alerting sends Alertmanager's message with more in it, so each alert is read as Alertmanager's is; only where to look is Grafana's
own. Legacy alerting (before version 9) sends one rule with its state.
"""

from __future__ import annotations

from typing import Any

from watchbill.connectors import alertmanager, bodies, reading
from watchbill.intake.rules import SUMMARY_LENGTH, Draft, Parsed, Verb, short

PRODUCT = "Grafana"
OVER = ("ok", "resolved")
QUIET = ("paused", "pending")  # states of a legacy rule that say nothing is wrong yet


def problem(message: Any) -> str:
    """Why this decoded body cannot be taken; empty when it can."""
    if not isinstance(message, dict):
        return "Expected Grafana's webhook message: a JSON object with a list named 'alerts'."
    if _is_legacy(message):
        return ""
    return alertmanager.problem(message).replace("Alertmanager's", "Grafana's")


def parse(body: bytes, _dedup_key: str = "") -> Parsed:
    """A draft for each alert of the message, in its order."""
    message = bodies.decode(body)
    return _legacy(message) if _is_legacy(message) else alertmanager.read(message, product=PRODUCT, more=_more)


def _more(alert: dict[str, Any], message: dict[str, Any]) -> tuple[dict[str, Any], tuple[dict[str, str], ...]]:
    """Details and links that only Grafana has. `values` holds what its queries answered."""
    found = reading.links(
        (alert.get("dashboardURL"), "Dashboard"),
        (alert.get("panelURL"), "Panel"),
        (alert.get("silenceURL"), "Silence in Grafana"),
        (alert.get("imageURL"), "Picture"),
    )
    details = reading.kept(values=alert.get("values"), valueString=alert.get("valueString"), orgId=message.get("orgId"))
    return details, found


def _is_legacy(message: dict[str, Any]) -> bool:
    return "alerts" not in message and "ruleId" in message and isinstance(message.get("state"), str)


def _legacy(message: dict[str, Any]) -> Parsed:
    rule = reading.text_at(message, "ruleId")
    state = message["state"].lower()
    if state in QUIET:
        return reading.nothing(f"Grafana says that the rule is {state}: nothing to do.")
    dedup = reading.key("grafana rule", reading.text_at(message, "orgId"), rule)
    if state in OVER:
        return Parsed((Draft(Verb.RESOLVE, dedup),))
    name = reading.text_at(message, "ruleName")
    draft = Draft(
        Verb.TRIGGER,
        dedup,
        summary=short(message.get("message") or message.get("title") or name or "Alert without a name", SUMMARY_LENGTH),
        severity=reading.text_at(message, "tags", "severity"),
        event_class=name,
        details={**reading.object_of(message.get("tags")), **reading.kept(state=message["state"], evalMatches=message.get("evalMatches"))},
        links=reading.links((message.get("ruleUrl"), "Rule"), (message.get("imageUrl"), "Picture")),
    )
    return Parsed((draft,))
