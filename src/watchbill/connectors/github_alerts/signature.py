"""Did GitHub send this? The webhook's secret is the key itself."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from watchbill.connectors.reading import same


def unproven(header: Callable[[str], str], body: bytes, key: str) -> str:
    """Why the signature proves nothing; empty when it is right, or when the webhook has no secret: the key in the address is one already."""
    given = header("x-hub-signature-256")
    if not given:
        return ""
    expected = "sha256=" + hmac.new(key.encode("utf-8", "replace"), body, hashlib.sha256).hexdigest()
    return "" if same(given, expected) else "The signature is wrong. Enter the same key as the webhook's secret."
