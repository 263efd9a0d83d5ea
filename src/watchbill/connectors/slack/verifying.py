"""Did Slack send this? HMAC-SHA256 over the raw body with the app's signing secret, within five minutes. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping

WINDOW = dt.timedelta(seconds=300)


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, *, now: dt.datetime) -> bool:
    """`headers` in lower case. Compared in constant time; a time that is no number, or too far away, is a refusal."""
    stamp, given = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    if not secret.strip() or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return False
    if abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        return False
    wanted = "v0=" + hmac.new(secret.encode(), b"v0:%b:%b" % (stamp.encode(), body), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), given.encode())
