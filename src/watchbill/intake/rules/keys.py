"""What is kept of an integration key, and what does a key look like? Pure."""

from __future__ import annotations

import hashlib

KEY_CHARACTERS = 32  # as PagerDuty's clients insist
ACTIVE_KINDS = ("events", "alertmanager", "grafana", "opsgenie", "generic", "github-alerts", "gitlab-alerts", "sentry")
KINDS = (*ACTIVE_KINDS, "email")
MAPPED_KINDS = frozenset({"generic"})  # whose fields a key may say where to find


def digest_of(key: str) -> bytes:
    """What is stored of a key. It is 128 random bits, so a plain hash keeps it."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
