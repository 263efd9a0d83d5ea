"""What the file said is kept for the next comparison; addresses that hold a password are kept encrypted."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from watchbill.config.models import Applied
from watchbill.notifications.addresses import clear, stored


def sealed(kind: str, content: Any) -> Any:
    """The content of an entry as the database keeps it."""
    return _each_address(kind, content, stored)


def sealed_words(kind: str, words: str) -> str:
    """The same for the words of the file."""
    return json.dumps(sealed(kind, json.loads(words)), ensure_ascii=False) if words and kind == "people" else words


def content_of(row: Applied) -> Any:
    """What an entry said, in clear."""
    return _each_address(row.kind, row.content, clear)


def words_of(row: Applied) -> Any:
    """The words of the file, in clear; nothing when none are kept."""
    return _each_address(row.kind, json.loads(row.words), clear) if row.words else None


def _each_address(kind: str, content: Any, change: Callable[[str, str], str]) -> Any:
    if kind != "people" or not isinstance(content, dict) or not any(c.get("kind") == "apprise" for c in content.get("contact") or ()):
        return content
    changed = copy.deepcopy(content)
    for contact in changed["contact"]:
        if contact.get("address"):
            contact["address"] = change(contact["kind"], contact["address"])
    return changed
