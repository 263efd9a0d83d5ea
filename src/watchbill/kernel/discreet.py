"""How much of an address may a reader learn? Of a URL its host: path, query and user may be a secret. Of a person's number or mail less."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

_URL = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>\\^`{|}]*[^\s"'<>\\^`{|}.,;:!?)\]]""")
_MAIL = re.compile(r"""[^\s<>()\[\],;:"'@]+@([\w-]+(?:\.[\w-]+)*)""")
_NUMBER = re.compile(r"(?<![\w+])\+\d{3,11}(\d{4})(?!\d)")


def by_host(text: str) -> str:
    """The text with every URL in it said by its host."""
    return _URL.sub(_host, text)


def discreet(value: Any) -> Any:
    """The same for everything in lists and mappings; what is no text stays as it is."""
    if isinstance(value, str):
        return by_host(value)
    if isinstance(value, dict):
        return {key: discreet(inner) for key, inner in value.items()}
    return [discreet(inner) for inner in value] if isinstance(value, list | tuple) else value


def hushed(text: str) -> str:
    """The words of a provider, for whoever may not know how a person is reached: no URL, no mail address, no number in full."""
    return _NUMBER.sub(r"...\1", _MAIL.sub(r"...@\1", by_host(text)))


def _host(found: re.Match[str]) -> str:
    try:
        return urlsplit(found[0]).hostname or "an address"
    except ValueError:
        return "an address"
