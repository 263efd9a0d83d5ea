"""What does a stored request of Opsgenie's Alert API say? Fields are cut where Opsgenie cuts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from watchbill.connectors import bodies, reading
from watchbill.intake.rules import Draft, Parsed, Verb, clean_deeply, short

MESSAGE, ALIAS, DESCRIPTION, NOTE, ENTITY, SOURCE, USER = 130, 512, 15_000, 25_000, 512, 100, 100
TAGS, TAG, ACTIONS, ACTION = 20, 50, 10, 50
SEVERITIES = {"P1": "critical", "P2": "high", "P3": "medium", "P4": "low", "P5": "low"}
DEFAULT = "P3"


def parse(body: bytes, request_id: str = "") -> Parsed:
    """What the request asks of its alert. An alert without an alias is named by the request that made it."""
    stored = bodies.decode(body)
    said = stored["body"] if isinstance(stored["body"], dict) else {}
    act = stored["asked"]["act"]
    if act == "Create":
        return Parsed((_create(said, request_id),))
    return Parsed(tuple(READERS[act](said, fitting(stored["asked"]["identifier"]))))


def _create(said: dict[str, Any], request_id: str) -> Draft:
    details = reading.object_of(said.get("details"))
    more = reading.kept(
        description=short(said.get("description"), DESCRIPTION),
        tags=_words(said.get("tags"), TAGS, TAG),
        actions=_words(said.get("actions"), ACTIONS, ACTION),
        entity=short(said.get("entity"), ENTITY),
        user=short(said.get("user"), USER),
        note=short(said.get("note"), NOTE),
        responders=_responders(said.get("responders") or said.get("teams")),
        visible_to=_responders(said.get("visibleTo")),
    )
    addresses = [
        (value, short(name, 80)) for name, value in details.items() if isinstance(value, str) and value.startswith(("https://", "http://"))
    ]
    return Draft(
        Verb.TRIGGER,
        fitting(short(said.get("alias"), ALIAS)) or request_id,
        summary=short(said.get("message"), MESSAGE).strip(),
        severity=_severity(said.get("priority") or DEFAULT),
        source=short(said.get("source"), SOURCE),
        component=short(said.get("entity"), ENTITY),
        details={**details, **more},
        links=reading.links(*addresses[:20]),
    )


def _close(said: dict[str, Any], key: str) -> list[Draft]:
    return [*_noted(said, key), Draft(Verb.RESOLVE, key)]


def _acknowledge(said: dict[str, Any], key: str) -> list[Draft]:
    return [*_noted(said, key), Draft(Verb.ACKNOWLEDGE, key)]


def _take_back(said: dict[str, Any], key: str) -> list[Draft]:
    return [*_noted(said, key), Draft(Verb.TAKE_BACK, key, note="Its source took its acknowledgement back.")]


def _note(said: dict[str, Any], key: str) -> list[Draft]:
    return _noted(said, key)


def _tags(said: dict[str, Any], key: str) -> list[Draft]:
    tags = ", ".join(_words(said.get("tags"), TAGS, TAG))
    return [*_noted(said, key), Draft(Verb.CHANGE, key, details={"tags added": tags}, note=f"Its source added the tags {tags}.")]


def _details(said: dict[str, Any], key: str) -> list[Draft]:
    details = reading.object_of(said.get("details"))
    names = ", ".join(short(name, 50) for name in list(details)[:10])
    return [*_noted(said, key), Draft(Verb.CHANGE, key, details=details, note=f"Its source added details: {names}.")]


def _message(said: dict[str, Any], key: str) -> list[Draft]:
    return [Draft(Verb.CHANGE, key, summary=short(said.get("message"), MESSAGE).strip())]


def _description(said: dict[str, Any], key: str) -> list[Draft]:
    return [Draft(Verb.CHANGE, key, details={"description": short(said.get("description"), DESCRIPTION)})]


def _priority(said: dict[str, Any], key: str) -> list[Draft]:
    word = short(said.get("priority"), 8)
    return [Draft(Verb.CHANGE, key, severity=_severity(word), note=f"Its source set the priority to {word}.")]


READERS: Mapping[str, Callable[[dict[str, Any], str], list[Draft]]] = {
    "Close": _close,
    "Acknowledge": _acknowledge,
    "Unacknowledge": _take_back,
    "AddNote": _note,
    "AddTags": _tags,
    "AddDetails": _details,
    "UpdateMessage": _message,
    "UpdateDescription": _description,
    "UpdatePriority": _priority,
}


def _noted(said: dict[str, Any], key: str) -> list[Draft]:
    note = short(said.get("note"), NOTE)
    who = short(said.get("user"), USER) or short(said.get("source"), SOURCE)
    return [Draft(Verb.NOTE, key, note=f"{f'{who}: ' if who else ''}{note[:2000]}")] if note else []


def _severity(word: Any) -> str:
    """P1 to P5; whatever else it says is left to the service's own words."""
    said = short(word, 40)
    return SEVERITIES.get(said.upper(), said)


def fitting(alias: str) -> str:
    """The dedup key of an alias."""
    return reading.fitting(short(alias, ALIAS))


def _words(value: Any, most: int, length: int) -> list[str]:
    return [short(word, length) for word in value[:most] if short(word)] if isinstance(value, list) else []


def _responders(value: Any) -> list[str]:
    """Names only: who is paged is decided here."""
    entries = [one for one in value[:50] if isinstance(one, dict)] if isinstance(value, list) else []
    return [clean_deeply(name) for one in entries if (name := reading.first_text(one, ("name", "username", "id")))]
