"""What does a message of Alertmanager's webhook say?

One message is one group of alerts; an alert is the same one when group key and fingerprint are the same. Users may write their own payload
templates, so everything but `alerts` may be missing. An alert fires unless it is said to be resolved: `endsAt` is not asked, since for a
firing alert it is the year 1, and clocks differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from watchbill.connectors import bodies
from watchbill.intake.rules import SUMMARY_LENGTH, Draft, Parsed, Verb, clean_deeply, short

MOST = 2000  # alerts of one message that fire: more would keep everybody else's pages waiting. What is over ends, however many there are
SUMMARIES = ("summary", "title", "message", "description")  # annotations, the first that has something
LIMITS = {"Alertmanager": "max_alerts", "Grafana": "Max Alerts"}
SOURCES = ("instance", "host", "hostname", "node", "pod", "service", "job")  # labels, the first that has something


def problem(message: Any) -> str:
    """Why this decoded body cannot be taken, as a sentence; empty when it can."""
    if not isinstance(message, dict):
        return "Expected Alertmanager's webhook message: a JSON object with a list named 'alerts'."
    alerts = message.get("alerts")
    if not isinstance(alerts, list):
        return "The message has no list named 'alerts'; a custom payload template must keep that field."
    if alerts and not any(_is_alert(alert) for alert in alerts):
        return "No entry of 'alerts' has labels; expected an object with 'labels' for each alert."
    return ""


More = Callable[[dict[str, Any], dict[str, Any]], tuple[dict[str, Any], tuple[dict[str, str], ...]]]


def parse(body: bytes, _dedup_key: str) -> Parsed:
    """A draft for each alert of the message, in its order."""
    return read(bodies.decode(body))


def read(message: dict[str, Any], *, product: str = "Alertmanager", more: More | None = None) -> Parsed:
    """The same for a decoded message. `more` finds details and links of an alert that only this product has."""
    group = _group_of(message)
    alerts = [alert for alert in message["alerts"] if _is_alert(alert)]
    firing = [alert for alert in alerts if not _is_over(alert, message)]
    too_many = {id(alert) for alert in firing[MOST:]}
    drafts = [_draft(alert, message, group, product, more) for alert in alerts if id(alert) not in too_many]
    remarks = []
    if too_many:
        remarks.append(f"{len(too_many)} of {len(firing)} firing alerts were left out: one message holds {MOST}.")
    if skipped := len(message["alerts"]) - len(alerts):
        remarks.append(f"{skipped} entries without labels were left out.")
    if left_out := _left_out(message):
        remarks.append(f"{product} left {left_out} more alerts of this group out ({LIMITS.get(product, 'its limit')}).")
        if message.get("status") == "resolved":  # of the whole group: what was left out is over too, and nobody will say so again
            drafts.append(Draft(Verb.RESOLVE, f"{group}:", all_with_prefix=True))
    return Parsed(tuple(drafts), " ".join(remarks))


def _draft(alert: dict[str, Any], message: dict[str, Any], group: str, product: str, more: More | None) -> Draft:
    key = f"{group}:{_fingerprint(alert)}"
    if _is_over(alert, message):
        return Draft(Verb.RESOLVE, key)
    labels, annotations = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    name = labels.get("alertname", "")
    links = [
        (alert.get("generatorURL"), "Source"),
        (annotations.get("runbook_url"), "Runbook"),
        (annotations.get("dashboard_url"), "Dashboard"),
    ]
    links.append((message.get("externalURL"), product))
    known = [(short(href, 2000), text) for href, text in links]
    own_details, own_links = more(alert, message) if more else ({}, ())
    return Draft(
        Verb.TRIGGER,
        key,
        summary=short(_first(annotations, SUMMARIES) or name or "Alert without a name", SUMMARY_LENGTH),
        severity=short(labels.get("severity") or labels.get("priority")),
        source=short(_first(labels, SOURCES)),
        component=short(labels.get("component")),
        group=short(labels.get("group")),
        event_class=short(labels.get("class") or name),
        details={**own_details, **annotations, **labels},
        links=(*own_links, *({"href": href, "text": text} for href, text in known if href.startswith(("https://", "http://")))),
    )


def _is_over(alert: dict[str, Any], message: dict[str, Any]) -> bool:
    return bool((alert.get("status") or message.get("status")) == "resolved")


def _is_alert(alert: Any) -> bool:
    return isinstance(alert, dict) and isinstance(alert.get("labels"), dict)


def _group_of(message: dict[str, Any]) -> str:
    """The group's key, short enough to stand before a fingerprint.."""
    key = message.get("groupKey")
    words = key if isinstance(key, str) else json.dumps(message.get("groupLabels"), sort_keys=True, default=str)
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:32]


def _fingerprint(alert: dict[str, Any]) -> str:
    given = alert.get("fingerprint")
    if isinstance(given, str) and given:
        return short(given, 200)
    labels = json.dumps(alert["labels"], sort_keys=True, default=str)
    return hashlib.sha256(labels.encode("utf-8", "replace")).hexdigest()[:16]


def _texts(value: Any) -> dict[str, Any]:
    return dict(clean_deeply(value)) if isinstance(value, dict) else {}


def _first(values: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((values[name] for name in names if values.get(name)), "")


def _left_out(message: dict[str, Any]) -> int:
    count = message.get("truncatedAlerts")
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0
