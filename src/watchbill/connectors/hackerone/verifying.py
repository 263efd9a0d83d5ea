"""Did HackerOne send this? HMAC-SHA256 over the raw body with the webhook's secret. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping


def is_proved(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """`headers` in lower case. Compared in constant time. Without a secret HackerOne signs with an empty key, which proves nothing."""
    if not secret.strip():
        return False
    wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), headers.get("x-h1-signature", "").encode("utf-8", "replace"))
