"""What does a stored event of the Events API say?"""

from __future__ import annotations

from typing import Any

from watchbill.connectors import bodies
from watchbill.intake.rules import SUMMARY_LENGTH, Draft, Parsed, Verb, clean_deeply, short

LINKS = 20  # shown of one alert


def parse(body: bytes, dedup_key: str) -> Parsed:
    """The one draft of an event. `dedup_key` is what the sender was answered: its own, or the one made for it."""
    event = bodies.decode(body)
    verb = Verb(event["event_action"])
    if verb is not Verb.TRIGGER:  # a payload may be there (Alertmanager sends all of it again), and means nothing
        return Parsed((Draft(verb, dedup_key),))
    payload = event["payload"]
    draft = Draft(
        verb,
        dedup_key,
        summary=short(payload["summary"], SUMMARY_LENGTH),
        severity=short(payload["severity"]),
        source=short(payload["source"]),
        component=short(payload.get("component")),
        group=short(payload.get("group")),
        event_class=short(payload.get("class")),
        details=_details(payload.get("custom_details")),
        links=_links(event),
    )
    return Parsed((draft,))


def _details(value: Any) -> dict[str, Any]:
    """The schema says object; a text or a list is kept under a name."""
    if value is None or value == "":
        return {}
    return dict(clean_deeply(value)) if isinstance(value, dict) else {"details": clean_deeply(value)}


def _links(event: dict[str, Any]) -> tuple[dict[str, str], ...]:
    """Where the sender says more is to be seen: web addresses only, whatever cannot be read is left out."""
    found = [(link.get("href"), link.get("text")) for link in event.get("links") or () if isinstance(link, dict)]
    found += [(image.get("href") or image.get("src"), image.get("alt")) for image in event.get("images") or () if isinstance(image, dict)]
    if event.get("client_url"):
        found.insert(0, (event["client_url"], event.get("client")))
    kept = [(short(href, 2000), short(text)) for href, text in found[:LINKS]]
    return tuple({"href": href, "text": text or href} for href, text in kept if href.startswith(("https://", "http://")))
