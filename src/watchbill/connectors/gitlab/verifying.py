"""Did GitLab send this? By its signing token (Standard Webhooks, within five minutes) or by the older secret token. Pure.

Where a signature is there, or the secret is one that signs, the older way proves nothing.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping

WINDOW = 300  # seconds
SIGNS = "whsec_"


def is_proved(secret: str, headers: Mapping[str, str], body: bytes, *, now: dt.datetime) -> bool:
    """`headers` in lower case. Compared in constant time; nothing is proved without a secret."""
    if not secret.strip():
        return False
    if "webhook-signature" in headers or secret.startswith(SIGNS):
        return _is_signed(secret, headers, body, now)
    return hmac.compare_digest(secret.encode(), headers.get("x-gitlab-token", "").encode("utf-8", "replace"))


def _is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> bool:
    stamp = headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12) or abs(now.timestamp() - int(stamp)) > WINDOW:
        return False
    try:
        key = base64.b64decode(secret.removeprefix(SIGNS), validate=True)
    except (binascii.Error, ValueError):
        return False
    said = headers.get("webhook-id", "").encode("utf-8", "replace")
    if not key or not said:
        return False
    wanted = base64.b64encode(hmac.new(key, b"%b.%b.%b" % (said, stamp.encode(), body), hashlib.sha256).digest())
    given = [each.removeprefix("v1,") for each in headers.get("webhook-signature", "").split() if each.startswith("v1,")]
    return sum(hmac.compare_digest(wanted, each.encode("utf-8", "replace")) for each in given) > 0  # all are compared: no end that tells
