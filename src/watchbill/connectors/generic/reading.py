"""What does the JSON of a monitor that nobody knows say?

Each field is found by the mapping of the key, or by its usual names. A mapping that fails never costs the event: what could be read is
taken, and the rest is said.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from watchbill.connectors import reading
from watchbill.intake.rules import SUMMARY_LENGTH, Draft, Parsed, Verb, clean_deeply, mapping, short

MOST = 500  # alerts of one message
USUAL: Mapping[str, tuple[str, ...]] = {
    "summary": ("summary", "title", "message", "msg", "text", "subject", "alert_name", "alertname", "name", "description", "details"),
    "severity": ("severity", "priority", "level", "urgency"),
    "dedup_key": ("dedup_key", "dedupKey", "alias", "incident_key", "entity_id", "fingerprint", "alert_id", "alertId", "monitor_id", "id"),
    "source": ("source", "host", "hostname", "instance", "node", "server", "url"),
    "component": ("component", "service", "check", "monitor"),
    "group": ("group", "cluster", "environment", "env"),
    "class": ("class", "type", "category"),
    "action": ("event_action", "action", "event_type", "message_type", "status", "state", "alert_status", "current_state"),
}
OVER = (
    *("resolve", "resolved", "ok", "up", "recovery", "recovered", "clear", "cleared", "close", "closed", "normal", "green", "success"),
    *("inactive", "healthy", "fixed", "over"),
)
WORDS: Mapping[Verb, frozenset[str]] = {
    Verb.RESOLVE: frozenset(OVER),
    Verb.ACKNOWLEDGE: frozenset(("acknowledge", "acknowledged", "ack", "acked", "acknowledgement")),
}
LINKS = ("url", "link", "href", "html_url", "web_url", "permalink", "runbook_url", "dashboard_url")
decode = reading.json_or_form


def problem(_message: Any) -> str:
    """Nothing that can be read is refused."""
    return ""


def parse(body: bytes, _dedup_key: str = "", wanted: Mapping[str, Any] | None = None) -> Parsed:
    """A draft for each alert of the message: one, unless it is a list or the mapping says where a list stands."""
    message = decode(body)
    remarks: list[str] = []
    alerts = _alerts(message, wanted or {}, remarks)
    drafts = [_Reader(alert, wanted or {}, remarks).draft() for alert in alerts[:MOST]]
    if len(alerts) > MOST:
        remarks.append(f"{len(alerts) - MOST} of {len(alerts)} alerts were left out: one message holds {MOST}.")
    if not alerts:
        remarks.append("The message holds an empty list.")
    return Parsed(tuple(drafts), " ".join(dict.fromkeys(remarks)))


def _alerts(message: Any, wanted: Mapping[str, Any], remarks: list[str]) -> list[Any]:
    if "each" in wanted:
        try:
            found = mapping.look(wanted, "each", message)
        except ValueError as error:
            remarks.append(f"The mapping of each failed ({short(str(error), 120)}); the message was taken as one alert.")
            return [message]
        if isinstance(found, list):
            return found
        remarks.append("The mapping of each finds no list; the message was taken as one alert.")
        return [message]
    return message if isinstance(message, list) else [message]


class _Reader:
    """Reads the fields of one alert, and remembers what could not be read as asked."""

    def __init__(self, alert: Any, wanted: Mapping[str, Any], remarks: list[str]) -> None:
        self.alert = alert
        self.fields = alert if isinstance(alert, dict) else {"message": alert}
        self.wanted = wanted
        self.remarks = remarks

    def draft(self) -> Draft:
        verb = self._verb()
        dedup = self._dedup_key()
        if verb is not Verb.TRIGGER:
            return Draft(verb, dedup)
        return Draft(
            verb,
            dedup,
            summary=self._text("summary", SUMMARY_LENGTH) or self._whole(),
            severity=self._text("severity"),
            source=self._text("source"),
            component=self._text("component"),
            group=self._text("group"),
            event_class=self._text("class"),
            details=self._details(),
            links=self._links(),
        )

    def _found(self, name: str) -> Any:
        """By the mapping; None when it says nothing about this field or finds nothing."""
        if name not in self.wanted:
            return None
        try:
            found = mapping.look(self.wanted, name, self.alert)
        except ValueError as error:
            self.remarks.append(f"The mapping of {name} failed ({short(str(error), 120)}); its usual names were tried.")
            return None
        if found is None:
            self.remarks.append(f"The mapping of {name} finds nothing; its usual names were tried.")
        return found

    def _text(self, name: str, length: int = 1024) -> str:
        found = self._found(name)
        if isinstance(found, (list, dict)):
            found = json.dumps(clean_deeply(found), ensure_ascii=False)
        if isinstance(found, bool):
            found = str(found).lower()
        said = short(found, length).strip()
        return said or reading.first_text(self.fields, USUAL[name]).strip()[:length]

    def _dedup_key(self) -> str:
        """Without a key of its own, what says the same is the same: but for what changes with every message."""
        if said := self._text("dedup_key", 4096):
            return reading.fitting(said)
        parts = [self._text(name) for name in ("summary", "source", "component", "class")]
        return hashlib.sha256(json.dumps(parts if any(parts) else [self._whole()]).encode()).hexdigest()[:32]

    def _verb(self) -> Verb:
        """Whatever is not clearly an end or an acknowledgement fires: a word that nobody foresaw must not silence an alert."""
        found = self._found("action") if "action" in self.wanted else None
        if found is not None:
            ours = mapping.action_of(self.wanted, found)
            words = [str(found)]
        else:
            words = [reading.text_at(self.fields, name) for name in USUAL["action"]]
            ours = next((said for word in words if word and (said := mapping.action_of(self.wanted, word))), "")
        if ours:
            return Verb(ours)
        for word in (word.strip().lower() for word in words):
            for verb, known in WORDS.items():
                if word in known:
                    return verb
        return Verb.TRIGGER

    def _details(self) -> dict[str, Any]:
        found = self._found("details")
        if found is None:
            return reading.object_of(self.fields)
        return reading.object_of(found) if isinstance(found, dict) else {"details": clean_deeply(found)}

    def _links(self) -> tuple[dict[str, str], ...]:
        found = self._found("links")
        if found is None:
            return reading.links(*((self.fields.get(name), name.replace("_", " ")) for name in LINKS))
        entries = found if isinstance(found, list) else [found]
        pairs = [
            (one.get("href") or one.get("url"), short(one.get("text")) or "Link") if isinstance(one, dict) else (one, "Link")
            for one in entries
        ]
        return reading.links(*pairs[:20])

    def _whole(self) -> str:
        return short(json.dumps(clean_deeply(self.alert), ensure_ascii=False), 200)
