"""Is it an address that a browser may open? Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

LONGEST = 2000


def is_address(text: str) -> bool:
    """Of the web, on one line, with a host."""
    if len(text) > LONGEST or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
