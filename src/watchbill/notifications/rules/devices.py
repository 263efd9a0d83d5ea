"""What is a browser's subscription, and what do we call its device? Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MOST_DEVICES = 10  # of one person
LONGEST_ENDPOINT = 1500
POINT, SECRET = 65, 16  # bytes of a P-256 point and of the authentication secret (RFC 8291)

SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
)
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"))
LATER_BROWSERS = (("CriOS", "Chrome"), ("Chrom", "Chrome"), ("Safari", "Safari"))  # others claim these names too


class NotASubscription(ValueError):
    """The message says what was expected."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a push service takes messages for one browser, and the keys that only that browser can read by. Keys in base64url."""

    endpoint: str
    p256dh: str
    auth: str


def subscription_of(value: Any) -> Subscription:
    """Read what PushSubscription.toJSON() said. Raises NotASubscription."""
    keys = value.get("keys") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(keys, Mapping):
        raise NotASubscription("expected endpoint and keys")
    endpoint, p256dh, auth = value.get("endpoint"), keys.get("p256dh"), keys.get("auth")
    if not isinstance(endpoint, str) or not _is_endpoint(endpoint):
        raise NotASubscription("expected the https address of a push service")
    if not isinstance(p256dh, str) or (point := _bytes(p256dh)) is None or len(point) != POINT or point[0] != 4:
        raise NotASubscription("expected a P-256 point as p256dh")
    if not isinstance(auth, str) or (secret := _bytes(auth)) is None or len(secret) != SECRET:
        raise NotASubscription("expected 16 bytes as auth")
    return Subscription(endpoint, p256dh.rstrip("="), auth.rstrip("="))


def _is_endpoint(url: str) -> bool:
    """http is let through: the guard lets it reach allowed private addresses only."""
    if len(url) > LONGEST_ENDPOINT or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def label_of(user_agent: str) -> str:
    """A device in a person's own words: "Chrome on Android". What cannot be told is "A browser"."""
    browser = next((name for mark, name in (*BROWSERS, *LATER_BROWSERS) if mark in user_agent), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "Linux" if "Linux" in user_agent else "")
    return f"{browser} on {system}" if system else browser
