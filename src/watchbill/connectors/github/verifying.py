"""Did GitHub send this? HMAC-SHA256 over the raw body with the webhook's secret. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping


def is_proved(secret: str, headers: Mapping[str, str], body: bytes, *, now: dt.datetime) -> bool:  # noqa: ARG001  GitHub signs no time
    """`headers` in lower case. Compared in constant time; nothing is proved without a secret."""
    if not secret.strip():
        return False
    wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), headers.get("x-hub-signature-256", "").encode("utf-8", "replace"))
